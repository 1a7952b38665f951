"""Lines as people paste them: colours, quotation marks, bullets, spaces of pages, line ends."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable

import attrs
import pytest

from smtpreply.logs import Delivery, scan

LINES = {
    "Postfix": "Nov  4 11:43:32 mx1 postfix/smtp[42]: 4E74613FE7: to=<bob@example.org>, "
    "relay=mx.example.org[192.0.2.1]:25, delay=1.9, delays=0.1/0/1.1/0.7, dsn=5.1.1, "
    "status=bounced (host mx.example.org[192.0.2.1] said: 550 5.1.1 No such user (in reply to "
    "RCPT TO command))",
    "Exim": "2026-11-24 11:43:32 1abcde-123456-00 ** bob@example.org R=out T=smtp "
    "H=mx.example.org [192.0.2.1]: SMTP error from remote mail server after "
    "RCPT TO:<bob@example.org>: 550 5.1.1 No such user",
    "Sendmail": "Nov 24 11:43:32 mx1 sendmail[42]: 5AOBhVcd012345: to=<bob@example.org>, "
    "delay=00:00:02, xdelay=00:00:01, mailer=esmtp, pri=30000, relay=mx.example.org. [192.0.2.1], "
    "dsn=5.1.1, stat=User unknown",
    "SendGrid": json.dumps(
        {
            "email": "bob@example.org",
            "event": "bounce",
            "sg_event_id": "x",
            "timestamp": 1795520612,
            "reason": "550 5.1.1 No such user",
        }
    ),
}
ADDRESS = r"bob@example\.org"
HOST = r"mx\.example\.org(?=[. \[])"
PASTED: dict[str, Callable[[str], str]] = {
    "grep --color": lambda line: line.replace("bob@", "\x1b[01;31m\x1b[Kbob@\x1b[m\x1b[K"),
    "grep -H --color": lambda line: f"\x1b[35m\x1b[Kmail.log\x1b[m\x1b[K\x1b[36m\x1b[K:{line}",
    "journalctl in bold": "\x1b[0;1;39m{}\x1b[0m".format,
    "quotation marks": '"{}"'.format,
    "a list in code": '    "{}",'.format,
    "single quotation marks": "'{}'".format,
    "typographic quotation marks": "\u201c{}\u201d".format,
    "German quotation marks": "\u201e{}\u201c".format,
    "backticks": "`{}`".format,
    "a fence on the line": "```{}```".format,
    "bold in Markdown": "**{}**".format,
    "code in a forum": "[CODE]{}[/CODE]".format,
    "the beginning of code in a forum": "[QUOTE=Al][FONT=courier new]{}".format,
    "an indented text in a forum": "[INDENT]{}[/INDENT]".format,
    "code on a web page": '<pre class="log"><code>{}</code></pre>'.format,
    "a comment of a script": "#{}".format,
    "a comment of a configuration": "    ## {}".format,
    "a comment of a program": '\t//   "{}"'.format,
    "a comment of SQL": "-- {}".format,
    "a bullet": "* {}".format,
    "a dash": "- {}".format,
    "a number": "12. {}".format,
    "cat -n": "     3\t{}".format,
    "a patch": "+{}".format,
    "a stamp in brackets": "[2026-11-24 11:43:33] {}".format,
    "a byte order mark": "\ufeff{}".format,
    "a space of no width": "\u200b{}".format,
    "no-break spaces before": "\xa0\xa0{}".format,
    "a no-break space of two": lambda line: line.replace("  ", "\xa0 "),
    "entities": lambda line: line.replace("<", "&lt;").replace(">", "&gt;"),
    "links of Outlook": lambda line: re.sub(
        HOST, r"\g<0><http://\g<0>/>", re.sub(ADDRESS, r"\g<0><mailto:\g<0>>", line)
    ),
    "links of Slack": lambda line: re.sub(ADDRESS, r"<mailto:\g<0>|\g<0>>", line),
    "links of Markdown": lambda line: re.sub(ADDRESS, r"[\g<0>](mailto:\g<0>)", line),
    "links of a forum": lambda line: re.sub(ADDRESS, r"[email]\g<0>[/email]", line),
    "links of a forum behind spaces": lambda line: re.sub(
        ADDRESS, r"[URL=x]\g<0>[/URL]", line
    ).replace("<[", "< ["),
    "CR behind": "{}\r".format,
    "CR CR LF": "{}\r\r\n".format,
    "spaces behind": "{}   ".format,
}
OF_TEXT: dict[str, Callable[[str], str]] = {
    "no-break spaces": lambda line: line.replace(" ", "\xa0"),
    "tabs in the header": lambda line: line.replace(" ", "\t", 4),
}


def read(line: str) -> list[Delivery]:
    """Return a line's deliveries, without what a prefix says."""
    return [attrs.evolve(each, time=None, host=None, program=None) for each in scan([line])]


@pytest.mark.parametrize("form", PASTED)
@pytest.mark.parametrize("server", LINES)
def test_a_line_is_read_as_it_was_before_it_was_pasted(server: str, form: str) -> None:
    line = LINES[server]
    assert read(line)
    assert read(PASTED[form](line)) == read(line)


@pytest.mark.parametrize("form", OF_TEXT)
@pytest.mark.parametrize("server", ["Postfix", "Exim", "Sendmail"])
def test_other_spaces_are_spaces(server: str, form: str) -> None:
    assert read(OF_TEXT[form](LINES[server])) == read(LINES[server])


def test_a_page_has_entities_where_a_line_has_one_kind_of_bracket() -> None:
    line = "2026-11-24 11:43:32 1abcde-123456-00 => bob@example.org R=out T=smtp H=mx. [192.0.2.1]"
    assert read(line)
    assert read(line.replace(">", "&gt;")) == read(line)


def test_what_is_not_sure_is_not_understood() -> None:
    run = scan([LINES["SendGrid"].replace(" ", "\xa0")])  # it is no JSON any more
    assert list(run) == []
    assert run.coverage.understood == 0


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("server", LINES)
def test_files_have_any_line_end(server: str, end: str) -> None:
    octets = f"{LINES[server]}{end}".encode() * 3
    run = scan(io.BytesIO(octets))
    assert len(list(run)) == run.coverage.lines == 3


@pytest.mark.parametrize("server", LINES)
def test_files_with_marks_put_together(server: str) -> None:
    one = f"\ufeff{LINES[server]}\n".encode()
    run = scan(io.BytesIO(one * 3))
    assert len(list(run)) == run.coverage.understood == 3


def test_a_fence_around_lines_is_no_line_of_a_log() -> None:
    run = scan(["```", LINES["Postfix"], LINES["Exim"], "```"])
    assert len(list(run)) == 2
    assert (run.coverage.lines, run.coverage.understood) == (4, 2)


def test_octets_of_another_character_set_stay_as_they_are() -> None:
    octets = LINES["Exim"].replace("No such", "Kein g\u00fcltiger").encode("windows-1252")
    [found] = scan(io.BytesIO(octets))
    assert found.text == "550 5.1.1 Kein g\udcfcltiger user"


def test_links_are_taken_off_a_long_text_as_off_a_short_one() -> None:
    line = PASTED["links of Outlook"](LINES["Postfix"])
    for count in (1, 1000):
        found = list(scan([f"{line}\n" * count]))
        assert len(found) == count
        assert {one.relay_host for one in found} == {"mx.example.org"}


def test_what_a_program_of_metalog_says_is_its_own() -> None:
    said = LINES["Exim"].replace("bob@", "ann@")
    assert not list(scan([f"Nov 24 11:43:32 [sshd] {said}"]))
