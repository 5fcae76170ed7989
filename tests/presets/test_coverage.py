"""docs/coverage.md is true to the tree: 140 requirements, each with its papers, where it is, and tests that exist (R001 to R140)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from litestar.handlers import BaseRouteHandler

from linggong.app import registry
from linggong.cli import app as command_line
from tenants.preset_files import load_preset

ROOT = Path(__file__).parents[2]
PLACES = {"kaifeng": "开封", "jianning": "建宁", "shashi": "沙市", "shaxian": "沙县", "longli": "龙里"}
PAPERS = {
    "kaifeng": """
        001 002 004 005 006 007 009 016 018 019 020 021 022 023 024 036 038 045 046 047 048 049 050 061 062 063 064 068 084 086
        087 088 089 090 091 096 097 098 099 107 111 112 114 115 120 121 134 135 136 138 139 140""",
    "jianning": """
        008 010 011 012 013 014 015 016 017 030 031 034 035 037 039 052 053 055 059 071 072 073 074 075 076 077 078 079 080 081
        082 083 085 099 100 103 104 111 112 113 115 116 117 120 122 123 124 125 126 127 128 129 138 140""",
    "shashi": "016 022 025 028 031 033 037 041 042 043 044 057 060 062 069 085 102 104 120 130 131 132 137",
    "shaxian": """
        003 012 013 014 015 017 038 039 051 052 054 055 059 061 065 066 067 071 072 073 074 075 076 077 078 079 082 083 106 110
        114 115 119 122""",
    "longli": """
        003 009 015 016 022 026 027 029 032 034 035 037 040 041 052 054 055 056 057 058 059 067 068 070 082 092 093 094 095 096
        097 098 099 101 104 105 106 107 108 109 111 115 118 119 133""",
}
"""What each place's paper asks, by number."""
RECORDED = {"R025", "R033", "R034", "R035", "R044"}
"""What an inspector's eye must see; the system records it and computes nothing."""
STILL_OPEN = ""
"""Rows that say 未完成, by number. Closing one takes it from here, too."""
NOT_DONE = "未完成"


class Row(NamedTuple):
    """A row of the page."""

    id: str
    papers: tuple[str, ...]
    asks: str
    where: tuple[str, ...]
    tests: tuple[str, ...]
    open: bool


def _coded(cell: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`([^`]+)`", cell))


@cache
def rows() -> dict[str, Row]:
    found: dict[str, Row] = {}
    for line in (ROOT / "docs/coverage.md").read_text("utf-8").splitlines():
        if not line.startswith("| R"):
            continue
        key, papers, asks, where, tests = (cell.strip() for cell in line.strip().strip("|").split("|"))
        assert key not in found, key
        found[key] = Row(key, tuple(papers.split()), asks, _coded(where), _coded(tests), tests == NOT_DONE)
    return found


def asked(preset: str) -> list[str]:
    return [f"R{n}" for n in PAPERS[preset].split()]


def _routes(things: list[Any]) -> Iterator[str]:
    for thing in things:
        alone = isinstance(thing, BaseRouteHandler)
        own = [thing] if alone else [getattr(thing, name, None) for name in dir(thing)]
        above = None if alone else getattr(thing, "path", None)
        before = above.rstrip("/") if isinstance(above, str) else ""
        for handler in own:
            for path in handler.paths if isinstance(handler, BaseRouteHandler) else ():
                yield re.sub(r":\w+}", "}", f"{before}/{path.lstrip('/')}".rstrip("/") or "/")


@cache
def _names(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    )


def test_the_page_has_every_requirement_once_and_says_who_asks() -> None:
    assert list(rows()) == [f"R{n:03}" for n in range(1, 141)]
    for preset, word in PLACES.items():
        assert [key for key, row in rows().items() if word in row.papers] == asked(preset), preset
    for row in rows().values():
        assert row.papers, row.id
        assert set(row.papers) <= set(PLACES.values()), row.id
        assert row.asks, row.id
    assert {key for key, row in rows().items() if "an inspector" in row.asks} == RECORDED


def test_everything_named_is_there() -> None:
    routes, wrong = set(_routes(registry.CONTROLLERS)), []
    for row in rows().values():
        for one in row.where:
            if one.startswith("/"):
                there = one in routes
            elif one.startswith("linggong "):
                command: Any = command_line
                for word in one.split()[1:]:
                    command = command[word]
                there = command is not None
            else:
                there = find_spec(one) is not None
            if not there:
                wrong.append((row.id, one))
        for one in row.tests:
            path, _, name = one.partition("::")
            if not (ROOT / path).is_file() or name not in _names(path):
                wrong.append((row.id, one))
    assert wrong == []


def test_open_rows_are_said_to_be_open() -> None:
    assert {key for key, row in rows().items() if row.open} == {f"R{n}" for n in STILL_OPEN.split()}
    for row in rows().values():
        assert row.open or (row.where and row.tests), row.id
        assert not (row.open and row.tests), row.id


@pytest.mark.parametrize("preset", PLACES)
def test_a_places_paper_from_line_to_line(preset: str) -> None:
    """Every line is a row with where it is and what shows it, and every number of the preset comes from a line of its paper."""
    for key in asked(preset):
        row = rows()[key]
        assert PLACES[preset] in row.papers
        assert row.open or (row.where and row.tests), key
    loaded = load_preset(preset)
    assert loaded.parameters
    for said in [(p.key, p.source) for p in loaded.parameters] + [(t.key, t.source) for t in loaded.texts]:
        key, source = said
        spans = re.findall(r"R(\d{3})(?:-R(\d{3}))?", source)
        assert spans, key
        named = {f"R{n:03}" for first, last in spans for n in range(int(first), int(last or first) + 1)}
        assert named <= set(asked(preset)), key
