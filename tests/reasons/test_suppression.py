"""Replies that never suppress a recipient: about others, names, temporary ones."""

from __future__ import annotations

import smtplib

import pytest

from smtpreply import Reason, classify, classify_all, from_exception, parse
from smtpreply.catalog import LANGUAGES
from smtpreply.reasons import Actor, Outcome, Rule, advice_for, default_classifier
from smtpreply.reasons.doubts import leaves_doubt
from smtpreply.stage import Stage

DEAD = ("550 5.1.1 User unknown", "550 No such user", "550 5.2.1 Mailbox disabled", "550 5.1.1")
BEFORE_RECIPIENT = (Stage.CONNECT, Stage.EHLO, Stage.STARTTLS, Stage.AUTH, Stage.MAIL)


@pytest.mark.parametrize("stage", BEFORE_RECIPIENT)
@pytest.mark.parametrize("text", DEAD)
def test_what_is_answered_before_a_recipient_is_named_suppresses_nobody(
    text: str, stage: Stage
) -> None:
    verdict = classify(text, stage=stage)
    assert not verdict.suppress
    assert (verdict.reason is Reason.SENDER_REJECTED) == (stage is Stage.MAIL)
    assert classify(text, stage="RCPT").suppress


@pytest.mark.parametrize(
    "text",
    [
        "550 5.1.1 <ann@example.org>: User unknown (in reply to MAIL FROM command)",
        "SMTP error from remote mail server after MAIL FROM:<ann@example.org>: 550 No such user",
        "550 5.1.7 <ann@example.org>: User unknown",
        "550 5.1.8 <ann@example.org>: Domain not found",
    ],
)
def test_the_address_of_the_sender_is_no_recipient(text: str) -> None:
    verdict = classify(text)
    assert verdict.reason is Reason.SENDER_REJECTED
    assert verdict.findings[0].reason is Reason.SENDER_REJECTED
    assert not verdict.suppress


@pytest.mark.parametrize("code", [525, 530, 534, 535, 538])
@pytest.mark.parametrize(
    "words", ["User not found", "5.7.13 User Account Disabled", "No such user"]
)
def test_an_answer_about_the_login_is_about_no_recipient(code: int, words: str) -> None:
    error = smtplib.SMTPResponseException(code, words.encode())
    for verdict in (classify(f"{code} {words}"), from_exception(error)):
        assert verdict.reason is Reason.CREDENTIALS
        assert verdict.findings[0].reason is Reason.CREDENTIALS
        assert not verdict.suppress


@pytest.mark.parametrize("text", ["550 5.7.13 User Account Disabled", "5.7.13 Mailbox disabled"])
def test_a_status_about_the_login_is_about_no_recipient(text: str) -> None:
    for verdict in (classify(text), classify("550 Account disabled", status="5.7.13")):
        assert verdict.reason is Reason.CREDENTIALS
        assert not verdict.suppress


def test_a_refused_sender_of_smtplib_is_no_recipient() -> None:
    error = smtplib.SMTPSenderRefused(550, b"5.1.1 User unknown", "ann@example.org")
    assert from_exception(error).reason is Reason.SENDER_REJECTED
    assert not from_exception(error).suppress


@pytest.mark.parametrize(
    "text",
    [
        "550 5.7.1 Rejected, see https://example.com/help/user-unknown",
        "554 5.7.1 Client host no-such-user.example.com[192.0.2.7] rejected",
        "554 5.7.1 Rejected by rbl user.unknown.example.net",
        "550 Rejected helo=<no-such-user.example>",
        "550 www.mailbox-disabled.example",
    ],
)
def test_words_in_a_host_name_or_a_url_are_not_read(text: str) -> None:
    verdict = classify(text)
    assert verdict.rule not in ("user-unknown", "no-such-user", "account-disabled")
    assert not verdict.suppress


def test_words_beside_a_url_are_read() -> None:
    verdict = classify("550 https://example.com/user-unknown User unknown")
    assert verdict.suppress
    assert verdict.evidence is not None
    assert verdict.evidence.words == "User unknown"


@pytest.mark.parametrize("status", ["", "5.1.1 ", "5.7.1 "])
@pytest.mark.parametrize(
    "words",
    [
        "Too many unknown recipients",
        "too many nonexistent users",
        "Number of unknown recipients exceeded",
        "Dictionary attack: too many user unknown",
        "user unknown rate exceeded",
    ],
)
def test_unknown_recipients_that_are_counted_tell_of_the_client(words: str, status: str) -> None:
    verdict = classify(f"550 {status}{words}")
    assert verdict.reason in (Reason.POOR_REPUTATION, Reason.RATE_LIMITED)
    assert not verdict.suppress


@pytest.mark.parametrize("dead", DEAD[:3])
@pytest.mark.parametrize(
    "words",
    [
        "temporarily",
        "try later",
        "try again later",
        "please retry in 10 minutes",
        "temporarily deferred",
        "vorübergehend",
        "временно",
        "暂时",
    ],
)
def test_what_calls_itself_temporary_suppresses_nobody(dead: str, words: str) -> None:
    verdict = classify(f"{dead}, {words}")
    assert not verdict.suppress
    assert verdict.bounce_type != "hard"


@pytest.mark.parametrize("dead", ["User unknown", "Mailbox disabled"])
def test_lines_that_disagree_suppress_nobody(dead: str) -> None:
    assert not classify(f"550-5.1.1 {dead}\r\n550 5.7.1 Rejected").suppress
    assert not classify(f"550 5.1.1 {dead} (#5.7.1)").suppress
    assert not classify(f"550 5.1.1 {dead} in 192.0.2.1 DNSBL").suppress
    assert classify("550-5.1.1 User unknown\r\n550 5.1.1 Ask the postmaster").suppress


def test_an_unknown_domain_of_a_recipient_is_no_unknown_user() -> None:
    assert classify("550 5.1.1 unknown recipient domain").reason is Reason.UNKNOWN_DOMAIN


def test_a_host_name_among_the_words_leaves_them_as_they_are() -> None:
    assert classify("554 This user doesn't have a example.com account").suppress


@pytest.mark.parametrize(
    "text",
    [
        "550 5.5.4 Invalid domain name",
        "550 5.2.2 No such user",
        "554 5.4.6 User unknown after too many hops",
    ],
)
def test_a_status_that_is_no_fault_of_the_address_suppresses_nobody(text: str) -> None:
    assert not classify(text).suppress


@pytest.mark.parametrize(
    "text",
    [
        # Exchange Online's for unknown recipients.
        "550 5.4.1 Recipient address rejected: Access denied",
        # A mailbox that has moved without a new address.
        "550 5.1.6 Mailbox no longer exists",
        # The second reply is the effect of the first.
        "550 5.1.1 No such user 503 5.5.1 RCPT first 550 5.1.1 No such user",
        # "or" is a part of the name.
        "host mx.example.or.jp[192.0.2.1] said: 550 <bob@example.or.jp>: User unknown",
        # The name stands between the words that decide.
        "554 This user doesn't have a example.com account (bob@example.com)",
    ],
)
def test_what_is_certain_suppresses(text: str) -> None:
    assert classify(text).suppress


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("SMTPSenderRefused: (550, b'5.1.0 Address rejected', 'ann@example.org')", "MAIL"),
        ("smtplib.SMTPHeloError: (550, b'User unknown')", "EHLO"),
        ("SMTPDataError: (550, b'Rejected')", "end of data"),
    ],
)
def test_the_exceptions_of_smtplib_name_the_stage(text: str, stage: str) -> None:
    assert classify(text).stage is Stage(stage)
    assert not classify(text).suppress


@pytest.mark.parametrize("stage", [None, Stage.END_OF_DATA, Stage.RCPT])
@pytest.mark.parametrize(
    "text",
    [
        "250 2.0.0 from MTA(smtp:[192.0.2.1]:10025): 550 5.1.1 User unknown",
        "250 OK id=1vPq2a-00000001abc (550 5.1.1 No such user)",
        "  250-Ok, the filter was told: 550 5.1.1 No such user\r\n250 queued",
        "354 Go ahead; host mx.example.org said: 550 5.2.1 Mailbox disabled",
    ],
)
def test_a_refusal_in_the_line_of_a_positive_reply_suppresses_nobody(
    text: str, stage: Stage | None
) -> None:
    verdict = classify(text, stage=stage)
    assert not verdict.suppress
    assert verdict.bounce_type != "hard"


def test_a_refusal_in_a_line_after_a_positive_reply_suppresses() -> None:
    assert classify("250 2.1.0 Sender ok\r\n550 5.1.1 User unknown").suppress


PROBE = "550 5.1.1 <bob@example.org>: Recipient address rejected: "


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("undeliverable address: mail for example.org loops back to myself", Reason.ROUTING_LOOP),
        ("undeliverable address: unable to look up host mx.example.org", Reason.UNKNOWN_DOMAIN),
        (
            "undeliverable address: TLS is required, but was not offered by host mx.example.org",
            Reason.TLS,
        ),
        ("undeliverable address: Command died with status 1: /bin/sort", Reason.SYSTEM_ERROR),
        (
            "undeliverable address: maildir delivery failed: Disk quota exceeded",
            Reason.MAILBOX_FULL,
        ),
        ("undeliverable address: unknown mail transport error", Reason.SYSTEM_ERROR),
        (
            "unverified address: connect to mx.example.org[192.0.2.1]:25: Connection timed out",
            Reason.NETWORK_ERROR,
        ),
        ("unverified address: Address verification in progress", Reason.GREYLISTED),
        ("Address verification in progress", Reason.GREYLISTED),
        ("unverified address: host mx said: 550 5.1.1 User unknown", Reason.UNKNOWN_RECIPIENT),
        # Nothing is known but that a probe of it failed.
        ("undeliverable address: frobnicated", Reason.UNKNOWN_RECIPIENT),
        ("undeliverable address: 550 requested action not taken", Reason.UNKNOWN_RECIPIENT),
    ],
)
def test_the_trouble_of_a_probe_is_not_the_address(words: str, reason: Reason) -> None:
    for verdict in (classify(PROBE + words), classify(parse(PROBE + words))):
        assert verdict.reason is reason
        assert not verdict.suppress


@pytest.mark.parametrize(
    "words",
    [
        "host mx.example.org[192.0.2.1] said: 550 5.1.1 User unknown (in reply to RCPT TO command)",
        'unknown user: "bob"',
    ],
)
def test_a_probe_that_finds_no_such_user_suppresses(words: str) -> None:
    text = f"{PROBE}undeliverable address: {words}"
    for verdict in (classify(text), classify(parse(text))):
        assert verdict.suppress
        assert verdict.evidence is not None
        assert verdict.evidence.span[0] > text.index("undeliverable address: ")


@pytest.mark.parametrize("reply", ["450 4.1.1 User unknown", "550 Sorry", "452 4.2.1 Disabled"])
def test_the_next_step_does_not_remove_an_address_that_is_kept(reply: str) -> None:
    verdict = classify(reply)
    assert verdict.advice.suppress
    assert not verdict.suppress
    for language in LANGUAGES:
        assert verdict.action_in(language) != verdict.advice_in(language).action
    assert verdict.to_dict()["action"] == verdict.action_in("en")


def test_a_message_that_was_given_up_while_it_had_to_wait_is_sent_again_by_somebody() -> None:
    waits = classify("450 4.2.0 Greylisted", outcome=Outcome.DEFERRED)
    given_up = classify("450 4.2.0 Greylisted", outcome=Outcome.EXPIRED)
    assert (waits.actor, given_up.actor) == (Actor.NOBODY, Actor.POSTMASTER)
    assert waits.action_in("en") == waits.advice.action
    for language in LANGUAGES:
        assert given_up.action_in(language) != given_up.advice_in(language).action
    assert given_up.to_dict()["actor"] == "postmaster"


def test_the_next_step_removes_an_address_that_is_dead() -> None:
    verdict = classify("550 5.1.1 User unknown")
    assert verdict.suppress
    assert verdict.action_in("en") == verdict.advice.action


@pytest.mark.parametrize(
    "text",
    [
        "550 No such user ann@example.org (sender)",
        "550 Envelope sender: no such user here",
        "550 Unknown user (originator)",
        "550 return address does not exist",
        "550 Sender <ann@example.org> no such user",
        "550 5.1.1 Reply-To address does not exist",
        "550 Absender: Benutzer unbekannt",
        "550 Пользователь отправителя не существует",
        # Exim, of a sender that it verified by a callout.
        "550-Verification failed for <ann@example.org>\r\n550 No such user",
        "550-5.1.1 Verification failed for <ann@example.org>\r\n550 5.1.1 No such user",
        "550 Verification failed for <ann@example.org>",
        "550 Previous (cached) callout verification failure",
    ],
)
def test_words_about_the_sender_are_about_no_recipient(text: str) -> None:
    for verdict in (classify(text), classify(parse(text))):
        assert verdict.reason is Reason.SENDER_REJECTED
        assert verdict.findings[0].reason is Reason.SENDER_REJECTED
        assert not verdict.suppress


def test_words_about_sender_and_recipient_leave_it_open() -> None:
    assert not classify("550 Unknown user. The sender or the recipient does not exist").suppress


@pytest.mark.parametrize(
    "text",
    [
        # The account of who sends.
        "550 your account has been suspended, contact support",
        "550 5.1.1 Your account does not exist. Please log in",
        "550 5.4.4 Host not found for HELO name",
        # Denied, or one of two causes.
        "550 This is not a 'user unknown' error",
        "550 5.1.1 User unknown; rejected due to high spam score",
        "550 5.7.1 <bob@example.org>... Relaying denied. User unknown",
        "550 5.4.4 Unable to route: host not found (your DNS resolver is down)",
        "550 5.1.1 LDAP lookup failed: User unknown",
        "550 user lookup failed",
        # Temporary.
        "550 5.1.1 Please retry",
        "550 5.2.1 Mailbox inactive until 2030-12-01",
        # The status alone, beside words that speak of something else.
        "550 5.1.1 Message blocked",
        "550 5.1.1 Access denied",
        "550 5.1.1 Content rejected",
        "550 5.1.1 Service unavailable",
        "550 5.1.1 No STARTTLS",
        "550 5.1.1 Unauthenticated",
    ],
)
def test_words_that_name_another_cause_suppress_nobody(text: str) -> None:
    for verdict in (classify(text), classify(parse(text))):
        assert not verdict.suppress


@pytest.mark.parametrize(
    "text",
    [
        "550 5.1.1 <sender@spam.example.org>: User unknown",
        "550 5.1.1 <helo.policy@example.org>: User unknown; from=<a@example.com> helo=<mx>",
        "host sender.example.org[192.0.2.1] said: 550 5.1.1 No such user",
        "550 5.1.1 User unknown in relay recipient table",
        "550 5.1.2 bob@example.org... Host unknown (Name server: .: host not found)",
        "250-AUTH PLAIN\n250 HELP\n250 2.1.0 Sender ok\n550 5.1.1 User unknown",
        "550 5.1.1 <bob@example.org>",
        "550 5.1.1 bob is not a known user",
    ],
)
def test_names_and_earlier_replies_are_no_other_cause(text: str) -> None:
    assert classify(text).suppress


@pytest.mark.parametrize("dead", ["550 Mailbox disabled", "550 5.1.1 User unknown"])
@pytest.mark.parametrize(
    "words",
    [
        "Sending account suspended",
        "disabled for outbound mail",
        "you cannot send",
        "you are sending from it",
        "the account that sent this",
        "Das sendende Konto",
        "Ihr Postfach",
        "La cuenta que envía",
        "Votre compte",
        "Uw account",
        "Twoje konto",
        "Ваш аккаунт",
        "您的邮箱",
        "お客様のアカウント",
        "귀하의 계정",
        "SMTP user",
    ],
)
def test_words_about_our_own_account_suppress_nobody(words: str, dead: str) -> None:
    for text in (f"{dead}: {words}", f"{dead} ({words})"):
        for verdict in (classify(text), classify(parse(text))):
            assert not verdict.suppress


@pytest.mark.parametrize(
    "text",
    [
        "550 Your network was blocked for sending to unknown users",
        "550 You sent messages to nonexistent addresses",
        "550 Refused after a large number of unknown recipients",
        "550 Your IP writes to mailboxes that do not exist",
        "550 5.7.1 Excessive invalid recipients",
        "550 5.1.1 Repeated delivery to nonexistent accounts",
    ],
)
def test_many_unknown_recipients_suppress_none(text: str) -> None:
    assert not classify(text).suppress


@pytest.mark.parametrize(
    "words",
    [
        "Host not found, try again",
        "Name service error for name=example.org type=MX: Host not found, try again",
        "Domain not found (SERVFAIL)",
        "Host or domain name not found: SERVFAIL",
    ],
)
@pytest.mark.parametrize("status", ["5.1.2", "5.4.4"])
def test_a_resolver_that_fails_says_nothing_of_a_domain(status: str, words: str) -> None:
    verdict = classify(f"550 {status} {words}")
    assert verdict.reason is Reason.NETWORK_ERROR
    assert not verdict.suppress


@pytest.mark.parametrize(
    "words",
    [
        "",
        "Mailbox under maintenance",
        "Account not yet activated",
        "User is out of office",
        "Mailbox locked by another session",
        "Account suspended: payment overdue",
        "frobnicated",
    ],
)
def test_a_mailbox_that_may_come_back_is_kept(words: str) -> None:
    assert not classify(f"550 5.2.1 {words}".rstrip()).suppress


@pytest.mark.parametrize("words", ["Mailbox disabled", "bob@example.org deactivated", "Inactive"])
def test_a_mailbox_that_is_disabled_for_good_suppresses(words: str) -> None:
    assert classify(f"550 5.2.1 {words}").suppress


@pytest.mark.parametrize(
    "words",
    [
        *("No space left on device", "quota", "full", "busy", "loop", "spammer", "unsubscribed"),
        *("procmail error", "could not forward", "cannot verify recipient right now"),
        *("backend unreachable", "mailbox is being migrated"),
        *("voll", "gesperrt", "plein", "bloqué", "lleno", "bloccato", "cheio", "geblokkeerd"),
        *("pełna", "zablokowano", "переполнен", "заблокировано", "拒收", "已满", "拒否", "차단"),
        *("daha sonra deneyin", "engellendi", "zkuste později", "blokováno", "próbálja később"),
        *("försök igen senare", "blockerad", "prøv igen senere", "spærret", "yritä myöhemmin"),
        *("estetty", "probeer het later", "لاحقا"),
    ],
)
def test_a_status_beside_words_about_something_else_suppresses_nobody(words: str) -> None:
    text = f"550 5.1.1 {words}"
    for verdict in (classify(text), classify(parse(text))):
        assert not verdict.suppress


@pytest.mark.parametrize(
    "text",
    [
        "550 User unknown; message queued for retry",
        "550 User unknown: server overloaded",
        "550 User unknown; internal error",
        "550 User unknown due to database maintenance",
        "550 User unknown? maybe greylisted",
        "550 User unknown and SPF fail",
        "550 User unknown (rate limited)",
        "550 User unknown: virus found",
        "550 Backscatter rejected: user unknown",
        "550 Bounce of a message that we never sent: user unknown",
        "550 Recipient does not exist in our allowlist",
        "550 The list may contain a nonexistent account",
        "550 Perhaps the mailbox does not exist",
        "550 User account not activated yet",
        "550 Unable to verify that the user exists",
        "550 Recipient does not exist on this node, replication is late",
        "550 Mailbox locked by a POP3 session",
        "550 Mailbox suspended while we investigate",
        "550 User unknown: disk failure",
        "550 The mailbox may have been deleted",
        "550 Mailbox on hold for review",
        "550 Domain suspended for nonpayment",
        "550 Benutzer unbekannt: interner Fehler",
        "550 Utilisateur inconnu, serveur surchargé",
        "550 Usuario desconocido (quizás)",
        "550 Utente sconosciuto: manutenzione",
        "550 Usuário desconhecido: erro interno",
        "550 Gebruiker onbekend: onderhoud",
        "550 Nieznany użytkownik: błąd serwera",
        "550 Пользователь не найден: внутренняя ошибка",
        "550 用户不存在，系统繁忙",
        "550 ユーザーが存在しません: メンテナンス",
        "550 존재하지 않는 사용자: 서버 오류",
        "550 Kullanıcı bulunamadı: sunucu hatası",
    ],
)
def test_known_words_with_a_doubt_beside_them_suppress_nobody(text: str) -> None:
    for verdict in (classify(text), classify(parse(text))):
        assert not verdict.suppress


@pytest.mark.parametrize(
    "text",
    [
        "550 5.1.1 <overload.maintenance@example.org>: User unknown",
        "550 5.1.1 User unknown, see https://retry-maintenance.example.com/maybe",
        "550 Mailbox is retired",
        "550 Recipient not on file",
        "550 This mailbox is disabled and not accepting messages",
        "SMTP error from remote mail server after RCPT TO:<bob@example.org>: 550 5.1.1 <bob>",
        "550 5.1.1 The account you sent mail to does not exist",
        "Server error: '550 5.1.1 User unknown'",
        "What the other server said after a retry: 550 5.1.1 <bob@example.org>",
        "550 5.1.1 Delivery to the following recipients failed: user unknown",
    ],
)
def test_no_doubt_is_seen_where_there_is_none(text: str) -> None:
    assert classify(text).suppress


def _is_of_dead_address(rule: Rule) -> bool:
    return advice_for(rule.reason).suppress and not rule.vague


# All but one, whose example does not say why a look-up failed.
@pytest.mark.parametrize(
    "rule",
    [
        rule
        for rule in default_classifier().rules
        if _is_of_dead_address(rule) and rule.id != "domain-lookup-failed"
    ],
    ids=lambda rule: rule.id,
)
def test_no_words_of_doubt_are_in_what_servers_say_of_dead_addresses(rule: Rule) -> None:
    assert not any(leaves_doubt(text, explained=True) for text in rule.catches)


@pytest.mark.parametrize(
    "text",
    [
        "550 5.7.1 Callback verification of <news@example.com> failed: 550 User unknown",
        "550 Callout verification failed: 550 5.1.1 User unknown",
        "550 5.1.1 recipient unknown or not authorized",
        "550 5.1.1 mailbox unknown or access denied",
        "550 5.1.1 User unknown or unavailable",
        "550 5.1.1 User does not exist in your tenant's contact list",
    ],
)
def test_words_that_leave_open_whose_fault_it_is_suppress_nobody(text: str) -> None:
    assert not classify(text, stage="RCPT").suppress


BEGINNING = ("S: 220 mx ESMTP", "C: EHLO x", "S: 250 mx", "C: MAIL FROM:<s@x.y>", "S: 250 ok")


def session(*lines: str) -> str:
    return "\n".join([*BEGINNING, *lines, "C: QUIT", "S: 221 bye"])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("5.1.1 <a@b.c>: user unknown", True),
        ("5.1.1 user unknown", True),
        ("5.1.2 domain b.c not found", True),
        ("5.1.1 <other@y.z>: user unknown", False),
        ("5.1.1 user unknown: other@y.z", False),
        ("5.1.2 host other.example not found", False),
        ("5.1.2 other.example: host not found", False),
        ("5.1.2 domain other.example not found", False),
    ],
)
def test_a_reply_that_names_another_address_or_host_suppresses_nobody(
    words: str, expected: bool
) -> None:
    refused = {"a@b.c": (550, words.encode())}
    error = smtplib.SMTPRecipientsRefused(refused)
    text = session("C: RCPT TO:<a@b.c>", f"S: 550 {words}")
    for given in (error, refused, str(error), text):
        [(whom, verdict)] = classify_all(given).items()
        assert (whom, verdict.suppress) == ("a@b.c", expected)
    assert [classify(given).suppress for given in (error, refused, text)] == 3 * [expected]
    assert classify({"Bob <a@b.c>": (550, words)}).suppress is expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("5.1.1 no such user", set()),
        ("5.1.1 <x@y.z>: no such user", {"x@y.z"}),
        ("5.1.1 <other@y.z>: no such user", set()),
    ],
)
@pytest.mark.parametrize("reply", ["S: 354 go\nC: .\nS: 550 {}", "S: 550 {}"])
def test_one_reply_to_the_data_of_several_suppresses_whom_it_names(
    reply: str, words: str, expected: set[str]
) -> None:
    rcpt = [line for whom in ("a@b.c", "x@y.z") for line in (f"C: RCPT TO:<{whom}>", "S: 250 ok")]
    text = session(*rcpt, "C: DATA", *reply.format(words).split("\n"))
    verdicts = classify_all(text)
    assert verdicts.keys() == {"a@b.c", "x@y.z"}
    assert {whom for whom, verdict in verdicts.items() if verdict.suppress} == expected
    assert not classify(text).suppress
    alone = session(*rcpt[:2], "C: DATA", *reply.format("5.1.1 no such user").split("\n"))
    assert classify(alone).suppress


@pytest.mark.parametrize(
    "mark", [r"\n", r"\r\n", "#012", "#015#012", "=0A", "=0D=0A", "<CRLF>", "^M", r"\\n", "%0D%0A"]
)
@pytest.mark.parametrize(
    "text",
    [
        "550 5.1.1 user unknown{}or mailbox full",
        "550 5.1.1 no such user{}temporarily unavailable",
        "delivered to mailbox{}Connection closed",
    ],
)
def test_a_line_end_as_a_mark_undoes_no_doubt(text: str, mark: str) -> None:
    given = text.format(mark)
    assert not classify(text.format("\n")).suppress
    assert not classify(given).suppress
    assert classify(given).text == given
    if given[0] == "5":
        assert not classify(parse(given)).suppress


@pytest.mark.parametrize(
    "text", [r"550 5.1.1 No such mailbox: C:\new\mail", r"550 5.1.1 no such user\nsorry"]
)
def test_marks_of_line_ends_alone_are_no_doubt(text: str) -> None:
    for given in (text, parse(text)):
        assert classify(given).suppress


@pytest.mark.parametrize(
    "lines",
    [
        ("550-5.1.1 no such user", "250 2.1.5 ok"),
        ("250-foo", "550 5.1.1 no such user"),
        ("354-foo", "550 5.1.1 no such user"),
        ("550-5.1.1 no such user", "450 4.2.0 later"),
        ("550-5.1.1 no such user", "550-sorry", "250 ok"),
    ],
)
@pytest.mark.parametrize("around", ["{}", "host mx.example.org said: {}", "S: x\n{}"])
def test_lines_of_different_classes_suppress_nobody(around: str, lines: tuple[str, ...]) -> None:
    for end in ("\n", "\r\n"):
        text = end.join([*lines, ""])
        assert not classify(around.format(text)).suppress
        assert not classify(parse(text)).suppress
    assert classify(around.format("550-5.1.1 no such user\n550 sorry")).suppress


@pytest.mark.parametrize("command", ["HELO x", "EHLO mail.example.com", "LHLO x", "AUTH PLAIN"])
@pytest.mark.parametrize("form", ["{}\n{}\n", "C: {}\nS: {}", "{}\r\n{}\r\n"])
def test_an_answer_to_a_command_before_a_recipient_suppresses_nobody(
    form: str, command: str
) -> None:
    reply = "550 5.1.1 no such user"
    assert not classify(form.format(command, reply)).suppress
    assert classify(form.format("RCPT TO:<bob@example.org>", reply)).suppress


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24 11:43:32 1sQpLm-00000002Rfh-3kYd == bob@example.org R=dnslookup T=smtp "
        "defer (-44) H=mx [192.0.2.1]: SMTP error from remote mail server after RCPT "
        "TO:<bob@example.org>: 550 5.1.1 no such user",
        "status=deferred (mailbox closed)",
        "stat=Deferred: 550 5.1.1 no such user",
    ],
)
def test_what_a_log_says_is_deferred_suppresses_nobody(text: str) -> None:
    assert not any(verdict.suppress for verdict in classify_all(text).values())
