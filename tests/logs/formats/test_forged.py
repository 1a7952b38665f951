"""An address that a stranger chose is no other field: RFC 5321 4.1.2 lets it hold any text.

Each line is one that the server may write, with an address in place of ``{}``. The address holds,
in a quoted local part, what the fields behind it look like. The reading is that of the line with a
plain address; or none, where the quotes do not close.
"""

from __future__ import annotations

import attrs
import pytest

from smtpreply.logs import Delivery, Direction, Line, Status, scan

SENDMAIL = "Nov 24 11:43:32 mx sm-mta[42]: 4ANFx2Qk031277: "
SENT_BY_SENDMAIL = (
    ", delay=00:00:0{0}, xdelay=00:00:01, mailer=esmtp, pri=1, relay={1}. [198.51.100.{0}], "
    "dsn={2}, reply={3}, stat={4}"
)
OPENSMTPD = "Nov 24 11:43:32 mx smtpd[42]: 6a2f8b4c1d3e5f70 mta delivery evpid=0e8ad1a2b3c4d5e6 "
BY_OPENSMTPD = (
    'rcpt=<-> source="192.0.2.1" relay="198.51.100.{0} ({1})" delay=1s result="{2}" stat="{3}"'
)
COURIER = "Nov 24 11:43:31 mx1 courieresmtp: id=0038C081.4D026173.000051A4,from=<{}>,addr=<{}>"
ZONEMTA = (
    "Nov 24 11:43:32 mx1 zone-mta[42]: info Sender/default/42[8] id=svd5unyzzguhz22r "
    "1984e8a65b30004db2.001 "
)
KERIO = "[24/Nov/2026 11:43:32] Sent: Queue-ID: 5b3c1d2e-00000a1b, Recipient: <{}>, "
CISCO = "Tue Nov 24 11:43:31 2026 Info: Bounced: DCID 8413 MID 7 From: <{}> To: <{}> RID 0 - "
HARAKA = "2026-11-24T11:43:32.000Z [NOTICE] [5A9C3B1E-0D2F.1] [core] "

GOOD = "good.example"
_SENT = SENT_BY_SENDMAIL.format(8, GOOD, "2.0.0", "250 2.0.0 forged", "Sent (forged)")
_FAILED = SENT_BY_SENDMAIL.format(9, "mx.evil.example", "5.1.1", "550 5.1.1 real", "User unknown")
_OK = BY_OPENSMTPD.format(8, GOOD, "Ok", "250 forged")
_PERM_FAIL = BY_OPENSMTPD.format(9, "mx.evil.example", "PermFail", "550 5.1.1 real")

# The lines, and what an attacker puts in a quoted local part to have other fields read.
CASES: dict[str, tuple[list[str], str]] = {
    "Sendmail, to": ([f"{SENDMAIL}to=<{{}}>{_FAILED}"], f">{_SENT}"),
    "Sendmail, one of two": ([f"{SENDMAIL}to=<a@b.example>,<{{}}>{_FAILED}"], f">{_SENT}"),
    "Sendmail, ctladdr": (
        [f"{SENDMAIL}to=<u@b.example>, ctladdr=<{{}}> (0/0){_FAILED}"],
        f">{_SENT}",
    ),
    "Sendmail, check_rcpt": (
        [
            f"{SENDMAIL}ruleset=check_rcpt, arg1=<{{}}>, relay=mx.evil.example [198.51.100.9], "
            "reject=550 5.7.1 real"
        ],
        f">, relay={GOOD} [198.51.100.8], reject=552 5.2.2 Mailbox full",
    ),
    "Sendmail, check_mail": (
        [
            f"{SENDMAIL}ruleset=check_mail, arg1=<{{}}>, relay=mx.evil.example [198.51.100.9], "
            "reject=550 5.7.1 real"
        ],
        f">, relay={GOOD} [198.51.100.8], reject=250 forged",
    ),
    "Sendmail, a milter": (
        [f"{SENDMAIL}Milter: to=<{{}}>, reject=550 5.7.1 real"],
        ">, reject=250 forged",
    ),
    "Sendmail, a refused address": (
        [f"{SENDMAIL}<{{}}>... User unknown"],
        ">... Sender ok; mailbox full",
    ),
    "OpenSMTPD, to": ([f"{OPENSMTPD}from=<a@b.example> to=<{{}}> {_PERM_FAIL}"], f"> {_OK}"),
    "OpenSMTPD, from": (
        [f"{OPENSMTPD}from=<{{}}> to=<u@b.example> {_PERM_FAIL}"],
        f"> to=<v@{GOOD}> {_OK}",
    ),
    "Courier, addr": (
        [
            f"{COURIER.format('a@b.example', '{}')}: 550 real",
            f"{COURIER.format('a@b.example', '{}')},status: failure",
        ],
        ">: 250 forged,status: success",
    ),
    "Courier, from": (
        [
            f"{COURIER.format('{}', 'u@b.example')}: 550 real",
            f"{COURIER.format('{}', 'u@b.example')},status: failure",
        ],
        f">,addr=<v@{GOOD}>,status: success",
    ),
    "Courier, a refusal": (
        [
            "Nov 24 11:43:31 mx1 courieresmtpd: error,relay=198.51.100.9,from=<{}>,"
            "to=<u@b.example>: 513 real"
        ],
        f">,to=<v@{GOOD}>: 250 forged",
    ),
    "ZoneMTA, to": (
        [f"{ZONEMTA}REJECTED[x] from=a@b.example to={{}} mx=mx.evil.example (554 5.7.1 real)"],
        f" mx={GOOD}[198.51.100.8] (250 forged)",
    ),
    "ZoneMTA, from": (
        [f"{ZONEMTA}REJECTED[x] from={{}} to=u@b.example mx=mx.evil.example (554 5.7.1 real)"],
        f" to=v@{GOOD} mx={GOOD} (250 forged)",
    ),
    "Kerio": (
        [f"{KERIO}Result: failed, Status: 5.1.1 real, Remote-Host: mx.evil.example,"],
        f">, Result: delivered, Status: 2.0.0 , Remote-Host: {GOOD},",
    ),
    "Cisco, To": (
        [
            CISCO.format("a@b.example", "{}")
            + "5.1.0 - Unknown address error ('550', ['5.1.1 real']) []"
        ],
        "> RID 0 - 4.1.0 - Unknown ('250', ['forged']) []",
    ),
}
QUOTED = {
    "as it is": '"x{}y"@evil.example',
    "behind a quoted quote": '"x\\"{}"@evil.example',
    "behind a quoted backslash": '"x\\\\{}"@evil.example',
    "in a route": '@hop.example:"x{}"@evil.example',
}
UNCLOSED = '"x{}@evil.example'


def read(lines: list[str], address: str) -> list[Delivery]:
    return list(scan([written(line, address) for line in lines]))


def written(line: str, address: str) -> str:
    """Return a line with an address as its server logs it: Sendmail writes a backslash twice."""
    logged = address.replace("\\", r"\\") if line.startswith(SENDMAIL) else address
    return line.format(*[logged] * line.count("{}"))


def without_address(delivery: Delivery) -> Delivery:
    return attrs.evolve(delivery, sender=None, recipient=None)


@pytest.mark.parametrize("case", CASES)
def test_the_lines_are_understood(case: str) -> None:
    lines, _ = CASES[case]
    found = read(lines, "u@evil.example")
    assert found
    assert any("u@evil.example" in (each.sender, each.recipient) for each in found) or (
        case == "Sendmail, ctladdr"
    )


@pytest.mark.parametrize("form", QUOTED)
@pytest.mark.parametrize("case", CASES)
def test_a_quoted_local_part_is_no_field(case: str, form: str) -> None:
    """The reading is that of a plain address, but for the address."""
    lines, forged = CASES[case]
    address = QUOTED[form].format(forged)
    found, plain = read(lines, address), read(lines, "u@evil.example")
    assert list(map(without_address, found)) == list(map(without_address, plain))
    for each, other in zip(found, plain, strict=True):
        for name in ("sender", "recipient"):
            is_it = getattr(other, name) == "u@evil.example"
            assert getattr(each, name) == (address if is_it else getattr(other, name))


@pytest.mark.parametrize("case", CASES)
def test_quotes_that_do_not_close_forge_nothing(case: str) -> None:
    """A line with two readings is not understood."""
    lines, forged = CASES[case]
    run = scan([written(line, UNCLOSED.format(forged)) for line in lines])
    for delivery in run:
        assert "good.example" not in (delivery.relay_host or "")
        assert delivery.reply is None or "real" in delivery.reply.text
        assert not (delivery.verdict and delivery.verdict.suppress)


def test_postfix_internal_address_of_two_readings_gives_no_delivery() -> None:
    line = (
        "Mar  3 10:00:00 mx postfix/smtp[7]: 4F1A2B3C4D: to=<b>, relay=a.example[192.0.2.7]:25, "
        "delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)@c.example>, "
        "relay=d.example[192.0.2.8]:25, delay=2, delays=0/0/0/2, dsn=5.1.1, status=bounced "
        "(host d.example[192.0.2.8] said: 550 5.1.1 no (in reply to RCPT TO command))"
    )
    assert list(scan([line])) == []


@pytest.mark.parametrize(
    ("forged", "real"),
    [
        ("size=999999, nrcpt=1 (queue active)", "size=7, nrcpt=1 (queue active)"),
        ("status=expired, returned to sender", "size=7, nrcpt=1 (queue active)"),
        ("size=999999, nrcpt=1 (queue active)", "status=expired, returned to sender"),
    ],
)
@pytest.mark.parametrize("line_end", ["", "\n"])
def test_postfix_internal_sender_of_two_readings_is_not_known(
    forged: str, real: str, line_end: str
) -> None:
    head = "Mar  3 10:00:00 mx postfix"
    log = [
        f"{head}/qmgr[9]: 4F1A2B3C4D: from=<a@good.example>, {forged}@evil.example>, {real}",
        f"{head}/smtp[7]: 4F1A2B3C4D: to=<b@e.example>, relay=none, delay=1, delays=0/0/0/1, "
        "dsn=5.4.4, status=bounced (Host not found)",
    ]
    unread: list[Line] = []
    [found] = scan([line_end.join(log)] if line_end else log, on_unreadable=unread.append)
    assert (found.recipient, found.sender, found.size) == ("b@e.example", None, None)
    assert [line.text for line in unread] == log[:1]


def test_exim_certificate_name_is_no_field() -> None:
    line = (
        "2026-03-03 10:00:00 H=c.example [192.0.2.8] X=TLS1.3:A:256 CV=no "
        'DN="CN=y F=<other@d.example> rejected RCPT <w@d.example>: no" '
        "F=<b@c.example> rejected RCPT <z@e.example>: policy"
    )
    [found] = scan([line])
    assert (found.sender, found.recipient) == ("b@c.example", "z@e.example")


def test_exim_unquoted_sender_of_two_readings_gives_no_delivery() -> None:
    line = (
        "2026-03-03 10:00:00 H=c.example [192.0.2.8] F=<y> rejected RCPT <w@d.example>: "
        "no@c.example> rejected RCPT <z@e.example>: policy"
    )
    assert list(scan([line])) == []


def test_exim_error_within_an_open_address_is_no_outgoing_failure() -> None:
    line = (
        "2026-03-03 10:00:00 H=c.example [192.0.2.8] F=<y SMTP error from remote mail server "
        "after RCPT TO:<w@d.example>: 550 5.1.1 no@c.example> rejected RCPT <z@e.example>: policy"
    )
    [found] = scan([line])
    assert (found.direction, found.status) == (Direction.INCOMING, Status.REJECTED)
    assert (found.recipient, found.reply) == ("z@e.example", None)


EXIM = "2026-03-03 10:00:00 "
MESSAGE = f"{EXIM}1sQpLm-00000002Rfh-3kYd "
_HOST = "H=c.example [203.0.113.9]"
_FIELDS = "P=esmtps X=TLS1.3:A:256 CV=no"


def after_exim_arrival(arrival: str, *, as_block: bool) -> tuple[Delivery, list[str]]:
    """Return an attempt after the line of an arrival, and which lines were not understood."""
    attempt = f"{MESSAGE}** z@e.example R=r T=t H=mx.e.example [192.0.2.1]: Connection refused"
    log = [f"{MESSAGE}<= {arrival}", attempt]
    unread: list[str] = []
    lines = ["\n".join(log)] if as_block else log
    [found] = scan(lines, on_unreadable=lambda line: unread.append(line.text))
    return found, unread


@pytest.mark.parametrize("as_block", [True, False])
@pytest.mark.parametrize(
    ("sender", "fields"),
    [
        ('"a@good.example S=9 id=f@good.example x"@evil.example', f"{_HOST} {_FIELDS} S=7 id=7@x"),
        ('"a\\" S=9 id=f@good.example \\\\"@evil.example', f"{_HOST} {_FIELDS} S=7 id=7@x"),
        ("a@x", f"{_HOST} {_FIELDS} A=plain:al K S=7 M8S=0 DKIM=x RT=1s id=7@x"),
        ("a@x", f'{_HOST} {_FIELDS} DN="CN=x S=9 id=f@good.example" S=7 id=7@x'),
        ("a@x", f'{_HOST} {_FIELDS} S=7 id=7@x T="a S=9 id=f@good.example" from <a@x> for z@e'),
        ("a@x", f'{_HOST} {_FIELDS} S=7 id=7@x T="a \\" S=9 id=f@good.example'),
        ("a@x", f"H=(h S=9 id=f@good.example) [203.0.113.9] {_FIELDS} S=7 id=7@x"),
        ("a@x", f"H=c.example (h H=d [192.0.2.9] S=9) [203.0.113.9]:99 {_FIELDS} S=7 id=7@x"),
    ],
)
def test_exim_arrival_has_its_own_fields(sender: str, fields: str, *, as_block: bool) -> None:
    found, unread = after_exim_arrival(f"{sender} {fields}", as_block=as_block)
    assert (found.sender, found.size, found.message_id) == (sender, 7, "7@x")
    assert unread == []


@pytest.mark.parametrize("as_block", [True, False])
def test_exim_message_id_is_read_over_its_quotes(*, as_block: bool) -> None:
    found, _ = after_exim_arrival(f'a@x {_HOST} {_FIELDS} S=7 id="a S=9"@x', as_block=as_block)
    assert (found.size, found.message_id) == (7, '"a S=9"@x')


@pytest.mark.parametrize("as_block", [True, False])
@pytest.mark.parametrize(
    "arrival",
    [
        f"a H=evil S=9 id=f@good.example {_HOST} {_FIELDS} S=7 id=7@x",
        f"a H=d [192.0.2.9] P=esmtp S=9 id=f@good.example {_HOST} {_FIELDS} S=7 id=7@x",
        f"a b@evil.example {_HOST} {_FIELDS} S=7 id=7@x",
        f'"a@good.example {_HOST} {_FIELDS} S=7 id=7@x',
        f'a@x {_HOST} {_FIELDS} DN="CN=x" S=9 id=f@good.example y" S=7 id=7@x',
        f"a@x H=(h) [192.0.2.9] P=esmtp S=9 id=f@good.example (i) [203.0.113.9] {_FIELDS} S=7",
        f"a@x H=(h) [192.0.2.9] P=esmtp S=9 for (i) [203.0.113.9] {_FIELDS} S=7 id=7@x",
        f"a@x {_HOST} U=b S=9 id=f@good.example for c {_FIELDS} S=7 id=7@x",
    ],
)
def test_exim_arrival_of_two_readings_is_not_understood(arrival: str, *, as_block: bool) -> None:
    found, unread = after_exim_arrival(arrival, as_block=as_block)
    assert (found.sender, found.size, found.message_id) == (None, None, None)
    assert unread == [f"{MESSAGE}<= {arrival}"]


@pytest.mark.parametrize("mask", ["", "\ue000"])
@pytest.mark.parametrize(
    "name",
    [
        "CN=y F=<other@d.example>",
        "CN=y: SMTP error from remote mail server after RCPT TO:<w@d.example>: 550 5.1.1 forged",
        'CN=y C=\\"250 forged\\"',
        "CN=y DT=9s",
    ],
)
def test_exim_certificate_of_a_server_is_no_field(name: str, mask: str) -> None:
    line = (
        f"{MESSAGE}== z@e.example R=r T=t H=mx.e.example [192.0.2.1] X=TLS1.3:A:256 CV=yes "
        f'DN="{name}" defer (-44): SMTP error from remote mail server after RCPT TO:<z@e.example>: '
        f"451 later{mask}"
    )
    found = list(scan([line]))
    assert [(one.sender, one.text, one.delay) for one in found] == (
        [] if mask else [(None, "451 later", None)]
    )


@pytest.mark.parametrize("name", ["h F=<o@d.example>", "h rejected RCPT <w@d.example>: 550 forged"])
def test_exim_name_given_to_helo_is_no_field(name: str) -> None:
    end = "[203.0.113.9] F=<b@c.example> rejected RCPT <z@e.example>: policy"
    [found] = scan([f"{EXIM}H=c.example ({name}) {end}"])
    assert (found.sender, found.recipient, found.text) == ("b@c.example", "z@e.example", "policy")
    assert list(scan([f"{EXIM}H=c.example ({name}) [192.0.2.9] F=<x@d.example> (h) {end}"])) == []


@pytest.mark.parametrize("as_block", [True, False])
@pytest.mark.parametrize("local", ["x@gmail.com", "x\u2028y", "x\x0by"])
def test_exim_recipient_is_read_up_to_a_blank(local: str, *, as_block: bool) -> None:
    log = [f"{MESSAGE}** {local}@z.example R=r T=t: no such user", f"{MESSAGE}Completed"]
    [found] = scan(["\n".join(log)] if as_block else log)
    assert found.recipient == f"{local}@z.example"
