"""Replies with a grammar of their own: EHLO, greeting, challenge, forwarding, queue id."""
