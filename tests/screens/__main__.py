"""`python -m tests.screens [name ...]`: the demo city at a fixed clock, and a picture of each first screen in docs/screens/."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from .city import MOMENT, City, standing
from .palette import small
from .shots import SHOTS, Shot

HOME = Path(__file__).parents[2] / "docs" / "screens"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--hide-scrollbars",
    "--lang=zh-CN",
]
KB = 150


def main() -> int:
    """Make the pictures; a name as an argument makes that one alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="pictures to make, all when none is named")
    parser.add_argument("--days", type=int, default=3)
    parser.add_argument("--scale", type=float, default=0.2)
    parser.add_argument("--to", type=Path, default=HOME)
    parser.add_argument("--data", type=Path, help="keep the city's database here, and find it again the next time")
    asked = parser.parse_args()
    wanted = [s for s in SHOTS if not asked.names or s.name in asked.names]
    asked.to.mkdir(parents=True, exist_ok=True)
    heavy = []
    with standing(days=asked.days, scale=asked.scale, folder=asked.data) as city, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_chromium(), args=ARGUMENTS, env=os.environ | {"LANGUAGE": "zh_CN"}
        )
        blank = browser.new_page()
        for shot in wanted:
            picture = small(blank, take(browser, city, shot))
            (asked.to / f"{shot.name}.png").write_bytes(picture)
            print(f"{shot.name}.png {shot.size[0]}x{shot.size[1]} {len(picture) // 1024} KB")
            if len(picture) > KB * 1024:
                heavy.append(shot.name)
        browser.close()
    if heavy:
        print(f"heavier than {KB} KB: {', '.join(heavy)}", file=sys.stderr)
    return 1 if heavy else 0


def take(browser: Browser, city: City, shot: Shot) -> bytes:
    """Open a screen as the one who looks at it, wait until it stands, and return its picture."""
    width, height = shot.size
    context = browser.new_context(
        viewport={"width": width, "height": height}, base_url=city.base, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    cookies = {"lg_session": city.token(shot.who), "lg_big": "1" if shot.big else ""}
    context.add_cookies([{"name": n, "value": v, "url": city.base} for n, v in cookies.items() if v])
    page = context.new_page()
    page.clock.set_fixed_time(MOMENT)
    path = shot.path if isinstance(shot.path, str) else shot.path(city)
    answer = page.goto(path, wait_until="load")
    assert answer is not None
    assert answer.status == 200, f"{shot.name}: {answer.status} at {page.url}"
    assert "/sign-in" not in page.url or "/sign-in" in path, f"{shot.name}: led to {page.url}"
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(700)
    if shot.before:
        shot.before(page)
    if shot.scroll:
        page.locator(shot.scroll).first.evaluate("e => e.scrollIntoView({block: 'end'})")
    picture = page.screenshot(animations="disabled", caret="hide")
    context.close()
    return picture


def _chromium() -> str:
    found = os.environ.get("LINGGONG_CHROMIUM") or next(
        (p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None
    )
    if found is None:
        raise SystemExit("no Chromium: run scripts/ensure_chromium.sh, or set LINGGONG_CHROMIUM")
    return found


if __name__ == "__main__":
    sys.exit(main())
