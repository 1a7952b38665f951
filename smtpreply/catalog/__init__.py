"""What codes mean: every reply code, enhanced status code, EHLO keyword and SASL mechanism.

>>> from smtpreply import catalog
>>> catalog.lookup(554).title
'Transaction Failed'
"""

from smtpreply.catalog.comparison import Axis, Comparison, NotComparableError, Point, compare
from smtpreply.catalog.description import describe
from smtpreply.catalog.document import Document
from smtpreply.catalog.entries import (
    Actor,
    Advice,
    CommandEntry,
    Entry,
    KeywordEntry,
    MechanismEntry,
    Reference,
    ReplyCodeEntry,
    Standing,
    State,
    StatusEntry,
)
from smtpreply.catalog.finder import (
    UnknownEntryError,
    codes,
    command,
    everything,
    keyword,
    lookup,
    mechanism,
    statuses,
)
from smtpreply.catalog.ranking import Hit, search
from smtpreply.catalog.rendering import render
from smtpreply.catalog.reply_code import ReplyCode
from smtpreply.catalog.text import LANGUAGES, Text, UnknownLanguageError

__all__ = [
    "LANGUAGES",
    "Actor",
    "Advice",
    "Axis",
    "CommandEntry",
    "Comparison",
    "Document",
    "Entry",
    "Hit",
    "KeywordEntry",
    "MechanismEntry",
    "NotComparableError",
    "Point",
    "Reference",
    "ReplyCode",
    "ReplyCodeEntry",
    "Standing",
    "State",
    "StatusEntry",
    "Text",
    "UnknownEntryError",
    "UnknownLanguageError",
    "codes",
    "command",
    "compare",
    "describe",
    "everything",
    "keyword",
    "lookup",
    "mechanism",
    "render",
    "search",
    "statuses",
]
