"""Facts of the catalog that a reader of the RFCs checks first, one test a kind."""

from __future__ import annotations

import builtins
import re
import smtplib
from typing import Any

import pytest

from smtpreply.catalog import (
    CommandEntry,
    ReplyCodeEntry,
    Standing,
    State,
    codes,
    command,
    everything,
    keyword,
    lookup,
    mechanism,
    render,
    statuses,
)
from smtpreply.catalog.entries import Entry, PasswordHidden

TABLED = (Standing.STANDARD, Standing.EXTENSION)


def code(number: int) -> ReplyCodeEntry:
    entry = lookup(number)
    assert isinstance(entry, ReplyCodeEntry)
    return entry


def meaning(number: int, verb: str) -> str:
    return next(row.text for row in code(number).meanings if row.command == verb)


def references(entry: Entry) -> list[str]:
    return [reference.text for reference in entry.references]


# --- sections of RFCs ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "cited", "wrong"),
    [
        (501, "RFC 6409 5.1", "RFC 6409 4"),  # Enforce Address Syntax
        (521, "RFC 6409 7", "RFC 6409 4"),  # Table 1: MUST NOT
        (251, "RFC 6531 3.7.4.1", "RFC 6531 3.6"),
        (551, "RFC 6531 3.7.4.1", "RFC 6531 3.5"),
        (451, "RFC 6376 6.3", "RFC 6376 6.1"),  # Interpret Results
    ],
)
def test_a_section_is_the_one_that_says_it(number: int, cited: str, wrong: str) -> None:
    assert cited in references(code(number))
    assert wrong not in references(code(number))


# How many subsections each section of RFC 5321 has; some of them are not in its table of contents.
COUNTS = """1:3 2:4 2.2:3 2.3:11 3:9 3.5:4 3.6:3 3.7:5 3.9:2 4:5 4.1:5 4.1.1:11 4.2:5 4.3:2 4.5:5
    4.5.3:2 4.5.3.1:10 4.5.3.2:7 4.5.4:2 5:2 6:4 7:9 8:0 9:0 10:2 A:0 B:0 C:0 D:4 E:0 F:6"""
SUBSECTIONS = dict(part.split(":") for part in COUNTS.split())
SECTIONS = set(SUBSECTIONS) | {
    f"{section}.{n}" for section, count in SUBSECTIONS.items() for n in range(1, int(count) + 1)
}


def test_every_section_of_rfc_5321_that_is_cited_exists() -> None:
    """In the references, and in the words of the entries."""
    cited = set()
    for entry in everything():
        text = "\n".join([*references(entry), render(entry)])
        cited |= set(re.findall(r"RFC 5321,? ([0-9]+(?:\.[0-9]+)*|[A-F](?:\.[0-9])?)\b", text))
    assert len(cited) > 40
    assert cited <= SECTIONS


# RFC 5321 4.3.2, word for word; 500, 501 and 421 answer every command.
SEQUENCES = {
    "CONNECT": ([220], [554]),
    "EHLO": ([250], [504, 550, 502]),
    "HELO": ([250], [504, 550, 502]),
    "MAIL": ([250], [552, 451, 452, 550, 553, 503, 455, 555]),
    "RCPT": ([250, 251], [550, 551, 552, 553, 450, 451, 452, 503, 455, 555]),
    "DATA": ([354], [503, 554]),
    "DATA-END": ([250], [552, 554, 451, 452, 450, 550]),
    "RSET": ([250], []),
    "VRFY": ([250, 251, 252], [550, 551, 553, 502, 504]),
    "EXPN": ([250, 252], [550, 500, 502, 504]),
    "HELP": ([211, 214], [502, 504]),
    "NOOP": ([250], []),
    "QUIT": ([221], []),
}


@pytest.mark.parametrize("verb", SEQUENCES)
def test_a_command_has_the_replies_of_the_standard(verb: str) -> None:
    good, bad = SEQUENCES[verb]
    entry: Any = command(verb)
    assert set(good) <= {*entry.success, *entry.intermediate}
    assert {*bad, 421} <= set(entry.error)
    for number in (*good, *bad):
        assert verb in code(number).commands or "ANY" in code(number).commands, number


def test_official_texts_are_quoted_whole() -> None:
    """RFC 5321 4.2.2, with the parentheses."""
    texts = {number: str(code(number).official_text) for number in (251, 252, 421, 502, 551)}
    assert all("ection 3.4" in texts[number] for number in (251, 551))
    assert "Section 3.5.3" in texts[252]
    assert texts[421].endswith("if the service knows it must shut down)")


# --- flags ---------------------------------------------------------------------------------


def test_programs_read_the_text_of_the_replies_that_the_rfcs_name() -> None:
    parsed = {entry.code for entry in codes() if entry.text_parsed}
    assert {220, 221, 251, 421, 551} <= parsed  # RFC 5321 4.2
    assert parsed - {220, 221, 251, 421, 551} == {201, 250, 334, 355} & parsed
    assert 354 not in parsed


def test_several_lines_are_normal_for_help_and_ehlo_only() -> None:
    """RFC 5321 4.2: "only the EHLO, EXPN, and HELP commands are expected"."""
    assert [entry.code for entry in codes() if entry.multiline] == [211, 214, 250]


def test_a_code_of_many_commands_does_not_claim_one_effect() -> None:
    assert code(250).state is State.VARIES
    assert code(521).state is State.NONE  # RFC 7504 3: it waits for QUIT


# --- standing ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "verb", ["AUTH", "AUTH-CONTINUE", "STARTTLS", "BDAT", "BURL", "ETRN", "ATRN"]
)
def test_a_command_of_an_extension_is_not_called_part_of_the_standard(verb: str) -> None:
    assert command(verb).standing is Standing.EXTENSION


def test_only_three_keywords_name_commands_of_the_standard() -> None:
    ours = everything()
    keywords = [entry for entry in ours if type(entry).__name__ == "KeywordEntry"]
    standard = [entry.key for entry in keywords if entry.standing is Standing.STANDARD]
    assert standard == ["VRFY", "EXPN", "HELP"]


def test_lhlo_is_a_command_of_an_informational_rfc_and_no_keyword() -> None:
    assert isinstance(lookup("LHLO"), CommandEntry)
    assert lookup("LHLO").standing is Standing.INFORMATIONAL


def test_the_registry_s_group_has_its_new_name() -> None:
    assert not any(
        "mail-parameters" in text for entry in everything() for text in references(entry)
    )


# --- commands and replies agree ------------------------------------------------------------


def test_a_reply_of_the_standards_is_listed_by_the_commands_that_it_answers() -> None:
    for entry in codes():
        if entry.standing not in TABLED or entry.code == 421:
            continue
        wild = {"451 AUTH", "454 RCPT", "454 DATA-END", "530 AUTH"}
        for verb in entry.commands:
            table: Any = command(verb)
            if verb == "ANY" or table.standing not in TABLED or f"{entry.code} {verb}" in wild:
                continue
            listed = (*table.success, *table.intermediate, *table.error)
            assert entry.code in listed, (entry.code, verb)


def test_a_command_lists_no_reply_that_does_not_know_it() -> None:
    for table in everything():
        if (
            not isinstance(table, CommandEntry)
            or table.key == "ANY"
            or table.standing not in TABLED
        ):
            continue
        for number in (*table.success, *table.intermediate, *table.error):
            verbs = code(number).commands
            assert table.key in verbs or "ANY" in verbs, (table.key, number)


def test_530_answers_auth_and_503_answers_etrn_in_a_transaction() -> None:
    auth: Any = command("AUTH")
    etrn: Any = command("ETRN")
    assert 530 in auth.error  # RFC 3207 4
    assert 503 in etrn.error  # RFC 1985 5
    assert "251" in str(command("EXPN").notes)  # type: ignore[attr-defined]


# --- meanings ------------------------------------------------------------------------------


def test_burl_says_554_to_a_message_that_is_too_big() -> None:
    """RFC 4468 6: 552 5.2.2 for the mailbox, 554 5.3.4 for the size."""
    assert "5.3.4" in meaning(554, "BURL")
    assert "5.2.2" in meaning(552, "BURL")
    burl: Any = command("BURL")
    assert "5.3.4" in dict(burl.means)[552]
    assert "5.3.4" in str(keyword("BURL").use)  # type: ignore[attr-defined]


def test_a_sender_outside_ascii_is_refused_with_550_and_a_recipient_with_553() -> None:
    """RFC 6531 3.5; it sends 554 with X.6.9, and registers 550."""
    assert "5.6.7" in meaning(550, "MAIL")
    assert "550" in meaning(553, "MAIL")
    assert "550 5.6.7" in lookup("X.6.7").when  # type: ignore[attr-defined]
    assert "554" in lookup("X.6.9").description
    assert "5.6.9" in code(554).enhanced


def test_252_for_vrfy_is_what_7_3_wants() -> None:
    assert "not fully compliant" in code(252).fix.admin
    assert "не вполне" in lookup(252, language="ru").fix.admin


def test_12288_octets_are_sufficient_and_no_rule() -> None:
    assert "must work is the longest message" in lookup("X.5.6").description


def test_250_to_etrn_does_not_say_that_mail_waits() -> None:
    assert "does not say" in meaning(250, "ETRN")


def test_a_status_outside_its_registered_classes_says_so() -> None:
    assert "other classes only: 4.x.x" in render(lookup("5.2.2"))
    assert "other classes only" not in render(lookup("4.2.2"))


# --- mechanisms ----------------------------------------------------------------------------


def test_channel_binding_exists_only_inside_tls() -> None:
    mechanisms = [entry for entry in everything() if type(entry).__name__ == "MechanismEntry"]
    bound: list[Any] = [
        entry
        for entry in mechanisms
        if entry.key.endswith("-PLUS") and entry.standing is not Standing.DEPRECATED
    ]
    assert len(bound) > 5
    assert {entry.password_hidden for entry in bound} == {PasswordHidden.TLS_ONLY}
    plain: Any = mechanism("PLAIN")
    assert plain.password_hidden is PasswordHidden.NO


# --- what was missing ----------------------------------------------------------------------


@pytest.mark.parametrize("number", [353, 498, 499, 505, 585])
def test_a_code_seen_in_the_wild_is_there(number: int) -> None:
    assert code(number).standing is not Standing.UNREGISTERED


@pytest.mark.parametrize("key", ["4.7.321", "4.7.322", "4.7.323", "4.7.324", "4.7.325", "5.2.14"])
def test_a_code_of_exchange_online_is_there(key: str) -> None:
    assert key in {entry.key for entry in statuses()}


@pytest.mark.parametrize(
    "name",
    ["PLAIN-CLIENTTOKEN", "SCRAM-SHA3-512", "SCRAM-SHA3-512-PLUS", "XYMCOOKIE", "ATOKEN"],
)
def test_a_mechanism_seen_in_ehlo_replies_is_there(name: str) -> None:
    assert mechanism(name).key == name


@pytest.mark.parametrize("name", ["SCRAM-SHA-384", "GS2-DKDEEP", "EAP-AES256", "X-ORACLE"])
def test_a_mechanism_of_a_family_has_the_family_s_entry(name: str) -> None:
    assert mechanism(name).key == f"{name.partition('-')[0]}-*"
    assert lookup(name) == mechanism(name)


@pytest.mark.parametrize(("number", "status"), [(572, "5.7.2"), (515, "5.1.5"), (443, "4.4.3")])
def test_a_code_may_be_a_status_without_its_dots(number: int, status: str) -> None:
    entry = code(number)
    assert status in entry.description
    assert entry.related == (status,)
    assert not code(599).related


def test_throttling_of_amazon_ses_and_sendgrid_is_told() -> None:
    assert any("SES" in row.seen for row in code(454).wild)
    assert any("SendGrid" in row.seen for row in code(451).wild)
    assert code(403).standing is Standing.DOCUMENTED


def test_no_typical_text_was_made_up() -> None:
    """An example of a code that nobody sends is none."""
    assert not any(code(number).examples for number in (430, 524, 557))


# --- practice ------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [421, 450, 451, 452, 454])
def test_a_temporary_code_says_when_to_try_again(number: int) -> None:
    text = code(number).practice.retry
    assert text is not None
    assert any(character.isdigit() for character in text)


@pytest.mark.parametrize("number", [421, 450, 451, 530, 535, 550, 552, 554])
def test_a_common_code_has_commands_settings_and_exceptions(number: int) -> None:
    practice = code(number).practice
    assert practice.checks
    assert dict(practice.settings).keys() & {"Postfix", "Postfix, sending"}
    assert "Python smtplib" in dict(practice.raised)


def test_commands_to_type_use_names_and_addresses_for_examples_only() -> None:
    for entry in everything():
        for check in entry.practice.checks:
            assert check.command not in check.purpose
            for name in re.findall(r"[\w-]+\.(?:com|org|net)\b", check.command):
                assert name.startswith("example.") or name == "spamhaus.org", check.command
            for address in re.findall(r"(?:\d+\.){3}\d+", check.command):
                assert address in ("192.0.2.1", "1.2.0.192"), check.command


@pytest.mark.parametrize(
    "key", [f"X.1.{n}" for n in (7, 8)] + [f"X.7.{n}" for n in range(20, 28)] + ["5.7.509"]
)
def test_what_is_wrong_with_the_sender_is_looked_up_at_the_sender_s_domain(key: str) -> None:
    """In the commands, example.com is the recipient's domain and example.org the sender's."""
    for check in lookup(key).practice.checks:
        assert "example.com" not in check.command, check
        assert "recipient" not in check.purpose, check


def test_exceptions_of_smtplib_exist() -> None:
    for entry in everything():
        for library, names in entry.practice.raised:
            if library == "Python smtplib":
                for name in re.findall(r"\b[A-Z]\w+", names):
                    assert hasattr(smtplib, name) or hasattr(builtins, name) or name.isupper(), name
