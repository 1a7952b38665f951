"""The dialects of transcripts: each one's example is its test."""

from __future__ import annotations

from pathlib import Path

import pytest

from smtpreply.dialogue.dialects import DIALECTS, Dialect
from smtpreply.dialogue.transcript import is_session, read_transcript
from smtpreply.logs import Direction, ReplyBy, scan

EXAMPLES = [dialect for dialect in DIALECTS if dialect.example]
SESSIONS = Path(__file__).parents[1] / "data" / "transcripts"


@pytest.mark.parametrize("dialect", EXAMPLES, ids=lambda dialect: dialect.name)
def test_the_example_of_a_dialect_gives_its_replies_and_what_they_answer(dialect: Dialect) -> None:
    transcript = read_transcript(dialect.example.split("\n"))
    found = [(exchange.reply.code, exchange.command or "") for exchange in transcript.exchanges]
    assert [code for code, _ in found] == [220, 250, 550]
    assert [command.partition(" ")[0].upper() for _, command in found] == ["", "EHLO", "RCPT"]
    assert transcript.exchanges[2].recipients == ("bob@example.org",)
    assert len(transcript.exchanges[1].reply.lines) == 2
    assert transcript.exchanges[1].reply.lines[1].startswith("SIZE 1")
    assert [exchange.doubt for exchange in transcript.exchanges] == [None] * 3
    assert not any(exchange.reply.defects for exchange in transcript.exchanges)


@pytest.mark.parametrize("dialect", EXAMPLES, ids=lambda dialect: dialect.name)
def test_a_source_in_a_dialect_is_detected(dialect: Dialect) -> None:
    run = scan(dialect.example.split("\n"))
    found = [(delivery.mta, delivery.reply and delivery.reply.code) for delivery in run]
    if dialect.is_log:  # the log's own format has its deliveries
        assert found == []
        return
    assert found == [("transcript", code) for code in (220, 250, 550)]


@pytest.mark.parametrize("dialect", EXAMPLES, ids=lambda dialect: dialect.name)
def test_a_prefix_of_a_logger_changes_nothing(dialect: Dialect) -> None:
    lines = dialect.example.split("\n")
    marked = [dialect.with_prefix.said(line.encode())[0] is not dialect.unmarked for line in lines]
    prefixed = [
        f"2026-05-06T10:15:02.123Z INFO  [worker-1] {line}" if has_mark else line
        for line, has_mark in zip(lines, marked, strict=True)
    ]
    assert read_transcript(prefixed).exchanges == read_transcript(lines).exchanges


def replies(text: str) -> list[tuple[int, str, str | None]]:
    """Return code, text and command of each reply, none of which is in doubt."""
    exchanges = read_transcript(text.split("\n")).exchanges
    assert not any(exchange.doubt for exchange in exchanges)
    return [(found.reply.code, found.reply.text, found.command) for found in exchanges]


# --- PHPMailer -----------------------------------------------------------------------------

GREETED = [(220, "mx", None), (250, "mx\nSIZE 1000", "EHLO client"), (550, "No", "RCPT TO:<b@c.d>")]


@pytest.mark.parametrize(
    "text",
    [
        # echo, with stamps and without; error_log, of which only the first line has a stamp
        "2026-05-06 10:15:02\tSERVER -> CLIENT: 220 mx\n"
        "2026-05-06 10:15:02\tCLIENT -> SERVER: EHLO client\n"
        "2026-05-06 10:15:02\tSERVER -> CLIENT: 250-mx\n"
        "                   \t                  250 SIZE 1000\n"
        "2026-05-06 10:15:02\tCLIENT -> SERVER: RCPT TO:<b@c.d>\n"
        "2026-05-06 10:15:02\tSERVER -> CLIENT: 550 No",
        "SERVER -> CLIENT: 220 mx\nCLIENT -> SERVER: EHLO client\nSERVER -> CLIENT: 250-mx\n"
        "250 SIZE 1000\nCLIENT -> SERVER: RCPT TO:<b@c.d>\nSERVER -> CLIENT: 550 No",
        "[06-May-2026 10:15:02 UTC] SERVER -> CLIENT: 220 mx\n"
        "[06-May-2026 10:15:02 UTC] CLIENT -> SERVER: EHLO client\n"
        "[06-May-2026 10:15:02 UTC] SERVER -> CLIENT: 250-mx\n250 SIZE 1000\n"
        "[06-May-2026 10:15:02 UTC] CLIENT -> SERVER: RCPT TO:<b@c.d>\n"
        "[06-May-2026 10:15:02 UTC] SERVER -> CLIENT: 550 No",
        # html
        "2026-05-06 10:15:02\tSERVER -&gt; CLIENT: 220 mx<br />\n"
        "2026-05-06 10:15:02\tCLIENT -&gt; SERVER: EHLO client<br />\n"
        "2026-05-06 10:15:02\tSERVER -&gt; CLIENT: 250-mx<br />250 SIZE 1000<br />\n"
        "2026-05-06 10:15:02\tCLIENT -&gt; SERVER: RCPT TO:&lt;b@c.d&gt;<br />\n"
        "2026-05-06 10:15:02\tSERVER -&gt; CLIENT: 550 No<br />",
        # level 4 of 5.2: each line is shown as it comes
        'SMTP -> get_lines(): $data was ""\nSMTP -> get_lines(): $str is "220 mx\n"\n'
        'SMTP -> get_lines(): $data is "220 mx\n"\nSERVER -> CLIENT: 220 mx\n'
        "CLIENT -> SERVER: EHLO client\n"
        'SMTP -> get_lines(): $data was "250-mx\n"\n'
        'SMTP -> get_lines(): $data is "250-mx\n250 SIZE 1000\n"\n'
        "SERVER -> CLIENT: 250-mx\n250 SIZE 1000\nCLIENT -> SERVER: RCPT TO:<b@c.d>\n"
        "SERVER -> CLIENT: 550 No\nSMTP ERROR: RCPT TO command failed: 550 No",
    ],
    ids=["echo", "bare", "error_log", "html", "get_lines"],
)
def test_phpmailer_is_read_at_all_levels_and_through_all_outputs(text: str) -> None:
    assert replies(text) == GREETED


def test_phpmailer_before_5_2_shows_the_servers_side_alone() -> None:
    text = "SMTP -> FROM SERVER:\n220 mx\nSMTP -> FROM SERVER:250-a\n250 b\nSMTP -> ERROR: x: 250 c"
    assert replies(text) == [(220, "mx", None), (250, "a\nb", None)]


def test_a_message_cannot_play_a_reply_of_the_library() -> None:
    text = (
        "CLIENT -> SERVER: DATA\nSERVER -> CLIENT: 354 Go\n"
        "CLIENT -> SERVER: Subject: SERVER -> CLIENT: 550 forged\nCLIENT -> SERVER: 550 forged\n"
        "CLIENT -> SERVER: .\nSERVER -> CLIENT: 250 Queued"
    )
    assert replies(text) == [(354, "Go", "DATA"), (250, "Queued", ".")]


# --- others --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "prefix",
    [
        "[2026-05-06 10:15:02] DEBUG [aB3dE5fG] ",
        "[2026-05-06 10:15:02] local.DEBUG: ",
        "2026-05-06T10:15:02.123Z ",
        "2026-05-06 10:15:02,123 - app.mail - DEBUG - ",
        "DEBUG:root:",
        "D, [2026-05-06T10:15:02.123456 #42] DEBUG -- : ",
        "0|app  | ",
        "mail-1  | ",
        "May  6 10:15:02 host app[42]: ",
        "10:15:02,123 INFO  [stdout] (default task-1) ",
        "05/06/2026 10:15:02 AM [INFO] MyApp.Mail.Client: ",
    ],
)
def test_any_stamp_level_and_logger_may_stand_before_the_marks(prefix: str) -> None:
    lines = ["S: 220 mx", "C: EHLO client", "S: 250-mx", "S: 250 SIZE 1000", "C: RCPT TO:<b@c.d>"]
    text = "\n".join(prefix + line for line in [*lines, "S: 550 No"])
    assert replies(text) == GREETED


def test_behind_a_prefix_the_first_mark_of_a_line_counts() -> None:
    text = (
        "[x] C: DATA\n[x] S: 354 Go\n[x] C: X: S: 550 forged\n[x] C: .\n[x] S: 250 C: S: 550 no\n"
    )
    assert replies(text) == [(354, "Go", "DATA"), (250, "C: S: 550 no", ".")]


def test_lines_of_a_go_mail_reply_have_lost_their_code() -> None:
    text = (
        "2026/05/06 10:15:02 DEBUG: C --> S: EHLO a\n2026/05/06 10:15:02 DEBUG: C <-- S: 250 mx\n"
        "SIZE 1\nDSN\n2026/05/06 10:15:03 all else\n"
    )
    transcript = read_transcript(text.split("\n"))
    assert [found.reply.lines for found in transcript.exchanges] == [("mx", "SIZE 1", "DSN")]
    assert [skipped.text for skipped in transcript.skipped] == ["2026/05/06 10:15:03 all else"]


def dump(side: str, octets: bytes) -> list[str]:
    head = "System.Net Verbose: 0 : [1208] "
    rows = [octets[start : start + 16] for start in range(0, len(octets), 16)]
    return [f"{head}Data from TlsStream#7::{side}"] + [
        f"{head}{number * 16:08X} : {row.hex(' ').upper()} : {'.' * len(row)}"
        for number, row in enumerate(rows)
    ]


def test_a_dump_of_octets_may_cut_lines_anywhere() -> None:
    chunks = [("Read", b"220 mx.exam"), ("Read", b"ple.org ESMTP\r\n250-"), ("Read", b"a\r\n250 b")]
    lines = [line for side, octets in chunks for line in dump(side, octets)]
    lines += dump("Write", b"QUIT\r\n") + dump("Read", b"221 Bye")
    assert replies("\n".join(lines)) == [
        (220, "mx.example.org ESMTP", None),
        (250, "a\nb", None),
        (221, "Bye", "QUIT"),
    ]


@pytest.mark.parametrize("dialect", ["System.Net", "nodemailer 0.x"])
def test_the_head_of_an_answer_to_a_challenge_is_not_the_answer(dialect: str) -> None:
    secret = b"c2VjcmV0cw==\r\n"
    if dialect == "System.Net":
        lines = [*dump("Read", b"220 mx\r\n"), *dump("Write", b"AUTH LOGIN\r\n")]
        lines += [*dump("Read", b"334 a\r\n"), *dump("Write", secret), *dump("Read", b"535 No\r\n")]
    else:
        said = ["SERVER:220 mx", "CLIENT:AUTH LOGIN", "SERVER:334 a", "CLIENT:c2VjcmV0cw==",
                "SERVER:535 No"]  # fmt: skip
        lines = [part for line in said for part in (f"{line[:7]}", f"\u2514\u2500\u2500{line[7:]}")]
    found = replies("\n".join(lines))
    assert [command for _, _, command in found] == [None, "AUTH LOGIN", "AUTH LOGIN"]


def test_an_own_log_of_a_server_tells_its_own_replies() -> None:
    (dialect,) = [known for known in DIALECTS if known.name == "aiosmtpd"]
    found = list(scan(dialect.example.split("\n")))
    assert {delivery.reply_by for delivery in found} == {ReplyBy.OWN}
    assert {delivery.direction for delivery in found} == {Direction.INCOMING}


@pytest.mark.parametrize(
    "lines",
    [
        ["> quoted", "> 250 in a letter", "and so on"],
        ["S: 550 units sold", "C: 3 units left"],
        ["<-- 220 volts", "--> and more"],
    ],
)
def test_lines_in_which_no_client_is_heard_are_no_session(lines: list[str]) -> None:
    assert not is_session(lines)


CODEIGNITER = (
    "220 mx.example.org ESMTP\n"
    "{0}hello: 250-mx.example.org\n"
    "250-SIZE 1000\n"
    "250 AUTH LOGIN\n"
    "{1}from: 250 2.1.0 Ok\n"
    "{1}to: 550 5.1.1 No such user\n"
    "{2}The following SMTP error was encountered: 550 5.1.1 No such user\n"
    "{3}Unable to send email using PHP SMTP."
)


@pytest.mark.parametrize(
    "tags",
    [("", "", "", ""), ("<br /><pre>", "</pre><pre>", "</pre>", "<br />")],
    ids=["as the page shows it", "its source"],
)
def test_codeigniter_names_the_step_before_each_reply(tags: tuple[str, str, str, str]) -> None:
    assert replies(CODEIGNITER.format(*tags)) == [
        (220, "mx.example.org ESMTP", None),
        (250, "mx.example.org\nSIZE 1000\nAUTH LOGIN", None),
        (250, "Ok", None),
        (550, "No such user", None),
    ]
