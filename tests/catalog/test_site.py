"""The site in a browser: headless Chromium, where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from smtpreply.catalog.site.site import write_site

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
OFFLINE = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--enable-logging=stderr", "--virtual-time-budget=3000", "--dump-dom"),
]
TYPE = """<script>
const query = document.getElementById("query");
query.value = "mailbox full";
query.dispatchEvent(new Event("input"));
</script></body>"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    write_site(out, ("en", "ru"))
    return out


def opened(page: Path, profile: Path) -> str:
    """Open a page as a person would, and give what the browser made of it."""
    command = [str(CHROMIUM), *OFFLINE, f"--user-data-dir={profile}", page.as_uri()]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert "CONSOLE" not in ran.stderr
    assert "Uncaught" not in ran.stderr
    return ran.stdout


def test_a_comparison_shows_every_section_in_russian(site: Path, tmp_path: Path) -> None:
    dom = opened(site / "ru" / "compare" / "214-vs-235.html", tmp_path)
    headings = re.findall("<h[2-4][^>]*>([^<]+)</h", dom)
    assert {
        "Описание",
        "Когда вы это видите",
        "Как исправить",
        "Ключевые различия",
        "Когда что использовать",
        "Узнать больше",
    } <= set(headings)


def test_the_search_in_the_page_works(site: Path, tmp_path: Path) -> None:
    index = site / "en" / "index.html"
    driven = index.with_name("driven.html")
    driven.write_text(index.read_text("utf-8").replace("</body>", TYPE), "utf-8")
    results = opened(driven, tmp_path).partition('id="results"')[2].partition("</ol>")[0]
    assert "<b>X.2.2</b> Mailbox Full" in results
    for address in re.findall('href="([^"]+)"', results):
        assert (site / "en" / address).exists()
