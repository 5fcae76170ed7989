"""No answer, page, event, log line or stored text holds a person's name or number in clear: people with canary data are
seeded through the services, and every GET and every search is asked as every role of staff and of everybody else.

An operation that is added is covered without anybody adding a line. What may show a name in full is listed in `CALLED`,
each with its reason in docs/personal-data.md.
"""

from __future__ import annotations

import base64
import html
import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from small_city import COUNTY, OTHER_STATION, STATION

from linggong.contracts import counter
from linggong.kernel import logs
from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from linggong.market import review, service
from linggong.people import employers, importing, registration, sessions
from linggong.people.forms import AgencyForm, AgentForm, EmployerForm, ProxyConsent, WorkerForm
from linggong.people.identity_numbers import check_digit, mask_id_number
from linggong.tables import metadata
from linggong.wages import service as wages
from linggong.work import attend, engage
from rbac.roles import ROLE_LABELS, STAFF_ROLES, Role
from tenants.models import Node

from .conftest import PASSWORD, Site, good
from .test_edge import own_logs

if TYPE_CHECKING:
    from conftest import TestDatabase

__all__ = ["own_logs"]

CONFIRMED, WAITING, RELATIVE, BOSS, AGENT = "瞿慕尧", "郗敬之", "缪听雪", "逄远山", "邬海棠"
CONTACT, SITE_CONTACT, LEGAL = "闻闲庭", "晏归鸿", "慎思远"
PHONES = {
    "worker": "13870071234", "waiting": "13760062345", "relative": "13650053456", "boss": "13540044567",
    "company": "13430035678", "site": "13320026789", "agent": "13210017890",
}  # fmt: skip
BANKS = ("6222021703001234567", "4100123456780019284")
ADDRESS = "桐花巷八十八号"
SLIP = ProxyConsent(method="slip", evidence="A-1")
NAMES = (CONFIRMED, WAITING, RELATIVE, BOSS, AGENT, CONTACT, SITE_CONTACT, LEGAL)

CALLED = {"/desk", "/desk/day", "/desk/orders/{order_id:uuid}", "/desk/orders/{order_id:uuid}/van"}
"""Pages that call people by name, at the very post where they came today or where they are on the roll."""
POSTS = {
    Role.STATION_CLERK: STATION, Role.STATION_MANAGER: STATION, Role.STREET_OPERATOR: "/4102/25/001/",
    Role.COUNTY_OPERATOR: COUNTY, Role.COUNTY_BUREAU: COUNTY, Role.MEDIATOR: COUNTY, Role.CITY_BUREAU: "/4102/",
    Role.CITY_ANALYST: "/4102/", Role.DEPARTMENT_VIEWER: COUNTY, Role.AUDITOR: COUNTY, Role.PII_OFFICER: COUNTY,
    Role.SYSADMIN: COUNTY, Role.INSURER: "/4102/",
}  # fmt: skip
# Streams have no end and say no more than "changed"; on the dev telephone one plays whomever one likes.
_NEVER = re.compile(r"^/(static|docs|api/schema|metrics|health|prefs|dev/phone|live$)|/live$")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{24,}={0,2}")


def identity(born: str, n: int) -> str:
    first = f"410225{born}{n:03d}"
    return first + check_digit(first)


IDS = {"worker": identity("19680219", 317), "waiting": identity("19710823", 418), "boss": identity("19660611", 513)}
IDS |= {"relative": identity("19721130", 622), "agent": identity("19800907", 731)}


@dataclass
class Cast:
    """The seeded people and everything that hangs on them."""

    ids: dict[str, list[UUID]] = field(default_factory=dict)
    trace_code: str = ""


async def seed(site: Site) -> Cast:
    """A confirmed worker who has worked and is owed, one who waits, a relative's phone, an individual and a company."""
    city, sealer = site.city, site.city.secrets.sealer

    def person(name: str, key: str, **more: Any) -> WorkerForm:
        return WorkerForm(
            name=name, id_number=IDS[key], phone=PHONES[key], trades=["6-29-99-00"], skill_level=0, pay_fen=18000,
            pay_unit="day", certificates=[f"T{IDS[key]}"], **more,
        )  # fmt: skip

    async with city.database.begin(*city.clerk) as uow:
        worker = await registration.register_worker(
            uow, sealer, person(CONFIRMED, "worker", bank_account=BANKS[0]), proxy=SLIP
        )
        waiting = await registration.register_worker(uow, sealer, person(WAITING, "waiting"), proxy=SLIP)
        relative = await registration.register_worker(
            uow,
            sealer,
            person(RELATIVE, "relative", contact_kind="relative", contact_note=f"儿子{CONFIRMED}"),
            proxy=SLIP,
        )
        boss = await employers.register_employer(
            uow, sealer,
            EmployerForm(
                kind="individual", name=BOSS, id_number=IDS["boss"], contact_name=BOSS, phone=PHONES["boss"],
                address=f"兰考县{ADDRESS}",
            ),
            proxy=SLIP,
        )  # fmt: skip
        company = await employers.register_employer(
            uow, sealer,
            EmployerForm(
                kind="enterprise", name="兰考金麦穗劳务有限公司", uscc="91410225MA44K0XJ8D", contact_name=CONTACT,
                phone=PHONES["company"], legal_representative=LEGAL, bank_account=BANKS[1], licence_seen=True,
                agent=AgentForm(name=AGENT, id_number=IDS["agent"], phone=PHONES["agent"], card_seen=True),
                agency=AgencyForm(
                    business_licence="B-1", hr_licence="H-1", hr_licence_scope="职业中介", legal_representative=LEGAL,
                    responsible_contact=AGENT, hr_licence_expires_on=(uow.now + timedelta(days=300)).date(),
                ),
            ),
            proxy=SLIP,
        )  # fmt: skip
    starts = city.clock.now() + timedelta(minutes=50)
    form = good(
        starts_at=starts, ends_at=starts + timedelta(hours=9), contact_name=SITE_CONTACT, contact_phone=PHONES["site"]
    )
    orders = []
    for employer_id in (company.employer_id, boss.employer_id):
        async with city.database.begin(*city.clerk) as uow:
            order = await service.create_order(uow, sealer, form, employer_id=employer_id, tenant=STATION, submit=True)
            orders.append(order)
    async with city.database.begin(*city.colleague) as uow:
        await review.approve(uow, orders[0].id, call_back="reached")
    async with city.database.begin(*city.clerk) as uow:
        row = await counter.hire(uow, orders[0].id, worker.person_id)
        other = await engage.apply(uow, orders[0].id, worker_id=relative.person_id)
    shift = await _shift(site, row.id)
    async with city.database.begin(*city.clerk) as uow:
        await attend.arrive(uow, shift, method="clerk")
    city.clock.advance(timedelta(hours=1))
    async with city.database.begin(*city.clerk) as uow:
        await attend.start(uow, shift)
    city.clock.advance(timedelta(hours=8))
    async with city.database.begin(*city.clerk) as uow:
        await attend.finish(uow, shift)
        await attend.accept(uow, shift)
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        bills = list(await uow.session.scalars(sa.select(metadata.tables["bills"].c.id)))
        nodes = list(await uow.session.scalars(sa.select(Node.id)))
    async with city.database.begin(*city.clerk) as uow:
        await wages.record_payment(uow, bills[0], amount_fen=5000, channel="cash", voucher="现金", )  # fmt: skip
    head = "姓名,身份证号,联系方式,联系电话,工种代码,技能等级,期望工钱（元）,计价单位\n"
    twin = f"{CONFIRMED},{identity('19680219', 319)},手机,13870079999,6-29-99-00,0,180,天\n"
    async with city.database.begin(*city.clerk) as uow:
        await importing.import_people(
            uow, sealer, (head + twin).encode(), f"{CONFIRMED}名册.csv", tenant=STATION, skip_bad=True
        )
    people = [worker.person_id, waiting.person_id, relative.person_id]
    return Cast(
        {
            "person_id": people, "employer_id": [boss.employer_id, company.employer_id], "order_id": [o.id for o in orders],
            "engagement_id": [row.id, other.id], "bill_id": bills, "node_id": nodes[:4], "assignment_id": [shift],
        },
        orders[0].trace_code,
    )  # fmt: skip


async def _shift(site: Site, engagement_id: UUID) -> UUID:
    table = metadata.tables["assignments"]
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        found = await uow.session.scalar(sa.select(table.c.id).where(table.c.engagement_id == engagement_id))
    assert found is not None
    return UUID(str(found))


def canaries(*, names: bool = True) -> dict[str, str]:
    """Return what must not be seen, by what it is."""
    found = {f"phone of {k}": v for k, v in PHONES.items()}
    found |= {f"ID number of {k}": v for k, v in IDS.items()}
    found |= {f"birthday of {k}": f"{v[6:10]}-{v[10:12]}-{v[12:14]}" for k, v in IDS.items()}
    found |= {f"account {b}": b for b in BANKS} | {"address": ADDRESS}
    return found | ({f"name {n}": n for n in NAMES} if names else {})


def readable(answer: httpx.Response) -> str:
    """Return everything a reader can get out of an answer: body, headers, and what is packed into tokens."""
    text = answer.text + json.dumps(dict(answer.headers), ensure_ascii=False)
    text = html.unescape(unquote(text)) + text
    if answer.content and "application/json" in answer.headers.get("content-type", ""):
        text += json.dumps(answer.json(), ensure_ascii=False)
    for token in set(_TOKEN.findall(text)):
        try:
            text += base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        except ValueError:
            continue
    return text


def leaks(answer: httpx.Response, unseen: dict[str, str]) -> list[str]:
    text = readable(answer)
    return [what for what, value in unseen.items() if value in text]


def addresses(site: Site, cast: Cast) -> list[tuple[str, str]]:
    """Return (route, address) of every GET with every seeded id."""
    out = []
    for route in site.app.routes:
        gets = [h for h in getattr(route, "route_handlers", []) if "GET" in h.http_methods]
        if not gets or _NEVER.match(route.path):
            continue
        names = re.findall(r"\{(\w+):(\w+)\}", route.path)
        filled = [route.path]
        for name, kind in names:
            values: list[Any] = [cast.trace_code, STATION] if kind == "str" else cast.ids.get(name, [])
            if not values:
                values = [i for ids in cast.ids.values() for i in ids][:1]
            filled = [p.replace(f"{{{name}:{kind}}}", str(v)) for p in filled for v in values]
        out += [(route.path, p) for p in filled]
    out += [("/desk/post", f"/desk/post?employer={e}") for e in cast.ids["employer_id"]]
    out += [("/desk/post", f"/desk/post?{word}={o}") for word in ("from", "edit") for o in cast.ids["order_id"]]
    out += [
        ("/desk", f"/desk?worker={cast.ids['person_id'][0]}"),
        ("/api/v1/workers", f"/api/v1/workers?name={WAITING[:2]}"),
    ]
    out += [("/api/v1/workers", "/api/v1/workers?limit=1"), ("/api/v1/employers", "/api/v1/employers?limit=1")]
    return out


SEARCHES = (
    ("/api/v1/workers/search", "q", "json"), ("/desk/people", "q", "data"), ("/desk/employers", "q", "data"),
    ("/desk/post/find", "q", "data"),
)  # fmt: skip


async def crawl(
    site: Site, client: httpx.AsyncClient, cast: Cast, unseen: dict[str, str], called: dict[str, str] | None = None
) -> tuple[int, list[str]]:
    """Ask everything; returns how many answers had content, and what was seen where."""
    found, answered = [], 0
    for route, path in addresses(site, cast):
        accept = "application/json" if path.startswith("/api/") else "text/html"
        answer = await client.get(path, headers={"accept": accept})
        answered += answer.status_code == 200
        assert answer.status_code < 500, path
        hidden = unseen if route not in CALLED or called is None else called
        found += [f"{path}: {what}" for what in leaks(answer, hidden)]
    for path, name, how in SEARCHES:
        for words in (
            PHONES["worker"],
            PHONES["company"],
            IDS["worker"],
            IDS["boss"],
            CONFIRMED[:2],
            BOSS[:2],
            "金麦穗",
        ):
            body: dict[str, Any] = {how: {name: words}}
            answer = await client.post(path, **body)
            assert answer.status_code < 500, path
            # A name's beginning that was typed is shown as it was typed: it is no more than the reader said himself.
            typed = {k: v for k, v in unseen.items() if v != words}
            found += [f"POST {path} {words}: {what}" for what in leaks(answer, typed)]
    return answered, sorted(set(found))


async def test_no_role_of_staff_sees_anything_in_clear(site: Site) -> None:
    """One city for all of them: seeding it costs as much as a crawl."""
    cast = await seed(site)
    # The clerk's own station calls its own people by name, and by nothing else.
    called = {k: v for k, v in canaries().items() if k not in {f"name {n}" for n in (CONFIRMED, WAITING, RELATIVE)}}
    wrong: dict[str, list[str]] = {}
    for role in STAFF_ROLES:
        client = await site.staff(role.value, POSTS[role], f"some_{role.value}")
        own = POSTS[role] == STATION
        answered, found = await crawl(site, client, cast, canaries(), called if own else None)
        assert answered > 20, ROLE_LABELS[role]
        if found:
            wrong[role.value] = found
    assert wrong == {}


async def test_another_station_sees_the_card_and_nothing_else(site: Site) -> None:
    cast = await seed(site)
    client = await site.staff("station_clerk", OTHER_STATION, "somebody")
    masked = {f"masked number of {k}": f"{v[:3]}****{v[-4:]}" for k, v in PHONES.items()}
    masked |= {f"masked ID of {k}": mask_id_number(v) for k, v in IDS.items()}
    masked |= {f"masked name {n}": f"{n[0]}**" for n in NAMES}
    _, found = await crawl(site, client, cast, canaries() | masked)
    assert found == []
    card = (await client.get(f"/api/v1/workers/{cast.ids['person_id'][0]}/card")).json()
    assert set(card) == {"id", "call", "sex", "age", "verified_level", "trades", "skill_level"}
    assert card["call"] == "瞿师傅"


async def test_nobody_and_strangers_see_nothing(site: Site) -> None:
    cast = await seed(site)
    anybody = await site.client()
    stranger, stranger_id = await site.worker(77)
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await employers.add_member(uow, site.city.fresh, stranger_id, "owner")
        token = await sessions.create(uow, "person", stranger_id, {"employer_id": str(site.city.fresh)})
    for client in (anybody, stranger, await site.client(token)):
        _, leaked = await crawl(site, client, cast, canaries())
        assert leaked == []


async def test_the_sides_see_of_each_other_what_their_job_needs(site: Site) -> None:
    cast = await seed(site)
    worker_id, company_id = cast.ids["person_id"][0], cast.ids["employer_id"][1]
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        mine = await sessions.create(uow, "person", worker_id)
        agent = await uow.session.scalar(
            sa.select(metadata.tables["employer_members"].c.person_id).where(
                metadata.tables["employer_members"].c.employer_id == company_id
            )
        )
        boss = await sessions.create(uow, "person", agent, {"employer_id": str(company_id)})
    # His own numbers stay masked for himself; his name is his own, and the contact of his confirmed job is his to call.
    own = {k: v for k, v in canaries().items() if v not in (CONFIRMED, SITE_CONTACT, PHONES["site"])}
    _, leaked = await crawl(site, await site.client(mine), cast, own)
    assert leaked == []
    # The company's agent reads his own company's contacts and data, and of its workers 瞿师傅.
    theirs = (CONTACT, PHONES["company"], SITE_CONTACT, PHONES["site"], AGENT, LEGAL)
    _, leaked = await crawl(
        site, await site.client(boss), cast, {k: v for k, v in canaries().items() if v not in theirs}
    )
    assert leaked == []


async def test_nothing_that_is_stored_as_text_or_told_holds_a_number(site: Site, blank: TestDatabase) -> None:
    """Numbers are sealed at rest, and no event, timer, message or stored answer repeats them; names stand in few columns."""
    await seed(site)
    owner = await blank.owner()
    try:
        for table in metadata.sorted_tables:
            for row in await owner.fetch(f"SELECT to_jsonb(t)::text AS row FROM {table.name} t"):
                text = row["row"]
                for what, value in canaries(names=False).items():
                    at_home = (what.startswith("birthday") and table.name == "persons") or (
                        (what == "address" and table.name == "employers")
                        or (what.startswith("ID") and f"T{value}" in text and table.name == "workers")
                    )
                    assert at_home or value not in text, f"{table.name}: {what}"
                if table.name in ("events", "timers", "board_posts", "terms_versions", "trace_entries", "reveals"):
                    assert not [n for n in NAMES if n in text], f"{table.name}: {text}"
    finally:
        await owner.close()


@pytest.mark.usefixtures("own_logs")
async def test_no_log_line_holds_a_canary(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "DEBUG")
    cast = await seed(site)
    clerk = await site.staff()
    await crawl(site, clerk, cast, {})
    person = cast.ids["person_id"][0]
    await clerk.post(
        f"/api/v1/workers/{person}/reveals",
        json={
            "fields": ["phone", "id_number", "name"],
            "purpose": "other",
            "reason": f"找{CONFIRMED} {PHONES['worker']}",
        },
    )
    await clerk.post(f"/api/v1/workers/{person}/reveals", json={"fields": "nonsense", "purpose": PHONES["worker"]})
    await clerk.post("/desk/register", data={"id_number": IDS["worker"], "name": CONFIRMED, "phone": PHONES["worker"]})
    await clerk.post("/api/v1/workers", content=json.dumps({"worker": PHONES["worker"]}))
    await clerk.post("/api/v1/sign-in/staff", json={"username": PHONES["worker"], "password": PASSWORD})
    told = capsys.readouterr()
    for what, value in canaries().items():
        assert value not in told.err + told.out, what
    assert PASSWORD not in told.err


def test_the_seed_names_every_role_of_staff() -> None:
    assert set(POSTS) == set(STAFF_ROLES)
