"""Bounces as they come: dialects, damage, reports with words, other mails about mail."""

import io
import time
from collections import Counter
from collections.abc import Callable
from email import message_from_string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import Coverage, Delivery, ReplyBy, Status, original_sender, scan
from smtpreply.logs.formats.dsn.dialects import DIALECTS, Dialect
from smtpreply.logs.toolkit.return_paths import recipient_in

HEAD = (
    "Return-Path: <>\nFrom: MAILER-DAEMON@mx1.example.com\nTo: al@example.com\n"
    "Date: Tue, 24 Nov 2026 12:00:00 +0100\nSubject: failure notice\n"
)
REPORT_HEAD = f"{HEAD}Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
ORIGINAL = "Received: by mx1\nMessage-ID: <7@example.com>\nFrom: al@example.com\nSubject: Hello\n"


def read(text: str) -> tuple[list[Delivery], Coverage]:
    run = scan(io.BytesIO(text.encode("utf-8", "surrogateescape")))
    return list(run), run.coverage


def one(text: str) -> Delivery:
    [delivery], _ = read(text)
    return delivery


def report(words: str, fields: str, head: str = REPORT_HEAD) -> str:
    return (
        f"{head}--b\nContent-Type: text/plain\n\n{words}\n"
        f"--b\nContent-Type: message/delivery-status\n\n{fields}\n"
        f"--b\nContent-Type: text/rfc822-headers\n\n{ORIGINAL}\n--b--\n"
    )


def told(delivery: Delivery) -> tuple[str | None, Status | None, int | None]:
    return delivery.recipient, delivery.status, delivery.reply.code if delivery.reply else None


FIELDS = "Reporting-MTA: dns; mx1.example.com\n\nFinal-Recipient: rfc822; bob@example.org\n"


# --- dialects ------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.system)
def test_each_dialect_reads_its_example(dialect: Dialect) -> None:
    assert dialect.opens(" ".join(dialect.example.lower().split()))
    found = [
        (told["recipient"], told["text"]) for _, told in dialect.read(dialect.example.split("\n"))
    ]
    assert len(found) == len(dialect.tells)
    for (recipient, text), (expected, start) in zip(found, dialect.tells, strict=True):
        assert recipient == expected
        assert start is None or text.startswith(start)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.system)
def test_each_example_is_read_as_a_mail(dialect: Dialect) -> None:
    found, coverage = read(f"{HEAD}\n{dialect.example}\n\n{ORIGINAL}")
    for delivery, (expected, _) in zip(found, dialect.tells, strict=True):
        assert delivery.recipient in (expected, f"{expected}@mx1.example.com")
        assert delivery.status is (dialect.status or Status.BOUNCED)
        assert (delivery.message_id, delivery.sender) == ("7@example.com", "al@example.com")
    assert coverage.mails == Counter(report=1)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.system)
def test_what_a_person_quotes_of_a_dialect_tells_of_no_delivery(dialect: Dialect) -> None:
    person = HEAD.replace("<>", "<eve@example.net>").replace("MAILER-DAEMON", "eve")
    assert read(f"{person}\n{dialect.example}")[0] == []
    quoted = "".join(f"> {line}\n" for line in dialect.example.split("\n"))
    assert read(f"{HEAD}\n{quoted}")[0] == []


@pytest.mark.parametrize(
    ("words", "recipient", "status", "code"),
    [
        ("<bob@example.org>: 550 5.1.1 No", "bob@example.org", Status.BOUNCED, 550),
        (
            "These failed:\n\n  * bob@example.org (no such user)",
            "bob@example.org",
            Status.BOUNCED,
            None,
        ),
        (
            "Failed recipient: bob@example.org\nError: 552 full",
            "bob@example.org",
            Status.BOUNCED,
            552,
        ),
        ("The user bob@example.org does not exist.", "bob@example.org", Status.BOUNCED, None),
        ("Delivery to bob@example.org has been delayed.", "bob@example.org", Status.DEFERRED, None),
        (
            "bob@example.org could not be reached: message expired",
            "bob@example.org",
            Status.EXPIRED,
            None,
        ),
        (
            "Nachricht an bob@example.org unzustellbar.\nGrund: voll",
            "bob@example.org",
            Status.BOUNCED,
            None,
        ),
    ],
)
def test_a_bounce_of_any_form_is_read(
    words: str, recipient: str, status: Status, code: int | None
) -> None:
    assert told(one(f"{HEAD}\n{words}\n")) == (recipient, status, code)


@pytest.mark.parametrize("count", ["550 seconds", "512 KB", "500 recipients", "450 MiB"])
def test_a_count_is_no_code(count: str) -> None:
    assert (
        one(f"{HEAD}\nFailed recipient: bob@example.org\nError: {count} is too much\n").reply
        is None
    )


@pytest.mark.parametrize(
    "reply", ["550 User not found", "550 Message rejected", "552 Recipient full"]
)
def test_a_reply_may_begin_with_what_can_be_counted(reply: str) -> None:
    found = one(f"{HEAD}\nFailed recipient: bob@example.org\nmx said: {reply}\n")
    assert (found.text, found.reply_by) == (reply, ReplyBy.REMOTE)


@pytest.mark.parametrize(
    "sentence",
    [
        "Your message wasn't delivered to info@example.org because the address couldn't be found.",
        "Your message to info@example.org has been blocked.",
        "Tu mensaje no se ha entregado a info@example.org porque no se ha encontrado.",
        "Sanomaasi ei toimitettu: info@example.org puuttuu.",
    ],
)
def test_the_only_address_at_the_top_is_the_recipient_in_any_language(sentence: str) -> None:
    found = one(
        f"{HEAD}\n** A title **\n\n{sentence}\n\n550 5.1.1 No such user\n\nAsk ask@example.net."
    )
    assert told(found) == ("info@example.org", Status.BOUNCED, 550)


def test_an_address_below_the_reply_or_one_of_several_is_no_recipient() -> None:
    for words in (
        "Sanomaasi ei toimitettu.\n\n550 5.1.1 No\n\nKysy apua@example.org",
        "Sanomaasi ei toimitettu.\n\na\n\nb\n\nKysy apua@example.org\n\n550 5.1.1 No",
        "Sanomaasi ei toimitettu: bob@example.org, apua@example.org\n\n550 5.1.1 No",
        "Sanomaasi ei toimitettu: postmaster@example.org\n\n550 5.1.1 No",
    ):
        found, coverage = read(f"{HEAD}\n{words}\n")
        assert (found, coverage.mails["unread"]) == ([], 1)


def test_full_width_brackets_are_no_part_of_an_address() -> None:
    found = one(
        f"{HEAD}\n退信原因 收件人邮件地址（bob@example.org）不存在\nmx said: 550 User not found\n"
    )
    assert told(found) == ("bob@example.org", Status.BOUNCED, 550)


@pytest.mark.parametrize(
    "words",
    [
        "Your message was successfully delivered to:\n\n  bob@example.org\n",
        "Your message has been delivered to bob@example.org. No errors.",
    ],
)
def test_a_success_of_an_unknown_form_is_no_failure(words: str) -> None:
    found, coverage = read(f"{HEAD}\n{words}\n")
    assert (found, coverage.mails["unread"]) == ([], 1)


def test_a_recipient_may_be_named_outside_of_the_words() -> None:
    words = "\nYour message could not be delivered.\n"
    failed = f"{HEAD}X-Failed-Recipients: bob@example.org,\n carol@example.net\n{words}"
    assert [found.recipient for found in read(failed)[0]] == [
        "bob@example.org",
        "carol@example.net",
    ]
    verp = HEAD.replace("al@", "news-bounces+bob=example.org@lists.")
    assert one(f"{verp}{words}").recipient == "bob@example.org"
    copy = f"--- Original message ---\n\n{ORIGINAL}To: bob@example.org\n"
    assert one(f"{HEAD}{words}\n{copy}").recipient == "bob@example.org"


def test_a_bounce_without_a_text_names_its_recipient() -> None:
    delivery = one(f"{HEAD}X-Failed-Recipients: bob@example.org\n\n")
    assert told(delivery) == ("bob@example.org", Status.BOUNCED, None)
    assert delivery.verdict is None


def test_recipients_may_share_a_line() -> None:
    words = "Your message\n\nwas not delivered to:\n\n  bob@example.org, carol@example.net\n\n"
    found, _ = read(f"{HEAD}\n{words}because:\n\n  550 5.1.1 No\n")
    assert [told(delivery) for delivery in found] == [
        ("bob@example.org", Status.BOUNCED, 550),
        ("carol@example.net", Status.BOUNCED, 550),
    ]


def test_a_mailbox_s_first_line_tells_of_a_null_return_path() -> None:
    head = (
        "From MAILER-DAEMON Tue Nov 24 11:43:32 2026\n"
        "From: x@example.net\nSubject: failure notice\n"
    )
    assert one(f"{head}\n<bob@example.org>: full\n").recipient == "bob@example.org"


def test_a_program_that_sends_anything_is_believed_where_a_server_s_reply_is_quoted() -> None:
    head = "From: no-reply@example.net\nTo: al@example.com\nSubject: Delivery failed\n\n"
    assert (
        one(f"{head}Your mail to bob@example.org failed: 550 No\n").recipient == "bob@example.org"
    )
    assert read(f"{head}We cannot deliver your parcel, bob@example.org.\n")[0] == []


def test_sendmail_of_any_age_is_read() -> None:
    old = "   ----- Transcript of session follows -----\n550 bob... User unknown\n"
    assert told(one(f"{HEAD}\n{old}")) == ("bob@mx1.example.com", Status.BOUNCED, 550)
    listed = (
        "   ----- The following addresses had {} -----\nbob@example.org  (unrecoverable error)\n\n"
    )
    verdict = (
        "   ----- Transcript of session follows -----\nbob@example.org... Deferred: timed out\n"
    )
    late = one(f"{HEAD}\n{listed.format('transient non-fatal errors')}{verdict}")
    assert (late.status, late.text) == (Status.DEFERRED, "Deferred: timed out")


def test_exim_names_whose_file_or_command_failed() -> None:
    text = (
        "A message that you sent could not be delivered to one or more of its\nrecipients.\n\n"
        "  save to /var/mail/bob\n    generated by bob@example.org\n    mailbox is full\n"
        "  |/bin/false\n    generated by carol@example.org\n  dave@example.org:\n    unrouteable\n"
        "  an undisclosed address\n    (generated from erin@example.org)\n"
    )
    found, _ = read(f"{HEAD}\n{text}")
    assert [(told.recipient, told.text) for told in found] == [
        ("bob@example.org", "mailbox is full"),
        ("carol@example.org", None),
        ("dave@example.org", "unrouteable"),
        ("erin@example.org", None),
    ]


# --- reports and words ---------------------------------------------------------------------


def test_words_are_joined_with_a_report_by_recipient() -> None:
    words = "<carol@example.net>: mailbox full\n\n<bob@example.org>: 550 5.1.1 No such user\n"
    fields = f"{FIELDS}Action: failed\nStatus: 5.0.0\n"
    fields += "\nAction: failed\nFinal-Recipient: rfc822; carol@example.net\nStatus: 5.2.2\n"
    bob, carol = read(report(words, fields))[0]
    assert (bob.text, bob.reply_by, str(bob.dsn)) == (
        "550 5.1.1 No such user",
        ReplyBy.REMOTE,
        "5.0.0",
    )
    assert (carol.recipient, carol.text) == ("carol@example.net", "mailbox full")
    assert (bob.message_id, bob.subject) == ("7@example.com", "Hello")


@pytest.mark.parametrize(
    ("fields", "status", "code", "text"),
    [
        ("Action: failed\nDiagnostic-Code: X-Unix; 255\n", Status.BOUNCED, None, "exit status 255"),
        ("Action: deliverable\nStatus: 2.1.5\n", Status.VERIFIED, None, None),
        ("Action: undeliverable\nStatus: 5.1.1\n", Status.UNVERIFIED, None, None),
        (
            "Action: failed\nDiagnostic-Code: smtp; 550 550 5.1.1 No",
            Status.BOUNCED,
            550,
            "550 5.1.1 No",
        ),
        (
            "Action: failed\nDiagnostic-Code: smtp; 220-mx.example.org 421 4.2.1 Later\n",
            Status.BOUNCED,
            421,
            "421 4.2.1 Later",
        ),
        (
            "Action: failed\nX-Supplementary-Info: <mx.example.org #5.1.1 smtp;550 5.1.1 No>\n",
            Status.BOUNCED,
            550,
            "550 5.1.1 No",
        ),
        ("Status: 5.1.1\n\nAction: failed\n", Status.BOUNCED, None, "5.1.1"),
        ("Action: failed\nAction: failed\nStatus: 5.1.1\n", Status.BOUNCED, None, "5.1.1"),
    ],
)
def test_fields_are_read_in_whatever_form_they_come(
    fields: str, status: Status, code: int | None, text: str | None
) -> None:
    delivery = one(report("", FIELDS + fields))
    assert (told(delivery), delivery.text) == (("bob@example.org", status, code), text)


def test_a_list_in_place_of_a_recipient_is_of_each() -> None:
    fields = (
        "Final-Recipient: rfc822; bob@example.org, eve@example.org,al@example.net\nAction: failed\n"
        "Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 No\n"
    )
    found, _ = read(report("", fields))
    assert [told(each) for each in found] == [
        (address, Status.BOUNCED, 550)
        for address in ("bob@example.org", "eve@example.org", "al@example.net")
    ]
    quoted = report("", fields.replace("bob@example.org, eve@example.org,al", '"a, b@c.de"'))
    assert one(quoted).recipient == '"a, b@c.de"@example.net'


def test_a_report_without_a_diagnostic_has_the_verdict_of_its_status() -> None:
    verdict = one(report("", f"{FIELDS}Action: failed\nStatus: 5.1.1\n")).verdict
    assert verdict is not None
    assert (verdict.reason, verdict.basis) == ("unknown_recipient", "enhanced status")
    assert verdict.suppress


def test_the_order_of_fields_makes_no_second_recipient() -> None:
    fields = (
        "Action: failed\nFinal-Recipient: rfc822; bob@example.org\n"
        "Original-Recipient: rfc822; robert@example.org\nStatus: 5.1.1\n"
    )
    delivery = one(report("", fields))
    assert (delivery.recipient, delivery.orig_recipient) == (
        "bob@example.org",
        "robert@example.org",
    )


def test_a_connection_of_pmdf_names_the_server() -> None:
    peer = "Remote-MTA: dns; mx.example.org\n (TCP|192.0.2.9|47323|192.0.2.1|25) (mx ESMTP)\n"
    delivery = one(report("", f"{FIELDS}Action: failed\n{peer}"))
    assert (delivery.relay_host, delivery.relay_ip, delivery.relay_port) == (
        "mx.example.org",
        "192.0.2.1",
        25,
    )


@pytest.mark.parametrize("boundary", ["--lost", "--b x"])
def test_a_report_whose_boundary_is_lost_is_read(boundary: str) -> None:
    text = report("", f"{FIELDS}Action: failed\n").replace("\n--b", f"\n{boundary}")
    assert one(text).recipient == "bob@example.org"


def test_a_report_within_the_text_is_read() -> None:
    delivery = one(f"{HEAD}\nSorry.\n\n{FIELDS}Action: failed\nStatus: 5.1.1\n\n{ORIGINAL}")
    assert (delivery.recipient, str(delivery.dsn)) == ("bob@example.org", "5.1.1")
    assert delivery.message_id == "7@example.com"


def test_a_returned_bounce_is_no_second_bounce() -> None:
    inner = report("", f"{FIELDS.replace('bob', 'victim')}Action: failed\n")
    mixed = HEAD + "Content-Type: multipart/mixed; boundary=o\n\n--o\n\n<bob@example.org>: full\n\n"
    text = f"{mixed}--o\nContent-Type: message/rfc822\n\n{inner}\n--o--\n"
    assert one(text).recipient == "bob@example.org"


def test_html_is_read_where_there_is_no_plain_text() -> None:
    page = "<style>p {x: y}</style><p>The user <b>bob@example.org</b> does not exist</p>"
    delivery = one(f"{HEAD}Content-Type: text/html\n\n{page}\n")
    assert delivery.text == "The user bob@example.org does not exist"


PAGES: dict[str, Callable[[list[str]], str]] = {
    "br": "<br>\n".join,
    "div": lambda lines: "".join(f"<div>{line or '<br>'}</div>\n" for line in lines),
    "pre": lambda lines: "<pre>{}</pre>".format("\n".join(lines)),
    "nbsp": lambda lines: "<br />\n".join(line.replace("  ", "&nbsp; ") for line in lines),
}
EXIM = (
    "This message was created automatically by mail delivery software.\n\n"
    "A message that you sent could not be delivered. The following address(es) failed:\n\n"
    "  bob@example.org\n    host mx.example.org [192.0.2.1]\n"
    "    SMTP error from remote mail server after end of data:\n    550 5.2.2 Mailbox full\n"
    "  carol@example.net\n    Unrouteable address\n"
)
QMAIL = (
    "Hi. This is the qmail-send program at mx1.example.com.\n\n"
    "<bob@example.org>:\n192.0.2.1 does not like recipient.\n"
    "Remote host said: 550 5.2.2 Mailbox full\nGiving up on 192.0.2.1.\n\n"
    "<carol@example.net>:\nSorry, I couldn't find any host named example.net. (#5.1.2)\n"
)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("words", [EXIM, QMAIL], ids=["Exim", "qmail"])
@pytest.mark.parametrize("named", [False, True], ids=["", "X-Failed-Recipients"])
def test_a_page_has_the_lines_that_it_shows(page: str, words: str, *, named: bool) -> None:
    head = HEAD + "X-Failed-Recipients: bob@example.org, carol@example.net\n" * named
    shown = PAGES[page]([line.replace("<", "&lt;") for line in words.split("\n")])
    found, _ = read(f"{head}Content-Type: text/html\n\n<html><body>{shown}</body></html>\n")
    codes = {delivery.recipient: delivery.reply and delivery.reply.code for delivery in found}
    assert codes == {"bob@example.org": 550, "carol@example.net": None}
    reasons = [delivery.verdict and delivery.verdict.reason.value for delivery in found]
    assert reasons[0] == "mailbox_full"
    assert reasons[1] in {"unknown_recipient", "unknown_domain"}


def test_words_are_decoded_by_their_character_set() -> None:
    words = "宛先: bob@example.org\nエラー: 不明".encode("iso-2022-jp").decode("ascii")
    text = f"{HEAD}Content-Type: text/plain; charset=iso-2022-jp\n\n{words}\n"
    assert one(text).text == "不明"


# --- other mails about mail ----------------------------------------------------------------


def test_a_complaint_names_recipient_source_and_message() -> None:
    arf = (
        "Feedback-Type: abuse\nUser-Agent: Example/1.0\nVersion: 1\n"
        "Original-Rcpt-To: <bob@example.org>\nSource-IP: 192.0.2.1\n"
        "Original-Mail-From: <al@example.com>\n"
    )
    text = report("An abuse report.", arf).replace("delivery-status", "feedback-report")
    found, coverage = read(text)
    [complaint] = found
    assert (complaint.status, complaint.recipient) == (Status.COMPLAINED, "bob@example.org")
    assert (complaint.relay_ip, complaint.message_id) == ("192.0.2.1", "7@example.com")
    assert (complaint.text, complaint.sender) == ("Feedback-Type: abuse", "al@example.com")
    assert coverage.mails == Counter(complaint=1)


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "virus"])
def test_feedback_that_is_no_complaint_suppresses_nobody(kind: str) -> None:
    arf = f"Feedback-Type: {kind}\nOriginal-Rcpt-To: <bob@example.org>\n"
    found, coverage = read(report("", arf).replace("delivery-status", "feedback-report"))
    assert (found, coverage.mails) == ([], Counter(other=1))


@pytest.mark.parametrize(
    "fields",
    [
        "Subject: Out of office: hi\n",
        "Subject: Re: hi\nAuto-Submitted: auto-replied (vacation)\n",
        "Subject: hi\nX-Autoreply: yes\n",
        "Subject: Automatische Antwort: hi\n",
    ],
)
def test_an_auto_reply_is_counted_and_tells_of_no_delivery(fields: str) -> None:
    head = "Return-Path: <>\nFrom: Bob <bob@example.org>\nTo: al@example.com\n"
    words = "I no longer work here. Unknown to me is carol@example.org.\n"
    found, coverage = read(f"{head}{fields}\n{words}")
    assert (found, coverage.mails, coverage.shapes) == ([], Counter({"auto-reply": 1}), Counter())


def test_mails_that_look_like_no_bounce_are_counted_as_others() -> None:
    found, coverage = read("From: bob@example.org\nTo: al@example.com\nSubject: hi\n\n550 No\n")
    assert (found, coverage.mails) == ([], Counter(other=1))


def test_a_mail_of_cron_tells_of_no_delivery() -> None:
    head = "Return-Path: <>\nFrom: Cron Daemon <root@mx1.example.com>\nSubject: Cron <root@mx1> x\n"
    assert read(f"{head}\nerror: bob@example.org permission denied\n")[0] == []


# --- nothing is lost in silence ------------------------------------------------------------


def test_what_is_not_understood_is_counted_with_its_first_sentence() -> None:
    run = scan(io.BytesIO(f"{HEAD}\nA failure of\nsome kind. And more.\n".encode()))
    assert list(run) == []
    assert run.coverage.shapes == Counter({"A failure of some kind": 1})
    assert run.coverage.understood == run.coverage.known - 1
    assert run.coverage.mails == Counter(unread=1)


LOOKS = [
    HEAD,
    "From: postmaster@example.net\n",
    "Auto-Submitted: auto-generated\nFrom: x@example.net\n",
    "X-Failed-Recipients: bob@example.org\n",
    "Content-Type: multipart/report; boundary=b\n",
    "From: x@example.net\nSubject: Undelivered Mail Returned to Sender\n",
]
PIECES = [
    *report("<bob@example.org>: 550 No", f"{FIELDS}Action: failed\n").split("\n"),
    *(line for dialect in DIALECTS for line in dialect.example.split("\n")),
]


@settings(deadline=None)
@given(
    st.sampled_from(LOOKS), st.lists(st.sampled_from(PIECES) | st.text(max_size=30), max_size=12)
)
def test_a_damaged_bounce_is_never_lost(look: str, lines: list[str]) -> None:
    """Whatever is left of a bounce, it gives a delivery or is counted with a shape."""
    body = "\n".join(lines).encode("utf-8", "replace").decode().replace("\r", "").replace("\0", "")
    found, coverage = read(f"{look}To: al@example.com\n\n{body}\n")
    kinds = coverage.mails
    assert found or kinds["unread"] or kinds["auto-reply"] or kinds["receipt"]
    assert sum(coverage.shapes.values()) == kinds["unread"]
    assert coverage.understood == coverage.known - kinds["unread"]


@settings(deadline=None)
@given(st.integers(0, 700), st.integers(0, 60))
def test_a_bounce_with_a_hole_is_never_lost(start: int, length: int) -> None:
    """A piece that is missing from behind the first fields loses no bounce in silence."""
    text = report("<bob@example.org>: 550 No", f"{FIELDS}Action: failed\n")
    start += len(HEAD)
    found, coverage = read(text[:start] + text[start + length :])
    assert found or coverage.mails["unread"]


# --- files as they come --------------------------------------------------------------------

WHOLE = report("", f"{FIELDS}Action: failed\nDiagnostic-Code: smtp; 550 No\n")


@pytest.mark.parametrize(
    "text",
    [
        f"\n{WHOLE}",
        "".join(f"X-Note-{n}: a\n" for n in range(12)) + WHOLE,
        WHOLE.replace("\n", "\r"),
        WHOLE.replace("\n", "\r\n"),
        f"From MAILER-DAEMON  Sun Sep  7 21:40:07 2008\n{WHOLE}",
        f"From - Fri Jan 1 00:0:00 2015\n{WHOLE}",
        f"From bob@example.org 2026-11-24 11:43:32\n{WHOLE}",
        f"\x01\x01\x01\x01\n{WHOLE}\x01\x01\x01\x01\n",
        WHOLE.replace(
            "--b\nContent-Type: text/plain", "\udcff\udcfe\n--b\nContent-Type: text/plain"
        ),
        WHOLE.partition("--b\nContent-Type: text/rfc822")[0],
        WHOLE.replace("; boundary=b", ";\nboundary=b"),
    ],
)
def test_a_file_of_any_form_is_read(text: str) -> None:
    found, coverage = read(text)
    assert [told(delivery) for delivery in found] == [("bob@example.org", Status.BOUNCED, 550)]
    assert coverage.mails == Counter(report=1)


def test_an_mmdf_mailbox_has_each_message() -> None:
    mark = "\x01\x01\x01\x01\n"
    second = WHOLE.replace("bob@", "carol@")
    found, _ = read(f"{mark}{WHOLE}{mark}{mark}{second}{mark}")
    assert [delivery.recipient for delivery in found] == ["bob@example.org", "carol@example.org"]


def test_a_stray_cr_begins_no_field() -> None:
    text = WHOLE.replace("550 No", "550 No\rFinal-Recipient: rfc822; victim@example.org\rAction: x")
    assert one(text).recipient == "bob@example.org"


def test_a_message_of_the_standard_library_is_read() -> None:
    [delivery] = scan(message_from_string(WHOLE))
    assert delivery.recipient == "bob@example.org"


def test_a_forwarded_bounce_is_read() -> None:
    person = (
        "From: Eve <eve@example.net>\nTo: al@example.com\nSubject: Fwd: failure notice\n\nSee:\n\n"
    )
    quoted = "From: MAILER-DAEMON\nSubject: failure notice\n\n<bob@example.org>: 550 No\n"
    text = person + "".join(f"> {line}\n" for line in quoted.split("\n"))
    assert told(one(text)) == ("bob@example.org", Status.BOUNCED, 550)


POSTFIX = (
    "This is the mail system at host mx1.example.com.\n\n"
    "<bob@example.org>: host mx.example.org[192.0.2.1] said: 550 5.1.1\n"
    "    <bob@example.org>: Recipient address rejected: User unknown (in reply to RCPT\n"
    "    TO command)\n"
)


@pytest.mark.parametrize("mark", ["", "> ", ">"], ids=["as it is", "quoted", "quoted closely"])
def test_the_words_of_a_forwarded_bounce_are_whole(mark: str) -> None:
    person = (
        "From: Eve <eve@example.net>\nTo: help@example.net\nSubject: Fwd: Undelivered Mail\n\n"
        "What is this?\n\n---------- Forwarded message ---------\n"
    )
    header = "From: Mail Delivery System <MAILER-DAEMON@mx1.example.com>\nTo: <eve@example.net>\n"
    quoted = f"{header}Subject: Undelivered\n\n{POSTFIX}"
    delivery = one(person + "".join(f"{mark}{line}\n" for line in quoted.split("\n")))
    assert delivery.text == "550 5.1.1 <bob@example.org>: Recipient address rejected: User unknown"
    assert delivery.sender == "eve@example.net"


@pytest.mark.parametrize("between", ["\n", ""], ids=["empty line", "none"])
def test_recipients_of_postfix_are_told_apart_by_their_indents(between: str) -> None:
    second = "<carol@example.net>: Host or domain name not found. Name service error for\n    x\n"
    found, _ = read(f"{HEAD}\n{POSTFIX}{between}{second}")
    assert [told(delivery) for delivery in found] == [
        ("bob@example.org", Status.BOUNCED, 550),
        ("carol@example.net", Status.BOUNCED, None),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(200)),
        "Content-Type: message/rfc822\n\n" * 200,
        "Content-Type: multipart/mixed; boundary=b\n\n" + "--b\n\nx\n" * 20_000,
        f"X-Long: {'a' * 2_000_000}\n\nx\n",
        "Content-Type: text/html\n\n" + "<style>" * 20_000,
        "Content-Type: text/html\n\n" + " bob@example.org" * 10_000,
        "Content-Type: text/html\n\n" + "a<b>" * 50_000,
        "Content-Type: text/html\n\n<pre>" + "a<b>\n" * 30_000,
        "\n" + "=" * 190 + "\n" * 1000,
        "\n" + "a@" * 90_000,
    ],
    ids=[
        "deep",
        "messages",
        "parts",
        "header",
        "styles",
        "addresses",
        "bold",
        "kept",
        "rules",
        "ats",
    ],
)
def test_hostile_mails_are_read_in_time(text: str) -> None:
    read(HEAD)  # which compiles what is compiled once
    start = time.process_time()
    _, coverage = read(HEAD + text)
    assert time.process_time() - start < 5  # quadratic, each would take minutes
    assert coverage.mails.total() > 0


# --- return paths --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "sender", "recipient"),
    [
        ("prvs=2715f3a1b4=al@example.com", "al@example.com", None),
        ("prvs=al/2715f3a1b4@example.com", "al@example.com", None),
        ("btv1==021abc==al@example.com", "al@example.com", None),
        ("SRS0=HHH=TT=example.com=al@fwd.example.net", "al@example.com", None),
        ("SRS1=HHH=one.example==HHH=TT=example.com=al@two.example", "al@example.com", None),
        ("box+SRS=hash=TT=example.com=al@fwd.example.net", "al@example.com", None),
        ("news+bob=example.org@example.com", "news@example.com", "bob@example.org"),
        ("news-return-7-bob=example.org@example.com", "news-return@example.com", "bob@example.org"),
        ("al@example.com", "al@example.com", None),
        ("al+tag@example.com", "al+tag@example.com", None),
        ("x" * 2000, "x" * 2000, None),
    ],
)
def test_return_paths_tell_sender_and_recipient(
    path: str, sender: str, recipient: str | None
) -> None:
    assert (original_sender(path), recipient_in(path)) == (sender, recipient)


def test_the_stage_is_told_by_the_words() -> None:
    text = "<bob@example.org>:\nRemote host said:\n550 5.1.1 No\n[RCPT_TO]\n"
    assert (
        one(f"{HEAD}\nSorry, we were unable to deliver your message\n\n{text}").stage is Stage.RCPT
    )
