"""Mails about mails: delivery status notifications (RFC 3464), bounces in words, complaints."""

from smtpreply.logs.formats.dsn.mailbox import FORMAT

__all__ = ["FORMAT"]
