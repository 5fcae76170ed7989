"""Payments: who is paid, by what proof, what the worker says, and the journal behind it (56 to 60, invariants 7 and 8)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import sqlalchemy as sa

from linggong.kernel import timers
from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE
from linggong.people.models import Person, Worker
from linggong.wages import facts, holding, journal, proofs, queries, service
from linggong.wages.models import Bill

from .conftest import Site, accepted, crew_accepted

if TYPE_CHECKING:
    from conftest import TestDatabase

JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 10


async def with_account(site: Site, n: int, account: str) -> None:
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        sealed = site.city.secrets.sealer.seal(account, f"workers.bank_sealed.{site.workers[n]}")
        await uow.execute(sa.update(Worker).where(Worker.person_id == site.workers[n]).values(bank_sealed=sealed))


async def pay(site: Site, bill_id: UUID, **given: Any) -> UUID:
    values = {"amount_fen": 20000, "channel": "bank", "voucher": "B1", "sealer": site.city.secrets.sealer} | given
    async with site.begin(site.employer) as uow:
        return (await service.record_payment(uow, bill_id, **values)).id


async def view(site: Site, bill_id: UUID) -> queries.BillView:
    async with site.begin(site.worker()) as uow:
        return await queries.bill(uow, bill_id)


async def test_a_crew_leader_is_never_the_payee(site: Site) -> None:
    """Path c: his name, his account, or an account that is not the worker's are each refused, with the reason."""
    first, _ = await crew_accepted(site, 2)
    await with_account(site, 1, "6222020000000002")
    for given in ({"payee_name": "王班长"}, {"payee_account": "6222020000000002"}, {"payee_account": "12ab"}):
        with pytest.raises(Invalid) as caught:
            await pay(site, first, **given)
        assert [f.field for f in caught.value.faults] == list(given)
    await with_account(site, 0, "6222020000000001")
    with pytest.raises(Invalid, match="不是零工本人登记的账号"):
        await pay(site, first, payee_account="6222020000000009")
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        name = await uow.session.scalar(sa.select(Person.name).where(Person.id == site.workers[0]))
    await pay(site, first, payee_account="6222 0200 0000 0001", payee_name=name)
    assert [(p.payee, p.proof) for p in (await view(site, first)).payments] == [("own_account", "voucher")]


async def test_an_account_is_not_checked_blindly(site: Site) -> None:
    _, _, bill_id = await accepted(site)
    with pytest.raises(ValueError, match="sealer"):
        await pay(site, bill_id, payee_account="6222020000000001", sealer=None)


async def test_part_payments_settle_it_together(site: Site) -> None:
    _, _, bill_id = await accepted(site)
    due = (await view(site, bill_id)).due_at
    for amount, voucher in ((5000, "B1"), (15000, "B2")):
        payment = await pay(site, bill_id, amount_fen=amount, voucher=voucher)
        async with site.begin(site.worker()) as uow:
            await service.answer_payment(uow, payment, received=True)
        assert (await view(site, bill_id)).due_at == due
    row = await view(site, bill_id)
    assert (row.state, row.loop_state, row.wage_state, row.actions) == ("SETTLED", "A_SETTLED", "W_PAID", [])
    async with site.begin(site.worker()) as uow:
        assert await journal.sums(uow, bill_id) == {
            "employer_owes": 0, "worker_owed": -20000, "held": 0, "paid": 20000,
        }  # fmt: skip
        entries = await facts.journal_of(uow, bill_id)
    assert [e.cause for e in entries] == ["billed", "confirmed", "confirmed"]
    assert all(sum(e.moves.values()) == 0 for e in entries)


@pytest.mark.parametrize("got", [-1, 20000, 30000])
async def test_what_came_short_is_less_than_what_was_claimed(site: Site, got: int) -> None:
    _, _, bill_id = await accepted(site)
    payment = await pay(site, bill_id)
    with pytest.raises(Invalid, match="实收"):
        async with site.begin(site.worker()) as uow:
            await service.answer_payment(uow, payment, received=False, got_fen=got)


async def test_a_short_payment_leaves_the_gap(site: Site) -> None:
    _, _, bill_id = await accepted(site)
    payment = await pay(site, bill_id)
    async with site.begin(site.worker()) as uow:
        row = await service.answer_payment(uow, payment, received=False, got_fen=12000)
        assert (row.state, row.paid_fen) == ("OPEN", 12000)
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        body = await uow.session.scalar(sa.text("SELECT body FROM events WHERE type = 'payment.denied'"))
    assert '"gap_fen":8000' in body
    assert sorted(p.state for p in (await view(site, bill_id)).payments) == ["confirmed", "denied"]


async def test_three_tries_before_a_record_settles(site: Site) -> None:
    _, _, bill_id = await accepted(site)
    await pay(site, bill_id)
    for hours, tries in ((1, 1), (24, 2), (24, 3)):
        site.at(hours=hours)
        await timers.sweep(site.city.database)
        row = await view(site, bill_id)
        assert (row.payments[0].tries, row.state) == (tries, "CLAIMED")
    site.at(hours=24)
    await timers.sweep(site.city.database)
    row = await view(site, bill_id)
    assert (row.state, row.settled_by) == ("SETTLED", "evidence")
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        asked = await uow.session.scalar(sa.text("SELECT count(*) FROM notices WHERE kind = 'payment_claimed'"))
    assert asked == 3


async def test_one_clerk_on_both_sides_is_called_back_by_another(site: Site) -> None:
    _, _, bill_id = await accepted(site)
    async with site.begin(site.clerk) as uow:
        payment = await service.record_payment(uow, bill_id, amount_fen=20000, channel="cash")
        await service.answer_payment(uow, payment.id, received=True, proof="fingerprint")
    assert (await view(site, bill_id)).payments[0].single_witness
    with pytest.raises(Conflict, match="另一位"):
        async with site.begin(site.clerk) as uow:
            await service.call_back(uow, payment.id, note="他说收到了")
    with pytest.raises(Invalid, match="回访"):
        async with site.begin(site.city.colleague) as uow:
            await service.call_back(uow, payment.id, note=" ")
    async with site.begin(site.city.colleague) as uow:
        await service.call_back(uow, payment.id, note="他说收到了 200 元")
    assert not (await view(site, bill_id)).payments[0].single_witness


async def test_a_witness_makes_it_two(site: Site) -> None:
    _, _, bill_id = await accepted(site)
    async with site.begin(site.clerk) as uow:
        payment = await service.record_payment(uow, bill_id, amount_fen=20000, channel="cash", witness="张站长")
        await service.answer_payment(uow, payment.id, received=True)
    assert not (await view(site, bill_id)).payments[0].single_witness


async def test_a_picture_is_a_proof(site: Site) -> None:
    """A screenshot instead of a number; kept sealed, and given back to both sides and nobody else."""
    _, _, bill_id = await accepted(site)
    with pytest.raises(Invalid, match="单号或传截图"):
        await pay(site, bill_id, channel="wechat", voucher="")
    payment = await pay(site, bill_id, channel="wechat", voucher="", proof="photo")
    sealer = site.city.secrets.sealer
    with pytest.raises(Invalid, match="JPG"):
        async with site.begin(site.employer) as uow:
            await proofs.attach(uow, sealer, payment, kind="screenshot", data=b"MZ virus")
    with pytest.raises(Conflict, match="雇主"):
        async with site.begin(site.worker()) as uow:
            await proofs.attach(uow, sealer, payment, kind="screenshot", data=JPEG)
    async with site.begin(site.employer) as uow:
        proof = await proofs.attach(uow, sealer, payment, kind="screenshot", data=JPEG)
        assert JPEG not in proof.content_sealed
    async with site.begin(site.worker()) as uow:
        assert await proofs.read(uow, sealer, proof.id) == ("image/jpeg", JPEG)
    for stranger in (site.worker(1), site.city.other_clerk, site.city.employer(site.city.elsewhere)):
        with pytest.raises(NotFound):
            async with site.begin(stranger) as uow:
                await proofs.read(uow, sealer, proof.id)


async def test_who_pays_the_disputed_part_has_conceded_it(site: Site) -> None:
    _, _, bill_id = await accepted(site)
    case = uuid4()
    async with site.begin(site.employer) as uow:
        await holding.hold(uow, bill_id, 8000, case)
    payment = await pay(site, bill_id, amount_fen=15000)
    async with site.begin(site.worker()) as uow:
        await service.answer_payment(uow, payment, received=True)
        assert [h.amount_fen for h in await holding.held(uow, case)] == [5000]
    payment = await pay(site, bill_id, amount_fen=5000, voucher="B2")
    async with site.begin(site.worker()) as uow:
        row = await service.answer_payment(uow, payment, received=True)
        assert (row.state, row.held_fen) == ("SETTLED", 0)
        assert await holding.held(uow, case) == []


async def test_the_journal_refuses_what_does_not_balance(site: Site, blank: TestDatabase) -> None:
    """Sum 0 and append-only are the database's own rules, also for its owner."""
    _, _, bill_id = await accepted(site)
    async with site.begin(site.employer) as uow:
        row = await uow.session.get(Bill, bill_id)
        assert row is not None
        with pytest.raises(ValueError, match="does not balance"):
            await journal.post(uow, row, "billed", {"employer_owes": 5, "worker_owed": -4})
        with pytest.raises(ValueError, match="does not balance"):
            await journal.post(uow, row, "billed", {"employer_owes": 5, "pool": -5})
    owner = await blank.owner()
    columns = "order_id, tenant, via, worker_id, employer_id"
    entry = f"INSERT INTO journal_entries (id, bill_id, cause, at, {columns}) SELECT $1, id, 'billed', now(), {columns} FROM bills"
    with pytest.raises(asyncpg.CheckViolationError, match="does not balance"):
        await owner.execute(entry, new_id())
    leg = (
        f"INSERT INTO postings (id, entry_id, bill_id, account, amount_fen, {columns}) "
        f"SELECT $1, $2, id, $3, $4, {columns} FROM bills"
    )
    for legs in (((1, "paid"), (-2, "employer_owes")), ((1, "paid"),), ((1, "paid"), (-1, "employer_owes"))):
        # The last one balances, and still the bill says something else.
        with pytest.raises(asyncpg.CheckViolationError, match=r"does not balance|differs from its journal"):
            async with owner.transaction():
                which = new_id()
                await owner.execute(entry, which)
                for fen, account in legs:
                    await owner.execute(leg, new_id(), which, account, fen)
    for statement in ("UPDATE postings SET amount_fen = 1", "DELETE FROM journal_entries", "DELETE FROM postings"):
        with pytest.raises(asyncpg.PostgresError, match="append-only"):
            await owner.execute(statement)
    await owner.close()


async def test_the_same_wage_is_claimed_once_by_eight_at_a_time(site: Site) -> None:
    """Both the employer's phone and the desk press the button: one claim of the whole stands, the others are told why."""
    _, _, bill_id = await accepted(site)

    async def claim(n: int) -> str:
        try:
            async with site.begin(site.employer if n % 2 else site.clerk) as uow:
                await service.record_payment(uow, bill_id, amount_fen=20000, channel="bank", voucher=f"B{n}")
        except Invalid as error:
            return error.faults[0].message
        return "claimed"

    said = await asyncio.gather(*(claim(n) for n in range(8)))
    assert sorted(said) == sorted(["claimed"] + ["已登记的付款还没确认，先等零工回话。"] * 7)
    assert len((await view(site, bill_id)).payments) == 1
