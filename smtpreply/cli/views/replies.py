"""Views of replies for the terminal, and as plain text for a pipe. Needs rich.

Text from a server is escaped first, and reaches rich as `Text` only: rich would interpret markup
in a plain string ("[red]"), and a terminal would obey escape sequences.
"""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Iterator

from rich import box
from rich.table import Table
from rich.text import Text

from smtpreply._support.escape import escape
from smtpreply.catalog import Entry, ReplyCodeEntry, StatusEntry, lookup
from smtpreply.catalog.messages import messages
from smtpreply.cli.views.catalog_page import prose
from smtpreply.codes import ReplyClass
from smtpreply.dialogue.transcript import Exchange
from smtpreply.reasons import Verdict
from smtpreply.reply.model import Reply

_WORDS = {
    ReplyClass.POSITIVE_COMPLETION: "positive",
    ReplyClass.POSITIVE_INTERMEDIATE: "intermediate",
    ReplyClass.TRANSIENT_NEGATIVE: "transient",
    ReplyClass.PERMANENT_NEGATIVE: "permanent",
}
_STYLES = {
    ReplyClass.POSITIVE_COMPLETION: "green",
    ReplyClass.POSITIVE_INTERMEDIATE: "cyan",
    ReplyClass.TRANSIENT_NEGATIVE: "yellow",
    ReplyClass.PERMANENT_NEGATIVE: "red",
}
_NOTHING = "-"
_MARK = "bold reverse"
_LABEL = 11  # columns of a label and the gap after it
_DATA = {"text", "lines", "canonical", "listed", "urls", "addresses", "ips", "hosts"}
"""The parts with protocol text or names, which are not wrapped: a program may read them."""


def replies_table(exchanges: Iterable[Exchange], *, title: str = "", caption: str = "") -> Table:
    """Return a table with a row for each reply: line, code, class, status, text, defects.

    The command that was answered, where it is known, is below the text.

    >>> replies_table([]).row_count
    0
    """
    rows = list(exchanges)
    table = Table(box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    table.title, table.title_justify = _text(title) if title else None, "left"
    table.caption, table.caption_justify = _text(caption) if caption else None, "left"
    for name in ("line", "code"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("class", "enhanced"):
        table.add_column(name, no_wrap=True)
    table.add_column("text", ratio=1, overflow="fold")
    if any(row.reply.defects for row in rows):  # otherwise the text gets the space
        table.add_column("defects", overflow="fold", max_width=20)
    for row in rows:
        table.add_row(*_cells(row)[: len(table.columns)])
    return table


def plain_row(exchange: Exchange) -> str:
    r"""Return a reply as one line of tab-separated columns, for `cut` and `awk`.

    Line, code, class, enhanced status, text, defects, command; "-" for an empty one. The lines
    of a text are joined with a literal ``\n``.

    >>> plain_row(Exchange(Reply(250, ["Ok"]), line=7, command="DATA")).split("\t")
    ['7', '250', 'positive', '-', 'Ok', '-', 'DATA']
    """
    reply = exchange.reply
    columns = (
        str(exchange.line),
        str(reply.code),
        _WORDS[reply.reply_class],
        str(reply.enhanced or _NOTHING),
        escape(reply.text) or _NOTHING,
        ",".join(defect.value for defect in reply.defects) or _NOTHING,
        escape(exchange.command or _NOTHING),
    )
    return "\t".join(columns)


Part = tuple[str, Text]
"""A label, and an escaped text."""


def explanation(reply: Reply, language: str = "en") -> list[Part]:
    r"""Return the parts of a reply with their meaning.

    The label of a part with several texts is on the first one only.

    >>> label, text = explanation(Reply(550, ["No such user"]))[0]
    >>> label, text.plain
    ('code', '550')
    """
    status = reply.enhanced
    parts: list[tuple[str, str | Text]] = [
        ("code", str(reply.code)),
        ("class", f"{reply.reply_class.label}: {reply.reply_class.description}"),
        ("subject", _subject(reply)),
        *_labelled("meaning", _meaning(lookup(reply.code, language=language), language)),
        ("enhanced", _enhanced(reply)),
        *(_labelled("", _meaning(lookup(status, language=language), language)) if status else ()),
        *_labelled("lines", [escape(line) for line in reply.lines]),
        *_labelled("defects", _defects(reply)),
        *_labelled("canonical", _canonical(reply)),
    ]
    return [(label, text if isinstance(text, Text) else Text(text)) for label, text in parts]


def verdict_parts(verdict: Verdict, language: str = "en") -> list[Part]:
    """Return the parts of a verdict: reason, next step, text with the deciding words marked, hints.

    The prose on the reason comes last.

    >>> from smtpreply import classify
    >>> [label for label, _ in verdict_parts(classify("552 Mailbox full"))]
    ['reason', 'next', 'text', 'basis', 'means']
    """
    advice = verdict.advice_in(language)
    words = messages(language)
    who = words.get("who_acts", verdict.actor.name.lower())
    todo = f"{words.get('dispositions', verdict.disposition.name.lower())}. "
    if verdict.is_given_up:  # "do not send this again" would contradict the action
        todo = ""
    parts = [
        ("reason", Text(f"{advice.title} ({verdict.reason.value})", "bold")),
        ("next", Text(f"{todo}{who}: {verdict.action_in(language)}")),
        ("text", _marked(verdict)),
        ("basis", Text(_decided(verdict))),
        *((label, Text(escape(text))) for label, text in _hints(verdict)),
    ]
    return [*parts, ("means", prose(advice.means))]


def explanation_table(parts: Iterable[Part]) -> Table:
    """Return a table of parts, with the labels on the left.

    >>> explanation_table(explanation(Reply(250, ["Ok"]))).row_count
    10
    """
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    style = ""
    for label, text in parts:
        if label == "code":
            style = _STYLES[ReplyClass(int(text.plain) // 100)]
        table.add_row(label, Text(text.plain, style) if label in ("code", "class") else text)
    return table


def plain_explanation(parts: Iterable[Part]) -> str:
    r"""Return parts as lines of text; marked words are in double brackets.

    Prose is wrapped to the width of the terminal, 80 columns in a pipe; protocol text is not.

    >>> print(plain_explanation(explanation(Reply(250, ["Ok"]))).splitlines()[-1])
    canonical  250 Ok\r\n
    """
    width = max(shutil.get_terminal_size().columns - _LABEL, 20)
    shown, kind = "", ""
    for label, text in parts:
        kind = label or kind
        lines = [_bracketed(text)]
        if kind not in _DATA:
            lines = textwrap.wrap(lines[0], width, break_long_words=False, break_on_hyphens=False)
        for number, line in enumerate(lines or [""]):
            shown += f"{'' if number else label:{_LABEL}}{line}".rstrip() + "\n"
    return shown


def _marked(verdict: Verdict) -> Text:
    """Return the text of a verdict with the deciding words marked."""
    marked, at = Text(), 0
    for start, end in verdict.evidence.spans if verdict.evidence else ():
        marked.append(escape(verdict.text[at:start]))
        marked.append(escape(verdict.text[start:end]), _MARK)
        at = end
    return marked.append(escape(verdict.text[at:]))


def _bracketed(text: Text) -> str:
    plain, at = "", 0
    for span in text.spans:
        if span.style == _MARK:
            plain += f"{text.plain[at : span.start]}[[{text.plain[span.start : span.end]}]]"
            at = span.end
    return plain + text.plain[at:]


def _decided(verdict: Verdict) -> str:
    evidence, other = verdict.evidence, verdict.runner_up
    decided = verdict.basis.value
    if evidence is not None:
        decided += f' "{escape(evidence.words)}", rule {verdict.rule}'
    if other is not None:
        decided += f"; second: {other.reason.value} by {other.basis.value}"
    return decided + ("; words and code disagree" if verdict.conflicts else "")


def _hints(verdict: Verdict) -> Iterator[tuple[str, str]]:
    """Yield the further information in the text: waiting time, block list, provider, names."""
    pause, listing, provider = verdict.retry_after, verdict.blocklist, verdict.provider
    if pause is not None:
        yield "wait", str(pause)
    if listing is not None:
        item = f" ({listing.item})" if listing.item else ""
        yield "listed", f"{listing.blocklist.name}{item}: {listing.url}"
    if provider is not None:
        yield "provider", f"{provider.name}{f': {provider.help}' if provider.help else ''}"
    for label, items in (
        ("urls", verdict.urls),
        ("addresses", verdict.addresses),
        ("ips", verdict.ips),
        ("hosts", verdict.hostnames),
    ):
        if items:
            yield label, ", ".join(items)


def _cells(exchange: Exchange) -> list[Text]:
    reply = exchange.reply
    style = _STYLES[reply.reply_class]
    text = Text("\n").join(_text(line) for line in reply.lines)
    if exchange.command is not None:
        command = "end of message" if exchange.command == "." else escape(exchange.command)
        text.append(f"\n(in reply to {command})", style="dim")
    return [
        Text(str(exchange.line), style="dim"),
        Text(str(reply.code), style=f"bold {style}"),
        Text(_WORDS[reply.reply_class], style=style),
        Text(str(reply.enhanced or "")),
        text,
        Text("\n".join(defect.value for defect in reply.defects), style="magenta"),
    ]


def _meaning(entry: Entry, language: str) -> list[Text]:
    assert isinstance(entry, ReplyCodeEntry | StatusEntry)  # the entries of codes
    words = messages(language)
    return [
        prose(f"{entry.title}. {entry.description}"),
        prose(f"{words.get('headings', 'for_the_sender')}: {entry.fix.sender}"),
        prose(f"{words.get('headings', 'for_the_administrator')}: {entry.fix.admin}"),
    ]


def _subject(reply: Reply) -> str:
    if reply.subject is None:
        return "none: the second digit is above 5, which RFC 5321 4.2 does not define"
    return f"{reply.subject.label}: {reply.subject.description}"


def _enhanced(reply: Reply) -> str:
    if reply.enhanced is None:
        return "none"
    return f"{reply.enhanced}, of class {reply.enhanced.reply_class.label}"


def _defects(reply: Reply) -> list[str]:
    return [
        f"{defect.value} ({defect.reference}): {defect.description}" for defect in reply.defects
    ] or ["none"]


def _canonical(reply: Reply) -> list[str]:
    lines = bytes(reply).decode("utf-8", "surrogateescape").split("\n")[:-1]
    return [escape(f"{line}\n") for line in lines]


def _labelled(label: str, texts: Iterable[str | Text]) -> list[tuple[str, str | Text]]:
    return [("" if number else label, text) for number, text in enumerate(texts)]


def _text(text: str) -> Text:
    return Text(escape(text))
