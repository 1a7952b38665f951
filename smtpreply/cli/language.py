"""The option ``--language``."""

from __future__ import annotations

import click

from smtpreply.catalog import LANGUAGES
from smtpreply.catalog.text import resolve


def _known(_ctx: click.Context, _param: click.Parameter, tag: str) -> str:
    try:
        return resolve(tag)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


language_option = click.option(
    "--language",
    "-l",
    default="en",
    show_default=True,
    metavar="TAG",
    callback=_known,
    help=f"Language of the texts: {', '.join(LANGUAGES)}.",
)
