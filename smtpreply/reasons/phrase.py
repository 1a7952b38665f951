"""Phrases: the patterns of words by which rules match text.

::

    phrase      = part *( SP part )
    part        = word / stem / gap / near / choice / option
    word        = 1*( letter / digit )              ; marks only part words
    stem        = word "*"                          ; that word, however it ends
    gap         = "*"                               ; up to eight other words, or none
    near        = "~"                               ; up to three other words, or none
    choice      = "(" phrase *( "|" phrase ) ")"    ; one of these
    option      = "[" phrase *( "|" phrase ) "]"    ; one of these, or nothing

Choices and options may be in one another. A phrase is found where its words follow one another
in the words of the text (`smtpreply.reasons.normalize`).
"""

from __future__ import annotations

import functools
import itertools
import math
import re
from collections.abc import Iterable, Iterator

from smtpreply.reasons.normalize import words_of

GAPS = {"*": 8, "~": 3}
"""How many words a gap may span."""

MOST_EXPANSIONS = 1000

_BRACKET = re.compile(r"([()\[\]|])")
# In "post** voll ", as `_Measured` has it.
_CHUNK = re.compile(r"([^*~ ][^*~]*)([*~ ]*)")
_GAP_OF = {f"{mark} ": words for mark, words in GAPS.items()}  # a stem has "*" alone
_STEM = re.compile(r"([^ *~]+)\*")


class PhraseError(ValueError):
    """A malformed phrase; the message says what is wrong and where."""


Span = tuple[int, int]
Path = tuple[Span, ...]


class CompiledVariant:
    """A variant of a phrase, compiled for matching: chunks of words with gaps between them.

    Each chunk begins with a space, and ends with one unless its last word is a stem.

    Attributes:
        chunks: the chunks.
        gaps: how many words may be before each chunk but the first.
        words: the whole words, which a text must have.
        letters: the number of letters, the measure of how specific it is.
        head: the first chunk.
        is_whole: whether that is all.
    """

    __slots__ = ("chunks", "gaps", "head", "is_whole", "letters", "words")

    def __init__(
        self, chunks: tuple[str, ...], gaps: tuple[int, ...], words: tuple[str, ...], letters: int
    ) -> None:
        self.chunks = chunks
        self.gaps = gaps
        self.words = words
        self.letters = letters
        self.head = chunks[0]
        self.is_whole = len(chunks) == 1

    @property
    def stems(self) -> list[str]:
        """The stems: words of which only the start is given."""
        return [chunk.rpartition(" ")[2] for chunk in self.chunks if chunk[-1] != " "]

    def found_in(self, wording: str) -> bool:
        """Return whether a wording holds it."""
        return self.head in wording and (self.is_whole or self.follows(wording))

    def follows(self, wording: str) -> bool:
        """Return whether the other chunks are after the first, where it is in a wording."""
        head = self.head
        if len(self.chunks) > 2 or head[-1] != " ":
            return self.spans(wording) is not None
        tail, gap = self.chunks[1], self.gaps[0]
        at = wording.find(head)
        while at >= 0:
            end = at + len(head) - 1
            there = wording.find(tail, end)
            if there < 0:
                return False
            if wording.count(" ", end, there) <= gap:
                return True
            at = wording.find(head, at + 1)
        return False

    def spans(self, wording: str) -> tuple[Span, ...] | None:
        """Find where the chunks are in a wording; None where they are not.

        The first place that holds them all, in time linear in the wording.
        """
        first, *others = self.chunks
        for chunk in others:
            if chunk not in wording:
                return None
        paths: list[Path] = [((at, at + len(first)),) for at in _occurrences(first, wording)]
        for chunk, gap in zip(others, self.gaps, strict=True):
            paths = _continued(paths, chunk, gap, wording)
        return paths[0] if paths else None


def _occurrences(chunk: str, wording: str) -> list[int]:
    found = []
    at = wording.find(chunk)
    while at >= 0:
        found.append(at)
        at = wording.find(chunk, at + 1)
    return found


def _continued(paths: list[Path], chunk: str, gap: int, wording: str) -> list[Path]:
    """Return the paths that this chunk continues: for each place, the path that ends nearest."""
    longer: list[Path] = []
    nearest = -1
    for at in _occurrences(chunk, wording):
        # The space after one chunk may be the one before the next.
        while nearest + 1 < len(paths) and _end(paths[nearest + 1], wording) <= at:
            nearest += 1
        # Each space between them but one parts two words.
        if nearest >= 0 and wording.count(" ", _end(paths[nearest], wording), at) <= gap:
            longer.append((*paths[nearest], (at, at + len(chunk))))
    return longer


def _end(path: Path, wording: str) -> int:
    end = path[-1][1]
    return end - 1 if wording[end - 1] == " " else wording.index(" ", end)


Key = tuple[tuple[str, ...], ...]
"""Words to index a phrase by: each variant contains one word of each of these tuples."""


_Measured = tuple[str, tuple[str, ...], int]
"""A part of a variant: its words and gaps as in "post** voll ", where "post" is a stem; its whole
words; the number of its letters."""
_Part = list[tuple[int, str, tuple[str, ...], int]]
"""The alternatives of a part: what each adds to the place of a variant; `_Measured` of it."""


class Phrase:
    """A parsed phrase, whose variants are expanded on first use.

    Few phrases come near a given text, and one phrase may have hundreds of variants.

    Args:
        text: the phrase.
        findable: whether each variant must have a whole word to be indexed by.

    Raises:
        PhraseError: a bracket is not closed, an alternative has no words, there are too many
            variants, or one of them has no whole word to be indexed by.

    >>> [each.chunks for each in Phrase("(user|mailbox) [is] unknown").variants]
    [(' user unknown ',), (' mailbox unknown ',)]
    """

    def __init__(self, text: str, *, findable: bool = True) -> None:
        self.text = text
        bare = [_bare_in(part, findable=findable) for part in self._parts]
        if None not in bare:
            needed = "at least one whole word, not only stems or gaps"
            raise PhraseError(f"{''.join(filter(None, bare))!r} in {text!r} needs {needed}")

    @classmethod
    def read_before(cls, text: str) -> Phrase:
        """Return a phrase known to be well formed, which is parsed on first use."""
        phrase = cls.__new__(cls)
        phrase.text = text
        return phrase

    @functools.cached_property
    def _parts(self) -> list[list[str]]:
        """The alternatives of each part. No word goes on from part to part: "refuse[d]" is one."""
        parts: list[list[str]] = []
        for part in _Reader(self.text).read():
            if parts and not _are_apart(parts[-1], part):
                parts[-1] = ["".join(pair) for pair in itertools.product(parts[-1], part)]
            else:
                parts.append(part)
        return parts

    @functools.cached_property
    def _measured(self) -> list[_Part]:
        """The parts that have words or gaps, measured."""
        step = math.prod(map(len, self._parts))
        measured = []
        for part in self._parts:
            step //= len(part)
            if any(_measured(text)[0] for text in part):
                measured.append([(step * at, *_measured(text)) for at, text in enumerate(part)])
        return measured

    @functools.cached_property
    def variants(self) -> tuple[CompiledVariant, ...]:
        """All variants, each once."""
        return tuple(variant for _, variant in _expanded(self._measured))

    def variants_with(self, word: str) -> Iterator[tuple[int, CompiledVariant]]:
        """Yield the variants that have a whole word, each with its place among all."""
        parts = self._measured
        for at, part in enumerate(parts):
            having = [alternative for alternative in part if word in alternative[2]]
            if having:
                yield from _expanded([*parts[:at], having, *parts[at + 1 :]])
                others = [alternative for alternative in part if word not in alternative[2]]
                parts = [*parts[:at], others, *parts[at + 1 :]]

    @property
    def keys(self) -> list[Key]:
        """The words to index it by."""
        found: list[Key] = []
        for part in self._measured:
            words = tuple(alternative[2] for alternative in part)
            if len(words) == 1:
                found += [((word,),) for word in words[0]]
            elif all(words):
                found.append(words)
        return found

    @property
    def words(self) -> set[str]:
        """All whole words of all variants."""
        return {word for part in self._measured for _, _, words, _ in part for word in words}

    @property
    def stems(self) -> set[str]:
        """All stems of all variants."""
        return {
            stem
            for part in self._measured
            for _, text, _, _ in part
            for stem in _STEM.findall(text)
        }


def _bare_in(part: list[str], *, findable: bool) -> str | None:
    """Return the first alternative without a whole word or, unless `findable`, even a stem."""
    for text in part:
        _, words, letters = _measured(text)
        if not (words if findable else letters):
            return text
    return None


def _are_apart(before: list[str], after: list[str]) -> bool:
    """Return whether there is white space between two parts, whichever alternatives they have."""
    return all(text[-1:].isspace() for text in before) or all(text[:1].isspace() for text in after)


def _expanded(parts: list[_Part]) -> Iterable[tuple[int, CompiledVariant]]:
    """Return the variants that parts make, each once, with their places among all."""
    found: _Part = [(0, "", (), 0)]
    for part in parts:
        found = [
            (place + step, wording + text, words + more, letters + weight)
            for place, wording, words, letters in found
            for step, text, more, weight in part
        ]
    variants: dict[str, tuple[int, CompiledVariant]] = {}
    for place, wording, words, letters in found:
        if wording not in variants:
            variants[wording] = place, _compiled_variant(wording, words, letters)
    return variants.values()


def _compiled_variant(wording: str, words: tuple[str, ...], letters: int) -> CompiledVariant:
    words = tuple(dict.fromkeys(words))
    if "*" not in wording and "~" not in wording:
        return CompiledVariant((f" {wording}",), (), words, letters)
    pairs = _CHUNK.findall(wording)
    chunks = tuple([f" {chunk}" for chunk, _ in pairs])
    gaps = tuple([_GAP_OF.get(mark[-2:], 0) for _, mark in pairs[:-1]])
    return CompiledVariant(chunks, gaps, words, letters)


def _distinct(variants: list[str]) -> list[str]:
    """Return each variant once; one of silent words alone counts as empty."""
    if len(variants) == 1:
        return variants
    distinct: dict[tuple[object, ...], str] = {}
    for variant in variants:
        words = _parts(variant)
        if len(variant) == 1:  # "[s]" belongs to the word before it
            distinct.setdefault((variant,), variant)
        elif not words and not GAPS.keys() & set(variant):
            distinct.setdefault((), "")
        else:
            distinct.setdefault((*words, "*" in variant, None), variant)
    return list(distinct.values())


def _weight(words: tuple[str, ...]) -> int:
    # An ideograph carries as much meaning as a short word.
    return sum(3 if word >= "\u3000" else len(word) for word in words)


@functools.lru_cache(maxsize=8192)
def _parts(piece: str) -> tuple[str, ...]:
    return words_of(piece)


@functools.lru_cache(maxsize=8192)
def _measured(text: str) -> _Measured:
    words: list[str] = []
    wording, letters = "", 0
    for piece in text.split():
        parts = _parts(piece)
        if parts:
            is_stem = piece[-1] == "*"
            wording += " ".join(parts) + ("*" if is_stem else " ")
            words += parts[:-1] if is_stem else parts
            letters += _weight(parts)
        elif piece in GAPS:
            wording += f"{piece} "
    return wording, tuple(words), letters


class _Reader:
    """Reads the brackets of a phrase."""

    def __init__(self, phrase: str) -> None:
        self.phrase = phrase
        self.pieces = [piece for piece in _BRACKET.split(phrase) if piece]
        self.at = 0

    def read(self) -> list[list[str]]:
        """Return the parts, each with its variants."""
        parts = self._parts()
        if self.at < len(self.pieces):
            raise PhraseError(f"{self.pieces[self.at]!r} stands alone in {self.phrase!r}")
        if math.prod(map(len, parts)) > MOST_EXPANSIONS:
            raise PhraseError(f"more than {MOST_EXPANSIONS} variants of {self.phrase!r}")
        return parts

    def _parts(self) -> list[list[str]]:
        parts = []
        while self.at < len(self.pieces) and self.pieces[self.at] not in ")]|":
            piece = self.pieces[self.at]
            self.at += 1
            parts.append(_distinct(self._choice(piece)) if piece in "([" else [piece])
        return parts

    def _sequence(self) -> list[str]:
        return ["".join(pieces) for pieces in itertools.product(*self._parts())]

    def _choice(self, opening: str) -> list[str]:
        closing = {"(": ")", "[": "]"}[opening]
        variants = self._sequence()
        while self.at < len(self.pieces) and self.pieces[self.at] == "|":
            self.at += 1
            variants += self._sequence()
        if self.at == len(self.pieces) or self.pieces[self.at] != closing:
            raise PhraseError(f"{opening!r} is not closed in {self.phrase!r}")
        self.at += 1
        if opening == "[":
            return [*variants, ""]
        self._check(variants)
        return variants

    def _check(self, variants: list[str]) -> None:
        """Refuse a choice of which one alternative has no words, so that it always matches."""
        for variant in variants:
            if len(variant) > 1 and not _parts(variant) and not GAPS.keys() & set(variant):
                message = f"the alternative {variant!r} in {self.phrase!r} has no words"
                raise PhraseError(f"{message}, so it always matches")
