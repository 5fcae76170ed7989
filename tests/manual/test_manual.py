"""The manuals tell what the pages are: every path leads somewhere, every button is called so, every picture is small and there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from markupsafe import escape

from linggong.kernel.settings import Settings
from linggong.web.environment import TEMPLATES
from linggong.web.manual import reader
from linggong.web.manual.pages import OF_ROLE
from rbac.roles import STAFF_ROLES, Role
from tests.screens.manual import MOST, SHOTS

WEB = TEMPLATES.parent
TEXTS = sorted(reader.TEXTS.glob("*.md"))


@cache
def spoken() -> str:
    """What the pages say: their templates, and what their controllers put into them."""
    files = [
        *TEMPLATES.rglob("*.html"),
        *WEB.rglob("*.py"),
        *(WEB / "static").glob("*.js"),
        *WEB.parent.glob("*/machine*.py"),
    ]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


@cache
def paths() -> frozenset[str]:
    """The pages that the app serves."""
    from linggong.app.application import build

    app = build(Settings.from_env({"LINGGONG_DATA_DIR": "/nowhere"}), "postgresql://nobody@127.0.0.1:1/none")
    return frozenset(route.path for route in app.routes)


@pytest.mark.parametrize("file", TEXTS, ids=lambda f: f.stem)
def test_a_manual_is_true_to_the_pages(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    found = reader.read(file.stem, text)
    assert found.title
    assert found.about
    assert len(found.tasks) >= 1
    assert all(task.steps for task in found.tasks)
    for _, path in reader.LINK.findall(text.replace("![", "")):
        assert path in paths() or path.removeprefix("/manual/") in reader.ORDER, path
    for button in reader.BUTTON.findall(text):
        assert button in spoken(), f"no page calls anything {button}"
    for key in reader.KEY.findall(text):
        assert f'"{key}"' in spoken() or f">{key}<" in spoken(), key
    names = re.findall(r"!\[([a-z0-9-]+)\]", text)
    assert set(names) <= {shot.name for shot in SHOTS}


def test_every_role_has_one_and_every_picture_is_used_and_small() -> None:
    assert {file.stem for file in TEXTS} == set(reader.ORDER)
    assert {Role(role) for role in OF_ROLE} >= {*STAFF_ROLES, Role.WORKER, Role.EMPLOYER}
    assert set(OF_ROLE.values()) <= set(reader.ORDER)
    used = "\n".join(file.read_text(encoding="utf-8") for file in TEXTS)
    assert {file.stem for file in reader.PICTURES.glob("*.png")} == {shot.name for shot in SHOTS}
    for shot in SHOTS:
        assert f"![{shot.name}](" in used
        assert (reader.PICTURES / f"{shot.name}.png").stat().st_size < MOST


def test_a_line_is_escaped_and_an_unknown_one_refused() -> None:
    made = reader.inline("<b>按</b>【签收】〔F2〕[收件](/inbox)")
    assert made == f'{escape("<b>按</b>")}<b>“签收”</b><kbd>F2</kbd><a class="hit" href="/inbox">收件</a>'
    with pytest.raises(ValueError, match=r"x\.md:3"):
        reader.read("x", "# 标题\n## 事\n随便写")
    with pytest.raises(KeyError):
        reader.manual("../clerk")
