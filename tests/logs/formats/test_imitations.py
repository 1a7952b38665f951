"""A text that a stranger chose is no other field, whatever it looks like, in any format of lines.

Of each sample log, each line that reports a delivery is taken. In it, each value that the delivery
has of it is put together with what stands around it in the line: with the fields behind it, with
all of them, with those from any value on. In these, another recipient, server, and reply stand. The
line is then read as what it is, or as less, or is not understood: the others are in no field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from smtpreply.logs import Delivery, scan

DATA = Path(__file__).parents[2] / "data" / "logs"
VICTIM = "victim@good.example"
SERVER = "mx.good.example"
ADDRESS = "198.51.100.88"
CODE = 559
REPLY = f"{CODE} 5.1.1 User unknown"
ADDRESSES = ("recipient", "sender", "orig_recipient")
FREE = (*ADDRESSES, "message_id", "subject", "text")
"""What a stranger chooses."""

# Of these, a value can hold no blank or no line end, and what stands in a cell is quoted.
TABLES = ("exchange_", "google_workspace", "iis_smtp", "powermta", "zeek", "momentum", "nullmailer")


# The words of a header check are its administrator's own.
CHECKED = "postfix/cleanup"

# Without brackets, an address is logged as it was sent: a blank stands in quotes alone.
BARE = ("msmtp", "zonemta", "barracuda", "assp")

# In the line of an arrival, an address has its quotes.
AS_SENT = ("sendmail", "fortimail")

OTHERS = {
    "postfix": [
        "Nov 24 11:43:31 mx postfix/qmgr[41]: 4E74613FE7: from=<al@example.com>, size=7, nrcpt=1",
        "Nov 24 11:43:31 mx postfix/cleanup[41]: 4E74613FE7: message-id=<7@example.com>",
        "Nov 24 11:43:32 mx postfix/smtp[42]: 4E74613FE7: to=<bob@example.org>, "
        "orig_to=<rob@example.org>, relay=mx.example.org[192.0.2.1]:25, delay=1, delays=0/0/0/1, "
        "dsn=4.2.0, status=deferred (host mx.example.org[192.0.2.1] said: 450 4.2.0 Try again (in "
        "reply to RCPT TO command))",
        "Nov 24 11:43:32 mx postfix/smtpd[42]: NOQUEUE: reject: RCPT from c.example[203.0.113.9]: "
        "554 5.7.1 <eve@example.org>: Relay access denied; from=<al@example.com> "
        "to=<bob@example.org> proto=ESMTP helo=<c.example>",
        "Nov 24 11:43:33 mx postfix/cleanup[43]: 4E74613FE8: reject: header Subject: hello from "
        "c.example[203.0.113.9]; from=<al@example.com> to=<bob@example.org> proto=ESMTP "
        "helo=<c.example>: 5.7.1 Not here",
    ],
    "exim": [
        "2026-11-24 11:43:31 1sQpLm-00000002Rfh-3kYd <= al@example.com H=c.example [203.0.113.9] "
        "P=esmtp S=7 id=7@example.com",
        "2026-11-24 11:43:32 1sQpLm-00000002Rfh-3kYd ** bob@example.org <rob@example.org> "
        'F=<al@example.com> R=r T=t H=mx.example.org [192.0.2.1] DN="CN=mx.example.org": SMTP '
        "error from remote mail server after RCPT TO:<bob@example.org>: 550 5.1.1 No such user",
        "2026-11-24 11:43:32 1sQpLm-00000002Rfh-3kYd => bob@example.org R=r T=t H=mx.example.org "
        '[192.0.2.1] C="250 OK id=1"',
        "2026-11-24 11:43:32 H=mx.example.net (c.example) [203.0.113.9] F=<al@example.com> "
        "rejected RCPT <bob@example.org>: relay not permitted",
    ],
    "sendmail": [
        "Nov 24 11:43:31 mx sm-mta[42]: 4ANFx2Qk031277: from=<al@example.com>, size=7, class=0, "
        "nrcpts=1, msgid=<7@example.com>, proto=ESMTP, daemon=MTA, relay=c.example [203.0.113.9]",
        "Nov 24 11:43:32 mx sm-mta[42]: 4ANFx2Qk031277: to=<bob@example.org>, delay=00:00:07, "
        "xdelay=00:00:01, mailer=esmtp, pri=1, relay=mx.example.org. [192.0.2.1], dsn=5.1.1, "
        "reply=550 5.1.1 No such user, stat=User unknown",
        "Nov 24 11:43:32 mx sm-mta[42]: 4ANFx2Qk031278: ruleset=check_rcpt, arg1=<bob@example.org>,"
        " relay=c.example [203.0.113.9], reject=550 5.7.1 Relaying denied",
    ],
    "opensmtpd": [
        "Nov 24 11:43:32 mx smtpd[42]: 6a2f8b4c1d3e5f70 mta delivery evpid=0e8ad1a2b3c4d5e6 "
        'from=<al@example.com> to=<bob@example.org> rcpt=<-> source="192.0.2.9" '
        'relay="192.0.2.1 (mx.example.org)" delay=7s result="PermFail" stat="550 5.1.1 No user"',
    ],
}
"""The formats without a sample of their own."""


class Place(NamedTuple):
    """Where a value of a delivery stands in its line."""

    field: str
    start: int
    end: int


def samples() -> dict[str, list[str]]:
    """Return the lines of each format."""
    found = dict(OTHERS)
    for path in sorted(DATA.iterdir()):
        if not path.stem.startswith(TABLES):
            found[path.stem] = path.read_text("utf-8").removesuffix("\n").split("\n")
    return found


def places_in(line: str, delivery: Delivery) -> list[Place]:
    values = ((name, getattr(delivery, name)) for name in (*FREE, "relay_host", "relay_ip"))
    found = ((name, line.find(value), value) for name, value in values if value)
    places = [Place(name, start, start + len(value)) for name, start, value in found if start >= 0]
    return sorted(places, key=lambda place: place.start)


def forged(line: str, places: list[Place]) -> list[str]:
    """Return the line with the victim's values, from each of the places on, and as a whole."""
    values = {"relay_host": SERVER, "relay_ip": ADDRESS, "text": REPLY}
    pieces: list[str] = []
    starts: list[int] = []
    end = 0
    for place in places:
        if place.start < end:  # an address within the text
            continue
        pieces += line[end : place.start], values.get(place.field, VICTIM)
        starts.append(len(pieces) - 2)
        end = place.end
    pieces.append(line[end:])
    whole = "".join(pieces)
    return [whole, *("".join(pieces[start:]) for start in starts)]


def hostile(field: str, value: str, imitation: str) -> list[str]:
    """Return what a stranger makes of a value."""
    if field in ADDRESSES:
        escaped = imitation.replace("\\", "\\\\").replace('"', '\\"')
        return [f'"x{escaped}"@evil.example', f"x{imitation}@evil.example"]
    if field == "text":
        return [f"{value} {imitation}", f"{value[:4]}{imitation}"]
    return [f"x{imitation}", f"x{imitation}{value}"]


def cases(name: str) -> Iterator[tuple[list[str], str]]:
    """Yield the sample with one line changed, and the value that is put into it."""
    lines = samples()[name]
    for delivery in scan(lines):
        assert delivery.line is not None
        line = lines[delivery.line - 1]
        places = places_in(line, delivery)
        for place in places:
            if place.field not in FREE or (place.field == "text" and CHECKED in line):
                continue
            behind = forged(line[place.start :], [_moved(other, place.start) for other in places])
            is_json = line.startswith(("{", "[{"))  # in which a string ends at its own quote
            imitations = list(dict.fromkeys([*forged(line, places), *behind]))
            for imitation in imitations[:1] if is_json else imitations:
                for value in hostile(place.field, line[place.start : place.end], imitation):
                    if name in BARE and not value.startswith('"') and place.field in ADDRESSES:
                        continue
                    written = json.dumps(value)[1:-1] if is_json else value
                    changed = line[: place.start] + written + line[place.end :]
                    yield [*lines[: delivery.line - 1], changed, *lines[delivery.line :]], value


def arrivals(name: str) -> Iterator[tuple[list[str], str]]:
    """Yield the sample with the sender changed in a line before the delivery's, and the sender."""
    lines = samples()[name]
    found = list(scan(lines))
    own = {delivery.line for delivery in found}
    for number, line in enumerate(lines, start=1):
        senders = {one.sender for one in found if one.sender and one.sender in line}
        if number in own or line.startswith(("{", "[{")):
            continue
        for sender in sorted(senders):
            start = line.index(sender)
            place = Place("sender", start, start + len(sender))
            for imitation in (forged(line, [place])[0], re.sub("[0-9]", "9", line[place.end :])):
                for value in hostile("sender", sender, imitation):
                    if name in (*BARE, *AS_SENT) and not value.startswith('"'):
                        continue
                    changed = line[:start] + value + line[place.end :]
                    yield [*lines[: number - 1], changed, *lines[number:]], value


def _moved(place: Place, by: int) -> Place:
    return Place(place.field, place.start - by, place.end - by)


@pytest.mark.parametrize("name", samples())
def test_an_imitation_of_fields_is_in_no_field(name: str) -> None:
    for lines, value in cases(name):
        for delivery in scan(lines):
            assert VICTIM not in [getattr(delivery, field) for field in ADDRESSES], value
            assert delivery.relay_host != SERVER, value
            assert delivery.relay_ip != ADDRESS, value
            assert delivery.reply is None or delivery.reply.code != CODE, value


@pytest.mark.parametrize("name", samples())
def test_an_imitation_in_a_line_before_is_in_no_field(name: str) -> None:
    found = list(scan(samples()[name]))
    for lines, value in arrivals(name):
        for delivery in scan(lines):
            assert VICTIM not in [getattr(delivery, field) for field in ADDRESSES], value
            for field in ("size", "message_id"):
                true = {None, *(getattr(one, field) for one in found)}
                assert getattr(delivery, field) in true, value
