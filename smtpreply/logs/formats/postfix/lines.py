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
    warning  = "warning: " CLIENT ": SASL " MECH " authentication failed: " WORDS
               [", sasl_username=" NAME]
             / "warning: " WORDS " limit exceeded: " N " from " CLIENT " for service " ...
             / "warning: saving corrupt file " QUOTE QID QUOTE " from queue " ...
    HOST     = NAME "[" ADDRESS "]" [":" PORT]

A ``content`` line (cleanup_message.c) is of a rule of header_checks or body_checks; CLASS is
"header", "body" or the like. Its WORDS begin with the enhanced status, and the code is not logged.

The lines of a reply are joined by one space, each with its code, which the parser unfolds. What a
server said may hold any of the words above. So fields are read from the left, one after the other,
and the end of a reply is looked for from the right.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from smtpreply._support import regex as re
from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply._support.numbers import number_of
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.formats.postfix import blocks
from smtpreply.logs.formats.postfix.grammar import (
    ADDRESS,
    COMMAND,
    ENVELOPE_MARK,
    HOST,
    MESSAGE_ID,
    PROGRAM,
    QUEUE_ID,
    SECOND_ADDRESS,
    SECOND_SENDER,
    STATUS,
    TIMES,
)
from smtpreply.logs.grouping import Groups, Place
from smtpreply.logs.input.clock import has_year
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.received import OnReceived, sender_in, size_in
from smtpreply.logs.toolkit.envelopes import Messages
from smtpreply.logs.toolkit.fields import port_of, said_by, stage_of, status_of
from smtpreply.logs.toolkit.shapes import SyslogPrefix
from smtpreply.logs.trouble import POSTFIX
from smtpreply.stage import Stage

_NAME = "postfix"

_QID = rf"({QUEUE_ID})"

_DELIVERY = re.compile(
    rf"(?:{_QID}: )?to={ADDRESS}, (?:orig_to={ADDRESS}, )?relay={HOST}, {TIMES}{STATUS}(.*)\Z",
    re.DOTALL,
)
# A delivery from which somebody has taken names. What a stranger may have said is in none: before
# its one ", relay=" there is one word for the address, or two around an "at".
_WORD = r"[^\s<>,=]{1,320}"
_EDITED_ADDRESS = rf"<?({_WORD}(?: ?(?:at|AT|<at>|\(at\)|\[at\]) ?{_WORD})?)>?"
_NO_QID = r"(?:warning|error|fatal|panic|info|NOQUEUE):"
_EDITED = lazy_pattern(
    rf"(?:{_QID}: {_EDITED_ADDRESS}"
    rf"|(?:(?!{_NO_QID})(\S{{1,60}}): )?to[=:] ?{_EDITED_ADDRESS}), "
    rf"(?:orig_to={_EDITED_ADDRESS}, )?"
    rf"relay=([^\[\],\s]*?)(?: ?\[([^\]]*)\])?(?::([0-9]+))?, {TIMES}{STATUS}(.*)\Z",
    re.DOTALL,
)
_RELAYED = ", relay="
_DELIVERING = ("smtp", "lmtp", "local", "virtual", "pipe", "error", "discard")
_ADDRESS = re.compile(r"[^\s@\"'()\[\]:;]{1,64}@[^\s@\"'()\[\]:;]{1,255}")
_EXPIRED = lazy_pattern(
    rf"(?:{_QID}: )?from={ADDRESS}, status=(expired|force-expired), returned to sender"
)
_FROM = lazy_pattern(
    rf"{_QID}: from={ADDRESS}, size=(?:([0-9]{{1,15}})(?:, nrcpt=([0-9]{{1,9}}))?)?"
)
_MESSAGE_ID = lazy_pattern(rf"{_QID}: {MESSAGE_ID}(?:<(.*)>|(.*))\s*\Z")
_OF_MESSAGE = re.compile(rf"{_QID}: ")
_SAID = re.compile(
    # before 2.1: "connect to H[IP]: server refused to talk to me: 421 ..."
    rf"(?:(?:TLS is required, but )?(?:host|connect to) {HOST}:? "
    r"(said|(?:server )?refused to talk to me|refused to start TLS)|"
    rf"SASL authentication failed; server {HOST} said): (.*)\Z",
    re.DOTALL,
)
_RELAY = re.compile(rf"{HOST}\Z")
_LONGEST_KNOWN = 400
"""Of a relay that is remembered."""
_REFUSED = " refused to "
_REFUSALS = {"refused to talk to me": Stage.CONNECT, "refused to start TLS": Stage.STARTTLS}
_SUSPENDED = "delivery temporarily suspended: "
_IN_REPLY = re.compile(r"(.*) \(in reply to (.{1,60}?)(?: command| probe)?\)\Z", re.DOTALL)
_CONNECTING = re.compile(rf"connect to {HOST}: ")
_WHILE = lazy_pattern(
    r"(?:lost connection with|conversation with|timed out while|Connection).*? while "
    r"(?:sending|performing the|receiving the) (?:initial server )?(.{1,40}?)"
    r"(?: command| handshake| greeting| -- message may be sent more than once)?\Z",
    re.DOTALL,
)
_REJECT = re.compile(
    rf"(?:(?:{_QID}|NOQUEUE): )?(reject|reject_warning|milter-reject|hold|discard|filter|"
    rf"proxy-reject|proxy-accept|milter-hold|milter-discard): {COMMAND}"
    rf"(?: from {HOST})?: (.*)\Z",
    re.DOTALL,
)
# The text of the message, of 200 characters at most, is its sender's: so the last envelope counts.
_CONTENT = lazy_pattern(
    rf"{_QID}: (reject|discard|hold|[a-z]{{2,10}}): "
    r"(?:(?:header|body|mime-header|nested-header|mime) |mime-error ([^:]{1,100}): )(.*)\Z",
    re.DOTALL,
)
_CONTENT_FROM = lazy_pattern(rf" from {HOST};(?= (?:from|to|proto|helo)=|:|\Z)")
_ENVELOPE = rf"(?:from={ADDRESS},? ?)?(?:to={ADDRESS},? ?)?"
_SECOND_END = re.compile(r"> (?:to=<|proto=)")
_WHOLE_ENVELOPE = lazy_pattern(
    rf"{_ENVELOPE}(?:proto=[^ ,<>]*,? ?)?(?:helo=<[^>]*>,? ?)?"
    r"(?:sasl_[a-z]{1,20}=[^ ,]*,? ?){0,3}\Z"
)
_SOME_ENVELOPE = re.compile(rf"{_ENVELOPE}(?:proto=|helo=|sasl_|\Z)")
_OF_CONTENT = rf" ?{_ENVELOPE}(?:proto=[^ ,<>:]*,? ?)?(?:helo=<[^>]*>)?"
_CONTENT_ENVELOPE = lazy_pattern(_OF_CONTENT)
_AFTER_CONTENT = lazy_pattern(rf"{_OF_CONTENT}(?:: (.*))?\Z", re.DOTALL)
_FILTER = " from MTA("
# Warnings that report a client's refusal (smtpd.c, smtpd_sasl_glue.c, cleanup_out.c).
_AUTH_FAILED = lazy_pattern(
    rf"warning: {HOST}: (SASL \S{{1,100}} authentication failed(?:: (?:reason=)?.*?)?)"
    r"(?:, sasl_username=(?:.*))?\Z",
    re.DOTALL,
)
_OVER_LIMIT = lazy_pattern(
    r"warning: ((Connection|Message delivery request|Recipient address|AUTH command|"
    rf"New TLS session) (?:rate|concurrency) limit exceeded): [0-9]+ from {HOST} for service "
)
_ILLEGAL = lazy_pattern(rf"warning: (Illegal address syntax) from {HOST} in ([A-Z]{{4}}) command: ")
_CORRUPT = re.compile(r"warning: saving (corrupt file) \"([0-9A-Za-z]{5,40})\" from queue ")
# The client is answered 451 or 552, which is not logged.
_NOT_STORED = lazy_pattern(
    rf"warning: {_QID}: (queue file size limit exceeded|write queue file: .*|"
    r".{1,1000} -- message not accepted, try again later)\Z",
    re.DOTALL,
)
# smtpd_proxy.c: what a filter refuses before the end of the message.
_REFUSED_BY_PROXY = lazy_pattern(
    r"warning: proxy \S{1,255} rejected \"((?:(MAIL FROM|RCPT TO):<([^\">]{0,1000})>|"
    r"connection request|[A-Z]{4})[^\"]{0,200})\": \"(.*)\"\Z",
    re.DOTALL,
)
# postsuper -d: those who still wait for the message have no line of their own.
_REMOVED = lazy_pattern(rf"{_QID}: removed\Z")
_BY_HAND = "/postsuper"
_LIMITED_AT = {
    "Connection": Stage.CONNECT,
    "Message delivery request": Stage.MAIL,
    "Recipient address": Stage.RCPT,
    "AUTH command": Stage.AUTH,
    "New TLS session": Stage.STARTTLS,
}
# What reports no delivery.
_UNDERSTOOD = lazy_pattern(
    # How a session begins and ends; what was refused in it has a line of its own.
    r"(?:connect from|disconnect from|lost connection after|timeout after|too many errors|"
    r"improper|end of session|discarding EHLO|replacing command|"
    # What an access table does beside accepting and refusing.
    r"NOQUEUE: (?:client=|(?:redirect|info|warn|bcc|permit|prepend): )|"
    # One address of a server's several could not be reached: the outcome has a line of its own.
    r"connect to|"
    # postscreen, before its verdict: who is turned away has a line with "reject".
    r"CONNECT from|CONNECT to|DISCONNECT |PASS |HANGUP|PREGREET|DNSBL|COMMAND |BARE |NON-SMTP|"
    r"WHITELIST|ALLOWLIST|DENYLIST|BLACKLIST|addr \S+ listed|"
    # TLS, whose failure is on a line of the delivery.
    r"setting up TLS|Anonymous TLS|Trusted TLS|Untrusted TLS|Verified TLS|SSL_accept|SSL_connect|"
    r"initializing|certificate|Host offered STARTTLS|using DANE|offered |fingerprint=|subject_CN=|"
    r"issuer|TLS |tls_|TLSA |server certificate |client certificate |REQUIRETLS|TLSRPT|"
    # The state of Postfix itself, and what it holds to be wrong with its settings and tables.
    r"warning:|error:|fatal:|panic:|info:|daemon started|reload|starting|stopping|refreshing|"
    r"entering|terminating|master exit|using backwards|Postfix is|the Postfix mail system|"
    r"enabling |disabling |watchdog|statistics:|cache |close database|ddos|"
    # What postsuper and postqueue were asked to do, in sum.
    r"Deleted: |Placed on hold: |Requeued: |Released from hold: |Expired: |"
    # Messages of no queue id, and repetitions.
    r"uid=|message-id=|message repeated|"
    # What is logged with verbose logging (-v, debug_peer_list).
    r"[<>] \S{0,300}\[[^\]]{0,300}\](?::[0-9]+)?: |mapping |rewrite |input attribute |Action: |"
    r"name_mask|match_|private/|send attr|vstream|xsasl|smtp_|smtpd_|inet_|unix_|auto_clnt|dict_|"
    r"hash:|lmdb:|mysql|proxy)"
)
# What is logged of a message beside its outcome.
_QUEUED = lazy_pattern(
    # It came, it went, and what Postfix sent because of it.
    rf"{_QID}: (?:client=|uid=|removed|released|requeued|placed on hold|expired|skipped, |"
    r"forwarded|sender (?:non-)?deliver|sender delay|postmaster |message-id=|resent-|passing |"
    r"breaking |message |mail for |sasl_|"
    # A rule of header_checks or the like that lets it through.
    r"replace: |prepend: |info: |warn(?:ing)?: |permit: |filter|milter|redirect: |strip: |bcc: |"
    r"delay: |pass: |"
    # Before one of a server's several addresses has answered: the outcome has its own line.
    r"enabling PIX|lost connection|conversation|Cannot |SASL authentication failed; cannot |"
    r"TLS|[Ss]erver certificate|Trusted|Untrusted|Verified)"
)
# Lines without a program whose form is beyond doubt.
_LONE = lazy_pattern(
    rf"(?:{_QID}: )?host [^\[\], ]{{1,255}}\[[^\]]{{1,255}}\](?::[0-9]{{1,5}})? "
    r"(?:said|refused to talk to me): [2-5][0-9]{2}[ -]"
    # A web page's list of the log shows a line from its queue id on, or what is behind it.
    rf"|(?:(?:{_QID}|NOQUEUE): )?(?:reject|reject_warning|milter-reject|hold|discard|filter|"
    r"milter-hold|milter-discard): (?:CONNECT|EHLO|HELO|AUTH|MAIL|RCPT|DATA|BDAT|VRFY|ETRN|NOOP|"
    rf"STARTTLS|UNKNOWN|END-OF-MESSAGE) from {HOST}: "
    r"|proxy-(?:reject|accept): END-OF-MESSAGE: "
    rf"|warning: {HOST}: SASL \S{{1,100}} authentication failed(?::|\Z)"
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
_DISCARDING = "discard"  # discard(8) calls it "sent"


def _detect(line: Line) -> bool:
    program = line.program
    if program is not None and program.startswith("postfix"):
        return program[7:8] in ("/", "-", "", "@")
    # An instance may have any name (syslog_name), so of others the form decides.
    if _DELIVERY.match(line.message) or _LONE.match(line.message):
        return True
    return program is None and _edited_in(line) is not None


class PostfixReader(Reader):
    """Reads the lines of one log. It remembers the sender and Message-ID of each queue id."""

    trouble = POSTFIX
    reads_blocks = True
    lines_stand_alone = True

    def __init__(self) -> None:
        self.messages = Messages(_NAME)
        self._prefix = SyslogPrefix(PROGRAM)

    def envelopes(self) -> dict[str, str]:
        """Return the envelopes that are remembered, by queue id."""
        return self.messages.envelopes

    def report_received(self, on_received: OnReceived) -> None:
        """Report each message that enters the queue: see `Reader`."""
        self.messages.on_received = on_received

    def read(self, line: Line) -> Iterable[Delivery] | None:
        message = line.message
        if "status=" in message:
            if match := _DELIVERY.match(message):
                if SECOND_ADDRESS.search(message, match.end("status")):
                    return None  # two readings: neither is reported
                return (self._delivery(line, match),)
            if match := _EXPIRED.match(message):
                if SECOND_SENDER.search(message, match.end()):
                    return None
                return (self._expired(line, match),)
            if match := _STATUS_ALONE.match(message):
                return (self._quoted(line, match),)
        # A needle first: most lines have none of these, and a pattern costs ten times as much.
        if ": from=" in message and (match := _FROM.match(message)):
            if SECOND_SENDER.search(message, match.end()):
                return None
            queue_id, sender1, sender2, size, recipients = match.groups()
            sender = _either(sender1, sender2) or ""
            self.messages.receive(line.time, queue_id, sender, size, recipients)
            return ()
        if "message-id=" in message and (match := _MESSAGE_ID.match(message)):
            self.messages.learn(match[1], message_id=_either(match[2], match[3]))
            return ()
        if match := _REJECT.match(message):
            return (self._rejected(line, match),)
        if match := _CONTENT.match(message):
            return self._checked(line, match)
        if line.program and line.program.endswith(_BY_HAND):
            if match := _REMOVED.match(message):
                return (self.messages.delivery(line, match[1], status=Status.DISCARDED),)
        elif message.startswith("warning: ") and (delivery := self._warned(line)):
            return (delivery,)
        if (" said: " in message or _REFUSED in message) and (delivery := self._said(line)):
            return (delivery,)
        if _UNDERSTOOD.match(message) or _QUEUED.match(message):
            return ()
        edited = _edited_in(line)
        return None if edited is None else (self._edited(line, edited),)

    def group(self, block: str, groups: Groups) -> Iterator[str]:
        """Count many lines together: see `Reader`."""
        return blocks.group(block, self._prefix, groups, self.messages)

    def walk(self, block: str, place: Place) -> Iterator[Delivery | Line | str]:
        """Read lines in their usual form: see `Reader`."""
        number, source, read = place.number, place.source, place.clock.read
        receive, message_ids = self.messages.receive, self.messages.new_message_ids
        for row in blocks.rows_of(block, self._prefix):
            (
                silent, stamp, host, program, pid, queue_id,
                recipient, original, relay, delay, tls, dsn, word, reason,
                arrival, message_id, message, other,
            ) = row  # fmt: skip
            if silent:
                number += silent.count("\n")
            number += 1
            place.number = number
            if word:
                # Of this line, an attempt needs the prefix alone.
                line = Line("", "", number, source, read(stamp), host or None, program)
                yield self._attempt(
                    line,
                    queue_id,
                    recipient=recipient,
                    orig_recipient=original or None,
                    relay=_relay_in(relay),
                    tls=tls,
                    delay=delay,
                    dsn=dsn,
                    word=word,
                    reason=reason,
                )
            elif arrival:
                text, _, recipients = arrival.partition(", nrcpt=")
                sender, _, size = text.rpartition(">, size=")
                receive(read(stamp), queue_id, sender, size, recipients)
            elif message_id:
                message_ids[queue_id] = message_id
            elif program:
                tag = f"{program}[{pid}]" if pid else program
                text = " ".join(filter(None, (stamp, host, f"{tag}: {message}")))
                known = int(pid) if pid else None
                time = read(stamp)
                line = Line(text, message, number, source, time, host or None, program, known)
                line.is_dated = has_year(stamp)
                yield line
            elif other:
                yield other
            else:  # the end, after silent lines
                place.number = number = number - 1
        self.messages.settle()

    def _delivery(self, line: Line, match: re.Match[str]) -> Delivery:
        (qid, to1, to2, orig1, orig2, host, ip, port, delay, tls, dsn, word, reason) = (
            match.groups()
        )
        return self._attempt(
            line,
            qid,
            recipient=_either(to1, to2),
            orig_recipient=_either(orig1, orig2),
            relay=_Relay.of((host, ip, port)),
            tls=tls,
            delay=delay,
            dsn=dsn,
            word=word,
            reason=reason,
        )

    def _attempt(
        self,
        line: Line,
        queue_id: str | None,
        *,
        recipient: str | None,
        orig_recipient: str | None,
        relay: _Relay,
        tls: str | None,
        delay: str,
        dsn: str | None,
        word: str,
        reason: str,
    ) -> Delivery:
        local = relay.is_local or _service(line.program) in _INTO_MAILBOXES
        text, reply_by, stage, peer = read_reason(_closed(reason), spoke=relay.spoke)
        if peer is not None and not relay.spoke:  # from the queue manager's memory: relay=none
            relay = _Relay.of(peer)
        status = _STATUSES.get(word)
        if status is Status.SENT and _service(line.program) == _DISCARDING:
            status = Status.DISCARDED
        if reply_by and stage is None and status is Status.SENT:
            stage = Stage.END_OF_DATA
        envelope = self.messages.envelope_of(queue_id)
        return Delivery(
            mta=_NAME,
            time=line.time,
            host=line.host,
            program=line.program,
            direction=Direction.LOCAL if local else Direction.OUTGOING,
            queue_id=queue_id,
            message_id=self.messages.message_id_of(queue_id),
            sender=None if envelope is None else sender_in(envelope),
            recipient=recipient,
            orig_recipient=orig_recipient,
            relay_host=relay.host,
            relay_ip=relay.ip,
            relay_port=relay.port,
            stage=stage,
            status=status,
            dsn=status_of(dsn),
            delay=number_of(delay),
            size=None if envelope is None else size_in(envelope),
            tls=tls or None,
            text=text,
            reply_by=reply_by,
            source=line.source,
            line=line.number,
        )

    def _edited(self, line: Line, match: re.Match[str]) -> Delivery:
        """Read a delivery that somebody has edited, as before showing it to others."""
        known, bare, qid, to, original, host, ip, port, delay, tls, dsn, word, reason = (
            match.groups()
        )
        return self._attempt(
            line,
            known or qid,
            recipient=_address_in(bare or to),
            orig_recipient=_address_in(original or ""),
            relay=_Relay.of((host, ip, port)),
            tls=tls,
            delay=delay,
            dsn=dsn,
            word=word,
            reason=reason,
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
        """Read what a check of the content did: what it lets through reports no delivery."""
        queue_id, action, fault, rest = match.groups()
        status = _ACTIONS.get(action)
        if status is None or action == "filter":
            return ()
        client = _client_in(rest)
        host, ip, _ = client.groups() if client else (None, None, None)
        envelope = _AFTER_CONTENT.match(rest, client.end()) if client else None
        if envelope and _SECOND_END.search(envelope[5] or ""):
            envelope = None
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
                text=words or fault,
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
        """Read the reply of one server of several, after which the message goes to the next."""
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

    def _warned(self, line: Line) -> Delivery | None:
        """Read a warning that reports a refusal or a loss, for which there is no line else."""
        message = line.message
        if match := _CORRUPT.match(message):  # nobody tries to deliver it any more
            text, queue_id = match.groups()
            return self.messages.delivery(line, queue_id, status=Status.HELD, text=text)
        queue_id = stage = sender = recipient = reply_by = None
        host = ip = port = None
        if match := _AUTH_FAILED.match(message):
            (host, ip, port, text), stage = match.groups(), Stage.AUTH
        elif match := _OVER_LIMIT.match(message):
            text, what, host, ip, port = match.groups()
            stage = _LIMITED_AT[what]
        elif match := _ILLEGAL.match(message):
            text, host, ip, port, command = match.groups()
            stage = stage_of(command)
        elif match := _NOT_STORED.match(message):
            (queue_id, text), stage = match.groups(), Stage.END_OF_DATA
        elif match := _REFUSED_BY_PROXY.match(message):
            command, what, address, text = match.groups()
            stage, reply_by = stage_of(command), said_by(ReplyBy.FILTER, text)
            sender = address if what == "MAIL FROM" else None
            recipient = address if what == "RCPT TO" else None
        else:
            return None
        return self.messages.delivery(
            line,
            queue_id,
            direction=Direction.INCOMING,
            sender=sender,
            recipient=recipient,
            relay_host=host or ip,
            relay_ip=_ip(ip),
            relay_port=port_of(port),
            stage=stage,
            status=Status.REJECTED,
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
    """Return the reply, who gave it, what it answers, and the peer that the words name."""
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


class _Relay(NamedTuple):
    """The peer of an attempt.

    Attributes:
        host, ip, port: as `Delivery` has them.
        spoke: whether there was a server; else the host is a word, such as "none".
        is_local: whether the word names our own mailboxes.
    """

    host: str | None
    ip: str | None
    port: int | None
    spoke: bool
    is_local: bool

    @classmethod
    def of(cls, peer: _Peer) -> _Relay:
        """Return the relay that the three parts of `HOST` name."""
        host, ip, port = peer
        # Beside an address, each of these words is a name.
        named = None if host == "none" and not ip else host
        is_local = host in ("local", "virtual") and not ip
        return cls(named or ip, _ip(ip), port_of(port), bool(ip or port), is_local)


def _read_relay(relay: str) -> _Relay:
    match = _RELAY.match(relay)
    assert match is not None  # each of its parts may be missing
    host, ip, port = match.groups()
    return _Relay.of((host, ip, port))


_known_relay = functools.lru_cache(maxsize=4096)(_read_relay)


def _relay_in(relay: str) -> _Relay:
    """Read a relay. Most messages go to few."""
    return _known_relay(relay) if len(relay) <= _LONGEST_KNOWN else _read_relay(relay)


@functools.lru_cache(maxsize=256)
def _service(program: str | None) -> str:
    return (program or "").rpartition("/")[2]


def _closed(reason: str) -> str:
    """Take off the bracket that closes the reason, which a line that was cut has lost."""
    return reason.rstrip().removesuffix(")")


def _speaker(reply: str) -> ReplyBy:
    return ReplyBy.FILTER if _FILTER in reply[:80] else ReplyBy.REMOTE


def _parted_envelope(rest: str) -> tuple[str, str | None, str | None]:
    """Split a refusal's words from the envelope after them.

    The words may look like an envelope, and so may an address in it, if it is quoted. So of the
    places where one can begin, the first that leads to the end of the line is it. Where none does,
    the line was cut, or an address has lost its quotes: then the only one that begins like one.
    """
    match = None
    last = rest.rfind("; ")
    if last >= 0 and last == rest.find("; from="):  # the only place, as in most lines
        match = _SOME_ENVELOPE.match(rest, last + 2)
        if match and _SECOND_END.search(rest, match.end()):
            match = None
    match = match or _whole_envelope(rest)
    if match is None:
        return rest, None, None
    return rest[: match.start() - 2], _either(match[1], match[2]), _either(match[3], match[4])


def _client_in(rest: str) -> re.Match[str] | None:
    """Return where a client is named after the text of a message: the last place in no address."""
    found = None
    end = 0
    for client in _CONTENT_FROM.finditer(rest):
        if client.start() >= end:
            found = client
            envelope = _CONTENT_ENVELOPE.match(rest, client.end())
            assert envelope is not None  # each of its parts may be missing
            end = envelope.end()
    return found


def _ip(address: str | None) -> str | None:
    """Return an address; None for the path of a socket, and for what is not known."""
    return None if not address or "/" in address or address == "unknown" else address


def _whole_envelope(rest: str) -> re.Match[str] | None:
    places = [semicolon.end() for semicolon in ENVELOPE_MARK.finditer(rest)]
    wholes = (_WHOLE_ENVELOPE.match(rest, place) for place in places)
    if whole := next(filter(None, wholes), None):
        return whole
    some = list(filter(None, (_SOME_ENVELOPE.match(rest, place) for place in places)))
    if len(some) != 1 or _SECOND_END.search(rest, some[0].end()):
        return None
    return some[0]


def _edited_in(line: Line) -> re.Match[str] | None:
    """Return the match of a line that is a delivery, edited, of a program that delivers mail."""
    message = line.message
    if message.count(_RELAYED) != 1:
        return None
    if line.program is not None and _service(line.program) not in _DELIVERING:
        return None
    return _EDITED.match(message)


def _address_in(text: str) -> str | None:
    """Return a text that is an address; None for what somebody has put in its place.

    >>> _address_in("bob@example.org"), _address_in("bob at example.org")
    ('bob@example.org', None)
    """
    return text if _ADDRESS.fullmatch(text) else None


def _either(first: str | None, second: str | None) -> str | None:
    """Return an address of `ADDRESS`, which may be in brackets or not."""
    return second if first is None else first


_NEEDLES = (
    "status=", "host ", "reject", ": hold: ", ": discard: ", ": filter: ", "proxy-a", "milter-",
    ": from=<", "message-id=", ": removed", "released from", ": client=", "SASL auth", ": uid=",
    "enabling PIX", "lost connection", "conversation with", ": SASL ",
)  # fmt: skip

FORMAT = Format(
    _NAME,
    _detect,
    PostfixReader,
    programs=r"postfix(?:[/@-]|\Z)|[^/]+/(?:smtpd?|lmtp|local|virtual|pipe|qmgr|cleanup|bounce|error)\Z",
    needles=_NEEDLES,
    begins=(
        rf"(?:{QUEUE_ID}|NOQUEUE): |to=|host |proxy-|status=|warning: |"
        r"(?:reject(?:_warning)?|(?:milter-)?(?:hold|discard)|milter-reject|filter): "
    ),
    order=20,  # before most, since most logs are its
)
