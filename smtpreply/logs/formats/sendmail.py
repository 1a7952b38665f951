r"""Sendmail (and Proofpoint, which is made of it): sendmail, sm-mta, sm-msp-queue.

From sendmail/deliver.c and sendmail/srvrsmtp.c::

    delivery = QID ": to=" ADDR *("," ADDR) [", [more]"] [", ctladdr=" ...] ", delay=" [D "+"]
               HH:MM:SS ", xdelay=" ... ", mailer=" M ", pri=" N [", relay=" HOST] [", dsn=" X.Y.Z]
               [", quarantine=" ...] [", reply=" REPLY-or-words] ", stat=" STAT
    STAT     = "Sent (" TEXT ")" / "Deferred: " REPLY-or-words / REPLY / words
             / "queued" / "quarantined"
    arrival  = QID ": from=" ADDR ", size=" ... [", msgid=" ...] ...  ; also where none was sent
    refused  = QID ": to=" ADDR ", delay=" HH:MM:SS ", pri=" N ", stat=" words   ; after the data
    notice   = QID ": " NEW-QID ": DSN: " words            ; what is sent to the sender
    reject   = QID ": ruleset=" NAME ", arg1=" ADDR ... ", relay=" HOST
               (", reject=" REPLY / ", quarantine=" words / ", discard")
    milter   = QID ": Milter: " ("connect: host=" ... / ("helo=" / "from=" / "to=") ARG
               / "cmd=data" / "data")
               (", reject=" REPLY-or-words / ", discard" / ", tempfail")
    closed   = QID ": " ("rejecting" / "tempfailing") " commands from " HOST " due to " words
    login    = [QID ": "] "AUTH failure (" MECHANISM "): " words ", " ... "relay=" HOST
    own      = QID ": " ADDR "... " words                  ; an address that is refused
    command  = QID ": " HOST ": " ("VRFY" / "EXPN" / "ETRN") ARG
    HOST     = NAME ". [" IP "]"

The log keeps less than the reply: of a success only the text, without code and status; of
a reply of several lines only the first; of any, 203 octets. Where there is no ``reply=``, a failure
has words of Sendmail's own: "User unknown" is any 550, 551 or 553 to RCPT, whatever the server said
(usersmtp.c, smtprcptstat), and ``dsn=`` is 5.1.1 where a 550 has no enhanced status.

Fields are in a fixed order, and ``stat=`` is the last one, so that a reply cannot pass for another
field; nor can an address, which is read over quotes.

An octet that is not printable ASCII is logged as a backslash and what it stands for, and so is
a backslash (str2prt). This is undone first: else ``"a\\"b"`` would close its quotes early. What is
too long for syslog then (SYSLOG_BUFSIZE) is logged in parts, ``QID[1]: ... ...`` and
``QID[2]: ...``, of which the first one has the fields.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from smtpreply._support import regex as re
from smtpreply._support.octets import character_of, rejoined, to_octets
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.received import OnReceived
from smtpreply.logs.toolkit.envelopes import Messages
from smtpreply.logs.toolkit.fields import (
    ITEM,
    PATH,
    QUOTED,
    ends_again,
    said_by,
    seconds_of,
    status_of,
)
from smtpreply.logs.toolkit.recent import Memory
from smtpreply.stage import Stage

_NAME = "sendmail"
_PROGRAMS = ("sendmail", "sm-mta", "sm-msp-queue", "sm-acceptingconnections", "sm-que")

_QID = r"([0-9A-Za-z]{8,20}(?:-[0-9A-Za-z]{8,20})?)"
_PART = re.compile(rf"{_QID}\[([0-9]{{1,3}})\]: (.*)\Z", re.DOTALL)
_DELIVERY = re.compile(
    rf"{_QID}: +to=({ITEM}{{0,4000}}?)(?:, \[more\])?, +"
    rf"(?:ctladdr={ITEM}{{0,1000}}?, )?(?:delay=)?(?:([0-9]{{1,9}})\+)?"
    r"([0-9]{1,9}):([0-9]{2}):([0-9]{2})(?:, +xdelay=[0-9+:]+)?(?:, +mailer=([^,]*))?"
    # pri, and what versions and Proofpoint add: tls_verify, ntries
    r"(?:, +(?!relay=|dsn=|quarantine=|reply=|stat=)[a-z_]{1,20}=[^,]{0,300}){0,6}"
    r"(?:, +relay=(.{0,300}?)(?=,))?(?:, +dsn=([0-9.]+))?"
    r"(, +quarantine=.{0,300}?)?(?:, +reply=(.{0,1000}?))?, +stat=(.*)\Z",
    re.DOTALL,
)
_ARRIVAL = re.compile(
    rf"{_QID}: from=({ITEM}{{0,1000}}?), (?:size=([0-9]{{1,15}})?+(?:.*?, nrcpts=([0-9]{{1,9}}))?"
    r"(?:.*?, msgid=<?([^,>]*)>?)?)?"
)
_REJECT = re.compile(
    rf"(?:{_QID}: )?ruleset=([A-Za-z0-9_]{{1,60}}), ?arg1=({ITEM}{{0,1000}}?), "
    rf"(?:arg2={ITEM}{{0,300}}?, )?(?:relay=([^,]{{0,300}}), )?"
    r"(?:(reject|quarantine)=(.*)|(discard))\Z",
    re.DOTALL,
)
_MILTER = re.compile(
    rf"(?:{_QID}: )?Milter: (?:(connect): host=(.{{0,300}}?), addr=(.{{0,100}}?)|"
    rf"(helo|from|to)=({ITEM}{{0,1000}}?)|((?:cmd=)?data|eoh|eom|body|header)), "
    r"(?:(?:reject=(.*)|rejecting commands|(tempfail)|(discard)))\Z",
    re.DOTALL,
)
_REFUSED_ADDRESS = re.compile(rf"{_QID}: (<{PATH}>)\.\.\. (.*)\Z", re.DOTALL)
_CLOSED = re.compile(
    rf"(?:{_QID}: )?(?:rejecting|tempfailing) commands from (.{{1,300}}?) due to (.{{1,300}})\Z"
)
_LOGIN = re.compile(
    rf"(?:{_QID}: )?AUTH failure \([^)]{{0,60}}\): (.{{0,500}}?)(?:, [a-z]{{1,20}}=.{{0,300}}?)?"
    r", relay=([^,]{1,300})\Z"
)
_NOTICE = re.compile(
    rf"{_QID}: {_QID}: (?:DSN|return to sender|((?:sender|postmaster) notify)): (.*)\Z", re.DOTALL
)
_COMMAND = re.compile(rf"(?:{_QID}: )?\S{{1,255}} \[[^\]]{{1,50}}\]: (?:VRFY|EXPN|ETRN) ")
_LOST = re.compile(r"Losing \S|savemail panic|cannot save rejected email")
_RECIPIENT = re.compile(rf"(?:(?!,){ITEM})++")
_NAMED = re.compile(rf"(?:{QUOTED}|[^<>\"])++<({PATH})> *\Z")
_HOST = re.compile(
    r"(?:\[[^\]]*\]\s+(?=\[)|([^\[\s]+?)(?=[.\s\[(]|\Z)\.?\s*)?"
    r"(?:\[(?:(?:IPv6:)?([0-9A-Fa-f.:]+)|([^\]]*))\])?"
    r"(?:\s*\(may be forged\))?\Z"
)
_TELLING = (", stat=", "reject=")
_ESCAPED = re.compile(r"\\(?:([\\tnr])|([0-3][0-7]{2}))")
_PRINTED = {"\\": "\\", "t": "\t", "n": "\n", "r": "\r"}
_MOST_OF_SENDER = 200  # octets: envelope.c, logsender
# shortenstring cuts an address to its first and its last 100 octets (MAXSHORTSTR).
_CUT, _CUT_AT, _SHORTENED = b"...", 100, 203
_HUNG_UP = "421 4.4.1 Connection reset by "
_UNDERSTOOD = re.compile(
    rf"{_QID}: (?!to=)|"  # a delivery that was cut
    r"STARTTLS|AUTH|starting daemon|started as|alias database|NOQUEUE|rejecting conn|"
    r"accepting connections|runqueue|grew WorkList|restarting|stopping daemon|/\S+: [0-9]+ aliases|"
    r"My unqualified|unable to|gethostby|SYSERR|Milter|milter|error|Error|ERROR|daemon |"
    r"did not issue|lost input|timeout |collect: |Authentication|file |hash map|problem|tls_|TLS|"
    r"[A-Za-z0-9.-]+ \[[^\]]*\]|rebuilding|rebuilt|WARNING|WorkList|warning|getrequests|low on|"
    r"sendmail|shutting|queue|Warning|disk|cannot|null connection|delaying|deferring|ldap|open"
)
_STAGES = {
    "check_relay": Stage.CONNECT,
    "check_mail": Stage.MAIL,
    "check_rcpt": Stage.RCPT,
    "check_data": Stage.DATA,
    "check_eoh": Stage.END_OF_DATA,
    "check_eom": Stage.END_OF_DATA,
    "tls_client": Stage.STARTTLS,
    "tls_server": Stage.STARTTLS,
    "tls_rcpt": Stage.STARTTLS,
    "connect": Stage.CONNECT,
    "helo": Stage.EHLO,
    "from": Stage.MAIL,
    "to": Stage.RCPT,
    "cmd=data": Stage.DATA,
}
# These judge a server that we are a client of: RULESETS in cf/README.
_OF_THE_CLIENT = ("tls_server", "tls_rcpt")
_ACTIONS = {
    "reject": Status.REJECTED,
    "quarantine": Status.HELD,
    "discard": Status.DISCARDED,
    "tempfail": Status.REJECTED,
}
_SENT = re.compile(r"Sent(?:\Z| *\()")
# envelope.c, dropenvelope; deliver.c, deliver
_GIVEN_UP = (
    ("Cannot send message ", Status.EXPIRED),
    ("delivery time expired ", Status.EXPIRED),
    ("Too many hops ", Status.BOUNCED),
)
_GONE = (Status.REJECTED, Status.DISCARDED)
_OF_A_MESSAGE = (Stage.DATA, Stage.END_OF_DATA, None)
_DEFERRED = "Deferred"
_OF_A_MAILER = re.compile(rf"{_SENT.pattern}|{_DEFERRED}|queued\Z|quarantined\Z")
_DISCARDED = "discarded"
_VERB = re.compile(r"[A-Z]{4}\Z")
# Of cf/mailer: what delivers on this host, a Cyrus server beside it, or runs a program.
_LOCAL = (
    *("local", "*file*", "*include*", "prog", "procmail", "relay-local"),
    *("cyrus", "cyrusbb", "cyrusv2"),
)


def _detect(line: Line) -> bool:
    program = line.program
    if program is None:
        return _DELIVERY.match(line.message) is not None
    return program.startswith(_PROGRAMS)


class SendmailReader(Reader):
    """Reads the lines of one log. It remembers who sent each message, and which was refused.

    Args:
        name: of the format that the lines are in, where another program writes them.
    """

    def __init__(self, name: str = _NAME) -> None:
        self.messages = Messages(name)
        self._gone: Memory[str] = Memory()

    def envelopes(self) -> dict[str, str]:
        """Return the envelopes that are remembered, by queue id."""
        return self.messages.envelopes

    def report_received(self, on_received: OnReceived) -> None:
        """Report each message that enters the queue: see `Reader`."""
        self.messages.on_received = on_received

    def read(self, line: Line) -> Iterable[Delivery] | None:
        message = _unescaped(line.message)
        match = _DELIVERY.match(message)
        if match is None and (part := _PART.match(line.message)):
            # The next parts begin with what may be a stranger's words.
            if part[2] != "1":
                return ()
            message = _unescaped(f"{part[1]}: {part[3].removesuffix(' ...')}")
            match = _DELIVERY.match(message)
        if match:
            return None if ends_again(message, match.end(2)) else self._deliveries(line, match)
        if match := _REJECT.match(message):
            if ends_again(message, match.end(3)):
                return None
            return (self._noted(self._rejected(line, match)),)
        if match := _MILTER.match(message):
            return (self._noted(self._filtered(line, match)),)
        if match := _REFUSED_ADDRESS.match(message):
            return None if _lost_its_end(match[2]) else (self._refused(line, match),)
        if match := _CLOSED.match(message):
            return (self._turned_away(line, match[1], match[2], match[3], Stage.CONNECT),)
        if match := _LOGIN.match(message):
            return (self._turned_away(line, match[1], match[3], match[2], Stage.AUTH),)
        if match := _ARRIVAL.match(message):
            return self._arrived(line, match)
        if match := _NOTICE.match(message):
            return self._given_up(line, match)
        if _COMMAND.match(message):
            return ()
        # What a milter wants is logged before what comes of it.
        if any(needle in message for needle in _TELLING) and ": milter=" not in message[:40]:
            return None
        if _LOST.search(message):
            return None
        return () if _UNDERSTOOD.match(message) else None

    def _arrived(self, line: Line, match: re.Match[str]) -> tuple[()]:
        """Remember a message; no message came where no recipient was taken, or the client left."""
        queue_id, sender, size, recipients, message_id = match.groups()
        if len(to_octets(sender)) > _MOST_OF_SENDER:
            return ()  # it was cut within its quotes, and a Message-ID closes them
        sender = sender.strip("<> ")
        if recipients == "0" or (size == "0" and not message_id):
            self.messages.learn(queue_id, sender=sender)
        else:
            self.messages.receive(line.time, queue_id, sender, size, recipients)
            self.messages.learn(queue_id, message_id=message_id or None)
        return ()

    def _turned_away(
        self, line: Line, queue_id: str | None, client: str, words: str, stage: Stage
    ) -> Delivery:
        """Read that a client is refused before it can send anything; the reply is not logged."""
        host, ip = _peer(client)
        return self.messages.delivery(
            line,
            queue_id,
            direction=Direction.INCOMING,
            relay_host=host,
            relay_ip=ip,
            stage=stage,
            status=Status.REJECTED,
            text=words,
        )

    def _deliveries(self, line: Line, match: re.Match[str]) -> list[Delivery]:
        """Return one delivery a recipient: those that share a connection share a line."""
        queue_id, to, days, hours, minutes, seconds, mailer, relay, dsn, held, reply, stat = (
            match.groups()
        )
        status = Status.HELD if held else _status(stat, dsn)
        host, ip = _peer(relay)
        if mailer is None and relay is None and not _OF_A_MAILER.match(stat):
            return self._refused_late(line, queue_id, to, stat)
        text, reply_by = _words(stat, spoke=ip is not None)
        if said_by(ReplyBy.REMOTE, reply):
            text, reply_by = reply, ReplyBy.REMOTE
            if reply == _HUNG_UP + (relay or "").partition(" ")[0]:
                reply_by = ReplyBy.MTA  # usersmtp.c, "fake an error"
        fields: dict[str, Any] = {
            "direction": Direction.LOCAL if mailer in _LOCAL else Direction.OUTGOING,
            "relay_host": host,
            "relay_ip": ip,
            "stage": Stage.END_OF_DATA if status is Status.SENT and ip else None,
            "status": status,
            "dsn": status_of(dsn),
            "delay": seconds_of(days, hours, minutes, seconds),
            "text": text,
            "reply_by": reply_by,
        }
        return [
            self.messages.delivery(line, queue_id, recipient=_bare(recipient), **fields)
            for recipient in _RECIPIENT.findall(to)
        ]

    def _refused_late(self, line: Line, queue_id: str, to: str, words: str) -> list[Delivery]:
        """Read that we took the recipients and refused the message; the code is not logged.

        Where the client left it at that, the words are its command: RSET, EHLO.
        """
        if _VERB.match(words) or self._gone.get(queue_id) is not None:
            return []
        status = Status.DISCARDED if words == _DISCARDED else Status.REJECTED
        return [
            self.messages.delivery(
                line,
                queue_id,
                direction=Direction.INCOMING,
                recipient=_bare(recipient),
                stage=Stage.END_OF_DATA,
                status=status,
                text=words,
            )
            for recipient in _RECIPIENT.findall(to)
        ]

    def _noted(self, delivery: Delivery) -> Delivery:
        """Remember a message that was refused as a whole: a line for each recipient follows."""
        if delivery.queue_id and delivery.status in _GONE and delivery.stage in _OF_A_MESSAGE:
            self._gone[delivery.queue_id] = ""
        return delivery

    def _given_up(self, line: Line, match: re.Match[str]) -> tuple[Delivery, ...]:
        """Read that a notice is sent, and what no line of a recipient reports."""
        queue_id, notice, is_copy, words = match.groups()
        self.messages.learn(notice, sender="")
        stated = (status for beginning, status in _GIVEN_UP if words.startswith(beginning))
        status = next(stated, None)
        if is_copy or status is None:
            return ()
        return (
            self.messages.delivery(
                line, queue_id, direction=Direction.OUTGOING, status=status, text=words
            ),
        )

    def _rejected(self, line: Line, match: re.Match[str]) -> Delivery:
        queue_id, ruleset, argument, relay, action, words, discard = match.groups()
        stage = _STAGES.get(ruleset)
        host, ip = _peer(relay)
        address = argument.strip("<> ")
        ours = ruleset in _OF_THE_CLIENT
        return self.messages.delivery(
            line,
            queue_id,
            direction=Direction.OUTGOING if ours else Direction.INCOMING,
            sender=address if stage is Stage.MAIL else None,
            recipient=address if stage is Stage.RCPT else None,
            relay_host=host,
            relay_ip=ip,
            stage=stage,
            status=None if ours else _ACTIONS[action or discard],
            text=words,
            reply_by=said_by(ReplyBy.MTA if ours else ReplyBy.OWN, words),
        )

    def _filtered(self, line: Line, match: re.Match[str]) -> Delivery:
        queue_id, connect, host, ip, where, argument, data, words, tempfail, discard = (
            match.groups()
        )
        stage = _STAGES.get(connect or where or data, Stage.END_OF_DATA)
        address = (argument or "").strip("<> ")
        return self.messages.delivery(
            line,
            queue_id,
            direction=Direction.INCOMING,
            sender=address if stage is Stage.MAIL else None,
            recipient=address if stage is Stage.RCPT else None,
            relay_host=host,
            relay_ip=_address(ip),
            stage=stage,
            status=_ACTIONS[tempfail or discard or "reject"],
            text=words,
            reply_by=said_by(ReplyBy.OWN, words),
        )

    def _refused(self, line: Line, match: re.Match[str]) -> Delivery:
        """Read a server's reply about an address; the code is not logged."""
        return self.messages.delivery(
            line,
            match[1],
            direction=Direction.INCOMING,
            recipient=match[2][1:-1],
            stage=Stage.RCPT,
            status=Status.REJECTED,
            text=match[3],
        )


def _unescaped(message: str) -> str:
    r"""Undo str2prt.

    >>> _unescaped(r'to=<"a\\"b"@example.org>, stat=Empf\303\244nger')
    'to=<"a\\"b"@example.org>, stat=Empfänger'
    """
    return rejoined(_ESCAPED.sub(_octet, message)) if "\\" in message else message


def _octet(escape: re.Match[str]) -> str:
    if escape[1]:
        return _PRINTED[escape[1]]
    return character_of(int(escape[2], 8))


def _lost_its_end(address: str) -> bool:
    """Check whether an address was cut, and seems to end where it does not.

    A cut takes a quote away, or the backslash before one; the length that is left is known.
    """
    octets = to_octets(address)
    return octets[_CUT_AT : _CUT_AT + len(_CUT)] == _CUT and len(octets) != _SHORTENED


def _status(stat: str, dsn: str | None) -> Status:
    if stat.startswith(_DEFERRED) or stat == "queued":
        return Status.DEFERRED
    if stat == "quarantined":
        return Status.HELD
    # A server's words may look like a status: of a success, the enhanced status is 2.
    if _SENT.match(stat) and (dsn or "2").startswith("2"):
        return Status.SENT
    return Status.DEFERRED if (dsn or "").startswith("4") else Status.BOUNCED


def _words(stat: str, *, spoke: bool) -> tuple[str | None, ReplyBy | None]:
    """Return the reply. Of a success the log has the text alone, without its code."""
    if _SENT.match(stat):
        text = stat.removeprefix("Sent").strip().removeprefix("(").removesuffix(")").strip()
        return text or None, ReplyBy.REMOTE if spoke and text else None
    words = stat.removeprefix(_DEFERRED).removeprefix(": ").strip()
    return words or stat, said_by(ReplyBy.REMOTE, words)


def _bare(recipient: str) -> str:
    """Return the address of a recipient, which may have a name before it.

    >>> _bare("<bob@example.org>"), _bare(" Bob <bob@example.org>"), _bare("root")
    ('bob@example.org', 'bob@example.org', 'root')
    """
    named = _NAMED.match(recipient) if "<" in recipient.strip()[1:] else None
    return named[1] if named else recipient.strip("<> ")


@functools.lru_cache(maxsize=1024)
def _peer(relay: str | None) -> tuple[str | None, str | None]:
    match = _HOST.match(relay or "")
    if match is None:
        return None, None
    name, ip, bracketed = match.groups()
    return name or ip or bracketed, ip


def _address(text: str | None) -> str | None:
    return text.removeprefix("IPv6:") if text else None


FORMAT = Format(
    _NAME, _detect, SendmailReader, programs=r"sendmail|sm-m|sm-acc|sm-que", needles=(", stat=",)
)
