"""qmail, and what is made of it: netqmail, notqmail, s/qmail, indimail.

From qmail-send.c, qmail-remote.c, qmail-local.c, qsutil.c, ucspi-tcp's rblsmtpd.c, indimail's
qmail-smtpd.c, and what stands before qmail-smtpd or in it: chkuser.c, spamdyke's filter.c and
simscan.c::

    line    = [STAMP " "] BODY [" " QUEUE]              ; QUEUE: indimail's, which has several
    STAMP   = "@" 16HEX 8HEX                            ; TAI64N, of multilog
            / SECONDS "." FRACTION                      ; of splogger and of accustamp
            / "YYYY-MM-DD HH:MM:SS.nnnnnnnnn"           ; of tai64nlocal
    BODY    = "info msg " M ": bytes " N " from <" SENDER "> qp " N " uid " N
            / "starting delivery " D ": msg " M " to " ("local" / "remote") " " RCPT
            / "delivery " D ": " ("success" / "failure" / "deferral") ": " REPORT
            / "delivery " D ": report mangled, will defer"
            / ("double" / "triple") " bounce: discarding bounce/" M
            / "new msg " M / "end msg " M / "bounce msg " M " qp " N / "status: local " ...
            / "rblsmtpd: " IP " pid " N [" " LIST] ": " REPLY       ; the client is refused
            / ["qmail-smtpd: pid " N " "] ("Reject" / "Accept") "::" TYPE "::" CONDITION ": "
              ["P:" PROTOCOL " "] "S:" IP ":" NAME [" H:" HELO] [" F:" SENDER] [" T:" RCPT] ...
                                                         ; SPAMCONTROL's and s/qmail's qmail-smtpd
            / "qmail-smtpd: pid " N " from " IP " " (REFUSAL / other)        ; indimail's
            / "CHKUSER " TITLE ": from <" SENDER MORE "> remote <" CLIENT "> rcpt <" [RCPT] "> : "
              WORDS
            / FILTER " from: " SENDER " to: " RCPT " origin_ip: " IP " origin_rdns: " NAME
              " auth: " ... [" encryption: " ...] [" reason: " WORDS]     ; spamdyke's
            / "simscan:[" PID "]:" STATE [" (" HITS ")"] ":" SECONDS "s:" SUBJECT ":" IP ":" SENDER
              ":" RCPT *("," RCPT)
    REFUSAL = WORDS [": " ["HELO <" HELO "> "] "MAIL from <" SENDER ">" [" RCPT <" RCPT ">"] ...]
    WORDS   = "BAD IP client" / "Invalid RECIPIENT address" / why it was not queued " (permanent)"
            / ...
    TITLE   = "rejected rcpt" / "rejected relaying" / "rejected sender" / "mbx overquota" / ...
            / "accepted rcpt" / ...
    CLIENT  = "helo:" HELO "|remotehostname:" NAME "|remotehostip:" IP / HELO ":" NAME ":" IP
    FILTER  = "DENIED_RBL_MATCH" / "DENIED_RDNS_MISSING" / ... / "ALLOWED" / "TIMEOUT"
    STATE   = "CLEAN" / "PASSTHRU" / "SPAM REJECT" / "SPAM DROPPED" / ...
    TYPE    = "SNDR" / "ORIG" / "RCPT" / "DATA" / "SMTP" / "AUTH"
    REPORT  = [ NOTE "/" ] SENTENCE "./" ["Remote_host_said:_" REPLY "/"]
              ["Giving_up_on_" IP "./"] ["I'm_not_going_to_try_again;..."]
    SENTENCE = "Connected_to_" IP "_but_" WHAT / IP "_does_not_like_recipient"
             / IP "_failed_on_DATA_command" / IP "_failed_after_I_sent_the_message"
             / ["(" RCPT ")_"] IP "_accepted_message"   ; the recipient is a patch's

A report names neither the message nor the recipient: the delivery's number leads to the line that
started it. In a report each newline is "/", and each other octet below "!" or above "~", and "%",
is "_" (logsafe). So a "/" ends a line only where the next begins with the same code, and a "_" may
have been one: it is taken for a space, but not within an address in angle brackets.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from smtpreply._support import regex as re
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import Messages, delivery_in
from smtpreply.logs.toolkit.fields import BARE, said_by, status_of
from smtpreply.logs.toolkit.recent import Memory
from smtpreply.stage import Stage

_NAME = "qmail"

_STAMP = re.compile(
    r"(?:@4([0-9a-f]{15})([0-9a-f]{8})|([0-9]{9,11})\.([0-9]{1,9})"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\.[0-9]{1,9}) +"
)
_TAI_OFFSET = timedelta(seconds=10)  # what qmail's own libtai takes for TAI - UTC
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_INFO = re.compile(
    r"info msg ([0-9]{1,20}): bytes [0-9]+ from <(.*)>(?: qp [0-9]+ uid [0-9]+)?\s*\Z"
)
_START = re.compile(
    r"starting delivery ([0-9]{1,20}): msg ([0-9]{1,20}) to (local|remote) (\S+)(?: (\S+))?"
)
_REPORT = re.compile(r"delivery ([0-9]{1,20}): (success|failure|deferral): (\S*)(?: (\S+))?")
_MANGLED = re.compile(r"delivery ([0-9]{1,20}): (report mangled), will defer(?: (\S+))?\s*\Z")
_DROPPED = re.compile(r"((?:double|triple) bounce): discarding bounce/([0-9]{1,20})")
_END = re.compile(r"end msg ([0-9]{1,20})")
_BLOCKED = re.compile(r"rblsmtpd: (\S{1,100}) pid [0-9]+(?: [^\s:]{1,255})?: (.*)\Z", re.DOTALL)
_SMTPD = (
    r"(?:qmail-smtpd: )?(?:pid [0-9]+ )?(Reject|Accept)::(SNDR|ORIG|RCPT|DATA|SMTP|AUTH)::"
    r"([A-Za-z_]{1,60}): "
)
_CONTROLLED = re.compile(
    rf"{_SMTPD}(?:P:\S{{1,40}} )?S:(\[?[0-9A-Fa-f.:]{{2,45}}\]?):([^\s:]{{0,255}})"
    r"(?: H:\S{0,255})?(?: F:<?([^\s<>]{0,1000})>?(?= |\Z))?(?: T:<?([^\s<>]{0,1000})>?(?= |\Z))?"
)
_CONTROLLED_AT = {
    "SNDR": Stage.CONNECT,
    "ORIG": Stage.MAIL,
    "RCPT": Stage.RCPT,
    "DATA": Stage.END_OF_DATA,
    "AUTH": Stage.AUTH,
}
_LOGGED = re.compile(r"qmail-smtpd: pid [0-9]{1,10} from (\S{1,60}) (.*)\Z", re.DOTALL)
_REFUSAL = re.compile(
    rf"(greylist) +({BARE}) to ({BARE})|((?:BAD|OPEN|PTR|Bare|unable|greylisting|Invalid|invalid|"
    r"non-FQDN|Non-existing|Blackholed|[Tt]oo many|virus/banned|data size| AUTH) .{1,300}?|"
    r".{1,300}? \((?:permanent|temporary)\))"
    rf"(?:: (?:HELO {BARE} )?"
    rf"(?:MAIL (?:from )?({BARE})(?: (?:Last )?RCPT ({BARE}))?.*|HELO .*)?)?\Z",
    re.DOTALL,
)
_NO_REFUSAL = re.compile(
    r" ?HELO <|NOTIFY: |Setting (?:Env|DomainQueue)|(?:read|write) error|timeout reached"
)
_REFUSED_AT = (
    ("RECIPIENT", Stage.RCPT),
    ("Invalid RELAY", Stage.RCPT),
    ("SENDER", Stage.MAIL),
    ("HELO", Stage.EHLO),
    ("AUTH", Stage.AUTH),
    ("virus", Stage.END_OF_DATA),
    ("data size", Stage.END_OF_DATA),
    (" (permanent)", Stage.END_OF_DATA),
    (" (temporary)", Stage.END_OF_DATA),
)
# An address is a stranger's: one that may hold what follows it is not read.
_PLAIN = r"[^\s<>|:]{0,1000}"
_CHKUSER = r"CHKUSER (?:[a-z]{2,20} ){0,2}[a-z]{2,20}: from <"
_CHECKED = re.compile(
    rf"CHKUSER ([a-z ]{{4,40}}): from <({_PLAIN})(?:[:|][^<>]{{0,600}})?> remote <"
    r"(?:[^<>]{0,600}?[:|](?:remotehostname:)?([^<>:|\s]{0,255})[:|](?:remotehostip:)?([0-9.]{7,15})"
    rf"|[^<>]{{0,1000}})> rcpt <({_PLAIN})> : (.*)\Z",
    re.DOTALL,
)
_CHECK_REFUSES = (
    *("rejected rcpt", "rejected relaying", "rejected sender", "rejected intrusion"),
    *("no auth resource", "must auth", "mbx overquota"),
)
_SPAMDYKE = r"(?:DENIED_[A-Z_]{2,40}|ALLOWED|TIMEOUT) from: \S"
_FILTERED = re.compile(
    r"(DENIED_[A-Z_]{2,40}|ALLOWED|TIMEOUT) from: (\S{1,1000}) to: (\S{1,1000}) "
    r"origin_ip: (\S{2,45}) origin_rdns: (\S{1,255}) auth: \S{1,300}"
    r"(?: encryption: \S{1,40})?(?: reason: (.*))?\Z",
    re.DOTALL,
)
_FILTERS_FIELD = " origin_ip: "
_MISSING = ("(unknown)", "(empty)", "(null)", "unknown")
_SIMSCAN = r"simscan:\[[0-9]{1,10}\]:[A-Z]"
# The subject is a stranger's, too: what follows it is looked for from the right.
_SCANNED = re.compile(
    r"simscan:\[[0-9]{1,10}\]:(CLEAN|PASSTHRU|SPAM REJECT|SPAM DROPPED)(?: \([0-9./-]{1,60}\))?:"
    rf"[0-9.]{{1,20}}s:.*:([0-9A-Fa-f.:]{{2,45}}|\(null\)):({_PLAIN}):([^\s<>|:]{{1,8000}})\Z",
    re.DOTALL,
)
_SCANS = {"SPAM REJECT": Status.REJECTED, "SPAM DROPPED": Status.DISCARDED}
# A report as bounces and people quote it, without its number.
_LONE = re.compile(r"[A-Za-z0-9._:\[\]()@-]{3,300}\./Remote_host_said:_\S*\Z")
_QUOTED = re.compile(
    r"(?:([A-Za-z0-9._:\[\]()@' -]{3,300}\.) )?Remote host said: (.*)\Z", re.DOTALL
)
_QUOTED_END = re.compile(r"\s+Giving up on [^\s]{1,300}\.?\s*\Z")
_OTHER = re.compile(
    r"(?:new msg|bounce msg|status: (?:local|exiting|initial)|"
    r"(?:alert|warning|running|number of|tcpserver: ))"
)
_DETECTED = re.compile(
    r"(?:info|new|end|bounce) msg [0-9]|starting delivery [0-9]+: msg [0-9]|"
    r"delivery [0-9]+: (?:success|failure|deferral|report mangled)|"
    r"status: (?:local [0-9]|exiting)|(?:triple|double) bounce: |rblsmtpd: \S+ pid [0-9]|"
    rf"qmail-smtpd: pid [0-9]+ from |{_SMTPD}|{_CHKUSER}|{_SPAMDYKE}|{_SIMSCAN}"
)
_ANY = re.compile("|".join(each.pattern for each in (_DETECTED, _LONE, _QUOTED)), re.DOTALL)

_SAID = "Remote_host_said:_"
_TOO_LONG = "I'm_not_going_to_try_again;"
_AFTER_REPLY = re.compile(
    r"/(?:Giving_up_on_[^/]{0,300}|STARTTLS_proto=[^/]{0,300}(?:/[^/]{0,300}){0,10}|"
    r"I'm_not_going_to_try_again;[^/]{0,100})/?\Z"
)
_ACCEPTED_RECIPIENT = re.compile(r"(?:[^/]{0,200}/)?\(([^()/]{1,320})\)_")
_PEER = re.compile(
    r"(?:[/)_]|\A)\[?([0-9]{1,3}(?:\.[0-9]{1,3}){3}"
    r"|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:(?:\.[0-9]{1,3}){3})?)\]?(?:_|\.?/|\.?\Z)"
)
_DSN = re.compile(r"\(#([245]\.[0-9]{1,3}\.[0-9]{1,3})\)")
_ADDRESS = re.compile(r"(<[^<>]{1,320}@[^<>]{1,255}>)")
_STAGES = (
    ("greeting_failed", Stage.CONNECT),
    ("my_name_was_rejected", Stage.EHLO),
    ("sender_was_rejected", Stage.MAIL),
    ("does_not_like_recipient", Stage.RCPT),
    ("failed_on_DATA_command", Stage.DATA),
    ("failed_after_I_sent_the_message", Stage.END_OF_DATA),
    ("accepted_message", Stage.END_OF_DATA),
    ("authentication", Stage.AUTH),
    ("STARTTLS", Stage.STARTTLS),
)
_DIRECTIONS = {"remote": Direction.OUTGOING, "local": Direction.LOCAL}
_STATUSES = {
    "success": Status.SENT,
    "failure": Status.BOUNCED,
    "deferral": Status.DEFERRED,
}


@attrs.define
class _Started:
    """A delivery under way: of which message, where to."""

    message: str
    channel: str
    recipient: str


def _detect(line: Line) -> bool:
    return _ANY.match(_body(line)) is not None


class QmailReader(Reader):
    """Reads the lines of one log. It remembers the messages and the deliveries under way."""

    def __init__(self) -> None:
        self._messages = Messages(_NAME)
        self._started: Memory[_Started] = Memory()

    def read(self, line: Line) -> Iterable[Delivery] | None:
        body = _body(line)
        if match := _REPORT.match(body):
            number, result, report, queue = match.groups()
            return (self._reported(line, f"{number} {queue or ''}", _STATUSES[result], report),)
        if match := _MANGLED.match(body):
            number, words, queue = match.groups()
            return (self._reported(line, f"{number} {queue or ''}", Status.DEFERRED, words),)
        if match := _DROPPED.match(body):
            return (self._dropped(line, *match.groups()),)
        if match := _START.match(body):
            number, message, channel, recipient, queue = match.groups()
            self._started[f"{number} {queue or ''}"] = _Started(message, channel, recipient)
            return ()
        if match := _INFO.match(body):
            self._messages.learn(match[1], sender=match[2])
            return ()
        if match := _END.match(body):
            self._messages.forget(match[1])
            return ()
        if match := _BLOCKED.match(body):
            return (self._blocked(line, *match.groups()),)
        if match := _CONTROLLED.match(body):
            return self._controlled(line, match)
        if match := _LOGGED.match(body):
            return self._logged(line, *match.groups())
        if match := _CHECKED.match(body):
            return self._checked(line, match)
        if match := _FILTERED.match(body):
            return self._filtered(line, match)
        if match := _SCANNED.match(body):
            return self._scanned(line, *match.groups())
        if _LONE.match(body):
            return (self._reported(line, None, None, body),)
        if match := _QUOTED.match(body):
            return (_quoted(line, match),)
        return () if _OTHER.match(body) else None

    def _reported(
        self, line: Line, number: str | None, status: Status | None, report: str
    ) -> Delivery:
        started = self._started.get(number)
        if number is not None:
            self._started.forget(number)
        known = _read_report(report)
        if status is Status.BOUNCED and _TOO_LONG in report:
            status = Status.EXPIRED
        channel = started.channel if started else "remote" if "relay_ip" in known else None
        told = {
            "recipient": started.recipient if started else None,
            "direction": _DIRECTIONS.get(channel or ""),
            "status": status,
        }
        return self._messages.delivery(
            _timed(line), started.message if started else None, **(told | known)
        )

    def _dropped(self, line: Line, words: str, message: str) -> Delivery:
        """Read that a bounce which came back itself is thrown away: nobody gets to know of it."""
        return self._messages.delivery(
            _timed(line), message, direction=Direction.LOCAL, status=Status.DISCARDED, text=words
        )

    def _blocked(self, line: Line, ip: str, text: str) -> Delivery:
        return self._messages.delivery(
            _timed(line),
            None,
            direction=Direction.INCOMING,
            relay_ip=ip,
            status=Status.REJECTED,
            text=text,
            reply_by=said_by(ReplyBy.OWN, text),
        )

    def _logged(self, line: Line, ip: str, words: str) -> tuple[Delivery, ...] | None:
        """Read what indimail's qmail-smtpd refused; it logs no reply."""
        match = _REFUSAL.match(words)
        if match is None:
            return () if _NO_REFUSAL.match(words) else None
        greylisted, early, late, why, sender, recipient = match.groups()
        sender, recipient = early or sender, late or recipient
        text = (greylisted or why).strip()
        return (
            self._messages.delivery(
                _timed(line),
                None,
                direction=Direction.INCOMING,
                relay_host=ip,
                relay_ip=ip,
                sender=None if sender is None else sender.strip("<>"),
                recipient=None if recipient is None else recipient.strip("<>"),
                stage=next((stage for part, stage in _REFUSED_AT if part in text), None),
                status=Status.DISCARDED if text.startswith("Blackholed") else Status.REJECTED,
                text=text,
            ),
        )

    def _controlled(self, line: Line, match: re.Match[str]) -> tuple[Delivery, ...]:
        """Read what qmail-smtpd refused; what it accepts is reported again as it is delivered."""
        verdict, kind, condition, ip, name, sender, recipient = match.groups()
        if verdict == "Accept":
            return ()
        return (
            self._messages.delivery(
                _timed(line),
                None,
                direction=Direction.INCOMING,
                relay_host=name if name and name != "unknown" else ip.strip("[]"),
                relay_ip=ip.strip("[]"),
                sender=sender,
                recipient=recipient,
                stage=_CONTROLLED_AT.get(kind),
                status=Status.REJECTED,
                text=condition.replace("_", " "),
            ),
        )

    def _checked(self, line: Line, match: re.Match[str]) -> tuple[Delivery, ...]:
        """Read which recipient or sender chkuser refused; its reply is not logged."""
        title, sender, name, ip, to, words = match.groups()
        if title not in _CHECK_REFUSES:
            return ()
        stage = Stage.RCPT if to else Stage.MAIL
        return (self._refused(line, (sender, to or None), (name, ip), stage=stage, text=words),)

    def _filtered(self, line: Line, match: re.Match[str]) -> tuple[Delivery, ...] | None:
        """Read what spamdyke refused, whose reply is not logged."""
        verdict, sender, to, ip, name, reason = match.groups()
        if match[0].count(_FILTERS_FIELD) != 1:  # an address may hold the fields of another
            return None
        if not verdict.startswith("DENIED_"):
            return ()
        words = verdict.replace("_", " ")
        text = f"{words}: {reason}" if reason and reason not in _MISSING else words
        recipient = None if to in _MISSING else to
        stage = Stage.RCPT if recipient else None
        return (self._refused(line, (sender, recipient), (name, ip), stage=stage, text=text),)

    def _scanned(
        self, line: Line, state: str, ip: str, sender: str, recipients: str
    ) -> list[Delivery]:
        """Read which message simscan refused or threw away."""
        status = _SCANS.get(state)
        if status is None:
            return []
        return [
            self._refused(
                line, (sender, to), (None, ip), stage=Stage.END_OF_DATA, text=state, status=status
            )
            for to in recipients.split(",")
        ]

    def _refused(
        self,
        line: Line,
        envelope: tuple[str, str | None],
        client: tuple[str | None, str | None],
        *,
        stage: Stage | None,
        text: str,
        status: Status = Status.REJECTED,
    ) -> Delivery:
        """Return what one of qmail-smtpd's helpers refused."""
        sender, recipient = envelope
        name, ip = client
        ip = None if ip in _MISSING else ip
        return self._messages.delivery(
            _timed(line),
            None,
            direction=Direction.INCOMING,
            relay_host=name if name and name not in _MISSING else ip,
            relay_ip=ip,
            sender=None if sender in _MISSING else sender,
            recipient=recipient,
            stage=stage,
            status=status,
            text=text,
        )


def _quoted(line: Line, match: re.Match[str]) -> Delivery:
    """Read what a bounce quotes, as it was before the log made it safe."""
    sentence = (match[1] or "").replace(" ", "_")
    end = _QUOTED_END.search(match[2])
    peer = _PEER.search(sentence)
    text = match[2][: end.start()] if end else match[2]
    return delivery_in(
        line,
        _NAME,
        direction=Direction.OUTGOING,
        relay_host=peer[1] if peer else None,
        relay_ip=peer[1] if peer else None,
        stage=next((stage for words, stage in _STAGES if words in sentence), None),
        text=text.strip() or None,
        reply_by=ReplyBy.REMOTE if text.strip() else None,
    )


def _read_report(report: str) -> dict[str, Any]:
    """Return the fields of a report: the peer, the stage and the reply."""
    sentence, said, reply = report.partition(_SAID)
    known: dict[str, Any] = {}
    if peer := _PEER.search(sentence):
        known["relay_ip"] = known["relay_host"] = peer[1]
    if recipient := _ACCEPTED_RECIPIENT.match(sentence):
        known["recipient"] = recipient[1]
    text = _reply(reply) if said else ""
    if text:
        known["text"] = text
        known["reply_by"] = ReplyBy.REMOTE
        known["stage"] = next((stage for words, stage in _STAGES if words in sentence), None)
        return known
    known["text"] = _spaced(report.rstrip("/").replace("/", "\n")) or None
    if dsn := _DSN.search(report):
        known["dsn"] = status_of(dsn[1])
    return known


def _reply(text: str) -> str:
    """Return a reply as it was sent, as far as the log leaves it certain."""
    while match := _AFTER_REPLY.search(text):
        text = text[: match.start()]
    text = text.removesuffix("/")
    code = text[:3]
    if not code.isdecimal():
        return _spaced(text)
    lines = re.split(rf"/(?={code}(?:[-_]|\Z))", text)
    return "\n".join(code + _spaced(line[3:]) for line in lines)


def _spaced(text: str) -> str:
    parts = _ADDRESS.split(text)
    parts[::2] = [part.replace("_", " ") for part in parts[::2]]
    return "".join(parts)


def _body(line: Line) -> str:
    """Return what follows the stamp."""
    text = line.message
    if line.host == "delivery" and line.program is not None and line.program.isdecimal():
        text = line.text  # "2026-11-24 11:43:32.1 delivery 5: ...", which looks like a prefix
    stamp = _STAMP.match(text)
    return text[stamp.end() :] if stamp else text


def _timed(line: Line) -> Line:
    """Return a line, which now has the time of qmail's own stamp: it is finer than a syslog's."""
    stamp = _STAMP.match(line.message)
    if stamp is None:
        return line
    seconds, nanoseconds, epoch, fraction = stamp.groups()
    try:
        if seconds is not None:
            since = timedelta(seconds=int(seconds, 16), microseconds=int(nanoseconds, 16) // 1000)
            line.time = _EPOCH + since - _TAI_OFFSET
        elif epoch is not None:
            since = timedelta(seconds=int(epoch), microseconds=int(fraction[:6].ljust(6, "0")))
            line.time = _EPOCH + since
    except OverflowError:
        pass
    return line


_NEEDLES = (
    "delivery ", " msg ", "status: local", "bounce: ", "rblsmtpd: ", "Reject::", "Accept::",
    "Remote_host_said:_", "Remote host", "qmail-smtpd: pid", "CHKUSER ", " origin_rdns: ",
    "simscan:[",
)  # fmt: skip

FORMAT = Format(
    _NAME,
    _detect,
    QmailReader,
    # Lines that tai64nlocal has stamped look as if a program were called "5"; splogger may be given
    # the name that OpenSMTPD's program has.
    programs=r"qmail|notqmail|rblsmtpd|spamdyke|smtpd\Z|[0-9]{1,20}\Z",
    needles=_NEEDLES,
    order=45,
    certain=re.compile(r"@4[0-9a-f]{23} [a-z]"),
)
