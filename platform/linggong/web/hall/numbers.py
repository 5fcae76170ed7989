"""The clerk's hand on the queue: sign somebody in, call a number, note that he left. Each is one press on the desk's first page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, post
from litestar.di import NamedDependency

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.stations import counter, queries, queue
from linggong.web import pages
from linggong.web.refused import sent_back
from rbac.permissions import Permission

AnyRequest = Request[Any, Any, Any]


class Numbers(Controller):
    """The queue of the acting post."""

    path = "/desk/numbers"
    include_in_schema = False

    @post("/", opt={"permission": Permission.QUEUE_SERVE})
    async def press(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        database: NamedDependency[Database],
    ) -> Response[bytes]:
        """What the pressed button says: sign in, call or left, with the id of a person or of a ticket."""
        values = await pages.form_values(request)
        async with sent_back(request, uow, "/desk", NotFound):
            say = await _done(uow, secrets, database, values)
        return pages.redirect(request, "/desk", say=say)


async def _done(uow: UnitOfWork, secrets: Secrets, database: Database, values: dict[str, Any]) -> str:
    if values.get("call"):
        row = await queue.call(uow, _id(values["call"]))
        name = await queries.called_name(uow, row)
        again = f"，第 {row.calls} 次" if row.calls > 1 else ""
        return f"叫了 {row.number} 号{name and ' ' + name}，大屏上已经显示{again}。"
    if values.get("left"):
        row = await queue.leave(uow, _id(values["left"]))
        return f"{row.number} 号走了，记下了。他再来签到，还是这个号。"
    person = values.get("person")
    made = await counter.at_desk(
        uow, secrets, database, person_id=_id(person) if person else None, number=str(values.get("number", ""))
    )
    ticket = await queries.one(uow, made)
    who = ticket.name if ticket.person_id else "还没登记的人"
    return f"{who}签到了，{ticket.number} 号，小票上的4位数 {ticket.code}。" + (
        "" if ticket.person_id else "请按 F2 登记。"
    )


def _id(raw: Any) -> UUID:
    try:
        return UUID(str(raw))
    except ValueError:
        raise NotFound from None
