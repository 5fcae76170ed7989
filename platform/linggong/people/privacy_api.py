"""Personal data over HTTP: profiles with masked numbers, looks in clear with a record, and the code that one shows."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.people import profiles, reveals, shown_codes
from linggong.people.profiles import EmployerProfile, PersonProfile
from linggong.people.queries import WorkerCard
from linggong.people.reveals import Revealed
from linggong.people.shown_codes import Shown
from rbac.permissions import Permission
from rbac.principal import Principal

NO_STORE = {"cache-control": "no-store"}
"""What was opened for ten minutes stands in no cache."""
Purpose = Literal["reach", "identify", "pay", "dispute", "injury", "lawful", "other"]
Words = Annotated[str, msgspec.Meta(max_length=200)]


class PersonLook(msgspec.Struct, forbid_unknown_fields=True):
    """What must be seen of a person, and why; `reason` is required for `other`."""

    fields: list[Literal["name", "phone", "relative_phone", "id_number", "birth_date", "bank"]]
    purpose: Purpose
    reason: Words = ""


class EmployerLook(msgspec.Struct, forbid_unknown_fields=True):
    """What must be seen of an employer, and why; `reason` is required for `other`."""

    fields: list[Literal["name", "contact_name", "phone", "address", "legal_representative", "bank"]]
    purpose: Purpose
    reason: Words = ""


class ShownForm(msgspec.Struct, forbid_unknown_fields=True):
    """The eight digits that somebody shows."""

    code: Annotated[str, msgspec.Meta(max_length=20)]


class People(Controller):
    """One person or employer, masked; and what was opened of them."""

    path = "/api/v1"
    tags = ("privacy",)

    @get("/workers/{person_id:uuid}/profile", opt={"permission": Permission.PERSON_READ})
    async def profile(
        self, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets], person_id: FromPath[UUID]
    ) -> PersonProfile:
        """A person whom this post serves, masked."""
        return await profiles.person_profile(uow, secrets.sealer, person_id)

    @get("/workers/{person_id:uuid}/card", opt={"permission": Permission.PERSON_READ})
    async def card(self, uow: NamedDependency[UnitOfWork], person_id: FromPath[UUID]) -> WorkerCard:
        """The public card, of any worker of the city: 李师傅, sex, age, trades, skill, how far verified (R005)."""
        return await profiles.public_card(uow, person_id)

    @post("/workers/{person_id:uuid}/reveals", opt={"permission": Permission.PERSON_REVEAL})
    async def look(
        self,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        person_id: FromPath[UUID],
        data: JSONBody[PersonLook],
    ) -> Response[Revealed]:
        """Open fields of a person whom this post serves: for a purpose, for a while, with a record that he can see."""
        made = await reveals.reveal_person(
            uow, database, secrets.sealer, person_id, fields=data.fields, purpose=data.purpose, reason=data.reason
        )
        return Response(made, headers=NO_STORE)

    @get("/workers/{person_id:uuid}/reveals/{reveal_id:uuid}", opt={"permission": Permission.PERSON_REVEAL})
    async def look_again(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        person_id: FromPath[UUID],
        reveal_id: FromPath[UUID],
    ) -> Response[Revealed]:
        """What is still open, to the one who opened it, at the same post; 404 once the time is over."""
        found = await reveals.again(uow, secrets.sealer, reveal_id, subject_id=person_id)
        return Response(found, headers=NO_STORE)

    @get("/employers/{employer_id:uuid}", opt={"permission": Permission.EMPLOYER_READ})
    async def employer(
        self, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets], employer_id: FromPath[UUID]
    ) -> EmployerProfile:
        """An employer whom this post serves, masked."""
        return await profiles.employer_profile(uow, secrets.sealer, employer_id)

    @post("/employers/{employer_id:uuid}/reveals", opt={"permission": Permission.EMPLOYER_REVEAL})
    async def look_employer(
        self,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        employer_id: FromPath[UUID],
        data: JSONBody[EmployerLook],
    ) -> Response[Revealed]:
        """Open fields of an employer whom this post serves, with a record that he can see."""
        made = await reveals.reveal_employer(
            uow, database, secrets.sealer, employer_id, fields=data.fields, purpose=data.purpose, reason=data.reason
        )
        return Response(made, headers=NO_STORE)

    @get("/employers/{employer_id:uuid}/reveals/{reveal_id:uuid}", opt={"permission": Permission.EMPLOYER_REVEAL})
    async def look_employer_again(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        employer_id: FromPath[UUID],
        reveal_id: FromPath[UUID],
    ) -> Response[Revealed]:
        """What is still open of an employer, to the one who opened it, at the same post."""
        found = await reveals.again(uow, secrets.sealer, reveal_id, subject_id=employer_id)
        return Response(found, headers=NO_STORE)

    @post("/workers/by-code", status_code=200, opt={"permission": Permission.PERSON_REGISTER})
    async def by_code(
        self,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        data: JSONBody[ShownForm],
    ) -> PersonProfile:
        """Serve the one who shows this code here, for a while: he is there himself and wants it."""
        person_id = await shown_codes.take(uow, database, secrets, data.code)
        return await profiles.person_profile(uow, secrets.sealer, person_id)

    @post("/me/code", opt={"permission": Permission.PERSON_SELF})
    async def my_code(
        self,
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
    ) -> Response[Shown]:
        """A code to show at a station, good for a few minutes and once."""
        return Response(await shown_codes.show(database, secrets, principal.id), headers=NO_STORE)


CONTROLLERS: list[Any] = [People]
