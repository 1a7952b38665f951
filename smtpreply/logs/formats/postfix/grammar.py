r"""Postfix's lines as named patterns, of which the exact reader and the block reader are built.

From src/global/log_adhoc.c, src/smtpd/smtpd_check.c, src/cleanup/cleanup_message.c::

    attempt  = QUEUE-ID ": to=" ADDRESS [", orig_to=" ADDRESS] ", relay=" RELAY ", " TIMES
               REASON ")"
    TIMES    = ["conn_use=" N ", "] "delay=" N ", " ["delays=" a/b/c/d ", "] ["tls=" ... ", "]
               ["dsn=" X.Y.Z ", "] "status=" WORD " ("
    arrival  = QUEUE-ID ": from=" ADDRESS ", size=" N ", nrcpt=" N " (queue active)"
    reject   = (QUEUE-ID / "NOQUEUE") ": " ACTION ": " COMMAND " from " RELAY ": " ...

`lines` reads all that Postfix writes, by `ADDRESS` and `HOST`. `blocks` reads lines in their usual
form, by `PLAIN_ADDRESS` and `RELAY`, and leaves the rest to `lines`.
"""

import re

# Short: hexadecimal, 6 characters and more. Long (enable_long_queue_ids): no vowels.
QUEUE_ID = r"(?:[0-9A-F]{6,15}+|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}+)"

# info_log_address_format=external, the default since 3.5, quotes a local part with odd characters.
# So a ">" in quotes ends nothing. Some tools take the brackets off.
# The bounds keep a search that starts over at each place linear.
ADDRESS = r"(?:<((?:\"(?:[^\"\\]|\\.){0,1000}\")?[^>]{0,1000})>|([^<>, ]{0,1000}))"
PLAIN_ADDRESS = r"(?P<local>[^@> \t\n\"\\]{1,400}+)@(?P<domain>[^@> \t\n\"\\]{1,400}+)"

# A name, an address or the path of a socket, and a port: "mx.example.org[192.0.2.1]:25", "none".
HOST = r"([^\[\],\s]*?)(?:\[([^\]]*)\])?(?::([0-9]+))?"
RELAY = r"[^\[\],\s]*+(?:\[[^\]\n]*+\])?+(?::[0-9]++)?+"

SERVER = r"(?!(?:none|local|virtual)\[)[^\[\],\s]*+\[[^\]\n]++\](?::[0-9]++|)"
"""A `RELAY` that is a host with its address, and whose name is no word for another one."""
USUAL_SERVER = re.compile(r"[^.\[]*+\.[^\[]*+\[(?!127\.|::1\])[0-9a-fA-F.:]{3,45}+\](?::[0-9]++|)")
"""A `RELAY` that is another host than ours beyond doubt."""

# "(?:x|)" is "(?:x)?", but `re` is faster at it.
TIMES = (
    r"(?:conn_use=[0-9]++, |)delay=(?P<delay>[0-9.]++), (?:delays=[0-9./]++, |)"
    r"(?:tls=(?P<tls>[^,\n]*+), |)(?:dsn=(?P<dsn>[0-9.]++), |)status="
)
STATUS = r"(?P<status>[A-Za-z-]++) \("
# Before 3.5, an address was unquoted (internal format), so it could hold all that follows one. A
# line in which a second address ends after the fields of the first one has two readings.
SECOND_ADDRESS = re.compile(r">, (?:relay|orig_to)=")
SECOND_SENDER = re.compile(r">, (?:size|status)=")
REASON = r"(?P<reason>[^>\n]*+(?:>(?!, (?:relay|orig_to)=)[^>\n]*+)*+)"
# In a name given to HELO, a question mark stands for each of " <>;" (NEUTER_CHARACTERS in smtpd.c).
ENVELOPE_BEGINS = "; "
ENVELOPE_MARK = re.compile(rf"{ENVELOPE_BEGINS}(?=from=|to=|proto=|helo=)")
"""Where the envelope of a refusal may begin."""
COMMAND = r"(?P<command>[A-Z-]++(?: [A-Z]++)?+)"
MESSAGE_ID = r"(?:resent-|)message-id="

PLAIN_ARRIVAL = (
    r"from=<(?P<arrival>(?P<envelope>[^> \t\n\"\\]{0,1000}+>, size=[0-9]{1,15}+), "
    r"nrcpt=(?P<recipients>[0-9]{1,9}+))[^>\n]*+(?=\n)"
)
PLAIN_MESSAGE_ID = r"<(?P<message_id>[^<>\s]{1,1000}+)>"

PROGRAM = r"postfix(?:-[0-9A-Za-z_.@-]{1,50}+)?/"
PID = r"\[(?P<pid>[0-9]{1,10}+)\]: "
_TLS = r"(?:Anonymous|Trusted|Untrusted|Verified) TLS connection "
_SESSION = (
    rf"(?:connect from |disconnect from |{QUEUE_ID}: client=|(?:lost connection|timeout|"
    rf"improper command pipelining|too many errors) after |{_TLS}|SSL_accept error from )"
)
SILENT = (
    # The commonest first.
    rf"(?:smtpd{PID}{_SESSION}"
    rf"|qmgr{PID}{QUEUE_ID}: removed"
    rf"|smtp{PID}(?:{_TLS}|connect to )"
    rf"|(?:submission|submissions|smtps)/smtpd{PID}{_SESSION}"
    rf"|postscreen{PID}(?:CONNECT from |PASS (?:NEW|OLD) |DISCONNECT |WHITELISTED |ALLOWLISTED |"
    r"HANGUP |PREGREET |DNSBL )"
    rf"|(?:anvil|scache){PID}statistics: "
    rf"|dnsblog{PID}addr "
    rf"|tlsproxy{PID}(?:CONNECT from |DISCONNECT )"
    rf"|pickup{PID}{QUEUE_ID}: uid="
    r").*+"
)
"""Behind `PROGRAM`: lines that report no delivery, and nothing about a message."""
NAMING = rf"cleanup{PID}{QUEUE_ID}: {MESSAGE_ID}.*+"
"""Behind `PROGRAM`: lines that report what no summary counts."""
