"""The command line: ``smtpreply``, or ``python -m smtpreply``. Needs the extra ``cli``.

Exit codes:

- 0: success.
- 1: no reply was found; with ``--strict``, a reply violates RFC 5321; a file could not be read to
  its end; click or rich is not installed.
- 2: usage error, such as a file that does not exist; a threshold of ``--fail-on`` is exceeded.
- 130: interrupted (Ctrl-C).
- 141: the reader of the output has closed it, as ``head`` does.

The last two are 128 plus the number of the signal, as in a shell.

Each subcommand has its own module; `smtpreply.cli.group` is the group of them.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import sys

_MOST_UNCOLLECTED = 300_000


def main() -> None:
    """Run the command line with `sys.argv`, and exit.

    Raises:
        SystemExit: always, with the exit code; with the `pip` command to run where click or rich
            is not installed.
    """
    # What is imported stays, and deliveries form no reference cycles: the collector of cycles would
    # cost a tenth of a run.
    gc.set_threshold(_MOST_UNCOLLECTED)
    # Nor is it asked at the end, where it would look at all objects: a seventh of a short run.
    atexit.register(gc.freeze)
    try:
        importlib.import_module("smtpreply.cli.group").group(prog_name="smtpreply")
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in ("click", "rich"):
            raise
        sys.exit(f'smtpreply: the command line needs {missing}: pip install "smtpreply[cli]"')
