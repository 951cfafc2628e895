"""Every form of the chart kit, drawn from frames that a reader can follow, for the tests beside this module."""

import numpy as np
import pandas as pd

from minerpivot.page import charts, drawing
from minerpivot.page.charts import showing

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
        dashes={"nasdaq": "long", "btc": "dots"},
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
        POWER.assign(left=POWER["signed"] - POWER["live"]),
        x="day",
        names={"left": "promised, not yet live", "live": "live"},
        accent={"left": "promised", "live": "ai"},
        format="{:.1f} GW",
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
    return showing.stored("", charts.Choice(form, **SAID))


def drawn(form, size):
    """A form as it is drawn."""
    return drawing.picture(stored(form)["panels"], size)
