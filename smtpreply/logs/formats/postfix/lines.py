"""Postfix: smtp, lmtp, local, virtual, pipe, error, qmgr, bounce, smtpd, postscreen, cleanup.

From src/global/log_adhoc.c, src/smtp/smtp_chat.c, src/smtpd/smtpd_check.c::

    delivery = QID ": to=<" RCPT ">" [", orig_to=<" RCPT ">"] ", relay=" RELAY
               [", conn_use=" N] ", delay=" N [", delays=" a/b/c/d] [", tls=" ...]
               [", dsn=" X.Y.Z] ", status=" WORD " (" REASON ")"
    REASON   = REPLY / "host " HOST " said: " REPLY " (in reply to " CMD ")"
             / "host " HOST " refused to talk to me: " REPLY
             / "TLS is required, but host " HOST " refused to start TLS: " REPLY
             / "delivery temporarily suspended: " REASON / words of Postfix's own
    info     = QID ": host " HOST " said: " REPLY " (in reply to " CMD ")"
    sasl     = QID ": SASL authentication failed; server " HOST " said: " REPLY
    reject   = (QID / "NOQUEUE") ": " ACTION ": " WHERE " from " CLIENT ": " REPLY
               "; from=<" ... ">" [" to=<" ... ">"] " proto=" ... [" helo=<" ... ">"]
    content  = QID ": " ACTION ": " CLASS " " TEXT " from " CLIENT "; from=<" ... [": " WORDS]
    HOST     = NAME "[" ADDRESS "]" [":" PORT]

A ``content`` line (cleanup_message.c) tells what a header_checks or body_checks rule did; CLASS is
"header", "body" or the like. Its WORDS begin with the enhanced status, and the code is not logged.

The lines of a reply are joined by one space, each with its code, which the parser unfolds. What a
server said may hold any of the words above. So fields are read from the left, one after the other,
and what ends a reply is sought from the right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from smtpreply._support.numbers import number_of
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.formats.postfix.blocks import skim
from smtpreply.logs.grouping import Groups
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import Messages
from smtpreply.logs.toolkit.fields import port_of, said_by, stage_of, status_of
from smtpreply.stage import Stage

_NAME = "postfix"

# Short: hexadecimal, 6 characters and more. Long (enable_long_queue_ids): no vowels.
_QID = r"([0-9A-F]{6,15}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20})"
# info_log_address_format=external, the default since 3.5, quotes a local part with odd characters.
# So a ">" in quotes ends nothing. Some tools take the brackets off.
# The bounds here and below keep a search that starts over at each place linear.
_ADDRESS = r"(?:<((?:\"(?:[^\"\\]|\\.){0,1000}\")?[^>]{0,1000})>|([^<>, ]{0,1000}))"
_HOST = r"([^\[\], ]*?)(?:\[([^\]]*)\])?(?::([0-9]+))?"

_DELIVERY = re.compile(
    rf"(?:{_QID}: )?to={_ADDRESS}, (?:orig_to={_ADDRESS}, )?relay={_HOST}, "
    r"(?:conn_use=[0-9]+, )?delay=([0-9.]+), (?:delays=[0-9./]+, )?(?:tls=([^,]*), )?"
    r"(?:dsn=([0-9.]+), )?status=([A-Za-z-]+) \((.*)\Z",
    re.DOTALL,
)
_EXPIRED = re.compile(
    rf"(?:{_QID}: )?from={_ADDRESS}, status=(expired|force-expired), returned to sender"
)
_FROM = re.compile(rf"{_QID}: from={_ADDRESS}, size=")
_MESSAGE_ID = re.compile(rf"{_QID}: (?:resent-)?message-id=(?:<(.*)>|(.*))\s*\Z")
_OF_MESSAGE = re.compile(rf"{_QID}: ")
_SAID = re.compile(
    # before 2.1: "connect to H[IP]: server refused to talk to me: 421 ..."
    rf"(?:(?:TLS is required, but )?(?:host|connect to) {_HOST}:? "
    r"(said|(?:server )?refused to talk to me|refused to start TLS)|"
    rf"SASL authentication failed; server {_HOST} said): (.*)\Z",
    re.DOTALL,
)
_REFUSED = " refused to "
_REFUSALS = {"refused to talk to me": Stage.CONNECT, "refused to start TLS": Stage.STARTTLS}
_SUSPENDED = "delivery temporarily suspended: "
_IN_REPLY = re.compile(r"(.*) \(in reply to (.{1,60}?)(?: command| probe)?\)\Z", re.DOTALL)
_CONNECTING = re.compile(rf"connect to {_HOST}: ")
_WHILE = re.compile(
    r"(?:lost connection with|conversation with|timed out while|Connection).*? while "
    r"(?:sending|performing the|receiving the) (?:initial server )?(.{1,40}?)"
    r"(?: command| handshake| greeting| -- message may be sent more than once)?\Z",
    re.DOTALL,
)
_REJECT = re.compile(
    rf"(?:(?:{_QID}|NOQUEUE): )?(reject|reject_warning|milter-reject|hold|discard|filter|"
    r"proxy-reject|proxy-accept|milter-hold|milter-discard): ([A-Z-]+(?: [A-Z]+)?)"
    rf"(?: from {_HOST})?: (.*)\Z",
    re.DOTALL,
)
# The text of the message, of 200 characters at most, is its sender's: so the last envelope counts.
_CONTENT = re.compile(
    rf"{_QID}: (reject|discard|hold|[a-z]{{2,10}}): (?:header|body|mime-header|nested-header|mime) "
    r"(.*)\Z",
    re.DOTALL,
)
_CONTENT_FROM = re.compile(rf" from {_HOST};(?= (?:from|to|proto|helo)=|:|\Z)")
# In a name given to HELO, a question mark stands for each of " <>;" (NEUTER_CHARACTERS in smtpd.c).
_SEMICOLON = re.compile(r"; (?=from=|to=|proto=|helo=)")
_ENVELOPE = rf"(?:from={_ADDRESS},? ?)?(?:to={_ADDRESS},? ?)?"
_WHOLE_ENVELOPE = re.compile(
    rf"{_ENVELOPE}(?:proto=[^ ,<>]*,? ?)?(?:helo=<[^>]*>,? ?)?"
    r"(?:sasl_[a-z]{1,20}=[^ ,]*,? ?){0,3}\Z"
)
_SOME_ENVELOPE = re.compile(rf"{_ENVELOPE}(?:proto=|helo=|sasl_|\Z)")
_AFTER_CONTENT = re.compile(
    rf" ?{_ENVELOPE}(?:proto=[^ ,<>:]*,? ?)?(?:helo=<[^>]*>)?(?:: (.*))?\Z", re.DOTALL
)
_FILTER = " from MTA("
# What tells of no delivery: sessions, TLS, the queue, caches, the master's own; verbose sessions.
_UNDERSTOOD = re.compile(
    r"(?:connect from|disconnect from|lost connection after|timeout after|too many errors|"
    r"statistics:|warning:|error:|fatal:|panic:|info:|connect to|daemon started|reload|starting|"
    r"stopping|refreshing|CONNECT from|CONNECT to|DISCONNECT |PASS |HANGUP|PREGREET|DNSBL|COMMAND |"
    r"BARE |NON-SMTP|WHITELIST|ALLOWLIST|DENYLIST|BLACKLIST|cache |close database|entering|"
    r"terminating|improper|Anonymous TLS|Trusted TLS|Untrusted TLS|Verified TLS|setting up TLS|"
    r"SSL_accept|SSL_connect|initializing|certificate|message repeated|dict_|hash:|lmdb:|mysql|"
    r"proxy|uid=|message-id=|master exit|using backwards|Postfix is|end of session|ddos|"
    r"discarding EHLO|replacing command|NOQUEUE: client=|addr \S+ listed|the Postfix mail system|"
    r"Host offered STARTTLS|using DANE|mapping |offered |fingerprint=|subject_CN=|issuer|TLS |tls_|"
    r"TLSA |server certificate |client certificate |Deleted: |Placed on hold: |Requeued: |"
    r"Released from hold: |Expired: |rewrite |input attribute |Action: |REQUIRETLS|TLSRPT|"
    r"[<>] \S{0,300}\[[^\]]{0,300}\](?::[0-9]+)?: |name_mask|match_|private/|watchdog|send attr|"
    r"vstream|xsasl|smtp_|smtpd_|inet_|unix_|auto_clnt|enabling |disabling )"
)
_QUEUED = re.compile(
    rf"{_QID}: (?:client=|uid=|removed|sender (?:non-)?deliver|sender delay|postmaster |"
    r"replace: |prepend: |info: |warning: |skipped, |enabling PIX|lost connection|conversation|"
    r"TLS|Cannot |breaking |released|expired|milter|host |to=|from=|resent-|message-id=|filter|"
    r"placed on hold|requeued|redirect: |strip: |bcc: |delay: |pass: |SASL |[Ss]erver certificate|"
    r"Trusted|Untrusted|Verified|passing |forwarded|message |sasl_|mail for )"
)
# Lines without a program whose form is beyond doubt.
_LONE = re.compile(
    rf"(?:{_QID}: )?host [^\[\], ]{{1,255}}\[[^\]]{{1,255}}\](?::[0-9]{{1,5}})? "
    r"(?:said|refused to talk to me): [2-5][0-9]{2}[ -]"
    rf"|(?:{_QID}|NOQUEUE): (?:reject|reject_warning|milter-reject|hold|discard|filter|"
    r"milter-hold|milter-discard): (?:CONNECT|EHLO|HELO|AUTH|MAIL|RCPT|DATA|BDAT|VRFY|ETRN|NOOP|"
    rf"STARTTLS|UNKNOWN|END-OF-MESSAGE) from {_HOST}: "
    r"|proxy-(?:reject|accept): END-OF-MESSAGE: "
    r"|status=(?:sent|deferred|bounced|SOFTBOUNCE|undeliverable|deliverable) "
    r"\((?:host \S{1,600} (?:said|refused)|[2-5][0-9]{2}[ -])"
    rf"|{_QID}: (?:from=<[^>]{{0,1000}}>, (?:size=[0-9]+, nrcpt=|status=(?:force-)?expired, ret)|"
    r"(?:resent-)?message-id=<|removed\Z|uid=[0-9]+ from=<|client=\S+\[|released from hold\Z|"
    r"SASL authentication failed; server |enabling PIX workarounds|"
    r"(?:lost connection|conversation) with \S+\[)"
)
_STATUS_ALONE = re.compile(r"status=([A-Za-z-]+) \((.*)\Z", re.DOTALL)

_STATUSES = {
    "sent": Status.SENT,
    "deferred": Status.DEFERRED,
    "bounced": Status.BOUNCED,
    "SOFTBOUNCE": Status.DEFERRED,
    "expired": Status.EXPIRED,
    "force-expired": Status.EXPIRED,
    "deliverable": Status.VERIFIED,
    "undeliverable": Status.UNVERIFIED,
    "undeliverable-but-not-cached": Status.UNVERIFIED,
}
_ACTIONS = {
    "reject": Status.REJECTED,
    "reject_warning": Status.WARNED,
    "milter-reject": Status.REJECTED,
    "proxy-reject": Status.REJECTED,
    "proxy-accept": Status.ACCEPTED,
    "hold": Status.HELD,
    "milter-hold": Status.HELD,
    "discard": Status.DISCARDED,
    "milter-discard": Status.DISCARDED,
    "filter": Status.FILTERED,
}
_INTO_MAILBOXES = ("lmtp", "local", "virtual", "pipe")


def _detect(line: Line) -> bool:
    program = line.program
    if program is not None and program.startswith("postfix"):
        return program[7:8] in ("/", "-", "", "@")
    # An instance may have any name (syslog_name), so of others the form decides.
    return bool(_DELIVERY.match(line.message) or _LONE.match(line.message))


class PostfixReader(Reader):
    """Reads the lines of one log. It remembers the sender and Message-ID of each queue id."""

    lines_stand_alone = True

    def __init__(self) -> None:
        self.messages = Messages(_NAME)

    def senders(self) -> dict[str, str]:
        """Return the senders that are remembered, by queue id."""
        return self.messages.senders

    def read(self, line: Line) -> Iterable[Delivery] | None:
        message = line.message
        if "status=" in message:
            if match := _DELIVERY.match(message):
                return (self._delivery(line, match),)
            if match := _EXPIRED.match(message):
                return (self._expired(line, match),)
            if match := _STATUS_ALONE.match(message):
                return (self._quoted(line, match),)
        # A needle first: most lines have none of these, and a pattern costs ten times as much.
        if ": from=" in message and (match := _FROM.match(message)):
            self.messages.learn(match[1], sender=_either(match[2], match[3]))
            return ()
        if "message-id=" in message and (match := _MESSAGE_ID.match(message)):
            self.messages.learn(match[1], message_id=_either(match[2], match[3]))
            return ()
        if match := _REJECT.match(message):
            return (self._rejected(line, match),)
        if match := _CONTENT.match(message):
            return self._checked(line, match)
        if (" said: " in message or _REFUSED in message) and (delivery := self._said(line)):
            return (delivery,)
        return () if _UNDERSTOOD.match(message) or _QUEUED.match(message) else None

    def skim(self, block: str, groups: Groups) -> list[str]:
        """Take many lines at once: see `smtpreply.logs.format.Reader.skim`."""
        return skim(block, groups, self.messages)

    def _delivery(self, line: Line, match: re.Match[str]) -> Delivery:
        (qid, to1, to2, orig1, orig2, host, ip, port, delay, tls, dsn, word, reason) = (
            match.groups()
        )
        service = (line.program or "").rpartition("/")[2]
        relay_host: str | None = None if host == "none" else host
        spoke = bool(ip or port)
        text, reply_by, stage, peer = read_reason(_closed(reason), spoke=spoke)
        if peer is not None and not spoke:  # from the queue manager's memory: relay=none
            relay_host, ip, port = peer
        local = service in _INTO_MAILBOXES or host in ("local", "virtual")
        if reply_by and stage is None and _STATUSES.get(word) is Status.SENT:
            stage = Stage.END_OF_DATA
        return self.messages.delivery(
            line,
            qid,
            direction=Direction.LOCAL if local else Direction.OUTGOING,
            recipient=_either(to1, to2),
            orig_recipient=_either(orig1, orig2),
            relay_host=relay_host or ip,
            relay_ip=_ip(ip),
            relay_port=port_of(port),
            stage=stage,
            status=_STATUSES.get(word),
            dsn=status_of(dsn),
            delay=number_of(delay),
            tls=tls,
            text=text,
            reply_by=reply_by,
        )

    def _quoted(self, line: Line, match: re.Match[str]) -> Delivery:
        """Read what someone has quoted of a line: the status and the reason."""
        text, reply_by, stage, peer = read_reason(_closed(match[2]), spoke=True)
        host, ip, port = peer or (None, None, None)
        return self.messages.delivery(
            line,
            None,
            direction=Direction.OUTGOING,
            relay_host=host or ip,
            relay_ip=_ip(ip),
            relay_port=port_of(port),
            stage=stage,
            status=_STATUSES.get(match[1]),
            text=text,
            reply_by=reply_by,
        )

    def _checked(self, line: Line, match: re.Match[str]) -> Iterable[Delivery]:
        """Read what a check of the content did: what it lets through tells of no delivery."""
        queue_id, action, rest = match.groups()
        status = _ACTIONS.get(action)
        if status is None or action == "filter":
            return ()
        clients = list(_CONTENT_FROM.finditer(rest))
        host, ip, _ = clients[-1].groups() if clients else (None, None, None)
        envelope = _AFTER_CONTENT.match(rest, clients[-1].end()) if clients else None
        from1, from2, to1, to2, words = envelope.groups() if envelope else (None,) * 5
        return (
            self.messages.delivery(
                line,
                queue_id,
                direction=Direction.INCOMING,
                sender=_either(from1, from2),
                recipient=_either(to1, to2),
                relay_host=host or ip,
                relay_ip=_ip(ip),
                stage=Stage.END_OF_DATA,
                status=status,
                text=words,
                reply_by=said_by(ReplyBy.OWN, words),
            ),
        )

    def _expired(self, line: Line, match: re.Match[str]) -> Delivery:
        return self.messages.delivery(
            line,
            match[1],
            sender=_either(match[2], match[3]),
            direction=Direction.OUTGOING,
            status=Status.EXPIRED,
        )

    def _said(self, line: Line) -> Delivery | None:
        """Read what one server of several said, after which the message goes to the next."""
        head = _OF_MESSAGE.match(line.message)
        queue_id, body = (head[1], line.message[head.end() :]) if head else (None, line.message)
        text, reply_by, stage, peer = read_reason(body, spoke=False)
        if reply_by is None or peer is None:
            return None
        host, ip, port = peer
        return self.messages.delivery(
            line,
            queue_id,
            direction=Direction.OUTGOING,
            relay_host=host or ip,
            relay_ip=_ip(ip),
            relay_port=port_of(port),
            stage=stage,
            text=text,
            reply_by=reply_by,
        )

    def _rejected(self, line: Line, match: re.Match[str]) -> Delivery:
        queue_id, action, where, host, ip, port, rest = match.groups()
        text, sender, recipient = _parted_envelope(rest)
        return self.messages.delivery(
            line,
            queue_id,
            direction=Direction.INCOMING,
            sender=sender,
            recipient=recipient,
            relay_host=host or ip,
            relay_ip=_ip(ip),
            relay_port=port_of(port),
            stage=stage_of(where),
            status=_ACTIONS[action],
            text=text,
            reply_by=said_by(ReplyBy.OWN, text),
        )


_Peer = tuple[str | None, str | None, str | None]


def read_reason(
    reason: str, *, spoke: bool
) -> tuple[str, ReplyBy | None, Stage | None, _Peer | None]:
    """Return what was said, by whom, to what, and the peer that the words name."""
    while reason.startswith(_SUSPENDED):
        reason = reason[len(_SUSPENDED) :]
    said = _SAID.match(reason)
    if said is None:
        if spoke and (speaker := said_by(_speaker(reason), reason)):
            return reason, speaker, None, None
        if connecting := _CONNECTING.match(reason):
            host, ip, port = connecting.groups()
            return reason, None, Stage.CONNECT, (host, ip, port)
        lost = _WHILE.match(reason)
        return reason, None, stage_of(lost[1]) if lost else None, None
    host, ip, port, how, sasl_host, sasl_ip, sasl_port, reply = said.groups()
    if how is None:
        return reply, ReplyBy.REMOTE, Stage.AUTH, (sasl_host, sasl_ip, sasl_port)
    peer = host, ip, port
    if how != "said":
        return reply, ReplyBy.REMOTE, _REFUSALS[how.removeprefix("server ")], peer
    command = _IN_REPLY.match(reply)
    if command is None:  # cut off at 2,048 octets
        return reply, _speaker(reply), None, peer
    return command[1], _speaker(command[1]), stage_of(command[2]), peer


def _closed(reason: str) -> str:
    """Take off the bracket that closes the reason, which a line that was cut has lost."""
    return reason.rstrip().removesuffix(")")


def _speaker(reply: str) -> ReplyBy:
    return ReplyBy.FILTER if _FILTER in reply[:80] else ReplyBy.REMOTE


def _parted_envelope(rest: str) -> tuple[str, str | None, str | None]:
    """Split a refusal's words from the envelope behind them.

    The words may look like an envelope, and so may an address in it, if it is quoted. So of the
    places where one can begin, the first that leads to the end of the line is it. Where the line
    was cut, the last that begins like one.
    """
    match = None
    last = rest.rfind("; ")
    if last >= 0 and last == rest.find("; from="):  # the only place, as in most lines
        match = _SOME_ENVELOPE.match(rest, last + 2)
    match = match or _whole_envelope(rest)
    if match is None:
        return rest, None, None
    return rest[: match.start() - 2], _either(match[1], match[2]), _either(match[3], match[4])


def _ip(address: str | None) -> str | None:
    """Return an address; None for the path of a socket, and for what is not known."""
    return None if not address or "/" in address or address == "unknown" else address


def _whole_envelope(rest: str) -> re.Match[str] | None:
    places = [semicolon.end() for semicolon in _SEMICOLON.finditer(rest)]
    wholes = (_WHOLE_ENVELOPE.match(rest, place) for place in places)
    some = (_SOME_ENVELOPE.match(rest, place) for place in reversed(places))
    return next(filter(None, wholes), None) or next(filter(None, some), None)


def _either(first: str | None, second: str | None) -> str | None:
    """Return an address of `_ADDRESS`, which may stand in brackets or not."""
    return second if first is None else first


_NEEDLES = (
    "status=", "host ", "reject", ": hold: ", ": discard: ", ": filter: ", "proxy-a", "milter-",
    ": from=<", "message-id=", ": removed", "released from", ": client=", "SASL auth", ": uid=",
    "enabling PIX", "lost connection", "conversation with",
)  # fmt: skip

FORMAT = Format(
    _NAME,
    _detect,
    PostfixReader,
    programs=r"postfix(?:[/@-]|\Z)|[^/]+/(?:smtpd?|lmtp|local|virtual|pipe|qmgr|cleanup|bounce|error)\Z",
    needles=_NEEDLES,
    order=20,  # before most, since most logs are its
)
