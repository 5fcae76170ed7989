"""People over HTTP: signing in, one's own account, and the desk's registrations."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post, put
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.settings import Settings
from linggong.people import (
    accounts,
    codes,
    desk_api,
    door_api,
    privacy_api,
    queries,
    recovery,
    reverifying,
    security_api,
    sessions,
    staff_sign_in,
)
from linggong.people.accounts import PersonChoice
from linggong.people.desk_api import Done, RegisteredEmployerView
from linggong.people.door_api import SESSION_COOKIE, Signed, agent_of, signed_answer
from linggong.people.door_guards import address_of, not_too_often
from linggong.people.forms import Confirmation, EmployerForm, WorkerForm
from linggong.people.queries import MyAccount
from linggong.people.sessions import HatView
from rbac.permissions import Permission
from rbac.principal import Principal

Request_ = Request[Any, Any, Any]
Phone = Annotated[str, msgspec.Meta(max_length=30)]
Code = Annotated[str, msgspec.Meta(max_length=12)]
Search = Annotated[str, QueryParameter(max_length=60)]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]


class PhoneForm(msgspec.Struct, forbid_unknown_fields=True):
    """A mobile number that wants a code."""

    phone: Phone
    purpose: Literal["sign_in", "change_phone"] = "sign_in"


class CodeForm(msgspec.Struct, forbid_unknown_fields=True):
    """The code that came to a number."""

    phone: Phone
    code: Code


class ChoiceForm(msgspec.Struct, forbid_unknown_fields=True):
    """Who of the number's people signs in."""

    proof: Annotated[str, msgspec.Meta(max_length=2000)]
    person_id: UUID


class SelfRegistration(msgspec.Struct, forbid_unknown_fields=True):
    """Registering oneself with a proven number."""

    proof: Annotated[str, msgspec.Meta(max_length=2000)]
    worker: WorkerForm
    number_is_new: bool = False
    """The number was somebody else's before: those who signed in by it lose it."""


class Proof(msgspec.Struct, frozen=True):
    """The number is proven: who may sign in by it; nobody yet means register."""

    proof: str
    people: list[PersonChoice]


class SessionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in, as what, and what a write must carry as X-CSRF-Token."""

    kind: str
    id: UUID
    name: str
    role: str
    post: str
    post_name: str
    employer_id: UUID | None
    employer_name: str
    csrf_token: str


class Hat(msgspec.Struct, forbid_unknown_fields=True):
    """The post, employer or own self to act as."""

    id: UUID


class OwnPhoneForm(msgspec.Struct, forbid_unknown_fields=True):
    """Old and new number, each with its code."""

    old_phone: Phone
    old_code: Code
    new_phone: Phone
    new_code: Code


class SignIn(Controller):
    """Signing in."""

    path = "/api/v1/sign-in"
    tags = ("sign-in",)
    guards = (not_too_often,)
    opt = MappingProxyType({"permission": Permission.PUBLIC_USE})
    status_code = 200

    @post("/code", status_code=202)
    async def code(
        self,
        request: Request_,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        data: JSONBody[PhoneForm],
    ) -> Done:
        """Send a code; the answer is the same for known and unknown numbers."""
        await codes.send_code(database, secrets, data.phone, data.purpose, address=address_of(request))
        return Done()

    @post("/phone", status_code=200)
    async def phone(
        self, database: NamedDependency[Database], secrets: NamedDependency[Secrets], data: JSONBody[CodeForm]
    ) -> Proof:
        """Prove a number by its code; people who share a number choose next."""
        proof = await accounts.prove_phone(database, secrets, data.phone, data.code)
        return Proof(proof.proof, proof.people)

    @post("/person", status_code=200)
    async def person(
        self,
        request: Request_,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
        data: JSONBody[ChoiceForm],
    ) -> Response[Signed]:
        """Sign in one of the number's people."""
        token = request.cookies.get(SESSION_COOKIE, "")
        signed = await accounts.sign_in(
            database, secrets, data.proof, data.person_id, agent=agent_of(request), replaces=token
        )
        return signed_answer(signed, settings, secrets)

    @post("/register", status_code=201)
    async def register(
        self,
        request: Request_,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
        data: JSONBody[SelfRegistration],
    ) -> Response[Signed]:
        """Register oneself as a worker (R046) with a proven number."""
        signed = await accounts.register_self(
            database, secrets, data.proof, data.worker, number_is_new=data.number_is_new, agent=agent_of(request)
        )
        return signed_answer(signed, settings, secrets)


class Me(Controller):
    """One's own session and account."""

    path = "/api/v1"
    tags = ("me",)

    @get("/session", opt={"permission": Permission.SESSION_USE})
    async def session(self, principal: NamedDependency[Principal], secrets: NamedDependency[Secrets]) -> SessionInfo:
        """Who am I, as what."""
        return SessionInfo(
            kind=principal.kind,
            id=principal.id,
            name=principal.name,
            role=principal.acting.role.value,
            post=principal.acting.path,
            post_name=principal.acting.node_name,
            employer_id=principal.employer_id if principal.kind == "employer" else None,
            employer_name=principal.employer_name,
            csrf_token=secrets.sign("csrf", principal.session_id),
        )

    @get("/session/hats", opt={"permission": Permission.SESSION_USE})
    async def hats(self, principal: NamedDependency[Principal], database: NamedDependency[Database]) -> list[HatView]:
        """What this account may act as."""
        return await sessions.hats(database, principal.session_id)

    @put("/session/acting", opt={"permission": Permission.SESSION_USE})
    async def act_as(
        self, principal: NamedDependency[Principal], database: NamedDependency[Database], data: JSONBody[Hat]
    ) -> Done:
        """Choose the current post, an employer, or oneself."""
        await sessions.act_as(database, principal.session_id, data.id)
        return Done()

    @post("/sign-out", status_code=200, opt={"permission": Permission.SESSION_USE})
    async def sign_out(
        self, principal: NamedDependency[Principal], database: NamedDependency[Database]
    ) -> Response[Done]:
        """End this session."""
        await staff_sign_in.sign_out(database, principal.actor(channel="api"), principal.session_id)
        return Response(Done(), cookies=[Cookie(key=SESSION_COOKIE, value="", max_age=0, path="/")])

    @get("/me", opt={"permission": Permission.PERSON_SELF})
    async def me(self, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets]) -> MyAccount:
        """My account, numbers masked."""
        return await queries.my_account(uow, secrets.sealer)

    @post("/me/phone", status_code=200, opt={"permission": Permission.PERSON_SELF})
    async def phone(
        self,
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        data: JSONBody[OwnPhoneForm],
    ) -> Done:
        """Change my number by a code on both; all sessions end."""
        await recovery.change_own(
            database,
            secrets,
            principal.id,
            old_phone=data.old_phone,
            old_code=data.old_code,
            new_phone=data.new_phone,
            new_code=data.new_code,
        )
        return Done()

    @post("/me/worker", opt={"permission": Permission.PERSON_SELF})
    async def worker(
        self,
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        data: JSONBody[WorkerForm],
    ) -> Done:
        """Look for work too, as a person known as an employer so far; name and ID number are the account's."""
        await accounts.register_own_work(database, secrets, principal.id, data)
        return Done()

    @post("/me/employers", opt={"permission": Permission.EMPLOYER_SELF})
    async def employer(
        self,
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        data: JSONBody[EmployerForm],
    ) -> RegisteredEmployerView:
        """Register my company or myself as an employer (R045)."""
        employer_id = await accounts.register_own_employer(database, secrets, principal.id, data)
        return RegisteredEmployerView(employer_id, True, False)

    @post("/me/employer/confirm", status_code=200, opt={"permission": Permission.EMPLOYER_SELF})
    async def confirm(
        self, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets], data: JSONBody[Confirmation]
    ) -> Done:
        """Confirm my company's data anew, and correct them: every six months (R049)."""
        await reverifying.confirm(uow, secrets.sealer, uow.actor.employer_id, data)
        return Done()


CONTROLLERS: list[Any] = [
    SignIn,
    Me,
    *door_api.CONTROLLERS,
    *security_api.CONTROLLERS,
    *desk_api.CONTROLLERS,
    *privacy_api.CONTROLLERS,
]
