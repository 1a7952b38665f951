"""Postfix's log lines."""

from smtpreply.logs.formats.postfix.lines import FORMAT

__all__ = ["FORMAT"]
