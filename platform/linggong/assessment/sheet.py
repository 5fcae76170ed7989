"""The score sheet on paper: as PDF with every ruling and every hand, and as a workbook (R122, §2.1)."""

from __future__ import annotations

import json
import threading
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import typst

from linggong.assessment.card import PROPOSAL
from linggong.assessment.queries import AssessmentDetail
from linggong.assessment.scorecard import Scored
from linggong.contracts.typeset import fonts, lacking
from linggong.kernel import clock

TEMPLATE: Final = Path(__file__).parent / "sheet.typ"
KINDS: Final = {"computed": "系统计算", "evidence": "看材料", "inspection": "现场看"}
HEAD: Final = ("序号", "部分", "内容", "怎么评", "分值", "得分", "依据", "原文读法")
_lock = threading.Lock()


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(str(TEMPLATE), font_paths=[str(fonts())], ignore_system_fonts=True)


def basis(row: Scored, filed: Collection[int] = ()) -> str:
    """Say in a line what a row's points rest on; `filed`: rows with material, which somebody has yet to judge."""
    if row.missing:
        return "材料交了，还没有评" if row.n in filed else row.why or "还没有评"
    said = [row.why] if row.why else []
    if not said and row.value is not None and row.unit:
        said.append(f"{row.value} {row.unit}")
    if row.tier and not row.why and row.tier not in said:
        said.append(row.tier)
    if row.beside:
        said.append("并列：" + "、".join(f"{BESIDE.get(key, key)} {value}" for key, value in row.beside.items()))
    return "；".join(said) or "满分"


BESIDE: Final = {
    "raw": "原始数", "orders": "用工单", "late": "迟报", "stale": "没更新", "on_the_spot": "当场解决的咨询", "no_show_without_case": "没立案的爽约",
    "unpaid_without_case": "没立案的欠薪", "low_rating_without_case": "没立案的差评",
}  # fmt: skip
"""Words for what stands beside a count and does not enter."""


def rows(found: AssessmentDetail) -> list[list[str]]:
    """Return the rows of the sheet in words."""
    scored = found.assessment.scored
    filed = {one.row for one in found.materials}
    return [
        [
            str(row.n), row.part, row.item, KINDS[row.kind], str(row.most) if scored else "", f"{row.points:g}" if scored and not row.missing else "",
            row.tier if not scored and not row.missing else basis(row, filed), row.ruling,
        ]
        for row in found.score.rows
    ]  # fmt: skip


def outcome(found: AssessmentDetail) -> str:
    """Say what it comes to."""
    score = found.score
    if not found.assessment.scored:
        return f"结论：{score.grade or '还没有'}"
    if found.is_forecast:
        return f"已知各行合计 {score.total:g} 分；还有 {len(score.missing)} 行没有评，不定等次"
    left = f"；{len(score.missing)} 行没有材料，按 0 分" if score.missing else ""
    return f"合计 {score.total:g} 分，取整 {score.counted} 分：{score.grade}{left}"


def facts(found: AssessmentDetail) -> list[tuple[str, str]]:
    """Return the head of the sheet."""
    one = found.assessment
    head = [("考核对象", f"{one.operator}（{one.what}）" if one.operator else one.what), ("地方", one.place)]
    head += [("考核期", f"{one.first} 到 {one.last}"), ("考核表", f"{one.card_title}，第 {one.card_version} 版")]
    head += [
        ("来源", found.score.source),
        ("状态", one.state_words + ("（预测，不作结论）" if found.is_forecast and one.state == "S_OPEN" else "")),
    ]
    if one.frozen_at is not None:
        head.append(("证据校验码", f"{one.frozen_hash}（{clock.shanghai(one.frozen_at):%Y-%m-%d %H:%M} 封存）"))
    return head


def steps(found: AssessmentDetail) -> list[str]:
    """Return who said what and when."""
    return [f"{clock.shanghai(one.at):%Y-%m-%d %H:%M}　{one.by}　{one.kind_words}：{one.words}" for one in found.said]


def pdf(found: AssessmentDetail, *, counts: bool = True) -> bytes:
    """Return the sheet as PDF/A. CPU-bound: call it in a thread. A character that the font lacks is spelt by its number."""
    data: dict[str, Any] = {
        "title": found.assessment.card_title, "notes": [] if counts else [PROPOSAL], "facts": [list(one) for one in facts(found)],
        "head": list(HEAD), "rows": rows(found), "outcome": outcome(found), "steps": steps(found), "scored": found.assessment.scored,
        "materials": [f"第 {one.row} 行　{one.name}{f'（{one.number}）' if one.number is not None else ''}　{one.by}" for one in found.materials],
        "follows": found.score.follows if found.assessment.state == "S_FINAL" else "",
    }  # fmt: skip
    text = json.dumps(data, ensure_ascii=False)
    text = text.translate({ord(c): f"〔U+{ord(c):04X}〕" for c in lacking(text)})
    with _lock:
        made = _compiler().compile(format="pdf", sys_inputs={"data": text}, pdf_standards=["a-2b"])
    if not isinstance(made, bytes):
        raise TypeError("a PDF is one file")
    return made
