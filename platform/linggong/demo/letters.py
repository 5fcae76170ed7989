"""The staff's inbox in the demo: a notice from the city, tasks on their way, one that is late, one whose answer waits.

Written once, as the people whose names are printed after the start; what is past is written with a moved clock.
"""

from __future__ import annotations

import contextlib
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from linggong.inbox import service
from linggong.inbox.models import Memo
from linggong.inbox.service import MemoForm
from linggong.kernel import clock, timers
from linggong.kernel.clock import MovableClock
from linggong.kernel.db import Actor, Database
from linggong.kernel.errors import LinggongError
from linggong.kernel.paths import Scope, tenant_path
from linggong.people.models import Staff
from rbac.models import RoleAssignment

_SENDERS = ("city", "county", "operator", "street", "clerk", "manager")
Acting = tuple[Actor, Scope]


async def write(database: Database) -> int:
    """Fill the inboxes of the printed accounts; returns how many offices received something. Nothing a second time."""
    service.register()
    async with database.system() as uow:
        if await uow.session.scalar(sa.select(sa.exists().where(Memo.id.is_not(None)))):
            return 0
        rows = await uow.execute(
            sa.select(Staff.username, Staff.id, RoleAssignment.role, RoleAssignment.tenant)
            .join(RoleAssignment, RoleAssignment.staff_id == Staff.id)
            .where(Staff.username.in_(_SENDERS))
        )
        people = {r.username: as_staff(r.id, r.role, r.tenant) for r in rows}
    if not {"city", "county", "clerk"} <= people.keys():
        return 0
    now = clock.now()
    moved = MovableClock(now - timedelta(days=9))
    with clock.clock_set(moved):
        late = await _send(
            database, people["county"], "under:*:station", kind="task", days=3, title="核对大屏和自助机",
            body="请核对本站的大屏、自助机每天是不是按时开机，黑屏超过 3 小时的写明原因。拍照留在站里备查。",
        )  # fmt: skip
        moved.move_to(now - timedelta(days=8))
        for memo in late:
            if memo.tenant == people["clerk"][0].post:
                async with database.begin(*people["clerk"]) as uow:
                    await service.answer(uow, memo.id, words="大屏 5:20 开，自助机 4:30 开，这周没有黑屏。")
        moved.move_to(now - timedelta(days=2))
        await timers.sweep(database)
        await _send(
            database, people["city"], "under:*:bureau", "under:*:station", kind="notice",
            title="寒潮来了，候工大厅提前到 4:30 开门",
            body="明后两天最低零下 6 度。各站提前到 4:30 开门，备好热水，候工的人都进屋等。\n有 60 岁以上的，先问身体，再派活。",
        )  # fmt: skip
        if "operator" in people:
            await _send(
                database, people["county"], "under:*:operator", kind="task", days=5, title="欠薪的单逐家回访",
                body="上月到期没付清的雇主，请逐家上门，写明谈了什么、哪天付。付不了的，附上转监察的编号。",
            )  # fmt: skip
        if "street" in people:
            moved.move_to(now - timedelta(hours=20))
            await _send(
                database, people["street"], "under:*:station", kind="task", days=4, title="帮扶对象这周联系一遍",
                body="名单上的帮扶对象，请这周都打一次电话，问有没有活干、有没有难处。",
            )  # fmt: skip
    async with database.system() as uow:
        return int(await uow.session.scalar(sa.select(sa.func.count()).select_from(Memo)) or 0)


def as_staff(staff_id: UUID, role: str, path: str) -> Acting:
    """Return a member of staff acting at a post."""
    post = tenant_path(path)
    return Actor(kind="staff", id=staff_id, post=post, role=role, channel="desk"), Scope(trees=(post,))


async def _send(
    database: Database, who: Acting, *to: str, kind: str, title: str, body: str, days: int | None = None
) -> list[Memo]:
    with contextlib.suppress(LinggongError):  # a deployment without such offices below
        async with database.begin(*who) as uow:
            batch = await service.send(uow, MemoForm(kind=kind, title=title, body=body, to=list(to), days=days))
            return list(await uow.session.scalars(sa.select(Memo).where(Memo.batch_id == batch).order_by(Memo.tenant)))
    return []
