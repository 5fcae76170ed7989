"""What a form about a place must keep: joints of the tree, segments, division codes, names (R001-R004, R020-R024)."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Mapping
from typing import Any

from linggong.kernel.errors import Fault
from linggong.kernel.paths import tenant_path
from tenants.kinds import BuildStatus, NodeKind, may_hang_under
from tenants.models import Node
from tenants.naming import NamingRules, check_name
from tenants.preset_files import short_division_name
from tenants.views import NewNode

UNOPENED = frozenset({BuildStatus.PLANNED, BuildStatus.BUILDING})
"""Build statuses between which a place may be moved freely; the others are reached by opening and closing."""

_CODE_SHAPES = {
    NodeKind.CITY: r"\d{4}0{8}",
    NodeKind.COUNTY: r"\d{6}0{6}",
    NodeKind.STREET: r"\d{9}0{3}",
    NodeKind.COMMUNITY: r"\d{12}",
}
_LETTERS = {
    NodeKind.ZONE: "z",
    NodeKind.MARKET_COMPREHENSIVE: "m",
    NodeKind.MARKET_TRADE: "t",
    NodeKind.STATION: "s",
    NodeKind.SERVICE_POINT: "p",
    NodeKind.CONTACT_POINT: "c",
    NodeKind.COUNTER: "w",
}


def check_new(form: NewNode, above: Node | None, taken: Mapping[str, str]) -> tuple[list[Fault], str]:
    """Return the faults of a new place and its segment; `taken` are the names below `above` by segment."""
    faults = _name_faults(form.name, taken)
    if not may_hang_under(form.kind, NodeKind(above.kind) if above else None):
        under = f"放在“{above.name}”下面" if above else "作为最上级"
        faults.append(Fault("kind", f"{form.kind.label}不能{under}，请换一个上级。", "joint"))
    if above is not None and above.status == BuildStatus.CLOSED:
        faults.append(Fault("parent", f"“{above.name}”已经关停，请换一个上级。", "closed"))
    if form.status is BuildStatus.CLOSED:
        faults.append(Fault("status", "不能添加已经关停的地方。", "status"))
    if (form.latitude is None) != (form.longitude is None):
        faults.append(Fault("latitude", "经度和纬度请一起填。", "point"))
    if form.code12 is not None:
        shape = _CODE_SHAPES.get(form.kind)
        if shape is None:
            faults.append(Fault("code12", f"{form.kind.label}没有区划代码，请留空。", "code"))
        elif not re.fullmatch(shape, form.code12, re.ASCII):
            faults.append(Fault("code12", f"这不是{form.kind.label}的区划代码，请核对。", "code"))
    segment = form.segment or free_segment(form.kind, form.code12, taken)
    if segment in taken:
        faults.append(Fault("segment", f"路径段 {segment} 已经是“{taken[segment]}”的，请换一个。", "taken"))
    try:
        tenant_path(f"{above.path if above else '/'}{segment}/")
    except ValueError:
        faults.append(Fault("segment", "层级太深或路径段不对，请换一个。", "segment"))
    return faults, segment


def check_changes(given: Mapping[str, Any], siblings: Mapping[str, str]) -> list[Fault]:
    """Return the faults of changes to a place; `siblings` are the names beside it by segment."""
    faults = _name_faults(given["name"], siblings) if "name" in given else []
    if ("latitude" in given) != ("longitude" in given):
        faults.append(Fault("latitude", "经度和纬度请一起填。", "point"))
    for field in ("short_name", "address", "phone", "opening_hours"):
        if given.get(field) and _unseen(given[field]):
            faults.append(Fault(field, "有看不见的字符，请重新输入。", "characters"))
    if "short_name" in given and not given["short_name"].strip():
        faults.append(Fault("short_name", "请填写简称。", "required"))
    return faults


def name_warnings(kind: NodeKind, name: str, region_names: Mapping[str, str], naming: NamingRules) -> list[str]:
    """Return the deviations of a name from the naming rules, as they are recorded: `rule|code|message`."""
    return [f"{w.rule}|{w.code}|{w.message}" for w in check_name(kind, name, region_names, naming)]


def short_name(kind: NodeKind, name: str) -> str:
    """Return the short name that follows from a name."""
    return short_division_name(kind, name)


def free_segment(kind: NodeKind, code12: str | None, taken: Mapping[str, str]) -> str:
    """Return a segment that is not taken: from the division's code as presets do, else a letter and a number."""
    if code12 is not None and kind in _CODE_SHAPES and re.fullmatch(r"\d{12}", code12, re.ASCII):
        wanted = {
            NodeKind.CITY: code12[:4],
            NodeKind.COUNTY: code12[4:6] if code12[4:6] not in taken else code12[:6],
            NodeKind.STREET: code12[6:9],
            NodeKind.COMMUNITY: f"0{code12[9:]}",
        }[kind]
        # A street that came from another county may hold the digits already.
        spellings = (wanted, *(f"{wanted}{letter}" for letter in string.ascii_lowercase))
        return next((s for s in spellings if s not in taken), wanted)
    letter = _LETTERS.get(kind, "r")
    numbers = [int(s[1:]) for s in taken if re.fullmatch(rf"{letter}\d{{1,6}}", s, re.ASCII)]
    return f"{letter}{max(numbers, default=0) + 1:02d}"


def _name_faults(name: str, taken: Mapping[str, str]) -> list[Fault]:
    if not name.strip():
        return [Fault("name", "请填写名称。", "required")]
    if _unseen(name.strip()):
        return [Fault("name", "名称里有看不见的字符，请重新输入。", "characters")]
    if name.strip() in taken.values():
        return [Fault("name", f"这里已经有“{name.strip()}”，请换一个名称。", "taken")]
    return []


def _unseen(text: str) -> bool:
    return any(unicodedata.category(char).startswith("C") for char in text)
