"""A map of the contiguous United States: an outline of the states and a dot for each place, coloured by what it means.

Nothing is loaded from anywhere: the outline is `states.json` beside this module, which says where it comes from.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd

from minerpivot.page.charts.frames import offer
from minerpivot.page.charts.plate import LINE, Drawing, Plate, Size, meaning
from minerpivot.page.drawing import LIGHT, measure

FRAME = (975, 610)  # of the outline
GAP = 1.5  # pixels between two dots
MOVED = 2.0  # pixels from its place at which a dot gets a line to it
Style = tuple[str, str, float]  # meaning, shape, radius


@cache
def borders() -> pd.DataFrame:
    """The states' borders as rows of border, step, x and y in the outline's frame."""
    stored = json.loads(Path(__file__).with_name("states.json").read_text(encoding="utf-8"))["borders"]
    lines = [pd.DataFrame({"border": number, "x": line[::2], "y": line[1::2]}) for number, line in enumerate(stored)]
    return pd.concat(lines).rename_axis("step").reset_index()


def place(lat: float, lon: float) -> tuple[float, float]:
    """Where a place stands in the outline's frame: Albers' conic equal-area projection as in d3.geoAlbersUsa().

    Standard parallels 29.5 and 45.5 degrees, centred on 96.6 W, 38.7 N, scale 1300.
    """
    south, north = math.sin(math.radians(29.5)), math.sin(math.radians(45.5))
    n = (south + north) / 2
    c = 1 + south * (2 * n - south)

    def project(east: float, up: float) -> tuple[float, float]:
        radius = math.sqrt(c - 2 * n * math.sin(math.radians(up))) / n
        return radius * math.sin(math.radians(east) * n), math.sqrt(c) / n - radius * math.cos(math.radians(east) * n)

    (x, y), (x0, y0) = project(lon + 96, lat), project(-0.6, 38.7)
    return 487.5 + 1300 * (x - x0), 305 - 1300 * (y - y0)


def apart(places: Sequence[tuple[float, float]], reaches: Sequence[float], frame: tuple[float, float]) -> np.ndarray:
    """Where dots stand so that none covers another, each near its own place: an array of x and y, within `frame`.

    `reaches` are their radii. Dots that overlap push each other half the way along the line between them, round by
    round, until none does; two in one place part in a direction that their order gives. A dot that touches none stays.
    """
    found, reach = np.array(places, dtype=float).reshape(-1, 2), np.array(reaches, dtype=float)
    least = reach[:, None] + reach + GAP
    turn = np.pi * (3 - np.sqrt(5)) * np.arange(len(found))  # the golden angle: no two directions alike
    own = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    for _ in range(500):
        away = found[:, None] - found
        far = np.hypot(away[..., 0], away[..., 1])
        lack = np.where(np.eye(len(found), dtype=bool), 0, (least - far).clip(min=0))
        if lack.max(initial=0) < 0.01:
            break
        away = np.where(far[..., None] > 1e-9, away, own[:, None] - own)
        along = away / np.hypot(away[..., 0], away[..., 1]).clip(min=1e-9)[..., None]
        found = found + (lack[..., None] * along).sum(axis=1) / 2
        found = found.clip(reach[:, None], np.array(frame) - reach[:, None])
    return found


def states(
    frame: pd.DataFrame, *, name: str, lat: str, lon: str, state: str, styles: Mapping[str, Style], said: str
) -> Drawing:
    """A dot for each row at its place, styled by the word in `state`; the words that occur stand below as a key.

    Dots that would cover each other stand aside, each with a line to its place. `styles` gives each word a meaning, a
    shape and a radius; `said` is the column that a tap reads beside the name. Raises `ValueError` for a word without a
    style and for a place outside the frame.
    """

    def draw(size: Size) -> list[Plate]:
        unknown = set(frame[state]) - set(styles)
        if unknown:
            raise ValueError(f"no style for {sorted(unknown)[0]!r}; the styles are {', '.join(styles)}")
        shown = [word for word in styles if (frame[state] == word).any()]
        scale = size.width / FRAME[0]
        high, at = 1, 0.0
        places = []
        for word in shown:  # the key, in as many rows as it takes
            wide = 14 + measure(word) + 18
            if at and at + wide > size.width:
                high, at = high + 1, 0.0
            places.append((at, high - 1))
            at += wide
        plate = Plate(size, FRAME[1] * scale, 4, 0, 16 + LINE * high, 0, x=(0, FRAME[0]), y=(FRAME[1], 0))
        rows = [{str(key): part for key, part in corner.items()} for corner in borders().to_dict("records")]
        lines = plate.data(rows, "borders").mark_line(strokeWidth=1, color=LIGHT["ctx"])
        across = alt.X("x:Q", scale=alt.Scale(domain=[0, FRAME[0]], nice=False), axis=None)
        down = alt.Y("y:Q", scale=alt.Scale(domain=[FRAME[1], 0], nice=False), axis=None)
        plate.add(0, lines.encode(x=across, y=down, detail="border:N", order="step:Q"))
        sites = frame.to_dict("records")
        exact = [(scale * x, scale * y) for x, y in (place(site[lat], site[lon]) for site in sites)]
        for site, (x, y) in zip(sites, exact):
            if not (0 <= x <= size.width and 0 <= y <= plate.height):
                raise ValueError(f"{site[name]!r} lies outside the map; leave it to the list")
        reaches = [_reach(*styles[site[state]][1:]) for site in sites]
        for site, (x0, y0), (x, y) in zip(sites, exact, apart(exact, reaches, (size.width, plate.height)).tolist()):
            means, shape, radius = styles[site[state]]
            if math.hypot(x - x0, y - y0) > MOVED:
                plate.rule(x0, y0, x, y)
            plate.dot(x, y, meaning(means).stroke, radius, shape=shape)
            plate.say(x, y, str(site[name]), str(site[said]), site[state])
        for word, (left, row) in zip(shown, places):
            means, shape, radius = styles[word]
            y = plate.height + 16 + LINE * row
            plate.dot(left + 6, y, meaning(means).stroke, radius, shape=shape)
            plate.text(left + 15, y, word, "ink")
        offer(plate, frame)
        return [plate]

    return Drawing(draw)


def _reach(shape: str, radius: float) -> float:
    """How far a shape of a circle's area reaches: a square's and a diamond's side is the root of that area."""
    return radius if shape == "circle" else radius * math.sqrt(math.pi / 2)
