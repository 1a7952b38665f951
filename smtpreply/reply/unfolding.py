"""Several lines of a reply that were written as one, and how they become lines again.

Postfix, Gmail's bounces and many others write a reply of several lines to a log or a bounce as
one line: ``550-5.7.1 Our system has detected 550-5.7.1 that this message is 550 5.7.1 spam.``
"""

from __future__ import annotations

import functools
import re

# A refusal with a status of its own class, as the head of a line.
_REFUSAL = re.compile(rb" (([45])[0-9]{2})([ -])(?=\2\.[0-9]{1,3}\.[0-9]{1,3}(?: |\Z))")
_LEADING_STATUS = re.compile(rb"[245]\.[0-9]{1,3}\.[0-9]{1,3} ")


def unfold(code: bytes, text: bytes) -> tuple[list[bytes], bool]:
    """Split `text`, which followed ``code-`` and is all there is, into the lines it was.

    A hyphen after the code promised more lines, so `` code-`` and `` code `` in the text are read
    as heads of lines. Where the first line has an enhanced status, the heads are those that
    repeat it, if any do, and those of empty lines: "call extension 550-12" is then no head. The
    first `` code `` after the last `` code-`` is the last line: what follows it is text.

    Returns:
        The texts, one or more, and whether a last line was among them.

    >>> unfold(b"550", b"5.7.1 We have 550-5.7.1 seen 550 5.7.1 spam.")
    ([b'5.7.1 We have', b'5.7.1 seen', b'5.7.1 spam.'], True)
    """
    leading = _LEADING_STATUS.match(text)
    if leading is not None:
        lines, ended = _cut(code, text, leading[0].rstrip())
        if len(lines) > 1:
            return lines, ended
    return _cut(code, text, b"")


def unfold_to_any_code(code: bytes, text: bytes) -> tuple[bytes, list[bytes], bool]:
    """Split as `unfold` does, and where no last line of the code is found, as the code changes.

    Only a refusal after a 2yz, with a status, is such a change: the server has broken off, as with
    "220-mx.example.com" and "421 4.2.1 Too many connections" on two lines. After a refusal, what
    looks like another reply may well be quoted, and the first one stands.

    Returns:
        The code of the last line, the texts, and whether a last line was among them.

    >>> unfold_to_any_code(b"220", b"mx.example.com 421 4.2.1 Too many connections")
    (b'421', [b'mx.example.com', b'4.2.1 Too many connections'], True)
    """
    lines, ended = unfold(code, text)
    refusal = None if ended or not code.startswith(b"2") else _REFUSAL.search(lines[-1])
    if refusal is None:
        return code, lines, ended
    before, after = lines[-1][: refusal.start()], lines[-1][refusal.end() :]
    refused, ended = unfold(refusal[1], after) if refusal[3] == b"-" else ([after], True)
    return refusal[1], [*lines[:-1], before, *refused], ended


@functools.lru_cache(maxsize=1024)
def _head(code: bytes, status: bytes) -> re.Pattern[bytes]:
    # A line that is empty has no status to repeat.
    return re.compile(rb" %b-(?=%b%b)" % (code, re.escape(status), rb"| " if status else b""))


def _cut(code: bytes, text: bytes, status: bytes) -> tuple[list[bytes], bool]:
    lines = _head(code, status).split(text)
    last_head = b" " + code + b" "
    before, head, after = lines[-1].partition(last_head + status)
    if head:
        lines[-1:] = [before, status + after]
    elif len(lines) > 1:  # where heads repeat the status, the last one may have another, or none
        before, head, after = lines[-1].partition(last_head)
        lines[-1:] = [before, after] if head else [before]
        if not head and before.endswith(b" " + code):  # a last line that is the code alone
            head = last_head
            lines[-1:] = [before[: -len(code) - 1], b""]
    return lines, bool(head)
