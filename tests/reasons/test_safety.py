"""Properties that hold whatever the text."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply import Disposition, MultipleRepliesError, Reason, classify, classify_all, parse
from smtpreply.reasons import BounceType, Outcome, advice_for

FINAL = ("User unknown", "No such user", "Host not found", "mailbox disabled", "does not exist")
WORDS = st.sampled_from([*FINAL, "Ok", "Mailbox full", "Greylisted", "queued as 4A5B", "x", ""])
AROUND = st.sampled_from(
    ["", "host mx.example.org[192.0.2.1]:587 said: ", "Error: ", "smtp; ", "<<< ", "timeout=300, "]
)
JOINTS = st.sampled_from(["\n", "\r\n", "; host mx said: ", "\n<<< ", " then it said: "])


@st.composite
def reply_texts(draw: st.DrawFn, classes: str) -> str:
    digit = draw(st.sampled_from(classes))
    status = draw(st.sampled_from(["", f"{digit}.1.1 ", f"{digit}.0.0 "])) if digit != "3" else ""
    code = f"{digit}{draw(st.integers(0, 5))}{draw(st.integers(0, 9))}"
    return f"{code} {status}{draw(WORDS)}".rstrip()


@given(AROUND, st.lists(st.tuples(reply_texts("2345"), JOINTS), max_size=2), reply_texts("45"))
def test_what_ends_with_a_refusal_is_never_accepted(
    around: str, before: list[tuple[str, str]], last: str
) -> None:
    """Whatever was said before: a text whose last reply is of class 4 or 5 is not accepted."""
    text = around + "".join(reply + joint for reply, joint in before) + last
    verdict = classify(text)
    assert verdict.reason is not Reason.ACCEPTED, text
    assert verdict.disposition is not Disposition.DELIVERED


REFUSALS = st.builds(
    "{} {}{}".format,
    st.sampled_from(["550", "551", "553"]),
    st.sampled_from(["", "5.1.1 "]),
    st.sampled_from(FINAL[:4]),
)
FLAT = st.sampled_from([" ", "  ", "\t", " | ", ", ", "; "])  # as a page or a table has line ends


@given(reply_texts("2"), FLAT, REFUSALS)
def test_a_refusal_behind_an_acceptance_on_its_line_is_none(
    accepted: str, joint: str, refusal: str
) -> None:
    """A session that lost its line ends is not accepted, and suppresses nobody."""
    verdict = classify(f"{accepted}{joint}{refusal}")
    assert verdict.reason is not Reason.ACCEPTED
    assert not verdict.suppress


@given(
    REFUSALS,
    FLAT,
    st.sampled_from(["250 Ok", "250 2.0.0 Ok", "354 Go", "450 Later", "421 4.7.0 x"]),
)
def test_a_reply_of_another_class_behind_a_refusal_keeps_the_address(
    refusal: str, joint: str, other: str
) -> None:
    """Nobody knows whether both are about one recipient."""
    assert not classify(f"{refusal}{joint}{other}").suppress
    assert not classify(parse(f"{refusal}{joint}{other}")).suppress
    assert not classify(f"{refusal}\n{other}").suppress


@pytest.mark.parametrize(
    "text",
    [
        "550 5.1.1 No such user 221 2.0.0 Bye",
        "550 5.1.1 No such user 550 5.1.1 No such user",
        "550 5.1.1 No such user in 250 days",
        "550 5.1.1 No such user: id 250-3ab",
        "550-5.1.1 No such 550 5.1.1 user",
    ],
)
def test_what_is_no_other_reply_raises_no_doubt(text: str) -> None:
    assert classify(text).suppress


@pytest.mark.parametrize(
    "text",
    [
        "250 ok 1186534523 qp 555",
        "250 Ok, 512 bytes of user unknown",
        "250 2.0.0 Ok: queued as 550-user-unknown.example",
        "250 2.0.0 Ok: queued as 4Zq8 550 Ok",
    ],
)
def test_a_number_behind_an_acceptance_is_no_refusal(text: str) -> None:
    assert classify(text).reason is Reason.ACCEPTED


@pytest.mark.parametrize(
    "text",
    [
        "250 Ok\n!! Expected response code 250 but got nothing",
        "220 mx.example.org ESMTP\nlost connection",
        "Could not send: host said: 250 Ok",
        "host said: 250 Ok, then the connection timed out",
    ],
)
def test_a_positive_reply_before_a_failure_is_not_the_last_word(text: str) -> None:
    assert classify(text).reason is not Reason.ACCEPTED


def test_a_positive_reply_of_several_lines_is_accepted() -> None:
    for text in ("250-mx.example.org\n250-SIZE 1000\n250 HELP", "250 Ok\n", "250 Ok\nthank you"):
        assert classify(text).reason is Reason.ACCEPTED


NO_REPLIES = st.sampled_from(
    [
        "Queue: 250 messages",
        "port 250",
        "size=250",
        "192.0.2.1:250",
        'Expected response code "250" but got an empty response',
        'Expected response code 250 but got code "", with message ""',
        "expected 220",
        "Delivered",
        "2.0.0",
        "250 is expected",
        "sent 220 bytes",
    ]
)


@given(st.text(st.characters(codec="utf-8", exclude_characters="23"), max_size=60) | NO_REPLIES)
def test_a_text_without_a_reply_is_never_accepted(text: str) -> None:
    """Nothing but a positive reply is taken for one."""
    assert classify(text).reason is not Reason.ACCEPTED


@given(AROUND, reply_texts("4"), st.lists(reply_texts("345"), max_size=2), st.randoms())
def test_what_speaks_of_a_delay_never_suppresses(
    around: str, first: str, others: list[str], random: Random
) -> None:
    """Evidence of class 4 anywhere in a text keeps the address on the list."""
    replies = [first, *others]
    random.shuffle(replies)
    assert not classify(around + "\n".join(replies)).suppress


@given(st.sampled_from(FINAL), st.sampled_from(["", "550 ", "550 5.1.1 ", "554 5.1.2 "]))
def test_what_a_log_defers_is_neither_stopped_nor_suppressed(words: str, code: str) -> None:
    """A status of class 4 and the outcome "deferred" each say that it is not final."""
    for known in ({"status": "4.4.3"}, {"outcome": "deferred"}):
        verdict = classify(code + words, **known)
        assert verdict.disposition in (Disposition.RETRY, Disposition.RETRY_SLOWER)
        assert not verdict.suppress
        assert verdict.bounce_type != "hard"


@given(WORDS, st.sampled_from(["", "450 ", "421 4.7.0 ", "550 5.1.1 "]))
def test_what_a_log_gave_up_is_not_tried_again(words: str, code: str) -> None:
    """The outcomes "bounced" and "expired" are final, whatever the reply was."""
    for outcome in (Outcome.BOUNCED, Outcome.EXPIRED):
        verdict = classify(code + words, outcome=outcome)
        assert verdict.disposition in (Disposition.STOP, Disposition.REVIEW)
        assert verdict.reason is not Reason.ACCEPTED


# A message that is expired is returned, though its status is 4.4.7.
@pytest.mark.parametrize(
    "reason", [r for r in Reason if r not in (Reason.ACCEPTED, Reason.EXPIRED)]
)
def test_after_a_transient_reply_every_message_is_tried_again(reason: Reason) -> None:
    assert advice_for(reason).disposition(4) in (Disposition.RETRY, Disposition.RETRY_SLOWER)


@given(
    reply_texts("45"),
    reply_texts("245"),
    st.sampled_from(
        ["{0}: {1}, {2}: {3}", "<{0}>: {1}\n<{2}>: {3}", '{{"{0}": "{1}", "{2}": "{3}"}}']
    ),
)
def test_two_recipients_never_get_one_verdict(one: str, other: str, form: str) -> None:
    """What was said to two recipients is classified for each of them, or not at all."""
    text = form.format("ann@example.org", one, "bob@example.org", other)
    with pytest.raises(MultipleRepliesError, match="classify_all"):
        classify(text)
    verdicts = classify_all(text)
    assert list(verdicts) == ["ann@example.org", "bob@example.org"]
    assert [verdict.code for verdict in verdicts.values()] == [int(one[:3]), int(other[:3])]


@pytest.mark.parametrize(
    ("text", "suppress"),
    [
        ("550 User unknown or mailbox full", False),
        ("550 Mailbox full or user unknown", False),
        ("550 5.1.1 User unknown or mailbox disabled", False),
        ("550 Benutzer unbekannt oder Postfach voll", False),
        ("550 Usuario desconocido o buzón lleno", False),
        ("550 5.1.1 unknown or illegal alias", True),  # the status says that both mean the same
        ("550 5.1.1 User unknown. Check it for typos or spaces.", True),
        ("550 5.4.4 Host or domain name not found", True),
    ],
)
def test_or_settles_nothing(text: str, suppress: bool) -> None:
    assert classify(text).suppress is suppress


@pytest.mark.parametrize("text", ["", " ", "???", "frobnicated", "2.0.0 Ok"])
def test_where_nothing_is_known_a_person_looks(text: str) -> None:
    verdict = classify(text)
    assert verdict.reason is Reason.UNKNOWN
    assert verdict.disposition is Disposition.REVIEW
    assert verdict.bounce_type is None
    assert not verdict.suppress


def test_a_relay_that_does_not_resolve_suppresses_nobody() -> None:
    words = "Host or domain name not found. Name service error for name=relay.example.com"
    assert not classify(words).suppress
    assert not classify(words, status="4.4.3", outcome="deferred").suppress
    assert classify(words, status="5.4.4", outcome="bounced").suppress


@pytest.mark.parametrize(
    "text",
    ["550 4.1.1 User unknown", "550-5.1.1 User unknown\r\n550 4.1.1 User unknown"],
)
def test_a_transient_status_that_contradicts_the_code_never_suppresses(text: str) -> None:
    for verdict in (classify(text), classify(parse(text))):
        assert not verdict.suppress
        assert verdict.bounce_type is not BounceType.HARD


@pytest.mark.parametrize(
    "text",
    [
        "450 4.2.0 Mailbox full. Giving up after 5 days",
        "Connection timed out. I'm not going to try again",
        "451 Name server timeout. The message will be deleted from queue",
    ],
)
def test_a_message_that_was_given_up_is_stopped_for_its_cause(text: str) -> None:
    verdict = classify(text)
    assert verdict.reason is not Reason.EXPIRED
    assert verdict.disposition is Disposition.STOP
    assert not verdict.suppress


@pytest.mark.parametrize(
    "text",
    [
        "Delivery has been delayed. The message will be retried for 2 days",
        "450 4.4.7 Message delayed",
        "192.0.2.1 failed: 450 Mailbox full. Giving up on 192.0.2.1.",
    ],
)
def test_a_message_that_waits_is_tried_again(text: str) -> None:
    assert classify(text).disposition is Disposition.RETRY


@pytest.mark.parametrize(
    "text",
    [
        "status=sent (250 ok) 550 5.1.1 user unknown",
        "dsn=2.0.0, stat=Sent (ok 550 5.1.1 User unknown)",
        'result="Ok" stat="250 2.0.0 ok 550 5.1.1 User unknown"',
    ],
)
def test_what_a_log_calls_sent_suppresses_nobody(text: str) -> None:
    assert not classify(text).suppress
