"""What a mail server answered, as typed values.

>>> import smtpreply
>>> smtpreply.parse("550 5.1.1 No such user").reply_class.label
'5xx Permanent Negative Completion'
"""

from smtpreply.lazy import lazily

TYPE_CHECKING = False  # what type checkers take for true; typing itself costs 8 ms to import
if TYPE_CHECKING:
    from smtpreply.codes import EnhancedStatus, ReplyClass, ReplySubject
    from smtpreply.defects import Defect
    from smtpreply.diagnostic import parse_diagnostic
    from smtpreply.ehlo import Capabilities
    from smtpreply.errors import (
        IncompleteReplyError,
        LineTooLongError,
        MultipleRepliesError,
        ReplyError,
        ReplySyntaxError,
        ReplyTooLongError,
        StreamError,
        TooManyLinesError,
    )
    from smtpreply.model import Reply
    from smtpreply.parser import iter_replies, parse, parse_all
    from smtpreply.reader import END_OF_STREAM, NEED_DATA, ReplyReader
    from smtpreply.reasons import Classifier, Disposition, Reason, Verdict, classify, template
    from smtpreply.stage import Stage

__version__ = "0.1.0"

__all__ = [
    "END_OF_STREAM",
    "NEED_DATA",
    "Capabilities",
    "Classifier",
    "Defect",
    "Disposition",
    "EnhancedStatus",
    "IncompleteReplyError",
    "LineTooLongError",
    "MultipleRepliesError",
    "Reason",
    "Reply",
    "ReplyClass",
    "ReplyError",
    "ReplyReader",
    "ReplySubject",
    "ReplySyntaxError",
    "ReplyTooLongError",
    "Stage",
    "StreamError",
    "TooManyLinesError",
    "Verdict",
    "classify",
    "iter_replies",
    "parse",
    "parse_all",
    "parse_diagnostic",
    "template",
]

# Where each name is. Its module is imported when someone asks for the name: attrs alone takes as
# long to import as smtplib does, and a program that may never read a reply should not wait for it.
_HOMES = {
    "codes": ("EnhancedStatus", "ReplyClass", "ReplySubject"),
    "defects": ("Defect",),
    "diagnostic": ("parse_diagnostic",),
    "ehlo": ("Capabilities",),
    "errors": (
        "IncompleteReplyError",
        "LineTooLongError",
        "MultipleRepliesError",
        "ReplyError",
        "ReplySyntaxError",
        "ReplyTooLongError",
        "StreamError",
        "TooManyLinesError",
    ),
    "model": ("Reply",),
    "parser": ("iter_replies", "parse", "parse_all"),
    "reader": ("END_OF_STREAM", "NEED_DATA", "ReplyReader"),
    "reasons": ("Classifier", "Disposition", "Reason", "Verdict", "classify", "template"),
    "stage": ("Stage",),
}
__getattr__, __dir__ = lazily(globals(), _HOMES)
