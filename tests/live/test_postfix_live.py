"""A real Postfix: what servers said to it, and what it said to a client, read from its own log.

It keeps every line of a reply, a space between; what does not print is a question mark, UTF-8
prints. It cuts a reply at 2,048 octets, and the log's line a little before that, so that the
command it was in reply to is lost. It does not tell a greeting from what was said to EHLO. Of a
client's name for itself, it makes a question mark of each octet that could end the field.
"""

from __future__ import annotations

import re
from operator import attrgetter

import pytest
from mail_server import OUTSIDE, OUTSIDE_HOST, Program
from performance import (
    Performance,
    Routes,
    assert_bulk_reading_comes_to_the_same,
    assert_the_servers_list_agrees,
    expected,
    invented,
    outcome,
    perform,
)
from scripted_server import Script
from scripts import FIRST, HOSTILE, LMTP, PROBED, PROBED_DOMAIN, SCRIPTS, SECOND

from smtpreply.logs import Direction, ReplyBy, Status
from smtpreply.stage import Stage

POSTFIX = Program(
    name="postfix",
    binary="usr/lib/postfix/sbin/master",
    users=("postfix",),
    groups=("postdrop",),
    enter="""
    mkdir /var/spool/queue /var/lib/postfix
    cd /var/spool/queue
    mkdir active bounce corrupt defer deferred flush hold incoming private maildrop public pid \
        saved trace
    chown postfix . /var/lib/postfix *
    chown root . pid
    chgrp postdrop maildrop public
    chmod 730 maildrop
    chmod 710 public
    """,
    command="/mnt/usr/lib/postfix/sbin/master -c /var/spool",
    mailq="/mnt/usr/sbin/postqueue -c /var/spool -j",
)
_MAIN = """
compatibility_level = 3.6
queue_directory = /var/spool/queue
data_directory = /var/lib/postfix
daemon_directory = /mnt/usr/lib/postfix/sbin
command_directory = /mnt/usr/sbin
shlib_directory = /mnt/usr/lib/postfix
maillog_file = /var/spool/mainlog
maillog_file_prefixes = /var
myhostname = out.example.net
mydestination =
local_recipient_maps =
alias_maps =
mynetworks = 127.0.0.1/32
inet_protocols = ipv4
transport_maps = texthash:/var/spool/transport
smtp_host_lookup = native
lmtp_host_lookup = native
smtp_tls_policy_maps = texthash:/var/spool/tls
smtpd_tls_security_level = none
smtp_connection_cache_on_demand = no
fast_flush_domains =
relay_domains = probed.example.net
address_verify_poll_delay = 1
address_verify_map = internal:verify
unverified_recipient_reject_code = 550
smtpd_relay_restrictions = permit_mynetworks, check_recipient_access texthash:/var/spool/access,
    reject_unauth_destination, reject_unverified_recipient
"""
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
verify unix - - n - 1 verify
showq unix n - n - - showq
relay unix - - n - - smtp
tlsmgr unix - - n 1000? 1 tlsmgr
"""
_IMITATION = "no; from=<x@example.com> to=<y@example.com> proto=SMTP helo=<z>"
_HELLO = "x>; from=<x@example.com> to=<y@example.com> proto=SMTP helo=<z"
_CLIENT = {
    "RCPT TO:<dave@elsewhere.example.net>": (
        "dave@elsewhere.example.net",
        "554 5.7.1 <dave@elsewhere.example.net>: Relay access denied",
    ),
    'RCPT TO:<"a> proto=SMTP; from=<b> to=<c"@elsewhere.example.net>': (
        '"a> proto=SMTP; from=<b> to=<c"@elsewhere.example.net',
        "554 5.7.1 <a> proto=SMTP; from=<b> to=<c@elsewhere.example.net>: Relay access denied",
    ),
    "RCPT TO:<dave@imitation.example.net>": (
        "dave@imitation.example.net",
        f"550 5.7.1 <dave@imitation.example.net>: Recipient address rejected: {_IMITATION}",
    ),
    f"RCPT TO:<dave@{PROBED_DOMAIN}>": (
        f"dave@{PROBED_DOMAIN}",
        f"550 5.1.1 <dave@{PROBED_DOMAIN}>: Recipient address rejected: undeliverable address: "
        f"host {PROBED.host}[{{probed}}] said: 550 5.1.1 <bob@example.com>: no such user "
        "(in reply to RCPT TO command)",
    ),
    "RCPT TO:<dave@later.example.net>": (
        "dave@later.example.net",
        "450 4.7.1 <dave@later.example.net>: Recipient address rejected: come back later",
    ),
}
_ACCESS = f"""
imitation.example.net 550 5.7.1 {_IMITATION}
later.example.net 450 4.7.1 come back later
"""

_SCRIPTS = (*SCRIPTS, *LMTP, SECOND, HOSTILE)
_TOLD: dict[str, dict[str, object]] = {
    # A session that ends before MAIL is worth another try (smtp_skip_5xx_greeting).
    "greeting-5": {"status": Status.DEFERRED},
    "greeting-lines": {"status": Status.DEFERRED},
    "ehlo-4": {"stage": Stage.CONNECT},
    "ehlo-5": {"stage": Stage.CONNECT},
    "ehlo-421": {"stage": Stage.CONNECT},
    # Of a reply without its last line, nothing is kept.
    "half": {"status": Status.DEFERRED, "code": None, "enhanced": None, "reply_by": None},
    "too-long": {"stage": None},
    "tab": {"enhanced": None},  # a question mark ends no status
    "filter": {"reply_by": ReplyBy.FILTER},
}


def files(port: int, routes: Routes) -> dict[str, str]:
    hops = {domain: f"[mx.{domain}]:{place[1]}" for domain, place in routes.items()}
    hops[PROBED_DOMAIN] = hops[PROBED.domain]
    hops[SECOND.domain] = f"{hops[FIRST.domain]}, {hops[SECOND.domain]}"
    services = dict.fromkeys(hops, "smtp:") | {script.domain: "lmtp:inet:" for script in LMTP}
    transport = "".join(f"{domain} {services[domain]}{hop}\n" for domain, hop in hops.items())
    return {
        "main.cf": _MAIN,
        "master.cf": _MASTER.format(port=port),
        "transport": transport,
        "tls": "".join(f"[mx.{d}]:{p[1]} encrypt\n" for d, p in routes.items() if "starttls" in d),
        "access": _ACCESS,
    }


def _is_told(log: str, script: Script) -> bool:
    return re.search(rf": to=<{re.escape(script.recipient)}>, relay=", log) is not None


def _kept(script: Script) -> str:
    return " ".join(map(_printable, script.lines))


def _printable(line: bytes) -> str:
    return "".join(
        "?" if ord(char) < 0x20 or ord(char) == 0x7F or 0xDC80 <= ord(char) <= 0xDCFF else char
        for char in line.decode("utf-8", "surrogateescape")
    )


@pytest.fixture(scope="module")
def performance(tmp_path_factory: pytest.TempPathFactory) -> Performance:
    folder = tmp_path_factory.mktemp("postfix")
    return perform(POSTFIX, folder, _SCRIPTS, files, client=_CLIENT, is_told=_is_told, hello=_HELLO)


@pytest.mark.parametrize("script", _SCRIPTS, ids=attrgetter("name"))
def test_each_reply_is_found_again(performance: Performance, script: Script) -> None:
    [delivery] = performance.of(script)
    kept = _kept(script)
    if script.name == "half":
        address = performance.places[script.domain][0]
        kept = f"lost connection with {script.host}[{address}] while sending RCPT TO"
    if script.name == "too-long":
        assert delivery.text is not None
        assert len(delivery.text) > 1_500
        kept = kept[: len(delivery.text)]
    told = _TOLD.get(script.name, {})
    if script in LMTP:
        told = {"direction": Direction.LOCAL}
    assert outcome(delivery) == expected(performance, script, text=kept) | told


def test_the_log_agrees_with_postqueue(performance: Performance) -> None:
    assert_the_servers_list_agrees(performance)


def test_a_probe_of_an_address_is_no_message(performance: Performance) -> None:
    [probe] = [
        found
        for found in performance.from_server(PROBED)
        if found.recipient == f"dave@{PROBED_DOMAIN}"
    ]
    told = {"sender": "double-bounce@out.example.net", "status": Status.UNVERIFIED}
    assert outcome(probe) == expected(performance, PROBED, text=_kept(PROBED)) | told


def test_what_the_first_of_two_servers_said_is_found_too(performance: Performance) -> None:
    [last] = performance.of(SECOND)
    [first] = [f for f in performance.from_server(FIRST) if f.queue_id == last.queue_id]
    assert (first.text, first.stage, first.status) == (_kept(FIRST), Stage.MAIL, None)
    assert (first.relay_host, first.reply_by) == (FIRST.host, ReplyBy.REMOTE)


@pytest.mark.parametrize("command", _CLIENT)
def test_each_refusal_of_our_own_is_found_again(performance: Performance, command: str) -> None:
    recipient, text = _CLIENT[command]
    text = text.format(probed=performance.places[PROBED.domain][0])
    assert str(performance.own[command]) == text
    [delivery] = [found for found in performance.own_words() if found.recipient == recipient]
    assert (delivery.text, delivery.reply_by) == (text, ReplyBy.OWN)
    assert (delivery.relay_host, delivery.relay_ip) == (OUTSIDE_HOST, OUTSIDE)
    assert (delivery.sender, delivery.stage) == ("carol@example.net", Stage.RCPT)
    assert delivery.status is Status.REJECTED


def test_no_line_is_lost_and_nothing_is_invented(performance: Performance) -> None:
    assert performance.unread == []
    assert invented(performance, _SCRIPTS, _kept) == []
    assert len(performance.own_words()) == len(_CLIENT)


def test_what_is_read_in_bulk_comes_to_the_same(performance: Performance) -> None:
    assert_bulk_reading_comes_to_the_same(performance)
