"""Names of markets and stations: a generator and a validator (R021-R024).

The rules are data of the preset. They are written 「原则上」「可按照」, so a deviation warns and is recorded;
it never refuses a name.

A template is a name with places to fill: `{city}`, `{county}` (a functional zone too), `{street}`,
`{community}` and `{region}` (the deepest of them) stand for regions; `{industry}` for a word of the industry
list; `{label}` for any short words. A template fits a node only when all its regions are known and, if it
names regions at all, it names the deepest one: a community's station is not named after its street alone.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass

from tenants.kinds import NodeKind

REGION_LEVELS = ("city", "county", "street", "community")
_FIELDS = frozenset({*REGION_LEVELS, "region", "industry", "label"})
_LABEL = r"[\w·（）()]{1,20}"


@dataclass(frozen=True, slots=True)
class NameTemplate:
    """Accepted shapes of the names of one kind, the preferred one first, with the rule's id (R021)."""

    kind: NodeKind
    rule: str
    templates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NamingRules:
    """A preset's naming rules: templates by kind, industry words for R023, longest name in characters."""

    templates: Mapping[NodeKind, NameTemplate]
    industries: tuple[str, ...]
    max_length: int = 40


@dataclass(frozen=True, slots=True)
class NameWarning:
    """A deviation to show and record: rule id, code, Chinese message, and a better name if known."""

    rule: str
    code: str
    message: str
    suggestion: str | None = None


def place_name(name: str) -> str:
    """A division's name as used inside a station's name: 水南村委会 becomes 水南村."""
    for long, short in (
        ("社区居民委员会", "社区"),
        ("社区居委会", "社区"),
        ("村民委员会", "村"),
        ("村委会", "村"),
    ):
        if name.endswith(long) and len(name) > len(long):
            stem = name.removesuffix(long)
            return stem if stem.endswith(short) else stem + short
    return name


def check_template(template: str) -> None:
    """Raise ValueError when a template holds an unknown place to fill; presets are checked on loading."""
    for _, field, _, _ in string.Formatter().parse(template):
        if field is not None and field not in _FIELDS:
            raise ValueError(f"unknown place {{{field}}} in naming template {template!r}")


def propose_name(
    kind: NodeKind,
    region_names: Mapping[str, str],
    rules: NamingRules,
    *,
    industry: str | None = None,
    label: str | None = None,
) -> str | None:
    """The name the rules prefer for a new node, None when no template fits what is known.

    `region_names` holds the names of the regions above it by level (`city` .. `community`; `zone` counts as
    county). A template with `{industry}` or `{label}` is used only when that word is given.
    """
    rule = rules.templates.get(kind)
    if rule is None:
        return None
    names = _levels(region_names)
    words = {"industry": industry, "label": label}
    filled = {name: place_name(value) for name, value in names.items()}
    filled |= {name: word for name, word in words.items() if word}
    for template in rule.templates:
        fields = _fields(template)
        if _fits(fields, names) and all(field in filled for field in fields):
            return template.format_map(filled)
    return None


def check_name(kind: NodeKind, name: str, region_names: Mapping[str, str], rules: NamingRules) -> list[NameWarning]:
    """Deviations of `name` from the rules of its kind; an empty list when it conforms or no rule exists."""
    rule = rules.templates.get(kind)
    if rule is None:
        return []
    names = _levels(region_names)
    suggestion = propose_name(kind, region_names, rules)
    hint = f"建议改为“{suggestion}”。" if suggestion else ""
    warnings: list[NameWarning] = []
    if len(name) > rules.max_length:
        warnings.append(
            NameWarning(rule.rule, "too_long", f"名称超过 {rules.max_length} 个字，请缩短。{hint}", suggestion)
        )
    if name != name.strip() or not all(char.isalnum() or char in "·（）()" for char in name):
        warnings.append(
            NameWarning(rule.rule, "characters", f"名称里有空格、符号或看不见的字符，请去掉。{hint}", suggestion)
        )
    fitting = [template for template in rule.templates if _fits(_fields(template), names)]
    if not fitting or any(_pattern(template, names, rules).fullmatch(name) for template in fitting):
        return warnings
    if any("{industry}" in t and _pattern(t, names, rules, any_industry=True).fullmatch(name) for t in fitting):
        message = "名称里的行业不在行业目录中，请改用目录里的行业名称，或先把行业加入目录。"
        return [*warnings, NameWarning(rule.rule, "industry", message, suggestion)]
    shapes = "、".join(f"“{_example(template, names)}”" for template in fitting[:3])
    return [
        *warnings,
        NameWarning(rule.rule, "pattern", f"名称原则上写作{shapes}，可以保留，系统会记录。{hint}", suggestion),
    ]


def _levels(region_names: Mapping[str, str]) -> dict[str, str]:
    """Names by level with a zone read as a county, plus `region`, the deepest of them."""
    names = {level: region_names[level] for level in REGION_LEVELS if region_names.get(level)}
    if region_names.get("zone"):
        names.setdefault("county", region_names["zone"])
    for level in reversed(REGION_LEVELS):
        if level in names:
            names["region"] = names[level]
            break
    return names


def _fields(template: str) -> tuple[str, ...]:
    return tuple(field for _, field, _, _ in string.Formatter().parse(template) if field)


def _fits(fields: tuple[str, ...], names: Mapping[str, str]) -> bool:
    regions = [field for field in fields if field in REGION_LEVELS or field == "region"]
    if not regions:
        return True
    deepest = next((level for level in reversed(REGION_LEVELS) if level in names), None)
    return all(field in names for field in regions) and ("region" in regions or deepest in regions)


def _pattern(
    template: str, names: Mapping[str, str], rules: NamingRules, *, any_industry: bool = False
) -> re.Pattern[str]:
    """The regular expression of a template with its regions filled in; long and short names both pass."""
    parts: list[str] = []
    for text, field, _, _ in string.Formatter().parse(template):
        parts.append(re.escape(text))
        if field is None:
            continue
        if field == "label":
            parts.append(_LABEL)
        elif field == "industry":
            listed = "|".join(map(re.escape, rules.industries)) or "(?!)"
            parts.append(_LABEL if any_industry else f"(?:{listed})")
        else:
            spellings = sorted({names[field], place_name(names[field])}, key=len, reverse=True)
            parts.append(f"(?:{'|'.join(map(re.escape, spellings))})")
    return re.compile("".join(parts))


def _example(template: str, names: Mapping[str, str]) -> str:
    filled = {name: place_name(value) for name, value in names.items()}
    return template.format_map({"industry": "行业", "label": "××", **filled})
