"""Describe an entry or a comparison: a `Document` in a language.

Only whole sentences from the messages are used, with codes, titles and lists filled in: no
sentence is spliced from pieces, so that each language keeps its own grammar.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from smtpreply.catalog.comparison import Axis, CodeEntry, Comparison, Point
from smtpreply.catalog.document import (
    Block,
    Document,
    Fields,
    Items,
    Paragraph,
    Sample,
    Section,
)
from smtpreply.catalog.entries import (
    CommandEntry,
    Entry,
    KeywordEntry,
    MechanismEntry,
    Practice,
    ReplyCodeEntry,
    ResponsibleParty,
    Standing,
    StatusEntry,
)
from smtpreply.catalog.finder import lookup, statuses
from smtpreply.catalog.messages import Messages, messages
from smtpreply.catalog.text import FALLBACK, Text

ANY = "ANY"
"""The pseudo-command of codes that can answer every command."""

Listed = tuple[str | int, ...]

_MOST_ITEMS = 4
_SEPARATOR = {"ar": "، ", "ja": "、", "zh": "、"}


def describe(subject: Entry | Comparison, language: str = FALLBACK) -> Document:
    """Return the document of an entry or a comparison.

    The headings and sentences are in `language`; the entries' own prose is in the language in
    which they were looked up.

    Args:
        subject: what `lookup` or `compare` returned.
        language: one of `smtpreply.catalog.LANGUAGES`.

    Raises:
        UnknownLanguageError: the catalog does not speak that language.

    >>> from smtpreply.catalog import compare
    >>> describe(compare(214, 235), "ru").sections[-1].heading
    'Узнать больше'
    """
    words = messages(language)
    if isinstance(subject, Comparison):
        return _comparison(subject, words)
    title = words.get(
        "entry", "heading", protocol=subject.protocol, code=subject.key, title=subject.title
    )
    return Document(title, words.language, words.direction, tuple(_sections(subject, words)))


# --- one entry -----------------------------------------------------------------------------


def _sections(entry: Entry, words: Messages) -> Iterator[Section]:
    """Yield the sections of a page: the meaning and the fix first, the history last."""
    description, *prose = _prose(entry, words)
    fix = [section for section in prose if section.name == "how_to_fix"]
    yield description
    yield from fix
    yield from _practice(entry.practice, words)
    yield from (section for section in prose if section not in fix)
    yield _section("at_a_glance", words, Fields(tuple(_facts(entry, words))))
    official = getattr(entry, "official_text", None)
    if official:
        source = getattr(entry, "official_source", None) or "IANA"
        yield _section("official_text", words, Sample(official, source))
    yield from _uses(entry, words)
    yield from _learn_more(entry, words)


def _practice(practice: Practice, words: Messages) -> Iterator[Section]:
    """Yield what helps when mail is stuck: commands to type, times, settings, exceptions."""
    if practice.checks:
        samples = [Sample(check.command, check.purpose) for check in practice.checks]
        yield _section("to_type", words, *samples)
    if practice.retry is not None:
        yield _section("retrying", words, Paragraph(practice.retry))
    if practice.settings:
        yield _section("settings", words, _named(practice.settings))
    if practice.raised:
        yield _section("raised", words, _named(practice.raised))


def _named(rows: Iterable[tuple[str, str]]) -> Fields:
    return Fields(tuple((Text(name), Text(value)) for name, value in rows))


def _prose(entry: Entry, words: Messages) -> Iterator[Section]:
    """Return the short section on a code in a comparison: meaning, occurrence, fix."""
    yield _section("description", words, Paragraph(entry.description))
    if isinstance(entry, (ReplyCodeEntry, StatusEntry, KeywordEntry)):
        yield _section("when_you_see_it", words, Paragraph(entry.when))
    if isinstance(entry, (ReplyCodeEntry, StatusEntry)):
        yield Section(
            "how_to_fix",
            words.get("headings", "how_to_fix"),
            sections=(
                _section("for_the_sender", words, Paragraph(entry.fix.sender)),
                _section("for_the_administrator", words, Paragraph(entry.fix.admin)),
            ),
        )
    if isinstance(entry, (KeywordEntry, CommandEntry)):
        yield _section("use", words, Paragraph(entry.use))


def _uses(entry: Entry, words: Messages) -> Iterator[Section]:
    if isinstance(entry, ReplyCodeEntry):
        yield from _reply_uses(entry, words)
    elif isinstance(entry, StatusEntry) and entry.providers:
        fields = tuple((Text(f"{row.provider} {row.code}"), row.text) for row in entry.providers)
        yield _section("by_provider", words, Fields(fields))
    elif isinstance(entry, CommandEntry) and entry.means:
        fields = tuple((Text(str(code)), text) for code, text in entry.means)
        yield _section("by_command", words, Fields(fields))
    elif isinstance(entry, KeywordEntry) and entry.example:
        yield _section("typical_texts", words, Sample(entry.example, entry.seen))


def _reply_uses(entry: ReplyCodeEntry, words: Messages) -> Iterator[Section]:
    if entry.sent_when and entry.client_next:
        yield _section("when_sent", words, Fields(tuple(_usage(entry, words))))
    if entry.meanings:
        fields = tuple((Text(row.command), row.text) for row in entry.meanings)
        yield _section("by_command", words, Fields(fields))
    if entry.wild:
        fields = tuple((Text(row.seen), row.text) for row in entry.wild)
        yield _section("in_the_wild", words, Fields(fields))
    if entry.dialogue:
        yield _section("example_dialogue", words, Sample(entry.dialogue))
    if entry.examples:
        samples = [Sample(example.text, example.server) for example in entry.examples]
        yield _section("typical_texts", words, *samples)


def _facts(entry: Entry, words: Messages) -> Iterator[tuple[Text, Text]]:
    def fact(label: str, value: Text | str | None) -> Iterator[tuple[Text, Text]]:
        if value:
            text = value if isinstance(value, Text) else Text(value)
            yield words.get("labels", label), text

    if isinstance(entry, ReplyCodeEntry):
        yield from fact("class", _class(entry, words))
        digit = "none" if entry.subject is None else str(int(entry.subject))
        yield from fact("subject", words.get("reply_subject", digit))
        yield from fact("answers", _joined(_verbs(entry.commands, words), words))
        yield from fact("enhanced", _joined(entry.enhanced, words))
        yield from fact("registered_enhanced", _joined(registered_with(entry), words))
        yield from fact("state", words.get("state", entry.state))
        if entry.multiline:
            yield from fact("lines", words.get("labels", "several_lines"))
        if entry.text_parsed:
            yield from fact("text", words.get("labels", "text_parsed"))
    elif isinstance(entry, StatusEntry):
        yield from fact("class", entry.class_title)
        yield from fact("subject", entry.subject_title)
        yield from _codes_of_status(entry, words)
        yield from _status_facts(entry, words)
    elif isinstance(entry, KeywordEntry):
        yield from fact("parameters", entry.parameters)
        yield from fact("mail_parameters", _joined(entry.mail_parameters, words))
        yield from fact("rcpt_parameters", _joined(entry.rcpt_parameters, words))
        yield from fact("verbs", _joined(entry.verbs, words))
        yield from fact("reply_codes", _joined(entry.codes, words))
    elif isinstance(entry, MechanismEntry):
        yield from fact("password_hidden", words.get("labels", entry.password_hidden))
        yield from fact("exchange", entry.exchange)
        yield from fact("reply_codes", _joined(entry.codes, words))
    elif isinstance(entry, CommandEntry):
        yield from fact("syntax", entry.syntax)
        numbers = (*entry.success, *entry.intermediate, *entry.error)
        yield from fact("reply_codes", _joined(numbers, words))
    if isinstance(entry, (ReplyCodeEntry, StatusEntry)) and entry.advice and entry.actor:
        yield from fact("advice", words.get("advice", entry.advice))
        yield from fact("actor", words.get("actor", entry.actor))
    yield from fact("standing", words.get("standing", entry.standing))
    if isinstance(entry, ReplyCodeEntry):
        yield from fact("evidence", entry.evidence)


def registered_with(entry: ReplyCodeEntry) -> tuple[str, ...]:
    """Return the enhanced status codes with which IANA's registry lists a reply code.

    >>> from smtpreply.catalog import lookup
    >>> registered_with(lookup(556))
    ('5.1.10',)
    """
    return tuple(
        f"{entry.key[0]}{status.key[1:]}"
        for status in statuses()
        if status.key[0] == "X" and entry.code in status.codes
    )


def _codes_of_status(entry: StatusEntry, words: Messages) -> Iterator[tuple[Text, Text]]:
    """Yield the reply codes of a status: the registry's, which are examples, or a provider's."""
    if entry.codes:
        provider = entry.standing is Standing.PROVIDER
        label = "reply_codes" if provider else "registered_codes"
        yield words.get("labels", label), _joined(entry.codes, words)


def _status_facts(entry: StatusEntry, words: Messages) -> Iterator[tuple[Text, Text]]:
    """Yield what depends on the class: the advice for each, or that the registry knows it not."""
    if entry.status is None:
        for digit in entry.classes_in_use:
            key = f"{digit}{entry.key[1:]}"
            concrete = lookup(key, language=words.language)
            if isinstance(concrete, StatusEntry) and concrete.advice:
                yield Text(key), words.get("advice", concrete.advice)
    elif entry.classes and entry.status.class_ not in entry.classes:
        classes = _joined((f"{digit}.x.x" for digit in entry.classes), words)
        note = words.get("labels", "registered_for", classes=classes)
        yield words.get("labels", "class"), note


def _learn_more(entry: Entry, words: Messages) -> Iterator[Section]:
    sections = tuple(
        section
        for section in (
            _references([entry], words),
            _links("related", [(key, key) for key in entry.related], words),
        )
        if section is not None
    )
    if sections:
        yield Section("learn_more", words.get("headings", "learn_more"), sections=sections)


# --- a comparison --------------------------------------------------------------------------


def _comparison(comparison: Comparison, words: Messages) -> Document:
    a, b = comparison.first, comparison.second
    title = words.get("comparison", "heading", protocol=a.protocol, **_names(comparison))
    more = Section(
        "learn_more",
        words.get("headings", "learn_more"),
        sections=tuple(
            section
            for section in (
                _references([a, b], words),
                _links("related", [(key, key) for key in _related(a, b)], words),
                _links(
                    "other_comparisons",
                    [(f"{one} / {other}", f"{one}/{other}") for one, other in comparison.others],
                    words,
                ),
            )
            if section is not None
        ),
    )
    shared = tuple(_common(comparison, words))
    differences = tuple(_differences(comparison, words))
    sections = [
        _section("key_differences", words, Items(differences, numbered=True)),
        *([_section("what_they_share", words, Items(shared))] if shared else []),
        *_cards(a, b, words),
        _choice(comparison, words),
        more,
    ]
    return Document(
        title, words.language, words.direction, tuple(sections), (_summary(comparison, words),)
    )


def _related(a: CodeEntry, b: CodeEntry) -> tuple[str, ...]:
    """Return the codes related to either, without the two compared; a detail in one class only."""
    found: dict[str, str] = {}
    for key in (a.key, b.key, *a.related, *b.related):
        found.setdefault(key[1:] if "." in key else key, key)
    return tuple(key for key in found.values() if key not in (a.key, b.key))


def _common(comparison: Comparison, words: Messages) -> Iterator[Text]:
    nobody = any(
        point.axis is Axis.ACTOR and point.first == ResponsibleParty.NOBODY
        for point in comparison.shared
    )
    for point in comparison.shared:
        # "Nobody has to do anything" says what the client does as well.
        if not (nobody and point.axis is Axis.ADVICE):
            yield _said(point, comparison, words)


def _differences(comparison: Comparison, words: Messages) -> Iterator[Text]:
    """Yield the sentences on what differs: the written one first; never none at all.

    That the titles differ is on the page already, so it is named only if nothing else is, or where
    the title is all that a code says: of two enhanced status codes.
    """
    computed = [
        _said(point, comparison, words)
        for point in comparison.differences
        if point.axis is not Axis.MEANING and _tells(point)
    ]
    titles = Point(Axis.MEANING, comparison.first.title, comparison.second.title)
    if comparison.statement is not None:
        yield comparison.statement
    elif not titles.same and (isinstance(comparison.first, StatusEntry) or not computed):
        yield _said(titles, comparison, words)
    elif not computed:  # two unregistered codes with the same two digits
        yield words.get("difference", "none", **_names(comparison))
    yield from computed


def _tells(point: Point) -> bool:
    """Return whether a difference in lists is one: a code that answers any command has no lack."""
    if point.axis is not Axis.COMMANDS:
        return True
    first, second = _commands_of(point)
    anywhere = [ANY in side for side in (first, second)]
    return not all(anywhere) and not (any(anywhere) and not (first and second))


def _cards(a: CodeEntry, b: CodeEntry, words: Messages) -> list[Section]:
    """Return a card for each code; one for both where they are a detail in two classes."""
    cards = [_card(a, words), _card(b, words)]
    same_detail = (
        isinstance(a, StatusEntry) and isinstance(b, StatusEntry) and a.key[1:] == b.key[1:]
    )
    if not same_detail:
        return cards
    described = {section.blocks for section in cards[0].sections if section.blocks}
    rest = tuple(part for part in cards[1].sections if part.blocks not in described)
    return [cards[0], attrs.evolve(cards[1], sections=rest)]


def _card(entry: CodeEntry, words: Messages) -> Section:
    return Section("code", _heading(entry), sections=tuple(_prose(entry, words)))


def _heading(entry: CodeEntry) -> Text:
    return Text(f"{entry.key} {entry.title}", entry.title.language)


def _summary(comparison: Comparison, words: Messages) -> Text:
    a, b = comparison.first, comparison.second
    names = _names(comparison)
    if isinstance(a, ReplyCodeEntry) and isinstance(b, StatusEntry):
        return words.get("comparison", "mixed", **names)
    if any(isinstance(entry, StatusEntry) and entry.status is None for entry in (a, b)):
        return words.get("comparison", "open_class", **names)
    if a.reply_class is None:  # the lower code: 1yz is no SMTP reply
        if b.reply_class is None:
            return words.get("comparison", "not_smtp", **names)
        return words.get("comparison", "one_not_smtp", **names, b_class=_class(b, words))
    kind = "class" if isinstance(a, ReplyCodeEntry) else "status_class"
    a_class, b_class = _class(a, words), _class(b, words)
    if a_class == b_class:
        return words.get("comparison", f"same_{kind}", **names, **{"class": a_class})
    return words.get("comparison", f"other_{kind}", **names, a_class=a_class, b_class=b_class)


def _choice(comparison: Comparison, words: Messages) -> Section:
    """Return who sends each code, in reply to what, and what the client does next."""
    sections = []
    for entry in (comparison.first, comparison.second):
        heading = _heading(entry)
        sections.append(Section("code", heading, (Fields(tuple(_usage(entry, words))),)))
    return Section(
        "when_to_use_which",
        words.get("headings", "when_to_use_which"),
        sections=tuple(sections),
    )


def _usage(entry: CodeEntry, words: Messages) -> Iterator[tuple[Text, Text]]:
    if isinstance(entry, ReplyCodeEntry) and entry.sent_when and entry.client_next:
        yield words.get("labels", "sent_when"), entry.sent_when
        yield words.get("labels", "client_next"), entry.client_next
        return
    if isinstance(entry, StatusEntry):
        yield from _codes_of_status(entry, words)
    if entry.advice and entry.actor:
        yield words.get("labels", "advice"), words.get("advice", entry.advice)
        yield words.get("labels", "actor"), words.get("actor", entry.actor)
    elif isinstance(entry, StatusEntry):
        yield from _status_facts(entry, words)


# The placeholders that a sentence may have for the value of its axis.
_PLACEHOLDERS = (
    "class",
    "subject",
    "commands",
    "advice",
    "actor",
    "state",
    "standing",
    "reference",
    "codes",
)


def _said(point: Point, comparison: Comparison, words: Messages) -> Text:
    """Return a point of a comparison as a sentence."""
    names = _names(comparison)
    if point.same:
        a = _spoken(point.axis, _brief(point.first), words)
        values = dict.fromkeys(_PLACEHOLDERS, a)
        key = _shared_key(point)
        return words.get("shared", key, **names, **values, meaning=_meaning(point, words))
    a, b = (_spoken(point.axis, value, words) for value in _unshared(point))
    values = {f"a_{name}": a for name in _PLACEHOLDERS} | {f"b_{name}": b for name in _PLACEHOLDERS}
    return words.get("difference", _difference_key(point, comparison), **names, **values)


def _unshared(point: Point) -> tuple[object, object]:
    """Return the two values of a difference; of two lists, the first items that are not in both."""
    if point.axis is Axis.COMMANDS:
        first, second = _commands_of(point)
        if ANY in first or ANY in second:
            return first, second
    if isinstance(point.first, tuple) and isinstance(point.second, tuple):
        return (
            _brief(_without(point.first, point.second)),
            _brief(_without(point.second, point.first)),
        )
    return point.first, point.second


def _commands_of(point: Point) -> tuple[Listed, Listed]:
    assert isinstance(point.first, tuple)
    assert isinstance(point.second, tuple)
    return point.first, point.second


def _without(items: Listed, others: Listed) -> Listed:
    return tuple(item for item in items if item not in others)


def _brief(value: object) -> object:
    """Return the first few items of a list, which are the usual ones: nobody reads twenty."""
    return value[:_MOST_ITEMS] if isinstance(value, tuple) else value


def _shared_key(point: Point) -> str:
    nobody = point.axis is Axis.ACTOR and point.first == ResponsibleParty.NOBODY
    return "actor_nobody" if nobody else point.axis.value


def _meaning(point: Point, words: Messages) -> str:
    if point.axis is Axis.CLASS and words.has("reply_class_meaning", str(point.first)):
        return words.get("reply_class_meaning", str(point.first))
    return ""


def _difference_key(point: Point, comparison: Comparison) -> str:
    """Return the message key of the sentence for a point, by its two values."""
    axis, first, second = point.axis, point.first, point.second
    if axis is Axis.CLASS:
        if first is None or second is None:
            return "class_outside" if isinstance(comparison.first, ReplyCodeEntry) else "class_open"
        low, high = sorted((int(str(first)), int(str(second))))
        return f"class_{low}_{high}" if first == low else f"class_{high}_{low}"
    if axis in (Axis.COMMANDS, Axis.ENHANCED, Axis.CODES):
        one, other = _unshared(point)
        for side, value in (("a", one), ("b", other)):
            if isinstance(value, tuple) and ANY in value:
                return f"{axis.value}_any_{side}"
        return axis.value if one and other else f"{axis.value}_only_{'a' if one else 'b'}"
    if axis in (Axis.LINES, Axis.TEXT):
        return f"{axis.value}_{'a' if first else 'b'}"
    return axis.value


def _spoken(axis: Axis, value: object, words: Messages) -> Text:
    """Return the value of an axis in words."""
    if isinstance(value, tuple):
        items = _verbs(value, words) if axis is Axis.COMMANDS else value
        return _enumerated(items, words)
    section = {
        Axis.CLASS: "reply_class",
        Axis.MIXED_CLASS: "reply_class",
        Axis.SUBJECT: "reply_subject",
        Axis.STATUS_SUBJECT: "status_subject",
        Axis.ADVICE: "advice",
        Axis.ACTOR: "actor",
        Axis.STATE: "state",
        Axis.STANDING: "standing",
    }.get(axis)
    if section is None or value is None:
        key = "none" if axis is Axis.SUBJECT else None
        return words.get("reply_subject", key) if key else Text(str(value))
    key = str(value)
    if axis is Axis.STATUS_SUBJECT and not words.has(section, key):
        key = "other"
    return words.get(section, key)


def _class(entry: CodeEntry, words: Messages) -> Text:
    if isinstance(entry, ReplyCodeEntry):
        if entry.reply_class is None:
            return words.get("standing", "not-smtp")
        return words.get("reply_class", str(int(entry.reply_class)))
    assert entry.status is not None
    return words.get("status_class", str(entry.status.class_))


# --- pieces --------------------------------------------------------------------------------


def _names(comparison: Comparison) -> dict[str, str]:
    a, b = comparison.first, comparison.second
    return {"a": a.key, "b": b.key, "a_title": a.title, "b_title": b.title}


def _section(name: str, words: Messages, *blocks: Block) -> Section:
    return Section(name, words.get("headings", name), blocks)


def _joined(items: Iterable[object], words: Messages) -> Text:
    separator = _SEPARATOR.get(words.language, ", ")
    return Text(separator.join(map(str, items)), words.language)


def _enumerated(items: Listed, words: Messages) -> Text:
    """Return a list as it stands in a sentence, with the word for "and" before the last item."""
    if len(items) < 2:
        return _joined(items, words)
    return words.get("labels", "and", first=_joined(items[:-1], words), last=items[-1])


def _verbs(verbs: Iterable[object], words: Messages) -> tuple[str, ...]:
    """Return the names of commands; pseudo-commands such as DATA-END in words."""
    return tuple(
        words.get("command", verb) if "-" in verb or verb in ("CONNECT", ANY) else verb
        for verb in map(str, verbs)
    )


def _references(entries: Iterable[Entry], words: Messages) -> Section | None:
    references = dict.fromkeys(reference for entry in entries for reference in entry.references)
    if not references:
        return None
    items = tuple(Text(reference.text) for reference in references)
    links = tuple(reference.url for reference in references)
    return _section("references", words, Items(items, links=links))


def _links(name: str, links: list[tuple[str, str]], words: Messages) -> Section | None:
    """Return a list of other entries or comparisons, with their titles."""
    if not links:
        return None
    items = tuple(_link_text(shown, words) for shown, _ in links)
    return _section(name, words, Items(items, links=tuple(key for _, key in links)))


def _link_text(shown: str, words: Messages) -> Text:
    keys = shown.split(" / ")
    if len(keys) == 2:
        return words.get("comparison", "compare_with", a=keys[0], b=keys[1])
    title = lookup(shown, language=words.language).title
    return Text(f"{shown} {title}", title.language)
