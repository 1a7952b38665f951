r"""Exim: mainlog and rejectlog.

From src/src/deliver.c, transports/smtp.c, string.c::

    line  = stamp [" " zone] [" [" PID "]"] [" " MSGID] " " BODY
    MSGID = 6-6-2 characters (to 4.96) / 6-11-4 (from 4.97)
    BODY  = ("=>" / "->" / ">>" / "*>") " " ADDR [" <" ORIG ">"] fields [' C="' REPLY '"'] fields
          / "**" " " ADDR fields ": SMTP error from remote mail server after " CMD ": " REPLY
          / "==" " " ADDR fields " defer (" ERRNO ")" ...: the same, or Exim's own words
          / the same with "LMTP error after " CMD ": " REPLY, for one recipient of a message
          / the same with "(EHLO response was: " REPLY ")", where the server hung up before HELO
          / the same with "Malformed SMTP reply in response to " CMD ": " REPLY, of a line too long
                     or without a code
          / "<=" " " SENDER fields / "Completed"
          / "H=" HOST ": SMTP error from ..."          ; one host of several
          / ... "rejected RCPT <a>: " TEXT             ; own refusal, its code is not logged
          / ... "rejected RCPT <a>: " HOST " : SMTP error from ..."    ; by a callout's reply
          / NAME " authenticator failed H=" HOST SP REPLY              ; a server's, to our login
          / ("cancelled" / "removed" / "frozen") " by " WHO [": " TEXT]     ; the whole message
          / "(=" SP SENDER fields    ; "control = fakereject": kept, though refused to the client
    fields = *(" H=" HOST / " R=" router / " T=" transport / " QT=" time / " DT=" time / ...)
    own   = fields [" defer (" ERRNO ")" fields] [": " STRERROR fields] [": " TEXT]
    CMD   = ["pipelined "] "RCPT TO:<a>" / "MAIL FROM:<a>" [" SIZE=" n] / "DATA" / "end of data"
          / "initial connection" / "HELO x" / "EHLO x" / "STARTTLS" / "BDAT " n

``QT=``, of a success, is the time since the message arrived (log_selector queue_time). ``DT=`` is
how long the attempt alone took: of a failure it comes last, after the words.

"exim -v" writes what goes to the log without a stamp: "LOG: MAIN", and in the next line [PID " "]
"  " BODY; the process id is set to the right. What does not print is escaped by string_printing: a
newline as ``\n``, an octet as ``\ooo``. A tab prints, and the backslash itself is not escaped: so
``\n`` is a newline where a line of a reply follows, for Exim takes no other line
(smtp_read_response), and else two characters that the server sent. ``C="..."`` has the quote and
the backslash escaped besides. Before 4.8x the host was after the command: "after RCPT TO:<a>: host
mx.example.org [192.0.2.1]: 550 ...", and 3.x said "remote mailer".
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

import attrs

from smtpreply._support import regex as re
from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply._support.numbers import number_of
from smtpreply._support.octets import character_of, rejoined
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.formats.exim import blocks
from smtpreply.logs.formats.exim.grammar import (
    ADDRESS,
    ARRIVAL,
    COMMAND,
    HEAD,
    HOST,
    IN_BRACKETS,
    MESSAGE,
    PATH,
    SECOND_ATTEMPT,
)
from smtpreply.logs.formats.exim.message_id import EXIM_ID, OWN_PREFIX
from smtpreply.logs.grouping import Groups, Place
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.received import OnReceived, sender_in, size_in
from smtpreply.logs.toolkit.envelopes import Messages
from smtpreply.logs.toolkit.fields import QUOTED, ends_again, port_of, stage_of
from smtpreply.logs.toolkit.shapes import ends_in
from smtpreply.logs.trouble import EXIM
from smtpreply.stage import Stage

_NAME = "exim"

_HEAD = re.compile(rf"{HEAD}(?:{MESSAGE})?")
_BARE_HEAD = lazy_pattern(MESSAGE)
_FLAGGED = r"(?:[-=*]>|>>|\*\*|==) \S.{0,2000} [RT]=\S"
_OF_ONE_HOST = (
    r"H=(?:\S{1,255} )?\[[^\]]{1,255}\](?::[0-9]{1,5})?: (?:SMTP|LMTP) error from remote mail"
)
# exim -v and -d: a process id where several write, and what goes to the log besides.
_VERBOSE = lazy_pattern(
    rf"(?: {{0,6}}[0-9]{{1,10}} )?(?: {{0,4}}(?={_FLAGGED}|{_OF_ONE_HOST})"
    r"|(?P<announced>LOG: [A-Za-z_ ]{1,60})\Z)"
)
# A line whose stamp somebody has left out.
_UNSTAMPED = lazy_pattern(
    rf"{MESSAGE}(?:{_FLAGGED}|{_OF_ONE_HOST}|<= \S{{1,1000}} .{{0,2000}}[HRU]=\S|Completed\Z)"
)

_FLAG = r"(?P<flag>=>|->|>>|\*>|\*\*|==)"
_ATTEMPT = re.compile(
    # Exim writes no brackets here; who edits a line may.
    rf"{_FLAG} (?:<(?=[^<>\s]{{1,1000}}>))?(?P<address>{ADDRESS})>?(?: \([^)]*\))?"
    rf"(?: <(?P<orig>{IN_BRACKETS})>)?"
    r"(?=[ \t\n]|:[ \t\n]|\Z):?"
)
# Of a quoted local part, the quotes are taken off, and the original after it has them still: only
# by that can it be distinguished from the fields that it may look like.
_QUOTED = ' <"'
_QUOTED_ATTEMPT = lazy_pattern(
    rf"{_FLAG} (?P<address>(?P<local>.{{1,500}}?)@(?P<domain>[^\s@<>]{{1,255}}))"
    r" <(?P<orig>\"(?i:(?P=local))\"@(?P=domain))>(?=\s|:\s|\Z):?",
    re.DOTALL,
)
_SECOND_ATTEMPT = re.compile(SECOND_ATTEMPT)
_ARRIVED = ("<= ", "(= ")
_ARRIVAL = lazy_pattern(rf"{ARRIVAL}\Z")
_H = re.compile(rf" ?H={HOST}")
_CLIENT = lazy_pattern(rf"(?:\A|from |H=)(?:H=)?{HOST}")
_OLD_HOST = re.compile(rf"host {HOST}: ")
# "127.0.0.1 [127.0.0.1] : SMTP error": the host of a callout
_CALLOUT_HOST = lazy_pattern(rf"(?:\A|[ :])(?:H=)?{HOST}[ :]{{0,4}}\Z")
_TLS = re.compile(r" X=(\S+)")
_SENDER = re.compile(rf" F=<{PATH}>")
_ROUTER = re.compile(r" R=([^\s:]{1,100})")
_TRANSPORT = re.compile(r" T=([^\s:]{1,100})")
_REMOTE_NAME = re.compile(
    r"smtp|dns|mx|smarthost|smart_host|remote|nonlocal|relay|hub|lookuphost|external|outbound",
    re.IGNORECASE,
)
_LOCAL_NAME = lazy_pattern(
    r"local|lmtp|lda|deliver|mail(?:dir|box|_?spool)|spool|dovecot|cyrus|procmail|user|alias|"
    r"virtual|domain|forward|vacation|reply|pipe|file|system",
    re.IGNORECASE,
)
_NOT_REACHED = lazy_pattern(
    r"\bMX\b|\bSRV\b|\bDNS\b|no IP address found|host lookup|remote host|all hosts|hosts? for|"
    r"connection|network",
    re.IGNORECASE,
)
# readconf_printtime: "2m11s"; string_timediff: "0.123s" of less than five seconds.
_DELAY = re.compile(
    r" QT=(?=[0-9])(?:([0-9]{1,9})w)?(?:([0-9]{1,9})d)?(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m(?!s))?"
    r"(?:([0-9.]{1,20})(m?)s)?(?=[ :]|\Z)"
)
_IN_QUOTES = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)  # a name in a certificate
_FIELD = (
    r" (?:H=(?:[^\s\[]{1,255} )?(?:\([^)]{0,255}\) )?\[[^\]]{1,255}\](?::[0-9]{1,5})?"
    r"|[FP]=<(?:\"(?:[^\"\\]|\\.){0,1000}\")?[^>]{0,1000}>"
    r"|[A-Z][A-Za-z]{0,9}=(?:\"[^\"]{0,1000}\"|\S{0,1000}[^\s:])|K|L)(?=[ :]|\Z)"
)
_OWN_FIELDS = lazy_pattern(
    rf"(?:{_FIELD})*+(?: routing)?(?: defer \((?P<errno>-?[0-9]{{1,9}})\)(?:{_FIELD})*+)?"
)
# deferral_log: the system's words for a number of its own, and after them the host.
_STRERROR = lazy_pattern(rf"(: [^:]{{0,200}}?)((?:{_FIELD})++)(?=: |\Z)")
_CONFIRMATION = re.compile(r' C="([^"\\]*+(?:\\.[^"\\]*+)*+)"?', re.DOTALL)
_MALFORMED = re.compile(rf"Malformed SMTP reply in response to {COMMAND}: (?=[2-5][0-9]{{2}}[ -])")
# After the message, a server that speaks LMTP answers for each recipient.
_LMTP = re.compile(rf"LMTP error after {COMMAND}: ")
# PRDR answers for each recipient, after the message: draft-hall-prdr.
_PRDR = re.compile(r"PRDR error after (?P<command>DATA): ")
# A server that hung up before HELO, and its reply to EHLO, in brackets.
_EHLO = re.compile(r"[A-Z][A-Za-z ]{1,60} HELO \S{1,255} \((?P<command>EHLO) response was: ")
_ERROR = re.compile(rf"(?:SMTP|LMTP) error from remote (?:mail server|mailer) after {COMMAND}: ")
# What leads a server's words in, each with a needle in it, and how much is before that.
_LEADS = (
    (" error from remote mail", len("SMTP"), _ERROR),
    ("LMTP error after ", 0, _LMTP),
    ("Malformed SMTP reply in response to ", 0, _MALFORMED),
    ("PRDR error after ", 0, _PRDR),
    ("(EHLO response was: ", 400, _EHLO),
)
# Before 4.86 with the host; within the quotes, a local part may be quoted.
_RESPONSE = re.compile(
    r"response to \"(?P<command>[A-Z](?:[^\"]|\"(?! was: | from )){0,1000})\""
    rf"(?P<from> from {HOST})? was: "
)
_RECIPIENT = re.compile(rf"RCPT TO:<{PATH}>")
_REJECTED = lazy_pattern(
    r"(?:temporarily )?rejected ((?:RCPT|MAIL|DATA|EHLO|HELO|AUTH|VRFY|EXPN|ETRN|STARTTLS|"
    r"after DATA|connection|during [A-Z]{1,20} ACL|by [a-z_]{1,40}|by non-SMTP ACL)"
    r"[^<:\[]{0,200}(?:\[[^\]]{1,255}\](?::[0-9]{1,5})?[^<:\[]{0,200})?)"
    rf"(?:<{PATH}>)?(?:: (.*))?\Z",
    re.DOTALL,
)
_SECOND_REFUSAL = re.compile(r"> (?:temporarily )?rejected ")
# Behind a client's host (host_and_ident): the interface, and the name that it gave to ident.
_REST_OF_CLIENT = r"(?: [A-Z]{1,3}=\S{1,255}){0,9}"
# What is turned away without an ACL, and what an ACL takes and throws away.
_TURNED_AWAY = lazy_pattern(
    rf"(?P<connection>(?:(?:temporarily )?refused connection from|Connection from) (?:H=)?{HOST}"
    r"(?: refused)?)"
    r"(?:: (?P<why>.*))?.*\Z"
    rf"|(?:temporarily )?rejected (?P<mail>MAIL FROM:|from )<(?P<sender>[^>]{{0,1000}})>"
    rf"(?: H=(?P<host>{HOST}))?{_REST_OF_CLIENT}: (?P<reason>.*)\Z"
    rf"|SMTP call from (?P<call>{HOST}){_REST_OF_CLIENT} dropped: (?P<dropped>.*)\Z"
    r"|(?P<scan>local_scan\(\) function (?:timed out|crashed with signal [0-9]{1,3}))"
    r" - message temporarily rejected .*\Z"
    r"|Message abandoned: (?P<abandoned>.*)\Z"
    r"|(?P<many>too many recipients: (?:message|excess temporarily) rejected): "
    rf"sender=<(?P<of_many>[^>]{{0,1000}})>(?: H=(?P<sent_many>{HOST}))?{_REST_OF_CLIENT}\Z"
    r"|unqualified (?P<part>sender|recipient) rejected: <(?P<address>[^>]{0,1000})>"
    rf"(?: H=(?P<from>{HOST}))?"
    rf"|PRDR R=<(?P<prdr>{PATH})> (?P<refusal>(?:temporary )?refusal)\Z",
    re.DOTALL,
)
_TURNED_AWAY_AT = {
    "sender": Stage.MAIL,
    "recipient": Stage.RCPT,
    "MAIL FROM:": Stage.MAIL,
    "from ": Stage.END_OF_DATA,
}
_DISCARDED = lazy_pattern(rf"RCPT <{PATH}>: discarded by [A-Z]{{1,20}} ACL(?:: (.*))?\Z", re.DOTALL)
# receive.c: by an ACL or local_scan(); deliver.c
_THROWN_AWAY = re.compile(
    r"=> (?:blackhole \([^)]{1,60} discarded recipients|discarded \(system filter)\)"
)
_BLACKHOLE = ":blackhole"
_NOWHERE = "/dev/null"  # deliver.c, with "T=**bypassed**": nothing is written
_BRACKETED = re.compile(r" ?<([^<>\s]{1,1000})>")
# local_scan(): the sender comes first, and without brackets.
_BARE_SENDER = re.compile(r"F=(?:<>|([^\s<>\"]{1,1000}))(?= H=)")
_BARE_RECIPIENT = re.compile(r"RCPT ([^\s<>:]{1,500}@[^\s<>:]{1,255})\Z")
_AUTHENTICATOR = lazy_pattern(
    rf"authenticator failed for (?:H=)?{HOST}{_REST_OF_CLIENT}: (.*)\Z", re.DOTALL
)
# smtp.c: a login of ours. It is no failure of the attempt: other mechanisms may be tried after it.
_OWN_LOGIN = lazy_pattern(rf"\S{{1,100}} authenticator failed H={HOST} (.*)\Z", re.DOTALL)
# What becomes of a message as a whole, whoever it is for. Of a message that is cancelled, those
# who still wait for it have no line of their own, and its sender is sent a bounce.
_AS_A_WHOLE = lazy_pattern(
    r"(?:(?P<expired>cancelled by timeout_frozen_after\Z)|(?P<what>cancelled|removed|frozen) by )"
)
_STATUS_AS_A_WHOLE = {
    "cancelled": Status.BOUNCED,
    "removed": Status.DISCARDED,
    "frozen": Status.HELD,
}
# smtp_enforce_sync. Command and input are the client's, and may look like what is between them.
_UNSYNCHRONIZED = lazy_pattern(
    r"(?P<words>SMTP protocol (?:violation: )?synchronization error \([^)]{1,200}\)): rejected "
    r"(?:connection from|\"(?P<command>[A-Za-z]{0,20}))"
)
_UNSYNCHRONIZED_CLIENT = lazy_pattern(
    rf"(?:connection from|\") (?:H=)?{HOST}{_REST_OF_CLIENT} (?:next )?input=\""
)
_VERIFY = re.compile(r"(?:sender|recipient) verify (?:fail|defer) for <([^>]{0,1000})>")
_REPLY = re.compile(r"[0-9]{3}(?:[ -]|\Z|\\n)")
_SILENT = lazy_pattern(
    r":? ?((?:Malformed SMTP reply|SMTP timeout|Remote host closed connection|Connection|"
    r"Operation timed out|No route to host|(?:Network|Host) (?:is )?(?:unreachable|down)|"
    r"Permission denied|Can(?:not|'t) assign requested address|TLS session:|"
    r"TLS error on connection ).*)\Z",
    re.DOTALL,
)
# Before 4.8x the host was among the words.
_OLD_SILENT = lazy_pattern(
    rf"(?:Remote host|SMTP timeout while connected to|Malformed SMTP reply from|"
    rf"TLS error on connection to) {HOST} "
    rf"(?:closed connection in response to |after |in response to |(?=\())"
)
_SILENT_HOST = lazy_pattern(
    rf"{HOST}:? (?=Connection |No route to host|Network is unreachable|Operation timed out)"
)
_WHOLE = re.compile(r"(.*)\Z", re.DOTALL)
_AFTER = re.compile(r"(?:in response to|after|while sending) (.+)")
# What Exim itself adds after a reply.
_ADDED = ": retry timeout exceeded"
# A reply's next line begins with a code. Exim's own words have none, and may be of several lines.
_NEXT_LINE = re.compile(r"\\n(?=[0-9]{3}(?:[ -]|\\n|\Z))")
_UNPRINTABLE = re.compile(r"\\(0[0-3][0-7]|177|[23][0-7]{2})")
# The commonest lines that report no delivery: nothing is looked for in them.
_PLAIN = (
    *("Completed", "SMTP connection from ", "Start queue run: ", "End queue run: "),
    *("no host name found for ", "no IP address found for "),
)
# What reports no delivery. A refusal that none of the patterns above has read is no such line.
_UNDERSTOOD = lazy_pattern(
    r"(?!(?:H|F)=.{0,2000}? (?:rejected|refused) |\S{1,60} authenticator failed )(?:"
    # A message and the queue: it came, waits, was changed by hand; its outcome has its own line.
    r"Completed|<= |Unfrozen|Frozen|\*\*\* Frozen|Message is frozen|added by|"
    r"marked |new recipient|message |Message |error message sent|Spool file|spool |all addresses|"
    r"retry time not reached|routing|no immediate|no recipients|original recipients ignored|"
    r"\S{1,300}(?: <\S{1,300}>)?: error ignored|PRDR R=<[^>]{0,1000}> acceptance\Z|delivery |"
    r"\S{1,100} authenticator cancelled authentication |"
    r"Delivery|suspend|[0-9]+ recipients?|queue|Queue|Renamed|home directory|Start queue run|"
    r"End queue run|"
    # A session: how it began and ended, and the name that the client gave.
    r"no host name found|no IP address|host name|SMTP connection|SMTP command|SMTP data|"
    r"SMTP syntax|SMTP protocol error|SMTP timeout|Connection|H=|F=|U=|I=|Ci=|\[|unexpected|"
    r"lost |no MAIL in SMTP|no HELO|ident connection|list matching|remote host|Remote host|"
    r"Malformed|Format error|STARTTLS|AUTH|ETRN|VRFY|EXPN|fixed_|login|plain|dovecot|auth_|"
    # TLS, whose failure is on a line of the attempt.
    r"TLS |SSL |SAN |tls_|Peer |Our cert|DANE|"
    # What checks and filters found: what they refused has a line with "rejected".
    r"DKIM|PDKIM|dkim|SPF|DMARC|ARC|SA:|Warning|sender |recipient|spam acl|malware acl|regex acl|"
    r"local_scan|system filter|filter|transport filter|"
    # The daemon and its settings, look-ups and files.
    r"exim |Exim |cwd=|[0-9]+ args|daemon|listening for|socket |bind |pid |restart|stopped |"
    r"log string|event |memory|DNS|dns|Failed |failed to|unable to|Unable to|cannot |Cannot |"
    r"Error |error |ignoring |Tainted|Taint|LSEARCH|lookup|MySQL|Berkeley|hints)"
)
# In the rejectlog, a message's envelope and fields follow, each after a letter: "P Received: ...".
_LOGGED_FIELD = re.compile(r"[A-Z *] [!-9;-~]{1,80}:|[ \t]|Envelope-(?:from|to): <|-{10,}\Z")

_LONGEST_KNOWN = 400
"""Of fields that are remembered."""

_STATUSES = {
    "=>": Status.SENT,
    "->": Status.SENT,
    ">>": Status.SENT,
    "*>": Status.DISCARDED,  # "exim -N": nothing leaves the host
    "**": Status.BOUNCED,
    "==": Status.DEFERRED,
}


# Who sends a message chooses what is in a quoted local part, a whole log line if they like
# (RFC 5321 4.1.2). While a line is split into fields, each is masked.
_OPEN_QUOTE = '<"'
_NAME_FIELD = ' DN="'
_QUOTED_FIELD = '=<"'
_NAME_IN_BRACKETS = ") ["
# The name in a certificate is its owner's choice too, and so is the name given to HELO, which may
# hold blanks (helo_accept_junk_hosts): "H=(a b) [192.0.2.1]".
_IN_BRACKETS = lazy_pattern(
    rf"(?<=<){QUOTED}(?=@)|(?<= DN=){QUOTED}|(?<=[ =]\()[^) ]{{0,255}}+ [^)]{{0,255}}+(?=\) \[)"
)
_IN_FIELDS = lazy_pattern(rf"(?<= [FP]=<){QUOTED}(?=@)|(?<= DN=){QUOTED}")
_FIRST_MASK = 0xE000  # of Unicode's private use area
_MOST_MASKS = 100
_HAS_MASKS = re.compile("[\ue000-\ue063]")


def _may_hold_fields(text: str) -> bool:
    return _OPEN_QUOTE in text or _NAME_FIELD in text or _NAME_IN_BRACKETS in text


def _masked(
    text: str, pattern: re.Pattern[str] = _IN_BRACKETS
) -> tuple[str, tuple[str, ...]] | None:
    """Replace quoted local parts, and what else others chose, by masks of one character.

    Returns:
        The text with the masks, and what they stand for. None where the text has such characters
        itself: what stands in quotes cannot be distinguished from fields then.
    """
    quoted: list[str] = []
    if _HAS_MASKS.search(text):
        return None if pattern.search(text) else (text, ())

    def mask(match: re.Match[str]) -> str:
        quoted.append(match[0])
        return chr(_FIRST_MASK + len(quoted) - 1)

    return pattern.sub(mask, text, count=_MOST_MASKS), tuple(quoted)


def _unmasked(delivery: Delivery, quoted: tuple[str, ...]) -> Delivery:
    """Put what was masked back into the fields that have the masks."""
    if not quoted:
        return delivery
    table = {_FIRST_MASK + number: text for number, text in enumerate(quoted)}
    values = {
        name: value.translate(table)
        for name in ("sender", "recipient", "orig_recipient", "text", "relay_host", "tls")
        if (value := getattr(delivery, name)) is not None
    }
    return attrs.evolve(delivery, **values)


def _detect(line: Line) -> bool:
    if line.program is not None and line.program.startswith("exim"):
        return True
    if line.program is not None:
        return False
    text = line.text
    return bool(_HEAD.match(text) or _VERBOSE.match(text) or _UNSTAMPED.match(text))


class EximReader(Reader):
    """Reads the lines of one log. It remembers who sent each message."""

    trouble = EXIM
    reads_blocks = True
    lines_stand_alone = True

    def __init__(self) -> None:
        self.messages = Messages(_NAME)
        self._has_refused = False  # by the line before, or one that this one continues

    def continues(self, line: Line) -> bool:
        """Whether a line continues a refusal: the rejectlog shows what was refused."""
        text = line.text
        stamped = line.program is not None or text[:1].isdigit()
        return self._has_refused and not stamped and _LOGGED_FIELD.match(text) is not None

    def envelopes(self) -> dict[str, str]:
        """Return the envelopes that are remembered, by queue id."""
        return self.messages.envelopes

    def report_received(self, on_received: OnReceived) -> None:
        """Report each message that enters the queue: see `Reader`."""
        self.messages.on_received = on_received

    def read(self, line: Line) -> Iterable[Delivery] | None:
        if self.continues(line):
            return ()
        self._has_refused = False
        queue_id, body = _parted_head(line)
        if match := _attempt_in(body):
            attempt = self._attempt(line, queue_id, match, body)
            return None if attempt is None else (attempt,)
        if queue_id and body.startswith(_ARRIVED):
            match = _ARRIVAL.match(body)
            if match is None:
                return None
            self._arrived(line.time, queue_id, *match.group("sender", "size", "message_id"))
            return ()
        if body.startswith(_PLAIN):
            return ()
        parted = _masked(body) if _may_hold_fields(body) else (body, ())
        if parted is None:
            return None
        masked, quoted = parted
        delivery = (
            self._error(line, queue_id, masked)
            or self._turned_away(line, queue_id, masked)
            or self._refusal(line, queue_id, masked)
            or self._login(line, queue_id, masked)
            or self._silence(line, queue_id, masked)
            or self._as_a_whole(line, queue_id, masked)
        )
        if delivery is not None:
            delivery = _unmasked(delivery, quoted)
            self._has_refused = delivery.direction is Direction.INCOMING
            return (delivery,)
        return () if _UNDERSTOOD.match(body) or _VERBOSE.match(body) else None

    def group(self, block: str, groups: Groups) -> Iterator[str]:
        """Count many lines together: see `Reader`."""
        has_refused = False
        for number, left in enumerate(blocks.group(block, groups, self.messages)):
            # A block may begin in the middle of a message that the rejectlog shows.
            self._has_refused &= number == 0 and block.startswith(left)
            yield left
            has_refused |= self._has_refused and ends_in(block, left)
        self._has_refused = has_refused

    def walk(self, block: str, place: Place) -> Iterator[Delivery | Line | str]:
        """Read lines in their usual form: see `Reader`."""
        number, source, read = place.number, place.source, place.clock.read
        for row in blocks.rows_of(block):
            (
                silent, text, stamp, queue_id, flag, address, original, rest,
                sender, size, message_id, other,
            ) = row  # fmt: skip
            if silent:
                number += silent.count("\n")
                self._has_refused = False
            place.number = number = number + bool(text or other)
            if sender:
                self._has_refused = False
                self._arrived(read(stamp), queue_id, sender, size, message_id)
            elif flag and _QUOTED not in rest:
                self._has_refused = False
                line = Line(text, text, number, source, read(stamp))
                orig = original[2:-1] if original else None
                delivery = self._delivery(
                    line, queue_id, flag=flag, address=address, orig=orig, rest=rest
                )
                yield Line(text, text, number, source) if delivery is None else delivery
            elif text:
                yield Line(text, text, number, source)
            elif other:
                yield other

    def _arrived(
        self,
        time: datetime | None,
        queue_id: str,
        sender: str,
        size: str | None,
        message_id: str | None,
    ) -> None:
        """Remember what the line of a message's arrival reports."""
        sender = "" if sender == "<>" else sender
        self.messages.receive(time, queue_id, sender, size)
        self.messages.learn(queue_id, message_id=message_id or None)

    def _attempt(
        self, line: Line, queue_id: str | None, match: re.Match[str], body: str
    ) -> Delivery | None:
        flag, address, orig = match["flag"], match["address"], match["orig"]
        rest = body[match.end() :]
        attempt = self._delivery(line, queue_id, flag=flag, address=address, orig=orig, rest=rest)
        if attempt is None:
            return None
        if address.startswith(_BLACKHOLE) or address == _NOWHERE:
            told = _BRACKETED.match(rest)
            recipient = told[1] if told else orig
            return attrs.evolve(
                attempt, status=Status.DISCARDED, recipient=recipient, orig_recipient=None
            )
        if _THROWN_AWAY.match(body):
            return attrs.evolve(attempt, status=Status.DISCARDED, recipient=None)
        return attempt

    def _delivery(
        self,
        line: Line,
        queue_id: str | None,
        *,
        flag: str,
        address: str,
        orig: str | None,
        rest: str,
    ) -> Delivery | None:
        """Read an attempt to deliver, of which `rest` follows the addresses.

        Returns:
            None where the words may be a part of an address or a name: there are two readings.
        """
        quoted: tuple[str, ...] = ()
        if _QUOTED_FIELD in rest or _NAME_FIELD in rest:
            parted = _masked(rest, _IN_FIELDS)
            if parted is None:
                return None
            rest, quoted = parted
        failed = flag in ("**", "==")
        if flag == "**":
            rest = blocks.without_time(rest)
        error = _lead(rest)
        confirmation = None if error and failed else _CONFIRMATION.search(rest)
        # What precedes the words are Exim's own fields: a reply may look like any of them.
        if error and confirmation and confirmation.start() < error.start():
            error = None
        said = error or confirmation
        before, own = (rest[: said.start()], "") if said else _parted_fields(rest)
        if _has_second_attempt(rest[said.end() :] if said else own if failed else ""):
            return None
        fields = _known_fields(before) if len(before) <= _LONGEST_KNOWN else _Fields.read(before)
        words = _NO_WORDS
        delay = fields.delay
        if error:
            words = _said(error, rest)
        elif confirmation:
            words = _confirmed(confirmation)
            after = _delay(rest[confirmation.end() :])
            delay = delay if after is None else after
        elif failed:
            words = _Words(_own_unescaped(own.strip()) or None)
        peer = words.peer or fields.peer
        if peer is None and words.text:
            peer = _peer(_OLD_SILENT.search(words.text))
        envelope = self.messages.envelope_of(queue_id)
        sender = fields.sender
        if sender is None and envelope is not None:
            sender = sender_in(envelope)
        found = Delivery(
            mta=_NAME,
            time=line.time,
            host=line.host,
            program=line.program,
            direction=Direction.OUTGOING
            if peer
            else _direction(line, address, flag, fields, words),
            queue_id=queue_id,
            message_id=self.messages.message_id_of(queue_id),
            sender=sender,
            recipient=address,
            orig_recipient=orig,
            relay_host=peer and peer.host,
            relay_ip=peer and peer.ip,
            relay_port=peer and peer.port,
            stage=words.stage,
            status=_STATUSES[flag],
            delay=delay,
            size=None if envelope is None else size_in(envelope),
            tls=fields.tls,
            text=words.text,
            reply_by=words.reply_by,
            source=line.source,
            line=line.number,
        )
        return _unmasked(found, quoted)

    def _error(self, line: Line, queue_id: str | None, body: str) -> Delivery | None:
        """Read the reply of one host of several, or of a callout."""
        error = _lead(body) or _RESPONSE.search(body)
        if error is None:
            return None
        before = body[: error.start()]
        if before.rfind("<") > before.rfind(">"):  # within an address, whose owner chose the words
            return None
        host = _CALLOUT_HOST.search(before)
        if error.re is _RESPONSE and error["from"]:
            host = _CLIENT.search(error["from"])
        rejected = _REJECTED.search(before)
        verify = _VERIFY.search(before)
        recipient = _RECIPIENT.search(error["command"])
        named = _recipient_of(rejected[1], rejected[2]) if rejected else None
        named = named or (verify[1] if verify else None)
        words = _said(error, body)
        if rejected and not verify:  # our own refusal, by the answer to the callout
            return self._refused(line, queue_id, before, rejected, words)
        return self.messages.delivery(
            line,
            queue_id,
            direction=Direction.OUTGOING,
            recipient=recipient[1] if recipient else named,
            **_told(words, host),
        )

    def _silence(self, line: Line, queue_id: str | None, body: str) -> Delivery | None:
        """Read how an attempt at one host ended without a reply."""
        if queue_id is None:
            return None
        host = _H.match(body) or _SILENT_HOST.match(body)
        words = _SILENT.match(body, host.end()) if host else None
        if words is None:
            host = _OLD_SILENT.match(body)
            words = _WHOLE.match(body) if host else None
        if words is None:
            return None
        after = _AFTER.search(words[1])
        return self.messages.delivery(
            line,
            queue_id,
            direction=Direction.OUTGOING,
            stage=stage_of(after[1].partition(" (")[0].partition(":")[0]) if after else None,
            text=_own_unescaped(words[1]),
            **_host_fields(host),
        )

    def _login(self, line: Line, queue_id: str | None, body: str) -> Delivery | None:
        """Read how a server refused a login of ours."""
        match = _OWN_LOGIN.match(body)
        if match is None:
            return None
        return self.messages.delivery(
            line,
            queue_id,
            direction=Direction.OUTGOING,
            stage=Stage.AUTH,
            text=_unescaped(match[4].rstrip()),
            reply_by=ReplyBy.REMOTE,
            **_host_fields(match),
        )

    def _as_a_whole(self, line: Line, queue_id: str | None, body: str) -> Delivery | None:
        """Read that a message was cancelled, removed or frozen, without a name of a recipient."""
        match = _AS_A_WHOLE.match(body) if queue_id else None
        if match is None:
            return None
        if match["expired"]:
            return self.messages.delivery(line, queue_id, status=Status.EXPIRED)
        status = _STATUS_AS_A_WHOLE[match["what"]]
        return self.messages.delivery(line, queue_id, status=status, text=_own_unescaped(body))

    def _refusal(self, line: Line, queue_id: str | None, body: str) -> Delivery | None:
        if match := _AUTHENTICATOR.search(body):
            text = match[4].partition(" (set_id=")[0]
            spoke = ReplyBy.OWN if _REPLY.match(text) else None
            return self.messages.delivery(
                line,
                queue_id,
                direction=Direction.INCOMING,
                stage=Stage.AUTH,
                status=Status.REJECTED,
                text=text,
                reply_by=spoke,
                **_host_fields(match),
            )
        match = _REJECTED.search(body)
        # An address without its quotes may hold what looks like a refusal: there are two readings.
        if match is None or _has_second_refusal(match):
            return None
        text = _own_unescaped(match[3]) if match[3] else None
        speaker = ReplyBy.OWN if text and _REPLY.match(text) else None
        return self._refused(line, queue_id, body, match, _Words(text, speaker))

    def _refused(
        self,
        line: Line,
        queue_id: str | None,
        body: str,
        rejected: re.Match[str],
        words: _Words,
    ) -> Delivery | None:
        """Return our own refusal, in words of our own or of the server that a callout asked."""
        where, address, _ = rejected.groups()
        before = body[: rejected.start()]
        sender = _sender_in(before)
        bare = _BARE_SENDER.match(before)
        if bare and sender is None:
            sender = bare[1]
        host = _H.match(before, bare.end() if bare else 0) or _CLIENT.search(where)
        # The name given to HELO may look like the end of the host, and what follows like fields.
        if host and _NAME_IN_BRACKETS in before[host.end() :]:
            return None
        stage = Stage.END_OF_DATA if "after DATA" in where else stage_of(where.strip())
        return self.messages.delivery(
            line,
            queue_id,
            direction=Direction.INCOMING,
            sender=sender,
            recipient=_recipient_of(where, address) if stage is Stage.RCPT else None,
            stage=words.stage or stage,
            status=Status.REJECTED,
            text=words.text,
            reply_by=words.reply_by,
            **_host_fields(host),
        )

    def _turned_away(self, line: Line, queue_id: str | None, body: str) -> Delivery | None:
        """Read what was refused before an ACL was asked, or taken by one and thrown away."""
        if match := _DISCARDED.search(body):
            sender = _sender_in(body[: match.start()])
            return self.messages.delivery(
                line,
                queue_id,
                direction=Direction.INCOMING,
                sender=sender,
                recipient=match[1],
                stage=Stage.RCPT,
                status=Status.DISCARDED,
                text=_own_unescaped(match[2]) if match[2] else None,
                **_host_fields(_H.match(body)),
            )
        if match := _UNSYNCHRONIZED.match(body):
            return self._unsynchronized(line, queue_id, match)
        match = _TURNED_AWAY.match(body)
        if match is None:
            return None
        part, address = match["part"], match["address"]
        hosts = match.group("connection", "host", "from", "call", "sent_many")
        texts = match.group("why", "reason", "dropped", "scan", "abandoned", "many", "refusal")
        host, text = next(filter(None, hosts), ""), next(filter(None, texts), None)
        stage = _TURNED_AWAY_AT.get(part or match["mail"])
        if match["many"]:
            stage = Stage.RCPT
        elif match["scan"] or match["abandoned"] or match["prdr"]:
            stage = Stage.END_OF_DATA
        return self.messages.delivery(
            line,
            queue_id,
            direction=Direction.INCOMING,
            sender=address if part == "sender" else match["of_many" if match["many"] else "sender"],
            recipient=address if part == "recipient" else match["prdr"],
            stage=Stage.CONNECT if match["connection"] else stage,
            status=Status.REJECTED,
            text=_own_unescaped(text) if text else None,
            **_host_fields(_CLIENT.search(host)),
        )

    def _unsynchronized(self, line: Line, queue_id: str | None, match: re.Match[str]) -> Delivery:
        """Read that a client did not wait for the greeting, or for a reply."""
        clients = list(_UNSYNCHRONIZED_CLIENT.finditer(match.string, match.end("words")))
        command = match["command"]
        return self.messages.delivery(
            line,
            queue_id,
            direction=Direction.INCOMING,
            stage=Stage.CONNECT if command is None else stage_of(command),
            status=Status.REJECTED,
            text=match["words"],
            **_host_fields(clients[0] if len(clients) == 1 else None),
        )


def _has_second_refusal(rejected: re.Match[str]) -> bool:
    before, words = rejected.string[: rejected.start()], rejected[3] or ""
    if before.count("<") > before.count(">"):
        return True
    return _SECOND_REFUSAL.search(words) is not None or ends_again(words, 0)


def _sender_in(before: str) -> str | None:
    """Return the sender in what precedes a refusal; None where two are named: one is forged."""
    senders = _SENDER.findall(" " + before)
    return senders[0] if len(senders) == 1 else None


def _recipient_of(where: str, address: str | None) -> str | None:
    bare = None if address else _BARE_RECIPIENT.match(where)
    return bare[1] if bare else address


def _parted_head(line: Line) -> tuple[str | None, str]:
    """Take stamp and message id off, which syslog repeats or leaves out."""
    text = line.message
    if head := _HEAD.match(text) or _BARE_HEAD.match(text):
        return head["queue_id"], text[head.end() :]
    verbose = _VERBOSE.match(text)
    return None, text[verbose.end() :] if verbose and not verbose["announced"] else text


def _attempt_in(body: str) -> re.Match[str] | None:
    if _QUOTED in body and (match := _QUOTED_ATTEMPT.match(body)):
        return match
    return _ATTEMPT.match(body)


def _has_second_attempt(words: str) -> bool:
    return " R=" in words and _SECOND_ATTEMPT.search(words) is not None


def _parted_fields(rest: str) -> tuple[str, str]:
    """Split the fields of an attempt from Exim's own words, among which some of them may appear."""
    head = _OWN_FIELDS.match(rest)
    assert head is not None  # each of its parts may be missing
    fields, words = head[0], rest[head.end() :]
    errno = head["errno"]
    if errno and not errno.startswith("-") and (within := _STRERROR.match(words)):
        fields += within[2]
        words = within[1] + words[within.end() :]
    return fields, words.removeprefix(":")


def _lead(text: str) -> re.Match[str] | None:
    """Find what leads a server's words in. They may look like another lead: the first one is it."""
    if " error " not in text and "response " not in text:  # one of them is in each needle
        return None
    first = None
    for needle, before, lead in _LEADS:
        at = text.find(needle)
        if at < 0:
            continue
        match = lead.search(text, max(at - before, 0))
        if match and (first is None or match.start() < first.start()):
            first = match
    return first


class _Peer(NamedTuple):
    """A server or a client, as a line names it."""

    host: str
    ip: str
    port: int | None


class _Words(NamedTuple):
    """The reply, who gave it, what it answers, and the server, where old lines name it there."""

    text: str | None
    reply_by: ReplyBy | None = None
    stage: Stage | None = None
    peer: _Peer | None = None


_NO_WORDS = _Words(None)


class _Fields(NamedTuple):
    """The meaning of the fields of an attempt, which are alike in many lines."""

    peer: _Peer | None
    sender: str | None
    tls: str | None
    delay: float | None
    router: str
    transport: str

    @classmethod
    def read(cls, fields: str) -> _Fields:
        """Read what is between the addresses and the words."""
        # It comes before what the server chose, as its name and that in its certificate are.
        sender, tls = _SENDER.search(fields.partition(" H=")[0]), _TLS.search(fields)
        router, transport = _ROUTER.search(fields), _TRANSPORT.search(fields)
        return cls(
            _peer(_H.search(fields)),
            sender[1] if sender else None,
            tls[1] if tls else None,
            _delay(_IN_QUOTES.sub("", fields) if '"' in fields else fields),
            router[1] if router else "",
            transport[1] if transport else "",
        )


_known_fields = functools.lru_cache(maxsize=4096)(_Fields.read)


def _direction(
    line: Line, address: str, flag: str, fields: _Fields, words: _Words
) -> Direction | None:
    """Return where an attempt went that names no host; None where the line has none.

    A transport that speaks to a host is logged with it (H=), once it has tried one. So what is
    delivered without was local. A failure has no host where routing failed, or a retry time says
    that nothing is to be tried: the router's and the transport's names are the site's own, most
    of them after those of Exim's default configuration.
    """
    if flag not in ("**", "==") or address.startswith(("|", "/", ":")):
        return Direction.LOCAL
    if words.reply_by is not None:
        return Direction.LOCAL if "lmtp" in fields.transport else Direction.OUTGOING
    for name in (fields.transport, fields.router):
        if _REMOTE_NAME.search(name):
            return Direction.OUTGOING
        if _LOCAL_NAME.search(name):
            return Direction.LOCAL
    if words.text and _NOT_REACHED.search(words.text):
        return Direction.OUTGOING
    domain = address.rpartition("@")[2].lower()
    own = (line.host or "").lower()
    is_local = domain == address.lower() or domain == own or domain.startswith("localhost")
    return Direction.LOCAL if is_local or domain.endswith(".localdomain") else None


def _peer(host: re.Match[str] | None) -> _Peer | None:
    return None if host is None else _Peer(host[1] or host[2], host[2], port_of(host[3]))


def _host_fields(host: re.Match[str] | None) -> dict[str, Any]:
    return _relay(_peer(host))


def _relay(peer: _Peer | None) -> dict[str, Any]:
    if peer is None:
        return {}
    return {"relay_host": peer.host, "relay_ip": peer.ip, "relay_port": peer.port}


def _told(words: _Words, host: re.Match[str] | None) -> dict[str, Any]:
    """Return the fields of a reply, at a host that the line names before the words."""
    found = {"text": words.text, "reply_by": words.reply_by, "stage": words.stage}
    return found | _relay(words.peer or _peer(host))


def _said(error: re.Match[str], body: str) -> _Words:
    """Return a server's reply, which runs to the end of the line, and the server in old lines."""
    host = _OLD_HOST.match(body, error.end())
    words = body[(host or error).end() :].rstrip()
    if body[error.start() - 1 : error.start()] == "<":  # as some configurations have it
        words = words.removesuffix(">")
    elif error.re is _EHLO:
        words = words.removesuffix(")")
    words = words.removesuffix(_ADDED)
    # The last line of a malformed reply is the one that has no code.
    text = _own_unescaped(words) if error.re is _MALFORMED else _unescaped(words)
    stage = stage_of(error["command"])
    if error.re in (_LMTP, _PRDR) and stage is Stage.DATA:
        stage = Stage.END_OF_DATA
    return _Words(text, ReplyBy.REMOTE, stage, _peer(host))


def _confirmed(confirmation: re.Match[str]) -> _Words:
    """Return a server's reply to the end of the message."""
    text = _unescaped(_unescaped_quotes(confirmation[1]))
    if not _REPLY.match(text):
        return _Words(text)
    return _Words(text, ReplyBy.REMOTE, Stage.END_OF_DATA)


def _delay(fields: str) -> float | None:
    match = _DELAY.search(fields) if fields else None
    if match is None:
        return None
    *whole, seconds, thousandth = match.groups()
    last = number_of(seconds) if seconds else 0.0
    if last is None:
        return None
    weeks, days, hours, minutes = (int(part or 0) for part in whole)
    longer = ((weeks * 7 + days) * 24 + hours) * 3600 + minutes * 60
    return longer + (last / 1000 if thousandth else last)


def _unescaped_quotes(text: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", text) if "\\" in text else text


def _unescaped(text: str) -> str:
    """Undo string_printing in a reply. The rest of its backslashes are the server's own."""
    if "\\" not in text:
        return text
    text = _NEXT_LINE.sub("\n", text)
    if text[text.rfind("\n") + 1 :][3:4] == "-":  # the server hung up, and no line followed
        text = text.removesuffix("\\n")
    return rejoined(_UNPRINTABLE.sub(_octet, text))


def _own_unescaped(text: str) -> str:
    """Undo string_printing in Exim's own words, or an administrator's."""
    return _unescaped(text).replace("\\n", "\n")


def _octet(escape: re.Match[str]) -> str:
    return character_of(int(escape[1], 8))


FORMAT = Format(
    _NAME,
    _detect,
    EximReader,
    programs=r"exim",
    needles=("-", " R=", "LOG: ", "LMTP error", "SMTP error"),
    begins=(
        rf"[0-9-]{{10}} [0-9:]{{8}}|{EXIM_ID} |"
        r"(?: {0,6}[0-9]{1,10} )? {0,4}(?:[-=*>]|LOG: |H=)"
    ),
    order=40,  # before most, since many logs are its
    prefix=OWN_PREFIX,
)
