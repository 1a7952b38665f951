"""Compare what a summary counts in groups with what it counts one by one, over mutated lines.

``python tests/fuzz/run.py --grouped 100000`` takes the lines of the formats that read blocks,
changes each at random (octets flipped, cut, spliced, fields doubled and moved), and sums up blocks
of them in both ways. It prints the fewest lines whose sums differ.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from smtpreply.logs import Coverage, scan
from smtpreply.summary.delivery_filter import DeliveryFilter
from smtpreply.summary.summary import Summary
from smtpreply.summary.total import count_received, total_of

_SAMPLE = Path(__file__).parents[1] / "data" / "sample.log"
_POSTFIX = "Nov 24 11:43:32 mx postfix/"
_EXIM = "2026-11-24 11:43:32 "
_MESSAGE = "1sQpLm-00000002Rfh-3kYd "
_LINES = [
    f"{_POSTFIX}qmgr[9]: 4E74613FE7: from=<al@example.com>, size=2112, nrcpt=1 (queue active)",
    f'{_POSTFIX}qmgr[9]: 4E74613FE8: from=<"a l"@example.com>, size=2112, nrcpt=1 (queue active)',
    f"{_POSTFIX}qmgr[9]: 4E74613FE9: from=<x>, size=5, nrcpt=1 (queue active)@y>, size=7, nrcpt=1",
    f"{_POSTFIX}cleanup[9]: 4E74613FE7: message-id=<7@example.com>",
    f"{_POSTFIX}smtp[42]: 4E74613FE7: to=<bob@example.org>, orig_to=<rob@example.org>, "
    "relay=mx.example.org[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced (host "
    "mx.example.org[192.0.2.1] said: 550 5.1.1 <bob@example.org>: No such user (in reply to RCPT TO"
    " command))",
    f"{_POSTFIX}smtp[42]: 4E74613FE8: to=<eve@example.org>, relay=aspmx.l.google.com[192.0.2.2]:25,"
    " delay=1.5, delays=0/0/1/0, dsn=2.0.0, status=sent (250 2.0.0 OK 17 d4-20 - gsmtp)",
    f"{_POSTFIX}smtp[42]: 4E74613FE9: to=<eve@example.org>, relay=none, delay=9, delays=9/0/0/0, "
    "dsn=4.4.1, status=deferred (connect to mx.example.org[192.0.2.1]:25: Connection timed out)",
    f"{_POSTFIX}local[43]: 4E74613FE9: to=<al@example.com>, relay=local, delay=0, "
    "delays=0/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)",
    f"{_POSTFIX}smtpd[44]: NOQUEUE: reject: RCPT from c.example[203.0.113.9]: 554 5.7.1 "
    "<dave@example.net>: Relay access denied; from=<x@spam.example> to=<dave@example.net> "
    "proto=ESMTP helo=<c.example>",
    f"{_POSTFIX}smtpd[44]: connect from c.example[203.0.113.9]",
    f"{_POSTFIX}qmgr[9]: 4E74613FE8: removed",
    f"{_EXIM}{_MESSAGE}<= al@example.com H=c.example [203.0.113.9] P=esmtp S=7 id=7@example.com",
    f'{_EXIM}{_MESSAGE}<= "a S=5 id=f@y"@example.com H=(h S=3) [203.0.113.9] P=esmtps X=T:A:256 '
    'CV=no DN="CN=x S=4 id=f@y" S=7 id="7 S=5"@example.com T="a \\" S=6" from <a@b> for c@d',
    f"{_EXIM}{_MESSAGE}<= a H=y [192.0.2.9] S=5 id=f@y H=c.example [203.0.113.9] P=esmtp S=7",
    f"{_EXIM}{_MESSAGE}** x@gmail.com@example.org R=out T=smtp H=mx.example.org [192.0.2.1] X=T:A "
    'CV=yes DN="CN=x F=<f@y>: SMTP error from remote mail server after DATA: 550 no": SMTP error '
    "from remote mail server after RCPT TO:<bob@example.org>: 452 4.2.2 full",
    f"{_EXIM}{_MESSAGE}=> bob@example.org R=out T=smtp H=mx.example.org [192.0.2.1] "
    'X=TLS1.3:AES256:256 CV=yes C="250 2.0.0 OK: queued as 4Zq8mN2c7TzXb" QT=2s DT=0.123s',
    f"{_EXIM}{_MESSAGE}** eve@example.org <rob@example.org> R=out T=smtp H=mx.example.org "
    "[192.0.2.1]: SMTP error from remote mail server after RCPT TO:<eve@example.org>: 550 5.1.1 "
    "<eve@example.org> no such user",
    f"{_EXIM}{_MESSAGE}== dave@example.net R=out T=smtp defer (-44) H=mx.example.net [192.0.2.3]: "
    "SMTP error from remote mail server after RCPT TO:<dave@example.net>: 451 4.7.1 Greylisted",
    f"{_EXIM}{_MESSAGE}== carol@example.net R=out T=smtp defer (110): Connection timed out",
    f"{_EXIM}{_MESSAGE}Completed QT=3s",
    f"{_EXIM}H=c.example [203.0.113.9] F=<x@spam.example> rejected RCPT <dave@example.net>: no",
    f"{_EXIM}H=(h F=<f@y> rejected RCPT <z@y>: no) [203.0.113.9] rejected after DATA: spam",
    "Envelope-from: <x@spam.example>",
    "P Received: from c.example",
    "\tby mx",
    f"{_EXIM}Start queue run: pid=42",
    "Nov 24 11:43:33 mx last message repeated 2 times",
    f"{_POSTFIX}smtpd[44]: message repeated 2 times: [ NOQUEUE: reject: RCPT from c.example"
    "[203.0.113.9]: 550 5.1.1 <a@example.net>: unknown; from=<> to=<a@example.net> proto=SMTP "
    "helo=<c>]",
]
_FIELD = re.compile(r"[ ,;]+|(?<=[=<>:\"()\[\]])")
_PIECES = ['"', "\\", "<", ">", "(", ")", "[", "]", ":", "=", ",", " ", "\t", "\r", "\0", "é", "@"]
_BLOCK = 25


def lines() -> list[str]:
    """Return the lines that are mutated."""
    return [*_LINES, *_SAMPLE.read_text("utf-8").splitlines()]


def mutated(line: str, other: str, dice: random.Random) -> str:
    """Return a line changed in one to three ways, with pieces of another one."""
    for _ in range(dice.randint(1, 3)):
        fields = _FIELD.split(line)
        start, end = sorted(dice.choices(range(len(line) + 1), k=2))
        how = dice.randrange(7)
        if how == 0 and line:
            place = dice.randrange(len(line))
            line = line[:place] + chr(ord(line[place]) ^ 1 << dice.randrange(7)) + line[place + 1 :]
        elif how == 1:
            line = line[:start] + line[min(end, start + dice.randint(1, 40)) :]
        elif how == 2:
            line = line[:start] + other[dice.randint(0, len(other)) :]
        elif how == 3:
            line = line[:start] + line[start:end] + line[start:]
        elif how == 4 and len(fields) > 2:
            line = line.replace(dice.choice(fields) or " ", dice.choice(fields), 1)
        elif how == 5:
            line = line[:start] + dice.choice(_FIELD.split(other)) + line[start:]
        else:
            line = line[:start] + dice.choice(_PIECES) * dice.randint(1, 3) + line[start:]
    return line.replace("\n", " ")


def blocks_of(lines: list[str]) -> list[str]:
    """Return lines in blocks, as many as there are in a quarter of them."""
    size = max(2, len(lines) // 4)
    parts = (lines[start : start + size] for start in range(0, len(lines), size))
    return ["\n".join(part) + "\n" for part in parts]


def sums(block: list[str]) -> tuple[tuple[Summary, Coverage], tuple[Summary, Coverage]]:
    """Return what lines come to, one by one and in groups."""
    text = blocks_of(block)
    run = scan(block, year=2026)
    single = Summary()
    count_received(run, DeliveryFilter(), single)
    for delivery in run:
        single.add(delivery)
    together = total_of(scan(text, year=2026), DeliveryFilter())
    for counts in (*single.parts.values(), *together.summary.parts.values()):
        counts.example.clear()  # one of several: which one is no count
    for coverage in (run.coverage, together.coverage):
        coverage.problems.clear()  # NUL octets are reported once a block
    return (single, run.coverage), (together.summary, together.coverage)


def differs(block: list[str]) -> bool:
    """Check whether the sums of some lines differ, or the deliveries of their blocks."""
    one_by_one, together = sums(block)
    if one_by_one != together:
        return True
    return list(scan(blocks_of(block), year=2026)) != list(scan(block, year=2026))


def fewest(block: list[str]) -> list[str]:
    """Return the lines of a block without which its sums are the same."""
    for line in list(block):
        rest = [other for other in block if other is not line]
        if differs(rest):
            block = rest
    return block


def differences(count: int, seed: int) -> Iterator[list[str]]:
    """Yield the fewest lines of each block whose sums differ, of so many lines."""
    dice = random.Random(seed)
    known = lines()
    for _ in range(0, count, _BLOCK):
        block = []
        for line in dice.choices(known, k=_BLOCK):
            kept = dice.random() < 0.2  # what is as it should be remains among the others
            block.append(line if kept else mutated(line, dice.choice(known), dice))
        if differs(block):
            yield fewest(block)


def report(count: int, seed: int = 1) -> bool:
    """Print which of so many lines come to other sums in groups; return whether any do."""
    found = 0
    for block in differences(count, seed):
        found += 1
        sys.stdout.write("\n".join(map(repr, block)) + "\n")
        for one, other in zip(*sums(block), strict=True):
            if one != other:
                sys.stdout.write(f"  {one}\n  {other}\n")
    sys.stdout.write(f"{count:,} lines: {found} blocks differ\n")
    return found > 0
