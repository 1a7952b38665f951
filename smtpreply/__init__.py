"""smtpreply: what a mail server answered, as typed values."""

from smtpreply.codes import EnhancedStatus, ReplyClass, ReplySubject
from smtpreply.defects import Defect
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

__version__ = "0.1.0"

__all__ = [
    "Defect",
    "EnhancedStatus",
    "IncompleteReplyError",
    "LineTooLongError",
    "MultipleRepliesError",
    "Reply",
    "ReplyClass",
    "ReplyError",
    "ReplySubject",
    "ReplySyntaxError",
    "ReplyTooLongError",
    "StreamError",
    "TooManyLinesError",
    "iter_replies",
    "parse",
    "parse_all",
]
