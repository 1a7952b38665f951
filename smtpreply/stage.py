"""The stages of a session at which a server answers: RFC 5321 3 and 4.1.1, RFC 3207, RFC 4954."""

from __future__ import annotations

import enum


class Stage(enum.StrEnum):
    """What was being answered. The value is the command, or the field's words where there is none.

    >>> Stage("RCPT").name
    'RCPT'
    """

    CONNECT = "connect"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    END_OF_DATA = "end of data"
    QUIT = "QUIT"
