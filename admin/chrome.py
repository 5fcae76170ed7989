"""The console's frame: Piccolo's page with our patches, words and rights told to it, under a policy of its own.

Looser than our pages in one point: the page's library writes styles into the document. Scripts are files of ours alone.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from piccolo_admin.endpoints import ASSET_PATH
from starlette.requests import Request
from starlette.responses import Response

from admin import words
from admin.catalogue import RULES
from admin.context import Visit
from admin.forms import FORMS
from admin.patches import patched
from linggong.kernel.errors import NotFound
from linggong.kernel.practice import PRACTISING
from linggong.web.pages import practice_mark

CSP: Final = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; object-src 'none'; "
    "frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
)
_OWN: Final = Path(__file__).with_name("static")
_KINDS: Final = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
_MATCHES: Final = {"contains": "包含", "exact": "就是", "starts": "开头是", "ends": "结尾是"}
_DIALOG: Final = """<dialog id="console-export"><form method="dialog">
<h2>导出</h2>
<label for="export-format">格式</label>
<select id="export-format" name="format"><option value="xlsx">Excel 表格</option><option value="csv">CSV</option></select>
<label for="export-purpose">用途（会留下记录）</label>
<input id="export-purpose" name="purpose" required minlength="2" maxlength="200" autocomplete="off">
<p class="problem" role="alert"></p>
<div class="buttons"><button value="go">导出</button><button value="no" formnovalidate>不导了</button></div>
</form></dialog>"""


@cache
def _files() -> dict[str, tuple[str, bytes]]:
    """Return type and content by name; the bundle patched, every name with its hash. Raises UnknownBundle."""
    found: dict[str, tuple[str, bytes]] = {}
    for path in (*(Path(ASSET_PATH) / "assets").iterdir(), *_OWN.iterdir()):
        kind = _KINDS.get(path.suffix)
        if kind is None:
            continue
        content = path.read_bytes()
        stem = path.stem
        if path.parent != _OWN and path.suffix == ".js":
            content, stem = patched(content.decode()).encode(), "bundle"
        name = f"{stem}.{hashlib.sha256(content).hexdigest()[:10]}{path.suffix}"
        found[name] = (kind, content)
    return found


def _named(stem: str, suffix: str) -> str:
    return next(n for n in _files() if n.startswith(stem) and n.endswith(suffix))


async def asset(request: Request) -> Response:
    """Serve a file of the frame; its name holds its hash, so that a browser may keep it for good."""
    found = _files().get(request.path_params["name"])
    if found is None:
        raise NotFound
    kind, content = found
    return Response(content, media_type=kind, headers={"cache-control": "private, max-age=31536000, immutable"})


def page(visit: Visit, template: str) -> Response:
    """Return the page: its own head, and what this person may see and do."""
    rights = {
        rule.name: [verb for verb in ("read", "create", "update", "delete", "export") if visit.may(getattr(rule, verb))]
        for rule in RULES.values()
        if visit.may(rule.read)
    }
    actions = [
        {"on": f.on, "slug": f.slug, "name": f.name, "field": f.field}
        for f in FORMS.values()
        if f.on and visit.may(f.permission)
    ]
    told: dict[str, Any] = {
        "csrf": visit.csrf, "tables": dict(words.TABLES), "rights": rights, "actions": actions, "words": _MATCHES,
    }  # fmt: skip
    # The text stands in a script element: nothing in it may end that element.
    text = json.dumps(told, ensure_ascii=False).replace("<", "\\u003c")
    head, tail = template.index("<script"), template.index("</head>")
    html = (
        template[:head].replace('<html lang="en">', '<html lang="zh-CN">').replace("Piccolo Admin", "数据后台")
        + f'<script type="application/json" id="console-told">{text}</script>'
        + f'<script defer src="./assets/{_named("console.", ".js")}"></script>'
        + f'<script type="module" src="./assets/{_named("bundle.", ".js")}"></script>'
        + '<link rel="icon" href="/static/icons/favicon.svg">'
        + f'<link rel="stylesheet" href="./assets/{_named("index", ".css")}">'
        + f'<link rel="stylesheet" href="./assets/{_named("console.", ".css")}">'
        + template[tail:]
    )
    start, end = html.index("<noscript>"), html.index("</noscript>")
    html = f"{html[:start]}<noscript><strong>请打开浏览器的 JavaScript，再用数据后台。</strong>{html[end:]}"
    html = html.replace('<div id="app"></div>', f'<div id="app"></div>{_DIALOG}')
    if PRACTISING:
        html = practice_mark(html, "/practice")
    headers = {
        "content-security-policy": CSP, "x-content-type-options": "nosniff", "referrer-policy": "same-origin",
        "cache-control": "private, no-store",
    }  # fmt: skip
    return Response(html, media_type="text/html", headers=headers)
