"""Star ratings of stations, 1 to 5 (R130, R133), and lists of the best (R131): reckoned, shown with their parts, published by a person.

The five parts are those of 沙市's criteria and the inspection: 服务职能 (open on time, people served), 用工登记 (entered in time, records
without a flaw), 招工成交 (work brought about), 群众口碑 (both sides content, M22), 现场检查 (items that passed at the last inspection).
Each is a share of its weight; one that cannot be told is left out and the others are brought to a hundred. A yellow card holds a
station at two stars, a circular or a month under the zombie rule at one. A station enters when it has been open for some days and
was inspected; it leaves by its removal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from linggong.inspection import common, outcomes, proposals
from linggong.inspection.machines import LIVE_CARD
from linggong.inspection.models import AwardList, StationCard, StationStar
from linggong.kernel import clock
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.paths import TenantPath, in_subtree, tenant_path
from linggong.measures.answers import answers
from linggong.measures.liveliness import Liveliness, lively
from linggong.measures.site_models import SiteHit
from tenants.kinds import NodeKind
from tenants.models import Node
from tenants.service import parameters

PARTS: Final = ("服务职能", "用工登记", "招工成交", "群众口碑", "现场检查")
OF_LIVELINESS: Final = {
    "服务职能": ("opening", "served"),
    "用工登记": ("timely", "quality"),
    "招工成交": ("completed",),
}
YELLOW_MOST, LOW_MOST = 2, 1
LOW: Final = 2
"""So many stars or fewer: a warning is proposed, so that what is low is put right in time."""
MOST_DAYS: Final = 366


class StarPart(msgspec.Struct, frozen=True, kw_only=True):
    """One part: points of `most`, null where nothing can be told."""

    label: str
    points: float | None
    most: int
    words: str


class StarRow(msgspec.Struct, frozen=True, kw_only=True):
    """A station's rating as it is reckoned: `stars` is 0 where it is not rated, and `note` says why or what held it down."""

    node_id: UUID
    path: str
    name: str
    kind: str
    stars: int
    score: float | None
    parts: list[StarPart]
    note: str


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """A published rating."""

    path: str
    name: str
    stars: int
    score: float | None
    first: date
    last: date
    note: str


class Best(msgspec.Struct, frozen=True, kw_only=True):
    """A published list of the best."""

    title: str
    year: int
    tenant: str
    places: list[dict[str, Any]]
    published_on: date


def rated(
    parts: Mapping[str, float | None], weights: Mapping[str, int], bands: Sequence[tuple[float, int]], *, most: int = 5
) -> tuple[float | None, int]:
    """Return score and stars from shares (0 to 1, None unknown) by part. Pure.

    The score is cut to a tenth, never rounded up over a line.
    """
    known = {name: share for name, share in parts.items() if share is not None and name in weights}
    whole = sum(weights[name] for name in known)
    if not whole:
        return None, 0
    score = int(sum(share * weights[name] for name, share in known.items()) * 1000 / whole + 1e-9) / 10
    stars = next((stars for line, stars in sorted(bands, reverse=True) if score >= line), 1)
    return score, max(1, min(stars, most))


async def reckoned(uow: UnitOfWork, top: str, *, first: date, last: date) -> list[StarRow]:
    """Return the ratings of the open stations at and below a place over a period, the best first. Raises Invalid for a bad period."""
    if last < first or (last - first).days >= MOST_DAYS or last >= clock.business_date(uow.now):
        raise Invalid([Fault("last", "时间段不对：最多一年，最后一天要在今天以前。", "range")])
    here = tenant_path(top)
    found = await lively(uow, here, first=first, last=last)
    nodes = {
        n.path: n for n in await uow.session.scalars(sa.select(Node).where(Node.path.in_([f.path for f in found])))
    }
    looked = await outcomes.shares(uow, here, last=last)
    held = await _held(uow, here, first, last)
    rows = [
        await _row(uow, one, nodes[one.path], looked.get(one.path), held.get(one.path), first, last) for one in found
    ]
    return sorted(rows, key=lambda r: (-r.stars, -(r.score or 0), r.path))


async def publish(uow: UnitOfWork, *, first: date, last: date, note: str = "") -> list[StationStar]:
    """Publish the ratings of the acting post's stations; a second time for the same day is a correction and needs a note.

    Raises Invalid. What is rated low is proposed to be warned.
    """
    post = uow.actor.post or TenantPath("/")
    rows = [row for row in await reckoned(uow, post, first=first, last=last) if row.stars]
    faults = [] if rows else [Fault("last", "没有够条件评星的站点。", "none")]
    known = {
        r.node_id: r.version
        for r in await uow.execute(
            sa.select(StationStar.node_id, sa.func.max(StationStar.version).label("version"))
            .where(StationStar.node_id.in_([row.node_id for row in rows]), StationStar.last == last)
            .group_by(StationStar.node_id)
        )
    }
    if known and len(note.strip()) < 4:
        faults.append(Fault("note", "这一期已经公布过，更正请写明原因。", "required"))
    if faults:
        raise Invalid(faults)
    made = []
    for row in rows:
        star = StationStar(
            id=new_id(), tenant=row.path, node_id=row.node_id, first=first, last=last, version=known.get(row.node_id, 0) + 1,
            stars=row.stars, score=None if row.score is None else round(row.score, 1),
            parts=[msgspec.to_builtins(p) for p in row.parts], note="；".join(n for n in (row.note, note.strip()) if n),
            published_at=uow.now, published_by=None if uow.actor.id == NOBODY else uow.actor.id,
        )  # fmt: skip
        uow.session.add(star)
        made.append(star)
    await uow.flush()
    for star, row in zip(made, rows, strict=True):
        node = await common.node_at(uow, star.tenant)
        await common.tell(uow, "star.published", node, star.id, stars=star.stars, first=first, last=last)
        if star.stars <= LOW and not row.note:
            words = f"{first} 到 {last} 评为 {star.stars} 星（{star.score} 分）。"
            await proposals.propose(
                uow, node, "notice", "stars", words, [{"kind": "star", "id": str(star.id), "words": words}]
            )
    return made


async def published(uow: UnitOfWork, top: str = "/") -> list[Published]:
    """Return the latest published rating of each open station at and below a place, the best first. Public."""
    latest = (
        sa.select(StationStar)
        .where(in_subtree(StationStar.tenant, tenant_path(top)))
        .order_by(StationStar.node_id, StationStar.last.desc(), StationStar.version.desc())
        .ext(distinct_on(StationStar.node_id))
        .subquery()
    )
    star = sa.orm.aliased(StationStar, latest)
    rows = await uow.execute(
        sa.select(star, Node.name, Node.path).join(Node, Node.id == star.node_id).where(Node.status == "open")
        .order_by(star.stars.desc(), star.score.desc().nulls_last(), Node.path)
    )  # fmt: skip
    return [
        Published(
            path=path, name=name, stars=s.stars, score=None if s.score is None else float(s.score), first=s.first,
            last=s.last, note=s.note,
        )
        for s, name, path in rows
    ]  # fmt: skip


async def list_titles(uow: UnitOfWork, path: str) -> tuple[str, ...]:
    """Return the lists of the best that a place gives (parameter awards)."""
    found = (await parameters(uow, path, "awards"))["awards"]
    return found if isinstance(found, tuple) else ()


async def publish_list(uow: UnitOfWork, *, title: str, year: int, sites: Sequence[UUID]) -> AwardList:
    """Publish a list of the best in the order given. Raises Invalid: another title, too many, twice, a place with a yellow card."""
    post = uow.actor.post or TenantPath("/")
    faults, size = [], (await parameters(uow, post, "station_stars.list_size"))["station_stars.list_size"]
    if title not in await list_titles(uow, post):
        faults.append(Fault("title", "请选参数“评优称号”里的一个。", "choice"))
    if not 2000 <= year <= clock.business_date(uow.now).year:
        faults.append(
            Fault("year", f"请填四位数的年份，例如 {clock.business_date(uow.now).year}，不能是以后的年份。", "range")
        )
    if not sites or len(sites) > int(str(size)) or len(set(sites)) != len(sites):
        faults.append(Fault("sites", f"请选 1 到 {size} 个不同的站点。", "range"))
    nodes = {
        n.id: n
        for n in await uow.session.scalars(sa.select(Node).where(Node.id.in_(sites), uow.scope.clause(Node.path)))
    }
    if len(nodes) < len(set(sites)):
        raise NotFound
    wanted = kind_of(title)
    carded = set(
        await uow.session.scalars(
            sa.select(StationCard.node_id).where(StationCard.node_id.in_(sites), StationCard.state.in_(LIVE_CARD))
        )
    )
    for node in nodes.values():
        if node.id in carded:
            faults.append(Fault("sites", f"“{node.name}”有黄牌没有解除，不能评优。", "card"))
        if node.kind not in wanted:
            faults.append(Fault("sites", f"“{node.name}”不是{title.removeprefix('十佳')}。", "kind"))
    if faults:
        raise Invalid(faults)
    stars = {s.path: s for s in await published(uow, post)}
    last = await uow.session.scalar(
        sa.select(sa.func.max(AwardList.version)).where(
            AwardList.tenant == post, AwardList.title == title, AwardList.year == year
        )
    )
    row = AwardList(
        id=new_id(), tenant=post, title=title, year=year, version=(last or 0) + 1,
        places=[
            {"node": str(i), "path": nodes[i].path, "name": nodes[i].name, "stars": stars[nodes[i].path].stars if nodes[i].path in stars else None}
            for i in sites
        ],
        published_at=uow.now, published_by=None if uow.actor.id == NOBODY else uow.actor.id,
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    office = await common.node_at(uow, post)
    await common.tell(
        uow, "award.published", office, row.id, title=title, year=year, places=[p["name"] for p in row.places]
    )
    return row


async def best(uow: UnitOfWork, top: str = "/") -> list[Best]:
    """Return the published lists at and below a place, the latest version of each, the latest year first. Public."""
    rows = await uow.session.scalars(
        sa.select(AwardList)
        .where(in_subtree(AwardList.tenant, tenant_path(top)))
        .order_by(AwardList.tenant, AwardList.title, AwardList.year, AwardList.version.desc())
        .ext(distinct_on(AwardList.tenant, AwardList.title, AwardList.year))
    )
    found = [
        Best(title=r.title, year=r.year, tenant=r.tenant, places=[p for p in r.places if isinstance(p, dict)], published_on=clock.business_date(r.published_at))
        for r in rows
    ]  # fmt: skip
    return sorted(found, key=lambda b: (-b.year, b.tenant, b.title))


def kind_of(title: str) -> frozenset[str]:
    """Return which kinds of places a list is about, by its title: 驿站 are stations, 服务点 service points."""
    if "服务点" in title:
        return frozenset({NodeKind.SERVICE_POINT})
    if "驿站" in title:
        return frozenset({NodeKind.STATION})
    return frozenset(k for k in NodeKind if not k.is_region)


async def _row(
    uow: UnitOfWork, one: Liveliness, node: Node, looked: tuple[int, int] | None, held: tuple[int, str] | None, first: date, last: date
) -> StarRow:  # fmt: skip
    told = await parameters(uow, one.path, "station_stars.weights", "station_stars.bands", "station_stars.min_days")
    weights = {name: int(points) for name, points in _pairs(told["station_stars.weights"])}
    bands = [(float(line), int(stars)) for line, stars in _pairs(told["station_stars.bands"])]
    shares, words = await _shares(uow, one, looked, first, last)
    score, stars = rated(shares, weights, bands, most=held[0] if held else 5)
    note = held[1] if held else ""
    days = int(str(told["station_stars.min_days"]))
    if node.opened_on is not None and node.opened_on > last - timedelta(days=days):
        stars, note = 0, f"开办不满 {days} 天，还不评星"
    elif looked is None:
        stars, note = 0, "还没有检查过，不评星"
    parts = [
        StarPart(label=p, points=None if shares[p] is None else round((shares[p] or 0) * weights[p], 1), most=weights[p], words=words[p])
        for p in PARTS
        if p in weights
    ]  # fmt: skip
    return StarRow(
        node_id=node.id, path=one.path, name=one.name, kind=node.kind, stars=stars, score=score, parts=parts, note=note
    )


async def _shares(
    uow: UnitOfWork, one: Liveliness, looked: tuple[int, int] | None, first: date, last: date
) -> tuple[dict[str, float | None], dict[str, str]]:
    parts = {p.key: p for p in one.parts}
    shares: dict[str, float | None] = {}
    words: dict[str, str] = {}
    for name, keys in OF_LIVELINESS.items():
        known = [parts[k] for k in keys if k in parts and parts[k].points is not None]
        most = sum(p.most for p in known)
        shares[name] = sum(p.points or 0 for p in known) / most if most else None
        words[name] = "；".join(parts[k].words for k in keys if k in parts)
    content = (await answers(uow, ["M22"], tenant_path(one.path), first=first, last=last))["M22"].figures
    told = [f for f in content if f.key in ("worker", "employer") and f.below and not f.hidden]
    below = sum(f.below or 0 for f in told)
    shares["群众口碑"] = sum(f.above or 0 for f in told) / below if below else None
    words["群众口碑"] = f"{sum(f.above or 0 for f in told)} / {below} 个评价满意" if below else "评价太少，不算这一项"
    shares["现场检查"] = looked[0] / looked[1] if looked else None
    words["现场检查"] = f"最近一次检查 {looked[0]} / {looked[1]} 项合格" if looked else "还没有检查过"
    return shares, words


async def _held(uow: UnitOfWork, top: TenantPath, first: date, last: date) -> dict[str, tuple[int, str]]:
    """Return what holds stations down: (most stars, why) by path."""
    found: dict[str, tuple[int, str]] = {}
    cards = await uow.session.scalars(
        sa.select(StationCard).where(in_subtree(StationCard.tenant, top), StationCard.state.in_(LIVE_CARD))
    )
    for card in cards:
        circulated = card.state == "C_CIRCULATED"
        found[card.tenant] = (LOW_MOST, "已通报，最多一星") if circulated else (YELLOW_MOST, "有黄牌，最多两星")
    hits = await uow.session.scalars(
        sa.select(SiteHit.tenant).where(
            in_subtree(SiteHit.tenant, top), SiteHit.month.between(first.replace(day=1), last)
        )
    )
    return found | dict.fromkeys(hits, (LOW_MOST, "这段时间记过僵尸驿站或挂空牌，最多一星"))


def _pairs(raw: object) -> list[tuple[str, str]]:
    items = raw if isinstance(raw, tuple) else ()
    return [(a, b) for a, _, b in (str(one).partition(":") for one in items) if a and b]
