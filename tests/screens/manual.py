"""The pictures of the manuals: which pages, as whom, at which size. `python -m tests.screens.manual` takes them anew.

It wants a running demo (`make run`), signs in with the demo's accounts, and writes small files into web/static/manual.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyotp

from linggong.demo import sign_ins
from linggong.people import trial
from linggong.web.manual.reader import PICTURES as FOLDER

from .palette import small

COLOURS = 64
MOST = 60_000
"""Bytes of a picture."""
PHONE, DESK = (390, 700), (1366, 768)


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture: its name in the texts, who looks ('' nobody), the page, the window; `press` is pressed first."""

    name: str
    who: str
    path: str
    size: tuple[int, int] = DESK
    press: str = ""
    scale: float = 0.75


SHOTS = (
    Shot("worker-board", "", "/", PHONE, scale=1.0),
    Shot("worker-jobs", "worker", "/my/jobs", PHONE, scale=1.0),
    Shot("crew", "worker", "/my/crew", PHONE, scale=1.0),
    Shot("employer-form", "employer", "/employer/orders/new", PHONE, scale=1.0),
    Shot("employer-home", "employer", "/employer", PHONE, scale=1.0),
    Shot("desk-home", "clerk", "/desk"),
    Shot("desk-register", "clerk", "/desk/register"),
    Shot("screens", "manager", "/desk/screens"),
    Shot("street", "street", "/bureau"),
    Shot("operator", "operator", "/bureau"),
    Shot("county", "county", "/bureau"),
    Shot("inbox-batch", "county", "/inbox/sent", press="main tr:last-child a"),
    Shot("city", "city", "/bureau"),
    Shot("audit", "auditor", "/audit"),
    Shot("mediation", "mediator", "/office/mediation"),
    Shot("insurer", "insurer", "/office/insurer"),
    Shot("staff", "admin", "/office/staff"),
)
_PHONES = {"worker": sign_ins.WORKERS[0].phone, "employer": sign_ins.EMPLOYER.phone}


def sign_in(page: Any, base: str, who: str) -> None:
    """Sign in as a member of staff or a telephone of the demo."""
    if phone := _PHONES.get(who):
        page.goto(f"{base}/sign-in")
        page.fill("#phone", phone)
        page.click("main button")
        messages = page.context.new_page()
        messages.goto(f"{base}/dev/messages")
        found = re.search(r"验证码\D{0,8}(\d{6})", messages.inner_text("main"))
        messages.close()
        page.fill("#code", found[1] if found else "")
        page.click("main button")
    else:
        page.goto(f"{base}/sign-in/staff")
        page.fill("#username", who)
        page.fill("#password", sign_ins.PASSWORD)
        page.click("main button:has-text('下一步')")
        for n in range(trial.SHEET):
            if "/sign-in" not in page.url:
                break
            sheet = trial.sheet_of(who)[n] if who == "clerk" else ""
            page.fill("#totp", sheet or pyotp.TOTP(trial.secret_of(who)).now())
            page.click("main button:has-text('登录')")
            page.wait_for_load_state()
            if not sheet and "/sign-in" in page.url:
                time.sleep(8)  # a code is good once
    page.wait_for_load_state()


def take(browser: Any, base: str, shots: tuple[Shot, ...] = SHOTS, folder: Path = FOLDER) -> None:
    """Take the pictures, each person's in one sitting. Raises RuntimeError for a page that is refused or broken."""
    folder.mkdir(parents=True, exist_ok=True)
    for who in dict.fromkeys(shot.who for shot in shots):
        states: Any = None
        for shot in (s for s in shots if s.who == who):
            width, height = shot.size
            context = browser.new_context(
                viewport={"width": width, "height": height}, device_scale_factor=shot.scale, storage_state=states
            )
            page = context.new_page()
            if who and states is None:
                sign_in(page, base, who)
            answer = page.goto(base + shot.path)
            if answer is None or answer.status != 200:
                raise RuntimeError(f"{shot.name}: {shot.path} did not answer as it should to {who or 'a visitor'}")
            if shot.press:
                page.click(shot.press)
                page.wait_for_load_state()
            page.wait_for_timeout(700)  # charts draw themselves
            file = folder / f"{shot.name}.png"
            file.write_bytes(small(context.new_page(), page.screenshot(), COLOURS))
            print(f"{shot.name:15} {file.stat().st_size:7,} bytes  {page.url}")
            states = context.storage_state()
            context.close()


def main() -> int:
    """Take all pictures of the demo at the address given, or those named after it."""
    from playwright.sync_api import sync_playwright

    base = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
    wanted = tuple(s for s in SHOTS if not sys.argv[2:] or s.name in sys.argv[2:])
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=os.environ.get("LINGGONG_CHROMIUM") or shutil.which("chromium"), args=["--no-sandbox"]
        )
        take(browser, base, wanted)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
