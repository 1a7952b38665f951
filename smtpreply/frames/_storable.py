"""Text as a column can hold it, which is UTF-8 and nothing else."""

from __future__ import annotations

import re

_SURROGATES = re.compile("[\ud800-\udfff]")


def storable(text: str) -> str:
    r"""Return U+FFFD for each octet that is not UTF-8, which stands in text as a surrogate escape.

    >>> storable("\u00fc\udcff")
    'ü\ufffd'
    """
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)
