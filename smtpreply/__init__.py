"""Parse SMTP replies, explain why mail was refused, and report on mail logs and bounces.

>>> import smtpreply
>>> smtpreply.parse("550 5.1.1 No such user").reply_class.label
'5xx Permanent Negative Completion'
"""

from smtpreply._support.lazy_exports import lazy_exports

TYPE_CHECKING = False  # what type checkers take for true; typing itself costs 8 ms to import
if TYPE_CHECKING:
    from smtpreply.codes import EnhancedStatus as EnhancedStatus
    from smtpreply.codes import ReplyClass as ReplyClass
    from smtpreply.codes import ReplySubject as ReplySubject
    from smtpreply.errors import IncompleteReplyError as IncompleteReplyError
    from smtpreply.errors import LineTooLongError as LineTooLongError
    from smtpreply.errors import MultipleRepliesError as MultipleRepliesError
    from smtpreply.errors import ReplyError as ReplyError
    from smtpreply.errors import ReplySyntaxError as ReplySyntaxError
    from smtpreply.errors import ReplyTooLongError as ReplyTooLongError
    from smtpreply.errors import StreamError as StreamError
    from smtpreply.errors import TooManyLinesError as TooManyLinesError
    from smtpreply.payloads.ehlo import Capabilities as Capabilities
    from smtpreply.reasons import Classifier as Classifier
    from smtpreply.reasons import Disposition as Disposition
    from smtpreply.reasons import Reason as Reason
    from smtpreply.reasons import Verdict as Verdict
    from smtpreply.reasons import classify as classify
    from smtpreply.reasons import classify_all as classify_all
    from smtpreply.reasons import from_exception as from_exception
    from smtpreply.reasons import template as template
    from smtpreply.reply.defects import Defect as Defect
    from smtpreply.reply.diagnostic import parse_diagnostic as parse_diagnostic
    from smtpreply.reply.model import Reply as Reply
    from smtpreply.reply.parser import iter_replies as iter_replies
    from smtpreply.reply.parser import parse as parse
    from smtpreply.reply.parser import parse_all as parse_all
    from smtpreply.reply.stream import END_OF_STREAM as END_OF_STREAM
    from smtpreply.reply.stream import NEED_DATA as NEED_DATA
    from smtpreply.reply.stream import ReplyReader as ReplyReader
    from smtpreply.stage import Stage as Stage

__version__ = "0.1.0"

# The module of each public name. It is imported when the name is first asked for: attrs alone takes
# as long to import as smtplib, and a program that may never read a reply should not wait for it.
_HOMES = {
    "codes": ("EnhancedStatus", "ReplyClass", "ReplySubject"),
    "reply.defects": ("Defect",),
    "reply.diagnostic": ("parse_diagnostic",),
    "payloads.ehlo": ("Capabilities",),
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
    "reply.model": ("Reply",),
    "reply.parser": ("iter_replies", "parse", "parse_all"),
    "reply.stream": ("END_OF_STREAM", "NEED_DATA", "ReplyReader"),
    "reasons": (
        "Classifier",
        "Disposition",
        "Reason",
        "Verdict",
        "classify",
        "classify_all",
        "from_exception",
        "template",
    ),
    "stage": ("Stage",),
}
__getattr__, __dir__, __all__ = lazy_exports(globals(), _HOMES)
