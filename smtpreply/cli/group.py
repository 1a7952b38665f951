"""The group of subcommands, and what is the same for all of them."""

from __future__ import annotations

import io
import os
import sys
from typing import Any

import click

import smtpreply
from smtpreply.cli.catalog import (
    code_command,
    codes_command,
    compare_command,
    search_command,
)
from smtpreply.cli.classify import classify_command
from smtpreply.cli.explain import explain_command
from smtpreply.cli.parse import parse_command
from smtpreply.cli.rules import rules_group
from smtpreply.cli.scan import scan_command
from smtpreply.cli.site import site_command

_INTERRUPTED = 130
_BROKEN_PIPE = 141


class _Group(click.Group):
    """A group that ends as a Unix tool does when it is interrupted or nobody reads on."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()
        except KeyboardInterrupt:
            ctx.exit(_INTERRUPTED)
        except BrokenPipeError:
            # What is still buffered has to go somewhere, or Python complains at its very end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(_BROKEN_PIPE)


@click.group(
    cls=_Group,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 all was read, 1 there was no reply to read (with --strict: or one that "
    "RFC 5321 does not allow), 2 the command line was wrong, 130 interrupted, 141 the output was "
    "not read to its end.",
)
@click.version_option(smtpreply.__version__, prog_name="smtpreply")
def group() -> None:
    """Read what a mail server answered: SMTP replies as typed values."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that knows no Cyrillic is no reason to stop.
        sys.stdout.reconfigure(errors="backslashreplace")


for _command in (
    parse_command,
    explain_command,
    classify_command,
    scan_command,
    code_command,
    compare_command,
    search_command,
    codes_command,
    rules_group,
    site_command,
):
    group.add_command(_command)
