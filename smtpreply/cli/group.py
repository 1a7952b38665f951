"""The group of subcommands, and the options and signal handling that they share."""

from __future__ import annotations

import io
import os
import sys
from importlib import import_module
from typing import Any

import click

import smtpreply

# The module of each command in this package, and its name there. A module is imported when its
# command runs, so that parsing one reply does not compile the patterns of all log formats.
_COMMANDS = {
    "classify": ("classify", "classify_command"),
    "code": ("catalog", "code_command"),
    "codes": ("catalog", "codes_command"),
    "compare": ("catalog", "compare_command"),
    "explain": ("explain", "explain_command"),
    "parse": ("parse", "parse_command"),
    "reasons": ("reasons", "reasons_command"),
    "rules": ("rules", "rules_group"),
    "scan": ("scan", "scan_command"),
    "search": ("catalog", "search_command"),
    "site": ("site", "site_command"),
}

_INTERRUPTED = 130
_BROKEN_PIPE = 141


class _Group(click.Group):
    """A group that exits as Unix tools do on an interrupt or a closed pipe."""

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
            # Python flushes stdout at exit, which would raise again: send it to the null device.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(_BROKEN_PIPE)


@click.group(
    cls=_Group,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 success, 1 nothing found or input could not be read (with --strict: or a "
    "reply violates RFC 5321), 2 usage error, 130 interrupted, 141 the output was closed.",
)
@click.version_option(smtpreply.__version__, prog_name="smtpreply")
def group() -> None:
    """Parse and explain the replies of mail servers, and summarize mail logs."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal without Cyrillic, for example, must not end the program.
        sys.stdout.reconfigure(errors="backslashreplace")
