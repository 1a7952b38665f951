"""`template`: a text with its variable parts masked."""

from __future__ import annotations

from smtpreply.reasons.tokens import Kind, tokens


def template(text: str) -> str:
    """Mask addresses, IPs, hosts, URLs, times, ids and numbers; keep codes and words.

    Replies that differ in these only have one template, by which they can be counted.

    Args:
        text: a reply, a diagnostic, or any other text.

    >>> template("450 4.7.1 <bob@example.com>: 17 mails from 192.0.2.1, wait 300 s (4XyZ12ab)")
    '450 4.7.1 <address>: <number> mails from <ip>, wait <number> s (<id>)'
    """
    parts: list[str] = []
    at = 0
    for token in tokens(text):
        if token.kind is Kind.NUMBER and _is_code(text, token.start, token.end):
            continue
        parts += (text[at : token.start], token.kind.value)
        at = token.end
    masked = "".join([*parts, text[at:]])
    return " ".join(masked.split()).replace("<<address>>", "<address>")


def _is_code(text: str, start: int, end: int) -> bool:
    """Return whether a number is the reply code of the text or of one of its lines."""
    heads_a_line = start == 0 or text[start - 1] == "\n"
    return heads_a_line and end - start == 3 and text[start] in "2345"
