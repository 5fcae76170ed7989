"""What inspections do when others' events happen, their deadlines, and who is told (R120, R131, R132)."""

from __future__ import annotations

from linggong.inbox import subscribers as inbox
from linggong.inspection import inspecting, proposals, rectifying
from linggong.kernel import events, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.events import NewEvent
from linggong.kernel.paths import tenant_path
from linggong.measures import zombies

_PAGE = "请到“整改”页看每一项、报整改。"


async def done(uow: UnitOfWork, told: NewEvent) -> None:
    """An inspection is done: the place and its county's operator are told of what is to be put right."""
    failed = told.body["failed"]
    if told.tenant is None or not failed:
        return
    body = f"{len(failed)} 项不合格，{told.body['due_on']} 前整改：{'；'.join(failed)}。{_PAGE}"
    await _own(uow, told.tenant, f"检查发现 {len(failed)} 项要整改", body)


async def step(uow: UnitOfWork, told: NewEvent) -> None:
    """A rectification was not enough, or is late: the place and its operator are told."""
    if told.tenant is None:
        return
    said = told.body
    if told.type == "finding.failed":
        await _own(
            uow, told.tenant, f"复查不合格：{said['title']}", f"{said['words']} 新的期限 {said['due_on']}。{_PAGE}"
        )
    else:
        await _own(uow, told.tenant, f"整改逾期：{said['title']}", f"{said['words']}{_PAGE}")


async def proposed(uow: UnitOfWork, told: NewEvent) -> None:
    """A step is proposed: the county's bureau is told, a person decides."""
    county = await inbox.above(uow, tenant_path(told.tenant or "/"))
    if county:
        said = told.body
        title = f"{said['name']}：系统建议{said['asks']}"
        await inbox.notice(
            uow, [(county, "bureau")], title=title, body=f"{said['words']} 请到“红黄牌”页看依据，采不采纳由您决定。"
        )


async def expiring(uow: UnitOfWork, told: NewEvent) -> None:
    """Something with a date soon expires (R035)."""
    if told.tenant is not None:
        body = f"上次检查记的有效期到 {told.body['expires_on']}，请及时更换，换好留照片。"
        await _own(uow, told.tenant, f"{told.body['title']}快到期", body)


async def _own(uow: UnitOfWork, path: str, title: str, body: str) -> None:
    county = await inbox.above(uow, tenant_path(path))
    await inbox.notice(uow, [(path, "station"), *([(county, "operator")] if county else [])], title=title, body=body)


def register() -> None:
    """Bind by name at assembly; calling it again changes nothing."""
    events.subscribe(zombies.HIT, "inspection.zombie", proposals.of_hit)
    events.subscribe("finding.overdue", "inspection.overdue", proposals.of_overdue)
    events.subscribe("inspection.done", "inspection.done", done)
    for what in ("finding.failed", "finding.overdue"):
        events.subscribe(what, "inspection.told", step)
    events.subscribe("card.proposed", "inspection.proposed", proposed)
    events.subscribe(inspecting.EXPIRING, "inspection.expiring", expiring)
    timers.on_timer(rectifying.OVERDUE, rectifying.on_overdue)
    timers.on_timer(inspecting.EXPIRING, inspecting.expiring)
