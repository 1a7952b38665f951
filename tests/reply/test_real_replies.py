"""Replies of real servers, through every entry point."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from smtpreply import (
    Defect,
    EnhancedStatus,
    IncompleteReplyError,
    Reply,
    iter_replies,
    parse,
    parse_all,
)
from smtpreply.reply.parser import Raw
from smtpreply.reply.stream import END_OF_STREAM, NEED_DATA, ReplyReader

TABLE = Path(__file__).parents[1] / "data" / "real_replies.toml"
ROWS: list[dict[str, Any]] = tomllib.loads(TABLE.read_text(encoding="utf-8"))["reply"]

SERVERS = """
Postfix, postgrey, Exim, Sendmail, qmail, Exchange, Outlook.com, Gmail, Yahoo, iCloud, Amazon SES,
Haraka, OpenSMTPD, Courier, Stalwart, KumoMTA, Dovecot LMTP, Rspamd, Proofpoint, Mimecast,
Barracuda, mail.ru, Yandex, GMX, T-Online, QQ, NetEase, Russian hoster, German hoster,
Japanese hoster, Chinese hoster
"""

DOORS: dict[str, Callable[[bytes], Reply]] = {
    "bytes": parse,
    "bytearray": lambda octets: parse(bytearray(octets)),
    "memoryview": lambda octets: parse(memoryview(octets)),
    "str": lambda octets: parse(octets.decode("utf-8", "surrogateescape")),
    "parse_all": lambda octets: only(parse_all(octets)),
    "iter_replies": lambda octets: only(list(iter_replies(octets))),
    "again": lambda octets: parse(parse(octets).raw),
}

# Only the end of the stream ends these.
OPEN_ENDED = {Defect.NO_FINAL_NEWLINE, Defect.UNTERMINATED, Defect.FOLDED}


def only(found: list[Reply]) -> Reply:
    (reply,) = found
    return reply


def octets_of(row: dict[str, Any]) -> bytes:
    raw: str = row["raw"]
    return raw.encode(row.get("encoding", "utf-8"))


def lines_of(row: dict[str, Any]) -> tuple[str, ...]:
    """Return the lines as a reply has them: what is not UTF-8 as surrogate escapes."""
    encoding = row.get("encoding", "utf-8")
    return tuple(line.encode(encoding).decode("utf-8", "surrogateescape") for line in row["lines"])


def check(reply: Reply, row: dict[str, Any]) -> None:
    enhanced = row.get("enhanced")
    assert reply.code == row["code"]
    assert reply.enhanced == (EnhancedStatus.parse(enhanced) if enhanced else None)
    assert reply.lines == lines_of(row)
    assert {defect.value for defect in reply.defects} == set(row.get("defects", ()))


def name(row: dict[str, Any]) -> str:
    return f"{row['server']}-{row['code']}"


every_row = pytest.mark.parametrize("row", ROWS, ids=name)


@every_row
@pytest.mark.parametrize("door", DOORS)
def test_a_real_reply_is_read_through_every_door(row: dict[str, Any], door: str) -> None:
    check(DOORS[door](octets_of(row)), row)


@every_row
@pytest.mark.parametrize("raw_of", [bytes, bytearray, memoryview])
def test_strict_takes_a_real_reply_exactly_if_it_has_no_defect_of_the_grammar(
    row: dict[str, Any], raw_of: Callable[[bytes], Raw]
) -> None:
    raw = raw_of(octets_of(row))
    if any(Defect(value).in_grammar for value in row.get("defects", ())):
        with pytest.raises(ValueError, match="at line"):
            parse(raw, strict=True)
    else:
        check(parse(raw, strict=True), row)


@every_row
def test_a_real_reply_is_what_its_octets_say(row: dict[str, Any]) -> None:
    reply = parse(octets_of(row))
    assert parse(bytes(reply)) == reply
    if not reply.defects and reply.textstrings[-1]:  # "334" is in due form with a space and without
        assert bytes(reply) == octets_of(row)


@every_row
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_real_reply_comes_out_of_a_stream_however_it_was_cut(
    row: dict[str, Any], size: int
) -> None:
    octets = octets_of(row)
    reader = ReplyReader()
    found = []
    for at in range(0, len(octets), size):
        reader.receive_data(octets[at : at + size])
        found += list(reader)
    reader.receive_data(b"")
    if set(map(Defect, row.get("defects", ()))) & OPEN_ENDED or not octets.endswith(b"\n"):
        assert not found
        with pytest.raises(IncompleteReplyError) as caught:
            reader.next_reply()
        check(parse(caught.value.received), row)
    else:
        check(only(found), row)
        assert reader.next_reply() is END_OF_STREAM


def test_all_real_replies_come_out_of_one_stream_one_by_one() -> None:
    rows = [row for row in ROWS if not row.get("defects") or row["defects"] == ["status-form"]]
    reader = ReplyReader()
    reader.receive_data(b"".join(map(octets_of, rows)))
    for row in rows:
        reply = reader.next_reply()
        assert isinstance(reply, Reply)
        check(reply, row)
    assert reader.next_reply() is NEED_DATA
    assert reader.trailing_data == b""


def test_all_real_replies_come_out_of_one_buffer_one_by_one() -> None:
    rows = [row for row in ROWS if octets_of(row).endswith(b"\n")]
    found = parse_all(b"".join(map(octets_of, rows)))
    assert [reply.code for reply in found] == [row["code"] for row in rows]


def test_the_table_has_every_server_and_no_row_twice() -> None:
    servers = {server.strip() for server in SERVERS.split(",")}
    assert servers <= {row["server"] for row in ROWS}
    assert len(ROWS) >= 160
    assert Counter((row["server"], row["raw"]) for row in ROWS).most_common(1)[0][1] == 1
