"""Deliveries that are counted together come to the same as one by one."""

from __future__ import annotations

import os
from datetime import datetime
from itertools import product
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply.logs import Bundle, Coverage, Direction, Scan, Status, scan
from smtpreply.summary.delivery_filter import DeliveryFilter
from smtpreply.summary.summary import Summary
from smtpreply.summary.total import count_received, total_of

DATA = Path(__file__).parent.parent / "data"

STAMPS = st.sampled_from(
    [
        "Nov 24 11:43:32", "Nov  4 01:02:03", "Dec 31 23:59:59", "Jan  1 00:00:00",
        "Nov 31 11:43:32",
        "2026-11-24T11:43:32.123456+01:00", "2026-11-24T11:43:32Z", "2026-11-24T11:43:32+0100",
    ]
)  # fmt: skip
PROGRAMS = st.sampled_from(
    [
        "smtp", "smtpd", "qmgr", "cleanup", "lmtp", "local", "error", "submission/smtpd",
        "postscreen", "anvil", "pickup", "relay/smtp",
    ]
)  # fmt: skip
QUEUE_IDS = st.sampled_from(["4E74613FE7", "4Zq8mN2c7TzXb", "5A0C21B9D3", "xyz"])
LOCALS = st.sampled_from(
    [
        "bob", "al", "user.unknown", '"a b"', "full+mailbox", "prvs=1=x", "é", "o'x", "x@y",
        "x\u2028y", '"x S=5 id=f@y >, size=5, nrcpt=1 "', "x S=5 H=y [::1] id=f@y", "x\xa0y",
        "x>, size=5, nrcpt=1 (queue active)", "1234567a", "7654321z",
    ]
)  # fmt: skip
ADDRESSES = st.builds("{}@{}".format, LOCALS, st.sampled_from(["example.org", "gmail.com", "x"]))
TEXTS = st.sampled_from(
    [
        "250 2.0.0 Ok: queued as 4Zq8mN2c7TzXb", "250 OK id=1tx-5-42", "250 2.6.0 [x] (2.6.0)",
        "250-2.0.0 a 250 2.0.0 b", "250 #2.0.0 x", "250 done (#2.1.0)", "250", "250 ", "2.0.0",
        "250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok", "delivered to mailbox",
        "550 5.1.1 <{to}>: Recipient address rejected: User unknown",
        "450 4.2.0 <{to}>: Greylisted, wait 300 s", "552-5.2.2 <{to}> full 552 5.2.2 no more",
        "554 5.7.1 Client host [203.0.113.9] blocked using zen.spamhaus.org; 203.0.113.9",
        "550 no such user {to}", "550 5.7.1 <bob@example.org> said <{to}>", "Connection timed out",
        "554 5.7.1 <{to}>: Relay access denied; from=<a@b.c> to=<d@e.f> proto=ESMTP helo=<x>",
        "450 4.7.1 unknown[2001:db8::9]: policy of mail.google.com",
        "550 5.1.1 bob@example.org is unknown", "550 5.1.1 <al@x>: User unknown",
        "550 5.1.1 user 7654321z@example.org unknown", "550 5.1.1 <{to}>: User unknown: al@x",
        "550 5.1.1 No such user {to}", "550 5.1.1 No such user, id 4Zq8mN2c7TzXb",
        "Name service error for name=example.org type=MX: Host not found", "Host not found",
        "550 5.1.2 <{to}>: host relay123456.gmail.com not found", "5.1.2 Host unknown",
    ]
)  # fmt: skip
RELAYS = st.sampled_from(
    ["none", "local", "mx.example.org[192.0.2.1]:25", "aspmx.l.google.com[192.0.2.7]:25", "x[/s]"]
)
SIZES = st.sampled_from(["2112", "350"])
DELAYS = st.sampled_from(["1.9", "0.05", "300", "0", "1.2.3", "9999999"])


@st.composite
def postfix_lines(draw: st.DrawFn) -> str:
    to, sender = draw(ADDRESSES), draw(ADDRESSES | st.just(""))
    queue_id, text = draw(QUEUE_IDS), draw(TEXTS).format(to=to)
    said = draw(st.booleans()) and text[0] in "45"
    status = draw(st.sampled_from(["sent", "bounced", "deferred", "expired"]))
    reason = f"host mx.example.org[192.0.2.1] said: {text} (in reply to RCPT TO command)"
    body = draw(
        st.sampled_from(
            [
                f"{queue_id}: to=<{to}>, relay={draw(RELAYS)}, delay={draw(DELAYS)}, "
                f"delays=0.1/0/1/0.7, dsn=2.0.0, status={status} ({reason if said else text})",
                f"{queue_id}: from=<{sender}>, size={draw(SIZES)}, nrcpt=1 (queue active)",
                f"{queue_id}: from=<{sender}>, status=expired, returned to sender",
                f"{queue_id}: removed",
                f"{queue_id}: message-id=<1@example.org>",
                f"{queue_id}: client=unknown[203.0.113.9]",
                f"{queue_id}: {reason}",
                f"{queue_id}: reject: RCPT from mx.google.com[203.0.113.9]: {text}; "
                f"from=<{sender}> to=<{to}> proto=ESMTP helo=<h>",
                f"NOQUEUE: reject: MAIL from x[203.0.113.9]:77: {text}; from=<{sender}> "
                "proto=SMTP helo=<h>",
                "connect from unknown[203.0.113.9]",
                "lost connection after DATA from unknown[203.0.113.9]",
                "statistics: max connection rate 1/60s",
                "nobody knows this line",
            ]
        )
    )
    name = draw(st.sampled_from(["postfix", "postfix", "postfix", "postfix-out", "dovecot"]))
    program = "qmgr" if ", size=" in body else draw(PROGRAMS)
    return f"{draw(STAMPS)} mx1 {name}/{program}[42]: {body}"


RECIPIENTS = st.sampled_from(
    ["bob@example.org", "al@x", "eve@gmail.com", "1234567a@example.org", "7654321z@example.org"]
)
DEAD = [
    "550 5.1.1 <{to}>: Recipient address rejected: User unknown",
    "550 5.1.1 No such user, id 4Zq8mN2c7TzXb",
    "550 5.1.1 bob@example.org is unknown",
    "550 5.1.1 <al@x>: User unknown",
    "550 5.1.1 No such user {to}",
    "550 5.1.1 <{to}>: User unknown: al@x",
    "550 5.1.2 Domain not found",
    "550 5.1.2 <{to}>: host relay123456.gmail.com not found",
    "550 5.1.2 Domain not found: host {to} not found",
    "Name service error for name=example.org type=MX: Host not found",
    "Host not found",
    "User unknown",
]


@st.composite
def bounces(draw: st.DrawFn) -> list[str]:
    """Bounces of Postfix, or of Exim, whose texts prove that an address or a host is dead."""
    texts = st.sampled_from(draw(st.lists(st.sampled_from(DEAD), min_size=1, max_size=2)))
    shape = draw(st.sampled_from([_bounce_of_postfix, _bounce_of_exim]))
    aliases = st.sampled_from(["", "", "al@x"])
    hosts = st.sampled_from(["mx.example.org", "mx.gmail.com"])
    rows = st.tuples(RECIPIENTS, aliases, hosts, texts)
    return [shape(*row) for row in draw(st.lists(rows, max_size=12))]


def _bounce_of_postfix(to: str, alias: str, host: str, text: str) -> str:
    said = text.format(to=to)
    if said[0] == "5":
        said = f"host {host}[192.0.2.1] said: {said} (in reply to RCPT TO command)"
    original = f"orig_to=<{alias}>, " if alias else ""
    return (
        f"Nov 24 11:43:32 mx1 postfix/smtp[42]: 4E74613FE7: to=<{to}>, {original}"
        f"relay={host}[192.0.2.1]:25, delay=1.9, delays=0.1/0/1/0.7, dsn=5.1.1, "
        f"status=bounced ({said})"
    )


def _bounce_of_exim(to: str, alias: str, host: str, text: str) -> str:
    said = text.format(to=to)
    if said[0] == "5":
        said = f"SMTP error from remote mail server after RCPT TO:<{to}>: {said}"
    parent = f" <{alias}>" if alias else ""
    return (
        f"2026-11-24 11:43:32 1jmFYj-00039V-QX ** {to}{parent} R=dns T=smtp "
        f"H={host} [192.0.2.1]: {said}"
    )


@st.composite
def exim_lines(draw: st.DrawFn) -> str:
    to, sender = draw(ADDRESSES), draw(ADDRESSES | st.just("<>"))
    text = draw(TEXTS).format(to=to)
    message = draw(st.sampled_from(["1jmFYj-00039V-QX", "10HmaX-000000005vi-0000", "x"]))
    host = draw(
        st.sampled_from(
            [
                "H=mx.example.org [192.0.2.1]:25", "H=mx.google.com [192.0.2.1]", "",
                "H=a (b) [::1]", "H=(b S=3) [::1]", "H=(b F=<f@y> id=f@y) [::1]",
                "H=(b) [::2] P=x S=3 (c) [::1]",
            ]
        )
    )  # fmt: skip
    name = draw(
        st.sampled_from(
            [
                "", ' DN="CN=x"', ' DN="CN=x S=4 id=f@y F=<f@y>"', ' DN="CN=x C=\\"250 OK\\""',
                ' DN="CN=x: SMTP error from remote mail server after DATA: 550 5.1.1 no"',
                ' DN="CN=x" S=4',
            ]
        )
    )  # fmt: skip
    subject = draw(st.sampled_from(["", ' T="a S=6 id=f@y"', ' T="a \\" S=6', " for a@b S=6"]))
    times = ["", " QT=2s DT=0.5s", " QT=2m3s DT=1s", " QT=0.5s", " DT=1s", " DT=250ms"]
    tail = draw(st.sampled_from(times))
    error = f"SMTP error from remote mail server after RCPT TO:<{to}>: {text}"
    took = draw(st.sampled_from(["", " DT=0.5s", " DT=1m3s", " DT=1h", " DT=", " DT=x"]))
    body = draw(
        st.sampled_from(
            [
                f"<= {sender} {host} P=esmtps{name} S={draw(SIZES)} id=1@example.com{subject}",
                f'=> {to} R=dns T=smtp {host} X=TLS1.3:X:256 CV=yes{name} C="{text}"{tail}',
                f"=> bob <{to}> R=local T=maildir{tail}",
                f"** {to} R=dns T=smtp {host}{tail}{name}: {error}{took}",
                f"== {to} R=dns T=smtp defer (-44) {host}: {error}",
                f"** {to}: Unrouteable address",
                "Completed",
                f"{host} F=<{sender}> rejected RCPT <{to}>: {text}",
                "Start queue run: pid=1",
                "nobody knows this line",
            ]
        )
    )
    zone = draw(st.sampled_from(["", ".123", " +0100", " [42]"]))
    head = "" if message == "x" else f"{message} "
    return f"2026-11-24 {draw(st.sampled_from(['11', '12']))}:43:32{zone} {head}{body}"


SHOWN = (
    "2026-11-24 11:43:32 1jmFYj-00039V-QX H=c [203.0.113.9] F=<al@x> rejected after DATA: spam\n"
    "Envelope-from: <al@x>\nEnvelope-to: <bob@example.org>\nP Received: from c\n\tby x\n"
    "S Subject: 2026 offer\n" + "-" * 40
)
"""What Exim's rejectlog has of a message, in several lines."""
_SMTPD = "Nov 24 11:43:32 mx1 postfix/smtpd[4]: message repeated 2 times: "
REPEATED = st.sampled_from(
    [
        "Nov 24 11:43:32 mx1 last message repeated 3 times",
        f"{_SMTPD}[ NOQUEUE: reject: RCPT from c[192.0.2.9]: 550 5.1.1 <a@b.example>: unknown; "
        "from=<> to=<a@b.example> proto=SMTP helo=<c>]",
        f"{_SMTPD}[ connect from c[192.0.2.9]]",
        "Nov 24 11:43:32 mx1 last message repeated 40 times",
        "Nov 24 11:43:32 mx1 postfix/smtp[4]: message repeated 50 times: [ 4E74613FE7: "
        "to=<a@b.example>, relay=c[192.0.2.9]:25, delay=1.9, delays=0.1/0/1.1/0.7, dsn=5.1.1, "
        "status=bounced (host c[192.0.2.9] said: 550 5.1.1 unknown (in reply to RCPT TO command))]",
        " folded",
        SHOWN,
    ]
)


def both(lines: list[str] | Path) -> tuple[tuple[Summary, Coverage], tuple[Summary, Coverage]]:
    """Sum lines up one by one, and in bundles."""
    one_by_one, bundled = _scan(lines), _scan(lines)
    single = Summary()
    count_received(one_by_one, DeliveryFilter(), single)
    for delivery in one_by_one:
        single.add(delivery)
    together = total_of(bundled, DeliveryFilter()).summary
    # An example is one of several: which one is no count.
    for summary in (single, together):
        for field in attrs.fields(Summary):
            if field.name != "volume":
                getattr(summary, field.name).example.clear()
    return (single, one_by_one.coverage), (together, bundled.coverage)


def _scan(lines: list[str] | Path) -> Scan:
    return scan(lines if isinstance(lines, Path) else ["\n".join(lines)], year=2026)


def assert_same_by_lines(lines: list[str], size: int) -> None:
    """Check that blocks of so many lines come to the same as one line after the other."""
    written = "\n".join(lines).split("\n")
    parts = [written[start : start + size] for start in range(0, len(written), size)]
    blocks = ["\n".join(part) + "\n" for part in parts]
    by_line, walked = (scan(source, year=2026) for source in (written, blocks))
    assert list(walked) == list(by_line)
    assert walked.coverage == by_line.coverage
    alone, grouped = (
        total_of(scan(source, year=2026), DeliveryFilter()) for source in (written, blocks)
    )
    for counts in (*alone.summary.parts.values(), *grouped.summary.parts.values()):
        counts.example.clear()
    assert grouped.summary == alone.summary
    assert grouped.coverage == alone.coverage


def assert_same(lines: list[str] | Path) -> None:
    (single, coverage), (together, other) = both(lines)
    for field in attrs.fields(Summary):
        assert getattr(together, field.name) == getattr(single, field.name), field.name
    assert other == coverage


@settings(deadline=None)
@given(st.lists(postfix_lines(), max_size=12))
def test_postfix_comes_to_the_same(lines: list[str]) -> None:
    """Whatever lines of Postfix a log holds, bundles come to the same counts."""
    assert_same(lines)


@settings(deadline=None)
@given(st.lists(exim_lines(), max_size=12))
def test_exim_comes_to_the_same(lines: list[str]) -> None:
    """Whatever lines of Exim a log holds, bundles come to the same counts."""
    assert_same(lines)


@settings(deadline=None)
@given(bounces(), st.booleans())
def test_dead_addresses_are_as_many_as_verdicts_that_suppress(
    lines: list[str],
    finely: bool,
) -> None:
    """A bundle counts those alone whose own verdict suppresses, whomever a text names."""
    verdicts = [delivery.verdict for delivery in _scan(lines)]
    proven = sum(verdict is not None and verdict.suppress for verdict in verdicts)
    bundled = Summary.of(_scan(lines).bundled(finely=finely))
    assert bundled.deliveries == len(verdicts)
    assert bundled.total.suppressed.total() == proven


@settings(deadline=None)
@given(st.lists(postfix_lines() | exim_lines() | st.text(max_size=60), max_size=12))
def test_a_mixed_log_comes_to_the_same(lines: list[str]) -> None:
    """Whatever else stands between, nothing is lost and nothing counted twice."""
    assert_same(lines)


@settings(deadline=None)
@given(
    st.lists(postfix_lines() | REPEATED, max_size=12)
    | st.lists(exim_lines() | REPEATED, max_size=12)
    | st.lists(postfix_lines() | exim_lines() | REPEATED, max_size=12),
    st.integers(2, 6),
)
def test_blocks_come_to_the_same_as_lines(lines: list[str], size: int) -> None:
    """Wherever a block begins, in a message that is shown or before a repetition."""
    assert_same_by_lines(lines, size)


@settings(deadline=None)
@given(st.lists(postfix_lines() | exim_lines(), max_size=12))
def test_lines_come_to_the_same_by_the_minute(lines: list[str]) -> None:
    single = Summary.by_minute()
    run = _scan(lines)
    count_received(run, DeliveryFilter(), single)
    for delivery in run:
        single.add(delivery)
    together = total_of(_scan(lines), DeliveryFilter(), by_minute=True).summary
    assert together.volume == single.volume
    for counts, others in zip(together.parts.values(), single.parts.values(), strict=True):
        assert (counts.times, counts.reason_times) == (others.times, others.reason_times)


@pytest.mark.parametrize("size", [2, 3, 5, 100])
def test_lines_that_belong_together_may_be_in_two_blocks(size: int) -> None:
    repeated = ["Nov 24 11:43:32 mx last message repeated 3 times"] * 2
    for lines in ([SHOWN] * 20, [delivered(10, 1), delivered(10, 2), *repeated] * 9):
        assert_same_by_lines(lines, size)


@pytest.mark.parametrize("blank", [" ", "\xa0"])
@pytest.mark.parametrize("text", ["no &lt;b&gt; here", "no\xa0such user", "a &lt;&#10;b"])
def test_a_line_copied_from_a_page_is_read_alike_in_blocks(text: str, blank: str) -> None:
    lines = [f"{ATTEMPT['exim']} QT=1s", "2026-11-24 11:43:32 1jmFYj-00039V-QX Completed"]
    failed = "** bob@example.org R=dns T=smtp H=mx.example.org [192.0.2.1]"
    error = f"SMTP error from remote mail server after DATA: 550 {text}"
    lines += [f"2026-11-24{blank}11:43:32 1jmFYj-00039V-QX {failed}: {error}"] * 3
    assert_same_by_lines(lines, 100)


def test_a_quoted_recipient_of_exim_comes_to_the_same() -> None:
    local = "x@example.net <X"
    assert_same(
        [
            f"2026-11-24 11:43:32 1jmFYj-00039V-QX ** {local.lower()}@example.org "
            f'<"{local}"@example.org> R=out T=smtp H=mx.example.org [192.0.2.1]: SMTP error from '
            f'remote mail server after RCPT TO:<"{local}"@example.org>: 550 5.1.1 no'
        ]
    )


def test_many_programs_come_to_the_same() -> None:
    programs = ("".join(pair) for pair in product("abcdefg", repeat=2))
    lines = [delivered(n % 60, n, program=f"postfix/{name}") for n, name in enumerate(programs)]
    assert_same(lines * 2)


@pytest.mark.parametrize("length", [100, 190, 191, 246, 247, 248, 400])
@pytest.mark.parametrize("status", ["sent", "bounced", "removed"])
def test_a_long_name_of_a_program_comes_to_the_same(length: int, status: str) -> None:
    line = delivered(10, 1, program="postfix/" + "a" * length).replace("sent", status)
    assert_same_by_lines([*[delivered(10, 1)] * 6, *[line] * 3], 100)


@pytest.mark.parametrize("name", ["none", "local", "virtual"])
@pytest.mark.parametrize("said", ["sent (250 2.0.0 Ok: queued as 1)", "bounced (550 no)"])
def test_a_host_with_the_name_of_a_word_is_a_host(name: str, said: str) -> None:
    line = delivered(10, 1).replace("mx.example.org", name).partition("sent (")[0]
    assert_same_by_lines([line + said] * 6, 100)
    [delivery] = scan([line + said])
    assert (delivery.relay_host, delivery.relay_ip) == (name, "192.0.2.1")
    assert delivery.direction is Direction.OUTGOING


@pytest.mark.parametrize("minute", [29, 30, 31])
def test_a_stamp_has_the_same_year_by_the_hour(tmp_path: Path, minute: int) -> None:
    """From the next hour after the file's own time on, and a day more, it is the year before."""
    path = tmp_path / "mail.log"
    path.write_text("\n".join([delivered(minute, 1)] * 3), encoding="utf-8")
    written = datetime(2026, 11, 23, 11, 30).timestamp()  # noqa: DTZ001
    os.utime(path, (written, written))
    years = {delivery.time.year for delivery in scan(path) if delivery.time}
    found = [one for one in scan(path).bundled() if isinstance(one, Bundle)]
    assert years == {time.year for one in found for time in one.times if time} == {2026}


def test_what_is_left_is_bundled_after_some_were_read_one_by_one() -> None:
    """A path is not read again from its beginning."""
    run = scan(DATA / "sample.log")
    first = [next(run) for _ in range(5)]
    left = Summary.of(run.bundled())
    whole = Summary.of(scan(DATA / "sample.log"))
    assert left.deliveries == whole.deliveries - len(first)
    assert run.coverage == _coverage(DATA / "sample.log")
    assert list(run.bundled()) == list(run) == []


def _coverage(path: Path) -> Coverage:
    run = scan(path)
    list(run)
    return run.coverage


def test_the_sample_comes_to_the_same() -> None:
    assert_same(DATA / "sample.log")


def test_lines_that_are_left_are_shown_as_unreadable() -> None:
    unread: list[str] = []
    run = scan(
        ["Nov 24 11:43:32 mx postfix/smtp[1]: what is this\nwho knows\n"],
        on_unreadable=lambda line: unread.append(line.text),
    )
    assert list(run.bundled()) == []
    assert unread == ["Nov 24 11:43:32 mx postfix/smtp[1]: what is this", "who knows"]


def bundles(lines: list[str], *, finely: bool = False) -> list[Bundle]:
    found = list(scan(["\n".join(lines)], year=2026).bundled(finely=finely))
    assert all(isinstance(one, Bundle) for one in found)
    return found  # type: ignore[return-value]


def delivered(
    minute: int, queued: int, domain: str = "example.org", program: str = "postfix/smtp"
) -> str:
    return (
        f"Nov 24 11:{minute:02}:32 mx {program}[1]: 4E74613FE7: to=<bob@{domain}>, "
        f"relay=mx.{domain}[192.0.2.1]:25, delay=1.5, delays=0/0/1/0, dsn=2.0.0, "
        f"status=sent (250 2.0.0 Ok: queued as {queued})"
    )


def test_a_bundle_says_what_each_delivery_has_of_its_own() -> None:
    [bundle] = bundles([delivered(10, 1), delivered(11, 2), delivered(12, 3, "example.com")])
    assert bundle.count == 3
    assert bundle.times == {datetime(2026, 11, 24, 11): 3}  # noqa: DTZ001
    assert bundle.domains == {"example.org": 2, "example.com": 1}
    assert bundle.servers == {"mx.example.org": 2, "mx.example.com": 1}
    assert bundle.delays == {("", 1.5): 3}


def test_a_fine_bundle_has_one_time_and_one_domain() -> None:
    lines = [delivered(10, 1), delivered(10, 2), delivered(11, 3), delivered(10, 4, "example.com")]
    counts = sorted(bundle.count for bundle in bundles(lines, finely=True))
    assert counts == [1, 1, 2]


def test_refusals_of_many_clients_are_one_bundle() -> None:
    lines = [
        f"Nov 24 11:43:32 mx postfix/smtpd[4{n}]: NOQUEUE: reject: RCPT from "
        f"unknown[203.0.113.{n}]: 554 5.7.1 Client host [203.0.113.{n}] blocked using "
        f"zen.spamhaus.org; see https://www.spamhaus.org/query/ip/203.0.113.{n}; "
        f"from=<a{n}@spam.example> to=<user{n}@example.com> proto=ESMTP helo=<x{n}>"
        for n in range(9)
    ]
    [bundle] = bundles(lines)
    assert bundle.refused[8] == ("a8@spam.example", "user8@example.com", "203.0.113.8", None)


@pytest.mark.parametrize("sign", ["=>", "**", "=="])
def test_what_many_servers_say_alike_is_one_bundle(sign: str) -> None:
    error = ": SMTP error from remote mail server after RCPT TO:<{}>: "
    lines = []
    for number in range(9):
        to, text = f"bob{number}@example.org", f"550 5.1.1 no, 1234567{number}abc is full"
        said = f' C="250 Ok {number}abcdefgh"' if sign == "=>" else error.format(to) + text
        host = f"H=mx{number}.example.org [192.0.2.{number}]:25"
        defer = " defer (-44)" if sign == "==" else ""
        lines.append(
            f"2026-11-24 11:43:32 1jmFYj-00039V-QX {sign} {to} R=dns T=smtp{defer} {host}{said}"
        )
    [bundle] = bundles(lines)
    assert len(bundle.servers) == 9


def test_a_quoted_sender_is_known_when_a_bounce_in_the_same_block_is_counted() -> None:
    head = "Nov 24 11:43:32 mx postfix"
    assert_same(
        lines := [
            f'{head}/qmgr[9]: 4E74613FE7: from=<"a b"@example.org>, size=2112, nrcpt=1 (active)',
            f"{head}/smtp[1]: 4E74613FE7: to=<bob@example.org>, relay=none, delay=1.5, "
            "delays=0/0/1/0, dsn=5.4.4, status=bounced (Host not found)",
        ]
    )
    [bundle] = bundles(lines)
    assert [party[0] for party in bundle.refused] == ['"a b"@example.org']


ARRIVAL = {
    "postfix": "Nov 24 11:43:32 mx postfix/qmgr[1]: 4E74613FE7: from=<{}>, size=9, nrcpt=1 (x)",
    "exim": "2026-11-24 11:43:32 1jmFYj-00039V-QX <= {} H=c [203.0.113.9] P=esmtps S=9 id=1@b.c",
}
ATTEMPT = {
    "postfix": "Nov 24 11:43:32 mx postfix/smtp[1]: 4E74613FE7: to=<bob@example.org>, "
    "relay=mx.example.org[192.0.2.1]:25, delay=1, dsn=2.0.0, status=sent (250 2.0.0 Ok)",
    "exim": "2026-11-24 11:43:32 1jmFYj-00039V-QX => bob@example.org R=dns T=smtp "
    'H=mx.example.org [192.0.2.1] C="250 2.0.0 Ok"',
}


@pytest.mark.parametrize("mta", ["postfix", "exim"])
def test_an_attempt_is_of_the_last_arrival_before_it(mta: str) -> None:
    attempt, arrival = ATTEMPT[mta], ARRIVAL[mta].format
    log = [attempt, arrival("al@one.example"), attempt, arrival("al@two.example"), attempt]
    assert_same(log)
    [bundle] = bundles(log)
    assert bundle.senders == {"one.example": 1, "two.example": 1}
    assert len(bundle.strays) == 1


SENT = "250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 3C1D8F20A4"


def attempt_at(relay: str, text: str, status: str = "sent") -> str:
    return (
        "Nov 24 11:43:32 mx postfix/smtp[42]: 4E74613FE7: to=<bob@example.org>, "
        f"relay={relay}, delay=1, delays=0/0/0/1, dsn=2.0.0, status={status} ({text})"
    )


@pytest.mark.parametrize("text", [SENT, "250 2.0.0 Ok", "host mx said: 450 4.2.0 Greylisted"])
@pytest.mark.parametrize(
    "relay",
    [
        *("127.0.0.1[127.0.0.1]:10024", "filter.example[192.0.2.9]:10024", "x[private/lmtp]"),
        *(
            "local[192.0.2.1]:25",
            "virtual[192.0.2.1]:25",
            "mx[]",
            "a[::1]:25",
        ),
        *("mx.example.org[2001:db8::1]:25", "mx[192.0.2.1]:25", "none", "local"),
    ],
)
def test_another_server_may_make_another_kind(relay: str, text: str) -> None:
    """A filter on the same host hands on; a host may be named as a word for no host is."""
    status = "deferred" if "450" in text else "sent"
    usual = attempt_at("mx.example.org[192.0.2.1]:25", text, status)
    assert_same([usual, attempt_at(relay, text, status)])
    assert_same([attempt_at(relay, text, status), usual])


@pytest.mark.parametrize("lead", ["SMTP", "LMTP", "PRDR"])
def test_a_server_forges_no_refusal_in_its_confirmation(lead: str) -> None:
    said = "250 2.0.0 Ok"
    forged = f"{said} {lead} error from remote mail server after DATA: 550 5.1.1 no such user"
    line = (
        "2026-11-24 11:43:32 1jmFYj-00039V-QX => bob@example.org R=dns T=smtp "
        'H=mx.example.org [192.0.2.1] C="{}"'
    )
    assert_same([line.format(said), line.format(forged)])
    [delivery] = scan([line.format(forged)])
    assert delivery.reply is not None
    assert (delivery.reply.code, delivery.status) == (250, Status.SENT)


def test_quantities_that_decide_are_told_apart() -> None:
    texts = (
        *(
            "550 5.1.1 User unknown, try again in 24 hours",
            "550 5.1.1 User unknown, try in 1000 hours",
        ),
        *("550-Message for 552 seconds 550 5.7.1 no", "550-Message for 550 seconds 550 5.7.1 no"),
        *("550 xyzzy for \u00b2 days", "550 xyzzy for 5 days"),
    )
    assert_same(
        [
            attempt_at(
                "mx.example.org[192.0.2.1]:25",
                f"host mx.example.org[192.0.2.1] said: {text}",
                "bounced",
            )
            for text in texts
        ]
    )


def test_what_a_file_begins_with_repeats_nothing_of_the_file_before(tmp_path: Path) -> None:
    refused = (
        "Nov 24 11:43:32 mx postfix/smtpd[44]: NOQUEUE: reject: RCPT from c[203.0.113.9]: 554 "
        "5.7.1 no; from=<a@x.example> to=<b@y.example> proto=SMTP helo=<c>"
    )
    connected = "Nov 24 11:43:32 mx postfix/smtpd[44]: connect from c[203.0.113.9]"
    (tmp_path / "mail.log.1").write_text(f"{connected}\n{connected}\n{refused}\n")
    repeated = "Nov 24 11:43:33 mx last message repeated 3 times"
    (tmp_path / "mail.log").write_text(f"{repeated}\n{connected}\n")
    assert_same(tmp_path)


def test_an_original_address_of_any_form_is_read_alike_in_blocks() -> None:
    line = (
        '2026-11-24 11:43:32 1jmFYj-00039V-QX => zoe@x <= "a S=5"@example.com H=h T="s" from <a@b>'
    )
    assert_same_by_lines([line, line], 2)


USUAL = {
    "postfix": (
        "Nov 24 11:43:30 mx1 postfix/qmgr[9]: 4E74613FE7: from=<news@example.com>, size=2112, "
        "nrcpt=1 (queue active)",
        "Nov 24 11:43:32 mx1 postfix/smtp[10]: 4E74613FE7: to=<bob@example.org>, "
        "orig_to=<al@example.net>, relay=mx.example.org[192.0.2.1]:25, delay=1.9, "
        "delays=0.1/0/1.1/0.7, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as <4Zq8>)",
        "Nov 24 11:43:33 mx1 postfix/smtp[10]: 4E74613FE7: to=<bob@example.org>, "
        "relay=mx.example.org[192.0.2.1]:25, delay=1.9, delays=0.1/0/1.1/0.7, dsn=5.1.1, "
        "status=bounced (host mx.example.org[192.0.2.1] said: 550 5.1.1 <bob@example.org>: no "
        "such user (in reply to RCPT TO command))",
        "Nov 24 11:43:34 mx1 postfix/smtpd[7]: NOQUEUE: reject: RCPT from x.example[203.0.113.9]: "
        "554 5.7.1 <bob@example.com>: Relay access denied; from=<a@spam.example> "
        "to=<bob@example.com> proto=ESMTP helo=<x.example>",
    ),
    "exim": (
        "2026-11-24 11:43:30 1jmFYj-00039V-QX <= news@example.com H=client.example.com "
        '[192.0.2.9] P=esmtps X=TLS1.3:A:256 CV=no S=2112 id=7@example.com T="hi"',
        "2026-11-24 11:43:32 1jmFYj-00039V-QX => bob@example.org <al@example.net> R=dnslookup "
        'T=remote_smtp H=mx.example.org [192.0.2.1]:25 X=TLS1.3:A:256 CV=yes C="250 2.0.0 Ok"',
        "2026-11-24 11:43:33 1jmFYj-00039V-QX ** bob@example.org R=dnslookup T=remote_smtp "
        "H=mx.example.org [192.0.2.1]:25: SMTP error from remote mail server after "
        "RCPT TO:<bob@example.org>: 550 5.1.1 <bob@example.org>: no such user",
    ),
}


@pytest.mark.parametrize("character", ["猫", "é"])
@pytest.mark.parametrize("mta", USUAL)
def test_a_character_at_any_place_comes_to_the_same(mta: str, character: str) -> None:
    """A pattern of blocks never takes a part of a name for all of it."""
    for number, line in enumerate(USUAL[mta]):
        for place in range(len(line)):
            lines = list(USUAL[mta])
            lines[number] = f"{line[:place]}{character}{line[place:]}"
            assert_same_by_lines(lines, len(lines))


@pytest.mark.parametrize("host", ["2026-10-25T00:30:00", "{mx"])
def test_what_is_no_host_is_none_in_blocks(host: str) -> None:
    said = (
        "postfix/smtp[42]: 4E74613FE7: to=<bob@example.org>, relay=mx.example.org[192.0.2.1]:25, "
        "delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 2.0.0 Ok)"
    )
    stamp = "2026-10-25T00:38:38Z"
    assert_same_by_lines([*[f"{stamp} mx1 {said}"] * 4, f"{stamp} {host} {said}"], 5)


def test_a_line_without_words_suppresses_nobody() -> None:
    line = (
        "Nov 24 11:43:32 mx postfix/smtp[42]: 4E74613FE7: to=<bob@example.org>, relay=none, "
        "delay=1, dsn=5.1.1, status=bounced ("
    )
    [delivery] = scan([line])
    assert delivery.verdict is None or not delivery.verdict.suppress
    assert not Summary.of(scan([line])).outgoing.suppressed
