"""Texts that hold a reply for each of several recipients."""

from __future__ import annotations

import smtplib

import pytest

from smtpreply.reply.recipients import names_several, recipients_in

REFUSED: dict[str, tuple[int, bytes]] = {
    "ann@example.org": (550, b"5.1.1 It's no user\n5.1.1 here"),
    "bob@example.org": (452, b"4.2.2 Full \xff"),
}


@pytest.mark.parametrize(
    "text", [repr(REFUSED), f"SMTPRecipientsRefused: {smtplib.SMTPRecipientsRefused(REFUSED)}"]
)
def test_a_dict_that_python_printed(text: str) -> None:
    assert recipients_in(text) == {
        "ann@example.org": "550 5.1.1 It's no user\n5.1.1 here",
        "bob@example.org": "452 4.2.2 Full \udcff",
    }
    assert names_several(text)


@pytest.mark.parametrize(
    "text",
    [
        "[SMTPRecipientRefused(550, '5.1.1 No', 'ann@example.org'), "
        "SMTPRecipientRefused(452, \"4.2.2 Full\", 'bob@example.org')]",
        "ann@example.org: 550 5.1.1 No, bob@example.org: 452 4.2.2 Full",
        "<ann@example.org>: 550 5.1.1 No\n<bob@example.org>: 452 4.2.2 Full",
        '{"ann@example.org": "550 5.1.1 No", "bob@example.org": ["452 4.2.2 Full"]}',
        "ann@example.org => 550 5.1.1 No; bob@example.org => 452 4.2.2 Full",
    ],
)
def test_other_forms(text: str) -> None:
    assert recipients_in(text) == {
        "ann@example.org": "550 5.1.1 No",
        "bob@example.org": "452 4.2.2 Full",
    }


@pytest.mark.parametrize(
    "text",
    [
        "550-5.1.1 <ann@example.org>\r\n550 5.1.1 <bob@example.org> unknown",
        "error after RCPT TO:<bob@example.org>: host mx [192.0.2.1]: 550 <bob@example.org>: No",
        "450 4.1.8 <ann@example.org>: Sender rejected; from=<ann@example.org> to=<bob@example.org>",
        "MAIL FROM:<ann@example.org>: 550 No",
        "",
    ],
)
def test_a_text_that_names_addresses_is_not_of_several_recipients(text: str) -> None:
    assert not names_several(text)


JAVAMAIL = """javax.mail.SendFailedException: Invalid Addresses;
  nested exception is:
\tcom.sun.mail.smtp.SMTPAddressFailedException: 550 5.1.1 {}: User unknown
;
  nested exception is:
\tcom.sun.mail.smtp.SMTPAddressFailedException: 450 4.2.0 {}: Greylisted
"""


def test_nested_exceptions_of_javamail_have_a_recipient_each() -> None:
    assert recipients_in(JAVAMAIL.format("<bob@example.org>", "carl@example.org")) == {
        "bob@example.org": "550 5.1.1 <bob@example.org>: User unknown",
        "carl@example.org": "450 4.2.0 carl@example.org: Greylisted",
    }


def test_nested_exceptions_that_name_no_recipient_are_nobodys() -> None:
    assert recipients_in(JAVAMAIL.format("no", "names")) == {}
    assert recipients_in(JAVAMAIL.format("<a@example.org> Sender rejected", "<a@b.c> sender")) == {}


def test_a_status_without_a_code_is_a_reply_to_its_recipient() -> None:
    """PHPMailer's: it keeps the codes to itself."""
    text = (
        "SMTP Error: The following recipients failed: bob@example.org: 5.1.1 User unknown, "
        "carl@example.org: 4.2.0 Greylisted"
    )
    assert recipients_in(text) == {
        "bob@example.org": "5.1.1 User unknown",
        "carl@example.org": "4.2.0 Greylisted",
    }
    assert names_several(text)
    assert recipients_in("bob@example.org: 5.1.1.9 is a version") == {}
