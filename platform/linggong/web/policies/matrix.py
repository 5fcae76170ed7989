"""The rules as a table of roles by permissions, and as the options of their forms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from linggong.offices.policy_views import EVERYWHERE, RuleList, RuleView
from rbac.explain import EFFECT_LABELS, RELATION_LABELS
from rbac.labels import GROUP_LABELS, PERMISSION_LABELS
from rbac.permissions import Permission
from rbac.roles import ROLE_LABELS, Role

Option = dict[str, str]
_MARKS: Final = {"down": "下", "own": "本", "up": "上", "any": "全"}

ROLES: Final[list[Option]] = [{"value": r.value, "label": ROLE_LABELS[r]} for r in Role]
GROUPS: Final[list[Option]] = [{"value": g, "label": g} for g in dict.fromkeys(GROUP_LABELS.values())]
RELATIONS: Final[list[Option]] = [{"value": k, "label": v} for k, v in RELATION_LABELS.items()]
EFFECTS: Final[list[Option]] = [{"value": k, "label": v} for k, v in EFFECT_LABELS.items()]
LEGEND: Final[list[Option]] = [
    *({"mark": _MARKS[k], "text": v, "tone": "go"} for k, v in RELATION_LABELS.items()),
    {"mark": "禁", "text": "禁止，压过一切允许", "tone": "danger"},
    {"mark": "下*", "text": "只限某个地方，或从别的岗位继承", "tone": "wait"},
]


def permissions(group: str = "") -> list[Permission]:
    """Return the permissions of a heading, or all, in the catalogue's order of headings."""
    order = list(dict.fromkeys(GROUP_LABELS.values()))
    found = [p for p in PERMISSION_LABELS if group in ("", GROUP_LABELS[p.object])]
    return sorted(found, key=lambda p: order.index(GROUP_LABELS[p.object]))


def permission_groups() -> list[dict[str, Any]]:
    """Return the permissions as a form's options under headings."""
    return [
        {
            "label": group["label"],
            "options": [{"value": p.value, "label": PERMISSION_LABELS[p]} for p in permissions(group["value"])],
        }
        for group in GROUPS
    ]


def matrix(rules: RuleList, *, group: str, limited: bool) -> list[dict[str, Any]]:
    """Return the rows of the table: a heading where one begins, a permission's words, and a cell for each role."""
    by: dict[tuple[str, str], list[RuleView]] = {}
    for rule in rules.rules:
        by.setdefault((rule.role, f"{rule.object}:{rule.action}"), []).append(rule)
    heirs: dict[str, list[str]] = {}
    for role, source in rules.inherits:
        heirs.setdefault(role, []).append(source)
    rows: list[dict[str, Any]] = []
    for permission in permissions(group):
        cells = [_cell(by, role.value, permission.value, heirs.get(role.value, [])) for role in Role]
        if limited and not any(
            rule.subtree != EVERYWHERE for role in Role for rule in by.get((role.value, permission.value), ())
        ):
            continue
        heading = GROUP_LABELS[permission.object]
        rows.append(
            {
                "heading": heading if not rows or rows[-1]["group"] != heading else "",
                "group": heading,
                "words": PERMISSION_LABELS[permission],
                "code": permission.value,
                "cells": cells,
            }
        )
    return rows


def _cell(
    by: dict[tuple[str, str], list[RuleView]], role: str, permission: str, sources: Iterable[str]
) -> list[dict[str, str]]:
    own = by.get((role, permission), [])
    # What the role has by a rule of its own is not said twice.
    have = {(rule.subtree, rule.relation, rule.effect) for rule in own}
    inherited = [
        rule
        for source in sources
        for rule in by.get((source, permission), ())
        if (rule.subtree, rule.relation, rule.effect) not in have
    ]
    marks = []
    for rule in [*own, *inherited]:
        special = rule.subtree != EVERYWHERE or rule in inherited
        mark = "禁" if rule.effect == "deny" else _MARKS.get(rule.relation, "?")
        tone = "danger" if rule.effect == "deny" else "wait" if special else "go"
        marks.append({"mark": f"{mark}*" if special else mark, "title": rule.words, "tone": tone})
    return marks
