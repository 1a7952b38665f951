"""Exchange's tracking logs, protocol logs, statuses, and Exchange Online's traces."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.dialogue.session import Session
from smtpreply.logs import Delivery, Direction, ReplyBy, Status, scan
from smtpreply.logs.toolkit.exchange import answer_in, statuses_in, values_in

DATA = Path(__file__).parents[2] / "data" / "logs"
TRACKING = (DATA / "exchange_tracking.log").read_text(encoding="utf-8").splitlines()
SEND = (DATA / "exchange_smtp_send.log").read_text(encoding="utf-8").splitlines()
RECEIVE = (DATA / "exchange_smtp_receive.log").read_text(encoding="utf-8").splitlines()
TRACE = (DATA / "exchange_online_trace.csv").read_text(encoding="utf-8").splitlines()
STATUSES = (DATA / "exchange_status.txt").read_text(encoding="utf-8").splitlines()


def words(delivery: Delivery) -> tuple[object, ...]:
    return delivery.recipient, delivery.status, delivery.stage, delivery.reply_by, delivery.text


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ('hal@example.org;"a;b"@example.org', ["hal@example.org", '"a;b"@example.org']),
        ('{"a,b"@example.org, hal@example.org}', ['"a,b"@example.org', "hal@example.org"]),
        (r'"a\";b"@example.org;hal@example.org', [r'"a\";b"@example.org', "hal@example.org"]),
        ('"al@example.org;hal@example.org', ['"al@example.org', "hal@example.org"]),
    ],
)
def test_a_list_of_addresses_is_split_outside_of_quotes(text: str, addresses: list[str]) -> None:
    assert values_in(text) == addresses


# --- statuses ------------------------------------------------------------------------------


LIST = """\
Timestamp               : 24/11/2026 11:43:32
ClientHostname          : MX1
SourceContext           :
ConnectorId             : Outbound
Source                  : SMTP
EventId                 : FAIL
MessageId               : <7@example.com>
Recipients              : {bob@example.org}
RecipientStatus         : {[{LED=550-5.1.1 No such user. Ask whom
                          you know.
                          550 5.1.1 here};{MSG=};{FQDN=mx.example.org};
                          {IP=192.0.2.1};{LRT=24/11/2026 11:43:31}]}
RelatedRecipientAddress :
MessageSubject          : EventId : FAIL
Sender                  : al@example.com
"""


@pytest.mark.parametrize("spaced", [False, True])
def test_a_list_of_powershell_tells_whom_a_status_is_of(*, spaced: bool) -> None:
    second = LIST.replace("bob@", "eve@").replace("FAIL\n", "DEFER\n", 1)
    text = f"{LIST}\n{second}"
    run = scan((text.replace("\n", "\n\n") if spaced else text).split("\n"))
    bob, eve = run
    assert (bob.recipient, bob.sender, bob.relay_host, bob.status, bob.reply_by) == (
        "bob@example.org",
        "al@example.com",
        "mx.example.org",
        Status.BOUNCED,
        ReplyBy.REMOTE,
    )
    assert bob.text == "550-5.1.1 No such user. Ask whom you know.\n550 5.1.1 here"
    assert (eve.recipient, eve.status) == ("eve@example.org", Status.DEFERRED)
    assert run.coverage.understood == run.coverage.known == run.coverage.lines


def test_a_list_of_few_columns_is_no_header_of_a_mail() -> None:
    lines = (
        "Timestamp      : 24/11/2026 11:43:32",
        "EventId        : FAIL",
        "Source         : SMTP",
        "Sender         : al@example.com",
        "Recipients     : {bob@example.org, eve@example.org}",
        "RecipientStatus: {[{LED=550 5.1.1 No};{MSG=};{FQDN=mx.example.org};{IP=192.0.2.1}]}",
    )
    assert [each.recipient for each in scan(lines)] == ["bob@example.org", "eve@example.org"]


def test_a_list_without_the_event_has_the_status_alone() -> None:
    lines = [line for line in LIST.split("\n") if not line.startswith(("EventId", "Source "))]
    [bob] = scan(lines)
    assert (bob.mta, bob.recipient, bob.sender, bob.status) == (
        "exchange-status",
        "bob@example.org",
        "al@example.com",
        Status.BOUNCED,
    )


def test_a_status_alone_goes_on_until_it_is_closed() -> None:
    lines = LIST.split("\n")
    start = next(n for n, line in enumerate(lines) if line.startswith("RecipientStatus"))
    for status in (
        lines[start : start + 4],
        [*lines[start : start + 4], "", "Nov 24 11:43:32 mx x: y"],
    ):
        [found] = scan(status)
        assert (found.text or "").endswith("550 5.1.1 here")
        assert found.relay_ip == "192.0.2.1"
    [cut] = scan(lines[start : start + 2])
    assert cut.text == "550-5.1.1 No such user. Ask whom you know."


def test_a_list_of_an_unknown_event_or_of_something_else_is_not_understood() -> None:
    run = scan(LIST.replace(": FAIL\n", ": WHATEVER\n", 1).split("\n"))
    assert list(run) == []
    assert run.coverage.known - run.coverage.understood == 1
    other = scan(["Source      : Kernel", "EventID     : 41", "Message     : {[oops]}"])
    assert (list(other), other.coverage.known) == ([], 0)


def test_an_agent_that_filters_clients_answers_as_exchange() -> None:
    context = "SourceContext           : Sender Id Agent"
    [bob] = scan(LIST.replace("SourceContext           :", context).split("\n"))
    assert (bob.direction, bob.status, bob.reply_by) == (
        Direction.INCOMING,
        Status.REJECTED,
        ReplyBy.OWN,
    )


def test_a_status_of_any_version_tells_the_reply_and_the_server() -> None:
    deliveries = list(scan(DATA / "exchange_status.txt"))
    assert [(one.text or "")[:30] for one in deliveries] == [
        "550 5.7.1 Blocked by policy",
        "550 5.7.1 RESOLVER.RST.NotAuth",
        "441 4.4.1 Error encountered wh",
        "400 4.4.7 Message delayed",
        "451-4.7.23 SPF is not there fo",
        "451 4.4.0 DNS query failed",
        "554 5.7.1 Not now, and not lat",
        "550 4.4.7 QUEUE.Expired; messa",
    ]
    assert [one.reply_by for one in deliveries] == [
        ReplyBy.REMOTE,
        ReplyBy.MTA,
        ReplyBy.MTA,
        ReplyBy.MTA,
        ReplyBy.REMOTE,
        ReplyBy.MTA,
        ReplyBy.REMOTE,
        ReplyBy.MTA,
    ]
    assert [one.status for one in deliveries] == [
        Status.BOUNCED,
        Status.BOUNCED,
        Status.DEFERRED,
        Status.DEFERRED,
        Status.DEFERRED,
        Status.DEFERRED,
        Status.DEFERRED,  # a queue tries again, whatever was said
        Status.EXPIRED,
    ]
    assert (deliveries[0].relay_host, deliveries[0].relay_ip) == ("mx.example.org", "203.0.113.7")
    assert deliveries[0].time == datetime(2026, 11, 24, 9, 47, 13)  # noqa: DTZ001  (not told)
    reply = deliveries[4].reply
    assert reply is not None
    assert reply.lines == ("SPF is not there for", "example.com {x}")


def test_a_reply_cannot_play_the_pairs_behind_it() -> None:
    evil = "550 No};{MSG=};{FQDN=evil.example};{IP=6.6.6.6};{LRT=x}]"
    answer = answer_in(f"[{{LED={evil}}};{{MSG=}};{{FQDN=mx.example}};{{IP=192.0.2.1}};{{LRT=}}]")
    assert (answer.text, answer.host, answer.ip) == (evil, "mx.example", "192.0.2.1")


def test_a_status_that_was_cut_still_tells() -> None:
    answer = answer_in("[{LED=450 4.4.316 Connection refused};{MSG=Socket error code 10061")
    assert answer.reply_by is ReplyBy.MTA
    assert answer_in("[{LED=550 5.1.1 No such us").text == "550 5.1.1 No such us"
    assert answer_in("[{LED=};{MSG=};{FQDN=};{IP=};{LRT=}]").text is None


def test_a_window_breaks_lines_and_a_reply_has_its_own() -> None:
    answer = answer_in("{[{LED=550-5.7.26 One\n      550 5.7.26 of\n   two};{MSG=};\n {FQDN=a.b}]}")
    assert (answer.text, answer.host) == ("550-5.7.26 One\n550 5.7.26 of two", "a.b")


@pytest.mark.parametrize(
    ("text", "spoke", "by"),
    [
        ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", False, ReplyBy.MTA),
        ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", True, ReplyBy.REMOTE),
        ("550 4.4.7 QUEUE.Expired; message expired", True, ReplyBy.MTA),
        ("421 4.4.2 Connection dropped due to SocketError", True, ReplyBy.MTA),
        ("550 5.0.350 Remote server returned an error -> 550 No", False, ReplyBy.FILTER),
        ("450 4.7.323 tlsa-invalid: no record fits", True, ReplyBy.MTA),
        ("450 4.4.315 Connection timed out", True, ReplyBy.MTA),
        ("550 5.1.1 User unknown", False, ReplyBy.REMOTE),
        ("550 5.7.1 Ask QUEUE.Example or DNS.Example", True, ReplyBy.REMOTE),
        ("To", True, None),
    ],
)
def test_the_component_in_front_of_the_words_is_exchange_itself(
    text: str, spoke: bool, by: ReplyBy | None
) -> None:
    assert answer_in(text, spoke=spoke).reply_by is by


def test_a_list_of_statuses_is_parted_quoted_or_not() -> None:
    resolver = "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found"
    assert statuses_in(f"250 2.1.5 Ok;'{resolver}'", 2) == ["250 2.1.5 Ok", resolver]
    assert statuses_in(f"250 2.1.5 Ok;{resolver}", 2) == ["250 2.1.5 Ok", resolver]
    assert statuses_in(resolver, 1) == [resolver]
    assert statuses_in("'it''s';'b'", 2) == ["it's", "b"]
    assert values_in("{al@example.com, bo@example.com}") == ["al@example.com", "bo@example.com"]
    assert values_in("System.String[]") == []


# --- message tracking ----------------------------------------------------------------------


def test_tracking_tells_what_was_said_to_each_recipient() -> None:
    run = scan(DATA / "exchange_tracking.log")
    assert [words(delivery) for delivery in run] == [
        ("bo@example.org", None, Stage.RCPT, ReplyBy.REMOTE, "250 2.1.5 Ok"),
        (
            "bo@example.org",
            Status.SENT,
            Stage.END_OF_DATA,
            ReplyBy.REMOTE,
            "250 2.6.0 <m1@example.com> Queued mail for delivery",
        ),
        ("cy@example.org", None, Stage.RCPT, ReplyBy.REMOTE, "250 2.1.5 Fine"),
        (
            "cy@example.org",
            Status.SENT,
            Stage.END_OF_DATA,
            ReplyBy.REMOTE,
            "250 2.6.0 <m1@example.com> Queued mail for delivery",
        ),
        (
            "dan@example.org",
            Status.BOUNCED,
            None,
            ReplyBy.REMOTE,
            "550-5.1.1 No such user\n550 5.1.1 here, sorry",
        ),
        (
            "eve@example.com",
            Status.BOUNCED,
            None,
            ReplyBy.MTA,
            "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found",
        ),
        (
            "fay@example.net",
            Status.BOUNCED,
            None,
            ReplyBy.MTA,
            "550 5.4.4 ROUTING.NoConnectorForAddressType; unable to route",
        ),
        ("gil@example.com", Status.SENT, None, None, None),
        (
            "hal@example.net",
            Status.EXPIRED,
            None,
            ReplyBy.MTA,
            "550 4.4.7 QUEUE.Expired; message expired",
        ),
        (
            None,
            None,
            Stage.END_OF_DATA,
            ReplyBy.REMOTE,
            "250 2.6.0 <m6@example.com> [InternalId=2] Queued mail for redundancy",
        ),
        (
            "all@example.com",
            Status.DISCARDED,
            None,
            ReplyBy.MTA,
            "250 2.1.5 RESOLVER.GRP.Expanded; distribution list expanded",
        ),
    ]
    assert run.coverage.understood == run.coverage.lines == len(TRACKING)


def test_tracking_tells_every_field_of_a_delivery() -> None:
    delivery = list(scan(DATA / "exchange_tracking.log"))[1]
    assert delivery.time == datetime(2026, 10, 1, 8, 2, 12, tzinfo=UTC)
    assert (delivery.host, delivery.queue_id, delivery.message_id, delivery.sender) == (
        "EX01",
        "1001",
        "m1@example.com",
        "al@example.com",
    )
    assert (delivery.relay_host, delivery.relay_ip, delivery.delay) == (
        "mx.example.org",
        "203.0.113.7",
        12.0,
    )
    assert (delivery.direction, delivery.mta, delivery.line) == (
        Direction.OUTGOING,
        "exchange-tracking",
        7,
    )


def test_a_row_of_tracking_that_stands_alone_is_known_by_its_form() -> None:
    for line in TRACKING[6:7]:
        assert [delivery.recipient for delivery in scan([line])] == ["bo@example.org"] * 2 + [
            "cy@example.org"
        ] * 2
    row = TRACKING[6].split(",")  # 2007 has neither the network's id, nor what is behind the info
    old = ",".join(row[:11] + row[12:23])
    [first, *_] = scan([old])
    assert (first.mta, first.recipient) == ("exchange-tracking", "bo@example.org")


def test_an_export_by_powershell_is_the_same_table() -> None:
    log = [
        "#TYPE Microsoft.Exchange.Management.TransportLogSearchTasks.MessageTrackingEvent",
        '"Timestamp","ServerHostname","Source","EventId","MessageId","Recipients",'
        '"RecipientStatus","Sender","ReturnPath"',
        '"10/1/2026 8:02:12 AM","EX01","ROUTING","FAIL","<m@example.com>","{bo@example.com}",'
        '"{550 5.1.1 RESOLVER.ADR.RecipNotFound; not found}","al@example.com","<>"',
    ]
    [delivery] = scan(log)
    assert words(delivery) == (
        "bo@example.com",
        Status.BOUNCED,
        None,
        ReplyBy.MTA,
        "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found",
    )
    assert (delivery.sender, delivery.message_id) == ("", "m@example.com")


def test_the_extended_report_of_exchange_online_is_the_same_table() -> None:
    status = "[{LED=550 5.1.1 No};{MSG=};{FQDN=mx.example.org};{IP=203.0.113.7};{LRT=}]"
    head = (
        "date_time_utc,source_context,source,event_id,message_id,recipient_address,"
        "recipient_status,sender_address,return_path,directionality,custom_data"
    )
    row = "2026-02-08T13:58:27.1234567Z,,SMTP,FAIL,<m@example.com>,bo@example.org,{},a@b,a@b,2,{}"
    for in_status, in_custom_data in ((status, ""), ("", f"S:Proxy=1;'S:Status={status}'")):
        [delivery] = scan([head, row.format(in_status, in_custom_data)])
        assert words(delivery) == (
            "bo@example.org",
            Status.BOUNCED,
            None,
            ReplyBy.REMOTE,
            "550 5.1.1 No",
        )
        assert (delivery.relay_host, delivery.relay_ip) == ("mx.example.org", "203.0.113.7")
        assert delivery.time == datetime(2026, 2, 8, 13, 58, 27, 123456, tzinfo=UTC)


def test_statuses_whose_number_is_not_that_of_the_recipients_are_nobodys() -> None:
    line = TRACKING[6].replace("250 2.1.5 Ok;250 2.1.5 Fine", "250 1;250 2;250 3")
    found = list(scan([*TRACKING[:5], line]))
    assert len({delivery.recipient for delivery in found}) == len(found) == 2
    assert not any((delivery.text or "").startswith(("250 1", "250 3")) for delivery in found)


def test_a_reply_that_looks_like_two_is_nobodys() -> None:
    row = TRACKING[6].replace("SEND", "FAIL")
    line = row.replace("250 2.1.5 Ok;250 2.1.5 Fine", "550 5.1.1 a;250 2.1.5 forged;550 5.1.1 b")
    assert line != row
    found = list(scan([*TRACKING[:5], line]))
    assert [delivery.status for delivery in found] == [Status.BOUNCED] * 2
    assert [delivery.reply for delivery in found] == [None] * 2


def test_a_subject_cannot_play_a_status() -> None:
    assert list(scan(TRACKING[:6])) == []


# --- protocol logs -------------------------------------------------------------------------


def test_a_send_log_tells_each_reply_with_its_command() -> None:
    run = scan(DATA / "exchange_smtp_send.log")
    found = [(words(delivery)[:4], delivery.text, delivery.line) for delivery in run]
    remote = ReplyBy.REMOTE
    assert found == [
        ((None, None, Stage.CONNECT, remote), "220 mx.example.org ESMTP", 8),
        (
            (None, Status.DEFERRED, Stage.CONNECT, None),
            "Failed to connect. Winsock error code: 10060, Win32 error code: 10060, "
            "Destination domain: example.net",
            11,
        ),
        (
            (None, None, Stage.EHLO, remote),
            "250-mx.example.org\n250-SIZE 35882577\n250 CHUNKING",
            13,
        ),
        ((None, None, Stage.MAIL, remote), "250 2.1.0 Ok", 18),
        (("bo@example.org", None, Stage.RCPT, remote), "250 2.1.5 Ok", 19),
        (("cy@example.org", Status.BOUNCED, Stage.RCPT, remote), "550 5.1.1 No, never", 20),
        ((None, None, None, remote), "250 2.0.0 1024 octets", 22),
        (
            ("bo@example.org", Status.SENT, Stage.END_OF_DATA, remote),
            "250 2.6.0 <m1@example.com> Queued",
            24,
        ),
        ((None, None, Stage.QUIT, remote), "221-Bye", 27),
    ]
    assert run.coverage.understood == run.coverage.lines


def test_a_receive_log_tells_our_own_replies() -> None:
    run = scan(DATA / "exchange_smtp_receive.log")
    deliveries = list(run)
    assert {delivery.reply_by for delivery in deliveries} == {ReplyBy.OWN}
    assert {delivery.direction for delivery in deliveries} == {Direction.INCOMING}
    assert [delivery.stage for delivery in deliveries] == [
        Stage.CONNECT,
        Stage.EHLO,
        Stage.AUTH,
        Stage.AUTH,
        Stage.MAIL,
        Stage.RCPT,
    ]
    last = deliveries[-1]
    assert (last.recipient, last.sender, last.status) == (
        "no@example.com",
        "x@c.example.net",
        Status.REJECTED,
    )
    assert (last.relay_ip, last.relay_port, last.queue_id) == (
        "198.51.100.9",
        40000,
        "08DF000000000200",
    )
    assert run.coverage.understood == run.coverage.lines


def test_a_row_of_a_protocol_log_tells_its_direction_by_the_ports() -> None:
    [sent] = scan([SEND[19]])
    assert (sent.reply_by, sent.relay_ip) == (ReplyBy.REMOTE, "203.0.113.7")
    [received] = scan([RECEIVE[9]])
    assert (received.reply_by, received.stage) == (ReplyBy.OWN, Stage.EHLO)
    assert list(scan([RECEIVE[8], RECEIVE[5]])) == []


def test_the_name_of_a_file_tells_the_direction_too(tmp_path: Path) -> None:
    row = SEND[19].replace(":25", ":10025")
    for name, by in (("RECV2026100108-1.LOG", None), ("SEND2026100108-1.LOG", ReplyBy.REMOTE)):
        path = tmp_path / name
        path.write_text(row + "\n", encoding="utf-8")
        assert [delivery.reply_by for delivery in scan(path)] == ([by] if by else [])


def test_a_client_cannot_play_our_reply() -> None:
    rows = [RECEIVE[4], RECEIVE[5], RECEIVE[8].replace("EHLO c.example.net", "250 2.6.0 Queued")]
    assert list(scan([RECEIVE[2], *rows])) == []


def test_two_logs_in_one_file_keep_their_directions() -> None:
    run = scan(SEND + RECEIVE)
    assert [delivery.reply_by for delivery in run][-6:] == [ReplyBy.OWN] * 6


def test_sessions_that_are_mixed_are_kept_apart() -> None:
    other = [line.replace("08DF000000000200", "08DF000000000201") for line in RECEIVE[5:]]
    mixed = [line for pair in zip(RECEIVE[5:], other, strict=True) for line in pair]
    deliveries = list(scan(RECEIVE[:5] + mixed))
    assert len(deliveries) == 12
    assert [one.stage for one in deliveries[::2]] == [one.stage for one in deliveries[1::2]]


def test_more_sessions_than_are_remembered_lose_no_reply() -> None:
    row = SEND[10].replace("08DF000000000100", "{:016X}")
    rows = [row.format(number) for number in range(10_050)]
    assert len(list(scan([*SEND[:5], *rows]))) == 10_050


def test_a_session_that_is_seen_from_the_middle_goes_by_the_words() -> None:
    session = Session()
    answered = session.reply_line("354 Go on")
    assert answered is not None
    assert answered.stage is Stage.DATA
    assert session.reply_line("x") is None


# --- Exchange Online -----------------------------------------------------------------------


def test_a_trace_tells_what_became_of_each_message() -> None:
    run = scan(DATA / "exchange_online_trace.csv")
    deliveries = list(run)
    assert [(one.recipient, one.status, one.reply_by) for one in deliveries] == [
        ("bo@example.org", Status.SENT, None),
        ("cy@example.org", Status.BOUNCED, ReplyBy.REMOTE),
        ("dan@example.org", Status.DEFERRED, ReplyBy.MTA),
        ("eve@example.org", Status.BOUNCED, ReplyBy.FILTER),
        ("al@example.com", Status.HELD, None),
    ]
    assert deliveries[1].text == "550-5.1.1 No such user\n550 5.1.1 here"
    assert deliveries[1].relay_host == deliveries[2].relay_host == "mx.example.org"
    assert deliveries[1].time == datetime(2026, 2, 8, 13, 58, 28, tzinfo=UTC)
    assert run.coverage.understood == run.coverage.lines


def test_a_summary_has_a_row_for_all_recipients() -> None:
    deliveries = list(scan(DATA / "exchange_online_summary.csv"))
    assert [(one.recipient, one.status, one.direction) for one in deliveries] == [
        ("bo@example.org", Status.SENT, Direction.OUTGOING),
        ("cy@example.org", Status.BOUNCED, Direction.OUTGOING),
        ("al@example.com", Status.SENT, Direction.INCOMING),
    ]


def test_a_trace_may_be_json() -> None:
    [delivery] = scan(
        [
            '{"Received": "2026-02-08T13:58:27Z", "SenderAddress": "al@example.com", "Index": 1,'
            ' "RecipientAddress": "bo@example.org", "Status": "Failed", "Detail": "Reason: '
            '[{LED=550 5.1.1 No};{MSG=};{FQDN=mx.example.org};{IP=203.0.113.7};{LRT=}]"}'
        ]
    )
    assert words(delivery)[1:] == (Status.BOUNCED, None, ReplyBy.REMOTE, "550 5.1.1 No")


def test_an_event_that_is_not_known_is_counted() -> None:
    run = scan([*TRACE[:2], TRACE[2].replace("Delivered", "Teleported")])
    assert list(run) == []
    assert run.coverage.understood == 2


# --- hostile rows --------------------------------------------------------------------------

_PIECES = st.sampled_from(
    [
        *STATUSES, "[{LED=", "};{MSG=", "};{IP=", "}]", ";", "'", '"', ",", "550 5.1.1 No", "250-",
        "\n", "##", "Fail", "RCPT TO:<", ">", "\r", "\ud800", "9" * 5000, "{" * 500, "Reason: ",
    ]
)  # fmt: skip
_TEXT = st.lists(st.one_of(_PIECES, st.text(max_size=8)), max_size=10).map("".join)


@given(_TEXT, st.integers(0, 30))
def test_whatever_a_field_holds_it_is_read_or_counted(text: str, place: int) -> None:
    """No field raises in any of the tables, wherever it stands."""
    for head, row in (
        (TRACKING[:5], TRACKING[6]),
        (SEND[:5], SEND[19]),
        (RECEIVE[:5], RECEIVE[7]),
        (TRACE[:2], TRACE[2]),
    ):
        fields = row.split(",")
        fields[place % len(fields)] = text
        run = scan([*head, ",".join(fields)])
        for delivery in run:
            assert delivery.to_dict()
        assert run.coverage.understood <= run.coverage.known == run.coverage.lines


@given(_TEXT)
def test_whatever_a_status_holds_it_is_read(text: str) -> None:
    """A status of any text has an answer, and a list of them as many as there may be."""
    assert answer_in("[{LED=" + text) is not None
    assert "".join(statuses_in(text, 3)).count("L") <= text.count("L")
    list(scan(["[{LED=" + text]))
