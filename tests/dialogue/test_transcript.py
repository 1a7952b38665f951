from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply import Defect, Reply, Stage, parse_all
from smtpreply.dialogue.transcript import (
    Exchange,
    Skipped,
    Transcript,
    iter_transcript,
    read_transcript,
)
from smtpreply.testing import streams, wire_replies

DATA = Path(__file__).parents[1] / "data"


def read(text: str) -> Transcript:
    return read_transcript(text.splitlines(keepends=True))


def codes(text: str) -> list[int]:
    return [exchange.reply.code for exchange in read(text).exchanges]


def commands(text: str) -> list[str | None]:
    return [exchange.command for exchange in read(text).exchanges]


# --- real transcripts ----------------------------------------------------------------------

# File: line, code and command of each reply, and the number of lines that nobody said.
Row = tuple[int, int, str | None]
TRANSCRIPTS: dict[str, tuple[list[Row], int]] = {
    "session.txt": (
        [
            (1, 220, None),
            (3, 250, "EHLO mail.example.net"),
            (13, 235, "AUTH PLAIN"),
            (15, 250, "MAIL FROM:<alice@example.net> SIZE=1377"),
            (17, 250, "RCPT TO:<bob@example.org>"),
            (19, 550, "RCPT TO:<bobb@gmail.example>"),
            (24, 354, "DATA"),
            (32, 250, "."),
            (34, 221, "QUIT"),
        ],
        0,
    ),
    "transcripts/marks-starttls.txt": (
        [
            (3, 220, None),
            (5, 250, "EHLO mail.example.com"),
            (10, 220, "STARTTLS"),
            (14, 250, "EHLO mail.example.com"),
            (18, 554, "MAIL FROM:<>"),
        ],
        2,
    ),
    "transcripts/swaks-tls.txt": (
        [
            (3, 220, None),
            (5, 250, "EHLO client.example.net"),
            (12, 220, "STARTTLS"),
            (20, 250, "EHLO client.example.net"),
            (27, 334, "AUTH LOGIN"),
            (29, 334, "AUTH LOGIN"),
            (31, 235, "AUTH LOGIN"),
            (33, 250, "MAIL FROM:<alice@example.net>"),
            (35, 550, "RCPT TO:<nobody@example.org>"),
            (39, 250, "RCPT TO:<bob@example.org>"),
            (41, 354, "DATA"),
            (53, 250, "."),
            (55, 221, "QUIT"),
        ],
        9,
    ),
    "transcripts/swaks-refused.txt": ([(3, 554, None), (6, 421, "QUIT")], 4),
    "transcripts/openssl-s_client.txt": (
        [
            (42, 250, None),  # the last line of the EHLO before TLS, which s_client lets through
            (62, 250, "EHLO client.example.net"),
            (68, 334, "auth login"),
            (70, 334, "auth login"),
            (72, 535, "auth login"),
            (74, 530, "mail from:<alice@example.net>"),
        ],
        60,
    ),
    "transcripts/curl.txt": (
        [
            (7, 220, None),
            (9, 250, "EHLO client.example.net"),
            (16, 334, "AUTH PLAIN"),
            (18, 235, "AUTH PLAIN"),
            (20, 250, "MAIL FROM:<alice@example.net> SIZE=86"),
            (22, 452, "RCPT TO:<bob@example.org>"),
            (24, 221, "QUIT"),
        ],
        10,
    ),
    "transcripts/curl-sent.txt": (
        [
            (3, 220, None),
            (5, 250, "EHLO client.example.net"),
            (11, 250, "MAIL FROM:<alice@example.net> SIZE=86"),
            (13, 250, "RCPT TO:<bob@example.org>"),
            (15, 354, "DATA"),
            (18, 250, "."),
        ],
        5,
    ),
    "transcripts/telnet.txt": (
        [
            (5, 220, None),
            (8, 250, "helo client.example.net"),
            (10, 500, None),  # the command was mistyped, and is none
            (12, 250, "mail from: <alice@example.net>"),
            (14, 451, "rcpt to: <bob@example.org>"),
            (16, 250, "rcpt to: <carol@example.org>"),
            (18, 354, "data"),
            (27, 250, "."),
            (29, 221, "quit"),
        ],
        6,
    ),
    "transcripts/smtplib-debug.txt": (
        [
            (2, 220, None),
            (6, 250, "ehlo client.example.net"),
            (14, 250, "mail FROM:<alice@example.net> size=118"),
            (17, 550, "rcpt TO:<bob@example.org>"),
            (20, 250, "rcpt TO:<carol@example.org>"),
            (23, 354, "data"),
            (27, 250, "."),
            (31, 221, "quit"),
        ],
        4,
    ),
    "transcripts/sendmail-v.txt": (
        [
            (2, 220, None),
            (4, 250, "EHLO client.example.net"),
            (10, 250, "MAIL From:<alice@example.net> SIZE=86"),
            (14, 250, "RCPT To:<bob@example.org>"),
            (15, 450, "RCPT To:<carol@example.org>"),
            (16, 354, "DATA"),
            (18, 250, "."),
            (23, 221, "QUIT"),
        ],
        4,
    ),
    "transcripts/sendmail-bounce.txt": (
        [(11, 550, "RCPT To:<nobody@example.org>"), (15, 503, "DATA")],
        8,
    ),
    "transcripts/postfix-notice.txt": (
        [
            (3, 220, None),
            (5, 250, "EHLO client.example.net"),
            (
                12,
                250,
                "MAIL FROM:<alice-with-a-rather-long-local-part@client.example.net> SIZE=1377",
            ),
            (14, 451, "RCPT TO:<bob@example.org>"),
            (17, 221, "QUIT"),
        ],
        3,
    ),
    "transcripts/postfix-client-notice.txt": (
        [
            (5, 220, None),
            (7, 250, "EHLO mail.example.net"),
            (10, 500, "MAIL FROM:<alice@example.net>"),
        ],
        2,
    ),
    "transcripts/exim-v.txt": (
        [
            (4, 220, None),
            (6, 250, "EHLO client.example.net"),
            (10, 250, "MAIL FROM:<alice@example.net> SIZE=1420"),
            (12, 550, "RCPT TO:<bob@example.org>"),
            (14, 221, "QUIT"),
        ],
        6,
    ),
    "transcripts/phpmailer.txt": (
        [
            (4, 220, None),
            (6, 250, "EHLO client.example.net"),
            (10, 334, "AUTH LOGIN"),
            (12, 334, "AUTH LOGIN"),
            (14, 535, "AUTH LOGIN"),
            (20, 221, "QUIT"),
        ],
        7,
    ),
    "transcripts/javamail.txt": (
        [
            (5, 220, None),
            (9, 250, "EHLO client"),
            (15, 250, "MAIL FROM:<alice@example.net>"),
            (17, 550, "RCPT TO:<bob@example.org>"),
            (21, 250, "RSET"),
            (23, 221, "QUIT"),
        ],
        10,
    ),
    "transcripts/nodemailer.txt": (
        [
            (5, 220, None),
            (7, 250, "EHLO client.example.net"),
            (12, 235, "AUTH PLAIN"),
            (16, 250, "MAIL FROM:<alice@example.net>"),
            (18, 550, "RCPT TO:<bob@example.org>"),
            (20, 250, "RCPT TO:<carol@example.org>"),
            (22, 354, "DATA"),
            (24, 250, "."),
            (26, 221, "QUIT"),
        ],
        9,
    ),
    "transcripts/replies.txt": (
        [(1, 220, None), (2, 250, None), (4, 550, None), (6, 471, None), (7, 250, None)],
        0,
    ),
}


def test_every_transcript_in_the_data_is_tested() -> None:
    found = {f"transcripts/{path.name}" for path in (DATA / "transcripts").iterdir()}
    assert found | {"session.txt"} == set(TRANSCRIPTS)


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_a_transcript_gives_its_replies_and_what_they_answer(name: str) -> None:
    expected, skipped = TRANSCRIPTS[name]
    with (DATA / name).open("rb") as lines:
        transcript = read_transcript(lines)
    rows = [(found.line, found.reply.code, found.command) for found in transcript.exchanges]
    assert rows == expected
    assert len(transcript.skipped) == skipped


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_lines_of_text_and_lines_without_ends_read_alike(name: str) -> None:
    octets = (DATA / name).read_bytes()
    expected = read_transcript(octets.split(b"\n"))
    assert read_transcript(octets.decode().split("\n")) == expected
    assert read_transcript(octets.replace(b"\r", b"").split(b"\n")).exchanges == expected.exchanges


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_no_password_comes_out_of_a_transcript(name: str) -> None:
    shown = repr(read_transcript((DATA / name).read_text(encoding="utf-8").splitlines()))
    for secret in ("AGFsaWNlAGNvcnJlY3QgaG9yc2U", "Y29ycmVjdCBob3JzZQ", "YWxpY2U", "d3Jvbmc"):
        assert secret not in shown


@pytest.mark.parametrize("name", [name for name in TRANSCRIPTS if "replies" not in name])
def test_a_transcript_adds_no_defect_to_clean_replies(name: str) -> None:
    exchanges = read_transcript((DATA / name).read_text(encoding="utf-8").splitlines()).exchanges
    defects = {defect for exchange in exchanges for defect in exchange.reply.defects}
    # An empty challenge, a Russian text, and smtplib's octets, which have a line end of their own.
    assert defects <= {Defect.NON_ASCII, Defect.BARE_LF}


def test_a_wrapped_line_of_postfix_is_joined() -> None:
    lines = (DATA / "transcripts" / "postfix-notice.txt").read_text(encoding="utf-8").splitlines()
    (refusal,) = [found for found in read_transcript(lines).exchanges if found.reply.code == 451]
    assert refusal.reply.text.endswith("rejected: Server configuration error")


def test_what_was_skipped_can_be_seen() -> None:
    assert read("=== Trying mx:25...\n<-  220 mx\n*** oops\n").skipped == (
        Skipped(1, "=== Trying mx:25..."),
        Skipped(3, "*** oops"),
    )


# --- whose line it is ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        "S: 220 mx\nC: QUIT\nS: 221 Bye\n",
        "s:220 mx\nc:QUIT\ns:221 Bye\n",
        "Server: 220 mx\nClient: QUIT\nServer: 221 Bye\n",
        "<<< 220 mx\n>>> QUIT\n<<< 221 Bye\n",
        "<-  220 mx\n -> QUIT\n<-  221 Bye\n",
        "<~  220 mx\n ~> QUIT\n<~  221 Bye\n",
        "<** 220 mx\n**> QUIT\n<** 221 Bye\n",
        "<~* 220 mx\n*~> QUIT\n<~* 221 Bye\n",
        "< 220 mx\n> QUIT\n< 221 Bye\n",
        " Out: 220 mx\n In:  QUIT\n Out: 221 Bye\n",
        "Out: 220 mx\nIn: QUIT\nOut: 221 Bye\n",
        " In:  220 mx\n Out: QUIT\n In:  221 Bye\n",
        "  SMTP<< 220 mx\n  SMTP>> QUIT\n  SMTP<< 221 Bye\n",
        "reply: b'220 mx\\r\\n'\nsend: 'QUIT\\r\\n'\nreply: b'221 Bye\\r\\n'\n",
        'reply: b"220 mx\\r\\n"\nsend: b"QUIT\\r\\n"\nreply: b"221 Bye\\r\\n"\n',
        "10:15:02.123 reply: b'220 mx\\r\\n'\n10:15:02.124 send: 'QUIT\\r\\n'\n"
        "10:15:02.125 reply: b'221 Bye\\r\\n'\n",
        "reply: retcode (220); Msg: b'mx'\nsend: 'QUIT\\r\\n'\nreply: retcode (221); Msg: b'Bye'\n",
        "220 mx\n>>> QUIT\n221 Bye\n",
        "220 mx\nQUIT\n221 Bye\n",
        "220 mx\nQUIT \n221 Bye\n",
    ],
)
def test_every_mark_is_known(lines: str) -> None:
    assert read(lines).exchanges == (
        Exchange(Reply(220, ["mx"]), 1, stage=Stage.CONNECT),
        Exchange(Reply(221, ["Bye"]), 3, "QUIT", Stage.QUIT),
    )
    assert not any(found.reply.defects for found in read(lines).exchanges)


def test_a_message_is_never_read_as_replies() -> None:
    text = "220 mx\nDATA\n354 Go\n250 in the message\n221 too\n.\n250 queued\nQUIT\n221 Bye\n"
    assert codes(text) == [220, 354, 250, 221]
    assert commands(text) == [None, "DATA", ".", "QUIT"]


def test_a_message_without_an_end_lasts_to_the_end() -> None:
    assert codes("220 mx\nDATA\n354 Go\n250 in the message\n221 too\n") == [220, 354]


def test_a_message_that_the_transcript_does_not_show_hides_no_reply() -> None:
    # A pipe into s_client: what the client says is not echoed.
    assert codes("CONNECTED(00000003)\n220 mx\n354 Go\n250 queued\n") == [220, 354, 250]


def test_a_message_that_quotes_another_transcript_does_not_change_how_this_one_is_read() -> None:
    quoted = "".join(f"S: 55{digit} no\n>>> 250 no\n" for digit in range(5))
    text = f"220 mx\nDATA\n354 Go\n{quoted}.\n250 queued\n"
    assert codes(text) == [220, 354, 250]


def test_a_marked_message_is_over_when_the_server_speaks() -> None:
    text = "S: 354 Go\nC: Subject: x\nS: 421 Timeout\nC: QUIT\nS: 221 Bye\n"
    assert codes(text) == [354, 421, 221]


def test_client_words_that_are_no_command_are_not_answered() -> None:
    assert commands("C: <opens connection>\nS: 220 mx\n") == [None]


def test_a_certificate_is_no_reply() -> None:
    text = "CONNECTED(00000003)\n250aBQAwGjEYMBYGA1UEAwwPbXguZXhh\n250 mx\n"
    assert codes(text) == [250]


def test_the_progress_meter_of_curl_may_stand_before_a_reply() -> None:
    assert codes("\r  0 0 0 0 --:--:--  0:00:01 --:--:--     0< 220 mx\n> QUIT\n") == [220]


def test_a_server_cannot_write_the_progress_meter_of_curl() -> None:
    (exchange,) = read("< 220 mx --:--:--     0< 550 no\n").exchanges
    assert exchange.reply.text == "mx --:--:--     0< 550 no"


def test_a_reply_goes_on_after_what_curl_says_in_between() -> None:
    (exchange,) = read("< 250-mx\n{ [5 bytes data]\n< 250 DSN\n").exchanges
    assert exchange.reply.lines == ("mx", "DSN")


def test_smtplib_tells_each_reply_twice_and_it_is_read_once() -> None:
    text = "reply: b'250-a\\r\\n'\nreply: b'250 b\\r\\n'\nreply: retcode (250); Msg: b'a\\nb'\n"
    assert [found.reply.lines for found in read(text).exchanges] == [("a", "b")]


def test_the_octets_that_smtplib_shows_are_those_of_the_server() -> None:
    (exchange,) = read(r"reply: b'250 it\'s \x1b[0m\t\\ \xff\n'" + "\n").exchanges
    assert exchange.reply.raw == b"250 it's \x1b[0m\t\\ \xff\n"


# --- what it answers -----------------------------------------------------------------------


def test_pipelined_commands_are_answered_in_order() -> None:
    text = "C: MAIL FROM:<a@b.c>\nC: RCPT TO:<b@b.c>\nC: DATA\nS: 250 a\nS: 550 b\nS: 503 c\n"
    assert commands(text) == ["MAIL FROM:<a@b.c>", "RCPT TO:<b@b.c>", "DATA"]


def test_a_command_that_was_not_answered_is_not_answered_by_the_next_reply() -> None:
    assert commands("C: EHLO a\nC: HELO a\nS: 250 mx\n") == ["HELO a"]


def test_an_unasked_reply_answers_nothing() -> None:
    assert commands("C: NOOP\nS: 250 Ok\nS: 421 Closing\n") == ["NOOP", None]


def test_lmtp_answers_the_end_of_a_message_for_each_recipient() -> None:
    text = "C: LHLO a\nS: 250 mx\nC: DATA\nS: 354 Go\nC: .\nS: 250 one\nS: 452 two\n"
    assert commands(text) == ["LHLO a", "DATA", ".", "."]


def test_the_answer_to_a_challenge_belongs_to_auth() -> None:
    text = "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: *\nS: 501 Cancelled\nC: QUIT\nS: 221 Bye\n"
    assert commands(text) == ["AUTH LOGIN", "AUTH LOGIN", "QUIT"]


def test_a_challenge_whose_answer_is_not_shown_is_answered_all_the_same() -> None:
    text = "220 mx\nAUTH LOGIN\n334 VXNlcm5hbWU6\n535 No\nQUIT\n221 Bye\n"
    assert commands(text) == [None, "AUTH LOGIN", "AUTH LOGIN", "QUIT"]


# --- odd replies ---------------------------------------------------------------------------


def test_a_reply_without_an_end_is_a_reply_with_a_defect() -> None:
    (exchange,) = read("S: 250-mx\nS: 250-DSN\n").exchanges
    assert exchange.reply.lines == ("mx", "DSN")
    assert exchange.reply.defects == (Defect.UNTERMINATED,)


def test_a_reply_ends_where_the_client_speaks() -> None:
    first, second = read("250-mx\nQUIT\n221 Bye\n").exchanges
    assert first.reply.defects == (Defect.UNTERMINATED,)
    assert (second.reply.code, second.command) == (221, "QUIT")


def test_a_program_that_speaks_into_a_broken_reply_is_not_part_of_it() -> None:
    (exchange,) = read(
        "Trying 192.0.2.1...\n220-mx\nConnection closed by foreign host.\n"
    ).exchanges
    assert exchange.reply.lines == ("mx",)


def test_a_line_of_the_server_without_a_code_belongs_to_the_reply_before_it() -> None:
    (exchange,) = read("S: 550 No\nS: thanks\n").exchanges
    assert exchange.reply.defects == (Defect.MISSING_CODE,)
    assert exchange.reply.lines == ("No", "thanks")


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("S: 550 No\nS: thanks\n", "1 line without a reply code read as part of the reply"),
        ("250 Ok\nhost said: 334 x\nFOO>> EHLO a\n", "2 lines without a reply code read as part"),
        ("550 5.7.1 Blocked - see\nYour address is on our list\n", None),
        ("S: 550-5.1.1 No\nS: 550 thanks\n", None),
    ],
)
def test_a_reply_that_may_have_lines_of_others_says_so(text: str, doubt: str | None) -> None:
    (exchange,) = read(text).exchanges
    assert (exchange.doubt or "").startswith(doubt or "")
    assert (exchange.doubt is None) is (doubt is None)


def test_without_marks_a_line_without_a_code_belongs_to_a_reply_that_goes_on() -> None:
    exchange, _ = read("250-mx\nhello\n250 DSN\nQUIT\n221 Bye\n").exchanges
    assert exchange.reply.lines == ("mx", "hello", "DSN")


def test_odd_heads_inside_of_a_reply_give_the_replies_that_parse_all_gives() -> None:
    first, second, third = read("250-a\n250OK\n250 b\nQUIT\n221 Bye\n").exchanges
    assert [first.line, second.line, third.line] == [1, 3, 5]
    assert first.reply.defects == (Defect.NO_SEPARATOR,)


def test_a_file_with_lf_alone_says_nothing_of_the_servers_line_ends() -> None:
    assert [found.reply.defects for found in read("250 a\n250 b").exchanges] == [(), ()]


def test_a_file_with_crlf_keeps_the_line_ends_as_they_are() -> None:
    found = [found.reply.defects for found in read("250 a\r\n250 b\n250 c").exchanges]
    assert found == [(), (Defect.BARE_LF,), (Defect.NO_FINAL_NEWLINE,)]


def test_a_byte_order_mark_is_the_editors() -> None:
    (exchange,) = read("\ufeffS: 250 a\n").exchanges
    assert exchange.reply.defects == ()


def test_lines_that_are_not_utf8_are_kept() -> None:
    (exchange,) = read_transcript([b"S: 250 K\xf6ln\n"]).exchanges
    assert exchange.reply.text == "K\udcf6ln"


def test_nothing_gives_nothing() -> None:
    assert read("") == Transcript((), ())
    assert read("hello\n\n") == Transcript((), (Skipped(1, "hello"),))


@pytest.mark.parametrize("lines", ["250 Ok\n", b"250 Ok\n"])
def test_one_string_is_not_lines(lines: str | bytes) -> None:
    with pytest.raises(TypeError, match="an iterable of lines"):
        next(iter_transcript(lines))  # type: ignore[arg-type]


def test_a_long_transcript_is_read_as_it_is_asked_for() -> None:
    given_out = 0

    def lines() -> Iterator[str]:
        nonlocal given_out
        while True:
            given_out += 1
            yield "250 Ok\n"

    assert isinstance(next(iter_transcript(lines())), Exchange)
    assert given_out < 2000


# --- what holds for all --------------------------------------------------------------------

LINES = st.one_of(
    st.binary(max_size=30),
    st.sampled_from(
        [
            b"220 mx\r\n",
            b"250-a\n",
            b"250OK\n",
            b"334 \n",
            b"354 Go\n",
            b"\r",
            b"\0250 a\r250 b",
            b"S: 250-x\n",
            b"C: DATA\n",
            b"C: AUTH PLAIN x\n",
            b"C: .\n",
            b"<-  354 x\n",
            b" -> LHLO x\n",
            b"< 250-x\n",
            b"> DATA\n",
            b"reply: b'250-\\xf'\n",
            b"reply: b'250 a\\r\\n250 b\\n'\n",
            b"reply: retcode (250); Msg: b'\\x41'\n",
            b"send: 'data'\n",
            b" Out: 250-x\n",
            b" In:  DATA\n",
            b"    more\n",
            b">>> DATA\n",
            b"<<< 250 a\n",
            b"DATA\n",
            b".\n",
            b"\n",
            b"Trying x\n",
            b"SERVER -> CLIENT: 250-a\n",
            b"SERVER -&gt; CLIENT: 250-a<br />250 b<br />\n",
            b"CLIENT -> SERVER: AUTH LOGIN\n",
            b"250 c\n",
            b"SMTP -> FROM SERVER:\n",
            b"<< 250-a<CRLF>\n",
            b"<< 250-a<CRLF>250 b<CRLF>\n",
            b"++ x << 334 a\n",
            b"[220] 'a'\n",
            b"C <-- S: 250 a\n",
            b"SERVER:\n",
            b"CLIENT:\n",
            b"   354 a\n",
            b"System.Net Verbose: 0 : [1] Data from Socket#1::Receive\n",
            b"System.Net Verbose: 0 : [1] Data from Socket#1::Send\n",
            b"System.Net Verbose: 0 : [1] 00000000 : 32 35 30 20 0A : 250 .\n",
            b"001.002.003.004.00025-001.002.003.004.51234: 250-a\n",
            b"DEBUG SMTP: x\n",
            b"[x] INFO S: 250 a\n",
        ]
    ),
)


@given(st.lists(LINES, max_size=12))
def test_nothing_raises(lines: list[bytes]) -> None:
    """Any lines whatever give replies and skipped lines, and no exception."""
    transcript = read_transcript(lines)
    for exchange in transcript.exchanges:
        assert exchange.line >= 1
        assert bytes(exchange.reply)
    assert all(1 <= skipped.line <= len(lines) for skipped in transcript.skipped)


@given(streams())
def test_a_file_of_plain_replies_reads_as_parse_all_reads_it(stream: tuple[bytes, object]) -> None:
    """A file that holds the octets of a server gives the replies of `parse_all`."""
    octets = stream[0]
    if re.match(rb"[^\n]*\r\n", octets) is None:
        octets = b"220 mx\r\n" + octets
    exchanges = read_transcript(_cut(octets)).exchanges
    expected = parse_all(octets)
    assert [found.reply for found in exchanges] == expected
    assert [found.reply.raw for found in exchanges] == [reply.raw for reply in expected]


def _cut(octets: bytes) -> list[bytes]:
    return [line + b"\n" for line in octets.split(b"\n")[:-1]] + [octets.rpartition(b"\n")[2]]


MARKS: dict[str, tuple[Callable[[str], str], Callable[[str], str]]] = {
    "swaks": ("<-  {}".format, " -> {}".format),
    "curl": ("< {}".format, "> {}".format),
    "letters": ("S: {}".format, "C: {}".format),
    "arrows": ("<<< {}".format, ">>> {}".format),
    "postfix": (" Out: {}".format, " In:  {}".format),
    "postfix client": (" In:  {}".format, " Out: {}".format),
    "exim": ("  SMTP<< {}".format, "  SMTP>> {}".format),
    "PHPMailer": ("SERVER -> CLIENT: {}".format, "CLIENT -> SERVER: {}".format),
    "msmtp": ("<-- {}".format, "--> {}".format),
    "mailsend": ("[S] {}".format, "[C] {}".format),
    "Net::SMTP": ("Net::SMTP=GLOB(0x5c8)<<< {}".format, "Net::SMTP=GLOB(0x5c8)>>> {}".format),
    "Thunderbird": ("5788[1911140]: SMTP Response: {}".format, "5788[19]: SMTP Send: {}".format),
    "Outlook": ("SMTP (mx.example.org): <rx> {}".format, "SMTP (mx): [tx] {}".format),
    "a logger": ("[10:15] INFO app.mail: S: {}".format, "[10:15] INFO app.mail: C: {}".format),
    "net/smtp": (
        lambda line: "-> " + json.dumps(line + "\r\n", ensure_ascii=False),
        lambda line: "<- " + json.dumps(line + "\r\n", ensure_ascii=False),
    ),
    "sendmail": ("{}".format, ">>> {}".format),
    "terminal": ("{}".format, "{}".format),
    "smtplib": (
        lambda line: "reply: " + repr(line.encode() + b"\r\n"),
        lambda line: "send: " + repr(line + "\r\n"),
    ),
}


# What a 334 and a 354 ask for is no command, and is tested above.
ANSWERS = st.lists(
    wire_replies().filter(lambda octets: not re.search(rb"^3[35]4 ?", octets, re.MULTILINE)),
    min_size=1,
    max_size=4,
)


@pytest.mark.parametrize("mark", MARKS)
@given(answers=ANSWERS)
def test_every_form_gives_the_replies_and_commands_that_were_written(
    mark: str, answers: list[bytes]
) -> None:
    """A session written down in any of the forms gives back its replies and its commands."""
    hears, says = MARKS[mark]
    lines = [hears("220 mx.example.org")]
    for number, octets in enumerate(answers):
        lines.append(says(f"RCPT TO:<{number}@example.org>"))
        lines += map(hears, octets.decode().split("\r\n")[:-1])
    exchanges = read_transcript(lines).exchanges[1:]
    assert [found.reply.raw for found in exchanges] == answers
    commands = [f"RCPT TO:<{number}@example.org>" for number in range(len(answers))]
    assert [found.command for found in exchanges] == commands


@pytest.mark.parametrize("end", [r"\r\n", r"\015\012", "#015#012", "<CR><LF>", "^M"])
def test_line_ends_that_are_written_as_marks_part_bare_replies(end: str) -> None:
    lines = ["220 mx ESMTP", f"250-mx{end}250 SIZE{end}", f"250 ok{end}550 5.1.1 No{end}"]
    found = read_transcript(lines).exchanges
    assert [(each.reply.code, each.line) for each in found] == [
        (220, 1),
        (250, 2),
        (250, 3),
        (550, 3),
    ]
    assert found[-1].reply.text == "No"
