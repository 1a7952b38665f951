"""Sources of text: blocks of whole lines, parts of files, files that others write to."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import threading
import time
from email import message_from_string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply.logs import Part, parts_of, scan
from smtpreply.logs.input.decode import LONGEST_LINE, SIZE, blocks_of, plain
from smtpreply.logs.input.follow import Followed

LINE = (
    "Nov 24 11:43:32 mx1 postfix/smtp[4242]: 4E74613FE7: to=<bob@example.org>, "
    "relay=mx.example.org[192.0.2.1]:25, delay=1.9, delays=0.1/0/1.1/0.7, dsn=2.0.0, "
    "status=sent (250 2.0.0 Ok: {})\n"
)


def blocks(octets: bytes) -> tuple[list[str], list[str]]:
    problems: list[str] = []
    return list(blocks_of(io.BytesIO(octets), "it", problems.append)), problems


@given(st.binary(max_size=300), st.integers(1, 7))
def test_blocks_are_the_text_in_whole_lines(octets: bytes, size: int) -> None:
    """Whatever octets come, in whatever pieces: all of them are there, and lines stay whole."""

    class Slow(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            return super().read(size)

    octets = octets.replace(b"\0", b" ")
    if octets.startswith((b"\x1f\x8b", b"BZh", b"\xfd", b"\x28\xb5", b"\xff", b"\xfe", b"\xef")):
        octets = b"x" + octets
    found = list(blocks_of(Slow(octets), "it", pytest.fail))
    assert all(block.endswith("\n") for block in found[:-1])
    text = "".join(found)
    by_cr = b"\n" not in octets
    ended = octets.replace(b"\r", b"\n") if by_cr else octets.replace(b"\r\n", b"\n")
    assert text.encode("utf-8", "surrogateescape") == ended


def _folder_of_logs(path: Path) -> None:
    (path / "a.log").write_text(LINE.format("A"))
    (path / "b c.log").write_text(LINE.format("B"))
    (path / "old logs").mkdir()
    (path / "old logs" / "d.log").write_text(LINE.format("C"))
    (path / "old").mkdir()
    (path / "old" / "e.log").write_text(LINE.format("D"))


@pytest.mark.parametrize(
    ("names", "count"),
    [
        (["a.log", "old"], 2),
        (["old logs", "a.log", "b c.log"], 3),
        (["a.log", "o*/*.log"], 3),
        ([Path("a.log"), "old", "old logs"], 3),
    ],
)
def test_folders_and_globs_beside_a_file_are_paths(
    names: list[str | Path], count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _folder_of_logs(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert len(list(scan(names))) == count


@pytest.mark.parametrize("name", ["nope.log", "./old/nope.log", "nope*.log"])
def test_a_name_beside_a_file_that_is_not_there_is_an_error(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _folder_of_logs(tmp_path)
    monkeypatch.chdir(tmp_path)
    for names in (("a.log", name), (name, "a.log"), (Path("a.log"), name)):
        paths: list[str | Path] = [*names]
        with pytest.raises(FileNotFoundError, match="nope"):
            list(scan(paths))


@pytest.mark.parametrize(
    "line", [LINE.format("D"), "", "a line", '{"a":1}', "a,b", "x" * 5000 + " "]
)
def test_lines_beside_what_is_a_file_by_chance_are_lines(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _folder_of_logs(tmp_path)
    monkeypatch.chdir(tmp_path)
    run = scan(["a.log", line])
    assert len(list(run)) == (line == LINE.format("D"))
    assert len(list(scan(["old", "."]))) == 0  # no file is among them


def in_members(octets: bytes) -> bytes:
    """Return octets that decompress to these, one after the other."""
    return b"".join(gzip.compress(bytes([octet]), mtime=0) for octet in octets)


class OctetByOctet(io.BytesIO):
    def read(self, _size: int | None = -1, /) -> bytes:
        return super().read(1)


@pytest.mark.parametrize(
    "octets",
    [
        gzip.compress(b"one\ntwo\n", mtime=0),
        lzma.compress(b"one\ntwo\n"),
        bz2.compress(b"one\ntwo\n"),
        codecs.BOM_UTF16_LE + "one\ntwo\n".encode("utf-16-le"),
        codecs.BOM_UTF8 + b"one\ntwo\n",
        in_members(codecs.BOM_UTF16_LE + "one\ntwo\n".encode("utf-16-le")),
        in_members(codecs.BOM_UTF8 + b"one\ntwo\n"),
    ],
    ids=["gzip", "xz", "bzip2", "UTF-16", "UTF-8", "UTF-16 in gzip", "UTF-8 in gzip"],
)
def test_what_a_stream_is_packed_with_is_seen_however_it_comes(octets: bytes) -> None:
    found = blocks_of(OctetByOctet(octets), "it", pytest.fail)
    assert "".join(found) == "one\ntwo\n"


@pytest.mark.parametrize("text", [b"2\n", b"\n", b"B\n"])
def test_a_short_line_is_not_held_back(text: bytes) -> None:
    """A terminal or a file that is followed may have no more for a long time."""
    parts = iter([text])
    assert next(plain(lambda _size: next(parts))) == text


def test_lines_may_end_in_cr_alone() -> None:
    assert blocks(b"one\rtwo\r\rthree") == (["one\ntwo\n\n", "three"], [])
    assert blocks(b"one\rtwo\nthree\r\n") == (["one\rtwo\nthree\n"], [])
    found, _ = blocks(b"a" * (SIZE - 1) + b"\r\nb\r\n")
    assert "".join(found) == "a" * (SIZE - 1) + "\nb\n"


def test_colours_and_marks_of_files_put_together_are_no_text() -> None:
    text = "\ufeff\x1b[36mmx-1 |\x1b[0m one\n\ufeff\x1b[01;31m\x1b[Ktwo\x1b[m\x1b[K \ufeff\n"
    assert "".join(blocks(text.encode())[0]) == "mx-1 | one\ntwo \ufeff\n"


def test_an_escape_sequence_in_a_reply_stays() -> None:
    [found] = scan(io.BytesIO(LINE.format("a\x1b[31mb").encode()))
    assert found.text is not None
    assert "a\x1b[31mb" in found.text


def test_a_line_that_is_too_long_is_cut_and_told() -> None:
    found, problems = blocks(b"a\n" + b"b" * (LONGEST_LINE + SIZE) + b"\nc\n")
    lines = "".join(found).splitlines()
    assert [line[0] for line in lines] == ["a", "b", "c"]
    assert len(lines[1]) <= LONGEST_LINE + SIZE
    assert problems == [f"it: a line is longer than {LONGEST_LINE:,} octets"]


def test_a_hole_ends_a_line() -> None:
    found, problems = blocks(b"one\ntw\0\0\0three\n")
    assert "".join(found) == "one\ntw\nthree\n"
    assert problems == ["it:2: 3 NUL octets"]


@pytest.mark.parametrize(
    ("mark", "encoding"), [(codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")]
)
def test_utf_16_is_read_as_its_mark_says(mark: bytes, encoding: str) -> None:
    text = "Nov ü\nDez\n" * 200_000
    found, problems = blocks(mark + text.encode(encoding))
    assert "".join(found) == text
    assert problems == []


def test_a_mark_of_utf_8_is_no_text() -> None:
    assert blocks(codecs.BOM_UTF8 + b"a\r\nb")[0] == ["a\n", "b"]


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_parts_are_all_of_a_file_in_whole_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr("smtpreply.logs.input.split._LEAST", 100)
    path = tmp_path / "mail.log"
    path.write_text("".join(LINE.format("x" * number) for number in range(50)), encoding="utf-8")
    parts = parts_of([path], count)
    assert len(parts) <= count
    assert [part.start for part in parts[1:]] == [part.end for part in parts[:-1]]
    assert sum(part.size for part in parts) == path.stat().st_size
    assert sum(len(list(scan(part))) for part in parts) == 50


# Named, for gzip writes the time into the octets, and each process must name the test alike.
@pytest.mark.parametrize(
    "octets",
    [gzip.compress(b"a\n" * 9999, mtime=0), b"\xff\xfea\0\n\0" * 99],
    ids=["gzip", "UTF-16"],
)
def test_what_is_packed_has_one_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, octets: bytes
) -> None:
    monkeypatch.setattr("smtpreply.logs.input.split._LEAST", 10)
    path = tmp_path / "mail.log"
    path.write_bytes(octets)
    assert parts_of([path], 4) == [Part(path, 0, len(octets))]


def test_a_table_has_one_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smtpreply.logs.input.split._LEAST", 10)
    path = tmp_path / "tracking.log"
    path.write_text(
        "#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,"
        "remote-endpoint,event,data,context\n" + "a\n" * 99
    )
    assert len(parts_of([path], 4)) == 1


class Writer:
    """Reads a followed file in a thread, until it has seen so many octets."""

    def __init__(self, path: Path) -> None:
        self.octets = b""
        self.wanted = True
        self.file = Followed(path, lambda: self.wanted)
        self.thread = threading.Thread(target=self._read)
        self.thread.start()

    def _read(self) -> None:
        while piece := self.file.read(SIZE):
            self.octets += piece

    def wait_for(self, octets: bytes) -> None:
        until = time.monotonic() + 30
        while self.octets != octets and time.monotonic() < until:
            time.sleep(0.01)
        assert self.octets == octets

    def end(self) -> None:
        self.wanted = False
        self.thread.join(30)
        self.file.close()


def test_a_file_is_followed_over_rotation_and_truncation(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_bytes(b"one\n")
    reader = Writer(path)
    try:
        reader.wait_for(b"one\n")
        with path.open("ab") as file:
            file.write(b"two\n")
        reader.wait_for(b"one\ntwo\n")
        path.rename(tmp_path / "mail.log.1")
        reader.wait_for(b"one\ntwo\n")
        path.write_bytes(b"three, of the next file\n")
        reader.wait_for(b"one\ntwo\nthree, of the next file\n")
        path.write_bytes(b"four\n")  # copied and truncated
        reader.wait_for(b"one\ntwo\nthree, of the next file\nfour\n")
    finally:
        reader.end()


def test_a_maildir_is_a_folder_of_messages(tmp_path: Path) -> None:
    for name in ("cur", "new", "tmp"):
        tmp_path.joinpath(name).mkdir()
        tmp_path.joinpath(name, f"1.{name}").write_text(LINE, encoding="utf-8")
    assert len(list(scan(tmp_path))) == 2


def test_progress_is_told_in_octets(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_text(LINE * 9, encoding="utf-8")
    seen: list[int] = []
    run = scan(path, on_progress=seen.append)
    assert len(list(run)) == 9
    assert sum(seen) == run.coverage.octets == path.stat().st_size


# --- what can be given ---


def test_a_text_file_a_message_and_paths_are_read(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_text(LINE * 3, encoding="utf-8")
    with path.open(encoding="utf-8") as file:
        assert len(list(scan(file))) == 3
    with path.open(encoding="utf-8") as file:
        file.readline()
        assert len(list(scan(file))) == 2
    assert len(list(scan(io.StringIO(LINE * 2)))) == 2
    assert len(list(scan([str(path)]))) == 3
    assert len(list(scan([str(path), str(path)]))) == 3  # the same file, once
    assert len(list(scan(LINE.splitlines()))) == 1


def test_a_message_of_the_email_package_is_read() -> None:
    message = message_from_string(
        "From: MAILER-DAEMON@mx.example.org\nTo: ann@example.org\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n"
        "Final-Recipient: rfc822; bob@example.org\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 No such user\n\n--b--\n"
    )
    [delivery] = scan(message)
    assert delivery.recipient == "bob@example.org"


@pytest.mark.parametrize("given", [LINE.encode(), bytearray(LINE.encode())])
def test_octets_are_no_source_and_the_error_says_what_is(given: object) -> None:
    with pytest.raises(TypeError, match=r"io\.BytesIO"):
        scan(given)  # type: ignore[arg-type]
    assert len(list(scan(io.BytesIO(bytes(given))))) == 1  # type: ignore[call-overload]


@pytest.mark.parametrize("given", [None, 550, 5.5, object()])
def test_what_is_no_source_is_one_clear_error(given: object) -> None:
    with pytest.raises(TypeError, match="scan takes a path, an open file or lines"):
        scan(given)  # type: ignore[arg-type]


def test_a_file_under_several_names_is_read_once(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(LINE.format("4Zq8mN2c7TzXb"), "utf-8")
    (tmp_path / "current").symlink_to(log)
    (tmp_path / "other.log").hardlink_to(log)
    assert len(list(scan(tmp_path))) == 1
    assert len(list(scan([tmp_path / "current", log]))) == 1
    [delivery] = scan(f"{tmp_path}/[cm]*")
    assert delivery.source == str(log)
