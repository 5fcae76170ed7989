"""Signing in by phone: codes, shared phones, one person as worker and employer."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
import sqlalchemy as sa

from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Conflict, Invalid, NotFound, SignInFailed, TooMany
from linggong.kernel.paths import EVERYWHERE
from linggong.people import accounts, codes, messages, recovery, registration, sessions
from linggong.people.door_models import WebSession
from linggong.people.forms import EmployerForm

from .conftest import SLIP, City, id_number, worker

if TYPE_CHECKING:
    from conftest import TestDatabase


async def code_for(city: City, number: str) -> str:
    for message in await messages.recent(city.database, city.secrets.sealer):
        if message.number == number:
            found = re.search(r"\d{6}", message.text)
            assert found is not None
            return found.group()
    raise AssertionError("no message")


async def prove(city: City, phone: str) -> accounts.PhoneProof:
    await accounts.send_sign_in_code(city.database, city.secrets, phone)
    return await accounts.prove_phone(city.database, city.secrets, phone, await code_for(city, phone))


async def registered(city: City, n: int = 1, **changes: object) -> UUID:
    async with city.database.begin(*city.clerk) as uow:
        made = await registration.register_worker(uow, city.secrets.sealer, worker(n, **changes), proxy=SLIP)
    return made.person_id


async def test_a_worker_signs_in_by_code(city: City) -> None:
    person = await registered(city)
    proof = await prove(city, "13800000001")
    assert [(p.id, p.name) for p in proof.people] == [(person, "李*强")]
    signed = await accounts.sign_in(city.database, city.secrets, proof.proof, person)
    principal = await sessions.resolve(city.database, signed.token)
    assert principal is not None
    assert (principal.kind, principal.id, principal.name) == ("worker", person, "李国强")


async def test_people_who_share_a_phone_choose(city: City) -> None:
    first, second = await registered(city, 1), await registered(city, 2, name="李小妹", phone="13800000001")
    stranger = await registered(city, 3, name="王三哥")
    proof = await prove(city, "13800000001")
    assert {p.id for p in proof.people} == {first, second}
    with pytest.raises(SignInFailed):
        await accounts.sign_in(city.database, city.secrets, proof.proof, stranger)
    with pytest.raises(SignInFailed):
        await accounts.sign_in(city.database, city.secrets, proof.proof[:-2] + "00", first)
    city.clock.advance(timedelta(minutes=11))
    with pytest.raises(SignInFailed):
        await accounts.sign_in(city.database, city.secrets, proof.proof, first)


async def test_wrong_codes_are_counted_though_they_fail(city: City) -> None:
    await registered(city)
    await codes.send_code(city.database, city.secrets, "13800000001", "sign_in")
    right = await code_for(city, "13800000001")
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(5):
        with pytest.raises(SignInFailed):
            await codes.check_code(city.database, city.secrets, "13800000001", "sign_in", wrong)
    with pytest.raises(TooMany):
        await codes.check_code(city.database, city.secrets, "13800000001", "sign_in", right)


async def test_a_code_works_once_and_not_for_long(city: City) -> None:
    await codes.send_code(city.database, city.secrets, "13800000001", "sign_in")
    right = await code_for(city, "13800000001")
    with pytest.raises(SignInFailed):
        await codes.check_code(city.database, city.secrets, "13800000001", "change_phone", right)
    await codes.check_code(city.database, city.secrets, "13800000001", "sign_in", right)
    with pytest.raises(SignInFailed):
        await codes.check_code(city.database, city.secrets, "13800000001", "sign_in", right)
    city.clock.advance(timedelta(minutes=2))
    await codes.send_code(city.database, city.secrets, "13800000001", "sign_in")
    late = await code_for(city, "13800000001")
    city.clock.advance(timedelta(minutes=6))
    with pytest.raises(SignInFailed):
        await codes.check_code(city.database, city.secrets, "13800000001", "sign_in", late)


async def test_codes_are_rationed(city: City) -> None:
    await codes.send_code(city.database, city.secrets, "13800000001", "sign_in")
    with pytest.raises(TooMany) as caught:
        await codes.send_code(city.database, city.secrets, "138 0000 0001", "sign_in")
    assert 0 < caught.value.retry_after <= 61
    for _ in range(4):
        city.clock.advance(timedelta(minutes=2))
        await codes.send_code(city.database, city.secrets, "13800000001", "sign_in")
    city.clock.advance(timedelta(minutes=2))
    with pytest.raises(TooMany):
        await codes.send_code(city.database, city.secrets, "13800000001", "sign_in")
    for bad in ("0371-22223333", "12345", ""):
        with pytest.raises(Invalid):
            await codes.send_code(city.database, city.secrets, bad, "sign_in")


async def test_codes_and_numbers_are_kept_sealed(city: City, blank: TestDatabase) -> None:
    await codes.send_code(city.database, city.secrets, "13800000001", "sign_in")
    code = await code_for(city, "13800000001")
    owner = await blank.owner()
    for table in ("out_messages", "one_time_codes"):
        text = " ".join(str(dict(r)) for r in await owner.fetch(f"SELECT * FROM {table}"))
        assert code not in text
        assert "13800000001" not in text
    await owner.close()


async def test_one_registers_oneself_and_into_nobody_elses_account(city: City) -> None:
    proof = await prove(city, "13500000005")
    assert proof.people == []
    signed = await accounts.register_self(city.database, city.secrets, proof.proof, worker(5, phone=""))
    principal = await sessions.resolve(city.database, signed.token)
    assert principal is not None
    known = await registered(city, 6)
    attacker = await prove(city, "13500000006")
    with pytest.raises(Conflict):
        await accounts.register_self(city.database, city.secrets, attacker.proof, worker(6))
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        held = (await uow.session.scalars(sa.select(WebSession.account_id))).all()
    assert known not in held


async def test_a_person_becomes_an_employer_and_back(city: City) -> None:
    person = await registered(city)
    proof = await prove(city, "13800000001")
    signed = await accounts.sign_in(city.database, city.secrets, proof.proof, person)
    form = EmployerForm(kind="individual", name="", contact_name="李国强", phone="13800000001")
    employer_id = await accounts.register_own_employer(city.database, city.secrets, person, form)
    hats = await sessions.hats(city.database, signed.token)
    assert [(h.role, h.acting) for h in hats] == [("worker", True), ("employer", False)]
    await sessions.act_as(city.database, signed.token, employer_id)
    principal = await sessions.resolve(city.database, signed.token)
    assert principal is not None
    assert (principal.kind, principal.employer_id) == ("employer", employer_id)
    await sessions.act_as(city.database, signed.token, person)
    back = await sessions.resolve(city.database, signed.token)
    assert back is not None
    assert back.kind == "worker"
    with pytest.raises(NotFound):
        await sessions.act_as(city.database, signed.token, city.trusted)


async def test_old_and_new_number_together_change_it(city: City) -> None:
    person = await registered(city)
    proof = await prove(city, "13800000001")
    signed = await accounts.sign_in(city.database, city.secrets, proof.proof, person)
    city.clock.advance(timedelta(minutes=2))
    for phone in ("13800000001", "13911112222"):
        await codes.send_code(city.database, city.secrets, phone, "change_phone")
    await recovery.change_own(
        city.database, city.secrets, person, old_phone="13800000001", old_code=await code_for(city, "13800000001"),
        new_phone="13911112222", new_code=await code_for(city, "13911112222"),
    )  # fmt: skip
    assert await sessions.resolve(city.database, signed.token) is None, "the old phone is out"
    city.clock.advance(timedelta(minutes=2))
    assert [p.id for p in (await prove(city, "13911112222")).people] == [person]
    assert (await prove(city, "13800000001")).people == []


def test_made_up_numbers_are_valid() -> None:
    assert len(id_number()) == 18


async def test_a_used_code_holds_up_no_other(city: City) -> None:
    """Who signs a contract right after signing in asks for another code, not for the same one again."""
    await registered(city)
    phone = "13800000001"
    await accounts.send_sign_in_code(city.database, city.secrets, phone)
    with pytest.raises(TooMany, match="太勤"):
        await codes.send_code(city.database, city.secrets, phone, "contract")
    await accounts.prove_phone(city.database, city.secrets, phone, await code_for(city, phone))
    await codes.send_code(city.database, city.secrets, phone, "contract")
    with pytest.raises(TooMany, match="太勤"):
        await codes.send_code(city.database, city.secrets, phone, "contract")
