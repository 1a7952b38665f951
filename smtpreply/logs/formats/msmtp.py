r"""msmtp: the line that it writes for each mail, to its own file or to syslog.

From msmtp.c, log_info::

    line = [STAMP " "] "host=" HOST " tls=" ONOFF " auth=" ONOFF [" user=" USER] [" from=" ADDR]
           " recipients=" ADDR *("," ADDR) [" mailsize=" N]
           [" smtpstatus=" CODE " smtpmsg='" REPLY "'"] [" errormsg='" WORDS "'"] " exitcode=" EX

The lines of a reply are parted by a literal ``\n``. A quote is not escaped: a reply ends at the
last place where what follows is msmtp's own. It keeps no queue: what is deferred, its caller has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format
from smtpreply.logs.formats.messages import delivery_in
from smtpreply.logs.formats.words import said_by
from smtpreply.logs.prefix import Line
from smtpreply.stage import Stage

_NAME = "msmtp"

_LINE = re.compile(
    r"(?:.{0,60}? )?host=(\S{0,255}) tls=(on|off) auth=(?:on|off)(?: user=\S{0,320})?"
    r"(?: from=(\S{0,320}))? recipients=(\S+)(?: mailsize=[0-9]+)?(?= )"
)
_FAILED = re.compile(
    r" smtpstatus=([0-9]{3}) smtpmsg='(.*)' errormsg='(.*)' exitcode=(EX_[A-Z]+)\s*\Z", re.DOTALL
)
_SENT = re.compile(r" smtpstatus=([0-9]{3}) smtpmsg='(.*)' exitcode=(EX_[A-Z]+)\s*\Z", re.DOTALL)
_SILENT = re.compile(r"(?: errormsg='(.*)')? exitcode=(EX_[A-Z]+)\s*\Z", re.DOTALL)
_STAGES = (
    ("initial OK message", Stage.CONNECT),
    ("command HELO", Stage.EHLO),
    ("command EHLO", Stage.EHLO),
    ("STARTTLS", Stage.STARTTLS),
    ("uthentication", Stage.AUTH),
    ("envelope from address", Stage.MAIL),
    ("recipient address", Stage.RCPT),
    ("does not accept mail data", Stage.DATA),
    ("did not accept the mail", Stage.END_OF_DATA),
)


def _read(line: Line) -> Iterable[Delivery] | None:
    head = _LINE.match(line.message)
    if head is None:
        return None
    host, tls, sender, recipients = head.groups()
    rest = line.message[head.end() :]
    text, error, code = None, None, "EX_OK"
    if match := _FAILED.match(rest):
        text, error, code = match[2], match[3], match[4]
    elif match := _SENT.match(rest):
        text, code = match[2], match[3]
    elif match := _SILENT.match(rest):
        error, code = match[1], match[2]
    else:
        return None
    text = text.replace("\\n", "\n") if text else None
    by = said_by(ReplyBy.REMOTE, text)
    return [
        delivery_in(
            line,
            _NAME,
            direction=Direction.OUTGOING,
            sender=sender,
            recipient=recipient,
            relay_host=host or None,
            tls="on" if tls == "on" else None,
            stage=_stage(error, code),
            status=_status(code, text if by else None),
            text=text or error,
            reply_by=by,
        )
        for recipient in recipients.split(",")
        if recipient
    ]


def _status(code: str, reply: str | None) -> Status:
    if code == "EX_OK":
        return Status.SENT
    if reply is not None:
        return Status.DEFERRED if reply.startswith("4") else Status.BOUNCED
    return Status.DEFERRED if code == "EX_TEMPFAIL" else Status.BOUNCED


def _stage(error: str | None, code: str) -> Stage | None:
    if code == "EX_OK":
        return Stage.END_OF_DATA
    return next((stage for words, stage in _STAGES if error and words in error), None)


def _detect(line: Line) -> bool:
    return line.program == _NAME or _LINE.match(line.message) is not None


FORMAT = Format(_NAME, _detect, lambda: _read)
