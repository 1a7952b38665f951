"""Properties of all replies. Each docstring is the sentence that its test proves."""

from __future__ import annotations

import copy
import json
import pickle
import re
import smtplib
from collections.abc import Callable
from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smtpreply import (
    Defect,
    EnhancedStatus,
    LineTooLongError,
    MultipleRepliesError,
    Reply,
    ReplyError,
    ReplySyntaxError,
    ReplyTooLongError,
    TooManyLinesError,
    iter_replies,
    parse,
    parse_all,
)
from smtpreply.reply.grammar import newline_of, read_reply
from smtpreply.reply.model import reply_of
from smtpreply.reply.opening import OPENINGS, opening_of
from smtpreply.reply.parser import Raw
from smtpreply.reply.stream import END_OF_STREAM, NEED_DATA, ReplyReader
from smtpreply.testing import (
    Stream,
    chunkings,
    damaged_replies,
    enhanced_statuses,
    replies,
    reply_codes,
    streams,
    textstrings,
    wire_replies,
)

KINDS: list[Callable[[bytes], Raw]] = [
    bytes,
    bytearray,
    memoryview,
    lambda octets: octets.decode("utf-8", "surrogateescape"),
]

# A busy machine may take its time.
settings.register_profile("unhurried", parent=settings(), deadline=None)
settings.load_profile("unhurried")

# RFC 5321 4.2, written down once more, apart from the grammar that it is to check; and 4.2.1, by
# which servers should send the space where no text follows.
ONE_REPLY = re.compile(
    rb"(?:([2-5][0-5][0-9])-[\x09\x20-\x7e]*\r\n)*([2-5][0-5][0-9])(?: [\x09\x20-\x7e]*)?\r\n"
)

# Random octets are hardly ever a reply; these are made of what replies are made of.
PIECES = (
    b"250|550|571|-| |\t|:|\r\n|\n|\r|\0|5.1.1|5.01.1|#|(|)|[|]"
    b"| 550-| 550 |\xef\xbb\xbf|\xff|\x1b|Ok"
)
pieces = st.sampled_from(PIECES.split(b"|"))
any_octets = st.binary() | st.lists(pieces, max_size=20).map(b"".join) | damaged_replies()
any_text = st.text(st.characters(exclude_categories=[])) | any_octets.map(
    lambda octets: octets.decode("utf-8", "surrogateescape")
)


def in_due_form(octets: bytes) -> bool:
    """Whether the ABNF generates `octets` and the code is the same on every line."""
    return (
        bool(ONE_REPLY.fullmatch(octets)) and len({line[:3] for line in octets.splitlines()}) == 1
    )


def accepted_by_strict(octets: bytes) -> bool:
    try:
        parse(octets, strict=True)
    except ReplySyntaxError:
        return False
    return True


def fields(reply: Reply) -> tuple[object, ...]:
    names = ("code", "lines", "text", "enhanced", "defects", "textstrings", "statuses", "raw")
    return tuple(getattr(reply, name) for name in names)


def outcome(raw: Raw, *, strict: bool = False) -> object:
    """Return all that there is to know of a reply, or of the error."""
    try:
        return fields(parse(raw, strict=strict))
    except ReplyError as error:
        return type(error), str(error).rpartition("position")[0], error.args[3]


# --- three outcomes and no fourth ----------------------------------------------------------


def one(raw: Raw, *, strict: bool) -> list[Reply]:
    return [parse(raw, strict=strict)]


def check_reply(reply: Reply) -> None:
    assert 200 <= reply.code <= 599
    assert len(reply.lines) == len(reply.textstrings) == len(reply.statuses) >= 1
    assert str(reply).replace("\n", "").isprintable()
    assert repr(reply).isprintable()
    assert bytes(reply).endswith(b"\r\n")


def check_error(error: ReplySyntaxError, raw: Raw) -> None:
    assert str(error).isprintable()
    assert 0 <= error.position <= len(raw)
    assert error.line >= 1


@pytest.mark.parametrize("door", [one, parse_all])
@pytest.mark.parametrize("kind", KINDS)
@given(octets=any_octets, strict=st.booleans())
def test_any_octets_give_a_reply_or_a_reply_error(
    door: Callable[..., list[Reply]], kind: Callable[[bytes], Raw], octets: bytes, strict: bool
) -> None:
    """Any octets give a Reply or a ReplyError and nothing else, and so does all that is asked."""
    raw = kind(octets)
    try:
        found = door(raw, strict=strict)
    except ReplySyntaxError as error:
        check_error(error, raw)
    else:
        for reply in found:
            check_reply(reply)


@given(any_text, st.booleans())
@example("250 \ud800", False)
@example("250 \udcff\ud800\r\n250 a", False)
def test_any_text_gives_a_reply_or_a_reply_error(text: str, strict: bool) -> None:
    """Any str gives a Reply or a ReplyError and nothing else, surrogates and all."""
    try:
        reply = parse(text, strict=strict)
    except ReplySyntaxError as error:
        check_error(error, text)
    else:
        check_reply(reply)


@given(damaged_replies())
def test_whatever_begins_with_a_code_gives_a_reply(octets: bytes) -> None:
    """What begins with a reply code gives one reply or more, and never "no reply code"."""
    found = parse_all(octets)
    assert found
    if len(found) == 1:
        assert fields(parse(octets)) == fields(found[0])
    else:
        with pytest.raises(MultipleRepliesError):
            parse(octets)


@settings(derandomize=True, max_examples=1000, deadline=None)
@given(damaged_replies())
def collect_defects(octets: bytes) -> None:
    for reply in parse_all(octets):
        seen.update(reply.defects)


seen: set[Defect] = set()


def test_the_damaged_replies_have_every_defect() -> None:
    """There is no Defect that `damaged_replies` never makes."""
    collect_defects()
    assert seen == set(Defect)


# --- round trips ---------------------------------------------------------------------------


@given(replies())
def test_a_built_reply_is_what_its_octets_say(reply: Reply) -> None:
    """parse(bytes(r)) == r for every reply that can be built, and says the same of each line."""
    again = parse(bytes(reply))
    assert again == reply
    assert (again.lines, again.enhanced, again.statuses) == (
        reply.lines,
        reply.enhanced,
        reply.statuses,
    )


@given(replies())
def test_a_built_reply_has_the_defects_of_its_octets(reply: Reply) -> None:
    """A built reply has at least the defects that its own octets have."""
    assert set(parse(bytes(reply)).defects) <= set(reply.defects)


@given(any_octets)
@example(b"550-a\r 550 b\r\n")
@example(b"250 \r250 Ok\r\n")
def test_a_parsed_reply_is_what_its_octets_say(octets: bytes) -> None:
    """parse(bytes(r)) == r for every reply that was read, whatever its defects."""
    try:
        found = parse_all(octets)
    except ReplySyntaxError:
        return
    for reply in found:
        assert parse(bytes(reply)) == reply
        assert bytes(parse(bytes(reply))) == bytes(reply)


@given(wire_replies())
def test_octets_in_due_form_come_back(octets: bytes) -> None:
    """bytes(parse(octets)) == octets for all that the ABNF generates."""
    assert bytes(parse(octets)) == octets
    assert parse(octets).raw == octets


@given(damaged_replies())
def test_no_octet_is_lost(octets: bytes) -> None:
    """The octets of all replies together are those that came in, up to blank lines at the end."""
    found = b"".join(reply.raw for reply in parse_all(octets))
    assert octets.startswith(found)
    assert not octets[len(found) :].strip(b" \t\r\n")


@given(replies() | damaged_replies().map(lambda octets: parse_all(octets)[0]))
def test_a_reply_goes_through_json(reply: Reply) -> None:
    """Reply.from_dict(json.loads(json.dumps(r.to_dict()))) == r, defects included."""
    again = Reply.from_dict(json.loads(json.dumps(reply.to_dict())))
    assert again == reply
    assert again.to_dict() == reply.to_dict()


@given(replies() | damaged_replies().map(lambda octets: parse_all(octets)[0]))
def test_a_replacement_of_nothing_changes_nothing(reply: Reply) -> None:
    """copy.replace(r) == r."""
    assert reply.__replace__() == reply


@given(replies() | wire_replies().map(parse))
def test_a_reply_is_what_smtplib_would_say_of_it(reply: Reply) -> None:
    """Reply.from_response(code, message) == r for the message as smtplib joins it."""
    message = "\n".join(reply.textstrings).encode("utf-8", "surrogateescape")
    again = Reply.from_response(reply.code, message)
    assert again == reply
    assert fields(parse(bytes(reply))) == fields(again)


@given(enhanced_statuses())
def test_an_enhanced_status_is_what_its_text_says(status: EnhancedStatus) -> None:
    """EnhancedStatus.parse(str(s)) == s."""
    assert EnhancedStatus.parse(str(status)) == status


@given(st.lists(enhanced_statuses()))
def test_enhanced_statuses_order_as_their_numbers(statuses: list[EnhancedStatus]) -> None:
    """Sorting statuses is sorting tuples of their three numbers."""
    numbers = [(status.class_, status.subject, status.detail) for status in sorted(statuses)]
    assert numbers == sorted(numbers)


# --- values --------------------------------------------------------------------------------


@given(st.lists(replies() | damaged_replies().map(lambda octets: parse_all(octets)[0]), max_size=8))
def test_equal_replies_have_equal_octets_and_hashes(several: list[Reply]) -> None:
    """Two replies are equal exactly if their canonical octets are, and then so are their hashes."""
    for one, other in pairwise([*several, *map(copy.copy, several[:1])]):
        assert (one == other) == (bytes(one) == bytes(other))
        assert (one == other) <= (hash(one) == hash(other))


@given(
    replies() | damaged_replies().map(lambda octets: parse_all(octets)[0]),
    st.integers(0, pickle.HIGHEST_PROTOCOL),
    st.booleans(),
)
def test_a_reply_pickles_and_copies_with_every_field(
    reply: Reply, protocol: int, read_first: bool
) -> None:
    """A pickled (all protocols) and a copied reply have all fields, read before or after."""
    if read_first:
        fields(reply)
    again = pickle.loads(pickle.dumps(reply, protocol))
    assert (again, hash(again)) == (reply, hash(reply))
    assert (
        fields(again) == fields(copy.deepcopy(reply)) == fields(copy.copy(reply)) == fields(reply)
    )


# --- the entry points agree ------------------------------------------------------------------


@given(any_octets, st.booleans())
def test_text_and_octets_agree(octets: bytes, strict: bool) -> None:
    """bytes, bytearray, memoryview and str of the same octets give the same reply or error."""
    assert len({outcome(kind(octets), strict=strict) for kind in KINDS}) == 1


@given(any_octets)
def test_a_reply_read_late_equals_one_read_at_once(octets: bytes) -> None:
    """The reply of the short way (bytes, read when asked) has every field of the long way's."""
    assert outcome(octets) == outcome(bytearray(octets))


@given(wire_replies())
def test_a_reply_in_due_form_read_late_equals_one_read_at_once(octets: bytes) -> None:
    """The same for all that the ABNF generates, and with LF for CRLF."""
    for form in (octets, octets.replace(b"\r\n", b"\n"), octets[:-2]):
        assert outcome(form) == outcome(bytearray(form))


# --- the short way and the long way --------------------------------------------------------

# Texts of plain replies, and what looks like them.
_plain_texts = st.builds(
    "{}{}{}".format,
    st.sampled_from(
        (
            "",
            "5.1.1 ",
            "2.0.0 ",
            "4.7.650 ",
            "5.1.1",
            "5.01.1 ",
            "#5.1.1 ",
            " 5.1.1 ",
            "5.1.1:",
            "-",
        )
    ),
    st.text(st.characters(exclude_characters="\r\n"), max_size=8)
    | st.sampled_from(("No such user", "a\tb", "a\rb", "a\u00a0b", "x" * 505, "192.0.2.5 Ok")),
    st.sampled_from(("", "", " (#5.1.1)", " [2.0.0] ", ")", "\r", " 550 x", " 550-5.1.1 x")),
)


@st.composite
def nearly_plain_replies(draw: st.DrawFn) -> bytes:
    """Generate replies of one code in due order, with any line ends and any texts.

    Often all lines have the same status: drawn texts hardly ever do.
    """
    code = draw(st.sampled_from((220, 250, 334, 421, 550, 571)) | reply_codes())
    head = draw(st.sampled_from(("", "", "5.1.1 ", "2.0.0 ", "5.7.26 ", "4.7.650 ")))
    texts = draw(st.lists(_plain_texts.map(head.__add__) | _plain_texts, min_size=1, max_size=4))
    line_end = draw(st.sampled_from(("\r\n", "\n", "\r\r\n")))
    ends = [line_end] * len(texts)
    if draw(st.integers(0, 5)) == 0:
        ends[draw(st.integers(0, len(ends) - 1))] = "\n"
    if draw(st.booleans()):
        ends[-1] = ""
    separators = ["-"] * (len(texts) - 1) + [" "]
    lines = zip(separators, texts, ends, strict=True)
    reply = "".join(f"{code}{separator}{text}{end}" for separator, text, end in lines)
    return reply.encode("utf-8", "surrogatepass")


@st.composite
def oddly_headed_replies(draw: st.DrawFn) -> bytes:
    """Generate replies of one line whose head is odd, and of any length."""
    leading = draw(st.lists(st.sampled_from((b" ", b"\t", b"\0", b"\xef\xbb\xbf")), max_size=9))
    separator = draw(st.sampled_from((b"", b"-", b" ", b":", b": ", b"\t", b"\t   ", b".", b"_")))
    text = draw(_plain_texts).encode("utf-8", "surrogatepass")
    code = b"%d" % draw(st.sampled_from((220, 250, 334, 550, 571)))
    return b"".join((*leading, code, separator, text, draw(st.sampled_from((b"", b"\n", b"\r\n")))))


def read_the_long_way(octets: bytes) -> tuple[object, ...]:
    reading = read_reply(octets, 0, newline_of(octets))
    assert reading is not None
    code, content, end = reading
    assert end == len(octets)
    return fields(reply_of(opening_of(code), octets, content))


def is_left_unread(reply: Reply) -> bool:
    return reply._content is None


@settings(max_examples=1000)
@given(nearly_plain_replies() | oddly_headed_replies() | wire_replies() | any_octets)
@example(b"\xef\xbb\xbf\t 550 5.1.1 a")
@example(b"550-5.1.1 a 550 5.1.1 b\n")
@example(b"220-a 220 \xc3\xb6")
@example(b"550-5.1.1 a\r\n550-5.1.1 b 550 5.1.1 c\r\n")
@example(b"571- 571-5.1.1 a 571 5.1.1 b")
@example(b"250 Ok\n\n")
@example(b"550 a (#4.1.1)\r\n")
def test_the_short_way_says_what_the_long_way_says(octets: bytes) -> None:
    """Whatever `parse` takes the short way for, `read_reply` reads to the same fields."""
    try:
        reply = parse(octets)
    except ReplySyntaxError:
        return
    assert fields(reply) == read_the_long_way(octets)
    text = octets.decode("utf-8", "surrogateescape")
    assert fields(parse(text)) == fields(reply)


def all_read_the_long_way(octets: bytes) -> list[tuple[object, ...]]:
    newline = newline_of(octets)
    found = []
    position = 0
    while (reading := read_reply(octets, position, newline)) is not None:
        code, content, end = reading
        found.append(fields(reply_of(opening_of(code), octets[position:end], content)))
        position = end
    return found


@settings(max_examples=1000)
@given(
    st.lists(
        nearly_plain_replies() | oddly_headed_replies() | damaged_replies() | any_octets,
        max_size=4,
    ).map(b"".join),
    st.sampled_from((b"\n", b"\n", b"\r")),
)
@example(b"250-a\n250-b\n250 c\nd\n250-e\n250 f", b"\n")
@example(b"250-a\r\n250 b\r\n250-c\r\n421 d\r\n250 e\r\r", b"\n")
@example(b"250 a\n250 \n250 2.0.0 b\n\n250-c\n250 d", b"\r")
def test_parse_all_says_what_the_long_way_says(octets: bytes, newline: bytes) -> None:
    """`parse_all` gives what `read_reply` reads, one after the other, or its error."""
    octets = octets.replace(b"\n", newline)
    try:
        expected = all_read_the_long_way(octets)
    except ReplySyntaxError:
        with pytest.raises(ReplySyntaxError):
            parse_all(octets)
    else:
        assert [fields(reply) for reply in parse_all(octets)] == expected


@settings(max_examples=500)
@given(nearly_plain_replies() | wire_replies())
def test_the_short_way_says_the_same_octet_by_octet_and_with_trailing_data(octets: bytes) -> None:
    """A reply that `parse` takes the short way for is the same in a buffer and on a connection."""
    try:
        reply = parse(octets)
    except ReplySyntaxError:
        return
    if not is_left_unread(reply) or not octets.endswith(b"\n"):
        return
    expected = read_the_long_way(octets)
    first, last = parse_all(octets + b"221 Bye")
    assert (fields(first), last.code) == (expected, 221)
    assert events_of([octets[at : at + 1] for at in range(len(octets))]) == [expected]
    reader = ReplyReader()
    reader.receive_data(octets + b"221 B")
    assert [fields(found) for found in reader] == [expected]
    assert reader.trailing_data == b"221 B"


@given(wire_replies())
def test_the_short_way_is_taken_for_what_is_in_due_form(octets: bytes) -> None:
    """In due form, with CRLF, with LF and without a line end, a reply is read when it is asked.

    Only a last line that is a code alone is left to the long way.
    """
    has_space = octets.splitlines()[-1][3:4] == b" "
    for form in (octets, octets.replace(b"\r\n", b"\n"), octets[:-2]):
        assert is_left_unread(parse(form)) == has_space


@pytest.mark.parametrize(
    "odd", [b"250\tOk", b"250: Ok", b" 250 Ok", b"\xef\xbb\xbf250 Ok", b"250Ok"]
)
def test_the_short_way_is_taken_for_a_line_that_is_odd_at_its_head_only(odd: bytes) -> None:
    """A server that writes its heads in a form of its own does so in every reply."""
    for form in (odd, odd + b"\n", odd + b"\r\n"):
        assert is_left_unread(parse(form))
        assert fields(parse(form)) == read_the_long_way(form)


def test_endless_openings_are_not_all_kept() -> None:
    """The table of openings is bounded, and what it forgets is read anew."""
    for number in range(10_000):
        assert parse(b"250 %06d" % number).code == 250
        assert parse(b"550 5.1.1 %d" % number).enhanced == EnhancedStatus(5, 1, 1)
    assert len(OPENINGS) < 5000


@given(streams(), st.sampled_from(KINDS))
def test_all_replies_of_a_buffer_come_out(stream: Stream, kind: Callable[[bytes], Raw]) -> None:
    """parse_all and iter_replies give the replies that stand in a buffer, in their order."""
    assert parse_all(kind(stream.octets)) == list(stream.replies)
    assert list(iter_replies(kind(stream.octets))) == list(stream.replies)


@given(st.lists(damaged_replies()).map(b"".join) | any_octets)
def test_a_reply_in_a_buffer_equals_the_same_octets_alone(octets: bytes) -> None:
    """Each reply of parse_all is what parse says of its octets, where LF ends the lines."""
    if b"\n" not in octets:
        return
    try:
        found = parse_all(octets)
    except ReplySyntaxError:
        return
    for reply in found:
        if b"\n" in reply.raw:
            assert fields(parse(reply.raw)) == fields(reply)


@given(damaged_replies().flatmap(lambda octets: st.tuples(st.just(octets), chunkings(octets))))
def test_a_chunking_is_its_octets(cut: tuple[bytes, list[bytes]]) -> None:
    """The chunks of `chunkings` are the octets, and none is empty."""
    octets, chunks = cut
    assert b"".join(chunks) == octets
    assert all(chunks)


# --- the reader ----------------------------------------------------------------------------

BOUNDS = {
    "max_line_length": LineTooLongError,
    "max_lines": TooManyLinesError,
    "max_reply_length": ReplyTooLongError,
}


def events_of(chunks: list[bytes], **bounds: int) -> list[Any]:
    """Return all that a reader says of a stream: the replies, then how it ended."""
    reader = ReplyReader(**bounds)
    events: list[Any] = []
    try:
        for chunk in [*chunks, b""]:
            reader.receive_data(chunk)
            while isinstance(event := reader.next_reply(), Reply):
                events.append(fields(event))
            assert event is (NEED_DATA if chunk else END_OF_STREAM)
    except ReplyError as error:
        events.append((type(error), error.args[0]))
        with pytest.raises(type(error)):  # an error stays
            reader.next_reply()
    return events


def with_chunkings(octets: st.SearchStrategy[bytes]) -> st.SearchStrategy[list[bytes]]:
    return octets.flatmap(chunkings)


@given(with_chunkings(st.lists(damaged_replies() | any_octets, max_size=3).map(b"".join)))
def test_a_stream_gives_the_same_however_it_was_cut(chunks: list[bytes]) -> None:
    """Any octets in any chunks give the same replies and the same end as in one piece."""
    whole = b"".join(chunks)
    assert events_of(chunks) == events_of([whole] if whole else [])


@given(
    with_chunkings(st.lists(damaged_replies(), max_size=3).map(b"".join)),
    st.integers(1, 40),
    st.integers(1, 3),
    st.integers(1, 80),
)
def test_a_bound_does_not_depend_on_the_chunks(
    chunks: list[bytes], line_length: int, lines: int, reply_length: int
) -> None:
    """A bound is met at the same place however the stream was cut."""
    bounds = {
        "max_line_length": line_length,
        "max_lines": lines,
        "max_reply_length": reply_length,
    }
    whole = b"".join(chunks)
    assert events_of(chunks, **bounds) == events_of([whole] if whole else [], **bounds)


@given(wire_replies())
def test_a_bound_is_what_is_still_taken(octets: bytes) -> None:
    """A reply of exactly the bounds is taken, and one less of any of them is its own error."""
    lines = octets.splitlines(keepends=True)
    bounds = {
        "max_line_length": max(map(len, lines)),
        "max_lines": len(lines),
        "max_reply_length": len(octets),
    }
    assert events_of([octets], **bounds) == [fields(parse(octets))]
    for name, error in BOUNDS.items():
        if bounds[name] > 1:
            [(kind, _)] = events_of([octets], **{name: bounds[name] - 1})
            assert kind is error


@given(st.data(), streams())
def test_all_replies_of_a_stream_come_out(data: st.DataObject, stream: Stream) -> None:
    """The reader gives the replies that stand in a stream, in their order, then its end."""
    reader = ReplyReader()
    found = []
    for chunk in [*data.draw(chunkings(stream.octets)), b""]:
        reader.receive_data(chunk)
        found += list(reader)
    assert found == list(stream.replies)
    assert reader.next_reply() is END_OF_STREAM
    assert reader.trailing_data == b""


@given(with_chunkings(wire_replies().map(lambda octets: octets * 3)))
def test_the_reader_gives_what_parse_all_gives_in_due_form(chunks: list[bytes]) -> None:
    """On what the ABNF generates, the reader's replies have every field of parse_all's."""
    found = [fields(reply) for reply in parse_all(b"".join(chunks))]
    assert events_of(chunks) == found


# --- strict --------------------------------------------------------------------------------


@given(wire_replies())
def test_strict_accepts_all_that_the_abnf_generates(octets: bytes) -> None:
    """What the ABNF generates is accepted, and is the lenient reply."""
    assert in_due_form(octets)
    assert fields(parse(octets, strict=True)) == fields(parse(octets))
    assert parse_all(octets * 2, strict=True) == [parse(octets)] * 2


@settings(max_examples=1000)
@given(any_octets)
@example(b"250 Ok\r\n\r\n")
@example(b"250 Ok\r\nrubbish\r\n")
@example(b"250 Ok\r\n250 Ok\r\n")
def test_strict_accepts_nothing_else(octets: bytes) -> None:
    """Of any octets, strict accepts those that the ABNF generates with one code, and no others."""
    assert accepted_by_strict(octets) == in_due_form(octets)


@st.composite
def changed_replies(draw: st.DrawFn) -> bytes:
    """Generate octets in due form with one octet put in, taken out or changed."""
    octets = draw(wire_replies())
    at = draw(st.integers(0, len(octets)))
    return octets[:at] + draw(st.binary(max_size=1)) + octets[at + draw(st.integers(0, 1)) :]


@settings(max_examples=500)
@given(changed_replies())
def test_strict_accepts_nothing_that_is_nearly_in_due_form(octets: bytes) -> None:
    """The same, one octet away from the ABNF, where a slip would show."""
    assert accepted_by_strict(octets) == in_due_form(octets)


@settings(max_examples=1000)
@given(any_octets | changed_replies() | wire_replies())
@example(b"250 Ok\r\n\r\n")
@example(b"250 Ok\r\nrubbish\r\n")
def test_a_reply_has_no_defect_of_the_grammar_exactly_if_strict_accepts_it(octets: bytes) -> None:
    """Lenient notes a defect that is `in_grammar` exactly where strict refuses."""
    try:
        reply = parse(octets)
    except ReplySyntaxError:
        assert not accepted_by_strict(octets)
    else:
        in_grammar = [defect for defect in reply.defects if defect.in_grammar]
        assert accepted_by_strict(octets) == (not in_grammar)


# --- the standard library ------------------------------------------------------------------


def what_smtplib_says(octets: bytes) -> tuple[int, bytes]:
    client = smtplib.SMTP()
    client.file = BytesIO(octets)
    return client.getreply()


@given(wire_replies())
def test_code_and_text_agree_with_smtplib(octets: bytes) -> None:
    """On what the ABNF generates, code and text are smtplib's, which strips each line."""
    reply = parse(octets)
    code, message = what_smtplib_says(octets)
    texts = [text.strip(" \t").encode("ascii") for text in reply.textstrings]
    assert (reply.code, b"\n".join(texts)) == (code, message)


# --- the strategies keep their word --------------------------------------------------------


@given(reply_codes(strict=True), textstrings(strict=True))
def test_the_strict_strategies_keep_to_the_abnf(code: int, text: str) -> None:
    """A strict code with a strict textstring is a reply of RFC 5321 4.2."""
    assert in_due_form(f"{code} {text}\r\n".encode("ascii"))


@given(textstrings())
def test_a_textstring_is_kept_as_it_is(text: str) -> None:
    """What `textstrings` generates is what a reply made of it gives back."""
    assert Reply.from_textstrings(250, [text]).textstrings == (text,)
