"""The file of a place as a paper: its elements as the build plan (R019), premises, equipment, staff, hours, and what is missing."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from linggong.insight.brief import Brief, Grid
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.measures.sites import thresholds
from linggong.sites import around, checks, common, files, hours, marks, roster
from linggong.sites.codes import CHECKS, ELEMENTS, EQUIPMENT, PARTNERS, ROOM_USES, STAFF_KINDS
from linggong.sites.files import FileView, Known
from tenants import queries
from tenants.kinds import NodeKind


async def told(uow: UnitOfWork, place: str | UUID, version: int | None = None) -> Brief:
    """Return the paper of a place with a version of its elements, the latest where none is named. Raises NotFound."""
    node = await queries.node(uow, place)
    today = clock.business_date(uow.now)
    known = (await files.read(uow, [node.path], today)).get(node.path)
    if known is None:
        raise NotFound
    shown = known.file
    if version is not None:
        shown = next((one for one in await files.versions(uow, node.path) if one.version == version), None)
        if shown is None:
            raise NotFound
    missing = files.gaps_of(known, await thresholds(uow, *checks.FAMILIES), today)
    declared = await hours.declared(uow, node.path, today)
    served = [name for _, _, name in await around.areas(uow, node.path)]
    facts = [
        ["类别", NodeKind(node.kind).label], ["状态", node.status_label], ["地址", node.address or "—"], ["电话", node.phone or "—"],
        ["开放时间", declared.words if declared else node.opening_hours or "—"],
        ["服务范围", "所在地" + (f"、{'、'.join(served)}" if served else "")], ["坐标", _points(known)],
    ]  # fmt: skip
    grids = [
        Grid(words=True, title="基本情况", head=["项目", "内容"], rows=facts),
        Grid(words=True, title="七个要素", head=["要素", "内容"], rows=_elements(shown)),
        _rooms(known), _equipment(known), _checks(known), _staff(known, today),
    ]  # fmt: skip
    at = clock.shanghai(uow.now)
    return Brief(
        title="建设（提升）方案", place=node.name, period=f"第 {shown.version} 版" if shown else "还没有成文",
        made=f"{at:%Y-%m-%d %H:%M} 打印", words=_words(shown, missing), grids=[grid for grid in grids if grid.rows],
        charts=[],
        notes=["内容来自站点档案；照片和证明材料在系统里查看。", *(["坐标是示例点。"] if node.point_is_demo else [])],
    )  # fmt: skip


def _words(shown: FileView | None, missing: list[files.Gap]) -> list[str]:
    words = []
    if shown is not None:
        at = clock.shanghai(shown.set_at)
        why = f"，{shown.reason}" if shown.reason else ""
        words.append(f"本方案第 {shown.version} 版，{at:%Y 年 %-m 月 %-d 日}成文{why}。")
        if shown.cobuild.partners:
            names = "、".join(PARTNERS.get(code, code) for code in shown.cobuild.partners)
            paid = f"，设备经费：{shown.cobuild.funding}" if shown.cobuild.funding else ""
            words.append(f"与{names}共建；牵头单位：{shown.cobuild.lead}，责任人：{shown.cobuild.responsible}{paid}。")
    words.append("还要补的：" + "".join(gap.words for gap in missing) if missing else "档案里要求的都有了。")
    return words


def _elements(shown: FileView | None) -> list[list[str]]:
    return [[label, shown.elements[code] or "（还没有写）"] for code, label in ELEMENTS.items()] if shown else []


def _points(known: Known) -> str:
    found = marks.of(known.node.latitude, known.node.longitude, known.node.point_is_demo)
    if found is None:
        return "—"
    pairs = (("WGS-84", found.wgs84), ("GCJ-02", found.gcj02), ("BD-09", found.bd09))
    return "；".join(f"{name} {point[0]:.6f}, {point[1]:.6f}" for name, point in pairs)


def _rooms(known: Known) -> Grid:
    rows = [[r.name, ROOM_USES[r.use], r.address or "—", common.square(r.area_m2)] for r in known.rooms]
    total = [["合计", f"{len(rows)} 间", "", common.square(known.area_m2)]] if rows else []
    return Grid(
        words=True,
        title="场地",
        head=["名称", "用途", "位置", "面积（平方米）"],
        rows=[*rows, *total],
        total=bool(rows),
    )


def _equipment(known: Known) -> Grid:
    rows = [
        [t.name, EQUIPMENT[t.kind], str(t.pieces), t.funding or "—", str(t.bought_on or "—"), str(t.expires_on or "—")]
        for t in known.equipment
    ]
    return Grid(words=True, title="设施设备", head=["名称", "种类", "数量", "经费来源", "购置", "有效期"], rows=rows)


def _checks(known: Known) -> Grid:
    rows = [
        [CHECKS[row.kind], checks.label(row.kind, row.item), "有" if row.here else "没有", str(row.looked_on),
         f"{len(known.photos.get(row.id, []))} 张"]
        for row in sorted(known.checks, key=lambda row: (list(CHECKS).index(row.kind), row.item))
    ]  # fmt: skip
    return Grid(
        words=True,
        title="功能区、上墙文件、标识和地图标注",
        head=["清单", "项目", "情况", "查看日期", "照片"],
        rows=rows,
    )


def _staff(known: Known, day: date) -> Grid:
    rows = [
        [one.name, STAFF_KINDS[one.kind], one.duty or "—", str(one.starts_on), "、".join(roster.member(one).proof_words) or "—"]
        for one in known.staff
        if one.starts_on <= day and (one.ends_on is None or one.ends_on >= day)
    ]  # fmt: skip
    return Grid(words=True, title="人员", head=["姓名", "类别", "职责", "到岗", "证明"], rows=rows)
