r"""Hypothesis strategies for the tests of whatever handles SMTP replies.

They need hypothesis, which ``pip install "smtpreply[testing]"`` brings::

    from hypothesis import given
    from smtpreply.testing import replies

    @given(replies())
    def test_a_bounce_keeps_the_code(reply):
        assert make_bounce(reply).code == reply.code

Where a strategy has the keyword `strict`, it keeps to the ABNF of RFC 5321 4.2, as `parse` does.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

try:
    from hypothesis import strategies as st
except ImportError:
    raise ImportError(
        'smtpreply.testing needs hypothesis: pip install "smtpreply[testing]"'
    ) from None

from smtpreply.codes import EnhancedStatus
from smtpreply.reply.defects import Defect
from smtpreply.reply.enhanced import GREETING
from smtpreply.reply.grammar import MAX_LINE
from smtpreply.reply.model import Reply

__all__ = [
    "Stream",
    "chunkings",
    "damaged_replies",
    "enhanced_statuses",
    "replies",
    "reply_codes",
    "streams",
    "textstrings",
    "wire_replies",
]


class Stream(NamedTuple):
    r"""The octets that a server sent on one connection, and the replies in them.

    >>> from smtpreply import parse
    >>> Stream(b"250 Ok\r\n", (parse("250 Ok"),)).replies[0].code
    250
    """

    octets: bytes
    replies: tuple[Reply, ...]


# --- codes and texts -----------------------------------------------------------------------


def reply_codes(*, strict: bool = False) -> st.SearchStrategy[int]:
    """Generate reply codes: 200 to 599.

    Args:
        strict: only those with a second digit of 0 to 5, as RFC 5321 4.2 has it.

    >>> from hypothesis import find
    >>> find(reply_codes(strict=True), lambda code: code > 459)
    500
    """
    if not strict:
        return st.integers(200, 599)
    return st.sampled_from([code for code in range(200, 600) if code // 10 % 10 <= 5])


def enhanced_statuses() -> st.SearchStrategy[EnhancedStatus]:
    """Generate all enhanced statuses of RFC 3463 2, the registered subjects and details most.

    >>> from hypothesis import find
    >>> str(find(enhanced_statuses(), lambda status: status.detail > 255))
    '2.0.256'
    """
    return st.builds(
        EnhancedStatus,
        st.sampled_from((2, 4, 5)),
        st.integers(0, 7) | st.integers(0, 999),
        st.integers(0, 40) | st.integers(0, 999),
    )


def textstrings(*, strict: bool = False) -> st.SearchStrategy[str]:
    r"""Generate the text of one line of a reply, enhanced status included where it has one.

    It may be empty, hold any character but CR and LF, and octets that are not UTF-8 as surrogate
    escapes (PEP 383).

    Args:
        strict: only textstrings of RFC 5321 4.2: ``1*(%d09 / %d32-126)``.

    >>> from hypothesis import find
    >>> find(textstrings(strict=True), lambda text: "\t" in text)
    '\t'
    """
    if strict:
        text = st.text(_STRICT_CHARACTERS, min_size=1)
        return text | st.builds("{}{}".format, _status_heads, text)
    text = st.text(_CHARACTERS | _UNDECODABLE)
    texts = (
        text
        | st.builds("{}{}".format, _status_heads, text)
        | st.builds("{} (#{})".format, text, enhanced_statuses())
    )
    return texts.map(_in_normal_form)


def _in_normal_form(text: str) -> str:
    # Two escaped octets may be one character in UTF-8, and are read as that.
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


_STRICT_CHARACTERS = st.characters(min_codepoint=0x20, max_codepoint=0x7E) | st.just("\t")
_CHARACTERS = st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])
_UNDECODABLE = st.sampled_from([chr(0xDC00 + octet) for octet in range(0x80, 0x100)])
# RFC 2034's form, the forms of other servers, and what only looks like a status.
_status_heads = st.builds(
    str.format,
    st.sampled_from(
        ("{} ", "{}", "#{} ", "{}: ", " {} ", "\t{} ", "[{}] ", "(#{})", "{}.1 ", "{}000 ", "{}<")
    ),
    enhanced_statuses(),
)


# --- replies -------------------------------------------------------------------------------


def replies() -> st.SearchStrategy[Reply]:
    """Generate all replies that can be built: codes, texts, statuses, defects of any kind.

    >>> from hypothesis import find
    >>> find(replies(), lambda reply: reply.is_permanent and len(reply.lines) > 1)
    Reply(500, lines=('', ''))
    """
    return _replies_of_textstrings | _replies_with_status()


_replies_of_textstrings = st.builds(
    Reply.from_textstrings,
    reply_codes(),
    st.lists(textstrings(), min_size=1, max_size=5),
    st.sets(st.sampled_from(Defect), max_size=3),
)


@st.composite
def _replies_with_status(draw: st.DrawFn) -> Reply:
    # RFC 2034 4: no status on a 3yz nor on a greeting; on a 220 that answers STARTTLS it is 2.y.z.
    code = draw(reply_codes().filter(lambda code: code // 100 != 3 and code != GREETING))
    lines = draw(st.lists(textstrings(), max_size=5))
    return Reply(code, lines, draw(enhanced_statuses()))


@st.composite
def wire_replies(draw: st.DrawFn) -> bytes:
    r"""Generate the octets of replies in due form: all that the ABNF of RFC 5321 4.2 generates.

    All lines have the same code, as 4.2.1 demands beside the ABNF. Lines of more than 512 octets
    are rare: their length is not in the ABNF.

    >>> from hypothesis import find
    >>> find(wire_replies(), lambda octets: octets.count(b"\n") == 2)
    b'200-\r\n200\r\n'
    """
    code = draw(reply_codes(strict=True))
    text = st.just("") | textstrings(strict=True)
    *before, last = draw(st.lists(text, min_size=1, max_size=5))
    lines = [f"{code}-{text}" for text in before]
    lines.append(f"{code} {last}" if last else f"{code}")
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


# --- what servers should not send ----------------------------------------------------------

_LEADING = (b" ", b"\t  ", b"\0", b"\0\0", b"\xef\xbb\xbf", b"\0 \xef\xbb\xbf")
_SEPARATORS = (b"\t", b":", b" : ", b";", b",", b"=", b"_", b"/", b"|", b"", b"\xa0", b"+", b"--")
_LINE_ENDS = (b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n\r\n", b"\n \t\n")
_NO_CODE_LINES = (
    b"",
    b" \t",
    b"No code here",
    b"2500 octets",
    b"220.181.12.1 said",
    b"6xx",
    b"25 ok",
)
_ODD_TEXTS = (
    b"",
    b" ",
    b"bare \r in it",
    b"\r",
    b"\x1b[31mred\x07",
    b"\0\x7f",
    "Empfänger unbekannt".encode(),
    "Empfänger unbekannt".encode("latin-1"),
    "邮箱不存在".encode("gbk"),
    "\x85 \u202e \ufeff".encode(),
    b"x" * MAX_LINE,
)


class _Line(NamedTuple):
    """A line but for its code. No separator: the one that belongs there."""

    leading: bytes
    separator: bytes | None
    text: bytes

    def with_code(self, code: bytes, due: bytes) -> bytes:
        separator = due if self.separator is None else self.separator
        if self.text[:1].isdigit() or self.text[:1] == b".":
            separator = separator or due  # "2505.1.1 Ok" has no code
        return self.leading + code + separator + self.text


_codes = reply_codes().map(lambda code: b"%d" % code)
_octet_texts = textstrings().map(lambda text: text.encode("utf-8", "surrogateescape"))
_line_ends = st.just(b"\r\n") | st.sampled_from(_LINE_ENDS)
_lines = st.builds(
    _Line,
    st.just(b"") | st.sampled_from(_LEADING),
    st.none() | st.sampled_from((*_SEPARATORS, b"-", b" ")),
    _octet_texts | st.sampled_from(_ODD_TEXTS),
)
_later_lines = st.lists(
    st.tuples(_line_ends, st.none() | _codes, _lines | st.sampled_from(_NO_CODE_LINES)), max_size=3
)
_last_lines = st.none() | st.tuples(_line_ends, _lines)
_folds = st.lists(st.tuples(st.sampled_from((b"-", b" ")), _octet_texts), max_size=3)


@st.composite
def damaged_replies(draw: st.DrawFn) -> bytes:
    r"""Generate octets with every `Defect` there is, one or many at once.

    They begin with a reply code (blank lines, white space, NUL and byte order marks aside), so
    `parse` gives a reply for them or, since a damaged line may end one, a `MultipleRepliesError`.

    >>> from hypothesis import given
    >>> from smtpreply import parse_all
    >>> @given(damaged_replies())
    ... def gives_replies(octets):
    ...     assert parse_all(octets)
    >>> gives_replies()
    """
    code = draw(_codes)
    later, last = draw(_later_lines), draw(_last_lines)
    octets = draw(_lines).with_code(code, b"-" if later or last else b" ")
    for line_end, other_code, line in later:
        octets += line_end
        octets += line if isinstance(line, bytes) else line.with_code(other_code or code, b"-")
    if last is not None:
        octets += last[0] + last[1].with_code(code, b" ")
    if draw(st.booleans()):  # written as one line, which only a hyphen at the start shows
        folds = draw(_folds)
        octets = code + b"-" + draw(_octet_texts)
        octets += b"".join(b" " + code + mark + text for mark, text in folds)
    blank_lines = draw(st.sampled_from((b"", b"\r\n", b"\n", b" \r\n")))
    return blank_lines + octets + draw(st.just(b"") | _line_ends)


# --- streams -------------------------------------------------------------------------------


@st.composite
def streams(draw: st.DrawFn) -> Stream:
    r"""Generate what is in one buffer after pipelining: some replies, and which they are.

    The line ends of each reply are CRLF or LF. Replies compare by code and text, so that those
    read from `Stream.octets` equal `Stream.replies`.

    >>> from hypothesis import given
    >>> from smtpreply import parse_all
    >>> @given(streams())
    ... def all_are_read(stream):
    ...     assert parse_all(stream.octets) == list(stream.replies)
    >>> all_are_read()
    """
    sent = draw(st.lists(replies(), max_size=6))
    line_ends = [draw(st.sampled_from((b"\r\n", b"\n"))) for _ in sent]
    octets = [
        bytes(reply).replace(b"\r\n", end) for reply, end in zip(sent, line_ends, strict=True)
    ]
    return Stream(b"".join(octets), tuple(sent))


def chunkings(octets: bytes) -> st.SearchStrategy[list[bytes]]:
    """Generate divisions of `octets` into chunks as a connection may, down to single octets.

    No chunk is empty, since that would be the end of the stream.

    Args:
        octets: the octets of a connection.

    >>> from hypothesis import find
    >>> find(chunkings(b"250 Ok"), lambda chunks: len(chunks) < 3)
    [b'250 Ok']
    """
    if not octets:
        return st.just([])
    cuts = st.sets(st.integers(1, len(octets) - 1)) if len(octets) > 1 else st.just(set[int]())
    every_octet = st.just([octets[at : at + 1] for at in range(len(octets))])
    return cuts.map(lambda cuts: _cut(octets, sorted(cuts))) | every_octet


def _cut(octets: bytes, cuts: list[int]) -> list[bytes]:
    bounds = [0, *cuts, len(octets)]
    return [octets[start:end] for start, end in pairwise(bounds)]
