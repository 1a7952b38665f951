"""What codes mean: every reply code, enhanced status code, EHLO keyword and SASL mechanism.

>>> from smtpreply import catalog
>>> catalog.lookup(554).title
'Transaction Failed'
"""

from smtpreply.lazy import lazily

TYPE_CHECKING = False  # what type checkers take for true
if TYPE_CHECKING:
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

# Where each name is: comparison and rendering are most of what there is to import, and the floor
# above needs the languages alone.
_HOMES = {
    "comparison": ("Axis", "Comparison", "NotComparableError", "Point", "compare"),
    "description": ("describe",),
    "document": ("Document",),
    "entries": (
        "Actor",
        "Advice",
        "CommandEntry",
        "Entry",
        "KeywordEntry",
        "MechanismEntry",
        "Reference",
        "ReplyCodeEntry",
        "Standing",
        "State",
        "StatusEntry",
    ),
    "finder": (
        "UnknownEntryError",
        "codes",
        "command",
        "everything",
        "keyword",
        "lookup",
        "mechanism",
        "statuses",
    ),
    "ranking": ("Hit", "search"),
    "rendering": ("render",),
    "reply_code": ("ReplyCode",),
    "text": ("LANGUAGES", "Text", "UnknownLanguageError"),
}
__getattr__, __dir__ = lazily(globals(), _HOMES)
