"""What the inbox does when the machine finds something that an office must know: a notice, from nobody's hand (M20, R138)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from linggong.inbox import service
from linggong.inbox.models import Memo
from linggong.kernel import events
from linggong.kernel.db import UnitOfWork
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import TenantPath, ancestors, tenant_path
from linggong.measures import supply, zombies
from tenants import holidays
from tenants.kinds import NodeKind
from tenants.models import Node

SENDER: Final = "系统提醒"
_LOOK: Final = "在“站点”页能看到每一项数字；这只是系统的建议，由人社局决定。"


async def zombie_hit(uow: UnitOfWork, told: NewEvent) -> None:
    """A station met the rule in a month: told to the station itself and to its county's bureau."""
    if told.tenant is None:
        return
    said = told.body
    title = f"{said['name']}：{zombies.RULE_WORDS[said['rule']]}，{said['proposal']}"
    body = f"{said['month']} 月底看 30 天：{said['words']}连续第 {said['nth']} 个月。{_LOOK}"
    county = await above(uow, tenant_path(told.tenant))
    await notice(uow, [(told.tenant, "station"), *([(county, "bureau")] if county else [])], title=title, body=body)


async def gap(uow: UnitOfWork, told: NewEvent) -> None:
    """A trade is wanted far more than people are there: told once to the county's bureau and the city's."""
    if told.tenant is None:
        return
    said = told.body
    title = f"{said['place']}缺{said['word']}：{said['days']} 天要 {said['demand']} 人，能来 {said['supply']} 人"
    body = (
        f"从 {said['since']} 起连续 {said['days']} 天，{said['place']}要{said['word']}的人数超过能来人数的 {said['ratio']} 倍。"
        "“供求走势”页能看到每周每月和去年同期；缓解了那里也会写。"
    )
    city = await above(uow, ancestors(tenant_path(told.tenant))[-2])
    to = [(path, "bureau") for path in dict.fromkeys([told.tenant, city]) if path]
    await notice(uow, to, title=title, body=body)


async def letter(uow: UnitOfWork, told: NewEvent) -> None:
    """An official letter was issued: told to the offices that receive it; an employer is told by his own notice."""
    said = told.body
    due = f"期限 {said['due_on']}。" if said["due_on"] else ""
    title = f"公文：{said['label']} {said['number']}"
    body = f"收到{said['label']}（{said['number']}）。{due}请到“公文”打开正文，签收并打印。"
    await notice(uow, [(path, office) for path, office in said["offices"]], title=title, body=body)


async def above(uow: UnitOfWork, path: TenantPath) -> str | None:
    """Return the county or zone around a place, else its city."""
    found = await uow.session.scalar(
        sa.select(Node.path)
        .where(
            Node.path.in_(ancestors(path)),
            Node.kind.in_((NodeKind.COUNTY, NodeKind.ZONE, NodeKind.CITY)),
            Node.path != "/",
        )
        .order_by(Node.path.desc())
        .limit(1)
    )
    return None if found is None else str(found)


async def notice(uow: UnitOfWork, to: list[tuple[str, str]], *, title: str, body: str, days: int | None = None) -> None:
    """Send a notice of the machine's to offices, each a place and what sits there; it is from that place's own bureau.

    With `days` (working days) it is a task, which the bureau of the county around closes when it is answered.
    """
    batch = new_id()
    for path, office in to:
        bureau = await above(uow, tenant_path(path)) if days else path
        origin: UUID = (await uow.execute(sa.select(Node.id).where(Node.path == (bureau or path)))).scalar_one()
        due = await holidays.working_deadline(uow, path, uow.now, days) if days else None
        row = Memo(
            id=new_id(), batch_id=batch, kind="task" if days else "notice", tenant=path, office=office, from_node=origin, from_office="bureau",
            sender=SENDER, sent_by=None, sent_at=uow.now, title=title[: service.MOST_TITLE], body=body[: service.MOST_BODY],
            state="M_SENT", due_at=due,
        )  # fmt: skip
        uow.session.add(row)
        await uow.flush()
        await service.sent(uow, row)


def register() -> None:
    """Bind by name at assembly; calling it again changes nothing."""
    events.subscribe(zombies.HIT, "inbox.zombie", zombie_hit)
    events.subscribe(supply.GAP, "inbox.gap", gap)
    events.subscribe("letter.issued", "inbox.letter", letter)
