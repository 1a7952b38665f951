"""Thresholds on the command line: how they are given, and how one that is exceeded is reported."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from smtpreply.summary.summary import Summary
from smtpreply.tools.threshold import Threshold


class ThresholdType(click.ParamType):  # type: ignore[type-arg]  # not generic in click 8.1
    """The type of an option that takes a `Threshold`."""

    name = "threshold"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Threshold:
        """Return the threshold that was given."""
        if isinstance(value, Threshold):
            return value
        try:
            return Threshold.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def report_exceeded(summary: Summary, thresholds: Iterable[Threshold]) -> bool:
    """Report on stderr the thresholds that a summary exceeds; return whether there is one."""
    exceeded = [one for one in thresholds if one.is_exceeded(summary)]
    for one in exceeded:
        unit = "%" if one.is_percent else ""
        click.echo(
            f"smtpreply: {one}: {one.full_name} is {one.measure(summary):,.4g}{unit}", err=True
        )
    return bool(exceeded)
