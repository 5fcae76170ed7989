"""Pages about who may do what: the rules, a change with its preview, and why somebody may or may not."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, LinggongError, NotFound
from linggong.offices import policy_answers, policy_changes
from linggong.offices.policies_api import actor_of
from linggong.offices.policy_views import Preview, RuleForm, WhoList
from linggong.web import menus, pages
from linggong.web.places import places, typed_place
from linggong.web.policies import matrix
from rbac.decisions import Decisions
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
HOME = "/office/policies"
Word = Annotated[str, QueryParameter(max_length=120)]
_SHOWN = 200
"""Staff listed on a page; the API and the command line list all."""


class PolicyPages(Controller):
    """The rules on screen."""

    path = HOME
    include_in_schema = False

    @get("/", opt={"permission": Permission.POLICY_READ})
    async def rules(
        self,
        request: AnyRequest,
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        decisions: NamedDependency[Decisions],
        role: Word = "",
        group: Word = "",
        limited: FromQuery[bool] = False,
    ) -> Response[bytes]:
        """All roles by all permissions; one role's rules as a list to be changed."""
        return await _rules_page(request, principal, database, decisions, role, group, limited=limited)

    @get("/preview", opt={"permission": Permission.POLICY_CHANGE})
    async def preview(
        self, request: AnyRequest, principal: NamedDependency[Principal], database: NamedDependency[Database],
        decisions: NamedDependency[Decisions],
    ) -> Response[bytes]:  # fmt: skip
        """What a change would give and take, with the button that makes it."""
        values = {k: str(v).strip() for k, v in request.query_params.items()}
        back = f"{HOME}?role={values.get('role', '')}"
        try:
            async with policy_changes.service(database, actor_of(request, principal, "web"), read_only=True) as uow:
                form = None if values.get("change") == "remove" else await _form(uow, values)
                found = await policy_changes.preview(
                    uow, principal, "add" if form else "remove", form=form, rule_id=pages.whole(values.get("rule"))
                )
        except Invalid as invalid:
            return await _rules_page(
                request, principal, database, decisions, values.get("role", ""), "", values=values, invalid=invalid
            )
        except NotFound:
            raise
        except LinggongError as error:
            return pages.redirect(request, back, say=error.detail, kind="bad")
        return _preview_page(request, principal, found, form, values, back)

    @post("/add", opt={"permission": Permission.POLICY_CHANGE})
    async def add(
        self, request: AnyRequest, principal: NamedDependency[Principal], database: NamedDependency[Database]
    ) -> Response[bytes]:
        """Put the previewed rule in force."""
        values = await pages.form_values(request)
        version = pages.whole(values.pop("version", None))
        form = pages.convert(RuleForm, values)
        try:
            async with policy_changes.service(database, actor_of(request, principal, "web")) as uow:
                await policy_changes.add(uow, principal, form, version=version)
        except Invalid:
            raise
        except LinggongError as error:
            return pages.redirect(request, f"{HOME}?role={form.role}", say=error.detail, kind="bad")
        return pages.redirect(request, f"{HOME}?role={form.role}", say="规则已经生效，下一次点击就按新规则办。")

    @post("/remove", opt={"permission": Permission.POLICY_CHANGE})
    async def remove(
        self, request: AnyRequest, principal: NamedDependency[Principal], database: NamedDependency[Database]
    ) -> Response[bytes]:
        """Take the previewed rule away."""
        values = await pages.form_values(request)
        rule, version = pages.whole(values.get("rule")), pages.whole(values.get("version"))
        back = f"{HOME}?role={values.get('role', '')}"
        if rule is None:
            raise NotFound
        try:
            async with policy_changes.service(database, actor_of(request, principal, "web")) as uow:
                await policy_changes.remove(uow, principal, rule, version=version)
        except NotFound:
            raise
        except LinggongError as error:
            return pages.redirect(request, back, say=error.detail, kind="bad")
        return pages.redirect(request, back, say="规则已经取消，下一次点击就不再有效。")

    @get("/explain", opt={"permission": Permission.POLICY_READ})
    async def explain(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        decisions: NamedDependency[Decisions],
        staff: Word = "",
        at: Word = "",
        permission: Word = "",
    ) -> Response[bytes]:
        """Why a member of staff may or may not; without a name, everybody who may."""
        seen = decisions.scope(principal, Permission.STAFF_READ)
        values = {"staff": staff.strip(), "at": at.strip(), "permission": permission}
        found = who = invalid = None
        status = 200
        if permission:
            try:
                object_type, _, action = permission.partition(":")
                place = await typed_place(uow, values["at"] or str(principal.acting.path), "at")
                question = await policy_answers.asked(uow, place, object_type, action)
                async with policy_changes.service(
                    database, actor_of(request, principal, "web"), read_only=True
                ) as all_:
                    if values["staff"]:
                        found = await policy_answers.explain_staff(
                            uow, all_, seen, decisions, values["staff"], question
                        )
                    else:
                        who = await policy_answers.who_may(uow, all_, seen, decisions, question, limit=_SHOWN)
            except Invalid as error:
                invalid, status = error, 422
            except NotFound:
                words = "没有这个用户名，或者这个人不归您管。请核对后再查。"
                invalid, status = Invalid([Fault("staff", words, "staff")]), 404
        return menus.render(
            request, principal, "office/explain.html", status=status,
            form=pages.form_state(values, invalid), found=found, who=who, who_more=_more(who),
            groups=matrix.permission_groups(), places=await _place_options(database), own=principal.acting.node_name,
        )  # fmt: skip


def _more(who: WhoList | None) -> int:
    return who.may + who.stopped - len(who.staff) if who else 0


async def _place_options(database: Database) -> list[dict[str, str]]:
    known = await places(database)
    return [{"value": path, "label": name} for path, name in known.names.items()]


async def _form(uow: UnitOfWork, values: dict[str, str]) -> RuleForm:
    object_type, _, action = values.get("permission", "").partition(":")
    if not action:
        raise Invalid([Fault("permission", "请选一个权限。", "required")])
    subtree = values.get("subtree", "")
    raw = {k: values.get(k, "") for k in ("role", "relation", "effect")} | {
        "object": object_type, "action": action,
        "subtree": await typed_place(uow, subtree, "subtree") if subtree not in ("", "*") else "*",
    }  # fmt: skip
    return pages.convert(RuleForm, raw)


async def _rules_page(
    request: AnyRequest, principal: Principal, database: Database, decisions: Decisions, role: str, group: str, *,
    limited: bool = False, values: dict[str, str] | None = None, invalid: Invalid | None = None,
) -> Response[bytes]:  # fmt: skip
    async with policy_changes.service(database, actor_of(request, principal, "web"), read_only=True) as uow:
        found = await policy_changes.rules(uow)
    chosen = next((o for o in matrix.ROLES if o["value"] == role), None)
    wanted = {p.value for p in matrix.permissions(group)}
    listed = [
        r for r in found.rules
        if r.role == role and f"{r.object}:{r.action}" in wanted and (not limited or r.subtree != "*")
    ]  # fmt: skip
    return menus.render(
        request, principal, "office/policies.html", status=422 if invalid else 200,
        role=chosen, group=group, limited=limited, roles=matrix.ROLES, groups=matrix.GROUPS, legend=matrix.LEGEND,
        rows=[] if chosen else matrix.matrix(found, group=group, limited=limited), rules=listed, total=len(found.rules),
        sources=[o["label"] for r, s in found.inherits if r == role for o in matrix.ROLES if o["value"] == s],
        may_change=decisions.anywhere(principal, Permission.POLICY_CHANGE),
        form=pages.form_state(values or {"role": role, "relation": "down", "effect": "allow"}, invalid),
        permissions=matrix.permission_groups(), relations=matrix.RELATIONS, effects=matrix.EFFECTS,
        places=await _place_options(database),
    )  # fmt: skip


def _preview_page(
    request: AnyRequest, principal: Principal, found: Preview, form: RuleForm | None, values: dict[str, str], back: str
) -> Response[bytes]:
    hidden = {"version": str(found.version)}
    if form is None:
        hidden |= {"rule": values.get("rule", ""), "role": values.get("role", "")}
    else:
        hidden |= {
            "role": form.role, "object": form.object, "action": form.action, "relation": form.relation,
            "effect": form.effect, "subtree": form.subtree,
        }  # fmt: skip
    return menus.render(
        request, principal, "office/policy_preview.html",
        found=found, hidden=hidden, action=f"{HOME}/{found.change}", back=back,
    )  # fmt: skip


CONTROLLERS: list[Any] = [PolicyPages]
