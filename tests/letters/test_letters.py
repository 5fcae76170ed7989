"""Official letters (R119, R128, R131): numbers, faults, who receives, receipts, withdrawal, wording, the sealed paper."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from officers import Officer, contract, hire

from linggong.contracts import examine
from linggong.contracts import seal as seals
from linggong.inbox import queries as inbox
from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from linggong.kernel.paths import EVERYWHERE
from linggong.kernel.settings import Settings
from linggong.letters import documents, kinds, queries, service
from linggong.letters.kinds import LetterField, TemplateForm
from linggong.letters.models import Letter
from linggong.letters.service import LetterForm
from linggong.people.notice_models import Notice
from rbac.permissions import Permission as P
from rbac.roles import Role
from tenants.service import set_parameter

from .conftest import COUNTY, OTHER_STATION, STATION, Offices

DUE = date(2026, 4, 1)
FIELDS = {"basis": "3月9日现场检查", "matter": "灭火器已过期。", "demand": "换新的灭火器，留照片。"}


def form(to: UUID | None, **changes: Any) -> LetterForm:
    values: dict[str, Any] = {"kind": "rectify", "recipient": "node", "to": to, "fields": FIELDS, "due_on": DUE}
    return LetterForm(**(values | changes))


async def issue(who: Officer, to: UUID | None, **changes: Any) -> queries.LetterView:
    async with who.may(P.LETTER_ISSUE) as uow:
        return await queries.one(uow, (await service.issue(uow, form(to, **changes))).id)


async def test_a_number_has_no_gap_and_is_the_offices_own(offices: Offices) -> None:
    station = await offices.node(STATION)
    async with offices.top.may(P.PARAMETER_SET) as uow:
        await set_parameter(uow, "/4102/", "letter.prefix", "汴人社", "汴人社〔2026〕1号")
    async with offices.bureau.may(P.PARAMETER_SET) as uow:
        await set_parameter(uow, COUNTY, "letter.prefix", "兰人社", "兰人社〔2026〕1号")
    first = await issue(offices.bureau, station)
    with pytest.raises(RuntimeError):
        async with offices.bureau.may(P.LETTER_ISSUE) as uow:
            assert (await service.issue(uow, form(station))).number == "兰人社整〔2026〕2号"
            raise RuntimeError("the machine fails before it commits")
    numbers = [first.number, (await issue(offices.bureau, station)).number]
    warning = {"kind": "warning", "fields": {"matter": "月底集中补录。", "demand": "当天录入。"}, "due_on": None}
    numbers += [(await issue(offices.bureau, station, **warning)).number, (await issue(offices.top, station)).number]
    assert numbers == ["兰人社整〔2026〕1号", "兰人社整〔2026〕2号", "兰人社警〔2026〕1号", "汴人社整〔2026〕1号"]
    # What the city has set is the city's: a county without a prefix of its own does not write in the city's name.
    other = await issue(offices.other_bureau, await offices.node(OTHER_STATION))
    assert (other.number, other.issuer) == ("龙亭区人社整〔2026〕1号", "龙亭区人力资源和社会保障局")


async def test_all_faults_are_told_at_once(offices: Offices) -> None:
    with pytest.raises(Invalid) as refused:
        await issue(
            offices.bureau, await offices.node(OTHER_STATION), fields={"basis": "", "matter": "", "extra": "多一项"},
            due_on=date(2026, 3, 10),
        )  # fmt: skip
    said = {f.field: f.message for f in refused.value.faults}
    assert said == {
        "to": "没有找到收文的单位，或者它不归发文的单位管。", "fields": "“整改通知书”没有“extra”这一项。", "basis": "请写“怎样发现的”。",
        "matter": "请写“问题”。", "demand": "请写“整改要求”。", "due_on": "期限要在今天以后。",
    }  # fmt: skip
    for who in (offices.operator, offices.clerk):
        with pytest.raises(Forbidden):
            async with who.may(P.LETTER_READ) as uow:
                await service.issue(uow, form(await offices.node(STATION)))


async def test_the_station_is_told_signs_and_nobody_else_sees_it(offices: Offices) -> None:
    letter = await issue(offices.bureau, await offices.node(STATION))
    async with offices.clerk.may(P.MEMO_READ) as uow:
        assert [m.title for m in await inbox.received(uow)] == [f"公文：整改通知书 {letter.number}"]
    async with offices.clerk.may(P.LETTER_SIGN) as uow:
        seen = await queries.one(uow, letter.id)
        assert (seen.mine_to_sign, seen.body[1], seen.body[2]) == (
            True, "灭火器已过期。", "请于2026年4月1日前完成整改：换新的灭火器，留照片。",
        )  # fmt: skip
        await service.sign(uow, letter.id)
        await service.sign(uow, letter.id)
    async with offices.bureau.may(P.LETTER_READ) as uow:
        assert (await queries.one(uow, letter.id)).signed_by == "李敏"
    for stranger in (offices.other_clerk, offices.other_bureau):
        with pytest.raises(NotFound):
            async with stranger.may(P.LETTER_READ) as uow:
                await queries.one(uow, letter.id)
    with pytest.raises(NotFound):
        async with offices.bureau.may(P.LETTER_ISSUE) as uow:
            await service.sign(uow, letter.id)


async def test_an_operator_reads_its_own_letters_and_an_employer_his(offices: Offices) -> None:
    terms = {"basis": "第三季度考核", "from": "2026年4月1日", "matter": "考核不合格。", "handover": "3月31日前交清。"}
    ours = await contract(offices.bureau, [COUNTY])
    async with offices.bureau.may(P.OPERATOR_READ) as uow:
        operator = await uow.session.scalar(
            sa.text("SELECT operator_id FROM operator_contracts WHERE id = :i"), {"i": ours}
        )
    letter = await issue(offices.bureau, operator, kind="termination", recipient="operator", fields=terms, due_on=None)
    async with offices.operator.may(P.LETTER_READ) as uow:
        # His post hangs on no contract: a letter to the company is not his to read.
        assert await queries.listed(uow) == []
    bound = await hire(offices.city.database, "bianliang", Role.COUNTY_OPERATOR, COUNTY, name="丁宁")
    async with offices.city.database.system() as uow:
        await uow.execute(
            sa.text("UPDATE role_assignments SET contract_id = :c WHERE id = :p"), {"c": ours, "p": bound.post.id}
        )
    async with bound.may(P.LETTER_SIGN) as uow:
        assert [row.number for row in await queries.listed(uow)] == [letter.number]
        await service.sign(uow, letter.id)
    fields = {"matter": "两次不按时付工钱。", "demand": "当天结清。"}
    warned = await issue(
        offices.bureau, offices.city.trusted, kind="warning", recipient="employer", fields=fields, due_on=None
    )
    actor, scope = offices.city.employer(offices.city.trusted)
    async with offices.city.database.begin(actor, scope) as uow:
        told = list(await uow.session.scalars(sa.select(Notice.text).where(Notice.kind == "letter")))
        assert len(told) == 1
        assert warned.number in told[0]
        await service.sign(uow, warned.id)
        assert (await queries.one(uow, warned.id)).signed_by == "开封建筑公司"
    actor, scope = offices.city.employer()
    with pytest.raises(NotFound):
        async with offices.city.database.begin(actor, scope) as uow:
            await queries.one(uow, warned.id)


async def test_a_letter_is_taken_back_by_another_and_never_changed(offices: Offices) -> None:
    letter = await issue(offices.bureau, await offices.node(STATION))
    with pytest.raises(Forbidden):
        async with offices.top.may(P.LETTER_ISSUE) as uow:
            await service.withdraw(uow, letter.id, reason="发错了站点。")
    async with offices.bureau.may(P.LETTER_ISSUE) as uow:
        back = await service.withdraw(uow, letter.id, reason="发错了站点。")
        assert (back.label, back.mark, back.no) == ("撤回通知书", "撤", 1)
        assert back.body[0] == f"《整改通知书》（{letter.number}）予以撤回，自本通知书发出之日起不再执行。"
    for again in (letter.id, back.id):
        with pytest.raises(Conflict):
            async with offices.bureau.may(P.LETTER_ISSUE) as uow:
                await service.withdraw(uow, again, reason="再撤一次。")
    async with offices.bureau.may(P.LETTER_READ) as uow:
        old = await queries.one(uow, letter.id)
        assert (old.withdrawn_number, old.body) == (back.number, letter.body)
    for change in ("UPDATE letters SET number = 'x'", "DELETE FROM letters", "UPDATE letter_receipts SET name = 'x'"):
        with pytest.raises(Exception, match=r"permission denied|append-only"):
            async with offices.city.database.begin(SYSTEM, EVERYWHERE) as uow:
                await uow.execute(sa.text(change))


async def test_a_place_words_a_kind_anew_and_adds_one(offices: Offices) -> None:
    station = await offices.node(STATION)
    before = await issue(offices.bureau, station)
    bad = TemplateForm(kind="Talk", label="谈", mark="整", body="请{who}来。", fields=[LetterField(name="when", label="时间")], source=" ", dated=True)  # fmt: skip
    with pytest.raises(Invalid) as refused:
        async with offices.bureau.may(P.LETTER_ISSUE) as uow:
            await kinds.set_template(uow, bad)
    assert {f.field for f in refused.value.faults} == {"kind", "label", "mark", "body", "fields", "dated", "source"}
    talk = TemplateForm(
        kind="talk", label="约谈通知", mark="谈", body="请{recipient}负责人于{when}到{issuer}面谈。",
        fields=[LetterField(name="when", label="时间")], source="兰考县局务会 2026-03-02",
    )  # fmt: skip
    ours = TemplateForm(kind="rectify", label="整改通知书", mark="整", body="{matter}限{due}前改好。", fields=[LetterField(name="matter", label="问题", long=True)], source="兰考县局务会 2026-03-02", dated=True)  # fmt: skip
    async with offices.bureau.may(P.LETTER_ISSUE) as uow:
        await kinds.set_template(uow, talk)
        await kinds.set_template(uow, ours)
    said = await issue(offices.bureau, station, kind="talk", fields={"when": "3月12日9时{issuer}"}, due_on=None)
    # What somebody types is never read as a template.
    assert said.body == ["请兰阳街道零工驿站负责人于3月12日9时{issuer}到兰考县人力资源和社会保障局面谈。"]
    after = await issue(offices.bureau, station, fields={"matter": "牌子掉了。"})
    assert (after.body, len(before.body)) == (["牌子掉了。限2026年4月1日前改好。"], 4)
    async with offices.other_bureau.may(P.LETTER_ISSUE) as uow:
        known = await kinds.at(uow, "/4102/02/")
        assert ("talk" in known, known["rectify"].version) == (False, 0)


async def test_its_paper_carries_the_seal(offices: Offices, tmp_path: Path) -> None:
    letter = await issue(offices.bureau, await offices.node(STATION))
    with pytest.raises(Conflict):
        async with offices.clerk.may(P.LETTER_READ) as uow:
            await queries.paper(uow, letter.id)
    settings = Settings(data_dir=tmp_path, public_url="https://lg.example.gov.cn")
    assert await documents.seal(offices.city.database, settings, letter.id)
    assert not await documents.seal(offices.city.database, settings, letter.id)
    async with offices.clerk.may(P.LETTER_READ) as uow:
        number, raw = await queries.paper(uow, letter.id)
        told = (await queries.one(uow, letter.id)).sha256
        assert await uow.session.scalar(sa.select(sa.func.count()).select_from(Letter)) == 1
    assert number == letter.number
    assert len(told) == 64
    verdict = await asyncio.to_thread(examine.examine, seals.of(settings), raw)
    assert verdict.good
    changed = await asyncio.to_thread(examine.examine, seals.of(settings), raw.replace(b"/Page/", b"/Pagf/", 1))
    assert not changed.good
    tool = shutil.which("pdftotext")
    if tool is not None:
        (tmp_path / "letter.pdf").write_bytes(raw)
        text = subprocess.run(
            [tool, str(tmp_path / "letter.pdf"), "-"], capture_output=True, check=True
        ).stdout.decode()
        text = "".join(text.split())
        assert "灭火器已过期" in text
        assert letter.number in text
