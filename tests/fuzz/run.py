"""Fuzz the targets with atheris: ``python tests/fuzz/run.py --seconds 300``, an hour for twelve.

Needs atheris (dependency group ``fuzz``). Each target runs in a process of its own, guided by the
coverage of the package. A finding is written to ``--findings`` and ends the run of its target:
``python tests/fuzz/run.py TARGET FILE`` reads it again.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

_ONE = "--one"
_LONGEST = 8192  # octets of an input
_SLOWEST = 20  # seconds for one: with the tracing of coverage all is ten times slower
_MOST_MEMORY = 1024  # megabytes


def fuzz(name: str, arguments: list[str]) -> None:
    """Run one target in this process, which libFuzzer then ends."""
    import atheris

    with atheris.instrument_imports(include=["smtpreply"]):
        from targets import TARGETS, seeds

    for octets in list(seeds())[::20]:  # what is compiled or imported once takes long, being traced
        TARGETS[name](octets)
    atheris.Setup([f"fuzz-{name}", *arguments], TARGETS[name])
    atheris.Fuzz()


def run(name: str, extent: list[str], findings: Path, corpus: Path) -> int:
    """Run one target in a process of its own, and return its exit code."""
    limits = [*extent, f"-max_len={_LONGEST}", f"-timeout={_SLOWEST}"]
    limits += [f"-rss_limit_mb={_MOST_MEMORY}", f"-artifact_prefix={findings}/{name}-"]
    words = [sys.executable, __file__, _ONE, name, *limits, "-print_final_stats=1", str(corpus)]
    return subprocess.run(words, check=False, env={**os.environ, "PYTHONHASHSEED": "0"}).returncode


def main() -> int:
    from targets import TARGETS, seeds

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="?", choices=list(TARGETS), help="only this one")
    parser.add_argument("input", nargs="?", type=Path, help="only this input")
    parser.add_argument("--seconds", type=int, default=300, help="for each target")
    parser.add_argument("--runs", type=int, help="instead: so many inputs, the same each time")
    parser.add_argument(
        "--grouped",
        type=int,
        metavar="LINES",
        help="instead: see `grouped`; needs no atheris",
    )
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"))
    chosen = parser.parse_args()
    if chosen.grouped is not None:
        from grouped import report

        return int(report(chosen.grouped))
    if chosen.input is not None:
        TARGETS[chosen.target](chosen.input.read_bytes())
        return 0
    chosen.findings.mkdir(exist_ok=True)
    extent = [f"-max_total_time={chosen.seconds}"]
    if chosen.runs is not None:
        extent = [f"-runs={chosen.runs}", "-seed=1"]
    failed = []
    for name in [chosen.target] if chosen.target else TARGETS:
        with tempfile.TemporaryDirectory() as folder:
            corpus = Path(folder)
            for seed in seeds():
                (corpus / hashlib.sha256(seed).hexdigest()).write_bytes(seed)
            if run(name, extent, chosen.findings.resolve(), corpus):
                failed.append(name)
    sys.stderr.write(f"found something: {', '.join(failed) or 'nothing'}\n")
    return int(bool(failed))


if __name__ == "__main__":
    if sys.argv[1:2] == [_ONE]:
        fuzz(sys.argv[2], sys.argv[3:])
    sys.exit(main())
