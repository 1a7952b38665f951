r"""rspamd: what it has had refused or kept back, from its own log file.

From rspamd's "Logging" (``log_format``) and src/libserver/task.c::

    line    = STAMP " #" PID "(" WORKER ") <" TAG ">; " MODULE "; " FUNCTION ": " MESSAGE
    verdict = "id: <" MESSAGE-ID ">, " ["qid: <" QUEUE-ID ">, "] ["ip: " IP ", "] ["user: " U ", "]
              ["from: <" SENDER ">, "] "(default: " ("T" / "F") " (" ACTION "): [" SCORE "/" MOST
              "] [" SYMBOLS "]), " ... ["rcpts: <" RCPT *("," RCPT) ">, "] ...
    ACTION  = "reject" / "soft reject" / "greylist" / "discard" / "quarantine" / "no action"
            / "add header" / "rewrite subject"

Where rspamd writes to syslog, its lines are beside those of the server that has asked it, and
this server reports what became of the message: so they are read in its own file alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from smtpreply._support import regex as re
from smtpreply.logs.delivery import Delivery, Direction, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import PATH
from smtpreply.stage import Stage

_NAME = "rspamd"

_OWN_HEAD = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}(?:\.[0-9]{1,9})? #[0-9]{1,10}\([a-z_]{1,40}\) "
_HEAD = rf"(?:({_OWN_HEAD}))?<[0-9a-z]{{1,64}}>; [a-z0-9_]{{1,40}}; "
_DETECTED = re.compile(rf"{_OWN_HEAD}|{_HEAD}")
_VERDICT = re.compile(
    rf"{_HEAD}rspamd_task_write_log: (?:id: <({PATH})>, )?(?:qid: <([^<>\s]{{1,64}})>, )?"
    r"(?:ip: ([0-9A-Fa-f.:]{2,45}), )?(?:user: [^,]{0,300}, )?"
    rf"(?:from: <({PATH})>, )?"
    r"\([a-z0-9_-]{1,60}: [TFS] \(([a-z -]{1,30})\): \[(-?[0-9.]{1,12})/(-?[0-9.]{1,12})\] (.*)\Z",
    re.DOTALL,
)
_RECIPIENTS = re.compile(
    r"\]\), len: [0-9]{1,12}, time: [0-9a-z., ]{1,60}, dns req: [0-9]{1,9}"
    r"(?:, digest: <[0-9a-f]{0,64}>)?, rcpts: <([^<>\"]{0,4000})>"
)
_STATUSES = {
    "reject": Status.REJECTED,
    "soft reject": Status.REJECTED,
    "greylist": Status.REJECTED,
    "discard": Status.DISCARDED,
    "quarantine": Status.HELD,
}
_LET_THROUGH = ("no action", "add header", "rewrite subject", "custom")


class RspamdReader(Reader):
    """Reads the lines of one log, each of which stands alone."""

    def read(self, line: Line) -> Iterable[Delivery] | None:
        match = _VERDICT.match(line.message)
        if match is None:
            return None if "rspamd_task_write_log: " in line.message[:120] else ()
        own, message_id, queue_id, ip, sender, action, score, most, rest = match.groups()
        status = _STATUSES.get(action)
        if status is None:
            return () if action in _LET_THROUGH else None
        if own is None:
            return ()
        # Symbols quote strangers, who may write what looks like the end of the line.
        found = _RECIPIENTS.findall(rest)
        is_sure = len(found) == rest.count(", rcpts: <") == 1
        recipients = found[0].split(",") if is_sure else [None]
        return [
            delivery_in(
                line,
                _NAME,
                direction=Direction.INCOMING,
                queue_id=queue_id,
                message_id=message_id,
                sender=sender,
                recipient=recipient,
                relay_host=ip,
                relay_ip=ip,
                stage=Stage.END_OF_DATA,
                status=status,
                text=f"{action}: spam score {score} of {most}",
            )
            for recipient in recipients
        ]


def _detect(line: Line) -> bool:
    return line.program is not None or _DETECTED.match(line.message) is not None


FORMAT = Format(
    _NAME,
    _detect,
    RspamdReader,
    programs=r"rspamd",
    needles=(">; ",),
    begins=r"[0-9-]{10} [0-9:.]{8,18} #|<",
    order=30,  # before exim, whose lines begin with the same stamp and may go on with anything
    certain=re.compile(rf"{_OWN_HEAD}<[0-9a-z]{{1,64}}>; "),
)
