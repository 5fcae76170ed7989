"""The counter: sign for whoever stands before the clerk, photograph the slip, print the free copy."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.contracts import counter, printing, proofs, queries, signing, slips
from linggong.contracts.proofs import Clerk
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Forbidden, NotFound
from linggong.web import menus, pages
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]


class DeskContracts(Controller):
    """One contract at the desk."""

    path = "/desk/contracts"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PERSON_REGISTER})
    async def owed(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Signed slips that still have to be photographed, the most urgent first."""
        return menus.render(request, principal, "contracts/slips.html", owed=await slips.owed_here(uow))

    @get("/{engagement_id:uuid}", opt={"permission": Permission.PERSON_REGISTER})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        engagement_id: FromPath[UUID],
    ) -> Response[bytes]:
        """What is read to both, who has signed, the slip, the papers."""
        return await _page(request, principal, engagement_id, uow)

    @post("/{engagement_id:uuid}/{step:str}", opt={"permission": Permission.ENGAGEMENT_CONFIRM})
    async def step(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        engagement_id: FromPath[UUID],
        step: FromPath[str],
    ) -> Response[bytes]:
        """Sign for one side or both, add the slip's photo, note a printed copy, ask for the paper."""
        if not principal.is_staff:
            raise Forbidden("这里由驿站工作人员办理。")
        await queries.seen(uow, engagement_id)
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_page, request, principal, engagement_id), values):
            said = await _do(request, uow, engagement_id, step, values)
        if step == "print":
            return pages.redirect(request, f"/contracts/papers/{values['one']}")
        return pages.redirect(request, f"/desk/contracts/{engagement_id}", say=said[:250])


async def _page(request: AnyRequest, principal: Principal, engagement_id: UUID, uow: UnitOfWork) -> Response[bytes]:
    view = await queries.contract(uow, engagement_id)
    return menus.render(
        request,
        principal,
        "contracts/desk.html",
        contract=view,
        base=f"/desk/contracts/{engagement_id}",
        back=f"/desk/orders/{view.order_id}",
        slip_owed=any(s.slip_owed for s in view.sides),
    )


async def _do(request: AnyRequest, uow: UnitOfWork, engagement_id: UUID, step: str, values: dict[str, Any]) -> str:
    match step:
        case "sign":
            return await _sign(request, uow, engagement_id, values)
        case "slip":
            photo = values.get("photo")
            raw = await photo.read() if isinstance(photo, UploadFile) else b""
            await slips.attach(uow, engagement_id, raw)
            return "纸条照片存好了。"
        case "print":
            await printing.printed(uow, _uuid(values.get("one")), to=str(values.get("to", "")))
            return ""
        case "make":
            await printing.make_again(uow, _uuid(values.get("one")))
            return "已经在做了，几秒钟后刷新再看。"
        case _:
            raise NotFound


async def _sign(request: AnyRequest, uow: UnitOfWork, engagement_id: UUID, values: dict[str, Any]) -> str:
    device = proofs.device_of(request.headers.get("user-agent", ""))
    proof = Clerk(str(values.get("witness", ""))[:41], None, device)
    side = str(values.get("side", ""))
    if side in signing.SIDES:
        row = await signing.sign(
            uow,
            engagement_id,
            side="worker" if side == "worker" else "employer",
            proof=proof,
            text_hash=str(values.get("text_hash", ""))[:64] or None,
        )
    else:
        row = await counter.sign_both(uow, engagement_id, proof=proof)
    said = "签好约了。" if row.state == "A_CONTRACTED" else "这一方签好了。"
    if row.state == "A_CONFIRMED" and (reason := await signing.waits_for(uow, row)):
        said += reason
    photo = values.get("photo")
    raw = await photo.read() if isinstance(photo, UploadFile) else b""
    if raw:
        await slips.attach(uow, engagement_id, raw)
    said += "纸条照片也存了。" if raw else "请让他在纸条上签字，今天把照片补上。"
    if row.single_witness:
        said += "两边都是您一人办的，请同事 24 小时内回访。"
    return said


def _uuid(raw: Any) -> UUID:
    try:
        return UUID(str(raw or ""))
    except ValueError:
        raise NotFound from None
