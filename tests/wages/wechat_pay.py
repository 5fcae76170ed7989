"""A crew's bills with a merchant account that is connected to the stand-in, for the tests of paying by WeChat."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import pytest
import sqlalchemy as sa

from linggong.kernel import outbox
from linggong.kernel.db import SYSTEM
from linggong.kernel.outbox import OutsideCall
from linggong.kernel.paths import EVERYWHERE
from linggong.wages import queries
from linggong.wages.queries import BillView
from linggong.wages.wechat import bindings, line, merchants, transfers
from linggong.wages.wechat.client import HttpWechat
from linggong.wages.wechat.models import WechatTransfer
from linggong.wages.wechat.standin import Books, Bringing, StandIn
from linggong.wages.wechat.standin_http import InProcess

from .conftest import Site, crew_accepted


@dataclass
class Pay:
    """Bills of 200 yuan (two, or as many as a test wants), the workers bound, the employer connected."""

    site: Site
    bills: list[UUID]
    standin: StandIn
    wire: InProcess

    async def order(self, n: int = 0, amount: int = 20000) -> UUID:
        async with self.site.begin(self.site.employer) as uow:
            made = await transfers.order(uow, self.site.city.secrets.sealer, self.bills[n], amount_fen=amount)
        return made.id

    async def work(self, rounds: int = 1) -> None:
        """Let time pass until something is due, and make it."""
        for _ in range(rounds):
            self.site.at(minutes=31)
            await outbox.work(self.site.city.database, line.SYSTEM)

    async def hear(self, notice: Bringing) -> str:
        """Bring a notice, as WeChat Pay does."""
        headers = {name.lower(): value for name, value in notice.headers.items()}
        employer = UUID(notice.path.rpartition("/")[2])
        city = self.site.city
        return await line.notified(city.database, city.secrets.sealer, employer, headers, notice.body)

    async def row(self, transfer_id: UUID) -> WechatTransfer:
        async with self.site.begin((SYSTEM, EVERYWHERE)) as uow:
            found = await uow.session.get(WechatTransfer, transfer_id)
            assert found is not None
            uow.session.expunge(found)
        return found

    async def call(self, transfer_id: UUID) -> OutsideCall:
        async with self.site.begin((SYSTEM, EVERYWHERE)) as uow:
            found = await uow.session.scalar(sa.select(OutsideCall).where(OutsideCall.subject_id == transfer_id))
            assert found is not None
            uow.session.expunge(found)
        return found

    async def bill(self, n: int = 0) -> BillView:
        async with self.site.begin(self.site.employer) as uow:
            return await queries.bill(uow, self.bills[n])

    async def told(self, n: int = 0) -> list[tuple[str, str]]:
        """What the employer's page says of the transfers of a bill."""
        async with self.site.begin(self.site.employer) as uow:
            found = await transfers.of_bills(uow, [self.bills[n]])
        return [(t.state, t.words) for t in found.get(self.bills[n], [])]


@pytest.fixture(scope="module")
def books() -> Books:
    return Books.fresh()


@pytest.fixture
async def pay(request: pytest.FixtureRequest, site: Site, books: Books) -> AsyncIterator[Pay]:
    bills = await crew_accepted(site, getattr(request, "param", 2))
    sealer = site.city.secrets.sealer
    async with site.begin(site.employer) as uow:
        await merchants.connect(uow, sealer, books.form())
    for n in range(len(bills)):
        async with site.begin(site.worker(n)) as uow:
            await bindings.bind(uow, sealer, bindings.stand_in_openid(site.workers[n]))
    standin = StandIn(books, delay=0.6)
    wire = InProcess(standin)
    client = HttpWechat("http://wechat.test", transport=wire, in_all=0.3)
    line.use(client, sealer, address="https://lg.test")
    line.register()
    yield Pay(site, bills, standin, wire)
    line.use(None, None)
    await client.aclose()
