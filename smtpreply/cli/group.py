"""The group of subcommands, and the options and signal handling that they share."""

from __future__ import annotations

import io
import os
import re
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

import click

import smtpreply
from smtpreply._support.escape import escape

# The module of each command in this package, and its name there. A module is imported when its
# command runs, so that parsing one reply does not compile the patterns of all log formats.
_COMMANDS = {
    "classify": ("classify", "classify_command"),
    "code": ("catalog", "code_command"),
    "codes": ("catalog", "codes_command"),
    "compare": ("catalog", "compare_command"),
    "explain": ("explain", "explain_command"),
    "metrics": ("metrics", "metrics_command"),
    "parse": ("parse", "parse_command"),
    "queue": ("queue", "queue_command"),
    "reasons": ("reasons", "reasons_command"),
    "rules": ("rules", "rules_group"),
    "scan": ("scan", "scan_command"),
    "search": ("catalog", "search_command"),
    "site": ("site", "site_command"),
    "suppressions": ("suppressions", "suppressions_command"),
    "trace": ("trace", "trace_command"),
}

# What else they may be called.
_MEANT = {
    **dict.fromkeys(["bounce", "bounces", "dsn", "log", "logs", "report", "summary"], "scan"),
    **dict.fromkeys(["transcript", "session", "reply", "replies"], "parse"),
    **dict.fromkeys(["lookup", "status"], "code"),
    **dict.fromkeys(["mailq", "postqueue"], "queue"),
}
# What click raises to show the help in place of a message: from 8.2 on.
_ShowsHelp: type[Exception] = getattr(click.exceptions, "NoArgsIsHelpError", click.exceptions.Exit)

_INTERRUPTED = 130
_TERMINATED = 143
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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in _COMMANDS and not name.startswith("-"):
            raise click.UsageError(f"no such command: '{name}'{_suggestion(args)}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with _ended_by_sigterm():
                try:
                    return super().invoke(ctx)
                finally:
                    if sys.stdout is not None:
                        sys.stdout.flush()
        except KeyboardInterrupt:
            ctx.exit(_INTERRUPTED)
        except BrokenPipeError:
            _give_up_stdout()
            ctx.exit(_BROKEN_PIPE)
        except OSError as error:
            _give_up_stdout()
            raise click.ClickException(_words(error)) from None
        except _ShowsHelp:
            raise
        except click.ClickException as error:
            error.message = escape(error.message)  # type: ignore[misc]  # what was typed may be in it
            raise


def _suggestion(typed: list[str]) -> str:
    """Return what may have been meant by what is no command: another one, a code, a reply, a file.

    Args:
        typed: all arguments.
    """
    name, whole = typed[0], " ".join(typed)
    if re.match(r"[2-5][0-9]{2}[ -]", whole):
        return f'; for the reason of a reply: smtpreply explain "{whole}"'
    if re.fullmatch(r"[2-5][0-9]{2}|[2-5X](?:\.[0-9]{1,3}){2}", name):
        return f"; for its meaning: smtpreply code {name}"
    if os.path.exists(name):  # noqa: PTH110  (False for what cannot be a path)
        return f"; to read a log, a bounce or an event: smtpreply scan {shlex.quote(name)}"
    import difflib  # noqa: PLC0415  (5 ms)

    close = difflib.get_close_matches(name, _COMMANDS, n=1)
    meant = close[0] if close else _MEANT.get(name.lower())
    return f"; did you mean '{meant}'?" if meant else ""


def _words(error: OSError) -> str:
    words = error.strerror or str(error)
    return escape(f"{os.fsdecode(error.filename)}: {words}" if error.filename else words)


def _give_up_stdout() -> None:
    """Send stdout to the null device: Python flushes it at exit, which would raise again."""
    if sys.stdout is not None:
        with suppress(OSError, ValueError):  # no file is behind it, in a test for example
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """End by an exception on SIGTERM, as on Ctrl-C, so that nothing half done is left behind."""

    def end(_number: int, _frame: object) -> None:
        sys.exit(_TERMINATED)

    if threading.current_thread() is not threading.main_thread():  # others may not set handlers
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@click.group(
    cls=_Group,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 success, 1 nothing found or input could not be read (with --strict: or a "
    "reply violates RFC 5321), 2 usage error or --fail-on, "
    "130 interrupted, 141 the output was closed, 143 terminated.",
)
@click.version_option(smtpreply.__version__, prog_name="smtpreply")
def group() -> None:
    """Parse and explain the replies of mail servers, and summarize mail logs."""
    if sys.stdout is None:
        raise click.ClickException("standard output is closed")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal without Cyrillic, for example, must not end the program.
        sys.stdout.reconfigure(errors="backslashreplace")
