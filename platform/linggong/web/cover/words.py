"""Insurance in words for pages."""

from __future__ import annotations

from typing import Final

from linggong.cover.queries import PolicyView, ProductView, Told
from linggong.web.filters import yuan

KINDS: Final = {"basic": "基本险", "topup": "加保"}
PAYERS: Final = {"government": "政府出钱", "employer": "雇主出钱"}
TONES: Final = {"active": "go", "waived": "off", "pending": "wait", "refused": "danger", "none": "off"}


def product(view: ProductView) -> str:
    """Return a product in one line."""
    line = (
        f"{view.name}（{PAYERS[view.payer]}，每天{yuan(view.premium_day_fen)}元）：身故伤残最多{yuan(view.death_fen)}元，"
        f"医疗最多{yuan(view.medical_fen)}元，保{view.min_age}到{view.max_age}岁"
    )
    return f"{line}。{view.note}" if view.note else line


def told(view: Told) -> str:
    """Return what somebody is told before he takes a job, '' where nothing is on offer."""
    if view.injury_insurance_owed:
        owed = "这单要由雇主缴工伤保险" + (
            "，雇主已填登记号" if view.injury_number_given else "，雇主还没填登记号，填好才能签约"
        )
        return owed + ("" if view.basic is None else f"；另有{view.basic.name}")
    if not view.offered:
        return ""
    if view.can is False:
        return f"你不能参保：{view.why_not}。要去，得雇主先写放弃声明，你看清风险再点头"
    parts = [view.topup] if view.topup is not None else []
    found = [view.basic, *parts] if view.basic is not None else parts
    head = "你能参保，不用你掏钱：" if view.can else "双方说定就参保，不用零工掏钱："
    return head + "；".join(product(p) for p in found if p is not None)


def policy(view: PolicyView) -> str:
    """Return a policy in one line."""
    head = f"{view.product}（{PAYERS[view.payer]}）"
    if view.disputed:
        return f"{head}：保险公司前后说法不一，先不算数"
    match view.state:
        case "active":
            return f"{head}：已参保，保单号 {view.policy_no}"
        case "refused":
            return f"{head}：没办成，{view.refused_words or '保险公司没同意'}"
        case "ended":
            return f"{head}：已退保"
        case _:
            return f"{head}：等保险公司回复"
