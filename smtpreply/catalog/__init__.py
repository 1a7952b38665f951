"""The catalog: the meaning of reply codes, enhanced status codes, EHLO keywords and more.

>>> from smtpreply import catalog
>>> catalog.lookup(554).title
'Transaction Failed'
"""

from smtpreply._support.lazy_exports import lazy_exports

TYPE_CHECKING = False  # what type checkers take for true
if TYPE_CHECKING:
    from smtpreply.catalog.comparison import Axis as Axis
    from smtpreply.catalog.comparison import Comparison as Comparison
    from smtpreply.catalog.comparison import NotComparableError as NotComparableError
    from smtpreply.catalog.comparison import Point as Point
    from smtpreply.catalog.comparison import compare as compare
    from smtpreply.catalog.description import describe as describe
    from smtpreply.catalog.document import Document as Document
    from smtpreply.catalog.entries import CommandEntry as CommandEntry
    from smtpreply.catalog.entries import Entry as Entry
    from smtpreply.catalog.entries import KeywordEntry as KeywordEntry
    from smtpreply.catalog.entries import MechanismEntry as MechanismEntry
    from smtpreply.catalog.entries import NextStep as NextStep
    from smtpreply.catalog.entries import Reference as Reference
    from smtpreply.catalog.entries import ReplyCodeEntry as ReplyCodeEntry
    from smtpreply.catalog.entries import ResponsibleParty as ResponsibleParty
    from smtpreply.catalog.entries import Standing as Standing
    from smtpreply.catalog.entries import State as State
    from smtpreply.catalog.entries import StatusEntry as StatusEntry
    from smtpreply.catalog.finder import UnknownEntryError as UnknownEntryError
    from smtpreply.catalog.finder import codes as codes
    from smtpreply.catalog.finder import command as command
    from smtpreply.catalog.finder import everything as everything
    from smtpreply.catalog.finder import keyword as keyword
    from smtpreply.catalog.finder import lookup as lookup
    from smtpreply.catalog.finder import mechanism as mechanism
    from smtpreply.catalog.finder import statuses as statuses
    from smtpreply.catalog.ranking import Hit as Hit
    from smtpreply.catalog.ranking import search as search
    from smtpreply.catalog.rendering import render as render
    from smtpreply.catalog.reply_code import ReplyCode as ReplyCode
    from smtpreply.catalog.text import LANGUAGES as LANGUAGES
    from smtpreply.catalog.text import Text as Text
    from smtpreply.catalog.text import UnknownLanguageError as UnknownLanguageError

# The names of each module: comparison and rendering take the most time to import, and the layers
# above need only the languages.
_HOMES = {
    "comparison": ("Axis", "Comparison", "NotComparableError", "Point", "compare"),
    "description": ("describe",),
    "document": ("Document",),
    "entries": (
        "CommandEntry",
        "Entry",
        "KeywordEntry",
        "MechanismEntry",
        "NextStep",
        "Reference",
        "ReplyCodeEntry",
        "ResponsibleParty",
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
__getattr__, __dir__, __all__ = lazy_exports(globals(), _HOMES)
