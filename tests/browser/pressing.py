"""Leave a page by a button or a key, and be on the next one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page


@contextmanager
def leaving(page: Page) -> Iterator[None]:
    """Do what leads away, and wait until another document stands: the mark set on this one is gone.

    Playwright's own wait for a navigation was once content with one that came before the form's answer.
    """
    page.evaluate("document.documentElement.dataset.left = ''")
    yield
    page.wait_for_selector("html:not([data-left])", state="attached")
    page.wait_for_load_state()


def press(page: Page, selector: str) -> None:
    """Click a button and wait for the page that the form's answer leads to."""
    with leaving(page):
        page.locator(selector).first.click()
