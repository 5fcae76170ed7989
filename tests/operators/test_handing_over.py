"""Handing an operator's places to the next one (R011), and what subsidies are reckoned from (R135, R136)."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from datetime import UTC, date, datetime, timedelta

import pytest
from browsing import Browsers, browsers
from httpx import AsyncClient
from officers import CODES, Officer, contract, hire
from small_city import COUNTY, STATION

from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.sheets import read_sheet
from linggong.offices import operators
from linggong.offices.operators import ContractForm
from linggong.operators import export, handover, planning, subsidy
from linggong.operators.codes import HANDED_OVER
from linggong.operators.handover import ItemForm
from linggong.operators.subsidy import ExitForm, RateForm, SubsidyForm
from linggong.people import sessions
from rbac.permissions import Permission as P
from rbac.roles import Role
from tenants import service
from tests.work.conftest import publish

from .conftest import EAST, LAST, SIGNED, Town

__all__ = ["browsers"]
DAY = timedelta(days=1)


async def test_from_the_old_operator_to_the_next_without_gap_or_overlap(town: Town) -> None:
    made = await town.signed(priced=False)
    man = await town.man()
    await publish(town.city, headcount=6)
    async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
        with pytest.raises(NotFound):
            await handover.close(uow, made)
        await handover.begin(uow, made)
    with pytest.raises(Conflict, match="数据还没有导出。还没有接手的合同。"):
        async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
            await handover.close(uow, made)
    async with town.bureau.may(P.PERSON_EXPORT) as uow:
        await export.make(uow, town.city.secrets.sealer, made, personal=False, purpose="合同到期移交")
    async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
        with pytest.raises(Invalid):
            await handover.go_through(uow, made, ItemForm(key="soul"))
        for key in HANDED_OVER:
            item = await handover.go_through(uow, made, ItemForm(key=key, words="交给周岚，清单附后"))
            assert item.open_count == {"orders": 1, "bills": 0, "cases": 0, "screens": 0}.get(key)
    for starts_on, places, says in (
        (LAST + 2 * DAY, [EAST], "中间没有人管"), (LAST + DAY, [STATION], "没有包括：兰阳街道"),
    ):  # fmt: skip
        number = f"N{starts_on}{len(places[0])}"
        with pytest.raises(Invalid, match=says):
            async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
                form = ContractForm(number=number, starts_on=starts_on, ends_on=starts_on + DAY, places=places)
                await handover.follow(uow, made, await operators.sign_contract(uow, town.operator_id, form))
    other = await contract(
        town.bureau, ["/4102/25/101/"], number="X", uscc=CODES[1], name="第二家公司", starts_on=SIGNED
    )
    with pytest.raises(Invalid, match="两份合同重叠"):
        async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
            await handover.follow(uow, made, other)
    async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
        await handover.sign_successor(uow, made, town.operator_id, "2027-01")
        await handover.close(uow, made)
        told = await handover.status(uow, made)
    assert (told.closed, told.missing, told.posts) == (True, [], 1)
    assert told.successor == "2027-01 汴梁人力公司（2027-01-05 起）"
    # The old operator's people act until midnight of the last day, and not a second longer.
    midnight = datetime(2027, 1, 4, 16, tzinfo=UTC)
    town.city.clock.move_to(midnight - timedelta(seconds=1))
    async with town.city.database.system() as uow:
        token = await sessions.create(uow, "staff", man.id)
    assert await sessions.resolve(town.city.database, token) is not None
    town.city.clock.move_to(midnight)
    assert await sessions.resolve(town.city.database, token) is None


async def test_the_file_for_the_bureau_holds_the_operators_places_and_no_secret(town: Town) -> None:
    """R011: every table with its hash; people's names and numbers only with a purpose and a record; nothing of other places."""
    made = await town.signed(priced=False)
    await publish(town.city, headcount=6)
    sealer = town.city.secrets.sealer
    with pytest.raises(Invalid, match="请写明导出做什么用"):
        async with town.bureau.may(P.PERSON_EXPORT) as uow:
            await export.make(uow, sealer, made, personal=True, purpose="")
    texts = []
    for personal in (False, True):
        async with town.bureau.may(P.PERSON_EXPORT) as uow:
            found = await export.make(uow, sealer, made, personal=personal, purpose="合同到期移交")
        pack = zipfile.ZipFile(io.BytesIO(found.content))
        manifest = json.loads(pack.read("manifest.json"))
        assert hashlib.sha256(pack.read("manifest.json")).hexdigest() == found.manifest_sha256
        for one in manifest["files"]:
            body = pack.read(one["file"])
            assert hashlib.sha256(body).hexdigest() == one["sha256"]
            assert len(list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))) == one["rows"] + 1
        assert {"nodes.csv", "orders.csv"} <= set(pack.namelist())
        assert {"staff_credentials.csv", "web_sessions.csv", "casbin_rule.csv"} & set(pack.namelist()) == set()
        assert "/4102/25/101/" not in pack.read("nodes.csv").decode()
        texts.append(pack.read("orders.csv").decode("utf-8-sig"))
    assert "王师傅" not in texts[0]
    assert "王师傅" in texts[1]
    with pytest.raises(NotFound):
        neighbour = await hire(town.city.database, "far", Role.COUNTY_BUREAU, "/4102/02/", name="远方")
        async with neighbour.may(P.PERSON_EXPORT) as uow:
            await export.make(uow, sealer, made, personal=False, purpose="看看")


async def test_subsidies_are_reckoned_from_versioned_figures_and_exits_have_reasons(town: Town) -> None:
    first, last = date(2026, 2, 1), date(2026, 2, 28)
    async with town.bureau.may(P.SETTLEMENT_READ) as uow:
        market = await subsidy.inputs(uow, COUNTY, "market", first, last)
        point = await subsidy.inputs(uow, STATION, "point", first, last)
    assert [subsidy.percent(share) for share in (None, 0.0, 0.7689, 1.0)] == [None, 0.0, 76.9, 100.0]
    assert [line.part for line in market.lines] == [
        "服务人数",
        "服务效果",
        "服务效果",
        "服务效果",
        "服务效果",
        "运营成本",
    ]
    assert {line.part for line in point.lines} == {"工作量", "专业性", "服务人数", "服务效果"}
    assert all("版" in line.source or line.key == "cost" for line in (*market.lines, *point.lines))
    good = SubsidyForm(path=STATION, kind="point", first=first, last=last, rates=[RateForm(key="served", rate_fen=500)], words="汴财〔2026〕2号")  # fmt: skip
    async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
        row = await subsidy.record(uow, good)
        assert (row.version, row.amount_fen) == (1, 0)
    for form, fields in (
        (SubsidyForm(path=STATION, kind="point"), {"first", "words", "rates"}),
        (SubsidyForm(path=STATION, kind="market", first=first, last=last, rates=good.rates, words="x号"), {"path"}),
        (SubsidyForm(path=STATION, kind="point", first=first, last=last, rates=[RateForm(key="content", rate_fen=1)], words="x号"), {"rates"}),
    ):  # fmt: skip
        with pytest.raises(Invalid) as error:
            async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
                await subsidy.record(uow, form)
        assert {f.field for f in error.value.faults} == fields
    with pytest.raises(Conflict, match="已经算过一次"):
        async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
            await subsidy.record(uow, good)
    with pytest.raises(Invalid) as error:
        async with town.bureau.may(P.OPERATOR_MANAGE) as uow:
            await subsidy.decide_exit(uow, ExitForm(kind="operator", reasons=[" "]))
    assert {f.field for f in error.value.faults} == {"reasons", "document", "decided_on", "leaves_on", "contract_id"}


async def browser(browsers: Browsers, officer: Officer) -> AsyncClient:
    async with browsers.city.database.system() as uow:
        return await browsers.anybody(await sessions.create(uow, "staff", officer.id))


async def test_the_bureau_and_the_operator_do_it_all_on_pages(browsers: Browsers, town: Town) -> None:
    """From the file to the voucher with forms alone; a refused form comes back filled, with the reason beside the field."""
    bureau, second = [await browser(browsers, who) for who in (town.bureau, town.second)]
    made = await town.signed()
    at = f"/office/contracts/{made}"
    shown = await bureau.get(f"{at}/money")
    for words in ("400,000 元", "第 1 期", "2026-02-04", "不能续签", "还没有最终等次"):
        assert words in shown.text, words
    first = re.findall(r"/office/settlements/([0-9a-f-]{36})", shown.text)[0]
    operator = await browser(browsers, await town.man(path=EAST))
    assert first in (await operator.get("/office/settlements")).text
    refused = await operator.post(f"/office/settlements/{first}/request", data={"words": "验收通过"})
    assert refused.status_code == 422
    assert "请附证明材料的照片" in refused.text
    assert "验收通过" in refused.text
    photo = {"photo": ("a.jpg", b"\xff\xd8\xff\xe0" + bytes(64), "image/jpeg")}
    typed = {"words": "验收通过", "photo_taken_at": "2026-03-09T10:00"}
    assert (await operator.post(f"/office/settlements/{first}/request", data=typed, files=photo)).status_code == 303
    assert (await operator.post(f"/office/settlements/{first}/steps/check")).status_code == 403
    for who, step in ((bureau, "check"), (bureau, "approve"), (bureau, "confirm")):
        assert (await who.post(f"/office/settlements/{first}/steps/{step}")).status_code == 303
    shown_to = [(await who.get(f"/office/settlements/{first}")).text for who in (bureau, second)]
    assert ["复审请另一位同事来做" in text for text in shown_to] == [True, False]
    assert [f"{first}/steps/confirm" in text for text in shown_to] == [False, True]
    assert (await second.post(f"/office/settlements/{first}/steps/confirm")).status_code == 303
    paid = {"paid_on": "2026-03-10", "voucher": "2026-0031"}
    assert (await second.post(f"/office/settlements/{first}/paid", data=paid)).status_code == 303
    told = (await bureau.get(f"/office/settlements/{first}")).text
    for words in ("已付款", "2026-01-1-1", "2026-0031", "复审同意，开支付单", "周岚"):
        assert words in told, words
    # A poor year before the other parts were paid, then with what comes back in a column of its own.
    async with town.city.database.system() as uow:
        await service.set_parameter(uow, COUNTY, "pay.plan.reading", "whole_contract", "局务会纪要")
    await town.graded(made, "较差", 60)
    book = read_sheet((await bureau.get("/office/settlements/list.xlsx")).content, "a.xlsx", max_rows=100)
    assert book.headers[7:9] == ["应付或已付（元）", "应退回或已退回（元）"]
    assert [row[7] for row in book.rows] == [60_000, 120_000, 120_000, 0]
    async with town.city.database.system() as uow:
        for row in await planning.of_contract(uow, made):
            if not row.by_grade:
                row.state, row.amount_fen, row.paid_on, row.voucher = (
                    "P_PAID",
                    row.planned_fen,
                    date(2026, 3, 9),
                    "2026-0040",
                )
    book = read_sheet((await bureau.get("/office/settlements/list.xlsx")).content, "a.xlsx", max_rows=100)
    assert book.rows[3][7:10] == [0, 20_000, "较差"]
    assert "要追回 20,000" in (await bureau.get("/office/settlements")).text
    lines = {
        "signed_on": "2026-01-05",
        "operation_title": ["场地", "人员"],
        "operation_amount": ["200000", "120000.01"],
    }
    late = await bureau.post(f"{at}/money", data=lines)
    assert (late.status_code, "已经有一期申请过拨付" in late.text) == (409, True)
    for path, words in (
        (f"/office/operators/{town.operator_id}", "证照和承诺都有效"), ("/office/procurements", "竞争性磋商"), (f"{at}/handover", "开始移交"),
        ("/office/subsidies", "已付运营费"), ("/office/operators", "补助和退出"), (at, "费用和续签"),
    ):  # fmt: skip
        page = await bureau.get(path)
        assert (page.status_code, words in page.text) == (200, True), path
    assert (await bureau.get("/office/subsidies/inputs.xlsx")).headers["content-type"].endswith("sheet")
    assert (await bureau.post(f"{at}/handover")).status_code == 303
    taken = await bureau.post(f"{at}/handover/export", data={"purpose": "合同到期移交"})
    assert (taken.status_code, taken.content[:2]) == (200, b"PK")
    bad = await bureau.post(
        "/office/procurements", data={"path": COUNTY, "number": "9", "title": "运营服务", "route": "x", "budget": "abc"}
    )
    assert "没有这种采购方式" in bad.text
    assert "请填预算，要大于 0" in bad.text
