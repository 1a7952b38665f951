"""How thoroughly hypothesis looks: `--hypothesis-profile=quick` for a second Python."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("quick", max_examples=15, deadline=None)
