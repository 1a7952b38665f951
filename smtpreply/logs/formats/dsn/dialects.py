r"""Forms of bounces in words, as a table: an opening, and how recipients and words are found.

A row is tried where its opening is in the notice, whatever the line breaks: white space counts
as one space, and letters as small ones. What `recipient` and `label` match is described in
`smtpreply.logs.formats.dsn.entries`. Each row has an example, which is its test; the last column
says where the words are from: the server's source or documentation, or a bounce that was seen.
"""

# ruff: noqa: E501  (a line of an example is a line of a mail)

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from smtpreply.logs.delivery import Status
from smtpreply.logs.formats.dsn.entries import ADDRESS, MORE, read_entries

_TO = rf"(?P<to>{ADDRESS})"
_NAME = rf"(?P<to>{ADDRESS}|[A-Za-z0-9][A-Za-z0-9._-]{{0,63}})"
_ALONE = rf"\s*[*\u2022-]?\s*[<\"']?{_TO}[>\"']?{MORE}[.,:;]?\s*\Z"
_HEADED = rf"\s*[<\"]{_TO}[>\"]\s?:\s*(?P<words>.*)\Z"


@attrs.frozen(kw_only=True)
class Dialect:
    """A form of notice.

    Attributes:
        system: whose notices they are.
        opening: one of these phrases is in the notice, in lower case.
        recipient: matches the line of a recipient: the groups ``to`` and, beside it, ``words``.
        label: matches what introduces the words for all; None for the usual labels.
        status: the outcome that the notice reports; None where its words do.
        example: a notice of this form.
        tells: the recipients in it, each with how the text of its delivery begins.
        seen: in the server's ``source``, its ``documentation``, or a ``bounce``.
    """

    system: str
    opening: tuple[str, ...]
    recipient: str = _ALONE
    label: str | None = None
    status: Status | None = None
    example: str
    tells: tuple[tuple[str, str | None], ...]
    seen: str

    def opens(self, text: str) -> bool:
        """Whether a notice is of this form, by its text in lower case and with single spaces."""
        return any(phrase in text for phrase in self.opening)

    def read(self, lines: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the recipients in the lines of a notice of this form."""
        for number, told in read_entries(lines, *_compiled(self.recipient, self.label)):
            yield number, told | ({"status": self.status} if self.status else {})


@functools.cache  # of a table: a row's patterns are compiled when a notice opens as it does
def _compiled(recipient: str, label: str | None) -> tuple[re.Pattern[str], re.Pattern[str] | None]:
    ignoring = re.IGNORECASE
    return re.compile(recipient, ignoring), re.compile(label, ignoring) if label else None


DIALECTS = (
    Dialect(
        system="Amazon SES and WorkMail",
        opening=("an error occurred while trying to deliver the mail to the following recipients",),
        example="""\
An error occurred while trying to deliver the mail to the following recipients:
bob@example.org
""",
        tells=(("bob@example.org", "An error occurred while trying"),),
        seen="bounce",
    ),
    Dialect(
        system="Yahoo until 2012",
        opening=("unable to deliver message to the following address",),
        recipient=_HEADED,
        example="""\
Message from example.net.
Unable to deliver message to the following address(es).

<bob@example.org>:
This user doesn't have an account here (bob@example.org) [0]
""",
        tells=(("bob@example.org", "This user doesn't have an account here"),),
        seen="bounce",
    ),
    Dialect(
        system="qmail with other openings",
        opening=(
            "your mail message to the following address(es) could not be delivered",
            "i was not able to deliver your message to",
        ),
        recipient=_HEADED,
        example="""\
Your mail message to the following address(es) could not be delivered. This
is a permanent error.

<bob@example.org>:
child status 100...The mail folder of the user is full.
""",
        tells=(("bob@example.org", "child status 100...The mail folder"),),
        seen="bounce",
    ),
    Dialect(
        system="GMX, 1&1, WEB.DE",
        opening=(
            "the following address failed:",
            "the following addresses failed:",
        ),
        recipient=rf"\"?{_TO}\"?:?\s*\Z",
        example="""\
A message that you sent could not be delivered to one or more of
its recipients. This is a permanent error. The following address
failed:

"bob@example.org":
SMTP error from remote server for RCPT TO command, host: mx.example.org
(192.0.2.1) reason: 550 5.1.1 <bob@example.org>: no such user
""",
        tells=(("bob@example.org", "550 5.1.1 <bob@example.org>: no such user"),),
        seen="bounce",
    ),
    Dialect(
        system="MX Logic",
        opening=("a message that you have sent could not be delivered to one or more",),
        recipient=_HEADED,
        example="""\
A message that you have sent could not be delivered to one or more
recipients.  This is a permanent error.  The following address failed:

  <bob@example.org>: 550 5.1.1 <bob@example.org>: unknown here
""",
        tells=(("bob@example.org", "550 5.1.1 <bob@example.org>: unknown here"),),
        seen="bounce",
    ),
    Dialect(
        system="Momentum (Ecelerity)",
        opening=("the following address(es) failed:",),
        recipient=rf">>> {_TO}(?: \([^()]{{1,80}}\))?: (?P<words>.*)\Z",
        example="""\
A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

>>> bob@example.org (after RCPT TO): 550 5.1.1 no such user
""",
        tells=(("bob@example.org", "550 5.1.1 no such user"),),
        seen="documentation",
    ),
    Dialect(
        system="PowerMTA",
        opening=("i am sending you this message to inform you on the delivery status",),
        recipient=rf"\s+<{_TO}>\s+(?P<words>\S.*)\Z",
        example="""\
Hello, this is the mail server on mx1.example.com.

I am sending you this message to inform you on the delivery status of a
message you previously sent.  Immediately below you will find a list of
the affected recipients;

  <bob@example.org>  delivery failed; will not continue trying
""",
        tells=(("bob@example.org", "delivery failed; will not continue"),),
        seen="documentation",
    ),
    Dialect(
        system="Zoho Mail",
        opening=(
            "error_code :",
            "responsecode ",
        ),
        recipient=rf"\s*(?:\[Status: \w{{1,20}}, Address: )?<?{_TO}>?,?\s+(?P<words>\S.*?)\]?\s*\Z",
        example="""\
A message that you sent could not be delivered to one or more of its recipients. This is a permanent error.

bob@example.org Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 no such user
[Status: Error, Address: <carol@example.net>, ResponseCode 554, , Host not reachable.]
""",
        tells=(
            ("bob@example.org", "550 5.1.1 no such user"),
            ("carol@example.net", "554 Host not reachable"),
        ),
        seen="bounce",
    ),
    Dialect(
        system="OpenSMTPD",
        opening=(
            "an error has occurred while attempting to deliver a message for the following list of recipients",
        ),
        recipient=rf"{_TO}: (?P<words>.*)\Z",
        example="""\
    Hi!

    This is the MAILER-DAEMON, please DO NOT REPLY to this email.

    An error has occurred while attempting to deliver a message for
    the following list of recipients:

bob@example.org: 550 5.1.1 no such user
carol@example.net: Domain does not exist
""",
        tells=(
            ("bob@example.org", "550 5.1.1 no such user"),
            ("carol@example.net", "Domain does not exist"),
        ),
        seen="source",
    ),
    Dialect(
        system="OpenSMTPD, of a delay",
        opening=("a message is delayed for more than",),
        recipient=rf"{_TO}: (?P<words>.*)\Z",
        status=Status.DEFERRED,
        example="""\
    A message is delayed for more than 4 hours for the following
    list of recipients:

bob@example.org: 451 4.7.1 try again later
""",
        tells=(("bob@example.org", "451 4.7.1 try again later"),),
        seen="source",
    ),
    Dialect(
        system="OpenSMTPD, of a success",
        opening=(
            "your message was successfully delivered to these recipients",
            "your message was relayed to these recipients",
        ),
        recipient=rf"{_TO}: (?P<words>.*)\Z",
        status=Status.SENT,
        example="""\
    Your message was successfully delivered to these recipients.

bob@example.org: 250 2.0.0 Delivered
""",
        tells=(("bob@example.org", "250 2.0.0 Delivered"),),
        seen="source",
    ),
    Dialect(
        system="DragonFly Mail Agent",
        opening=("there was an error delivering your mail to <",),
        recipient=rf"There was an error delivering your mail to <{_TO}>\.\s*\Z",
        example="""\
This is the DragonFly Mail Agent v0.13 at mx1.example.com.

There was an error delivering your mail to <bob@example.org>.

mx.example.org [192.0.2.1] did not like our final DATA:
550-5.7.1 Not from
550 5.7.1 there
""",
        tells=(("bob@example.org", "550-5.7.1 Not from\n550 5.7.1 there"),),
        seen="source",
    ),
    Dialect(
        system="Courier",
        opening=(
            "running the courier mail server",
            "your message to the following recipients cannot be delivered",
        ),
        recipient=_HEADED,
        example="""\
This is a delivery status notification from mx1.example.com,
running the Courier mail server, version 1.0.

                           UNDELIVERABLE MAIL

Your message to the following recipients cannot be delivered:

<bob@example.org>:
    mx.example.org [192.0.2.1]:
>>> RCPT TO:<bob@example.org>
<<< 550 5.1.1 <bob@example.org>: no such user
""",
        tells=(("bob@example.org", "550 5.1.1 <bob@example.org>: no such user"),),
        seen="documentation",
    ),
    Dialect(
        system="Courier, of a delay",
        opening=("your message to the following recipients has been delayed",),
        recipient=_HEADED,
        status=Status.DEFERRED,
        example="""\
                             DELAYED MAIL

Your message to the following recipients has been delayed, and has not been
delivered yet:

<bob@example.org>:
    Connection timed out
""",
        tells=(("bob@example.org", "Connection timed out"),),
        seen="documentation",
    ),
    Dialect(
        system="Exchange 5.5",
        opening=("did not reach the following recipient",),
        recipient=rf"\s*(?:.{{0,200}}SMTP[=:])?[\"'<]?{_TO}[\"'>]?;? (?:on|am|le|el|il) .*\Z",
        example="""\
Your message

  To:      Bob
  Subject: Hello
  Sent:    Tue, 24 Nov 2026 11:43:30 +0100

did not reach the following recipient(s):

bob@example.org on Tue, 24 Nov 2026 11:43:32 +0100
    The recipient name is not recognized
	MSEXCH:IMS:Example:SITE:MX1 0 (000C05A6) Unknown Recipient
""",
        tells=(("bob@example.org", "The recipient name is not recognized MSEXCH:"),),
        seen="bounce",
    ),
    Dialect(
        system="Exchange 2000 and 2003, hMailServer",
        opening=(
            "the following recipient(s) could not be reached",
            "the following recipient(s) cannot be reached",
            "folgende empfänger konnten nicht erreicht werden",
            "folgende(r) empfänger konnte(n) nicht erreicht werden",
            "le ou les destinataires suivants n'ont pas pu être joints",
        ),
        recipient=rf"\s*[\"'<]?{_TO}[\"'>]?(?: (?:on|am|le|el|il) .*)?\s*\Z",
        example="""\
Your message did not reach some or all of the intended recipients.

      Subject:  Hello

The following recipient(s) could not be reached:

      bob@example.org on 24/11/2026 11:43
            There was a SMTP communication problem with the recipient's email server.
            <mx1.example.com #5.5.0 smtp;550 5.1.1 <bob@example.org>: no such user>
""",
        tells=(("bob@example.org", "550 5.1.1 <bob@example.org>: no such user"),),
        seen="documentation",
    ),
    Dialect(
        system="Exchange, of a success",
        opening=(
            "your message has been delivered to the following recipients:",
            "is complete, but no delivery notification was sent by the destination server",
        ),
        recipient=rf"(?:[^<>()@]{{0,200}}[\s(<])?{_TO}[)>]?(?:\s*[(<](?:mailto:)?{ADDRESS}[)>]){{0,2}}\s*\Z",
        label=r"(?P<words>(?:Your message has been|Delivery to these).*)\Z",
        status=Status.SENT,
        example="""\
Delivery to these recipients or groups is complete, but no delivery notification was sent by the destination server:

Bob (bob@example.org)<mailto:bob@example.org>

carol@example.net

Subject: Hello
""",
        tells=(
            ("bob@example.org", "Delivery to these recipients or groups is complete,"),
            ("carol@example.net", "Delivery to these recipients or groups is complete,"),
        ),
        seen="documentation",
    ),
    Dialect(
        system="Microsoft's SMTP service",
        opening=(
            "delivery to the following recipients failed",
            "delivery to the following recipient failed",
            "this is an automatically generated delivery status notification",
        ),
        example="""\
This is an automatically generated Delivery Status Notification.

Delivery to the following recipients failed.

       bob@example.org
       carol@example.net
""",
        tells=(
            ("bob@example.org", "Delivery to the following recipients failed."),
            ("carol@example.net", "Delivery to the following"),
        ),
        seen="documentation",
    ),
    Dialect(
        system="Domino and Notes",
        opening=("was not delivered to: ",),
        label=r"\s*because:\s*(?P<words>.*)\Z",
        example="""\
Your message

  Subject: Hello

was not delivered to:

  bob@example.org

because:

  User bob (bob@example.org) not listed in Domino Directory
""",
        tells=(("bob@example.org", "User bob (bob@example.org) not listed"),),
        seen="bounce",
    ),
    Dialect(
        system="Notes, its SMTP MTA",
        opening=("failure reasons -",),
        example="""\
------- Failure Reasons  --------

User not listed in public Name & Address Book
bob@example.org
""",
        tells=(("bob@example.org", "User not listed in public"),),
        seen="bounce",
    ),
    Dialect(
        system="GroupWise",
        opening=("message that you sent was undeliverable to the following",),
        recipient=rf"\s+{_NAME}\s*\((?P<words>.*)\)\s*\Z",
        example="""\
The message that you sent was undeliverable to the following:
	bob@example.org (user not found)
	carol (mailbox is full)
""",
        tells=(
            ("bob@example.org", "user not found"),
            ("carol", "mailbox is full"),
        ),
        seen="bounce",
    ),
    Dialect(
        system="Apache James",
        opening=("error message below:",),
        recipient=rf"\s*RCPT TO: {_TO}\s*\Z",
        label=r"Error message below:\s*(?P<words>.*)\Z",
        example="""\
Error: Invalid user address

Error message below:
551 - Nobody of that name lives here

Message details:
  MAIL FROM: al@example.com
  RCPT TO: bob@example.org
""",
        tells=(("bob@example.org", "551 - Nobody of that name"),),
        seen="bounce",
    ),
    Dialect(
        system="Apache James, DSNBounce",
        opening=("failed recipient(s):",),
        example="""\
Hi. This is the James mail server at mx1.example.com.
I'm afraid I wasn't able to deliver your message to the following addresses.

Failed recipient(s):
bob@example.org

Error message:
550 5.1.1 no such user
""",
        tells=(("bob@example.org", "550 5.1.1 no such user"),),
        seen="source",
    ),
    Dialect(
        system="Biglobe",
        opening=("non-delivered information",),
        label=r"\s*-+ Non-delivered information -+\s*(?P<words>)\Z",
        example="""\
   ----- The following addresses had delivery problems -----
bob@example.org

   ----- Non-delivered information -----
The number of messages in recipient's mailbox exceeded the local limit.
""",
        tells=(("bob@example.org", "The number of messages in recipient's"),),
        seen="bounce",
    ),
    Dialect(
        system="au, and InterMail, of a remote server",
        opening=(
            "rejected by a remote mail server",
            "the following recipients did not receive",
        ),
        recipient=rf"\s*(?:Recipient:\s*)?<{_TO}>(?::?\s*(?P<words>.*))?\Z",
        example="""\
Each of the following recipients was rejected by a remote mail server.
The reasons given by the server are included to help you determine why
each recipient was rejected.

    Recipient: <bob@example.org>
    Reason:    5.1.1 <bob@example.org>: no such user
""",
        tells=(("bob@example.org", "5.1.1 <bob@example.org>: no such user"),),
        seen="bounce",
    ),
    Dialect(
        system="InterMail and Netscape",
        opening=("this message was undeliverable due to the following reason",),
        recipient=rf"\s*(?:SMTP\s+)?<{_TO}>\s*\Z",
        label=r"This Message was undeliverable due to the following reason:\s*(?P<words>.*)\Z",
        example="""\
This Message was undeliverable due to the following reason:

The user(s) account is temporarily over quota.

<bob@example.org>

Please reply to postmaster@example.net
""",
        tells=(("bob@example.org", "The user(s) account is temporarily over quota."),),
        seen="documentation",
    ),
    Dialect(
        system="au one net",
        opening=("could not be delivered to: <",),
        recipient=rf"\s*Could not be delivered to:\s*<{_TO}>\s*\Z",
        example="""\
Your mail sent on: Tue, 24 Nov 2026 11:43:32 +0900
     Could not be delivered to: <bob@example.org>
     As their mailbox is full.
""",
        tells=(("bob@example.org", "As their mailbox is full."),),
        seen="bounce",
    ),
    Dialect(
        system="FML",
        opening=("not a member of this mailing list",),
        recipient=rf"(?P<words>You are not a member of this mailing list\s*<{_TO}>.*)\Z",
        example="""\
You are not a member of this mailing list <news@example.org>.
""",
        tells=(("news@example.org", "You are not a member of this mailing list"),),
        seen="bounce",
    ),
    Dialect(
        system="IMail (SMTP32)",
        opening=(
            "unknown user:",
            "unknown host:",
            "user mailbox exceeds allowed size:",
            "invalid final delivery userid:",
            "undeliverable to ",
        ),
        recipient=rf"(?P<words>(?:Unknown (?:user|host)|User mailbox exceeds allowed size|Invalid final delivery userid|undeliverable to):?\s*<?{_TO}>?.*)\Z",
        example="""\
Unknown user: bob@example.org
""",
        tells=(("bob@example.org", "Unknown user: bob@example.org"),),
        seen="bounce",
    ),
    Dialect(
        system="MailFoundry",
        opening=("unable to deliver message to: <",),
        recipient=rf"Unable to deliver message to: <{_TO}>\s*\Z",
        example="""\
Unable to deliver message to: <bob@example.org>
Delivery failed for the following reason:
Server mx.example.org[192.0.2.1] failed with: 550 <bob@example.org> No such user
""",
        tells=(("bob@example.org", "550 <bob@example.org> No such user"),),
        seen="bounce",
    ),
    Dialect(
        system="MailMarshal",
        opening=("the following recipients were affected",),
        recipient=rf"\s+{_TO}\s*\Z",
        label=r"Could not be delivered because of:?\s*(?P<words>.*)\Z",
        example="""\
Your message:
   From:    al@example.com
   Subject: Hello

Could not be delivered because of

550 5.1.1 no such user

The following recipients were affected:
    bob@example.org
    carol@example.net
""",
        tells=(
            ("bob@example.org", "550 5.1.1 no such user"),
            ("carol@example.net", "550 5.1.1 no such user"),
        ),
        seen="bounce",
    ),
    Dialect(
        system="m-FILTER",
        opening=("-server message",),
        label=r"-+server message\s*(?P<words>)\Z",
        example="""\
The mail could not be sent to these addresses.
bob@example.org


-------server message
550 no such user <bob@example.org>

-------SMTP command
DATA
""",
        tells=(("bob@example.org", "550 no such user <bob@example.org>"),),
        seen="bounce",
    ),
    Dialect(
        system="InterScan",
        opening=(
            "sent <<< rcpt to:",
            "sent >>> rcpt to:",
        ),
        recipient=rf"Sent [<>]{{3}} RCPT TO:\s*<{_TO}>.*\Z",
        example="""\
Sent <<< RCPT TO:<bob@example.org>
Received >>> 550 5.1.1 <bob@example.org>: no such user
""",
        tells=(("bob@example.org", "550 5.1.1 <bob@example.org>: no such user"),),
        seen="bounce",
    ),
    Dialect(
        system="PMDF and Messaging Server",
        opening=("recipient address:",),
        recipient=rf"\s*Recipient address:\s*{_TO}\s*\Z",
        example="""\
Your message cannot be delivered to the following recipients:

  Recipient address: bob@example.org
  Reason: Remote SMTP server has rejected address
  Diagnostic code: smtp; 550 5.1.1 no such user
  Remote system: dns; mx.example.org (TCP|192.0.2.9|34321|192.0.2.1|25)
""",
        tells=(("bob@example.org", "550 5.1.1 no such user"),),
        seen="bounce",
    ),
    Dialect(
        system="IronPort",
        opening=("the following message to <",),
        recipient=rf"\s*The following message to <{_TO}> was undeliverable\.?\s*\Z",
        example="""\
The following message to <bob@example.org> was undeliverable.
The reason for the problem:
5.1.0 - Unknown address error 550-'5.1.1 no such user'
""",
        tells=(("bob@example.org", "550 5.1.1 no such user"),),
        seen="documentation",
    ),
    Dialect(
        system="CommuniGate Pro",
        opening=("failed to deliver to '",),
        recipient=rf"\s*Failed to deliver to '<?{_TO}>?'\s*\Z",
        example="""\
Failed to deliver to 'bob@example.org'
SMTP module(domain mx.example.org) reports:
 bob@example.org: no such user
""",
        tells=(("bob@example.org", "SMTP module(domain mx.example.org) reports:"),),
        seen="documentation",
    ),
    Dialect(
        system="Smail, T-Online",
        opening=("failed addresses follow:",),
        recipient=rf"\s*<{_TO}>(?:\s*\.\.\.)?\s*(?P<words>.*)\Z",
        example="""\
|------------------------- Message log follows: -------------------------|
 no valid recipients were found for this message
|------------------------- Failed addresses follow: ---------------------|
 <bob@example.org> ... transport smtp: 550 5.1.1 no such user
""",
        tells=(("bob@example.org", "550 5.1.1 no such user"),),
        seen="documentation",
    ),
    Dialect(
        system="MDaemon, of a session",
        opening=("--- session transcript ---",),
        recipient=rf".{{0,60}}--> RCPT TO:\s*<{_TO}>.*\Z",
        example="""\
--- Session Transcript ---
 Tue 2026-11-24 11:43:32: --> RCPT To:<bob@example.org>
 Tue 2026-11-24 11:43:32: <-- 550 5.1.1 no such user
--- End Transcript ---
""",
        tells=(("bob@example.org", "550 5.1.1 no such user"),),
        seen="documentation",
    ),
    Dialect(
        system="WebShield",
        opening=("the following addresses had delivery problems",),
        recipient=rf"\s*<{_TO}>\s+\((?P<words>.*)\)\s*\Z",
        example="""\
--- The following addresses had delivery problems ---

<bob@example.org>   (User unknown bob@example.org)
""",
        tells=(("bob@example.org", "User unknown bob@example.org"),),
        seen="bounce",
    ),
    Dialect(
        system="Mail2000",
        opening=("the following addresses had delivery errors",),
        recipient=rf"\s*{_TO}\s*\[(?P<words>.*)\]\s*\Z",
        example="""\
---The following addresses had delivery errors---

bob@example.org [User unknown]
""",
        tells=(("bob@example.org", "User unknown"),),
        seen="bounce",
    ),
    Dialect(
        system="a gateway that counts errors",
        opening=(
            "returned permanent errors:",
            "returned temporary errors:",
        ),
        recipient=rf".{{0,80}}returned (?:permanent|temporary) errors?: {_TO}\.? (?P<words>.*)\Z",
        example="""\
1 error(s):

The following recipients returned permanent errors: bob@example.org. Reason: SMTP Server <192.0.2.1> refused to accept your message (DATA), with the following error message: [550 5.2.1 This mailbox is closed]
""",
        tells=(("bob@example.org", "550 5.2.1 This mailbox is closed"),),
        seen="bounce",
    ),
    Dialect(
        system="AOL until 2004",
        opening=(
            "could not be delivered because they are not accepting mail from",
            "the mail you sent could not be delivered to:",
        ),
        recipient=rf"\s*(?P<words>[45][0-9]{{2}} {_NAME} .*)\Z",
        example="""\
The mail you sent could not be delivered to:
550 bobby is not a known user
""",
        tells=(("bobby", "550 bobby is not a known user"),),
        seen="bounce",
    ),
    Dialect(
        system="XMail",
        opening=("xmail bounce: rcpt=[",),
        recipient=rf".{{0,20}}XMail bounce: Rcpt=\[{_TO}\];Error=\[(?P<words>.*)\]\s*\Z",
        example="""\
[<00>] XMail bounce: Rcpt=[bob@example.org];Error=[550 5.1.1 no such user]
""",
        tells=(("bob@example.org", "550 5.1.1 no such user"),),
        seen="source",
    ),
)
"""In the order in which they are tried."""
