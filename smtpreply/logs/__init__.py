"""Mail logs: `scan` yields a `Delivery` for each attempt or refusal that a log records."""

from smtpreply.logs.coverage import Coverage
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.grouping import Bundle
from smtpreply.logs.input.split import Part, parts_of
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.registry import known_formats, register, unregister
from smtpreply.logs.scanner import Scan, scan
from smtpreply.logs.toolkit.return_paths import original_sender

__all__ = [
    "Bundle",
    "Coverage",
    "Delivery",
    "Direction",
    "Format",
    "Line",
    "Part",
    "Reader",
    "ReplyBy",
    "Scan",
    "Status",
    "known_formats",
    "original_sender",
    "parts_of",
    "register",
    "scan",
    "unregister",
]
