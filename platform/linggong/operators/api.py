"""Operators' files, procurements, contracts' money and instalments over HTTP (R012 to R015, R125 to R127, R135, R136)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from linggong.kernel.db import UnitOfWork
from linggong.kernel.paging import Page
from linggong.operators import dossier, procurement, queries, settlements, subsidy, terms
from linggong.operators.dossier import CheckForm, LicenceForm
from linggong.operators.procurement import AwardForm, BidderForm, ProcurementForm
from linggong.operators.queries import ContractMoney, Dossier, ProcurementView, SettlementView
from linggong.operators.settlements import PaidForm, RequestForm
from linggong.operators.subsidy import Inputs
from linggong.operators.terms import RenewalForm, TermsForm
from rbac.permissions import Permission
from tenants.evidence import PhotoInput

_READ, _MANAGE = {"permission": Permission.OPERATOR_READ}, {"permission": Permission.OPERATOR_MANAGE}
_SEEN, _ASK = {"permission": Permission.SETTLEMENT_READ}, {"permission": Permission.SETTLEMENT_SETTLE}
_DECIDE = {"permission": Permission.SETTLEMENT_APPROVE}


class Asked(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A request with the photos of its papers."""

    words: Annotated[str, msgspec.Meta(max_length=500)] = ""
    photos: Annotated[list[PhotoInput], msgspec.Meta(max_length=10)] = []


class Decided(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A step of the bureau; `words` for what is returned or not paid, day and voucher for what was paid."""

    step: Literal["check", "approve", "confirm", "return", "recover", "lapse", "pay"]
    words: Annotated[str, msgspec.Meta(max_length=300)] = ""
    paid_on: date | None = None
    voucher: Annotated[str, msgspec.Meta(max_length=80)] = ""


class Files(Controller):
    """The files of contractors."""

    path = "/api/v1/operators/{operator_id:uuid}"
    tags = ("operators",)

    @get("/dossier", opt=_READ, summary="The file of a contractor")
    async def dossier(self, uow: NamedDependency[UnitOfWork], operator_id: FromPath[UUID]) -> Dossier:
        """Licences, declarations, and what would stand against an award today."""
        return await queries.file_of(uow, operator_id)

    @post("/licences", opt=_MANAGE, summary="Note a licence")
    async def licence(
        self, uow: NamedDependency[UnitOfWork], operator_id: FromPath[UUID], data: JSONBody[LicenceForm]
    ) -> Dossier:
        """Note a licence; the newest of its kind counts."""
        await dossier.note_licence(uow, operator_id, data)
        return await queries.file_of(uow, operator_id)

    @post("/checks", opt=_MANAGE, summary="Note a declaration or a re-check")
    async def check(
        self, uow: NamedDependency[UnitOfWork], operator_id: FromPath[UUID], data: JSONBody[CheckForm]
    ) -> Dossier:
        """Note what the operator declared, or what the bureau found."""
        await dossier.note_check(uow, operator_id, data)
        return await queries.file_of(uow, operator_id)


class Procurements(Controller):
    """How the service was bought."""

    path = "/api/v1/procurements"
    tags = ("operators",)

    @get("/", opt={"permission": Permission.PROCUREMENT_READ}, summary="Procurements")
    async def all(self, uow: NamedDependency[UnitOfWork]) -> Page[ProcurementView]:
        """The latest first."""
        return Page(await queries.procurements(uow))

    @post("/", opt=_MANAGE, summary="Enter a procurement")
    async def open(self, uow: NamedDependency[UnitOfWork], data: JSONBody[ProcurementForm]) -> ProcurementView:
        """Enter route and budget."""
        return await queries.one_procurement(uow, (await procurement.open_one(uow, data)).id)

    @post("/{procurement_id:uuid}/bidders", opt=_MANAGE, summary="Enter an offer")
    async def bid(
        self, uow: NamedDependency[UnitOfWork], procurement_id: FromPath[UUID], data: JSONBody[BidderForm]
    ) -> ProcurementView:
        """Enter an offer."""
        await procurement.add_bidder(uow, procurement_id, data)
        return await queries.one_procurement(uow, procurement_id)

    @post("/{procurement_id:uuid}/award", status_code=200, opt=_MANAGE, summary="Enter the award")
    async def award(
        self, uow: NamedDependency[UnitOfWork], procurement_id: FromPath[UUID], data: JSONBody[AwardForm]
    ) -> ProcurementView:
        """Enter who won; his file must hold on that day."""
        await procurement.award(uow, procurement_id, data)
        return await queries.one_procurement(uow, procurement_id)


class Money(Controller):
    """The money of contracts."""

    path = "/api/v1/operators/contracts/{contract_id:uuid}"
    tags = ("operators",)

    @get("/terms", opt=_SEEN, summary="The money of a contract")
    async def one(self, uow: NamedDependency[UnitOfWork], contract_id: FromPath[UUID]) -> ContractMoney:
        """Price, lines, plan, both readings of the grade, and whether it may be renewed with the reasons."""
        return await queries.money_of(uow, contract_id)

    @put("/terms", opt=_MANAGE, summary="Enter the money of a contract")
    async def enter(
        self, uow: NamedDependency[UnitOfWork], contract_id: FromPath[UUID], data: JSONBody[TermsForm]
    ) -> ContractMoney:
        """Enter signing day, budget lines and procurement; the plan of payment follows."""
        await terms.enter(uow, contract_id, data)
        return await queries.money_of(uow, contract_id)

    @post("/renew", opt=_MANAGE, summary="Renew a contract for another year")
    async def renew(
        self, uow: NamedDependency[UnitOfWork], contract_id: FromPath[UUID], data: JSONBody[RenewalForm]
    ) -> ContractMoney:
        """Sign the next year of the cycle under the same terms."""
        return await queries.money_of(uow, await terms.renew(uow, contract_id, data))


class Settlements(Controller):
    """Instalments."""

    path = "/api/v1/settlements"
    tags = ("operators",)

    @get("/", opt=_SEEN, summary="Instalments")
    async def all(self, uow: NamedDependency[UnitOfWork]) -> Page[SettlementView]:
        """Those that the post sees; an operator's people see their own."""
        return Page(await queries.listed(uow))

    @get("/{settlement_id:uuid}", opt=_SEEN, summary="An instalment")
    async def one(self, uow: NamedDependency[UnitOfWork], settlement_id: FromPath[UUID]) -> SettlementView:
        """With its proofs and steps."""
        return await queries.one(uow, settlement_id)

    @post("/{settlement_id:uuid}/request", status_code=200, opt=_ASK, summary="Ask for an instalment")
    async def request(
        self, uow: NamedDependency[UnitOfWork], settlement_id: FromPath[UUID], data: JSONBody[Asked]
    ) -> SettlementView:
        """The operator asks, with proof."""
        form = RequestForm(words=data.words)
        await settlements.request(uow, settlement_id, form, [photo.photo() for photo in data.photos])
        return await queries.one(uow, settlement_id)

    @post("/{settlement_id:uuid}/steps", status_code=200, opt=_DECIDE, summary="A step of the bureau")
    async def decide(
        self, uow: NamedDependency[UnitOfWork], settlement_id: FromPath[UUID], data: JSONBody[Decided]
    ) -> SettlementView:
        """Check, approve, approve second, return, take back, let lapse, or enter the payment."""
        match data.step:
            case "check":
                await settlements.check(uow, settlement_id)
            case "approve":
                await settlements.approve(uow, settlement_id)
            case "confirm":
                await settlements.confirm(uow, settlement_id)
            case "return":
                await settlements.give_back(uow, settlement_id, words=data.words)
            case "recover":
                await settlements.recover(uow, settlement_id)
            case "lapse":
                await settlements.lapse(uow, settlement_id, words=data.words)
            case "pay":
                await settlements.pay(uow, settlement_id, PaidForm(paid_on=data.paid_on, voucher=data.voucher))
        return await queries.one(uow, settlement_id)


class Subsidies(Controller):
    """What subsidies are reckoned from."""

    path = "/api/v1/subsidies"
    tags = ("operators",)

    @get("/inputs", opt={"permission": Permission.SETTLEMENT_READ}, summary="Inputs of a subsidy")
    async def inputs(
        self, uow: NamedDependency[UnitOfWork], path: FromQuery[str], first: FromQuery[date], last: FromQuery[date],
        kind: FromQuery[str] = "market",
    ) -> Inputs:  # fmt: skip
        """The figures of a place and period with the versions of their definitions."""
        return await subsidy.inputs(uow, path, kind, first, last)


CONTROLLERS: list[Any] = [Files, Procurements, Money, Settlements, Subsidies]
