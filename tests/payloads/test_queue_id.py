"""The queue id in the reply to a message."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply import Reply, parse
from smtpreply.payloads.queue_id import WORDINGS, QueueId, Wording, queue_id_of
from smtpreply.testing import replies


@pytest.mark.parametrize("wording", WORDINGS, ids=lambda wording: wording.example)
def test_the_example_of_a_wording_is_caught_by_it_and_by_none_before(wording: Wording) -> None:
    catching = [
        other
        for other in WORDINGS
        if other.needle in wording.example and other.pattern.search(wording.example)
    ]
    assert catching[0] is wording
    found = queue_id_of(Reply(250, [wording.example]))
    assert found is not None
    assert found.server == wording.server
    assert found.text in wording.example


def test_no_two_wordings_are_the_same() -> None:
    assert len({wording.pattern for wording in WORDINGS}) == len(WORDINGS)


@pytest.mark.parametrize(
    ("raw", "queue_id"),
    [
        ("250 2.0.0 Ok: queued as 3C1D8F20A4", QueueId("Postfix", "3C1D8F20A4")),
        ("250 Ok: queued as 3C1D8F20A4", QueueId("Postfix", "3C1D8F20A4")),
        ("250 2.0.0 Ok: queued as 4XyZ", QueueId("Postfix", "4XyZ")),
        ("250 2.0.0 Ok: queued as 3C1D8F20A4.", QueueId("Postfix", "3C1D8F20A4")),
        ("250 OK id=1rXyz-000abc-1A", QueueId("Exim", "1rXyz-000abc-1A")),
        ("250 OK id=1sQpLm-0004Fh-3k", QueueId("Exim", "1sQpLm-0004Fh-3k")),
        ("250 OK id=1sQpLm-00000002Rfh-3kYd", QueueId("Exim", "1sQpLm-00000002Rfh-3kYd")),
        (
            "250 2.0.0 4ANFx2Qk031277 Message accepted for delivery",
            QueueId("Sendmail", "4ANFx2Qk031277"),
        ),
        (
            "250 2.0.0 u8L3kPq0024581-u8L3kPq2024581 Message accepted for delivery",
            QueueId("Sendmail", "u8L3kPq0024581-u8L3kPq2024581"),
        ),
        ("250 QAA04711 Message accepted for delivery", QueueId("Sendmail", "QAA04711")),
        ("250 2.0.0 9e04d7b1 Message accepted for delivery", QueueId("OpenSMTPD", "9e04d7b1")),
        ("250 2.0.0 abc123 Message accepted for delivery", QueueId("OpenSMTPD", "abc123")),
        (
            "250 2.0.0 3xk7rtq9wv-1 Message accepted for delivery",
            QueueId("Proofpoint", "3xk7rtq9wv-1"),
        ),
        ("250 40917735 message accepted for delivery", QueueId("CommuniGate Pro", "40917735")),
        (
            "250 2.0.0 OK  1732400000 d2e1a72fcca58-7b9f3c21a5dsi4417263b3a.94 - gsmtp",
            QueueId("Gmail", "d2e1a72fcca58-7b9f3c21a5dsi4417263b3a.94"),
        ),
        ("250 2.0.0 OK 1349246383 j9si1676296paw.328", QueueId("Gmail", "j9si1676296paw.328")),
        (
            "250 2.0.0 OK DMARC:Quarantine 1732400000 x4-20020a17.31 - gsmtp",
            QueueId("Gmail", "x4-20020a17.31"),
        ),
        (
            "250 2.6.0 <7f3a@mail.example.org> [InternalId=52316, Hostname=EX7.example.net] 8121 "
            "bytes in 0.311, 25.447 KB/sec Queued mail for delivery -> 250 2.1.5",
            QueueId("Exchange", "52316", "EX7.example.net"),
        ),
        (
            "250 2.6.0 <7f3a@mail.example.org> [InternalId=274498] Queued mail for delivery",
            QueueId("Exchange", "274498"),
        ),
        (
            "250 Ok 0107019a4c3e2b1d-8f2e6a90-11c4-4d7b-b3a5-6c0d9e8f7a12-000000",
            QueueId("Amazon SES", "0107019a4c3e2b1d-8f2e6a90-11c4-4d7b-b3a5-6c0d9e8f7a12-000000"),
        ),
        (
            "250 Message Queued (1B2C3D4E-5F60-4718-92A3-B4C5D6E7F809.1)",
            QueueId("Haraka", "1B2C3D4E-5F60-4718-92A3-B4C5D6E7F809.1"),
        ),
        (
            # Haraka's queue/smtp_forward hands the next server's words on, and adds its own id.
            "250 Ok: queued as 3C1D8F20A4 (1B2C3D4E-5F60-4718-92A3-B4C5D6E7F809.2)",
            QueueId("Haraka", "1B2C3D4E-5F60-4718-92A3-B4C5D6E7F809.2"),
        ),
        ("250 ok 1732400000 qp 20733", QueueId("qmail", "1732400000 qp 20733")),
        (
            "250 ok 1732400000 qp 20733 server-2.tower-9.example.com!1732400000!41!1",
            QueueId("qmail", "1732400000 qp 20733"),
        ),
        (
            "250 2.0.0 Message queued with id 1d7f20b9c64e003.",
            QueueId("Stalwart", "1d7f20b9c64e003"),
        ),
        (
            "250-super fantastic!\r\n250 OK ids=5c1e8f40a2b711efb6d3001122334455",
            QueueId("KumoMTA", "5c1e8f40a2b711efb6d3001122334455"),
        ),
        ("250 OK ids=5c1e8f,5c1e90", QueueId("KumoMTA", "5c1e8f,5c1e90")),
        (
            "250 2.0.0 Ok: queued on mxback5.mail.example as 1732400000-Kd8fTz-Qw3eRt",
            QueueId("Yandex", "1732400000-Kd8fTz-Qw3eRt", "mxback5.mail.example"),
        ),
        (
            "250 2.0.0 Ok: queued on mxback5.mail.example 1732400000-Kd8fTz-Qw3eRt",
            QueueId("Yandex", "1732400000-Kd8fTz-Qw3eRt", "mxback5.mail.example"),
        ),
        (
            "250 Mail OK queued as smtp4,PkMowADnT2c4hQ9nXu0BAA--.7731S2 1732400000",
            QueueId("Coremail", "smtp4,PkMowADnT2c4hQ9nXu0BAA--.7731S2"),
        ),
        (
            "250 Requested mail action okay, completed: id=1Nb4Tc-1xqR9e2LmA-00KdWs",
            QueueId("United Internet", "1Nb4Tc-1xqR9e2LmA-00KdWs"),
        ),
        (
            "250 2.0.0 <bob@example.org> mBq3Lx8fQ2fUYgAAr7Tz1w:2 Saved",
            QueueId("Dovecot", "mBq3Lx8fQ2fUYgAAr7Tz1w:2"),
        ),
        ("250 2.0.0 OK 4E/9B-31856-7A20C1F4", QueueId("Momentum", "4E/9B-31856-7A20C1F4")),
        ("250 ok:  Message 5120387 accepted", QueueId("Cisco ESA", "5120387")),
        # A wording that many have, or nobody who is known.
        ("250 Ok: queued as kZ3-x_Q9Tn2WvB", QueueId(None, "kZ3-x_Q9Tn2WvB")),
        ("250 2.0.0 OK queued as 7be1c9-04a8-5520", QueueId(None, "7be1c9-04a8-5520")),
        ("250 Message queued as <7be1c9@mx.example>", QueueId(None, "7be1c9@mx.example")),
        ("250 OK id=a7-19-c4", QueueId(None, "a7-19-c4")),
        (
            "250 2.0.0 6743a1f0-000032be Message accepted for delivery",
            QueueId(None, "6743a1f0-000032be"),
        ),
    ],
)
def test_a_queue_id_is_found(raw: str, queue_id: QueueId) -> None:
    assert queue_id_of(parse(f"{raw}\r\n")) == queue_id


@pytest.mark.parametrize(
    ("raw", "queue_id"),
    [
        (
            "250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 3C1D8F20A4",
            QueueId("Postfix", "3C1D8F20A4"),
        ),
        (
            "250 2.6.0 Ok, id=04711-02, from MTA([127.0.0.1]:10025): 250 Ok: queued as 3C1D8F20A4",
            QueueId("Postfix", "3C1D8F20A4"),
        ),
        (
            "250 2.0.0 from MTA(smtp:[::1]:10025): 250 2.0.0 from MTA(smtp:[::1]:10027): "
            "250 OK id=1sQpLm-0004Fh-3k",
            QueueId("Exim", "1sQpLm-0004Fh-3k"),
        ),
        ("250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok", None),
        ("250 2.0.0 from MTA(smtp:[127.0.0.1]:10025)", None),
    ],
)
def test_a_proxy_hands_through_what_the_queue_said(raw: str, queue_id: QueueId | None) -> None:
    assert queue_id_of(parse(f"{raw}\r\n")) == queue_id


@pytest.mark.parametrize(
    "raw",
    [
        "250",
        "250 Ok",
        "250 2.0.0 Ok: queued",
        "250 Ok: queued as ",
        "250 OK: queued as.",  # qq.com
        "250 Message queued as requested",
        "250 2.1.5 OK a1b2c3-20020a05.123 - gsmtp",  # Gmail to RCPT: the session's id
        "250 2.6.0 message received",  # PowerMTA
        "250 Queued (0.016 seconds)",  # hMailServer
        "250 ok dirdel",  # Yahoo
        "250 2.6.0 <7f3a@mail.example.org> Queued mail for delivery",  # Exchange: a Message-ID
        "250 2.0.0 Message accepted for delivery",
        "250 Mail Message accepted for delivery",
        "250 message accepted for delivery",
        "250 OK id=",
        "250 OK ids=",
        "250 mx.example.com",
        "250 Message Queued (1b2c3d4e)",
    ],
)
def test_where_no_queue_id_is_named_there_is_none(raw: str) -> None:
    assert queue_id_of(parse(f"{raw}\r\n")) is None


@pytest.mark.parametrize("code", [220, 221, 251, 354, 450, 550])
def test_only_a_250_names_a_queue_id(code: int) -> None:
    assert queue_id_of(Reply(code, ["Ok: queued as 3C1D8F20A4"])) is None


def test_a_queue_id_prints_as_itself() -> None:
    assert str(QueueId("Exchange", "52316", "EX7.example.net")) == "52316"


def test_a_queue_id_is_a_value() -> None:
    queue_id = QueueId("Postfix", "3C1D8F20A4")
    assert pickle.loads(pickle.dumps(queue_id)) == queue_id
    assert len({queue_id, QueueId("Postfix", "3C1D8F20A4")}) == 1


_PIECES = st.sampled_from([part for row in WORDINGS for part in (row.needle, row.example)])


@given(
    replies()
    | st.lists(
        _PIECES | st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])),
        max_size=4,
    ).map(lambda parts: Reply(250, ["".join(parts)]))
)
def test_any_reply_names_a_queue_id_that_stands_in_it_or_none(reply: Reply) -> None:
    """A queue id is never changed and never made up."""
    queue_id = queue_id_of(reply)
    if queue_id is not None:
        assert queue_id.text
        assert any(queue_id.text in line for line in reply.lines)


ENDS = ["", "!", " Message accepted for delivery!", " message accepted for delivery!", ")"]


@pytest.mark.parametrize("wording", WORDINGS, ids=lambda wording: wording.example)
@pytest.mark.parametrize("unit", ["a", "1", "a1", "(", ".", "a.", " ", "=", "queued as "])
def test_a_long_text_is_read_all_the_same(wording: Wording, unit: str) -> None:
    for end in ENDS:  # quadratic time would be half a minute
        text = wording.needle + unit * 50_000 + end
        found = wording.pattern.search(text)
        assert found is None or found["id"] in text
