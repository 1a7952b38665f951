r"""A real Sendmail: what servers said to it, and what it said to a client, read from its own log.

It keeps the first line of a reply, of that 203 octets, and each of them that is not printable ASCII
as a backslash and digits. Of a success it keeps the text alone. It does not tell what a reply
answered, nor the port. Where a server hangs up, it makes up a reply. Of a refusal of its own, it
does not tell the sender on the same line. A local part with octets beyond ASCII it takes, and sends
on, though it offers no SMTPUTF8.
"""

from __future__ import annotations

import re
import smtplib
from collections.abc import Sequence
from functools import partial
from operator import attrgetter

import attrs
import pytest
from mail_server import OUTSIDE, OUTSIDE_HOST, SENDER, Program
from performance import (
    Performance,
    Routes,
    assert_bulk_reading_comes_to_the_same,
    expected,
    invented,
    outcome,
    perform,
    playing,
)
from scripted_milter import filtering
from scripted_server import TAKEN, Script
from scripts import BY_NAME, FIRST, HOSTILE, LMTP, SCRIPTS, SECOND

from smtpreply import EnhancedStatus, Reply
from smtpreply.logs import Delivery, Direction, ReplyBy, Status, scan
from smtpreply.stage import Stage
from smtpreply.tools.queue import Queue

SENDMAIL = Program(
    name="sendmail",
    binary="usr/libexec/sendmail/sendmail",
    users=("smmta", "smmsp"),
    # Debian's package of the program depends on those of m4 and of the macros.
    enter="""
    mkdir -m 700 /var/spool/mqueue
    macros=/mnt/usr/share/sendmail/cf/
    PATH=$PATH:/mnt/usr/bin m4 -D_CF_DIR_=$macros $macros/m4/cf.m4 /var/spool/sendmail.mc \
        >/var/spool/sendmail.cf
    """,
    command="/mnt/usr/libexec/sendmail/sendmail -bD -L sm-mta -C /var/spool/sendmail.cf",
    mailq="/mnt/usr/libexec/sendmail/sendmail -bp -C /var/spool/sendmail.cf",
)
_RUN_QUEUE = SENDMAIL.command.replace("-bD", "-q")
# No load shall make it wait, and no name server is asked.
_CONFIGURATION = """
define(`MAIL_SETTINGS_DIR', `/var/spool/')
define(`QUEUE_DIR', `/var/spool/mqueue')
define(`STATUS_FILE', `/var/spool/statistics')
define(`ALIAS_FILE', `')
define(`confDOMAIN_NAME', `out.example.net')
define(`confPID_FILE', `/var/spool/sendmail.pid')
define(`confSERVICE_SWITCH_FILE', `/var/spool/switch')
define(`confDONT_PROBE_INTERFACES', `True')
define(`confBIND_OPTS', `+WorkAroundBrokenAAAA')
define(`confDELIVERY_MODE', `background')
define(`confQUEUE_LA', `10000')
define(`confREFUSE_LA', `10000')
define(`confBAD_RCPT_THROTTLE', `0')
define(`confTO_IDENT', `0')
define(`ESMTP_MAILER_ARGS', `TCP $h {servers}')
OSTYPE(`linux')
DAEMON_OPTIONS(`Name=MTA, Family=inet, Addr=127.0.0.1, Port={port}')
FEATURE(`no_default_msa')
FEATURE(`nocanonify')
FEATURE(`mailertable', `text -z= -k0 -v1 -o /var/spool/routes')
FEATURE(`access_db', `text -z= -k0 -v1 -T<TMPF> -o /var/spool/access')
FEATURE(`blocklist_recipients')
{more}
MAILER(`local')
MAILER(`smtp')
MAILER_DEFINITIONS
Mlmtp, P=[IPC], F=mDFMuXaz, S=EnvFromSMTP/HdrFromSMTP, R=EnvToSMTP, E=\\r\\n, L=990,
    T=DNS/RFC822/SMTP, A=TCP $h {servers}
"""
_UNWANTED = "127.0.0.3"
_ACCESS = f"""
Connect:127.0.0.1=RELAY
Connect:{_UNWANTED}=REJECT
From:carol@example.net=OK
From:example.org=OK
To:later.example.net=ERROR:4.7.1:450 come back later
TLS_Srv:mx.starttls-4.example.com=ENCR:112
TLS_Srv:mx.starttls-5.example.com=PERM+ENCR:112
"""
# By command: the recipient, and what the client is told, all of which is in the log.
_CLIENT = {
    f"RCPT TO:<{recipient}>": (recipient, said.format(recipient))
    for recipient, said in (
        ("dave@elsewhere.example.net", "550 5.7.1 <{}>... Relaying denied"),
        (
            '"a>, relay=x [192.0.2.1], reject=250 Ok <b"@elsewhere.example.net',
            "550 5.7.1 <{}>... Relaying denied",
        ),
        ("dave@later.example.net", "450 4.7.1 <{}>... come back later"),
    )
}

_SCRIPTS = (*SCRIPTS, *LMTP, SECOND, HOSTILE)
_MOST = 203
_HUNG_UP = "421 4.4.1 Connection reset by mx.half.example.com."
_TOLD: dict[str, dict[str, object]] = {
    "half": {
        "status": Status.DEFERRED,
        "text": _HUNG_UP,
        "reply_by": ReplyBy.MTA,
        "code": 421,
        "enhanced": EnhancedStatus(4, 4, 1),
    },
    "greeting-lines": {"text": "554 mx.example.com", "enhanced": None},
    "status-last": {"enhanced": None},
    # What looks like the next field ends the reply.
    "liar-stat": {"text": "550 5.1.1 no"},
    "liar-later": {"text": "450 4.2.0 no, dsn=2.0.0"},
    "lmtp-sent": {"text": None, "reply_by": None},
}


def files(port: int, routes: Routes, more: str = "") -> dict[str, str]:
    [servers] = {place[1] for place in routes.values()}
    hops = {domain: f"esmtp:[mx.{domain}]" for domain in routes}
    hops |= {script.domain: f"lmtp:[mx.{script.domain}]" for script in LMTP}
    hops[SECOND.domain] = f"esmtp:[mx.{FIRST.domain}]:[mx.{SECOND.domain}]"
    return {
        "sendmail.mc": _CONFIGURATION.format(port=port, servers=servers, more=more),
        "routes": "".join(f"{domain}={hop}\n" for domain, hop in hops.items()),
        "access": _ACCESS,
        "switch": "hosts files\naliases files\n",
    }


def _is_told(log: str, script: Script) -> bool:
    return re.search(rf": to=<{re.escape(script.recipient)}>, .*stat=", log) is not None


def _kept(script: Script) -> str:
    line = script.lines[0]
    if script.outcome is Status.SENT:
        line = re.sub(rb"\A250[ -]?(?:[0-9.]{5} )?", b"", line)
    return line.decode("utf-8", "surrogateescape")


@pytest.fixture(scope="module")
def performance(tmp_path_factory: pytest.TempPathFactory) -> Performance:
    folder = tmp_path_factory.mktemp("sendmail")
    return perform(
        SENDMAIL, folder, _SCRIPTS, files, client=_CLIENT, is_told=_is_told, log="syslog"
    )


@pytest.mark.parametrize("script", _SCRIPTS, ids=attrgetter("name"))
def test_each_reply_is_found_again(performance: Performance, script: Script) -> None:
    [delivery] = performance.of(script)
    kept = _kept(script)
    if len(kept) > _MOST:
        assert delivery.text is not None
        beginning, end = delivery.text.split("...")
        assert kept.startswith(beginning)
        assert end in kept
        assert len(beginning + end) > 190
        kept = delivery.text
    is_sent = script.outcome is Status.SENT
    told: dict[str, object] = {
        "place": (performance.places[script.domain][0], None),
        "stage": Stage.END_OF_DATA if is_sent else None,
        "text": kept or None,
    }
    if is_sent:
        told |= {"code": None, "enhanced": None}
        told["reply_by"] = ReplyBy.REMOTE if told["text"] else None
    assert outcome(delivery) == expected(performance, script) | told | _TOLD.get(script.name, {})


def test_the_log_agrees_with_mailq(performance: Performance) -> None:
    """What the log shows as deferred is what Sendmail lists; it locks what it is still at."""
    listed = re.findall(rf"^(\w{{14}})(\*?) .* <{SENDER}>$", performance.queued, re.MULTILINE)
    own = {each.queue_id for each in Queue.of(performance.deliveries) if each.sender == SENDER}
    assert own
    assert {name for name, lock in listed if not lock} <= own <= {name for name, _ in listed}


@pytest.mark.parametrize("command", _CLIENT)
def test_each_refusal_of_our_own_is_found_again(performance: Performance, command: str) -> None:
    recipient, text = _CLIENT[command]
    assert str(performance.own[command]) == text
    [delivery] = [found for found in performance.own_words() if found.recipient == recipient]
    assert (delivery.text, delivery.reply_by) == (text, ReplyBy.OWN)
    assert (delivery.relay_host, delivery.relay_ip) == (OUTSIDE_HOST, OUTSIDE)
    assert (delivery.sender, delivery.stage) == (None, Stage.RCPT)
    assert delivery.status is Status.REJECTED


def test_what_answers_starttls_is_followed_by_what_our_policy_makes_of_it(
    performance: Performance,
) -> None:
    for name, code in (("starttls-4", 454), ("starttls-5", 503)):
        [found] = [
            each
            for each in performance.deliveries
            if each.relay_host == BY_NAME[name].host and each.recipient is None
        ]
        assert (found.stage, found.reply_by, found.status) == (Stage.STARTTLS, ReplyBy.MTA, None)
        assert found.text == f"{code} {code // 100}.7.0 encryption too weak 0 less than 112"


def test_a_bounce_has_the_null_reverse_path(performance: Performance) -> None:
    assert {found.sender for found in performance.deliveries if found.recipient == SENDER} == {""}


def test_no_line_is_lost_and_nothing_is_invented(performance: Performance) -> None:
    assert performance.unread == []
    found = {
        each.recipient
        for each in invented(performance, _SCRIPTS, _kept)
        if not TAKEN.endswith(f" {each.text}")
    }
    cut = {script.recipient for script in _SCRIPTS if len(_kept(script)) > _MOST}
    assert found == cut | {BY_NAME["greeting-lines"].recipient}
    assert len(performance.own_words()) == len(_CLIENT)


def test_what_is_read_in_bulk_comes_to_the_same(performance: Performance) -> None:
    assert_bulk_reading_comes_to_the_same(performance)


@attrs.frozen
class Refusal:
    """A session that our server ends with a refusal, and what of it is to be found.

    Attributes:
        name: of what is refused.
        commands: those of the client after its greeting; the last one is refused.
        found: the delivery's values that differ from those of most.
        source: the client's address.
        text: what is logged, where that is not the reply.
        hello: the client's name for itself.
    """

    name: str
    commands: tuple[str, ...]
    found: dict[str, object]
    source: str = OUTSIDE
    text: str | None = None
    hello: str = "client.example.net"


_MAIL = "MAIL FROM:<carol@example.net>"
_FILTER_SAYS = ", no, stat=Sent (ok), reject=250 Ok"
_FILTER = {
    name.encode(): (command, f"y550 5.7.1 {name}{_FILTER_SAYS}\0".encode())
    for name, command in (("at-rcpt", b"R"), ("at-data", b"T"), ("at-end", b"E"))
}
_FORGED = '"a>, relay=x [192.0.2.1], reject=250 Ok <b"@unknown.example'
_QUOTING = '"a\\">, relay=x [192.0.2.1], reject=250 Ok <b"@elsewhere.example.net'
_REFUSALS = (
    Refusal(
        "a client",
        (_MAIL,),
        {"stage": Stage.CONNECT, "relay_host": _UNWANTED, "relay_ip": _UNWANTED},
        source=_UNWANTED,
    ),
    Refusal(
        "a name",
        (_MAIL, "RCPT TO:<dave@example.net>"),
        {"stage": Stage.RCPT, "recipient": "dave@example.net"},
        hello="client",
    ),
    Refusal(
        "a sender's domain",
        ("MAIL FROM:<dave@unknown.example>",),
        {"sender": "dave@unknown.example"},
    ),
    Refusal("a forged sender", (f"MAIL FROM:<{_FORGED}>",), {"sender": _FORGED}),
    Refusal(
        "a quoted quote",
        (_MAIL, f"RCPT TO:<{_QUOTING}>"),
        {"stage": Stage.RCPT, "recipient": _QUOTING},
    ),
    Refusal(
        "a large message",
        (_MAIL, "RCPT TO:<large@sent.example.com>", "DATA", f"A: b\r\n\r\n{'c' * 900}\r\n."),
        {
            "stage": Stage.END_OF_DATA,
            "sender": "carol@example.net",
            "recipient": "large@sent.example.com",
            "relay_host": None,
            "relay_ip": None,
            "reply_by": None,
        },
        source="127.0.0.1",
        text="Message exceeds maximum fixed size (800)",
    ),
    *(
        Refusal(
            f"by a filter {name}",
            (_MAIL, f"RCPT TO:<{name}@sent.example.com>", *commands),
            {"relay_host": None, "relay_ip": None, "stage": stage, **found},
            source="127.0.0.1",
            text=f"550 5.7.1 {name}{_FILTER_SAYS}",
        )
        for name, commands, stage, found in (
            ("at-rcpt", (), Stage.RCPT, {"recipient": "at-rcpt@sent.example.com"}),
            ("at-data", ("DATA",), Stage.DATA, {}),
            (
                "at-end",
                ("DATA", "A: b\r\n\r\nc\r\n."),
                Stage.END_OF_DATA,
                {"sender": "carol@example.net"},
            ),
        )
    ),
)
_WAITING = BY_NAME["rcpt-4"]
_EXPIRED = "Cannot send message for 1 second"
_MORE = """
FEATURE(`block_bad_helo')
define(`confMAX_MESSAGE_SIZE', `800')
define(`confTO_QUEUERETURN', `1s')
INPUT_MAIL_FILTER(`scripted', `S=inet:{}@127.0.0.1, F=T')
"""


@attrs.frozen
class SecondRun:
    """What was said to clients, and what the log told of it and of a message that expired.

    Attributes:
        said: the last reply in each session, by the refusal's name.
        deliveries: all that the log told.
        unread: the lines of the log that no reader understood.
    """

    said: dict[str, Reply]
    deliveries: Sequence[Delivery]
    unread: Sequence[str]


_MANY = [f"recipient-with-a-long-name-{number}@sent.example.com" for number in range(30)]


@pytest.fixture(scope="module")
def second_run(tmp_path_factory: pytest.TempPathFactory) -> SecondRun:
    folder = tmp_path_factory.mktemp("sendmail")
    scripts = (FIRST, *LMTP, SECOND, _WAITING, BY_NAME["sent"])
    with (
        filtering(_FILTER) as filter_port,
        playing(SENDMAIL, folder, scripts, partial(files, more=_MORE.format(filter_port))) as (
            server,
            _,
        ),
    ):

        def has_expired() -> bool:
            server.inside(_RUN_QUEUE)
            return _EXPIRED in server.log()

        with smtplib.SMTP("127.0.0.1", server.port, "client.example.org") as client:
            client.sendmail(SENDER, _WAITING.recipient, "Subject: one\r\n\r\nHello.\r\n")
            client.sendmail(SENDER, _MANY, "Subject: many\r\n\r\nHello.\r\n")
        said = {}
        for each in _REFUSALS:
            commands = (f"EHLO {each.hello}", *each.commands)
            replies = server.session(*map(str.encode, commands), source=each.source)
            said[each.name] = replies[-1]
        server.wait(lambda: _MANY[0] in server.log(), "not all were delivered")
        server.wait(has_expired, "the message does not expire")
        lines = (folder / "syslog").read_text().splitlines()
    unread: list[str] = []
    found = list(scan(lines, on_unreadable=lambda line: unread.append(line.text)))
    return SecondRun(said, found, unread)


@pytest.mark.parametrize("refusal", _REFUSALS, ids=attrgetter("name"))
def test_each_refusal_at_the_door_is_found_again(second_run: SecondRun, refusal: Refusal) -> None:
    text = refusal.text or str(second_run.said[refusal.name])
    found = [each for each in second_run.deliveries if each.text == text]
    values: dict[str, object] = {
        "direction": Direction.INCOMING,
        "status": Status.REJECTED,
        "stage": Stage.MAIL,
        "sender": None,
        "recipient": None,
        "relay_host": OUTSIDE_HOST,
        "relay_ip": OUTSIDE,
        "reply_by": ReplyBy.OWN,
    } | refusal.found
    assert [{name: getattr(each, name) for name in values} for each in found] == [values]


def test_a_message_that_expires_leaves_the_queue(second_run: SecondRun) -> None:
    [last] = [each for each in second_run.deliveries if each.status is Status.EXPIRED]
    tried = [each for each in second_run.deliveries if each.recipient == _WAITING.recipient]
    assert {(each.status, each.queue_id) for each in tried} == {(Status.DEFERRED, last.queue_id)}
    assert (last.sender, last.recipient, last.text) == (SENDER, None, _EXPIRED)
    assert list(Queue.of(second_run.deliveries)) == []


def test_a_line_of_many_recipients_names_no_other(second_run: SecondRun) -> None:
    sent = [each.recipient or "" for each in second_run.deliveries if each.status is Status.SENT]
    many = [recipient for recipient in sent if recipient != SENDER]
    assert sorted(many) == sorted(_MANY)


def test_no_line_of_the_second_run_is_lost_and_nothing_is_invented(second_run: SecondRun) -> None:
    assert second_run.unread == []
    rejected = [each for each in second_run.deliveries if each.status is Status.REJECTED]
    assert len(rejected) == len(_REFUSALS)
