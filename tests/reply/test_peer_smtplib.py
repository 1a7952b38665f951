"""Against the standard library: where `smtplib.SMTP.getreply` is right, we say the same."""

from __future__ import annotations

import smtplib
import tomllib
from io import BytesIO
from pathlib import Path

import pytest

from smtpreply import Reply, ReplyError, ReplySyntaxError, parse
from smtpreply.reply.stream import ReplyReader

TABLE = Path(__file__).parents[1] / "data" / "real_replies.toml"
ROWS = tomllib.loads(TABLE.read_text(encoding="utf-8"))["reply"]
REAL: list[bytes] = [row["raw"].encode(row.get("encoding", "utf-8")) for row in ROWS]
# These begin with what smtplib takes for a line of its own, or end lines with CR.
NO_READING_IN_SMTPLIB = {"leading-nul", "byte-order-mark", "blank-line", "leading-space", "bare-cr"}
NO_READING_IN_SMTPLIB |= {"folded", "unterminated", "missing-code", "no-separator"}
READ_BY_BOTH = [
    octets
    for row, octets in zip(ROWS, REAL, strict=True)
    if not NO_READING_IN_SMTPLIB & set(row.get("defects", ()))
]


class Peer:
    """What smtplib reads from octets, one reply after the other."""

    def __init__(self, octets: bytes) -> None:
        self.client = smtplib.SMTP()
        self.client.file = BytesIO(octets)

    def next_reply(self) -> tuple[int, bytes]:
        return self.client.getreply()


def as_smtplib_says(reply: Reply) -> tuple[int, bytes]:
    """Return code and message of a reply in smtplib's form: it strips each line."""
    texts = [text.encode("utf-8", "surrogateescape") for text in reply.textstrings]
    return reply.code, b"\n".join(text.strip(b" \t\r\n") for text in texts)


@pytest.mark.parametrize("octets", READ_BY_BOTH)
def test_a_real_reply_has_the_code_and_text_that_smtplib_says(octets: bytes) -> None:
    assert as_smtplib_says(parse(octets)) == Peer(octets).next_reply()


def test_a_stream_of_real_replies_is_read_as_smtplib_reads_it() -> None:
    octets = b"".join(octets for octets in READ_BY_BOTH if octets.endswith(b"\n"))
    reader, peer = ReplyReader(), Peer(octets)
    reader.receive_data(octets)
    count = 0
    for reply in reader:
        assert as_smtplib_says(reply) == peer.next_reply()
        count += 1
    assert count > 160
    with pytest.raises(smtplib.SMTPServerDisconnected):
        peer.next_reply()


@pytest.mark.parametrize(
    "octets",
    [
        b"250\r\n",
        b"250 \r\n",
        b"334\r\n",
        b"250 OK",
        b"250-a\n250 b\n",
        b"250 ok\r\r\n",
        b"250 a\rb\r\n",
        b"250\tok\r\n",
        b"250:ok\r\n",
        b"250-a\r\n550 b\r\n",
        b"250-a\r\n251-b\r\n250 c\r\n",
        b"220-x ESMTP\r\n521 5.7.1 blocked\r\n",
        b"550-\r\n550 x\r\n",
        b"220-hello\r\n220\r\n",
        b"571 5.7.1 refused\r\n",
        b"550 \x1b[31mred\r\n",
    ],
)
def test_an_odd_reply_that_both_take_is_read_as_smtplib_reads_it(octets: bytes) -> None:
    assert as_smtplib_says(parse(octets)) == Peer(octets).next_reply()


@pytest.mark.parametrize(
    ("octets", "code_there"),
    [
        (b"+25 hm\r\n", 25),
        (b"2_5 hm\r\n", 25),
        (b" 25 hm\r\n", 25),
        (b"25 hm\r\n", 25),
        (b"150 hm\r\n", 150),
        (b"650 hm\r\n", 650),
        (b"2500 hm\r\n", 250),
        (b"rubbish\r\n", -1),
    ],
)
def test_what_is_no_reply_code_is_an_error_here_and_a_number_there(
    octets: bytes, code_there: int
) -> None:
    assert Peer(octets).next_reply()[0] == code_there
    with pytest.raises(ReplySyntaxError, match="no reply code"):
        parse(octets)


def test_a_missing_separator_costs_a_letter_there_and_none_here() -> None:
    octets = b"250ok\r\n"
    assert Peer(octets).next_reply() == (250, b"k")
    assert parse(octets).text == "ok"


def test_a_line_without_code_is_two_replies_there_and_one_here() -> None:
    octets = b"230-first\r\nno code here\r\n230 last\r\n"
    peer = Peer(octets)
    assert [peer.next_reply()[0], peer.next_reply()[0]] == [-1, 230]
    assert parse(octets).lines == ("first", "no code here", "last")


def test_a_code_that_smtplib_makes_up_is_refused_by_the_bridge() -> None:
    code, message = Peer(b"rubbish\r\n").next_reply()
    with pytest.raises(ReplyError, match="no reply code"):
        Reply.from_response(code, message)
