"""Every page renders from its documented context and keeps to the rules of the house.

A page works under `default-src 'self'` (no inline script, style or handler), every control has a name, every
POST carries the anti-forgery field, ids are unique and values are escaped.
"""

from __future__ import annotations

import importlib.util
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from linggong.web.environment import STATIC, TEMPLATES, VENDOR_NAMES, make_environment

_SPEC = importlib.util.spec_from_file_location("sample_pages", Path(__file__).with_name("sample_pages.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
_SAMPLES = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_SAMPLES)
PAGES: list[tuple[str, str, dict[str, Any]]] = _SAMPLES.pages()
ENVIRONMENT = make_environment(site_name="开封市公共零工市场")
VOID = {"meta", "link", "input", "img", "br", "hr", "rect", "path", "circle", "use"}
# Old browsers: what Chromium 86 cannot parse has no place in our stylesheet and script.
TOO_NEW_CSS = re.compile(
    r":has\(|:is\(|:where\(|@container|@layer|color-mix\(|aspect-ratio|\binset:|^\s*&|\bdvh\b", re.MULTILINE
)
TOO_NEW_JS = re.compile(r"\?\?|\?\.|replaceAll|\.at\(|structuredClone|=>")


class Reader(HTMLParser):
    """Collects what the rules speak of from one rendered page."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.label_for: set[str] = set()
        self.controls: list[tuple[dict[str, str], bool]] = []
        self.open: list[str] = []
        self.form_post = False
        self.form_has_token = False
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.faults += [f"<{tag} {name}>" for name in values if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in values):
            self.faults.append(f"inline <{tag}>")
        # A link that says nothing of where it was tapped may lead to another host (maps); nothing is fetched from there.
        if not (tag == "a" and "noreferrer" in values.get("rel", "")):
            self.sources += [values[name] for name in ("src", "href") if name in values]
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "label" and "for" in values:
            self.label_for.add(values["for"])
        if tag == "form":
            if "form" in self.open:
                self.faults.append("a form inside a form")
            self.form_post, self.form_has_token = values.get("method") == "post", False
        if tag == "input" and values.get("name") == "_csrf":
            self.form_has_token = True
        if tag in ("input", "select", "textarea") and values.get("type") not in ("hidden", "submit"):
            self.controls.append((values, "label" in self.open))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self.open[-1:]}")
            return
        self.open.pop()
        if tag == "form" and self.form_post and not self.form_has_token:
            self.faults.append("a POST without its anti-forgery field")


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    for values, inside_label in reader.controls:
        if not (inside_label or "aria-label" in values or values.get("id") in reader.label_for):
            reader.faults.append(f"no label: {values}")
    reader.faults += [f"id twice: {one}" for one in set(reader.ids) if reader.ids.count(one) > 1]
    reader.faults += [f"left open: {tag}" for tag in reader.open]
    return reader


@pytest.mark.parametrize(("name", "template", "context"), PAGES, ids=[page[0] for page in PAGES])
def test_page_renders_and_keeps_the_rules(name: str, template: str, context: dict[str, Any]) -> None:
    html = ENVIRONMENT.get_template(template).render(context)
    reader = read(html)
    assert reader.faults == []
    assert html.lstrip().startswith("<!doctype html>")
    assert '<html lang="zh-CN"' in html
    if name != "docs":
        assert html.count("<main ") == html.count("<h1") == 1
        assert 'class="skip" href="#main"' in html
    for source in reader.sources:
        assert not source.startswith(("http:", "https:", "//", "data:", "javascript:")), source


def test_every_template_has_a_sample_and_a_documented_context() -> None:
    files = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html")}
    frames = {"base.html", "desk.html"} | {name for name in files if name.startswith(("macros/", "parts/"))}
    assert files - frames == {template for _, template, _ in PAGES}
    assert [name for name in sorted(files) if not (TEMPLATES / name).read_text("utf-8").startswith("{#")] == []


def test_the_reader_sees_what_it_must_refuse() -> None:
    bad = '<form method="post"><p style="x" onclick="y"><input name="q"></p></form><script>1</script><b id="a"></b><i id="a"></i>'
    faults = " ".join(read(bad).faults)
    for part in ("style", "onclick", "no label", "anti-forgery", "inline <script>", "id twice"):
        assert part in faults


def test_text_from_people_is_escaped() -> None:
    context = next(page[2] for page in PAGES if page[0] == "board")
    evil = "<script>alert(1)</script>"
    html = ENVIRONMENT.get_template("portal/board.html").render(
        context | {"jobs": [context["jobs"][0] | {"title": evil, "place": '" onx="'}]}
    )
    assert evil not in html
    assert read(html).faults == []


def test_large_letters_mark_the_page() -> None:
    page = next(page for page in _SAMPLES.pages(big=True) if page[0] == "board")
    assert '<html lang="zh-CN" class="big">' in ENVIRONMENT.get_template(page[1]).render(page[2])


def test_icons_that_pages_name_exist() -> None:
    sprite = (STATIC / "icons/sprite.svg").read_text("utf-8")
    have = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    used: set[str] = set()
    for _, template, context in PAGES:
        used |= set(re.findall(r"sprite\.svg#([\w-]+)", ENVIRONMENT.get_template(template).render(context)))
    assert used
    assert used - have == set()


def test_own_static_files_exist_and_fit_old_browsers() -> None:
    for name in ("app.css", "app.js", "icons/sprite.svg", "icons/favicon.svg", "icons/chevron.svg"):
        assert name not in VENDOR_NAMES
        assert (STATIC / name).is_file()
    css, script = (STATIC / "app.css").read_text("utf-8"), (STATIC / "app.js").read_text("utf-8")
    for sheet in STATIC.glob("*.css"):
        assert TOO_NEW_CSS.findall(re.sub(r"/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.DOTALL)) == [], (
            sheet.name
        )
    assert TOO_NEW_JS.findall(script) == []
    assert "data:" not in css
    assert "url(http" not in css
    assert len(css) < 34_000
    assert len(script) < 12_000
