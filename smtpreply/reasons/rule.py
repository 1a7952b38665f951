"""`Rule`: phrases that stand for a reason, and the bounds within which they do.

A file of rules is TOML, with a table for each; docs/rules.md is written for those who write some.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from smtpreply.codes import EnhancedStatus
from smtpreply.reasons.extract import AnyExtract
from smtpreply.reasons.pattern import compiled
from smtpreply.reasons.phrase import CompiledVariant, Phrase
from smtpreply.reasons.taxonomy import Reason
from smtpreply.stage import Stage

if TYPE_CHECKING:
    from pathlib import Path

BOUND_WEIGHT = 8
"""What a bound that holds adds to the weight of a phrase, in letters."""

_MASK = re.compile(r"([245X])\.([0-9]{1,3}|\*)\.([0-9]{1,3}|\*)")


class RuleError(ValueError):
    """A file of rules that cannot be used.

    >>> from pathlib import Path
    >>> rules_in(Path("no-such-file.toml"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    smtpreply.reasons.rule.RuleError: no-such-file.toml: [Errno 2] ...

    Attributes:
        message: what is wrong.
        source: the file.
        rule: the id of the rule; "" where the file itself is meant.
    """

    def __init__(self, message: str, source: str, rule: str = "") -> None:
        super().__init__(message, source, rule)
        self.message = message
        self.source = source
        self.rule = rule

    def __str__(self) -> str:
        where = f"{self.source}: [{self.rule}]" if self.rule else self.source
        return f"{where}: {self.message}"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Rule:
    """One rule, as its file has it.

    >>> from smtpreply.reasons.extract import extract_from
    >>> rule = Rule(id="full", reason=Reason.MAILBOX_FULL, words=("mailbox full",), class_=5)
    >>> rule, rule.allows(extract_from("450 mailbox full")), rule.allows(extract_from("550 ..."))
    (Rule('full', 'mailbox_full'), False, True)
    """

    id: str
    """The name of its table."""
    reason: Reason
    """The reason that the rule gives, by its value."""
    words: tuple[str, ...]
    """The phrases, of which any makes the rule match."""
    also: tuple[str, ...] = ()
    """Phrases (``with``), of which one must be in the text as well."""
    unless: tuple[str, ...] = ()
    """Phrases, of which none may be in the text."""
    pattern: re.Pattern[str] | None = None
    """A regular expression that must match the text as it is written."""
    vague: bool = False
    """Whether it is only a hint, which yields to all other rules and to an exact status."""
    class_: int | None = None
    """The first digit of the reply code: 4 or 5."""
    codes: frozenset[int] = frozenset()
    """The reply codes, of which one must be that of the text."""
    statuses: tuple[str, ...] = ()
    """Statuses, of which one must be that of the text: 5.7.1, X.7.1 (any class), X.7.* (any)."""
    provider: str | None = None
    """The key of the provider whose words they are: see `smtpreply.reasons.providers`."""
    stages: frozenset[Stage] = frozenset()
    """The stages of the session, of which one must be the one that was answered."""
    catches: tuple[str, ...] = ()
    """Examples: texts that the rule must decide."""
    spares: tuple[str, ...] = ()
    """Examples: texts that the rule must not decide."""
    seen: str = ""
    """The servers that send it, or the source."""
    source: str = ""
    """The file that it is from."""
    layer: int = 0
    """Of two that match, that of the lower layer decides, however specific the other is."""

    read_before: bool = False
    """Whether its phrases are known to be right, and need not be read before they are used."""
    bonus: int = attrs.field(init=False)
    """What its bounds add to the weight of its phrases, in letters."""

    def __attrs_post_init__(self) -> None:
        if not self.read_before:
            _ = self.phrases, self.also_variants, self.unless_variants

    @functools.cached_property
    def phrases(self) -> tuple[Phrase, ...]:
        """`words`, as phrases."""
        return tuple(map(Phrase.read_before if self.read_before else Phrase, self.words))

    @functools.cached_property
    def also_variants(self) -> tuple[CompiledVariant, ...]:
        """All variants of `also`, of which one must be there as well."""
        return _all_variants(self.also)

    @functools.cached_property
    def unless_variants(self) -> tuple[CompiledVariant, ...]:
        """All variants of `unless`, none of which may be there."""
        return _all_variants(self.unless)

    @bonus.default
    def _bonus(self) -> int:
        bounds = (self.class_, self.codes, self.statuses, self.provider, self.stages, self.pattern)
        return BOUND_WEIGHT * sum(map(bool, bounds))

    is_free: bool = attrs.field(init=False)
    """Whether its words are enough: it has no bounds, and nothing must or must not be there."""

    @is_free.default
    def _is_free(self) -> bool:
        return not (self.bonus or self.also or self.unless)

    def __repr__(self) -> str:
        return f"Rule({self.id!r}, {self.reason.value!r})"

    @property
    def variants(self) -> tuple[CompiledVariant, ...]:
        """All variants of its phrases."""
        return tuple(variant for phrase in self.phrases for variant in phrase.variants)

    @property
    def reads_text(self) -> bool:
        """Whether more of the text than its words decides if it matches."""
        return self.pattern is not None or self.provider is not None

    def allows(self, extract: AnyExtract) -> bool:
        """Return whether class, code, status and stage are within the bounds.

        Args:
            extract: what was extracted from a text.
        """
        return (
            (self.class_ is None or self.class_ == extract.digit)
            and (not self.codes or extract.code in self.codes)
            and (not self.stages or extract.stage in self.stages)
            and (not self.statuses or _masked(self.statuses, extract.status))
        )


def _all_variants(phrases: tuple[str, ...]) -> tuple[CompiledVariant, ...]:
    return tuple(
        variant for phrase in phrases for variant in Phrase(phrase, findable=False).variants
    )


def _masked(masks: tuple[str, ...], status: EnhancedStatus | None) -> bool:
    if status is None:
        return False
    numbers = str(status).split(".")
    return any(
        all(
            part in ("X", "*", number)
            for part, number in zip(mask.split("."), numbers, strict=True)
        )
        for mask in masks
    )


# --- the files ---


def rules_in(path: Path, layer: int = 0) -> list[Rule]:
    r"""Read a file of rules: docs/rules.md has its syntax.

    Args:
        path: a TOML file.
        layer: of two rules that match, that of the lower layer decides.

    >>> from pathlib import Path
    >>> from tempfile import NamedTemporaryFile
    >>> with NamedTemporaryFile("w", suffix=".toml") as file:
    ...     _ = file.write('[full]\nreason = "mailbox_full"\nwords = ["no room for mail"]')
    ...     file.flush()
    ...     rules_in(Path(file.name))
    [Rule('full', 'mailbox_full')]

    Raises:
        RuleError: it cannot be read, is no TOML, or a rule in it breaks the schema.
    """
    import tomllib  # noqa: PLC0415  (5 ms that most runs need not spend)

    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RuleError(str(error), str(path)) from None
    return rules_of(tables, str(path), layer)


def rules_of(tables: Mapping[str, Any], source: str, layer: int = 0) -> list[Rule]:
    """Make rules of what a file of them holds.

    Args:
        tables: its tables.
        source: its name.
        layer: see `Rule`.

    Raises:
        RuleError: a rule in it breaks the schema.
    """
    given = {"source": source, "layer": layer}
    return [_rule(key, table, given) for key, table in tables.items()]


class LazyRules:
    """Rules of files that have been checked before: each is made on first use.

    Args:
        rows: of each rule, by its id: the name of its file, and its table there.
    """

    def __init__(self, rows: Mapping[str, Sequence[Any]]) -> None:
        self._rows = rows
        self._ids = list(rows)
        self._made: dict[int, Rule] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[Rule]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, place: int) -> Rule:
        rule = self._made.get(place)
        if rule is None:
            key = self._ids[place]
            source, row = self._rows[key]
            made = _rule(key, row, {"source": source, "layer": 0, "read_before": True})
            rule = self._made.setdefault(place, made)  # of two threads' rules, one counts
        return rule


Rules = Sequence[Rule] | LazyRules


def _rule(key: str, table: Any, given: dict[str, Any]) -> Rule:
    try:
        _expect(isinstance(table, dict), "a rule is [its-id] and keys below it")
        return Rule(id=key, **given, **_fields(table))
    except ValueError as error:  # also of phrases and patterns
        raise RuleError(str(error), given["source"], key) from None


def _expect(holds: object, message: str) -> None:
    if not holds:
        raise ValueError(message)


def _fields(table: Mapping[str, Any]) -> dict[str, Any]:
    for key in table:
        _expect(key in _SCHEMA, f"unknown key {key!r}; there are {', '.join(_SCHEMA)}")
    for key in ("reason", "words"):
        _expect(key in table, f"key {key!r} is missing")
    fields = {}
    for key, value in table.items():
        name, read = _SCHEMA[key]
        fields[name] = read(key, value)
    return fields


def _reason(key: str, value: Any) -> Reason:
    known = {reason.value for reason in Reason} - {Reason.ACCEPTED, Reason.UNKNOWN}
    _expect(isinstance(value, str) and value in known, f"{key}: no such reason: {value!r}")
    return Reason(value)


def _texts(key: str, value: Any) -> tuple[str, ...]:
    are_texts = isinstance(value, list) and all(isinstance(text, str) and text for text in value)
    _expect(are_texts, f"{key} is a list of texts")
    return tuple(value)


def _some(key: str, value: Any) -> tuple[str, ...]:
    _expect(value != [], f"{key} is empty")
    return _texts(key, value)


def _text(key: str, value: Any) -> str:
    _expect(isinstance(value, str), f"{key} is a text")
    return str(value)


def _flag(key: str, value: Any) -> bool:
    _expect(isinstance(value, bool), f"{key} is true or false")
    return bool(value)


def _class(key: str, value: Any) -> int:
    _expect(value in (4, 5), f"{key} is 4 or 5: a positive reply needs no rule")
    return int(value)


def _codes(key: str, value: Any) -> frozenset[int]:
    are_codes = isinstance(value, list) and all(
        isinstance(code, int) and 400 <= code <= 599 for code in value
    )
    _expect(are_codes, f"{key} is a list of reply codes, 400 to 599")
    return frozenset(value)


def _statuses(key: str, value: Any) -> tuple[str, ...]:
    for text in _texts(key, value):
        _expect(_MASK.fullmatch(text), f"{key}: {text!r} is not like 5.7.1, X.7.1 or X.7.*")
    return tuple(value)


def _stages(key: str, value: Any) -> frozenset[Stage]:
    known = {stage.value for stage in Stage}
    for text in _texts(key, value):
        _expect(text in known, f"{key}: no stage {text!r}; there are {', '.join(Stage)}")
    return frozenset(map(Stage, value))


_SCHEMA: dict[str, tuple[str, Callable[[str, Any], Any]]] = {
    "reason": ("reason", _reason),
    "words": ("words", _some),
    "with": ("also", _some),
    "unless": ("unless", _some),
    "pattern": ("pattern", lambda key, value: compiled(_text(key, value))),
    "vague": ("vague", _flag),
    "class": ("class_", _class),
    "code": ("codes", _codes),
    "status": ("statuses", _statuses),
    "provider": ("provider", _text),
    "stage": ("stages", _stages),
    "catches": ("catches", _texts),
    "spares": ("spares", _texts),
    "seen": ("seen", _text),
}
