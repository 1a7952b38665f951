"""Verdicts."""

from __future__ import annotations

import copy
import pickle
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply import (
    Classifier,
    Disposition,
    EnhancedStatus,
    Reason,
    Reply,
    Stage,
    classify,
    parse,
    template,
)
from smtpreply.catalog.text import LANGUAGES, UnknownLanguageError
from smtpreply.reasons import Actor, Basis, advice_for, builtin_rules, default_classifier
from smtpreply.reasons.rule import rules_of
from smtpreply.testing import replies

ANY_TEXT = st.text(st.characters(codec=None), max_size=300)


@pytest.mark.parametrize(
    ("text", "reason", "basis"),
    [
        ("550 5.1.1 <bob@example.com>... User unknown", "unknown_recipient", Basis.WORDS),
        ("550 5.1.1 <bob@example.com>", "unknown_recipient", Basis.STATUS),
        ("550 5.7.1 no", "policy", Basis.STATUS),
        ("503", "protocol_error", Basis.CODE),
        ("User unknown", "unknown_recipient", Basis.WORDS),
        ("Connection timed out", "network_error", Basis.WORDS),
        ("550 5.1.1 <bob@example.com> too many recipients this hour", "rate_limited", Basis.WORDS),
        ("554 5.7.1 Access denied", "policy", Basis.HINT),
        ("599 frobnicated", "unknown", Basis.NOTHING),
        ("250 2.0.0 Ok: queued as 4Xyz", "accepted", Basis.CLASS),
        ("354 go ahead", "accepted", Basis.CLASS),
        ("host mx.example.com[192.0.2.1] said: 250 Ok", "accepted", Basis.CLASS),
        ("", "unknown", Basis.NOTHING),
    ],
)
def test_reason_and_what_decided(text: str, reason: str, basis: Basis) -> None:
    verdict = classify(text)
    assert (verdict.reason.value, verdict.basis) == (reason, basis)


def test_a_reply_and_its_text_get_the_same_reason() -> None:
    text = "550-5.1.1 The account that you tried to reach does\r\n550 5.1.1 not exist"
    reply = parse(text)
    assert classify(reply).reason is classify(text).reason is Reason.UNKNOWN_RECIPIENT
    assert classify(text.encode()).reason is Reason.UNKNOWN_RECIPIENT


def test_evidence_is_the_words_where_they_stand() -> None:
    verdict = classify(
        "host x[192.0.2.1] said: 550-5.1.1 No such\n550 5.1.1 user (in reply to RCPT TO command)"
    )
    evidence = verdict.evidence
    assert evidence is not None
    assert [verdict.text[start:end] for start, end in evidence.spans] == ["No such", "user"]
    assert evidence.words == "No such user"
    assert evidence.span == (evidence.spans[0][0], evidence.spans[1][1])
    gapped = classify("550 mailbox of bob is at the moment full").evidence
    assert gapped is not None
    assert gapped.words == "mailbox of bob is at the moment full"
    assert len(gapped.spans) == 2


def test_evidence_in_what_stands_around_a_reply() -> None:
    evidence = classify("The mailbox is full: 552 bye").evidence
    assert evidence is not None
    assert evidence.words == "mailbox is full"


@pytest.mark.parametrize(
    ("text", "suppress"),
    [
        ("550 5.1.1 User unknown", True),
        ("550 5.1.1 <bob@example.com>", True),
        ("User unknown", True),
        ("450 4.1.1 User unknown", False),  # a 4yz says nothing final
        ("550", False),  # a bare code never does
        ("550 Requested action not taken: mailbox unavailable", False),  # vague
        ("552 5.2.2 Mailbox full", False),
        ("554 5.7.1 Relay access denied", False),
        ("550 5.1.1 <bob@example.com> too many recipients this hour", False),
    ],
)
def test_when_an_address_is_suppressed(text: str, suppress: bool) -> None:
    assert classify(text).suppress is suppress


@pytest.mark.parametrize("code", range(400, 600))
def test_a_bare_code_never_suppresses(code: int) -> None:
    assert not classify(Reply(code)).suppress
    assert not classify(str(code)).suppress


@pytest.mark.parametrize(
    ("text", "disposition"),
    [
        ("250 Ok", Disposition.DELIVERED),
        ("450 4.2.0 Greylisted", Disposition.RETRY),
        ("550 5.7.1 Greylisted, try again", Disposition.RETRY),
        ("421 4.7.0 Too much mail, slow down", Disposition.RETRY_SLOWER),
        ("550 User unknown", Disposition.STOP),
        ("450 User unknown", Disposition.RETRY),
        ("Connection refused", Disposition.RETRY),
    ],
)
def test_dispositions(text: str, disposition: Disposition) -> None:
    assert classify(text).disposition is disposition


def test_a_verdict_says_when_words_and_codes_disagree_and_what_came_second() -> None:
    verdict = classify("550 5.1.1 <bob@example.com> too many recipients this hour")
    assert verdict.conflicts
    assert verdict.runner_up is not None
    assert verdict.runner_up.reason is Reason.UNKNOWN_RECIPIENT
    assert not classify("550 5.1.1 User unknown").conflicts
    assert classify("450 4.1.1 User unknown").conflicts
    assert classify("550 Greylisted").conflicts
    assert not classify("250 Ok").conflicts
    assert classify("250 Ok").runner_up is None


def test_the_stage_bounds_rules() -> None:
    assert classify("550 Access denied", stage="connect").reason is Reason.IP_BLOCKED
    assert classify("550 Access denied", stage=Stage.MAIL).reason is Reason.SENDER_REJECTED
    assert classify("550 Access denied").reason is Reason.POLICY
    with pytest.raises(ValueError, match="lunch"):
        classify("550 x", stage="lunch")
    assert classify("550 Access denied", stage="CONNECT").stage is Stage.CONNECT
    assert Stage("End Of Data") is Stage("END OF DATA") is Stage.END_OF_DATA


def test_what_a_caller_knows_is_checked() -> None:
    with pytest.raises(ValueError, match="lost"):
        classify("550 x", outcome="lost")
    with pytest.raises(ValueError, match=r"5\.x"):
        classify("550 x", status="5.x")
    assert classify("450 x", status=EnhancedStatus(4, 2, 2)).reason is Reason.MAILBOX_FULL
    assert classify("550 5.2.2 x", status="5.1.1").reason is Reason.MAILBOX_FULL


def test_what_the_text_tells_besides() -> None:
    verdict = classify(
        "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; "
        "see https://www.spamhaus.org/query/ip/192.0.2.1 or ask <postmaster@example.com> at "
        "mx.example.com, and try again in 2 hours"
    )
    assert verdict.reason is Reason.IP_BLOCKED
    assert verdict.blocklist is not None
    assert (verdict.blocklist.blocklist.name, verdict.blocklist.item) == (
        "Spamhaus ZEN",
        "192.0.2.1",
    )
    assert "192.0.2.1" in verdict.blocklist.url
    assert verdict.urls == ("https://www.spamhaus.org/query/ip/192.0.2.1",)
    assert verdict.addresses == ("postmaster@example.com",)
    assert verdict.ips == ("192.0.2.1",)
    assert verdict.hostnames == ("zen.spamhaus.org", "mx.example.com")
    assert verdict.retry_after == timedelta(hours=2)
    assert verdict.status is not None
    assert (verdict.code, str(verdict.status), verdict.stage) == (554, "5.7.1", None)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred", "yahoo"),
        ("550 5.7.1 part of their network is on our block list (S3140)", "outlook-com"),
        ("550 5.1.1 no such user a1b2c3d4e5-gsmtp", "gmail"),
        (
            "550 5.4.1 Access denied. [AM7EUR06FT049.eop-eur06.prod.protection.outlook.com]",
            "exchange-online",
        ),
        ("host mx.yandex.ru said: 550 no", "yandex"),
        ("550 who knows", None),
    ],
)
def test_providers(text: str, key: str | None) -> None:
    provider = classify(text).provider
    assert (provider and provider.key) == key


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_advice_in_every_language(reason: Reason, language: str) -> None:
    advice = advice_for(reason, language)
    assert advice.title
    assert advice.means
    assert advice.action
    assert advice.actor in Actor
    assert {advice.title.language, advice.means.language, advice.action.language} == {language}


def test_advice_in_a_language_that_is_not_there() -> None:
    with pytest.raises(UnknownLanguageError, match="'tlh'"):
        classify("550 User unknown").advice_in("tlh")


def test_a_verdict_is_a_value() -> None:
    one, other = classify("550 User unknown"), classify("550 User unknown")
    assert one == other
    assert hash(one) == hash(other)
    assert one != classify("552 Mailbox full")
    assert repr(one) == "Verdict('unknown_recipient', 'stop', basis='words', rule='user-unknown')"


def test_a_verdict_as_json() -> None:
    data = classify("450 4.2.0 Greylisted for 300 seconds").to_dict("de")
    assert data["reason"] == "greylisted"
    assert data["retry_after"] == 300
    assert data["disposition"] == "retry"
    assert data["evidence"]["words"] == "Greylisted"


@given(ANY_TEXT | st.binary(max_size=300))
def test_any_text_gets_a_verdict(text: str | bytes) -> None:
    """Whatever comes in, a verdict with all its parts comes out."""
    verdict = classify(text)
    data = verdict.to_dict()
    assert data["reason"] in set(Reason)
    assert template(verdict.text) is not None


@given(replies())
def test_a_positive_reply_is_accepted_and_no_other(reply: Reply) -> None:
    """Class 2 and 3, and they alone, are accepted."""
    assert (classify(reply).reason is Reason.ACCEPTED) == (reply.code < 400)


NEGATIVE = st.builds(
    "{} {}".format,
    st.sampled_from(["450", "550 5.1.1", "554 5.7.1", "451 4.7.1", ""]),
    st.lists(
        st.sampled_from(
            [text for rule in builtin_rules()[:80] for text in rule.catches]
            + ["x", "4f2a3b", "<bob@example.com>", "mx7.example.net"]
        ),
        max_size=3,
    ).map(" ".join),
)


@given(NEGATIVE)
def test_the_cache_changes_nothing(text: str) -> None:
    """With and without the cache, and asked twice, the verdict is the same."""
    plain = PLAIN.classify(text)
    for _ in range(2):
        cached = default_classifier().classify(text)
        assert (cached.reason, cached.basis, cached.rule) == (plain.reason, plain.basis, plain.rule)


@pytest.mark.parametrize(
    ("words", "text", "is_found"),
    [
        ("blorf zz*", "550 blorf zzz", True),
        ("blorf z*", "550 blorf zebra7", True),
        ("blorf zeb* zebra*", "550 blorf zebra9 zebras", True),
        ("blorf zebra*", "550 blorf zebr zebr", False),
        ("blorf zeb*", "550 blorf xzeb", False),
        ("blorf ~ zeb* quux", "550 blorf zebu y quux", False),
    ],
)
def test_stems_of_any_length_are_found_with_a_cache(words: str, text: str, is_found: bool) -> None:
    own = rules_of({"own": {"reason": "policy", "words": [words]}}, "own.toml")
    for size in (0, 64):
        found = Classifier([*own, *builtin_rules(1)], cache_size=size).classify(text)
        assert (found.rule == "own") == is_found


PLAIN = Classifier(builtin_rules(), cache_size=0)


@given(NEGATIVE)
def test_the_order_of_rules_has_no_say(text: str) -> None:
    """The more specific rule decides, wherever it stands."""
    assert SHUFFLED.classify(text).rule == PLAIN.classify(text).rule


SHUFFLED = Classifier(reversed(builtin_rules()), cache_size=0)


def test_threads_share_a_classifier() -> None:
    texts = [text for rule in builtin_rules() for text in rule.catches][:400]
    expected = [PLAIN.classify(text).rule for text in texts]
    classifier = Classifier(builtin_rules(), cache_size=64)
    found: list[list[str | None]] = []

    def work() -> None:
        found.append([classifier.classify(text).rule for text in texts])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


def test_a_positive_reply_never_asks_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(default_classifier().engine, "decide", fail)
    assert classify(Reply(250, ["User unknown"])).reason is Reason.ACCEPTED


def test_bounds_of_a_rule(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        """
        [a]
        reason = "virus"
        words = ["frob"]
        class = 5
        [b]
        reason = "tls"
        words = ["frob"]
        code = [451]
        [c]
        reason = "policy"
        words = ["frob"]
        status = ["X.7.*"]
        with = ["kindly"]
        [d]
        reason = "credentials"
        words = ["frob"]
        provider = "gmail"
        [e]
        reason = "expired"
        words = ["frob"]
        stage = ["DATA"]
        unless = ["never"]
        [f]
        reason = "greylisted"
        words = ["frob"]
        pattern = 'FROB-[0-9]{3}'
        """
    )
    classifier = Classifier.from_files(path, builtin="none")

    def rule(text: str, stage: str | None = None) -> str | None:
        return classifier.classify(text, stage=stage).rule

    assert rule("550 frob") == "a"
    assert rule("451 frob") == "b"
    assert rule("450 4.7.5 frob, kindly") == "c"
    assert rule("450 4.7.5 frob") is None
    assert rule("450 frob 1a2b3c4d-gsmtp") == "d"
    assert rule("450 frob", "DATA") == "e"
    assert rule("450 never frob", "DATA") is None
    assert rule("450 FROB-123") == "f"
    assert rule("450 FROB-12") is None


def test_replies_and_verdicts_copy() -> None:
    reply = Reply(550, ["User unknown"])
    assert (
        classify(copy.deepcopy(reply)).reason is classify(pickle.loads(pickle.dumps(reply))).reason
    )
