"""A performance: every script is played to one mail server, and its log is read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs
from mail_server import SENDER, MailServer, Program, running
from scripted_server import TAKEN, Place, Script, serving

from smtpreply import EnhancedStatus, Reply
from smtpreply.logs import Delivery, Direction, ReplyBy, Status, scan
from smtpreply.summary.counts import Counts
from smtpreply.summary.summary import Summary
from smtpreply.tools.mailq import read_mailq
from smtpreply.tools.queue import Queue

Routes = Mapping[str, Place]
"""Where the server of each domain listens."""


@attrs.frozen
class Performance:
    """What was said, and what the log told of it.

    Attributes:
        places: where the server of each script listened, by the script's domain.
        deliveries: all that the log told.
        unread: the lines of the log that no reader understood.
        own: what our server said to a client from outside, by command.
        together: what the log told, summed up many lines at once.
        queued: what the server itself lists as queued.
    """

    places: Routes
    deliveries: Sequence[Delivery]
    unread: Sequence[str]
    own: Mapping[str, Reply]
    together: Summary
    queued: str

    def of(self, script: Script) -> list[Delivery]:
        """Return what was told of the attempts at one script's recipient."""
        return [
            found
            for found in self.deliveries
            if script.recipient in (found.recipient, found.orig_recipient)
        ]

    def from_server(self, script: Script) -> list[Delivery]:
        """Return what was told of one script's server, whichever recipient it was for."""
        address, _ = self.places[script.domain]
        return [found for found in self.deliveries if found.relay_ip == address]

    def own_words(self) -> list[Delivery]:
        """Return what was told of the client from outside, in order."""
        return [found for found in self.deliveries if found.direction is Direction.INCOMING]


@contextmanager
def playing(
    program: Program,
    folder: Path,
    scripts: Sequence[Script],
    files: Callable[[int, Routes], dict[str, str]],
) -> Iterator[tuple[MailServer, Routes]]:
    """Run a mail server, and the servers that it sends to; bounces go to one that takes them all.

    Args:
        program: the mail server; the test is skipped where it is not there.
        folder: an empty one.
        scripts: what the servers say that it sends to.
        files: its configuration, for the port to listen on and the way to each domain.
    """
    package = program.package()
    domains = [*(script.domain for script in scripts), SENDER.partition("@")[2]]
    with serving([*scripts, None]) as places:
        routes = dict(zip(domains, places, strict=True))
        names = "".join(f"{place[0]} mx.{domain}\n" for domain, place in routes.items())
        with running(program, package, folder, lambda port: files(port, routes), names) as server:
            yield server, routes


def perform(
    program: Program,
    folder: Path,
    scripts: Sequence[Script],
    files: Callable[[int, Routes], dict[str, str]],
    *,
    client: Collection[str],
    hello: str = "client.example.net",
    is_told: Callable[[str, Script], bool],
    log: str = "mainlog",
    format: str | None = None,  # noqa: A002  (as scan has it)
) -> Performance:
    """Play every script to a mail server, let a client be refused by it, and read its log.

    Args:
        program: the mail server.
        folder: an empty one.
        scripts: what the servers say that it sends to.
        files: its configuration, for the port to listen on and the way to each domain.
        hello: what a client from outside calls itself.
        client: the RCPT commands of a client from outside, which all shall be refused.
        is_told: whether a log tells how it went with a script.
        log: the name of the log in the folder.
        format: of the log, where it has no names of programs.
    """
    with playing(program, folder, scripts, files) as (server, routes):
        server.send(script.recipient for script in scripts)
        opening = [f"EHLO {hello}", "MAIL FROM:<carol@example.net>"]
        commands = [*opening, *client]
        replies = server.session(*(command.encode() for command in commands))
        own = dict(zip(commands[2:], replies[3:], strict=True))

        def all_told() -> bool:
            text = server.log()
            return all(is_told(text, script) for script in scripts) and all(
                command.removeprefix("RCPT TO:") in text for command in client
            )

        server.wait(all_told, "not every message was tried")
        queued = server.inside(program.mailq) if program.mailq else ""
        unread: list[str] = []
        path = folder / "snapshot"  # bounces are under way, and the log grows
        octets = (folder / log).read_bytes()
        path.write_bytes(octets[: octets.rfind(b"\n") + 1])
        found = list(scan(path, format=format, on_unreadable=lambda line: unread.append(line.text)))
        together = Summary.of(scan(path, format=format).bundled())
    return Performance(routes, found, unread, own, together, queued)


def assert_the_servers_list_agrees(performance: Performance) -> None:
    """What the log shows as deferred is what the server itself lists, with the reasons."""
    queue = Queue.of(performance.deliveries)
    own = {(each.queue_id, (each.recipient or "").lower()) for each in queue}
    listed = list(queue.listed(read_mailq(performance.queued.splitlines())))
    # A bounce is a message as well, whose attempts may have begun when the log was copied.
    sent = [each for each in listed if each.sender == SENDER]
    assert sent
    assert {(each.queue_id, (each.recipient or "").lower()) for each in sent} <= own
    assert all(each.attempts for each in sent)
    logged = {(each.queue_id, each.recipient): each.reason for each in queue}
    assert all(each.reason == logged[each.queue_id, each.recipient] for each in sent)
    bounced = [found for found in performance.deliveries if found.status is Status.BOUNCED]
    left = {(found.queue_id, found.recipient) for found in bounced}
    assert left
    assert not left & {(each.queue_id, each.recipient) for each in listed}


def assert_bulk_reading_comes_to_the_same(performance: Performance) -> None:
    single = Summary.of(performance.deliveries)
    for direction, counts in single.parts.items():
        together = performance.together.part(None if direction == "unknown" else direction)
        for field in attrs.fields(Counts):
            # Some of several: which ones is no count.
            if field.name not in {"example", "cases", "provider_cases"}:
                bulk = getattr(together, field.name)
                assert bulk == getattr(counts, field.name), field.name


def outcome(delivery: Delivery) -> dict[str, object]:
    """Return what a delivery tells of an attempt, to compare."""
    reply = delivery.reply
    return {
        "direction": delivery.direction,
        "sender": delivery.sender,
        "host": delivery.relay_host,
        "place": (delivery.relay_ip, delivery.relay_port),
        "stage": delivery.stage,
        "status": delivery.status,
        "text": delivery.text,
        "reply_by": delivery.reply_by,
        "code": reply and reply.code,
        "enhanced": reply and reply.enhanced,
    }


def expected(performance: Performance, script: Script, **told: object) -> dict[str, object]:
    """Return what a delivery should say of a script; `told` is what this server says otherwise."""
    usual: dict[str, object] = {
        "direction": Direction.OUTGOING,
        "sender": SENDER,
        "host": script.host,
        "place": performance.places[script.domain],
        "stage": script.stage,
        "status": script.outcome,
        "reply_by": ReplyBy.REMOTE,
        "code": script.code,
        "enhanced": EnhancedStatus.parse(script.enhanced) if script.enhanced else None,
    }
    return usual | told


def invented(
    performance: Performance, scripts: Sequence[Script], kept: Callable[[Script], str]
) -> list[Delivery]:
    """Return what the log tells that a server said, where it said no such thing."""
    said = {performance.places[script.domain][0]: kept(script) for script in scripts}
    said[performance.places[SENDER.partition("@")[2]][0]] = TAKEN
    return [
        found
        for found in performance.deliveries
        if found.reply_by in (ReplyBy.REMOTE, ReplyBy.FILTER)
        and not said.get(found.relay_ip or "", "").startswith(found.text or "?")
    ]
