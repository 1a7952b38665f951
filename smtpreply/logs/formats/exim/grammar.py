r"""Exim's lines as named patterns, of which the exact reader and the block reader are built.

From src/src/deliver.c, transports/smtp.c::

    line    = HEAD [MSGID SP] BODY
    HEAD    = stamp [SP zone] SP ["[" PID "] "]
    BODY    = attempt / arrival / "Completed" [" QT=" time]
    attempt = ("=>" / "->" / "**" / "==") SP ADDRESS [" <" ADDRESS ">"] fields
              (' C="' REPLY '"' fields / ": " LEAD REPLY)
    LEAD    = "SMTP error from remote mail server after " COMMAND ": "
    arrival = ("<=" / "(=") SP SENDER [" R=" MSGID] [" H=" HOST] fields [" S=" size] fields
              [" id=" MESSAGE-ID] fields [' T="' SUBJECT '"'] [" from <" ADDRESS ">"]
              [" for " ADDRESSES]

`lines` reads all that Exim writes. `blocks` counts each `USUAL_SUCCESS` and `USUAL_ATTEMPT` and
leaves the rest to `lines`, to which it hands an `ATTEMPT` with its addresses taken apart.
"""

from smtpreply.logs.formats.exim.message_id import EXIM_ID
from smtpreply.logs.input.clock import DATE, MINUTES, OFFSET
from smtpreply.logs.toolkit.shapes import SUCCESS_HEAD, SUCCESS_LAST

HOUR = rf"{DATE} [0-9][0-9]"
_FRACTION = r"(?:\.[0-9]{1,6}+)?"
_ZONE = rf"(?: {OFFSET})?"
_PID = r"(?:\[[0-9]{1,10}+\] )?"
HEAD = rf"(?P<stamp>(?P<hour>{HOUR}){MINUTES}{_FRACTION}{_ZONE}) {_PID}"
BARE_HEAD = rf"(?P<stamp>(?P<hour>{HOUR}){MINUTES}) "
"""What most logs have, where no setting asks for more."""
MESSAGE = rf"(?P<queue_id>{EXIM_ID}) "

# A local part may be quoted, and then hold spaces; an address may be a pipe or a file: "|/bin/x".
ADDRESS = r"(?:\"(?:[^\"\\]|\\.)*\"|[^ \t\n\"<])[^ \t\n]*?"
# Two "@" are of a quoted local part whose quotes have been taken off.
PLAIN_ADDRESS = r"(?P<local>[^@ \t\n<>\"|/:\\]++)@(?P<domain>[^@ \t\n<>:]++)"
# The bounds here and below keep a search that starts over at each place linear.
IN_BRACKETS = r"(?:\"(?:[^\"\\]|\\.){0,1000}\")?[^>]{0,1000}"
PATH = rf"({IN_BRACKETS})"
# A name, what the client called itself in round brackets, an address in square ones, a port: of
# these, only the address is always there. A word before it that ends in a colon is no name.
HOST = (
    r"(?:([^\s()\[\]:]|[^\s()\[\]]\S{0,253}[^\s:]) )?(?:\([^)]{0,255}\) )?"
    r"\[([^\]]{1,255})\](?::([0-9]{1,5}))?"
)
NAMED_HOST = r"H=[!-'*-9;-Z\\^-~]++ \[[!-Z\\^-~]++\](?::[0-9]{1,5}+|)"
# A page that takes "<a>" for a tag shows nothing of it: "RCPT TO: :".
COMMAND = (
    r"(?P<command>(?:pipelined )?"
    rf"(?:(?:RCPT TO|MAIL FROM):(?:<{PATH}>| ?(?=: | SIZE=))(?: SIZE=[0-9]{{1,20}})?|"
    r"[A-Za-z]{1,20}(?: [^:]{0,300})?))"
)
LEAD = "SMTP error from remote mail server after "

SECOND_ATTEMPT = (
    r"@[^\s@<>:]{1,255}>?(?: <[^>\n]{0,1000}>)?(?: [FP]=<[^>\n]{0,1000}>){0,2} R=[^\s=]"
)
"""The end of an address, and fields: of a local part that was quoted, the quotes are taken off, and
where these are in the words of an attempt, all before them may be its address."""

_ORIGINAL = r"(?: <[^> \t\n\"]++>|)"
# "(?:x|)" is "(?:x)?", but `re` is faster at it.
FIELDS = (
    r"(?: P=<[^> \n\"]*+>|)(?: R=[^ \n]++|) T=[^ \n]++(?: S=[0-9]++|)(?: defer \(-?[0-9]++\)|) "
    rf"(?P<server>{NAMED_HOST})(?: X=[^ \n]++(?: CV=[^ \n]++|)|)(?: DN=\"[^\"\n\\]*+\"|)(?: K|)"
)
"""The fields of an attempt in their usual order, up to the words."""
_TIMES = r"(?: QT=(?P<delay>[0-9.]++)s|)(?: DT=[0-9.]++m?s|)"
QUOTED = rf"\"(?P<words>[^\"\n\\]*+)\"{_TIMES}"
"""The words behind `` C=``, without a quote or an escape in them, and the fields after them."""
_OF_ATTEMPT = rf"{PLAIN_ADDRESS}{_ORIGINAL}"
USUAL_ATTEMPT = rf"(?P<flag>[-=]>|\*\*|==) {_OF_ATTEMPT}(?P<fields> .*+)"
"""An attempt whose fields are `FIELDS`, and then `` C=``, or a colon and `LEAD`."""
# A line with a quote in it, up to the quote: this looks for one character, and is the fastest way.
USUAL_SUCCESS = (
    rf"(?P<flag>[-=]>) {_OF_ATTEMPT}(?P<fields> (?=.*\")[^\"]*+)\""
    rf"{SUCCESS_HEAD}[^(\"\n\\]*+(?<={SUCCESS_LAST})\"{_TIMES}"
)
"""A success whose words hold nothing odd. Its fields are whatever comes before them, and must be
`FIELDS` and `` C=``: few differ, so they need not be matched in each line."""
_STRING = r"\"(?:[^\"\n\\]++|\\.)*+\""
# A line that is too long is cut, and most often within the subject.
_CUT_STRING = r"\"(?:[^\"\n\\]++|\\.)*+\\?+(?=\n|\Z)"
_PLAIN_SENDER = r"[^ \t\n<>\"]++(?!\")"
_SENDER = rf"(?P<sender>{_PLAIN_SENDER}|<>|(?:[^ \t\n<>\"]++|{_STRING})++)"
_SERVER = r"\[[^ \n\]]++\](?::[0-9]++|)"
# The name given to HELO, in round brackets, may hold blanks (helo_accept_junk_hosts).
_CLIENT = (
    rf"(?: R=[^ \n]++|)(?: DS|)(?: H=(?:[^ \n()\[\]]++ |)(?:\([^)\n]*+\) |){_SERVER}|)"
    rf"(?: I={_SERVER}|)"
)
_MARK = r"[A-Z]{1,4}+\*?+(?![^ \n])"
_SESSION = (
    rf"(?: (?:DN={_STRING}|(?!(?:[HRST]|DN|M8S)=)[A-Z][A-Za-z0-9]{{0,7}}+=[^ \n]++|{_MARK}))*+"
)
_OF_MESSAGE = rf"(?: (?:(?:M8S|DKIM|RT|Q|QT)=[^ \n]++|{_MARK}))*+"
# What most lines have comes first.
ARRIVAL = (
    rf"[<(]= {_SENDER}(?: H=[^ \n()\[\]]++ \[[^ \n\]]++\](?= P=)|{_CLIENT})"
    rf"(?: P=[^ \n]++ X=[^ \n]++ CV=[^ \n]++(?= S=)|{_SESSION})"
    r"(?: S=(?:(?P<size>[0-9]{1,15}+)(?![^ \n])|[^ \n]*+)|)"
    rf"(?:(?= id=)|{_OF_MESSAGE})(?: id=(?P<message_id>(?:{_STRING}|)[^ \n]*+)|)"
    rf"(?:(?=\n)|{_OF_MESSAGE}(?: T=(?:{_STRING}|{_CUT_STRING})|)"
    r"(?: (?:from <|for )(?:(?! S=[0-9]).)*+|) *+)"
)
"""A message's arrival: src/src/receive.c. Its fields come in this order, each once. What a client
chooses is in quotes, or may hold what looks like fields: then these come twice, or in another
order, and the line has two readings."""
ATTEMPT = (
    rf"(?P<flag>=>|->|>>|\*>|\*\*|==) (?P<recipient>{PLAIN_ADDRESS})"
    r"(?P<original> <[^>\"\n]*+>)?+(?! [(<])(?=[ \n]|:[ \n]):?+(?P<rest>.*+)"
)
"""An attempt at a plain address, to be read on by `lines`."""
# A space is the only blank here: what is after another one is left.
SILENT = (
    rf"{MESSAGE}Completed(?: QT=.*+|)\n"
    r"|(?:Start queue run: |End queue run: |no host name found for |no IP address found for |"
    r"SMTP connection from ).*+\n"
)
"""Behind `HEAD`: lines that report no delivery, and nothing about a message."""
