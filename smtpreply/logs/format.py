"""`Format` and `Reader`: what a log format is made of. Each module in `formats` has one of each.

A user's own format is used by giving it to `scan`, or by registering it for all scans.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import ClassVar

import attrs

from smtpreply.logs.delivery import Delivery
from smtpreply.logs.grouping import Groups, Place
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.received import OnReceived


class Reader(ABC):
    """Reads the lines of one format, one after the other, in one run.

    It may remember what it needs of earlier lines. A run may have several sources; a reader sees
    them all, since a message may go on in the next file of a rotated log.

    >>> class Silent(Reader):
    ...     def read(self, line: Line) -> Iterable[Delivery] | None:
    ...         return () if line.message == "started" else None
    >>> from smtpreply.logs import scan
    >>> run = scan(["started", "?"], format=Format("silent", lambda line: True, Silent))
    >>> list(run), run.coverage.known, run.coverage.understood
    ([], 2, 1)
    """

    reads_blocks: ClassVar[bool] = False
    """Whether `group` and `walk` do more than their defaults."""

    trouble: ClassVar[re.Pattern[str] | None] = None
    """What matches the messages in which the server reports its own trouble: see `Trouble`."""

    lines_stand_alone: ClassVar[bool] = False
    """Whether a file may be cut between any two lines, and its parts read by a reader each.

    What such a reader remembers of earlier lines may be `envelopes` and nothing else that counts.
    """

    @cached_property
    def problems(self) -> list[str]:
        """Messages about unreadable input; the scanner moves them to `Coverage.problems`."""
        return []

    @cached_property
    def not_understood(self) -> list[Line]:
        """Lines that were taken for understood until their message's end showed that it is not.

        The scanner moves them to `Coverage.shapes`, and takes them from `Coverage.understood`.
        Parts of one line come one after the other, with its number: each is a shape, and the line
        counts once.
        """
        return []

    @cached_property
    def mails(self) -> Counter[str]:
        """The number of mails of each kind; the scanner moves them to `Coverage.mails`."""
        return Counter()

    @abstractmethod
    def read(self, line: Line) -> Iterable[Delivery] | None:
        """Return the deliveries that a line reports.

        Args:
            line: the line, its prefix taken apart.

        Returns:
            An empty iterable for a line that is understood and reports none; None for a line that
            is not understood, which is then counted and shown as such.
        """

    def continues(self, line: Line) -> bool:  # noqa: ARG002
        """Check whether a line continues the one that was read just before.

        The scanner asks this of a line that begins with white space, and of one that no format
        detects. The default is that no line does.

        Args:
            line: the line that follows.
        """
        return False

    def finish(self) -> Iterable[Delivery]:
        """Return the deliveries that were held back until the source's end; by default none.

        It is called at the end of each source. What it returns is not returned again.
        """
        return ()

    def group(self, block: str, groups: Groups) -> Iterator[str]:  # noqa: ARG002
        """Put the deliveries of a block of lines into groups, and yield the lines that are left.

        A reader that can do this quickly makes a summary fast: of each kind, one line is read in
        full (see `smtpreply.logs.grouping`). The default leaves all lines, to be read one by one.

        Lines that are left come in their order, and are read before those after them are looked
        at; only those come at the end that the full reading of their kind does not know. Lines that
        may belong together come together. The others are of this format, are understood, and go on
        with no line before them.

        Args:
            block: whole lines, each with its line end.
            groups: where the deliveries go.
        """
        yield block

    def walk(self, block: str, place: Place) -> Iterator[Delivery | Line | str]:
        """Read a block of lines in order, and yield its deliveries and the lines that are left.

        A reader that can do this quickly makes a scan fast: it passes over lines that report
        nothing. These are of this format, are understood, and go on with no line before them.
        The default leaves all lines, to be read one by one.

        Args:
            block: whole lines, each with its line end.
            place: how far the source has been read. It is kept up to date: what is yielded is of
                the line whose number it has, and in the end it has the block's last line.

        Yields:
            A delivery; a line of this format, with its prefix read, to be given to `read`; or a
            line as it is in the block, with its line end.
        """
        for line in block.removesuffix("\n").split("\n"):
            place.number += 1
            yield f"{line}\n"

    def envelopes(self) -> dict[str, str]:
        """Return the envelopes of the messages seen last, by queue id; by default none.

        Another reader that has begun in the middle of the log knows its messages by them. For their
        form see `smtpreply.logs.received`.
        """
        return {}

    def report_received(self, on_received: OnReceived) -> None:  # noqa: B027
        """Call `on_received` from now on for each message that enters the queue.

        The default is for formats that have no line for it.
        """


def _claims_nothing(_head: Sequence[str]) -> bool:
    return False


@attrs.frozen
class Format:
    """A log format.

    Attributes:
        name: how `scan` and `Delivery.mta` call it.
        detect: whether a line is of this format, by its program or its form. It is asked of each
            line in a file of mixed programs, so it should be quick.
        reader: makes a reader for one run.
        claims: whether a source that begins with these lines (ten at most) is of this format as a
            whole, as a table with a head line is, or a message. Then each of its lines, empty ones
            too, is given to the reader unchanged: no prefix is looked for.
        claims_unknown: the same as `claims`, asked where no line of the beginning is of any format;
            for a format that has `claims`, too.
        programs: a pattern that matches the names of the format's programs, from their beginning.
        needles: one of them is in each line of the format that has no program before it, and in
            the first lines of each source that is of the format as a whole.
        begins: a pattern without groups that matches how the lines of the format begin that have no
            program before them and no colours in them; it may match others, too. It spares looking
            for needles, where there are several.
        members: of each line of the format that is a JSON object, one of these is in the names of
            its members, each of which is written in quotation marks.
        order: formats are tried in ascending order, and those of equal order by name.
        prefix: a pattern that matches how the lines of a program's own log file begin, where that
            could be taken for the prefix of syslog.
        certain: a pattern that matches how lines begin that have no prefix and that no format which
            is tried before this one knows, whatever follows. After a line of this format, such a
            line is shown to this format at once; without it, all forms of prefixes and the formats
            before this one are tried, which takes longer than the rest.
        silent: a pattern without groups that matches how messages of the format's programs begin
            that are understood and report no delivery, whatever follows. It spares a summary
            reading such lines one by one.

    >>> Format("acmemail", lambda line: line.program == "acmemail", Reader).claims_sources
    False

    The last eight are for built-in formats, whose modules are imported when a line may be theirs.
    The registry reads them in `smtpreply.logs.format_table`, which is generated from the modules.
    """

    name: str
    detect: Callable[[Line], bool]
    reader: Callable[[], Reader]
    claims: Callable[[Sequence[str]], bool] = _claims_nothing
    claims_unknown: Callable[[Sequence[str]], bool] = attrs.field(
        default=_claims_nothing, kw_only=True
    )
    programs: str | None = attrs.field(default=None, kw_only=True)
    needles: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    begins: str | None = attrs.field(default=None, kw_only=True)
    members: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    order: int = attrs.field(default=50, kw_only=True)
    prefix: str | None = attrs.field(default=None, kw_only=True)
    certain: re.Pattern[str] | None = attrs.field(default=None, kw_only=True)
    silent: str | None = attrs.field(default=None, kw_only=True)

    @property
    def claims_sources(self) -> bool:
        """Whether a source may be of this format as a whole."""
        return self.claims is not _claims_nothing

    @property
    def claims_sources_unknown(self) -> bool:
        """Whether a source may be of this format as a whole because its lines are of none."""
        return self.claims_unknown is not _claims_nothing
