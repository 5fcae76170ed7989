"""The policies over HTTP: the rules, why somebody may, who may, and the city bureau's changes with their preview."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, Request, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.forms import validate
from linggong.offices import policy_answers, policy_changes
from linggong.offices.policy_views import ExplanationView, Preview, RuleForm, RuleList, WhoList
from rbac.decisions import Decisions
from rbac.permissions import Permission
from rbac.principal import Principal

At = Annotated[str, QueryParameter(max_length=120, description="A path like /4102/25/ or a 12-digit division code")]
Object = Annotated[str, QueryParameter(name="object", max_length=40)]
Action = Annotated[str, QueryParameter(max_length=40)]
Word = Annotated[str, QueryParameter(max_length=40)]
Version = Annotated[int | None, QueryParameter(description="The version that was previewed")]


class Changed(msgspec.Struct, frozen=True):
    """A change was made; it is in force."""

    id: int


def actor_of(request: Request[Any, Any, Any], principal: Principal, channel: str = "api") -> Actor:
    """Return who acts in the service's own transaction."""
    return principal.actor(channel=channel, request_id=request.scope["state"].get("request_id", ""))


class Policies(Controller):
    """Who may do what, where."""

    path = "/api/v1/policies"
    tags = ("policies",)

    @get("/", opt={"permission": Permission.POLICY_READ}, summary="The rules in force")
    async def rules(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        role: Word = "",
        object_type: Object = "",
    ) -> RuleList:
        """List the rules of all roles, or of one role or object type."""
        async with policy_changes.service(database, actor_of(request, principal), read_only=True) as uow:
            found = await policy_changes.rules(uow)
        kept = [r for r in found.rules if role in ("", r.role) and object_type in ("", r.object)]
        return msgspec.structs.replace(found, rules=kept)

    @get("/explain", opt={"permission": Permission.POLICY_READ}, summary="Why somebody may or may not")
    async def explain(
        self,
        request: Request[Any, Any, Any],
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        decisions: NamedDependency[Decisions],
        staff: Annotated[str, QueryParameter(max_length=40, description="User name")],
        at: At,
        object_type: Object,
        action: Action,
    ) -> ExplanationView:
        """Name the rule and the post that decide for a member of staff inside one's own area."""
        question = await policy_answers.asked(uow, at, object_type, action)
        seen = decisions.scope(principal, Permission.STAFF_READ)
        async with policy_changes.service(database, actor_of(request, principal), read_only=True) as service:
            return await policy_answers.explain_staff(uow, service, seen, decisions, staff, question)

    @get("/who", opt={"permission": Permission.POLICY_READ}, summary="Who may do something at a place")
    async def who(
        self,
        request: Request[Any, Any, Any],
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        decisions: NamedDependency[Decisions],
        at: At,
        object_type: Object,
        action: Action,
        limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 200,
    ) -> WhoList:
        """List the staff of one's own area who may, with those whom only a deny stops."""
        question = await policy_answers.asked(uow, at, object_type, action)
        seen = decisions.scope(principal, Permission.STAFF_READ)
        async with policy_changes.service(database, actor_of(request, principal), read_only=True) as service:
            return await policy_answers.who_may(uow, service, seen, decisions, question, limit=limit)

    @get("/preview", opt={"permission": Permission.POLICY_CHANGE}, summary="What a change would give and take")
    async def preview(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        change: FromQuery[Literal["add", "remove"]],
        rule: Annotated[int | None, QueryParameter(description="Which rule to remove")] = None,
        role: Word = "",
        object_type: Object = "",
        action: Action = "",
        relation: Word = "down",
        effect: Word = "allow",
        subtree: Annotated[str, QueryParameter(max_length=120)] = "*",
    ) -> Preview:
        """Say which roles and how many staff a change touches; nothing is changed."""
        form = None
        if change == "add":
            raw = {"role": role, "object": object_type, "action": action, "relation": relation, "effect": effect}
            form = validate(RuleForm, raw | {"subtree": subtree})
        elif rule is None:
            raise Invalid([Fault("rule", "请说明要取消哪一条。", "required")])
        async with policy_changes.service(database, actor_of(request, principal), read_only=True) as uow:
            return await policy_changes.preview(uow, principal, change, form=form, rule_id=rule)

    @post("/", opt={"permission": Permission.POLICY_CHANGE}, summary="Put a rule in force")
    async def add(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        data: JSONBody[RuleForm],
        version: Version = None,
    ) -> Changed:
        """Add a rule; in force on the next request everywhere."""
        async with policy_changes.service(database, actor_of(request, principal)) as uow:
            return Changed(await policy_changes.add(uow, principal, data, version=version))

    @delete("/{rule_id:int}", status_code=200, opt={"permission": Permission.POLICY_CHANGE}, summary="Take a rule away")
    async def remove(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        rule_id: FromPath[int],
        version: Version = None,
    ) -> Changed:
        """Remove a rule; in force on the next request everywhere."""
        async with policy_changes.service(database, actor_of(request, principal)) as uow:
            await policy_changes.remove(uow, principal, rule_id, version=version)
        return Changed(rule_id)


CONTROLLERS: list[Any] = [Policies]
