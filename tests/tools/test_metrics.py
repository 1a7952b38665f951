"""Prometheus metrics: what is counted, within which bounds, and that Prometheus reads it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from mail_server import free_port
from prometheus_client.parser import text_string_to_metric_families

from smtpreply.cli.group import group
from smtpreply.logs import Delivery, Direction, ReplyBy, Status, scan
from smtpreply.logs.trouble import Severity
from smtpreply.stage import Stage
from smtpreply.tools import metrics as module
from smtpreply.tools.metrics import Metrics

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "tests" / "data" / "sample.log"
DASHBOARD = ROOT / "docs" / "grafana" / "smtpreply.json"
_PATIENCE = 60  # seconds; a shared machine may be very slow
FAILED = Delivery(
    mta="postfix",
    time=datetime(2026, 11, 24, 12, tzinfo=UTC),
    direction=Direction.OUTGOING,
    relay_host="gmail-smtp-in.l.google.com",
    stage=Stage.RCPT,
    status=Status.BOUNCED,
    delay=3.5,
    text="550 5.1.1 No such user",
    reply_by=ReplyBy.REMOTE,
)


def samples(text: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Return the samples of a text by name and labels, as prometheus-client's parser reads it."""
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def counted(*deliveries: Delivery) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    metrics = Metrics()
    for delivery in deliveries:
        metrics.add(delivery)
    return samples(metrics.to_text())


def run(*args: object) -> Result:
    return CliRunner().invoke(group, ["metrics", *map(str, args)])


def statuses(*deliveries: Delivery) -> dict[str, float]:
    labels = counted(*deliveries)["smtpreply_deliveries_total"]
    return {dict(key)["status"]: count for key, count in labels.items()}


@pytest.mark.parametrize(
    ("mta", "direction", "status"),
    [
        ("dovecot", Direction.LOCAL, Status.SENT),
        ("rspamd", Direction.INCOMING, Status.REJECTED),
    ],
)
def test_what_a_helper_and_its_server_report_is_one_outcome(
    mta: str, direction: Direction, status: Status
) -> None:
    helper = Delivery(mta=mta, direction=direction, status=status, text="550 5.7.1 no")
    server = attrs.evolve(helper, mta="postfix")
    assert statuses(helper, helper) == {status.value: 2}
    for order in ([helper, server] * 3, [server, helper] * 3):
        assert statuses(*order) == {status.value: 3, "filtered": 3}
        failures = counted(*order).get("smtpreply_failures_total", {})
        assert sum(failures.values()) == (3 if status is Status.REJECTED else 0)


def test_what_is_handed_on_within_the_host_is_not_sent() -> None:
    words = "250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 3C1D8F20A4"
    handed = Delivery(
        mta="postfix",
        direction=Direction.OUTGOING,
        status=Status.SENT,
        relay_ip="127.0.0.1",
        reply_by=ReplyBy.FILTER,
        text=words,
    )
    assert statuses(handed) == {"filtered": 1}


def test_a_delivery_is_counted_by_its_labels() -> None:
    found = counted(FAILED, FAILED)
    assert found["smtpreply_deliveries_total"] == {
        (("class", "5xx"), ("direction", "outgoing"), ("stage", "RCPT"), ("status", "bounced")): 2
    }
    assert found["smtpreply_failures_total"] == {
        (
            ("direction", "outgoing"),
            ("outcome", "bounced"),
            ("provider", "gmail"),
            ("reason", "unknown_recipient"),
        ): 2
    }
    delays = found["smtpreply_delay_seconds_bucket"]
    assert delays[("le", "2.0"), ("outcome", "bounced")] == 0
    assert delays[("le", "5.0"), ("outcome", "bounced")] == 2
    assert found["smtpreply_latest_delivery_timestamp_seconds"][()] == FAILED.time.timestamp()  # type: ignore[union-attr]


def test_the_numbers_are_those_of_the_log() -> None:
    metrics = Metrics()
    log = scan(SAMPLE)
    metrics.watch(log.coverage)
    for delivery in log:
        metrics.add(delivery)
    found = samples(metrics.to_text())
    assert sum(found["smtpreply_deliveries_total"].values()) == 171
    assert sum(found["smtpreply_failures_total"].values()) == 27 + 21 + 20 + 2
    assert found["smtpreply_log_lines_total"][()] == 254
    assert found["smtpreply_log_understood_lines_total"][()] == 254
    assert found["smtpreply_log_octets_total"][()] == SAMPLE.stat().st_size


TROUBLE = "Nov 24 11:43:32 mx postfix/smtp[7]: fatal: open /etc/postfix/{}: No such file\n"


def test_the_trouble_of_our_own_servers_is_counted_by_severity() -> None:
    log = scan([TROUBLE.format("a"), TROUBLE.format("b").replace("fatal", "warning")] * 3)
    metrics = Metrics()
    metrics.watch(log.coverage)
    list(log)
    found = samples(metrics.to_text())["smtpreply_trouble_total"]
    assert {dict(labels)["severity"] for labels in found} == {*Severity, "other"}
    assert (found[("severity", "fatal"),], found[("severity", "warning"),]) == (3, 3)
    metrics.pass_over_trouble(log.coverage)
    assert set(samples(metrics.to_text())["smtpreply_trouble_total"].values()) == {0}


def test_old_trouble_is_no_news(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(TROUBLE.format("a") * 5, encoding="utf-8")

    def fatal() -> float:
        return samples(get(f"http://{address}/metrics"))["smtpreply_trouble_total"][
            ("severity", "fatal"),
        ]

    with serving(log) as address:
        read = "smtpreply_log_lines_total 5.0"
        until(lambda: read in get(f"http://{address}/metrics"), True)
        with log.open("a", encoding="utf-8") as file:
            file.write(TROUBLE.format("b"))
        until(fatal, 1)


def test_the_series_of_a_hostile_log_are_bounded(tmp_path: Path) -> None:
    """Neither hosts nor addresses, replies, programs or trouble that a log makes up are labels."""
    log = tmp_path / "mail.log"
    lines = [
        line_to(number, "bounced", f"550 5.{number % 999}.1 no {number}")
        .replace("mx.example.org", f"mx{number}.example{number % 7}.org")
        .replace("bob@", f"bob{number}@")
        .replace("postfix/smtp[", f"postfix-{number}/smtp[")
        for number in range(3000)
    ]
    lines += [TROUBLE.format(f"x{chr(97 + number % 26) * 9}{number}") for number in range(3000)]
    log.write_text("".join(lines), encoding="utf-8")
    out = tmp_path / "mail.prom"
    assert run(log, "--textfile", out).exit_code == 0
    found = samples(out.read_text("utf-8"))
    assert sum(found["smtpreply_deliveries_total"].values()) == 3000
    assert sum(found["smtpreply_trouble_total"].values()) == 3000
    assert sum(map(len, found.values())) < 200


def hostile() -> st.SearchStrategy[Delivery]:
    """Deliveries of which every text and number is anything."""
    return st.builds(
        Delivery,
        mta=st.text(),
        time=st.none() | st.datetimes(),
        direction=st.none() | st.sampled_from(Direction),
        relay_host=st.none() | st.text() | st.sampled_from(["mx1.yahoo.com", "mx.gmail.com"]),
        stage=st.none() | st.sampled_from(Stage),
        status=st.none() | st.sampled_from(Status),
        delay=st.none() | st.floats(),
        text=st.none() | st.text() | st.from_regex(r"[245][0-9]{2} .*"),
        reply_by=st.none() | st.sampled_from(ReplyBy),
    )


@given(st.lists(hostile(), max_size=30))
def test_no_text_of_a_log_is_a_label(deliveries: list[Delivery]) -> None:
    """All labels are words of ours, and what is counted can be parsed."""
    found = counted(*deliveries)
    for name in ("smtpreply_deliveries_total", "smtpreply_failures_total"):
        for labels in found.get(name, {}):
            for _, value in labels:
                assert re.fullmatch(r"[A-Za-z0-9_ .-]{1,40}", value)
    assert sum(found.get("smtpreply_deliveries_total", {}).values()) == len(deliveries)


def test_there_is_an_end_to_the_series(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SERIES", 1)
    hosts = ["gmail-smtp-in.l.google.com", "mta5.am0.yahoodns.net", "mx01.mail.icloud.com"]
    deliveries = [attrs.evolve(FAILED, relay_host=host) for host in hosts]
    found = counted(*deliveries)["smtpreply_failures_total"]
    assert sorted((dict(labels)["provider"], count) for labels, count in found.items()) == [
        ("gmail", 1),
        ("other", 2),
    ]


def test_a_missing_extra_is_one_clear_line(said_without: Callable[[str, str], str]) -> None:
    assert said_without("prometheus_client", "smtpreply.tools.metrics") == (
        'smtpreply.tools.metrics needs prometheus-client: pip install "smtpreply[metrics]"'
    )


# --- the command ----------------------------------------------------------------------------


def test_a_text_file_for_node_exporter(tmp_path: Path) -> None:
    out = tmp_path / "mail.prom"
    assert run(SAMPLE, "--textfile", out).exit_code == 0
    assert sum(samples(out.read_text("utf-8"))["smtpreply_deliveries_total"].values()) == 171


@pytest.mark.parametrize(
    "args",
    [
        [SAMPLE],
        [SAMPLE, "--listen", "127.0.0.1:1", "--textfile", "x"],
        [SAMPLE, "--listen", "localhost"],
        [SAMPLE, "--listen", "127.0.0.1:99999"],
        ["-", "--listen", "127.0.0.1:9154"],
        ["none.log", "--textfile", "x.prom"],
        [SAMPLE, "--textfile", "x.prom", "--from-start"],
        [SAMPLE, "--textfile", "no/such/folder/x.prom"],
    ],
)
def test_what_is_wrong_with_the_command_is_reported(args: list[object]) -> None:
    assert run(*args).exit_code == 2


@pytest.mark.parametrize("name", ["x", "x.txt", "x.prom.tmp"])
def test_a_text_file_that_node_exporter_would_pass_over_is_refused(
    tmp_path: Path, name: str
) -> None:
    result = run(SAMPLE, "--textfile", tmp_path / name)
    assert result.exit_code == 2
    assert "must end in .prom" in result.stderr
    assert list(tmp_path.iterdir()) == []


def line_to(number: int, status: str = "sent", text: str = "250 2.0.0 Ok") -> str:
    return (
        f"2026-11-24T12:00:00Z mx postfix/smtp[7]: {number:010X}: to=<bob@example.org>, "
        f"relay=mx.example.org[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, "
        f"status={status} ({text})\n"
    )


@contextmanager
def serving(*args: object) -> Iterator[str]:
    """Run the command, and give the address that it serves."""
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "smtpreply", "metrics", *map(str, args), "--listen", address]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE) as process:
        try:
            assert process.stderr is not None
            assert b"serving" in process.stderr.readline()
            yield address
            process.send_signal(signal.SIGINT)
            assert process.wait(_PATIENCE) == 0
        finally:
            process.kill()


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=_PATIENCE) as answer:
        text: str = answer.read().decode()
        return text


def until(what: Callable[[], Any], wanted: object) -> None:
    """Wait until a function returns what is wanted."""
    deadline = time.monotonic() + _PATIENCE
    found = what()
    while found != wanted and time.monotonic() < deadline:
        time.sleep(0.1)
        found = what()
    assert found == wanted


def total(address: str) -> float:
    found = samples(get(f"http://{address}/metrics"))
    return sum(found.get("smtpreply_deliveries_total", {}).values())


def test_counters_survive_rotation_and_truncation(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(line_to(1) + line_to(2), encoding="utf-8")
    with serving(log, "--from-start") as address:
        until(lambda: total(address), 2)
        log.rename(tmp_path / "mail.log.1")
        log.write_text(line_to(3), encoding="utf-8")
        until(lambda: total(address), 3)
        os.truncate(log, 0)
        time.sleep(1)  # longer than the pause between two looks at the file
        with log.open("a", encoding="utf-8") as file:
            file.write(line_to(4))
        until(lambda: total(address), 4)


def test_what_is_there_already_is_not_counted(tmp_path: Path) -> None:
    log, other = tmp_path / "mail.log", tmp_path / "other.log"
    for path in (log, other):
        path.write_text(line_to(1) * 500, encoding="utf-8")
    with serving(log, other) as address:
        read = "smtpreply_log_lines_total 1000.0"
        until(lambda: read in get(f"http://{address}/metrics"), True)
        for path in (log, other):
            with path.open("a", encoding="utf-8") as file:
                file.write(line_to(2))
        until(lambda: total(address), 2)


def test_a_real_prometheus_scrapes_it(tmp_path: Path) -> None:
    if shutil.which("prometheus") is None:
        pytest.skip("prometheus is not installed (Debian: apt-get install prometheus)")
    log = tmp_path / "mail.log"
    log.write_text(line_to(1) + line_to(2, "bounced", "550 5.1.1 No such user"), encoding="utf-8")
    port = free_port()
    with serving(log, "--from-start") as address:
        config = tmp_path / "prometheus.yml"
        config.write_text(
            "scrape_configs:\n- job_name: mail\n  scrape_interval: 1s\n  static_configs:\n"
            f"  - targets: ['{address}']\n",
            encoding="utf-8",
        )
        command = (
            "prometheus",
            f"--config.file={config}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=error",
        )

        def ask(query: str) -> Any:
            parameters = urllib.parse.urlencode({"query": query})
            return json.loads(get(f"http://127.0.0.1:{port}/api/v1/query?{parameters}"))

        def value(query: str) -> str | None:
            try:
                result = ask(query)["data"]["result"]
            except OSError:  # it is not up yet
                return None
            return str(result[0]["value"][1]) if result else None

        with subprocess.Popen(command) as process:
            try:
                until(lambda: value("sum(smtpreply_deliveries_total)"), "2")
                by_reason = 'smtpreply_failures_total{reason="unknown_recipient"}'
                until(lambda: value(by_reason), "1")
                for query in queries():  # each is one that Prometheus understands
                    assert ask(query)["status"] == "success"
            finally:
                process.terminate()


# --- the dashboard --------------------------------------------------------------------------


def dashboard() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(DASHBOARD.read_text("utf-8"))
    return loaded


def queries() -> list[str]:
    return [
        target["expr"].replace("$__rate_interval", "5m")
        for panel in dashboard()["panels"]
        for target in panel["targets"]
    ]


def test_the_dashboard_has_the_members_that_grafana_wants() -> None:
    loaded = dashboard()
    assert loaded["schemaVersion"] >= 36
    assert {"title", "uid", "time", "templating", "annotations"} <= loaded.keys()
    ids = [panel["id"] for panel in loaded["panels"]]
    assert len(set(ids)) == len(ids)
    cells: set[tuple[int, int]] = set()
    for panel in loaded["panels"]:
        assert panel["type"] in ("timeseries", "stat")
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        covered = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not covered & cells
        cells |= covered
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


def test_the_dashboard_asks_for_metrics_and_labels_that_there_are() -> None:
    metrics = Metrics()
    metrics.add(FAILED)
    found = samples(metrics.to_text())
    names, labels = set(found), {name for rows in found.values() for row in rows for name, _ in row}
    for query in queries():
        assert set(re.findall(r"smtpreply_[a-z_]+", query)) <= names
        assert set(re.findall(r"([a-z]+)=~?\"", query)) <= labels
        for grouped in re.findall(r"by \(([a-z, ]+)\)", query):
            assert set(grouped.split(", ")) <= labels
