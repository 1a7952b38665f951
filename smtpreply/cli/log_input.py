"""Options that the commands that read logs share: paths, format, year, time zone."""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

import click

from smtpreply._support.escape import escape
from smtpreply.cli.texts import lines_of, stdin
from smtpreply.logs import Coverage, Scan, known_formats, scan
from smtpreply.logs.input.sources import GoesOn, path_to_follow, paths_of

# To find out what the input is that was read as another format: files, and lines of each.
_MOST_LOOKED_AT = 3
_LINES_LOOKED_AT = 200


def log_options(*other_names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds the options of `run_over` to a command.

    Args:
        other_names: of ``--read-as``, which are kept for older scripts.
    """
    options = (
        click.option(
            "--read-as",
            *other_names,
            "read_as",
            metavar="NAME",
            help="Read all input as this log format. Default: detect it per line.",
        ),
        click.option(
            "--year",
            type=click.IntRange(1970, 9998),
            help="Year of the first timestamp that has none. Default: from the file's modification "
            "time.",
        ),
        click.option("--tz", help="Time zone of timestamps that have none, such as Europe/Vienna."),
    )

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


@contextmanager
def run_over(
    paths: tuple[str, ...],
    *,
    read_as: str | None,
    year: int | None,
    tz: str | None,
) -> Iterator[Scan]:
    """Yield a scan of the paths; what is wrong with them or the options is a usage error.

    At the end, what could not be read is reported on stderr.

    Raises:
        click.UsageError: a path or an option is wrong.
        click.ClickException: no line is one of a mail log, or of the format that is named.
    """
    run = begun(paths, read_as=read_as, year=year, tz=tz)
    check = InputCheck(paths, read_as)
    yield run
    report_problems(run)
    check.check(run.coverage)


def begun(
    paths: tuple[str, ...],
    *,
    read_as: str | None,
    year: int | None,
    tz: str | None,
    follow: GoesOn | None = None,
) -> Scan:
    """Return a scan of the paths, or of one that is followed: see `run_over` and `scan`.

    Raises:
        click.UsageError: a path or an option is wrong.
    """
    check_paths(paths)
    check_format(read_as)
    try:
        source = sources_of(paths, follow=follow is not None)
        return scan(source, format=read_as, year=year, tz=tz, follow=follow or False)
    except ZoneInfoNotFoundError as error:
        raise click.BadParameter(str(error.args[0]), param_hint="--tz") from None
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def report_problems(run: Scan) -> None:
    """Report on stderr what a scan could not read to its end."""
    for problem in run.coverage.problems:
        click.echo(escape(problem), err=True)


class InputCheck:
    """Checks after a run that what was read is a mail log, and of the format that was named.

    Args:
        paths: what is to be read; of standard input, the beginning is looked at now.
        read_as: the format that ``--read-as`` names.
    """

    def __init__(self, paths: tuple[str, ...], read_as: str | None) -> None:
        self._paths = paths
        self._read_as = read_as
        self._head: list[bytes] = []
        if read_as is not None and paths == ("-",):
            peek = getattr(stdin(), "peek", None)  # not in a test
            self._head = peek().splitlines() if peek is not None else []

    def is_misread(self, coverage: Coverage) -> bool:
        """Return whether nothing was read though there are lines, or all as a wrong format."""
        if not coverage.lines:
            return False
        if not coverage.known:
            return True
        if self._read_as is None or coverage.deliveries:
            return False
        formats = self._formats
        if self._read_as in formats:
            return False
        return bool(formats) or not coverage.understood

    def check(self, coverage: Coverage) -> None:
        """Report what was read wrongly; an empty log is none: on a quiet day there is no line.

        Raises:
            click.ClickException: no line is of a known format, or of the one that was named.
        """
        if not self.is_misread(coverage):
            return
        if self._read_as is None:
            raise click.ClickException(
                f"no mail log: none of {coverage.lines:,} lines is of a known format "
                "(--read-as NAME reads all as one format; 'smtpreply classify' reads replies, one "
                "a line)"
            )
        named = f"none of {coverage.lines:,} lines was understood as {self._read_as}"
        if not self._formats:
            raise click.ClickException(f"{named}: without --read-as, formats are detected")
        likely = self._formats[0]
        raise click.ClickException(
            f"{named}: the input looks like {likely}; give --read-as {likely}, or leave it out"
        )

    @functools.cached_property
    def _formats(self) -> list[str]:
        """The formats that the first lines have, the most frequent first."""
        heads = [self._head] if self._head else map(_first_lines, self._files()[:_MOST_LOOKED_AT])
        counts: Counter[str] = Counter()
        for head in heads:
            run = scan(head)
            for _ in run:
                pass
            counts += run.coverage.formats
        return [name for name, _ in counts.most_common()]

    def _files(self) -> list[Path]:
        return [] if self._paths == ("-",) else paths_of([Path(path) for path in self._paths]) or []


def _first_lines(path: Path) -> list[bytes]:
    try:
        return list(itertools.islice(lines_of(str(path)), _LINES_LOOKED_AT))
    except click.FileError:  # which the run has reported
        return []


def check_paths(paths: tuple[str, ...]) -> None:
    """Check that no path is empty, and that "-" stands alone.

    Raises:
        click.UsageError: one is, or it does not.
    """
    if "" in paths:
        raise click.UsageError("a PATH is empty")
    if "-" in paths and len(paths) > 1:
        raise click.UsageError('"-" cannot be combined with other paths')


def check_format(name: str | None) -> None:
    """Check that there is a log format of the name that ``--read-as`` has.

    Raises:
        click.BadParameter: there is none.
    """
    if name is not None and name not in known_formats():
        from difflib import get_close_matches  # noqa: PLC0415  (5 ms)

        close = get_close_matches(name, known_formats(), n=3) or known_formats()
        message = f"no such format: {name!r}; there are: {', '.join(close)}"
        raise click.BadParameter(message, param_hint="--read-as")


def sources_of(
    paths: tuple[str, ...], outputs: Mapping[str, Path] | None = None, *, follow: bool = False
) -> Any:
    """Return what to read: the files that paths lead to, or the standard input for "-".

    Args:
        paths: of files, folders and globs.
        outputs: the files to write, by the option that names them: none may be read as well.
        follow: whether the path of one file is wanted, which need not be there yet.

    Raises:
        click.UsageError: a path leads to nothing or may not be read, or an output is an input.
        click.ClickException: the paths are folders without a file.
    """
    if paths == ("-",):
        return stdin()
    try:
        source = _to_follow(paths) if follow else paths_of([Path(path) for path in paths]) or []
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    except OSError as error:
        named = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        raise click.UsageError(named) from None
    if not source:
        raise click.ClickException(f"no files in {', '.join(paths)}")
    for option, path in (outputs or {}).items():
        if any(_is_same(path, read) for read in source):
            raise click.BadParameter(f"is also an input: {path}", param_hint=option)
    return source


def _to_follow(paths: tuple[str, ...]) -> list[Path]:
    path = path_to_follow(paths)
    if not path.exists():
        click.echo(escape(f"smtpreply: waiting for {path}"), err=True)
    return [path]


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:  # one is not there
        return False
