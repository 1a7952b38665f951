"""amavis: which messages it kept back.

From amavisd's $log_templ, the main line of each message::

    line     = "(" TASK ") " VERDICT " " CLASS [" {" ACTIONS "}"] ", " [POLICY " "] ["LOCAL "]
               *("[" IP "]" [":" PORT] " ") "<" SENDER "> -> " RCPTS *(", " NAME ": " VALUE)
    VERDICT  = "Passed" / "Blocked"
    CLASS    = "CLEAN" / "SPAM" / "SPAMMY" / "INFECTED (" NAMES ")" / "BANNED (" NAMES ")" /
               "BAD-HEADER-" DIGIT / ...
    POLICY   = BANK *("/" BANK)                     ; policy banks, as "ORIGINATING/MYNETS"
    ACTIONS  = ACTION *("," ACTION)
    ACTION   = ("Accepted" / "Relayed" / "Discarded" / "Bounced" / "Rejected" / "Tempfailed")
               ("Inbound" / "Outbound" / "Internal" / "Open" / "Relay") / "Quarantined" / ...
    RCPTS    = "<" RCPT ">" *(",<" RCPT ">")
    NAME     = "quarantine" / "Queue-ID" / "Message-ID" / "mail_id" / "Hits" / ...

A message that is quarantined is held, and one that is discarded is lost: no other line has it. What
amavis passes, rejects or bounces, the server behind it reports, so it is not reported again here.
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

_NAME = "amavis"

_HEAD = r"\([0-9]{1,10}-[0-9-]{1,20}\) "
_VERDICT = re.compile(
    rf"{_HEAD}(Passed|Blocked) ([A-Z][A-Z0-9-]{{1,20}})(?: \([^()]{{0,1000}}\))?"
    r"(?: \{([A-Za-z0-9,]{0,300})\})?,"
    r"(?: [A-Za-z0-9/._-]{1,120}){0,2}(?: \[([0-9A-Fa-f.:]{2,45})\](?::[0-9]{1,5})?)?"
    rf"(?: \[[0-9A-Fa-f.:]{{2,45}}\])? <({PATH})> -> (<{PATH}>(?:,<{PATH}>)*+)(.*)\Z",
    re.DOTALL,
)
_RECIPIENT = re.compile(rf"<({PATH})>")
_QUEUE_ID = re.compile(r", Queue-ID: ([^\s,]{1,40})")
_MESSAGE_ID = re.compile(r", Message-ID: <([^<>\s]{1,998})>")
# Behind the recipients: the sender's local part has lost its quotes, and may hold the first list.
_SECOND_LIST = "> -> <"
_QUARANTINE = ", quarantine: "
_TOLD_BY_THE_SERVER = ("Rejected", "Bounced", "Tempfailed")


class AmavisReader(Reader):
    """Reads the lines of one log, each of which stands alone."""

    def read(self, line: Line) -> Iterable[Delivery] | None:
        match = _VERDICT.match(line.message)
        if match is None or _SECOND_LIST in match[7]:
            return () if line.program is not None and " Blocked " not in line.message else None
        return _kept_back(line, match)


def _kept_back(line: Line, match: re.Match[str]) -> list[Delivery]:
    verdict, kind, actions, client, sender, recipients, rest = match.groups()
    if verdict == "Passed":
        return []
    is_quarantined = "Quarantined" in (actions or "") or _QUARANTINE in rest
    if not is_quarantined and (actions or "").startswith(_TOLD_BY_THE_SERVER):
        return []
    queue_id, message_id = _QUEUE_ID.search(rest), _MESSAGE_ID.search(rest)
    return [
        delivery_in(
            line,
            _NAME,
            direction=Direction.INCOMING,
            queue_id=queue_id[1] if queue_id else None,
            message_id=message_id[1] if message_id else None,
            sender=sender,
            recipient=recipient,
            relay_host=client,
            relay_ip=client,
            stage=Stage.END_OF_DATA,
            status=Status.HELD if is_quarantined else Status.DISCARDED,
            text=f"Blocked {kind}",
        )
        for recipient in _RECIPIENT.findall(recipients)
    ]


def _detect(line: Line) -> bool:
    if line.program is not None and line.program.startswith("amavis"):
        return True
    return _VERDICT.match(line.message) is not None


FORMAT = Format(
    _NAME,
    _detect,
    AmavisReader,
    programs=r"amavis",
    begins=r"\([0-9]{1,10}-",
    needles=(") Blocked ", ") Passed "),
)
