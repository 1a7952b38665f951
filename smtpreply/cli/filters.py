"""Options that select deliveries, the same on every command that has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from smtpreply.cli.choices import Several
from smtpreply.cli.when import WHEN
from smtpreply.logs import Direction, Status
from smtpreply.reasons import Reason

_Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
_LISTING = '"smtpreply reasons"'


class _Domains(Several):
    """The values of an option for domains, without the "@" that may stand before one."""

    def __call__(
        self, ctx: click.Context, param: click.Parameter, given: tuple[str, ...]
    ) -> tuple[str, ...]:
        values = [value.removeprefix("@") for value in super().__call__(ctx, param, given)]
        for value in values:
            if not value:
                raise click.BadParameter("names no domain", ctx=ctx, param=param)
            if "@" in value:
                raise click.BadParameter(f"{value!r} is an address", ctx=ctx, param=param)
        return tuple(values)


def _several(option: str, values: Several, help: str, metavar: str = "NAME") -> _Decorator:  # noqa: A002  (as click calls it)
    """Return an option that may be repeated, or given several values with commas."""
    words = f"{help}; may be repeated, or name several with commas."
    return click.option(option, metavar=metavar, multiple=True, callback=values, help=words)


def reason_option(*others: str) -> _Decorator:
    """Return the option for reasons, of which a command may have others."""
    values = Several([*(reason.value for reason in Reason), *others], _LISTING)
    return _several("--reason", values, f"Only refusals with this reason, see {_LISTING}")


_OPTIONS: dict[str, _Decorator] = {
    "status": _several(
        "--status",
        Several([status.value for status in Status]),
        "Only deliveries with this status, such as bounced",
    ),
    "direction": _several(
        "--direction",
        Several([direction.value for direction in Direction]),
        "Only outgoing, incoming or local deliveries",
    ),
    "domain": _several("--domain", _Domains(), "Only recipients in this domain", "DOMAIN"),
    "reason": reason_option(),
    "since": click.option(
        "--since",
        metavar="TIME",
        type=WHEN,
        help="Only deliveries from this time on: -1h, yesterday, 2026-11-25 12:00, or with a zone.",
    ),
    "until": click.option(
        "--until",
        metavar="TIME",
        type=WHEN,
        help="Only deliveries before this time.",
    ),
}


def filter_options(*names: str) -> _Decorator:
    """Return a decorator that adds options to a command, by their names.

    Their values are what `smtpreply.summary.delivery_filter.DeliveryFilter` takes.
    """

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for name in reversed(names):
            command = _OPTIONS[name](command)
        return command

    return add
