"""`Capabilities`: what a server offers in its reply to EHLO (or LHLO).

RFC 5321 4.1.1.1::

    ehlo-ok-rsp  = ( "250" SP Domain [ SP ehlo-greet ] CRLF )
                 / ( "250-" Domain [ SP ehlo-greet ] CRLF
                    *( "250-" ehlo-line CRLF )
                       "250" SP ehlo-line CRLF )
    ehlo-line    = ehlo-keyword *( SP ehlo-param )
    ehlo-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
    ehlo-param   = 1*(%d33-126)

The first line is never a capability, even where it is empty or looks like one: a client that read
it as one could claim a STARTTLS that is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from smtpreply.errors import ReplySyntaxError
from smtpreply.reply.model import Reply

EHLO_OK = 250

_EHLO_LINE = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]*(?: [!-~]+)*")
# Read all the same:
# - underscores: "X_PIPE_CONNECT" and "PIPE_CONNECT" (Exim, before it was PIPECONNECT);
# - "AUTH=LOGIN PLAIN", as Outlook Express wanted it: Exchange, Coremail, and Postfix with
#   broken_sasl_auth_clients; as a client, Postfix takes an equals sign after any keyword;
# - blanks before and after the line, tabs and runs of blanks inside.
_LENIENT_LINE = re.compile(r"[ \t]*([0-9A-Za-z][0-9A-Za-z_-]*)(=|[ \t]|$)(.*)", re.DOTALL)
_BLANKS = re.compile("[ \t]+")

# RFC 5321 4.1.2 and 4.1.3, with the underscores of Windows hosts, and addresses without brackets. A
# domain of one label will do here, where the grammar wants one and prose is rare.
_LABEL = "[0-9A-Za-z_-]+"
_DOMAIN = re.compile(
    rf"((?:{_LABEL}\.)+[A-Za-z][0-9A-Za-z-]*\.?|{_LABEL}"
    r"|\[(?:[Ii][Pp][Vv]6:)?[0-9A-Fa-f:.]+\]|[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3})"
    r"(?:[ \t]+|$)"
)
# "My capabilities are" (Postal) and other sentences that name no host.
_NO_DOMAINS = frozenset({"HELLO", "HI", "OK", "WELCOME", "GREETINGS", "PLEASED", "EHLO", "HOWDY"})
_NO_DOMAINS |= {"ALOHA", "NICE", "GOOD", "HERE", "PLEASE", "REQUESTED", "SUPPORTED", "AVAILABLE"}
_NO_DOMAINS |= {"MY", "OUR", "YOUR", "THE", "THIS", "THESE", "I", "WE", "A", "AN"}

# RFC 1870 3: size-value ::= 1*20DIGIT
_SIZE = re.compile("[0-9]{1,20}")
# RFC 2852 2: min-by-time = 1*9DIGIT, and extension tokens may follow, each after a comma.
_MINIMUM_TIME = re.compile("([0-9]{1,9})(?:,.*)?", re.DOTALL)
# RFC 4865 4: an interval of up to nine digits, then an RFC 3339 date and time in UTC.
_INTERVAL = re.compile("[0-9]{1,9}")
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})",
    re.IGNORECASE,
)
# RFC 9422 3.1: limit-name-value = limit-name ["=" limit-value]. The values of all three limits that
# it defines are 1 to 999999; what keeps to no syntax is to be ignored.
_LIMIT = re.compile("([0-9A-Za-z_-]+)(?:=([!-:<-~]+))?")
_COUNT = re.compile("[1-9][0-9]{0,5}")


@attrs.frozen
class Limits:
    """The limits that a server announces: RFC 9422. None where it announces none."""

    mail_max: int | None = None
    """MAILMAX: how many transactions a session may have."""

    rcpt_max: int | None = None
    """RCPTMAX: how many recipients a transaction may have."""

    rcpt_domain_max: int | None = None
    """RCPTDOMAINMAX: how many domains the recipients of a transaction may have."""

    others: tuple[tuple[str, str | None], ...] = ()
    """All other limits, and those with a value that they can't have: upper-case name and value."""


@attrs.frozen
class FutureRelease:
    """The bounds of a message's future release: RFC 4865."""

    max_interval: int | None = None
    """In seconds, for HOLDFOR."""

    max_date_time: datetime | None = None
    """With its time zone, for HOLDUNTIL."""


def _as_tuple(lines: Iterable[str]) -> tuple[str, ...]:
    if isinstance(lines, str):
        raise TypeError("lines is an iterable of lines, not one string")
    return tuple(lines)


@attrs.frozen
class Capabilities(Mapping[str, tuple[str, ...]]):
    """The extensions that a server offers in its reply to EHLO: RFC 5321 4.1.1.1.

    A mapping of keyword, in upper case, to its parameters as sent. It keeps the server's order;
    look-up takes any case. Where a keyword comes twice, parameters that are new are added to the
    first ones: "AUTH LOGIN" and "AUTH=LOGIN PLAIN" give ``("LOGIN", "PLAIN")``.

    The typed views give what a capability says: a number, text or value is None and a tuple is
    empty where it says nothing, or nothing that its RFC allows. Whether it is offered at all,
    `offers` returns: a SIZE without a number is no SIZE with the number None.

    Args:
        domain: who answers, or None where the greeting begins with no domain.
        greeting: the rest of the first line.
        lines: the text of all other lines, as sent.

    >>> from smtpreply import parse
    >>> reply = parse("250-mx.example.com\\r\\n250-SIZE 1000\\r\\n250 DSN\\r\\n")
    >>> offered = Capabilities.from_reply(reply)
    >>> offered["size"], offered.size, offered.dsn, offered.starttls
    (('1000',), 1000, True, False)
    """

    domain: str | None = None
    """Who answers: a domain or an address literal, as sent."""

    greeting: str = ""
    """The rest of the first line; all of it where there is no `domain`."""

    lines: tuple[str, ...] = attrs.field(default=(), converter=_as_tuple)
    """The lines after the first one, as sent."""

    _parameters: dict[str, tuple[str, ...]] = attrs.field(init=False, eq=False, repr=False)

    @_parameters.default
    def _read_lines(self) -> dict[str, tuple[str, ...]]:
        return _parameters_of(self.lines)

    @classmethod
    def from_reply(cls, reply: Reply) -> Capabilities:
        r"""Read the reply to EHLO or LHLO; that to HELO gives capabilities without a keyword.

        Raises:
            ReplySyntaxError: the code is not 250. A 220 is refused too, though it is positive: it
                is a late greeting, whose prose would become capabilities.

        >>> from smtpreply import parse
        >>> Capabilities.from_reply(parse("250 mx.example.com Hello\r\n")).domain
        'mx.example.com'
        """
        if reply.code != EHLO_OK:
            text = reply.raw.decode("utf-8", "surrogateescape")
            raise ReplySyntaxError(f"a {reply.code} tells no capabilities", text)
        first, *lines = reply.textstrings  # no status is in them: RFC 2034 4
        domain, greeting = _domain_and_rest(first)
        return cls(domain, greeting, lines)

    # --- the mapping ---

    def __getitem__(self, keyword: str) -> tuple[str, ...]:
        return self._parameters[_upper(keyword)]

    def __contains__(self, keyword: object) -> bool:
        return isinstance(keyword, str) and _upper(keyword) in self._parameters

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __len__(self) -> int:
        return len(self._parameters)

    def offers(self, keyword: str) -> bool:
        """Whether the server has named the keyword, in any case, with or without parameters.

        >>> Capabilities(lines=["SIZE", "8BITMIME"]).offers("size")
        True
        """
        return keyword in self

    @property
    def irregular_lines(self) -> tuple[str, ...]:
        """The lines that do not keep to the grammar, as sent, empty ones aside.

        What could be understood of them is in the mapping all the same ("AUTH=LOGIN"); what could
        not is here only.
        """
        return tuple(line for line in self.lines if line and not _EHLO_LINE.fullmatch(line))

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold.

        Keys: ``domain`` (text or None), ``greeting``, ``capabilities`` (keyword to list of text)
        and ``irregular_lines`` (list of text).

        >>> Capabilities("mx.example.com", lines=["AUTH PLAIN"]).to_dict()["capabilities"]
        {'AUTH': ['PLAIN']}
        """
        return {
            "domain": self.domain,
            "greeting": self.greeting,
            "capabilities": {keyword: list(found) for keyword, found in self.items()},
            "irregular_lines": list(self.irregular_lines),
        }

    # --- offered or not ---

    @property
    def starttls(self) -> bool:
        """Whether TLS may be started: RFC 3207."""
        return "STARTTLS" in self

    @property
    def pipelining(self) -> bool:
        """Whether commands may be sent without waiting for each reply: RFC 2920."""
        return "PIPELINING" in self

    @property
    def chunking(self) -> bool:
        """Whether there is BDAT: RFC 3030 2."""
        return "CHUNKING" in self

    @property
    def binary_mime(self) -> bool:
        """Whether messages may be binary: RFC 3030 3. It needs `chunking` too."""
        return "BINARYMIME" in self

    @property
    def eight_bit_mime(self) -> bool:
        """Whether messages may have octets above 127: RFC 6152."""
        return "8BITMIME" in self

    @property
    def smtputf8(self) -> bool:
        """Whether addresses and headers may be UTF-8: RFC 6531."""
        return "SMTPUTF8" in self

    @property
    def dsn(self) -> bool:
        """Whether delivery status notifications can be asked for: RFC 3461."""
        return "DSN" in self

    @property
    def enhanced_status_codes(self) -> bool:
        """Whether replies carry an enhanced status: RFC 2034."""
        return "ENHANCEDSTATUSCODES" in self

    @property
    def require_tls(self) -> bool:
        """Whether a message may insist on TLS all the way: RFC 8689."""
        return "REQUIRETLS" in self

    @property
    def etrn(self) -> bool:
        """Whether a queue can be started from afar: RFC 1985."""
        return "ETRN" in self

    @property
    def help(self) -> bool:
        """Whether there is HELP: RFC 5321 4.1.1.8."""
        return "HELP" in self

    @property
    def vrfy(self) -> bool:
        """Whether there is VRFY: RFC 5321 3.5.2. A server may have it and not say so."""
        return "VRFY" in self

    # --- with parameters ---

    @property
    def size(self) -> int | None:
        """The most octets a message may have: RFC 1870.

        None where no fixed limit is named: SIZE without a number or with 0, a number that is none,
        or no SIZE.

        >>> Capabilities(lines=["SIZE 0"]).size is None
        True
        """
        value = self._first("SIZE")
        return int(value) or None if _SIZE.fullmatch(value) else None

    @property
    def auth(self) -> tuple[str, ...]:
        """The SASL mechanisms, in upper case and in order: RFC 4954 3. `legacy_auth` included.

        >>> Capabilities(lines=["AUTH LOGIN", "AUTH=login plain"]).auth
        ('LOGIN', 'PLAIN')
        """
        return self._words("AUTH")

    @property
    def legacy_auth(self) -> tuple[str, ...]:
        """Those mechanisms of `auth` that came in the old form with an equals sign.

        >>> Capabilities(lines=["AUTH PLAIN LOGIN", "AUTH=LOGIN"]).legacy_auth
        ('LOGIN',)
        """
        parts = [_parts(line) for line in self.lines]
        return _unique(
            parameter
            for keyword, equals, parameters in parts
            if keyword == "AUTH" and equals
            for parameter in parameters
        )

    @property
    def exchange_auth(self) -> tuple[str, ...]:
        """The mechanisms of X-EXPS, by which Exchange servers know each other; none of `auth`."""
        return self._words("X-EXPS")

    @property
    def limits(self) -> Limits | None:
        """The limits of the server: RFC 9422. None where LIMITS is not offered.

        >>> Capabilities(lines=["LIMITS RCPTMAX=100"]).limits.rcpt_max
        100
        """
        return _limits(self["LIMITS"]) if "LIMITS" in self else None

    @property
    def deliver_by(self) -> int | None:
        """The least time in seconds in which delivery may be demanded: RFC 2852 2."""
        match = _MINIMUM_TIME.fullmatch(self._first("DELIVERBY"))
        return int(match[1]) if match else None

    @property
    def future_release(self) -> FutureRelease | None:
        """The bounds of a future release: RFC 4865 4. None where FUTURERELEASE is not offered.

        >>> Capabilities(lines=["FUTURERELEASE 86400 2030-01-01T00:00:00Z"]).future_release
        FutureRelease(max_interval=86400, max_date_time=datetime.datetime(2030, 1, 1, 0, 0, tzinfo=\
datetime.timezone.utc))
        """
        if "FUTURERELEASE" not in self:
            return None
        interval, date_time, *_ = (*self["FUTURERELEASE"], "", "")
        seconds = int(interval) if _INTERVAL.fullmatch(interval) else None
        return FutureRelease(seconds, _date_time(date_time))

    @property
    def mt_priority(self) -> str | None:
        """The name of the priority policy, in upper case: RFC 6710 (MIXER, STANAG4406, NSEP)."""
        return _upper(self._first("MT-PRIORITY")) or None

    @property
    def burl(self) -> tuple[str, ...]:
        """The URLs that BURL takes: "imap", or the beginnings of IMAP URLs: RFC 4468 3.1."""
        return self.get("BURL", ())

    @property
    def xclient(self) -> tuple[str, ...]:
        """The attributes that XCLIENT takes, in upper case: Postfix's XCLIENT_README."""
        return self._words("XCLIENT")

    @property
    def xforward(self) -> tuple[str, ...]:
        """The attributes that XFORWARD takes, in upper case: Postfix's XFORWARD_README."""
        return self._words("XFORWARD")

    def _first(self, keyword: str) -> str:
        return next(iter(self.get(keyword, ())), "")

    def _words(self, keyword: str) -> tuple[str, ...]:
        return _unique(self.get(keyword, ()))


def _domain_and_rest(first_line: str) -> tuple[str | None, str]:
    # "250-Hello 887d0459d3ba" comes from a server that names the client only.
    match = _DOMAIN.match(first_line)
    if match is None or match[1].upper() in _NO_DOMAINS:
        return None, first_line
    return match[1], first_line[match.end() :]


def _parameters_of(lines: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    seen: set[tuple[str, str]] = set()
    for line in lines:
        keyword, _, parameters = _parts(line)
        if keyword is None:
            continue
        before = found.setdefault(keyword, [])
        # Only a repetition of another line is left out: a parameter's place may matter.
        before += [parameter for parameter in parameters if (keyword, parameter) not in seen]
        seen.update((keyword, parameter) for parameter in parameters)
    return {keyword: tuple(parameters) for keyword, parameters in found.items()}


def _parts(line: str) -> tuple[str | None, bool, list[str]]:
    """Split a line into keyword, whether an equals sign follows it, and parameters."""
    match = _LENIENT_LINE.match(line)
    if match is None:
        return None, False, []
    rest = match[3].strip(" \t")
    return match[1].upper(), match[2] == "=", _BLANKS.split(rest) if rest else []


def _limits(parameters: Iterable[str]) -> Limits:
    known: dict[str, int] = {}
    others: list[tuple[str, str | None]] = []
    for parameter in parameters:
        match = _LIMIT.fullmatch(parameter)
        if match is None:
            continue
        name, value = match[1].upper(), match[2]
        if name in _LIMIT_FIELDS and name not in known and _COUNT.fullmatch(value or ""):
            known[name] = int(value)
        else:
            others.append((name, value))
    fields = {_LIMIT_FIELDS[name]: value for name, value in known.items()}
    return Limits(**fields, others=tuple(others))


_LIMIT_FIELDS = {
    "MAILMAX": "mail_max",
    "RCPTMAX": "rcpt_max",
    "RCPTDOMAINMAX": "rcpt_domain_max",
}


def _date_time(text: str) -> datetime | None:
    if not _DATE_TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:  # a thirteenth month, a leap second
        return None


def _unique(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(_upper, words)))


def _upper(word: str) -> str:
    # Outside ASCII, upper case may be ASCII: the long s would make a PLAIN of what is none.
    return word.upper() if word.isascii() else word
