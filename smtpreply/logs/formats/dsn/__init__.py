"""Bounce mails: delivery status notifications (RFC 3464), and bounces in words."""

from smtpreply.logs.formats.dsn.report import FORMAT

__all__ = ["FORMAT"]
