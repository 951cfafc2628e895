"""Tests of the book know no address but the one that they set: a fork's own would turn them red."""

import pytest
from bs4 import BeautifulSoup

from minerpivot.book import publish


@pytest.fixture(scope="session")
def own(site):
    """The address at which the built site knows itself, if it has one: what is not found names it in full."""
    home = BeautifulSoup((site / "index.html").read_text("utf-8"), "html.parser").select_one("link[rel=canonical]")
    return home["href"].removesuffix("index.html") if home else ""


@pytest.fixture(autouse=True)
def nowhere(monkeypatch):
    """What `_config.yml` of this checkout and a workflow say of addresses is not heard."""
    monkeypatch.delenv("SITE_URL", raising=False)
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    root, said = publish.ROOT, publish.about
    monkeypatch.setattr(publish, "about", lambda key, part="": "" if part and root == publish.ROOT else said(key, part))
