"""`ReplyError` and its children: the errors of this library.

Every error carries data (the text it is about, the position, the line) and builds its message
from them, with the text shortened and escaped.
"""

from __future__ import annotations

from smtpreply._support.escape import excerpt


class ReplyError(Exception):
    """The base of all errors of this library.

    >>> issubclass(ReplySyntaxError, ReplyError), issubclass(StreamError, ReplyError)
    (True, True)
    """


class ReplySyntaxError(ReplyError, ValueError):
    """The text is not what it should be: no reply, more than one, or (when strict) not RFC 5321.

    Attributes:
        message: what is wrong, without the text.
        text: the text it is about; octets that are not UTF-8 are kept as surrogate escapes.
        position: where in the text, in characters (in octets if it was given as octets), from 0.
        line: in which line of the text, from 1.

    >>> from smtpreply import parse
    >>> try:
    ...     parse("no reply")
    ... except ReplySyntaxError as error:
    ...     error.message, error.line, error.position, error.excerpt
    ('no reply code', 1, 0, 'no reply')
    """

    def __init__(self, message: str, text: str = "", position: int = 0, line: int = 1) -> None:
        super().__init__(message, text, position, line)
        self.message = message
        self.text = text
        self.position = position
        self.line = line

    @property
    def excerpt(self) -> str:
        """The first characters of the line at fault, escaped: safe for a log or a terminal."""
        lines = self.text.split("\n" if "\n" in self.text else "\r")
        return excerpt(lines[self.line - 1] if self.line <= len(lines) else "")

    def __str__(self) -> str:
        return f"{self.message} at line {self.line}, position {self.position}: '{self.excerpt}'"


class MultipleRepliesError(ReplySyntaxError):
    r"""One reply was asked for and the text holds more: `parse_all` reads them.

    >>> from smtpreply import parse
    >>> try:
    ...     parse("250 Ok\r\n550 No such user\r\n")
    ... except MultipleRepliesError as error:
    ...     error.line
    2
    """

    def __str__(self) -> str:
        if (self.line, self.position) != (1, 0):
            return super().__str__()
        return f"{self.message}: '{self.excerpt}'"  # the text as a whole is meant


class StreamError(ReplyError):
    """The octets of a connection cannot be read as replies any further.

    Attributes:
        message: what is wrong.
        received: the octets of the unfinished reply that had arrived (at most what the bounds
            of the reader allow, and what came with the same chunk).

    >>> str(StreamError("the stream ended in the middle of a reply", b"250-mx"))
    "the stream ended in the middle of a reply: '250-mx'"
    """

    def __init__(self, message: str, received: bytes = b"") -> None:
        super().__init__(message, received)
        self.message = message
        self.received = received

    def __str__(self) -> str:
        shown = excerpt(self.received.decode("utf-8", "surrogateescape"))
        return f"{self.message}: '{shown}'" if shown else self.message


class IncompleteReplyError(StreamError):
    r"""The connection ended in the middle of a reply; `received` keeps what had arrived.

    >>> from smtpreply import ReplyReader
    >>> reader = ReplyReader()
    >>> reader.receive_data(b"250-mx.example.com\r\n")
    >>> reader.receive_data(b"")
    >>> try:
    ...     reader.next_reply()
    ... except IncompleteReplyError as error:
    ...     error.received
    b'250-mx.example.com\r\n'
    """


class LineTooLongError(StreamError):
    """A line is longer than the reader's `max_line_length`.

    >>> from smtpreply import ReplyReader
    >>> reader = ReplyReader(max_line_length=20)
    >>> reader.receive_data(b"250 " + b"x" * 40)
    >>> reader.next_reply()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    smtpreply.errors.LineTooLongError: ...
    """


class TooManyLinesError(StreamError):
    r"""A reply has more lines than the reader's `max_lines`.

    >>> from smtpreply import ReplyReader
    >>> reader = ReplyReader(max_lines=2)
    >>> reader.receive_data(b"250-mx.example.com\r\n250-SIZE\r\n250-DSN\r\n250 HELP\r\n")
    >>> reader.next_reply()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    smtpreply.errors.TooManyLinesError: ...
    """


class ReplyTooLongError(StreamError):
    r"""A reply has more octets than the reader's `max_reply_length`.

    >>> from smtpreply import ReplyReader
    >>> reader = ReplyReader(max_reply_length=30)
    >>> reader.receive_data(b"250-mx.example.com\r\n250-SIZE\r\n250 HELP\r\n")
    >>> reader.next_reply()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    smtpreply.errors.ReplyTooLongError: ...
    """
