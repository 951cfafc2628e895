"""`make screenshots`: every page of the built site in light and dark, wide and phone, for a human look."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import launch

SITE = Path(__file__).resolve().parents[1] / "_build" / "html"
OUT = SITE.parent / "screenshots"


def main() -> None:
    """Write one PNG per page, colour mode and width."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for page_file in [*SITE.glob("*.html"), *sorted((SITE / "chapters").glob("*.html"))]:
            for mode in ("light", "dark"):
                for width in (1280, 390):
                    page = browser.new_page(viewport={"width": width, "height": 900})
                    page.add_init_script(
                        f"localStorage.setItem('mode', '{mode}'); localStorage.setItem('theme', '{mode}')"
                    )
                    page.goto(page_file.as_uri())
                    for y in range(0, page.evaluate("document.documentElement.scrollHeight"), 600):
                        page.evaluate(f"window.scrollTo(0, {y})")
                        page.wait_for_timeout(60)
                    page.evaluate("window.scrollTo(0, 0)")
                    page.screenshot(path=OUT / f"{page_file.stem}-{mode}-{width}.png", full_page=True)
                    page.close()
        browser.close()
    print(f"{len(list(OUT.glob('*.png')))} pictures in {OUT}")


if __name__ == "__main__":
    main()
