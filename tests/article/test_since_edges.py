"""What came of each figure, cell by cell: known answers on the frozen tables."""

import pandas as pd
import pytest

from minerpivot.article import knowledge, since
from tests import frozen

DAY = pd.Timestamp("2026-01-28")
BLOCKS = {
    "growth": lambda known: since.growth(known, DAY, ["META"]),
    "plans": lambda known: since.plans(known, DAY),
    "nvidia": lambda known: since.nvidia(known, DAY),
    "income": lambda known: since.income(known, DAY, window_days=30),
    "contracts": lambda known: since.contracts(known, DAY),
    "shares": lambda known: since.shares(known, DAY, {"IREN": ["IREN"], "two": ["IREN", "HUT"]}),
}
VENTURES = "own share of ventures"
FOLLOWED = {
    "growth": [
        ("growth of Meta's capex", "percent", 48.24, "2025Q4", 82.10, "2026Q2", None, "derived",
         "quarter over a year before, cash"),
    ],
    "plans": [
        ("capex of Amazon", "USD bn", (200, 200), "2026-02-05", (220, 220), "2026-07-30", "raised", "reported",
         "2026, single sourced, not counted"),
        ("capex of Alphabet", "USD bn", (175, 185), "2026-02-04", (195, 205), "2026-07-22", "raised", "reported",
         "2026, counted"),
        ("capex of Meta", "USD bn", (115, 135), "2026-01-28", (130, 145), "2026-07-29", "raised", "reported",
         "2026, counted"),
        ("capex of Microsoft", "USD bn", (190, 190), "2026-04-29", None, None, None, "reported",
         "2026, guided once, not counted"),
        ("capex of Microsoft", "USD bn", (175, 175), "2026-07-29", None, None, None, "reported",
         "2026, restated, guided once, not counted"),
        ("capex of Oracle", "USD bn", (50, 50), "2025-12-10", 55.66, "2026-05-31", 11.33, "reported",
         "fiscal 2026, guided once, not counted"),
    ],
    "nvidia": [
        ("Nvidia's quarter to 2026-01-25", "USD bn", 65, "2025-11-19", 68.13, "2026-02-25", 4.81, "reported",
         "revenue against guidance"),
        ("Nvidia's quarter to 2026-04-26", "USD bn", 78, "2026-02-25", 81.61, "2026-05-20", 4.63, "reported",
         "revenue against guidance"),
        ("Nvidia's quarter to 2026-07-26", "USD bn", 91, "2026-05-20", 96.2, "2026-08-26", 5.71, "reported",
         "revenue against guidance"),
    ],
    "income": [
        ("hashprice, 30 days", "USD per PH/s per day", 39.51, "2026-01-28", 32.03, "2026-08-16", -18.92, "derived", ""),
        ("difficulty", "trillion", 141.67, "2026-01-28", 127.48, "2026-08-22", -10.02, "reported", ""),
    ],
    "contracts": [
        (what, unit, first, "2026-01-28", latest, "2026-06-29", None, grade, note)
        for what, unit, first, latest, grade, note in [
            ("tenant contracts in force", "contracts", 25, 33, "reported", ""),
            ("their base value", "USD bn", 80.04, 115.54, "reported", f"nominal, {VENTURES}"),
            ("their critical IT", "MW", 2940.17, 4122.17, "reported", VENTURES),
            ("their power of open basis", "MW", 300, 360, "reported", VENTURES),
            ("signers that report a split of revenue", "companies", 7, 7, "estimated", ""),
            ("AI in their revenue", "percent", 10.39, 48.58, "estimated", "latest quarters"),
        ]
    ],
    "shares": [
        ("IREN", "USD", 62.94, "2026-01-28", 38.69, "2026-10-07", -38.53, "derived", ""),
        ("two", "basket", None, "2026-01-28", None, "2026-10-07", -1.96, "derived", ""),
        ("IBIT (bitcoin fund)", "USD", 50.51, "2026-01-28", 47.21, "2026-10-07", -6.53, "derived", ""),
        ("QQQ (Nasdaq-100 fund)", "USD", 633.22, "2026-01-28", 757.73, "2026-10-07", 19.66, "derived", ""),
        ("SMH (chip shares fund)", "USD", 416.63, "2026-01-28", 625.03, "2026-10-07", 50.02, "derived", ""),
    ],
}  # fmt: skip


def rounded(cell):
    """A cell with its numbers to two decimals."""
    if isinstance(cell, tuple):
        return tuple(map(rounded, cell))
    return round(float(cell), 2) if isinstance(cell, float) else cell


@pytest.mark.parametrize("block", BLOCKS)
def test_every_cell_of_what_followed(block):
    """Figure, unit, both days, change, grade and note, as the table shows them."""
    known = knowledge.Known(folder=frozen.FOLDER)
    assert [tuple(map(rounded, row)) for row in BLOCKS[block](known)] == FOLLOWED[block]


def test_every_cell_on_the_day_itself():
    """What stood then: the same as in the later table, but for plans and Nvidia's quarter, of which less was said."""
    known = knowledge.Known("2026-01-28", folder=frozen.FOLDER)
    for block in ("growth", "income", "contracts", "shares"):
        found = [tuple(map(rounded, row)) for row in BLOCKS[block](known)]
        assert found == [(*row[:4], None, None, None, *row[7:]) for row in FOLLOWED[block]]
    (nvidia,) = since.nvidia(known, DAY)
    nothing = (None, None, None)
    assert tuple(nvidia) == ("Nvidia's next quarter", "USD bn", 65, "2025-11-19", *nothing, "reported", "revenue")
    assert [(row.what, row.note) for row in since.plans(known, DAY)] == [
        ("capex of Meta", "2026, guided once, not counted"),
        ("capex of Oracle", "fiscal 2026, guided once, not counted"),
    ]


def test_an_order_without_named_stocks_and_with_their_names():
    """Bitcoin, the Nasdaq-100 and a spender alone; a group says how many it is of."""
    known = knowledge.Known(folder=frozen.FOLDER)
    spans = {"the day": (pd.Timestamp("2026-01-27"), DAY)}
    plain = since.order(known, {}, ["META"], spans)
    assert plain["share"].tolist() == ["bitcoin", "Nasdaq-100", "Meta"]
    assert plain["ticker"].tolist() == ["IBIT", "QQQ", "META"]
    named = since.order(known, {"named": ["IREN", "HUT"]}, [], spans)
    assert named["share"].tolist()[:3] == ["IREN", "Hut 8", "named, basket of 2"]
