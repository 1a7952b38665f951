"""The HTML report: what it says, that it needs nothing, that no log can write in it, how it acts.

The last part opens it in headless Chromium, where there is one.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import math
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from plotly import graph_objects

from smtpreply.logs import Coverage, Delivery, Direction, ReplyBy, Status, scan
from smtpreply.reasons import Reason
from smtpreply.report import figures
from smtpreply.report.findings import Findings
from smtpreply.report.html import html_report
from smtpreply.report.palette import OUTCOMES, REST, SERIES
from smtpreply.summary.cases import MOST
from smtpreply.summary.counts import Counts
from smtpreply.summary.outcome import Outcome
from smtpreply.summary.summary import Summary
from smtpreply.summary.top_counter import TopCounter

SAMPLE = Path(__file__).parent.parent / "data" / "sample.log"
START = datetime(2026, 11, 24, 9, tzinfo=UTC)

ATTACKS = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"'><svg onload=alert(1)>",
    "<!--<script>",
    "]]></style><style>*{display:none}",
    "a\u2028b\u2029c\u202ed\x00\x1b[2J",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "\udcff\udc80 octets that are no UTF-8",
    "<a href='https://evil.example'>here</a>",
]


class Read(HTMLParser):
    """What a browser makes of a page: its elements, and the text in them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[tuple[str | None, str]] = []
        self.tables: dict[str, list[list[str]]] = {}
        self._table: list[list[str]] = []
        self._inside: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside.append(tag)
        if tag == "script":
            self.scripts.append((dict(attrs).get("type"), ""))
        if tag == "table":
            self._table = self.tables[dict(attrs)["id"] or ""] = []
        if tag == "tr":
            self._table.append([])
        if tag in ("td", "th"):
            self._table[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "script" in self._inside:
            kind, before = self.scripts[-1]
            self.scripts[-1] = kind, before + data
            return
        self.text += data
        if {"td", "th"} & set(self._inside) and "small" not in self._inside:
            self._table[-1][-1] += data.strip()


@pytest.fixture(scope="module")
def sample() -> tuple[Summary, Coverage]:
    run = scan(SAMPLE)
    return Summary.of(run), run.coverage


@pytest.fixture(scope="module")
def page(sample: tuple[Summary, Coverage]) -> str:
    return html_report(*sample)


@pytest.fixture(scope="module")
def hostile() -> str:
    """Return a page of a log that has an attack in whatever a stranger can write."""
    summary = Summary()
    coverage = Coverage(lines=9, known=9, understood=1)
    for attack, status in itertools.product(ATTACKS, (Status.BOUNCED, Status.REJECTED)):
        incoming = status is Status.REJECTED
        summary.add(
            Delivery(
                mta=attack,
                time=START,
                status=status,
                direction=Direction.INCOMING if incoming else Direction.OUTGOING,
                sender=attack,
                recipient=f"{attack}@{attack}",
                relay_host=attack,
                relay_ip=attack,
                text=f"554 {attack}",
                reply_by=ReplyBy.REMOTE,
                delay=1,
            )
        )
        coverage.shapes[attack] += 1
        coverage.formats[attack] += 1
        coverage.problems.append(attack)
    return html_report(summary, coverage, title="".join(ATTACKS))


# --- what it says --------------------------------------------------------------------------


def test_the_headline_has_the_counts_and_shares(page: str) -> None:
    text = " ".join(Read(page).text.split())
    assert "171 deliveries, 2026-11-24 01:00 to 2026-11-25 23:59" in text
    assert "Outgoing 98 delivered 66.2% 27 deferred 18.2% 23 bounced 15.5%" in text
    assert "Incoming 20 rejected 100.0%" in text
    assert "Local 3 delivered 100.0%" in text
    assert "Recommended actions Poor reputation 16 attempts" in text


def test_the_tables_have_the_numbers_of_the_summary(
    page: str, sample: tuple[Summary, Coverage]
) -> None:
    summary, _ = sample
    tables = Read(page).tables
    gmail = next(row for row in tables["providers-table"] if row[0] == "Gmail")
    assert gmail[1:6] == ["34", "23", "3", "8", "32.4%"]
    server = next(row for row in tables["servers-table"] if row[0] == "mail.shop.example")
    assert server[2:] == ["7", "1", "5", "1", "85.7%", "Address or network blocked"]
    assert tables["codes"][1] == ["250", "Requested Action Completed", "98"]
    assert tables["mismatches"][1:] == [["deferred 5xx", "5"]]
    assert tables["unexplained-table"][1:] == [["554 Transaction <number> came to nothing", "1"]]
    assert (
        sum(int(row[1]) for row in tables["times"][1:])
        == summary.outgoing.outcome[Outcome.DELIVERED]
    )
    assert {row[0] for row in tables["reasons-table"][1:]} == {
        str(row.advice.title) for row in Findings.of(summary.outgoing).reasons
    }


def test_every_table_has_a_caption_and_heads(page: str) -> None:
    read = Read(page)
    tags = [tag for tag, _ in read.elements]
    assert len(read.tables) == tags.count("caption") == tags.count("thead") > 10
    named = {given["aria-labelledby"] for _, given in read.elements if "aria-labelledby" in given}
    ids = [given["id"] for _, given in read.elements if "id" in given]
    assert named <= set(ids)
    assert len(ids) == len(set(ids))
    headings = [tag for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == "h1"
    assert headings.count("h1") == 1
    for above, below in itertools.pairwise(headings):
        assert int(below[1]) <= int(above[1]) + 1
    links = [given["href"] for tag, given in read.elements if tag == "a"]
    assert {link[1:] for link in links if link and link.startswith("#")} <= set(ids)


def test_no_heading_is_doubled_by_a_caption(page: str) -> None:
    parts = page.split("<section ")[1:]
    for part in parts:
        heading = re.findall(r"<h2[^>]*>(.*?)</h2>", part)
        captions = re.findall(r'<caption><span id="[^"]*"( class="unseen")?>(.*?)</span>', part)
        assert not {caption for unseen, caption in captions if not unseen} & set(heading)
    assert len(parts) > 10


def test_own_trouble_is_the_first_of_the_actions() -> None:
    line = "Nov 24 11:00:02 mx1 postfix/smtpd[4]: fatal: open database <b>/etc/x.db: No such file"
    refused = (
        "Nov 24 11:00:03 mx1 postfix/smtp[5]: 4E74613FE7: to=<bob@example.org>, "
        "relay=mx.example.org[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced "
        "(host mx.example.org[192.0.2.1] said: 550 5.1.1 User unknown)"
    )
    run = scan([line, line, refused], year=2026)
    text = " ".join(Read(html_report(Summary.of(run), run.coverage)).text.split())
    actions = text.partition("Recommended actions ")[2]
    assert actions.startswith(
        "Trouble of our own servers 2 lines fatal, postfix/smtpd open database <b>"
    )
    assert "No such recipient 1 attempt" in actions


def test_a_column_without_a_value_and_a_chart_of_one_time_are_left_out() -> None:
    sent = Delivery(
        mta="postfix",
        time=START,
        direction=Direction.OUTGOING,
        status=Status.SENT,
        relay_host="mx.example.org",
        recipient="bob@example.org",
        text="250 Ok",
        reply_by=ReplyBy.REMOTE,
    )
    tables = Read(html_report(Summary.of([sent]), Coverage())).tables
    assert tables["servers-table"][0] == [
        "Server",
        "Attempts",
        "Delivered",
        "Deferred",
        "Bounced",
        "Failure rate",
    ]
    assert not {"times", "providers-table"} & tables.keys()
    assert figures.outcomes_over_time(Findings.of(Counts.of([sent])))["data"] == []


@pytest.mark.parametrize("most", [1, 3, 5])
def test_a_few_counts_have_whole_ticks(most: int) -> None:
    times = [START, *[START + timedelta(hours=1)] * most]
    deferred = [
        Delivery(
            mta="postfix",
            time=time,
            direction=Direction.OUTGOING,
            status=Status.DEFERRED,
            text="450 4.2.0 Greylisted",
            delay=9,
        )
        for time in times
    ]
    findings = Findings.of(Counts.of(deferred[1:]))
    assert figures.reasons(findings)["layout"]["xaxis"]["dtick"] == 1
    assert figures.delays(findings)["layout"]["yaxis"]["dtick"] == 1
    over_time = figures.outcomes_over_time(Findings.of(Counts.of(deferred)))
    assert over_time["layout"]["yaxis"]["dtick"] == 1


def test_the_cases_of_each_kind_tell_of_how_many_they_are(page: str) -> None:
    assert "<summary>Poor reputation: 5 of 16</summary>" in page
    assert "<summary>Mailbox full: 3</summary>" in page


def test_an_empty_log_has_a_page_too() -> None:
    text = Read(html_report(Summary(), Coverage(), title="Nothing")).text
    assert "No delivery was found." in text
    assert "Nothing" in text


def test_a_table_says_where_it_ends_and_how_exact_it_is() -> None:
    summary = Summary(
        outgoing=Counts(refused_recipient=TopCounter(capacity=1000), domain=TopCounter(capacity=2))
    )
    for number in [*range(900), 1, 1, 1]:
        summary.add(
            Delivery(
                mta="x",
                direction=Direction.OUTGOING,
                status=Status.BOUNCED,
                recipient=f"{number}@{number}.example",
            )
        )
    read = Read(html_report(summary, Coverage()))
    assert len(read.tables["recipients"]) == 501
    assert "The first 500 of 900." in read.text
    assert "each count may be up to" in read.text


def test_the_same_summary_gives_the_same_page(page: str, sample: tuple[Summary, Coverage]) -> None:
    assert html_report(*sample) == page
    assert len(page.encode()) < 2_500_000


def test_a_missing_plotly_is_one_clear_line(said_without: Callable[[str, str], str]) -> None:
    said = said_without("plotly", "smtpreply.report.html")
    assert said.endswith('the HTML report needs plotly: pip install "smtpreply[report]"')


# --- the charts ----------------------------------------------------------------------------


def drawn(summary: Summary) -> Iterator[figures.Figure]:
    findings = Findings.of(summary.outgoing)
    yield figures.outcomes_over_time(findings)
    yield figures.reasons_over_time(findings)
    yield figures.reasons(findings)
    yield figures.providers(findings)
    yield figures.delays(findings)
    yield figures.delays_within(findings)


def lasting(days: int) -> Summary:
    times = (START + timedelta(hours=7 * step) for step in range(days * 24 // 7))
    return Summary.of(
        Delivery(
            mta="x",
            direction=Direction.OUTGOING,
            time=time,
            status=Status.DEFERRED,
            text="451 later",
            delay=9,
        )
        for time in times
    )


@pytest.mark.parametrize("days", [0, 1, 700, 7000])
def test_every_chart_is_one_that_plotly_knows(days: int) -> None:
    """Its own classes check each property."""
    for figure in drawn(lasting(days)):
        graph_objects.Figure(figure)


def test_a_long_log_is_told_by_days_and_a_longer_one_by_months() -> None:
    assert Findings.of(lasting(700).outgoing).span == ("2026-11-24", "2028-10-24")
    assert Findings.of(lasting(7000).outgoing).span == ("2026-11", "2046-01")
    assert "Deliveries by month" in html_report(lasting(7000), Coverage())


def test_the_charts_have_the_numbers_of_the_summary(sample: tuple[Summary, Coverage]) -> None:
    summary, _ = sample
    over_time, reasons_over_time, reasons, providers, delays, within = drawn(summary)
    heights = {trace["name"]: sum(trace["y"]) for trace in over_time["data"]}
    assert heights == {outcome.value: count for outcome, count in summary.outgoing.outcome.items()}
    total = summary.outgoing.reason.total().total()
    assert sum(sum(trace["y"]) for trace in reasons_over_time["data"]) == total
    assert sum(sum(trace["x"]) for trace in reasons["data"]) == total
    for shares in zip(*(trace["x"] for trace in providers["data"]), strict=True):
        assert sum(shares) == pytest.approx(1)
    assert sum(sum(trace["y"]) for trace in delays["data"]) == len(summary.outgoing.delays.total())
    assert all(trace["x"] == sorted(trace["x"]) for trace in within["data"])


def test_a_chart_has_no_word_of_a_log(hostile: str) -> None:
    for kind, script in Read(hostile).scripts:
        if kind == "application/json":
            assert "alert" not in script
            assert "evil" not in script


# What each kind of colour blindness makes of linear light: Machado, Oliveira and Fernandes, "A
# physiologically-based model for simulation of color vision deficiency", 2009, at full severity.
VISIONS = {
    "all colours": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    "deuteranopia": ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    "tritanopia": ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)),
}


def seen(color: str, vision: str) -> tuple[float, float, float]:
    """Return a colour as it is seen, in CIE L*a*b*, where distance is difference."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    light = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    light = [
        min(1, max(0, sum(weight * part for weight, part in zip(row, light, strict=True))))
        for row in VISIONS[vision]
    ]
    red, green, blue = light
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    f, g, h = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * g - 16, 500 * (f - g), 200 * (g - h)


def difference(one: str, other: str, vision: str) -> float:
    return math.dist(seen(one, vision), seen(other, vision))


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("colors", [tuple(OUTCOMES.values()), (*SERIES, REST)], ids=["o", "s"])
def test_colours_are_told_apart_by_everyone(colors: tuple[str, ...], vision: str) -> None:
    """No two are nearer than what one sees at a glance (about 10), nor lost on white or black."""
    for one, other in itertools.combinations(colors, 2):
        assert difference(one, other, vision) > 12, (one, other)
    for color in colors:
        assert min(difference(color, paper, vision) for paper in ("#ffffff", "#171c22")) > 20


# --- what it needs, and what a log can do to it --------------------------------------------


@pytest.mark.parametrize("name", ["page", "hostile"])
def test_nothing_is_fetched(name: str, request: pytest.FixtureRequest) -> None:
    page = request.getfixturevalue(name)
    for tag, given in Read(page).elements:
        assert not {"src", "srcset", "data", "action", "poster", "background"} & given.keys(), tag
        if tag != "a":
            assert given.get("href", "data:,") == "data:,"
    style = page.partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


@pytest.mark.parametrize("name", ["page", "hostile"])
def test_only_the_two_scripts_that_the_policy_names_can_run(
    name: str, request: pytest.FixtureRequest
) -> None:
    page = request.getfixturevalue(name)
    read = Read(page)
    policy = next(
        given["content"] or ""
        for tag, given in read.elements
        if tag == "meta" and given.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy
    assert "script-src 'unsafe-inline'" not in policy
    running = [script for kind, script in read.scripts if kind is None]
    assert len(running) == 1
    digest = hashlib.sha256(running[0].encode()).digest()
    assert f"'sha256-{base64.b64encode(digest).decode()}'" in policy
    kinds = {kind for kind, _ in read.scripts}
    assert kinds == {None, "application/json", "text/plain"}
    for kind, script in read.scripts:
        if kind == "application/json":
            json.loads(script)


def test_an_attack_is_text(page: str, hostile: str) -> None:
    fine, attacked = Read(page), Read(hostile)
    assert {tag for tag, _ in attacked.elements} <= {tag for tag, _ in fine.elements} | {"p"}
    for tag, given in attacked.elements:
        assert not any(key.startswith("on") for key in given), tag
        link = given.get("href") or "#"
        assert link.startswith(("#", "https://", "data:,")), link
        assert "evil" not in link
    for attack in ("<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>"):
        assert attacked.text.count(attack) > 5
    assert r"a\u2028b\u2029c\u202ed\x00\x1b[2J" in attacked.text
    assert not set("\u2028\u2029\u202e\x00\x1b") & set(hostile)
    assert "{{ 7 * 7 }}" in attacked.text
    hostile.encode()  # no lone surrogate is left


# --- in a browser --------------------------------------------------------------------------

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
OFFLINE = [
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--host-resolver-rules=MAP * ~NOTFOUND", "--hide-scrollbars", "--window-size=1280,900"),
    *("--enable-logging=stderr", "--virtual-time-budget=10000", "--dump-dom"),
]
in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")


def opened(page: str, folder: Path, *, drive: str = "") -> str:
    """Open a page as a person would, and give what the browser made of it.

    A drive is a script that acts as the person; for it alone, the page gives up its policy.
    """
    if drive:
        page = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
        page = page.replace("<head>", f"<head><script>{BEFORE}</script>")
        page = page.replace("</body>", f"<script>{AFTER.replace('DRIVE', drive)}</script></body>")
    path = folder / "report.html"
    path.write_text(page, "utf-8")
    command = [str(CHROMIUM), *OFFLINE, f"--user-data-dir={folder / 'profile'}", path.as_uri()]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert "CONSOLE" not in ran.stderr
    assert "Uncaught" not in ran.stderr
    return ran.stdout


BEFORE = "window.told = [];"
AFTER = """
const tell = (words) => window.told.push(String(words));
const click = (selector) => document.querySelector(selector).click();
const column = (id, at) => [...document.getElementById(id).tBodies[0].rows]
  .filter((row) => !row.hidden).map((row) => row.cells[at].firstChild.textContent.trim()).join(" ");
const until = async (found) => { while (!found()) await new Promise((go) => setTimeout(go, 20)); };
(async () => {
  DRIVE
  document.title = JSON.stringify(window.told);
})();
"""


def title(dom: str) -> str:
    return dom.partition("<title>")[2].partition("</title>")[0]


def told(dom: str) -> list[str]:
    found: list[str] = json.loads(title(dom))
    return found


@in_a_browser
def test_the_charts_are_drawn_without_a_network(page: str, tmp_path: Path) -> None:
    dom = opened(page, tmp_path)
    shown = [
        part for part in dom.split("<figure ")[1:] if 'hidden=""' not in part.partition(">")[0]
    ]
    assert len(shown) == 5
    for figure in shown:
        assert 'class="main-svg"' in figure
        assert figure.count('class="point"') > 3
    assert 'class="chart failed"' not in dom


@in_a_browser
def test_a_hostile_page_opens_and_nothing_runs(hostile: str, tmp_path: Path) -> None:
    dom = opened(hostile, tmp_path)
    assert "<img" not in dom.partition("<script type=")[0]
    assert 'class="main-svg"' in dom


@in_a_browser
def test_tables_sort_filter_and_unfold(page: str, tmp_path: Path) -> None:
    drive = """
    const head = (at) => `#servers-table thead th:nth-child(${at}) button`;
    click(head(4)); tell(column("servers-table", 3));
    click(head(4)); tell(column("servers-table", 3));
    tell(document.querySelector("#servers-table thead th:nth-child(4)").getAttribute("aria-sort"));
    click(head(1)); tell(column("servers-table", 0).split(" ")[0]);
    click("#delays-table thead th:nth-child(3) button"); tell(column("delays-table", 0));
    const filter = document.querySelector("#recipients input");
    filter.value = "SCHOOL"; filter.dispatchEvent(new Event("input"));
    tell(column("recipients", 0).split(" ").every((name) => name.endsWith("@school.example.com")));
    tell(document.querySelector("#recipients output").textContent);
    filter.value = ""; filter.dispatchEvent(new Event("input"));
    tell(column("recipients", 0).split(" ").length);
    const more = document.querySelector("#recipients").closest(".table").querySelector(".more");
    tell(more.textContent);
    more.click(); tell(column("recipients", 0).split(" ").length);
    more.click(); tell(column("recipients", 0).split(" ").length);
    """
    rows = Read(page).tables
    numbers = sorted((int(row[3]) for row in rows["servers-table"][1:]), reverse=True)
    refused = rows["recipients"][1:]
    schools = sum("@school.example.com" in row[0] for row in refused)
    assert told(opened(page, tmp_path, drive=drive)) == [
        " ".join(map(str, numbers)),
        " ".join(map(str, reversed(numbers))),
        "ascending",
        min(row[0] for row in rows["servers-table"][1:]),
        "deferred bounced delivered",
        "true",
        f"{schools} of {len(refused)} rows",
        "12",
        f"Show all {len(refused)} rows",
        str(len(refused)),
        "12",
    ]


@in_a_browser
def test_a_switch_draws_the_other_chart(page: str, tmp_path: Path) -> None:
    drive = """
    await until(() => document.querySelector("#outcomes-over-time .main-svg"));
    tell(document.querySelector("#reasons-over-time .main-svg") === null);
    click("#time .switch button:nth-child(2)");
    await until(() => document.querySelector("#reasons-over-time .point"));
    tell(document.getElementById("outcomes-over-time").hidden);
    tell(document.getElementById("reasons-over-time").hidden);
    tell(document.querySelector("#time .switch [aria-pressed=true]").textContent);
    const chart = document.querySelector("#reasons-over-time .chart");
    await window.Plotly.relayout(chart, {"xaxis.range": ["2026-11-25 09:00", "2026-11-25 12:00"]});
    tell(chart.querySelectorAll(".xtick").length > 0);
    """
    expected = ["true", "true", "false", "Reasons", "true"]
    assert told(opened(page, tmp_path, drive=drive)) == expected


@in_a_browser
def test_the_charts_follow_the_colours_of_the_page(page: str, tmp_path: Path) -> None:
    drive = """
    let change;
    MediaQueryList.prototype.addEventListener = (kind, act) => { change = act; };
    await until(() => change);
    document.documentElement.style.setProperty("--ink", "rgb(1, 2, 3)");
    change();
    const ink = () => getComputedStyle(document.querySelector(".xtick text")).fill;
    await until(() => ink() === "rgb(1, 2, 3)");
    tell("redrawn");
    """
    assert told(opened(page, tmp_path, drive=drive)) == ["redrawn"]


@in_a_browser
def test_an_old_browser_says_that_it_is_too_old(page: str, tmp_path: Path) -> None:
    old = page.replace("<head>", "<head><script>delete window.DecompressionStream;</script>")
    dom = opened(old, tmp_path, drive="await until(() => document.querySelector('.failed'));")
    assert 'class="chart failed"' in dom
    assert ">This browser cannot draw the charts;" in dom


@in_a_browser
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_is_as_wide_as_the_window(page: str, tmp_path: Path, width: int) -> None:
    """Wide tables scroll by themselves. (The window is a frame, since Chromium has a least one.)"""
    frame = f"<iframe style='width:{width}px;height:800px;border:0' src='report.html'></iframe>"
    tell = """onload = async () => {
      const inner = document.querySelector("iframe").contentDocument;
      while (!inner.querySelector(".main-svg")) await new Promise((go) => setTimeout(go, 20));
      document.title = JSON.stringify([inner.documentElement.scrollWidth]);
    };"""
    path = tmp_path / "frame.html"
    path.write_text(f"<!doctype html><title>[]</title>{frame}<script>{tell}</script>", "utf-8")
    (tmp_path / "report.html").write_text(page, "utf-8")
    command = [str(CHROMIUM), "--allow-file-access-from-files", *OFFLINE]
    command += [f"--user-data-dir={tmp_path / 'profile'}", path.as_uri()]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert json.loads(title(ran.stdout)) == [width]


def test_each_bar_and_reason_leads_to_deliveries_in_the_page(
    page: str, sample: tuple[Summary, Coverage]
) -> None:
    summary, _ = sample
    elements = {given["id"]: tag for tag, given in Read(page).elements if given.get("id")}
    chart = figures.reasons(Findings.of(summary.outgoing))
    for target in (*chart["targets"], *figures.providers(Findings.of(summary.outgoing))["targets"]):
        assert elements[target] == ("section" if target == figures.CASES else "details")
    links = {given.get("href") for tag, given in Read(page).elements if tag == "a"}
    assert f"#{figures.cases_of_reason(Reason.UNKNOWN_RECIPIENT)}" in links
    rows = Read(page).tables["cases-unknown_recipient-table"]
    assert 1 < len(rows) <= 1 + MOST
    known = {delivery.queue_id for delivery in scan(SAMPLE)}
    assert {row[0] for row in rows[1:]} <= known


def test_a_page_has_few_deliveries_however_long_the_log() -> None:
    failed = [
        Delivery(
            mta="postfix",
            direction=Direction.OUTGOING,
            status=Status.BOUNCED,
            queue_id=f"{number:010X}",
            relay_host=f"mx{number}.example.org",
            text="550 5.1.1 User unknown",
            reply_by=ReplyBy.REMOTE,
        )
        for number in range(500)
    ]
    page = html_report(Summary.of(failed), Coverage())
    assert len(Read(page).tables["cases-unknown_recipient-table"]) == 1 + MOST


def test_nothing_that_takes_the_focus_is_inside_an_image(page: str) -> None:
    """The buttons of a chart are inside of it, and an image has no parts for a screen reader."""
    assert not [given for _, given in Read(page).elements if given.get("role") in ("img", "region")]


@in_a_browser
def test_a_click_on_a_bar_and_a_link_unfold_deliveries(page: str, tmp_path: Path) -> None:
    drive = """
    const chart = document.querySelector("#reasons-chart .chart");
    await until(() => chart.emit && chart.querySelector(".main-svg"));
    chart.emit("plotly_click", {points: [{pointIndex: 1}]});
    await until(() => document.querySelector("#cases details[open]"));
    tell(document.querySelector("#cases details[open]").id);
    tell(document.activeElement.parentElement.id);
    click("#reasons-table a[href='#cases-greylisted']");
    await until(() => document.getElementById("cases-greylisted").open);
    tell(document.activeElement.parentElement.id);
    """
    summary = Summary.of(scan(SAMPLE))
    second = Findings.of(summary.outgoing).reasons[1].reason
    target = figures.cases_of_reason(second)
    assert told(opened(page, tmp_path, drive=drive)) == [target, target, "cases-greylisted"]
