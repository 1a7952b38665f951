"""The registry of formats: its table is derived from their modules, which it does not import."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from smtpreply.logs import format_table, make_format_table
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.clock import Clock
from smtpreply.logs.input.syslog import Line, read_prefix
from smtpreply.logs.make_format_table import table
from smtpreply.logs.registry import BUILTIN, Builtin, Detection
from smtpreply.logs.toolkit.json_stream import json_in

SAMPLES = Path(__file__).parent.parent / "data" / "logs"


def test_the_table_is_what_the_modules_declare() -> None:
    written = Path(format_table.__file__).read_text(encoding="utf-8")
    assert written == table(), "out of date: run python -m smtpreply.logs.make_format_table"


@pytest.mark.parametrize("known", BUILTIN, ids=lambda known: known.name)
def test_a_format_shows_by_a_program_or_by_a_needle(known: Builtin) -> None:
    assert known.format.name == known.name
    assert known.programs is not None or known.needles
    assert "" not in known.needles


@pytest.mark.parametrize("known", BUILTIN, ids=lambda known: known.name)
def test_a_source_is_claimed_by_those_that_can(known: Builtin) -> None:
    assert known.claims == known.format.claims_sources


def test_a_log_of_postfix_imports_no_other_format() -> None:
    script = (
        "import sys; from smtpreply.logs import scan\n"
        "line = 'Nov 24 11:43:32 mx postfix/qmgr[7]: 4E74613FE7: removed, host status='\n"
        "assert not list(scan([line] * 20)) and scan([line]).coverage.lines == 0\n"
        "print(*[name for name in sys.modules if name.startswith('smtpreply.logs.formats.')])"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    imported = {name.rpartition(".")[2] for name in done.stdout.decode().split()}
    assert imported & {known.module for known in BUILTIN} == {"postfix"}


def test_a_format_that_no_line_would_show_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = Format("hidden", lambda line: True, Reader)
    monkeypatch.setattr(make_format_table, "formats_of", lambda module: (hidden,))
    with pytest.raises(ValueError, match="hidden would never be found: it needs programs="):
        table()


def _shown(line: Line) -> list[Builtin]:
    """Return the formats that a line is shown to, in order: of an object, all that there are."""
    ours = [known for known in BUILTIN if line.program and known.logs_as(line.program)]
    if ours or (line.program is not None and not line.message.startswith(("{", "["))):
        return ours
    if json_in(line) is not None:
        return list(BUILTIN)
    return [known for known in BUILTIN if known.shows_in(line.message)]


def _mangled(lines: list[str], chance: random.Random) -> str:
    """Return a line that begins as one does, and goes on as another or with a few other letters."""
    one, other = chance.choices(lines, k=2)
    place = chance.randrange(len(one) + 1)
    letter = chance.choice('{}[]",: \t<>')
    return chance.choice(
        [
            one[:place] + other[chance.randrange(len(other) + 1) :],
            one[:place] + letter + one[place + 1 :],
            one[:place] + one[place:].replace(letter, "_", 1),
            one[place:],
        ]
    )


def test_a_line_is_of_the_first_format_that_detects_it() -> None:
    lines = [
        line
        for path in sorted(SAMPLES.iterdir())
        for line in path.read_text("utf-8", "surrogateescape").split("\n")
    ]
    chance = random.Random(7)
    texts = lines + [_mangled(lines, chance) for _ in range(10 * len(lines))]
    chance.shuffle(texts)
    detection, clock = Detection(), Clock()
    for text in texts:
        line = read_prefix(text, 1, clock)
        first = next((known for known in _shown(line) if known.format.detect(line)), None)
        found = detection.of_line(line)
        assert (found and found.name) == (first and first.name), text
