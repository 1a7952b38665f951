"""Bounces in words, from servers that write no RFC 3464 report, or have lost it on the way.

A notice is read by the first of these that finds a recipient in it: an event of Amazon SES, which
SNS sends as a mail; a grammar of `smtpreply.logs.formats.dsn.servers`; a row of
`smtpreply.logs.formats.dsn.dialects`; the fallback of `smtpreply.logs.formats.dsn.general`. Where
none does, a recipient may be named by X-Failed-Recipients, by the address that the bounce came to
(VERP), or by the copy of the original.

A person may quote any of this. So it is read where a mail system sent the message (`Looks`); of a
program that may send anything, where its form is known; and of a person who forwards a bounce, in
what is quoted. Otherwise, what is quoted after "> " reports no delivery.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from smtpreply.logs.delivery import Delivery, Direction, Status
from smtpreply.logs.formats import ses
from smtpreply.logs.formats.dsn.dialects import DIALECTS
from smtpreply.logs.formats.dsn.entries import ADDRESS
from smtpreply.logs.formats.dsn.general import read_general, says_failed, words_for_all
from smtpreply.logs.formats.dsn.looks import Looks
from smtpreply.logs.formats.dsn.original import fields_in_words, fields_of_copy, place_of_copy
from smtpreply.logs.formats.dsn.report import place_of_report
from smtpreply.logs.formats.dsn.servers import GRAMMARS
from smtpreply.logs.formats.dsn.words import is_expired, read_words, reply_in_words
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.mime import date_of, mailbox_of
from smtpreply.logs.toolkit.return_paths import recipient_in

_MOST_LINES = 2000
_MOST_CHARACTERS = 200_000
_LONGEST_LINE = 10_000
_LONGEST_SENTENCE = 200

_QUOTED = re.compile(r"\s*>(?:\s|\Z)")
_ONE_QUOTE = re.compile(r"\A\s*> ?")
_FROM_DAEMON = re.compile(
    r"[\s>*]*(?:From|Von|De|Da|Van|От|差出人)\s*:.*(?:mail(?:er)?[-_ ]?daemon|postmaster|"
    r"mail delivery)",
    re.IGNORECASE,
)
_ADDRESSES = re.compile(rf"(?:\A|(?<=[\s<,;:]))({ADDRESS})")
_DELAYED = re.compile(
    r"(?:delivery|message|mail)(?: to .{1,100})? (?:has been |is |was |being )?delayed|"
    r"delayed mail|"
    r"delay(?:ed)? (?:notification|delivery)|\(delay\)|not (?:yet )?been delivered (?:yet|after)|"
    r"has not yet been|could not be delivered for|still (?:being |un)?(?:tr(?:ied|ying)|deliver)|"
    r"will (?:continue to |keep |be )?(?:re-?)?tr(?:y|ied|ying)\b(?! again later)|"
    r"(?:do not|don't) need to re-?send|this is (?:only )?a warning|temporary failure report",
    re.IGNORECASE,
)
_DELIVERED = re.compile(
    r"(?:was|were|has been|have been) (?:successfully )?(?:delivered|relayed) to|"
    r"successful(?:ly)? (?:mail )?deliver",
    re.IGNORECASE,
)
_GIVEN_UP = re.compile(
    r"(?<!fails )permanent(?:ly)?\b|given up|giving up|(?<!non-)fatal|"
    r"will not (?:be )?retr|not going to try|"
    r"no further (?:delivery )?attempts",
    re.IGNORECASE,
)
_SPACES = re.compile(r"[ \t\r\n\f]+")
_TAG = re.compile(r"<(/?[A-Za-z][A-Za-z0-9]{0,15}|!)[^<>]*>")
_PARAGRAPHS = frozenset(
    {"p", "h1", "h2", "h3", "h4", "hr", "table", "pre", "ul", "ol", "blockquote"}
)
_BLOCKS = _PARAGRAPHS | {"div", "tr", "li", "dt", "dd", "body", "title"}
_HIDDEN = frozenset({"style", "script", "head"})
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")

Told = dict[str, Any]


class Notice:
    """Reads the text of a message that may be a bounce.

    Args:
        mta: the format that is read.
        fields: those of the message.
        looks: what they show.
        first: where the message begins: a bounce may have no text.
    """

    def __init__(self, mta: str, fields: dict[str, str], looks: Looks, first: Line) -> None:
        self._mta = mta
        self._fields = fields
        self._looks = looks
        self._first = first
        self._text = _Lines()
        self._before = _Lines()
        self._html = _Lines()

    @property
    def is_empty(self) -> bool:
        """Whether no plain text has come yet."""
        return self._text.is_blank

    def feed(self, text: str, line: Line) -> None:
        """Read a line. What follows far below is the message that is returned."""
        self._text.add(text, line)

    def feed_before(self, text: str, line: Line) -> None:
        """Read a line before the first part: it is the notice where there is no part of text."""
        self._before.add(text, line)

    def feed_html(self, text: str, line: Line) -> None:
        """Read a line of HTML: it is the notice where there is no plain text."""
        self._html.add(text, line)

    def lines(self) -> tuple[list[str], list[Line]]:
        """Return the lines of the notice, and where they are."""
        if not self._text.is_blank:
            lines, places = self._text.texts, self._text.places
        elif not self._html.is_blank:
            lines, places = _without_tags(self._html.texts), self._html.places
        else:
            lines, places = self._before.texts, self._before.places
        if self._looks.is_forwarded and not self._looks.is_of_a_system:
            start = next(
                (n for n, line in enumerate(lines) if _FROM_DAEMON.match(line)), len(lines)
            )
            quoted = [_ONE_QUOTE.sub("", line, count=1) for line in lines[start:]]
            return ["" for _ in lines[:start]] + quoted, places
        return lines, places

    def sentence(self) -> tuple[str, Line] | None:
        """Return the first sentence, and where it is; None where there are no words."""
        lines, places = self.lines()
        for number, line in enumerate(lines):
            if line.strip() and not line.strip().startswith("--"):
                words = " ".join(lines[number : number + 3]).split()
                sentence = " ".join(words)[:_LONGEST_SENTENCE]
                return sentence.partition(". ")[0], self._place(places, number)
        return None

    def read(self, returned: dict[str, str]) -> tuple[list[Delivery], dict[str, str]]:
        """Return the deliveries in the text, and the fields of the original that are in it.

        Args:
            returned: the fields of the original, where a part of the message has them.
        """
        lines, places = self.lines()
        looks = self._looks
        if not (looks.is_of_a_system or looks.is_of_a_program or looks.is_forwarded):
            return [], {}
        if found := self._events(lines, places):
            return found, {}
        end = place_of_copy(lines)
        stop = min(end, place_of_report(lines) or end)
        words = ["" if _QUOTED.match(line) else line for line in lines[:stop]]
        copy = fields_of_copy(lines[end:]) | returned
        told = self._told(words, copy)
        found = [self._delivery(self._place(places, number), one) for number, one in told]
        return found, fields_in_words(words) | copy

    def _place(self, places: Sequence[Line], number: int) -> Line:
        """Return where a line is: HTML may have more lines than its source, or none."""
        return places[min(number, len(places) - 1)] if places else self._first

    def _events(self, lines: Sequence[str], places: Sequence[Line]) -> list[Delivery]:
        """Return what an event of Amazon SES reports: SNS sends them as mails."""
        start = next((n for n, line in enumerate(lines) if line.strip()), None)
        if start is None or not lines[start].lstrip().startswith("{"):
            return []
        text = "".join(lines[start:]).partition("--If you wish to stop")[0]
        line = attrs.evolve(places[start], text=text, message=text)
        return list(ses.FORMAT.reader().read(line) or ())

    def _told(self, words: list[str], copy: dict[str, str]) -> list[tuple[int, Told]]:
        text = " ".join(" ".join(words).lower().split())
        for found in self._attempts(words, text):
            usable = [(number, told) for number, told in found if told.get("recipient")]
            if usable:
                return self._finished(text, usable)
            if found:  # a refusal, but of whom?
                named = self._named(copy)
                told = found[0][1] | ({"recipient": named[0]} if len(named) == 1 else {})
                return self._finished(text, [(found[0][0], told)])
        is_bounce = self._looks.is_failure or says_failed(words)
        if self._looks.is_of_a_daemon and is_bounce and not self._says_delivered(words, text):
            told = read_words(words_for_all(words))
            last = [(0, told | {"recipient": address}) for address in self._named(copy)]
            return self._finished(text, last)
        return []

    def _attempts(self, words: list[str], text: str) -> Iterator[list[tuple[int, Told]]]:
        for grammar in GRAMMARS:
            start = grammar.start(words)
            if start is not None:
                yield [(start + number, told) for number, told in grammar.read(words[start:])]
        for dialect in DIALECTS:
            if dialect.opens(text):
                yield list(dialect.read(words))
        if self._says_delivered(words, text):
            return
        looks = self._looks
        if looks.is_of_a_daemon or looks.is_forwarded:
            is_bounce = looks.is_failure or says_failed(words)
        else:
            is_bounce = looks.is_failure and any(map(reply_in_words, words))
        if is_bounce:
            yield list(read_general(words, self._own, self._failed))

    @staticmethod
    def _says_delivered(words: list[str], text: str) -> bool:
        """Return whether a notice of no known form reports a success: nothing may be made of it."""
        return _DELIVERED.search(text, 0, 1000) is not None and not any(map(reply_in_words, words))

    @property
    def _failed(self) -> list[str]:
        return _ADDRESSES.findall(self._fields.get("x-failed-recipients", "")[:_LONGEST_LINE])

    @property
    def _own(self) -> frozenset[str]:
        """Whom the message is from and to."""
        fields = (self._fields.get(name, "")[:1000] for name in ("from", "to", "delivered-to"))
        return frozenset(address.lower() for text in fields for address in _ADDRESSES.findall(text))

    def _named(self, copy: dict[str, str]) -> list[str]:
        """Return the recipients that are named outside of the words."""
        if self._failed:
            return self._failed
        paths = (self._fields.get(name, "")[:1000] for name in ("to", "delivered-to"))
        for path in paths:
            for address in _ADDRESSES.findall(path):
                if recipient := recipient_in(address):
                    return [recipient]
        original = _ADDRESSES.findall(copy.get("to", "")[:1000])
        return original if len(original) == 1 else []

    def _finished(self, text: str, found: list[tuple[int, Told]]) -> list[tuple[int, Told]]:
        """Return recipients once each, with an outcome, and with the domain of the server's own."""
        usual = Status.BOUNCED
        subject, head = self._looks.subject, text[:5000]
        if _DELAYED.search(subject) or (
            _DELAYED.search(head) and not _GIVEN_UP.search(f"{subject} {head}")
        ):
            usual = Status.DEFERRED
        whole: dict[str, tuple[int, Told]] = {}
        for number, told in found:
            if told.get("recipient"):
                told["recipient"] = self._completed(told["recipient"])
            if told.get("status") is None:
                expired = is_expired(told.get("text") or "") and usual is Status.BOUNCED
                told["status"] = Status.EXPIRED if expired else usual
            key = (told.get("recipient") or f"\0{number}").lower()
            first, known = whole.get(key, (number, {}))
            news = {name: value for name, value in told.items() if known.get(name) is None}
            whole[key] = first, known | news
        return list(whole.values())

    def _completed(self, recipient: str) -> str:
        """Return an address: servers name users of their own without the domain."""
        recipient = recipient.strip().rstrip(".")
        server = mailbox_of(self._fields.get("from")) or ""
        if _NAME.match(recipient) and "@" in server:
            return f"{recipient}@{server.rpartition('@')[2]}"
        return recipient

    @property
    def _addressee(self) -> str | None:
        """The field of whom the notice came to, who sent the message that failed."""
        if self._looks.is_forwarded and not self._looks.is_of_a_system:
            lines, _ = self.lines()
            start = next((n for n, line in enumerate(lines) if line), len(lines))
            return fields_of_copy(lines[start:]).get("to")  # not of the person who forwards it
        return self._fields.get("to")

    def _delivery(self, place: Line, told: Told) -> Delivery:
        known: Told = {
            "sender": mailbox_of(self._addressee),
            "direction": Direction.OUTGOING,
        }
        place = attrs.evolve(place, time=date_of(self._fields.get("date")))
        return delivery_in(place, self._mta, **(known | told))


class _Lines:
    """Lines, up to a bound, and where they are."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.places: list[Line] = []
        self.is_blank = True
        self._room = _MOST_CHARACTERS

    def add(self, text: str, line: Line) -> None:
        if len(self.texts) >= _MOST_LINES or self._room <= 0:
            return
        text = text.rstrip()[: min(_LONGEST_LINE, self._room)]
        self._room -= len(text) + 1
        self.is_blank = self.is_blank and not text
        self.texts.append(text)
        self.places.append(Line("", "", line.number, line.source))


class _Page:
    """The text of HTML, as lines: an empty one before and after a paragraph."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []  # in parts: as one text, each tag would copy it
        self._is_kept = False

    def add(self, text: str) -> None:
        """Add text: its spaces and line ends count as one space, but within ``<pre>``."""
        if self._is_kept:
            first, *others = html.unescape(text).split("\n")
            self._line.append(first)
            for line in others:
                self._end_line()
                self._line.append(line)
            return
        text = _SPACES.sub(" ", text)
        if not self._line or self._line[-1].endswith(" "):
            text = text.removeprefix(" ")
        if text:
            self._line.append(html.unescape(text))

    def tag(self, name: str) -> None:
        """Break the line as a tag does; the name of one that closes begins with a slash."""
        plain = name.removeprefix("/")
        if name == "br" or (plain in _BLOCKS and self._line):
            self._end_line()
        if plain in _PARAGRAPHS and self._lines and self._lines[-1]:
            self._lines.append("")
        if plain == "pre":
            self._is_kept = name == plain

    def _end_line(self) -> None:
        line = "".join(self._line).replace("\xa0", " ").rstrip()
        self._lines.append(line[:_LONGEST_LINE])
        self._line.clear()

    def end(self) -> list[str]:
        """Return the lines."""
        self._end_line()
        return self._lines


def _without_tags(lines: Sequence[str]) -> list[str]:
    """Return the text of HTML, as lines."""
    text = "\n".join(lines)
    page = _Page()
    hidden: str | None = None
    start = 0
    for tag in _TAG.finditer(text):
        name = tag[1].lower()
        if hidden is None:
            page.add(text[start : tag.start()])
            page.tag(name)
            hidden = name if name in _HIDDEN else None
        elif name == f"/{hidden}":
            hidden = None
        start = tag.end()
    if hidden is None:
        page.add(text[start:])
    return page.end()
