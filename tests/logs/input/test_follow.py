"""A file that others write to and rotate: each line is read, and read once."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, Self
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply.logs import scan
from smtpreply.logs.input import clock, follow
from smtpreply.logs.input.follow import Followed

Step = Callable[[], object]
LINE = (
    "Nov 24 11:43:32 mx1 postfix/smtp[4242]: {}: to=<bob@example.org>, "
    "relay=mx.example.org[192.0.2.1]:25, delay=1.9, delays=0.1/0/1.1/0.7, dsn=2.0.0, "
    "status=sent (250 2.0.0 Ok)\n"
)
IDS = ["4E74613FE7", "5A0B213FE8", "6C1D8F20A4"]


@pytest.fixture(autouse=True, scope="module")
def no_pause() -> Iterable[None]:
    """What happens between two looks is done when the reader asks whether to go on."""
    with patch.object(follow, "_PAUSE", 0):
        yield


def followed(
    path: Path, steps: Iterable[Step], size: int = 1 << 16, kind: type[Followed] = Followed
) -> bytes:
    """Return what is read while one step after the other is done, each between two looks."""
    left: Iterator[Step] = chain(steps, [bool])  # the last one does nothing

    def goes_on() -> bool:
        step = next(left, None)
        if step is not None:
            step()
        return step is not None

    file = kind(path, goes_on)
    octets = b"".join(iter(lambda: file.read(size), b""))
    file.close()
    return octets


class Writer:
    """Writes numbered lines to a log, which is rotated."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "mail.log"
        self.written = b""
        self.file: BinaryIO = self.path.open("ab", buffering=0)

    def write(self, count: int) -> Self:
        for _ in range(count):
            line = LINE.format(f"{len(self.written):010X}").encode()
            self.file.write(line)
            self.written += line
        return self

    def rename(self) -> Self:
        """Rename the log; the writer goes on with it until it opens another."""
        for number in (2, 1):
            old = self.path.with_name(f"mail.log.{number}")
            if old.exists():
                old.rename(self.path.with_name(f"mail.log.{number + 1}"))
        self.path.rename(self.path.with_name("mail.log.1"))
        return self

    def reopen(self) -> Self:
        self.file.close()
        self.file = self.path.open("ab", buffering=0)
        return self

    def copy_and_truncate(self) -> Self:
        shutil.copyfile(self.path, self.path.with_name("mail.log.1"))
        os.truncate(self.path, 0)
        return self

    def create(self) -> Self:
        """Put an empty file at the path, of which the writer does not know yet."""
        self.path.touch()
        return self


counts = st.integers(0, 3)
looks = st.lists(
    st.tuples(counts, st.sampled_from(["none", "rename", "copy"]), counts, st.booleans(), counts),
    max_size=6,
)


@given(looks, st.sampled_from([1, 100, 1 << 16]))
def test_each_line_is_read_once_whatever_happens_to_the_file(
    done: list[tuple[int, str, int, bool, int]], size: int
) -> None:
    """A log is written to and rotated, by both ways, at any moment between two looks."""
    with TemporaryDirectory() as folder:
        writer = Writer(Path(folder))
        steps: list[Step] = []

        def add(before: int, rotation: str, late: int, is_created: bool, after: int) -> None:
            def step() -> None:
                writer.write(before)
                if rotation == "copy":
                    writer.copy_and_truncate()
                    writer.write(late + after)
                elif rotation == "rename":
                    writer.rename()
                    if is_created:  # logrotate's "create"
                        writer.create()
                    writer.write(late)

            def end() -> None:
                writer.reopen()
                # A file of which no line was read cannot be told from another.
                writer.write(after + 1)

            steps.extend([step, end] if rotation == "rename" else [step, lambda: writer.write(1)])

        for look in done:
            add(*look)
        writer.write(2)
        assert followed(writer.path, steps, size) == writer.written
        writer.file.close()


@pytest.mark.parametrize("times", [2, 3])
@pytest.mark.parametrize("size", [1, 100, 1 << 16])
def test_a_log_that_is_rotated_several_times_between_two_looks(
    tmp_path: Path, times: int, size: int
) -> None:
    writer = Writer(tmp_path).write(1)

    def rotate() -> None:
        writer.write(1)
        for _ in range(times):
            writer.rename().reopen().write(2)

    assert followed(writer.path, [rotate, lambda: writer.write(1)], size) == writer.written
    writer.file.close()


def test_a_file_that_was_rotated_between_two_looks_may_be_compressed(tmp_path: Path) -> None:
    writer = Writer(tmp_path).write(1)

    def rotate() -> None:
        for _ in range(3):
            writer.rename().reopen().write(1)
        older = tmp_path / "mail.log.2"
        (tmp_path / "mail.log.2.gz").write_bytes(gzip.compress(older.read_bytes()))
        older.unlink()

    assert followed(writer.path, [rotate]) == writer.written
    writer.file.close()


def _zip(path: Path, *, is_done: bool = True) -> None:
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    if is_done:
        path.unlink()


def _problems(path: Path, steps: Iterable[Step]) -> tuple[bytes, list[str]]:
    """Return what is read while one step after the other is done, and the problems."""
    left = iter(steps)
    problems: list[str] = []
    file = Followed(path, lambda: (step := next(left, None)) is not None and (step(), True)[1])
    file._problem = problems.append
    octets = b"".join(iter(lambda: file.read(1 << 16), b""))
    file.close()
    return octets, problems


@pytest.mark.parametrize("is_done", [True, False])
@pytest.mark.parametrize("zipped", [(1,), (2,), (3,), (1, 2), (2, 3), (1, 2, 3)])
def test_all_that_was_rotated_between_two_looks_may_be_compressed(
    zipped: tuple[int, ...], is_done: bool, tmp_path: Path
) -> None:
    """Each file is read once, the one that was open among them, and though both forms are there."""
    writer = Writer(tmp_path).write(1)

    def rotate() -> None:
        writer.write(1)
        for _ in range(3):
            writer.rename().reopen().write(2)
        for number in zipped:
            _zip(tmp_path / f"mail.log.{number}", is_done=is_done)

    assert _problems(writer.path, [rotate, lambda: writer.write(1), bool]) == (writer.written, [])
    writer.file.close()


@pytest.mark.parametrize("is_zipped", [True, False])
def test_copies_between_two_looks_are_read(is_zipped: bool, tmp_path: Path) -> None:
    writer = Writer(tmp_path).write(1)

    def rotate() -> None:
        for number in (3, 2, 1):
            writer.write(2)
            shutil.copyfile(writer.path, tmp_path / f"mail.log.{number}")
            os.truncate(writer.path, 0)
            if is_zipped:
                _zip(tmp_path / f"mail.log.{number}")
        writer.write(1)

    assert _problems(writer.path, [rotate, lambda: writer.write(1), bool]) == (writer.written, [])
    writer.file.close()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="the system does not tell")
def test_files_that_were_rotated_into_another_folder_are_read(tmp_path: Path) -> None:
    """As with logrotate's olddir."""
    writer = Writer(tmp_path).write(1)
    old = tmp_path / "old"
    old.mkdir()

    def rotate() -> None:
        for number in (3, 2, 1):
            writer.write(2).path.rename(old / f"mail.log.{number}")
            writer.reopen()
        writer.write(1)

    assert _problems(writer.path, [rotate, bool]) == (writer.written, [])
    writer.file.close()


@pytest.mark.parametrize("is_truncated", [True, False])
def test_a_file_that_is_gone_after_a_rotation_is_a_problem(
    is_truncated: bool, tmp_path: Path
) -> None:
    """What was written to it, and to others after it, cannot be known."""
    writer = Writer(tmp_path).write(2)

    def lose() -> None:
        if is_truncated:
            os.truncate(writer.path, 0)
        else:
            writer.rename().reopen()
            (tmp_path / "mail.log.1").unlink()
        writer.write(1)

    octets, problems = _problems(writer.path, [lose, bool])
    assert octets == writer.written
    assert problems == [f"{writer.path}: rotated or truncated, and lines before may be missing"]
    writer.file.close()


def test_what_cannot_be_read_of_files_between_two_looks_is_a_problem(tmp_path: Path) -> None:
    writer = Writer(tmp_path).write(1)
    left = [True]

    def goes_on() -> bool:
        if left:
            for _ in range(2):
                writer.rename().reopen().write(1)
            (tmp_path / "mail.log.1").write_bytes(gzip.compress(b"x" * 999)[:20])
            return left.pop()
        return False

    run = scan(writer.path, follow=goes_on)
    assert len(list(run)) == 2
    assert len(run.coverage.problems) == 1
    writer.file.close()


def test_what_a_writer_adds_after_a_rotation_is_read(tmp_path: Path) -> None:
    """A file of the same name is there at once, but the writer is told of it later."""
    writer = Writer(tmp_path)
    steps: list[Step] = [
        lambda: writer.write(1),
        lambda: writer.rename().create(),
        lambda: writer.write(2),
        lambda: None,
        lambda: writer.write(1).reopen().write(1),
    ]
    assert followed(writer.path, steps) == writer.written
    writer.file.close()


@given(
    st.lists(st.tuples(counts, counts, st.booleans()), max_size=6),
    st.sampled_from([1, 100, 1 << 16]),
)
def test_two_writers_that_notice_a_rotation_one_after_the_other(
    done: list[tuple[int, int, bool]], size: int
) -> None:
    """Each line is read once, whichever file it was written to."""
    with TemporaryDirectory() as folder:
        quick = Writer(Path(folder))
        slow = Writer(Path(folder))
        steps: list[Step] = []
        for few, late, is_rotated in done:
            if is_rotated:  # the slow one has noticed the rotation before
                steps += [slow.reopen, quick.rename, quick.reopen]
            steps += [partial(quick.write, few + 1), partial(slow.write, late)]
        read = followed(quick.path, steps, size)
        assert sorted(read.splitlines()) == sorted((quick.written + slow.written).splitlines())
        quick.file.close()
        slow.file.close()


def test_half_a_line_in_a_rotated_file_waits_for_its_end(tmp_path: Path) -> None:
    old, line = Writer(tmp_path), LINE.format("x").encode()
    new = Writer(tmp_path)
    steps: list[Step] = [
        *(old.rename, new.reopen, partial(new.write, 1)),
        *(partial(old.file.write, line[:30]), partial(new.write, 1)),
        *(partial(old.file.write, line[30:]), partial(new.write, 1)),
    ]
    read = followed(new.path, steps)
    assert sorted(read.splitlines()) == sorted((new.written + line).splitlines())
    old.file.close()
    new.file.close()


def test_a_rotated_file_is_closed_when_nobody_writes_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "_GRACE", -1)
    old, new = Writer(tmp_path), Writer(tmp_path)
    steps: list[Step] = [old.rename, new.reopen, partial(new.write, 1), bool]
    steps.append(partial(old.write, 1))
    assert followed(new.path, steps) == new.written
    old.file.close()
    new.file.close()


def test_what_is_written_as_the_reader_looks_is_read(tmp_path: Path) -> None:
    """A line that comes between the last read and the look at the name is not lost."""
    writer = Writer(tmp_path)

    class Watched(Followed):
        def _is_followed_by_another(self) -> bool:
            if len(writer.written) < 3 * len(LINE):
                writer.write(1)
                writer.rename()
                writer.reopen()
                writer.write(1)
            return super()._is_followed_by_another()

    assert followed(writer.path, [lambda: None] * 3, kind=Watched) == writer.written
    writer.file.close()


def test_a_longer_file_after_truncation_is_no_continuation(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    writer.write(1)
    steps: list[Step] = [lambda: writer.copy_and_truncate().write(9)]
    assert followed(writer.path, steps) == writer.written
    writer.file.close()


@pytest.mark.parametrize("is_truncated", [True, False])
def test_a_line_without_its_end_stays_one(tmp_path: Path, is_truncated: bool) -> None:
    path = tmp_path / "mail.log"
    path.write_bytes(b"whole\nbroken off")

    def rotate() -> None:
        if not is_truncated:
            path.rename(tmp_path / "mail.log.1")
        path.write_bytes(b"next\n")

    assert followed(path, [rotate]) == b"whole\nbroken off\nnext\n"


def test_a_compressed_or_other_copy_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_bytes(b"one\ntwo\n")
    (tmp_path / "mail.log.1").write_bytes(b"one\nother\nthree\n")
    (tmp_path / "mail.log.2.gz").write_bytes(b"\x1f\x8b")
    (tmp_path / "mail.log.d").mkdir()
    assert followed(path, [lambda: path.write_bytes(b"four\n")]) == b"one\ntwo\nfour\n"


def test_neither_the_file_nor_its_folder_need_be_there(tmp_path: Path) -> None:
    path = tmp_path / "new" / "mail.log"
    steps: list[Step] = [lambda: None, path.parent.mkdir, lambda: path.write_bytes(b"one\n")]
    assert followed(path, steps) == b"one\n"
    run = scan(path.with_name("none.log"), follow=lambda: False)
    assert (list(run), run.coverage.problems) == ([], [])


def test_a_file_that_may_not_be_read_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.touch()
    with patch.object(Path, "open", side_effect=PermissionError(13, "Permission denied")):
        run = scan(path, follow=lambda: True)
        assert list(run) == []
    assert len(run.coverage.problems) == 1
    assert "Permission denied" in run.coverage.problems[0]


def test_what_was_there_at_first_ends_with_a_question(tmp_path: Path) -> None:
    """Who follows can tell what is new, whatever is written while the rest is read."""
    path = tmp_path / "mail.log"
    path.write_text("".join(map(LINE.format, IDS[:2])), encoding="utf-8")
    seen: list[str | None] = []
    asked: list[int] = []

    def goes_on() -> bool:
        asked.append(len(seen))
        return len(asked) < 3

    for delivery in scan(path, follow=goes_on):
        if not seen:
            with path.open("a", encoding="utf-8") as file:
                file.write(LINE.format(IDS[2]))
        seen.append(delivery.queue_id)
    assert (seen, asked) == (IDS, [2, 3, 3])


@pytest.mark.parametrize("given", [["a\n", "b\n"], ["a.log", "b.log"], "no\npath", object()])
def test_one_file_is_followed(given: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        scan(given, follow=True)


def test_stamps_without_a_year_are_of_today_while_a_file_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that was last written to in December is written to in January."""

    class Now(datetime):
        present = datetime(2026, 12, 30)  # noqa: DTZ001

        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return cls.present.astimezone(tz)

    path = tmp_path / "mail.log"
    path.write_text(LINE.format(IDS[0]), encoding="utf-8")
    in_december = Now.present.timestamp()
    os.utime(path, (in_december, in_december))
    monkeypatch.setattr(clock, "datetime", Now)

    def goes_on() -> bool:
        if Now.present.year == 2027:
            return False
        Now.present = datetime(2027, 2, 3)  # noqa: DTZ001
        with path.open("a", encoding="utf-8") as file:
            file.write(LINE.format(IDS[1]).replace("Nov 24", "Feb  3"))
        return True

    run = scan(path, follow=goes_on)
    assert [delivery.time and delivery.time.year for delivery in run] == [2026, 2027]
