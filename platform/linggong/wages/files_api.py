"""Files of wages over HTTP: proofs, the bank's file and statement, the ledger."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, MultipartBody, QueryParameter

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.downloads import attachment
from linggong.wages import bank_lines, ledger, payroll, proofs
from linggong.wages.bank_lines import Imported
from rbac.permissions import Permission

UPLOAD_CEILING = 8_000_000


class Period(msgspec.Struct, forbid_unknown_fields=True):
    """From which day to which, both included."""

    first: date
    last: date


class FileForm(msgspec.Struct, forbid_unknown_fields=True):
    """In which form the bank wants it."""

    form: Literal["xlsx", "csv"] = "xlsx"


class Proved(msgspec.Struct, frozen=True):
    """A file that was kept, by its hash."""

    id: UUID
    sha256: str


class WageFiles(Controller):
    """Files about wages."""

    path = "/api/v1"
    tags = ("wages",)

    @post(
        "/payments/{payment_id:uuid}/proofs",
        request_max_body_size=UPLOAD_CEILING,
        opt={"permission": Permission.PAYMENT_RECORD},
    )
    async def prove(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        payment_id: FromPath[UUID],
        data: MultipartBody[UploadFile],
        kind: Annotated[Literal["screenshot", "slip"], QueryParameter()] = "screenshot",
    ) -> Proved:
        """Hand in a screenshot or the photo of a signed slip (56)."""
        content = await data.read(proofs.MAX_BYTES + 1)
        made = await proofs.attach(uow, secrets.sealer, payment_id, kind=kind, data=content)
        return Proved(made.id, made.sha256.hex())

    @get("/payment-proofs/{proof_id:uuid}", opt={"permission": Permission.BILL_READ})
    async def proof(
        self, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets], proof_id: FromPath[UUID]
    ) -> Response[bytes]:
        """The file itself, for either side and the desks that serve them."""
        media_type, content = await proofs.read(uow, secrets.sealer, proof_id)
        return Response(
            content, media_type=media_type, headers={"content-disposition": "inline", "cache-control": "no-store"}
        )

    @post("/orders/{order_id:uuid}/payment-file", status_code=200, opt={"permission": Permission.PAYMENT_RECORD})
    async def payment_file(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        order_id: FromPath[UUID],
        data: JSONBody[FileForm],
    ) -> Response[bytes]:
        """The bank's file of what is open on an order; each person whose account it shows can see so."""
        made = await payroll.payment_file(uow, secrets.sealer, order_id, form=data.form)
        return attachment(made.name, made.content)

    @post(
        "/bank-lines",
        status_code=200,
        request_max_body_size=UPLOAD_CEILING,
        opt={"permission": Permission.PAYMENT_RECORD},
    )
    async def bank_lines(
        self, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets], data: MultipartBody[UploadFile]
    ) -> Imported:
        """Record the payments that a bank's statement shows (56)."""
        content = await data.read(2_000_000)
        return await bank_lines.import_lines(uow, secrets.sealer, content, data.filename)

    @post("/wage-ledger", status_code=200, opt={"permission": Permission.BILL_EXPORT})
    async def wage_ledger(
        self,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        data: JSONBody[Period],
    ) -> Response[bytes]:
        """The written wage ledger with the columns that the law fixes."""
        made = await ledger.ledger(uow, database, secrets.sealer, first=data.first, last=data.last)
        return attachment(made.name, made.content)


CONTROLLERS: list[Any] = [WageFiles]
