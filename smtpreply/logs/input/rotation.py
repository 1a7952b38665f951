"""The files of a rotated log, from the oldest on, by their names."""

from __future__ import annotations

import re
from pathlib import PurePath

from smtpreply._support.lazy_pattern import lazy_pattern

# Rotated: mail.log.2.gz (older the higher), mail.log-20261123.gz (older the lower).
_ROTATED = lazy_pattern(
    r"(?P<base>.*?)(?:[.-](?P<date>[0-9]{8}(?:-?[0-9]{2,10})?)|\.(?P<age>[0-9]{1,4}))?"
    r"(?:\.(?:gz|bz2|xz|zst))?\Z",
    re.DOTALL,  # a name may hold a line end
)


def age(path: PurePath) -> tuple[str, int, str, int]:
    """Return what sorts files: by their log, and within it from the oldest on.

    A rotated log has dated files, numbered ones, and last the present one. What comes first here
    is the log's own name, which all of its files share.

    >>> age(PurePath("mail.log.2.gz")) < age(PurePath("mail.log.1")) < age(PurePath("mail.log"))
    True
    """
    match = _ROTATED.match(path.name)
    assert match is not None
    base = str(path.parent / match["base"])
    if match["date"]:
        return base, 0, match["date"], 0
    return (base, 1, "", -int(match["age"])) if match["age"] else (base, 2, "", 0)
