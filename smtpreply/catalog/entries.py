"""Catalog entries: one value for each code, keyword, mechanism and command.

Entries are values: frozen, hashable, picklable. Their prose is `Text`, in the language in which
the entry was asked for where there is a translation, and in English where there is none.
"""

from __future__ import annotations

import enum
import re
from typing import ClassVar

import attrs

from smtpreply.catalog.text import Text
from smtpreply.codes import EnhancedStatus, ReplyClass, ReplySubject


class Standing(enum.StrEnum):
    """The standardisation status of a code; `evidence` of an entry gives the grounds.

    >>> from smtpreply.catalog import lookup
    >>> lookup(550).standing.value, lookup(535).standing.value, lookup(599).standing.value
    ('standard', 'extension', 'unregistered')
    """

    STANDARD = "standard"
    EXTENSION = "extension"
    EXPERIMENTAL = "experimental"
    HISTORICAL = "historical"
    ASSOCIATION = "association"
    DRAFT = "draft"
    WILD = "wild"
    INHERITED = "inherited"
    NOT_SMTP = "not-smtp"
    REGISTERED = "registered"
    DEPRECATED = "deprecated"
    PROVIDER = "provider"
    UNREGISTERED = "unregistered"
    OBSOLETE = "obsolete"
    PRIVATE = "private"
    INFORMATIONAL = "informational"
    DOCUMENTED = "documented"
    REPORT = "report"
    COMMON = "common"
    LIMITED = "limited"


class NextStep(enum.StrEnum):
    """The next step of the client that sent the command (RFC 5321 4.2.1, RFC 3463 2).

    >>> from smtpreply.catalog import lookup
    >>> [lookup(code).advice.value for code in (250, 354, 451, 550)]
    ['none', 'continue', 'retry', 'stop']
    """

    NONE = "none"
    CONTINUE = "continue"
    RETRY = "retry"
    STOP = "stop"
    REMAINDER = "remainder"
    """Go on with the accepted recipients; send to the others later."""
    PREREQUISITE = "prerequisite"
    """Start TLS or log in, as the text demands, then repeat the command."""
    AUTHENTICATE = "authenticate"
    CREDENTIALS = "credentials"
    MECHANISM = "mechanism"
    SECURE = "secure"
    CHANGE = "change"


class ResponsibleParty(enum.StrEnum):
    """The party that has to act before the outcome can change.

    >>> from smtpreply.catalog import lookup
    >>> lookup("5.2.2").actor.value
    'recipient'
    """

    NOBODY = "nobody"
    CLIENT = "client"
    SENDER = "sender"
    RECIPIENT = "recipient"
    SERVER = "server"
    ADMINISTRATOR = "administrator"


class PasswordHidden(enum.StrEnum):
    """Whether an eavesdropper on a session without TLS stays ignorant of the password."""

    YES = "yes"
    NO = "no"
    TLS_ONLY = "tls-only"
    """The mechanism is bound to TLS and exists only inside it (RFC 5802 6, RFC 9266)."""


class State(enum.StrEnum):
    """The change that a reply makes in the session.

    >>> from smtpreply.catalog import lookup
    >>> lookup(221).state.value, lookup(235).state.value
    ('closes', 'authenticated')
    """

    NONE = "none"
    SESSION = "session"
    TRANSACTION = "transaction"
    AUTHENTICATED = "authenticated"
    CLOSES = "closes"
    TLS = "tls"
    DATA = "data"
    VARIES = "varies"
    """It depends on the command that the reply answers."""


_RFC = re.compile(r"RFC ([0-9]+)(?: ([0-9]+(?:\.[0-9]+)*|[A-Z](?:\.[0-9]+)*))?")
_REGISTRIES = "https://www.iana.org/assignments/"


@attrs.frozen
class Reference:
    """The source of a fact.

    >>> Reference("RFC 5321 4.2.3").url
    'https://www.rfc-editor.org/rfc/rfc5321#section-4.2.3'
    """

    text: str
    """The citation: "RFC 5321 4.2.3", a registry, a draft, a vendor's page with its URL."""

    @property
    def rfc(self) -> int | None:
        """The number of the RFC; None for another source."""
        match = _RFC.match(self.text)
        return int(match[1]) if match else None

    @property
    def section(self) -> str | None:
        """The section of the RFC; None where none is cited."""
        match = _RFC.match(self.text)
        return match[2] if match else None

    @property
    def url(self) -> str | None:
        """The URL of the source; None where it is unknown."""
        match = _RFC.match(self.text)
        if match is not None:
            kind = "appendix" if match[2] and match[2][0].isalpha() else "section"
            page = f"https://www.rfc-editor.org/rfc/rfc{match[1]}"
            return f"{page}#{kind}-{match[2]}" if match[2] else page
        if self.text.startswith("IANA "):
            return _REGISTRIES + self.text.split()[1]
        link = re.search(r"https://[^\s)]+", self.text)
        return link[0] if link else None


@attrs.frozen
class Meaning:
    """The meaning of a code in reply to one command."""

    command: str
    text: Text


@attrs.frozen
class WildMeaning:
    """A use of a code by servers that differs from the RFC."""

    text: Text
    seen: str


@attrs.frozen
class Example:
    """A reply as a server sends it."""

    server: str
    text: str


@attrs.frozen
class ProviderMeaning:
    """The meaning of an enhanced status code, or of one form of it, at one provider."""

    provider: str
    code: str
    text: Text


@attrs.frozen
class Fix:
    """The fix, for two readers."""

    sender: Text
    """For the person who sent the message."""

    admin: Text
    """For the administrator of a mail server."""


@attrs.frozen
class Check:
    """A command to type, and the meaning of its output."""

    command: str
    purpose: Text


@attrs.frozen
class Practice:
    """Practical help when mail is stuck: commands to type, numbers, settings, exceptions."""

    checks: tuple[Check, ...] = ()
    retry: Text | None = None
    """When to try again, and when to give up."""

    settings: tuple[tuple[str, str], ...] = ()
    """A server, and its settings that matter, by name."""

    raised: tuple[tuple[str, str], ...] = ()
    """A mail library, and what it raises on this reply."""


@attrs.frozen(kw_only=True)
class Entry:
    """The fields that all entries share.

    >>> from smtpreply.catalog import lookup
    >>> entry = lookup("STARTTLS")
    >>> entry.key, entry.title, entry.references[0].text
    ('STARTTLS', 'Start TLS', 'RFC 3207')
    """

    protocol: ClassVar[str] = "SMTP"

    key: str
    """The key for look-ups and display: "550", "5.1.1", "STARTTLS"."""

    title: Text
    """Editorial: a short title of our own."""

    slug: str
    standing: Standing
    references: tuple[Reference, ...] = ()
    description: Text
    related: tuple[str, ...] = ()
    """The keys of related entries to compare it with, the most useful first."""

    practice: Practice = Practice()


@attrs.frozen(kw_only=True)
class ReplyCodeEntry(Entry):
    """A reply code: RFC 5321 4.2.

    >>> from smtpreply.catalog import lookup
    >>> lookup(550).reply_class.label
    '5xx Permanent Negative Completion'
    """

    code: int
    official_text: str | None = None
    """The RFC's own words."""

    official_source: str | None = None
    evidence: Text
    """The grounds for the standing."""

    commands: tuple[str, ...] = ()
    """The commands that it answers; CONNECT is the greeting, DATA-END the end of the message."""

    sent_when: Text | None = None
    client_next: Text | None = None
    when: Text
    """When you see it."""

    fix: Fix
    advice: NextStep
    actor: ResponsibleParty
    state: State = State.NONE
    text_parsed: bool = False
    multiline: bool = False
    enhanced: tuple[str, ...] = ()
    dialogue: str = ""
    meanings: tuple[Meaning, ...] = ()
    wild: tuple[WildMeaning, ...] = ()
    examples: tuple[Example, ...] = ()

    @property
    def reply_class(self) -> ReplyClass | None:
        """Derived: the first digit. None for a number that is no SMTP reply."""
        digit = self.code // 100
        return ReplyClass(digit) if 2 <= digit <= 5 else None

    @property
    def subject(self) -> ReplySubject | None:
        """Derived: the second digit. None where it is above 5."""
        digit = self.code // 10 % 10
        return ReplySubject(digit) if digit <= 5 else None


@attrs.frozen(kw_only=True)
class StatusEntry(Entry):
    """An enhanced status code: RFC 3463. Either a detail ("X.1.1") or one in a class ("5.1.1").

    >>> from smtpreply.catalog import lookup
    >>> lookup("5.1.1").codes, lookup("X.1.1").codes
    ((550,), (451, 550))
    """

    status: EnhancedStatus | None
    """The code, where the class is known."""

    class_title: Text | None
    class_description: Text | None
    subject_title: Text | None
    subject_description: Text | None
    official_text: str | None = None
    """The registry's sample text."""

    classes: tuple[int, ...] = ()
    """The classes in which the registry finds it useful."""

    codes: tuple[int, ...] = ()
    """The reply codes that the registry names with it: examples, not a rule. In a class, only those
    of the class (RFC 2034 4)."""

    when: Text
    fix: Fix
    advice: NextStep | None = None
    """None for a detail in no class: it depends on the class."""

    actor: ResponsibleParty | None = None
    """None for a detail in no class, as for `advice`."""

    providers: tuple[ProviderMeaning, ...] = ()

    @property
    def reply_class(self) -> ReplyClass | None:
        """Derived: the class as a reply class. None for a detail in no class."""
        return self.status.reply_class if self.status is not None else None

    @property
    def classes_in_use(self) -> tuple[int, ...]:
        """Derived: the classes of the registry, of the reply codes with it, and of providers.

        >>> from smtpreply.catalog import lookup
        >>> lookup("X.2.2").classes, lookup("X.2.2").classes_in_use
        ((4,), (4, 5))
        """
        used = {
            *self.classes,
            *(code // 100 for code in self.codes),
            *(int(row.code[0]) for row in self.providers if row.code[0].isdigit()),
        }
        return tuple(sorted(used)) or (2, 4, 5)


@attrs.frozen(kw_only=True)
class KeywordEntry(Entry):
    """An EHLO keyword: a service extension (RFC 5321 2.2).

    >>> from smtpreply.catalog import keyword
    >>> keyword("SIZE").mail_parameters
    ('SIZE=',)
    """

    parameters: Text | None = None
    mail_parameters: tuple[str, ...] = ()
    rcpt_parameters: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    codes: tuple[int, ...] = ()
    when: Text
    use: Text
    example: str = ""
    seen: str | None = None


@attrs.frozen(kw_only=True)
class MechanismEntry(Entry):
    """A SASL mechanism, as AUTH uses it (RFC 4954).

    >>> from smtpreply.catalog import mechanism
    >>> mechanism("PLAIN").password_hidden.value
    'no'
    """

    password_hidden: PasswordHidden
    exchange: Text
    codes: tuple[int, ...] = ()


@attrs.frozen(kw_only=True)
class CommandEntry(Entry):
    """A command, and its possible replies (RFC 5321 4.3.2).

    >>> from smtpreply.catalog import command
    >>> command("QUIT").success
    (221,)
    """

    syntax: str
    use: Text
    success: tuple[int, ...] = ()
    intermediate: tuple[int, ...] = ()
    error: tuple[int, ...] = ()
    notes: Text | None = None
    means: tuple[tuple[int, Text], ...] = ()
    """The meaning of each code in reply to this command."""
