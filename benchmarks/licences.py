"""The licence of every package that is installed, as it states it itself: `make licences`."""

from __future__ import annotations

from importlib.metadata import Distribution, distributions

import pandas as pd

CLASSIFIER = "License :: "


def licence(package: Distribution) -> str:
    """An SPDX expression, else the classifiers' words, else the first line of the old field."""
    said = package.metadata
    if expression := said.get("License-Expression"):
        return expression
    classified = [text.rpartition(" :: ")[2] for text in said.get_all("Classifier", []) if text.startswith(CLASSIFIER)]
    return "; ".join(classified) or (said.get("License") or "not stated").strip().splitlines()[0][:60]


if __name__ == "__main__":
    rows = sorted(
        {(p.metadata["Name"], p.version, licence(p)) for p in distributions()}, key=lambda row: row[0].lower()
    )
    print(pd.DataFrame(rows, columns=["package", "version", "licence"]).to_markdown(index=False))
