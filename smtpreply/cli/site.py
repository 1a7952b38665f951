"""``smtpreply site``: the catalog as a static site."""

from __future__ import annotations

import importlib
import time
from pathlib import Path

import click

from smtpreply._support.escape import escape


@click.command("site")
@click.argument("out", type=click.Path(file_okay=False, writable=True, path_type=Path))
@click.option(
    "--language",
    "-l",
    "chosen",
    multiple=True,
    metavar="TAG",
    help="Only this language. May be repeated.",
)
@click.option(
    "--base-url",
    default="",
    metavar="URL",
    help="The URL at which OUT will be served: adds canonical URLs and a sitemap.",
)
def site_command(out: Path, chosen: tuple[str, ...], base_url: str) -> None:
    """Write the catalog as a static site into OUT: every code, every comparison, all languages.

    Open OUT/index.html; no network is needed. Exit code 1: OUT cannot be written, or jinja2 is
    not installed (pip install 'smtpreply[cli,report]').
    """
    try:
        site = importlib.import_module("smtpreply.catalog.site.site")
    except ModuleNotFoundError as error:
        if error.name not in ("jinja2", "markupsafe"):
            raise
        raise click.ClickException(
            f"the site needs {error.name}: pip install 'smtpreply[cli,report]'"
        ) from None
    started = time.monotonic()
    try:
        languages = tuple(site.messages(tag).language for tag in chosen) or site.LANGUAGES
        pages = site.write_site(out, languages, base_url)
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(
        f"{pages} pages in {time.monotonic() - started:.1f} s: {escape(str(out / 'index.html'))}"
    )
