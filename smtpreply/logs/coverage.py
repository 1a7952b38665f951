"""`Coverage`: what a scan read and understood, so that no line is lost in silence."""

from __future__ import annotations

from collections import Counter

import attrs

from smtpreply.logs.trouble import Trouble
from smtpreply.reasons.template import template

_SHAPES = 1000
_MOST_HOSTS = 100
_LONGEST_SHAPE = 200
MOST_PROBLEMS = 100
"""Of a run, in words: each line of a hostile file may be one, and is counted anyway."""
_LONGEST_PROBLEM = 500
_MORE_PROBLEMS = "there were more problems than are listed"


@attrs.define
class Coverage:
    """The lines that a scan read and understood. Coverages of parts read in parallel add up.

    >>> from smtpreply.logs import scan
    >>> run = scan(["Nov 24 11:43:34 mx postfix/qmgr[43]: 4E74613FE7: removed", "a line"])
    >>> list(run), run.coverage.lines, run.coverage.known, run.coverage.understood
    ([], 2, 1, 1)

    Attributes:
        octets: read from files and streams, counted before decompression.
        lines: all that were read, without empty ones.
        known: those of a known format.
        understood: those of them whose meaning is clear, with or without a delivery.
        deliveries: how many they report.
        formats: how many lines each format had.
        shapes: the lines that were not understood, as templates without their ids and numbers; the
            first thousand.
        hosts: the hosts that wrote the lines, as far as they were looked at: each line that is read
            alone, and some of each block; the first hundred.
        mails: how many mails there were of each kind: ``report`` (of a delivery, mostly a bounce),
            ``complaint``, ``auto-reply``, ``receipt``, ``unread`` (looks like a bounce, and is not
            understood; its first sentence is among the shapes), ``other``.
        problems: what could not be read, in words; the first hundred.
        trouble: what the mail servers report of themselves; all that was read, whatever the filter.
    """

    octets: int = 0
    lines: int = 0
    known: int = 0
    understood: int = 0
    deliveries: int = 0
    formats: Counter[str] = attrs.field(factory=Counter)
    shapes: Counter[str] = attrs.field(factory=Counter)
    hosts: Counter[str] = attrs.field(factory=Counter, eq=False)
    mails: Counter[str] = attrs.field(factory=Counter)
    problems: list[str] = attrs.field(factory=list)
    trouble: Trouble = attrs.field(factory=Trouble)

    def seen_on(self, host: str | None) -> None:
        """Note the host that wrote a line."""
        if host is not None and (host in self.hosts or len(self.hosts) < _MOST_HOSTS):
            self.hosts[host] += 1

    def not_understood(self, message: str) -> None:
        """Count a line of a known format that was not understood.

        Args:
            message: what follows the prefix of the line.
        """
        shape = template(message[:_LONGEST_SHAPE])
        if shape in self.shapes or len(self.shapes) < _SHAPES:
            self.shapes[shape] += 1

    def report(self, problem: str) -> None:
        """Record what could not be read.

        Args:
            problem: what it is, in words.
        """
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem[:_LONGEST_PROBLEM])
        elif len(self.problems) == MOST_PROBLEMS:
            self.problems.append(_MORE_PROBLEMS)

    def __add__(self, other: Coverage) -> Coverage:
        """Return the coverage of both."""
        both = {
            field.name: getattr(self, field.name) + getattr(other, field.name)
            for field in attrs.fields(Coverage)
        }
        problems = both.pop("problems")
        shapes = Counter(dict(both.pop("shapes").most_common(_SHAPES)))
        sum_of_both = Coverage(**both, shapes=shapes)
        for problem in problems:
            sum_of_both.report(problem)
        return sum_of_both
