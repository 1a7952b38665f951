from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.dialogue.transcript import read_transcript
from smtpreply.logs import Delivery, Direction, ReplyBy, Status, scan
from smtpreply.tools.suppressions import Suppressions

DATA = Path(__file__).parents[2] / "data"
TRANSCRIPTS = sorted((DATA / "transcripts").iterdir())


def one(*lines: str) -> Delivery:
    [delivery] = scan(list(lines))
    return delivery


# --- whole sources -------------------------------------------------------------------------


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_a_transcript_has_the_replies_that_the_reader_of_transcripts_finds(path: Path) -> None:
    with path.open("rb") as lines:
        expected = read_transcript(lines).exchanges
    run = scan(path)
    found = [delivery for delivery in run if delivery.reply_by is not ReplyBy.MTA]
    assert [delivery.line for delivery in found] == [exchange.line for exchange in expected]
    codes = [delivery.reply.code for delivery in found if delivery.reply]
    assert codes == [exchange.reply.code for exchange in expected]
    assert run.coverage.formats == {"transcript": run.coverage.lines}


@pytest.mark.parametrize(
    "name",
    [
        *("curl", "curl-sent", "exim-v", "sendmail-v", "smtplib-debug", "swaks-tls", "telnet"),
        *("javamail", "phpmailer"),
    ],
)
def test_a_transcript_tells_whom_it_speaks_to_and_at_which_stage(name: str) -> None:
    found = list(scan(DATA / "transcripts" / f"{name}.txt"))
    assert {found.relay_host for found in found} <= {"mx.example.org", "mail.example.org"}
    assert found[0].stage is Stage.CONNECT
    assert found[1].stage is Stage.EHLO
    refused = [delivery for delivery in found if delivery.recipient == "bob@example.org"]
    assert all(delivery.sender for delivery in refused)
    assert {delivery.reply_by for delivery in found} == {ReplyBy.REMOTE}
    assert {delivery.direction for delivery in found} == {Direction.OUTGOING}


def test_what_decides_in_a_session_has_a_status() -> None:
    found = list(scan(DATA / "session.txt"))
    assert [(one.status, one.recipient, one.stage) for one in found if one.status] == [
        (Status.BOUNCED, "bobb@gmail.example", Stage.RCPT),
        (Status.SENT, "bob@example.org", Stage.END_OF_DATA),
    ]
    assert [one.address for one in Suppressions.of(found)] == ["bobb@gmail.example"]
    greylisted = scan(["C: RCPT TO:<bob@example.org>", "S: 451 4.7.1 Greylisted"])
    assert [one.status for one in greylisted] == [Status.DEFERRED]
    own = scan(DATA / "transcripts" / "postfix-notice.txt")
    assert {one.status for one in own} == {None, Status.REJECTED}


def test_a_server_s_own_notice_tells_its_own_words() -> None:
    found = list(scan(DATA / "transcripts" / "postfix-notice.txt"))
    assert {delivery.reply_by for delivery in found} == {ReplyBy.OWN}
    assert {delivery.direction for delivery in found} == {Direction.INCOMING}


def test_sendmail_s_verdict_is_its_own() -> None:
    found = list(scan(DATA / "transcripts" / "sendmail-bounce.txt"))
    [verdict] = [delivery for delivery in found if delivery.reply_by is ReplyBy.MTA]
    assert verdict.recipient == "nobody@example.org"
    assert verdict.text == "550 5.1.1 <nobody@example.org>... User unknown"


def test_a_refusing_greeting_is_of_the_connection() -> None:
    found = next(scan(DATA / "transcripts" / "swaks-refused.txt"))
    assert (found.stage, found.relay_host, found.relay_port) == (
        Stage.CONNECT,
        "gw.example.com",
        25,
    )


def test_exim_as_a_server_says_its_own_words() -> None:
    log = [
        "11:43:32.123  4242 SMTP>> 220 mx.example.org ESMTP",
        "11:43:32.124  4242 SMTP<< EHLO c.example.net",
        "11:43:32.125  4242 SMTP>> 250-mx.example.org Hello",
        "11:43:32.125  4242        250 HELP",
        "11:43:32.126  4242 SMTP<< RCPT TO:<bob@example.org>",
        "11:43:32.127  4242 SMTP>> 550 relay not permitted",
    ]
    greeting, hello, refusal = scan(log)
    assert (greeting.stage, hello.text) == (Stage.CONNECT, "250-mx.example.org Hello\n250 HELP")
    assert (refusal.reply_by, refusal.recipient) == (ReplyBy.OWN, "bob@example.org")
    assert refusal.direction is Direction.INCOMING


@pytest.mark.parametrize(
    ("line", "host", "ip", "port"),
    [
        ("=== Trying mx.example.org:2525...", "mx.example.org", None, 2525),
        ("=== Connected to mx.example.org.", "mx.example.org", None, None),
        ("*   Trying 192.0.2.1:25...", "192.0.2.1", "192.0.2.1", 25),
        ("*   Trying [2001:db8::1]:25...", "2001:db8::1", "2001:db8::1", 25),
        (
            "* Connected to mx.example.org (192.0.2.1) port 25 (#0)",
            "mx.example.org",
            "192.0.2.1",
            25,
        ),
        ("Trying 192.0.2.1...", "192.0.2.1", "192.0.2.1", None),
        ("Trying 2001:db8::1...", "2001:db8::1", "2001:db8::1", None),
        (
            "Connecting to mx.example.org [192.0.2.1]:25 ... connected",
            "mx.example.org",
            "192.0.2.1",
            25,
        ),
        (
            "b@example.org... Connecting to mx.example.org. via esmtp...",
            "mx.example.org",
            None,
            None,
        ),
        ("... while talking to mx.example.org.:", "mx.example.org", None, None),
        ("connect: to ('mx.example.org', 25) None", "mx.example.org", None, 25),
        ("Connected to smtp://mx.example.org:587/?starttls=always", "mx.example.org", None, 587),
        ("Connection opened: mx.example.org:25", "mx.example.org", None, 25),
        ("Connection established to 192.0.2.1:25", "192.0.2.1", "192.0.2.1", 25),
        (
            'DEBUG SMTP: trying to connect to host "mx.example.org", port 25, isSSL false',
            "mx.example.org",
            None,
            25,
        ),
        (
            "Connection: opening to mx.example.org:587, timeout=300, options=array()",
            "mx.example.org",
            None,
            587,
        ),
    ],
)
def test_the_server_is_read_where_the_program_names_it(
    line: str, host: str, ip: str | None, port: int | None
) -> None:
    _, delivery = scan(["S: 220 a ESMTP", line, "C: RSET", "S: 250 Ok"])
    assert (delivery.relay_host, delivery.relay_ip, delivery.relay_port) == (host, ip, port)


# --- lone lines ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "speaker", "stage"),
    [
        ("<** 550 5.1.1 No such user", ReplyBy.REMOTE, None),
        ("<~* 550 5.1.1 No such user", ReplyBy.REMOTE, None),
        ("<-  220 mx.example.org ESMTP", ReplyBy.REMOTE, Stage.CONNECT),
        ("<-  220 Ready to start TLS", ReplyBy.REMOTE, None),
        ("<~  354 Go ahead", ReplyBy.REMOTE, Stage.DATA),
        ("<-  221 Bye", ReplyBy.REMOTE, Stage.QUIT),
        ("<-  250 SIZE 1000", ReplyBy.REMOTE, Stage.EHLO),
        ("<-  250 Ok", ReplyBy.REMOTE, None),
        ("<<< 550 5.7.1 No", ReplyBy.REMOTE, None),
        ("  SMTP<< 535 5.7.8 No", ReplyBy.REMOTE, Stage.AUTH),
        ("4242   SMTP<< 550 No", ReplyBy.REMOTE, None),
        ("SMTP>> 550 No", ReplyBy.OWN, None),
        (r"reply: b'550 5.1.1 No such user\r\n'", ReplyBy.REMOTE, None),
        ("reply: retcode (550); Msg: b'5.1.1 No'", ReplyBy.REMOTE, None),
        (r"b'220 mail ESMTP\r\n'", ReplyBy.REMOTE, Stage.CONNECT),
        ("550 5.1.1 <bob@example.org>... User unknown", ReplyBy.MTA, None),
        ("554 5.0.0 Service unavailable", ReplyBy.MTA, None),
        ("SERVER -> CLIENT: 550 5.1.1 No such user", ReplyBy.REMOTE, None),
        ("2026-05-06 10:15:02\tSERVER -> CLIENT: 354 Go", ReplyBy.REMOTE, Stage.DATA),
        ("Net::SMTP=GLOB(0x55d0c8)<<< 550 No", ReplyBy.REMOTE, None),
        ("[S] 550 5.1.1 No such user", ReplyBy.REMOTE, None),
        ("INFO lettre::client: << 550 5.1.1 No<CRLF>", ReplyBy.REMOTE, None),
        ("2026/05/06 10:15:02 DEBUG: C <-- S: 550 5.1.1 No", ReplyBy.REMOTE, None),
        (r'-> "550 5.1.1 No\r\n"', ReplyBy.REMOTE, None),
        ("5788[1911140]: SMTP Response: 550 No", ReplyBy.REMOTE, None),
        ("2026.05.06 10:15:02 SMTP (mx.example.org): <rx> 550 No", ReplyBy.REMOTE, None),
    ],
)
def test_a_lone_line_is_read_where_its_mark_is_certain(
    line: str, speaker: ReplyBy, stage: Stage | None
) -> None:
    delivery = one("among other things", line)
    assert (delivery.mta, delivery.reply_by, delivery.stage) == ("transcript", speaker, stage)
    assert delivery.reply is not None
    assert delivery.line == 2


@pytest.mark.parametrize(
    "line",
    [
        "> 550 5.1.1 quoted in a letter",
        "< 550 5.1.1 printed by diff",
        "< 550>",
        "<<<<<<< 550 a conflict",
        "<<< EOF",
        ">>> print(550)",
        "std::cout << 550 << std::endl;",
        "-> 550",
        "x <- 550",
        "<- 55",
        "S: 550 units sold",
        "550 5.1.1 No such user",
        "b'550 no line end'",
        "reply: to your letter",
        "Trying again...",
        "Connected to the internet",
        "<h1>220 SMTP</h1>",
        " -> the letter goes on",
    ],
)
def test_lines_of_others_tell_of_no_reply(line: str) -> None:
    assert list(scan(["among other things", line])) == []
    assert list(scan([line])) == []


def test_lone_lines_in_a_mixed_file_belong_together() -> None:
    log = [
        "what I did:",
        " -> RCPT TO:<bob@example.org>",
        "<** 550-5.1.1 No such",
        "<** 550 5.1.1 user",
        "and then, with Exim,",
        "  SMTP>> MAIL FROM:<al@example.com>",
        "  SMTP<< 250-One",
        "         250 Two",
        "         250 indented, but of nobody",
    ]
    run = scan(log)
    swaks, exim, *_ = run
    assert (swaks.recipient, swaks.stage, swaks.line) == ("bob@example.org", Stage.RCPT, 3)
    assert swaks.text == "550-5.1.1 No such\n550 5.1.1 user"
    assert (exim.stage, exim.text) == (Stage.MAIL, "250-One\n250 Two")
    assert run.coverage.known == 7


def test_curl_that_speaks_http_is_no_transcript() -> None:
    log = ["* Connected to www.example.org (192.0.2.1) port 443", "> GET / HTTP/1.1", "< 200 OK"]
    run = scan(log)
    assert list(run) == []
    assert run.coverage.known == 0


# --- log injection -------------------------------------------------------------------------


def test_a_message_cannot_play_a_reply() -> None:
    log = [
        "=== Trying mx.example.org:25...",
        "<-  220 mx.example.org ESMTP",
        " -> DATA",
        "<-  354 Go ahead",
        " -> <** 550 5.1.1 forged",
        " -> 550 5.1.1 forged",
        " -> .",
        "<-  250 Ok",
    ]
    assert [found.reply and found.reply.code for found in scan(log)] == [220, 354, 250]


def test_a_reply_cannot_play_a_server() -> None:
    log = [
        "=== Trying mx.example.org:25...",
        "<-  220 mx.example.org ESMTP",
        "<** 550 === Trying evil.example:25...",
    ]
    assert {found.relay_host for found in scan(log)} == {"mx.example.org"}


# --- whatever comes ------------------------------------------------------------------------

HEADS = [
    *("=== Trying ", "<** ", "<-  220 ", "<<< 550", ">>> DATA\n", "  SMTP<< 550-a\n", "S: 220 "),
    *("reply: b'550 ", "b'220 a", "Trying a...\nEscape character is\n", "... while talking to "),
]


@settings(deadline=None)  # the first example imports the format
@given(st.sampled_from(HEADS), st.text(max_size=300), st.sampled_from([1, 500]))
def test_any_text_after_a_valid_head_is_read_without_an_error(
    head: str, text: str, times: int
) -> None:
    """No text behind a mark raises anything, alone or again and again."""
    for delivery in scan((head + text * times).split("\n")):
        assert delivery.mta
        assert delivery.to_dict()


def test_a_reply_that_does_not_end_is_given_in_pieces() -> None:
    pieces = list(scan("<-  250-" + "x" * 1000 for _ in range(5000)))
    assert 2 < len(pieces) < 100
    assert sum(len(found.text or "") for found in pieces) > 5_000_000


@pytest.mark.parametrize(
    ("words", "expected"), [("no such user", []), ("<x@y.z>: no such user", ["x@y.z"])]
)
def test_one_reply_to_the_data_of_several_suppresses_whom_it_names(
    words: str, expected: list[str]
) -> None:
    rcpt = [line for whom in ("a@b.c", "x@y.z") for line in (f"C: RCPT TO:<{whom}>", "S: 250 ok")]
    lines = ["S: 220 mx ESMTP", "C: EHLO x", "S: 250 mx", "C: MAIL FROM:<s@x.y>", "S: 250 ok"]
    lines += [*rcpt, "C: DATA", "S: 354 go", "C: .", f"S: 550 5.1.1 {words}"]
    refused = [delivery for delivery in scan(lines) if delivery.status == "bounced"]
    assert [delivery.recipient for delivery in refused] == ["a@b.c", "x@y.z"]
    for found in (refused, [Delivery.from_dict(each.to_dict()) for each in refused]):
        assert [each.shared for each in found] == [True, True]
        assert [each.recipient for each in found if each.verdict.suppress] == expected  # type: ignore[union-attr]
    assert [found.address for found in Suppressions.of(scan(lines))] == expected
