"""The proof's own city: two counties with two streets of two stations each, everybody who may come, rows everywhere."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import SYSTEM, Database
from linggong.kernel.paths import EVERYWHERE
from linggong.people import sessions
from linggong.prove.rows import EMPTY, Home, Maker

CITY = "/41/"
COUNTIES = ("/41/a/", "/41/b/")
STREETS = tuple(f"{c}{n}/" for c in COUNTIES for n in (1, 2))
STATIONS = tuple(f"{s}s{n}/" for s in STREETS for n in (1, 2))
PLACES = (CITY, *COUNTIES, *STREETS, *STATIONS)
KINDS = {
    "/": "city", CITY: "city", **dict.fromkeys(COUNTIES, "county"), **dict.fromkeys(STREETS, "street"),
    **dict.fromkeys(STATIONS, "station"),
}  # fmt: skip
A, B = COUNTIES
A1, A2, B1 = STREETS[:3]
A11, A12, A21, B11 = STATIONS[0], STATIONS[1], STATIONS[2], STATIONS[4]

CODES = dict(zip(STREETS, ("410225001000", "410225101000", "410202003000", "410202004000"), strict=True))
"""Division codes of the streets: posts brought in from a file name them."""

# (role, the places where somebody holds it): every role, at every kind of place that it is held at.
STAFF: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("station_clerk", (A11, A12, A21, B11)),
    ("station_manager", (A11, B11)),
    ("street_operator", (A1, B1)),
    ("county_operator", (A, A2, A12, B)),
    ("county_bureau", (A, B)),
    ("mediator", (A, A1)),
    ("city_bureau", (CITY,)),
    ("city_analyst", (CITY, A)),
    ("department_viewer", (CITY, A)),
    ("auditor", (CITY, A, A11)),
    ("pii_officer", (CITY, A)),
    ("sysadmin", (CITY, A, B)),
    ("insurer", (CITY,)),
)
DENIED = {
    "county_bureau": ("order:export", "bill:export", "staff:export", "person:export"),
    "county_operator": ("order:export",),
    "auditor": ("audit:export", "audit:check"),
}
"""Denied in one street, beside what the deployment comes with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Somebody who asks: what he is, where, and the session that says so."""

    name: str
    role: str
    path: str = "/"
    id: UUID | None = None
    employer_id: UUID | None = None
    post_id: UUID | None = None
    others: tuple[tuple[str, str], ...] = ()
    """Role and place of the posts that he holds besides."""
    token: str = field(default="", repr=False)

    @property
    def is_staff(self) -> bool:
        """Tell whether he acts at a post."""
        return self.role not in ("worker", "employer", "anonymous")


@dataclass(slots=True)
class City:
    """What was built."""

    secrets: Secrets
    maker: Maker
    now: datetime
    subjects: list[Subject] = field(default_factory=list)
    homes: dict[str, Home] = field(default_factory=dict)
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    unfilled: list[str] = field(default_factory=list)
    """Tables that took no row, and why: the proof would be silent about them."""


async def build(owner: asyncpg.Connection[Any], app_dsn: str, secrets: Secrets, seed: int, now: datetime) -> City:
    """Fill a migrated, empty database with the city and open a session for everybody."""
    maker = Maker(owner, secrets.sealer, seed, now)
    city = City(secrets, maker, now)
    await _rules(owner)
    await _tree(city)
    staff = {}
    for path in PLACES:
        staff[path] = await _clerk_of(maker, path)
    for path in PLACES:
        city.homes[path] = home = await _home(maker, path, staff[path])
        home.rows["nodes"] = city.nodes[path]
        await _orders(maker, home)
        city.unfilled += await maker.fill_rest(home, but=frozenset({"web_sessions", "casbin_rule"}))
    await _across(city)
    database = Database(app_dsn, pool_size=2)
    try:
        await _people(city, database)
        await _officers(city, database)
    finally:
        await database.dispose()
    city.subjects.append(Subject(name="anonymous", role="anonymous"))
    city.unfilled = sorted(set(city.unfilled))
    await owner.execute("ANALYZE")
    return city


async def _rules(owner: asyncpg.Connection[Any]) -> None:
    """Add rules that hold for a part of the tree only: exports and checks end before a street that may still be read."""
    for role, permissions in DENIED.items():
        for permission in permissions:
            await owner.execute(
                "INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES ('p', $1, $2, $3, $4, 'any', 'deny')",
                role, A2, *permission.split(":"),
            )  # fmt: skip


async def _tree(city: City) -> None:
    for path in ("/", *PLACES):
        home = Home(path, city.maker.id(), city.maker.id(), city.maker.id())
        word = city.maker.word()
        city.nodes[path] = await city.maker.add(
            "nodes", home, path=path, kind=KINDS[path], classification=None, name=f"{path} {word}",
            short_name=path, division_code=CODES.get(path), status="open", opened_on=None, closed_on=None, latitude=34.8,
            longitude=114.8, address=None, phone=None, opening_hours=None,
        )  # fmt: skip


async def _clerk_of(maker: Maker, path: str) -> UUID:
    home = Home(path, maker.id(), maker.id(), maker.id())
    staff: UUID = (await maker.add("staff", home, name=f"员工{maker.word()}"))["id"]
    return staff


async def _person(maker: Maker, path: str, staff: UUID, kind: str = "registered", **link: Any) -> UUID:
    """Insert a person with his ways to be reached, and the link by which a place serves him."""
    home = Home(path, maker.id(), maker.id(), staff)
    home.worker = (await maker.add("persons", home, name=f"李{maker.word()}"))["id"]
    await maker.add("contacts", home)
    await maker.add("workers", home)
    await maker.add("service_links", home, kind=kind, subject_id=home.worker, **link)
    return home.worker


async def _employer(maker: Maker, path: str, staff: UUID, member: UUID) -> UUID:
    home = Home(path, member, maker.id(), staff)
    home.employer = (await maker.add("employers", home, name=f"公司{maker.word()}", uscc=maker.credit_code()))["id"]
    await maker.add("employer_members", home, role="owner")
    await maker.add("service_links", home, kind="registered", subject_id=home.employer)
    return home.employer


async def _home(maker: Maker, path: str, staff: UUID) -> Home:
    worker, other, boss = [await _person(maker, path, staff) for _ in range(3)]
    return Home(path, worker, await _employer(maker, path, staff, boss), staff, None, other)


async def _orders(maker: Maker, home: Home) -> None:
    """Insert orders in the states that matter: worked and billed, open with people at every step, under review, draft."""
    await _order(maker, home, published=True)
    opened = home.with_order()
    await _order(maker, opened, published=True, days=3, work=False)
    for state, worker in (("A_APPLIED", home.worker), ("A_OFFERED", home.other)):
        agreed = maker.now if state == "A_OFFERED" else None
        both = {"worker_confirmed_at": agreed, "employer_confirmed_at": agreed}
        await maker.add("engagements", opened, state=state, worker_id=worker, confirmed_at=None, **both)
    taken = home.with_order()
    await _order(maker, taken, published=True, days=5, work=False)
    at = maker.now - timedelta(days=1)
    await maker.add("engagements", taken, state="A_CONTRACTED", confirmed_at=at, contracted_at=at)
    for state in ("O_REVIEW", "O_DRAFT", "O_RETURNED"):
        waiting = home.with_order()
        await _order(maker, waiting, published=False, days=4, work=False, state=state)


async def _order(
    maker: Maker, home: Home, *, published: bool, days: int = 0, work: bool = True, state: str = "O_OPEN"
) -> None:
    starts = maker.now + timedelta(days=days, hours=-9 if work else 2)
    times = {"starts_at": starts, "ends_at": starts + timedelta(hours=8)}
    at = maker.now - timedelta(days=2)
    when = at if published else None
    await maker.add(
        "orders", home, **times, work_date=starts.date(), published_at=when, refreshed_at=when, state=state,
        terms_version=1 if published else 0,
    )  # fmt: skip
    await maker.add("shifts", home, **times, work_date=starts.date())
    if published:
        await maker.add("terms_versions", home, body=json.dumps(_terms(home), ensure_ascii=False))
    if not work:
        return
    confirmed = dict.fromkeys(("worker_confirmed_at", "employer_confirmed_at", "confirmed_at", "contracted_at"), at)
    await maker.add("engagements", home, **confirmed)
    await maker.add("assignments", home, **times, work_date=starts.date(), accepted_at=None, arrived_method="clerk")
    async with maker.owner.transaction():
        await maker.add("bills", home, settled_at=None)
        await maker.add("bill_lines", home)
        await maker.add("journal_entries", home)
        await maker.add("postings", home, account="worker_owed", amount_fen=-20000)
        await maker.add("postings", home)
    await maker.add("payments", home)
    await maker.add("wechat_transfers", home)
    await maker.add("ratings", home)


def _terms(home: Home) -> dict[str, Any]:
    """Return what both sides confirmed, as far as bills, contracts and pages read it."""
    order, shift = home.rows["orders"], home.rows["shifts"]
    hours = {"starts_at": shift["starts_at"].isoformat(), "ends_at": shift["ends_at"].isoformat()}
    return {
        "trace_code": order["trace_code"], "version": 1,
        "employer": {"id": str(home.employer), "name": order["employer_name"]}, "work": {
            "title": order["title"], "trade_code": order["trade_code"], "trade": "", "description": order["description"],
            "conditions": [], "job_form": order["job_form"], "legal_form": order["legal_form"],
            "headcount": order["headcount"], "crew_allowed": False,
        },
        "place": {"text": order["place"], "division_code": order["division_code"]},
        "shifts": [{"date": shift["work_date"].isoformat(), "meal_minutes": 0, **hours}],
        "pay": {"fen": 20000, "unit": "day", "piece_name": "", "minutes_per_gong": None, "text": "200元"},
        "settlement": {"when": "daily", "channel": "cash", "choice": False}, "benefits": [], "meals": "", "ride": "",
        "tools": "", "insurance_payer": order["insurance_payer"], "rain_rule": "", "cancel_rule": "",
    }  # fmt: skip


async def _across(city: City) -> None:
    """Insert work that joins two places: an order here, done by a worker whom another place serves."""
    for here, there in ((A11, A12), (A11, B11), (B11, A21), (A21, A11)):
        mine, theirs = city.homes[here], city.homes[there]
        home = Home(here, theirs.worker, mine.employer, mine.staff, there, theirs.other)
        await _order(city.maker, home, published=True, days=-3)
        link = Home(here, theirs.worker, mine.employer, mine.staff)
        await city.maker.add("service_links", link, kind="order", subject_id=theirs.worker)
    # Whom a place served once and no longer does is a stranger to it again.
    past = city.now - timedelta(days=1)
    for here, there in ((A12, A11), (A21, A12), (B11, B1)):
        gone = Home(here, city.homes[there].worker, city.homes[there].employer, city.homes[here].staff)
        await city.maker.add("service_links", gone, kind="showed_code", subject_id=gone.worker, ends_at=past)


async def _people(city: City, database: Database) -> None:
    async with database.begin(SYSTEM, EVERYWHERE) as uow:
        for path in (A11, A12, B11):
            home = city.homes[path]
            token = await sessions.create(uow, "person", home.worker)
            city.subjects.append(Subject(name=f"worker {path}", role="worker", id=home.worker, token=token))
            boss = await city.maker.owner.fetchval(
                "SELECT person_id FROM employer_members WHERE employer_id = $1 ORDER BY created_at, person_id LIMIT 1",
                home.employer,
            )
            token = await sessions.create(uow, "person", boss, {"employer_id": str(home.employer)})
            city.subjects.append(
                Subject(name=f"employer {path}", role="employer", id=boss, employer_id=home.employer, token=token)
            )


async def _officers(city: City, database: Database) -> None:
    posts: list[tuple[str, str, tuple[tuple[str, str], ...]]] = [
        (r, path, ()) for r, places in STAFF for path in places
    ]
    # A deny of any post that one holds counts at every post: a clerk who is an auditor as well writes nothing.
    posts.append(("station_clerk", A11, (("auditor", B),)))
    posts.append(("county_operator", A, (("county_bureau", B),)))
    tokens: dict[UUID, str] = {}
    made: list[tuple[str, str, tuple[tuple[str, str], ...], UUID, UUID]] = []
    for role, path, others in posts:
        staff = await _clerk_of(city.maker, path)
        home = Home(path, city.homes[path].worker, city.homes[path].employer, staff)
        post = (await city.maker.add("role_assignments", home, role=role))["id"]
        await city.maker.add("staff_credentials", home)
        for other, place in others:
            await city.maker.add("role_assignments", home, role=other, tenant=place)
        made.append((role, path, others, staff, post))
    async with database.begin(SYSTEM, EVERYWHERE) as uow:
        for *_, staff, post in made:
            tokens[staff] = await sessions.create(uow, "staff", staff, {"assignment_id": str(post)})
    for role, path, others, staff, post in made:
        name = f"{role} {path}" + "".join(f" + {r} {p}" for r, p in others)
        city.subjects.append(
            Subject(name=name, role=role, path=path, id=staff, post_id=post, others=others, token=tokens[staff])
        )


def tables_without_rows(counts: dict[str, int]) -> list[str]:
    """Return the tables about which the proof would be silent."""
    return sorted(name for name, count in counts.items() if not count and name not in EMPTY)
