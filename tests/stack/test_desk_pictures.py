"""Pictures of the desk: kept in build/screenshots/ by every run; those of docs/desk.md by `make screenshots` alone."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.stack.desking import seen
from tests.stack.test_desk_page import POSSIBLE

pytestmark = pytest.mark.stack

ROOT = Path(__file__).resolve().parents[2]
KEPT, IN_DOCS = ROOT / "build" / "screenshots", ROOT / "docs" / "images"
SHOWN = {"desk-light", "desk-dark", "desk-evidence", "desk-phone", "desk-port"}  # by docs/desk.md
SCREEN, PHONE = (1440, 900), (390, 844)

PICTURES: dict[str, tuple[str, tuple[int, int], str]] = {
    "desk-light": ("/", SCREEN, "light"),
    "desk-dark": ("/?at=2025-04-11T06:00:00Z", SCREEN, "dark"),
    "desk-evidence": (f"/?open=/deliveries/{POSSIBLE}", SCREEN, "light"),
    "desk-phone": ("/", PHONE, "light"),
    "desk-port": ("/?map=12.2/42.7480/133.0600", SCREEN, "light"),
    "desk-object": (f"/deliveries/{POSSIBLE}", SCREEN, "light"),
    "desk-view": ("/gaps", SCREEN, "light"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_taken(browser: Browser, desk: str, name: str):
    path, (width, height), scheme = PICTURES[name]
    with seen(browser, desk, viewport={"width": width, "height": height}, color_scheme=scheme) as look:
        page = look.open(path)
        if "open=" in path:
            expect(page.locator("#drawer h1")).to_be_visible()
        folder = IN_DOCS if name in SHOWN and os.environ.get("PICTURES") else KEPT
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png")
    assert (folder / f"{name}.png").stat().st_size > 20_000
