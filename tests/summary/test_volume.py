"""The volume of mail: messages that enter the queue, what they weigh, and who sends them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.mail_logs import MAKERS
from smtpreply.logs import scan
from smtpreply.summary.counts import Counts
from smtpreply.summary.delivery_filter import DeliveryFilter
from smtpreply.summary.parallel import total_of_files
from smtpreply.summary.pseudonyms import Pseudonyms
from smtpreply.summary.summary import Summary
from smtpreply.summary.total import count_received, total_of
from smtpreply.summary.volume import Volume

SIZE = 2112


def arrival(queue_id: str, sender: str, size: int, recipients: int, *, hour: int = 11) -> str:
    return (
        f"Nov 24 {hour}:43:30 mx1 postfix/qmgr[2]: {queue_id}: from=<{sender}>, size={size}, "
        f"nrcpt={recipients} (queue active)"
    )


def attempt(queue_id: str, domain: str, status: str, said: str, *, hour: int = 11) -> str:
    return (
        f"Nov 24 {hour}:43:32 mx1 postfix/smtp[4]: {queue_id}: to=<bob@{domain}>, "
        f"relay=mx.{domain}[192.0.2.1]:25, delay=1.9, delays=0.1/0/1.1/0.7, dsn=2.0.0, "
        f"status={status} ({said})"
    )


LOG = [
    arrival("4E74613FE7", "al@shop.example", 1000, 2),
    attempt("4E74613FE7", "example.org", "sent", "250 2.0.0 Ok"),
    attempt("4E74613FE7", "example.net", "deferred", "451 4.3.0 try later"),
    arrival("5A0C21B9D3", "bo@Shop.example", 500, 1, hour=12),
    attempt("5A0C21B9D3", "example.org", "bounced", "550 5.1.1 User unknown", hour=12),
    arrival("6B0C21B9D3", "", 300, 1, hour=12),
    arrival("4E74613FE7", "al@shop.example", 1000, 1, hour=13),
    attempt("4E74613FE7", "example.net", "sent", "250 2.0.0 Ok", hour=13),
]


def _one_by_one(lines: list[str], wanted: DeliveryFilter) -> Summary:
    run, summary = scan(lines, year=2026), Summary()
    count_received(run, wanted, summary)
    for delivery in filter(wanted, run):
        summary.add(delivery)
    return summary


def _together(lines: list[str], wanted: DeliveryFilter) -> Summary:
    return total_of(scan(["\n".join(lines) + "\n"], year=2026), wanted).summary


@pytest.mark.parametrize("summary_of", [_one_by_one, _together])
def test_a_message_counts_once_however_often_it_is_retried(summary_of) -> None:  # type: ignore[no-untyped-def]
    summary = summary_of(LOG, DeliveryFilter())
    volume = summary.volume
    assert (volume.messages, volume.octets, volume.recipients) == (3, 1800, 4)
    assert volume.sender.counts == {"al@shop.example": 1, "bo@Shop.example": 1, "": 1}
    assert volume.domain_octets.counts == {"shop.example": 1500, "": 300}
    assert {time: cells["received"] for time, cells in volume.times.counts.items()} == {
        "2026-11-24T11": 1,
        "2026-11-24T12": 2,
    }
    outgoing = summary.outgoing
    assert outgoing.octets == 2000  # sent to two recipients
    assert outgoing.sender_domain.counts == {
        ("shop.example", "delivered"): 2,
        ("shop.example", "deferred"): 1,
        ("shop.example", "bounced"): 1,
    }
    assert outgoing.sender_reason.counts[("shop.example", "unknown_recipient")] == 1


@pytest.mark.parametrize("name", MAKERS)
def test_the_volume_of_a_seeded_log_is_known(name: str, tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    lines = list(MAKERS[name](4000, counts))
    path = tmp_path / "mail.log"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    mark = " <= " if name == "exim" else " (queue active)"
    messages = sum(mark in line for line in lines)
    summary = total_of(scan(path, year=2026), DeliveryFilter()).summary
    volume = summary.volume
    assert (volume.messages, volume.octets) == (messages, messages * SIZE)
    assert volume.recipients == (0 if name == "exim" else messages)
    assert volume.domain.counts == {"example.com": messages}
    assert summary.outgoing.octets == counts["status sent"] * SIZE
    assert sum(summary.outgoing.sender_domain.counts.values()) == summary.outgoing.deliveries


@pytest.mark.parametrize("name", MAKERS)
def test_parts_of_a_log_have_the_volume_of_the_whole(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smtpreply.logs.input.split._LEAST", 1000)
    lines = list(MAKERS[name](3000, Counter()))
    if name != "exim":  # taken up again, far behind
        again = [line.replace("Mar  1 00", "Mar  1 05") for line in lines if "queue active" in line]
        lines += again[::2]
    path = tmp_path / "mail.log"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    whole = total_of(scan(path), DeliveryFilter())
    parts = total_of_files([path], DeliveryFilter(), jobs=2)
    for summary in (parts.summary, whole.summary):
        for counts in summary.parts.values():
            counts.example.clear()  # one of several: which one is no count
    assert parts.summary == whole.summary


def test_a_filter_by_time_is_of_the_volume_too_and_others_leave_it_out() -> None:
    from datetime import datetime

    late = DeliveryFilter(since=datetime(2026, 11, 24, 12))  # noqa: DTZ001  (as the log's)
    for summary_of in (_one_by_one, _together):
        assert summary_of(LOG, late).volume.messages == 2
        assert summary_of(LOG, DeliveryFilter(direction="outgoing")).volume == Volume()


def test_a_volume_survives_its_state_and_names_nobody_under_pseudonyms() -> None:
    summary = _together(LOG, DeliveryFilter())
    assert Summary.from_state(summary.to_state()) == summary
    shown = repr(Pseudonyms(b"key").summary(summary))
    assert "shop.example" not in shown
    assert "al@" not in shown
    with pytest.raises(ValueError, match="messages is invalid"):
        Volume.from_state(Volume().to_state() | {"messages": -1})


def test_sendmail_and_exim_tell_sizes_in_their_own_words() -> None:
    sendmail = (
        "Nov 24 11:43:30 mx sendmail[7]: 4AOBhUdx012345: from=<al@shop.example>, size=700, "
        "class=0, nrcpts=3, msgid=<1@shop.example>, proto=ESMTP, relay=c [192.0.2.9]"
    )
    exim = (
        "2026-11-24 11:43:30 1sQpLm-00000002Rfh-3kYd <= al@shop.example H=c [192.0.2.9] P=esmtp "
        'S=350 id=1@shop.example T="not S=1"'
    )
    found = _one_by_one([sendmail, exim], DeliveryFilter()).volume
    assert (found.messages, found.octets, found.recipients) == (2, 1050, 3)


def test_sendmail_names_a_sender_whose_message_never_came() -> None:
    head = "Nov 24 11:43:30 mx sm-mta[7]: 4AOBhUdx01234"
    session = "proto=ESMTP, daemon=MTA, relay=c [192.0.2.9]"
    log = [
        f"{head}5: from=<al@shop.example>, size=700, class=0, nrcpts=0, {session}",
        f"{head}6: from=<al@shop.example>, size=0, class=0, nrcpts=2, {session}",
        f"{head}7: from=<al@shop.example>, size=0, class=0, nrcpts=1, msgid=<1@c>, {session}",
    ]
    found = _one_by_one(log, DeliveryFilter()).volume
    assert (found.messages, found.recipients) == (1, 1)


def test_cases_add_up_survive_their_state_and_name_nobody_under_pseudonyms() -> None:
    summary = _together(LOG, DeliveryFilter())
    [case] = summary.outgoing.cases.kinds["unknown_recipient"]
    assert (case.queue_id, case.recipient, case.time) == (
        "5A0C21B9D3",
        "bob@example.org",
        "2026-11-24 12:43:32",
    )
    again = Summary.from_state(summary.to_state())
    assert again.outgoing.cases == summary.outgoing.cases
    assert (again + summary).outgoing.cases == summary.outgoing.cases
    assert "bob@example.org" not in repr(Pseudonyms(b"key").summary(summary))
    with pytest.raises(ValueError, match="cases is invalid"):
        Counts.from_state(Counts().to_state() | {"cases": {"expired": [["a", "b"]]}})
