"""The logs of three hosts that one message after the other goes through.

``in`` takes mail and has a filter, which puts it back into the queue; ``hub`` expands a mailing
list; ``out`` is an Exim that tries for days.
"""

from __future__ import annotations

_RELAYS = {
    "filter": "127.0.0.1[127.0.0.1]:10024",
    "hub": "hub.example.com[192.0.2.2]:25",
    "out": "out.example.com[192.0.2.3]:25",
    "far": "mx.example.org[203.0.113.1]:25",
    None: "none",
}


def postfix(stamp: str, host: str, queue_id: str, rest: str, program: str = "smtp") -> str:
    return f"2026-11-24T{stamp}Z {host} postfix/{program}[7]: {queue_id}: {rest}"


def begun(stamp: str, host: str, queue_id: str, sender: str, message_id: str) -> list[str]:
    return [
        postfix(stamp, host, queue_id, f"message-id=<{message_id}>", "cleanup"),
        postfix(stamp, host, queue_id, f"from=<{sender}>, size=900, nrcpt=1 (active)", "qmgr"),
    ]


def attempt(  # noqa: PLR0917  (a row of a table)
    stamp: str,
    host: str,
    queue_id: str,
    recipient: str,
    relay: str | None,
    status: str,
    text: str,
    dsn: str = "2.0.0",
    delay: str = "1",
) -> str:
    rest = (
        f"to=<{recipient}>, relay={_RELAYS[relay]}, delay={delay}, delays=0/0/0/1, dsn={dsn}, "
        f"status={status} ({text})"
    )
    return postfix(stamp, host, queue_id, rest)


FILTERED = "250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as {}"
QUEUED = "250 2.0.0 Ok: queued as {}"
EXIM_ID = "1vN1z6-0000000GGmh-BipV"
GREYLISTED = "host mx.example.org[203.0.113.1] said: 451 4.7.1 Greylisted (in reply to RCPT TO)"
REFUSED = "host mx.example.org[203.0.113.1] said: 550 5.1.1 No such user (in reply to RCPT TO)"

# A message through the filter, to a mailing list, which is expanded to three.
IN = [
    *begun("10:00:00", "in", "AAAA1111AA", "al@example.com", "1@example.com"),
    attempt("10:00:01", "in", "AAAA1111AA", "list@example.com", "filter", "sent",
            FILTERED.format("BBBB2222BB")),
    *begun("10:00:01", "in", "BBBB2222BB", "al@example.com", "1@example.com"),
    attempt("10:00:02", "in", "BBBB2222BB", "list@example.com", "hub", "sent",
            QUEUED.format("CCCC3333CC")),
    # Another message, of which nothing may get into the first one's life.
    *begun("10:00:03", "in", "AAAA1111AB", "al@example.com", "2@example.com"),
    attempt("10:00:04", "in", "AAAA1111AB", "zoe@example.net", "far", "deferred", GREYLISTED,
            dsn="4.7.1", delay="3"),
]  # fmt: skip
HUB = [
    *begun("10:00:02", "hub", "CCCC3333CC", "list-bounces@example.com", "1@example.com"),
    attempt("10:00:05", "hub", "CCCC3333CC", "bob@example.org", "far", "deferred", GREYLISTED,
            dsn="4.7.1", delay="3"),
    attempt("10:00:06", "hub", "CCCC3333CC", "eve@example.org", "far", "bounced", REFUSED,
            dsn="5.1.1", delay="4"),
    attempt("10:00:07", "hub", "CCCC3333CC", "kim@slow.example", "out", "sent",
            f"250 OK id={EXIM_ID}", delay="5"),
    attempt("10:10:05", "hub", "CCCC3333CC", "bob@example.org", "far", "sent",
            QUEUED.format("DDDD4444DD"), delay="603"),
    # Given up as a whole, after two attempts.
    *begun("10:00:10", "hub", "CCCC3333CE", "al@example.com", "3@example.com"),
    attempt("10:00:11", "hub", "CCCC3333CE", "ann@example.org", "far", "deferred", GREYLISTED,
            dsn="4.7.1"),
    attempt("10:30:11", "hub", "CCCC3333CE", "ann@example.org", "far", "deferred", GREYLISTED,
            dsn="4.7.1", delay="1801"),
    postfix("11:00:00", "hub", "CCCC3333CE", "from=<al@example.com>, status=expired, returned to "
            "sender", "qmgr"),
]  # fmt: skip
_EXIM_ERROR = (
    "R=dnslookup T=remote_smtp defer (-44) H=mx.slow.example [203.0.113.9]: SMTP error from remote "
    "mail server after RCPT TO:<kim@slow.example>: 452 4.2.2 Mailbox full"
)
OUT = [
    f"2026-11-24 10:00:07 +0000 {EXIM_ID} <= list-bounces@example.com H=hub [192.0.2.2] P=esmtp "
    "S=900 id=1@example.com",
    f"2026-11-24 10:00:08 +0000 {EXIM_ID} == kim@slow.example {_EXIM_ERROR}",
    f"2026-11-24 10:30:08 +0000 {EXIM_ID} == kim@slow.example {_EXIM_ERROR}",
]
LOGS = {"in.log": IN, "hub.log": HUB, "out.log": OUT}
