"""Scripts of servers: ordinary replies, and all that servers on the Internet do to them."""

from __future__ import annotations

from scripted_server import Script

from smtpreply.stage import Stage

_CONNECT, _EHLO, _MAIL, _RCPT, _DATA, _END = (
    Stage.CONNECT,
    Stage.EHLO,
    Stage.MAIL,
    Stage.RCPT,
    Stage.DATA,
    Stage.END_OF_DATA,
)

SCRIPTS = (
    # Every stage, refused for now and for good.
    Script("greeting-4", _CONNECT, b"450 4.7.1 Too busy\r\n", "4.7.1"),
    Script("greeting-5", _CONNECT, b"554 5.7.1 Not your day\r\n", "5.7.1"),
    Script("greeting-421", _CONNECT, b"421 4.3.2 Closed for today\r\n", "4.3.2", hang_up=True),
    Script("greeting-lines", _CONNECT, b"554-mx.example.com\r\n554 5.7.1 No mail\r\n", "5.7.1"),
    Script("ehlo-4", _EHLO, b"450 4.3.2 Not now\r\n", "4.3.2"),
    Script("ehlo-5", _EHLO, b"550 5.7.1 I do not know you\r\n", "5.7.1"),
    Script("mail-4", _MAIL, b"451 4.1.8 Your domain does not resolve\r\n", "4.1.8"),
    Script("mail-5", _MAIL, b"550 5.1.8 Your domain does not exist\r\n", "5.1.8"),
    Script("rcpt-4", _RCPT, b"450 4.2.0 Greylisted, come back in 300 seconds\r\n", "4.2.0"),
    Script("rcpt-5", _RCPT, b"550 5.1.1 <bob@example.com>: no such user\r\n", "5.1.1"),
    Script("data-4", _DATA, b"451 4.3.0 No disk\r\n", "4.3.0"),
    Script("data-5", _DATA, b"554 5.5.1 No valid recipients\r\n", "5.5.1"),
    Script("end-4", _END, b"452 4.3.1 Queue full\r\n", "4.3.1"),
    Script("end-5", _END, b"554 5.7.1 Looks like spam\r\n", "5.7.1"),
    Script("ehlo-421", _EHLO, b"421 4.3.2 Not a good time\r\n", "4.3.2", hang_up=True),
    Script("mail-421", _MAIL, b"421 4.7.0 Too many messages\r\n", "4.7.0", hang_up=True),
    Script("rcpt-421", _RCPT, b"421 4.7.0 Too many errors\r\n", "4.7.0", hang_up=True),
    Script("data-421", _DATA, b"421 4.3.1 No room left\r\n", "4.3.1", hang_up=True),
    Script("end-421", _END, b"421 4.3.2 Going down\r\n", "4.3.2", hang_up=True),
    Script("starttls-4", Stage.STARTTLS, b"454 4.7.0 No TLS today\r\n", "4.7.0"),
    Script("starttls-5", Stage.STARTTLS, b"554 5.7.3 No TLS for you\r\n", "5.7.3"),
    # Taken.
    Script("sent", _END, b"250 2.0.0 Ok: queued as 4F2C1A9B3D\r\n", "2.0.0"),
    Script("sent-lines", _END, b"250-2.6.0 Taken\r\n250 2.6.0 id=1a2b3c\r\n", "2.6.0"),
    Script("sent-quotes", _END, b'250 2.0.0 "Ok" \\ queued as "7" C="250 no"\r\n', "2.0.0"),
    Script("sent-bracket", _END, b"250 2.0.0 Ok (queued as 7A)\r\n", "2.0.0"),
    Script("sent-bare", _END, b"250\r\n"),
    # Lines.
    Script("lines", _RCPT, b"550-5.7.1 We do not\r\n550-5.7.1 like\r\n550 5.7.1 you\r\n", "5.7.1"),
    Script("status-once", _RCPT, b"550-5.7.1 Blocked,\r\n550-see\r\n550 the list\r\n", "5.7.1"),
    Script("status-last", _RCPT, b"550-Blocked,\r\n550-see\r\n550 5.7.1 the list\r\n", "5.7.1"),
    Script("empty-lines", _RCPT, b"550-5.7.1 No.\r\n550-\r\n550 5.7.1 Really.\r\n", "5.7.1"),
    Script("code-changes", _RCPT, b"550-5.1.1 First\r\n551 5.1.6 then that\r\n", "5.1.1"),
    Script("many-lines", _RCPT, b"550-5.7.1 more\r\n" * 30 + b"550 5.7.1 end\r\n", "5.7.1"),
    Script("line-feeds", _RCPT, b"550-5.1.1 no such\n550 5.1.1 user\n", "5.1.1"),
    Script("folded", _RCPT, b"550-5.1.1 no such\r\n user\r\n550 5.1.1 here\r\n", "5.1.1"),
    Script("half", _RCPT, b"550-5.1.1 no such\r\n", "5.1.1", hang_up=True),
    # No status, no text, an odd one.
    Script("bare", _RCPT, b"550\r\n"),
    Script("bare-space", _RCPT, b"550 \r\n"),
    Script("bare-lines", _RCPT, b"550-\r\n550 \r\n"),
    Script("spaces", _RCPT, b"550  5.1.1  no  such   user \r\n", "5.1.1"),
    Script("no-space", _RCPT, b"550-5.1.1 no\r\n550\r\n", "5.1.1"),
    Script("no-status", _RCPT, b"550 no such user here\r\n"),
    Script("tab", _RCPT, b"550 5.1.1\tno such user\r\n", "5.1.1"),
    Script("other-class", _RCPT, b"550 4.2.2 over quota\r\n", "4.2.2"),
    Script("code-unknown", _RCPT, b"579 5.7.9 of no RFC\r\n", "5.7.9"),
    # Octets.
    Script("utf8", _RCPT, "550 5.1.1 Empfänger unbekannt – 收件人\r\n".encode(), "5.1.1"),
    Script("latin1", _RCPT, b"550 5.1.1 Empf\xe4nger unbekannt\r\n", "5.1.1"),
    Script("controls", _RCPT, b"550 5.1.1 a\x07b\x1b[31mc\x7fd\te\r\n", "5.1.1"),
    Script("backslashes", _RCPT, b"550 5.1.1 C:\\new\\table \\101 \\\\ '\"\r\n", "5.1.1"),
    # Lengths.
    Script("long", _RCPT, b"550 5.7.1 " + b"long " * 180 + b"end\r\n", "5.7.1"),
    Script("too-long", _RCPT, b"550 5.7.1 " + b"too long " * 500 + b"end\r\n", "5.7.1"),
    Script("long-utf8", _RCPT, f"450 4.7.1 {'稍后再试，' * 9}\r\n".encode(), "4.7.1"),
    Script("sent-long", _END, b"250 2.0.0 Ok " + b"q" * 1500 + b"\r\n", "2.0.0"),
    # Words that look like a log's.
    Script("liar", _RCPT, b"550 5.1.1 no) status=sent (250 2.0.0 ok)\r\n", "5.1.1"),
    Script("liar-sent", _END, b"250 2.0.0 Ok) status=bounced (550 5.1.1 no\r\n", "2.0.0"),
    Script(
        "forger",
        _RCPT,
        b"550 5.1.1 x (in reply to DATA command)); from=<a@b> to=<c@example.net> proto=SMTP\r\n",
        "5.1.1",
    ),
    Script("liar-stat", _RCPT, b"550 5.1.1 no, stat=Sent (250 2.0.0 ok)\r\n", "5.1.1"),
    Script("liar-later", _RCPT, b"450 4.2.0 no, dsn=2.0.0, stat=Sent (ok)\r\n", "4.2.0"),
    Script("nested", _RCPT, b"550 5.0.0 host a[192.0.2.1] said: 450 4.0.0 later\r\n", "5.0.0"),
    Script(
        "pretender",
        _RCPT,
        b"550 5.1.1 no: SMTP error from remote mail server after DATA: 451 4.0.0 later\r\n",
        "5.1.1",
    ),
    Script("actor", _RCPT, b'550 5.1.1 no" result="Ok" stat="250 2.0.0 Ok\r\n', "5.1.1"),
    Script("bracket", _RCPT, b"550 5.1.1 nobody is <bob@example.com>\r\n", "5.1.1"),
    Script("quoter", _RCPT, b'550 5.1.1 nobody is "bob"\r\n', "5.1.1"),
    Script(
        "filter",
        _END,
        b"250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 5D6E7F\r\n",
        "2.0.0",
    ),
)

BY_NAME = {script.name: script for script in SCRIPTS}

# Servers that are spoken to by LMTP.
LMTP = (
    Script("lmtp-rcpt", _RCPT, b"550 5.1.1 <bob>: no mailbox\r\n", "5.1.1"),
    Script("lmtp-end", _END, b"452 4.2.2 <bob> Mailbox full\r\n", "4.2.2"),
    Script("lmtp-sent", _END, b"250 2.1.5 <bob> Saved\r\n", "2.1.5"),
)

# A server that is asked whether it would take a client's recipient, of this domain.
PROBED = BY_NAME["rcpt-5"]
PROBED_DOMAIN = "probed.example.net"

# Two servers of one domain, of which the first refuses for now. Not everyone asks the second then.
FIRST = BY_NAME["mail-4"]
SECOND = Script("second", _END, b"250 2.0.0 Then I\r\n", "2.0.0")

# A recipient that looks like a log's fields. Not every server takes it.
HOSTILE = Script(
    "hostile",
    _RCPT,
    b"550 5.1.1 no such user\r\n",
    "5.1.1",
    local='"a>: 250 Ok, relay=x[192.0.2.1]:25, status=sent (250 <b"',
)
