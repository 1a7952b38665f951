"""Exim's main and reject logs."""

from smtpreply.logs.formats.exim.lines import FORMAT

__all__ = ["FORMAT"]
