"""The stages of a session at which a server answers: RFC 5321 3 and 4.1.1, RFC 3207, RFC 4954."""

from __future__ import annotations

import enum


class Stage(enum.StrEnum):
    """The command that a reply answers. The value is the command, or the field's term for it.

    Upper and lower case are one.

    >>> Stage("rcpt").name
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

    @classmethod
    def _missing_(cls, value: object) -> Stage:
        """Find a member whatever the case of its letters.

        Raises:
            ValueError: there is none.
        """
        small = str(value).lower()
        for stage in cls:
            if stage.value.lower() == small:
                return stage
        raise ValueError(f"no such stage: {value!r}; there are: {', '.join(cls)}")
