"""Reads a manual: a few marks of Markdown, and two of our own, into what the template draws.

`# title`, then the introduction; `## task`, `1. step`, `> hint`, `![picture](what it shows)`; inside a line `[words](/path)`,
【a button】 as it is called on its page, and 〔F2〕 a key. Tests hold the paths, the buttons and the pictures against the pages.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from markupsafe import Markup, escape

from linggong.web.environment import STATIC

TEXTS: Final = Path(__file__).parent / "texts"
PICTURES: Final = STATIC / "manual"
LINK: Final = re.compile(r"\[([^\]]+)\]\((/[^)]*)\)")
BUTTON: Final = re.compile(r"【([^】]+)】")
KEY: Final = re.compile(r"〔([^〕]+)〕")
_PICTURE: Final = re.compile(r"!\[([a-z0-9-]+)\]\(([^)]+)\)")
_STEP: Final = re.compile(r"\d+\. (.+)")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a page, and what it shows; its size is read off the file, so that the page does not jump."""

    name: str
    shows: str
    width: int
    height: int


@dataclass(slots=True)
class Task:
    """One thing that somebody wants to do."""

    title: str
    steps: list[Markup] = field(default_factory=list)
    hints: list[Markup] = field(default_factory=list)
    picture: Picture | None = None


@dataclass(slots=True)
class Manual:
    """What one role needs."""

    key: str
    title: str = ""
    about: Markup = field(default_factory=Markup)
    tasks: list[Task] = field(default_factory=list)


ORDER: Final = (
    "worker", "crew", "employer", "clerk", "manager", "street", "operator", "county", "city", "auditor", "mediator", "insurer",
    "department", "privacy", "sysadmin",
)  # fmt: skip


@cache
def manual(key: str) -> Manual:
    """Return a role's manual; raises KeyError for a role that has none."""
    if key not in ORDER:
        raise KeyError(key)
    return read(key, (TEXTS / f"{key}.md").read_text(encoding="utf-8"))


def read(key: str, text: str) -> Manual:
    """Read a manual; raises ValueError for a line that says nothing we know."""
    made = Manual(key)
    for number, line in enumerate(text.splitlines(), start=1):
        if not line:
            continue
        if line.startswith("# "):
            made.title = line[2:]
        elif line.startswith("## "):
            made.tasks.append(Task(line[3:]))
        elif not made.tasks:
            made.about += inline(line)
        elif found := _PICTURE.fullmatch(line):
            made.tasks[-1].picture = picture(found[1], found[2])
        elif found := _STEP.fullmatch(line):
            made.tasks[-1].steps.append(inline(found[1]))
        elif line.startswith("> "):
            made.tasks[-1].hints.append(inline(line[2:]))
        else:
            raise ValueError(f"{key}.md:{number}: {line!r}")
    return made


def inline(text: str) -> Markup:
    """Return a line with its links, buttons and keys."""
    made = str(escape(text))
    made = LINK.sub(r'<a class="hit" href="\2">\1</a>', made)
    made = BUTTON.sub(r"<b>“\1”</b>", made)
    return Markup(KEY.sub(r"<kbd>\1</kbd>", made))  # noqa: S704 - escaped first; the marks add only our own elements


def picture(name: str, shows: str) -> Picture | None:
    """Return a picture with its size; None while it was not taken."""
    file = PICTURES / f"{name}.png"
    if not file.is_file():
        return None
    with file.open("rb") as opened:
        width, height = struct.unpack(">II", opened.read(24)[16:24])
    return Picture(name, shows, width, height)
