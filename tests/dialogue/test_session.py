"""The session machine: which command a reply answers, and whom it is about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.dialogue import session as module
from smtpreply.dialogue.session import Answer, Session, stage_shown_by

ENVELOPE = ("MAIL FROM:<al@example.com>", "RCPT TO:<bo@example.org>", "RCPT TO:<cy@example.org>")


def run(*lines: str, shows_message: bool = False) -> list[Answer]:
    """Feed lines of replies, and commands behind "> ", to a session; return its answers."""
    session = Session(shows_message=shows_message)
    found = []
    for line in lines:
        if line.startswith("> "):
            session.command(line[2:])
        elif (answer := session.reply_line(line)) is not None:
            found.append(answer)
    left = session.unfinished()
    return found if left is None else [*found, left]


def stages(*lines: str) -> list[tuple[int, Stage | None, tuple[str, ...]]]:
    return [(answer.code, answer.stage, answer.recipients) for answer in run(*lines)]


def sent(*commands: str) -> list[str]:
    return [f"> {command}" for command in commands]


# --- pipelining, RFC 2920 ------------------------------------------------------------------


def test_commands_sent_at_once_are_answered_in_order() -> None:
    replies = ("250 2.1.0 Ok", "550 5.1.1 No", "250 2.1.5 Ok", "354 Go", "250 2.0.0 Queued")
    found = run(*sent(*ENVELOPE, "DATA"), *replies)
    assert [(answer.stage, answer.recipients) for answer in found] == [
        (Stage.MAIL, ()),
        (Stage.RCPT, ("bo@example.org",)),
        (Stage.RCPT, ("cy@example.org",)),
        (Stage.DATA, ()),
        (Stage.END_OF_DATA, ("cy@example.org",)),
    ]
    assert {answer.sender for answer in found} == {"al@example.com"}
    assert [answer.command for answer in found] == [*ENVELOPE, "DATA", "."]


def test_a_command_sent_behind_the_message_is_answered_after_it() -> None:
    found = run(
        *sent(*ENVELOPE, "DATA"), "250 a", "250 b", "250 c", "354 Go", "> QUIT", "451 No", "221 Bye"
    )
    assert [answer.stage for answer in found[-2:]] == [Stage.END_OF_DATA, Stage.QUIT]
    assert found[-2].recipients == ("bo@example.org", "cy@example.org")


def test_a_command_after_one_that_ends_a_group_was_sent_after_its_reply() -> None:
    assert stages("> EHLO a", "> MAIL FROM:<>", "250 Ok") == [(250, Stage.MAIL, ())]


# --- the message ---------------------------------------------------------------------------


def test_a_refused_data_is_about_all_accepted_recipients() -> None:
    found = run(*sent(*ENVELOPE), "250 a", "250 b", "550 c", "> DATA", "451 4.3.0 Later")
    assert found[-1] == Answer(
        451, "451 4.3.0 Later", Stage.DATA, "DATA", "al@example.com", ("bo@example.org",)
    )


def test_a_message_that_is_shown_holds_no_command() -> None:
    lines = (
        "> DATA",
        "354 Go",
        "> RCPT TO:<x@y>",
        "> QUIT",
        "> .",
        "250 Queued",
        "> RSET",
        "250 a",
    )
    found = run(*lines, shows_message=True)
    assert [answer.command for answer in found] == ["DATA", ".", "RSET"]


def test_a_message_that_is_shown_ends_where_the_server_speaks() -> None:
    found = run("> DATA", "354 Go", "> Subject: x", "421 Timeout", "> QUIT", "221 Bye",
                shows_message=True)  # fmt: skip
    assert [answer.command for answer in found] == ["DATA", ".", "QUIT"]


@pytest.mark.parametrize("command", ["RSET", "EHLO a", "MAIL FROM:<di@example.com>"])
def test_the_message_is_forgotten_where_the_session_begins_another(command: str) -> None:
    lines = (*sent(*ENVELOPE), "250 a", "250 b", "250 c", f"> {command}", "250 Ok", "> DATA")
    assert run(*lines, "554 No recipients")[-1].recipients == ()


def test_a_second_mail_that_is_refused_leaves_the_message_as_it_is() -> None:
    lines = (*sent(*ENVELOPE[:2]), "250 a", "250 b", "> MAIL FROM:<di@example.com>", "503 Nested")
    *_, nested, refused = run(*lines, "> DATA", "451 Later")
    assert nested.sender == "di@example.com"
    assert (refused.sender, refused.recipients) == ("al@example.com", ("bo@example.org",))


# --- BDAT, RFC 3030 ------------------------------------------------------------------------


def test_the_last_chunk_is_the_end_of_the_message() -> None:
    lines = (*sent(*ENVELOPE, "BDAT 1000", "BDAT 7 LAST"), "250 a", "250 b", "550 c")
    assert stages(*lines, "250 1000 octets", "250 Queued")[-2:] == [
        (250, None, ()),
        (250, Stage.END_OF_DATA, ("bo@example.org",)),
    ]


def test_a_refused_chunk_refuses_the_message() -> None:
    lines = (*sent(*ENVELOPE, "BDAT 1000", "BDAT 7 LAST"), "250 a", "250 b", "250 c")
    assert stages(*lines, "552 Too big", "503 No message")[-2:] == [
        (552, Stage.DATA, ("bo@example.org", "cy@example.org")),
        (503, Stage.END_OF_DATA, ()),
    ]


# --- LMTP, RFC 2033 ------------------------------------------------------------------------


@pytest.mark.parametrize("message", [("> DATA", "354 Go"), ("> BDAT 7 LAST",)])
def test_lmtp_answers_the_message_once_for_each_accepted_recipient(
    message: tuple[str, ...],
) -> None:
    lines = ("> LHLO a", "250 mx", *sent(*ENVELOPE, "RCPT TO:<di@example.org>"))
    found = run(*lines, "250 a", "250 b", "550 c", "250 d", *message, "> QUIT", "250 e", "452 f",
                "221 Bye")  # fmt: skip
    assert [(answer.code, answer.stage, answer.recipients) for answer in found[-3:]] == [
        (250, Stage.END_OF_DATA, ("bo@example.org",)),
        (452, Stage.END_OF_DATA, ("di@example.org",)),
        (221, Stage.QUIT, ()),
    ]
    assert [answer.sender for answer in found[-3:]] == ["al@example.com", "al@example.com", None]


# --- AUTH, RFC 4954 ------------------------------------------------------------------------


def test_no_secret_of_an_authentication_is_kept() -> None:
    found = run("> AUTH PLAIN c2VjcmV0", "334 ", "> c2VjcmV0", "535 5.7.8 No", "> RSET", "250 Ok")
    assert [answer.command for answer in found] == ["AUTH PLAIN", "AUTH PLAIN", "RSET"]
    assert "c2VjcmV0" not in repr(found)


def test_a_secret_whose_challenge_is_not_shown_is_no_command() -> None:
    found = run("> AUTH LOGIN", "> c2VjcmV0", "> QUIT", "221 Bye")
    assert [answer.command for answer in found] == ["QUIT"]


def test_a_client_may_give_an_authentication_up() -> None:
    found = run("> AUTH LOGIN", "334 VXNlcm5hbWU6", "> *", "501 Cancelled", "> NOOP", "250 Ok")
    assert [answer.stage for answer in found] == [Stage.AUTH, Stage.AUTH, None]


# --- the rest ------------------------------------------------------------------------------


def test_the_greeting_is_the_first_reply_of_a_connection() -> None:
    session = Session()
    session.connected()
    answer = session.reply_line("554 5.7.1 Go away")
    assert answer is not None
    assert (answer.stage, answer.command) == (Stage.CONNECT, None)


def test_a_greeting_that_the_log_does_not_have_takes_no_reply() -> None:
    session = Session()
    session.connected()
    session.command("EHLO a")
    answer = session.reply_line("250 mx")
    assert answer is not None
    assert answer.command == "EHLO a"


def test_starttls_begins_anew() -> None:
    lines = (*sent(*ENVELOPE), "250 a", "250 b", "250 c", "> STARTTLS", "220 Go", "> DATA")
    assert run(*lines, "503 No")[-1].recipients == ()


def test_the_code_of_the_last_line_counts() -> None:
    [answer] = run("220-mx.example.org", "521 5.7.1 We take no mail")
    assert (answer.code, answer.text) == (521, "220-mx.example.org\n521 5.7.1 We take no mail")


def test_lines_without_a_code_are_of_the_reply_that_goes_on() -> None:
    [answer] = run("x", "554-5.7.1 Not accepted", "because of its contents", "554 5.7.1 Spam", "y")
    assert answer.text == "554-5.7.1 Not accepted\nbecause of its contents\n554 5.7.1 Spam"


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("220 mx.example.org ESMTP", Stage.CONNECT),
        ("220 mx.example.org", Stage.CONNECT),
        ("220 2.0.0 Ready to start TLS", Stage.STARTTLS),
        ("220 Ready to start TLS", None),
        ("250-mx.example.org\n250 SIZE 1000", Stage.EHLO),
        ("250 2.1.5 Ok", Stage.RCPT),
        ("250 Ok", None),
        ("535 5.7.8 No", Stage.AUTH),
        ("221 Bye", Stage.QUIT),
    ],
)
def test_some_replies_show_by_themselves_what_they_answer(text: str, stage: Stage | None) -> None:
    assert stage_shown_by(text) is stage


@pytest.mark.parametrize("name", ["_MOST_WAITING", "_MOST_RECIPIENTS"])
def test_what_is_remembered_is_bounded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, name, 3)
    session = Session()
    for number in range(10):
        session.command(f"RCPT TO:<{number}@example.org>")
    while not session.idle:
        session.reply(250, "250 Ok")
    session.command("DATA")
    assert len(session.reply(451, "451 No").recipients) == 3


def test_a_reply_without_an_end_is_given_in_pieces() -> None:
    pieces = run(*["250-a"] * 1000)
    assert len(pieces) == 5


# --- what holds for all --------------------------------------------------------------------

_ADDRESSES = st.sampled_from(["a@example.org", "b@example.org", "c@example.org"])
_GROUPS = st.one_of(
    # RFC 2920 3.1: the commands that may be sent at once; the last one may be any.
    st.tuples(
        st.builds("MAIL FROM:<{}>".format, _ADDRESSES),
        st.lists(st.builds("RCPT TO:<{}>".format, _ADDRESSES), max_size=3),
        st.sampled_from([("DATA",), ("BDAT 9", "BDAT 1 LAST"), ("BDAT 9 LAST",), ("RSET",), ()]),
    ).map(lambda parts: (parts[0], *parts[1], *parts[2])),
    st.sampled_from([("EHLO a",), ("NOOP",), ("STARTTLS",), ("RSET", "QUIT")]),
)
_CODES = st.sampled_from([250, 451, 550])


@st.composite
def sessions(draw: st.DrawFn) -> list[list[tuple[str, str]]]:
    """Groups of commands that may be pipelined, each command with the reply to it."""
    found = []
    for number, group in enumerate(draw(st.lists(_GROUPS, min_size=1, max_size=5))):
        pairs = [
            (command, f"{draw(_CODES)} {number}-{place}") for place, command in enumerate(group)
        ]
        found.append(pairs)
        if group[-1] == "DATA" and draw(st.booleans()):
            pairs[-1] = ("DATA", "354 Go")
            found.append([(".", f"{draw(_CODES)} {number}")])
    return found


@given(sessions(), st.data())
def test_pipelining_changes_no_pair(
    groups: list[list[tuple[str, str]]], data: st.DataObject
) -> None:
    """However the commands of a group are spread over the replies, each has its own reply."""
    expected, found = Session(), Session()
    for group in groups:
        one_by_one, pipelined = [], []
        for command, reply in group:
            expected.command(command)
            one_by_one.append(expected.reply_line(reply))
        commands, replies = [c for c, _ in group], [r for _, r in group]
        while replies:
            if commands and (len(commands) == len(replies) or data.draw(st.booleans())):
                found.command(commands.pop(0))
            else:
                pipelined.append(found.reply_line(replies.pop(0)))
        assert pipelined == one_by_one
        assert [answer and answer.command for answer in pipelined] == [c for c, _ in group]


_LINES = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["> DATA", "354 Go", "334 ", "> AUTH LOGIN x", "> LHLO a", "> RCPT TO:<a@b>"]),
    st.sampled_from(["250-a", "250 b", "> .", "> BDAT 1 LAST", "> MAIL FROM:<>", "220 a", "221"]),
)


@given(st.lists(_LINES, max_size=30), st.booleans())
def test_every_reply_is_given_once(lines: list[str], shows_message: bool) -> None:
    """The texts of the answers are the lines of the server, from the first that has a code."""
    answers = run(*lines, shows_message=shows_message)
    said = [line for answer in answers for line in answer.text.split("\n")]
    heard = [line for text in lines if not text.startswith("> ") for line in text.split("\n")]
    left = iter(heard)
    assert all(line in left for line in said)
    assert all(answer.text[:3].isdigit() for answer in answers)
