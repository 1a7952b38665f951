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
_SEVERAL = "may be repeated, or name several with commas"


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


def reason_option(*others: str) -> _Decorator:
    """Return the option for reasons, of which a command may have others."""
    choices = [*(reason.value for reason in Reason), *others]
    return click.option(
        "--reason",
        metavar="NAME",
        multiple=True,
        callback=Several(choices, _LISTING),
        help=f"Only refusals with this reason, see {_LISTING}; {_SEVERAL}.",
    )


_OPTIONS: dict[str, _Decorator] = {
    "status": click.option(
        "--status",
        metavar="NAME",
        multiple=True,
        callback=Several([status.value for status in Status]),
        help=f"Only deliveries with this status, such as bounced; {_SEVERAL}.",
    ),
    "direction": click.option(
        "--direction",
        metavar="NAME",
        multiple=True,
        callback=Several([direction.value for direction in Direction]),
        help=f"Only outgoing, incoming or local deliveries; {_SEVERAL}.",
    ),
    "domain": click.option(
        "--domain",
        metavar="DOMAIN",
        multiple=True,
        callback=_Domains(),
        help=f"Only recipients in this domain; {_SEVERAL}.",
    ),
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
