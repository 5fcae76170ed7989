"""Stars of workers by group of trades, and the public list 优秀零工推荐榜 (R137).

Ratings of employers, brought towards the group's mean while they are few, and a share for reliability: work done against
counted no-shows and late withdrawals. Refusing an offer, leaving for illness or danger, and anything contested never count.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from linggong.kernel import timers
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import ROOT
from linggong.kernel.timers import Timer
from linggong.market.trades import trade
from linggong.people import limits
from linggong.people.forms import ProxyConsent
from linggong.people.identity_numbers import surname_call
from linggong.people.models import Consent, Person
from linggong.people.service_links import served_by
from linggong.trust import records
from linggong.trust.common import county_of, numbers
from linggong.trust.models import ListedWorker, WorkerStars
from tenants.service import parameters

OPENED, BLIND, LIST = "t.trust.opened", "t.trust.blind", "t.trust.list"
PURPOSE, TEXT_VERSION = "public_list", "list-1"
_YEAR = timedelta(days=365)
_NEUTRAL = 4.0
"""The mean of a group in which nobody has been rated yet."""
_GROUP = "substr(o.trade_code, 1, 4)"
_OF_WORKER = sa.text(f"""
    SELECT g.trade_group, coalesce(r.n, 0) AS ratings, coalesce(r.total, 0) AS total, coalesce(d.n, 0) AS completed,
      coalesce(f.n, 0) AS failed,
      (SELECT avg(r2.stars) FROM ratings r2 JOIN orders o ON o.id = r2.order_id
       WHERE r2.side = 'employer' AND r2.open_at <= :now AND {_GROUP} = g.trade_group) AS mean
    FROM (SELECT DISTINCT {_GROUP} AS trade_group FROM engagements e JOIN orders o ON o.id = e.order_id
          WHERE e.worker_id = :worker) g
    LEFT JOIN (SELECT {_GROUP} AS k, count(*) AS n, sum(r.stars) AS total FROM ratings r JOIN orders o ON o.id = r.order_id
      WHERE r.worker_id = :worker AND r.side = 'employer' AND r.open_at <= :now GROUP BY 1) r ON r.k = g.trade_group
    LEFT JOIN (SELECT {_GROUP} AS k, count(*) AS n FROM assignments a JOIN orders o ON o.id = a.order_id
      WHERE a.worker_id = :worker AND a.state = 'A_ACCEPTED' AND a.ends_at > :since GROUP BY 1) d ON d.k = g.trade_group
    LEFT JOIN (SELECT {_GROUP} AS k, count(*) AS n FROM credit_entries c JOIN orders o ON o.id = c.order_id
      WHERE c.person_id = :worker AND c.state IN ('K_NOTED', 'K_COUNTED') AND c.counts_from <= :now
        AND c.occurred_at > :since GROUP BY 1) f ON f.k = g.trade_group
""")  # noqa: S608 - the group's expression is ours
_CANDIDATES = sa.text("""
    SELECT s.person_id, s.trade_group, s.stars, s.ratings, s.completed, p.name, p.sex,
      (SELECT l.tenant FROM service_links l WHERE l.subject_id = p.id ORDER BY (l.kind <> 'registered'), l.started_at LIMIT 1)
        AS tenant
    FROM worker_stars s JOIN persons p ON p.id = s.person_id
    WHERE p.status = 'active' AND s.stars >= :stars AND s.ratings >= :sample
      AND EXISTS (SELECT 1 FROM consents c WHERE c.person_id = p.id AND c.purpose = :purpose AND c.withdrawn_at IS NULL)
      AND NOT EXISTS (SELECT 1 FROM restrictions x WHERE x.person_id = p.id AND x.level >= 2 AND x.ends_at > :now
                      AND x.state = 'L_LIVE')
""")


class StarsView(msgspec.Struct, frozen=True, kw_only=True):
    """Stars in one group of trades; `stars` is None while ratings are too few."""

    trade_group: str
    trade: str
    stars: float | None
    ratings: int
    completed: int
    words: str


class ListedView(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the public list."""

    name: str
    trade: str
    stars: float
    ratings: int
    completed: int
    county: str


def blended(total: float, count: int, *, mean: float, prior: int, completed: int, failed: int, weight: float) -> float:
    """Return the stars: a mean drawn towards the group's by `prior` ratings, and `weight` of reliability, 1 to 5."""
    rated = (total + mean * prior) / (count + prior) if count + prior else mean
    tried = completed + failed
    kept = rated if not tried else 5 * completed / tried
    return round(max(1.0, min(5.0, (1 - weight) * rated + weight * kept)), 2)


def group_name(group: str) -> str:
    """Return the words for a group of trades."""
    found = trade(f"{group}-00-00")
    return found.name if found is not None else group


async def on_opened(uow: UnitOfWork, timer: Timer) -> None:
    """Ratings of an engagement opened, or its work was done: both parties' figures follow."""
    if timer.person_id is not None:
        await remake(uow, timer.person_id, timer.tenant)
    if timer.employer_id is not None:
        await records.remake(uow, timer.employer_id, timer.tenant)


async def remake(uow: UnitOfWork, person_id: UUID, place: str) -> None:
    """Reckon a worker's stars in every group of trades in which he has worked."""
    rules = await numbers(uow, place, "stars.prior", "stars.reliability")
    rows = await uow.execute(_OF_WORKER, {"worker": person_id, "now": uow.now, "since": uow.now - _YEAR})
    for row in rows.all():
        values = {
            "person_id": person_id,
            "trade_group": row.trade_group,
            "stars": blended(
                float(row.total), row.ratings, mean=float(row.mean or _NEUTRAL), prior=rules["stars.prior"],
                completed=row.completed, failed=row.failed, weight=rules["stars.reliability"] / 100,
            ),
            "ratings": row.ratings,
            "completed": row.completed,
            "failed": row.failed,
            "made_at": uow.now,
        }  # fmt: skip
        made = insert(WorkerStars).values(values)
        await uow.execute(made.on_conflict_do_update(index_elements=["person_id", "trade_group"], set_=values))


async def of_person(uow: UnitOfWork, person_id: UUID, place: str) -> list[StarsView]:
    """Return the stars of a worker whom the actor may see (himself, or somebody his post serves)."""
    least = (await numbers(uow, place, "stars.min_sample"))["stars.min_sample"]
    rows = await uow.session.scalars(
        sa.select(WorkerStars)
        .where(WorkerStars.person_id == person_id)
        .order_by(WorkerStars.ratings.desc(), WorkerStars.trade_group)
    )
    return [_view(r.trade_group, r.stars, r.ratings, r.completed, least) for r in rows]


async def of_engagement(uow: UnitOfWork, engagement_id: UUID, place: str) -> StarsView | None:
    """Return a worker's stars in the trade of an order, to the other side of that engagement; None without any."""
    row = (await uow.execute(sa.text("SELECT * FROM stars_of(:e)"), {"e": engagement_id})).one()
    if row.trade_group is None:
        return None
    least = (await numbers(uow, place, "stars.min_sample"))["stars.min_sample"]
    return _view(row.trade_group, float(row.stars), row.ratings, row.completed, least)


def none_yet(trade_code: str) -> StarsView:
    """Return the stars of somebody who has none in a trade."""
    return StarsView(
        trade_group=trade_code[:4], trade=group_name(trade_code[:4]), stars=None, ratings=0, completed=0,
        words="在这一行还没有评价",
    )  # fmt: skip


def _view(group: str, stars: float, ratings: int, completed: int, least: int) -> StarsView:
    shown = stars if ratings >= least else None
    words = f"{stars:.1f}星（{ratings}次评价）" if shown else f"评价还不到{least}次，暂不评星"
    return StarsView(
        trade_group=group, trade=group_name(group), stars=shown, ratings=ratings, completed=completed, words=words
    )


async def may_list(uow: UnitOfWork, person_id: UUID | None = None) -> bool:
    """Tell whether a worker agreed to stand on the public list."""
    live = sa.exists().where(
        Consent.person_id == (person_id or uow.actor.id), Consent.purpose == PURPOSE, Consent.withdrawn_at.is_(None)
    )
    return bool(await uow.session.scalar(sa.select(live)))


async def agree(uow: UnitOfWork, *, person_id: UUID | None = None, proxy: ProxyConsent | None = None) -> None:
    """Agree to stand on the public list: one's own tap, or a clerk with the slip or a witness.

    Raises Invalid without a proof, Conflict when agreed already, NotFound for somebody whom the post does not serve.
    """
    whose = await _whose(uow, person_id)
    if uow.actor.kind == "staff" and not _proved(proxy):
        raise Invalid([Fault("proxy", "代办要有本人签的同意书编号，或念给他听时的证人。", "required")])
    if await may_list(uow, whose):
        raise Conflict("已经同意过了。")
    uow.session.add(
        Consent(
            id=new_id(),
            person_id=whose,
            purpose=PURPOSE,
            text_version=TEXT_VERSION,
            method="tap" if proxy is None else proxy.method,
            evidence="" if proxy is None else "；".join(filter(None, (proxy.evidence, proxy.witness))),
            taken_by=uow.actor.id if uow.actor.kind == "staff" else None,
            given_at=uow.now,
        )
    )
    await _changed(uow, whose, "consent.given")


def _proved(proxy: ProxyConsent | None) -> bool:
    if proxy is None:
        return False
    return bool((proxy.evidence if proxy.method == "slip" else proxy.witness).strip())


async def withdraw(uow: UnitOfWork, *, person_id: UUID | None = None) -> None:
    """Take the consent back; the list is made anew at once. Raises Conflict when there is none, NotFound."""
    whose = await _whose(uow, person_id)
    live = (
        await uow.session.scalars(
            sa.select(Consent).where(
                Consent.person_id == whose, Consent.purpose == PURPOSE, Consent.withdrawn_at.is_(None)
            )
        )
    ).all()
    if not live:
        raise Conflict("没有同意过，不用撤回。")
    for consent in live:
        consent.withdrawn_at = uow.now
    await _changed(uow, whose, "consent.withdrawn")


async def _whose(uow: UnitOfWork, person_id: UUID | None) -> UUID:
    if uow.actor.kind == "worker":
        return uow.actor.id
    if uow.actor.kind != "staff" or person_id is None:
        raise Forbidden("由零工本人或他的驿站来办。")
    found = await uow.session.scalar(sa.select(Person.id).where(Person.id == person_id, served_by(uow, Person.id)))
    if found is None:
        raise NotFound
    return person_id


async def _changed(uow: UnitOfWork, person_id: UUID, event: str) -> None:
    await uow.flush()
    place = uow.actor.post or ROOT
    await uow.emit(
        NewEvent(
            type=event, chain=f"person:{person_id}", subject_id=person_id, person_id=person_id,
            tenant=uow.actor.post, body={"purpose": PURPOSE, "text": TEXT_VERSION},
            on_behalf_of=person_id if uow.actor.kind == "staff" else None,
        )
    )  # fmt: skip
    tenant = await uow.session.scalar(sa.text("SELECT path FROM nodes WHERE path = :p"), {"p": place})
    tenant = tenant or await limits.top(uow)
    await timers.set_once(
        uow, subject_id=person_id, region="trust", key=LIST, due_at=uow.now, tenant=str(tenant), person_id=person_id
    )


async def on_list(uow: UnitOfWork, timer: Timer) -> None:
    """Somebody agreed or withdrew: the list follows."""
    await rebuild(uow)


async def rebuild(uow: UnitOfWork) -> int:
    """Make the public list anew; returns how many lines it has."""
    values = await parameters(uow, ROOT, "stars.list_from", "stars.list_sample")
    asked = {
        "stars": values["stars.list_from"], "sample": values["stars.list_sample"], "purpose": PURPOSE, "now": uow.now,
    }  # fmt: skip
    rows: Sequence[Any] = (await uow.execute(_CANDIDATES, asked)).all()
    await uow.execute(sa.delete(ListedWorker))
    uow.session.add_all(
        ListedWorker(
            id=new_id(), county=county_of(row.tenant), name=surname_call(row.name, row.sex), trade_group=row.trade_group,
            stars=float(row.stars), ratings=row.ratings, completed=row.completed, made_at=uow.now,
        )
        for row in rows
        if row.tenant is not None
    )  # fmt: skip
    await uow.flush()
    return len(rows)


async def nightly(database: Database) -> None:
    """Make the list anew once a day: restrictions end and stars move without anybody's consent changing."""
    async with database.system() as uow:
        await rebuild(uow)


async def listed(database: Database, *, limit: int = 200) -> list[ListedView]:
    """Return the public list, best first. Read without a transaction, like the board."""
    rows = await database.fetch_public(
        "SELECT w.name, w.trade_group, w.stars, w.ratings, w.completed, coalesce(n.name, '') AS county "
        "FROM listed_workers w LEFT JOIN nodes n ON n.path = w.county ORDER BY w.stars DESC, w.ratings DESC, w.id LIMIT $1",
        limit,
    )
    return [
        ListedView(
            name=r["name"], trade=group_name(r["trade_group"]), stars=float(r["stars"]), ratings=r["ratings"],
            completed=r["completed"], county=r["county"],
        )
        for r in rows
    ]  # fmt: skip
