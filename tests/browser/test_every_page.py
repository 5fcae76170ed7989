"""Every page that the router lists keeps the limits: axe-core, three sizes, both sizes of letters, no foreign request, its weight.

A new page is covered without a line here. `make test` asks axe once a page, in turn on a telephone in large letters and on a desk,
`make prove` at all three sizes in both.
"""

from __future__ import annotations

import gzip
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from linggong.web.environment import STATIC

from .conftest import AXE, Shown
from .pages import Page, all_pages

if TYPE_CHECKING:
    from conftest import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
SIZES = ((390, 844), (1366, 768), (1920, 1080))
UNSEEN = {
    "/audit/record/{table}/{row_id}": "takes a table's name",
    "/audit/records": "takes a figure's name",
    "/bureau/measures/{metric}": "takes a measure's id",
    "/bureau/records": "takes a figure's name",
    "/bureau/export/{key}": "a file, by a table's name",
    "/bureau/map/{outline_id}/outline": "a file, for the map",
    "/employer/agency": "an agency's own",
    "/office/referrals/{referral_id}": "what was referred to one's own authority",
    "/c/{code}": "takes a paper's code",
    "/contracts/{engagement_id}/say.wav": "a sound, while something is to be signed",
    "/orders/{ref}/say.wav": "a sound",
    "/contracts/papers/{file_id}": "a file, when it is made",
    "/desk/import/copy/{token}": "a file, once an import was refused",
    "/outreach/surveys/copy/{token}": "a file, once a table was refused",
    "/desk/employers/{employer_id}/licence": "a photo, while a look at it is open",
    "/employer/data/licence": "a photo",
    "/desk/injuries/{injury_id}": "health data, for few",
    "/my/injuries/{injury_id}": "his own injury",
    "/desk/switch": "on a shared computer only",
    "/office/policies/preview": "answers a form",
    "/sign-in/totp": "between two steps of signing in",
    "/inbox/{memo_id}": "what one's own office received",
    "/inbox/sent/{sending_id}": "what one's own office sent",
    "/inbox/sent/{sending_id}/receipts.xlsx": "a file",
    "/practice/over": "leads to another port",
    "/kiosk/{token}": "a secret address; tests/browser/test_hall.py holds it",
    "/kiosk/{token}/number": "a secret address; tests/browser/test_hall.py holds it",
    "/screen/{token}": "a secret address; tests/browser/test_hall.py holds it",
    "/screen/{token}/live": "a stream",
    "/share/orders/{code}": "takes a trace code; tests/browser/test_hall.py holds it",
    "/share/orders/{code}/{name}": "a file",
    "/share/stations/{node_id}/{name}": "a file",
    "/bureau/assessments/{assessment_id}/sheet/{kind}": "a file",
    "/evidence/{photo_id}": "a photo",
    "/training/policies/{benefit_id}": "a policy that is in force and published; tests/services opens one",
    "/training/policies/{benefit_id}/sheet": "the same, to print",
    "/bureau/assessments/{assessment_id}/rows/{number}": "takes a row's number; tests/web/test_assess.py opens some",
}
"""Pages that the proof's city leads nobody to; their templates are held by tests/web/test_templates.py."""
KB, SCRIPTS_KB = 300, 100

MEASURE = """() => {
  const big = document.documentElement.classList.contains('big'), found = [];
  const root = document.documentElement, wide = root.scrollWidth - root.clientWidth;
  if (wide > 0) { found.push('scrolls sideways by ' + wide); }
  const least = big ? 24 : 18, touch = big ? 60 : 48;
  const seen = (e) => e.offsetParent && !e.closest('.visually-hidden, .skip');
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode.data.trim(), e = texts.currentNode.parentElement;
    if (!text || !seen(e) || e.closest('svg, script, option, .desk-nav, kbd')) { continue; }
    const size = parseFloat(getComputedStyle(e).fontSize);
    if (size < least - 0.01) { found.push('letters of ' + size + ' px: ' + text.slice(0, 20)); }
  }
  document.querySelectorAll('a[href], button, input:not([type=hidden]), select, summary, textarea').forEach((e) => {
    if (!seen(e) || getComputedStyle(e, '::after').position === 'absolute') { return; }
    const boxes = [e, e.closest('label'), e.labels && e.labels[0]].filter(Boolean);
    const height = Math.max(...boxes.map((b) => b.getBoundingClientRect().height));
    if (height < touch - 0.5) { found.push('a target of ' + Math.round(height) + ' px: ' + (e.textContent || e.name).trim().slice(0, 20)); }
  });
  return [...new Set(found)].slice(0, 5);
}"""


@pytest.fixture(scope="module")
def pages(server: Server) -> list[Page]:
    found, unseen = all_pages(server.info, server.passwords)
    assert sorted(set(unseen) - UNSEEN.keys()) == [], "pages that nobody gets to see"
    assert len(found) > 80
    return found


@pytest.mark.parametrize("every_size", [False, pytest.param(True, marks=pytest.mark.prove)])
def test_every_page_can_be_read_and_pressed(pages: list[Page], shown: Shown, every_size: bool) -> None:
    """No violation of axe-core, nothing sideways, letters and targets as large as promised (screens.md)."""
    script = AXE.read_text(encoding="utf-8")
    wrong: list[str] = []
    for n, page in enumerate(pages):
        asked = ((390, True), (1366, False))[n % 2]
        shown.show(page)
        shown.page.evaluate(script)
        for big in (False, True):
            for width, height in SIZES:
                shown.at(width, height, big=big)
                what = f"{page.route} as {page.who} at {width}{' in large letters' if big else ''}"
                wrong += [f"{what}: {fault}" for fault in shown.page.evaluate(MEASURE)]
                if every_size or (width, big) == asked:
                    result = shown.page.evaluate("axe.run({resultTypes: ['violations']})")
                    wrong += [f"{what}: {v['id']} {v['nodes'][0]['target']}" for v in result["violations"]]
    assert wrong == []
    assert shown.foreign == [], "no request leaves the host"


def test_first_pages_are_light(pages: list[Page]) -> None:
    """At most 300 KB on the line and 100 KB of script, charts aside (screens.md)."""
    heavy = []
    for page in pages:
        parts: dict[str, int] = {page.url: _packed(page.html.encode())}
        for source in set(re.findall(r'(?:src|href)="/static/([^"?#]+)', page.html)):
            parts[source] = _packed((STATIC / source).read_bytes())
        scripts = sum(n for name, n in parts.items() if name.endswith(".js") and "echarts" not in name)
        whole = sum(n for name, n in parts.items() if "echarts" not in name)
        if whole > KB * 1024 or scripts > SCRIPTS_KB * 1024:
            heavy.append(f"{page.route}: {whole // 1024} KB, scripts {scripts // 1024} KB")
    assert heavy == []


def _packed(content: bytes) -> int:
    return len(gzip.compress(content, 4))


def test_scripts_and_styles_parse_in_an_old_browser(tmp_path: Path) -> None:
    """Chromium 86 class: esbuild would have to rewrite nothing for chrome80."""
    esbuild = Path(__file__).parents[2] / "node_modules" / ".bin" / "esbuild"
    for source in sorted(STATIC.glob("*.js")):
        done = subprocess.run(
            [str(esbuild), str(source), "--target=chrome80", "--log-level=error"],
            capture_output=True,
            text=True,
            check=False,
        )
        plain = subprocess.run(
            [str(esbuild), str(source), "--target=esnext"], capture_output=True, text=True, check=True
        )
        assert (done.returncode, done.stdout) == (0, plain.stdout), f"{source.name}: {done.stderr}"
