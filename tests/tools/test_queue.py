"""Messages that wait in a queue: by the log, by the mail server's own list, and by both."""

from __future__ import annotations

import csv
import io
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner, Result
from hosts import EXIM_ID, LOGS
from hypothesis import given
from hypothesis import strategies as st

from smtpreply.cli.group import group
from smtpreply.logs import Delivery, Direction, Status, scan
from smtpreply.tools.mailq import MailqError, read_mailq
from smtpreply.tools.queue import Queue

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DEFERRED = Delivery(
    mta="postfix",
    time=NOW,
    direction=Direction.OUTGOING,
    queue_id="4E74613FE7",
    recipient="bob@example.org",
    status=Status.DEFERRED,
)
POSTQUEUE = {
    "queue_name": "deferred",
    "queue_id": "AAAA1111AB",
    "arrival_time": int(datetime(2026, 11, 24, 10, tzinfo=UTC).timestamp()),
    "message_size": 900,
    "forced_expire": False,
    "sender": "MAILER-DAEMON",
    "recipients": [
        {
            "address": "zoe@example.net",
            "delay_reason": "host mx.example.net[203.0.113.1] said: 452 4.2.2 Mailbox full "
            "(in reply to RCPT TO command)",
        },
        {"address": "new@example.net"},
    ],
}
EXIM_BP = f"""\
 25m  2.9K {EXIM_ID} <list-bounces@example.com>
        D eve@example.org
          kim@slow.example

 3d   12K 1vN1z6-0000000GGmh-BipW <> *** frozen ***
          "odd user"@example.org

"""


@pytest.fixture
def logs(tmp_path: Path) -> list[Path]:
    paths = []
    for name, lines in LOGS.items():
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        paths.append(path)
    return paths


def run(*args: object, given: str = "") -> Result:
    return CliRunner().invoke(group, ["queue", *map(str, args)], input=given)


def waiting(*deliveries: Delivery, **values: Any) -> list[tuple[str, str | None]]:
    return [(each.queue_id, each.recipient) for each in Queue.of(deliveries, **values)]


def test_what_waits_on_three_hosts(logs: list[Path]) -> None:
    found = list(Queue.of(scan(logs)))
    assert [(each.queue_id, each.recipient, each.attempts, each.reason) for each in found] == [
        ("AAAA1111AB", "zoe@example.net", 1, "greylisted"),
        (EXIM_ID, "kim@slow.example", 2, "mailbox_full"),
    ]
    first, second = found
    assert (first.sender, first.host, str(first.age)) == ("al@example.com", "in", "0:59:59")
    assert (second.text, str(second.last)) == (
        "452 4.2.2 Mailbox full",
        "2026-11-24 10:30:08+00:00",
    )


@pytest.mark.parametrize("status", ["sent", "bounced", "expired", "discarded"])
def test_an_end_takes_a_recipient_out(status: str) -> None:
    end = attrs.evolve(DEFERRED, status=Status(status))
    other = attrs.evolve(DEFERRED, recipient="eve@example.org")
    assert waiting(DEFERRED, other, end) == [("4E74613FE7", "eve@example.org")]
    assert waiting(DEFERRED, other, attrs.evolve(end, recipient=None)) == []


def test_a_queue_id_is_of_one_host() -> None:
    one, other = (attrs.evolve(DEFERRED, host=host) for host in ("one", "other"))
    assert len(waiting(one, other, attrs.evolve(one, status=Status.SENT))) == 1


@given(st.permutations([0, 1, 2]), st.sampled_from([Direction.INCOMING, Direction.LOCAL]))
def test_only_our_own_queue_counts(minutes: list[int], direction: Direction) -> None:
    """What our server put off for a client waits in the client's queue."""
    found = [
        attrs.evolve(DEFERRED, time=NOW + timedelta(minutes=minute), direction=direction)
        for minute in minutes
    ]
    assert len(waiting(*found)) == (direction is Direction.LOCAL)


def test_recipients_beyond_the_limit_are_counted_and_the_oldest_forgotten() -> None:
    found = [attrs.evolve(DEFERRED, queue_id=name) for name in "ABC"]
    queue = Queue.of(found, limit=2)
    assert ([each.queue_id for each in queue], queue.left_out) == (["B", "C"], 1)
    with pytest.raises(ValueError, match="at least 1"):
        Queue(0)


def test_a_delay_beyond_all_times_does_not_matter() -> None:
    [found] = Queue.of([attrs.evolve(DEFERRED, delay=1e300)])
    assert found.arrived == NOW


# --- what the mail server lists -------------------------------------------------------------


def test_postqueue_is_read() -> None:
    first, second = read_mailq([json.dumps(POSTQUEUE)], NOW)
    assert (first.recipient, first.reason, first.age) == (
        "zoe@example.net",
        "mailbox_full",
        timedelta(hours=2),
    )
    assert (second.recipient, second.reason, second.text) == ("new@example.net", None, None)
    assert (second.sender, second.state) == ("", "deferred")


def test_exim_bp_is_read() -> None:
    first, second = read_mailq(EXIM_BP.splitlines(keepends=True), NOW)
    assert (first.queue_id, first.recipient, first.age) == (
        EXIM_ID,
        "kim@slow.example",
        timedelta(minutes=25),
    )
    assert (second.sender, second.recipient, second.state, second.age) == (
        "",
        '"odd user"@example.org',
        "frozen",
        timedelta(days=3),
    )


POSTFIX_MAILQ = """\
-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------
4E74613FE7*    1234 Tue Nov 24 11:43:32  al@example.com
                                         bob@example.org

3C1D8F20A4!     500 Mon Nov 23 09:00:00  MAILER-DAEMON
(host mx.example.org[192.0.2.1] said: 450 4.2.0 Greylisted (in reply to RCPT TO command))
                                         bob@example.org
                                         eve@example.org
           (connect to mx.example.net[192.0.2.2]:25: Connection
timed out)
                                         zoe@example.net
                       (reason unavailable)
                                         new@example.net

4bX7kQ2mPzQ9#       500 Thu Dec 25 09:00:00 al@example.com
                                             (mailbox full
                                                bob@example.org

-- 2 Kbytes in 3 Requests.
"""
SENDMAIL_MAILQ = """\
MSP Queue status...
/var/spool/mqueue-client is empty
\t\tTotal requests: 0
MTA Queue status...
\t\t/var/spool/mqueue (4 requests)
-----Q-ID----- --Size-- -----Q-Time----- ------------Sender/Recipient-----------
5AOBhW1l012345   410812 Tue Nov 24 10:40 MAILER-DAEMON
                 (Deferred: Connection timed out with mx.example.org.)
\t\t\t\t\t <bob@example.org>
\t\t\t\t\t <eve@example.org>
5AOBhW1l012346*       9 Tue Nov 24 10:41 <al@example.com>
      8BITMIME   (Deferred: 450 4.2.0 Greylisted)
                                         <bob@example.org>
5AOBhW1l012347X       9 Tue Nov 24 10:42 <al@example.com>
      8BITMIME
\t\t\t\t\t <bob@example.org>
5AOBhW1l012348        9 Tue Nov 24 10:43 <al@example.com>
     QUARANTINE: looks like spam
\t\t\t\t\t <bob@example.org>
\t\tTotal requests: 4
"""
SMTPCTL = """\
5f3a1b2c4d5e6f70|inet4|mta|auth|al@example.com|bob@example.org|bob@example.org|1764000000|\
1764400000|1764003600|3|pending|421|450 4.2.0 Greylisted | come back
5f3a1b2c4d5e6f71|local|mta|hold|@|bob@example.org|bob@example.org|1764000000|1764400000|0|0|offline||
5f3a1b2c4d5e6f72|local|mda||al@example.com|bob@example.org|bob@example.org|1764000000|1764400000|0|0\
|inflight|3|
"""
QMAIL_QREAD = """\
24 Nov 2026 10:43:32 GMT  #123456  1234  <al@example.com> \n\tremote\tbob@example.org
  done\tremote\tann@example.org
\tlocal\teve@example.com
23 Nov 2026 10:43:32 GMT  #123457  1234  <>  bouncing
\tremote\tbob@example.org
warning: trouble with #12: file does not exist
"""


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (
            POSTFIX_MAILQ,
            [
                ("4E74613FE7", "active", "al@example.com", "bob@example.org", 988, None),
                ("3C1D8F20A4", "hold", "", "bob@example.org", 97_200, "greylisted"),
                ("3C1D8F20A4", "hold", "", "eve@example.org", 97_200, "greylisted"),
                ("3C1D8F20A4", "hold", "", "zoe@example.net", 97_200, "network_error"),
                ("3C1D8F20A4", "hold", "", "new@example.net", 97_200, None),
                (
                    *("4bX7kQ2mPzQ9", "deferred", "al@example.com", "bob@example.org"),
                    *(28_868_400, "mailbox_full"),
                ),
            ],
        ),
        (
            SENDMAIL_MAILQ,
            [
                ("5AOBhW1l012345", "deferred", "", "bob@example.org", 4800, "network_error"),
                ("5AOBhW1l012345", "deferred", "", "eve@example.org", 4800, "network_error"),
                (
                    *("5AOBhW1l012346", "active", "al@example.com", "bob@example.org"),
                    *(4740, "greylisted"),
                ),
                ("5AOBhW1l012347", "queued", "al@example.com", "bob@example.org", 4680, None),
                ("5AOBhW1l012348", "hold", "al@example.com", "bob@example.org", 4620, None),
            ],
        ),
        (
            SMTPCTL,
            [
                (
                    *("5f3a1b2c4d5e6f70", "deferred", "al@example.com", "bob@example.org"),
                    *(31_521_600, "greylisted"),
                ),
                ("5f3a1b2c4d5e6f71", "hold", "", "bob@example.org", 31_521_600, None),
                (
                    *("5f3a1b2c4d5e6f72", "active", "al@example.com", "bob@example.org"),
                    *(31_521_600, None),
                ),
            ],
        ),
        (
            QMAIL_QREAD,
            [
                ("123456", "queued", "al@example.com", "bob@example.org", 4588, None),
                ("123456", "queued", "al@example.com", "eve@example.com", 4588, None),
                ("123457", "queued", "", "bob@example.org", 90_988, None),
            ],
        ),
        ("Mail queue is empty\n", []),
        ("/var/spool/mqueue is empty\n\t\tTotal requests: 0\n", []),
        ("", []),
    ],
    ids=["Postfix", "Sendmail", "OpenSMTPD", "qmail", "none", "none of Sendmail", "empty"],
)
def test_the_listing_of_each_server_is_read(
    printed: str, expected: list[tuple[str, str, str, str, int, str | None]]
) -> None:
    found = list(read_mailq(printed.splitlines(keepends=True), NOW, UTC))
    assert [
        (
            one.queue_id,
            one.state,
            one.sender,
            one.recipient,
            one.age and int(one.age.total_seconds()),
            one.reason,
        )
        for one in found
    ] == expected


def test_a_stamp_without_a_year_is_of_the_day_of_its_week() -> None:
    """And in the zone that is given; of no day, it has no time."""
    for stamp, arrived in (
        ("Tue Nov 24 11:43:32", datetime(2026, 11, 24, 10, 43, 32, tzinfo=UTC)),
        ("Mon Nov 24 11:43:32", datetime(2025, 11, 24, 10, 43, 32, tzinfo=UTC)),
        ("Thu Feb 29 11:43:32", datetime(2024, 2, 29, 10, 43, 32, tzinfo=UTC)),
        ("Tue Nov 31 11:43:32", None),
    ):
        lines = [f"4E74613FE7     1234 {stamp}  al@example.com", f"{'':41}bob@example.org"]
        [found] = read_mailq(lines, NOW, timezone(timedelta(hours=1)))
        assert found.arrived == arrived


@pytest.mark.parametrize(
    "line",
    [
        *("{", "{}", '{"queue_id": 1, "recipients": [1]}', "          bob@x.y"),
        *("x|" * 14, "\tremote\tbob@example.org", "(deferred)", "Hello"),
    ],
)
def test_what_is_no_list_is_an_error(line: str) -> None:
    with pytest.raises(MailqError, match="line 1 is not of postqueue"):
        list(read_mailq([line]))


@given(
    st.lists(
        st.text()
        | st.sampled_from(
            [
                line
                for printed in (EXIM_BP, POSTFIX_MAILQ, SENDMAIL_MAILQ, SMTPCTL, QMAIL_QREAD)
                for line in printed.splitlines()
            ]
        )
    )
)
def test_any_text_is_a_list_or_the_error(lines: list[str]) -> None:
    """There is no third outcome."""
    with suppress(MailqError):
        assert all(each.queue_id for each in read_mailq(lines, NOW))


def test_the_servers_list_decides_and_the_log_completes_it(logs: list[Path]) -> None:
    found = {each.queue_id: each for each in Queue.of(scan(logs)).listed(
        read_mailq(EXIM_BP.splitlines(), NOW)
    )}  # fmt: skip
    assert found.keys() == {EXIM_ID, "1vN1z6-0000000GGmh-BipW"}
    assert (found[EXIM_ID].attempts, found[EXIM_ID].reason) == (2, "mailbox_full")
    assert found[EXIM_ID].age == timedelta(minutes=25)
    assert found["1vN1z6-0000000GGmh-BipW"].attempts is None


BROKEN_EXIM = """\
 10m     0 0t5C6g-0000c8-00
    *** spool format error: size=0 ***

"""


def errors_in(lines: list[str]) -> tuple[list[str | None], list[int]]:
    """Return the recipients of a listing, and the lines that could not be read."""
    errors: list[MailqError] = []
    found = list(read_mailq(lines, NOW, UTC, on_error=errors.append))
    return [one.recipient for one in found], [error.line for error in errors]


@pytest.mark.parametrize("time", ["1e400", "-1e400", "NaN", '"x"', "null", "9" * 400])
def test_a_time_that_is_none_is_an_error(time: str) -> None:
    odd = json.dumps(POSTQUEUE | {"arrival_time": 0}).replace(
        '"arrival_time": 0', f'"arrival_time": {time}'
    )
    with suppress(MailqError):
        list(read_mailq([odd], NOW))
    _, errors = errors_in([json.dumps(POSTQUEUE), odd, json.dumps(POSTQUEUE)])
    assert errors in ([], [2])


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(
    ("printed", "odd", "errors"),
    [
        (EXIM_BP, BROKEN_EXIM, 2),
        (POSTFIX_MAILQ, "4E74613FE7 what is this\n\n", 1),
        (SENDMAIL_MAILQ, "4AOBhWaB012345  (permission denied)\n", 1),
        (SENDMAIL_MAILQ, "4AOBhWaB012345  (job completed)\n", 0),
        (SMTPCTL, "x|" * 14 + "\n", 1),
        (f"{json.dumps(POSTQUEUE)}\n", '{"queue_id": "A"}\n', 1),
    ],
)
def test_an_odd_message_is_reported_and_the_others_are_read(
    printed: str, odd: str, errors: int, is_first: bool
) -> None:
    alone, _ = errors_in(printed.splitlines())
    lines = (odd + printed if is_first else f"{printed}\n{odd}").splitlines()
    found, left_out = errors_in(lines)
    assert (found, len(left_out)) == (alone, errors)


def test_what_follows_an_odd_head_is_not_of_the_message_before() -> None:
    lines = [*POSTFIX_MAILQ.splitlines()[:3], "what is this", f"{'':41}eve@example.org"]
    assert errors_in(lines) == (["bob@example.org"], [4, 5])


@pytest.mark.parametrize("printed", [EXIM_BP, POSTFIX_MAILQ, SENDMAIL_MAILQ, QMAIL_QREAD])
def test_a_listing_that_ends_behind_a_head_is_reported(printed: str) -> None:
    lines = printed.splitlines()
    for number, line in enumerate(lines, start=1):
        _, errors = errors_in(lines[:number])
        is_head = "al@example.com" in line or line.lstrip().startswith("25m")
        if is_head:
            assert errors == [number]
            with pytest.raises(MailqError, match="ends within a message"):
                list(read_mailq(lines[:number], NOW))
    assert errors_in(lines)[1] == []


def test_lines_of_anything_else_are_no_listing() -> None:
    with pytest.raises(MailqError, match="line 1 is not of"):
        errors_in(100 * ["Hello"])


# --- the command ------------------------------------------------------------------------------


def test_the_command_shows_what_waits(logs: list[Path]) -> None:
    result = run(*logs)
    assert result.exit_code == 0
    for words in ("AAAA1111AB", "greylisted", EXIM_ID):
        assert words in result.output


def test_the_formats_give_the_same(logs: list[Path]) -> None:
    objects = json.loads(run(*logs, "--format", "json").output)
    rows = list(csv.DictReader(io.StringIO(run(*logs, "--format", "csv").output)))
    assert [one["queue_id"] for one in objects] == [row["queue_id"] for row in rows]
    assert objects[0]["age"] == 3599.0


def test_the_command_shows_columns() -> None:
    queued = [
        {"queue_id": name, "arrival_time": time, "recipients": [{"address": "bob@example.org"}]}
        for name, time in (("4E74613FE7", 1_764_000_000), ("3C1D8F20A4B5C", 1_764_100_000))
    ]
    given = "\n".join(json.dumps(POSTQUEUE | each) for each in queued)
    heads = [
        line for line in run("--mailq", "-", given=given).output.splitlines() if line[0] != " "
    ]
    assert len(heads) == 2
    assert len({line.index("<") for line in heads}) == 1


def test_the_command_reads_the_servers_list(logs: list[Path]) -> None:
    result = run("--mailq", "-", "--format", "json", given=EXIM_BP)
    assert [one["recipient"] for one in json.loads(result.output)] == [
        "kim@slow.example",
        '"odd user"@example.org',
    ]
    given = json.dumps(POSTQUEUE)
    both = run(*logs, "--mailq", "-", "--domain", "example.net", "--format", "json", given=given)
    assert [one["attempts"] for one in json.loads(both.output)] == [1, None]


def test_the_command_says_what_is_wrong(logs: list[Path]) -> None:
    assert run().exit_code == 2
    for args in (["--mailq", "-"], ["--mailq", "-", "--tz", "Europe/Atlantis"]):
        assert run(*args, given="nonsense").exit_code == 2
    left_out = run(*logs, "--limit", 1)
    assert left_out.exit_code == 1
    assert "recipients left out" in left_out.stderr


def test_a_list_in_place_of_a_log_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "mailq.txt"
    path.write_text(POSTFIX_MAILQ)
    result = run(path)
    assert result.exit_code == 1
    assert f"give it as --mailq {path}" in result.stderr
    assert run("--mailq", path).exit_code == 0
    path.write_text("nothing of a queue\n")
    assert "no mail log" in run(path).stderr


def test_no_reply_is_shown_as_a_command() -> None:
    hostile = POSTQUEUE | {
        "queue_id": "q\x1b[2J",
        "recipients": [{"address": "=1\x1b[2J", "delay_reason": "451 \x1b[31m red\r\n"}],
    }
    for output_format in ("text", "csv", "json"):
        output = run("--mailq", "-", "--format", output_format, given=json.dumps(hostile)).output
        assert "red" in output
        assert "\x1b" not in output


def test_the_command_reports_what_it_leaves_out() -> None:
    result = run("--mailq", "-", "--format", "json", given=EXIM_BP + BROKEN_EXIM)
    assert (len(json.loads(result.stdout)), result.exit_code) == (2, 1)
    assert "line" in result.stderr
    cut = run("--mailq", "-", given=EXIM_BP.splitlines()[0])
    assert cut.exit_code == 1
    assert "ends within a message" in cut.stderr
    many = run("--mailq", "-", given=EXIM_BP + "what\n" * 10)
    assert "and 5 more lines" in many.stderr
