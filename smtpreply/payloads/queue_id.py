"""The queue id that a server names in its 250 reply to the end of DATA.

No standard asks for it and no grammar rules it, but nearly every server names it, and it is what
that server's administrator will ask for. So this is a table: a row for each wording, tried in
order. A wording that several kinds of server use is distinguished by the form of the id, or belongs
to nobody.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import attrs

from smtpreply.reply.enhanced import split_status
from smtpreply.reply.model import Reply

__all__ = ["QueueId", "queue_id_of"]

ACCEPTED = 250


@attrs.frozen
class QueueId:
    """The name under which a server has queued a message.

    >>> from smtpreply import parse
    >>> str(queue_id_of(parse("250 2.0.0 Ok: queued as 4Zq8mN2c7TzXb")))
    '4Zq8mN2c7TzXb'
    """

    server: str | None
    """The kind of server, as its wording shows it: "Postfix", "Exim", "Gmail". Many a service
    speaks as Postfix does. None where the wording is known of no one, or of too many."""

    text: str
    """The queue id, as the server's own log has it."""

    host: str | None = None
    """The host that has queued it, where the wording names it: Exchange and Yandex do."""

    def __str__(self) -> str:
        return self.text


class Wording(NamedTuple):
    """A row of the table: how a kind of server words it."""

    server: str | None
    needle: str
    """What the text must contain for the pattern to be tried: cheaper than the pattern."""
    pattern: re.Pattern[str]
    """Gives the groups ``id`` and perhaps ``host``."""
    example: str
    """A text (without code and status) that this row, and no earlier one, must catch."""


_END = r"(?:[ \t,;)]|\.?$)"
_UUID = "[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}"


def _wording(server: str | None, needle: str, pattern: str, example: str) -> Wording:
    return Wording(server, needle, re.compile(pattern), example)


WORDINGS = (
    # First, since Haraka puts it after whatever text its queue plugin gives, Postfix's included.
    # The number counts the transactions of the connection.
    _wording(
        "Haraka",
        ")",
        rf"\((?P<id>{_UUID}(?:\.[0-9]+)+)\)$",
        "Message Queued (1B2C3D4E-5F60-4718-92A3-B4C5D6E7F809.1)",
    ),
    # Short ids are hexadecimal, long ones (enable_long_queue_ids) have letters and digits. SendGrid
    # and Barracuda say the same, with hyphens in the id: they fall through to the last rows.
    _wording(
        "Postfix",
        "Ok: queued as ",
        rf"^Ok: queued as (?P<id>[0-9A-Za-z]+){_END}",
        "Ok: queued as 4Zq8mN2c7TzXb",
    ),
    # Ids have 6-6-2 characters, and 6-11-4 since Exim 4.97.
    _wording(
        "Exim",
        "OK id=",
        r"^OK id=(?P<id>[0-9A-Za-z]{5,6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4})$",
        "OK id=1sQpLm-00000002Rfh-3kYd",
    ),
    # The message's Message-ID is before it; transfer's length and time may follow. Exchange
    # 2010 names no host.
    _wording(
        "Exchange",
        "[InternalId=",
        r"\[InternalId=(?P<id>[0-9]+)(?:, Hostname=(?P<host>[^\] ]+))?\]",
        "<7f3a@mail.example.org> [InternalId=52316, Hostname=EX7.example.net] Queued mail for "
        "delivery",
    ),
    # The seconds since 1970 come first. The ending is newer than the id. What DMARC made of the
    # message may be before: "OK DMARC:Quarantine 1732400000 ...".
    _wording(
        "Gmail",
        "OK ",
        r"^OK +(?:DMARC:[A-Za-z]+ +)?[0-9]{9,11} (?P<id>[0-9A-Za-z-]+\.[0-9]+)(?: - gsmtp)?$",
        "OK  1732400000 d2e1a72fcca58-7b9f3c21a5dsi4417263b3a.94 - gsmtp",
    ),
    _wording(
        "Amazon SES",
        "Ok 0",
        r"^Ok (?P<id>[0-9a-f]{16}-[0-9a-f-]+)$",
        "Ok 0107019a4c3e2b1d-8f2e6a90-11c4-4d7b-b3a5-6c0d9e8f7a12-000000",
    ),
    # Eight characters of time and a process id of five digits or more; two ids with a hyphen where
    # the envelope was split; three letters and the process id before Sendmail 8.12.
    _wording(
        "Sendmail",
        " Message accepted for delivery",
        r"^(?P<id>[0-9A-Za-z]{8}[0-9]{5,}(?:-[0-9A-Za-z]{8}[0-9]{5,})?|[A-Z]{3}[0-9]{5,})"
        r" Message accepted for delivery",
        "4ANFx2Qk031277 Message accepted for delivery",
    ),
    _wording(
        "OpenSMTPD",
        " Message accepted for delivery",
        r"^(?P<id>[0-9a-f]{1,8}) Message accepted for delivery",
        "9e04d7b1 Message accepted for delivery",
    ),
    _wording(
        "Proofpoint",
        " Message accepted for delivery",
        r"^(?P<id>[0-9a-z]{10}-[0-9]+) Message accepted for delivery",
        "3xk7rtq9wv-1 Message accepted for delivery",
    ),
    # In lower case, and its ids are numbers.
    _wording(
        "CommuniGate Pro",
        " message accepted for delivery",
        r"^(?P<id>[0-9]+) message accepted for delivery",
        "40917735 message accepted for delivery",
    ),
    # The seconds since 1970 and the process id of qmail-queue. MessageLabs lets more follow.
    _wording("qmail", " qp ", r"^ok (?P<id>[0-9]+ qp [0-9]+)(?: |$)", "ok 1732400000 qp 20733"),
    _wording(
        "Stalwart",
        "queued with id ",
        r"^Message queued with id (?P<id>[0-9a-z]+)\.?$",
        "Message queued with id 1d7f20b9c64e003.",
    ),
    # One id a recipient, where they were spooled apart.
    _wording(
        "KumoMTA",
        "OK ids=",
        r"^OK ids=(?P<id>[0-9a-f]+(?:,[0-9a-f]+)*)$",
        "OK ids=5c1e8f40a2b711efb6d3001122334455",
    ),
    # Seen without the "as" from 2022 on.
    _wording(
        "Yandex",
        "Ok: queued on ",
        r"^Ok: queued on (?P<host>[0-9A-Za-z.-]+) (?:as )?(?P<id>[0-9A-Za-z-]+)$",
        "Ok: queued on mxback5.mail.example as 1732400000-Kd8fTz-Qw3eRt",
    ),
    # Netease's 163.com and 126.com, and universities. The host is part of the id.
    _wording(
        "Coremail",
        "Mail OK queued as ",
        r"^Mail OK queued as (?P<id>[0-9A-Za-z,._+/=-]+)(?: [0-9]+)?$",
        "Mail OK queued as smtp4,PkMowADnT2c4hQ9nXu0BAA--.7731S2 1732400000",
    ),
    # kundenserver.de, gmx.net, web.de, mail.com
    _wording(
        "United Internet",
        "completed: id=",
        r"^Requested mail action okay, completed: id=(?P<id>[0-9A-Za-z-]+)$",
        "Requested mail action okay, completed: id=1Nb4Tc-1xqR9e2LmA-00KdWs",
    ),
    # LMTP: the recipient, and the session's id, which the log has too. ":2" counts recipients.
    _wording(
        "Dovecot",
        " Saved",
        r"^<[^<> ]*> (?P<id>[0-9A-Za-z+/=]+(?::[0-9A-Za-z:]+)?) Saved$",
        "<bob@example.org> mBq3Lx8fQ2fUYgAAr7Tz1w Saved",
    ),
    # Also Message Systems and SparkPost.
    _wording(
        "Momentum",
        "OK ",
        r"^OK (?P<id>[0-9A-F]{2}/[0-9A-F]{2}-[0-9]+-[0-9A-F]{8})$",
        "OK 4E/9B-31856-7A20C1F4",
    ),
    _wording(
        "Mimecast",
        "Received OK [",
        r" Received OK \[(?P<id>[^\] ]+)\]",
        "SmtpThread-1207744-1732400000@mta-3.example.lan Received OK [Pz7Lk2nQMweRt5yUiOpAs.uk9]",
    ),
    # IronPort's AsyncOS: its message id (MID).
    _wording(
        "Cisco ESA",
        " accepted",
        r"^ok: +Message (?P<id>[0-9]+) accepted$",
        "ok:  Message 5120387 accepted",
    ),
    # Wordings of nobody in particular. Without a digit it is a word: "queued as requested".
    _wording(
        None,
        "queued as ",
        r"(?:^|[^0-9A-Za-z])queued as <?"
        r"(?P<id>[A-Za-z_.+/=@-]*[0-9](?:[0-9A-Za-z_.+/=@-]*[0-9A-Za-z_=-])?)",
        "OK queued as 7be1c9-04a8-5520",
    ),
    _wording(
        None,
        " Message accepted for delivery",
        r"^(?P<id>[A-Za-z.-]*[0-9][0-9A-Za-z.-]*) Message accepted for delivery",
        "6743a1f0-000032be Message accepted for delivery",  # Kerio Connect
    ),
    _wording(None, "OK id=", r"^OK id=(?P<id>[0-9A-Za-z._+=-]+)$", "OK id=a7-19-c4"),
)

# amavisd and other proxies give the reply of the server behind them after words of their own.
_PROXY = "from MTA("
_PROXIED = "): 250 "


def queue_id_of(reply: Reply) -> QueueId | None:
    r"""Return the queue id that the reply to a message names.

    A proxy in front of a queue ("from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as ...")
    passes on the queue's reply, so the queue's id is returned.

    Args:
        reply: the 250 to the end of DATA or BDAT.

    Returns:
        None for other codes, and where the reply names no id in a wording that is known. A
        Message-ID is none (Exchange's "<...> Queued mail for delivery").

    >>> from smtpreply import parse
    >>> queue_id_of(parse("250 2.0.0 Ok: queued as 4Zq8mN2c7TzXb\r\n"))
    QueueId(server='Postfix', text='4Zq8mN2c7TzXb', host=None)
    """
    if reply.code != ACCEPTED:
        return None
    found = (_in_line(line) for line in reply.lines)
    return next((queue_id for queue_id in found if queue_id is not None), None)


def _in_line(line: str) -> QueueId | None:
    text = _behind_proxy(line).strip(" \t")
    for wording in WORDINGS:
        match = wording.pattern.search(text) if wording.needle in text else None
        if match is not None:
            groups = match.groupdict()
            return QueueId(wording.server, groups["id"], groups.get("host"))
    return None


def _behind_proxy(line: str) -> str:
    if _PROXY not in line:
        return line
    _, _, inner = line.rpartition(_PROXIED)
    return split_status(inner, ACCEPTED)[1]
