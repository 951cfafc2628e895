"""Tests of the book know no address but the one that they set: a fork's own would turn them red."""

import pytest

from minerpivot.book import publish


@pytest.fixture(autouse=True)
def nowhere(monkeypatch):
    """What `_config.yml` of this checkout and a workflow say of addresses is not heard."""
    monkeypatch.delenv("SITE_URL", raising=False)
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    root, said = publish.ROOT, publish.about
    monkeypatch.setattr(publish, "about", lambda key, part="": "" if part and root == publish.ROOT else said(key, part))
