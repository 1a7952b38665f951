"""The replies inside mail logs: `scan` gives a `Delivery` for each that a log tells of."""

from smtpreply.logs.coverage import Coverage
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, LineReader
from smtpreply.logs.prefix import Line
from smtpreply.logs.scanner import Scan, formats, register, scan

__all__ = [
    "Coverage",
    "Delivery",
    "Direction",
    "Format",
    "Line",
    "LineReader",
    "ReplyBy",
    "Scan",
    "Status",
    "formats",
    "register",
    "scan",
]
