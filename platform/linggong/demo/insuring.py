"""Insurance in the demo city: made-up products, an insurer in this process, and what becomes of those whom it does not take."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

from linggong.cover import choices, gates, line, products, queries, waivers
from linggong.cover.choices import ChoiceForm
from linggong.cover.insurer import HttpInsurer
from linggong.cover.products import ProductForm
from linggong.cover.standin import InProcess, StandIn
from linggong.demo.planned import PlannedOrder
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.paths import TenantPath
from linggong.market.codes import LegalForm
from linggong.market.models import Order
from linggong.work.models import Engagement

_NOTE: Final = "演示产品，保险公司和数字都是编的"
PRODUCTS: Final = (
    ProductForm(
        code="JB-A1", name="零工意外基本险", insurer="演示财险公司", kind="basic", payer="government", premium_day_fen=100,
        death_fen=20_000_000, medical_fen=2_000_000, allowance_day_fen=5_000, min_age=16, max_age=65,
        classes=[1, 2, 3, 4, 5], max_hours=14, made_up=True, note=_NOTE,
    ),
    ProductForm(
        code="ZJ-B1", name="雇主加保意外险", insurer="演示财险公司", kind="topup", payer="employer", premium_day_fen=300,
        death_fen=50_000_000, medical_fen=5_000_000, allowance_day_fen=10_000, min_age=18, max_age=60,
        classes=[1, 2, 3, 4], max_hours=12, made_up=True, note=_NOTE,
    ),
)  # fmt: skip
_WHY: Final = "超过承保年龄，保险公司不收"
_KEY: Final = b"the demo city asks its own stand-in"


async def offer(database: Database, top: TenantPath) -> None:
    """Put the products on offer in the whole city, once."""
    async with database.system() as uow:
        known = {p.code for p in await queries.products(uow, top, also_off=True)}
        for form in PRODUCTS:
            if form.code not in known:
                await products.add_product(uow, top, form)


@asynccontextmanager
async def insurer(sealer: Sealer) -> AsyncIterator[None]:
    """Ask a stand-in in this process, by the same client and messages as over a wire."""
    client = HttpInsurer("http://stand-in.invalid", _KEY, transport=InProcess(StandIn(_KEY)))
    line.use(client, sealer)
    try:
        yield
    finally:
        line.use(None, None)
        await client.aclose()


async def add_cover(uow: UnitOfWork, sealer: Sealer, order: PlannedOrder, made: Order) -> None:
    """What the employer says about insurance when he posts: a top-up, or the number of the 工伤保险 that he owes."""
    topup = "ZJ-B1" if "insurance" in order.text.template.benefits else ""
    number = f"4102-{order.employer.key:06d}" if made.legal_form == LegalForm.NON_FULL_TIME else ""
    if topup or number:
        await choices.choose(uow, sealer, made.id, ChoiceForm(topup=topup, injury_number=number))


async def not_taken(uow: UnitOfWork, row: Engagement) -> bool:
    """Tell whether no product takes him: he may not sign before both sides have said what follows."""
    return await gates.ready_to_contract(uow, row) is not None


async def waive(uow: UnitOfWork, engagements: Sequence[UUID]) -> dict[UUID, str]:
    """Let the employer say that these work without cover; returns what each of them is shown."""
    texts: dict[UUID, str] = {}
    for engagement_id in engagements:
        if not (known := await queries.waiver(uow, engagement_id)):
            known = await waivers.waive(uow, engagement_id, reason=_WHY)
        texts[engagement_id] = known.text_hash.hex()
    return texts
