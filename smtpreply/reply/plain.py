"""The short way to the content of a reply, for those whose lines keep to one plain form.

    plain-reply = *( code "-" [ text ] EOL ) head [ text ] [ EOL ]
    EOL         = CRLF / LF            ; the same on all lines
    head        = code SP / odd-head   ; an odd one in replies of one line only, see `opening`
    text        = *( any octet but CR and LF )

with the same code on all lines, and the enhanced status plainly at the start of each text or of
none. A single line may also end with CR CR LF or, where there is no LF, with CR. `parse` has looked
at the head of each line, which is all that the code depends on; here the rest is looked at, when
somebody asks for it. Whatever turns out to be of another form is left to `grammar.read_reply`,
which reads everything. The two agree wherever the short way is taken, on every field: property
tests hold them to it, so that a change of the one is a change of both.

What is done here is done for every reply in a log, so it is written for speed: one pass over the
octets for each question, in C, and no look at single characters. On CPython 3.11 a look into a
dict, a slice, a call and a property each take a fortieth of the time of reading a reply. An octet
is sought as a number, since the search for octets fails inside first; `octets[-1]` takes a third of
the time of `endswith`, and `translate` half of that of `isprintable`; a slice object that is made
once (`FIRST`, `LineForm.place`) saves a quarter of the slicing. Measure a change with
``python -m benchmarks.forms``: what saves time in a loop over one reply may save none over many.
"""

from __future__ import annotations

from smtpreply._support import regex as re
from smtpreply.reply.defects import Defect, in_order
from smtpreply.reply.enhanced import STATUS_ENDS, may_end_with_status, may_have_status
from smtpreply.reply.grammar import (
    LEADS_TO_C1,
    MAX_LINE,
    WITHOUT_CONTROLS,
    Content,
    content_of,
    content_of_line,
    newline_of,
    read_reply,
    read_text,
)
from smtpreply.reply.opening import (
    FIRST,
    HEADS,
    OPENINGS,
    LineForm,
    Opening,
    new_opening,
    with_long_status,
)
from smtpreply.reply.unfolding import unfold

# Whether octets that have an `Opening` are several lines of one code in due order. What the texts
# hold is not looked at. (`.` takes a fifth less time than `[^\n]`, and so do the bound methods.)
_SEVERAL_LINES = re.compile(rb"(...)-.*+\n(?:\1-.*+\n)*+\1 .*+\n?+")
match_lines = _SEVERAL_LINES.match
match_all_lines = _SEVERAL_LINES.fullmatch

# For `translate`, which returns the same object where nothing changes: nearly every text of a line.
_ONLY_PLAIN = WITHOUT_CONTROLS.translate(bytes.maketrans(b"\r\n\xc2", b"???"))
_CR = 0x0D
_LF = 0x0A

_LINE_END_DEFECTS: dict[bytes, tuple[Defect, ...]] = {
    b"\r\n": (),
    b"\n": (Defect.BARE_LF,),
    b"": (Defect.NO_FINAL_NEWLINE,),
}
_BARE_LF = (Defect.BARE_LF,)
_NON_ASCII = (Defect.NON_ASCII,)


class LazyReply:
    """The octets of a reply, whose first line has an `Opening`; the rest is read on access."""

    # Only the opening is looked at when a reply is read; `_content` is None until somebody asks
    # for more. Nothing else is kept, and what is not kept is derived: most replies that are read
    # are asked for their code, and then thrown away.
    #
    # A property costs 40 ns on CPython 3.11, which is why others were measured. What loses: slots
    # with `__getattr__` (each read takes the slow look-up, and the first raises), descriptors over
    # a `__dict__` (no read is specialised), `attrgetter` (no faster). Public slots that a base
    # class fills in before `__class__` becomes `Reply` save 50 ns and lose as much when the
    # content is kept; CPython 3.13 has hardly a use for any, since it inlines properties.
    __slots__ = ("_content", "_octets", "_opening")

    _opening: Opening
    _octets: bytes
    _content: Content | None

    def _read(self) -> Content:
        """Read the octets, and keep what they say."""
        octets = self._octets
        opening = self._opening
        if opening.ends_in_status:
            opening = with_long_status(opening, octets)
        if opening.continued:
            return self._keep(_read_several_lines(octets, opening))
        # Octets without LF have no CR but as the last, else a CR would end a line: see `parse`.
        if octets[-2] == _CR:
            form = opening.crlf
        elif (last := octets[-1]) == _LF:
            form = opening.lf
        else:
            form = opening.cr if last == _CR else opening.unended
        text = octets[form.place]
        if len(octets) > MAX_LINE:
            return self._keep(None)
        if text.translate(_ONLY_PLAIN) is not text:
            odd = _read_odd_text(text, form)
            if odd is None:
                return self._keep(None)
            line, defects = odd
        else:
            try:
                line = text.decode()
            except UnicodeDecodeError:
                line = text.decode("utf-8", "surrogateescape")
                defects = (*form.defects, Defect.NOT_UTF8)
            else:
                defects = form.defects if line.isascii() else form.non_ascii
        status = opening.status
        if status is None and (opening.begins_oddly or (line and line[-1] in STATUS_ENDS)):
            content = content_of_line(opening.code, line, defects)
        else:
            content = (line,), line, status, defects, None
        self._content = content
        return content

    def _keep(self, content: Content | None) -> Content:
        """Keep the content; where there is none, the octets are not plain, and read in full."""
        self._content = content = content or read_in_full(self._octets)
        return content


def _read_odd_text(text: bytes, form: LineForm) -> tuple[str, tuple[Defect, ...]] | None:
    """Read the text of one line that has control characters; None where there are more lines."""
    defects = form.defects
    if text[-1] == _CR:  # before CRLF: see `LazyReply._read`
        text = text.rstrip(b"\r")
        defects += (Defect.EXTRA_CR,)
    if _CR in text or _LF in text:
        return None
    line, found = read_text(text)
    return line, in_order((*defects, *found))


def read_in_full(octets: bytes) -> Content:
    """Read octets that are known to hold one reply, in whatever form."""
    reading = read_reply(octets, 0, newline_of(octets))
    assert reading is not None
    _, content, _ = reading
    return content


def read_folded(octets: bytes) -> tuple[int, Content] | None:
    """Read several lines that were written as one, and which are plain when unfolded.

    Returns:
        The code and the content; None where the octets are not so, and `read_reply` must read them.
    """
    if octets[3:4] != b"-":
        return None
    line = octets.rstrip(b"\r\n")
    opening = HEADS.get(line[:4])
    defects = _LINE_END_DEFECTS.get(octets[len(line) :])
    if opening is None or defects is None:
        return None
    if _LF in line or _CR in line or len(octets) > MAX_LINE:
        return None
    code = line[:3]
    (*before, last), ended = unfold(code, line[4:])
    if not ended:
        return None
    newline = b"\r\n%b-" % code
    unfolded = b"%b-%b\r\n%b %b\r\n" % (code, newline.join(before), code, last)
    content = _read_several_lines(
        unfolded, OPENINGS.get(unfolded[FIRST]) or new_opening(unfolded) or opening
    )
    if content is None:
        return None
    lines, text, status, found, sent = content
    return opening.code, (lines, text, status, (*defects, Defect.FOLDED, *found), sent)


def _read_several_lines(octets: bytes, opening: Opening) -> Content | None:
    if octets[-1] == _LF:
        form = opening.crlf if octets[-2] == _CR else opening.lf
        place, defects = form.place, form.defects
    else:
        form = opening.crlf if octets[octets.find(b"\n") - 1] == _CR else opening.lf
        place, defects = opening.unended.place, opening.unended.defects
        if form is opening.lf:
            defects = _BARE_LF + defects
    if octets.translate(WITHOUT_CONTROLS) is not octets:
        return None
    if len(octets) > MAX_LINE and max(map(len, octets.splitlines(keepends=True))) > MAX_LINE:
        return None
    try:
        body = octets[place].decode()
    except UnicodeDecodeError:
        return None
    before, _, last = body.rpartition(form.last_head)
    lines = (*before.split(form.next_head), last)
    # Where a line has another head (it lacks the status) or another line end, these are left in.
    texts = "".join(lines)
    if "\n" in texts or "\r" in texts:
        return None
    if not texts.isascii():
        if LEADS_TO_C1 in octets and read_text(octets)[1] != _NON_ASCII:
            return None
        defects += _NON_ASCII
    text = "\n".join(lines)
    status = opening.status
    if status is None and _hold_status(lines, text, opening):
        return content_of(opening.code, lines, defects)
    return lines, text, status, defects, None


def _hold_status(lines: tuple[str, ...], text: str, opening: Opening) -> bool:
    # A dot is in every status. In an answer to EHLO, only the first line has one, in a name.
    if "." in text[len(lines[0]) :]:
        return any(map(may_have_status, lines))
    return opening.begins_oddly or may_end_with_status(lines[0])
