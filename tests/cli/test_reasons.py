"""``classify``, ``rules`` and the verdict in ``explain``."""

from __future__ import annotations

import bz2
import codecs
import csv
import gzip
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from smtpreply import classify
from smtpreply.cli.group import group
from smtpreply.cli.texts import texts_in

LOG = """550 5.1.1 <bob@example.com>: Recipient address rejected: User unknown
550-5.1.1 The account that you tried to reach
550 5.1.1 does not exist

250 2.0.0 Ok
599 frobnicated by 192.0.2.1
599 frobnicated by 192.0.2.77
"""
RULE = '[mine]\nreason = "virus"\nwords = ["frobnicated"]\ncatches = ["599 frobnicated"]\n'


def run(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(group, arguments, input=stdin)


@pytest.fixture
def rules(tmp_path: Path) -> str:
    path = tmp_path / "own.toml"
    path.write_text(RULE)
    return str(path)


def test_classify_writes_a_line_a_reply() -> None:
    rows = [line.split("\t") for line in run("classify", "-", stdin=LOG).stdout.splitlines()]
    assert [(row[0], row[1]) for row in rows] == [
        ("1", "unknown_recipient"),
        ("2", "unknown_recipient"),
        ("5", "accepted"),
        ("6", "unknown"),
        ("7", "unknown"),
    ]
    assert rows[0][2:8] == ["stop", "yes", "words", "user-unknown", "550", "5.1.1"]
    assert rows[1][10] == r"550-5.1.1 The account that you tried to reach\n550 5.1.1 does not exist"


def test_classify_writes_json() -> None:
    rows = [
        json.loads(line) for line in run("classify", "--json", "-", stdin=LOG).stdout.splitlines()
    ]
    assert rows[0]["reason"] == "unknown_recipient"
    assert rows[0]["evidence"]["words"] == "Recipient address rejected: User unknown"


def test_classify_writes_csv() -> None:
    table = list(csv.DictReader(io.StringIO(run("classify", "--csv", "-", stdin=LOG).stdout)))
    assert [row["reason"] for row in table][2:4] == ["accepted", "unknown"]


def test_classify_reads_files_and_rules(tmp_path: Path, rules: str) -> None:
    path = tmp_path / "log"
    path.write_text(LOG)
    rows = run("classify", "--rules", rules, str(path)).stdout.splitlines()
    assert [row.split("\t")[1] for row in rows][3:] == ["virus", "virus"]


@pytest.mark.parametrize(
    "octets",
    [
        gzip.compress(LOG.encode()),
        bz2.compress(LOG.encode()),
        LOG.encode("utf-16"),
        LOG.encode("utf-16-be"),
        LOG.encode("utf-8-sig"),
    ],
    ids=["gzip", "bzip2", "PowerShell", "UTF-16BE", "UTF-8 with a mark"],
)
def test_classify_reads_what_scan_reads(tmp_path: Path, octets: bytes) -> None:
    path = tmp_path / "replies"
    path.write_bytes(codecs.BOM_UTF16_BE * octets.startswith(b"\0") + octets)
    plain = run("classify", "-", stdin=LOG).stdout
    assert run("classify", str(path)).stdout == plain
    assert CliRunner().invoke(group, ["classify"], input=path.read_bytes()).stdout == plain


def test_classify_says_where_compressed_data_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "replies.gz"
    path.write_bytes(gzip.compress(LOG.encode() * 100)[:-9])
    result = run("classify", str(path))
    assert result.exit_code == 1
    assert "replies.gz" in result.stderr


def test_classify_is_safe_from_the_server() -> None:
    result = run("classify", "-", stdin="550 \x1b[2J no\x07\n")
    assert result.stdout.replace("\n", "").replace("\t", "").isprintable()


def test_a_file_that_is_not_there() -> None:
    assert run("classify", "/nowhere").exit_code == 2


def test_rules_check(tmp_path: Path, rules: str) -> None:
    result = run("rules", "check", rules)
    assert (result.exit_code, result.stdout) == (0, "1 rule, 0 problems\n")
    bad = tmp_path / "bad.toml"
    bad.write_text(RULE.replace("599", "250").replace("mine", "other"))
    result = run("rules", "check", str(bad))
    assert result.exit_code == 1
    assert "[other] missed example" in result.stderr
    bad.write_text("[x]\n")
    result = run("rules", "check", str(bad))
    assert (result.exit_code, "key 'reason' is missing" in result.stderr) == (1, True)


def test_rules_test_shows_what_matches_and_why() -> None:
    lines = run("rules", "test", "550 5.1.1 Mailbox full").stdout.splitlines()
    assert lines[0] == "mailbox_full, by words"
    assert lines[1].startswith("  mailbox_full: words 'mailbox * full', rule mailbox-full (")
    assert lines[2] == "  unknown_recipient: enhanced status 5.1.1"
    assert run("rules", "test", "--stage", "lunch", "550 x").exit_code == 2


def test_rules_test_shows_each_recipient() -> None:
    text = "ann@example.org: 550 5.1.1 No such user, bob@example.org: 452 4.2.2 Mailbox full"
    heads = [line for line in run("rules", "test", text).stdout.splitlines() if line[0] != " "]
    assert heads == [
        "ann@example.org: unknown_recipient, by words",
        "bob@example.org: mailbox_full, by words",
    ]


def test_rules_unexplained_counts_templates(rules: str) -> None:
    result = run("rules", "unexplained", "-", stdin=LOG)
    assert result.stdout == "       2  599 frobnicated by <ip>\n"
    assert result.stderr == "2 of 5 texts unexplained\n"
    assert run("rules", "unexplained", "--rules", rules, "-", stdin=LOG).stdout == ""


def test_explain_marks_the_words_and_advises() -> None:
    result = run("explain", "554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org")
    assert "text       Client host" in result.stdout.replace("[[", "").replace("]]", "")
    assert "[[" in result.stdout
    assert "listed     Spamhaus ZEN (192.0.2.1): https://" in result.stdout
    assert "The postmaster of the sending side: " in " ".join(result.stdout.split())


def test_explain_wraps_prose_and_shows_no_markup() -> None:
    words = "Client host blocked, see https://example.org/" + "x" * 80
    result = run("explain", f"550 5.7.1 {words}")
    assert "`" not in result.stdout
    lines = result.stdout.splitlines()
    assert {line[:9].strip() for line in lines if len(line) > 80} == {
        "text",
        "lines",
        "canonical",
        "urls",
    }
    assert not any(line != line.rstrip() for line in lines)


def test_explain_in_another_language() -> None:
    result = run("explain", "--language", "ru", "550 5.1.1 User unknown")
    assert "Отправитель" in result.stdout
    assert "Нет такого получателя (unknown_recipient)" in result.stdout
    assert run("explain", "-l", "tlh", "550 x").exit_code == 2


@pytest.mark.parametrize(
    "text", ["Connection timed out", "host mx.example.com[192.0.2.1] said: 550 User unknown"]
)
def test_explain_takes_diagnostics_without_a_reply(text: str) -> None:
    result = run("explain", text)
    assert result.exit_code == 0
    assert result.stdout.startswith("reason     ")
    assert json.loads(run("explain", "--json", text).stdout)["verdict"]["reason"]


def test_explain_takes_stage_and_rules(rules: str) -> None:
    assert "(ip_blocked)" in run("explain", "--stage", "connect", "550 Access denied").stdout
    assert "(virus)" in run("explain", "--rules", rules, "599 frobnicated").stdout
    assert run("explain", "--stage", "lunch", "550 x").exit_code == 2


def test_replies_of_several_lines_are_one_text() -> None:
    lines = [b"550-a\n", b"550-b\n", b"550 c\n", b"\n", b"550-d\n", b"451 e\n", b"550-f\n"]
    assert [text.octets for text in texts_in(lines)] == [
        b"550-a\n550-b\n550 c",
        b"550-d",
        b"451 e",
        b"550-f",
    ]
    endless = [b"550-a\n"] * 250
    assert [text.octets.count(b"\n") for text in texts_in(endless)] == [99, 99, 49]


@pytest.mark.parametrize("end", ["\r\n", "\n", "#015#012", "<CR><LF>", r"\r\n"])
def test_explain_is_as_careful_as_classify(end: str) -> None:
    text = f"550 5.1.1 User unknown{end}421 4.7.0 too many errors"
    assert not classify(text).suppress
    explained = run("explain", "--json", text).stdout.splitlines()
    assert [json.loads(line)["verdict"]["suppress"] for line in explained] == [False, False]
