"""What a run has read, and what it has not: nothing is lost without being counted."""

from __future__ import annotations

from collections import Counter

import attrs

from smtpreply.reasons.template import template

_SHAPES = 1000
_LONGEST_SHAPE = 200


@attrs.define
class Coverage:
    """The account of a run; two are added to one, so that parts can be read apart.

    Attributes:
        octets: read from files and streams, as they stand there, compressed or not.
        lines: all that were seen, empty ones left out.
        known: those of a format that is read.
        understood: those of them whose meaning is clear, with or without a delivery.
        deliveries: what they told of.
        formats: how many lines each format had.
        shapes: the lines that were not understood, by what they have in common; of the first
            thousand kinds.
        problems: what could not be read, in words.
    """

    octets: int = 0
    lines: int = 0
    known: int = 0
    understood: int = 0
    deliveries: int = 0
    formats: Counter[str] = attrs.field(factory=Counter)
    shapes: Counter[str] = attrs.field(factory=Counter)
    problems: list[str] = attrs.field(factory=list)

    def not_understood(self, message: str) -> None:
        """Count a line of a known format that says something unknown."""
        shape = template(message[:_LONGEST_SHAPE])
        if shape in self.shapes or len(self.shapes) < _SHAPES:
            self.shapes[shape] += 1

    def __add__(self, other: Coverage) -> Coverage:
        """Return the account of both."""
        both = {
            field.name: getattr(self, field.name) + getattr(other, field.name)
            for field in attrs.fields(Coverage)
        }
        return Coverage(**(both | {"shapes": Counter(dict(both["shapes"].most_common(_SHAPES)))}))
