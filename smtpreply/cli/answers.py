"""The replies to explain in what somebody pastes: a reply, a session, a bounce, lines of a log."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from itertools import islice

import attrs
import click

from smtpreply.dialogue.decisive import decisive, session_in
from smtpreply.dialogue.transcript import Exchange
from smtpreply.errors import MultipleRepliesError, ReplySyntaxError
from smtpreply.reasons import Classifier, Reason, Verdict
from smtpreply.reply.diagnostic import parse_literal
from smtpreply.reply.literals import unquoted, with_line_ends
from smtpreply.reply.model import Reply
from smtpreply.reply.parser import octets_of, parse, parse_all

_MOST = 50  # replies that are explained at once

# Go prints a reply as 550 "5.1.1 ...\n...", which is a well-formed reply with quotes in its text.
_GO_QUOTED = re.compile(r'\s*[2-5][0-9][0-9] ".*"\s*', re.DOTALL)


@attrs.frozen
class Answer:
    """An answer to explain.

    Attributes:
        verdict: the verdict on it.
        reply: the reply; None where it is in a sentence, or where there is none.
        recipient: whom it is about; None where nobody is named.
        status: what became of the message, where a log or a bounce states it.
        line: its line in the input; None where that is one reply.
        command: what it answers, where a session shows it.
    """

    verdict: Verdict
    reply: Reply | None = None
    recipient: str | None = None
    status: str | None = None
    line: int | None = None
    command: str | None = None


def answers_in(given: bytes, classifier: Classifier, stage: str | None = None) -> list[Answer]:
    """Return what is to be explained: a reply, or one for each recipient or reply that matters.

    In a session that is the reply that decides for each recipient; of other replies one after the
    other, the refusals, or all where nothing is refused; in a bounce, an event or a log, each
    delivery.

    Args:
        given: the input.
        classifier: gives the verdicts.
        stage: what was answered, where the caller knows it.

    Returns:
        The answers; none for an input without a reply and without words that are known.

    Raises:
        ValueError: there is no such stage.
        click.ClickException: there are too many.

    >>> from smtpreply.reasons import default_classifier
    >>> [answer.recipient for answer in answers_in(b"550 5.1.1 No", default_classifier())]
    [None]
    """
    text = given.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    text = unquoted(text.strip())
    reply = _reply_in(text)
    if reply is not None:
        verdict = classifier.classify(reply, stage=stage)
        if verdict.reason is not Reason.ACCEPTED:
            return [Answer(verdict, reply)]
        # In words of an exception, or with a refusal quoted in it, it was not the last word.
        told = list(classifier.classify_all(text, stage=stage).values())
        if all(each.reason is Reason.ACCEPTED for each in told):
            return [Answer(verdict, reply)]
        if len(told) == 1:
            return [Answer(told[0])]
    found = list(_of_session(text, classifier)) if stage is None else []
    found = found or list(_of_replies(text, classifier, stage))
    found = found or _that_matter(_of_log(given, classifier))
    found = found or list(_of_words(text, classifier, stage))
    if len(found) > _MOST:
        raise click.ClickException(
            f"more than {_MOST} replies: 'smtpreply classify' has a line for each reply, "
            "'smtpreply scan' summarizes logs and bounces"
        )
    if len(found) == 1 and "\n" not in text.strip():
        return [attrs.evolve(found[0], line=None)]
    return found


def _reply_in(text: str) -> Reply | None:
    """Return the one reply that a text is, as a server sends it or a program prints it."""
    readers = (parse_literal,) if _GO_QUOTED.fullmatch(text) else (_as_sent, parse_literal)
    for read in readers:
        try:
            return read(text)
        except MultipleRepliesError:
            return None
        except ReplySyntaxError:
            continue
    return None


def _as_sent(text: str) -> Reply:
    return parse(_octets(text))


def _octets(text: str) -> bytes:
    """Return a text with CRLF line ends, as a server sends them: a shell has LF, or none."""
    octets = octets_of(with_line_ends(text))
    if b"\r\n" not in octets or re.search(rb"(?<!\r)\n", octets):
        octets = re.sub(rb"\r?\n", b"\r\n", octets)
    return octets if octets.endswith(b"\n") else octets + b"\r\n"


def _of_session(text: str, classifier: Classifier) -> Iterator[Answer]:
    session: tuple[Exchange, ...] = session_in(with_line_ends(text))
    for recipient, exchange in decisive(session).items():
        verdict = classifier.of_exchange(exchange, recipient)
        yield Answer(
            verdict, exchange.reply, recipient, line=exchange.line, command=exchange.command
        )


def _of_replies(text: str, classifier: Classifier, stage: str | None) -> Iterator[Answer]:
    octets = _octets(text)
    try:
        parse(octets)
    except MultipleRepliesError:
        pass
    except ReplySyntaxError:
        return
    line, found = 1, []
    for reply in parse_all(octets):
        found.append((line, reply))
        line += reply.raw.count(b"\n")
    refusals = [(line, reply) for line, reply in found if reply.code >= 400]
    # Beside one another they may leave more open than each by itself.
    told = classifier.classify_all(text, stage=stage).values()
    is_open = not any(verdict.suppress for verdict in told)
    for line, reply in refusals or found:
        verdict = classifier.classify(reply, stage=stage)
        yield Answer(
            verdict.as_soft() if is_open and verdict.suppress else verdict, reply, line=line
        )


def _that_matter(answers: Iterable[Answer]) -> list[Answer]:
    """Return the answers that decide something, or all where none does."""
    found = list(answers)
    return [
        each for each in found if each.status or each.verdict.reason is not Reason.ACCEPTED
    ] or found


def _of_log(given: bytes, classifier: Classifier) -> Iterator[Answer]:
    """Yield what bounces, events and the lines of logs report."""
    from smtpreply.cli.logged import judged  # noqa: PLC0415  (100 ms)

    for delivery, verdict in islice(judged(io.BytesIO(given), classifier), _MOST + 1):
        yield Answer(
            verdict,
            delivery.reply,
            delivery.recipient,
            delivery.status and delivery.status.value,
            delivery.line,
        )


def _of_words(text: str, classifier: Classifier, stage: str | None) -> Iterator[Answer]:
    """Yield what a text of no form says, of each recipient that it names."""
    verdicts = classifier.classify_all(text, stage=stage)
    if verdicts.keys() == {None}:
        try:
            parse_literal(text)
        except MultipleRepliesError as error:
            raise click.ClickException(f"{error.message}: give one reply at a time") from None
        except ReplySyntaxError:
            pass
    for recipient, verdict in verdicts.items():
        if recipient is not None or verdict.is_explained or verdict.code is not None:
            yield Answer(verdict, recipient=recipient)
