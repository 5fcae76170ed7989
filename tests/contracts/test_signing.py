"""Two consents make a contract: who may sign, what is kept of it, and what is refused (R075, transition 20)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from signing import CODE, both_sign
from small_city import START

from linggong.contracts import counter, legal_forms, queries, signing, slips
from linggong.contracts.models import ContractConsent, ContractFile
from linggong.contracts.proofs import Clerk
from linggong.kernel import timers
from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from linggong.kernel.events import Event
from linggong.kernel.paths import EVERYWHERE
from linggong.market.codes import LegalForm
from linggong.work import concluding, engage
from linggong.work.models import Engagement
from tests.work.walking import signed

from .conftest import Site, people, publish

PHOTO = b"\xff\xd8\xff\xe0" + b"a signed slip" * 20


async def confirmed(site: Site, n: int = 0) -> UUID:
    async with site.begin(site.worker(n)) as uow:
        engagement_id = (await engage.apply(uow, site.order_id)).id
    async with site.begin(site.employer) as uow:
        await engage.offer(uow, engagement_id)
    async with site.begin(site.worker(n)) as uow:
        await engage.confirm(uow, engagement_id)
    return engagement_id


async def consents(site: Site) -> list[ContractConsent]:
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        return list(await uow.session.scalars(sa.select(ContractConsent).order_by(ContractConsent.given_at)))


async def types(site: Site, like: str = "contract.%") -> list[str]:
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        rows = await uow.session.scalars(sa.select(Event.type).where(Event.type.like(like)).order_by(Event.n))
        return list(rows)


async def test_both_sides_consent_and_the_contract_is_made(site: Site) -> None:
    engagement_id = await confirmed(site)
    async with site.begin(site.worker()) as uow:
        view = await queries.contract(uow, engagement_id)
        assert view.screen is not None
        assert "工钱：每天 200 元，日结，用现金付给本人。" in view.screen.sentences
        assert all(len(s) <= 60 for s in view.screen.sentences), "short enough to be read aloud"
        with pytest.raises(Conflict, match="还差零工、雇主签约"):
            await concluding.contract(uow, engagement_id)
    async with site.begin(site.worker()) as uow:
        row = await signing.sign(uow, engagement_id, proof=CODE, text_hash=view.screen.text_hash)
        assert row.state == "A_CONFIRMED"
        assert await signing.waits_for(uow, row) == "还差雇主签约：要本人用短信验证码签，或到驿站签。"
    async with site.begin(site.employer) as uow:
        other = await queries.contract(uow, engagement_id)
        assert other.screen == view.screen, "both sides are shown the same words"
        row = await signing.sign(uow, engagement_id, proof=CODE, text_hash=view.screen.text_hash)
        assert (row.state, row.single_witness) == ("A_CONTRACTED", False)
    kept = await consents(site)
    assert [(c.side, c.method, c.channel, c.device) for c in kept] == [
        ("worker", "code", "web", "安卓手机 微信"),
        ("employer", "code", "web", "安卓手机 微信"),
    ]
    assert {c.text_hash.hex() for c in kept} == {view.screen.text_hash}
    assert "李师傅" in kept[0].shown
    assert await types(site) == ["contract.consented", "contract.consented"]
    async with site.begin(site.worker()) as uow:
        view = await queries.contract(uow, engagement_id)
    assert (view.screen, view.waits_for, [d.state for d in view.documents]) == (None, None, ["signed"])


async def test_the_employer_may_sign_with_his_choice(site: Site) -> None:
    """His consent waits for the worker, who confirms and signs on one evening."""
    async with site.begin(site.worker()) as uow:
        engagement_id = (await engage.apply(uow, site.order_id)).id
    async with site.begin(site.employer) as uow:
        await engage.offer(uow, engagement_id)
        assert [r.id for r in await signing.sign_order(uow, site.order_id, proof=CODE)] == [engagement_id]
        with pytest.raises(Conflict, match="没有等您签约的人"):
            await signing.sign_order(uow, site.order_id, proof=CODE)
    with pytest.raises(Conflict, match="先确认价格"):
        async with site.begin(site.worker()) as uow:
            await signing.sign(uow, engagement_id, proof=CODE)
    async with site.begin(site.worker()) as uow:
        await engage.confirm(uow, engagement_id)
        assert (await signing.sign(uow, engagement_id, proof=CODE)).state == "A_CONTRACTED"


async def test_nobody_signs_for_another(site: Site) -> None:
    engagement_id = await confirmed(site)
    refused: list[tuple[Any, dict[str, Any], type[Exception], str]] = [
        (site.worker(), {"side": "employer", "proof": CODE}, Forbidden, "只能替自己"),
        (site.employer, {"side": "worker", "proof": CODE}, Forbidden, "只能替自己"),
        (site.worker(), {"proof": Clerk()}, Forbidden, "只能替自己"),
        (site.clerk, {"side": "worker", "proof": CODE}, Forbidden, "由驿站工作人员代办"),
        (site.clerk, {"proof": Clerk()}, Invalid, "要改"),
        (site.clerk, {"side": "worker", "proof": Clerk(witness="张" * 41)}, Invalid, "要改"),
        (site.worker(1), {"proof": CODE}, NotFound, "."),
        (site.city.employer(site.city.elsewhere), {"proof": CODE}, NotFound, "."),
        (site.city.other_clerk, {"side": "worker", "proof": Clerk()}, NotFound, "."),
    ]
    for who, given, error, words in refused:
        with pytest.raises(error, match=words):
            async with site.begin(who) as uow:
                await signing.sign(uow, engagement_id, **given)
    assert await consents(site) == []


async def test_a_station_that_serves_only_the_worker_does_not_sign_for_the_employer(site: Site) -> None:
    from small_city import OTHER_STATION

    guest = (await people(site.city, 1, node=OTHER_STATION))[0]
    other = site.city.other_clerk
    async with site.begin(other) as uow:
        engagement_id = (await engage.apply(uow, site.order_id, worker_id=guest)).id
    async with site.begin(site.employer) as uow:
        await engage.offer(uow, engagement_id)
    with pytest.raises(Conflict, match="发这单的驿站"):
        async with site.begin(other) as uow:
            await engage.confirm(uow, engagement_id)
            await signing.sign(uow, engagement_id, side="employer", proof=Clerk())


async def test_what_was_not_shown_is_not_signed(site: Site) -> None:
    engagement_id = await confirmed(site)
    with pytest.raises(Conflict, match="看完新的再签"):
        async with site.begin(site.worker()) as uow:
            await signing.sign(uow, engagement_id, proof=CODE, text_hash="0" * 64)
    async with site.begin(site.worker()) as uow:
        await signing.sign(uow, engagement_id, proof=CODE)
    with pytest.raises(Conflict, match="已经签过了"):
        async with site.begin(site.worker()) as uow:
            await signing.sign(uow, engagement_id, proof=CODE)
    async with site.begin(site.employer) as uow:
        await signing.sign(uow, engagement_id, proof=CODE)
    with pytest.raises(Conflict, match="已经签过约"):
        async with site.begin(site.worker()) as uow:
            await signing.sign(uow, engagement_id, proof=CODE)


async def test_whoever_left_signs_nothing(site: Site) -> None:
    engagement_id = await confirmed(site)
    async with site.begin(site.worker()) as uow:
        await engage.withdraw(uow, engagement_id)
    with pytest.raises(Conflict, match="已退出"):
        async with site.begin(site.employer) as uow:
            await signing.sign(uow, engagement_id, proof=CODE)


async def test_consents_to_old_terms_count_for_nothing(site: Site) -> None:
    """Invariant 6: the hash that was signed is the hash of the terms in force."""
    engagement_id = await confirmed(site)
    async with site.begin(site.worker()) as uow:
        await signing.sign(uow, engagement_id, proof=CODE)
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        row = await uow.session.get_one(Engagement, engagement_id)
        row.terms_hash = b"x" * 32
        assert await signing.missing(uow, row) == ["worker", "employer"]
        await uow.rollback()


async def test_one_clerk_for_both_is_a_single_witness_and_owes_a_slip(site: Site) -> None:
    async with site.begin(site.clerk) as uow:
        row = await counter.hire(uow, site.order_id, site.workers[0], proof=Clerk(witness="老王"))
        assert (row.state, row.single_witness) == ("A_CONTRACTED", True)
        owed = await slips.owed_here(uow)
    assert [(o.side, o.worker_name, o.late) for o in owed] == [
        ("worker", "李师傅", False),
        ("employer", "李师傅", False),
    ]
    kept = await consents(site)
    assert {(c.method, c.witness, c.channel) for c in kept} == {("clerk", "老王", "web")}
    assert {str(c.station) for c in kept} == {site.clerk[0].post}
    # 2026-03-10 05:10 in Kaifeng: owed until that day's midnight.
    assert {c.slip_due_at.isoformat() for c in kept if c.slip_due_at} == {"2026-03-10T16:00:00+00:00"}
    site.at(hours=20)
    await timers.sweep(site.city.database)
    assert (await types(site)).count("contract.slip_missing") == 2
    async with site.begin(site.clerk) as uow:
        assert [o.late for o in await slips.owed_here(uow)] == [True, True]
        assert await slips.attach(uow, row.id, PHOTO) == 2
        assert await slips.photo(uow, row.id) == ("image/jpeg", PHOTO)
        assert await slips.owed_here(uow) == []
        with pytest.raises(Conflict, match="不欠"):
            await slips.attach(uow, row.id, PHOTO)
    assert (await types(site)).count("contract.slip_added") == 2


async def test_a_clerk_for_one_side_and_the_other_by_himself_needs_no_call_back(site: Site) -> None:
    engagement_id = await confirmed(site)
    async with site.begin(site.clerk) as uow:
        slip = await slips.keep(uow, engagement_id, PHOTO)
        assert (await slips.keep(uow, engagement_id, PHOTO)).id == slip.id, "the same photo is one"
        await signing.sign(uow, engagement_id, side="worker", proof=Clerk(slip_id=slip.id))
        assert await slips.owed_here(uow) == []
    async with site.begin(site.employer) as uow:
        assert not (await signing.sign(uow, engagement_id, proof=CODE)).single_witness


async def test_a_clerk_for_both_after_they_confirmed_themselves_is_marked_too(site: Site) -> None:
    engagement_id = await confirmed(site)
    async with site.begin(site.clerk) as uow:
        row = await counter.sign_both(uow, engagement_id)
        assert (row.state, row.single_witness) == ("A_CONTRACTED", True)
        with pytest.raises(Conflict, match="已经签过约"):
            await counter.sign_both(uow, engagement_id)
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        due = await uow.session.scalar(
            sa.select(timers.Timer.due_at).where(
                timers.Timer.subject_id == engagement_id, timers.Timer.key == "t.callback"
            )
        )
        assert due == uow.now + timedelta(hours=24)


async def test_bad_slips(site: Site) -> None:
    first, second = await confirmed(site, 0), await confirmed(site, 1)
    async with site.begin(site.clerk) as uow:
        slip = (await slips.keep(uow, second, PHOTO)).id
        for raw in (b"", b"%PDF-1.7", b"RIFF....WAVE", b"\xff\xd8\xff" + b"0" * slips.MOST_BYTES):
            with pytest.raises(Invalid):
                await slips.keep(uow, first, raw)
        with pytest.raises(NotFound):
            await signing.sign(uow, first, side="worker", proof=Clerk(slip_id=slip))
    with pytest.raises(Forbidden):
        async with site.begin(site.worker()) as uow:
            await slips.keep(uow, first, PHOTO)
    with pytest.raises(NotFound):
        async with site.begin(site.city.other_clerk) as uow:
            await slips.photo(uow, second)


async def test_over_age_is_signed_as_such_and_both_are_told(site: Site) -> None:
    """Path f: the worker is 67; employer and worker read the same warning, and the form is the over-age one."""
    old = (await people(site.city, 1, born=date(1958, 5, 1)))[0]
    aged = Site(site.city, site.order_id, [old])
    engagement_id = await confirmed(aged)
    async with site.begin(site.employer) as uow:
        view = await queries.contract(uow, engagement_id)
    assert view.screen is not None
    assert view.screen.title == "超龄人员用工协议"
    assert any("超龄年龄" in w for w in view.screen.warnings)
    await both_sign(site.city.database, engagement_id, aged.worker(), site.employer)
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        file = await uow.session.scalar(sa.select(ContractFile))
        assert file is not None
        assert (file.legal_form, file.state) == ("over_age", "signed")


async def test_part_time_beyond_its_hours_becomes_a_labour_contract(site: Site) -> None:
    """Ruling 16: hours are counted per pair, over several orders; both read why the form is another one."""
    short = {
        "ends_at": START + timedelta(hours=3, minutes=30),
        "meal_minutes": 0,
        "legal_form": LegalForm.NON_FULL_TIME,
    }
    here = Site(site.city, await publish(site.city, **short), site.workers)
    engagement_id = await confirmed(here)
    async with site.begin(site.employer) as uow:
        view = await queries.contract(uow, engagement_id)
    assert view.screen is not None
    assert view.screen.title == "非全日制用工劳动合同"
    assert view.screen.warnings == [legal_forms.NOT_INSTEAD]
    await both_sign(site.city.database, engagement_id, here.worker(), site.employer)
    later = short | {"starts_at": START + timedelta(hours=5), "ends_at": START + timedelta(hours=9)}
    there = Site(site.city, await publish(site.city, **later), site.workers)
    engagement_id = await confirmed(there)
    async with site.begin(there.worker()) as uow:
        view = await queries.contract(uow, engagement_id)
    assert view.screen is not None
    assert view.screen.title == "短期用工劳动合同"
    assert "平均一天 7.5 小时，超过非全日制的上限（一天 4 小时、一周 24 小时）" in view.screen.warnings[0]


async def test_strangers_see_no_contract(site: Site) -> None:
    engagement_id, _ = await signed(site)
    for who in (site.worker(1), site.city.employer(site.city.elsewhere), site.city.other_clerk):
        async with site.begin(who) as uow:
            assert (await uow.session.scalars(sa.select(ContractFile))).all() == []
            assert (await uow.session.scalars(sa.select(ContractConsent))).all() == []
            with pytest.raises(NotFound):
                await queries.contract(uow, engagement_id)
