"""The command that says what a log comes to."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from smtpreply.cli.group import group

HEAD = "Nov 24 11:43:32 mx1 postfix/smtp[4242]: 4E74613FE7: to=<bob@example.org>, "
RELAY = "relay=mx.example.org[192.0.2.1]:25, delay=1.9, delays=0.1/0/1.1/0.7, "
SENT = f"{HEAD}{RELAY}dsn=2.0.0, status=sent (250 2.0.0 Ok)"
BOUNCED = (
    f"{HEAD}{RELAY}dsn=5.1.1, status=bounced (host mx.example.org[192.0.2.1] said: 550 5.1.1 "
    "<bob@example.org>: User unknown (in reply to RCPT TO command))"
)
FROM = "Nov 24 11:43:31 mx1 postfix/qmgr[7]: 4E74613FE7: from=<al@example.com>, size=9, nrcpt=1"
LISTED = (
    "Nov 24 11:43:32 mx1 postfix/smtpd[7]: NOQUEUE: reject: RCPT from c.example[203.0.113.9]: "
    "554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using zen.spamhaus.org; "
    "from=<x@y.example> to=<bob@example.org> proto=ESMTP helo=<c>"
)
ODD = f"{HEAD}{RELAY}dsn=5.0.0, status=bounced (host mx.example.org[192.0.2.1] said: 554 Qwxyz 17)"
LOG = [FROM, SENT, SENT, BOUNCED, LISTED, ODD, "Nov 24 11:43:32 mx1 postfix/smtp[1]: \x1b[2Jwhat"]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "mail.log"
    path.write_text("\n".join(LOG) + "\n", encoding="utf-8")
    return path


def run(*args: object, given: bytes = b"") -> Result:
    return CliRunner().invoke(group, ["scan", *map(str, args)], input=given)


def test_scan_draws_an_account(log: Path) -> None:
    result = run(log, "--year", 2026)
    assert result.exit_code == 0
    for words in ("unknown_recipient", "mx.example.org", "7  lines", "5 deliveries", "median"):
        assert words in result.output
    assert "\x1b[2J" not in result.output


def test_scan_gives_json(log: Path) -> None:
    found = json.loads(run(log, "--json", "--year", 2026).output)
    assert found["deliveries"] == 5
    assert found["coverage"]["lines"] == 7


def test_scan_reads_the_standard_input(log: Path) -> None:
    assert json.loads(run("-", "--json", given=log.read_bytes()).output)["deliveries"] == 5
    assert run("-", log).exit_code == 2


@pytest.mark.parametrize(
    ("args", "count"),
    [
        ([], 5),
        (["--status", "bounced"], 2),
        (["--domain", "EXAMPLE.org"], 5),
        (["--domain", "a"], 0),
        (["--reason", "unknown_recipient"], 1),
        (["--since", "2026-11-24"], 5),
        (["--since", "2026-11-24T11:43:33"], 0),
        (["--until", "2026-11-24 11:43:32"], 0),
        (["--until", "2026-11-25", "--status", "sent"], 2),
    ],
)
def test_scan_keeps_what_is_asked_for(log: Path, args: list[str], count: int) -> None:
    assert json.loads(run(log, "--json", "--year", 2026, *args).output)["deliveries"] == count


def test_scan_writes_every_delivery(log: Path, tmp_path: Path) -> None:
    lines, table = tmp_path / "all.jsonl", tmp_path / "all.csv"
    assert run(log, "--deliveries", lines).exit_code == 0
    assert run(log, "--deliveries", table).exit_code == 0
    objects = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["code"] for row in rows] == [str(found["code"]) for found in objects]
    assert [found["code"] for found in objects] == [250, 250, 550, 554, 554]


def test_scan_says_what_is_wrong_with_the_command(log: Path, tmp_path: Path) -> None:
    assert run(tmp_path / "none").exit_code == 2
    assert run(log, "--tz", "No/Where").exit_code == 2
    assert run(log, "--deliveries", tmp_path / "all.xls").exit_code == 2


def test_scan_ends_with_1_where_something_could_not_be_read(tmp_path: Path) -> None:
    for number in range(14):
        tmp_path.joinpath(f"mail{number}.log").write_bytes(b"\0" * 9)
    result = run(tmp_path)
    assert result.exit_code == 1
    assert "NUL" in result.output
    assert "problems more" in result.output


def test_the_sample_of_the_readme_is_understood_whole() -> None:
    sample = Path(__file__).parents[1] / "data" / "sample.log"
    found = json.loads(run(sample, "--json").output)
    status = {"sent": 101, "deferred": 27, "bounced": 21, "rejected": 20, "expired": 2}
    assert found["status"] == status
    coverage = found["coverage"]
    assert coverage["understood"] == coverage["lines"] == 254
    assert coverage["formats"] == {"postfix": 209, "exim": 45}
    assert found["unexplained"]["top"] == {"554 Transaction <number> came to nothing": 1}
    assert {"gmail", "exchange-online", "yahoo"} < found["provider"].keys()
    assert found["times"]["unit"] == "hour"


def test_a_line_without_a_time_is_in_no_span(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_text(SENT.partition("]: ")[2] + "\n", encoding="utf-8")
    assert json.loads(run(path, "--json").output)["deliveries"] == 1
    assert json.loads(run(path, "--json", "--since", "2000-01-01").output)["deliveries"] == 0


def test_scan_writes_parquet(log: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from smtpreply.frames import _deliveries as deliveries

    path = tmp_path / "all.parquet"
    assert run(log, "--year", 2026, "--deliveries", path).exit_code == 0
    replies = [delivery.reply for delivery in deliveries.read_deliveries(path)]
    assert [reply and reply.code for reply in replies] == [250, 250, 550, 554, 554]


def test_scan_writes_the_page(log: Path, tmp_path: Path) -> None:
    pytest.importorskip("plotly", reason="plotly is not installed")
    page = tmp_path / "report.html"
    result = run(log, "--html", page)
    assert result.exit_code == 0
    assert "deliveries" in result.output
    assert "mx.example.org" in page.read_text(encoding="utf-8")


def test_scan_keeps_what_it_did_not_understand(log: Path, tmp_path: Path) -> None:
    path = tmp_path / "unread.log"
    run(log, "--unreadable", path)
    assert path.read_text(encoding="utf-8") == LOG[-1] + "\n"


def test_processes_come_to_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mail.log"
    path.write_text("".join(f"{line}\n" for line in LOG[1:] * 500), encoding="utf-8")
    path.with_name("mail.log.1").write_text(FROM + "\n", encoding="utf-8")
    monkeypatch.setattr("smtpreply.logs.input.split._LEAST", 10_000)
    one, two = (
        json.loads(run(tmp_path, "--json", "--year", year, "--jobs", jobs).output)
        for year, jobs in ((2026, 1), (2026, 2))
    )
    assert two == one
    many = json.loads(run(path, "--json", "--jobs", 3).output)
    assert many["deliveries"] == 2500
    assert many["coverage"] == json.loads(run(path, "--json").output)["coverage"]


@pytest.mark.parametrize(
    "args",
    [
        ["--jobs", "2", "--follow"],
        ["--jobs", "2", "--deliveries", "x.csv"],
        ["--jobs", "2", "--unreadable", "x"],
        ["--follow", "--deliveries", "x.csv"],
        ["--anonymize", "--unreadable", "x"],
    ],
)
def test_some_options_do_not_go_together(log: Path, args: list[str]) -> None:
    result = run(log, *args)
    assert result.exit_code == 2
    assert "cannot be combined with" in result.output


@pytest.mark.parametrize(
    ("args", "module", "words"),
    [
        (["--html", "x.html"], "plotly.offline", 'plotly: pip install "smtpreply[report]"'),
        (["--deliveries", "x.parquet"], "pyarrow", 'pyarrow: pip install "smtpreply[arrow]"'),
    ],
)
def test_a_missing_extra_is_told_before_the_log_is_read(
    log: Path, args: list[str], module: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("smtpreply.report.html", "smtpreply.frames._deliveries"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    for name in [
        known for known in sys.modules if known.split(".")[0] == module.split(".", maxsplit=1)[0]
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    result = run(log, *args)
    assert result.exit_code == 1
    assert words in result.output
    assert "lines" not in result.output


def test_anonymized_output_names_nobody(log: Path, tmp_path: Path) -> None:
    outputs = [
        run(log, "--anonymize", "--year", 2026).output,
        run(log, "--anonymize", "--json").output,
    ]
    for name in ("all.jsonl", "all.csv"):
        run(log, "--anonymize", "--deliveries", tmp_path / name)
        outputs.append(tmp_path.joinpath(name).read_text(encoding="utf-8"))
    for output in outputs:
        for word in (
            "bob",
            "al@",
            "example.org",
            "example.com",
            "192.0.2",
            "203.0.113",
            "y.example",
        ):
            assert word not in output
        assert "host-" in output


def test_a_key_gives_the_same_pseudonyms_again(log: Path) -> None:
    args = (log, "--json", "--anonymize", "--key")
    assert run(*args, "a").output == run(*args, "a").output != run(*args, "b").output


def test_a_log_is_followed_until_somebody_has_seen_enough(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupt)
    result = run(log, "--follow", "--json")
    assert result.exit_code == 0
    assert json.loads(result.output)["deliveries"] == 5


def test_several_logs_cannot_be_followed(log: Path) -> None:
    log.with_name("other.log").touch()
    result = run(log.parent, "--follow")
    assert result.exit_code == 2
    assert "one file can be followed" in result.output
