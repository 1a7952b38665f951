"""The picture of the HTML report in README.md, from the sample log: ``docs/report.png``.

Run ``python -m benchmarks.picture`` with the extra ``report`` and Chromium.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOG = "tests/data/sample.log"
SIZE = "1280,1941"  # down to the end of the charts that come first
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run")
QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync")


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("there is no Chromium here")
    picture = ROOT / "docs" / "report.png"
    with tempfile.TemporaryDirectory() as name:
        page = Path(name) / "report.html"
        scan = [sys.executable, "-m", "smtpreply", "scan", LOG, "--html", str(page)]
        subprocess.run(scan, check=True, capture_output=True, cwd=ROOT)
        window = (f"--window-size={SIZE}", f"--user-data-dir={name}/profile")
        drawing = (f"--screenshot={picture}", "--virtual-time-budget=10000", page.as_uri())
        command = [chromium, *OPTIONS, *QUIET, *window, *drawing]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    print(f"{picture}: {picture.stat().st_size:,} octets")


if __name__ == "__main__":
    main()
