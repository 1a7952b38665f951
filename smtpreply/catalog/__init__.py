"""What codes mean: every reply code, enhanced status code, EHLO keyword and SASL mechanism.

>>> from smtpreply import catalog
>>> catalog.lookup(554).title
'Transaction Failed'
"""

from importlib import import_module

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
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = value  # the next look-up finds it at once
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
