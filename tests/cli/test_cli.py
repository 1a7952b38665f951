from __future__ import annotations

import json
import os
import re
import runpy
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

import smtpreply
from smtpreply import Reply, parse
from smtpreply.cli import main, output
from smtpreply.cli.group import group
from smtpreply.cli.views.replies import explanation, plain_row, replies_table
from smtpreply.dialogue.transcript import Exchange

PACKAGE = Path(smtpreply.__file__).parent
DATA = Path(__file__).parents[1] / "data"
SESSION = str(DATA / "session.txt")
HOSTILE = "550 5.7.1 \x1b[31m[bold]red[/] :smile: \x9b2J\u202e\x07"


def run(*arguments: str, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(group, list(arguments), input=stdin, prog_name="smtpreply")


def lines_of(result: Result) -> list[list[str]]:
    return [line.split("\t") for line in result.stdout.splitlines()]


# --- parse ---------------------------------------------------------------------------------


def test_parse_writes_a_line_for_each_reply() -> None:
    result = run("parse", SESSION)
    assert result.exit_code == 0
    rows = lines_of(result)
    assert [(row[0], row[1]) for row in rows[:3]] == [("1", "220"), ("3", "250"), ("13", "235")]
    line, code, kind, enhanced, text, defects, command = rows[5]
    assert (line, code, kind, enhanced, defects) == ("19", "550", "permanent", "5.1.1", "-")
    assert text.startswith(
        "The email account that you tried to reach does not exist. Please try\\n"
    )
    assert command == "RCPT TO:<bobb@gmail.example>"
    assert result.stderr == ""


def test_parse_writes_json_lines() -> None:
    result = run("parse", "--json", SESSION)
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(item["line"], item["code"], item["command"]) for item in found[:2]] == [
        (1, 220, None),
        (3, 250, "EHLO mail.example.net"),
    ]
    assert {item["file"] for item in found} == {SESSION}
    assert Reply.from_dict(found[5]).enhanced == parse("550 5.1.1 x\r\n").enhanced


@pytest.mark.parametrize("arguments", [(), ("-",)])
def test_parse_reads_standard_input(arguments: tuple[str, ...]) -> None:
    result = run("parse", *arguments, stdin=b"250-K\xf6ln\n250 Ok\n")
    assert lines_of(result)[0][4:6] == ["K\\xf6ln\\nOk", "not-utf8"]


def test_several_files_are_named() -> None:
    other = str(DATA / "transcripts" / "curl.txt")
    names = [row[0] for row in lines_of(run("parse", SESSION, other))]
    assert names == [SESSION] * 9 + [other] * 7


def test_the_text_of_a_server_is_escaped() -> None:
    result = run("parse", stdin=f"{HOSTILE}\tx\n")
    assert lines_of(result)[0][4] == (r"\x1b[31m[bold]red[/] :smile: \x9b2J\u202e\x07\tx")
    assert run("parse", "--json", stdin=HOSTILE).stdout.rstrip("\n").isprintable()


def test_skipped_lines_are_shown_if_asked_for() -> None:
    stdin = "=== Trying \x1b...\n<-  220 mx\n"
    assert run("parse", "--skipped", stdin=stdin).stderr == "-:1: skipped: === Trying \\x1b...\n"
    assert run("parse", stdin=stdin).stderr == ""


def test_a_file_without_a_reply_is_a_failure() -> None:
    result = run("parse", stdin="hello\n")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("-: no reply found: 'smtpreply scan' reads logs")


def test_a_reply_that_may_have_swallowed_lines_of_others_is_a_failure() -> None:
    result = run("parse", stdin="S: 220 mx\nC: QUIT\nS: 221 Bye\nS: and thanks\n")
    assert result.exit_code == 1
    assert [row[1] for row in lines_of(result)] == ["220", "221"]
    assert result.stderr == "-:3: 1 line without a reply code read as part of the reply\n"


def test_the_debug_output_of_a_library_is_parsed() -> None:
    path = str(DATA / "transcripts" / "phpmailer.txt")
    result = run("parse", path)
    assert [row[1] for row in lines_of(result)] == ["220", "250", "334", "334", "535", "221"]
    assert (result.exit_code, result.stderr) == (0, "")


def test_the_other_files_are_read_all_the_same() -> None:
    result = run("parse", "-", SESSION, stdin="hello\n")
    assert result.exit_code == 1
    assert len(lines_of(result)) == 9


def test_strict_complains_of_replies_and_still_shows_them() -> None:
    result = run("parse", "--strict", stdin="250 Ok\n250-a\n251 b\n")
    assert result.exit_code == 1
    assert [row[1] for row in lines_of(result)] == ["250", "251"]
    assert result.stderr == "-:3: the code changes between lines\n"


def test_strict_is_content_with_a_good_session() -> None:
    assert run("parse", "--strict", SESSION).exit_code == 0


@pytest.mark.parametrize("arguments", [["no-such-file"], [str(DATA)], ["--no-such-option"]])
def test_a_wrong_command_line_is_a_usage_error(arguments: list[str]) -> None:
    assert run("parse", *arguments).exit_code == 2


def test_a_file_that_cannot_be_read_to_its_end_is_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing(*_: object) -> Iterator[bytes]:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(click, "open_file", failing)
    result = run("parse", SESSION)
    assert result.exit_code == 1
    assert "session.txt': Input/output error" in result.stderr


# --- the table -----------------------------------------------------------------------------


def drawn(exchanges: list[Exchange], width: int = 80, **titles: str) -> str:
    console = Console(file=StringIO(), width=width, force_terminal=True, color_system="standard")
    console.print(replies_table(exchanges, **titles))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_the_table_shows_what_was_answered() -> None:
    shown = drawn([Exchange(parse("550 5.1.1 No such user\r\n"), 7, "RCPT TO:<bob@example.org>")])
    for text in ("7", "550", "permanent", "5.1.1", "No such user", "RCPT TO:<bob@example.org>"):
        assert text in shown


def test_the_table_has_a_column_for_defects_if_there_are_any() -> None:
    clean = Exchange(parse("250 Ok\r\n"), 1)
    assert "defects" not in drawn([clean])
    assert "bare-lf" in drawn([clean, Exchange(parse("250 Ok\n"), 2)])


def test_the_table_fits_the_width_and_loses_nothing() -> None:
    text = "".join(str(number % 10) for number in range(300))
    shown = drawn([Exchange(Reply(250, [text]), 1)], width=60)
    rows = shown.replace("\x1b", "\n\x1b").split("\n")
    assert all(len(row) <= 80 for row in rows)
    assert sum(row.count("7") for row in rows) >= 30


def test_the_table_is_safe_from_the_server() -> None:
    shown = drawn(
        [Exchange(parse(f"{HOSTILE}\r\n"), 1, "NOOP \x1b[2J[red]")],
        width=200,
        title="\x1b[2J[red]title",
        caption="\x1b[2J",
    )
    assert "\x1b[2J" not in shown
    assert "\x9b" not in shown
    assert "\u202e" not in shown
    assert "[bold]red[/] :smile:" in shown
    assert "[red]title" in shown


def test_plain_rows_have_the_same_columns_for_every_reply() -> None:
    row = plain_row(Exchange(parse("334\n"), 3))
    assert row.split("\t") == ["3", "334", "intermediate", "-", "-", "bare-lf", "-"]


def test_a_terminal_gets_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smtpreply.cli.parse.wants_drawing", lambda: True)
    result = run("parse", SESSION)
    assert "9 replies" in result.stdout
    assert "(in reply to end of message)" in result.stdout
    assert "\n1 reply, 1 line skipped " in run("parse", stdin="=== x\n<-  220 mx\n").stdout
    both = run("parse", SESSION, "-", stdin="hello\n")
    assert "session.txt" in both.stdout
    assert both.exit_code == 1


def test_explain_draws_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smtpreply.cli.explain.wants_drawing", lambda: True)
    assert "Permanent Negative" in run("explain", "550 5.1.1 No").stdout


@pytest.mark.parametrize(
    ("is_terminal", "no_color", "expected"),
    [(True, "", True), (True, "1", False), (False, "", False)],
)
def test_it_draws_in_a_terminal_that_wants_it(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool, no_color: str, expected: bool
) -> None:
    stdout = StringIO()
    monkeypatch.setattr(stdout, "isatty", lambda: is_terminal)
    monkeypatch.setattr(sys, "stdout", stdout)
    monkeypatch.setenv("NO_COLOR", no_color)
    assert output.wants_drawing() is expected


# --- explain -------------------------------------------------------------------------------


def test_explain_takes_a_reply_apart() -> None:
    result = run("explain", "550 4.4.7 Too late")
    assert result.exit_code == 0
    labelled = [line for line in result.stdout.splitlines() if not line.startswith(" ")]
    assert [line.split()[0] for line in labelled] == [
        "reason",
        "next",
        "text",
        "basis",
        "means",
        "code",
        "class",
        "subject",
        "meaning",
        "enhanced",
        "lines",
        "defects",
        "canonical",
    ]
    parts = labelled[5:]
    assert parts[0] == "code       550"
    assert "5xx Permanent Negative Completion" in parts[1]
    assert "Mailbox Unavailable" in parts[3]
    assert parts[4] == "enhanced   4.4.7, of class 4xx Transient Negative Completion"
    assert "Delivery Time Expired" in result.stdout
    assert parts[5] == "lines      Too late"
    assert parts[6].startswith("defects    status-class (RFC 2034 4)")
    assert parts[7] == r"canonical  550 4.4.7 Too late\r\n"


def test_explain_writes_json() -> None:
    found = json.loads(run("explain", "--json", "550 5.1.1 No").stdout)
    assert found["enhanced"] == "5.1.1"
    assert found["canonical"] == "550 5.1.1 No\r\n"
    assert found["defects"] == []


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("550 5.1.1 No", ["No"]),
        ("550-5.1.1 No\n550 5.1.1 such", ["No", "such"]),
        ("550-5.1.1 No\r\n550 5.1.1 such\r\n", ["No", "such"]),
        ("550-5.1.1 No 550 5.1.1 such", ["No", "such"]),
        (r"550 5.1.1 No\nsuch", [r"No\nsuch"]),
        ("smtp; 550 5.1.1 No", ["No"]),
        ("Diagnostic-Code: smtp; 550-5.1.1 No\n 550 5.1.1 such", ["No", "such"]),
        (r"(550, b'5.1.1 No\n5.1.1 such')", ["No", "such"]),
        (r'550 "5.1.1 No\n5.1.1 such"', ["No", "such"]),
        ('"550 5.1.1 No"', ["No"]),
        (r"550-5.1.1 No\r\n550 5.1.1 such\r\n", ["No", "such"]),
        ("550-5.1.1 No#015#012550 5.1.1 such", ["No", "such"]),
    ],
)
def test_explain_reads_what_servers_and_programs_write(text: str, lines: list[str]) -> None:
    for result in (run("explain", "--json", text), run("explain", "--json", "-", stdin=text)):
        found = json.loads(result.stdout)
        assert (found["code"], found["enhanced"], found["lines"]) == (550, "5.1.1", lines)
        assert not set(found["defects"]) & {"bare-lf", "no-final-newline"}


def test_explain_takes_words_without_quotes() -> None:
    assert json.loads(run("explain", "--json", "550", "5.1.1", "No").stdout)["lines"] == ["No"]


def test_explain_says_what_the_second_digit_cannot() -> None:
    parts = {label: text.plain for label, text in explanation(Reply(571, ["No"]))}
    assert parts["subject"].startswith("none: ")
    assert parts["enhanced"] == "none"


def test_explain_is_safe_from_the_server() -> None:
    for result in (run("explain", HOSTILE), run("explain", f"x {HOSTILE}")):
        assert (result.stdout + result.stderr).replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hello", "Error: no reply code in 'hello'"),
        ("x \x1b[2J", r"Error: no reply code in 'x \x1b[2J'"),
        (
            "tests/data/session.txt",
            "Error: no reply code in 'tests/data/session.txt', and no words that are known; use "
            "'smtpreply scan' or 'smtpreply parse' for files, or 'smtpreply explain -'",
        ),
        ("", "Error: the reply is empty"),
        ("{'a': (550, b'x'), 'b': (551, b'y')}", "Error: the diagnostic holds replies that differ"),
        ("550 No\n" * 51, "Error: more than 50 replies: 'smtpreply classify' has a line for each"),
    ],
)
def test_explain_fails_where_there_is_no_reply(text: str, message: str) -> None:
    result = run("explain", text)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(message)


BOUNCE = """\
From: MAILER-DAEMON@mx.example.com
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; bob@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such user

Final-Recipient: rfc822; ann@example.org
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; 552 5.2.2 Mailbox full
--b--
"""
EVENT = (
    '{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bounceSubType":"General",'
    '"bouncedRecipients":[{"emailAddress":"bob@example.org","action":"failed","status":"5.1.1",'
    '"diagnosticCode":"smtp; 550 5.1.1 No such user"}],"timestamp":"2026-11-24T11:43:32.000Z"},'
    '"mail":{"timestamp":"2026-11-24T11:43:30.000Z","messageId":"1","source":"al@example.com"}}'
)
LOG_LINE = (
    "Nov 24 11:43:32 mx postfix/smtp[42]: 4E74613FE7: to=<bob@example.org>, "
    "relay=mx.example.org[192.0.2.1]:25, delay=1.9, delays=0.1/0/1.1/0.7, dsn=5.1.1, "
    "status=bounced (host mx.example.org[192.0.2.1] said: 550 5.1.1 No such user "
    "(in reply to RCPT TO command))"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"250 ok\r\n550 5.1.1 no such user", [(None, None, "unknown_recipient")]),
        ("250 ok\n550 5.1.1 no such user", [(None, None, "unknown_recipient")]),
        (r'"250 ok\r\n550 5.1.1 no such user"', [(None, None, "unknown_recipient")]),
        (r"(250, b'ok\n550 5.1.1 no such user')", [(None, None, "unknown_recipient")]),
        ("SMTPRecipientsRefused: {'a@b.example': (250, b'ok')}", [(None, None, "unknown")]),
        ("250 a\n250 b", [(None, None, "accepted"), (None, None, "accepted")]),
        (
            (DATA / "session.txt").read_text(),
            [
                ("bobb@gmail.example", None, "unknown_recipient"),
                ("bob@example.org", None, "accepted"),
            ],
        ),
        (
            BOUNCE,
            [
                ("bob@example.org", "bounced", "unknown_recipient"),
                ("ann@example.org", "bounced", "mailbox_full"),
            ],
        ),
        (EVENT, [("bob@example.org", "bounced", "unknown_recipient")]),
        (LOG_LINE, [("bob@example.org", "bounced", "unknown_recipient")]),
        (
            "{'ann@example.org': (550, b'5.1.1 No such user'), "
            "'bob@example.org': (452, b'Mailbox full')}",
            [
                ("ann@example.org", None, "unknown_recipient"),
                ("bob@example.org", None, "mailbox_full"),
            ],
        ),
    ],
    ids=[
        "marks",
        "lines",
        "quoted",
        "pair",
        "exception",
        "accepted",
        "session",
        "bounce",
        "event",
        "log",
        "dict",
    ],
)
def test_explain_has_an_explanation_for_each_recipient_or_reply(
    text: str, expected: list[tuple[str | None, str | None, str]]
) -> None:
    for result in (run("explain", "--json", text), run("explain", "--json", "-", stdin=text)):
        assert result.exit_code == 0
        found = [json.loads(line) for line in result.stdout.splitlines()]
        assert [
            (one.get("recipient"), one.get("status"), one["verdict"]["reason"]) for one in found
        ] == expected
    shown = run("explain", text).stdout
    for recipient, _, reason in expected:
        assert f"({reason})" in shown
        assert recipient is None or f"recipient  {recipient}\n" in shown


def test_explain_applies_rules_of_your_own_to_what_logs_report(tmp_path: Path) -> None:
    rules = tmp_path / "own.toml"
    rules.write_text(
        '[mine]\nreason = "virus"\nwords = ["no such user"]\ncatches = ["550 No such user"]\n'
    )
    found = json.loads(run("explain", "--json", "--rules", str(rules), LOG_LINE).stdout)
    assert found["verdict"]["rule"] == "mine"


def test_explain_says_that_there_is_no_input() -> None:
    result = run("explain", "-", stdin=" \n")
    assert (result.exit_code, result.stderr) == (1, "Error: standard input is empty\n")


def test_explain_leaves_what_is_long_to_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smtpreply.cli.explain._LONGEST", 1000)
    result = run("explain", "-", stdin=f"{LOG_LINE}\n" * 10)
    assert result.exit_code == 1
    assert "'smtpreply scan -' summarizes logs" in result.stderr


def test_explain_without_a_reply_is_a_usage_error() -> None:
    assert run("explain").exit_code == 2


# --- the program ---------------------------------------------------------------------------


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start the program, or the `code` in its stead; at the end, wait for it."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str, code: str = "", encoding: str = "utf-8") -> subprocess.Popen[bytes]:
        command = ["-c", code] if code else ["-m", "smtpreply"]
        paths = os.pathsep.join([str(PACKAGE.parent), *sys.path])
        process = subprocess.Popen(
            [sys.executable, *command, *arguments],
            env=os.environ | {"PYTHONPATH": paths, "PYTHONIOENCODING": encoding},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            assert stream is not None
            stream.close()


def test_the_module_runs(start: Callable[..., subprocess.Popen[bytes]]) -> None:
    process = start("explain", "550 5.1.1 No")
    stdout, stderr = process.communicate()
    assert stdout.startswith(b"reason     No such recipient (unknown_recipient)\n")
    assert (process.returncode, stderr) == (0, b"")


def test_a_reader_that_stops_reading_is_no_traceback(
    start: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    big = tmp_path / "big.txt"
    big.write_text("250 2.0.0 Ok: queued as 4bX7kQ2mPzQ9\n" * 20_000, encoding="ascii")
    process = start("parse", str(big))
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline().startswith(b"1\t250")
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() == 141


def test_a_reader_that_is_gone_at_once_is_no_traceback(
    start: Callable[..., subprocess.Popen[bytes]],
) -> None:
    process = start("parse")  # too little to fill a buffer: the end of the program writes it
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    process.stdin.write(b"250 Ok\n")
    process.stdin.close()
    assert process.stderr.read() == b""
    assert process.wait() == 141


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send")
def test_an_interrupt_is_no_traceback(start: Callable[..., subprocess.Popen[bytes]]) -> None:
    process = start("parse")
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdin.write(b"250 2.0.0 Ok: queued as 4bX7kQ2mPzQ9\n" * 2000)
    process.stdin.flush()
    assert process.stdout.readline().startswith(b"1\t250")  # so it is at work, and waits for more
    process.send_signal(signal.SIGINT)
    process.stdout.read()
    assert process.stderr.read().strip() == b""
    assert process.wait() == 130


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_a_missing_extra_is_one_clear_line(
    start: Callable[..., subprocess.Popen[bytes]], missing: str
) -> None:
    process = start(
        "explain",
        "250 Ok",
        code=f"import sys; sys.modules[{missing!r}] = None\nfrom smtpreply.cli import main; main()",
    )
    stdout, stderr = process.communicate()
    assert (process.returncode, stdout) == (1, b"")
    assert stderr.decode().splitlines() == [
        f'smtpreply: the command line needs {missing}: pip install "smtpreply[cli]"'
    ]


def test_main_says_how_to_install_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "smtpreply.cli.group")
    monkeypatch.setitem(sys.modules, "click", None)
    with pytest.raises(SystemExit) as exit_:
        main()
    assert "pip install" in str(exit_.value.code)


def test_another_missing_module_is_not_blamed_on_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "smtpreply.cli.group")
    monkeypatch.setitem(sys.modules, "smtpreply.cli.parse", None)
    monkeypatch.setattr(sys, "argv", ["smtpreply", "parse", "-"])
    with pytest.raises(ModuleNotFoundError, match=r"smtpreply\.cli\.parse"):
        main()


def test_a_terminal_that_knows_ascii_alone_gets_escapes(
    start: Callable[..., subprocess.Popen[bytes]],
) -> None:
    process = start("parse", encoding="ascii")
    stdout, stderr = process.communicate("550 Нет\n".encode())
    assert stdout == b"1\t550\tpermanent\t-\t\\u041d\\u0435\\u0442\tnon-ascii\t-\n"
    assert (process.returncode, stderr) == (0, b"")


def test_main_runs_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["smtpreply", "--version"])
    with pytest.raises(SystemExit) as exit_:
        runpy.run_path(str(PACKAGE / "__main__.py"), run_name="__main__")
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"smtpreply, version {smtpreply.__version__}\n"


def test_output_goes_wherever_stdout_goes() -> None:
    with redirect_stdout(StringIO()) as stdout:
        group(["explain", "250 Ok"], standalone_mode=False)
    assert "\ncode       250\n" in stdout.getvalue()


def test_an_interrupt_exits_with_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> Iterator[bytes]:
        raise KeyboardInterrupt

    monkeypatch.setattr(click, "open_file", interrupted)
    assert run("parse", SESSION).exit_code == 130


def test_a_broken_pipe_exits_with_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        with pytest.raises(SystemExit) as exit_:
            group(["parse", SESSION])
        assert exit_.value.code == 141


def test_help_tells_the_exit_codes() -> None:
    words = run("--help").stdout.partition("Exit codes:")[2].split()
    assert {"0", "1", "2", "130", "141"} <= set(words)


# --- the catalog ---------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["550", "5.1.1", "X.7.1", "starttls", "599"])
def test_code_says_what_a_code_means(key: str) -> None:
    result = run("code", key)
    assert result.exit_code == 0
    assert "Description" in result.stdout


def test_code_knows_no_such_thing() -> None:
    result = run("code", "no-such-thing")
    assert result.exit_code == 1
    assert "the catalog has no" in result.stderr


def test_compare_speaks_russian() -> None:
    result = run("compare", "235", "214", "--language", "ru-RU")
    assert result.exit_code == 0
    assert "Ключевые различия" in result.stdout
    assert "Когда что использовать" in result.stdout


def test_compare_refuses_a_code_with_itself() -> None:
    assert run("compare", "250", "250").exit_code == 1


def test_an_unknown_language_is_a_wrong_command_line() -> None:
    result = run("code", "550", "--language", "tlh")
    assert result.exit_code == 2
    assert "no such language" in result.stderr


@pytest.mark.parametrize("style", ["text", "markdown", "html", "json"])
def test_code_comes_in_every_format(style: str) -> None:
    assert "250" in run("code", "250", "--format", style).stdout


def test_code_draws_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smtpreply.cli.catalog.wants_drawing", lambda: True)
    assert "Mailbox Unavailable" in run("code", "550").stdout
    assert "Key differences" in run("compare", "214", "235").stdout


def test_search_finds_and_says_when_it_does_not() -> None:
    assert "X.2.2" in run("search", "mailbox", "full").stdout
    nothing = run("search", "xyzzy")
    assert nothing.exit_code == 1
    assert nothing.stderr == "Nothing found.\n"


def test_codes_lists_and_counts() -> None:
    assert "221" in run("codes", "--command", "QUIT").stdout
    counted = run("codes", "--count").stdout
    assert "81  enhanced status codes, registered details" in counted


def test_site_writes_pages_that_link_to_each_other(tmp_path: Path) -> None:
    result = run("site", str(tmp_path), "-l", "ar")
    assert result.exit_code == 0
    pages = {path.resolve() for path in tmp_path.rglob("*.html")}
    assert int(result.stdout.split()[0]) == len(pages)
    page = tmp_path / "ar" / "compare" / "214-vs-235.html"
    text = page.read_text("utf-8")
    assert 'dir="rtl"' in text
    for href in re.findall('href="([^"]+)"', text):
        if not href.startswith(("https:", "#")):
            assert (page.parent / href).resolve().exists(), href


def test_the_help_names_every_command() -> None:
    shown = CliRunner().invoke(group, ["--help"]).output
    named = {"classify", "code", "codes", "compare", "explain", "parse", "rules", "scan", "search"}
    assert {line.split()[0] for line in shown.splitlines() if line.startswith("  ")} > named
    assert CliRunner().invoke(group, ["no-such"]).exit_code == 2


def test_a_command_loads_no_other(start: Callable[..., subprocess.Popen[bytes]]) -> None:
    process = start(
        "--version",
        code="import atexit, sys\n"
        "atexit.register(lambda: print(*sorted(sys.modules), file=sys.stderr))\n"
        "from smtpreply.cli import main; main()",
    )
    loaded = process.communicate()[1].decode().split()
    assert "smtpreply.cli.group" in loaded
    assert not {"smtpreply.logs", "smtpreply.cli.parse", "smtpreply.reasons"} & set(loaded)


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("clasify", "did you mean 'classify'?"),
        ("550", "smtpreply code 550"),
        ("5.1.1", "smtpreply code 5.1.1"),
        ("550 5.1.1 No such user", 'smtpreply explain "550 5.1.1 No such user"'),
        (SESSION, f"smtpreply scan {SESSION}"),
        ("bounce", "did you mean 'scan'?"),
        ("transcript", "did you mean 'parse'?"),
    ],
)
def test_what_is_no_command_is_told_what_may_have_been_meant(typed: str, hint: str) -> None:
    result = run(typed)
    assert result.exit_code == 2
    assert hint in result.stderr


def test_a_reply_without_quotes_is_no_code() -> None:
    assert 'smtpreply explain "550 5.1.1 No"' in run("550", "5.1.1", "No").stderr


def test_a_group_without_a_command_shows_its_help() -> None:
    result = run("rules")
    assert result.exit_code == 2
    assert "\n  check " in result.output


@pytest.mark.parametrize(
    "command",
    [
        *("classify", "parse", "explain -", "scan -", "suppressions -", "rules unexplained -"),
        *("queue --mailq -", "scan - --read-as exim"),
    ],
)
def test_a_standard_input_that_is_closed_is_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr("smtpreply.cli.texts.sys", SimpleNamespace(stdin=None))
    result = run(*command.split())
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == "Error: standard input is closed"


def test_a_file_of_another_kind_names_the_command_that_reads_it(tmp_path: Path) -> None:
    log, reply, mail = (tmp_path / name for name in ("log", "reply", "mail"))
    log.write_text(LOG_LINE)
    reply.write_text("550 No such user\n")
    mail.write_text(BOUNCE)
    for args, words in (
        (["parse", str(log)], "no reply found: 'smtpreply scan' reads logs"),
        (["scan", str(reply)], "'smtpreply classify' reads replies"),
        (["classify", str(mail)], "looks like a mail, and each line of it is classified alone"),
        (["classify", SESSION], "looks like the transcript of a session, and each line"),
        (["explain", str(tmp_path)], "'smtpreply scan' for folders"),
    ):
        assert words in run(*args).stderr
