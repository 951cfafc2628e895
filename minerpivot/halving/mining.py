"""The income of a unit of mining work: hashprice, halving clock, what a change is made of.

Three hashprices exist and are never mixed: difficulty-based (expected income, the convention of
hashprice indices), realised (the day's revenue over the estimated hash rate) and subsidy-only.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

Numbers = pd.Series | float

SECONDS_PER_DAY = 86_400
BLOCKS_PER_DAY = 144  # one in ten minutes
HASHES_PER_DIFFICULTY = 2**32
HASHES_PER_PETAHASH = 1e15
MWH_PER_PETAHASH_DAY_PER_EFFICIENCY = 0.024  # 1 PH/s at 1 J/TH draws 1 kW, that is 0.024 MWh a day


def expected_btc(difficulty: Numbers, reward_btc: Numbers) -> Numbers:
    """BTC that 1 PH/s expects in a day: 1e15 × 86,400 / (difficulty × 2^32) × reward per block.

    `reward_btc` is the subsidy, with the fees per block on top where they count. Source: the
    protocol's target, by which a block takes difficulty × 2^32 hashes on average.
    """
    return HASHES_PER_PETAHASH * SECONDS_PER_DAY / (difficulty * HASHES_PER_DIFFICULTY) * reward_btc


def hashprice(network: pd.DataFrame) -> pd.DataFrame:
    """Hashprice per day, in BTC and USD per PH/s per day, three ways.

    `network` has one row per UTC day: date, price_usd, difficulty, hash_rate_ehs, blocks,
    issuance_btc, fees_btc. Returns columns `btc`, `usd` (difficulty-based), `usd_realised` and
    `usd_subsidy_only`, indexed by date; missing where an input is missing.

    Difficulty-based: `expected_btc` of the subsidy plus the day's mean fees per block, about 144 blocks.
    """
    day = network.set_index("date")
    subsidy = day["issuance_btc"] / day["blocks"]
    btc = expected_btc(day["difficulty"], subsidy + day["fees_btc"] / day["blocks"])
    realised = (day["issuance_btc"] + day["fees_btc"]) / (day["hash_rate_ehs"] * 1000)
    return pd.DataFrame(
        {
            "btc": btc,
            "usd": btc * day["price_usd"],
            "usd_realised": realised * day["price_usd"],
            "usd_subsidy_only": expected_btc(day["difficulty"], subsidy) * day["price_usd"],
        }
    ).astype("float64")


def before_halving(series: pd.Series, halving: pd.Timestamp, *, days: int = 30) -> float:
    """Mean of `series` over `days` days that end two days before the day of the halving.

    The eve is left out with the day itself: days by median block time (Coin Metrics) put the first
    blocks after the halving, and their fees, into it.
    """
    return float(series.loc[window_before(halving, days=days)].mean())


def window_before(halving: pd.Timestamp, *, days: int = 30) -> slice:
    """The dates that count as "before" a halving: `days` days, the last one two days before it."""
    last = halving - pd.Timedelta(days=2)
    return slice(last - pd.Timedelta(days=days - 1), last)


def since_halving(series: pd.Series, halvings: pd.DataFrame, *, smooth: int = 30) -> pd.DataFrame:
    """`series` on one clock: days since each past halving, mean of the `smooth` days before it = 100.

    Returns long rows: halving (1 to 4), date, days, index. A halving before which the mean of `series` is
    missing (a margin before there is a machine) or not above zero (a percentage of a loss has no meaning)
    has no rows. The trailing `smooth`-day mean is drawn only from days after the halving; the day itself,
    whose fees mislead, is left out. A halving's rows end two days before the next one.
    """
    dates = [*halvings["date_utc"], series.index.max() + pd.Timedelta(days=2)]
    parts = []
    for number, start, end in zip(halvings["halving"], dates[:-1], dates[1:]):
        after = series.loc[start + pd.Timedelta(days=1) : end - pd.Timedelta(days=2)].dropna()
        base = before_halving(series, start, days=smooth)
        if not base > 0:  # missing included
            continue
        level = after.rolling(smooth, min_periods=smooth).mean().dropna()
        days = (level.index - start).days
        parts.append(
            pd.DataFrame({"halving": number, "date": level.index, "days": days, "index": 100 * level.to_numpy() / base})
        )
    if not parts:
        return pd.DataFrame(columns=["halving", "date", "days", "index"])
    return pd.concat(parts, ignore_index=True)


def level_choices(hashprice: pd.DataFrame, halving: pd.Timestamp, *, windows: list[int]) -> pd.DataFrame:
    """How much the choice of window and variant matters: level of the last days, mean before the halving = 100.

    One row per window (days, for "before" and for "now") and column of `hashprice`: window, variant,
    before, now, level, and recovered: whether a trailing mean of that window was ever back at 100. All end on the
    last day that every column has: a variant that runs longer would compare another month.
    """
    last = hashprice.dropna().index[-1]
    rows = []
    for variant, series in hashprice.items():
        for window in windows:
            trailing = series.dropna().loc[halving + pd.Timedelta(days=1) : last].rolling(window).mean()
            before, now = before_halving(series, halving, days=window), trailing.iloc[-1]
            rows.append((window, variant, before, now, 100 * now / before, bool((trailing >= before).any())))
    return pd.DataFrame(rows, columns=["window", "variant", "before", "now", "level", "recovered"])


def halving_days(network: pd.DataFrame, halving: pd.Series, *, days: int = 2) -> pd.DataFrame:
    """The days around a halving (a row of `halvings`): date, blocks, new_subsidy_blocks, fee_share_pct, usd.

    `new_subsidy_blocks` are the day's blocks that paid the new subsidy, by its issuance: more than none
    on a day before `date_utc` shows that the table's days do not follow the blocks' own clock.
    """
    margin = pd.Timedelta(days=days)
    near = network[network["date"].between(halving["date_utc"] - margin, halving["date_utc"] + margin)]
    old, new = halving["subsidy_before_btc"], halving["subsidy_after_btc"]
    return pd.DataFrame(
        {
            "date": near["date"],
            "blocks": near["blocks"],
            "new_subsidy_blocks": (old * near["blocks"] - near["issuance_btc"]) / (old - new),
            "fee_share_pct": fee_share(near).to_numpy(),
            "usd": hashprice(near)["usd"].to_numpy(),
        }
    ).reset_index(drop=True)


def pace(network: pd.DataFrame, since: pd.Timestamp) -> float:
    """Blocks a day after `since` over the 144 that the protocol aims for: above one, difficulty goes up.

    Of the days up to the last with blocks; missing without any. The number of blocks in n days scatters by about
    1 / √(144 n) of it, 1 percent in ten weeks.
    """
    return float(network.loc[network["date"] > since, "blocks"].astype(float).mean() / BLOCKS_PER_DAY)


def fee_share(network: pd.DataFrame) -> pd.Series:
    """Fees in percent of revenue (fees plus new coins), by date; missing where fees are."""
    day = network.set_index("date")
    return 100 * day["fees_btc"] / (day["fees_btc"] + day["issuance_btc"])


def revenue_usd(network: pd.DataFrame) -> pd.Series:
    """What all miners took in, USD by date: new coins and fees at the day's closing price."""
    day = network.set_index("date")
    return ((day["issuance_btc"] + day["fees_btc"]) * day["price_usd"]).astype("float64")


def change_over_epoch(epochs: pd.DataFrame, price: pd.Series) -> pd.Series:
    """Percent change of `price` over the epoch that each retarget closes, in the order of `epochs`.

    `epochs` has one row per epoch, in order (date_utc is its first day); `price` is the daily close by
    date. From the close before the previous epoch's first day to the close before this epoch's first
    day: the blocks in between are those whose pace set the new difficulty. Missing where a close is.
    """
    eve = price.reindex(epochs["date_utc"] - pd.Timedelta(days=1))
    return pd.Series(100 * (eve / eve.shift() - 1).to_numpy(float), index=epochs.index)


def largest_changes(epochs: pd.DataFrame, *, falls: int, rises: int) -> pd.DataFrame:
    """The rows of `epochs` with the largest falls and rises of difficulty (`change_pct`), each largest first."""
    fell = epochs[epochs["change_pct"] < 0].nsmallest(falls, "change_pct")
    rose = epochs[epochs["change_pct"] > 0].nlargest(rises, "change_pct")
    return pd.concat([fell, rose], ignore_index=True)


def falls_in_a_row(changes: pd.Series) -> int:
    """The longest unbroken run of changes below nothing."""
    return int((changes < 0).astype(int).groupby((changes >= 0).cumsum()).sum().max())


def against_published(hashprice: pd.DataFrame, published: pd.DataFrame, epochs: pd.DataFrame) -> pd.DataFrame:
    """Ours beside published values: date, published, computed, error_pct, no_fees_error_pct, before_retarget_pct, url.

    `published` has date (a day, or a month, which is compared with its mean), value and source_url.
    `before_retarget_pct` is the error at the difficulty in force until that day, of which a day's value knows only
    the last; on days without a retarget it is the error.
    """
    value = published["value"].to_numpy()
    ours = {
        name: np.array(
            [
                hashprice.loc[date, name].mean() if len(date) == 7 else hashprice.loc[date, name]
                for date in published["date"]
            ]
        )
        for name in ("usd", "usd_subsidy_only")
    }
    retargets = epochs.set_index(epochs["date_utc"].dt.strftime("%Y-%m-%d"))["change_pct"]
    retarget = retargets.reindex(published["date"]).fillna(0).to_numpy(float)
    return pd.DataFrame(
        {
            "date": published["date"].to_numpy(),
            "published": value,
            "computed": ours["usd"],
            "error_pct": 100 * (ours["usd"] / value - 1),
            "no_fees_error_pct": 100 * (ours["usd_subsidy_only"] / value - 1),
            "before_retarget_pct": 100 * (ours["usd"] * (1 + retarget / 100) / value - 1),
            "url": published["source_url"].to_numpy(),
        }
    )


def recovery(clock: pd.DataFrame) -> pd.DataFrame:
    """Per halving: the first day on which the index is back at 100 (missing if not yet), and days observed.

    A halving whose index never fell below 100 recovers on the first observed day.
    """
    back = clock[clock["index"] >= 100].groupby("halving")["days"].min()
    observed = clock.groupby("halving")["days"].max()
    return pd.DataFrame({"recovery_days": back, "days_observed": observed})


def index_on(clock: pd.DataFrame, days: pd.Series) -> pd.Series:
    """The index of each halving in `days` on its own day (counted from the halving); missing where there is none."""
    on = clock.set_index(["halving", "days"])["index"]
    return pd.Series(on.reindex(list(days.items())).to_numpy(), index=days.index)


def levels_on(clocks: dict[str, pd.DataFrame], days: list[int]) -> pd.DataFrame:
    """The index of several clocks on some days after each halving: measure, halving, `day N` …, back.

    `back` is the first day on which the index was at 100 again. Missing where a cycle is not yet so old, or not back.
    """
    parts = {
        measure: clock.pivot(index="halving", columns="days", values="index")
        .reindex(columns=days)
        .rename(columns="day {}".format)
        .assign(back=recovery(clock)["recovery_days"])
        for measure, clock in clocks.items()
    }
    return pd.concat(parts, names=["measure", "halving"]).reset_index().rename_axis(columns=None)


def revenue_per_mwh(hashprice_usd: Numbers, efficiency_j_per_th: Numbers) -> Numbers:
    """USD earned per MWh by a machine of the given efficiency: hashprice / (0.024 × efficiency)."""
    return hashprice_usd / (MWH_PER_PETAHASH_DAY_PER_EFFICIENCY * efficiency_j_per_th)


def break_even_cents_per_kwh(hashprice_usd: Numbers, efficiency_j_per_th: Numbers) -> Numbers:
    """Power price (US cents per kWh) at which a machine's income just pays its electricity."""
    return revenue_per_mwh(hashprice_usd, efficiency_j_per_th) / 10


def break_even_hashprice(cents_per_kwh: Numbers, efficiency_j_per_th: Numbers) -> Numbers:
    """Hashprice (USD per PH/s per day) at which income just pays for power at the given price."""
    return cents_per_kwh * 10 * MWH_PER_PETAHASH_DAY_PER_EFFICIENCY * efficiency_j_per_th


def bitcoin_price(hashprice_usd: Numbers, difficulty: Numbers, reward_btc: Numbers) -> Numbers:
    """Bitcoin price (USD) at which 1 PH/s earns `hashprice_usd` a day, at a difficulty and a reward per block (BTC)."""
    return hashprice_usd / expected_btc(difficulty, reward_btc)


def break_even_bitcoin_price(
    cents_per_kwh: float, efficiency_j_per_th: Numbers, difficulty: Numbers, reward_btc: Numbers
) -> Numbers:
    """Bitcoin price (USD) at which a machine just pays its power, at a difficulty and a reward per block (BTC)."""
    return bitcoin_price(break_even_hashprice(cents_per_kwh, efficiency_j_per_th), difficulty, reward_btc)


def dollar_changes(network: pd.DataFrame, start: slice, end: slice) -> pd.Series:
    """Change of the mean hashprice between two date ranges, by cause, in USD per PH/s per day; the parts add up to it.

    Hashprice is a product of bitcoin price, subsidy, 1 + fees/subsidy and 1/difficulty. Every day of `start` is set
    against every day of `end`. Of a pair's change in dollars each cause gets the share that it has in the change of
    the logarithm (the additive LMDI-I of Ang 2005, with the logarithmic mean of both values as weight); the result
    is the mean over all pairs. Nothing is left over, and no order of the causes is chosen.
    """
    days = network.set_index("date").dropna(subset=["price_usd", "difficulty", "fees_btc"]).astype("float64")
    logs = pd.DataFrame(
        {
            "reward": np.log(days["issuance_btc"] / days["blocks"]),
            "difficulty": -np.log(days["difficulty"]),
            "bitcoin price": np.log(days["price_usd"]),
            "fees": np.log1p(days["fees_btc"] / days["issuance_btc"]),
        }
    )
    usd = pd.Series(expected_btc(1.0, np.exp(logs.sum(axis=1))))  # pyrefly: ignore[bad-argument-type]
    before, after = usd.loc[start].to_numpy()[:, None], usd.loc[end].to_numpy()[None, :]
    weight = logarithmic_mean(before, after)
    moved = {
        cause: log.loc[end].to_numpy()[None, :] - log.loc[start].to_numpy()[:, None] for cause, log in logs.items()
    }
    return pd.Series({cause: (weight * change).mean() for cause, change in moved.items()})


def logarithmic_mean(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(b − a) / ln(b/a), which times ln(b/a) gives the difference b − a; a itself where both are equal."""
    log = np.log(b / a)
    return np.divide(b - a, log, out=np.broadcast_to(a, log.shape).astype(float), where=log != 0)
