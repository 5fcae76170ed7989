"""Those from outside: a department sees and answers what was referred to it alone, an insurer its own policies, an agency its licences."""

from __future__ import annotations

import re
from datetime import date, timedelta
from uuid import UUID

import httpx
import sqlalchemy as sa
from browsing import Browsers
from small_city import COUNTY, OTHER_COUNTY

from linggong.cases import handling, intake, mediation, referrals
from linggong.cases.forms import CaseForm, ReferForm
from linggong.cases.injury_models import Injury
from linggong.cases.models import Case as CaseRow
from linggong.cases.models import CaseReferral
from linggong.cover.models import CoverPolicy, CoverProduct
from linggong.kernel.db import SYSTEM
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE
from linggong.people import employers, sessions, staff
from linggong.people.forms import AgencyForm
from linggong.wages.models import Bill
from rbac.roles import Role
from tests.cases.conftest import Case, _loop, billed

__all__ = ["_loop", "billed"]
HOME = "/office/referrals"


async def somebody(browsers: Browsers, name: str, role: Role, path: str) -> tuple[httpx.AsyncClient, UUID]:
    """Make an account and open its browser."""
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        account = await staff.create_staff(uow, name, "郑刚", role, path, "dawn-at-the-bridge-5")
        return await browsers.anybody(await sessions.create(uow, "staff", account)), account


async def referred(made: Case, body: str = "inspection") -> UUID:
    """The worker claims his wage, the bureau refers it."""
    async with made.begin(made.worker(0)) as uow:
        form = CaseForm(kind="wage", claim="干完活没给钱", bill_id=made.bill_id, asks="unpaid", amount_fen=12000)
        case = await intake.open_case(uow, made.city.secrets.sealer, form)
    async with made.begin(made.bureau) as uow:
        await handling.acknowledge(uow, case.id)
        await handling.contact(uow, case.id, words="两边都联系了")
        return (await referrals.refer(uow, case.id, ReferForm(body=body, number="待定", reason="谈不拢"))).id


async def test_a_department_answers_what_was_referred_to_it(browsers: Browsers, billed: Case) -> None:
    """66, 74, 75, R016: taken on under its own number, answered with a document; the case ends and the bill follows."""
    key = await referred(billed)
    client, account = await somebody(browsers, "inspection", Role.DEPARTMENT_VIEWER, COUNTY)
    assert "还没有写明" in (await client.get(HOME)).text
    assert (await client.get(f"{HOME}/{key}")).status_code == 404, "nobody has said for whom he stands"
    bureau, _ = await somebody(browsers, "bureau", Role.COUNTY_BUREAU, COUNTY)
    stranger, _ = await somebody(browsers, "far", Role.COUNTY_BUREAU, OTHER_COUNTY)
    chosen = {"place": COUNTY, "stands_for": "inspection"}
    assert (await stranger.post(f"/office/outside-desks/{account}", data=chosen)).status_code == 404
    await bureau.post(f"/office/outside-desks/{account}", data=chosen | {"stands_for": "演示财险公司"})
    assert "没写明" in (await bureau.get("/office/outside-desks")).text
    assert (await bureau.post(f"/office/outside-desks/{account}", data=chosen)).status_code == 303
    listed = (await client.get(HOME)).text
    assert f"{HOME}/{key}" in listed
    assert "劳动保障监察" in listed
    page = (await client.get(f"{HOME}/{key}")).text
    assert "干完活没给钱" in page
    assert "谈不拢" in page
    for bad in ("x", ""):
        await client.post(f"{HOME}/{key}/accept", data={"number": bad})
        assert "等受理" in (await client.get(HOME)).text
    assert (await client.post(f"{HOME}/{key}/accept", data={"number": "兰监察受〔2026〕8号"})).status_code == 303
    assert "兰监察受〔2026〕8号" in (await client.get(f"{HOME}/{key}")).text
    answer = {"outcome": "责令三日内支付工资", "document": "兰监察令〔2026〕8号", "amount": "120"}
    await client.post(f"{HOME}/{key}/answer", data=answer | {"amount": "99999", "document": ""})
    assert "办理中" in (await client.get(HOME)).text, "nothing was written"
    assert (await client.post(f"{HOME}/{key}/answer", data=answer)).status_code == 303
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        row = await uow.session.get(CaseReferral, key)
        assert row is not None
        case = await uow.session.get(CaseRow, row.case_id)
        bill = await uow.session.get(Bill, billed.bill_id)
    assert case is not None
    assert bill is not None
    assert (row.answered_by, row.document, case.state, case.ended_how) == (
        account,
        answer["document"],
        "D_RESOLVED",
        "ruled",
    )
    assert bill.held_fen == 0
    again = await client.post(f"{HOME}/{key}/answer", data=answer)
    assert again.status_code == 409
    assert "已经答复过了" in again.text
    assert answer["document"] in (await client.get(HOME, params={"show": "done"})).text


async def test_another_authority_and_another_county_see_nothing(browsers: Browsers, billed: Case) -> None:
    key = await referred(billed)
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        number = await uow.session.scalar(sa.select(CaseRow.receipt))
    assert number is not None
    for name, path, body in (("court", COUNTY, "court"), ("far", OTHER_COUNTY, "inspection")):
        client, account = await somebody(browsers, name, Role.DEPARTMENT_VIEWER, path)
        bureau, _ = await somebody(browsers, f"b{name}", Role.COUNTY_BUREAU, path)
        await bureau.post(f"/office/outside-desks/{account}", data={"place": path, "stands_for": body})
        listed = (await client.get(HOME)).text
        assert number not in listed
        assert "没有转给我们的件" in listed
        assert (await client.get(f"{HOME}/{key}")).status_code == 404
        for step in ("accept", "answer"):
            tried = await client.post(
                f"{HOME}/{key}/{step}", data={"number": "1号", "outcome": "都给他们", "document": "假的"}
            )
            assert tried.status_code == 404
        api = await client.get("/api/v1/referrals", headers={"accept": "application/json"})
        assert api.json()["items"] == []
        for shut in ("/desk/cases", "/bureau", "/office/outside-desks", "/office/insurer"):
            assert (await client.get(shut)).status_code == 403
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        row = await uow.session.get(CaseReferral, key)
    assert row is not None
    assert row.accepted_at is row.answered_at is None


async def test_an_insurer_sees_policies_and_claims_of_its_own(browsers: Browsers, billed: Case) -> None:
    city, names = browsers.city, ("甲财险公司", "乙财险公司")
    hurt: dict[str, UUID] = {}
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        bill = await uow.session.get(Bill, billed.bill_id)
        assert bill is not None
        for n, name in enumerate(names):
            product = CoverProduct(
                id=new_id(), tenant="/4102/", code=f"P{n}", name="意外险", insurer=name, kind="basic", payer="government",
                premium_day_fen=100, death_fen=1, medical_fen=1, min_age=16, max_age=65, classes=[1], max_hours=12,
                before_minutes=0, after_minutes=0, created_at=uow.now, changed_at=uow.now,
            )  # fmt: skip
            uow.session.add(product)
            await uow.flush()
            sides = {
                "order_id": bill.order_id, "tenant": bill.tenant, "via": bill.via, "worker_id": bill.worker_id,
                "employer_id": bill.employer_id,
            }  # fmt: skip
            uow.session.add(
                CoverPolicy(
                    id=new_id(), engagement_id=billed.engagement_id, product_id=product.id, kind="basic", payer="government",
                    state="active", starts_at=uow.now, ends_at=uow.now + timedelta(days=2), days=1, premium_fen=100,
                    occupation_class=1, policy_no=f"NO-{n}", effective_at=uow.now, requested_at=uow.now, **sides,
                )
            )  # fmt: skip
            hurt[name] = new_id()
            uow.session.add(
                Injury(
                    id=hurt[name], engagement_id=billed.engagement_id, assignment_id=billed.assignment_id, state="I_DOCS",
                    channel="web", reported_by="worker", happened_at=uow.now, can_go_on=True, reported_at=uow.now,
                    insurer_due_at=uow.now, policy_no=f"NO-{n}", **sides,
                )
            )  # fmt: skip
            await uow.flush()
    client, account = await somebody(browsers, "jia", Role.INSURER, "/4102/")
    assert "还没有写明" in (await client.get("/office/insurer")).text
    bureau, _ = await somebody(browsers, "city", Role.CITY_BUREAU, "/4102/")
    await bureau.post(f"/office/outside-desks/{account}", data={"place": "/4102/", "stands_for": names[0]})
    page = (await client.get("/office/insurer")).text
    assert "NO-0" in page
    assert "NO-1" not in page
    decision = {"accepted": "1", "amount": "300", "words": "材料齐全，同意赔付"}
    assert (await client.post(f"/office/insurer/{hurt[names[1]]}/decide", data=decision)).status_code == 404
    bare = await client.post(f"/office/insurer/{hurt[names[0]]}/decide", data=decision | {"amount": ""})
    assert "请填赔多少" in bare.text
    assert decision["words"] in bare.text, "what was typed stays"
    assert (await client.post(f"/office/insurer/{hurt[names[0]]}/decide", data=decision)).status_code == 303
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        rows = {r.policy_no: r.state for r in await uow.execute(sa.select(Injury.policy_no, Injury.state))}
    assert rows == {"NO-0": "I_DECIDED", "NO-1": "I_DOCS"}


async def test_a_mediator_sees_his_cases_with_their_clocks(browsers: Browsers, billed: Case) -> None:
    async with billed.begin(billed.worker(0)) as uow:
        form = CaseForm(kind="wage", claim="干完活没给钱", bill_id=billed.bill_id, asks="unpaid", amount_fen=12000)
        case = await intake.open_case(uow, browsers.city.secrets.sealer, form)
    async with billed.begin(billed.bureau) as uow:
        await handling.acknowledge(uow, case.id)
        await handling.contact(uow, case.id, words="两边都联系了")
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        client = await browsers.anybody(await sessions.create(uow, "staff", billed.mediator_id))
    waiting = (await client.get("/office/mediation")).text
    assert "证书有效到 2027-12-31" in waiting
    assert re.search(r"协商不下、等调解的.*" + case.receipt, waiting, re.DOTALL)
    async with billed.begin(billed.mediator) as uow:
        await mediation.mediate(uow, case.id)
    browsers.city.clock.advance(timedelta(days=16))
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        client = await browsers.anybody(await sessions.create(uow, "staff", billed.mediator_id))
    mine = (await client.get("/office/mediation")).text
    assert re.search(r"我在调的.*" + case.receipt + r".*超 ", mine, re.DOTALL)
    uncertified, _ = await somebody(browsers, "new", Role.MEDIATOR, COUNTY)
    assert "不在调解员名册里" in (await uncertified.get("/office/mediation")).text


async def test_an_agency_sees_its_licences_and_what_is_missing(browsers: Browsers) -> None:
    city = browsers.city
    boss = await browsers.boss(city.fresh)
    assert (await boss.get("/employer/agency")).status_code == 404
    assert "/employer/agency" not in (await boss.get("/employer")).text
    form = AgencyForm(
        business_licence="91410225MA40000002", hr_licence="豫人服证〔2023〕11号", hr_licence_scope="职业中介、劳务派遣",
        hr_licence_expires_on=date(2026, 4, 20), legal_representative="王经理", responsible_contact="王经理",
    )  # fmt: skip
    async with city.database.begin(*city.clerk) as uow:
        await employers.register_agency(uow, city.fresh, form)
    page = (await boss.get("/employer/agency")).text
    assert "豫人服证〔2023〕11号" in page
    assert "还有 41 天到期" in page
    assert "没有备案号" in page
    assert "/employer/agency" in (await boss.get("/employer")).text
    worker = await browsers.worker(7)
    assert (await worker.get("/employer/agency")).status_code == 403
