"""The group of subcommands, and what is the same for all of them."""

from __future__ import annotations

import io
import os
import sys
from importlib import import_module
from typing import Any

import click

import smtpreply

# Where each command is: a module of this package, and the name in it. It is imported when someone
# asks for the command: the patterns of all logs need not be compiled to read one reply.
_COMMANDS = {
    "classify": ("classify", "classify_command"),
    "code": ("catalog", "code_command"),
    "codes": ("catalog", "codes_command"),
    "compare": ("catalog", "compare_command"),
    "explain": ("explain", "explain_command"),
    "parse": ("parse", "parse_command"),
    "rules": ("rules", "rules_group"),
    "scan": ("scan", "scan_command"),
    "search": ("catalog", "search_command"),
    "site": ("site", "site_command"),
}

_INTERRUPTED = 130
_BROKEN_PIPE = 141


class _Group(click.Group):
    """A group that ends as a Unix tool does when it is interrupted or nobody reads on."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"smtpreply.cli.{module}"), name)
        return command

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
