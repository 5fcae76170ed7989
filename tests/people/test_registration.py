"""One person per city (R005), by proxy and without a phone (R046), and what registration refuses."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.paths import EVERYWHERE
from linggong.people import employers, importing, queries, recovery, registration
from linggong.people.forms import EmployerForm, ProxyConsent
from linggong.people.models import Consent, Contact, MergeProposal, Person, PhoneRecovery, ServiceLink

from .conftest import SLIP, STATION, City, id_number, worker

if TYPE_CHECKING:
    from conftest import TestDatabase


async def counts(blank: TestDatabase, *tables: str) -> list[int]:
    owner = await blank.owner()
    try:
        return [await owner.fetchval(f"SELECT count(*) FROM {t}") for t in tables]
    finally:
        await owner.close()


async def test_the_same_number_at_a_second_county_finds_the_account(city: City, blank: TestDatabase) -> None:
    async with city.database.begin(*city.clerk) as uow:
        first = await registration.register_worker(uow, city.secrets.sealer, worker(), proxy=SLIP)
    assert (first.created, first.linked) == (True, True)
    async with city.database.begin(*city.other_clerk) as uow:
        again = await registration.register_worker(uow, city.secrets.sealer, worker(phone="13900000009"), proxy=SLIP)
    assert (again.person_id, again.created, again.linked) == (first.person_id, False, True)
    assert (await counts(blank, "persons", "contacts"))[0] == 1
    async with city.database.begin(*city.other_clerk) as uow:
        assert [w.id for w in await queries.workers_linked(uow, city.secrets.sealer)] == [first.person_id]


async def test_the_same_number_under_another_name_is_refused(city: City) -> None:
    async with city.database.begin(*city.clerk) as uow:
        await registration.register_worker(uow, city.secrets.sealer, worker(), proxy=SLIP)
    with pytest.raises(Invalid) as caught:
        async with city.database.begin(*city.other_clerk) as uow:
            await registration.register_worker(uow, city.secrets.sealer, worker(name="王五"), proxy=SLIP)
    assert [f.field for f in caught.value.faults] == ["name"]


async def test_two_clerks_at_once_make_one_account(city: City, blank: TestDatabase) -> None:
    async def register(who: Any) -> Any:
        async with city.database.begin(*who) as uow:
            return await registration.register_worker(uow, city.secrets.sealer, worker(), proxy=SLIP)

    made = await asyncio.gather(*(register(w) for w in (city.clerk, city.other_clerk, city.colleague)))
    assert len({m.person_id for m in made}) == 1
    assert sum(m.created for m in made) == 1
    assert await counts(blank, "persons", "identities") == [1, 1]


async def test_under_sixteen_is_refused_and_leaves_nothing(city: City, blank: TestDatabase) -> None:
    with pytest.raises(Invalid, match="16"):
        async with city.database.begin(*city.clerk) as uow:
            form = worker(id_number=id_number(born="20100501"))
            await registration.register_worker(uow, city.secrets.sealer, form, proxy=SLIP)
    assert await counts(blank, "persons", "identities", "contacts", "events") == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"name": ""}, {"name"}),
        ({"name": "李😀"}, {"name"}),
        ({"name": "李\u202e强"}, {"name"}),
        ({"name": "<script>alert(1)</script>"}, {"name"}),
        ({"name": "' OR 1=1 --"}, {"name"}),
        ({"id_number": ""}, {"id_number"}),
        ({"id_number": "41022519680501001"}, {"id_number"}),
        ({"id_number": "4.1022519680501e17"}, {"id_number"}),
        ({"id_number": id_number(born="20990501")}, {"id_number"}),
        ({"phone": "12345"}, {"phone"}),
        ({"phone": "138\x0000000001"}, {"phone"}),
        ({"trades": ["DROP TABLE"]}, {"trades[0]"}),
        ({"name": "", "id_number": "1", "phone": "x"}, {"name", "id_number", "phone"}),
    ],
)
async def test_bad_fields_are_all_named(
    city: City, blank: TestDatabase, changes: dict[str, Any], fields: set[str]
) -> None:
    with pytest.raises(Invalid) as caught:
        async with city.database.begin(*city.clerk) as uow:
            await registration.register_worker(uow, city.secrets.sealer, worker(**changes), proxy=SLIP)
    named = {f.field for f in caught.value.faults}
    assert {f.split("[")[0] for f in named} == {f.split("[")[0] for f in fields}
    assert all(f.message for f in caught.value.faults)
    assert await counts(blank, "persons", "identities") == [0, 0]


async def test_proxy_needs_proof_of_consent(city: City) -> None:
    sealer = city.secrets.sealer
    for proxy in (None, ProxyConsent(method="spoken", evidence="念过")):
        with pytest.raises(Invalid):
            async with city.database.begin(*city.clerk) as uow:
                await registration.register_worker(uow, sealer, worker(), proxy=proxy)
    spoken = ProxyConsent(method="spoken", evidence="念过同意书", witness="赵敏")
    async with city.database.begin(*city.clerk) as uow:
        await registration.register_worker(uow, sealer, worker(), proxy=spoken)
        consent = (await uow.session.scalars(sa.select(Consent))).one()
        assert (consent.method, consent.taken_by) == ("spoken", city.clerk_id)


async def test_without_a_phone_and_with_a_shared_one(city: City) -> None:
    sealer = city.secrets.sealer
    async with city.database.begin(*city.clerk) as uow:
        await registration.register_worker(uow, sealer, worker(1, contact_kind="station", phone=""), proxy=SLIP)
        for n in (2, 3):
            form = worker(n, name=f"王家{'一二三四'[n]}", phone="13800000077")
            await registration.register_worker(uow, sealer, form, proxy=SLIP)
        shared = (await uow.session.scalars(sa.select(Contact).where(Contact.kind == "mobile"))).all()
        assert len({c.number_index for c in shared}) == 1
        found = await queries.workers_linked(uow, sealer, q="13800000077")
        assert len(found) == 2
        assert {w.name for w in found} == {"王*三", "王*四"} or all("*" in w.name for w in found)


async def test_numbers_are_sealed_and_found_only_exactly(city: City, blank: TestDatabase) -> None:
    async with city.database.begin(*city.clerk) as uow:
        await registration.register_worker(uow, city.secrets.sealer, worker(), proxy=SLIP)
        assert len(await queries.workers_linked(uow, city.secrets.sealer, q=id_number())) == 1
        assert await queries.workers_linked(uow, city.secrets.sealer, q=id_number()[:10]) == []
    owner = await blank.owner()
    for table in ("persons", "contacts", "events", "consents"):
        text = " ".join(str(dict(r)) for r in await owner.fetch(f"SELECT * FROM {table}"))
        assert id_number() not in text
        assert "13800000001" not in text
    await owner.close()


async def test_people_of_another_station_are_not_there(city: City) -> None:
    async with city.database.begin(*city.clerk) as uow:
        made = await registration.register_worker(uow, city.secrets.sealer, worker(), proxy=SLIP)
    async with city.database.begin(*city.other_clerk) as uow:
        assert (await uow.session.scalars(sa.select(Person))).all() == []
        assert await queries.workers_linked(uow, city.secrets.sealer, q=id_number()) == []
        with pytest.raises(NotFound):
            await queries.worker_card(uow, made.person_id)
        with pytest.raises(NotFound):
            await recovery.recover_at_desk(
                uow, city.secrets.sealer, made.person_id, reason="lost", phone="13700000000", card_seen=True
            )


async def test_a_number_is_recovered_at_the_desk_with_a_record(city: City) -> None:
    async with city.database.begin(*city.clerk) as uow:
        made = await registration.register_worker(uow, city.secrets.sealer, worker(), proxy=SLIP)
    with pytest.raises(Invalid) as caught:
        async with city.database.begin(*city.clerk) as uow:
            await recovery.recover_at_desk(
                uow, city.secrets.sealer, made.person_id, reason="?", phone="0371-1", card_seen=False
            )
    assert {f.field for f in caught.value.faults} == {"reason", "phone", "card_seen"}
    async with city.database.begin(*city.clerk) as uow:
        await recovery.recover_at_desk(
            uow, city.secrets.sealer, made.person_id, reason="lost", phone="13700000000", card_seen=True
        )
        live = (await uow.session.scalars(sa.select(Contact).where(Contact.ended_at.is_(None)))).all()
        assert [c.number_index for c in live] == [city.secrets.sealer.blind_index("phone", "13700000000")]
        record = (await uow.session.scalars(sa.select(PhoneRecovery))).one()
        assert (record.method, record.done_by) == ("desk", city.clerk_id)


async def test_an_employer_known_by_its_code_is_linked(city: City) -> None:
    form = EmployerForm(
        kind="enterprise",
        name="开封新天地餐饮有限公司",
        uscc="91410200MA44TEST0X",
        contact_name="周经理",
        phone="13600000001",
    )
    from linggong.people.identity_numbers import BadNumber, parse_uscc

    with pytest.raises(BadNumber):
        parse_uscc(form.uscc)
    with pytest.raises(Invalid) as caught:
        async with city.database.begin(*city.clerk) as uow:
            await employers.register_employer(uow, city.secrets.sealer, form)
    assert "uscc" in {f.field for f in caught.value.faults}


def register_csv(rows: list[str]) -> bytes:
    head = "姓名,身份证号,联系方式,联系电话,工种代码,技能等级,期望工钱（元）,计价单位"
    return "\n".join([head, *rows]).encode("utf-8-sig")


async def test_a_register_is_imported_whole_or_not_at_all(city: City, blank: TestDatabase) -> None:
    good = [f"李甲{'零一二三四五'[n]},{id_number(n)},本人手机,138{n:08d},6-29-99-00,无等级,180,天" for n in range(1, 6)]
    bad = "王乙,4.10225E+17,本人手机,13800000099,6-29-99-00,无等级,一百,天"
    from linggong.kernel.paths import tenant_path

    station = tenant_path(STATION)
    async with city.database.begin(*city.clerk) as uow:
        report = await importing.import_people(
            uow, city.secrets.sealer, register_csv([*good, bad]), "登记.csv", tenant=station
        )
    assert report.stored == 0
    assert {(f.row, f.column) for f in report.faults} == {(7, "身份证号"), (7, "期望工钱（元）")}
    assert report.annotated is not None
    assert "请填元" in report.annotated.decode("utf-8-sig").splitlines()[6]
    assert await counts(blank, "persons", "identities", "import_batches") == [0, 0, 0]
    async with city.database.begin(*city.clerk) as uow:
        report = await importing.import_people(
            uow, city.secrets.sealer, register_csv([*good, bad]), "登记.csv", tenant=station, skip_bad=True
        )
    assert (report.created, len(report.faults)) == (5, 2), report.faults
    async with city.database.begin(*city.clerk) as uow:
        again = await importing.import_people(uow, city.secrets.sealer, register_csv(good), "登记.csv", tenant=station)
    assert (again.created, again.linked) == (0, 5)


async def test_likely_duplicates_are_proposed_and_merged(city: City) -> None:
    from linggong.kernel.paths import tenant_path

    rows = [
        f"李国强,{id_number(1)},本人手机,13800000001,6-29-99-00,无等级,180,天",
        f"李国强,{id_number(3)},本人手机,13800000003,6-29-99-00,无等级,180,天",
    ]
    async with city.database.begin(*city.clerk) as uow:
        report = await importing.import_people(
            uow, city.secrets.sealer, register_csv(rows), "登记.csv", tenant=tenant_path(STATION)
        )
        assert report.proposed == 1
        proposal = (await uow.session.scalars(sa.select(MergeProposal))).one()
    async with city.database.begin(*city.clerk) as uow:
        await importing.decide_merge(uow, proposal.id, merge=True)
    with pytest.raises(Conflict):
        async with city.database.begin(*city.clerk) as uow:
            await importing.decide_merge(uow, proposal.id, merge=False)
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        merged = await uow.session.get_one(Person, proposal.person_id)
        assert (merged.status, merged.merged_into) == ("merged", proposal.candidate_id)
        assert (await uow.session.scalars(sa.select(ServiceLink.subject_id))).all()
