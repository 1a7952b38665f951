"""Several lines of a reply that were written as one, and how they become lines again.

Postfix, Gmail's bounces and many others write a reply of several lines to a log or a bounce as
one line: ``550-5.7.1 Our system has detected 550-5.7.1 that this message is 550 5.7.1 spam.``
"""

from __future__ import annotations

import functools
import re

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
