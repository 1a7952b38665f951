"""Replies as Microsoft Exchange and Exchange Online write them, in any of their logs.

As their tracking logs, queue viewers and traces show it::

    status = reply / "[" pair *(";" pair) "]" / "{" status "}"      ; a list of one, as PowerShell
    pair   = "{" name "=" value "}"                                 ; shows it
    name   = "LRT"      ; last retry time, in the form of the server's country
           / "LED"      ; last error details: the reply
           / "MSG"      ; of the operating system
           / "FQDN" / "IP" / "Last attempted server name"           ; of the server spoken to
    list   = status *(";" status) / "'" status "'" *(";" ...)       ; quoted where it holds a ";"

Exchange 2010 writes LRT first, 2013 and later LED. The reply is a remote server's text, and may
look like a pair itself: so the pairs after it are taken from the end, each once, in their order.

Much of what has a reply's form came from no server: the name of Exchange's own component is
in front of the words (``RESOLVER.ADR.RecipNotFound;``), or they are about a connection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import attrs

from smtpreply._support import regex as re
from smtpreply.logs.delivery import ReplyBy
from smtpreply.logs.toolkit.fields import REPLY_HEAD, said_by

_LED = re.compile(r"\[\{(?:LRT=([^{}]{0,80})\};\{)?LED=", re.IGNORECASE)
_PAIR = re.compile(
    r"\{(LRT|MSG|FQDN|IP|Last attempted server name)=(.*)\Z", re.IGNORECASE | re.DOTALL
)
_ORDER = ("LED", "MSG", "FQDN", "LAST ATTEMPTED SERVER NAME", "IP", "LRT")
_STATUS = re.compile(r"\{?\[\{|[2-5][0-9]{2}[ -]")
_MOST_PAIRS = 8

# The component, and what it says: "QUEUE.Expired;", "STOREDRV.Deliver.Exception:", "SMTPSEND.DNS.".
_COMPONENT = re.compile(
    r"\b(RESOLVER|QUEUE|ROUTING|STOREDRV|SMTPSEND|AGENT|TRANSPORT|APPROVAL|CAT|DSN|SMSEND|MSGTYPE"
    r"|ADMIN|POISON|HYGIENE|DELIVERY|FOREIGN|DNS)\.[A-Za-z.]{1,80}[;:]"
)
# These speak of the sending server's own work, whichever server it was busy with.
_NEVER_REMOTE = frozenset(
    {"QUEUE", "ROUTING", "SMTPSEND", "AGENT", "ADMIN", "DNS", "POISON", "APPROVAL", "CAT"}
)
_OWN_WORDS = re.compile(
    # 4.4.312 and its neighbours are Exchange Online's for connections, 4.7.323 for DANE.
    r"[45][0-9]{2}[ -](?:[45]\.4\.3[0-9]{2} |[45]\.7\.32[0-9] "
    r"|(?:[45]\.[0-9]{1,3}\.[0-9]{1,3} )?(?:"
    r"Unable to connect|Connection (?:timed out|refused|dropped|was closed abruptly|expired)"
    r"|DNS query failed|DNS domain .{0,300} does not exist|Message delayed|Message expired"
    r"|Error (?:encountered while )?communicating with (?:primary )?target"
    r"|Primary target IP address responded|Cannot connect to remote server"
    r"|Proxy session setup failed|Remote server did not respond"
    r"|The certificate specified in|unable to (?:route|establish connection)"
    r"|Failed to connect|Socket error|SocketError|Winsock error|Certificate validation fail"
    r"|Remote server response was not RFC conformant))",
    re.IGNORECASE,
)
# Exchange Online's front end for outgoing mail passes on the replies that it gets.
_HANDED_THROUGH = re.compile(
    r"[45][0-9]{2} [45]\.[0-9]{1,3}\.[0-9]{1,3} Remote server returned (?:an error|message)",
    re.IGNORECASE,
)
_QUOTED_ITEM = re.compile(r"'([^']*+(?:''[^']*+)*+)'(?:;|\Z)")
# RFC 5321 4.1.2: a local part in quotes may have what else separates addresses.
_QUOTED_LOCAL_PART = r'"(?:[^"\\]|\\.){0,128}+"'
_JOINED = re.compile(rf"(?:{_QUOTED_LOCAL_PART}|[^;])++")
_SHOWN = re.compile(rf"(?:{_QUOTED_LOCAL_PART}|[^;,])++")
# A window breaks lines anywhere, and indents what follows; a reply has its own line ends.
_EXPIRED = re.compile(r"[45][0-9]{2} (?:[45]\.4\.7 |5\.4\.300 )|.{0,80}?QUEUE\.Expired")
_OWN_BREAK = re.compile(r"[ \t]{0,200}\r?\n[ \t]{0,200}(?=[2-5][0-9]{2}[ -])")
_BREAK = re.compile(r"[ \t]{0,200}\r?\n(?![2-5][0-9]{2}[ -])[ \t]{0,200}")


@attrs.define  # to make a frozen one takes three times as long
class Answer:
    """The answer in a status.

    Attributes:
        text: the reply, or what is in its place.
        reply_by: whose words it is.
        host, ip: the server that was spoken to.
        retried: when, as the server's country writes it.
    """

    text: str | None
    reply_by: ReplyBy | None
    host: str | None = None
    ip: str | None = None
    retried: str | None = None


def answer_in(status: str, *, spoke: bool = False) -> Answer:
    """Read a status.

    Args:
        status: as the log has it.
        spoke: whether the log says elsewhere that a server was spoken to.

    >>> answer = answer_in("[{LED=550 5.1.1 No such user};{MSG=};{FQDN=mx.example};{IP=192.0.2.1}]")
    >>> answer.text, answer.host, answer.reply_by.value
    ('550 5.1.1 No such user', 'mx.example', 'remote')
    """
    match = _LED.search(status)
    if match is None:
        text = status.strip()
        return Answer(text or None, speaker(text, spoke=spoke))
    pairs = _pairs(status[match.end() :])
    text = pairs["LED"].strip()
    if "\n" in text:
        text = _BREAK.sub(" ", _OWN_BREAK.sub("\n", text))
    host = pairs.get("FQDN") or pairs.get("LAST ATTEMPTED SERVER NAME")
    ip = pairs.get("IP")
    spoke = bool(host or ip) or (spoke and "FQDN" not in pairs)
    return Answer(
        text=text or pairs.get("MSG") or None,
        reply_by=speaker(text, spoke=spoke),
        host=host or None,
        ip=ip or None,
        retried=match[1] or pairs.get("LRT") or None,
    )


def holds_pairs(text: str) -> bool:
    """Whether a status with pairs is in a text."""
    return "LED=" in text and _LED.search(text) is not None


def speaker(text: str, *, spoke: bool) -> ReplyBy | None:
    """Return whose words a reply in a log of Exchange is.

    >>> speaker("550 5.1.1 RESOLVER.ADR.RecipNotFound; not found", spoke=False).value
    'mta'
    """
    if not REPLY_HEAD.match(text):
        return None
    refuses = text[0] in "45"
    if refuses and _HANDED_THROUGH.match(text):
        return ReplyBy.FILTER
    component = _COMPONENT.search(text, 0, 200) if ";" in text or ":" in text else None
    if (refuses and _OWN_WORDS.match(text)) or (component and component[1] in _NEVER_REMOTE):
        return ReplyBy.MTA
    return said_by(ReplyBy.REMOTE if spoke or component is None else ReplyBy.MTA, text)


def statuses_in(text: str, count: int) -> list[str]:
    """Split a list of statuses, one for each of `count` recipients.

    >>> statuses_in("250 2.1.5 Ok;'550 5.1.1 RESOLVER.ADR.RecipNotFound; not found'", 2)
    ['250 2.1.5 Ok', '550 5.1.1 RESOLVER.ADR.RecipNotFound; not found']
    """
    is_one = ";" not in text and not text.startswith("'")
    items = [text] * bool(text) if is_one else list(_items(text))
    if count == 1 and len(items) > 1:
        return [text]
    if len(items) != count:  # not quoted: then what is no beginning continues what was before
        items = _merged(items)
    return items


def values_in(text: str) -> list[str]:
    """Split a list of addresses: with semicolons, or in braces and with commas as it is shown.

    >>> values_in("{al@example.com, bo@example.com}")
    ['al@example.com', 'bo@example.com']
    """
    if text.startswith("System."):  # what PowerShell exports for a list that was not joined
        return []
    in_braces = text.startswith("{") and text.endswith("}")
    if in_braces:
        items = _SHOWN.findall(text[1:-1])
    else:
        items = _JOINED.findall(text) if '"' in text else text.split(";")
    return [item.strip() for item in items if item.strip()]


def _items(text: str) -> Iterator[str]:
    position = 0
    while position < len(text):
        quoted = _QUOTED_ITEM.match(text, position)
        if quoted is not None:
            yield quoted[1].replace("''", "'")
            position = quoted.end()
            continue
        end = text.find(";", position)
        end = len(text) if end < 0 else end
        yield text[position:end]
        position = end + 1


def _merged(items: list[str]) -> list[str]:
    merged: list[str] = []
    for item in items:
        if merged and not _STATUS.match(item):
            merged[-1] += ";" + item
        else:
            merged.append(item)
    return merged


def _pairs(text: str) -> Mapping[str, str]:
    """Return the pairs of a status after ``LED=``, by their names."""
    end = text.rfind("}]")  # words may follow; a status that was cut has none
    text = text[:end] if end >= 0 else text.rstrip("; \t\r\n'\"").removesuffix("}")
    found: dict[str, str] = {}
    rank = len(_ORDER)
    for _ in range(_MOST_PAIRS):
        head, separator, last = text.rpartition(";")
        match = _PAIR.match(last.strip()) if separator and head.rstrip().endswith("}") else None
        name = match[1].upper() if match else ""
        if match is None or _ORDER.index(name) >= rank or "}" in match[2]:
            break
        rank = _ORDER.index(name)
        found[name] = match[2].strip()
        text = head.rstrip().removesuffix("}")
    found["LED"] = text
    return MappingProxyType(found)


def is_expired(text: str) -> bool:
    """Check whether a message that has failed was given up for its age: RFC 3463 3.5, X.4.7.

    Args:
        text: the reply that Exchange has made up for it.
    """
    return _EXPIRED.match(text) is not None
