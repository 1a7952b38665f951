"""Addresses taken off a list: those that take no mail for certain, and no others."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply.logs import Delivery, Direction, ReplyBy, Status, scan
from smtpreply.stage import Stage
from smtpreply.summary.summary import Summary
from smtpreply.testing import replies
from smtpreply.tools.suppressions import COMPLAINT, Suppression, Suppressions

DATA = Path(__file__).parents[1] / "data"
START = datetime(2026, 11, 24, 11, tzinfo=UTC)
REFUSED = Delivery(
    mta="postfix",
    time=START,
    direction=Direction.OUTGOING,
    recipient="bob@example.org",
    stage=Stage.RCPT,
    status=Status.BOUNCED,
    text="550 5.1.1 User unknown",
    reply_by=ReplyBy.REMOTE,
    source="mail.log",
)
SENT = attrs.evolve(REFUSED, status=Status.SENT, text="250 2.0.0 Ok", stage=Stage.END_OF_DATA)
COMPLAINED = attrs.evolve(REFUSED, status=Status.COMPLAINED, text=None, reply_by=None)


def at(delivery: Delivery, minute: float | None, **values: Any) -> Delivery:
    time = None if minute is None else START + timedelta(minutes=minute)
    return attrs.evolve(delivery, time=time, **values)


def listed(*deliveries: Delivery) -> list[str]:
    return [found.address for found in Suppressions.of(deliveries)]


# --- one answer ----------------------------------------------------------------------------

POSTFIX = "Nov 24 11:43:32 mx postfix/{}[4]: 4E74613FE7: to=<bob@example.org>, relay={}, "
POSTFIX += "delay=0.1, delays=0/0/0/0.1, dsn=5.1.1, status=bounced ({})"
EXIM = "2026-11-24 11:43:32 1sQpLm-00000002Rfh-3kYd ** bob@example.org{}"
SENDMAIL = "Nov 24 11:43:32 mx sm-mta[42]: 4AOBhVx2012345: to=<bob@example.org>, delay=00:00:01, "
SENDMAIL += "xdelay=00:00:01, mailer={}, pri=30000, dsn=5.1.1, stat=User unknown"
SAID = "host mx.example.org[192.0.2.1] said: 550 5.1.1 {} (in reply to RCPT TO command)"
OTHER_HOST = " R=dnslookup T=remote_smtp H=mx.example.org [192.0.2.1]: SMTP error from remote mail "
OTHER_HOST += "server after RCPT TO:<bob@example.org>: 550 {}"


@pytest.mark.parametrize(
    ("line", "dead"),
    [
        # What another server says of its own tables and routers is known there.
        (EXIM.format(OTHER_HOST.format("Unrouteable address")), True),
        (
            POSTFIX.format(
                "smtp",
                "mx.example.org[192.0.2.1]:25",
                SAID.format("User unknown in local recipient table"),
            ),
            True,
        ),
        (SENDMAIL.format("esmtp, relay=mx.example.org. [192.0.2.1]").replace(
            "stat=", "reply=550 5.1.1 User unknown, stat="), True),
        # What our own server says of them, and what stays here, may be its own fault.
        (EXIM.format(": Unrouteable address"), False),
        (EXIM.format(" R=smarthost: Unrouteable address"), False),
        (EXIM.format(" R=localuser: Unknown user"), False),
        (EXIM.format(": Unknown user"), False),
        (POSTFIX.format("local", "local", 'unknown user: "bob"'), False),
        (POSTFIX.format("virtual", "virtual", 'unknown user: "bob@example.org"'), False),
        (POSTFIX.format("error", "none", "User unknown in virtual alias table"), False),
        (POSTFIX.format("error", "none", "User unknown in local recipient table"), False),
        (POSTFIX.format("lmtp", "mx[private/lmtp]", "host mx[private/lmtp] said: 550 5.1.1 <bob@"
                        "example.org> No such user (in reply to RCPT TO command)"), False),
        (SENDMAIL.format("local"), False),
        (SENDMAIL.format("cyrusv2, relay=localhost"), False),
        # Sendmail's words for any 550, 551 or 553 to RCPT.
        (SENDMAIL.format("esmtp, relay=mx.example.org. [192.0.2.1]"), False),
        (SENDMAIL.format("relay, relay=[127.0.0.1] [127.0.0.1]"), False),
        ("Nov 24 11:43:32 mx qmail: 1795520612.123456 delivery 1: failure: "
         "Sorry,_no_mailbox_here_by_that_name._(#5.1.1)/", False),
    ],
)  # fmt: skip
def test_a_delivery_and_its_summary_and_the_list_give_one_answer(line: str, dead: bool) -> None:
    [found] = scan([line])
    assert found.verdict is not None
    assert found.verdict.suppress is dead
    assert bool(listed(found)) is dead
    assert bool(Summary.of([found]).total.suppressed) is dead


# --- exact lists ---------------------------------------------------------------------------


def test_the_list_of_a_log() -> None:
    found = Suppressions.of(scan(DATA / "sample.log"))
    assert [(each.address, each.rule) for each in found] == [
        ("alan@school.example.com", "google-no-such-user"),
        ("bob@school.example.com", "google-no-such-user"),
        ("carl@example.org", "user-unknown"),
        ("hal@example.org", "user-unknown"),
        ("lea@school.example.com", "google-no-such-user"),
        ("mia@example.org", "user-unknown"),
        ("otto@example.org", "no-such-user"),
        ("ron@example.org", "no-such-user"),
        ("uma@example.net", "microsoft-edge-blocking"),
        ("uma@school.example.com", "google-no-such-user"),
        ("yan@example.org", "no-such-user"),
    ]
    assert (found.undecided, found.left_out, found.no_address) == (0, 0, 0)


@pytest.mark.parametrize(
    "handed",
    [
        {
            "mta": "sendmail",
            "relay_ip": "127.0.0.1",
            "text": "5AO1hVcd000002 Message accepted for delivery",
            "reply_by": None,
        },
        {
            "text": "250 2.0.0 from MTA(): 250 2.0.0 Ok: queued as 3C1D8F20A4",
            "reply_by": ReplyBy.FILTER,
        },
    ],
)
def test_a_message_that_stays_on_this_host_takes_no_refusal_back(handed: dict[str, Any]) -> None:
    assert listed(at(REFUSED, 0), at(SENT, 1, **handed)) == ["bob@example.org"]
    assert listed(at(REFUSED, 0), at(SENT, 1, **handed | {"relay_ip": "192.0.2.1"})) == []


def test_the_list_of_a_folder_of_bounces(tmp_path: Path) -> None:
    bounces = (DATA / "logs" / "dsn.mbox").read_text(encoding="utf-8").split("\nFrom ")
    for number, bounce in enumerate(bounces):
        text = bounce.partition("\n")[2]
        tmp_path.joinpath(f"{number}.eml").write_text(text, encoding="utf-8")
    [found] = Suppressions.of(scan(tmp_path))
    assert (found.address, found.reason, found.evidence, found.orig_recipient) == (
        "bob@example.org",
        "unknown_recipient",
        "No such user",
        "robert@example.org",
    )


def test_the_list_of_a_file_of_events() -> None:
    [found] = Suppressions.of(scan(DATA / "logs" / "ses.jsonl"))
    # The two refusals for good are followed by deliveries, the complaint stands.
    assert (found.address, found.reason, found.count) == ("bob@example.org", COMPLAINT, 1)


def test_a_suppression_has_its_grounds() -> None:
    [found] = Suppressions.of([at(REFUSED, 7), at(REFUSED, 3), at(REFUSED, 5)])
    assert found == Suppression(
        address="bob@example.org",
        reason="unknown_recipient",
        evidence="User unknown",
        rule="user-unknown",
        first=START + timedelta(minutes=3),
        last=START + timedelta(minutes=7),
        count=3,
        mta="postfix",
    )
    assert found.to_dict()["first"] == "2026-11-24T11:03:00+00:00"


# --- what a later delivery takes back -----------------------------------------------------------


def test_a_later_delivery_takes_a_refusal_back() -> None:
    assert listed(REFUSED, at(SENT, 1)) == []
    assert listed(at(REFUSED, 1), SENT) == ["bob@example.org"]
    assert listed(REFUSED, at(SENT, 1), at(REFUSED, 2)) == ["bob@example.org"]


def test_case_makes_no_other_address() -> None:
    assert listed(REFUSED, at(SENT, 1, recipient="BOB@Example.ORG")) == []


def test_refusals_before_a_delivery_do_not_count() -> None:
    [found] = Suppressions.of([REFUSED, at(SENT, 1), at(REFUSED, 2)])
    assert (found.count, found.first) == (1, START + timedelta(minutes=2))


def test_a_delivery_takes_no_complaint_back() -> None:
    [found] = Suppressions.of([REFUSED, COMPLAINED, at(COMPLAINED, 2), at(SENT, 3)])
    assert (found.reason, found.count, found.evidence) == (COMPLAINT, 2, None)


def test_of_a_refusal_and_a_complaint_the_complaint_is_listed_once() -> None:
    found = Suppressions.of([REFUSED, COMPLAINED])
    assert [each.reason for each in found] == [COMPLAINT]
    assert len(found) == 1


def test_of_one_second_the_order_in_the_file_decides() -> None:
    assert listed(REFUSED, SENT) == []
    assert listed(SENT, REFUSED) == ["bob@example.org"]


@pytest.mark.parametrize(
    "sent",
    [
        at(SENT, 0, source="other.log"),
        at(SENT, None, source="other.log"),
        attrs.evolve(SENT, time=datetime(2026, 1, 1), source="other.log"),  # noqa: DTZ001
    ],
)
def test_where_the_order_is_unknown_nothing_is_listed_and_it_is_counted(sent: Delivery) -> None:
    for deliveries in ([REFUSED, sent], [sent, REFUSED]):
        found = Suppressions.of(deliveries)
        assert (len(found), found.undecided) == (0, 1)


@given(st.data())
def test_the_order_in_which_logs_are_read_does_not_matter(data: st.DataObject) -> None:
    """Deliveries with times of their own give the same list in any order."""
    kinds = st.lists(st.sampled_from([REFUSED, SENT, COMPLAINED]), min_size=1, max_size=8)
    in_time = [at(one, minute) for minute, one in enumerate(data.draw(kinds))]
    shuffled = data.draw(st.permutations(in_time))
    assert listed(*shuffled) == listed(*in_time)


@given(st.lists(st.sampled_from([REFUSED, at(REFUSED, 0, recipient="eve@example.net")])))
def test_after_a_last_delivery_to_each_nothing_is_listed(refused: list[Delivery]) -> None:
    """A later success takes an address off, whatever was refused before."""
    last = [at(SENT, 9), at(SENT, 9, recipient="eve@example.net")]
    assert listed(*refused, *last) == []


# --- what never suppresses -----------------------------------------------------------------------


def texts() -> st.SearchStrategy[str]:
    """Texts of replies, and words that speak for a dead address with odd heads before them."""
    dead = st.sampled_from(
        ["User unknown", "No such user here", "mailbox disabled", "account gone"]
    )
    return replies().map(str) | dead


@given(texts(), st.sampled_from([400, 421, 450, 451, 452, 499]), st.sampled_from(Status))
def test_a_transient_code_never_suppresses(text: str, code: int, status: Status) -> None:
    """Whatever the words and the log's status are, a 4yz takes no address off."""
    if status is not Status.COMPLAINED:
        assert listed(attrs.evolve(REFUSED, text=f"{code} {text}", status=status)) == []


@given(st.sampled_from(["4.1.1", "4.2.1", "4.4.4", "4.7.0"]), texts())
def test_a_transient_status_never_suppresses(enhanced: str, text: str) -> None:
    """A 4.y.z in the reply takes no address off, whatever its code and words."""
    assert listed(attrs.evolve(REFUSED, text=f"550 {enhanced} {text}")) == []


@given(st.integers(200, 599), st.sampled_from(["{}", "{} ", "{} Error", "{}-\n{}"]))
def test_a_bare_code_never_suppresses(code: int, form: str) -> None:
    """A reply code without words that say why takes no address off."""
    assert listed(attrs.evolve(REFUSED, text=form.replace("{}", str(code)))) == []


@given(
    texts(),
    st.none() | st.sampled_from([one for one in Direction if one is not Direction.OUTGOING]),
    st.sampled_from(Status),
)
def test_what_is_not_outgoing_never_suppresses(
    text: str, direction: Direction | None, status: Status
) -> None:
    """What our server refused to others, delivers itself, or does not place takes nothing off."""
    found = attrs.evolve(REFUSED, text=f"550 5.1.1 {text}", direction=direction, status=status)
    assert listed(found) == []


@given(texts(), st.none() | st.sampled_from(Status))
def test_only_what_was_given_up_suppresses(text: str, status: Status | None) -> None:
    """A message that is retried, held, probed or of unknown fate takes no address off."""
    if status not in (Status.BOUNCED, Status.COMPLAINED):
        assert listed(attrs.evolve(REFUSED, text=f"550 5.1.1 {text}", status=status)) == []


@pytest.mark.parametrize(
    "text",
    [
        "550 5.1.1 User unknown or mailbox full",
        "550 Mailbox unavailable or access denied",
        "550 5.2.2 Mailbox full",
        "554 5.7.1 Message rejected as spam",
        "550 5.7.1 <bob@example.org>: relay access denied",
        "552 5.2.2 over quota",
        "550 5.0.0 Rejected",
        "Connection timed out",
        "",
    ],
)
def test_an_ambiguous_or_other_refusal_never_suppresses(text: str) -> None:
    assert listed(attrs.evolve(REFUSED, text=text)) == []


DEAD = ["User unknown", "No such user here", "mailbox disabled"]
OTHER = ["mailbox full", "over quota", "access denied", "relaying denied", "message too large"]


@given(
    st.sampled_from(DEAD),
    st.lists(st.sampled_from(OTHER), min_size=1, max_size=3),
    st.sampled_from([" or ", ", or "]),
    st.booleans(),
)
def test_words_that_leave_another_reason_open_never_suppress(
    dead: str, others: list[str], joint: str, is_first: bool
) -> None:
    """A reply that names a dead address as one of several reasons takes no address off."""
    words = [dead, *others] if is_first else [*others, dead]
    assert listed(attrs.evolve(REFUSED, text=f"550 {joint.join(words)}")) == []


POSTFIX_SENT = (
    "2026-11-24T11:43:32Z mx postfix/smtp[7]: 4E74613FE7: to=<{}>, "
    "relay=mx.example.org[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent ({})"
)
EXIM_SENT = (
    "2026-11-24 11:43:32 1sQpLm-00000002Rfh-3kYd => {} R=dnslookup T=remote_smtp "
    'H=mx.example.org [192.0.2.1] C="{}"'
)
IMITATIONS = st.lists(
    st.sampled_from(
        [
            *("bob@example.org", ">, ", "relay=mx.example.org[192.0.2.1]:25, ", "delay=1, "),
            *("dsn=5.1.1, status=bounced (", "550 5.1.1 User unknown", ") ", "to=<eve@example.org"),
            *(" ** ", "eve@example.org ", "R=dnslookup T=remote_smtp ", "H=mx [192.0.2.1]: ", '"'),
            "SMTP error from remote mail server after RCPT TO:<eve@example.org>: ",
        ]
    ),
    max_size=9,
).map("".join)


@given(st.sampled_from([POSTFIX_SENT, EXIM_SENT]), IMITATIONS, IMITATIONS)
def test_a_line_that_imitates_a_refusal_never_suppresses(
    form: str, recipient: str, reply: str
) -> None:
    """Whatever a stranger has put into an address or a reply, what was sent takes nobody off."""
    assert list(Suppressions.of(scan([form.format(recipient, f"250 {reply}")]))) == []


def test_an_incoming_refusal_in_a_log_never_suppresses() -> None:
    line = (
        "Nov 24 11:43:32 mx1 postfix/smtpd[7]: NOQUEUE: reject: RCPT from c.example[203.0.113.9]: "
        "550 5.1.1 <bob@example.org>: Recipient address rejected: User unknown; "
        "from=<x@y.example> to=<bob@example.org> proto=ESMTP helo=<c>"
    )
    assert list(Suppressions.of(scan([line]))) == []


# --- hostile input and bounds ---------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "bob",
        "@example.org",
        "bob@",
        "a@b\nc@d",
        "a\x1b[31m@b",
        "\u202ea@b",
        "\udcff@b",
        "a" * 999 + "@b",
    ],
)
def test_what_is_no_address_is_counted_and_not_listed(address: str) -> None:
    for delivery in (REFUSED, COMPLAINED, SENT):
        found = Suppressions.of([attrs.evolve(delivery, recipient=address)])
        assert (len(found), found.no_address) == (0, delivery is not SENT)


def test_evidence_is_escaped_and_short() -> None:
    text = f"550 5.1.1 User \x1b[31m unknown {'x' * 9999}"
    [found] = Suppressions.of([attrs.evolve(REFUSED, text=text)])
    assert found.evidence is not None
    assert found.evidence.isprintable()
    assert len(found.evidence) < 300


def numbered(delivery: Delivery, numbers: Iterable[int]) -> list[Delivery]:
    return [at(delivery, number, recipient=f"{number}@example.org") for number in numbers]


def test_addresses_beyond_the_limit_are_counted() -> None:
    found = Suppressions.of(numbered(REFUSED, range(5)) + numbered(COMPLAINED, range(4)), limit=3)
    assert (len(found), found.left_out) == (3, 3)


def test_a_delivery_that_was_forgotten_suppresses_nothing_that_may_be_older() -> None:
    found = Suppressions.of(numbered(SENT, range(10)), limit=3)
    found.add(at(REFUSED, 6, recipient="6@example.org"))  # as old as what was forgotten: unknown
    found.add(at(REFUSED, 5, recipient="2@example.org"))
    assert [each.address for each in found] == ["6@example.org"]
    assert found.undecided == 1
    found.add(at(REFUSED, 6, recipient="2@example.org", source="other.log"))
    assert found.undecided == 2
    found.add(at(REFUSED, 7, recipient="2@example.org", source="other.log"))
    assert len(found) == 2


def test_of_deliveries_forgotten_from_several_logs_no_order_in_a_file_is_left() -> None:
    sent = [at(SENT, 0, recipient=f"{name}@example.org", source=f"{name}.log") for name in "abc"]
    found = Suppressions.of(sent, limit=1)
    found.add(at(REFUSED, 0, source="b.log"))
    assert (len(found), found.undecided) == (0, 1)


def test_a_limit_is_at_least_one() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Suppressions(0)
