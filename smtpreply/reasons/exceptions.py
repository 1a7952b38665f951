"""Read replies out of exceptions: smtplib's, aiosmtplib's, and those of sockets and TLS.

All by their attributes, so that no mail library need be installed:

- ``smtp_code`` and ``smtp_error`` (smtplib), ``code`` and ``message`` (aiosmtplib): a reply;
- ``recipients``: a dict of replies by recipient (smtplib), or a list of exceptions with a
  ``recipient`` each (aiosmtplib);
- anything else has its name and its words: ``ConnectionRefusedError: [Errno 111] ...``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeGuard

from smtpreply.reasons.extract import STAGE_OF_ERROR
from smtpreply.reply.model import Reply
from smtpreply.stage import Stage

_MOST_CAUSES = 16  # an exception may be its own cause, in a circle of any length

Answer = Reply | str
"""The answer to one recipient: a reply, or words."""


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and what caused it, the outermost first.

    The only exception of a group, as task groups raise them, counts as its cause. Of several it
    is not known which one is meant.
    """
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen and len(seen) < _MOST_CAUSES:
        yield current
        seen.add(id(current))
        hidden = current.__suppress_context__
        only = current.exceptions[0] if _has_one(current) else None
        current = only or current.__cause__ or (None if hidden else current.__context__)


def _has_one(error: BaseException) -> TypeGuard[BaseExceptionGroup[BaseException]]:
    return isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1


def stage_of(error: BaseException) -> Stage | None:
    """Return what the server answered, as far as the name of the exception's class shows it."""
    names = (parent.__name__ for parent in type(error).__mro__)
    return next((STAGE_OF_ERROR[name] for name in names if name in STAGE_OF_ERROR), None)


def reply_of(error: BaseException) -> Reply | None:
    """Return the reply that an exception carries; None where it carries none."""
    for code, text in (("smtp_code", "smtp_error"), ("code", "message")):
        number, message = getattr(error, code, None), getattr(error, text, None)
        reply = reply_of_pair((number, message))
        if reply is not None:
            return reply
    return None


def refusals_of(error: BaseException) -> dict[str, Answer]:
    """Return what was answered to each recipient; empty where the exception names none."""
    recipients = getattr(error, "recipients", None)
    if isinstance(recipients, Mapping):
        return answers_in(recipients)
    if isinstance(recipients, Iterable) and not isinstance(recipients, (str, bytes)):
        each = [other for other in recipients if isinstance(other, BaseException)]
        return {
            str(getattr(other, "recipient", "")): reply_of(other) or words_of_error(other)
            for other in each
        }
    if isinstance(error, BaseExceptionGroup):
        answers: dict[str, Answer] = {}
        for other in _members_of(error):
            answers |= refusals_of(other)
        return answers
    return {}


def _members_of(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    """Yield the exceptions of a group and of the groups in it."""
    waiting: list[BaseException] = [group]
    while waiting:
        error = waiting.pop()
        if isinstance(error, BaseExceptionGroup):
            waiting += reversed(error.exceptions)
        else:
            yield error


def answers_in(answers: Mapping[object, object]) -> dict[str, Answer]:
    """Return what was answered to each recipient, as `SMTP.sendmail` returns it.

    Raises:
        TypeError: a value is no reply: no `Reply`, text, or pair of code and text.
    """
    return {str(recipient): _answer(value) for recipient, value in answers.items()}


def words_of_error(error: BaseException) -> str:
    """Return the name and the words of an exception that carries no reply."""
    name, words = type(error).__name__, str(error)
    return f"{name}: {words}" if words else name


def reply_of_pair(value: object) -> Reply | None:
    """Return the reply of a pair of code and text, as libraries hand it out."""
    if isinstance(value, (tuple, list)) and len(value) >= 2:
        code, message = value[:2]
        if isinstance(code, int) and 200 <= code <= 599 and isinstance(message, (str, bytes)):
            return Reply.from_response(code, message)
    return None


def _answer(value: object) -> Answer:
    if isinstance(value, (Reply, str)):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    reply = reply_of_pair(value)
    if reply is None:
        raise TypeError(f"a recipient's reply is text or (code, text), not {value!r:.80}")
    return reply
