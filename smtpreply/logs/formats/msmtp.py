r"""msmtp: the line that it writes for each mail, to its own file or to syslog.

From msmtp.c, log_info::

    line = [STAMP " "] "host=" HOST " tls=" ONOFF " auth=" ONOFF [" user=" USER] [" from=" ADDR]
           " recipients=" ADDR *("," ADDR) [" mailsize=" N]
           [" smtpstatus=" CODE " smtpmsg='" REPLY "'"] [" errormsg='" WORDS "'"] " exitcode=" EX

The lines of a reply are parted by a literal ``\n``. A quote is not escaped: a reply ends at the
last place where what follows is msmtp's own. It keeps no queue: what is deferred, its caller has.
"""

from __future__ import annotations

from collections.abc import Iterable

from smtpreply._support import regex as re
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.clock import DAY_AND_HOUR, MINUTES, MONTH
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import BARE, QUOTED, said_by
from smtpreply.stage import Stage

_NAME = "msmtp"

_LINE = re.compile(
    r"(?:.{0,60}? )?host=(\S{0,255}) tls=(on|off) auth=(?:on|off)(?: user=\S{0,320})?"
    rf"(?: from=({BARE}))? recipients=(?! )({BARE})(?: mailsize=[0-9]+)?(?= )"
)
_RECIPIENT = re.compile(rf'(?:[^",\\]|\\.|{QUOTED})++')
_EXIT = re.compile(r"EX_[A-Z]{1,20}\s*\Z")
_SAID = re.compile(r" smtpstatus=[0-9]{3} smtpmsg='")
_ERROR = " errormsg='"
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


class MsmtpReader(Reader):
    """Reads each line on its own."""

    def read(self, line: Line) -> Iterable[Delivery] | None:
        head = _LINE.match(line.message)
        if head is None:
            return None
        host, tls, sender, recipients = head.groups()
        rest = line.message[head.end() :]
        said, _, code = rest.rpartition(" exitcode=")
        if _EXIT.match(code) is None:
            return None
        code = code.strip()
        text, error = _words(said)
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
            for recipient in _RECIPIENT.findall(recipients)
        ]


def _words(said: str) -> tuple[str | None, str | None]:
    """Return the server's reply, and msmtp's own message about it."""
    begin = _SAID.match(said)
    if begin is None:
        return None, said.removeprefix(_ERROR).removesuffix("'") or None
    reply, parted, error = said[begin.end() :].removesuffix("'").rpartition("'" + _ERROR)
    text = reply if parted else error
    return text.replace("\\n", "\n") or None, error if parted else None


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


FORMAT = Format(
    _NAME,
    _detect,
    MsmtpReader,
    programs=r"msmtp\Z",
    needles=(" recipients=",),
    certain=re.compile(rf"{MONTH}{DAY_AND_HOUR}{MINUTES} host=\S* tls=(?:on|off) auth="),
)
