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
from smtpreply.logs.input.syslog import Line, read_prefix, repeated_in
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


_ODD = (
    "postfix/smtp[42]: x", "Nov 24 11:43:32 ", "2026-11-24T11:43:32Z mx a[1]: b", "error ", "a/b: ",
    "a/b[1] ", "mx ", '{"log":"x"}', "[pod/a-0/b] ", "mail-1  | ", "stdout F ", "24 11:43:32 ",
    "message repeated 3 times: [ a]", "last message repeated 2 times", "mail.info ", ": ", "\t",
    "550-a/b: ", "/", "-12-", "a:12:", " host=a tls=on auth=on recipients=b exitcode=EX_OK",
)  # fmt: skip


@pytest.mark.parametrize(
    "known", [known for known in BUILTIN if known.format.certain], ids=lambda known: known.name
)
def test_a_certain_line_has_no_prefix_and_is_of_no_format_before(known: Builtin) -> None:
    certain = known.format.certain
    assert certain is not None
    lines = [line for line in _lines_of_samples() if line.strip()]
    needles = [needle for each in BUILTIN for needle in each.needles]
    own = [line for line in lines if certain.match(line)]
    chance = random.Random(known.name)
    for _ in range(1000):
        base = chance.choice(own)
        head = base[: certain.match(base).end()]  # type: ignore[union-attr]
        if chance.random() < 0.3:
            place = chance.randrange(len(head))
            head = head[:place] + chance.choice('0aZ .:/-[]{<"=@') + head[place + 1 :]
        rest = base[len(head) :]
        place = chance.randrange(len(rest) + 1)
        odd = chance.choices((*_ODD, chance.choice(needles), chance.choice(lines)), k=2)
        text = head + rest[:place] + "".join(odd) + chance.choice((rest[place:], ""))
        bare = Line(text, text, 1)
        if certain.match(text) and known.format.detect(bare):
            line = read_prefix(text, 1, Clock())
            assert line == bare
            assert repeated_in(line) is None
            assert Detection().of_line(line) is known.format, text


def _lines_of_samples() -> list[str]:
    return [
        line
        for path in sorted(SAMPLES.iterdir())
        for line in path.read_text("utf-8", "surrogateescape").split("\n")
    ]


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
    lines = _lines_of_samples()
    chance = random.Random(7)
    texts = lines + [_mangled(lines, chance) for _ in range(10 * len(lines))]
    chance.shuffle(texts)
    detection, clock = Detection(), Clock()
    for text in texts:
        line = read_prefix(text, 1, clock)
        first = next((known for known in _shown(line) if known.format.detect(line)), None)
        found = detection.of_line(line)
        assert (found and found.name) == (first and first.name), text
