"""`Overlap`: notice that the lines of several sessions are mixed, so that replies fit no command.

A worker that sends by several connections at once may print all of them into one log. Read as one
session, the reply to one recipient would be given to another. RFC 5321 tells what one session
cannot have: a greeting, an EHLO or a MAIL inside a mail transaction (4.1.4), or two of them without
a reply between (RFC 2920 3.1).
"""

from __future__ import annotations

from smtpreply.dialogue.session import Answer, stage_shown_by
from smtpreply.stage import Stage

_BEGINS = ("EHLO", "HELO", "LHLO", "MAIL")
_ENDS = ("EHLO", "HELO", "LHLO", "RSET", "QUIT")
_NEEDS_MAIL = ("RCPT", "DATA", "BDAT")
_IS_OVER = (Stage.DATA, Stage.END_OF_DATA, Stage.QUIT)


class Overlap:
    """Follows the commands and replies of what should be one session.

    Attributes:
        is_seen: whether several sessions were seen. It stays so: one that is open may go on later.
        is_at_message: whether a message is to come next. It begins with a header, so that a command
            in its place is another session's.

    >>> overlap = Overlap()
    >>> for command in ("MAIL FROM:<al@example.com>", "RCPT TO:<bo@example.org>"):
    ...     overlap.command(command)
    >>> overlap.is_seen
    False
    >>> overlap.command("MAIL FROM:<cy@example.com>")
    >>> overlap.is_seen
    True
    """

    def __init__(self) -> None:
        self.is_seen = False
        self.is_at_message = False
        self._in_transaction = False
        self._is_sent = False
        self._is_cut_off = False
        self._unanswered = ""

    def connected(self) -> None:
        """Note that a connection was opened: the session before is cut off, or is another one."""
        self._is_cut_off |= self._in_transaction
        self._in_transaction, self._unanswered = False, ""

    def command(self, text: str) -> None:
        """Take a command of the client's, or the dot that ends a message."""
        verb = text.strip().partition(" ")[0].upper()
        self.is_at_message = False
        is_within = self._in_transaction and not self._is_sent
        begins_within = verb in _BEGINS and (is_within or verb == self._unanswered)
        goes_on = self._is_cut_off and verb in _NEEDS_MAIL
        self.is_seen |= begins_within or goes_on
        if verb == "MAIL":
            self._in_transaction, self._is_cut_off = True, False
        elif verb in _ENDS:
            self._in_transaction = False
        # RFC 2920 3.1: the next transaction may begin before the reply to the message.
        self._is_sent = verb == "." or (verb == "BDAT" and text.upper().rstrip().endswith(" LAST"))
        self._unanswered = verb

    def reply(self, answer: Answer) -> None:
        """Take a reply, as it is paired by `smtpreply.dialogue.session.Session`."""
        self._unanswered = ""
        self.is_at_message = answer.code == 354
        greets = answer.code == 220 and stage_shown_by(answer.text) is Stage.CONNECT
        self.is_seen |= greets and self._in_transaction
        is_refused = answer.code >= 400 and answer.stage is Stage.MAIL
        is_over = answer.stage in _IS_OVER and answer.code != 354
        if is_refused or is_over or answer.code == 421:  # RFC 5321 3.8: the server closes
            self._in_transaction = False
