"""The call list: whom the station should call, because an SMS may not be read in time (invariant 15)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any, Final, cast
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.people import notices
from linggong.people.notices import NoticeView, Outcome
from linggong.push import answering
from linggong.web import menus, pages
from linggong.web.refused import filled, sent_back
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]


HERE: Final = "/desk/calls"
AGAIN: Final = [
    {"value": "10", "label": "10 分钟后"},
    {"value": "30", "label": "半小时后"},
    {"value": "60", "label": "1 小时后"},
    {"value": "240", "label": "4 小时后"},
    {"value": "720", "label": "12 小时后"},
]
_SAID: Final = {
    "reached": "记下了。",
    "unreached": "记下了，没打通。",
    "wrong": "记下了：号码不对，不再打。请想法找到本人，到“找人”里换号。",
    "later": "记下了，到点再排到前面。",
}
_ANSWERS: Final = ("goes", "stays")
_SIDES: Final = {"worker": "零工", "employer": "雇主", "claimant": "反映人"}


def _where(line: NoticeView) -> str:
    """Return where the telephone can be seen; who reported without an account left his with the case."""
    if line.to_side == "claimant":
        return f"/desk/cases/{line.subject_id}"
    return f"/desk/people/{line.person_id}" if line.person_id else f"/desk/employers/{line.employer_id}"


class Calls(Controller):
    """Whom to call."""

    path = HERE
    include_in_schema = False

    @get("/", opt={"permission": Permission.NOTICE_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """The oldest first."""
        return await _page(request, principal, uow)

    @post("/{notice_id:uuid}/{answer:str}", opt={"permission": Permission.NOTICE_CALL})
    async def called(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        notice_id: FromPath[UUID], answer: FromPath[str],
    ) -> Response[bytes]:  # fmt: skip
        """Note what came of a call; what he answered to an invitation or an offer is entered as his own word."""
        if answer in _ANSWERS:
            menus.need(request, principal, Permission.ENGAGEMENT_CONFIRM)
            async with sent_back(request, uow, HERE):
                said = await answering.by_clerk(uow, notice_id, yes=answer == "goes")
            return pages.redirect(request, HERE, say=said)
        if answer not in _SAID:
            raise NotFound
        values = await pages.form_values(request)
        minutes = pages.whole(values.get("again"), 99_999)
        again = None if minutes is None else timedelta(minutes=minutes)
        asked = "again" in values
        step = (
            filled(request, uow, partial(_page, request, principal), values) if asked else sent_back(request, uow, HERE)
        )
        async with step:
            await notices.called(uow, notice_id, cast(Outcome, answer), again=again)
        return pages.redirect(request, HERE, say=_SAID[answer])


async def _page(request: AnyRequest, principal: Principal, uow: UnitOfWork) -> Response[bytes]:
    return menus.render(
        request,
        principal,
        "desk/calls.html",
        calls=[
            {
                "id": str(line.id),
                "who": line.who or "看不到姓名",
                "side": _SIDES[line.to_side],
                "href": _where(line),
                "text": line.text,
                "tries": line.tries,
                "asks": line.to_side == "worker" and answering.may_answer(line.kind),
                "again_at": line.call_at if line.call_at and line.call_at > uow.now else None,
                "at": line.created_at,
            }
            for line in await notices.call_list(uow)
        ],
        agains=AGAIN,
        may_call=menus.may(request, principal, Permission.NOTICE_CALL),
        may_answer=menus.may(request, principal, Permission.ENGAGEMENT_CONFIRM),
    )
