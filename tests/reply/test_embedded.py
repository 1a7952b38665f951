"""Reply codes within the text that programs write around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply.reply.embedded import head_in, heads_in


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [
        ("550 5.1.1 No such user", 550, "5.1.1"),
        ("471 4.7.1 second digits above 5 begin a reply too", 471, "4.7.1"),
        (
            'Expected response code "250" but got code "552", with message "552 5.2.2 Full"',
            552,
            "5.2.2",
        ),
        (
            'Expected response code 250/251/252 but got code "451", with message "451 Later"',
            451,
            None,
        ),
        ("wanted 220, got 554", 554, None),
        ("unexpected reply: 503, expected 354", 503, None),
        ("Server responded with 550 No mailbox of that name", 550, None),
        ("remote host replied with 452 disk full", 452, None),
        ("SMTPRecipientRefused: 550\n5.1.1Unknown", 550, "5.1.1"),
        ("smtp; 5.1.0 - Unknown address error 550-'5.1.1 <bob@example.org> unknown'", 550, "5.1.1"),
        ("Remote Server at example.org (192.0.2.3) returned '550 5.4.300 Expired'", 550, "5.4.300"),
        ("host mx.example.org [192.0.2.1]:587: 421 Too many connections", 421, None),
        ("did not like our RCPT TO:552 5.2.2 Full", 552, "5.2.2"),
        ("after RCPT TO:<bob@example.org>:550 No", 550, None),
        ("Sending failed - 432 try again in 20 seconds.", 432, None),
        ("rejected SMTP code: 550 Additional SMTP info: 5.7.1", 550, None),
        (
            "[SMTP: Invalid response code received from server (code: 554, response: 5.7.1 No)]",
            554,
            None,
        ),
        ('{:permanent_failure, "mx", "550 5.1.1 no\\r\\n"}', 550, "5.1.1"),
        ("permanent error (550): 5.1.1 No such user", 550, None),
        ('&textproto.Error{Code:550, Msg:"5.1.1 No"}', 550, None),
        ("[550] '5.7.1 Relaying denied'", 550, None),
        ("we got a 550 error", 550, None),
        ("250 2.0.0 Ok\r\n550 5.1.1 No", 550, "5.1.1"),
        ("220 mx.example.org ESMTP\n554 No", 554, None),
        ("host said: 250 Ok", 250, None),
        ("(250, b'2.0.0 Ok')", 250, "2.0.0"),
    ],
)
def test_a_code_is_found_by_what_introduces_it(text: str, code: int, status: str | None) -> None:
    head = head_in(text)
    assert head is not None
    assert (head.code, head.status and str(head.status)) == (code, status)


@pytest.mark.parametrize(
    "text",
    [
        "connect ECONNREFUSED 192.0.2.1:587",
        "dial tcp 192.0.2.108:425: connection refused",
        "lost connection with mx.example.org[192.0.2.1]:465 while receiving the greeting",
        "read tcp 192.0.2.1:51510->192.0.2.2:525: i/o timeout",
        "localhost:525",
        "could not connect to port 525",
        "port: 525",
        "port 587",
        "timeout=300, connection lost",
        "max_size=500",
        "Queue: 250 messages, timed out",
        "Your limit of 500 messages is reached",
        "sent 475 bytes in 1.317, 352.479 KB/sec",
        "exit status 255",
        "Expected response code 250 but got an empty response",
        "354 expected, got nothing",
        "at 2026-03-01 250",
        "550:25",
        "",
    ],
)
def test_ports_counts_and_expected_codes_are_no_replies(text: str) -> None:
    assert head_in(text) is None


def test_the_first_negative_reply_counts_and_a_sure_one_before_others() -> None:
    def code(text: str) -> int | None:
        head = head_in(text)
        return head and head.code

    assert code("554 gave up (last: 421 4.4.0 no servers)") == 554
    assert code("tried, 450 no: host said: 550 5.1.1 No") == 550
    assert code("host said: 220 hello; host said: 550 No; host said: 250 Ok") == 550
    assert [head.code for head in heads_in("220 mx\n550 5.1.1 a\n250 b")] == [220, 550, 250]


@given(st.text(st.sampled_from("2450.,:;-'\" \n<>()[]abz/=@"), max_size=80))
def test_a_head_stands_where_it_says(text: str) -> None:
    """Whatever a text holds, each head is three digits of it, 200 to 599."""
    for head in heads_in(text):
        assert text[head.start : head.start + 3] == str(head.code)
        assert 200 <= head.code <= 599
