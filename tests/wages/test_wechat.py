"""Paying by WeChat: once under every press and notice, nothing on a refusal, nothing on a lie (56; no pool)."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import msgspec
import pytest
import sqlalchemy as sa

from linggong.kernel.db import SYSTEM, Actor
from linggong.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.paths import EVERYWHERE
from linggong.wages import service
from linggong.wages.wechat import bindings, line, merchants, transfers
from linggong.wages.wechat.client import HttpWechat
from linggong.wages.wechat.merchants import MerchantForm
from linggong.wages.wechat.models import WechatBinding, WechatMerchant, WechatTransfer
from linggong.wages.wechat.standin import Mode
from linggong.wages.wechat.standin_http import bring, serve

from .conftest import Site
from .wechat_pay import Pay, books, pay

__all__ = ["books", "pay"]


async def settled(pay: Pay, n: int = 0) -> tuple[str, list[tuple[str, str, int]]]:
    """Return the bill's state and its payments: proof, number, fen."""
    view = await pay.bill(n)
    return view.state, [(p.proof, p.voucher, p.amount_fen) for p in view.payments]


async def test_a_success_is_a_payment_with_wechats_number(pay: Pay) -> None:
    transfer = await pay.order()
    await pay.work()
    assert await settled(pay) == ("OPEN", [])
    assert await pay.told() == [("waiting", "微信收下了，正在办")]
    (notice,) = pay.wire.later
    assert await pay.hear(notice) == "first"
    assert await pay.hear(notice) == "again", "the same notice twice"
    await pay.work()
    row = await pay.row(transfer)
    assert await settled(pay) == ("CLAIMED", [("voucher", row.transfer_bill_no, 20000)])
    view = await pay.bill()
    assert (view.payments[0].id, view.payments[0].channel) == (transfer, "wechat")
    assert pay.standin.paid == [(row.out_bill_no, 20000)]
    assert await pay.told() == [], "a payment tells it from here on"
    async with pay.site.begin(pay.site.worker()) as uow:
        await service.answer_payment(uow, transfer, received=True)
    assert (await settled(pay))[0] == "SETTLED"


async def test_what_is_sent_is_the_workers_own_and_whole(pay: Pay) -> None:
    transfer = await pay.order(amount=12345)
    await pay.work()
    (kept,) = pay.standin.kept.values()
    asked = kept.asked
    assert (asked.out_bill_no, asked.transfer_amount) == (transfer.hex, 12345)
    assert asked.openid == bindings.stand_in_openid(pay.site.workers[0])
    assert kept.name
    assert kept.name not in asked.user_name
    assert asked.notify_url == f"https://lg.test/api/v1/wechat/notify/{pay.site.city.trusted}"
    assert "name" not in (await pay.call(transfer)).payload
    assert asked.openid.encode() not in (await pay.row(transfer)).openid_sealed


@pytest.mark.parametrize("pay", [3], indirect=True)
@pytest.mark.parametrize("modes", [("lost", "slow", "forged"), ("garbage", "fail", "twice")], ids=["first", "second"])
async def test_whatever_goes_wrong_on_the_way_it_is_paid_once(pay: Pay, modes: tuple[Mode, ...]) -> None:
    for n, mode in enumerate(modes):
        pay.standin.behave(mode, 1)
        transfer = await pay.order(n)
        await pay.work()
        for notice in pay.wire.later:
            await pay.hear(notice)
        await pay.work(3)
        row = await pay.row(transfer)
        assert pay.standin.paid == [(row.out_bill_no, 20000)], mode
        assert await settled(pay, n) == ("CLAIMED", [("voucher", row.transfer_bill_no, 20000)]), mode
        pay.standin.paid.clear()
        pay.wire.later.clear()


async def test_a_failure_leaves_the_bill_as_it_was(pay: Pay) -> None:
    before = await pay.bill()
    said: dict[Mode, str] = {"not_enough": "商户号里的钱不够，请先充值", "wrong_name": "他登记的姓名和微信实名不一样"}
    for mode, words in said.items():
        pay.standin.behave(mode, 1)
        await pay.order()
        await pay.work(2)
        assert (await pay.told())[-1] == ("failed", f"没付成：{words}")
        assert await pay.bill() == before
        assert pay.standin.paid == []
    pay.standin.behave("silent", 1)
    await pay.order()
    await pay.work(2)
    assert (await settled(pay))[0] == "CLAIMED", "no notice came: it was asked for"


async def test_a_lie_about_the_amount_is_never_written_down(pay: Pay) -> None:
    pay.standin.behave("lie", 1)
    transfer = await pay.order()
    await pay.work()
    with pytest.raises(Invalid, match="金额"):
        await pay.hear(pay.wire.later[0])
    await pay.work(12)
    assert await settled(pay) == ("OPEN", [])
    assert (await pay.call(transfer)).state == "dead"
    ((state, words),) = await pay.told()
    assert state == "unknown"
    assert "对不上" in words
    with pytest.raises(Conflict, match="没有结果"):
        await pay.order()
    # The truth comes at last, when he asks once more.
    kept = pay.standin.kept[transfer.hex]
    kept.asked = msgspec.structs.replace(kept.asked, transfer_amount=20000)
    async with pay.site.begin(pay.site.employer) as uow:
        await transfers.ask_again(uow, transfer)
    await pay.work()
    assert (await settled(pay))[0] == "CLAIMED"


async def test_it_waits_for_the_workers_own_tap(pay: Pay) -> None:
    pay.standin.behave("confirm", 1)
    transfer = await pay.order()
    await pay.work(2)
    assert await pay.told() == [("waiting", "等他在微信里点收款")]
    with pytest.raises(Conflict, match="没有结果"):
        await pay.order()
    with pytest.raises(Invalid, match="还在路上"):
        async with pay.site.begin(pay.site.employer) as uow:
            await service.record_payment(uow, pay.bills[0], amount_fen=1, channel="bank", voucher="B1")
    with pytest.raises(Conflict, match="1 笔微信转账"):
        async with pay.site.begin(pay.site.employer) as uow:
            await merchants.take_away(uow)
    (notice,) = pay.standin.confirm(transfer.hex)
    assert pay.standin.confirm(transfer.hex) == []
    assert await pay.hear(notice) == "first"
    assert (await settled(pay))[0] == "CLAIMED"


async def test_two_presses_at_once_are_one_transfer(pay: Pay) -> None:
    done = await asyncio.gather(*(pay.order() for _ in range(3)), return_exceptions=True)
    assert sorted(type(d).__name__ for d in done) == ["Conflict", "Conflict", "UUID"]
    await asyncio.gather(pay.work(), pay.work())
    await pay.work()
    assert len(pay.standin.paid) == 1
    with pytest.raises(Invalid, match="先等零工回话"):
        await pay.order()


async def test_notices_and_answers_at_once_are_one_payment(pay: Pay) -> None:
    transfer = await pay.order()
    await pay.work()
    heard = await asyncio.gather(*(pay.hear(pay.wire.later[0]) for _ in range(4)), pay.work(), return_exceptions=True)
    assert (
        sorted(str(h) for h in heard if h is not None) == ["again", "again", "again", "first"] or "first" not in heard
    )
    assert len((await pay.bill()).payments) == 1
    assert (await pay.bill()).payments[0].id == transfer


async def test_only_the_employer_pays_and_only_who_is_bound_is_paid(pay: Pay) -> None:
    for amount in (20001, 0, -100):
        with pytest.raises(Invalid) as caught:
            await pay.order(amount=amount)
        assert [f.field for f in caught.value.faults] == ["amount_fen"]
    sealer, bill = pay.site.city.secrets.sealer, pay.bills[0]
    stranger = Actor(kind="employer", id=uuid4(), role="employer", employer_id=uuid4()), EVERYWHERE
    for who, error in (
        (pay.site.clerk, Forbidden), (pay.site.worker(), Forbidden), (stranger, NotFound),
    ):  # fmt: skip
        with pytest.raises(error):
            async with pay.site.begin(who) as uow:
                await transfers.order(uow, sealer, bill, amount_fen=100)
    async with pay.site.begin(pay.site.worker()) as uow:
        await bindings.unbind(uow)
    with pytest.raises(Invalid, match="没有绑定微信收款") as caught:
        await pay.order(amount=-1)
    assert [f.field for f in caught.value.faults] == ["amount_fen", "payee"]
    async with pay.site.begin(pay.site.employer) as uow:
        await merchants.take_away(uow)
    with pytest.raises(Conflict, match="接上"):
        await pay.order(1)
    with pytest.raises(Forbidden):
        async with pay.site.begin(pay.site.clerk) as uow:
            await bindings.bind(uow, sealer, "o1")


async def test_keys_and_bindings_are_their_owners_alone(pay: Pay) -> None:
    await pay.order()
    site = pay.site
    stranger = Actor(kind="employer", id=uuid4(), role="employer", employer_id=uuid4()), EVERYWHERE
    for who, expected in (
        (site.employer, (1, 0, 1)), (site.worker(), (0, 1, 1)), (site.worker(1), (0, 1, 0)), (site.clerk, (0, 0, 1)),
        (stranger, (0, 0, 0)), ((SYSTEM, EVERYWHERE), (0, 0, 1)),
    ):  # fmt: skip
        async with site.begin(who) as uow:
            counts = [
                await uow.session.scalar(sa.select(sa.func.count()).select_from(table))
                for table in (WechatMerchant, WechatBinding, WechatTransfer)
            ]
            keys = (
                await uow.execute(sa.text("SELECT count(*) FROM wechat_merchant(:e)"), {"e": site.city.trusted})
            ).scalar()
            to = (await uow.execute(sa.text("SELECT count(*) FROM wechat_payees_of(:b)"), {"b": pay.bills})).scalar()
        assert tuple(counts) == expected, who
        assert keys == (1 if who[0].kind == "system" else 0)
        assert to == (2 if expected == (1, 0, 1) else 0)
    async with site.begin(site.employer) as uow:
        shown = await merchants.mine(uow)
    assert shown is not None
    assert (shown.mchid, shown.serial) == ("19****109", "****F1B8E1")


async def test_a_merchant_form_tells_every_fault(site: Site) -> None:
    with pytest.raises(Invalid) as caught:
        async with site.begin(site.employer) as uow:
            await merchants.connect(uow, site.city.secrets.sealer, MerchantForm(mchid="12", secret_key="x"))
    assert {f.field for f in caught.value.faults} == set(MerchantForm.__struct_fields__)


async def test_a_success_without_room_is_told_and_written_down_later(pay: Pay) -> None:
    """Nothing was to be learnt, he wrote the transfer down by hand, and then WeChat's notice came."""
    pay.standin.behave("lie", 1)
    transfer = await pay.order()
    await pay.work(12)
    async with pay.site.begin(pay.site.employer) as uow:
        by_hand = await service.record_payment(uow, pay.bills[0], amount_fen=20000, channel="wechat", voucher="W1")
    assert await pay.hear(pay.standin.notice(transfer.hex, transfer_amount=20000)) == "first"
    ((state, words),) = await pay.told()
    assert state == "unrecorded"
    assert "先等零工回话" in words
    assert len((await pay.bill()).payments) == 1
    async with pay.site.begin(pay.site.worker()) as uow:
        await service.answer_payment(uow, by_hand.id, received=False)
    async with pay.site.begin(pay.site.employer) as uow:
        assert await transfers.record_again(uow, transfer)
    assert [p.id for p in (await pay.bill()).payments if p.state == "claimed"] == [transfer]


async def test_money_that_moved_after_a_failure_is_written_down(pay: Pay) -> None:
    """An order that was taken for refused came through all the same: the notice says so, and both answers are kept."""
    pay.standin.behave("wrong_name", 1)
    transfer = await pay.order()
    await pay.work(2)
    assert (await pay.row(transfer)).state == "failed"
    assert await pay.hear(pay.standin.notice(transfer.hex, state="SUCCESS", fail_reason="")) == "contradicts"
    assert (await settled(pay))[0] == "CLAIMED"
    assert (await pay.call(transfer)).contradiction is not None


async def test_notices_that_are_not_ours_change_nothing(pay: Pay) -> None:
    transfer = await pay.order()
    await pay.work()
    good = pay.wire.later[0]
    for notice, error in (
        (type(good)(good.path, good.body, good.headers | {"Wechatpay-Nonce": "other"}), Forbidden),
        (type(good)(good.path, good.body + b" ", good.headers), Forbidden),
        (type(good)(f"/{uuid4()}", good.body, good.headers), NotFound),
        (pay.standin.notice(transfer.hex, out_bill_no=uuid4().hex), NotFound),
        (pay.standin.notice(transfer.hex, out_bill_no="nothing"), Invalid),
        (pay.standin.notice(transfer.hex, openid="o-somebody-else"), Invalid),
        (pay.standin.notice(transfer.hex, mch_id="1900000001"), Invalid),
        (pay.standin.notice(transfer.hex, state="SUCCESS", transfer_bill_no=""), Invalid),
    ):
        with pytest.raises(error):
            await pay.hear(notice)
    assert await settled(pay) == ("OPEN", [])


async def test_over_real_http_the_notice_may_come_before_the_answer(pay: Pay) -> None:
    """The notice is brought while the request is still in the air; no transaction is held meanwhile."""
    heard: list[str] = []
    server = serve(pay.standin)
    client = HttpWechat(f"http://127.0.0.1:{server.server_address[1]}")
    line.use(client, pay.site.city.secrets.sealer, address="http://127.0.0.1:9")
    pay.standin.behave("slow", 1)
    try:
        transfer = await pay.order()
        working = asyncio.create_task(pay.work())
        while not pay.standin.kept:
            await asyncio.sleep(0.01)
        heard.append(await pay.hear(pay.standin.notice(transfer.hex)))
        await working
    finally:
        server.shutdown()
        server.server_close()
        await client.aclose()
    assert heard == ["first"]
    assert len((await pay.bill()).payments) == 1
    assert await asyncio.to_thread(bring, "http://127.0.0.1:9", []) == []


async def test_what_nobody_sent_for_a_day_is_not_paid(pay: Pay) -> None:
    transfer = await pay.order()
    pay.site.at(days=2)
    await pay.work()
    assert (await pay.row(transfer)).state == "failed"
    assert pay.standin.requests == 0


async def test_a_closed_account_leaves_no_binding(pay: Pay) -> None:
    person = pay.site.workers[0]
    closed = NewEvent(type="person.closed", chain=f"person:{person}", subject_id=person, tenant=None, body={})
    async with pay.site.begin((pay.site.worker()[0].as_system(), EVERYWHERE)) as uow:
        await bindings.forget(uow, closed)
    async with pay.site.begin(pay.site.worker()) as uow:
        assert await bindings.mine(uow, pay.site.city.secrets.sealer) is None
    with pytest.raises(Invalid, match="没有绑定"):
        await pay.order()
