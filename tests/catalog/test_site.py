"""The site: its links, its head, and what a browser makes of it (headless Chromium)."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from smtpreply.catalog import codes, search
from smtpreply.catalog.site.addresses import pairs, resolve
from smtpreply.catalog.site.site import write_site

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
AXE = Path(os.environ.get("SMTPREPLY_AXE", "node_modules/axe-core/axe.min.js"))
BASE = "https://smtp.example/"
OFFLINE = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--host-resolver-rules=MAP * ~NOTFOUND", "--allow-file-access-from-files"),
    *("--enable-logging=stderr", "--virtual-time-budget=5000", "--dump-dom"),
]
LARGEST = 60_000

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")


class Head:
    """The elements of a page, and the addresses that it links and loads.

    Patterns do for pages of our own templates, and for thousands of them a parser is too slow.
    """

    def __init__(self, page: Path) -> None:
        text = page.read_text("utf-8")
        self.elements = [
            (
                tag,
                {
                    name: html.unescape(value)
                    for name, value in re.findall('([a-z:-]+)="([^"]*)"', rest)
                },
            )
            for tag, rest in re.findall(
                "<(html|meta|link)\\b([^>]*)>", text.partition("</head>")[0]
            )
        ]
        self.links = [html.unescape(link) for link in re.findall('<a [^>]*?href="([^"]*)"', text)]
        self.loaded = re.findall('<script[^>]* src="([^"]*)"', text)
        self.loaded += [
            given["href"]
            for tag, given in self.elements
            if tag == "link" and given["rel"] in ("stylesheet", "icon")
        ]
        self.title = html.unescape(re.findall("<title>(.*?)</title>", text)[0])

    def meta(self, name: str) -> str | None:
        for tag, given in self.elements:
            if tag == "meta" and name in (given.get("name"), given.get("property")):
                return given["content"]
        return None

    def rel(self, name: str) -> list[dict[str, str]]:
        return [given for tag, given in self.elements if tag == "link" and given["rel"] == name]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    write_site(out, ("en", "ru", "de"), BASE)
    return out


@pytest.fixture(scope="session")
def heads(site: Path) -> dict[Path, Head]:
    return {page: Head(page) for page in site.rglob("*.html")}


@pytest.fixture(scope="session")
def links(heads: dict[Path, Head]) -> dict[Path, set[Path]]:
    """Return the pages that each page links to."""
    return {
        page: {
            Path(os.path.normpath(page.parent / link.partition("#")[0]))
            for link in head.links
            if not link.startswith(("https://", "#"))
        }
        for page, head in heads.items()
    }


# --- links ---------------------------------------------------------------------------------


def test_every_link_leads_to_a_page(heads: dict[Path, Head], links: dict[Path, set[Path]]) -> None:
    for page, found in links.items():
        for target in found:
            assert target in heads, (page, target)


def test_a_crumb_leads_to_the_list_of_the_class(site: Path, heads: dict[Path, Head]) -> None:
    home = (site / "en" / "index.html").read_text("utf-8")
    for head in heads.values():
        for link in head.links:
            anchor = "" if link.startswith("https://") else link.partition("#")[2]
            assert anchor in ("", "text") or f'id="{anchor}"' in home, link


def test_every_page_is_reached_from_the_home_page(
    site: Path, heads: dict[Path, Head], links: dict[Path, set[Path]]
) -> None:
    home = site / "en" / "index.html"
    reached, waiting = {home}, [home]
    while waiting:
        for target in links[waiting.pop()] - reached:
            reached.add(target)
            waiting.append(target)
    assert {page for page in heads if page.is_relative_to(site / "en")} <= reached


def test_every_comparison_is_linked_from_the_pages_of_both_codes(
    site: Path, links: dict[Path, set[Path]]
) -> None:
    for first, second in pairs():
        comparison = site / "en" / str(resolve(f"{first}/{second}"))
        for key in (first, second):
            assert comparison in links[site / "en" / str(resolve(key))], (first, second)


def test_214_against_235_is_two_clicks_from_the_home_page(
    site: Path, links: dict[Path, set[Path]]
) -> None:
    home = site / "ru" / "index.html"
    goal = site / "ru" / "compare" / "214-vs-235.html"
    assert any(goal in links[page] for page in links[home] if page in links)


def test_a_reply_code_links_its_statuses_and_commands(
    site: Path, links: dict[Path, set[Path]]
) -> None:
    found = links[site / "en" / "reply" / "550-mailbox-unavailable.html"]
    for folder in ("status", "command", "compare"):
        assert any(target.parent.name == folder for target in found), folder


# --- the head ------------------------------------------------------------------------------


def test_every_page_has_a_title_of_its_own_and_a_description(
    site: Path, heads: dict[Path, Head]
) -> None:
    titles = [head.title for page, head in heads.items() if page.is_relative_to(site / "en")]
    doubled = {title for title in titles if titles.count(title) > 1}
    assert not doubled
    for page, head in heads.items():
        description = head.meta("description")
        assert description, page
        assert len(description) <= 303, page
        assert head.rel("canonical")[0]["href"].startswith(BASE), page
        assert head.rel("icon"), page
        assert head.meta("viewport"), page
        assert next(given["lang"] for tag, given in head.elements if tag == "html"), page


def test_alternates_are_absolute_and_written_alike_in_all_languages(
    site: Path, heads: dict[Path, Head]
) -> None:
    head = heads[site / "ru" / "reply" / "550-mailbox-unavailable.html"]
    alternates = {row["hreflang"]: row["href"] for row in head.rel("alternate")}
    path = "reply/550-mailbox-unavailable.html"
    assert alternates == {
        **{tag: f"{BASE}{tag}/{path}" for tag in ("en", "ru")},
        "x-default": f"{BASE}en/{path}",
    }
    assert head.meta("og:url") == head.rel("canonical")[0]["href"] == f"{BASE}ru/{path}"
    assert head.meta("og:title") == head.title
    home = heads[site / "de" / "index.html"]
    assert [row["hreflang"] for row in home.rel("alternate")] == ["en", "ru", "de", "x-default"]


def test_alternates_name_each_other_and_stand_for_themselves(
    site: Path, heads: dict[Path, Head]
) -> None:
    for page, head in heads.items():
        if page.parent == site:
            continue
        own = f"{BASE}{page.relative_to(site).as_posix()}"
        canonical = head.rel("canonical")[0]["href"]
        alternates = head.rel("alternate")
        assert bool(alternates) == (canonical == own), page
        for row in alternates:
            other = heads[site / row["href"].removeprefix(BASE)]
            assert other.rel("alternate") == alternates, (page, row)


def test_without_a_base_url_the_pages_link_each_other_relatively(tmp_path: Path) -> None:
    write_site(tmp_path, ("zh",))
    page = tmp_path / "zh" / "reply" / "550-mailbox-unavailable.html"
    head = Head(page)
    alternates = {row["hreflang"]: row["href"] for row in head.rel("alternate")}
    assert alternates["zh-Hans"] == "../../zh/reply/550-mailbox-unavailable.html"
    assert ("html", {"lang": "zh-Hans", "dir": "ltr"}) in head.elements
    assert "Sitemap" not in (tmp_path / "robots.txt").read_text()
    assert not (tmp_path / "sitemap.xml").exists()


def test_a_page_without_a_translation_says_so_and_points_at_the_english_one(
    site: Path, heads: dict[Path, Head]
) -> None:
    path = "reply/550-mailbox-unavailable.html"
    german, russian = heads[site / "de" / path], heads[site / "ru" / path]
    assert not german.rel("alternate")
    assert german.rel("canonical")[0]["href"] == f"{BASE}en/{path}"
    assert "noch nicht übersetzt" in (site / "de" / path).read_text("utf-8")
    assert german.meta("robots") is None  # it would contradict the canonical URL
    assert russian.rel("canonical")[0]["href"] == f"{BASE}ru/{path}"
    listed = (site / "sitemap-de.xml").read_text()
    assert path not in listed
    assert "de/index.html" in listed


def test_the_sitemap_lists_the_pages_that_may_be_indexed(
    site: Path, heads: dict[Path, Head]
) -> None:
    overview = ET.parse(site / "sitemap.xml").getroot()
    maps = [str(element.text) for element in overview.iter() if element.tag.endswith("loc")]
    listed: list[str] = []
    for url in maps:
        root = ET.parse(site / url.removeprefix(BASE)).getroot()
        listed += [str(element.text) for element in root.iter() if element.tag.endswith("loc")]
    indexed = {
        f"{BASE}{page.relative_to(site).as_posix()}"
        for page, head in heads.items()
        if page.parent != site
        and head.rel("canonical")[0]["href"] == f"{BASE}{page.relative_to(site).as_posix()}"
    }
    assert set(listed) == indexed
    assert f"Sitemap: {BASE}sitemap.xml" in (site / "robots.txt").read_text()


def test_structured_data_is_json_that_cannot_leave_its_element(site: Path) -> None:
    page = (site / "en" / "reply" / "354-start-mail-input.html").read_text("utf-8")
    data = page.partition('<script type="application/ld+json">')[2].partition("</script>")[0]
    assert json.loads(data)["@type"] == "TechArticle"


def test_no_page_is_large_or_loads_anything_from_elsewhere(
    site: Path, heads: dict[Path, Head]
) -> None:
    for page, head in heads.items():
        assert page.stat().st_size < LARGEST, page
        for address in head.loaded:
            assert (page.parent / address).exists(), (page, address)
    assert "http" not in (site / "style.css").read_text()


def test_the_home_page_lists_all_reply_codes_without_javascript(
    site: Path, links: dict[Path, set[Path]]
) -> None:
    found = links[site / "en" / "index.html"]
    for entry in codes():
        assert site / "en" / str(resolve(entry.key)) in found
    page = (site / "en" / "index.html").read_text("utf-8")
    first, last = page.index("2xx Positive"), page.index("Not an SMTP reply")
    assert page.index("Looked up most often") < first < last


# --- in the browser ------------------------------------------------------------------------


def opened(page: Path, profile: Path, *options: str) -> str:
    """Open a page as a person would, and return what the browser made of it."""
    command = [str(CHROMIUM), *OFFLINE, *options, f"--user-data-dir={profile}", page.as_uri()]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert "CONSOLE" not in ran.stderr
    assert "Uncaught" not in ran.stderr
    return ran.stdout


def driven(page: Path, script: str, name: str = "driven.html") -> Path:
    """Return a copy of a page that ends with a script."""
    copy = page.with_name(name)
    text = page.read_text("utf-8").replace("</body>", f"<script>{script}</script></body>")
    copy.write_text(text, "utf-8")
    return copy


@needs_chromium
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


SEARCH = """
const box = document.getElementById("query");
const found = document.createElement("pre");
found.id = "found";
document.body.append(found);
const queries = QUERIES, firsts = [];
const step = () => {
  if (firsts.length === queries.length) { found.textContent = JSON.stringify(firsts); return; }
  box.value = queries[firsts.length];
  box.dispatchEvent(new Event("input"));
  const first = document.querySelector("#results a");
  firsts.push(first ? [first.querySelector("b").textContent, first.getAttribute("href")] : null);
  step();
};
box.focus();
box.dispatchEvent(new Event("input"));
const wait = setInterval(() => {
  if (window.SMTP_INDEX) { clearInterval(wait); setTimeout(step, 50); }
}, 20);
"""
QUERIES = [
    *("5.1.1", "5.7.1", "5.7.26", "blacklist", "mailbox full", "spf fail", "greylisted", "5.7.610"),
    *("Postfach voll", "收件人邮箱已满"),
    *("ящик переполнен", "чёрный список", "smtp error 535", "250 2.0.0 Ok: queued as 4F1B2C3D"),
    "550 5.1.1 <bob@example.com>: Recipient address rejected: User unknown",
    "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using bl.example",
]


@needs_chromium
@pytest.mark.parametrize(
    "path", ["en/index.html", "ru/reply/550-mailbox-unavailable.html", "en/compare/214-vs-235.html"]
)
def test_the_search_in_each_page_finds_first_what_the_command_finds(
    site: Path, tmp_path: Path, path: str
) -> None:
    page = site / path
    copy = driven(page, SEARCH.replace("QUERIES", json.dumps(QUERIES)), "searched.html")
    dom = opened(copy, tmp_path)
    copy.unlink()
    firsts = json.loads(re.findall('<pre id="found">(.*?)</pre>', dom)[0])
    language = path.partition("/")[0]
    for query, first in zip(QUERIES, firsts, strict=True):
        expected = search(query, limit=1, language=language)[0].entry.key
        # A code in a provider's range has the page of the range.
        assert first is not None, query
        assert first[0] == expected or query == "5.7.610", query
        assert (page.parent / first[1]).exists(), query


@needs_chromium
def test_two_codes_in_the_search_box_lead_to_their_comparison(site: Path, tmp_path: Path) -> None:
    asked = ["214 235", "450 vs 451", "5.1.10 5.1.1", "X.1.3 X.1.1", "4.7.26 4.7.23", "550 550"]
    script = SEARCH.replace("QUERIES", json.dumps(asked))
    copy = driven(site / "en" / "index.html", script, "compared.html")
    dom = opened(copy, tmp_path)
    copy.unlink()
    firsts = json.loads(re.findall('<pre id="found">(.*?)</pre>', dom)[0])
    assert [address for _, address in firsts] == [
        "../en/compare/214-vs-235.html",
        "../en/compare/450-vs-451.html",
        "../en/compare/5.1.1-vs-5.1.10.html",
        "../en/compare/x.1.1-vs-x.1.3.html",
        "../en/compare/x.7.23-vs-x.7.26.html",
        "../en/reply/550-mailbox-unavailable.html",
    ]
    for _, address in firsts:
        assert (site / "en" / address).exists(), address


MEASURE = """<!doctype html><body style="margin:0"><iframe id="frame" src="{page}"
width="{width}" height="{height}" style="border:0"></iframe><pre id="found"></pre><script>
frame.onload = () => {{
  const inner = frame.contentDocument;
  const top = (selector) => {{
    const element = inner.querySelector(selector);
    return element ? element.getBoundingClientRect().top : null;
  }};
  found.textContent = JSON.stringify({{
    scroll: inner.documentElement.scrollWidth, client: inner.documentElement.clientWidth,
    fix: top("section.how-to-fix p"), differences: top("section.key-differences"),
    card: top("section.code"), search: top("#query"),
  }});
}};
</script>"""


def measured(page: Path, profile: Path, width: int, height: int) -> dict[str, float]:
    """Return where the parts of a page stand in a window of this size, in CSS pixels."""
    frame = page.with_name("frame.html")
    frame.write_text(MEASURE.format(page=page.name, width=width, height=height), "utf-8")
    dom = opened(frame, profile, f"--window-size={max(width, 600)},{height + 200}")
    frame.unlink()
    found: dict[str, float] = json.loads(re.findall('<pre id="found">(.*?)</pre>', dom)[0])
    return found


PAGES = [
    "en/index.html",
    "ru/reply/550-mailbox-unavailable.html",
    "en/reply/421-service-not-available.html",
    "de/status/x-7-1-delivery-not-authorized-message-refused.html",
    "ru/compare/214-vs-235.html",
    "en/compare/index.html",
]


@needs_chromium
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("path", PAGES)
def test_no_page_scrolls_sideways(site: Path, tmp_path: Path, path: str, width: int) -> None:
    found = measured(site / path, tmp_path, width, 844)
    assert found["scroll"] <= found["client"]
    assert found["search"] < 200


@needs_chromium
@pytest.mark.parametrize("path", [path for path in PAGES if "/reply/" in path])
def test_the_fix_stands_in_the_first_screen_of_a_phone(
    site: Path, tmp_path: Path, path: str
) -> None:
    assert measured(site / path, tmp_path, 390, 844)["fix"] < 844


@needs_chromium
def test_the_differences_stand_in_the_first_screen_above_the_cards(
    site: Path, tmp_path: Path
) -> None:
    found = measured(site / "ru" / "compare" / "214-vs-235.html", tmp_path, 1280, 900)
    assert found["differences"] < 400
    assert found["differences"] < found["card"]


RUN_AXE = """
axe.run().then((result) => {
  const found = document.createElement("pre");
  found.id = "found";
  found.textContent = JSON.stringify(result.violations.map((rule) => [rule.id, rule.impact]));
  document.body.append(found);
});
"""


@needs_chromium
@pytest.mark.skipif(
    not AXE.exists(), reason="axe-core is not here (npm install axe-core; SMTPREPLY_AXE names it)"
)
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_no_barrier(site: Path, tmp_path: Path, path: str) -> None:
    axe = AXE.read_text("utf-8").replace("</script", "<\\/script")
    copy = driven(site / path, f"{axe}</script><script>{RUN_AXE}", "checked.html")
    dom = opened(copy, tmp_path)
    copy.unlink()
    assert json.loads(re.findall('<pre id="found">(.*?)</pre>', dom)[0]) == []
