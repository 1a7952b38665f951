"""How hypothesis looks: by chance, and for what must not fail by chance, the same each time.

`--hypothesis-profile=steady` for a build, `=quick` for one on a second Python.
"""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("steady", derandomize=True)
settings.register_profile("quick", max_examples=15, derandomize=True, deadline=None)
