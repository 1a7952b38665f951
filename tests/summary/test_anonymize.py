"""Anonymized scans: no output names anybody, in whatever script."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from smtpreply.cli.group import group
from smtpreply.logs import Delivery, scan
from smtpreply.reasons.tokens import Kind, tokens
from smtpreply.summary.pseudonyms import Pseudonyms
from smtpreply.summary.vocabulary import is_a_word

NAMES = Pseudonyms(b"key")
SAMPLES = sorted(
    path for path in Path(__file__).parents[1].joinpath("data").rglob("*") if path.is_file()
)
_ADDRESSES = ("sender", "recipient", "orig_recipient", "message_id")
_HOSTS = ("host", "relay_host", "relay_ip")
_NOBODY = {"localhost", "local", "127.0.0.1", "::1", "none", "virtual"}


def tokens_of(delivery: Delivery) -> Iterator[str]:
    """Yield what of a delivery identifies somebody: addresses, their parts, hosts and IPs."""
    for name in _ADDRESSES:
        address = getattr(delivery, name) or ""
        local, at, domain = address.rpartition("@")
        yield from (address, domain) if at else (address,)
        if len(local) > 4 and not is_a_word(local):
            yield local
    for name in _HOSTS:
        yield getattr(delivery, name) or ""
    for token in tokens(delivery.text or ""):
        if token.kind in (Kind.ADDRESS, Kind.IP, Kind.HOST):
            yield token.text


def outputs(paths: list[Path], folder: Path) -> str:
    """Return all that an anonymized scan writes and shows."""
    page, rows, cells = (folder / name for name in ("r.html", "d.jsonl", "d.csv"))
    options = ["scan", "--anonymize", *map(str, paths)]
    runner = CliRunner(env={"SMTPREPLY_KEY": "k"})
    shown = [
        runner.invoke(group, [*options, "--json", "--html", str(page)]).output,
        runner.invoke(group, [*options, "--deliveries", str(rows)]).output,
        runner.invoke(group, [*options, "--deliveries", str(cells)]).output,
    ]
    html = re.sub(r"[A-Za-z0-9+/=]{1000,}", "", page.read_text())  # the chart library
    return "\n".join([*shown, html, rows.read_text(), cells.read_text()]).lower()


def test_no_token_of_the_samples_is_in_any_output(tmp_path: Path) -> None:
    copies = tmp_path / "secretfolder.example"
    copies.mkdir()
    for number, path in enumerate(SAMPLES):
        (copies / f"{number}-{path.name}").write_bytes(path.read_bytes())
    found = {token.lower() for path in SAMPLES for each in scan(path) for token in tokens_of(each)}
    identifying = {
        token
        for token in found - _NOBODY
        if len(token) > 2 and re.search(r"[.@:]|[^\W\d_]{5}", token) and not is_a_word(token)
    }
    assert len(identifying) > 300
    written = outputs(sorted(copies.iterdir()), tmp_path)
    whole = r"(?<![\w.-]){}(?![\w-])"
    assert [t for t in identifying if re.search(whole.format(re.escape(t)), written)] == []
    assert "secretfolder" not in written


HIDDEN = [
    "<hemlig@münchenhemlig.example>: unknown",
    "секрет@почтатайна.рф is unknown",
    '"anna lindqvist"@secretdom.example is unknown',
    "annapct%innerdom.example@outerdom.example is unknown",
    "annasecret=homedom.example@list.homedom.example",
    "annaenc%40encsecret.example",
    "see https://x.example/?e=annanos%40nosq.example",
    "Mx.HostCapSecret.Example is listed",
    "203.0.113.61-203.0.113.62 and 203.0.113.63/24 are listed",
    "host/annahost/x",
    "user ANNACASE is unknown",
    "anna_undersecret is over quota",
    "annaplus+tagsecret is over quota",
    "@annaroute,@hop.example:annaend@final.example",
    "annadot.lastsecret over quota",
]
SECRETS = re.compile(
    "anna|hemlig|secret|секрет|тайна|lindqvist|innerdom|outerdom|homedom|nosq|hostcap|203[.]0[.]113|"
    "hop[.]|final[.]",
    re.IGNORECASE,
)


@pytest.mark.parametrize("words", HIDDEN)
def test_addresses_in_odd_forms_are_hidden(words: str) -> None:
    assert not SECRETS.search(NAMES.text(f"550 5.1.1 {words}"))


def test_they_are_hidden_in_every_output(tmp_path: Path) -> None:
    bounced = [
        "Nov 24 11:43:32 mx.secret.example postfix/smtp[42]: 4E74613FE7: to=<bob@example.org>, "
        "relay=mx.secret.example[203.0.113.9]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, "
        f"status=bounced (host mx.secret.example[203.0.113.9] said: 550 5.1.1 {words} "
        "(in reply to RCPT TO command))"
        for words in HIDDEN
    ]
    odd = [f"Nov 24 11:43:32 mx postfix/smtp[1]: {words}" for words in HIDDEN]
    log = tmp_path / "mail.log"
    log.write_text("\n".join(bounced + odd), encoding="utf-8")
    assert not SECRETS.search(outputs([log], tmp_path))


def test_other_fields_are_hidden() -> None:
    delivery = Delivery(
        mta="exim",
        program="postfix-mx.secret.example/smtp",
        queue_id="7@mx.secret.example",
        tls="TLS1.3:AES_256_GCM:256 CV=yes DN=/CN=mx.secret.example",
        source="/logs/secret.example/mail.log",
    )
    hidden = json.dumps(NAMES.delivery(delivery).to_dict())
    assert "secret" not in hidden
    assert "TLS1.3" in hidden
    assert "AES_256_GCM:256" in hidden


def test_the_words_of_servers_and_their_codes_stay() -> None:
    text = "550 5.1.1 Recipient address rejected: User unknown in virtual mailbox table"
    assert NAMES.text(text) == text
