"""Events of each mail service: which were sent, refused or given up, and with which reply."""
# ruff: noqa: E501  (a row is a line)

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from smtpreply.logs import Delivery, Direction, ReplyBy, Status, known_formats, scan

DATA = Path(__file__).parents[2] / "data" / "logs"

# Of each line of tests/data/logs/SERVICE.jsonl that tells of a delivery: what became of it, what
# was said, by whom, the server, and the stage. The lines have the forms of the services' documents.
TOLD: dict[str, list[tuple[int, str, str | None, str | None, str | None, str | None]]] = {
    "brevo": [
        (1, "sent", None, None, None, "end of data"),
        (2, "bounced", "550 5.1.1 No such user", "remote", None, None),
        (3, "deferred", "451 4.7.1 Greylisted", "remote", None, None),
        (4, "bounced", "undefined Unable to find MX of domain example.org", None, None, None),
        (5, "bounced", "552 5.2.2 Over quota", "remote", None, None),
        (6, "rejected", "blocked : due to blacklist user", None, None, None),
        (7, "rejected", None, None, None, None),
        (9, "bounced", "550 No", "remote", None, None),
    ],
    "elastic-email": [
        (1, "sent", None, None, None, "end of data"),
        (2, "bounced", "550 5.1.1 No such user", "remote", None, None),
        (3, "deferred", "451 4.7.1 Greylisted", "remote", None, None),
        (4, "bounced", "No MX records found", None, None, None),
    ],
    "kumomta": [
        (1, "accepted", "250 OK ids=5e1f70aac95211f0a3d10242ac110002", "own", "client.example.com", None),
        (2, "rejected", "550 5.7.1 relaying not permitted", "own", "client.example.com", "RCPT"),
        (3, "sent", "250 2.0.0 OK 1764000042 a1-20020a05 - mx", "remote", "mx.example.org", "end of data"),
        (4, "bounced", "550-5.1.1 No such user\n550-5.1.1 here, try\n550 5.1.1 another one", "remote", "mx.example.org", "RCPT"),
        (5, "deferred", "421 4.7.0 is not a status of class 421", "remote", "mx.example.org", "MAIL"),
        (6, "deferred", "554 5.7.1 No service for 198.51.100.9", "remote", "mx.example.org", None),
        (7, "deferred", "451 4.4.1 KumoMTA internal: failed to connect to any candidate hosts: All failures are related to OpportunisticInsecure TLS", "mta", None, None),
        (8, "bounced", "550 5.4.4 MX didn't resolve to any hosts", "mta", None, None),
        (9, "expired", "551 5.4.7 KumoMTA internal: Next delivery time would be at 2025-11-25T16:00:00Z, which exceeds the expiry time configured via set_scheduling", "mta", None, None),
        (10, "bounced", "551 5.7.1 KumoMTA internal: administrative bounce with reason: purge", "mta", None, None),
        (11, "bounced", "550 5.2.2 mailbox full", "remote", "mx.example.net", None),
        (12, "complained", "Feedback-Type: abuse", None, "198.51.100.9", None),
    ],
    "mailersend": [
        (1, "sent", None, None, None, "end of data"),
        (2, "bounced", "550 5.1.1 No such user", "remote", None, None),
        (3, "bounced", "Host or domain name not found", None, None, None),
    ],
    "mailgun": [
        (1, "sent", "250 OK", "remote", "mx.example.org", "end of data"),
        (2, "bounced", "550-5.1.1 The user you mailed\n550 5.1.1 is gone", "remote", "mx.example.org", None),
        (3, "deferred", "452 4.2.2 Over quota", "remote", "mx.example.org", None),
        (4, "rejected", "Not delivering to previously bounced address", None, None, None),
        (5, "deferred", "No MX for example.org", None, None, None),
        (6, "bounced", "550-5.1.1 Code and\n550 5.1.1 all", "remote", "mx.example.org", None),
        (7, "expired", "421", "remote", "mx.example.org", None),
        (8, "sent", "OK", None, "mx.example.org", "end of data"),
        (10, "rejected", "Sandbox subdomains are for test purposes only.", None, None, None),
        (11, "bounced", "550-5.1.1 The user you mailed\n550 5.1.1 is gone", "remote", None, None),
        (12, "rejected", "Not delivering to previously bounced address", None, None, None),
        (13, "bounced", "550 5.7.1 Not today", "remote", None, None),
        (14, "sent", None, None, None, "end of data"),
    ],
    "mailjet": [
        (1, "sent", "250 2.0.0 OK 1764000042 a1 - mx", "remote", None, "end of data"),
        (2, "bounced", "550 5.1.1 <bob@example.org>: No such user", "remote", "mx.example.org", "RCPT"),
        (3, "deferred", "Host or domain name not found. Name service error for name=example.org type=A: Host not found", None, None, None),
        (4, "bounced", "user unknown", None, None, None),
        (5, "rejected", "duplicate in campaign", None, None, None),
        (6, "complained", None, None, None, None),
    ],
    "mailtrap": [
        (1, "sent", None, None, None, "end of data"),
        (1, "deferred", "450 4.2.0 Mailbox busy", "remote", None, None),
        (2, "bounced", "550 5.1.1 No such user (really)", "remote", None, None),
        (3, "bounced", "555 Message rejected due to local policy.", "remote", None, None),
        (4, "rejected", "unsubscription", None, None, None),
        (5, "rejected", "unknown", None, None, None),
    ],
    "mandrill": [
        (1, "sent", None, None, None, "end of data"),
        (1, "deferred", "451 4.3.5 Not now, please come back", "remote", "192.0.2.1", None),
        (2, "bounced", "550 5.1.1 No such user", "remote", None, None),
        (3, "bounced", "552 5.2.2 Over quota", "remote", None, None),
        (4, "bounced", "invalid_domain", None, None, None),
        (5, "rejected", "hard-bounce", None, None, None),
        (6, "sent", "250 2.0.0 OK", "remote", "192.0.2.1", "end of data"),
    ],
    "postal": [
        (1, "sent", "250-2.0.0 OK\n250 2.0.0 queued", "remote", "mx.example.org", "end of data"),
        (2, "bounced", "550 5.1.1 No such user", "remote", "mx.example.org", None),
        (3, "deferred", "451 4.7.1 Greylisted", "remote", "mx.example.org", None),
        (4, "deferred", "Connection refused - connect(2) for 192.0.2.1:25", None, None, None),
        (5, "held", "Message held by administrator", None, None, None),
        (7, "sent", "250 OK", "remote", "mx.example.org", "end of data"),
    ],
    "postmark": [
        (1, "bounced", "550 5.1.1 No such user", "remote", None, None),
        (2, "deferred", "451 4.7.1 Greylisted", "remote", None, None),
        (3, "bounced", "Host or domain name not found. Name service error for name=example.org type=A: Host not found", None, None, None),
        (4, "bounced", "What this type of bounce means, in general.", None, None, None),
        (6, "bounced", "550 5.1.1 No such user", "remote", None, None),
        (7, "bounced", "550 5.1.1 No such user", "remote", None, None),
        (8, "sent", "250 2.0.0 OK", "remote", None, "end of data"),
        (9, "sent", "Test delivery webhook details", None, None, "end of data"),
    ],
    "resend": [
        (1, "sent", None, None, None, "end of data"),
        (2, "bounced", "550 5.1.1 No such user", "remote", None, None),
        (3, "bounced", "The recipient's email address is on the suppression list.", None, None, None),
        (4, "deferred", None, None, None, None),
        (5, "rejected", "reached_daily_quota", None, None, None),
    ],
    "sendgrid": [
        (1, "sent", "250 2.0.0 OK 1764000042 a1-20020a05 - mx", "remote", None, "end of data"),
        (2, "deferred", "451 4.7.1 Greylisted, come back", "remote", None, None),
        (3, "deferred", "Email was deferred due to the following reason(s): [the address is greylisted]", None, None, None),
        (4, "deferred", "450 unable to get mx info: failed to get IPs from PTR record: lookup example.org: no such host", "mta", None, None),
        (5, "bounced", "550-5.1.1 The user you mailed 550-5.1.1 is gone 550 5.1.1 for good", "remote", None, None),
        (6, "bounced", "554 5.7.1 Refused by policy", "remote", None, None),
        (7, "bounced", "Unable to resolve MX host example.org", None, None, None),
        (8, "rejected", "Bounced Address", None, None, None),
        (9, "rejected", "550 Bounced before", None, None, None),
        (11, "bounced", "550 5.1.1 No such user", "remote", None, None),
    ],
    "ses": [
        (1, "sent", "250 2.6.0 Message received", "remote", "192.0.2.1", "end of data"),
        (1, "sent", "250 2.6.0 Message received", "remote", "192.0.2.1", "end of data"),
        (2, "bounced", "550 5.1.1 <bob@example.org>: no such user", "remote", "192.0.2.1", None),
        (3, "bounced", "550-5.1.1 No such user\n550 5.1.1 here", "remote", None, None),
        (4, "deferred", "421 4.4.1 Unable to connect to remote host", "mta", None, None),
        (5, "expired", "554 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.4.0 Unable to lookup DNS for example.org>", "mta", None, None),
        (6, "bounced", "Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an invalid address.", None, None, None),
        (7, "bounced", "5.1.1", None, None, None),
        (8, "deferred", "451 4.4.0 try later", "mta", None, None),
        (9, "rejected", "Bad content", None, None, None),
        (9, "rejected", "Bad content", None, None, None),
        (10, "complained", None, None, None, None),
        (11, "sent", "250 2.6.0 Message received", "remote", "192.0.2.1", "end of data"),
        (12, "sent", "250 2.6.0 Message received", "remote", "192.0.2.1", "end of data"),
        (13, "sent", "250 2.6.0 Message received", "remote", "192.0.2.1", "end of data"),
    ],
    "sparkpost": [
        (2, "sent", None, None, "192.0.2.1", "end of data"),
        (3, "bounced", "550 5.1.1 <Bob@example.org>: no such user here", "remote", "192.0.2.1", None),
        (4, "deferred", "451 4.7.1 Greylisted, come back", "remote", "192.0.2.1", None),
        (5, "deferred", "454 4.4.4 [internal] no route to that domain", "mta", None, None),
        (6, "expired", "554 5.4.7 [internal] exceeded max time without delivery", "mta", None, None),
        (7, "bounced", "552 5.2.2 ... is over quota", "remote", None, None),
        (8, "rejected", "550 5.7.1 recipient address suppressed due to customer policy", "mta", None, None),
        (9, "rejected", "554 5.6.0 message has no body", "mta", None, None),
        (11, "bounced", "550 No", "remote", None, None),
    ],
    "unisender-go": [
        (1, "sent", "250 2.0.0 OK", "remote", None, "end of data"),
        (1, "deferred", "451 4.7.1 Greylisted", "remote", None, None),
        (2, "bounced", "550 5.1.1 No such user", "remote", None, None),
        (3, "bounced", "err_domain_inactive", None, None, None),
    ],
    "zeptomail": [
        (1, "bounced", "550 5.1.1 No such user", "remote", None, None),
        (2, "deferred", "quota-issues", None, None, None),
    ],
}  # fmt: skip


def lines_of(service: str) -> list[str]:
    return (DATA / f"{service}.jsonl").read_text(encoding="utf-8").splitlines()


def deliveries_in(*events: Any) -> list[Delivery]:
    return list(scan([json.dumps(event) for event in events]))


def one(event: Any) -> Delivery:
    [delivery] = deliveries_in(event)
    return delivery


def first(service: str, line: int = 1) -> Any:
    return json.loads(lines_of(service)[line - 1])


@pytest.mark.parametrize("service", TOLD)
def test_a_services_events_tell(service: str) -> None:
    run = scan(lines_of(service))
    told = [
        (
            delivery.line,
            delivery.status,
            delivery.text,
            delivery.reply_by,
            delivery.relay_host or delivery.relay_ip,
            delivery.stage,
        )
        for delivery in run
    ]
    assert told == TOLD[service]
    assert run.coverage.understood == run.coverage.lines == len(lines_of(service))
    assert dict(run.coverage.formats) == {service: run.coverage.lines}


@pytest.mark.parametrize("service", TOLD)
def test_an_indented_list_of_payloads_has_their_events(service: str) -> None:
    """An array of what webhooks were given, however deep in it the events' names stand."""
    payloads = [json.loads(line) for line in lines_of(service)]
    run = scan(json.dumps(payloads, indent=2).splitlines())
    told = [(delivery.status, delivery.text) for delivery in run]
    assert told == [(delivery.status, delivery.text) for delivery in scan(lines_of(service))]
    assert run.coverage.understood == run.coverage.lines


@pytest.mark.parametrize("service", TOLD)
def test_a_services_events_tell_when_and_to_whom(service: str) -> None:
    for delivery in scan(lines_of(service)):
        assert delivery.mta == service
        assert delivery.time is not None
        assert delivery.time.isoformat().startswith("2025-11-24T16:00:")
        assert delivery.time.utcoffset() is not None
        is_complaint = delivery.status == "complained"
        assert delivery.queue_id or delivery.message_id or service == "sendgrid" or is_complaint
        assert delivery.recipient is not None
        assert delivery.recipient.lower() in (
            "bob@example.org", "eve@example.org", "https://example.com/in",
        )  # fmt: skip


@pytest.mark.parametrize("service", TOLD)
def test_what_begins_with_a_code_and_was_said_is_a_reply(service: str) -> None:
    for delivery in scan(lines_of(service)):
        assert (delivery.reply is None) == (delivery.reply_by is None)


@pytest.mark.parametrize("service", TOLD)
def test_a_services_events_are_told_from_anothers(service: str) -> None:
    others = [name for name in TOLD if name != service]
    for name in others:
        run = scan(lines_of(service), format=name)
        assert list(run) == []
        assert run.coverage.understood == 0


@pytest.mark.parametrize("service", TOLD)
def test_nothing_of_a_payload_is_kept_but_what_a_delivery_has(service: str) -> None:
    for delivery in scan(lines_of(service)):
        assert "Sale" not in json.dumps(delivery.to_dict())


COMPLAINTS: list[tuple[str, dict[str, Any]]] = [
    ("brevo", {"event": "spam", "email": "bob@example.org", "message-id": "<7@x>", "ts": 1764000042}),
    ("brevo", {"event": "complaint", "email": "bob@example.org", "message-id": "<7@x>"}),
    ("elastic-email", {"TransactionID": "t", "MsgID": "m", "EventType": "Complaint", "To": "bob@example.org", "Message": "x"}),
    ("mailersend", {"type": "activity.spam_complaint", "data": {"object": "activity", "email": {"recipient": {"email": "bob@example.org"}}}}),
    ("mailgun", {"event-data": {"event": "complained", "recipient": "bob@example.org", "timestamp": 1764000042}}),
    ("mailgun", {"event": "complained", "recipient": "bob@example.org", "domain": "example.com", "message-headers": "[]"}),
    ("mailjet", {"event": "spam", "email": "bob@example.org", "MessageID": 7, "mj_campaign_id": 7}),
    ("mailtrap", {"event": "spam_complaint", "sending_stream": "bulk", "event_id": "e", "email": "bob@example.org"}),
    ("mandrill", {"event": "spam", "ts": 1764000042, "msg": {"_id": "m", "email": "bob@example.org", "smtp_events": [{"type": "sent", "diag": "250 OK"}]}}),
    ("postmark", {"RecordType": "SpamComplaint", "MessageID": "m", "Email": "bob@example.org", "Details": "x"}),
    ("resend", {"type": "email.complained", "data": {"email_id": "m", "to": ["bob@example.org"]}}),
    ("sendgrid", {"event": "spamreport", "email": "bob@example.org", "sg_event_id": "e"}),
    ("sparkpost", {"msys": {"message_event": {"type": "spam_complaint", "rcpt_to": "bob@example.org", "fbtype": "abuse"}}}),
    ("unisender-go", {"event_name": "transactional_email_status", "status": "spam", "email": "bob@example.org", "job_id": "j"}),
]  # fmt: skip


@pytest.mark.parametrize(("service", "event"), COMPLAINTS)
def test_a_complaint_names_its_recipient_and_no_reply(service: str, event: dict[str, Any]) -> None:
    delivery = one(event)
    assert (delivery.mta, delivery.status) == (service, Status.COMPLAINED)
    assert delivery.recipient == "bob@example.org"
    assert (delivery.text, delivery.reply_by, delivery.stage) == (None, None, None)


def ses_complaint(*addresses: str, **complaint: str) -> dict[str, Any]:
    suspects = [{"emailAddress": address} for address in addresses]
    return {
        "notificationType": "Complaint",
        "mail": {"messageId": "m", "source": "news@example.com"},
        "complaint": {"complainedRecipients": suspects, **complaint},
    }


def test_of_several_who_may_have_complained_to_ses_none_is_named() -> None:
    assert one(ses_complaint("bob@example.org")).recipient == "bob@example.org"
    told = one(ses_complaint("bob@example.org", "eve@example.org"))
    assert (told.status, told.recipient) == (Status.COMPLAINED, None)


def test_a_report_that_a_message_is_not_spam_is_no_complaint() -> None:
    assert not deliveries_in(ses_complaint("bob@example.org", complaintFeedbackType="not-spam"))
    assert len(deliveries_in(ses_complaint("bob@example.org", complaintFeedbackType="abuse"))) == 1


def test_there_is_a_format_for_each() -> None:
    assert known_formats().keys() >= TOLD.keys()


# --- KumoMTA -------------------------------------------------------------------------------


def test_kumomta_tells_all_fields_of_a_delivery() -> None:
    delivery = one(first("kumomta", 3))
    assert delivery.tls == "TLSv1.3 TLS_AES_256_GCM_SHA384"
    assert (delivery.relay_host, delivery.relay_ip) == ("mx.example.org", "192.0.2.1")
    assert (delivery.sender, delivery.delay) == ("news@example.com", 42.0)
    assert (delivery.direction, str(delivery.dsn)) == (Direction.OUTGOING, "2.0.0")
    assert one(first("kumomta", 1)).direction is Direction.INCOMING


def test_kumomta_puts_code_and_status_back_on_each_line() -> None:
    reply = one(first("kumomta", 4)).reply
    assert reply is not None
    assert (reply.code, str(reply.enhanced)) == (550, "5.1.1")
    assert reply.lines == ("No such user", "here, try", "another one")


def test_kumomta_names_one_recipient_or_several() -> None:
    record = first("kumomta", 3) | {"recipient": ["bob@example.org", "eve@example.org"]}
    deliveries = deliveries_in(record)
    assert [delivery.recipient for delivery in deliveries] == record["recipient"]
    for none in ("", [], [""], None, 7):
        assert one(record | {"recipient": none, "id": ""}).recipient is None


def test_kumomta_a_complaint_is_of_whom_the_report_names() -> None:
    """The record's own sender and recipient are those of the mail that the report came in."""
    record = first("kumomta", 12)
    found = one(record)
    assert (found.sender, found.recipient) == ("news@example.com", "bob@example.org")
    assert found.direction is Direction.OUTGOING
    report = record["feedback_report"]
    report |= {"supplemental_trace": None, "original_rcpto_to": ["<eve@example.org>"]}
    assert one(record).recipient == "eve@example.org"
    assert one(record | {"feedback_report": {"feedback_type": "abuse"}}).recipient is None
    for kind in ("not-spam", "auth-failure", "virus", None):
        run = scan([json.dumps(record | {"feedback_report": {"feedback_type": kind}})])
        assert (list(run), run.coverage.understood) == ([], 1)


def test_kumomta_a_code_that_the_server_doubled_stays_doubled() -> None:
    record = first("kumomta", 4)
    record["response"] |= {"content": "550 twice", "enhanced_code": None}
    assert one(record).text == "550 550 twice"


def test_kumomta_a_message_that_no_client_has_brought_has_no_reply_of_ours() -> None:
    assert one(first("kumomta") | {"reception_protocol": "HTTP"}).reply_by is ReplyBy.MTA


@pytest.mark.parametrize("code", [0, 99, 600, "x", None, True, 10**400, -1, 2.5])
def test_kumomta_a_code_that_is_none_is_no_reply(code: object) -> None:
    record = first("kumomta", 4)
    record["response"]["code"] = code
    delivery = one(record)
    assert (delivery.reply_by, delivery.text) == (None, "No such user\nhere, try\nanother one")


@pytest.mark.parametrize(
    "enhanced", [{"class": 9, "subject": 1, "detail": 1}, {"class": 5}, [5, 1, 1], "5.1.1", {}]
)
def test_kumomta_an_enhanced_code_that_is_none_is_left_out(enhanced: object) -> None:
    record = first("kumomta", 4)
    record["response"] |= {"enhanced_code": enhanced, "content": "No"}
    assert one(record).text == "550 No"


# --- the others ----------------------------------------------------------------------------


def test_sparkpost_says_what_was_masked() -> None:
    [event] = first("sparkpost", 3)
    assert one(event).text == "550 5.1.1 <Bob@example.org>: no such user here"
    del event["msys"]["message_event"]["raw_reason"]
    assert one(event).text == "550 5.1.1 ...@... no such user here"


def test_sparkpost_internal_is_only_what_it_says_itself() -> None:
    [event] = first("sparkpost", 3)
    event["msys"]["message_event"]["raw_reason"] = "554 5.7.1 [internal] No"
    assert one(event).reply_by is ReplyBy.MTA
    event["msys"]["message_event"] |= {"subject": "[internal]", "raw_reason": "554 5.7.1 No"}
    assert one(event).reply_by is ReplyBy.REMOTE


def test_ses_has_a_delivery_for_each_recipient() -> None:
    deliveries = deliveries_in(first("ses"))
    assert [delivery.recipient for delivery in deliveries] == ["bob@example.org", "eve@example.org"]
    assert {delivery.delay for delivery in deliveries} == {0.546}
    assert {delivery.message_id for delivery in deliveries} == {"7@example.com"}


def ses_bounce(kind: str, **recipient: str) -> dict[str, Any]:
    suspects = [{"emailAddress": "bob@example.org", "action": "failed", **recipient}]
    return {
        "notificationType": "Bounce",
        "mail": {"messageId": "m", "source": "news@example.com"},
        "bounce": {"bounceType": kind, "bouncedRecipients": suspects},
    }


@pytest.mark.parametrize(
    ("hard", "soft"),
    [
        (
            ses_bounce("Permanent", status="5.1.1", diagnosticCode="smtp; 550 5.1.1 User unknown"),
            ses_bounce("Transient", status="5.1.1", diagnosticCode="smtp; 550 5.1.1 User unknown"),
        ),
        (ses_bounce("Permanent", status="5.1.1"), ses_bounce("Transient", status="5.1.1")),
        tuple(
            {
                "event": "bounce", "email": "bob@example.org", "sg_event_id": "e",
                "reason": "550 5.1.1 User unknown", "type": kind,
            }
            for kind in ("bounce", "blocked")
        ),
        tuple(
            {
                "event": kind, "email": "bob@example.org", "message-id": "<m@example.com>",
                "reason": "550 5.1.1 User unknown",
            }
            for kind in ("hard_bounce", "soft_bounce")
        ),
        tuple(
            {
                "RecordType": "Bounce", "Type": kind, "TypeCode": 1, "MessageID": "m",
                "Email": "bob@example.org", "BouncedAt": "2026-11-24T11:43:31Z",
                "Details": "smtp;550 5.1.1 User unknown",
            }
            for kind in ("HardBounce", "SoftBounce")
        ),
        tuple(
            {
                "event": kind, "ts": 1764000042,
                "msg": {"_id": "m", "email": "bob@example.org", "diag": "550 5.1.1 User unknown"},
            }
            for kind in ("hard_bounce", "soft_bounce")
        ),
    ],
)  # fmt: skip
def test_what_a_service_calls_soft_does_not_suppress(
    hard: dict[str, Any], soft: dict[str, Any]
) -> None:
    for event, suppresses in ((hard, True), (soft, False)):
        delivery = one(event)
        verdict = delivery.verdict
        assert verdict is not None
        assert (delivery.status, verdict.reason) == (Status.BOUNCED, "unknown_recipient")
        assert (verdict.suppress, verdict.disposition) == (suppresses, "stop")
        assert verdict.bounce_type == ("hard" if suppresses else "soft")


def test_ses_is_found_in_whatever_brought_it_but_not_without_end() -> None:
    event: Any = first("ses", 2)
    for _ in range(3):
        event = {"Type": "Notification", "Message": json.dumps(event)}
        assert one(event).mta == "ses"
    for _ in range(5):
        event = {"Type": "Notification", "Message": json.dumps(event)}
    assert deliveries_in(event) == []


@pytest.mark.parametrize("message", ["{", "null", "[]", "", 7, None, "{}", "{" * 9999, {"mail": 1}])
def test_ses_a_notification_of_something_else_is_not_its(message: object) -> None:
    event = {"Type": "Notification", "TopicArn": "a", "Message": message}
    run = scan([json.dumps(event)], format="ses")
    assert list(run) == []
    assert (run.coverage.known, run.coverage.understood) == (1, 0)


NAMED = "Bob, of Example <bob@example.org>"


def test_ses_names_the_bare_address() -> None:
    bounce = {"bouncedRecipients": [{"emailAddress": NAMED}]}
    mail = {"source": "News <news@example.com>", "destination": [NAMED]}
    delivery = one({"notificationType": "Bounce", "bounce": bounce, "mail": mail})
    assert (delivery.recipient, delivery.sender) == ("bob@example.org", "news@example.com")
    sent = one({"eventType": "Delivery", "delivery": {"recipients": [NAMED]}, "mail": {}})
    assert sent.recipient == "bob@example.org"


@pytest.mark.parametrize(
    ("kind", "part", "details", "status"),
    [
        ("Bounce", "bounce", {"bouncedRecipients": [{"emailAddress": NAMED}]}, Status.BOUNCED),
        ("Delivery", "delivery", {"recipients": [NAMED]}, Status.SENT),
        (
            "DeliveryDelay",
            "deliveryDelay",
            {"delayedRecipients": [{"emailAddress": NAMED}]},
            Status.DEFERRED,
        ),
        ("Complaint", "complaint", {"complainedRecipients": [{"emailAddress": NAMED}]}, None),
    ],
)
def test_ses_without_the_mail(
    kind: str, part: str, details: dict[str, Any], status: Status | None
) -> None:
    """The details are enough, in what brings them, too; a kind without them is nobody's."""
    event = {"notificationType": kind, part: details}
    for whole in (event, {"Type": "Notification", "Message": json.dumps(event)}):
        delivery = one(whole)
        assert (delivery.mta, delivery.recipient) == ("ses", "bob@example.org")
        assert delivery.status is (status or Status.COMPLAINED)
    assert deliveries_in({"notificationType": kind}) == []


@pytest.mark.parametrize("indent", [None, 2])
def test_ses_a_bounce_alone_is_read(indent: int | None) -> None:
    bounce = {
        "feedbackId": "0100-1",
        "bounceType": "Transient",
        "bounceSubType": "General",
        "bouncedRecipients": [{"emailAddress": "Bob <bob@example.org>"}],
        "timestamp": "2026-11-24T11:43:32.000Z",
    }
    [found] = scan(json.dumps(bounce, indent=indent).split("\n"))
    assert (found.mta, found.recipient, found.status) == ("ses", "bob@example.org", Status.BOUNCED)
    assert found.verdict is None or not found.verdict.suppress


def test_ses_a_rejection_of_nobody_known_is_told() -> None:
    delivery = one({"eventType": "Reject", "reject": {"reason": "Bad content"}})
    assert (delivery.status, delivery.recipient) == (Status.REJECTED, None)


LISTED = {"status": "5.1.1", "reason": "550 5.1.1 No such user", "email": "bob@example.org"}


@pytest.mark.parametrize("created", [{}, {"created": "2025-11-24 16:00:01"}, {"created": 17640}])
@pytest.mark.parametrize("indent", [None, 2])
def test_sendgrid_lists_of_either_version(created: dict[str, Any], indent: int | None) -> None:
    text = json.dumps([LISTED | created, LISTED | created], indent=indent)
    for delivery in (found := list(scan(text.splitlines()))):
        assert (delivery.mta, delivery.status) == ("sendgrid", Status.BOUNCED)
        assert (delivery.recipient, str(delivery.dsn)) == ("bob@example.org", "5.1.1")
        assert (delivery.time is not None) is bool(created)
    assert len(found) == 2


@pytest.mark.parametrize(
    "event",
    [LISTED | {"status": "no"}, LISTED | {"email": ""}, LISTED | {"more": 1}],
)
def test_sendgrid_a_list_of_something_else_is_not_its(event: dict[str, Any]) -> None:
    assert deliveries_in([event]) == []


WITHOUT_IDS = {"event": "bounce", "email": "bob@example.org", "timestamp": 1764000042}


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({"reason": "550 5.1.1 No such user", "status": "5.1.1"}, Status.BOUNCED),
        ({"event": "dropped", "reason": "Bounced Address"}, Status.REJECTED),
        ({"event": "deferred", "response": "451 Later"}, Status.DEFERRED),
        ({"event": "delivered", "response": "250 OK"}, Status.SENT),
    ],
)
def test_sendgrid_events_without_their_ids(members: dict[str, Any], status: Status) -> None:
    event = WITHOUT_IDS | members
    for given in (event, [event, first("sendgrid", 5)]):
        delivery = deliveries_in(given)[0]
        assert (delivery.mta, delivery.status) == ("sendgrid", status)
        assert delivery.recipient == "bob@example.org"


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"reason": "550 No", "timestamp": "now"},
        {"reason": "550 No", "event": "bounced by a ball"},
        {"reason": "550 No", "message_id": "of another service"},
    ],
)
def test_sendgrid_events_that_may_be_of_others_are_not_its(members: dict[str, Any]) -> None:
    assert deliveries_in(WITHOUT_IDS | members) == []


def test_mailtrap_without_a_stream() -> None:
    for event in json.loads(lines_of("mailtrap")[0]).get("events", [first("mailtrap")]):
        plain = {name: value for name, value in event.items() if name != "sending_stream"}
        assert [told.to_dict() for told in deliveries_in(plain)] == [
            told.to_dict() for told in deliveries_in(event)
        ]
        assert deliveries_in(plain)
        assert deliveries_in(plain | {"event": "of another service"}) == []


def test_zeptomail_tells_of_each_recipient() -> None:
    event = first("zeptomail")
    [data] = event["event_message"][0]["event_data"]
    data["details"].append({"bounced_recipient": "eve@example.org"})
    assert [told.recipient for told in deliveries_in(event)] == [
        "bob@example.org",
        "eve@example.org",
    ]


def test_sendgrid_arguments_of_the_senders_own_play_no_field() -> None:
    event = first("sendgrid", 5) | {"reply_by": "x", "RecordType": "Bounce", "message": "250 OK"}
    delivery = one(event)
    assert (delivery.mta, delivery.status) == ("sendgrid", Status.BOUNCED)


def test_mailgun_variables_of_the_senders_own_play_no_field() -> None:
    event = first("mailgun", 2)
    event["event-data"]["user-variables"] = first("mailgun", 1)["event-data"]
    assert one(event).status is Status.BOUNCED


def test_postal_an_address_in_the_details_plays_no_server() -> None:
    event = first("postal")
    event["payload"]["details"] = (
        "Message for a accepted by 203.0.113.9:25 (evil.example)@example.org accepted by "
        "192.0.2.1:25 (mx.example.org)"
    )
    assert one(event).relay_ip == "192.0.2.1"


def test_brevo_a_class_of_error_is_taken_off_once_and_only_before_a_reply() -> None:
    event = first("brevo", 2)
    assert one(event | {"reason": "RecipientError: gone"}).reply_by is None
    doubled = "550 AaError: 550 BbError: 550 x"
    assert one(event | {"reason": doubled}).text == "550 BbError: 550 x"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("5.2.2 mailbox full", "550 5.2.2 mailbox full"),
        ("550-5.2.2 mailbox\n550 5.2.2 full", "550-5.2.2 mailbox\n550 5.2.2 full"),
        ("mailbox full", "550 mailbox full"),
        ("", None),
    ],
)
def test_kumomta_a_reports_diagnostic_has_code_and_status_once(
    content: str, text: str | None
) -> None:
    record = first("kumomta", 11)
    record["response"]["content"] = content
    record["peer_address"]["addr"] = "0.0.0.0"
    delivery = one(record)
    assert (delivery.text, delivery.relay_ip, str(delivery.dsn)) == (text, None, "5.2.2")
    assert delivery.reply_by is (ReplyBy.REMOTE if text else None)


def test_brevo_a_date_without_a_zone_is_no_time() -> None:
    event = first("brevo", 2)
    del event["ts_epoch"], event["ts_event"], event["ts"]
    assert one(event).time is None


@pytest.mark.parametrize(
    ("details", "server"),
    [
        ("Permanent SMTP delivery error when sending to mx.example.org", ("mx.example.org", None)),
        ("SMTP delivery timeout when sending to 192.0.2.1:25 (a.example)", ("a.example", "192.0.2.1")),
        ("No SMTP servers were available for example.org. Tried mx.example.org.", (None, None)),
        ("Sent: ok when sending to x y", (None, None)),
        (None, (None, None)),
    ],
)  # fmt: skip
def test_postal_names_the_server_in_its_details(details: str | None, server: Any) -> None:
    event = first("postal", 2)
    event["payload"]["details"] = details
    del event["payload"]["message"]["token"]
    delivery = one(event)
    assert (delivery.relay_host, delivery.relay_ip) == server


@pytest.mark.parametrize("payload", [7, {}, [], {"status": "Sent"}, "x"])
def test_postal_a_payload_of_another_kind_is_none(payload: object) -> None:
    bare = first("postal", 7) | {"payload": payload}
    assert one(bare).status is Status.SENT
    assert deliveries_in(bare | {"event": "MessageSent"}) == []
