"""The desk over HTTP: registration, search, recovery, import and verification by staff."""

from __future__ import annotations

import base64
import re
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, get, post, put
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody, QueryParameter

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound, TooLarge
from linggong.kernel.paging import Page
from linggong.kernel.settings import Settings
from linggong.people import employers, importing, queries, recovery, registration, reverifying
from linggong.people.forms import AgencyForm, Confirmation, EmployerForm, ProxyConsent, WorkerForm
from linggong.people.queries import EmployerCard, LinkedWorker, MergePair, WorkerCard
from linggong.people.registration import Registered
from rbac.permissions import Permission

UPLOAD_CEILING = 100_000_000
"""What the server reads of an upload at all; the deployment's own limit is a setting."""
UPLOAD_ROWS = 5_000
"""Rows of one upload; larger registers go through the command line."""
_TOLD_FAULTS = 200

Phone = Annotated[str, msgspec.Meta(max_length=30)]
Code = Annotated[str, msgspec.Meta(max_length=12)]
Name = Annotated[str, QueryParameter(max_length=60)]
Cursor = Annotated[str | None, QueryParameter(max_length=400)]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]


class Search(msgspec.Struct, forbid_unknown_fields=True):
    """A name's beginning, or an exact ID or phone number."""

    q: Annotated[str, msgspec.Meta(max_length=60)]
    cursor: Annotated[str, msgspec.Meta(max_length=400)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50


class DeskRegistration(msgspec.Struct, forbid_unknown_fields=True):
    """A worker registered by staff, with the proof of his consent."""

    worker: WorkerForm
    consent: ProxyConsent


class EmployerRegistration(msgspec.Struct, forbid_unknown_fields=True):
    """An employer registered by staff, or by the signed-in person for himself."""

    employer: EmployerForm
    consent: ProxyConsent | None = None


class RegisteredEmployerView(msgspec.Struct, frozen=True):
    """What an employer's registration did."""

    id: UUID
    created: bool
    linked: bool


class Evidence(msgspec.Struct, forbid_unknown_fields=True):
    """What was looked at."""

    evidence: Annotated[str, msgspec.Meta(max_length=200)]


class RecoveryForm(msgspec.Struct, forbid_unknown_fields=True):
    """A new number at the desk."""

    reason: Literal["lost", "changed", "recycled"]
    phone: Phone
    card_seen: bool
    code: Code = ""
    """The code that came to the new number; needed for `number_is_new`."""
    number_is_new: bool = False
    """Nobody else who signs in by the new number belongs to this person: it was theirs before, they lose it."""


class Done(msgspec.Struct, frozen=True):
    """It was done."""

    done: bool = True


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a register. `annotated` (base64) names the rows that were left out."""

    rows: int
    created: int
    linked: int
    proposed: int
    left_out: int
    annotated_name: str | None = None
    annotated: str | None = None


class Decision(msgspec.Struct, forbid_unknown_fields=True):
    """Whether two registrations are one person."""

    merge: bool


class Desk(Controller):
    """Registration by staff."""

    path = "/api/v1"
    tags = ("desk",)

    @post("/workers", opt={"permission": Permission.PERSON_REGISTER})
    async def register(
        self, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets], data: JSONBody[DeskRegistration]
    ) -> Registered:
        """Register a worker, or find the account that the number has in the city already (R005)."""
        return await registration.register_worker(uow, secrets.sealer, data.worker, proxy=data.consent)

    @get("/workers", opt={"permission": Permission.PERSON_READ})
    async def workers(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        name: Name = "",
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Page[LinkedWorker]:
        """Workers whom this post serves; numbers are looked up by POST /workers/search, never in an address."""
        return await queries.workers_page(uow, secrets.sealer, q=_words(name), cursor=cursor, limit=limit)

    @post("/workers/search", status_code=200, opt={"permission": Permission.PERSON_READ})
    async def search(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        data: JSONBody[Search],
    ) -> Page[LinkedWorker]:
        """Find workers whom this post serves by a name's beginning, or an exact ID or phone number."""
        return await queries.workers_page(uow, secrets.sealer, q=data.q, cursor=data.cursor, limit=data.limit)

    @get("/workers/{person_id:uuid}", opt={"permission": Permission.PERSON_READ})
    async def worker(self, uow: NamedDependency[UnitOfWork], person_id: FromPath[UUID]) -> WorkerCard:
        """A worker's public card."""
        return await queries.worker_card(uow, person_id)

    @post("/workers/{person_id:uuid}/phone", status_code=200, opt={"permission": Permission.PERSON_RECOVER})
    async def recover(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        database: NamedDependency[Database],
        person_id: FromPath[UUID],
        data: JSONBody[RecoveryForm],
    ) -> Done:
        """Put a new number in place of a lost, changed or recycled one, the card seen."""
        await recovery.recover_at_desk(
            uow, secrets.sealer, person_id, reason=data.reason, phone=data.phone, card_seen=data.card_seen
        )
        if data.number_is_new:
            await recovery.release_number(
                database, secrets, uow.actor, phone=data.phone, code=data.code, keep=person_id
            )
        await recovery.end_sessions(database, person_id)
        return Done()

    @post("/workers/import", request_max_body_size=UPLOAD_CEILING, opt={"permission": Permission.PERSON_IMPORT})
    async def import_workers(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
        data: MultipartBody[UploadFile],
        skip_bad: FromQuery[bool] = False,
    ) -> Imported:
        """Store a register whole or not at all; with `skip_bad` the good rows, and the copy names the rest."""
        content = await data.read()
        if len(content) > settings.upload_max_bytes:
            raise TooLarge(f"文件太大，最多 {settings.upload_max_bytes // 1_000_000} MB，请分几次交。")
        if uow.actor.post is None:
            raise NotFound
        name = data.filename[:120]
        report = await importing.import_people(
            uow, secrets.sealer, content, name, tenant=uow.actor.post, skip_bad=skip_bad, max_rows=UPLOAD_ROWS
        )
        copy = base64.b64encode(report.annotated).decode() if report.annotated else None
        if report.faults and not skip_bad:
            raise _refused(report, copy)
        return Imported(
            rows=report.rows,
            created=report.created,
            linked=report.linked,
            proposed=report.proposed,
            left_out=len({f.row for f in report.faults}),
            annotated_name=report.annotated_name,
            annotated=copy,
        )

    @get("/merge-proposals", opt={"permission": Permission.PERSON_IMPORT})
    async def proposals(
        self, uow: NamedDependency[UnitOfWork], cursor: Cursor = None, limit: Limit = 50
    ) -> Page[MergePair]:
        """Registrations that may be one person, for this post to decide."""
        return await queries.merge_proposals(uow, cursor=cursor, limit=limit)

    @post("/merge-proposals/{proposal_id:uuid}/decide", status_code=200, opt={"permission": Permission.PERSON_IMPORT})
    async def decide(
        self, uow: NamedDependency[UnitOfWork], proposal_id: FromPath[UUID], data: JSONBody[Decision]
    ) -> Done:
        """One person, or two."""
        await importing.decide_merge(uow, proposal_id, merge=data.merge)
        return Done()

    @post("/employers", opt={"permission": Permission.EMPLOYER_REGISTER})
    async def employer(
        self, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets], data: JSONBody[EmployerRegistration]
    ) -> RegisteredEmployerView:
        """Register an employer, or link the one that is known by this code or ID (R045)."""
        made = await employers.register_employer(uow, secrets.sealer, data.employer, proxy=data.consent)
        return RegisteredEmployerView(made.employer_id, made.created, made.linked)

    @get("/employers", opt={"permission": Permission.EMPLOYER_READ})
    async def employers(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        name: Name = "",
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Page[EmployerCard]:
        """Employers whom this post serves, by a part of the name or the credit code."""
        return await queries.employers_page(uow, secrets.sealer, q=name, cursor=cursor, limit=limit)

    @post("/employers/{employer_id:uuid}/verify", status_code=200, opt={"permission": Permission.EMPLOYER_VERIFY})
    async def verify(
        self, uow: NamedDependency[UnitOfWork], employer_id: FromPath[UUID], data: JSONBody[Evidence]
    ) -> EmployerCard:
        """Record that the licence or card was seen (R049)."""
        row = await employers.verify_employer(uow, employer_id, evidence=data.evidence)
        return queries.employer_view(uow, row)

    @post("/employers/{employer_id:uuid}/confirm", status_code=200, opt={"permission": Permission.EMPLOYER_VERIFY})
    async def confirm(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        employer_id: FromPath[UUID],
        data: JSONBody[Confirmation],
    ) -> EmployerCard:
        """Enter an employer's own word that what is on file still holds: the six months begin anew (R049)."""
        row = await reverifying.confirm(uow, secrets.sealer, employer_id, data)
        return queries.employer_view(uow, row)

    @put("/employers/{employer_id:uuid}/agency", opt={"permission": Permission.EMPLOYER_REGISTER})
    async def agency(
        self, uow: NamedDependency[UnitOfWork], employer_id: FromPath[UUID], data: JSONBody[AgencyForm]
    ) -> Done:
        """Record an agency's licences (R047)."""
        await employers.register_agency(uow, employer_id, data)
        return Done()


def _words(name: str) -> str:
    """Refuse numbers in an address: addresses end in logs and histories."""
    if re.search(r"\d{5}", name):
        raise Invalid([Fault("name", "这里只按姓名找；证件号和电话请用 POST /api/v1/workers/search。", "number")])
    return name


def _refused(report: importing.PeopleReport, copy: str | None) -> Invalid:
    faults = [Fault(f"rows.{f.row}.{f.column}", f"第 {f.row} 行 {f.column}：{f.message}") for f in report.faults]
    error = Invalid(faults[:_TOLD_FAULTS], f"有 {len(faults)} 处要改，一行都没有存。请照“错误”一列改好再交。")
    error.extra = {"annotated_name": report.annotated_name, "annotated": copy}
    return error


CONTROLLERS: list[Any] = [Desk]
