"""Dialects that a transcript shows by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from smtpreply.dialogue.dialects import Role
from smtpreply.dialogue.learned import SIDES, learned
from smtpreply.dialogue.transcript import Exchange, is_unknown_session, read_transcript
from smtpreply.logs import Direction, scan

SESSION = (
    ("S", "220 mx"),
    ("C", "EHLO client"),
    ("S", "250-mx"),
    ("S", "250 SIZE 1000"),
    ("C", "RCPT TO:<bob@example.org>"),
    ("S", "550 5.1.1 No such user"),
    ("C", "QUIT"),
    ("S", "221 Bye"),
)
FOUND = [(220, None), (250, "EHLO"), (550, "RCPT"), (221, "QUIT")]
LOGS = Path(__file__).parents[1] / "data" / "logs"


def written(server: str, client: str) -> list[str]:
    """Return the session with each line put into the form of its side."""
    return [(server if side == "S" else client).format(text) for side, text in SESSION]


def exchanges(lines: list[str]) -> tuple[Exchange, ...]:
    return read_transcript(lines).exchanges


def told(lines: list[str]) -> list[tuple[int, str | None]]:
    """Return code and verb of each reply, none of which is in doubt."""
    found = exchanges(lines)
    assert not any(exchange.doubt for exchange in found)
    verbs = [exchange.command and exchange.command.partition(" ")[0] for exchange in found]
    return [(exchange.reply.code, verb) for exchange, verb in zip(found, verbs, strict=True)]


FORMS = [
    ("[SMTP] recv: {}", "[SMTP] send: {}"),
    ("Received: {}", "Sent: {}"),
    ("RX {}", "TX {}"),
    ("IN  {}", "OUT {}"),
    ("S<< {}", "C>> {}"),
    ("SMTP<-{}", "SMTP->{}"),
    ("<= {}", "=> {}"),
    ("<- {}", "-> {}"),
    ("SMTP response: {}", "SMTP command: {}"),
    ("12:00 Server response: {}", "12:00 Sending command: {}"),
    ("DEBUG reply: '{}'", "DEBUG request: '{}'"),
    (
        '{{"time":"2026-05-06T10:15:02Z","msg":"S: {}"}}',
        '{{"time":"2026-05-06T10:15:03Z","msg":"C: {}"}}',
    ),
    ('level=debug msg="recv {}\\r\\n"', 'level=debug msg="send {}\\r\\n"'),
    ("\x1b[32mIN\x1b[0m: {}", "\x1b[31mOUT\x1b[0m: {}"),
    ("mx.example.org> {}", "client> {}"),
]


@pytest.mark.parametrize(("server", "client"), FORMS)
def test_words_and_arrows_of_any_form_tell_the_sides(server: str, client: str) -> None:
    assert told(written(server, client)) == FOUND


@pytest.mark.parametrize(
    "prefix",
    [
        "06.05.26 10:15:02 smtp: ",
        "2026-05-06 10:15:02,323 [worker-3] DEBUG org.example.Mail - ",
        "2026-05-06T10:15:02.323Z INFO 512 --- [main] org.example.protocol : ",
        "10:15:02.323 INFO  smtp:",
        "\x1b[36mmailer\x1b[0m ",
        "  | ",
    ],
)
def test_one_prefix_before_both_sides_is_a_mark(prefix: str) -> None:
    lines = written(prefix + "{}", prefix + "{}")
    assert told(lines) == FOUND


@pytest.mark.parametrize("pair", SIDES, ids=lambda pair: pair[0].partition("|")[0])
def test_what_a_server_writes_it_writes_the_other_way_round(pair: tuple[str, str]) -> None:
    server, client = (words.partition("|")[0] for words in pair)
    if not server.isalpha():
        server, client = "<<", ">>"
    as_client = learned(line.encode() for line in written(f"x {server}: {{}}", f"x {client}: {{}}"))
    as_server = learned(line.encode() for line in written(f"x {client}: {{}}", f"x {server}: {{}}"))
    assert as_client is not None
    assert as_server is not None
    assert (as_client.of_a_server, as_server.of_a_server) == (False, True)


def test_a_line_of_the_client_is_the_clients_whatever_it_says() -> None:
    lines = [
        "Received: 220 mx", "Sent: DATA", "Received: 354 Go", "Sent: Subject: 550 forged",
        "Sent: 250 forged", "Sent: Received: 250 forged", "Sent: .", "Received: 250 Queued",
    ]  # fmt: skip
    assert told(lines) == [(220, None), (354, "DATA"), (250, ".")]


@pytest.mark.parametrize("message", [[], ["Subject: x", "250 forged", "."]], ids=["no", "yes"])
def test_a_message_may_be_shown_or_not(message: list[str]) -> None:
    said = ["220 mx", "EHLO a", "250 mx", "DATA", "354 Go", *message, "250 Queued", "QUIT"]
    lines = [f"10:15 smtp: {text}" for text in [*said, "221 Bye"]]
    assert told(lines) == [
        (220, None), (250, "EHLO"), (354, "DATA"), (250, "."), (221, "QUIT"),
    ]  # fmt: skip


def test_a_sentence_that_repeats_a_reply_is_no_reply() -> None:
    lines = [
        "x.protocol: MAIL FROM:<a@example.com>",
        "x.protocol: 501 5.1.7 Bad",
        "x: got response code 501, with response: 501 5.1.7 Bad",
    ]
    assert told(lines) == [(501, "MAIL")]
    assert [skipped.line for skipped in read_transcript(lines).skipped] == [3]
    assert told(lines[2:]) == [(501, None)]


def test_replies_that_a_program_quotes_are_not_merged() -> None:
    lines = [
        '10:15 Got response "220-mx Hello" expected 220',
        '10:15 Unexpected response "220-mx Hello"',
        '10:15 Got response "250-mx" expected 250',
    ]
    assert [exchange.reply.text for exchange in exchanges(lines)] == ["mx Hello", "mx"]


def test_whole_replies_may_be_written_with_escapes() -> None:
    lines = [
        'DEBUG recv "250-mx\\r\\n250 SIZE 1\\r\\n"',
        'DEBUG send "QUIT\\r\\n"',
        'DEBUG recv "221 \\u003cBye\\u003e\\r\\n"',
    ]
    assert [exchange.reply.text for exchange in exchanges(lines)] == ["mx\nSIZE 1", "<Bye>"]


@pytest.mark.parametrize("name", ["Server", "Received"])
def test_lines_below_a_reply_end_it_by_its_code(name: str) -> None:
    lines = [f"10:15 {name}: 250-mx", "    250-SIZE 1", "    250", "10:15 Sent: QUIT",
             f"10:15 {name}: 221 Bye"]  # fmt: skip
    codes = [(found.reply.code, found.doubt, found.line) for found in exchanges(lines)]
    assert codes == [(250, None, 1), (221, None, 5)]


def test_a_line_of_the_server_without_a_code_is_told() -> None:
    lines = ["Received: 250-a", "Received: odd", "Received: 250 b", "Sent: QUIT", "Received: 221 x"]
    odd, bye = exchanges(lines)
    assert (odd.doubt or "").startswith("1 line without a reply code")
    assert bye.doubt is None


def test_a_secret_is_no_command_where_the_challenge_is_not_shown() -> None:
    lines = ["Sent: c2VjcmV0", "Got: 235 Ok", "Sent: MAIL FROM:<>", "Got: 553 No"]
    assert told(lines) == [(235, "AUTH"), (553, "MAIL")]


@pytest.mark.parametrize(
    "lines",
    [
        ["We sold 550 units: fine", "Total: 250 apples"],
        ["HTTP error: 502 Bad Gateway", "Error: 500 Internal Server Error"],
        ["2026-05-06 10:15:02,354 INFO started", "2026-05-06 10:15:02,250 INFO done"],
        ["INFO 550 --- [main] app : up", "INFO 550 --- [main] app : down"],
    ],
)
def test_numbers_are_no_replies(lines: list[str]) -> None:
    assert exchanges(lines) == ()
    assert learned(line.encode() for line in lines) is None


def test_what_is_raised_of_a_refusal_is_a_reply_if_it_has_a_status() -> None:
    assert told(["SendFailedException: 501 5.1.7 Invalid address"]) == [(501, None)]


def test_prefixes_are_learned_with_their_numbers_open() -> None:
    dialect = learned([b"[1] a/2 recv: 220 mx", b"[1] a/2 send: QUIT"])
    assert dialect is not None
    assert dialect.said(b"[22] a/33 recv: 221 Bye")[:2] == (Role.REPLY, b"221 Bye")


# --- in a scan -----------------------------------------------------------------------------


@pytest.mark.parametrize(("server", "client"), FORMS)
def test_a_source_in_a_dialect_of_its_own_is_detected(server: str, client: str) -> None:
    run = scan(written(server, client))
    assert [(found.mta, found.reply and found.reply.code) for found in run] == [
        ("transcript", code) for code, _ in FOUND
    ]


def test_a_server_tells_its_own_replies() -> None:
    found = list(scan(written("a Sent: {}", "a Received: {}")))
    assert {delivery.direction for delivery in found} == {Direction.INCOMING}


@pytest.mark.parametrize("name", ["hmailserver", "mdaemon", "domino"])
def test_sessions_in_a_known_log_are_left_to_it(name: str) -> None:
    lines = (LOGS / f"{name}.log").read_text(encoding="utf-8").splitlines()
    assert {found.mta for found in scan(lines)} == {name}


def test_lines_without_both_sides_are_no_session() -> None:
    assert not is_unknown_session(["x recv: 250 a", "x recv: 250 b"])
