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

import attrs

from smtpreply.reasons.normalize import words_of

GAPS = {"*": 8, "~": 3}
"""How many words a gap may span."""

MOST_EXPANSIONS = 1000

_BRACKET = re.compile(r"([()\[\]|])")


class PhraseError(ValueError):
    """A malformed phrase; the message says what is wrong and where."""


Span = tuple[int, int]
Path = tuple[Span, ...]


@attrs.define(eq=False)  # not frozen: a scan makes ten thousand, in half the time
class CompiledVariant:
    """A variant of a phrase, compiled for matching: chunks of words with gaps between them.

    Each chunk begins with a space, and ends with one unless its last word is a stem.
    """

    chunks: tuple[str, ...]
    gaps: tuple[int, ...]
    """How many words may be before each chunk but the first."""
    words: tuple[str, ...]
    """The whole words, which a text must have."""
    letters: int
    """The number of letters, the measure of how specific it is."""
    head: str = attrs.field(init=False)
    """The first chunk."""
    is_whole: bool = attrs.field(init=False)
    """Whether that is all."""

    @head.default
    def _head(self) -> str:
        return self.chunks[0]

    @is_whole.default
    def _is_whole(self) -> bool:
        return len(self.chunks) == 1

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
        self.findable = findable
        if not self._parts or (findable and not self.keys):
            self.variants  # noqa: B018  # the error names the one that has none

    @classmethod
    def read_before(cls, text: str) -> Phrase:
        """Return a phrase known to be well formed, which is parsed on first use."""
        phrase = cls.__new__(cls)
        phrase.text = text
        phrase.findable = True
        return phrase

    @functools.cached_property
    def _parts(self) -> list[list[str]]:
        return _Reader(self.text).read()

    @functools.cached_property
    def variants(self) -> tuple[CompiledVariant, ...]:
        """All variants, each once."""
        joined = ("".join(pieces) for pieces in itertools.product(*self._parts))
        variants = (
            _compiled_variant(variant, self.text, findable=self.findable) for variant in joined
        )
        return tuple({(variant.chunks, variant.gaps): variant for variant in variants}.values())

    @functools.cached_property
    def keys(self) -> tuple[Key, ...]:
        """The words to index it by, as far as the parts show that all variants have them."""
        found: list[Key] = []
        for at, variants in enumerate(self._parts):
            certain = tuple(
                _certain(variant, left=self._is_glued(at), right=self._is_glued(at + 1))
                for variant in variants
            )
            if len(certain) == 1:
                found += [((word,),) for word in certain[0]]
            elif all(certain):
                found.append(certain)
        return tuple(found)

    @property
    def words(self) -> set[str]:
        """All whole words of all variants."""
        if self._has_glue:
            return {word for variant in self.variants for word in variant.words}
        return {
            word for variants in self._parts for variant in variants for word in _parts(variant)
        }

    def _is_glued(self, at: int) -> bool:
        """Return whether a word may go on from the part before to this one, as in "refuse[d]"."""
        if not 0 < at < len(self._parts):
            return False
        return any(_is_letter(variant[-1:]) for variant in self._parts[at - 1]) and any(
            _is_letter(variant[:1]) for variant in self._parts[at]
        )

    @property
    def stems(self) -> set[str]:
        """All stems of all variants."""
        if "*" not in self.text.replace(" * ", "  "):
            return set()
        if self._has_glue or re.search(r"[)\]]\*", self.text):  # "suspen(d|sion)*"
            return {stem for variant in self.variants for stem in variant.stems}
        pieces = [
            piece for variants in self._parts for variant in variants for piece in variant.split()
        ]
        open_ended = [piece for piece in pieces if piece.endswith("*")]
        return {words[-1] for piece in open_ended if (words := _parts(piece))}

    @property
    def _has_glue(self) -> bool:
        return any(map(self._is_glued, range(len(self._parts))))


def _certain(variant: str, *, left: bool, right: bool) -> tuple[str, ...]:
    """Return the words of a part that are whole, where others may be glued to its ends."""
    pieces = variant.split()
    words: list[str] = []
    for at, piece in enumerate(pieces):
        parts = _parts(piece)
        if piece.endswith("*") or (right and at + 1 == len(pieces) and _is_letter(variant[-1:])):
            parts = parts[:-1]
        if left and at == 0 and _is_letter(variant[:1]):
            parts = parts[1:]
        words += parts
    return tuple(words)


def _is_letter(character: str) -> bool:
    """Return whether a word may go on here; an ideograph is a word by itself."""
    return character.isalnum() and character < "\u3000"


def _compiled_variant(variant: str, phrase: str, *, findable: bool) -> CompiledVariant:
    chunks: list[str] = []
    gaps: list[int] = []
    words: list[str] = []
    letters = 0
    gap, open_ended = 0, True
    for piece in variant.split():
        parts, wording, weight = _measured(piece)
        if not parts:
            gap = GAPS.get(piece, gap)
            open_ended = open_ended or piece in GAPS
            continue
        if open_ended:
            chunks.append(" ")
            gaps.append(gap)
        gap, open_ended = 0, piece[-1] == "*"
        chunks[-1] += wording
        words += parts[:-1] if open_ended else parts
        letters += weight
    if not words if findable else not chunks:
        needed = "at least one whole word, not only stems or gaps"
        raise PhraseError(f"{variant!r} in {phrase!r} needs {needed}")
    return CompiledVariant(tuple(chunks), tuple(gaps[1:]), tuple(dict.fromkeys(words)), letters)


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
def _measured(piece: str) -> tuple[tuple[str, ...], str, int]:
    """Return the words of a piece, how they are in a chunk, and how many letters they count."""
    parts = _parts(piece)
    end = "" if piece.endswith("*") else " "
    return parts, " ".join(parts) + end, _weight(parts)


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
