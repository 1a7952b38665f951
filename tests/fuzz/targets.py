"""Fuzz targets: for each public entry point a function of octets that raises on a broken promise.

A target lets the documented errors pass and no other, and checks what must hold for any input.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from smtpreply import (
    NEED_DATA,
    Reply,
    ReplyError,
    ReplyReader,
    classify,
    parse,
    parse_all,
    template,
)
from smtpreply._support.escape import safe_cell
from smtpreply.catalog import lookup, search
from smtpreply.catalog.finder import UnknownEntryError
from smtpreply.dialogue.transcript import read_transcript
from smtpreply.errors import MultipleRepliesError, ReplySyntaxError
from smtpreply.logs import Delivery, scan
from smtpreply.payloads.ehlo import Capabilities
from smtpreply.reasons.phrase import Phrase, PhraseError
from smtpreply.reasons.verdict import Verdict
from smtpreply.summary.delivery_filter import DeliveryFilter
from smtpreply.summary.pseudonyms import Pseudonyms
from smtpreply.summary.summary import Summary
from smtpreply.summary.total import total_of

DATA = Path(__file__).parents[1] / "data"
_NAMES = Pseudonyms(b"fuzz")
_MOST_STATE = 1 << 17  # octets that the reader may keep: its bounds, and a chunk
_SHAPE = (TypeError, ValueError, KeyError)


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")


def _looked_at(reply: Reply) -> None:
    assert Reply.from_dict(reply.to_dict()).code == reply.code
    assert str(reply).isprintable() or "\n" in str(reply)
    repr(reply), reply.enhanced, reply.defects, reply.entry


def parse_target(octets: bytes) -> None:
    """Parse one reply, leniently and strictly."""
    for strict in (False, True):
        try:
            reply = parse(octets, strict=strict)
        except ReplyError as error:
            str(error)
        else:
            _looked_at(reply)
            with contextlib.suppress(ReplySyntaxError):  # it is no reply to EHLO
                Capabilities.from_reply(reply)


def parse_all_target(octets: bytes) -> None:
    """Parse all replies there are."""
    with contextlib.suppress(ReplyError):
        for reply in parse_all(octets):
            _looked_at(reply)


def reader_target(octets: bytes) -> None:
    """Read the same replies whole and in pieces, with bounded memory."""
    size = octets[0] % 7 + 1 if octets else 1
    whole, _ = _read(octets, max(len(octets), 1))
    pieces, kept = _read(octets, size)
    assert whole == pieces
    assert kept <= _MOST_STATE


def _read(octets: bytes, size: int) -> tuple[list[Any], int]:
    reader = ReplyReader()
    found: list[Any] = []
    kept = 0
    try:
        for start in range(0, len(octets) + size, size):
            reader.receive_data(octets[start : start + size])
            while isinstance(event := reader.next_reply(), Reply):
                found.append(event)
            kept = max(kept, len(reader.trailing_data))
            if event is not NEED_DATA:
                break
    except ReplyError as error:
        found.append(type(error))
    return found, kept


def classify_target(octets: bytes) -> None:
    """Classify a text; its verdict survives the way to JSON and back."""
    template(_text(octets))
    try:
        verdict = classify(octets)
    except MultipleRepliesError:
        return
    data = json.loads(json.dumps(verdict.to_dict(), allow_nan=False))
    assert Verdict.from_dict(data).reason is verdict.reason


def transcript_target(octets: bytes) -> None:
    """Read a transcript."""
    for exchange in read_transcript(octets.splitlines(keepends=True)).exchanges:
        _looked_at(exchange.reply)


def scan_target(octets: bytes) -> None:
    """Scan a log, one by one and summarized: every delivery can be written, the counts agree."""
    run = scan(io.BytesIO(octets), year=2026)
    summary = Summary()
    for delivery in run:
        json.dumps(_NAMES.delivery(delivery).to_dict(), allow_nan=False)
        assert Delivery.from_dict(delivery.to_dict()).status is delivery.status
        summary.add(delivery)
    total = total_of(scan(io.BytesIO(octets), year=2026), DeliveryFilter())
    assert total.summary.deliveries == summary.deliveries == run.coverage.deliveries
    for name, counts in summary.parts.items():
        assert total.summary.parts[name].status == counts.status
    assert total.coverage.lines == run.coverage.lines
    json.dumps(total.summary.to_dict(), allow_nan=False)
    Summary.from_state(total.summary.to_state())


_LOG = """\
Nov 24 11:43:30 mx postfix/qmgr[7]: 4E74613FE7: from=<al@example.com>, size=2112, nrcpt=2 (x)
Nov 24 11:43:32 mx postfix/smtp[42]: 4E74613FE7: to=<bob@example.org>, relay=mx.example.org\
[192.0.2.1]:25, delay=1.9, delays=0.1/0/1.1/0.7, dsn=5.1.1, status=bounced (host mx.example.org\
[192.0.2.1] said: 550-5.1.1 No such user 550 5.1.1 here (in reply to RCPT TO command))
Nov 24 11:43:32 mx postfix/smtp[42]: 4E74613FE7: to=<ann@example.org>, relay=mx.example.org\
[192.0.2.1]:25, delay=1.9, delays=0.1/0/1.1/0.7, dsn=2.0.0, status=sent (250 2.0.0 Ok)
"""
_REPLY = "550-5.1.1 No such user\r\n550 5.7.1 here (retry in 5 minutes) zen.spamhaus.org"
_MADE: tuple[tuple[Callable[[Any], object], object], ...] = (
    (Reply.from_dict, parse(_REPLY).to_dict()),
    (Delivery.from_dict, next(scan(_LOG.splitlines(), year=2026)).to_dict()),
    (Verdict.from_dict, classify(_REPLY).to_dict()),
    (
        Summary.from_state,
        total_of(scan(_LOG.splitlines(), year=2026), DeliveryFilter()).summary.to_state(),
    ),
)
_VALUES = json.loads(
    '[null, true, -1, 0, 1.5, 1e400, 550, 99999999999999999999, "", "550", "\\ud800", [], {}, [[]],'
    ' {"": null}, "5.1.1", "2026-11-24T11:43:32", "sent", "a@example.org", [null, 7], [["a", 1]]]'
)


def data_target(octets: bytes) -> None:
    """Make objects of their values of JSON, of which some members are changed to any other value.

    The octets choose the object, and then of each change the way to a member, and the value.
    """
    choices = iter(octets)
    make, value = _MADE[next(choices, 0) % len(_MADE)]
    root = [json.loads(json.dumps(value))]
    for choice in choices:
        holder, key = _place_in(root, choices)
        if choice < len(_VALUES):
            holder[key] = json.loads(json.dumps(_VALUES[choice]))
        elif isinstance(holder, dict):
            holder[str(choice)] = holder.pop(key)
        else:
            holder.append(holder[key])
    with contextlib.suppress(*_SHAPE):
        make(root[0])


def _place_in(root: Any, choices: Iterator[int]) -> tuple[Any, Any]:
    """Return an object or array, and the name or index of one of its members."""
    holder, key = root, 0
    while isinstance(holder[key], (dict, list)) and holder[key] and (choice := next(choices, 0)):
        holder = holder[key]
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        key = keys[choice % len(keys)]
    return holder, key


def catalog_target(octets: bytes) -> None:
    """Look up and search by any text."""
    text = _text(octets)
    search(text)
    with contextlib.suppress(UnknownEntryError):
        lookup(text)


def pseudonyms_target(octets: bytes) -> None:
    """Hide addresses in any text."""
    hidden = _NAMES.text(_text(octets))
    assert not re.search(r"\w@(?!host-[0-9a-f]{8}\.example|10\.|fd|127\.)\w", hidden)


def cell_target(octets: bytes) -> None:
    """Write any text into a cell."""
    cell = safe_cell(_text(octets))
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", cell)


def phrase_target(octets: bytes) -> None:
    """Compile the phrase of a rule."""
    with contextlib.suppress(PhraseError):
        Phrase(_text(octets)[:200])


TARGETS: dict[str, Callable[[bytes], None]] = {
    name.removesuffix("_target"): target
    for name, target in list(globals().items())
    if name.endswith("_target")
}


def seeds() -> Iterator[bytes]:
    """Yield inputs to begin with: lines and beginnings of the samples of the tests."""
    for path in sorted(DATA.rglob("*")):
        if path.is_file():
            octets = path.read_bytes()
            yield octets[:4096]
            yield from octets.splitlines(keepends=True)[:20]
