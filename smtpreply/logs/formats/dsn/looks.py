"""The kind of a mail by its fields: who sent it, and whether it reports a failure.

RFC 5321 4.5.5: a report is sent with a null return path. RFC 3834 5: an automatic response says so
in Auto-Submitted, but so does a bounce of Postfix, Exim or Google (``auto-replied``); Precedence,
X-Autoreply and words in the subject are older than that RFC.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping

from smtpreply.logs.toolkit.mime import words_of

_LONGEST = 1000

_DAEMON = re.compile(
    r"mail(?:er)?[-_ ]?daemon|post[-_ ]?master|mail(?: |-|\+|\.)?deliver|mail administrator|"
    r"microsoft outlook|microsoft exchange|system administrator|delivery[-_ .]?(?:sub)?system|"
    r"delivery (?:status|report|failure|notification)|\bndr\b|mail (?:sub)?system|mail server|"
    r"undeliver|interscan|\bmta\b|bounce[sd]?\b",
    re.IGNORECASE,
)
# Programs that send more than bounces: their words are read where they are known.
_PROGRAM = re.compile(
    r"no-?reply|do-?not-?reply|listserv|majordomo|list-?manager|ezmlm|mailman|"
    r"(?:\A|[<\s])(?:owner-|sysadmin@)|-(?:admin|owner|request|errors|help|ctl)@",
    re.IGNORECASE,
)
_BOUNCING_MAILERS = re.compile(r"<?(?:smtp32|m-filter)", re.IGNORECASE)
_NULL_PATHS = ("<>", "<mailer-daemon>", "mailer-daemon", "<mailer-daemon@", "mailer-daemon@")

_FAILURE = re.compile(
    r"undeliver|non[- ]?deliver|not deliver|n[o']t be deliver|undelivered|returned (?:mail|"
    r"message|to)|"
    r"deliver\w* (?:status|fail|has failed|problem|error|report|notif|delay|unsuccess)|"
    r"fail(?:ure|ed)? (?:notice|to deliver|deliver|notification|mail)|"
    r"(?:mail|message|system|delivery|sending)(?: system)? (?:error|fail|delayed|not sent|"
    r"rejected)|"
    r"error (?:sending|in|delivering) |could not send|could not be |bounced|warning: |"
    r"user unknown|unknown user|rejected mail|mail rejected|mail refused|are not (?:a )?member|"
    r"unzustellbar|nicht zugestellt|zustell\w*(?:fehl|problem)|fehlgeschlagen|"
    r"non remis|non distribu|[ée]chec|impossible d|non-remise|"
    r"no (?:se )?(?:ha )?(?:podido |pudo )?entrega|devuelto|devolvid|n[ãa]o entregue|"
    r"falha na entrega|"
    r"mancat[ao] (?:recapito|consegna)|non recapitabil|niet (?:bezorgd|bestelbaar)|onbestelbaar|"
    r"niedor[ęe]cz|nedoru[čc]|kunde inte levereras|kunne ikke leveres|"
    r"не доставлен|недоставл|не может быть доставлен|ошибк|сбой|"
    r"エラー|配信|配送|送信(?:でき|失敗)|届|不達|返送|退信|退回|未送达|无法投递|無法投遞|"
    r"投递失败|系统退信|반송|전송 실패",
    re.IGNORECASE,
)
_AUTO_REPLY = re.compile(
    r"(?:(?:re|aw)\s*:\s*)?(?:\[?auto(?:matic|matische|matisch|mated)?[-: ]*"
    r"(?:reply|response|respon[ds]er|antwort|antwoord)|out[- ]of[- ](?:the )?office|vacation|"
    r"away from|"
    r"on (?:holiday|leave|vacation)|abwesenheit|r[ée]ponse automatique|respuesta autom|"
    r"resposta autom|risposta automatica|automatisch antwoord|autosvar|poissa|nieobecn|"
    r"автоответ|автоматический ответ|自動(?:応答|返信)|自动(?:回复|答复)|不在)",
    re.IGNORECASE,
)
_AUTO_FIELDS = ("x-autoreply", "x-autorespond", "x-vacation")
_FORWARDED = re.compile(r"\s*(?:fwd?|wg|tr|rv|i|enc|doorst|vs|vb|转发)\s*:", re.IGNORECASE)
_REPORT = re.compile(r"\s*multipart/report\b(?:(?!report-type).)*", re.IGNORECASE | re.DOTALL)
_RECEIPT = re.compile(r"report-type\s*=\s*\"?disposition-notification", re.IGNORECASE)


class Kind(enum.StrEnum):
    """The kind of a mail, as a scan counts it in `Coverage.mails`."""

    REPORT = "report"
    """Of a delivery: a bounce, mostly."""
    COMPLAINT = "complaint"
    AUTO_REPLY = "auto-reply"
    RECEIPT = "receipt"
    UNREAD = "unread"
    """Looks like a bounce, and is not understood."""
    OTHER = "other"


class Looks:
    """The features of a message that its header fields show.

    Args:
        fields: by their names in lower case.
    """

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = fields
        self.subject = words_of(fields.get("subject", "")[:_LONGEST])

    @property
    def is_of_a_system(self) -> bool:
        """Whether a mail system sent it, and nobody else: what it says may be acted on."""
        fields = self._fields
        path = fields.get("return-path", "<none>").replace(" ", "").lower()
        return (
            not path
            or path.startswith(_NULL_PATHS)
            or self._is_from_a_daemon
            or self.is_report
            or _BOUNCING_MAILERS.match(fields.get("x-mailer", "")) is not None
        )

    @property
    def is_of_a_daemon(self) -> bool:
        """Whether a mail system sent it, and about mail: a null path is of cron's mails, too."""
        return self._is_from_a_daemon or (self.is_of_a_system and self.is_failure)

    @property
    def _is_from_a_daemon(self) -> bool:
        sender = self._fields.get("from", "")[:_LONGEST]
        return "x-failed-recipients" in self._fields or _DAEMON.search(sender) is not None

    @property
    def is_of_a_program(self) -> bool:
        """Whether a program sent it that may have sent it for any reason."""
        return (
            self._says_automatic
            or "x-amz-sns-message-id" in self._fields
            or _PROGRAM.search(self._fields.get("from", "")[:_LONGEST]) is not None
        )

    @property
    def is_report(self) -> bool:
        """Whether it has the form of a report, which is none on a mail that was read."""
        kind = self._fields.get("content-type", "")[:_LONGEST]
        return _REPORT.match(kind) is not None and _RECEIPT.search(kind) is None

    @property
    def is_receipt(self) -> bool:
        """Whether it is about a mail that was read: RFC 8098."""
        return _RECEIPT.search(self._fields.get("content-type", "")[:_LONGEST]) is not None

    @property
    def is_failure(self) -> bool:
        """Whether its subject says that a mail did not arrive, or not yet."""
        return _FAILURE.search(self.subject) is not None

    @property
    def is_forwarded(self) -> bool:
        """Whether someone passes on what a mail system sent."""
        return _FORWARDED.match(self.subject) is not None and self.is_failure

    @property
    def is_auto_reply(self) -> bool:
        """Whether it is an answer that its recipient has prepared, such as a vacation notice."""
        fields = self._fields
        if "x-failed-recipients" in fields or self.is_report:
            return False
        if _AUTO_REPLY.match(self.subject):
            return True
        if self.is_failure:
            return False
        daemon = _DAEMON.search(fields.get("from", "")[:_LONGEST])
        answers = fields.get("auto-submitted", "").lower().startswith("auto-replied")
        return (
            any(name in fields for name in _AUTO_FIELDS)
            or fields.get("precedence", "").lower().replace("-", "_") == "auto_reply"
            or (answers and daemon is None)
        )

    @property
    def may_be_read(self) -> bool:
        """Whether its words are looked into."""
        return self.is_of_a_bounce or self.is_of_a_program

    @property
    def is_of_a_bounce(self) -> bool:
        """Whether something shows that it may be a bounce: then it is read, or counted."""
        return self.is_of_a_system or self.is_failure or self._says_automatic

    @property
    def _says_automatic(self) -> bool:
        value = self._fields.get("auto-submitted", "").strip().lower()
        return bool(value) and not value.startswith("no")
