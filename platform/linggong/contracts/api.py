"""Contracts over HTTP: consent screens, signing, papers, the check of a file, the legal form picker."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from linggong.contracts import checking, counter, legal_forms, printing, proofs, queries, signing, slips
from linggong.contracts.checking import Card, Checked
from linggong.contracts.legal_forms import Advice
from linggong.contracts.proofs import Clerk, Code, Proof
from linggong.contracts.queries import ContractView, DocumentView
from linggong.contracts.slips import MissingSlip
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault, Forbidden, Invalid, NotFound
from linggong.kernel.settings import Settings
from linggong.market.codes import PayUnit
from linggong.people.door_guards import address_of
from linggong.work import queries as work
from linggong.work.queries import WorkView
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
Side = Literal["worker", "employer"]
ShortText = Annotated[str, msgspec.Meta(max_length=40)]
CodeText = Annotated[str, msgspec.Meta(max_length=20)]


class Hiring(msgspec.Struct, forbid_unknown_fields=True):
    """The worker at the counter; who else was there; the photo of the signed slip, which may also follow."""

    worker_id: UUID
    witness: ShortText = ""
    photo: Annotated[bytes, msgspec.Meta(max_length=slips.MOST_BYTES)] | None = None
    """JPG, PNG or WebP, as base64."""


class Signing(msgspec.Struct, forbid_unknown_fields=True):
    """A consent: a worker or employer gives the code that he got; staff name the side, and a witness or a slip."""

    code: CodeText = ""
    side: Side | None = None
    witness: ShortText = ""
    slip_id: UUID | None = None
    text_hash: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    """Hash of the screen that was shown."""


class WithCode(msgspec.Struct, forbid_unknown_fields=True):
    """The code that was sent to one's own number."""

    code: CodeText


class CodeSent(msgspec.Struct, frozen=True):
    """To which number, masked."""

    sent_to: str


class Printing(msgspec.Struct, forbid_unknown_fields=True):
    """For whom the desk printed, and how often."""

    to: Side
    copies: Annotated[int, msgspec.Meta(ge=1, le=printing.MOST_COPIES)] = 1


class SlipKept(msgspec.Struct, frozen=True):
    """A kept photo, and how many consents it completes."""

    consents: int


def proof_of(request: AnyRequest, data: Signing) -> Clerk:
    """Return the proof of a clerk."""
    return Clerk(data.witness, data.slip_id, proofs.device_of(request.headers.get("user-agent", "")))


async def prove(request: AnyRequest, principal: Principal, code: str) -> Code:
    """Use up the code of a worker or employer who is signed in. Raises Invalid without one, SignInFailed, TooMany."""
    if not code.strip():
        raise Invalid([Fault("code", "请填发到您手机上的 6 位验证码。", "required")])
    state = request.app.state
    device = proofs.device_of(request.headers.get("user-agent", ""))
    return await proofs.prove(state.database, state.secrets, principal.id, code, device=device)


class AtTheCounter(Controller):
    """Hiring in one step, and the employer's one signature for all whom he chose."""

    path = "/api/v1/orders/{order_id:uuid}"
    tags = ("contracts",)

    @post("/hires", opt={"permission": Permission.ENGAGEMENT_OFFER})
    async def hire(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID], data: JSONBody[Hiring]
    ) -> WorkView:
        """Both sides at the counter: apply, choose, confirm and sign in one step (staff)."""
        if uow.actor.kind != "staff":
            raise Forbidden("当面成交由驿站工作人员办理。雇主请用“选他”，等零工确认。")
        proof = Clerk(data.witness, None, proofs.device_of(request.headers.get("user-agent", "")))
        row = await counter.hire(uow, order_id, data.worker_id, proof=proof)
        if data.photo:
            await slips.attach(uow, row.id, data.photo)
        await uow.flush()
        return await work.engagement(uow, row.id)

    @post("/contracts", status_code=200, opt={"permission": Permission.ENGAGEMENT_OFFER})
    async def sign_all(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
        data: JSONBody[WithCode],
    ) -> list[WorkView]:
        """The employer signs for everybody whom he has chosen, with one code."""
        if uow.actor.kind != "employer":
            raise Forbidden("这一步由雇主本人来做。")
        rows = await signing.sign_order(uow, order_id, proof=await prove(request, principal, data.code))
        await uow.flush()
        return [await work.engagement(uow, row.id) for row in rows]


class OneContract(Controller):
    """The contract of an engagement."""

    path = "/api/v1/engagements/{engagement_id:uuid}/contract"
    tags = ("contracts",)

    @get("/", opt={"permission": Permission.ENGAGEMENT_READ})
    async def read(self, uow: NamedDependency[UnitOfWork], engagement_id: FromPath[UUID]) -> ContractView:
        """What is shown before consent (also for reading aloud), who has signed, what is missing, the papers."""
        return await queries.contract(uow, engagement_id)

    @post("/code", status_code=200, opt={"permission": Permission.ENGAGEMENT_CONFIRM})
    async def code(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        engagement_id: FromPath[UUID],
    ) -> CodeSent:
        """Send a code for signing to one's own number."""
        await queries.seen(uow, engagement_id)
        if uow.actor.kind not in ("worker", "employer"):
            raise Forbidden("验证码发给本人。驿站代办不用验证码，请让他签纸条。")
        return CodeSent(await proofs.send(database, secrets, principal.id, address=address_of(request)))

    @post("/", status_code=200, opt={"permission": Permission.ENGAGEMENT_CONFIRM})
    async def sign(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        engagement_id: FromPath[UUID],
        data: JSONBody[Signing],
    ) -> ContractView:
        """Consent for one side; the contract is made when both have (20)."""
        if principal.is_staff:
            proof: Proof = proof_of(request, data)
        else:
            # Nobody's code is used up for what he may not see.
            await queries.seen(uow, engagement_id)
            proof = await prove(request, principal, data.code)
        row = await signing.sign(uow, engagement_id, proof=proof, side=data.side, text_hash=data.text_hash)
        await uow.flush()
        return await queries.contract_of(uow, row)

    @post("/slip", status_code=200, opt={"permission": Permission.ENGAGEMENT_CONFIRM})
    async def slip(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], engagement_id: FromPath[UUID]
    ) -> SlipKept:
        """Add the photo of the signed slip (the body is the photo) to the consents that owe one (staff)."""
        return SlipKept(await slips.attach(uow, engagement_id, await request.body()))

    @get("/slip", opt={"permission": Permission.ENGAGEMENT_READ})
    async def photo(self, uow: NamedDependency[UnitOfWork], engagement_id: FromPath[UUID]) -> Response[bytes]:
        """The photo of the signed slip; 204 when none was taken."""
        found = await slips.photo(uow, engagement_id)
        if found is None:
            return Response(b"", status_code=204)
        media, raw = found
        return Response(raw, media_type=media, headers={"Cache-Control": "private, no-store"})


class Papers(Controller):
    """Sealed documents."""

    path = "/api/v1"
    tags = ("contracts",)

    @get("/contracts", opt={"permission": Permission.ENGAGEMENT_READ})
    async def mine(self, uow: NamedDependency[UnitOfWork]) -> list[DocumentView]:
        """The newest documents that one may see."""
        return await queries.mine(uow)

    @get("/contracts/{file_id:uuid}/pdf", opt={"permission": Permission.ENGAGEMENT_READ})
    async def pdf(self, uow: NamedDependency[UnitOfWork], file_id: FromPath[UUID]) -> Response[bytes]:
        """Download, as often as one likes (电子劳动合同订立指引: free at any time)."""
        code, raw = await queries.content(uow, file_id)
        return paper(code, raw)

    @post("/contracts/{file_id:uuid}/prints", status_code=200, opt={"permission": Permission.ENGAGEMENT_CONFIRM})
    async def print_out(
        self, uow: NamedDependency[UnitOfWork], file_id: FromPath[UUID], data: JSONBody[Printing]
    ) -> DocumentView:
        """Note a free paper copy (staff)."""
        return queries.document_view(await printing.printed(uow, file_id, to=data.to, copies=data.copies))

    @post("/contracts/{file_id:uuid}/paper", status_code=202, opt={"permission": Permission.ENGAGEMENT_CONFIRM})
    async def make(self, uow: NamedDependency[UnitOfWork], file_id: FromPath[UUID]) -> DocumentView:
        """Ask for the paper of a signed contract that has none yet."""
        return queries.document_view(await printing.make_again(uow, file_id))

    @get("/contract-slips", opt={"permission": Permission.PERSON_REGISTER})
    async def owed(self, uow: NamedDependency[UnitOfWork]) -> list[MissingSlip]:
        """Consents whose signed slip still has to be photographed (staff)."""
        return await slips.owed_here(uow)


class Checks(Controller):
    """For everybody: is this a contract of the platform? What is uploaded is looked at and not kept."""

    path = "/api/v1"
    tags = ("contracts",)

    @post("/contract-checks", status_code=200, opt={"permission": Permission.PUBLIC_USE})
    async def check(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
    ) -> Checked:
        """Check a file (the body is the PDF); so many an hour from one address."""
        await checking.not_too_many(database, secrets, address_of(request))
        return await checking.file(database, settings, await request.body())

    @get("/contract-checks/{code:str}", opt={"permission": Permission.PUBLIC_USE})
    async def card(self, database: NamedDependency[Database], code: FromPath[str]) -> Card:
        """The public card of a code; 404 for an unknown one."""
        found = await checking.by_code(database, code)
        if found is None:
            raise NotFound
        return found

    @get("/legal-forms", opt={"permission": Permission.PUBLIC_USE})
    async def forms(
        self,
        enterprise: FromQuery[bool] = True,
        day_minutes: Annotated[int, QueryParameter(ge=0, le=1440)] = 480,
        days: Annotated[int, QueryParameter(ge=1, le=366)] = 1,
        pay_unit: FromQuery[PayUnit] = PayUnit.DAY,
        max_age: Annotated[int | None, QueryParameter(ge=16, le=120)] = None,
    ) -> list[Advice]:
        """The legal form picker: every form, whether it fits the work, and why; the best first (R080)."""
        return legal_forms.advise(
            enterprise=enterprise,
            day_minutes=day_minutes,
            days=days,
            week_days=7,
            pay_unit=pay_unit,
            max_age=max_age,
            over_age=60,
        )


def paper(code: str, raw: bytes) -> Response[bytes]:
    """Return a sealed document for download; a browser shows it, a click saves it."""
    return Response(
        raw,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="contract-{code}.pdf"',
            "Cache-Control": "private, no-store",
        },
    )


CONTROLLERS: list[Any] = [AtTheCounter, OneContract, Papers, Checks]
