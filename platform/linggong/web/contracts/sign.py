"""Reading (or hearing) a contract and signing it with a code sent to one's own phone; the papers, at any time."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.contracts import api, proofs, queries, signing
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Forbidden
from linggong.people.door_guards import address_of
from linggong.web import pages
from linggong.web.refused import filled, sent_back
from linggong.work import queries as work
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]


def for_people(principal: Principal) -> None:
    """Raise Forbidden for staff, who sign for others at the desk."""
    if principal.kind not in ("worker", "employer"):
        raise Forbidden("这里是零工和雇主自己签约用的。驿站代办请到用工单里点“签约”。")


class SigningPages(Controller):
    """One's own contracts."""

    path = "/contracts"
    include_in_schema = False

    @get("/", opt={"permission": Permission.ENGAGEMENT_READ})
    async def mine(self, request: AnyRequest, uow: NamedDependency[UnitOfWork]) -> Response[bytes]:
        """Every contract and addendum of one's own (of one's place), to read, download and print, free of charge."""
        return pages.render(request, "contracts/mine.html", documents=await queries.mine(uow))

    @get("/{engagement_id:uuid}", opt={"permission": Permission.ENGAGEMENT_READ})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        engagement_id: FromPath[UUID],
    ) -> Response[bytes]:
        """What is agreed, in short sentences that can be read aloud; the code; who has signed; the papers."""
        return await _one(request, principal, engagement_id, uow)

    @post("/{engagement_id:uuid}/code", opt={"permission": Permission.ENGAGEMENT_CONFIRM})
    async def code(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        engagement_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Send a code to one's own number."""
        for_people(principal)
        await queries.seen(uow, engagement_id)
        return await send_code(request, database, secrets, principal, f"/contracts/{engagement_id}")

    @post("/{engagement_id:uuid}/sign", opt={"permission": Permission.ENGAGEMENT_CONFIRM})
    async def sign(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        engagement_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Consent to what stood on the page (20 when the other side has too)."""
        for_people(principal)
        await queries.seen(uow, engagement_id)
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_one, request, principal, engagement_id), values):
            proof = await api.prove(request, principal, str(values.get("code", ""))[:20])
            row = await signing.sign(uow, engagement_id, proof=proof, text_hash=str(values.get("text_hash", ""))[:64])
        done = row.state == "A_CONTRACTED"
        said = "签好约了，按时到。合同正在盖章，一会儿就能看。" if done else "你这边签好了，等另一方签。"
        if row.state == "A_CONFIRMED" and (reason := await signing.waits_for(uow, row)):
            said = f"你这边签好了。{reason}"
        return pages.redirect(request, f"/contracts/{engagement_id}", say=said[:250])

    @get("/papers/{file_id:uuid}", opt={"permission": Permission.ENGAGEMENT_READ})
    async def paper(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], file_id: FromPath[UUID]
    ) -> Response[bytes]:
        """The sealed file, to read, save and print."""
        async with sent_back(request, uow, request.headers.get("referer", "/").partition("?")[0], kind="warn"):
            code, raw = await queries.content(uow, file_id)
        return api.paper(code, raw)


async def _one(request: AnyRequest, principal: Principal, engagement_id: UUID, uow: UnitOfWork) -> Response[bytes]:
    view = await queries.contract(uow, engagement_id)
    if principal.is_staff:
        return pages.redirect(request, f"/desk/contracts/{engagement_id}")
    mine = next(s for s in view.sides if s.side == principal.kind)
    may = view.screen is not None and not mine.signed
    if principal.kind == "worker" and view.state == "A_OFFERED":
        may = False
    return pages.render(
        request,
        "contracts/sign.html",
        contract=view,
        base=f"/contracts/{engagement_id}",
        may_sign=may,
        back="/my/jobs" if principal.kind == "worker" else f"/employer/orders/{view.order_id}",
        side=principal.kind,
        dev_messages=request.app.state.settings.dev,
    )


async def send_code(
    request: AnyRequest, database: Database, secrets: Secrets, principal: Principal, back: str
) -> Response[bytes]:
    """Send a code for signing and come back to the form."""
    async with sent_back(request, None, f"{back}#sign"):
        number = await proofs.send(database, secrets, principal.id, address=address_of(request))
    return pages.redirect(request, f"{back}#sign", say=f"验证码发到 {number} 了，请在下面填。")


class EmployerSigning(Controller):
    """The employer signs for everybody whom he has chosen, with one code."""

    path = "/employer/orders/{order_id:uuid}/sign"
    include_in_schema = False

    @get("/", opt={"permission": Permission.ENGAGEMENT_READ})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
    ) -> Response[bytes]:
        """What he signs, once for all, and for whom."""
        _only_employer(principal)
        return await _for_all(request, order_id, uow)

    @post("/code", opt={"permission": Permission.ENGAGEMENT_CONFIRM})
    async def code(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Send a code to his own number."""
        _only_employer(principal)
        return await send_code(request, database, secrets, principal, f"/employer/orders/{order_id}/sign")

    @post("/", opt={"permission": Permission.ENGAGEMENT_CONFIRM})
    async def sign(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Sign for all of them."""
        _only_employer(principal)
        await work.roster(uow, order_id)
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_for_all, request, order_id), values):
            proof = await api.prove(request, principal, str(values.get("code", ""))[:20])
            done = await signing.sign_order(uow, order_id, proof=proof)
        made = sum(row.state == "A_CONTRACTED" for row in done)
        said = f"签了 {len(done)} 个人：{made} 个已经签好约"
        said += f"，{len(done) - made} 个等零工签。" if made < len(done) else "。"
        return pages.redirect(request, f"/employer/orders/{order_id}", say=said)


async def _for_all(request: AnyRequest, order_id: UUID, uow: UnitOfWork) -> Response[bytes]:
    await work.roster(uow, order_id)
    waiting = [await queries.contract(uow, one) for one in await signing.for_the_employer(uow, order_id)]
    return pages.render(
        request,
        "contracts/sign_all.html",
        contracts=waiting,
        base=f"/employer/orders/{order_id}/sign",
        back=f"/employer/orders/{order_id}",
        dev_messages=request.app.state.settings.dev,
    )


def _only_employer(principal: Principal) -> None:
    if principal.kind != "employer":
        raise Forbidden("这里是雇主签约用的。请在“我的”里换成用工主体身份。")
