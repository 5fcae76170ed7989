"""Cards of a place as versioned data: published from what a preset brings, changed by the bureau, adopted (R079, R123, rulings 18 to 20).

A version holds for years that begin on or after its first day. A year that has begun keeps its card: a change in its middle applies
from the next one. A proposal of ours counts for nothing until the bureau adopts it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta
from sqlalchemy.exc import IntegrityError

from linggong.assessment import card as cards
from linggong.assessment.card import Card
from linggong.assessment.models import Assessment, CardAdoption, ScoreCard
from linggong.kernel import clock
from linggong.kernel.db import NOBODY, Database, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import ancestors, tenant_path
from tenants import queries as tree
from tenants import service as tenants

ADOPTED: Final = "card.adopted"
MOST_REASON: Final = 200


class PublishForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which card, where it holds, and from which day on years are assessed with it."""

    preset: Annotated[str, Meta(max_length=20)]
    path: Annotated[str, Meta(max_length=120)]
    first: date


class RowChange(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Other words for a row, other points, other tiers (as in the card's file); what is left out stays."""

    n: int
    item: str | None = None
    points: int | None = None
    ruling: str | None = None
    tiers: list[cards.Tier] | None = None


class ChangeForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What changes, why, and for years that begin from which day on."""

    rows: list[RowChange]
    reason: Annotated[str, Meta(max_length=MOST_REASON)]
    first: date


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a card at a place."""

    id: UUID
    path: str
    card: Card
    first: date
    reason: str
    counts: bool
    """Of the place's own paper, or adopted."""
    document: str
    """With which paper it was adopted; '' for the place's own and for what nobody adopted."""


async def publish(uow: UnitOfWork, form: PublishForm) -> UUID:
    """Publish the card that a preset brings as the first version at a place. Raises Invalid, NotFound, Conflict when it is there."""
    faults = []
    if form.preset not in cards.LIBRARY:
        faults.append(Fault("preset", "请从单子里选一张考核表。", "choice"))
    if not abs(form.first - clock.business_date(uow.now)).days <= _FAR:
        faults.append(Fault("first", "起用日离今天太远，请核对年份。", "far"))
    if faults:
        raise Invalid(faults)
    place = await tree.managed(uow, form.path)
    found = cards.of_library(form.preset)
    own = await tree.preset_name(uow, place.path) == form.preset
    # Another place's paper is no paper here: it is taken over as a proposal, which the bureau adopts (R123).
    body = msgspec.structs.replace(found, paper=found.paper and own)
    return await _keep(uow, place.id, place.path, body, form.first, found.source)


async def publish_preset(database: Database, preset: str) -> int:
    """Publish the card that a preset brings at each county loaded from it that has none; returns at how many. A proposal stays one."""
    if preset not in cards.LIBRARY:
        return 0
    made = 0
    async with database.system() as uow:
        first = clock.business_date(uow.now).replace(month=1, day=1)
        for county in await tree.counties(uow):
            own = await tree.preset_name(uow, county.path) == preset
            if own and not await all_at(uow, county.path):
                # A contract that runs was signed last year: its year is assessed, too.
                await publish(
                    uow, PublishForm(preset=preset, path=county.path, first=first.replace(year=first.year - 1))
                )
                made += 1
    return made


async def change(uow: UnitOfWork, card_id: UUID, form: ChangeForm) -> UUID:
    """Publish the next version of a card. Raises NotFound, Invalid with every fault, Conflict when another change came first."""
    row = await _managed(uow, card_id)
    before = msgspec.convert(row.body, Card)
    newest = await uow.session.scalar(
        sa.select(sa.func.max(ScoreCard.version)).where(ScoreCard.tenant == row.tenant, ScoreCard.card == row.card)
    )
    if newest != row.version:
        raise Conflict("这张表已经有更新的版本，请刷新后在最新版上改。")
    known = {one.n for one in before.rows}
    faults = [Fault(f"rows.{one.n}", "打分表没有这一行。", "unknown") for one in form.rows if one.n not in known]
    made = msgspec.structs.replace(
        before, version=row.version + 1, rows=tuple(_changed(one, form.rows) for one in before.rows)
    )
    if not faults and made.rows == before.rows:
        faults.append(Fault("rows", "没有改动，不用出新版本。", "same"))
    faults += [Fault("rows", words, "card") for words in cards.faults(made)]
    if not 2 <= len(form.reason.strip()) <= MOST_REASON:
        faults.append(Fault("reason", f"写明依据哪份文件、为什么改，2 到 {MOST_REASON} 个字。", "required"))
    faults += await _first_faults(uow, row, form.first)
    if faults:
        raise Invalid(faults)
    place = await tree.managed(uow, row.tenant)
    return await _keep(uow, place.id, row.tenant, made, form.first, form.reason.strip())


async def adopt(uow: UnitOfWork, card_id: UUID, *, document: str) -> None:
    """Make a proposed card the place's own. Raises NotFound, Invalid without a document, Conflict for a paper's own and a second time."""
    row = await _managed(uow, card_id)
    if row.paper:
        raise Conflict("这张表是本地文件里的，不用采纳。")
    if not 4 <= len(document.strip()) <= MOST_REASON:
        raise Invalid([Fault("document", f"写明采纳的文件名和文号，4 到 {MOST_REASON} 个字。", "required")])
    made = CardAdoption(
        id=new_id(), tenant=row.tenant, card=row.card, document=document.strip(), adopted_at=uow.now, adopted_by=_actor(uow)
    )  # fmt: skip
    known = await uow.session.scalar(
        sa.select(CardAdoption.id).where(CardAdoption.tenant == row.tenant, CardAdoption.card == row.card)
    )
    if known is not None:
        raise Conflict("这张表已经采纳过，不用再采纳。")
    uow.session.add(made)
    try:
        await uow.flush()
    except IntegrityError:
        raise Conflict("这张表已经采纳过，不用再采纳。") from None
    await tenants.set_parameter(uow, row.tenant, ADOPTED, "true", document.strip())
    place = await tree.node(uow, row.tenant)
    await _tell(uow, "card.adopted", place.id, row.tenant, card=row.card, document=document.strip())


async def in_force(uow: UnitOfWork, path: str, subject: str, first: date) -> Kept | None:
    """Return the card with which a year that begins on `first` is assessed: the nearest place's, its latest version by then."""
    kept = [one for one in await all_at(uow, path) if one.card.subject == subject and one.first <= first]
    if not kept:
        return None
    nearest = max(len(one.path) for one in kept)
    here = [one for one in kept if len(one.path) == nearest]
    return max(here, key=lambda one: (one.counts, one.first, one.card.version))


async def all_at(uow: UnitOfWork, path: str) -> list[Kept]:
    """Return every version of every card at a place and above it, the latest first."""
    return await _kept(uow, ScoreCard.tenant.in_(ancestors(tenant_path(path))))


async def kept(uow: UnitOfWork, card_id: UUID) -> Kept:
    """Return a version. Cards are no secret; raises NotFound for a missing one."""
    found = await _kept(uow, ScoreCard.id == card_id)
    if not found:
        raise NotFound
    return found[0]


async def log(uow: UnitOfWork, path: str, card: str) -> list[tuple[Kept, list[str]]]:
    """Return the versions of a card with what each changed, in words, the latest first."""
    found = [one for one in await all_at(uow, path) if one.card.id == card]
    older: Sequence[Kept | None] = [*found[1:], None]
    return [
        (one, [] if before is None else differences(before.card, one.card))
        for one, before in zip(found, older, strict=True)
    ]


def differences(before: Card, after: Card) -> list[str]:
    """Say what a version changed, row by row."""
    known, said = {row.n: row for row in before.rows}, []
    for row in after.rows:
        was = known.get(row.n)
        if was is None or was == row:
            continue
        if was.points != row.points:
            said.append(f"第 {row.n} 行分值 {was.points} → {row.points}")
        if was.item != row.item:
            said.append(f"第 {row.n} 行内容：{was.item} → {row.item}")
        if was.tiers != row.tiers:
            said.append(f"第 {row.n} 行分档：{tiers(was.tiers)} → {tiers(row.tiers)}")
        if was.ruling != row.ruling:
            said.append(f"第 {row.n} 行读法：{was.ruling} → {row.ruling}")
    return said


def tiers(found: Sequence[cards.Tier]) -> str:
    """Say tiers as a bureau types them: 0-999:3 1000-1500:4 1501-:5."""
    return " ".join(f"{tier.start}-{'' if tier.end is None else tier.end}:{tier.points}" for tier in found)


_FAR: Final = 5 * 366


async def _kept(uow: UnitOfWork, test: sa.ColumnElement[bool]) -> list[Kept]:
    rows = await uow.execute(
        sa.select(ScoreCard, CardAdoption.document)
        .outerjoin(CardAdoption, sa.and_(CardAdoption.tenant == ScoreCard.tenant, CardAdoption.card == ScoreCard.card))
        .where(test)
        .order_by(sa.func.length(ScoreCard.tenant).desc(), ScoreCard.card, ScoreCard.version.desc())
    )
    return [
        Kept(
            id=row.id, path=row.tenant, card=msgspec.convert(row.body, Card), first=row.first, reason=row.reason,
            counts=row.paper or document is not None, document=document or "",
        )
        for row, document in rows
    ]  # fmt: skip


async def _managed(uow: UnitOfWork, card_id: UUID) -> ScoreCard:
    found = await uow.session.scalar(
        sa.select(ScoreCard).where(ScoreCard.id == card_id, uow.scope.clause(ScoreCard.tenant))
    )
    if found is None:
        raise NotFound
    return found


def _changed(row: cards.Row, changes: Sequence[RowChange]) -> cards.Row:
    for one in changes:
        if one.n == row.n:
            given = {k: getattr(one, k) for k in ("item", "points", "ruling") if getattr(one, k) is not None}
            made = msgspec.structs.replace(row, **given)
            return made if one.tiers is None else msgspec.structs.replace(made, tiers=tuple(one.tiers))
    return row


async def _first_faults(uow: UnitOfWork, row: ScoreCard, first: date) -> list[Fault]:
    """Return what is wrong with the day from which a change is to hold: a year that has begun keeps its card."""
    if first <= row.first:
        return [Fault("first", f"现在这一版从 {row.first} 起用，新的一版要晚于这一天。", "order")]
    if first <= clock.business_date(uow.now):
        return [Fault("first", "改动不能从今天或以前起用：已经开始的年度不换表。", "past")]
    if (first - clock.business_date(uow.now)).days > _FAR:
        return [Fault("first", "起用日离今天太远，请核对年份。", "far")]
    running = await uow.session.scalar(
        sa.select(sa.func.max(Assessment.last))
        .join(ScoreCard, ScoreCard.id == Assessment.card_id)
        .where(
            ScoreCard.tenant == row.tenant, ScoreCard.card == row.card, Assessment.first <= first, Assessment.last >= first,
            Assessment.state != "S_FINAL",
        )
    )  # fmt: skip
    if running is None:
        return []
    return [Fault("first", f"有一个考核年度到 {running} 才结束，年度中间不换表；请从下一年度起用。", "mid_year")]


async def _keep(uow: UnitOfWork, node_id: UUID, path: str, body: Card, first: date, reason: str) -> UUID:
    row = ScoreCard(
        id=new_id(), tenant=path, card=body.id, version=body.version, title=body.title, paper=body.paper, first=first,
        body=msgspec.to_builtins(body), reason=reason, made_at=uow.now, made_by=_actor(uow),
    )  # fmt: skip
    known = sa.select(ScoreCard.id).where(
        ScoreCard.tenant == path, ScoreCard.card == body.id, ScoreCard.version == body.version
    )
    if await uow.session.scalar(known) is not None:
        raise Conflict("这张表这一版已经公布过了，要改请出新的一版。")
    uow.session.add(row)
    try:
        await uow.flush()
    except IntegrityError:
        raise Conflict("这张表这一版刚刚有人公布了，请刷新后再看。") from None
    await _tell(
        uow, "card.published", node_id, path, card=body.id, version=body.version, first=first.isoformat(), reason=reason
    )
    return row.id


def _actor(uow: UnitOfWork) -> UUID | None:
    return None if uow.actor.id == NOBODY else uow.actor.id


async def _tell(uow: UnitOfWork, event: str, node_id: UUID, path: str, **body: object) -> None:
    await uow.emit(NewEvent(type=event, chain=f"node:{node_id}", subject_id=node_id, tenant=path, body=body))
