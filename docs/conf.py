"""Build the documentation site: ``sphinx-build -W docs site``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from reference_tables import TABLES

project = "smtpreply"
author = "The smtpreply founders"
copyright = "2026, The smtpreply founders"  # noqa: A001  (Sphinx's name)

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_click",
]
source_suffix = {".md": "markdown"}
myst_enable_extensions = ["colon_fence", "deflist", "substitution"]
myst_substitutions = TABLES
myst_heading_anchors = 3

html_theme = "furo"
html_title = "smtpreply"

smartquotes = False  # it would turn -- of options into a dash
default_role = "code"  # docstrings mark names with single backticks
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True  # attributes are documented once, where they are defined
suppress_warnings = ["ref.python"]  # names of attributes that several classes have
