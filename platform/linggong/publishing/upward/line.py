"""The line to the province's platform: each night a record a county, sent until there is a receipt, or carried in files (R007)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock, outbox
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.outbox import Answer, Asked, Line, OutsideCall
from linggong.kernel.paths import TenantPath
from linggong.kernel.settings import Settings
from linggong.kernel.signed import SignedClient
from linggong.market.trades import trade
from linggong.measures import facts
from linggong.measures.totals import by_trade
from linggong.publishing.upward import protocol
from linggong.publishing.upward.protocol import Receipt, Record, TradeLine
from tenants.kinds import BuildStatus, NodeKind
from tenants.models import Node

SYSTEM: Final = "province"
KIND: Final = "demand"
_COUNTED: Final = ("wanted", "arrived", "published")
_COUNTY: Final = (NodeKind.COUNTY.value, NodeKind.ZONE.value)
_FAR: Final = timedelta(days=3650)
"""A record that went out in a file waits for its receipt however long: no clock makes it go out again."""


class ProvinceClient(SignedClient):
    """A province's platform at an address."""

    header = protocol.SIGNATURE
    whom = "省级平台"


@dataclass(slots=True)
class _Wire:
    client: ProvinceClient | None = None


_wire = _Wire()


def client_of(settings: Settings) -> ProvinceClient | None:
    """Return the client of the platform that the settings name; None without one."""
    return ProvinceClient(settings.province_url, settings.province_key.encode()) if settings.province_url else None


def use(client: ProvinceClient | None) -> None:
    """Send to this platform from now on; None: to nobody, records go by file."""
    _wire.client = client


def register() -> None:
    """Bind the line by name; calling it again changes nothing."""
    outbox.connect(
        Line(
            system=SYSTEM, words="省级平台", kinds={KIND: "用工需求日报"}, prepare=_record, send=_send, answered=_answered,
        )
    )  # fmt: skip


async def work(database: Database) -> None:
    """Send what is due, if there is somebody to send to."""
    if _wire.client is not None:
        await outbox.work(database, SYSTEM)


async def nightly(database: Database) -> int:
    """Queue the records of the day that is over; returns how many. Without an address nothing queues up."""
    if _wire.client is None:
        return 0
    day = clock.business_date(clock.now()) - timedelta(days=1)
    await facts.refresh(database)
    async with database.system() as uow:
        return len(await queue(uow, day))


async def queue(uow: UnitOfWork, day: date) -> list[UUID]:
    """Queue a record of each county for a day that is over, once (system transaction); returns the calls that are new.

    Raises Invalid for a day that is not over.
    """
    if day >= clock.business_date(uow.now):
        raise Invalid([Fault("day", "这一天还没过完，请报昨天或以前的。", "future")])
    known = set(await uow.session.scalars(sa.select(OutsideCall.subject_id).where(OutsideCall.system == SYSTEM)))
    counties = await uow.session.scalars(
        sa.select(Node).where(Node.kind.in_(_COUNTY), Node.status != BuildStatus.CLOSED.value).order_by(Node.path)
    )
    return [
        await outbox.enqueue(
            uow, system=SYSTEM, kind=KIND, subject_id=uuid5(node.id, day.isoformat()), chain=f"node:{node.id}",
            tenant=node.path, payload={"day": day.isoformat(), "node": str(node.id)},
        )
        for node in counties
        if uuid5(node.id, day.isoformat()) not in known
    ]  # fmt: skip


async def _record(uow: UnitOfWork, call: OutsideCall) -> Record:
    day = date.fromisoformat(call.payload["day"])
    node = await uow.session.get(Node, UUID(call.payload["node"]))
    if node is None:
        raise NotFound
    above = sa.select(Node.division_code).where(
        sa.literal(node.path).startswith(Node.path), Node.division_code.is_not(None)
    )
    area = await uow.session.scalar(above.order_by(sa.func.length(Node.path).desc()).limit(1))
    found = await by_trade(uow, TenantPath(node.path), _COUNTED, day, day)
    counted = {code: {name: sum(keys.values()) for name, keys in of.items()} for code, of in found.items()}
    lines = [
        TradeLine(
            trade=code, title=_title(code), wanted=of.get("wanted", 0), arrived=of.get("arrived", 0),
            posts=of.get("published", 0),
        )
        for code, of in sorted(counted.items())
    ]  # fmt: skip
    return Record(request_id=str(call.id), area=area or "", name=node.name, day=day, lines=tuple(lines))


def _title(code: str) -> str:
    found = trade(code)
    return code if found is None else found.name


async def _send(asked: Asked, request: Any) -> Answer:
    client = _wire.client
    if client is None:
        raise outbox.Unanswered("还没有接通省级平台")
    return _kept(await client.ask(protocol.PATH, request, Receipt))


def _kept(receipt: Receipt) -> Answer:
    return Answer({"number": receipt.number, "refused": [msgspec.to_builtins(one) for one in receipt.refused]})


async def _answered(uow: UnitOfWork, call: OutsideCall, answer: dict[str, Any]) -> None:
    """Nothing follows here: the receipt and what was refused stand with the call (`/office/outside`)."""


# --- by file ----------------------------------------------------------------------------------------------------------


async def to_file(uow: UnitOfWork, day: date) -> list[bytes]:
    """Return the records of a day as lines of a file, for a platform without an address; the same ones each time.

    What already has its receipt is left out. Raises Invalid for a day that is not over.
    """
    await queue(uow, day)
    await uow.flush()
    rows = await uow.session.scalars(
        sa.select(OutsideCall)
        .where(OutsideCall.system == SYSTEM, OutsideCall.payload["day"].astext == day.isoformat())
        .order_by(OutsideCall.tenant)
    )
    lines = []
    for row in rows.all():
        if row.state == "answered":
            continue
        lines.append(msgspec.json.encode(await _record(uow, row)))
        row.state, row.sent_at, row.next_at = "sent", uow.now, uow.now + _FAR
    return lines


async def from_file(uow: UnitOfWork, lines: Iterable[str]) -> tuple[int, list[Fault]]:
    """Take the receipts of a file, each once; returns how many were new, and every line that is wrong. Good lines count all the same."""
    faults: list[Fault] = []
    new = 0
    for n, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            receipt = msgspec.json.decode(line, type=Receipt)
            call = await uow.session.get(OutsideCall, UUID(receipt.request_id))
            if call is None or call.system != SYSTEM:
                raise NotFound
            heard = await outbox.hear(uow, SYSTEM, call.id, call.subject_id, _kept(receipt))
            if heard == "contradicts":
                faults.append(Fault(f"line {n}", "和先前的回执不一样，已记下，请问对方。", "contradicts"))
            new += heard == "first"
        except (msgspec.MsgspecError, ValueError):
            faults.append(Fault(f"line {n}", "这一行不是回执，请核对文件。", "format"))
        except NotFound:
            faults.append(Fault(f"line {n}", "没有报过这一条，请核对编号。", "unknown"))
    return new, faults


def key_of(settings: Settings, secrets: Secrets) -> bytes:
    """Return the key that we share with the platform; without one, this deployment's own for its stand-in."""
    return (settings.province_key or secrets.sign("province", "shared key")).encode()
