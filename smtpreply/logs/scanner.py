"""`scan`: read the deliveries that mail logs report."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import MAXYEAR, MINYEAR, tzinfo
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from sys import getsizeof
from zoneinfo import ZoneInfo

import attrs

from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply.logs.coverage import Coverage
from smtpreply.logs.delivery import Delivery
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.grouping import Bundle, Bundler, Groups, Place, Precision, repeated_bundle
from smtpreply.logs.individual import is_individual
from smtpreply.logs.input.clock import MONTH, Clock
from smtpreply.logs.input.decode import Progress, count_lines
from smtpreply.logs.input.rotation import age
from smtpreply.logs.input.sources import (
    GoesOn,
    Input,
    Reading,
    Source,
    inputs,
    path_to_follow,
    readable,
)
from smtpreply.logs.input.syslog import (
    Line,
    as_written,
    common_wrapping,
    header_in,
    read_prefix,
    records_in,
    repeated_in,
    stamp_from_message,
    unlinked,
    unwrapped,
)
from smtpreply.logs.received import OnReceived, Received
from smtpreply.logs.registry import Detection, beginning, format_called
from smtpreply.logs.toolkit.json_documents import begins_document, objects_in, objects_on_lines
from smtpreply.logs.toolkit.other_programs import Kept, OtherPrograms
from smtpreply.logs.toolkit.shapes import ends_in, sample_of
from smtpreply.logs.toolkit.wrappings import Wrappings

_MOST_WAITING = 1 << 25  # octets of text read before groups are emptied
_MOST_IN_GROUPS = 50_000  # of what is counted in groups
_MOST_RECEIVED = 4096  # messages that are reported together
_MOST_ALONE = 4096  # deliveries that were read one by one, and are bundled together
_LONGEST_TEXT = 1000  # of such a delivery
_FEW_REPEATS = 20  # are bundled as if they had been logged each
_MOST_REPEATS = 100_000  # that are believed: a server logs no line so often before the next one
_MONTHS = re.compile(rf"\n({MONTH}) ")
_MONTHS_ANYWHERE = lazy_pattern(rf"({MONTH}) [ 0-9]?[0-9] [0-9][0-9]:")

_LONGEST_STAMP = 300  # with what may be before it
_LONGEST_PASTED = 1 << 16

_REPEATED = "message repeated "
_LAST_REPEATED = "last message repeated "
_SPACE, _REFERENCE, _BRACKETS = "\xa0", "&", ("&lt;", "&gt;")
"""Marks of lines that were copied from a web page. The first character of one is found much faster
than all of it."""

Unreadable = Callable[[Line], object]


class Scan(Iterator[Delivery]):
    """A run over a source: an iterator over its deliveries, which `scan` returns.

    >>> from smtpreply.logs import scan
    >>> run = scan("tests/data/sample.log")
    >>> next(run).mta, run.coverage.lines > 0
    ('postfix', True)

    Attributes:
        coverage: what has been read and understood so far.
        on_received: called with the messages that enter the queue, where a format logs that; None
            for nobody. It is to be set before anything is read.
    """

    def __init__(
        self,
        source: Source,
        only: Format | None = None,
        year: int | None = None,
        zone: tzinfo | None = None,
        on_unreadable: Unreadable | None = None,
        *,
        on_progress: Progress | None = None,
        follow: GoesOn | None = None,
    ) -> None:
        self.coverage = Coverage()
        self.on_received: OnReceived | None = None
        self._source = source
        self._reading = Reading(self.coverage.report, self._progress, follow)
        self._detection = Detection(only)
        self._readers: dict[str, Reader] = {}
        self._last: Format | None = None
        # The format that a line was detected as last, and its `Format.certain`.
        self._recent: tuple[Format, re.Pattern[str]] | None = None
        self._most: Format | None = None  # of the lines of the block before
        self._latest: Iterable[Delivery] = ()  # of the line before
        self._passed: str | None = None  # the block before, if its reader has read its last line
        self._is_linked = False  # whether the first lines of the source have links in them
        self._is_mixed = False  # whether programs have written lines that no format knows
        self._others = OtherPrograms()
        self._wrappings = Wrappings()
        self._year = year
        self._zone = zone
        self._on_unreadable = on_unreadable
        self._on_progress = on_progress
        self._dated: tuple[str | None, Clock] = None, Clock()  # of the log that was read last
        self._has_begun = False
        # While deliveries are bundled: the precision of times, and the bundles of repeated lines.
        self._precision: Precision | None = None
        self._repeats: list[Bundle] = []
        self._deliveries = self._all()

    def __next__(self) -> Delivery:
        return next(self._deliveries)

    def bundled(
        self, *, finely: bool = False, by_minute: bool = False
    ) -> Iterator[Bundle | Delivery]:
        """Yield the deliveries that are left, alike ones as one `Bundle`, in no particular order.

        This is much faster than one by one (see `smtpreply.logs.grouping`). A delivery that is
        like no other is yielded as it is. Lines that are not understood have the number 0. Where
        the run has begun one by one, it goes on so, and what is left is bundled.

        Args:
            finely: whether the deliveries of a bundle share their time, to the second, and their
                recipients' domain. Otherwise times are rounded down to the hour.
            by_minute: whether to round down to the minute instead, which takes longer the more
                minutes the log has.
        """
        if self._has_begun:
            left = self._deliveries
            yield from left if finely else _bundled(left, by_minute=by_minute)
            return
        self._has_begun = True
        self._deliveries = iter(())  # none is left to be read one by one
        for given in inputs(self._source, self._reading):
            clock = self._clock(given)
            owner, blocks = self._begun(given)
            found: Iterable[Bundle | Delivery]
            if owner is not None:
                found = self._owned(owner, given.name, blocks)
            else:
                place = Place(0, clock, given.name)
                found = self._grouped(blocks, place, finely=finely, by_minute=by_minute)
            found = chain(found, self._left())
            for one in found if finely else _bundled(found, by_minute=by_minute):
                self.coverage.deliveries += one.count if isinstance(one, Bundle) else 1
                yield one

    def envelopes(self) -> dict[str, dict[str, str]]:
        """Return the envelopes of the messages seen last: for each format, by queue id."""
        return {name: reader.envelopes() for name, reader in self._readers.items()}

    # --- one by one ---

    def _all(self) -> Iterator[Delivery]:
        self._has_begun = True
        for given in inputs(self._source, self._reading):
            for found in chain(self._one(given), self._left()):
                self.coverage.deliveries += 1
                yield found

    def _one(self, given: Input) -> Iterator[Delivery]:
        clock = self._clock(given)
        owner, blocks = self._begun(given)
        if owner is not None:
            yield from self._owned(owner, given.name, blocks)
            return
        place = Place(0, clock, given.name)
        for block in blocks:
            yield from self._in_order(block, place)

    def _in_order(self, block: str, place: Place) -> Iterator[Delivery]:
        """Read a block, one line after the other, those that report nothing passed over."""
        block = self._bare(block)
        month = self._month_of(block)
        read_by = None if month is None else self._block_reader(block)
        if read_by is None:
            repeats = _REPEATED in block
            for text in _lines([block]):
                place.number += 1
                if found := self._line(text, place, repeats=repeats):
                    yield from found
            return
        known, reader = read_by
        if month:
            _read_first_stamp(block, month, place.clock)
        read = place.number
        for one in reader.walk(block, place):
            number = place.number
            if isinstance(one, Delivery):
                self._passed_over(known, number - read, block)
                yield one
            else:
                self._passed_over(known, number - 1 - read, block)
                yield from self._left_by(known, one, place)
            read = number
        self._passed_over(known, place.number - read, block)

    def _bare(self, block: str) -> str:
        """Return a block as programs wrote it, without what all lines have before their header.

        It has a line end after its last line.
        """
        # To look for links in each block would take 3 % of the time of a log.
        if self._is_linked or len(block) <= _LONGEST_PASTED:
            block = unlinked(block)
        block = _ended(_as_written(block))
        is_one_line = block.find("\n") + 1 == len(block)
        if is_one_line or self._on_unreadable is not None:  # which is shown lines as they are
            return block
        return self._wrappings.taken_off(block)

    def _left_by(self, known: Format, left: Line | str, place: Place) -> Iterable[Delivery]:
        """Read a line that a block's reader has left."""
        if isinstance(left, str):
            return self._line(left.removesuffix("\n"), place)
        self.coverage.lines += 1
        if _REPEATED in left.message and (repeated := repeated_in(left)):
            return self._repeated(left, place.clock, *repeated)
        return self._read_as(left, known, place.clock)

    def _month_of(self, block: str) -> str | None:
        """Return the month of all lines of a block; None where each line is to be read alone.

        The month matters where a year is given, and is "" otherwise: the year runs on with the
        months, so where there are several, no stamp can be passed over. Nor can any line where one
        says that the line before it was repeated.
        """
        if _LAST_REPEATED in block:
            return None
        if self._year is None:
            return ""
        found = _MONTHS.findall(f"\n{block[:4]}") + _MONTHS.findall(block)
        months = set(found)
        if len(found) < count_lines(block):  # stamps may be behind something, or there are none
            months.update(_MONTHS_ANYWHERE.findall(block))
        return None if len(months) > 1 else "".join(months)

    def _line(self, text: str, place: Place, *, repeats: bool = True) -> Iterable[Delivery]:
        """Read a line of any format; `repeats` where it may say that a message was repeated."""
        if not text or text.isspace():
            return ()
        coverage = self.coverage
        coverage.lines += 1
        if self._recent is not None and self._recent[1].match(text):
            known = self._recent[0]
            line = Line(text, text, place.number, place.source)
            if known.detect(line):
                return self._read_as(line, known, place.clock)
        if self._is_mixed and self._skip_foreign(text, place):
            return ()
        line = read_prefix(text, place.number, place.clock, place.source)
        coverage.seen_on(line.host)
        if repeats and _REPEATED in text and (repeated := repeated_in(line)):
            return self._repeated(line, place.clock, *repeated)
        return self._detected(line, place.clock)

    def _skip_foreign(self, text: str, place: Place) -> bool:
        """Skip a line of a program whose lines no format knows, and return whether it is one.

        In the log of a whole host, most lines may be such ones.
        """
        header = header_in(text)
        if header is None or _REPEATED in text:
            return False
        host, program, message = header
        if not self._detection.is_foreign(program, message):
            return False
        if self._last is not None:
            line = Line(text, message, place.number, place.source, None, host, program)
            if self._continued(line) is not None:
                return False
        self._end_with(None)
        self._others.add(program, None)
        self.coverage.seen_on(host)
        return True

    def _repeated(
        self, line: Line, clock: Clock, times: int, message: str | None
    ) -> Iterable[Delivery]:
        """Read a line that says how often a message, its own or the one before, was repeated."""
        if message is not None:
            line.message = message
            return self._times(times, self._detected(line, clock), line)
        if self._passed is not None:
            self._read_again(self._passed, line, clock)
        if self._last is None:
            self._unread(line)
            return ()
        self.coverage.known += 1
        self.coverage.understood += 1
        self.coverage.formats[self._last.name] += 1
        return self._times(times, self._latest, line)

    def _times(self, count: int, found: Iterable[Delivery], line: Line) -> Iterable[Delivery]:
        """Return each delivery as often as a line says; many at once, where they are bundled."""
        found = list(found)
        if found and count > _MOST_REPEATS:
            where = f"line {line.number}: " if line.number else ""
            source = "" if line.source is None else f"{line.source}: "
            much = f"{_MOST_REPEATS:,}"
            self.coverage.report(
                f"{source}{where}repeated more than {much} times; counted as {much}"
            )
            count = _MOST_REPEATS
        if self._precision is not None and count > _FEW_REPEATS:
            self._repeats += [
                repeated_bundle(delivery, count, self._precision) for delivery in found
            ]
            return ()
        return chain.from_iterable(repeat(delivery, count) for delivery in found)

    def _read_again(self, block: str, following: Line, clock: Clock) -> None:
        """Read the last line of a block, which was not read alone, as the latest line."""
        self._passed = None
        text = block.rstrip().rpartition("\n")[2]
        line = read_prefix(text, max(following.number - 1, 0), clock, following.source)
        self._last = known = self._detection.of_line(line) or self._last
        self._latest = list(self._in_zone(self._read_uncounted(line, known, clock)))

    def _owned(self, owner: Format, name: str | None, blocks: Iterable[str]) -> Iterator[Delivery]:
        """Read a source that is of one format as a whole."""
        reader = self._reader_of(owner)
        for number, text in enumerate(_lines(blocks), start=1):
            line = Line(text, text, number, name)
            if not text or text.isspace():  # it is not counted
                found = reader.read(line)
            else:
                self.coverage.lines += 1
                found = self._read(line, owner)
            if found:
                yield from found
            if reader.not_understood:
                self._take_over(reader)

    def _detected(self, line: Line, clock: Clock) -> Iterable[Delivery]:
        # A folded line belongs to the line before it, whatever it looks like.
        known = self._continued(line) if line.text[:1] in (" ", "\t") else None
        known = known or self._detection.of_line(line) or self._continued(line)
        if known is None:
            records = objects_in(line) if line.fields is None else records_in(line)
            if (first := next(records, None)) is not None:
                return self._held(chain((first,), records), line, clock)
            known, line = self._unwrapped(line, clock)
        if known is None:
            self._end_with(None)
            # A given year runs on from one stamp to the next, whatever wrote it.
            passes_over = self._on_unreadable is None and self._year is None
            self._is_mixed |= passes_over and line.program is not None
            self._unread(line)
            return ()
        if known.certain is not None and not self._detection.has_own:
            self._recent = known, known.certain
        program = line.program
        if known.silent and program and self._detection.is_only_of(known, program):
            self._others.add(program, known)
        return self._read_as(line, known, clock)

    def _held(self, records: Iterable[str], body: Line, clock: Clock) -> Iterator[Delivery]:
        """Read the records that a line holds, each of which counts as a line."""
        self.coverage.lines -= 1
        for text in records:
            self.coverage.lines += 1
            line = read_prefix(text, body.number, clock, body.source)
            self.coverage.seen_on(line.host)
            if _REPEATED in text and (repeated := repeated_in(line)):
                yield from self._repeated(line, clock, *repeated)
            else:
                yield from self._detected(line, clock)

    def _read_as(self, line: Line, known: Format, clock: Clock) -> Iterable[Delivery]:
        """Read a line of a known format, which is the latest line from then on."""
        self._last, self._passed = known, None
        stamp_from_message(line, clock)
        self._latest = found = self._read(line, known)
        return found

    def _end_with(self, known: Format | None) -> None:
        """Note that the latest line is of a format, or of none, and reports no delivery."""
        self._last, self._passed, self._latest = known, None, ()

    def _unwrapped(self, line: Line, clock: Clock) -> tuple[Format | None, Line]:
        """Return the format of a line after something that is not its own, and the line."""
        for bare in unwrapped(line, clock):
            if known := self._detection.of_line(bare):
                return known, bare
        return None, line

    def _continued(self, line: Line) -> Format | None:
        """Return the format of the line before, if this line continues it."""
        last = self._last
        return last if last is not None and self._reader_of(last).continues(line) else None

    def _read(self, line: Line, known: Format) -> Iterable[Delivery]:
        reader = self._readers.get(known.name) or self._reader_of(known)
        found = reader.read(line)
        coverage = self.coverage
        coverage.known += 1
        coverage.formats[known.name] += 1
        if reader.trouble is not None and (match := reader.trouble.match(line.message)):
            coverage.trouble.note(match, line.program, line.time)
        if found is None:
            coverage.not_understood(line.message)
            self._unread(line)
            return ()
        coverage.understood += 1
        if reader.not_understood:
            self._take_over(reader)
        return found if self._zone is None else self._in_zone(found)

    def _in_zone(self, found: Iterable[Delivery]) -> Iterable[Delivery]:
        """Add the zone to naive times, which a format reads from fields of its own."""
        if self._zone is None:
            return found
        return [
            attrs.evolve(delivery, time=delivery.time.replace(tzinfo=self._zone))
            if delivery.time is not None and delivery.time.tzinfo is None
            else delivery
            for delivery in found
        ]

    def _reader_of(self, known: Format) -> Reader:
        """Return a format's reader, one a run: a message may go on in the next file."""
        reader = self._readers.get(known.name)
        if reader is None:
            reader = self._readers[known.name] = known.reader()
            if self.on_received is not None:
                reader.report_received(self._received)
        return reader

    def _received(self, received: Received) -> None:
        assert self.on_received is not None  # or it would not have been asked for
        if self._zone is not None:  # a format may read times from fields of its own
            times = [
                time.replace(tzinfo=self._zone) if time and time.tzinfo is None else time
                for time in received.times
            ]
            received = attrs.evolve(received, times=times)
        self.on_received(received)

    def _left(self) -> Iterator[Delivery]:
        """Yield what readers held back until the end of a source."""
        self._last = self._passed = None
        for reader in self._readers.values():
            left = reader.finish()
            yield from self._in_zone(left)
            self._take_over(reader)

    def _take_over(self, reader: Reader) -> None:
        """Account for what a reader knows later than the line that it is about."""
        for problem in reader.problems:
            self.coverage.report(problem)
        self.coverage.mails += reader.mails
        before: Line | None = None
        for line in reader.not_understood:
            # Parts of one line are a shape each, and the line counts once.
            is_same = before is not None and (before.source, before.number) == (
                line.source,
                line.number,
            )
            if is_same:
                self.coverage.not_understood(line.message)
            else:
                self._not_understood(line)
            before = line
        reader.problems.clear()
        reader.mails.clear()
        reader.not_understood.clear()

    # --- blocks ---

    def _block_reader(self, block: str) -> tuple[Format, Reader] | None:
        """Return the format that most lines of a block have, and its reader, if it reads blocks."""
        if block.find("\n") + 1 == len(block):  # a single line
            return None
        known = self._most_of(block)
        if known is None or not (self._readers.get(known.name) or known.reader()).reads_blocks:
            return None
        return known, self._reader_of(known)

    def _most_of(self, block: str) -> Format | None:
        """Guess the format of most lines of a block by some of them."""
        if self._detection.has_own:  # which may know any line, and is asked first
            return None
        # Where its first line is as most of the block before were, so will most of it be.
        if self._most is None or self._most not in self._formats_of(sample_of(block, 1)):
            found = self._formats_of(sample_of(block))
            self._most = found.most_common(1)[0][0] if found else None
        return self._most

    def _formats_of(self, lines: Iterable[str]) -> Counter[Format]:
        clock = Clock()
        # No reader of blocks knows lines inside of JSON, and a sample of one is cut off.
        heads = [read_prefix(text, 0, clock) for text in lines if not text.startswith("{")]
        for line in heads:
            self.coverage.seen_on(line.host)
        return Counter(filter(None, map(self._detection.of_line, heads)))

    def _passed_over(self, known: Format, count: int, block: str) -> None:
        """Count lines that the reader of a block has understood."""
        if count:
            coverage = self.coverage
            coverage.lines += count
            coverage.known += count
            coverage.understood += count
            coverage.formats[known.name] += count
            self._last = None  # nothing continues them
            self._passed = block

    # --- many together ---

    def _grouped(
        self, blocks: Iterable[str], place: Place, *, finely: bool, by_minute: bool
    ) -> Iterator[Bundle | Delivery]:
        clock = place.clock
        groups = Groups(partial(self._example, place), finely=finely, by_minute=by_minute)
        self._precision = groups.precision
        waiting = 0
        last: str | None = ""
        for block in map(self._bare, blocks):
            month = self._month_of(block)
            if waiting > _MOST_WAITING or len(groups) > _MOST_IN_GROUPS or month != last:
                self._report_received(groups, clock)
                yield from groups.bundles(clock)
                waiting = 0
            if month:
                _read_first_stamp(block, month, clock)
            last = month
            left = _lines([block]) if month is None else self._ungrouped(block, groups)
            for text in left:
                yield from self._line(text, place)
                if self._repeats:
                    yield from self._repeats
                    self._repeats.clear()
            self._report_received(groups, clock, least=_MOST_RECEIVED)
            waiting += getsizeof(block)  # a character may be four octets
        self._report_received(groups, clock)
        yield from groups.bundles(clock)

    def _report_received(self, groups: Groups, clock: Clock, *, least: int = 0) -> None:
        """Report messages that entered the queue, if there are more than `least`."""
        received = groups.take_received(clock, least=least)
        if received and self.on_received is not None:
            self.on_received(received)

    def _ungrouped(self, block: str, groups: Groups) -> Iterator[str]:
        """Put into groups what the reader of most lines can; yield the lines that are left."""
        kept = self._taken_out(block)
        if kept is None:
            yield from self._grouped_by_reader(block, groups)
            return
        if not kept.begins:
            self._end_with(None)
        yield from self._grouped_by_reader(kept.block, groups)
        if not kept.ends:
            self._end_with(kept.last)

    def _taken_out(self, block: str) -> Kept | None:
        """Take lines out of a block that are of programs without deliveries, and count them."""
        last = self._last
        if last is not None and last.silent is None and not self._reader_of(last).reads_blocks:
            return None  # the first lines may go on with it
        kept = self._others.taken_out(block, count_lines(block))
        if kept is not None:
            for known, count in kept.counts.items():
                if known is None:
                    self.coverage.lines += count
                else:
                    self._passed_over(known, count, block)
        return kept

    def _grouped_by_reader(self, block: str, groups: Groups) -> Iterator[str]:
        found = self._block_reader(block)
        if found is None:
            yield from _lines([block])
            return
        known, reader = found
        count = count_lines(block)
        last, is_last_read = None, False
        for number, left in enumerate(reader.group(block, groups)):
            # Of what is left, lines that belong together come together.
            if number or not block.startswith(left):
                self._last = None
            count -= left.count("\n")
            yield from left.removesuffix("\n").split("\n")
            is_last_read = ends_in(block, left) and not left.isspace()
            if is_last_read:
                last = self._last
        self._passed_over(known, count, block)
        self._last = last
        self._passed = None if is_last_read else block

    def _example(self, place: Place, text: str) -> Delivery | None:
        """Read a line that stands for many; None where it does not report one that can."""
        line = read_prefix(text.removesuffix("\n"), 0, place.clock, place.source)
        found = list(self._read_uncounted(line, self._detection.of_line(line), place.clock))
        return found[0] if len(found) == 1 and not is_individual(found[0]) else None

    def _read_uncounted(self, line: Line, known: Format | None, clock: Clock) -> Iterable[Delivery]:
        """Read a line that has been counted already."""
        if known is None:
            return ()
        stamp_from_message(line, clock)
        return self._reader_of(known).read(line) or ()

    # --- both ---

    def _begun(self, given: Input) -> tuple[Format | None, Iterable[str]]:
        """Return the format of an input as a whole, and its text."""
        # A file that is followed may get its next line tomorrow.
        head, blocks = beginning(given.blocks, patient=self._reading.follow is None)
        first = "\n".join(head)
        self._is_linked = unlinked(first) != first
        if not given.is_whole:
            return None, blocks
        owner = self._detection.of_source(head)
        if owner is None and (unwrap := common_wrapping(head)):
            owner = self._detection.of_source([unwrap(line) for line in head], unwrapped=True)
            if owner is not None:
                blocks = ("\n".join(map(unwrap, block.split("\n"))) for block in blocks)
        if owner is None and begins_document(head):
            name = given.name or "line"  # as other problems of JSON have it
            blocks = objects_on_lines(blocks, name, self.coverage.report)
        return owner, blocks

    def _clock(self, given: Input) -> Clock:
        """Return a clock for an input: with a given year, that of the file before of one log."""
        log = None if self._year is None or given.name is None else age(Path(given.name))[0]
        if log is None or log != self._dated[0]:
            self._dated = log, Clock(year=self._year, zone=self._zone, latest=given.latest)
        return self._dated[1]

    def _progress(self, octets: int) -> None:
        self.coverage.octets += octets
        if self._on_progress is not None:
            self._on_progress(octets)

    def _not_understood(self, line: Line) -> None:
        """Count a line as not understood that was counted as understood."""
        self.coverage.understood -= 1
        self.coverage.not_understood(line.message)
        self._unread(line)

    def _unread(self, line: Line) -> None:
        if self._on_unreadable is not None:
            self._on_unreadable(line)


def _read_first_stamp(block: str, month: str, clock: Clock) -> None:
    """Have a clock's year run on to the month of a block, whatever lines of it are read first."""
    start = 0 if block.startswith(month) else block.find(f"\n{month} ") + 1
    read_prefix(block[start : start + _LONGEST_STAMP].partition("\n")[0], 0, clock)


def _bundled(found: Iterable[Bundle | Delivery], *, by_minute: bool) -> Iterator[Bundle | Delivery]:
    """Bundle deliveries that were read one by one."""
    bundler = Bundler(by_minute=by_minute)
    for one in found:
        if isinstance(one, Bundle) or len(one.text or "") > _LONGEST_TEXT or is_individual(one):
            yield one
            continue
        bundler.add(one)
        if len(bundler) >= _MOST_ALONE:
            yield from bundler.bundles()
    yield from bundler.bundles()


def _ended(block: str) -> str:
    """Return a block with a line end after its last line, which a file's last may lack."""
    return block if block.endswith("\n") else f"{block}\n"


def _as_written(block: str) -> str:
    """Return a block with each line as its program wrote it: see `as_written`."""
    is_escaped = _REFERENCE in block and any(map(block.__contains__, _BRACKETS))
    if _SPACE not in block and not is_escaped:
        return block
    return "\n".join(map(as_written, block.split("\n")))


def _lines(blocks: Iterable[str]) -> Iterator[str]:
    """Yield the lines of blocks, without their ends."""
    for block in blocks:
        yield from block.removesuffix("\n").split("\n")


def scan(
    source: Source,
    *,
    format: str | Format | None = None,  # noqa: A002  (what users call it)
    year: int | None = None,
    tz: tzinfo | str | None = None,
    on_unreadable: Unreadable | None = None,
    on_progress: Progress | None = None,
    follow: bool | GoesOn = False,
) -> Scan:
    """Read the deliveries in mail logs, one after the other, as they are asked for.

    Args:
        source: the path of a file or folder, a glob, or a list of paths; a `Part` of a file; an
            open file, such as ``sys.stdin``; a message of the email package; or an iterable of
            lines. Files may be compressed by gzip, bzip2, xz or zstd, and a maildir is a folder of
            messages. The files of one rotated log are read from the oldest on.
        format: the only format to expect, by name or as a `Format`; by default, each line is read
            by the format that is detected.
        year: of the first stamp, where stamps have none. By default, from the file's own time.
        tz: the time zone of stamps that name none, such as "Europe/Vienna"; without it, their
            times are naive.
        on_unreadable: called with each `Line` that no format detects or understands.
        on_progress: called with the number of octets read of files and streams since the last
            call, counted before decompression.
        follow: whether to wait at the end of the file for what is written next, as ``tail -F``
            does: over rotation and truncation, without an end. The file need not be there yet. A
            function is called several times a second while there is nothing to read; the scan
            ends once it returns False.

    Returns:
        An iterator of `Delivery`. Its ``coverage`` counts what was read and understood so far.

    Raises:
        ValueError: there is no such format or year, or more than one file to follow.
        zoneinfo.ZoneInfoNotFoundError: there is no such time zone.
        TypeError: `source` is nothing that can be read, or `year` or `tz` is of another type.
        FileNotFoundError: when the first delivery is asked for: a path leads to nothing.

    >>> log = [
    ...     "Nov 24 11:43:32 mx postfix/smtp[42]: 4E74613FE7: to=<bob@example.org>, "
    ...     "relay=mx.example.org[192.0.2.1]:25, delay=1.9, delays=0.1/0/1.1/0.7, dsn=5.1.1, "
    ...     "status=bounced (host mx.example.org[192.0.2.1] said: 550 5.1.1 No such user "
    ...     "(in reply to RCPT TO command))"
    ... ]
    >>> [delivery] = scan(log)
    >>> delivery.recipient, delivery.status.value, str(delivery.reply), delivery.stage.value
    ('bob@example.org', 'bounced', '550 5.1.1 No such user', 'RCPT')
    """
    only = format_called(format) if isinstance(format, str) else format
    _check_types(year, tz)
    zone = ZoneInfo(tz) if isinstance(tz, str) else tz
    source = readable(source)
    if year is not None and not MINYEAR <= year <= MAXYEAR:
        raise ValueError(f"there is no year {year}")
    if follow:
        path_to_follow(source)  # an error, unless it is one
    goes_on = (lambda: True) if follow is True else follow or None
    return Scan(source, only, year, zone, on_unreadable, on_progress=on_progress, follow=goes_on)


def _check_types(year: object, tz: object) -> None:
    if year is not None and (not isinstance(year, int) or isinstance(year, bool)):
        raise TypeError(f"year is an int, not {type(year).__name__}")
    if tz is not None and not isinstance(tz, (str, tzinfo)):
        raise TypeError(f"tz is a name or a tzinfo, not {type(tz).__name__}")
