"""A real OpenSMTPD: what servers said to it, and what it said to a client, read from its own log.

Its log is what `smtpd -d` writes to its standard error: what it gives to syslog, without a stamp
and a name. It keeps every octet of a reply's first line. Of the others, it takes the code and the
enhanced status off, and puts the rest right behind. It does not tell what a reply answered, but for
a greeting or HELO that was refused: this it logs for the session, and tries the message again
later, without a word of it. A line of 4,500 octets is no reply to it, nor is one without a code.
"""

from __future__ import annotations

import re
from operator import attrgetter

import pytest
from mail_server import OUTSIDE, OUTSIDE_HOST, SENDER, Program
from performance import Performance, Routes, expected, invented, outcome, perform
from scripted_server import Script
from scripts import BY_NAME, SCRIPTS

from smtpreply.logs import ReplyBy, Status
from smtpreply.stage import Stage

OPENSMTPD = Program(
    name="opensmtpd",
    binary="usr/sbin/smtpd",
    users=("opensmtpd", "opensmtpq"),
    enter="""
    mkdir -p /var/lib/opensmtpd/empty /var/spool/smtpd
    chmod 711 /var/spool/smtpd
    """,
    command="/mnt/usr/sbin/smtpd -d -f /var/spool/smtpd.conf",
)
_CLIENT = {
    "RCPT TO:<dave@elsewhere.example.net>": "550 Invalid recipient: <dave@elsewhere.example.net>",
    'RCPT TO:<"a> b"@elsewhere.example.net>': "501 5.1.3 Recipient address syntax error",
    'RCPT TO:<a" result="250 2.0.0 Ok>': "501 5.1.3 Recipient address syntax error",
}

_BEFORE_MESSAGES = (Stage.CONNECT, Stage.EHLO, Stage.STARTTLS)
_UNHEARD = BY_NAME["ehlo-421"]
_NO_REPLY = {"status": Status.DEFERRED, "code": None, "enhanced": None, "reply_by": None}
_TOLD: dict[str, dict[str, object]] = {
    "status-last": {"enhanced": None},
    "half": _NO_REPLY | {"text": "Connection closed unexpectedly"},
    "folded": _NO_REPLY | {"text": "Bad response: reply code out of range"},
    "too-long": _NO_REPLY | {"text": "Bad response: line too long"},
}


def files(port: int, routes: Routes) -> dict[str, str]:
    lines = [f"listen on 127.0.0.1 port {port} hostname out.example.net"]
    for domain, place in routes.items():
        scheme = "smtp+tls" if "starttls" in domain else "smtp"
        lines.append(f'action "{domain}" relay host {scheme}://mx.{domain}:{place[1]}')
        lines.append(f'match from src 127.0.0.1 for domain "{domain}" action "{domain}"')
    bounces = SENDER.partition("@")[2]
    lines.append(f'match from local for domain "{bounces}" action "{bounces}"')
    return {"smtpd.conf": "\n".join(lines) + "\n"}


def _is_told(log: str, script: Script) -> bool:
    if script.stage in _BEFORE_MESSAGES:
        return f"({script.host}) for " in log  # "Disabling route ... for 15s"
    return re.search(rf"mta delivery .* to=<{re.escape(script.recipient)}>", log) is not None


def _kept(script: Script) -> str:
    first, *others = (line.decode("utf-8", "surrogateescape") for line in script.lines)
    return first + "".join(re.sub(r"\A[0-9]\.[0-9]\.[0-9]", "", line[4:]) for line in others)


@pytest.fixture(scope="module")
def performance(tmp_path_factory: pytest.TempPathFactory) -> Performance:
    return perform(
        OPENSMTPD,
        tmp_path_factory.mktemp("opensmtpd"),
        SCRIPTS,
        files,
        client=_CLIENT,
        is_told=_is_told,
        log="stderr",
        format="opensmtpd",
    )


@pytest.mark.parametrize(
    "script",
    [script for script in SCRIPTS if script.stage not in _BEFORE_MESSAGES],
    ids=attrgetter("name"),
)
def test_each_reply_is_found_again(performance: Performance, script: Script) -> None:
    [delivery] = performance.of(script)
    stage = Stage.END_OF_DATA if script.outcome is Status.SENT else None
    told = {"text": _kept(script), "stage": stage} | _TOLD.get(script.name, {})
    assert outcome(delivery) == expected(performance, script) | told


@pytest.mark.parametrize(
    "script",
    [s for s in SCRIPTS if s.stage in _BEFORE_MESSAGES and s is not _UNHEARD],
    ids=attrgetter("name"),
)
def test_a_refused_session_is_found_again(performance: Performance, script: Script) -> None:
    delivery, *_ = performance.from_server(script)  # and the same again after 15 seconds
    told = {"text": _kept(script), "sender": None, "status": None}
    if script.name == "greeting-lines":
        told["enhanced"] = None
    assert outcome(delivery) == expected(performance, script) | told


def test_what_answers_ehlo_is_not_in_the_log_where_helo_finds_nobody(
    performance: Performance,
) -> None:
    assert performance.from_server(_UNHEARD) == []


@pytest.mark.parametrize("command", _CLIENT)
def test_each_refusal_of_our_own_is_found_again(performance: Performance, command: str) -> None:
    assert str(performance.own[command]) == _CLIENT[command]
    recipient = command.removeprefix("RCPT TO:<").removesuffix(">")
    [delivery] = [found for found in performance.own_words() if found.recipient == recipient]
    assert (delivery.text, delivery.reply_by) == (_CLIENT[command], ReplyBy.OWN)
    assert (delivery.relay_host, delivery.relay_ip) == (OUTSIDE_HOST, OUTSIDE)
    assert (delivery.status, delivery.stage) == (Status.REJECTED, Stage.RCPT)


def test_no_line_is_lost_and_nothing_is_invented(performance: Performance) -> None:
    assert performance.unread == []
    assert invented(performance, SCRIPTS, _kept) == []
    assert len(performance.own_words()) == len(_CLIENT)
