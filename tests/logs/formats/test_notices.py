"""Bounces in words, as messages of a mailbox."""

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import Delivery, Direction, ReplyBy, Status, scan

HEAD = (
    "Return-Path: <>\nFrom: MAILER-DAEMON@mx1.example.com\nTo: al@example.com\n"
    "Date: Tue, 24 Nov 2026 12:00:00 +0100\nSubject: failure notice\n\n"
)

QMAIL = """\
Hi. This is the qmail-send program at mx1.example.com.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<bob@example.org>:
192.0.2.1 does not like recipient.
Remote host said: 550-5.1.1 No such
550 5.1.1 user
Giving up on 192.0.2.1.

<carol@example.net>:
Connected to 192.0.2.7 but sender was rejected.
Remote host said: 451 4.1.8 Domain of sender not found

<dave@example.com>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <al@example.com>

<victim@example.org>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 forged
"""

EXIM = """\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  bob@example.org
    (ultimately generated from robert@example.com)
    host mx.example.org [192.0.2.1]
    SMTP error from remote mail server after RCPT TO:<bob@example.org>:
    550-5.1.1 No such
    550 5.1.1 user

  carol@example.net
    SMTP error from remote mail server after end of data:
    host mx.example.net [2001:db8::1]: 552 5.2.2 Mailbox full

  dave@example.com
    Unrouteable address

------ This is a copy of the message, including all the headers. ------

  victim@example.org
    SMTP error from remote mail server after end of data: 550 forged
"""

POSTFIX = """\
This is the mail system at host mx1.example.com.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

                   The mail system

<bob@example.org> (expanded from <robert@example.com>): host
    mx.example.org[192.0.2.1] said: 550 5.1.1 <bob@example.org>: No such user
    (in reply to RCPT TO command)

<carol@example.net>: connect to mx.example.net[192.0.2.7]:25: Connection timed
    out
"""

EXCHANGE = """\
Delivery has failed to these recipients or groups:

bob@example.org
The address is not known.

Diagnostic information for administrators:

Generating server: EXCH01.example.com

bob@example.com
#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##

carol@example.net
mx.example.net
Remote Server returned '550 5.7.1 Not from there'

dave@example.org
mx.example.org #<mx.example.org #5.1.1 smtp;550 5.1.1 No such user> #SMTP#

Original message headers:

victim@example.org
#550 5.1.1 forged ##
"""

SENDMAIL = """\
The original message was received at Tue, 24 Nov 2026 11:59:00 +0100
from localhost [127.0.0.1]

   ----- The following addresses had permanent fatal errors -----
<bob@example.org>
    (reason: 550 5.1.1 No such user)
    (expanded from: <robert@example.com>)
<carol@example.net>
    (reason: 550 5.1.2 Host unknown)

   ----- Transcript of session follows -----
... while talking to mx.example.org.:
>>> RCPT To:<bob@example.org>
<<< 550 5.1.1 No such user
550 5.1.1 <bob@example.org>... User unknown

   ----- Message header follows -----
<victim@example.org>
    (reason: 550 forged)
"""

GOOGLE = """\
Delivery to the following recipient failed permanently:

     bob@example.org

Technical details of permanent failure:
It was refused by the server for the recipient domain by mx.example.org. [192.0.2.1].

The error that the other server returned was:
550-5.1.1 No such
550 5.1.1 user

----- Original message -----

     victim@example.org
"""

SMTPD = """\
Transcript of session follows.

 Out: 220 mx1.example.com ESMTP Postfix
 In:  EHLO c.example.net
 Out: 250 mx1.example.com
 In:  MAIL FROM:<eve@example.net>
 Out: 250 2.1.0 Ok
 In:  RCPT TO:<bob@example.com>
 Out: 451 4.3.0 <bob@example.com>: Temporary lookup failure

Session aborted, reason: lost connection
"""


def read(text: str, head: str = HEAD) -> list[Delivery]:
    return list(scan(io.BytesIO((head + text).encode())))


def told(delivery: Delivery, *names: str) -> tuple[Any, ...]:
    return tuple(getattr(delivery, name) for name in names)


def test_qmail_tells_server_stage_and_reply() -> None:
    bob, carol, dave = read(QMAIL)
    assert told(bob, "recipient", "relay_ip", "stage", "status") == (
        "bob@example.org",
        "192.0.2.1",
        Stage.RCPT,
        Status.BOUNCED,
    )
    assert bob.text == "550-5.1.1 No such\n550 5.1.1 user"
    assert told(bob, "reply_by", "sender", "line") == (ReplyBy.REMOTE, "al@example.com", 11)
    assert told(carol, "relay_ip", "stage", "text", "status") == (
        "192.0.2.7",
        Stage.MAIL,
        "451 4.1.8 Domain of sender not found",
        Status.BOUNCED,  # it was given up, after a 451 that did not go away
    )
    assert (dave.reply_by, str(dave.dsn)) == (None, "5.1.1")


def test_exim_tells_server_stage_and_reply_in_old_and_new_notices() -> None:
    bob, carol, dave = read(EXIM)
    assert told(bob, "recipient", "orig_recipient", "relay_host", "relay_ip", "stage") == (
        "bob@example.org",
        "robert@example.com",
        "mx.example.org",
        "192.0.2.1",
        Stage.RCPT,
    )
    assert bob.text == "550-5.1.1 No such\n550 5.1.1 user"
    assert told(carol, "relay_ip", "stage", "text", "reply_by") == (
        "2001:db8::1",
        Stage.END_OF_DATA,
        "552 5.2.2 Mailbox full",
        ReplyBy.REMOTE,
    )
    assert (dave.diagnostic, dave.status) == ("Unrouteable address", Status.BOUNCED)


def test_exim_warns_of_a_delay() -> None:
    text = EXIM.replace("could not be delivered", "has not been delivered")
    text = text.replace("A message that you sent", "Message 1sQpLm-00000002Rfh-3kYd")
    assert {delivery.status for delivery in read(text)} == {Status.DEFERRED}


def test_postfix_tells_server_stage_and_reply() -> None:
    bob, carol = read(POSTFIX)
    assert told(bob, "recipient", "orig_recipient", "relay_host", "relay_ip", "stage") == (
        "bob@example.org",
        "robert@example.com",
        "mx.example.org",
        "192.0.2.1",
        Stage.RCPT,
    )
    assert bob.text == "550 5.1.1 <bob@example.org>: No such user"
    assert carol.diagnostic == "connect to mx.example.net[192.0.2.7]:25: Connection timed out"


def test_exchange_tells_whose_words_they_are() -> None:
    bob, carol, dave = read(EXCHANGE)
    assert told(bob, "recipient", "reply_by") == ("bob@example.com", ReplyBy.MTA)
    assert bob.text == "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found"
    assert told(carol, "relay_host", "text", "reply_by") == (
        "mx.example.net",
        "550 5.7.1 Not from there",
        ReplyBy.REMOTE,
    )
    assert told(dave, "relay_host", "text", "reply_by") == (
        "mx.example.org",
        "550 5.1.1 No such user",
        ReplyBy.REMOTE,
    )


EXCHANGE_HEAD = (
    "Diagnostic information for administrators:\n\nGenerating server: mx1.example.com\n\n"
)


@pytest.mark.parametrize(
    ("words", "host", "text", "by"),
    [
        (
            "bob@example.org\nRemote Server returned '554 5.4.0 <mx.example.org #5.1.1 smtp;\n"
            "550 5.1.1 <bob@example.org> No such user>'",
            "mx.example.org",
            "550 5.1.1 <bob@example.org> No such user",
            ReplyBy.REMOTE,
        ),
        (
            "bob@example.org\nRemote server returned '554 5.4.1 "
            "<mx.example.org #5.4.1 smtp;550 No>",
            "mx.example.org",
            "550 No",
            ReplyBy.REMOTE,
        ),
        (
            "bob@example.org\nmx.example.org #550 5.1.1 <bob@example.org>: No such user ##",
            "mx.example.org",
            "550 5.1.1 <bob@example.org>: No such user",
            ReplyBy.REMOTE,
        ),
        (
            "bob@example.org\n\nmx.example.org\n\nRemote Server returned '550 5.7.54 SMTP; No'",
            "mx.example.org",
            "550 5.7.54 SMTP; No",
            ReplyBy.REMOTE,
        ),
        (
            "bob@example.org\nRemote Server at mx.example.org (192.0.2.1) returned "
            "'400 4.4.7 Message delayed'\n24/11/2026 11:43:32 - Remote Server at mx.example.org "
            "(192.0.2.1) returned '441 4.4.1 Error encountered'",
            "mx.example.org",
            "400 4.4.7 Message delayed",
            ReplyBy.MTA,
        ),
        (
            "bob@example.org\nRemote Server returned '[{LED=550 5.1.1 No such user};{MSG=};"
            "{FQDN=mx.example.org};{IP=192.0.2.1};{LRT=11/24/2026 11:43:32 AM}]'",
            "mx.example.org",
            "550 5.1.1 No such user",
            ReplyBy.REMOTE,
        ),
        (
            "bob@example.org\n"
            "Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; no'",
            None,
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; no",
            ReplyBy.MTA,
        ),
    ],
)
def test_exchange_passes_on_what_a_server_answered(
    words: str, host: str | None, text: str, by: ReplyBy
) -> None:
    [bob] = read(EXCHANGE_HEAD + words)
    assert told(bob, "recipient", "relay_host", "text", "reply_by") == (
        "bob@example.org",
        host,
        text,
        by,
    )


def test_an_answer_below_two_addresses_is_of_the_second() -> None:
    [carol] = read(
        f"{EXCHANGE_HEAD}bob@example.org\n\ncarol@example.net\n\nRemote Server returned '550 No'"
    )
    assert told(carol, "recipient", "text") == ("carol@example.net", "550 No")


@pytest.mark.parametrize(
    "opening",
    [
        "Bardzo nam przykro.",
        "Infelizmente nao consegui entregar a sua mensagem.",
        "This is a robot.",
    ],
)
def test_qmail_is_known_by_how_it_names_a_server(opening: str) -> None:
    [bob] = read(
        f"{opening}\n\n<bob@example.org>:\n192.0.2.1 does not like recipient.\n"
        "Remote host said: / Zdalny host odpowiedzial: 550 No such user\nGiving up on 192.0.2.1.\n"
    )
    assert told(bob, "recipient", "relay_host", "stage", "text") == (
        "bob@example.org",
        "192.0.2.1",
        Stage.RCPT,
        "550 No such user",
    )


def test_exim_has_what_an_agent_printed_below_all_recipients() -> None:
    bob, carol = read(
        "A message that you sent could not be delivered to one or more of its\n"
        "recipients. This is a permanent error. The following address(es) failed:\n\n"
        "  an undisclosed address\n    (generated from bob@example.org)\n\n"
        "  carol@example.net\n    Unrouteable address\n\n"
        "The following text was generated during the delivery attempt:\n\n"
        "------ an undisclosed address\n       (generated from bob@example.org) ------\n\n"
        "Mail quota exceeded.\n\n------ carol@example.net ------\n\n"
    )
    assert told(bob, "recipient", "text") == ("bob@example.org", "Mail quota exceeded.")
    assert told(carol, "recipient", "text") == ("carol@example.net", "Unrouteable address")


def test_exim_of_cpanel_tries_again_after_a_temporary_error() -> None:
    [bob] = read(
        "A message that you sent could not be delivered to one or more of its\n"
        "recipients. This is a temporary error. The following address(es) deferred:\n\n"
        "  bob@example.org\n    Domain example.com has exceeded the max emails per hour\n"
    )
    assert bob.status is Status.DEFERRED


STALWART = """\
Your message has been partially delivered:

    ----- Delivery to the following addresses was successful -----
<bob@example.org> (delivered to 'mx.example.org' with code 250 (2.0.0) 'OK')

    ----- There was a temporary problem delivering to these addresses -----
<al@example.net> (connection to 'mx.example.net' failed: timed out)
<dave@example.net> (host 'mx.example.net' rejected transaction with code 421 (0.0.0) 'Later')

    ----- Delivery to the following addresses failed -----
<eve@example.org> (host 'mx.example.org' rejected command 'RCPT TO:<eve@example.org>' with code \
550 (5.1.1) 'No such user')
"""


def test_stalwart_tells_each_outcome_under_its_heading() -> None:
    names = ("recipient", "status", "relay_host", "stage", "text", "reply_by")
    assert [told(each, *names) for each in read(STALWART)] == [
        ("bob@example.org", Status.SENT, "mx.example.org", None, "250 2.0.0 OK", ReplyBy.REMOTE),
        (
            "al@example.net",
            Status.DEFERRED,
            "mx.example.net",
            None,
            "connection to 'mx.example.net' failed: timed out",
            None,
        ),
        ("dave@example.net", Status.DEFERRED, "mx.example.net", None, "421 Later", ReplyBy.REMOTE),
        (
            "eve@example.org",
            Status.BOUNCED,
            "mx.example.org",
            Stage.RCPT,
            "550 5.1.1 No such user",
            ReplyBy.REMOTE,
        ),
    ]


@pytest.mark.parametrize(
    ("opening", "status"),
    [
        ("Your message could not be delivered to the following recipients:", Status.BOUNCED),
        (
            "There was a temporary problem delivering your message to the following recipients:",
            Status.DEFERRED,
        ),
        (
            "Your message has been successfully delivered to the following recipients:",
            Status.SENT,
        ),
    ],
)
def test_stalwart_tells_the_only_outcome_first(opening: str, status: Status) -> None:
    [bob] = read(f"{opening}\n\n<bob@example.org> (rate limited)\n")
    assert told(bob, "recipient", "status", "text") == ("bob@example.org", status, "rate limited")


def test_forward_email_names_the_server_in_the_same_form() -> None:
    [bob] = read(
        "Your message could not be delivered to the following recipient:\n\n"
        "<bob@example.org> (host 'mx.example.org' [192.0.2.1]:25: 550 5.1.1 No such user)\n"
    )
    assert told(bob, "recipient", "relay_host", "relay_ip", "text", "reply_by") == (
        "bob@example.org",
        "mx.example.org",
        "192.0.2.1",
        "550 5.1.1 No such user",
        ReplyBy.REMOTE,
    )


def test_postfix_reports_a_success_with_the_reply() -> None:
    bob, carol = read(
        "This is the mail system at host mx1.example.com.\n\n"
        "Your message was successfully delivered to the destination(s)\nlisted below.\n\n"
        "<bob@example.org>: delivery via mx.example.org[192.0.2.1]:25: 250 2.0.0 Ok:\n"
        "    queued as 7C21A\n\n<carol@example.com>: delivered to mailbox\n"
    )
    assert told(bob, "status", "relay_host", "relay_port", "stage", "text", "reply_by") == (
        Status.SENT,
        "mx.example.org",
        25,
        Stage.END_OF_DATA,
        "250 2.0.0 Ok: queued as 7C21A",
        ReplyBy.REMOTE,
    )
    assert told(carol, "status", "text", "reply_by") == (
        Status.SENT,
        "delivered to mailbox",
        None,
    )


def test_sendmail_lists_recipients_by_their_outcome() -> None:
    found = read(
        "   ----- The following addresses had successful delivery notifications -----\n"
        "<bob@example.org>  (relayed to non-DSN-aware mailer)\n\n"
        "   ----- The following addresses had transient non-fatal errors -----\n"
        "<carol@example.net>\n    (reason: 451 4.7.1 later)\n\n"
        "   ----- The following addresses had permanent fatal errors -----\n"
        "<eve@example.org>\n    (reason: 550 5.1.1 No such user)\n"
    )
    assert [told(each, "recipient", "status") for each in found] == [
        ("bob@example.org", Status.SENT),
        ("carol@example.net", Status.DEFERRED),
        ("eve@example.org", Status.BOUNCED),
    ]


def test_what_sendmail_says_itself_is_no_server_s_reply() -> None:
    [bob] = read(
        "   ----- The following addresses had permanent fatal errors -----\nbob@example.org\n"
        "   ----- Transcript of session follows -----\n554 5.4.6 Too many hops 26 (25 max)\n"
    )
    assert told(bob, "recipient", "text", "reply_by") == (
        "bob@example.org",
        "554 5.4.6 Too many hops 26 (25 max)",
        ReplyBy.MTA,
    )


def test_google_tells_what_the_other_server_returned() -> None:
    [bob] = read(GOOGLE)
    assert told(bob, "recipient", "relay_host", "relay_ip", "reply_by", "text") == (
        "bob@example.org",
        "mx.example.org",
        "192.0.2.1",
        ReplyBy.REMOTE,
        "550-5.1.1 No such\n550 5.1.1 user",
    )
    [later] = read(GOOGLE.replace("failed permanently", "has been delayed"))
    assert later.status is Status.DEFERRED


def test_sendmail_tells_by_its_transcript_and_by_its_list() -> None:
    carol, bob = read(SENDMAIL)
    assert told(bob, "recipient", "relay_host", "stage", "text") == (
        "bob@example.org",
        "mx.example.org",
        Stage.RCPT,
        "550 5.1.1 No such user",
    )
    assert told(carol, "recipient", "text") == ("carol@example.net", "550 5.1.2 Host unknown")


def test_a_server_tells_its_postmaster_what_it_said_to_a_client() -> None:
    [refusal] = read(SMTPD)
    assert told(refusal, "reply_by", "direction", "status", "recipient") == (
        ReplyBy.OWN,
        Direction.INCOMING,
        Status.REJECTED,
        "bob@example.com",
    )


@pytest.mark.parametrize("text", [QMAIL, EXIM, POSTFIX, EXCHANGE, SENDMAIL, SMTPD, GOOGLE])
def test_no_notice_tells_of_what_the_returned_message_says(text: str) -> None:
    assert "victim@example.org" not in {delivery.recipient for delivery in read(text)}


@pytest.mark.parametrize("text", [QMAIL, EXIM, POSTFIX, EXCHANGE, SENDMAIL, SMTPD, GOOGLE])
def test_a_person_who_quotes_a_notice_tells_of_no_delivery(text: str) -> None:
    assert read(text, HEAD.replace("<>", "<al@example.com>").replace("MAILER-DAEMON", "al")) == []
    quoted = "".join(f"> {line}\n" for line in text.split("\n"))
    assert read(quoted) == []


def test_a_vacation_note_tells_of_no_delivery() -> None:
    assert read("I am away until Monday.\n", HEAD.replace("MAILER-DAEMON", "bob")) == []


@pytest.mark.parametrize("text", [QMAIL, EXIM, POSTFIX, EXCHANGE, SENDMAIL, SMTPD, GOOGLE])
def test_where_there_is_a_report_the_words_before_it_are_not_told_again(text: str) -> None:
    head = HEAD.rstrip("\n") + "\nContent-Type: multipart/report; boundary=b\n\n--b\n\n"
    report = "\n--b\nContent-Type: message/delivery-status\n\n"
    report += "Final-Recipient: x@example.org\nAction: failed\n"
    assert [delivery.recipient for delivery in read(text + report, head)] == ["x@example.org"]


@settings(deadline=None)  # the first example imports the format
@given(
    st.sampled_from([QMAIL, EXIM, POSTFIX, EXCHANGE, SENDMAIL, SMTPD, GOOGLE]),
    st.integers(0, 1500),
    st.text(max_size=200),
    st.sampled_from([1, 200]),
)
def test_any_text_in_a_notice_is_read_without_an_error(
    notice: str, cut: int, text: str, times: int
) -> None:
    """No text within a notice raises anything, once or again and again."""
    for delivery in read(notice[:cut] + text.encode("utf-8", "replace").decode() * times):
        assert delivery.to_dict()


@pytest.mark.parametrize(
    "unit", ["<a@b>:\n", "  a\n", "(", "<", "host a [b] ", "a b ", "#", "... "]
)
@pytest.mark.parametrize("notice", [QMAIL, EXIM, POSTFIX, EXCHANGE, SENDMAIL, SMTPD, GOOGLE])
def test_a_notice_of_any_length_is_read_in_time(notice: str, unit: str) -> None:
    lead = notice.partition("\n\n")[0] + "\n\n"
    read(lead + unit * 20_000 + "\n")
