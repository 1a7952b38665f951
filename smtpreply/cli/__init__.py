"""The command line: ``smtpreply``, or ``python -m smtpreply``. Needs the extra ``cli``.

Exit codes:

- 0: all was read.
- 1: there was no reply to read; with ``--strict``, a reply that RFC 5321 does not allow; a file
  that could not be read to its end; click or rich is not installed.
- 2: the command line itself was wrong; a file that does not exist.
- 130: interrupted (Ctrl-C).
- 141: whoever read the output has stopped, as ``head`` does.

The last two are 128 and the number of the signal, as a shell counts them.

Each subcommand is a module of its own; `smtpreply.cli.group` puts them together.
"""

from __future__ import annotations

import importlib
import sys


def main() -> None:
    """Run the command line with `sys.argv`, and exit.

    Raises:
        SystemExit: always, with the exit code. Without click or rich, with one line that says how
            to install them.
    """
    try:
        importlib.import_module("smtpreply.cli.group").group(prog_name="smtpreply")
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in ("click", "rich"):
            raise
        sys.exit(f'smtpreply: the command line needs {missing}: pip install "smtpreply[cli]"')
