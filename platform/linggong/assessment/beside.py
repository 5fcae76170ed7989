"""What the records show beside a row that a person judges: read to the reviewer and frozen with the year, and never points of their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import sqlalchemy as sa

from linggong.assessment import gather, upkeep
from linggong.assessment.card import Row
from linggong.assessment.gather import Ask
from linggong.assessment.models import UPKEEP, Upkeep
from linggong.cases.models import Case
from linggong.inspection import outcomes
from linggong.kernel import clock
from linggong.kernel.paths import in_subtree
from linggong.sites import roster, wall
from tenants.kinds import BuildStatus, NodeKind
from tenants.models import Node

_MARKETS: Final = (NodeKind.MARKET_COMPREHENSIVE.value, NodeKind.MARKET_TRADE.value)
_MOST: Final = 12


async def facts(ask: Ask, row: Row) -> list[str]:
    """Return lines for the reviewer of a row; none where nothing is kept."""
    if row.reads == "words":
        found = await gather.figures(ask, row)
        return [f"平台记录：{'、'.join(f'{WORDS.get(key, key)} {n:,}' for key, n in found.items())}"] if found else []
    if row.kind == "inspection":
        return await _inspected(ask, row)
    teller = _TELLERS.get(row.source)
    return [] if teller is None else await teller(ask)


async def _places(ask: Ask) -> list[tuple[str, str]]:
    """Return markets in the places asked for, or the station itself where it is one."""
    kinds = sa.or_(Node.kind.in_(_MARKETS), Node.path.in_(list(ask.paths)))
    rows = await ask.uow.execute(
        sa.select(Node.path, Node.short_name)
        .where(
            sa.or_(*(in_subtree(Node.path, path) for path in ask.paths)), kinds, Node.status == BuildStatus.OPEN.value
        )
        .where(Node.kind.not_in(("city", "county", "zone", "street", "community")))
        .order_by(Node.path)
        .limit(_MOST)
    )
    return [(row.path, row.short_name) for row in rows]


async def _inspected(ask: Ask, row: Row) -> list[str]:
    """Return what finished inspections found for a row, what failed at the latest look first."""
    found = [
        one
        for path in ask.paths
        for one in await outcomes.results(ask.uow, path, ask.first, min(ask.last, clock.business_date(ask.uow.now)))
        if one.row == row.n
    ]
    found.sort(key=lambda one: (one.last_passed, one.title))
    return [
        f"现场检查“{one.title}”：合格 {one.passed} 次，不合格 {one.failed} 次，"
        f"最近一次（{clock.business_date(one.last_at)}）{'合格' if one.last_passed else '不合格'}"
        for one in found[:_MOST]
    ]


async def _staff(ask: Ask) -> list[str]:
    last, said = min(ask.last, clock.business_date(ask.uow.now)), []
    for path, name in await _places(ask):
        least = await roster.least(ask.uow, path, min(ask.first, last), last)
        said.append(
            f"{name}在岗名册：最少的一天专职 {least.full_time} 人（{least.full_time_on}），有合同和社保证明的 {least.proven} 人"
        )
    return said


async def _rules(ask: Ask) -> list[str]:
    last, said = min(ask.last, clock.business_date(ask.uow.now)), []
    for path, name in await _places(ask):
        state = await wall.state(ask.uow, path, last)
        reached = sum(1 for line in state.lines if line.answered)
        left = f"，还缺：{'、'.join(state.missing[:4])}" if state.missing else "，齐全"
        said.append(
            f"{name}上墙：{sum(1 for d in state.documents if d.photo_at)} / {len(state.documents)} 件有照片，电话打通 {reached} 部{left}"
        )
    return said


async def _upkeep(ask: Ask) -> list[str]:
    rows = await ask.uow.execute(
        sa.select(Upkeep.kind, sa.func.count(), sa.func.sum(Upkeep.down_minutes))
        .where(ask.here(Upkeep.tenant), Upkeep.day.between(ask.first, ask.last))
        .group_by(Upkeep.kind)
    )
    by_kind = {kind: (int(n), int(down or 0)) for kind, n, down in rows}
    kept = "、".join(f"{words} {by_kind.get(kind, (0, 0))[0]} 条" for kind, words in UPKEEP.items())
    said = [f"维护记录：{kept}；写明停机 {sum(down for _, down in by_kind.values())} 分钟"]
    ran = await upkeep.uptime(ask.uow, ask.first, ask.last)
    if ran.share is not None:
        said.append(f"系统自己记的运行率：{ran.share * 100:.2f}%（{ran.since} 起）")
    return said


async def _fees(ask: Ask) -> list[str]:
    here = (ask.here(Case.tenant), ask.within(Case.created_at), Case.kind == "fee")
    return [f"乱收费投诉 {await ask.count(sa.func.count(), *here)} 件，是否查实看案件"]


_TELLERS: Final[Mapping[str, Callable[[Ask], Awaitable[list[str]]]]] = {
    "staff": _staff, "rules": _rules, "upkeep": _upkeep, "fees": _fees,
}  # fmt: skip
WORDS: Final = {
    "post_orders": "用工单", "take_orders": "说定的派工", "price": "双方确认", "contract_insurance": "签约", "settlement": "确认收款",
    "negotiation_complaint": "投诉和纠纷", "employer_pay": "付款记录", "data_statistics": "有统计的天数", "audited": "审核过的", "raw": "原始数",
    "fights": "打架斗殴", "extortion": "敲诈勒索", "forced_trade": "强迫交易", "false_recruitment": "虚假招聘", "child_labour": "雇佣童工",
    "opened": "立案的纠纷", "on_the_spot": "当场解决的咨询", "followers": "关注数", "no_show_without_case": "没立案的爽约",
    "unpaid_without_case": "没立案的欠薪", "low_rating_without_case": "没立案的差评", "assignments": "完工的派工", "orders": "用工单",
    "false_posts": "虚假岗位", "false_records": "虚假个人信息", "stale": "没更新", "trainees": "参加培训的人", "late": "迟报", "fairs": "达标的招聘会", "held": "办过的招聘会", "reports": "月报",
    "workers.satisfied": "满意的零工", "workers.valid": "零工的有效答卷", "employers.satisfied": "满意的用工方", "employers.valid": "用工方的有效答卷",
}  # fmt: skip
"""Words for what a source counts."""
