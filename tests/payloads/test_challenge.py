"""The challenge of a 334."""

from __future__ import annotations

import base64
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply import Reply, parse
from smtpreply.payloads.challenge import Challenge, ChallengeDefect, challenge_of
from smtpreply.testing import replies


@pytest.mark.parametrize(
    ("raw", "octets"),
    [
        ("334 VXNlcm5hbWU6", b"Username:"),
        ("334 dXNlcm5hbWU6", b"username:"),  # 163.com
        ("334 UGFzc3dvcmQ6", b"Password:"),
        ("334 PDEyMy40NTZAbXguZXhhbXBsZS5jb20+", b"<123.456@mx.example.com>"),  # CRAM-MD5
        ("334 eyJzdGF0dXMiOiI0MDEifQ==", b'{"status":"401"}'),  # OAUTHBEARER's refusal
        ("334 /+8=", b"\xff\xef"),
        ("334 VXNlcm5hbWU6 ", b"Username:"),
        ("334  VXNlcm5hbWU6", b"Username:"),
        # The empty challenge: as RFC 4954 has it, and as Yandex sends it.
        ("334 ", b""),
        ("334", b""),
    ],
)
def test_a_challenge_is_decoded(raw: str, octets: bytes) -> None:
    assert challenge_of(parse(f"{raw}\r\n")) == Challenge(octets)


@pytest.mark.parametrize(
    "text",
    [
        "Rubbish",
        "Username:",
        "Go on",
        "VXNlcm5hbWU",
        "VXNlcm5hbWU6=",
        "VXNl=cm5hbWU6",
        "VXNl\tcm5h",
        "=",
        "====",
        "A",
        "_-8=",  # the alphabet of RFC 4648 5
        "ключ",
        "\udcff\udcfe\udcfd\udcfc",
        "VXNl\0cm5",
    ],
)
def test_what_is_not_base64_is_a_defect(text: str) -> None:
    assert challenge_of(Reply(334, [text])) == Challenge(None, ChallengeDefect.NOT_BASE64)


@pytest.mark.parametrize("text", ["VXNlcm5hbWU6 extra", "Just go on", "VXNl cm5h"])
def test_words_after_base64_are_a_defect_and_nothing_is_guessed(text: str) -> None:
    assert challenge_of(Reply(334, [text])) == Challenge(None, ChallengeDefect.EXTRA_TEXT)


def test_a_challenge_of_several_lines_is_a_defect() -> None:
    reply = parse("334-VXNl\r\n334 cm5h\r\n")
    assert challenge_of(reply) == Challenge(None, ChallengeDefect.SEVERAL_LINES)


@pytest.mark.parametrize("code", [235, 250, 354, 333, 335, 535])
def test_only_a_334_has_a_challenge(code: int) -> None:
    assert challenge_of(Reply(code, ["VXNlcm5hbWU6"])) is None


def test_a_challenge_looks_like_no_status() -> None:
    # RFC 2034 4: a 3yz reply has none.
    assert challenge_of(parse("334 2.0.0 VXNl\r\n")) == Challenge(None, ChallengeDefect.NOT_BASE64)


@pytest.mark.parametrize(
    ("challenge", "text"),
    [
        (Challenge(b"Username:"), "Username:"),
        (Challenge("Имя:".encode()), "Имя:"),
        (Challenge(b""), ""),
        (Challenge(b"\xff\xef"), None),
        (Challenge(None, ChallengeDefect.NOT_BASE64), None),
    ],
)
def test_the_text_of_a_challenge_is_utf8_or_none(challenge: Challenge, text: str | None) -> None:
    assert challenge.text == text


def test_a_challenge_is_a_value() -> None:
    challenge = Challenge(None, ChallengeDefect.EXTRA_TEXT)
    assert pickle.loads(pickle.dumps(challenge)) == challenge
    assert len({challenge, Challenge(None, ChallengeDefect.EXTRA_TEXT)}) == 1


@pytest.mark.parametrize("defect", ChallengeDefect)
def test_a_defect_describes_itself(defect: ChallengeDefect) -> None:
    assert defect.description.endswith(".")
    assert ChallengeDefect(defect.value) is defect


@given(st.binary())
def test_any_octets_come_back(octets: bytes) -> None:
    """What a server encodes is what the client is given."""
    reply = Reply(334, [base64.b64encode(octets).decode()])
    assert challenge_of(reply) == Challenge(octets)


@given(
    replies()
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n")).map(
        lambda t: Reply(334, [t])
    )
)
def test_any_334_has_octets_or_a_defect(reply: Reply) -> None:
    """Whatever a 334 says, either there is a challenge or the reason why there is none."""
    challenge = challenge_of(reply)
    assert (challenge is None) == (reply.code != 334)
    if challenge is not None:
        assert (challenge.octets is None) == (challenge.defect is not None)
