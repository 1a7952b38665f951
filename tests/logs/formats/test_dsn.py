import base64
import io
import mailbox
import quopri
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import Delivery, Direction, ReplyBy, Status, scan

MAILBOX = Path(__file__).parents[2] / "data" / "logs" / "dsn.mbox"

STATUS_PART = (
    "Reporting-MTA: dns; mx1.example.com\n"
    "Arrival-Date: Tue, 24 Nov 2026 11:43:30 +0100\n"
    "\n"
    "Final-Recipient: rfc822; bob@example.org\n"
    "Action: failed\n"
    "Status: 5.1.1\n"
    "Remote-MTA: dns; mx.example.org\n"
    "Diagnostic-Code: smtp; 550 5.1.1 No such user\n"
)


def report(
    part: str = STATUS_PART, kind: str = "message/delivery-status", encoding: str = "7bit"
) -> str:
    return (
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx1.example.com\nTo: al@example.com\n"
        "Date: Tue, 24 Nov 2026 12:00:00 +0100\n"
        'Content-Type: multipart/report; report-type=delivery-status;\n boundary="b 1"\n\n'
        f"--b 1\nContent-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n\n"
        f"{part}\n"
        "--b 1\nContent-Type: text/rfc822-headers\n\nMessage-ID: <7@example.com>\n--b 1--\n"
    )


def read(text: str) -> list[Delivery]:
    return list(scan(io.BytesIO(text.encode("utf-8", "surrogateescape"))))


def one(text: str) -> Delivery:
    [delivery] = read(text)
    return delivery


def lone(*lines: str) -> Delivery:
    [delivery] = scan(list(lines))
    return delivery


def code_of(delivery: Delivery) -> int | None:
    return delivery.reply.code if delivery.reply else None


# --- a mailbox -----------------------------------------------------------------------------


def test_a_mailbox_tells_of_each_recipient_and_of_no_returned_or_quoted_one() -> None:
    run = scan(MAILBOX)
    deliveries = list(run)
    assert [delivery.recipient for delivery in deliveries] == [
        "bob@example.org",
        "carol@example.net",
        "dave@example.net",
    ]
    assert run.coverage.formats == {"dsn": run.coverage.lines}
    assert run.coverage.understood == run.coverage.lines


def test_a_recipient_has_all_that_the_report_tells() -> None:
    delivery = next(scan(MAILBOX))
    assert delivery.time is not None
    assert delivery.time.isoformat() == "2026-11-24T11:43:40+01:00"
    assert (delivery.host, delivery.queue_id) == ("mx1.example.com", "4E74613FE7")
    assert (delivery.sender, delivery.message_id) == ("al@example.com", "7@example.com")
    assert delivery.orig_recipient == "robert@example.org"
    assert (delivery.relay_host, delivery.delay) == ("mx.example.org", 10.0)
    assert (delivery.status, str(delivery.dsn)) == (Status.BOUNCED, "5.1.1")
    assert delivery.direction is Direction.OUTGOING
    assert delivery.text == "550 5.1.1 <bob@example.org>: No such user"
    assert delivery.reply_by is ReplyBy.REMOTE
    assert (delivery.source, delivery.line) == (str(MAILBOX), 33)


def test_postfix_names_server_and_stage_in_its_own_words() -> None:
    delivery = list(scan(MAILBOX))[1]
    assert (delivery.relay_host, delivery.relay_ip) == ("mx.example.net", "2001:db8::1")
    assert (delivery.stage, delivery.text) == (Stage.END_OF_DATA, "450 4.2.0 Try later;")
    assert delivery.status is Status.EXPIRED  # failed, with 4.4.7
    assert delivery.reply_by is ReplyBy.REMOTE


def test_lines_of_a_reply_that_were_folded_at_their_ends_stay_lines() -> None:
    delivery = list(scan(MAILBOX))[2]
    assert delivery.reply is not None
    assert delivery.reply.lines == ("Greylisted", "retry in 5 minutes")
    assert (delivery.relay_host, delivery.relay_ip) == ("mx.example.net", "198.51.100.7")
    assert delivery.status is Status.DEFERRED
    assert delivery.sender == "al@example.com"  # a report goes to the return path


def test_the_standard_library_finds_the_same_messages(tmp_path: Path) -> None:
    path = tmp_path / "mbox"
    path.write_bytes(MAILBOX.read_bytes() * 3)
    messages = mailbox.mbox(path)
    reports = [
        part
        for message in messages
        for part in message.walk()
        if part.get_content_type() == "message/delivery-status"
    ]
    messages.close()
    returned = 3  # the library walks into what was returned, too
    found = list(scan(path))
    assert len(found) == 9
    assert len(reports) - returned == 6


def test_a_maildir_s_files_are_messages(tmp_path: Path) -> None:
    for name in ("1795520620.1.mx1:2,S", "1795520621.1.mx1"):
        (tmp_path / name).write_text(report(), encoding="utf-8")
    assert [delivery.recipient for delivery in scan(tmp_path)] == ["bob@example.org"] * 2


# --- a message -----------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["7bit", "base64", "quoted-printable", "BASE64"])
def test_a_part_is_decoded(encoding: str, end: str) -> None:
    encoders = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}
    encode = encoders.get(encoding.lower(), bytes)
    text = report(encode(STATUS_PART.encode()).decode(), encoding=encoding)
    delivery = one(text.replace("\n", end))
    assert (delivery.recipient, delivery.text) == ("bob@example.org", "550 5.1.1 No such user")
    assert delivery.message_id == "7@example.com"


def test_addresses_may_be_international() -> None:
    part = STATUS_PART.replace("rfc822; bob", r"utf-8; b\x{F6}b\x{1F600}\x{D800}")
    delivery = one(report(part, kind="message/global-delivery-status"))
    assert delivery.recipient == "böb😀\\x{D800}@example.org"
    assert one(report(part.replace(r"b\x{F6}b", "böb"))).recipient == "böb😀\\x{D800}@example.org"


@pytest.mark.parametrize(
    ("action", "status", "expected"),
    [
        ("failed", "5.1.1", Status.BOUNCED),
        ("Failed (bad address)", "5.1.1", Status.BOUNCED),
        ("failed", "4.4.7", Status.EXPIRED),
        ("delayed", "4.7.1", Status.DEFERRED),
        ("delivered", "2.1.5", Status.SENT),
        ("relayed", "2.0.0", Status.SENT),
        ("expanded", "2.0.0", Status.SENT),
        ("odd", "4.0.0", Status.DEFERRED),
        ("odd", "odd", Status.BOUNCED),  # the reply has 550
    ],
)
def test_the_action_tells_the_status(action: str, status: str, expected: Status) -> None:
    part = STATUS_PART.replace("failed", action).replace("Status: 5.1.1", f"Status: {status}")
    assert one(report(part)).status is expected


@pytest.mark.parametrize(
    ("diagnostic", "speaker", "code"),
    [
        ("smtp; 550 5.1.1 No", ReplyBy.REMOTE, 550),
        ("SMTP (a comment); 550 5.1.1 No", ReplyBy.REMOTE, 550),
        ("lmtp; 552 5.2.2 Full", ReplyBy.REMOTE, 552),
        ("550 5.1.1 No", ReplyBy.REMOTE, 550),
        ("<mx.example.org #5.1.1 smtp;550 5.1.1 No>", ReplyBy.REMOTE, 550),
        ("smtp;550 5.1.1 RESOLVER.ADR.RecipNotFound; not found", ReplyBy.MTA, 550),
        ("smtp;550 4.4.7 QUEUE.Expired; message expired", ReplyBy.MTA, 550),
        ("smtp; The response from the remote server was:\n 554 5.7.1 No", ReplyBy.REMOTE, 554),
        ("smtp;Remote Server returned '550 5.7.1 No'", ReplyBy.REMOTE, 550),
        ("smtp;Remote server returned '[{LED=550 5.1.1 No};{MSG=}]'", ReplyBy.REMOTE, 550),
        ("smtp; 192.0.2.1 does not like you. Remote host said: 550 No", ReplyBy.REMOTE, 550),
        (
            "smtp; 5.1.0 - Unknown address error 550-'5.1.1 No' (delivery attempts: 0)",
            ReplyBy.REMOTE,
            550,
        ),
        ("x-local; 550 5.1.1 No such mailbox", ReplyBy.MTA, 550),
        ("x-unix; 75", None, None),
        ("smtp; connection timed out", None, None),
        ('X-Postfix; unknown user: "bob"', None, None),
        ("X-Notes; =?utf-8?q?kein_Empf=C3=A4nger?=", None, None),
        ("X-Example; host mx.example.org[192.0.2.1] said: 550 No", ReplyBy.REMOTE, 550),
        ("x-unix; 5", None, None),
        ("", None, None),
    ],
)
def test_the_type_of_a_diagnostic_tells_whose_words_it_is(
    diagnostic: str, speaker: ReplyBy | None, code: int | None
) -> None:
    delivery = one(report(STATUS_PART.replace("smtp; 550 5.1.1 No such user", diagnostic)))
    assert (delivery.reply_by, code_of(delivery)) == (speaker, code)


def test_what_a_server_said_may_be_no_reply() -> None:
    delivery = lone("Diagnostic-Code: X-Postfix; host mx.example.org[192.0.2.1] said: what?")
    assert (delivery.status, delivery.reply, delivery.text) == (None, None, "what?")


def test_what_the_reporting_server_says_of_itself_is_its_own() -> None:
    delivery = one(report(STATUS_PART.replace("dns; mx.example.org", "dns; MX1.example.com.")))
    assert delivery.reply_by is ReplyBy.MTA


def test_encoded_words_are_read() -> None:
    text = "X-Notes; =?utf-8?q?kein_Empf=C3=A4nger?="
    delivery = one(report(STATUS_PART.replace("smtp; 550 5.1.1 No such user", text)))
    assert delivery.diagnostic == "kein Empfänger"


@pytest.mark.parametrize(
    ("peer", "host", "ip"),
    [
        ("dns; mx.example.org", "mx.example.org", None),
        ("dns;mx.example.org. (192.0.2.1, the server for it)", "mx.example.org", "192.0.2.1"),
        ("dns; mx.example.org [2001:db8::1]", "mx.example.org", "2001:db8::1"),
        ("dns; [192.0.2.1]", "192.0.2.1", "192.0.2.1"),
        ("mx.example.org", "mx.example.org", None),
        ("dns;", None, None),
    ],
)
def test_the_server_has_a_name_or_an_address(peer: str, host: str | None, ip: str | None) -> None:
    delivery = one(report(STATUS_PART.replace("dns; mx.example.org", peer)))
    assert (delivery.relay_host, delivery.relay_ip) == (host, ip)


def test_times_are_of_the_attempt_or_of_the_report() -> None:
    assert [delivery.time and delivery.time.hour for delivery in read(report())] == [12]
    late = STATUS_PART + "Last-Attempt-Date: Tue, 24 Nov 2026 13:43:30 +0100\n"
    assert (one(report(late)).delay, one(report(late)).time.hour) == (7200.0, 13)  # type: ignore[union-attr]
    assert one(report(late.replace("24 Nov", "99 Nov"))).delay is None


def test_recipients_without_an_empty_line_between_them_are_two() -> None:
    block = STATUS_PART.partition("\n\n")[2]
    part = STATUS_PART + block.replace("bob", "carol")
    assert [found.recipient for found in read(report(part))] == [
        "bob@example.org",
        "carol@example.org",
    ]


@pytest.mark.parametrize("kind", ["message/feedback-report", "message/disposition-notification"])
def test_complaints_and_receipts_tell_of_no_delivery(kind: str) -> None:
    assert read(report(kind=kind)) == []


def test_a_report_within_a_forwarded_message_is_read() -> None:
    outer = "From: al@example.com\nContent-Type: multipart/mixed; boundary=out\n\n--out\n"
    text = f"{outer}Content-Type: message/rfc822\n\n{report()}--out--\n"
    assert one(text).recipient == "bob@example.org"


def test_forwarded_reports_are_each_of_its_own_message() -> None:
    second = report(STATUS_PART.replace("bob", "carol")).replace("<7@", "<8@").replace("al@", "di@")
    outer = (
        "From: x@example.com\nTo: y@example.com\nContent-Type: multipart/digest; boundary=out\n\n"
    )
    parts = "".join(f"--out\nContent-Type: message/rfc822\n\n{text}" for text in (report(), second))
    found = read(f"{outer}{parts}--out--\n")
    assert [(told.recipient, told.sender, told.message_id) for told in found] == [
        ("bob@example.org", "al@example.com", "7@example.com"),
        ("carol@example.org", "di@example.com", "8@example.com"),
    ]


def test_a_line_of_prose_begins_no_mailbox() -> None:
    log = ["From mx1 we saw at 11:43:32 on Tuesday 2026:", "Diagnostic-Code: smtp; 550 No"]
    assert lone(*log).text == "550 No"


def test_a_message_that_breaks_off_tells_what_it_told() -> None:
    text = report()
    whole = text[: text.index("--b 1\nContent-Type: text/rfc822")]
    assert one(whole).text == "550 5.1.1 No such user"
    assert one(text[: text.index(" such user")]).text == "550 5.1.1 No"


# --- log injection -------------------------------------------------------------------------


def test_a_folded_reply_cannot_play_a_field() -> None:
    evil = "550 No\n Final-Recipient: rfc822; victim@example.org\n Action: delivered"
    delivery = one(report(STATUS_PART.replace("550 5.1.1 No such user", evil)))
    assert (delivery.recipient, delivery.status) == ("bob@example.org", Status.BOUNCED)


def test_a_person_s_message_cannot_play_a_bounce() -> None:
    text = report().replace("multipart/report; report-type=delivery-status", "text/plain")
    assert read(text.replace("<>", "<eve@example.net>").replace("MAILER-DAEMON", "eve")) == []


def test_an_mbox_quote_is_no_new_message() -> None:
    text = "From MAILER-DAEMON Tue Nov 24 11:43:40 2026\n" + report(
        STATUS_PART.replace("No such user", "No\n >From eve Tue Nov 24 11:43:40 2026")
    )
    assert one(text).text == "550 5.1.1 No >From eve Tue Nov 24 11:43:40 2026"


# --- lone lines ----------------------------------------------------------------------------


def test_a_lone_diagnostic_is_read() -> None:
    delivery = lone("Diagnostic-Code: smtp; 550 5.1.1 No such user")
    assert (delivery.mta, delivery.text) == ("dsn", "550 5.1.1 No such user")
    assert (delivery.status, delivery.reply_by) == (Status.BOUNCED, ReplyBy.REMOTE)


def test_a_lone_diagnostic_in_folds_is_one() -> None:
    delivery = lone("Diagnostic-code: smtp; 550-5.7.1 Not from\n 550 5.7.1 there")
    assert delivery.reply is not None
    assert delivery.reply.lines == ("Not from", "there")


def test_lone_fields_stand_in_a_mixed_file() -> None:
    log = [
        "the bounce says",
        "Final-Recipient: rfc822; bob@example.org",
        "Action: failed",
        "Status: 5.7.1",
        "Remote-MTA: dns; mx.example.org",
        "Diagnostic-Code: smtp; 550 5.7.1",
        "    Not from there",
        "and the log",
        "    is indented, but no fold",
        "Final-Recipient: rfc822; carol@example.org",
        "Action: delayed",
        "Status: 4.2.2",
    ]
    run = scan(log)
    bob, carol = run
    assert (bob.recipient, bob.relay_host, bob.line) == ("bob@example.org", "mx.example.org", 2)
    assert bob.text == "550 5.7.1 Not from there"
    assert (carol.recipient, carol.status) == ("carol@example.org", Status.DEFERRED)
    assert (run.coverage.lines, run.coverage.known) == (12, 9)


def test_a_part_in_a_file_of_its_own_is_read() -> None:
    assert one(STATUS_PART).host == "mx1.example.com"


@pytest.mark.parametrize(
    "line",
    [
        "Status: RO",
        "Action: failed to start",
        "Action: none",
        "Status: 5.1.1.2",
        "the Diagnostic-Code: smtp; 550 No",
        "Subject: Diagnostic-Code: smtp; 550 No",
        "From: MAILER-DAEMON@example.com",
    ],
)
def test_lines_of_others_tell_of_no_delivery(line: str) -> None:
    assert list(scan([line])) == []


# --- whatever comes ------------------------------------------------------------------------

HEADS = ["", "Diagnostic-Code: ", "From ", STATUS_PART, report(), "Remote-MTA: ", "Status: 5."]


@settings(deadline=None)  # the first example imports the format
@given(st.sampled_from(HEADS), st.text(max_size=300), st.sampled_from([1, 300]))
def test_any_text_after_a_valid_head_is_read_without_an_error(
    head: str, text: str, times: int
) -> None:
    """No text behind a head raises anything, alone or again and again."""
    for delivery in scan((head + text * times).split("\n")):
        assert delivery.mta
        assert delivery.to_dict()


@settings(deadline=None)  # the first example imports the format
@given(st.lists(st.sampled_from(report().split("\n") + MAILBOX.read_text().split("\n"))))
def test_lines_in_any_order_are_read_without_an_error(lines: list[str]) -> None:
    """However the lines of mail are shuffled, each is counted and none raises."""
    run = scan(lines)
    assert len(list(run)) == run.coverage.deliveries
    assert run.coverage.lines == sum(bool(line.strip()) for line in lines)


@pytest.mark.parametrize(
    "unit",
    [
        "Content-Type: " + ";" * 50,
        " fold",
        "--b 1",
        "Diagnostic-Code: smtp; " + "=?a?q?" * 20,
        "Content-Type: message/rfc822\n",
        "Content-Type: multipart/mixed; boundary=x\n\n--x",
        "A" * 100,
    ],
)
def test_memory_does_not_grow_with_a_message(unit: str) -> None:
    def lines() -> Iterator[bytes]:
        yield from report().partition("--b 1\n")[0].encode().split(b"\n")
        yield from (line.encode() for _ in range(5_000) for line in unit.split("\n"))

    tracemalloc.start()
    for _ in scan(lines()):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000
