"""Capabilities as servers write them."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply import Capabilities, Reply, ReplyError, ReplySyntaxError, parse
from smtpreply.payloads.ehlo import FutureRelease, Limits
from smtpreply.testing import replies

POSTFIX = """\
250-mx.example.com
250-PIPELINING
250-SIZE 10240000
250-VRFY
250-ETRN
250-STARTTLS
250-AUTH PLAIN LOGIN
250-AUTH=PLAIN LOGIN
250-XCLIENT NAME ADDR PROTO HELO
250-XFORWARD NAME ADDR PROTO HELO SOURCE PORT IDENT
250-ENHANCEDSTATUSCODES
250-8BITMIME
250-DSN
250-SMTPUTF8
250 CHUNKING
"""

EXCHANGE = """\
250-EX01.corp.example.com Hello [192.0.2.10]
250-SIZE 37748736
250-PIPELINING
250-DSN
250-ENHANCEDSTATUSCODES
250-STARTTLS
250-X-ANONYMOUSTLS
250-AUTH NTLM LOGIN
250-AUTH=LOGIN
250-X-EXPS GSSAPI NTLM
250-X-EXPS=LOGIN
250-8BITMIME
250-BINARYMIME
250-CHUNKING
250-XEXCH50
250-XRDST
250 XSHADOW
"""


def capabilities(text: str) -> Capabilities:
    return Capabilities.from_reply(parse(text.replace("\n", "\r\n")))


def offering(*lines: str) -> Capabilities:
    return Capabilities("mx.example.com", lines=lines)


# --- whole servers ---


def test_postfix_with_broken_sasl_auth_clients_offers_each_mechanism_once() -> None:
    offered = capabilities(POSTFIX)
    assert (offered.domain, offered.greeting) == ("mx.example.com", "")
    assert list(offered) == [
        "PIPELINING",
        "SIZE",
        "VRFY",
        "ETRN",
        "STARTTLS",
        "AUTH",
        "XCLIENT",
        "XFORWARD",
        "ENHANCEDSTATUSCODES",
        "8BITMIME",
        "DSN",
        "SMTPUTF8",
        "CHUNKING",
    ]
    assert offered["AUTH"] == offered.auth == offered.legacy_auth == ("PLAIN", "LOGIN")
    assert offered.size == 10240000
    assert offered.xclient == ("NAME", "ADDR", "PROTO", "HELO")
    assert offered.xforward == ("NAME", "ADDR", "PROTO", "HELO", "SOURCE", "PORT", "IDENT")
    assert offered.irregular_lines == ("AUTH=PLAIN LOGIN",)


def test_exchange_keeps_its_own_authentication_apart() -> None:
    offered = capabilities(EXCHANGE)
    assert (offered.domain, offered.greeting) == ("EX01.corp.example.com", "Hello [192.0.2.10]")
    assert offered.auth == ("NTLM", "LOGIN")
    assert offered.legacy_auth == ("LOGIN",)
    assert offered.exchange_auth == ("GSSAPI", "NTLM", "LOGIN")
    assert offered["XEXCH50"] == offered["X-ANONYMOUSTLS"] == ()
    assert offered.irregular_lines == ("AUTH=LOGIN", "X-EXPS=LOGIN")


def test_exchange_authentication_alone_is_no_auth() -> None:
    offered = offering("X-EXPS GSSAPI NTLM")
    assert offered.auth == ()
    assert not offered.offers("AUTH")


@pytest.mark.parametrize(
    ("server", "text", "domain", "greeting", "keywords"),
    [
        (
            "Exim, whose keyword had underscores",
            "250-mx.example.com Hello client [192.0.2.7]\n250-SIZE 52428800\n250-X_PIPE_CONNECT\n"
            "250-PIPECONNECT\n250 HELP\n",
            "mx.example.com",
            "Hello client [192.0.2.7]",
            ["SIZE", "X_PIPE_CONNECT", "PIPECONNECT", "HELP"],
        ),
        (
            "Gmail",
            "250-mx.google.example at your service, [192.0.2.7]\n250-SIZE 157286400\n"
            "250 SMTPUTF8\n",
            "mx.google.example",
            "at your service, [192.0.2.7]",
            ["SIZE", "SMTPUTF8"],
        ),
        (
            "OpenSMTPD",
            "250-mail.example.org Hello client [192.0.2.7], pleased to meet you\n250-8BITMIME\n"
            "250-ENHANCEDSTATUSCODES\n250-SIZE 36700160\n250-DSN\n250 HELP\n",
            "mail.example.org",
            "Hello client [192.0.2.7], pleased to meet you",
            ["8BITMIME", "ENHANCEDSTATUSCODES", "SIZE", "DSN", "HELP"],
        ),
        (
            "VPOP3",
            "250-mail.example.net VPOP3 SMTP Server - Hello [192.0.2.7], pleased to meet you\n"
            "250-AUTH LOGIN CRAM-MD5\n250 HELP\n",
            "mail.example.net",
            "VPOP3 SMTP Server - Hello [192.0.2.7], pleased to meet you",
            ["AUTH", "HELP"],
        ),
        (
            "KumoMTA",
            "250-mta1.example.com Aloha client\n250-PIPELINING\n250-ENHANCEDSTATUSCODES\n"
            "250 STARTTLS\n",
            "mta1.example.com",
            "Aloha client",
            ["PIPELINING", "ENHANCEDSTATUSCODES", "STARTTLS"],
        ),
        (
            "Coremail, with a keyword of its own in lower case",
            "250-mail\n250-AUTH=LOGIN PLAIN\n250-coremail 1Uxr2xKj7kG0xk\n250 8BITMIME\n",
            "mail",
            "",
            ["AUTH", "COREMAIL", "8BITMIME"],
        ),
        (
            "Amazon SES, which ends with an Ok",
            "250-email-smtp.example.com\n250-8BITMIME\n250-AUTH PLAIN LOGIN\n250 Ok\n",
            "email-smtp.example.com",
            "",
            ["8BITMIME", "AUTH", "OK"],
        ),
        (
            "Postal, whose first line is a sentence",
            "250-My capabilities are\n250 AUTH CRAM-MD5 PLAIN LOGIN\n",
            None,
            "My capabilities are",
            ["AUTH"],
        ),
        (
            "a server that names the client only",
            "250-Hello 887d0459d3ba\n250 PIPELINING\n",
            None,
            "Hello 887d0459d3ba",
            ["PIPELINING"],
        ),
    ],
)
def test_a_server_is_understood(
    server: str, text: str, domain: str | None, greeting: str, keywords: list[str]
) -> None:
    offered = capabilities(text)
    assert (offered.domain, offered.greeting, list(offered)) == (domain, greeting, keywords), server


# --- the first line ---


def test_an_empty_first_line_swallows_no_capability() -> None:
    # slimta loses the SIZE here.
    offered = capabilities("250-\n250-SIZE 1000\n250 HELP\n")
    assert (offered.domain, offered.greeting) == (None, "")
    assert list(offered) == ["SIZE", "HELP"]


@pytest.mark.parametrize("first", ["STARTTLS", "SIZE 1000", "AUTH PLAIN"])
def test_the_first_line_is_never_a_capability(first: str) -> None:
    # lettre and nodemailer search the greeting too.
    assert list(capabilities(f"250-{first}\n250 HELP\n")) == ["HELP"]


@pytest.mark.parametrize(
    ("text", "domain", "greeting"),
    [
        ("250 mx.example.com\n", "mx.example.com", ""),
        ("250 mx.example.com Hello client\n", "mx.example.com", "Hello client"),
        ("250 localhost\n", "localhost", ""),
        ("250 EXCH_01 Hello\n", "EXCH_01", "Hello"),
        ("250 mx.example.com.\n", "mx.example.com.", ""),
        ("250 [192.0.2.1] Hello\n", "[192.0.2.1]", "Hello"),
        ("250 [IPv6:2001:db8::1]\n", "[IPv6:2001:db8::1]", ""),
        ("250 192.0.2.1 Hello\n", "192.0.2.1", "Hello"),
        ("250 mx.example.com\tHello\n", "mx.example.com", "Hello"),
        ("250 Ok\n", None, "Ok"),
        ("250 Ok: queued as 1A2B3C\n", None, "Ok: queued as 1A2B3C"),
        ("250 2.1.0 Sender ok\n", None, "2.1.0 Sender ok"),
        ("250 bob@example.org\n", None, "bob@example.org"),
        ("250 привет\n", None, "привет"),
        ("250\n", None, ""),
    ],
)
def test_a_reply_of_one_line_offers_nothing(text: str, domain: str | None, greeting: str) -> None:
    offered = capabilities(text)
    assert (offered.domain, offered.greeting) == (domain, greeting)
    assert len(offered) == 0
    assert not offered.offers("STARTTLS")


@pytest.mark.parametrize(
    "text",
    [
        "220 mx.example.com ESMTP\n",
        "220-mx.example.com\n220 STARTTLS\n",
        "500 5.5.1 Command unrecognized\n",
        "421 4.3.2 mx.example.com closing\n",
        "354 Go ahead\n",
        "250-mx.example.com\n250-STARTTLS\n421 too busy\n",
    ],
)
def test_a_reply_with_another_code_tells_no_capabilities(text: str) -> None:
    with pytest.raises(ReplySyntaxError, match="tells no capabilities"):
        capabilities(text)


def test_the_error_shows_the_server_s_text_escaped() -> None:
    with pytest.raises(ReplyError) as caught:
        capabilities("550 \x1b[31mno\n")
    assert "\\x1b[31mno" in str(caught.value)
    assert "\x1b" not in str(caught.value)


# --- the lines ---


def test_keywords_are_found_in_any_case() -> None:
    # Go's net/smtp looks for upper case only, and so was led to go on without TLS.
    offered = offering("starttls", "Size 1000", "auth plain")
    assert list(offered) == ["STARTTLS", "SIZE", "AUTH"]
    assert offered.starttls
    assert offered["size"] == offered["SIZE"] == ("1000",)
    assert "sTaRtTlS" in offered
    assert offered.get("nothing") is None
    with pytest.raises(KeyError):
        offered["nothing"]


def test_a_key_that_is_no_text_is_not_offered() -> None:
    key: object = 250
    assert key not in offering("SIZE")


def test_a_letter_whose_upper_case_is_ascii_makes_no_keyword() -> None:
    offered = offering("\u017fize 1000", "AUTH p\u0131ain")  # long s, dotless i
    assert not offered.offers("SIZE")
    assert not offered.offers("\u017fize")
    assert offered.auth == ("p\u0131ain",)


@pytest.mark.parametrize("line", ["HELP  ", " HELP", "\tHELP\t", "HELP"])
def test_blanks_around_a_line_do_not_matter(line: str) -> None:
    assert dict(offering(line)) == {"HELP": ()}


@pytest.mark.parametrize(
    "line", ["AUTH\tPLAIN\tLOGIN", "AUTH  PLAIN   LOGIN ", "AUTH=PLAIN LOGIN", "AUTH= PLAIN LOGIN"]
)
def test_tabs_runs_of_blanks_and_an_equals_sign_part_a_line(line: str) -> None:
    assert offering(line)["AUTH"] == ("PLAIN", "LOGIN")
    assert offering(line).irregular_lines == (line,)


def test_only_the_first_equals_sign_parts_a_keyword_from_its_parameters() -> None:
    assert dict(offering("LIMITS RCPTMAX=5", "XFOO=a=b c=d")) == {
        "LIMITS": ("RCPTMAX=5",),
        "XFOO": ("a=b", "c=d"),
    }


@pytest.mark.parametrize(
    "line",
    ["%1 crash", "PIPELINING:", "-DSN", "STARTTLS\0", "ÜBER 1", "2.1.0 SIZE 5", "\udcff", "="],
)
def test_a_line_without_a_keyword_is_kept_as_irregular(line: str) -> None:
    offered = offering("SIZE 5", line)
    assert dict(offered) == {"SIZE": ("5",)}
    assert offered.irregular_lines == (line,)
    assert offered.lines == ("SIZE 5", line)


@pytest.mark.parametrize("line", ["X_PIPE_CONNECT", "XFOO pärameter", "XFOO a\x7f"])
def test_an_irregular_line_that_can_be_understood_is_a_capability_too(line: str) -> None:
    offered = offering(line)
    assert len(offered) == 1
    assert offered.irregular_lines == (line,)


def test_an_empty_line_is_nothing() -> None:
    offered = Capabilities.from_reply(Reply.from_response(250, "mx.example.com\n\n8BITMIME\n"))
    assert list(offered) == ["8BITMIME"]
    assert offered.irregular_lines == ()


def test_unknown_keywords_are_kept_with_their_parameters() -> None:
    assert offering("XYZZY Plugh 42")["XYZZY"] == ("Plugh", "42")


def test_lines_about_the_same_keyword_are_merged_where_the_first_one_stands() -> None:
    offered = offering("AUTH LOGIN", "DSN", "auth=LOGIN PLAIN", "DSN")
    assert list(offered.items()) == [("AUTH", ("LOGIN", "PLAIN")), ("DSN", ())]


def test_parameters_that_repeat_in_one_line_are_kept() -> None:
    assert offering("XFOO 5 5")["XFOO"] == ("5", "5")


# --- the views ---


@pytest.mark.parametrize(
    ("view", "keyword"),
    [
        ("starttls", "STARTTLS"),
        ("pipelining", "PIPELINING"),
        ("chunking", "CHUNKING"),
        ("binary_mime", "BINARYMIME"),
        ("eight_bit_mime", "8BITMIME"),
        ("smtputf8", "SMTPUTF8"),
        ("dsn", "DSN"),
        ("enhanced_status_codes", "ENHANCEDSTATUSCODES"),
        ("require_tls", "REQUIRETLS"),
        ("etrn", "ETRN"),
        ("help", "HELP"),
        ("vrfy", "VRFY"),
    ],
)
def test_a_flag_is_true_where_its_keyword_is_offered(view: str, keyword: str) -> None:
    assert getattr(offering(keyword.lower()), view) is True
    assert getattr(offering(keyword + " ignored"), view) is True
    assert getattr(offering("X" + keyword), view) is False


@pytest.mark.parametrize(
    ("line", "size"),
    [
        ("SIZE 35882577", 35882577),
        ("SIZE 1 2 3", 1),
        ("SIZE=1000", 1000),
        ("SIZE 99999999999999999999", 99999999999999999999),
        ("SIZE 0", None),
        ("SIZE 000", None),
        ("SIZE", None),
        ("SIZE 100000000000000000000", None),
        ("SIZE " + "9" * 5000, None),  # more digits than int() takes
        ("SIZE -1", None),
        ("SIZE +1", None),
        ("SIZE 1_000", None),
        ("SIZE \u0661", None),
        ("SIZE unlimited", None),
    ],
)
def test_a_size_is_a_number_or_no_fixed_limit(line: str, size: int | None) -> None:
    offered = offering(line)
    assert offered.size == size
    assert offered.offers("SIZE")


def test_no_size_is_told_from_a_size_without_a_limit() -> None:
    assert (offering().size, offering().offers("SIZE")) == (None, False)


def test_mechanisms_are_in_upper_case_and_in_order_and_come_once() -> None:
    offered = offering("AUTH xoauth2 Plain", "AUTH=PLAIN LOGIN", "AUTH SCRAM-SHA-256-PLUS")
    assert offered.auth == ("XOAUTH2", "PLAIN", "LOGIN", "SCRAM-SHA-256-PLUS")
    assert offered.legacy_auth == ("PLAIN", "LOGIN")
    assert offered["AUTH"] == ("xoauth2", "Plain", "PLAIN", "LOGIN", "SCRAM-SHA-256-PLUS")


def test_auth_without_mechanisms_is_offered_and_empty() -> None:
    assert offering("AUTH").auth == ()
    assert offering("AUTH").offers("AUTH")
    assert not offering().offers("AUTH")


@pytest.mark.parametrize(
    ("line", "limits"),
    [
        ("LIMITS", Limits()),
        ("LIMITS MAILMAX=10 RCPTMAX=100 RCPTDOMAINMAX=1", Limits(10, 100, 1)),
        ("limits rcptmax=999999", Limits(rcpt_max=999999)),
        ("LIMITS RCPTMAX=5 RCPTMAX=7", Limits(rcpt_max=5, others=(("RCPTMAX", "7"),))),
        ("LIMITS FOO=bar Baz", Limits(others=(("FOO", "bar"), ("BAZ", None)))),
        ("LIMITS RCPTMAX=0 MAILMAX=5", Limits(mail_max=5, others=(("RCPTMAX", "0"),))),
        ("LIMITS RCPTMAX=1000000", Limits(others=(("RCPTMAX", "1000000"),))),
        ("LIMITS RCPTMAX", Limits(others=(("RCPTMAX", None),))),
        ("LIMITS =5 A;B=1 RCPTMAX=a;b", Limits()),
    ],
)
def test_limits_are_counts_and_others_are_kept(line: str, limits: Limits) -> None:
    assert offering(line).limits == limits


def test_no_limits_are_none() -> None:
    assert offering("SIZE").limits is None


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        ("DELIVERBY 240", 240),
        ("DELIVERBY 0", 0),
        ("DELIVERBY 240,trace,x", 240),
        ("DELIVERBY", None),
        ("DELIVERBY ,x", None),
        ("DELIVERBY 1234567890", None),
        ("DELIVERBY soon", None),
        ("DSN", None),
    ],
)
def test_deliver_by_is_the_least_time(line: str, seconds: int | None) -> None:
    assert offering(line).deliver_by == seconds


@pytest.mark.parametrize(
    ("line", "release"),
    [
        (
            "FUTURERELEASE 604800 2030-02-01T12:00:00Z",
            FutureRelease(604800, datetime(2030, 2, 1, 12, tzinfo=UTC)),
        ),
        (
            "FUTURERELEASE 60 2030-02-01t12:00:00.5+01:30",
            FutureRelease(
                60,
                datetime(2030, 2, 1, 12, 0, 0, 500000, timezone(timedelta(hours=1, minutes=30))),
            ),
        ),
        ("FUTURERELEASE", FutureRelease()),
        ("FUTURERELEASE 60", FutureRelease(60)),
        ("FUTURERELEASE 1234 5678", FutureRelease(1234)),
        ("FUTURERELEASE soon 2030-13-01T00:00:00Z", FutureRelease()),
        ("FUTURERELEASE 60 2030-01-01T00:00:60Z", FutureRelease(60)),
        ("FUTURERELEASE 60 2030-01-01T00:00:00+99:00", FutureRelease(60)),
        ("FUTURERELEASE 1234567890 20300101", FutureRelease()),
        ("FUTURERELEASE 60 2030-01-01T00:00:00", FutureRelease(60)),
        ("DSN", None),
    ],
)
def test_future_release_is_an_interval_and_a_time(line: str, release: FutureRelease | None) -> None:
    assert offering(line).future_release == release


@pytest.mark.parametrize(
    ("line", "policy"),
    [("MT-PRIORITY mixer", "MIXER"), ("MT-PRIORITY", None), ("DSN", None)],
)
def test_mt_priority_is_the_policy(line: str, policy: str | None) -> None:
    assert offering(line).mt_priority == policy


def test_burl_is_what_it_takes_as_sent() -> None:
    offered = offering("BURL imap imap://mail.example.com/Drafts")
    assert offered.burl == ("imap", "imap://mail.example.com/Drafts")
    assert offering().burl == ()


def test_attributes_of_a_proxy_are_in_upper_case() -> None:
    offered = offering("xclient name Addr", "XFORWARD")
    assert (offered.xclient, offered.xforward) == (("NAME", "ADDR"), ())


# --- the value ---


def test_capabilities_are_values() -> None:
    one, same, other = capabilities(POSTFIX), capabilities(POSTFIX), capabilities(EXCHANGE)
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert one != dict(one)
    assert copy.deepcopy(one) == copy.copy(one) == one


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_capabilities_pickle(protocol: int) -> None:
    one = capabilities(EXCHANGE)
    again = pickle.loads(pickle.dumps(one, protocol))
    assert again == one
    assert dict(again) == dict(one)


def test_capabilities_never_change() -> None:
    offered = offering("SIZE 5")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        offered.domain = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        offered["SIZE"] = ()  # type: ignore[index]


def test_lines_are_not_one_string() -> None:
    with pytest.raises(TypeError, match="not one string"):
        Capabilities(lines="SIZE 5")


def test_to_dict_is_what_json_holds() -> None:
    data = capabilities("250-mx.example.com Hi\n250-SIZE 5\n250-%bad\n250 AUTH=PLAIN\n").to_dict()
    assert json.loads(json.dumps(data)) == data
    assert data == {
        "domain": "mx.example.com",
        "greeting": "Hi",
        "capabilities": {"SIZE": ["5"], "AUTH": ["PLAIN"]},
        "irregular_lines": ["%bad", "AUTH=PLAIN"],
    }


VIEWS = sorted(name for name, member in vars(Capabilities).items() if isinstance(member, property))


def test_the_views_are_known() -> None:
    assert len(VIEWS) == 24


@given(replies())
def test_any_reply_gives_capabilities_or_an_error_of_ours(reply: Reply) -> None:
    """Whatever the reply, there is a value with all its views, or a ReplyError."""
    try:
        offered = Capabilities.from_reply(reply)
    except ReplyError:
        assert reply.code != 250
        return
    views = {name: getattr(offered, name) for name in VIEWS}
    assert offered.lines == reply.textstrings[1:]
    assert views.keys() == set(VIEWS)
    assert json.dumps(offered.to_dict())


_WORDS = st.sampled_from(["SIZE", "auth", "LIMITS", "FUTURERELEASE", "=", " ", "\t", "PLAIN", "0"])


@given(st.lists(st.lists(_WORDS | st.text(max_size=4)).map("".join), max_size=6))
def test_no_line_with_something_in_it_is_lost(lines: list[str]) -> None:
    """A line is a capability, is reported as irregular, or is empty."""
    offered = Capabilities(lines=lines)
    for line in lines:
        alone = Capabilities(lines=[line])
        assert set(alone) <= set(offered)
        assert alone or not line or line in offered.irregular_lines


@given(
    st.lists(
        st.from_regex(r"\A[0-9A-Za-z][0-9A-Za-z-]{0,9}( [!-~]{1,5}){0,3}\Z"), min_size=1, max_size=6
    )
)
def test_what_the_grammar_generates_is_regular(lines: list[str]) -> None:
    """Every ehlo-line of RFC 5321 is a capability with exactly its words as parameters."""
    for line in lines:
        keyword, *parameters = line.split(" ")
        assert dict(Capabilities(lines=[line])) == {keyword.upper(): tuple(parameters)}
    offered = Capabilities(lines=lines)
    assert offered.irregular_lines == ()
    assert set(offered) == {line.split(" ")[0].upper() for line in lines}


@pytest.mark.parametrize(
    "make",
    [
        lambda count: [f"AUTH M{number}" for number in range(count)],
        lambda count: ["AUTH=" + "A " * count * 5],
        lambda count: ["LIMITS " + "A=1 " * count * 2],
        lambda count: ["DELIVERBY 1" + "," * count * 10],
        lambda count: ["A" * count * 20 + ":"],
        lambda count: [" " * count * 20 + ":"],
        lambda count: ["X" * count + f" {number}" for number in range(9)],
    ],
)
def test_hostile_lines_are_read_all_the_same(make: Callable[[int], list[str]]) -> None:
    lines = make(40_000)  # quadratic time would be minutes
    offered = Capabilities(lines=lines)
    for name in VIEWS:
        getattr(offered, name)
    assert len(offered) + len(offered.irregular_lines) >= 1
