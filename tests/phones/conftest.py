"""The app at a real address, a stand-in gateway at another, and people of the small city with telephones."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import msgspec
import pytest
import sqlalchemy as sa
from granian.constants import Interfaces
from granian.server.embed import Server
from small_city import City, _timers, city, good

from linggong.app.application import build
from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from linggong.kernel.settings import Settings
from linggong.people import notices
from linggong.people.models import Contact, OutMessage
from linggong.phones import line, protocol, standin
from linggong.phones.gateway import HttpGateway
from linggong.phones.models import InMessage, PhoneQuestion
from linggong.phones.protocol import Press, Spoken
from linggong.phones.standin import StandIn
from tests.work.conftest import Site, people, publish

if TYPE_CHECKING:
    from conftest import TestDatabase

__all__ = ["City", "_timers", "city", "good"]
KEY = "a key that both sides hold"
_ids = itertools.count(1)


@dataclass
class Phones(Site):
    """A site whose workers have telephones: 13900000000, 13900000001, 13900000002."""

    url: str = ""
    standin: StandIn = field(default_factory=lambda: StandIn(KEY.encode()))
    client: httpx.AsyncClient = field(default_factory=httpx.AsyncClient)

    @staticmethod
    def number(n: int = 0) -> str:
        return f"139{n:08d}"

    async def tell(self) -> list[str]:
        """Let the worker process send what is queued; returns the texts that the gateway got meanwhile."""
        before = set(self.standin.messages)
        await notices.send(self.city.database, self.city.secrets.sealer)
        await line.work(self.city.database)
        return [m.text for key, m in self.standin.messages.items() if key not in before]

    async def text(self, text: str, n: int = 0, *, number: str = "", ref: str = "", **more: Any) -> str:
        """Somebody texts in over HTTP; returns the answer that he gets."""
        ref = ref or f"in-{next(_ids)}"
        number = number or self.number(n)
        status = await asyncio.to_thread(self.standin.text_back, self.url, number, text, message_id=ref, **more)
        assert status == 200
        before = len(self.standin.texts(number))
        await line.work(self.city.database)
        said = self.standin.texts(number)[before:]
        assert all(len(t) <= 70 for t in said), said
        return said[0] if said else ""

    async def outcome(self) -> str:
        """What the last message was taken for."""
        async with self.system() as uow:
            found = await uow.session.scalar(
                sa.select(InMessage.outcome).order_by(InMessage.received_at.desc(), InMessage.id.desc()).limit(1)
            )
            return found or ""

    async def press(
        self, session: str, step: int, keys: str = "", *, n: int = 0, number: str = "", **more: Any
    ) -> Spoken:
        """One step of a call, as the exchange brings it."""
        body = msgspec.json.encode(
            Press(session=session, step=step, number=number or self.number(n), keys=keys, **more)
        )
        answer = await self.client.post(
            self.url + protocol.KEYPAD_PATH, content=body, headers=self.standin.headers(protocol.KEYPAD_PATH, body)
        )
        assert answer.status_code == 200, answer.text
        signature = answer.headers[protocol.SIGNATURE]
        assert protocol.verify(KEY.encode(), signature, protocol.KEYPAD_PATH, answer.content, clock.now())
        return msgspec.json.decode(answer.content, type=Spoken)

    async def dial(self, *keys: str, n: int = 0, number: str = "", **more: Any) -> list[str]:
        """A whole call; returns what was read out at each step."""
        session = f"call-{next(_ids)}"
        said = []
        for step, key in enumerate(("", *keys)):
            spoken = await self.press(session, step, key, n=n, number=number, **more)
            said.append(spoken.say)
        return said

    async def called_back(self, n: int = 0) -> str:
        """The last call that the platform made to a number."""
        await line.work(self.city.database)
        return [key for key, ring in self.standin.calls.items() if ring.number == self.number(n)][-1]

    def system(self) -> Any:
        return self.city.database.begin(SYSTEM, EVERYWHERE)

    async def states(self) -> list[str]:
        async with self.system() as uow:
            return list(await uow.session.scalars(sa.select(OutMessage.state).order_by(OutMessage.created_at)))

    async def questions(self) -> list[PhoneQuestion]:
        async with self.system() as uow:
            return list(await uow.session.scalars(sa.select(PhoneQuestion).order_by(PhoneQuestion.asked_at)))

    async def calls(self) -> list[str]:
        """What stands on the desk's call list."""
        async with self.begin(self.clerk) as uow:
            return [view.text for view in await notices.call_list(uow)]

    async def share(self, n: int, number: str, *, kind: str = "mobile", signs_in: bool = True) -> None:
        """Give a worker another telephone."""
        await set_number(self.city, self.workers[n], number, kind=kind, signs_in=signs_in)


async def set_number(city: City, person_id: UUID, number: str, *, kind: str = "mobile", signs_in: bool = True) -> None:
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        contact = (await uow.session.scalars(sa.select(Contact).where(Contact.person_id == person_id))).one()
        contact.kind, contact.can_sign_in = kind, signs_in
        contact.number_index = city.secrets.sealer.blind_index("phone", number)
        contact.number_sealed = city.secrets.sealer.seal(number, f"contacts.number_sealed.{contact.id}")


@pytest.fixture
async def phones(city: City, blank: TestDatabase, tmp_path: Path, secrets: Secrets) -> AsyncIterator[Phones]:
    """Six places tomorrow at 07:30, three workers; the app listens at a port, and so does the gateway."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = Settings.from_env(
        {
            "LINGGONG_DATA_DIR": str(tmp_path), "LINGGONG_POOL_SIZE": "3", "LINGGONG_SMS_KEY": KEY,
            "LINGGONG_PORT": str(port),
        }
    )  # fmt: skip
    app = build(settings, blank.app_dsn, secrets=city.secrets)
    served = Server(app, port=port, interface=Interfaces.ASGI, log_enabled=False, websockets=False)
    serving = asyncio.create_task(served.serve())
    made = Phones(city, await publish(city), await people(city, 3))
    for n, worker in enumerate(made.workers):
        await set_number(city, worker, made.number(n))
    made.url = f"http://127.0.0.1:{port}"
    server = standin.serve(made.standin, platform_url=made.url, wait=0.02)
    gateway = HttpGateway(f"http://127.0.0.1:{server.server_address[1]}", KEY.encode(), seconds=0.5)
    line.use(gateway, city.secrets.sealer)
    for _ in range(200):
        with contextlib.suppress(httpx.HTTPError):
            if (await made.client.get(f"{made.url}/health/live")).status_code == 200:
                break
        await asyncio.sleep(0.05)
    yield made
    line.use(None, None)
    await gateway.aclose()
    await made.client.aclose()
    server.shutdown()
    server.server_close()
    served.stop()
    await serving


logging.getLogger("_granian").setLevel(logging.CRITICAL)
