r"""Extract the reply code, the enhanced status and the SMTP stage from free text.

A reply has them in their places. A log or a bounce has them somewhere in a sentence of its own
("host mx.example.com[192.0.2.1] said: 550-5.1.1 ... (in reply to RCPT TO command)"), and a bare
diagnostic ("Connection timed out") has none.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import attrs

from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply._support.needled_pattern import NeedledPattern
from smtpreply.codes import ENHANCED_STATUS, EnhancedStatus
from smtpreply.reasons.hints import retry_after
from smtpreply.reasons.normalize import LONGEST
from smtpreply.reasons.taxonomy import Outcome
from smtpreply.reply.embedded import COUNTED, Head, head_in, heads_in
from smtpreply.reply.literals import with_line_ends
from smtpreply.reply.model import Reply
from smtpreply.stage import Stage

_BEHIND_CLASS = ENHANCED_STATUS.removeprefix("([245])")
_STATUS = lazy_pattern(
    rf"(([245])(?<![0-9A-Za-z.-][245]){_BEHIND_CLASS})(?:[^0-9A-Za-z.]|\.\s|\.?\Z)"
)
# Of each line of a reply: "550-5.1.1 ..."
_LINE_STATUS = lazy_pattern(rf"(?<![0-9.])[245][0-9]{{2}}[- ]({ENHANCED_STATUS})(?![0-9.])")


# A command, and the reply to it in the next line.
_REPLY_BELOW = r"[ \t\r]{0,4}\n[^\n0-9]{0,8}[45][0-9][0-9][ -]"
_STAGES = (
    (Stage.CONNECT, r"refused to talk to me|while connected from|initial connection|greeting"),
    (Stage.STARTTLS, r"STARTTLS(?: command)?\)|after STARTTLS"),
    (Stage.END_OF_DATA, r"end of data|end of DATA command|end of message|after pipelined end"),
    (Stage.RCPT, r"RCPT TO|pipelined RCPT"),
    (Stage.MAIL, r"MAIL FROM|pipelined MAIL"),
    (
        Stage.EHLO,
        r"in reply to (?:EHLO|HELO|LHLO)|after (?:EHLO|HELO|LHLO)"
        rf"|\b(?:EHLO|HELO|LHLO)[ \t]{{1,4}}\S{{1,255}}{_REPLY_BELOW}",
    ),
    (Stage.AUTH, rf"in reply to AUTH|after AUTH|\bAUTH[ \t]{{1,4}}[A-Z0-9-]{{1,20}}{_REPLY_BELOW}"),
    (Stage.DATA, r"in reply to DATA|after DATA|pipelined DATA"),
)
_STAGE = NeedledPattern(
    lazy_pattern("|".join(f"({words})" for _, words in _STAGES), re.IGNORECASE),
    (
        *("refused to talk", "while connected", "initial connection", "greeting", "starttls"),
        *("end of ", "after ", "pipelined ", "rcpt to", "mail from", "in reply to "),
        *("ehlo", "helo", "lhlo", "auth"),
    ),
)
# The exceptions of smtplib and aiosmtplib, by the names of their classes.
STAGE_OF_ERROR = {
    "SMTPConnectError": Stage.CONNECT,
    "SMTPConnectResponseError": Stage.CONNECT,
    "SMTPHeloError": Stage.EHLO,
    "SMTPAuthenticationError": Stage.AUTH,
    "SMTPSenderRefused": Stage.MAIL,
    "SMTPRecipientRefused": Stage.RCPT,
    "SMTPRecipientsRefused": Stage.RCPT,
    "SMTPDataError": Stage.END_OF_DATA,
}
_ERROR = re.compile(r"\bSMTP[A-Z][A-Za-z]{1,30}\b")
# What str() gives of a refused sender: (550, b'5.1.8 Unknown', 'al@example.com'). Of the others it
# has no address, or the addresses as keys.
_ABOUT_SENDER = lazy_pattern(
    r"\([2-5][0-9]{2}, b?(?:'(?:[^'\\]|\\.)*+'|\"(?:[^\"\\]|\\.)*+\"), '[^'\s]{0,320}'\)"
)

# Of a client that says only how it took a reply: "permanent: ..." (async-smtp), "permanent error
# (550): ..." (lettre), "{permanent_failure, ..." (gen_smtp).
_SEVERITY = lazy_pattern(
    r"\A[\s(\[{:]{0,6}(?:[A-Za-z.]{1,60}(?:Error|Exception):\s)?"
    r"(permanent|transient|temporary)(?:[ _](?:smtp )?(?:error|failure))?"
    r"(?:[ ]\([245][0-9]{2}\))?\s?[:,(]",
    re.IGNORECASE,
)
# A warning that a message waits, which is no failure yet (RFC 3464 2.3.3: "delayed").
_WAITING = (
    r"(?i)\b(?:has been|is|was|message) delayed\b|\b(?:will be|still being) retried\b"
    r"|\bwill (?:retry|keep trying|continue to try|try again)\b|\bstill undelivered\b"
)
# The sender's system returns the message, whatever the last reply was. qmail gives up "on
# 192.0.2.1" also where it tries again later.
_GIVEN_UP = (
    r"(?i)\bgiv(?:ing|en) up\b(?! on [0-9])|\bgave up\b|\bnot going to try again\b"
    r"|\bno (?:further|more) (?:delivery )?attempts\b|\bwill not be retried\b"
    r"|\bwill be deleted from (?:the )?queue\b|\bin the queue too long\b"
    r"|\bretry time(?:out)? exceeded\b|\b(?:message|delivery time) (?:has )?expired\b"
)
# Code { severity: PermanentNegativeCompletion, category: MailSystem, detail: Zero } (lettre)
_LETTRE = re.compile(r"severity:\s(\w{1,40}),\s+category:\s(\w{1,20}),\s+detail:\s(\w{1,10})")
_LETTRE_DIGITS = (
    {
        "PositiveCompletion": 2,
        "PositiveIntermediate": 3,
        "TransientNegativeCompletion": 4,
        "PermanentNegativeCompletion": 5,
    },
    {
        "Syntax": 0,
        "Information": 1,
        "Connections": 2,
        "Unspecified3": 3,
        "Unspecified4": 4,
        "MailSystem": 5,
    },
    {
        name: number
        for number, name in enumerate(
            ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
        )
    },
)
# "Mailbox unavailable. The server response was: 5.7.1 Unable to relay" (.NET, which keeps the code
# to itself and says a fixed phrase for it)
_RESPONSE_WAS = re.compile(r"\bserver response was:\s{0,4}(?=\S)", re.IGNORECASE)
# Around a positive reply that is not all of a text, these mean that it was not the last word.
_DOUBT = (
    r"(?i)\b(?:un)?expect(?:ed|ing|s)?\b|\binstead of\b|fail|error|exception|time(?:d\s|-)?\s?out"
    r"|\blost\b|refus|reject|could not|couldn't|unable|denied|abort|closed|disconnect|defer|bounce"
)
# Postfix has "status=deferred", Exim "defer (-44)".
_DEFERRED = r"\bdefer(?:red|ral)\b|\bdefer \(-?[0-9]"
# The fields in which logs say so, whatever the reply beside them: Postfix, Exim, Sendmail, qmail,
# Courier and OpenSMTPD.
_LOGGED_AS_DEFERRED = NeedledPattern(
    lazy_pattern(
        r"\bstatus=deferred\b|\bdefer \(-?[0-9]|\bstat=Deferred\b"
        r"|\bdelivery [0-9]{1,20}: deferral: |\bstatus: deferred\b|\bresult=\"?TempFail\b"
    ),
    ("defer", "tempfail"),
)
_LOGGED_AS_SENT = NeedledPattern(
    lazy_pattern(r"\bstatus=sent\b|\bstat=sent\b|\bresult=\"?ok\b", re.IGNORECASE),
    ("status=sent", "stat=sent", "result="),
)
# What a server says of a failure that it calls temporary, whatever its code.
_TEMPORARY = NeedledPattern(
    lazy_pattern(
        rf"{_DEFERRED}|\btemporar|\bplease retry\b|\buntil\b|\bunverified address:"
        r"|\baddress verification in progress"
        r"|\btry(?:ing)?[ ](?:again[ ])?later|\bretry[ ](?:again|later|in|after)\b"
        r"|\bmomentar|vorübergehend|temporär|später|temporai|plus tard|tempor[aá]n?[el]|más tarde"
        r"|mais tarde|più tardi|tijdelijk|later opnieuw|tymczasow|później|временно|позже|позднее"
        r"|暂时|暫時|稍后|稍後|一時的|後で|나중에|일시적",
        re.IGNORECASE,
    ),
    (
        *("defer", "tempor", "please retry", "until", "unverified address", "verification in"),
        *("later", "retry ", "momentar", "plus tard", "mais tarde", "tijdelijk", "tymczasow"),
    ),
)
# Postfix probes an address before it accepts mail for it (ADDRESS_VERIFICATION_README); behind this
# is what became of the probe.
_PROBED = re.compile(
    r"\bRecipient address rejected: (?:undeliverable|unverified) address: {0,2}(?=\S)",
    re.IGNORECASE,
)
_BEFORE_RECIPIENT = (Stage.CONNECT, Stage.EHLO, Stage.STARTTLS, Stage.AUTH, Stage.MAIL)
_OF_SENDER = frozenset([(1, 7), (1, 8)])
# Answers to AUTH and about it: RFC 4954 6, RFC 5248 (525 and 5.7.13, "User Account Disabled").
_OF_LOGIN = frozenset([525, 530, 534, 535, 538])
_LOGIN_DISABLED = (7, 13)
# Whose address it is, where no stage tells. Exim begins with "Verification failed for" only what it
# says of a sender. In an address or a host name these are nobody's words.
_SENDER = NeedledPattern(
    lazy_pattern(
        r"(?<![\w.@+-])(?:senders?|originator|reply-to|(?:return|reverse)[- ](?:address|path)"
        r"|(?:envelope|mail)[- ]?from|from[- ]address|absenders?|absenderadresse|expéditeur"
        r"|remitente|mittente|remetente|afzender|nadawc[aąęy]|отправител\w{1,4})(?![\w@+=-]|\.\w)"
        r"|(?<![a-z][ -])(?<![a-z])Verification failed for <"
        r"|\(cached\) callout verification failure"
        r"|发件人|寄件人|寄件者|送信者|差出人|발신자|보낸 ?사람",
        re.IGNORECASE,
    ),
    (
        *("sender", "originator", "reply-to", "return", "reverse", "zender", "nadawc"),
        *("mailfrom", "mail from", "mail-from", "envelopefrom", "envelope from", "envelope-from"),
        *("from address", "from-address", "remitente", "mittente", "remetente"),
        *("verification failed", "callout verification"),
    ),
)
_RECIPIENT = re.compile(r"\brecipients?\b|\brcpt\b|\baddressee\b", re.IGNORECASE)
# A reply that is continued ("550-...") in a line of another class.
_DISAGREEING = r"([2-5])[0-9][0-9]-[^\n]{0,1000}\n[ \t]{0,8}(?!\1)[2-5][0-9][0-9](?:[ \r\n-]|\Z)"
_DISAGREEING_HERE = lazy_pattern(_DISAGREEING)
_DISAGREEING_LINES = lazy_pattern(rf"^[ \t]{{0,8}}{_DISAGREEING}", re.MULTILINE)
# A reply of another class behind a refusal, whose line ends are lost in a page or a cell of a
# table; 220 and 221 only begin and end a session. Numbers that count are none.
_OTHER_REPLY = lazy_pattern(
    r"[2-4](?<![0-9A-Za-z.,/_+#-][2-4])[0-5][0-9](?<!22[01])"
    rf"(?!{COUNTED})[ -](?:[A-Za-z]|[245]\.[0-9]{{1,3}}\.[0-9])"
)
# A refusal without a status behind a positive reply.
_REFUSAL_BEHIND = lazy_pattern(
    rf"([45](?<![0-9A-Za-z.,/_+#-][45])[0-5][0-9])(?!{COUNTED})[ -](?=[A-Za-z])"
)
_MOST_BEHIND = 20  # of a text
_LINES_OF_OTHERS = re.compile(r"\n(?![2-5][0-9][0-9][- ])([^\n]{1,2000})")


class Known(NamedTuple):
    """Evidence beside the words, such as a log's ``dsn=`` and ``status=``."""

    status: EnhancedStatus | None = None
    outcome: Outcome | None = None

    @property
    def allows_acceptance(self) -> bool:
        """Whether a positive reply can have been the last word."""
        return self.outcome is None or self.outcome is Outcome.SENT


NOTHING_KNOWN = Known()


@attrs.frozen
class Extract:
    """A text, and the parts of a reply that were found in it."""

    text: str
    code: int | None
    status: EnhancedStatus | None
    stage: Stage | None
    sentence: str
    """The reply in it, at the same places: what is around it is blanked, and codes but one."""
    start: int = 0
    """Where the reply begins in the text."""
    severity: int | None = None
    """The class, where the text names it without a code."""
    known: Known = NOTHING_KNOWN

    @property
    def frame(self) -> str | None:
        """The whole text, where it is more than the reply."""
        return self.text if self.start else None

    @property
    def digit(self) -> int | None:
        """The class: from the code, from words, or else from the status."""
        if self.code is not None:
            return self.code // 100
        if self.severity is not None:
            return self.severity
        return None if self.status is None else self.status.class_

    @property
    def is_accepted(self) -> bool:
        """Whether the server accepted, or a log says that the message was sent."""
        if self.code is not None:
            return self.code < 400 and self.known.allows_acceptance
        return self.known.outcome is Outcome.SENT and self.digit not in (4, 5)


class ReplyExtract:
    """The same of a `Reply`, which is read on access."""

    __slots__ = ("known", "reply", "stage")

    def __init__(self, reply: Reply, stage: Stage | None, known: Known = NOTHING_KNOWN) -> None:
        self.reply = reply
        self.stage = stage
        self.known = known

    @property
    def text(self) -> str:
        """Its lines."""
        return self.reply.text

    @property
    def code(self) -> int:
        """Its code."""
        return self.reply.code

    @property
    def status(self) -> EnhancedStatus | None:
        """Its enhanced status; else what the caller knows."""
        return self.reply.enhanced or self.known.status

    @property
    def start(self) -> int:
        """The position of the deciding part in its lines."""
        return _behind_probe(self.reply.text, 0)

    @property
    def sentence(self) -> str:
        """Its lines, with what is not to be searched blanked."""
        start = self.start
        return " " * start + self.reply.text[start:]

    @property
    def frame(self) -> str | None:
        """All of its lines, where they are more than what decides."""
        return self.reply.text if self.start else None

    @property
    def digit(self) -> int:
        """The class."""
        return self.reply.code // 100

    @property
    def is_accepted(self) -> bool:
        """Whether the server accepted."""
        return self.reply.code < 400 and self.known.allows_acceptance


AnyExtract = Extract | ReplyExtract


def extract_from(
    text: str | bytes, stage: Stage | None = None, known: Known = NOTHING_KNOWN
) -> Extract:
    """Find the reply in any text.

    >>> extract = extract_from("host mx.example.com[192.0.2.1] said: 550 5.1.1 No such user")
    >>> extract.code, str(extract.status), extract.digit
    (550, '5.1.1', 5)
    >>> extract_from("Your limit of 500 messages is reached").code is None
    True
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    text = with_line_ends(_repaired(text))
    read = text[:LONGEST]
    head = head_in(read)
    before = read if head is None else read[: head.start]
    if known.outcome is None and _LOGGED_AS_DEFERRED.search(before):
        known = known._replace(outcome=Outcome.DEFERRED)
    if head is not None and head.code < 400 and _is_doubtful(read, head):
        head = None
    stage = stage or _stage(read)
    if head is None:
        code = _lettre_code(read)
        status = status_in(read) or known.status
        severity = None if code is not None else _severity(read)
        quoted = _RESPONSE_WAS.search(read)
        start = _behind_probe(text, quoted.end() if quoted else 0)
        sentence = " " * start + text[start:] if start else text
        return Extract(text, code, status, stage, sentence, start, severity, known)
    status = head.status or status_in(read[head.start :]) or status_in(read) or known.status
    start = _behind_probe(text, head.start)
    sentence = _without_heads(" " * start + text[start:], head.code)
    return Extract(text, head.code, status, stage, sentence, start, None, known)


def _is_doubtful(text: str, head: Head) -> bool:
    """Return whether words around a positive reply report a failure."""
    if text[: head.start].strip():
        return tells_of_failure(text)
    lines = _LINES_OF_OTHERS.findall(text) if "\n" in text else ()
    return any(map(tells_of_failure, lines))


def tells_of_failure(text: str) -> bool:
    """Return whether words mean that a positive reply among them was not the last word."""
    return re.search(_DOUBT, text) is not None


def _behind_probe(text: str, start: int) -> int:
    """Return where Postfix tells what became of a probe; `start` where it tells of none."""
    found = _PROBED.search(text, start, LONGEST) if "address: " in text else None
    return start if found is None else found.end()


def _severity(text: str) -> int | None:
    match = _SEVERITY.match(text)
    if match is not None:
        return 5 if match[1][0] in "pP" else 4
    return 4 if tells_of_waiting(text) else None


def tells_of_waiting(text: str) -> bool:
    """Return whether a text says that the message waits in a queue for another attempt."""
    return re.search(_WAITING, text[:LONGEST]) is not None and not tells_of_giving_up(text)


def tells_of_giving_up(text: str) -> bool:
    """Return whether a text says that the sender's system returns the message."""
    return re.search(_GIVEN_UP, text[:LONGEST]) is not None


def _lettre_code(text: str) -> int | None:
    match = _LETTRE.search(text) if "severity: " in text else None
    if match is None:
        return None
    digits = [table.get(name) for table, name in zip(_LETTRE_DIGITS, match.groups(), strict=True)]
    if None in digits or digits[0] in (2, 3):
        return None
    return int("".join(map(str, digits)))


def is_before_recipient(extract: AnyExtract) -> bool:
    """Return whether it answers what comes before RCPT, and means no recipient: RFC 5321 3."""
    return extract.stage in _BEFORE_RECIPIENT


def is_of_sender(extract: AnyExtract) -> bool:
    """Return whether the sender's address is meant: by words, at MAIL, or by X.1.7 and X.1.8.

    RFC 3463 3.2 has these two. Words that name a recipient, too, leave it open.
    """
    status = extract.status
    if status is not None and (status.subject, status.detail) in _OF_SENDER:
        return True
    if extract.stage is Stage.MAIL:
        return True
    return names_sender(extract) and _RECIPIENT.search(line_of(extract)) is None


def is_of_login(extract: AnyExtract) -> bool:
    """Return whether a code or a status speaks of the client's own login, whatever the words."""
    status = extract.status
    if status is not None and (status.subject, status.detail) == _LOGIN_DISABLED:
        return True
    return extract.code in _OF_LOGIN or extract.stage is Stage.AUTH


def names_sender(extract: AnyExtract) -> bool:
    """Return whether words name the sender or its address."""
    return _SENDER.search(line_of(extract)) is not None


def line_of(extract: AnyExtract) -> str:
    """Return the text from the line on in which the reply begins: before it are other replies."""
    text, start = extract.text, extract.start
    return text[text.rfind("\n", 0, start) + 1 if start else 0 :][:LONGEST]


def tells_of_probe(extract: AnyExtract) -> bool:
    """Return whether Postfix refuses an address for what became of its own probe of it."""
    return _behind_probe(extract.text, 0) > 0


def statuses_of(extract: AnyExtract) -> set[EnhancedStatus]:
    """Return the statuses of all lines and those that are anywhere in the text."""
    lines = extract.reply.statuses if isinstance(extract, ReplyExtract) else ()
    text = extract.text[:LONGEST]
    found = [*_STATUS.finditer(text), *_LINE_STATUS.finditer(text)]
    in_text = (EnhancedStatus.parse(each[1]) for each in found)
    return {status for status in (*lines, *in_text) if status is not None}


def is_within_acceptance(extract: AnyExtract) -> bool:
    """Return whether a refusal is quoted in the line of a positive reply, as filters quote them.

    Amavis answers "250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): ..." with the reply of the server
    behind it. Which of the two was the last word, the text does not tell.
    """
    if isinstance(extract, ReplyExtract) or not extract.start:
        return False
    text = extract.text[: extract.start]
    first = next(heads_in(text), None)
    if first is None or first.code >= 400 or text[: first.start].strip():
        return False
    return "\n" not in text[first.start :]


def tells_of_deferral(text: str) -> bool:
    """Return whether a log's words around a reply say that the message was deferred."""
    return re.search(f"(?i){_DEFERRED}", text[:LONGEST]) is not None


def has_lines_that_disagree(extract: AnyExtract) -> bool:
    """Return whether the lines of a reply are of different classes: RFC 5321 4.2.1 has one code."""
    if isinstance(extract, ReplyExtract):
        if not extract.reply.defects:
            return False
        text = extract.reply.raw[:LONGEST].decode("latin-1")
    else:
        text = extract.text[:LONGEST]
    if "\n" not in text or "-" not in text:
        return False
    if _DISAGREEING_LINES.search(text) is not None:
        return True
    return any(_DISAGREEING_HERE.match(text, head.start) for head in heads_in(text))


def is_followed_by_another(extract: AnyExtract) -> bool:
    """Return whether another reply, which is no refusal for good, follows a refusal.

    A page or a table may have flattened a session: whether they are about one recipient, the text
    does not tell.
    """
    text = extract.text[:LONGEST]
    start = extract.start + 3 if isinstance(extract, Extract) and extract.code is not None else 0
    return _OTHER_REPLY.search(text, start) is not None


def refusals_behind(extract: Extract) -> Iterator[Extract]:
    """Yield what may be refusals without a status behind a positive reply, on a flattened line."""
    text = extract.text
    for found in islice(_REFUSAL_BEHIND.finditer(text, extract.start + 3, LONGEST), _MOST_BEHIND):
        start = found.start()
        yield attrs.evolve(
            extract,
            code=int(found[1]),
            status=None,
            start=start,
            sentence=" " * found.end() + text[found.end() :],
        )


def is_logged_as_sent(extract: AnyExtract) -> bool:
    """Return whether a field of a log's line says that the message was sent.

    Then a refusal in the line was quoted by the server that has taken the message, or is of another
    line.
    """
    return _LOGGED_AS_SENT.search(extract.text[:LONGEST]) is not None


def tells_of_delay(extract: AnyExtract) -> bool:
    """Return whether a code, a status, words or the log report a transient failure: RFC 3463 2."""
    # A reply's lines are without their statuses, each of which may differ from the code's class.
    statuses = extract.reply.statuses if isinstance(extract, ReplyExtract) else ()
    found_statuses = (extract.status, extract.known.status, *statuses)
    if extract.digit == 4 or any(status and status.class_ == 4 for status in found_statuses):
        return True
    if extract.known.outcome in (Outcome.DEFERRED, Outcome.SENT):
        return True
    text = extract.text[:LONGEST]
    if _TEMPORARY.search(text) or retry_after(text) is not None:
        return True
    if "4" not in text:
        return False
    if any(found[1][0] == "4" for found in _STATUS.finditer(text)):
        return True
    return any(head.code // 100 == 4 for head in heads_in(text))


def _repaired(text: str) -> str:
    """Repair UTF-8 that was decoded as Latin-1, as in many logs and bounces."""
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def status_in(text: str) -> EnhancedStatus | None:
    """Find a status anywhere in a text: servers without RFC 2034 write it in any place."""
    # Most texts hold none, and substrings are found ten times as fast as patterns.
    if "5." not in text and "4." not in text and "2." not in text:
        return None
    found = _STATUS.search(text[:LONGEST])
    return None if found is None else EnhancedStatus.parse(found[1])


def _without_heads(text: str, code: int | None) -> str:
    """Blank the code and status of each further line, which would part the words around them."""
    if code is None or text.count(str(code)) < 2:
        return text
    return _heads(code).sub(lambda head: " " * len(head[0]), text)


@functools.cache
def _heads(code: int) -> re.Pattern[str]:
    return re.compile(rf"(?:\A|[^0-9.]){code}[- ](?:{ENHANCED_STATUS}(?:[ ]|\Z))?")


def _stage(text: str) -> Stage | None:
    if "SMTP" in text:
        for name in _ERROR.findall(text):
            if name in STAGE_OF_ERROR:
                return STAGE_OF_ERROR[name]
    if "')" in text and _ABOUT_SENDER.search(text):
        return Stage.MAIL
    match = _STAGE.search(text)
    return None if match is None else _STAGES[_group_of(match)][0]


def _group_of(match: re.Match[str]) -> int:
    return next(number for number, group in enumerate(match.groups()) if group is not None)
