"""The chart kit: labels that stand apart, drawings that fit their page, and what a chart must say."""

import itertools
import json
import re
import shutil
from types import SimpleNamespace

import nbformat
import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from minerpivot.book import assets, profiles
from minerpivot.book.build import build_site
from minerpivot.book.execute import ROOT, chapters
from minerpivot.page import charts, drawing

CSS = ROOT / "minerpivot" / "book" / "static" / "charts.css"
DAYS = pd.date_range("2024-06-04", "2026-10-07", freq="W-TUE")
WEEKS = len(DAYS)


def walk(end, count=WEEKS, seed=1):
    """A path from 100 to `end` with ups and downs, the same each time."""
    steps = np.cumsum(np.sin(np.arange(count) * (seed + 0.37)) * 0.06)
    return 100 * np.exp(steps - np.linspace(0, steps[-1], count) + np.linspace(0, np.log(end / 100), count))


LEVELS = pd.concat(
    pd.DataFrame({"day": DAYS, "level": walk(end, seed=seed), "who": who, "few": (DAYS < "2024-12-24") & (who == "in")})
    for seed, (who, end) in enumerate({"in": 290, "out": 250, "chips": 262, "nasdaq": 167, "btc": 85}.items())
)
CYCLES = pd.concat(
    pd.DataFrame({"days": np.arange(count) * 14, "level": walk(end, count, seed), "year": year})
    for seed, (year, end, count) in enumerate([(2012, 8, 100), (2016, 130, 100), (2020, 240, 100), (2024, 30, 60)])
)
MEMBERS = pd.DataFrame({"day": DAYS, "in": np.linspace(1, 12, len(DAYS)).astype(int)}).assign(
    out=lambda f: 15 - f["in"]
)
COSTS = pd.DataFrame({"machine": ["Antminer S23 Hyd", "Antminer S21", "Antminer S19 XP"], "cents": [9.3, 6.1, -2.4]})
LEASES = pd.DataFrame(
    {"lease": ["IREN, Microsoft", "Core Scientific, CoreWeave", "Hut 8, Anthropic"], "rent": [1.6, 1.4, 1.2]}
).assign(mining=[0.9, 1.1, 0.8], after=[0.8, None, 0.3])
POWER = pd.DataFrame({"day": DAYS[[0, 30, 70, -1]], "signed": [0.2, 1.1, 3.3, 6.1], "live": [0.0, 0.0, 0.3, 1.0]})
EVENTS = [
    charts.Event("2024-09-01", "First lease to a tenant"),
    charts.Event("2025-07-07", "CoreWeave bids for the company"),
    charts.Event("2025-10-30", "Shareholders vote the bid down"),
    charts.article(),
    charts.Event("2026-07-28", "AMD leases 377 MW"),
]
BITCOIN = LEVELS[LEVELS["who"] == "btc"]


def cost_bars(cents):
    """Bars against one price of power."""
    mark = charts.Mark(cents, f"{cents} cents")
    return charts.bars(COSTS, name="machine", value="cents", format="{:.1f}", accent="mining", marks=[mark])


FORMS = {
    "lines over a number": charts.lines(
        CYCLES,
        x="days",
        y="level",
        by="year",
        names={2012: "2012", 2016: "2016", 2020: "2020", 2024: ("2024, the latest", "2024")},
        accent={2024: "mining"},
        format="{:.0f}",
        log=True,
        marks=[charts.Mark(100, "income before the halving")],
        place="{:.0f} days after",
    ),
    "lines over days": charts.lines(
        LEVELS,
        x="day",
        y="level",
        by="who",
        names={
            "in": "Signed",
            "out": "Not signed",
            "chips": "Chips",
            "nasdaq": ("Nasdaq-100", "Nasdaq"),
            "btc": "Bitcoin",
        },
        accent={"out": "mining", "in": "ai"},
        log=True,
        ticks={50: "−50%", 100: "start", 200: "+100%"},
        events=[charts.article()],
        thin="few",
        strip=charts.Strip(
            MEMBERS,
            "day",
            {"in": "ai", "out": "doubtful"},
            {"in": "signed", "out": "not signed"},
            "Companies in each group",
        ),
    ),
    "events": charts.lines(BITCOIN, x="day", y="level", format="${:,.2f}", accent="ai", zero=True, events=EVENTS),
    "bars": charts.bars(COSTS, name="machine", value="cents", format="{:.1f} cents", accent={"Antminer S21": "mining"}),
    "parts": charts.bars(
        POWER.assign(d=["a", "b", "c", "d"]), name="d", value="signed", part="live", format="{:.1f} GW"
    ),
    "waterfall": charts.waterfall(
        ("April 2024", 107.2),
        {"Halved reward": -53.6, "More competition": -30.1, "Bitcoin's price": 8.4},
        ("October 2026", 31.9),
    ),
    "dots": charts.dots(
        LEASES, name="lease", values={"rent": "Rent"}, accent="ai", marks=[charts.Mark(1.4, "average")]
    ),
    "dumbbells": charts.dots(
        LEASES,
        name="lease",
        values={"rent": "Rent", "mining": "Mining", "after": "After building"},
        accent={"mining": "mining", "rent": "ai", "after": "ai"},
        format="${:.1f}m",
    ),
    "ranges": charts.ranges(
        pd.DataFrame({"what": ["Guidance", "If misses repeat"], "low": [635, 600], "high": [690, 735]}),
        name="what",
        low="low",
        high="high",
        format="${:,.0f}bn",
        accent={"Guidance": "ai", "If misses repeat": "promised"},
    ),
    "areas": charts.areas(
        POWER,
        x="day",
        names={"signed": "contracted", "live": "live"},
        accent={"signed": "promised", "live": "ai"},
        format="{:.1f} GW",
        gap="promised, not yet live",
        events=[charts.article()],
    ),
    "tiles": charts.tiles({"Holds": charts.Count(8, "ai"), "With a caveat": charts.Count(13, "promised")}),
    "parts in tiles": charts.tiles(
        {"21 leases": [charts.Count(18, "ai", "ahead"), charts.Count(3, "promised", "depend")]}
    ),
    "panels": charts.panels(
        *(
            charts.lines(BITCOIN, x="day", y="level", accent="ai", heading=heading, height=(120, 120))
            for heading in ("Texas", "Ohio", "Maine")
        ),
        columns=2,
    ),
}
SAID = {
    "title": "Income is at 30",
    "unit": "Index, 100 = the month before",
    "description": "Income is 30. It was 100 before the halving.",
}


def stored(form):
    """What the notebook keeps of a form."""
    return charts._stored("", charts.Choice(form, **SAID))


def drawn(form, size):
    """A form as it is drawn."""
    return drawing.picture(stored(form)["panels"], size)


@pytest.fixture
def shown(monkeypatch):
    """What `show` displays."""
    kept = []
    monkeypatch.setattr(charts, "display", lambda data, raw=False: kept.append(data))
    monkeypatch.setattr(charts, "_png", lambda choice: "picture")
    return kept


# --- Labels ------------------------------------------------------------------------------------------------------


def test_labels_move_apart_as_little_as_can_be_and_keep_their_order():
    """Two that touch share the way; a free one stays; an edge pushes back."""
    assert charts.dodge([50, 54, 120], [20, 20, 20], 0, 200) == [42, 62, 120]
    assert charts.dodge([54, 50], [20, 20], 0, 200) == [62, 42]
    assert charts.dodge([2, 4], [20, 20], 0, 200) == [10, 30]
    assert charts.dodge([198, 199], [20, 30], 0, 200) == [160, 185]
    assert charts.dodge([], [], 0, 10) == []


@given(
    st.lists(st.tuples(st.floats(-500, 500), st.floats(1, 40)), min_size=1, max_size=12),
    st.floats(0, 300),
)
def test_no_labels_overlap_whatever_their_places(labels, spare):
    """In order, apart, and within bounds."""
    places, heights = zip(*labels)
    low, high = -100.0, -100.0 + sum(heights) + spare
    moved = charts.dodge(places, heights, low, high)
    order = sorted(range(len(places)), key=lambda i: (places[i], i))
    edges = [edge for i in order for edge in (moved[i] - heights[i] / 2, moved[i] + heights[i] / 2)]
    assert edges[0] >= low - 1e-6
    assert edges[-1] <= high + 1e-6
    assert all(b >= a - 1e-6 for a, b in itertools.pairwise(edges))


def test_labels_that_cannot_fit_are_refused():
    """Rather than drawn over each other."""
    with pytest.raises(ValueError, match="3 labels do not fit"):
        charts.dodge([1, 2, 3], [20, 20, 20], 0, 50)


def test_a_function_writes_what_no_format_string_can():
    """An index told as a return, at the line's end; without labels for its ticks it is refused."""
    told = charts.lines(BITCOIN, x="day", y="level", format=lambda level: f"index {level:.0f}", ticks={100: "start"})
    (plate,) = told.draw(charts.WIDE)
    last = BITCOIN.sort_values("day")["level"].iloc[-1]
    assert f"index {last:.0f}" in [word["text"] for word in plate.datasets["words"]]
    with pytest.raises(ValueError, match="give the ticks their labels"):
        charts.lines(BITCOIN, x="day", y="level", format=lambda level: "x").draw(charts.WIDE)


@pytest.mark.parametrize(
    ("value", "pattern", "text"),
    [
        (1234.5, "{:,.0f}", "1,234"),
        (-9, "${:.0f}", "−$9"),
        (9, "{:+.0f}%", "+9%"),
        (-9, "{:+.0f}%", "−9%"),
        (-0.2, "{:+.0f}%", "0%"),
        (6.12, "{:.1f} GW", "6.1 GW"),
    ],
)
def test_values_are_written_with_a_real_minus_and_no_signed_zero(value, pattern, text):
    """The minus stands before a dollar sign."""
    assert charts.written(value, pattern) == text


@pytest.mark.parametrize(
    ("low", "high", "log", "ticks"),
    [
        (0, 32, False, [0, 10, 20, 30]),
        (-45, 120, False, [0, 50, 100]),
        (7, 330, True, [10, 30, 100, 300]),
        (0.4, 3.1, True, [0.5, 1, 2]),
    ],
)
def test_scales_have_few_round_ticks(low, high, log, ticks):
    """Three to five."""
    assert charts._ticks(low, high, log=log) == ticks


# --- Drawings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", drawing.WIDTHS)
@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_drawn_small_with_classes_and_nothing_outside(form, size):
    """At most 12 KB; no colour, font or id; every word within the drawing in the widest font; the same each time."""
    picture = drawn(FORMS[form], size)
    assert len(picture.body.encode()) <= charts.LARGEST
    assert not re.search(r"#[0-9a-f]{3}|font|style=|\bid=|NaN|undefined", picture.body)
    words = re.findall(
        r'<text x="([-\d.]+)" y="([-\d.]+)" class="([^"]+)"(?: text-anchor="(\w+)")?>([^<]+)<', picture.body
    )
    assert words
    for x, y, names, anchor, text in words:
        wide = drawing.measure(text, bold="b" in names.split())
        left = float(x) - {"end": wide, "middle": wide / 2}.get(anchor, 0)
        assert -1 <= left <= left + wide <= picture.width + 1, text
        assert 9 <= float(y) <= picture.height - 1, text
    assert picture == drawn(FORMS[form], size)


@pytest.mark.parametrize("form", FORMS)
def test_every_point_says_its_value(form):
    """Within the drawing, in both sizes; and the same values as in the table for download."""
    item = stored(FORMS[form])
    for size in drawing.WIDTHS:
        picture = drawing.picture(item["panels"], size)
        assert picture.points
        for x, y, _, place, value in picture.points:
            assert -1 <= x <= picture.width + 1
            assert -1 <= y <= picture.height + 1
            assert place
            assert value
    rows = [row for table in assets._tables(item["panels"]) for row in table]
    assert rows
    assert not any("said" in row for row in rows)


def test_a_line_is_named_with_its_latest_value_and_its_points_are_the_rows():
    """The end of each line, the table, and what a tap says of the first point."""
    item = stored(FORMS["lines over a number"])
    picture = drawing.picture(item["panels"], "wide")
    assert ">2024, the latest 30</text>" in picture.body
    assert ">2020: 240</text>" in picture.body
    (table,) = assets._tables(item["panels"])
    assert len(table) == len(CYCLES)
    assert {tuple(row) for row in table} == {("year", "days", "level")}
    assert ("2024, the latest", "0 days after", "100") in {point[2:] for point in picture.points}


def test_a_gap_stays_a_gap():
    """A missing value is drawn as none and said as none."""
    holed = BITCOIN.assign(level=BITCOIN["level"].where(BITCOIN["day"] != DAYS[20]))
    whole, gap = (drawn(charts.lines(f, x="day", y="level", accent="ai"), "wide") for f in (BITCOIN, holed))
    assert gap.body.count('class="l-ai w2"') == whole.body.count('class="l-ai w2"') + 1
    assert len(gap.points) == len(whole.points) - 1


def test_a_time_axis_is_labelled_with_the_years_that_begin_on_it():
    """Or with both ends, where none does."""
    months = pd.Series(pd.to_datetime(["2023-12-31", "2024-03-31", "2025-01-01"]))
    assert charts.years(months) == {pd.Timestamp("2024-01-01"): "2024", pd.Timestamp("2025-01-01"): "2025"}
    ends = {pd.Timestamp("2024-03-31"): "Mar 2024", pd.Timestamp("2024-12-31"): "Dec 2024"}
    assert charts.years(pd.Series(list(ends))) == ends


def test_the_articles_line_comes_from_its_row(monkeypatch):
    """Another article, another line."""
    row = {"role": ["rewrite", "assessed"], "speaks_of": pd.to_datetime(["2026-01-02", "2027-03-05"])}
    monkeypatch.setattr(charts.tables, "load", lambda name: pd.DataFrame(row))
    assert charts.article() == charts.Event("2027-03-05", ("5 March 2027: the article", "The article, 5 Mar"))


def test_event_names_do_not_cross_leaders_and_become_numbers_on_a_phone():
    """The list beside the drawing has the names in order."""
    item = stored(FORMS["events"])
    assert item["panels"][0]["key"] == [*(e.name for e in EVENTS[:3]), charts.article().name[1], EVENTS[4].name]
    narrow = drawing.picture(item["panels"], "narrow").body
    assert EVENTS[1].name not in narrow
    assert narrow.count('r="9" class="f-ink"') == len(EVENTS)
    wide = drawing.picture(item["panels"], "wide").body
    assert all((e.name if isinstance(e.name, str) else e.name[0]) in wide for e in EVENTS)


def test_what_both_widths_draw_is_stored_once():
    """The rows of the lines; and nothing of a size is lost."""
    (panel,) = stored(FORMS["lines over days"])["panels"]
    assert len(panel["datasets"]["values"]) == len(LEVELS)
    for size in drawing.WIDTHS:
        assert "values" not in panel[size]["datasets"]
        assert panel[size]["datasets"]["words"]


def test_the_page_has_the_colours_of_the_kit():
    """Light, dark, and on paper the light ones whatever the page was; each is visible."""
    style = CSS.read_text(encoding="utf-8")
    light, dark, paper = CSS.with_name("book.css").read_text(encoding="utf-8").split("--ai:")[1:4]
    for name, (day, night) in drawing.COLOURS.items():
        if name not in ("ai", "ink", "bg"):  # the last two are the theme's
            assert f"--{name}: {day};" in light
            assert f"--{name}: {night};" in dark
            assert name == "mut" or f"--{name}: {day};" in paper
    assert light.startswith(f" {drawing.COLOURS['ai'][0]};")
    for _, (fill, edge, words) in charts.MEANINGS.items():
        assert all(f".f-{name} " in style for name in (fill, words) if name)
        assert all(f".l-{name} " in style for name in (edge,) if name)


@pytest.mark.parametrize("name", sorted({*drawing.COLOURS} - {"bg", "grid", "soft", "minsoft"}))
@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_colours_are_visible_on_light_and_dark_pages(name, mode):
    """WCAG asks for a contrast of 3:1 between what carries meaning and its background; pale areas have an edge."""

    def luminance(hexadecimal):
        parts = [int(hexadecimal[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(drawing.COLOURS[part][mode]) for part in (name, "bg")), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 3


# --- Duties ------------------------------------------------------------------------------------------------------


def test_a_chart_is_stored_as_specs_picture_and_text(shown):
    """With the sentence of its sources, its days as people say them."""
    charts.show("clock", FORMS["bars"], sources="halvings", note="Fees included", **SAID)
    (data,) = shown
    assert set(data) == {charts.MIME, "image/png", "text/plain"}
    kept = data[charts.MIME]
    assert kept["note"] == "Fees included."
    assert kept["source"] == "Data: Halvings of the block subsidy, to 20 April 2024."
    assert data["text/plain"] == "Income is at 30. Income is 30. It was 100 before the halving."
    assert json.loads(json.dumps(kept)) == kept


def test_a_chart_without_sources_is_refused():
    """Nothing speaks for it; what is made of the manifest says so."""
    with pytest.raises(ValueError, match=r"chart 'clock': no sources; name the tables behind it"):
        charts.show("clock", FORMS["bars"], sources=[], **SAID)


def test_a_picture_for_jupyter_is_drawn():
    """On white, in the light colours."""
    assert charts._png(stored(FORMS["bars"])).startswith("iVBOR")


@pytest.mark.parametrize("part", ["title", "unit", "description"])
def test_a_chart_that_leaves_a_duty_undone_is_refused(shown, part):
    """One line names the chart, what it lacks and what to write."""
    with pytest.raises(ValueError, match=rf"^chart 'clock': no {part}; \w.+\({part}=…\)$"):
        charts.show("clock", FORMS["bars"], sources="halvings", **{**SAID, part: " "})
    assert not shown


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (charts.lines(CYCLES, x="days", y="level", by="year", names={2012: "2012"}), "line '2016' has no name"),
        (charts.lines(CYCLES, x="days", y="level", by="year", accent={1: "ai"}), "accent names '1', which no line is"),
        (
            charts.lines(CYCLES, x="days", y="level", by="year", accent={2012: "ai", 2016: "ai", 2020: "ai"}),
            "3 coloured lines; two at most",
        ),
        (charts.lines(CYCLES, x="days", y="level"), "two values at one place"),
        (
            charts.lines(BITCOIN, x="day", y="level", domain=(90, 200)),
            "lies outside the scale from 90 to 200; widen domain",
        ),
        (charts.lines(BITCOIN, x="day", y="level", x_ticks={"2020-01-01": "2020"}), "the label '2020' stands outside"),
        (
            charts.lines(BITCOIN, x="day", y="level", x_ticks={"2025-01-01": "January", "2025-01-09": "then"}),
            "the label 'then' runs into the one before on the wide drawing",
        ),
        (
            charts.lines(BITCOIN, x="day", y="level", marks=[charts.Mark(-1, "loss")], log=True),
            "a log scale has no place",
        ),
        (charts.lines(CYCLES, x="days", y="lvl"), "no column 'lvl'"),
        (charts.lines(BITCOIN, x="day", y="level", marks=[charts.Mark(100, " ")]), "empty name"),
        (charts.lines(BITCOIN, x="day", y="level", accent="red"), "no meaning 'red'; take one of ai, mining"),
        (charts.lines(BITCOIN, x="day", y="level", format="{}{}"), "has not one place for a number"),
        (charts.bars(COSTS.assign(cents=[1, None, 2]), name="machine", value="cents"), "no value in 1 rows"),
        (charts.waterfall(("a", 10.0), {"b": -3.0}, ("c", 8.0)), "the steps miss the end by -1"),
        (charts.tiles({"many": charts.Count(61, "ai")}), "61 tiles in a row"),
        (charts.bars(COSTS.replace("Antminer S21", "⚒"), name="machine", value="cents"), "our font lacks"),
        (
            charts.lines(
                pd.concat(LEVELS.assign(who=LEVELS["who"] + str(n)) for n in range(5)).assign(
                    level=lambda f: f["level"] * (1 + 0.3 * np.sin(np.arange(len(f)) * 7.7))
                ),
                x="day",
                y="level",
                by="who",
                height=(700, 700),
            ),
            r"bytes, more than 12,000; draw fewer points",
        ),
    ],
)
def test_a_drawing_that_cannot_be_right_is_refused(shown, form, message):
    """By name, when it is shown."""
    with pytest.raises(ValueError, match=rf"^chart 'clock': .*{message}"):
        charts.show("clock", form, sources="halvings", **SAID)


def test_choices_say_anew_what_they_show(shown):
    """Each has its own title, unit and description; the picture and the text are of the first."""
    said = {c: {**SAID, "title": f"At {c} cents", "description": f"It is {c}."} for c in (4, 8)}
    options = {f"{c} cents": charts.Choice(cost_bars(c), **said[c]) for c in said}
    charts.show("margins", options, choose="Price of power", sources="halvings")
    kept = shown[0][charts.MIME]["choices"]
    assert [(c["label"], c["title"], c["description"]) for c in kept] == [
        ("4 cents", "At 4 cents", "It is 4."),
        ("8 cents", "At 8 cents", "It is 8."),
    ]
    assert shown[0]["text/plain"] == "At 4 cents. It is 4."
    silent = options | {"8 cents": charts.Choice(cost_bars(8), title="T", unit="U")}
    with pytest.raises(ValueError, match="chart 'margins': no description of choice '8 cents'"):
        charts.show("margins", silent, choose="Price of power", sources="halvings")
    with pytest.raises(ValueError, match="the choice has no name"):
        charts.show("margins", options, sources="halvings")
    with pytest.raises(ValueError, match="belong to each Choice"):
        charts.show("margins", options, choose="Price", sources="halvings", title="One for all")


# --- In the page -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """A page of the real theme with every form and a choice."""
    folder, outputs = tmp_path_factory.mktemp("kit"), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(charts, "display", lambda data, raw=False: outputs.append(data))
        for number, (name, form) in enumerate(FORMS.items()):
            said = {**SAID, "title": f"The form of {name} says that income is at 30"}
            charts.show(f"form-{number}", form, sources="halvings", **said)
        options = {
            f"{c} cents": charts.Choice(cost_bars(c), f"At {c} cents they lose money", "US cents", f"It is {c}.")
            for c in (4, 8)
        }
        charts.show("margins", options, choose="Price of power", sources="halvings")
    cells = [nbformat.v4.new_markdown_cell("# Forms\n\nSee {numref}`form-0` and {numref}`margins`.\n\n## All")]
    for data in outputs:
        cells.append(nbformat.v4.new_code_cell("pass", outputs=[nbformat.v4.new_output("display_data", data=data)]))
    source = folder / "source"
    (source / "chapters").mkdir(parents=True)
    shutil.copy(ROOT / "_config.yml", source)
    (source / "references.bib").write_text("")
    (source / "index.md").write_text("# Start\n\n```{preview} chapters/forms.ipynb form-0\n```\n")
    (source / "_toc.yml").write_text("format: jb-book\nroot: index\nchapters:\n- file: chapters/forms\n")
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), source / "chapters" / "forms.ipynb")
    return build_site(source, folder / "build") / "chapters" / "forms.html"


@pytest.fixture
def visit(browser, page_file):
    """Open the page; what the browser complains of is in `complaints`."""
    contexts = []

    def opened(*, width=1280, mode="light", javascript=True):
        context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=javascript)
        contexts.append(context)
        if javascript:
            context.add_init_script(f"localStorage.setItem('mode', '{mode}'); localStorage.setItem('theme', '{mode}')")
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda m: page.complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(page_file.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()


CUT = """() => {
  const found = [], width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) found.push(`scrolls to ${document.documentElement.scrollWidth}`);
  for (const svg of document.querySelectorAll(".kit-plot svg")) {
    const box = svg.getBoundingClientRect();
    if (!box.width) continue;
    const texts = [...svg.querySelectorAll("text")].map((text) => [text.textContent, text.getBoundingClientRect()]);
    for (const [text, r] of texts) {
      const high = r.top < box.top - 2 || r.bottom > box.bottom + 2;
      if (r.left < box.left - 2 || r.right > Math.min(box.right + 2, width) || high)
        found.push(`out: ${text} ${Math.round(r.left - box.left)} ${Math.round(r.right - box.right)}`);
    }
    texts.forEach(([text, a], i) => texts.slice(i + 1).forEach(([other, b]) => {
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 2 && down > 4) found.push(`over: ${text} / ${other}`);
    }));
    const size = 13 * box.width / svg.viewBox.baseVal.width;
    if (size < 10) found.push(`small: ${size}`);
  }
  return found;
}"""


@pytest.mark.parametrize("width", [320, 390, 640, 768, 1000, 1280])
def test_no_letter_is_cut_and_nothing_scrolls_sideways(visit, width):
    """With DejaVu, the widest of fonts, as the reader's own, in a drawing of the column's size."""
    page = visit(width=width)
    assert page.evaluate(CUT) == []
    column = page.locator("figure.kit").first.bounding_box()["width"]
    shown_size = "wide" if column >= 576 else "narrow"
    assert page.locator(f"svg.kit-{shown_size}").first.is_visible()
    assert page.locator("svg.kit-wide:visible, svg.kit-narrow:visible").count() == len(FORMS) + 1
    assert page.complaints == []


def test_a_test_that_finds_nothing_would_find_a_cut_letter(visit):
    """A longer name beside a line's end is found."""
    page = visit()
    page.evaluate(
        "document.querySelector('svg.kit-wide text.b').textContent += ' and much more than there is room for'"
    )
    assert page.evaluate(CUT) != []


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_axe_finds_nothing_and_colours_are_the_pages(visit, browser, page_file, mode):
    """Also that lines have the colour of their meaning on this page."""
    page = visit(mode=mode)
    colour = page.evaluate("getComputedStyle(document.querySelector('svg.kit-wide .l-min')).stroke")
    expected = drawing.COLOURS["min"][mode == "dark"]
    assert colour == f"rgb({', '.join(str(int(expected[i : i + 2], 16)) for i in (1, 3, 5))})"
    found = [
        f"{issue['id']}: {node['html'][:120]}"
        for issue in Axe().run(page).response["violations"]
        for node in issue["nodes"]
        if "kit" in node["html"] or issue["impact"] in ("serious", "critical")
    ]
    assert found == []


def test_a_choice_switches_without_scripts(visit):
    """Title, unit line and drawing; the rest of the page keeps its own."""
    page = visit(javascript=False)
    margins = page.locator("#margins")
    assert "At 4 cents they lose money" in margins.locator("figcaption").inner_text()
    page.get_by_role("radio", name="8 cents").check()
    text = margins.inner_text()
    assert "At 8 cents they lose money" in text
    assert "At 4 cents" not in text
    assert margins.locator("[role=img]:visible").get_attribute("aria-label") == "It is 8."
    assert page.locator("#form-0 figcaption").is_visible()


def test_print_shows_what_is_chosen_in_the_light_colours(visit):
    """From a dark page on a phone; switches and values stay off the paper."""
    page = visit(mode="dark", width=390)
    page.get_by_role("radio", name="8 cents").check()
    page.emulate_media(media="print")
    assert page.locator("#margins .kit-2 svg.kit-wide").is_visible()
    assert not page.locator("#margins .kit-1").first.is_visible()
    assert not page.locator(".kit-pick").is_visible()
    fill = page.evaluate("getComputedStyle(document.querySelector('svg.kit-wide .f-min')).fill")
    assert fill == "rgb(176, 80, 10)"


def test_arrow_keys_and_taps_say_values(visit):
    """The latest value first, then along the line and from line to line; a tap says the nearest; Escape ends it."""
    page = visit()
    plot = page.locator("#form-0 .kit-plot")
    tip, said = plot.locator(".kit-tip"), plot.locator(".kit-said")
    plot.scroll_into_view_if_needed()
    plot.focus()
    page.keyboard.press("ArrowLeft")
    tip.wait_for()
    assert said.inner_text() == "2024, the latest, 826 days after, 30"
    page.keyboard.press("ArrowLeft")
    assert "812 days after" in tip.inner_text()
    page.keyboard.press("ArrowUp")
    assert said.inner_text().startswith("2020, 812 days after")
    page.keyboard.press("Home")
    assert said.inner_text() == "2020, 0 days after, 100"
    page.keyboard.press("Escape")
    assert not tip.is_visible()
    bars = page.locator("#form-3 .kit-plot")
    bars.scroll_into_view_if_needed()
    box = bars.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.45, box["y"] + box["height"] / 2)
    bars.locator(".kit-tip").wait_for()
    assert bars.locator(".kit-said").inner_text() == "Antminer S21, 6.1 cents"
    assert page.complaints == []


def test_what_a_switch_changed_is_said(visit):
    """In one sentence, for who does not see it."""
    page = visit()
    page.get_by_role("radio", name="8 cents").check()
    assert page.locator(".kit-choices > .kit-said").inner_text() == "Now shown: At 8 cents they lose money"


def test_the_page_is_whole(visit, page_file):
    """Figures numbered and named by their titles, ids unique, every file there, and 120 KB for a page of six charts."""
    page = visit()
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((tag) => tag.id)")
    assert len(ids) == len(set(ids))
    figures = page.locator("figure.kit")
    assert figures.count() == len(FORMS) + 1
    for figure in figures.all():
        title = page.locator(f"#{figure.get_attribute('aria-labelledby')}")
        assert title.inner_text().strip()
        assert figure.locator("figcaption").count() == 1
        assert figure.locator("figcaption svg").count() == 0
        files = [page_file.parent / link.get_attribute("href") for link in figure.locator(".kit-from a").all()]
        assert {file.suffix for file in files} == {".csv", ".svg", ".json"}
        assert all(file.is_file() for file in files)
    assert page.locator("a.reference", has_text="Fig. 1").first.get_attribute("href") == "#form-0"
    assert page_file.stat().st_size < 20_000 * (len(FORMS) + 1)
    start = (page_file.parents[1] / "index.html").read_text(encoding="utf-8")
    assert 'href="chapters/forms.html#form-0"' in start
    assert "kit-one" in start


def test_every_chart_that_a_chapter_stores_stands_in_its_page(site):
    """Under its name, with each of its choices."""
    for path in (path for path in chapters() if path != ROOT / profiles.TEMPLATE):  # that one is many pages
        outputs = [o for cell in nbformat.read(path, as_version=4).cells for o in cell.get("outputs", [])]
        kept = [output["data"][charts.MIME] for output in outputs if charts.MIME in output.get("data", {})]
        page = BeautifulSoup((site / "chapters" / f"{path.stem}.html").read_text(encoding="utf-8"), "lxml")
        assert [figure["id"] for figure in page.select("figure.kit")] == [chart["name"] for chart in kept]
        for chart in kept:
            labels = [tag["aria-label"] for tag in page.select(f"#{chart['name']} [role=img]")]
            assert labels == [choice["description"] for choice in chart["choices"]]


def test_a_spec_for_other_viewers_draws_the_same_lines():
    """One Vega-Lite spec also for panels, its datasets told apart."""
    item = stored(FORMS["panels"])
    spec = assets._spec(item)
    assert len(spec["vconcat"]) == 3
    names = set(re.findall(r'"data": \{"name": "([^"]+)"', json.dumps(spec["vconcat"])))
    assert names <= set(spec["datasets"])
    assert SimpleNamespace(**spec).description == SAID["description"]


def test_labels_of_a_short_scale_leave_room_for_each_other():
    """On a phone, beside a panel with long names and values, $700bn and $750bn would stand in one another."""
    rows = pd.DataFrame({"what": ["As guided", "As wrong as before"], "low": [715, 700], "high": [740, 773]})
    form = charts.ranges(rows, name="what", low="low", high="high", format="${:,.0f}bn", domain=(679, 796))
    [plate] = form.draw(charts.Size("narrow", 358, left=140, right=110))  # as beside another panel
    drawn = drawing.picture([{"datasets": {}, "wide": plate.spec(), "narrow": plate.spec()}], "narrow").body
    assert len(re.findall(r">\$7\d0(?:bn)?<", drawn)) == 1


def test_words_name_the_bar_and_the_dot_where_each_stands():
    """What was said stands beside its own mark: before the diamond where more was spent, behind the bar where less."""
    rows = pd.DataFrame({"who": ["Alphabet", "Meta"], "low": [75, 34], "high": [75, 39], "spent": [91.0, 28.0]})
    form = charts.ranges(
        rows, name="who", low="low", high="high", value="spent", words=("said", "spent"), format="${:,.0f}bn"
    )
    [plate] = form.draw(charts.Size("wide", 688))
    placed = {row["text"]: row for name in plate.datasets for row in plate.datasets[name] if "text" in row}
    assert {"said", "spent"} <= set(placed)
    assert placed["said $75bn"]["x"] < plate.across(75) < plate.across(91)
    assert plate.across(39) < placed["said $34 to $39bn"]["x"]


def test_panels_that_are_not_aligned_keep_their_own_room():
    """A panel with short names is not narrowed by one with long names."""
    short, long = (
        charts.bars(pd.DataFrame({"who": [name], "usd": [3.0]}), name="who", value="usd")
        for name in ("A", "A long name")
    )
    size = charts.Size("wide", 688)
    lefts = {
        aligned: [p.left for p in charts.panels(short, long, aligned=aligned).draw(size)] for aligned in (True, False)
    }
    assert lefts[True][0] == lefts[True][1]
    assert lefts[False][0] < lefts[False][1]


def test_a_single_figure_is_a_diamond_and_an_unknown_outcome_draws_no_dot():
    """200 alone is written once; a range keeps its bar and its two ends."""
    rows = pd.DataFrame({"day": ["5 Feb", "4 Feb"], "low": [200, 175], "high": [200, 185], "spent": [None, 210.0]})
    form = charts.ranges(rows, name="day", low="low", high="high", value="spent", format="${:,.0f}bn", accent="ai")
    [plate] = form.draw(charts.Size("wide", 688))
    assert len(plate.datasets["boxes"]) == len(plate.datasets["diamonds"]) == len(plate.datasets["circles"]) == 1
    texts = [row["text"] for row in plate.datasets["halo"]]
    assert "$200bn" in texts
    assert "$175 to $185bn" in texts
