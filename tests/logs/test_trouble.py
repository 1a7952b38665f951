"""The trouble that servers report of themselves: a part of its own, and never another's fault."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from smtpreply.logs import Coverage, scan
from smtpreply.logs.trouble import POSTFIX, Trouble
from smtpreply.report.findings import Report
from smtpreply.report.sections import sections
from smtpreply.summary.pseudonyms import Pseudonyms
from smtpreply.summary.summary import Summary

OUTAGE = [
    f"Nov 24 11:{rest}"
    for rest in (
        "40:00 mx1 postfix/smtpd[7]: fatal: open database /etc/postfix/access.db: No such file",
        "40:01 mx1 postfix/master[1]: warning: process smtpd pid 7 exit status 1",
        "40:01 mx1 postfix/master[1]: warning: smtpd: bad command startup -- throttling",
        "42:01 mx1 postfix/master[1]: warning: process smtpd pid 9 exit status 1",
        "43:00 mx1 postfix/cleanup[8]: error: write queue file: No space left on device",
        "43:00 mx1 postfix/qmgr[9]: panic: qmgr_active_feed: no queue",
        "43:01 mx1 postfix/smtpd[7]: warning: hostname x.example does not resolve to address ::1",
        "43:01 mx1 postfix/smtpd[7]: warning: unknown[192.0.2.1]: SASL LOGIN authentication "
        "failed: UGFzc3dvcmQ6",
        "43:02 mx1 postfix/cleanup[8]: 4E74613FE7: warning: header Subject: x from "
        "c[192.0.2.1]; from=<a@b.example>",
        "43:32 mx1 postfix/error[4]: 4E74613FE7: to=<bob@example.org>, relay=none, delay=1.9, "
        "delays=0.1/0/1.1/0.7, dsn=4.3.0, status=deferred (unknown mail transport error)",
        "43:33 mx1 postfix/smtpd[7]: connect from warning[192.0.2.1]",
    )
]
EXIM = [
    "2026-11-24 11:43:32 1sQpLm-00000002Rfh-3kYd Cannot open main log file: Permission denied",
    "2026-11-24 11:43:33 socket bind() to port 25 for address (any IPv4) failed: in use",
    "2026-11-24 11:43:34 SMTP protocol synchronization error (input sent without waiting)",
]


def test_an_outage_is_told_first_things_first() -> None:
    run = scan(OUTAGE, year=2026)
    list(run)
    own = run.coverage.trouble.own()
    rows = [(row.severity.value, row.program, row.count, row.first, row.last) for row in own]
    assert rows == [
        ("panic", "postfix/qmgr", 1, "2026-11-24 11:43:00", "2026-11-24 11:43:00"),
        ("fatal", "postfix/smtpd", 1, "2026-11-24 11:40:00", "2026-11-24 11:40:00"),
        ("error", "postfix/cleanup", 1, "2026-11-24 11:43:00", "2026-11-24 11:43:00"),
        ("warning", "postfix/master", 2, "2026-11-24 11:40:01", "2026-11-24 11:42:01"),
        ("warning", "postfix/master", 1, "2026-11-24 11:40:01", "2026-11-24 11:40:01"),
    ]
    assert sum(row.count for row in run.coverage.trouble.of_peers()) == 2


def test_nothing_of_our_own_outage_is_blamed_on_others() -> None:
    summary = Summary.of(scan(OUTAGE, year=2026))
    assert summary.outgoing.deliveries == 0
    assert summary.local.status == {"deferred": 1}
    assert not summary.outgoing.domain.counts


def test_a_report_has_them_first_and_warnings_about_other_hosts_apart() -> None:
    run = scan(OUTAGE, year=2026)
    report = Report.of(Summary.of(run))
    found = {section.key: section.tables for section in sections(report, run.coverage)}
    assert next(iter(found)) == "trouble"
    assert len(found["trouble"][0].rows) == 5
    assert len(found["peers"][0].rows) == 2
    assert "trouble" not in {section.key for section in sections(report, Coverage())}


def test_exim_reports_its_own_too() -> None:
    run = scan(EXIM)
    list(run)
    first_words = [row.text.partition(" ")[0] for row in run.coverage.trouble.own()]
    assert first_words == ["Cannot", "socket"]


def test_line_by_line_and_in_groups_it_is_the_same() -> None:
    log = OUTAGE * 20
    one_by_one, grouped = scan(log, year=2026), scan(["\n".join(log)], year=2026)
    list(one_by_one)
    list(grouped.bundled())
    assert grouped.coverage.trouble == one_by_one.coverage.trouble


@given(st.lists(st.sampled_from(OUTAGE)), st.integers(0, 20))
def test_the_parts_add_up_to_the_whole(log: list[str], cut: int) -> None:
    """Two parts of a log have together the trouble of the whole."""

    def trouble(lines: list[str]) -> Trouble:
        run = scan(lines, year=2026)
        list(run)
        return run.coverage.trouble

    assert trouble(log[:cut]) + trouble(log[cut:]) == trouble(log)


def test_kinds_are_bounded_and_none_is_lost() -> None:
    trouble = Trouble()
    for number in range(1500):
        name = "".join(chr(97 + int(digit)) for digit in str(number))
        match = POSTFIX.match(f"warning: trouble {name} {name}")
        assert match is not None
        trouble.note(match, "postfix/smtpd", None)
    assert len(trouble.kinds) == 1000
    assert trouble.more + sum(row.count for row in trouble.rows()) == 1500


def test_pseudonyms_hide_hosts_in_it() -> None:
    line = "Nov 24 11:43:00 mx1 postfix/smtp[8]: warning: host mx.secret.example[192.0.2.7] is down"
    run = scan([line], year=2026)
    list(run)
    shown = json.dumps(Pseudonyms(b"key").coverage(run.coverage).trouble.to_dict())
    assert "secret" not in shown
    assert "192.0.2.7" not in shown
    assert '"count": 1' in shown
