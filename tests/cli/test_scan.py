"""The command that says what a log comes to."""

from __future__ import annotations

import csv
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from smtpreply.cli.group import group
from smtpreply.summary import parallel

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
    result = run(log, "--json", "--year", 2026, *args)
    assert json.loads(result.stdout)["deliveries"] == count
    assert result.exit_code == (0 if count else 1)


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
    assert found["times"]["unit"] == "minute"  # the log is short


def test_a_line_without_a_time_is_in_no_span(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_text(SENT.partition("]: ")[2] + "\n", encoding="utf-8")
    assert json.loads(run(path, "--json").output)["deliveries"] == 1
    assert json.loads(run(path, "--json", "--since", "2000-01-01").stdout)["deliveries"] == 0


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


def test_a_long_log_is_read_by_several_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --jobs: where its lines stand alone, and to the same summary."""
    path = tmp_path / "mail.log"
    path.write_text(f"{SENT}\n" * 30, encoding="utf-8")
    asked: list[int] = []
    monkeypatch.setattr("smtpreply.cli.scan._LONG_FOR_ONE", 1000)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    total_of_files = parallel.total_of_files

    def counted(*args: Any, jobs: int, **options: Any) -> Any:
        asked.append(jobs)
        return total_of_files(*args, jobs=jobs, **options)

    monkeypatch.setattr(parallel, "total_of_files", counted)
    several = run(path, "--json").output
    assert run(path, "--json", "--jobs", 1).output == several
    run(path, "--json", "--year", 2026)
    assert asked == [3]


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
        (["--html", "x.html"], "plotly", 'plotly: pip install "smtpreply[report]"'),
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
    one, other = log.with_name("one.key"), log.with_name("other.key")
    one.write_text("a\n")
    other.write_text("b\n")
    args = (log, "--json", "--anonymize", "--key")
    assert run(*args, one).output == run(*args, one).output != run(*args, other).output
    from_variable = CliRunner(env={"SMTPREPLY_KEY": "a"}).invoke(
        group, ["scan", str(log), "--json", "--anonymize"]
    )
    assert from_variable.output == run(*args, one).output


def test_a_key_is_for_pseudonyms_and_not_empty(log: Path) -> None:
    key = log.with_name("key")
    key.touch()
    assert "--key needs --anonymize" in run(log, "--key", key).output
    assert "is empty" in run(log, "--anonymize", "--key", key).output


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


# --- what goes wrong is said in one line ----------------------------------------------------


def test_a_filter_that_matches_nothing_says_so(log: Path) -> None:
    result = run(log, "--domain", "nowhere.example", "--status", "sent")
    assert result.exit_code == 1
    assert result.output == (
        "Error: no delivery matches status sent, domain nowhere.example: 5 were found in 7 lines\n"
    )


def test_a_file_that_is_no_mail_log_says_so(tmp_path: Path) -> None:
    path = tmp_path / "shopping.txt"
    path.write_text("milk\nbread\n")
    result = run(path)
    assert result.exit_code == 1
    assert result.output.startswith("Error: no mail log: none of 2 lines is of a known format")
    assert result.output.count("\n") == 1


@pytest.mark.parametrize(
    "command", ["scan", "queue", "suppressions", "metrics --textfile mail.prom"]
)
def test_each_command_says_so_of_a_file_that_is_no_mail_log(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("shopping.txt").write_text("milk\nbread\n")
    result = CliRunner().invoke(group, [*command.split(), "shopping.txt"])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: no mail log: none of 2 lines is of a known format")


def test_an_empty_folder_says_so_and_an_empty_log_is_nothing_wrong(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert (result.exit_code, result.output) == (1, f"Error: no files in {tmp_path}\n")
    (tmp_path / "mail.log").touch()
    assert run(tmp_path).exit_code == 0


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-11-25", "2026-11-24"),
        ("2026-11-25", "2026-11-25"),
        ("today", "yesterday"),
        ("-1h", "-2h"),
        ("2026-11-25T12:00+00:00", "2026-11-25T12:30+01:00"),
        ("2026-11-25", "2026-11-20T12:30+01:00"),
    ],
)
def test_since_must_be_before_until(log: Path, since: str, until: str) -> None:
    result = run(log, "--since", since, "--until", until)
    assert result.exit_code == 2
    assert "is not before --until" in result.output


def test_what_is_no_time_is_told_what_is(log: Path) -> None:
    result = run(log, "--since", "soon")
    assert result.exit_code == 2
    assert "'soon' is not a valid time: give 2026-11-25" in result.output


def test_unreadable_lines_go_to_standard_output(log: Path) -> None:
    result = run(log, "--unreadable", "-")
    assert result.stdout == "Nov 24 11:43:32 mx1 postfix/smtp[1]: \x1b[2Jwhat\n"
    assert not log.with_name("-").exists()
    assert run(log, "--unreadable", "-", "--json").exit_code == 2


# --- time -----------------------------------------------------------------------------------


def test_a_span_is_counted_by_the_minute(log: Path) -> None:
    found = json.loads(run(log, "--json", "--year", 2026, "--since", "2026-11-24").output)
    assert found["times"]["unit"] == "minute"
    assert list(found["times"]["counts"]) == ["2026-11-24T11:43"]
    args = ("--json", "--year", 2026, "--since", "2026-11-24", "--deliveries")
    one_by_one = run(log, *args, log.with_name("x.csv"))
    assert json.loads(one_by_one.output)["times"] == found["times"]


@pytest.mark.parametrize(("last", "unit"), [(59, "minute"), (24 * 60, "hour")])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_long_log_of_few_hours_is_counted_by_the_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: int, unit: str, jobs: int
) -> None:
    monkeypatch.setattr("smtpreply.cli.scan._SHORT", 1)
    start = datetime(2026, 11, 24, 11)  # noqa: DTZ001
    stamps = (start + timedelta(minutes=minute) for minute in (0, 1, last))
    lines = (SENT.replace("Nov 24 11:43:32", f"{stamp:%b %d %H:%M:%S}") for stamp in stamps)
    path = tmp_path / "mail.log"
    path.write_text("\n".join(["no stamp", *lines]) + "\n", encoding="utf-8")
    found = json.loads(run(path, "--json", "--jobs", jobs).stdout)["times"]
    assert (found["unit"], len(found["counts"])) == (unit, 3 if unit == "minute" else 2)


@pytest.mark.parametrize(("zone", "count"), [("+01:00", 5), ("+00:00", 0), ("Z", 0)])
def test_a_time_with_a_zone_is_an_instant(log: Path, zone: str, count: int) -> None:
    args = ("--json", "--year", 2026, "--tz", "Europe/Vienna", "--since")
    assert json.loads(run(log, *args, f"2026-11-24T11:43{zone}").stdout)["deliveries"] == count


def test_the_last_hour_is_counted_from_now(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    now = datetime.now(UTC)
    stamps = [f"{now - timedelta(minutes=ago):%Y-%m-%dT%H:%M:%S+00:00}" for ago in (5, 55, 65, 600)]
    lines = [SENT.replace("Nov 24 11:43:32", stamp) for stamp in stamps]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    counts = [
        json.loads(run(path, "--json", "--since", since).stdout)["deliveries"]
        for since in ("-30m", "-1h", "-2h", "-1d")
    ]
    assert counts == [1, 2, 3, 4]


def test_the_report_says_what_was_asked(log: Path) -> None:
    output = run(log, "--since", "2024-11-24 11:00", "--status", "sent").output.replace("\n", "")
    assert output.startswith("Mail delivery report: ")
    assert "Only status sent, since 2024-11-24 11:00. Made " in output
    assert str(log) not in run(log, "--anonymize").output


# --- comparison -----------------------------------------------------------------------------


def test_a_saved_summary_is_compared_with(log: Path) -> None:
    saved = log.with_name("saved.json")
    log.write_text("\n".join([SENT] * 500), encoding="utf-8")
    assert run(log, "--save", saved).exit_code == 0
    assert json.loads(run(log, "--json", "--against", saved).output)["changes"] == []
    log.write_text("\n".join([SENT] * 500 + [BOUNCED] * 400), encoding="utf-8")
    assert "outgoing: No such recipient" in run(log, "--save", saved, "--against", saved).output
    saved.write_text("[1]")
    assert run(log, "--against", saved).exit_code == 2


def test_by_sender_domain_shows_who_sends_what_and_who_is_refused(log: Path) -> None:
    result = run(log, "--year", 2026, "--by", "sender-domain")
    assert result.exit_code == 0
    [row] = [line.split() for line in result.output.splitlines() if "example.com" in line]
    assert row == ["1", "9", "B", "2", "0", "2", "50.0%", "example.com"]
    assert "mx.example.org" in run(log, "--by", "server").output
    assert run(log, "--by", "sender-domain", "--json").exit_code == 2
    assert run(log, "--by", "nothing").exit_code == 2


def test_against_yesterday_finds_a_planted_change_within_one_log(tmp_path: Path) -> None:
    before = [SENT.replace("Nov 24", "Nov 23")] * 200
    path = tmp_path / "mail.log"
    path.write_text("\n".join(before + [SENT] * 150 + [BOUNCED] * 50) + "\n", encoding="utf-8")
    day = ("--year", 2026, "--since", "2026-11-24", "--against", "yesterday")
    found = json.loads(run(path, "--json", *day).output)
    assert found["deliveries"] == 200
    assert {"outgoing unknown_recipient", "outgoing bounced"} <= {
        f"{change['direction']} {change['key']}" for change in found["changes"]
    }
    path.write_text("\n".join(before + [SENT] * 200) + "\n", encoding="utf-8")
    assert json.loads(run(path, "--json", *day).output)["changes"] == []
    assert "Changes, beyond chance\n  none" in run(path, *day).output


def test_against_yesterday_needs_a_yesterday_and_a_file(log: Path) -> None:
    result = run(log, "--against", "yesterday", "--since", "2026-11-24", "--year", 2026)
    assert result.exit_code == 1
    assert "nothing to compare with: no delivery matches since 2026-11-23 00:00" in result.output
    assert run("-", "--against", "yesterday").exit_code == 2


def test_the_title_names_the_host_and_the_file(log: Path) -> None:
    title = f"Mail delivery report: mx1, {log}"
    shown = "".join(run(log, "--year", 2026).output.split())  # a long path is wrapped
    assert shown.startswith("".join(title.split()))
    assert "mx1" not in run(log, "--year", 2026, "--anonymize").output
