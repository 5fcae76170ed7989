"""The paper: made once in the job, sealed, chained into the events, found again by code and by its own bytes (R075)."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from linggong.contracts import addenda, checking, documents, printing, queries, typeset
from linggong.contracts import seal as seals
from linggong.contracts.models import ContractConsent, ContractFile
from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from linggong.kernel.events import Event
from linggong.kernel.paths import EVERYWHERE
from linggong.kernel.settings import Settings
from linggong.people.notice_models import Notice
from linggong.work import concluding, terms
from linggong.work.models import Engagement
from linggong.work.terms_values import TermsForm
from tests.work.walking import signed

from . import papers
from .conftest import Site, verified


async def file_of(site: Site, engagement_id: UUID, part: int = 0) -> ContractFile:
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        found = await uow.session.scalar(
            sa.select(ContractFile).where(ContractFile.engagement_id == engagement_id, ContractFile.part == part)
        )
    assert found is not None
    return found


async def made(site: Site, settings: Settings, n: int = 0) -> tuple[ContractFile, bytes]:
    """Sign and let the worker process make the paper."""
    await verified(site.city, site.workers[n])
    engagement_id, _ = await signed(site, n)
    file = await file_of(site, engagement_id)
    assert await documents.seal(site.city.database, settings, file.id)
    async with site.begin(site.worker(n)) as uow:
        _, raw = await queries.content(uow, file.id)
    return await file_of(site, engagement_id), raw


def text_of(raw: bytes, tmp_path: Path) -> str:
    """The words of a paper without blanks, where the tool that reads them is installed."""
    tool = shutil.which("pdftotext")
    if tool is None:
        return ""
    path = tmp_path / "paper.pdf"
    path.write_bytes(raw)
    said = subprocess.run([tool, str(path), "-"], capture_output=True, text=True, check=True).stdout
    return "".join(said.split())


async def test_the_paper_is_queued_with_the_contract_and_made_once(site: Site, settings: Settings) -> None:
    engagement_id, _ = await signed(site)
    file = await file_of(site, engagement_id)
    assert (file.state, file.part, file.sha256) == ("signed", 0, None)
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        jobs = (await uow.execute(sa.text("SELECT entrypoint, convert_from(payload, 'UTF8') FROM pgqueuer"))).all()
    assert [(j[0], json.loads(j[1])) for j in jobs] == [("contracts.seal", {"file": str(file.id)})]
    async with site.begin(site.worker()) as uow:
        with pytest.raises(Conflict, match="正在盖章"):
            await queries.content(uow, file.id)
    await verified(site.city, site.workers[0])
    done = await asyncio.gather(*(documents.seal(site.city.database, settings, file.id) for _ in range(3)))
    assert sorted(done) == [False, False, True], "three jobs at once make one file"
    file = await file_of(site, engagement_id)
    assert file.state == "sealed"
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        events = (await uow.session.scalars(sa.select(Event).where(Event.type == "contract.sealed"))).all()
        told = (await uow.session.scalars(sa.select(Notice).where(Notice.kind == "contract"))).all()
    assert file.sha256 is not None
    assert [(e.chain, json.loads(e.body)["sha256"]) for e in events] == [(f"order:{site.order_id}", file.sha256.hex())]
    assert {n.to_side for n in told} == {"worker", "employer"}
    assert all(file.code in n.text for n in told)


async def test_papers_that_no_job_made_are_made_later_and_one_that_fails_holds_up_none(
    site: Site, settings: Settings
) -> None:
    """The number of the second worker cannot be opened: his paper is reported, the first one's is made."""
    first, second = (await signed(site, 0))[0], (await signed(site, 1))[0]
    await verified(site.city, site.workers[0])
    assert await documents.catch_up(site.city.database, settings) == 0, "the contract's own job comes first"
    site.at(hours=25)
    assert await documents.catch_up(site.city.database, settings) == 1
    assert [(await file_of(site, one)).state for one in (first, second)] == ["sealed", "signed"]
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        told = (await uow.session.scalars(sa.select(Notice).where(Notice.kind == "contract"))).all()
    assert told == [], "nobody is told of yesterday's paper today"


async def test_both_sides_and_the_desk_read_it_and_nobody_else(site: Site, settings: Settings, tmp_path: Path) -> None:
    file, raw = await made(site, settings)
    assert hashlib.sha256(raw).digest() == file.sha256
    for who in (site.employer, site.clerk):
        async with site.begin(who) as uow:
            assert (await queries.content(uow, file.id))[1] == raw
            assert [d.code for d in await queries.mine(uow)] == [file.code]
    for who in (site.worker(1), site.city.employer(site.city.elsewhere), site.city.other_clerk):
        async with site.begin(who) as uow:
            with pytest.raises(NotFound):
                await queries.content(uow, file.id)
            assert await queries.mine(uow) == []
    text = text_of(raw, tmp_path)
    if text:
        for words in (
            "零工劳务协议",
            "李甲0",
            "开封建筑公司",
            "4102**********",
            file.code,
            "东关大街12号",
            "一次性验证码",
            "12333",
        ):
            assert words in text, words
        assert "19680501" not in text, "of an ID number only what tells two people apart"


@pytest.mark.parametrize(
    "form", ["labour_contract", "non_full_time", "service", "contracted_work", "written_agreement", "over_age"]
)
async def test_every_form_has_its_paper(site: Site, settings: Settings, form: str, tmp_path: Path) -> None:
    """Also with a name that no font here can draw, and with what looks like code."""
    await verified(site.city, site.workers[0], name="张𠮷𮧵")
    engagement_id, _ = await signed(site)
    file = await file_of(site, engagement_id)
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        await uow.execute(sa.update(ContractFile).values(legal_form=form, warnings=['#panic("x")', "特别提示一"]))
        await uow.execute(sa.update(ContractConsent).values(legal_form=form))
    assert await documents.seal(site.city.database, settings, file.id)
    async with site.begin(site.worker()) as uow:
        _, raw = await queries.content(uow, file.id)
    assert (await checking.file(site.city.database, settings, raw)).good
    text = text_of(raw, tmp_path)
    assert not text or "张〔U+20BB7〕〔U+2E9F5〕" in text


async def test_the_check_says_good_to_the_file_and_names_its_card(site: Site, settings: Settings) -> None:
    file, raw = await made(site, settings)
    checked = await checking.file(site.city.database, settings, raw)
    assert (checked.good, checked.code) == (True, "good")
    assert checked.card is not None
    assert (checked.card.code, checked.card.worker_name, checked.card.employer_name) == (
        file.code,
        "李师傅",
        "开封建筑公司",
    )
    assert checked.card.recorded
    for typed in (file.code, f" {file.code[:5]}-{file.code[5:].lower()} "):
        assert await checking.by_code(site.city.database, typed) == checked.card
    for wrong in ("", "A", "0000000000", "AAAAAAAAAA", "'; DROP TABLE", "A" * 400):
        assert await checking.by_code(site.city.database, wrong) is None


async def test_the_check_refuses_every_other_file(site: Site, settings: Settings) -> None:
    _, raw = await made(site, settings)

    async def code(file: bytes) -> str:
        checked = await checking.file(site.city.database, settings, file)
        assert not checked.good
        assert checked.card is None
        assert any("\u4e00" <= c <= "\u9fff" for c in checked.reason)
        return checked.code

    assert await code(papers.with_page(raw)) == "pages_changed"
    assert await code(papers.overlaid(raw)) == "changed_after"
    changed = bytearray(raw)
    changed[raw.index(b"stream") + 60] ^= 1
    assert await code(bytes(changed)) == "altered"
    # A byte of the signature's own padding changes nothing that is signed; the record still knows better.
    padded = bytearray(raw)
    start = raw.index(b"/Contents <") + 11
    padded[raw.index(b">", start) - 1 : raw.index(b">", start)] = b"1"
    assert await code(bytes(padded)) in ("unknown", "altered", "broken", "bad_seal")
    unsealed, when = typeset.pdf(papers.paper()), site.city.clock.now()
    ours = await asyncio.to_thread(seals.apply, seals.of(settings), unsealed, when=when, reason="x")
    assert await code(ours) == "unknown", "sealed by us, and never recorded"


async def test_an_addendum_is_linked_to_the_contract_by_its_hash(
    site: Site, settings: Settings, tmp_path: Path
) -> None:
    """Transition 25, invariant 6: what both agreed later is a paper of its own that names the one before."""
    file, raw = await made(site, settings)
    await agree_on_more(site, file.engagement_id, 26000)
    addendum = await file_of(site, file.engagement_id, 1)
    assert (addendum.state, addendum.terms_version) == ("signed", 2)
    assert await documents.seal(site.city.database, settings, addendum.id)
    addendum = await file_of(site, file.engagement_id, 1)
    assert addendum.prev_sha256 == file.sha256
    async with site.begin(site.worker()) as uow:
        _, later = await queries.content(uow, addendum.id)
        view = await queries.contract(uow, file.engagement_id)
    assert [(d.part, d.state) for d in view.documents] == [(0, "sealed"), (1, "sealed")]
    checked = await checking.file(site.city.database, settings, later)
    assert checked.good
    assert checked.card is not None
    assert (checked.card.part, checked.card.contract_code) == (1, file.code)
    first = await checking.file(site.city.database, settings, raw)
    assert first.good
    assert "后面还有 1 份补充协议" in first.reason
    text = text_of(later, tmp_path)
    if text:
        assert file.sha256 is not None
        assert file.sha256.hex() in text
        assert "260元" in text
        assert addendum.changes[0].replace(" ", "") in text


async def test_an_addendum_waits_for_the_contract(site: Site, settings: Settings) -> None:
    await verified(site.city, site.workers[0])
    engagement_id, _ = await signed(site)
    await agree_on_more(site, engagement_id, 26000)
    addendum = await file_of(site, engagement_id, 1)
    assert await documents.seal(site.city.database, settings, addendum.id), "the contract is made first"
    first = await file_of(site, engagement_id)
    assert (first.state, (await file_of(site, engagement_id, 1)).prev_sha256) == ("sealed", first.sha256)


async def agree_on_more(site: Site, engagement_id: UUID, pay_fen: int) -> None:
    """The employer proposes other pay, the worker agrees (24, 25)."""
    async with site.begin(site.employer) as uow:
        change = await terms.propose(uow, engagement_id, TermsForm(kind="price", pay_fen=pay_fen))
    async with site.begin(site.worker()) as uow:
        await terms.agree(uow, change.id)
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        given = await uow.session.scalars(
            sa.select(ContractConsent).where(ContractConsent.method == "terms").order_by(ContractConsent.side)
        )
        assert [(c.side, c.given_by) for c in given] == [("employer", None), ("worker", site.workers[0])]
        row = await uow.session.get_one(Engagement, engagement_id)
        last = await uow.session.scalar(
            sa.select(ContractFile)
            .where(ContractFile.engagement_id == row.id)
            .order_by(ContractFile.part.desc())
            .limit(1)
        )
        assert last is not None
        assert (last.terms_hash, concluding.contract_hash(row)) == (row.terms_hash, row.contract_hash), "invariant 6"
        assert await addenda.write(uow, row, changes=[], said=[]) is not None, "the same terms twice make one addendum"
        await uow.rollback()


async def test_the_desk_prints_for_free_and_notes_it(site: Site, settings: Settings) -> None:
    engagement_id, _ = await signed(site)
    file = await file_of(site, engagement_id)
    async with site.begin(site.clerk) as uow:
        with pytest.raises(Conflict, match="正在盖章"):
            await printing.printed(uow, file.id, to="worker")
    await verified(site.city, site.workers[0])
    await documents.seal(site.city.database, settings, file.id)
    async with site.begin(site.clerk) as uow:
        await printing.printed(uow, file.id, to="worker", copies=2)
        with pytest.raises(Invalid) as refused:
            await printing.printed(uow, file.id, to="nobody", copies=11)
        assert {f.field for f in refused.value.faults} == {"to", "copies"}
    with pytest.raises(Forbidden):
        async with site.begin(site.worker()) as uow:
            await printing.printed(uow, file.id, to="worker")
    with pytest.raises(NotFound):
        async with site.begin(site.city.other_clerk) as uow:
            await printing.printed(uow, file.id, to="worker")
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        told = (await uow.session.scalars(sa.select(Event.body).where(Event.type == "contract.printed"))).all()
    assert [json.loads(b)["copies"] for b in told] == [2]


async def test_three_hundred_harvesters_sign_three_hundred_times_and_no_more(site: Site) -> None:
    """Ruling 1: one signature covers every shift under the same terms; two more workers make two more papers."""
    for n in range(3):
        await signed(site, n)
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        assert await uow.session.scalar(sa.select(sa.func.count()).select_from(ContractFile)) == 3
        assert await uow.session.scalar(sa.select(sa.func.count()).select_from(ContractConsent)) == 6
