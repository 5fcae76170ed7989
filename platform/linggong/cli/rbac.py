"""`linggong rbac`: why somebody may or may not do something at a place, and who may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import cyclopts
from cyclopts import Parameter

from linggong.cli.output import emit, table
from linggong.cli.tree import Json, with_database

if TYPE_CHECKING:
    from linggong.offices.policy_views import ExplanationView, PostView, WhoList

rbac = cyclopts.App(name="rbac", help="Who may do what, where, and why.")
Object = Annotated[str, Parameter(name="--object")]


@rbac.command
def explain(*, staff: str, at: str, object_type: Object, action: str, json: Json = False) -> int:
    """Name the rule and the post that decide for a member of staff. Exit code 0 when he may, 1 when he may not.

    Parameters
    ----------
    staff
        User name.
    at
        Path or 12-digit division code of the place.
    object_type
        order, person, bill ...: the first half of a permission.
    action
        read, review, reveal ...: the second half.
    """
    from linggong.offices import policy_answers

    async def work(uow: Any, decisions: Any) -> Any:
        question = await policy_answers.asked(uow, at, object_type, action)
        return await policy_answers.explain_staff(uow, uow, uow.scope, decisions, staff, question)

    found: ExplanationView = with_database(_in_force(work))
    emit(found, as_json=json, text=_explained(found))
    return 0 if found.allowed else 1


@rbac.command
def who(*, at: str, object_type: Object, action: str, json: Json = False) -> None:
    """List the staff who may do something at a place, by rule and post, and those whom only a deny stops.

    Parameters
    ----------
    at
        Path or 12-digit division code of the place.
    object_type
        order, person, bill ...: the first half of a permission.
    action
        read, review, reveal ...: the second half.
    """
    from linggong.offices import policy_answers

    async def work(uow: Any, decisions: Any) -> Any:
        question = await policy_answers.asked(uow, at, object_type, action)
        return await policy_answers.who_may(uow, uow, uow.scope, decisions, question)

    found: WhoList = with_database(_in_force(work))
    if json:
        emit(found, as_json=True)
        return
    print(
        f"{found.place}：{found.permission_label}（{found.object}:{found.action}），可以 {found.may}，被禁止 {found.stopped}"
    )
    table(
        (
            (
                w.username,
                w.name,
                w.post.role_label,
                w.post.path,
                "yes" if w.allowed else "denied",
                w.rule.words if w.allowed or w.denied_by is None else w.denied_by.words,
            )
            for w in found.staff
        ),
        ("user", "name", "post", "at", "may", "rule"),
    )


def _in_force(work: Any) -> Any:
    async def run(database: Any) -> Any:
        from rbac.store import load

        decisions = await load(database)
        async with database.system() as uow:
            return await work(uow, decisions)

    return run


def _place(post: PostView | None) -> str:
    return "" if post is None else f"{post.role} at {post.path} ({post.place})"


def _explained(found: ExplanationView) -> str:
    lines = [found.words, f"answer: {'yes' if found.allowed else 'no'} ({found.reason.value})"]
    if found.rule is not None:
        r = found.rule
        lines.append(f"rule: {r.role}, {r.subtree}, {r.object}, {r.action}, {r.relation}, {r.effect}")
    if found.decided_at is not None:
        lines.append(f"post: {_place(found.decided_at)}, assignment {found.decided_at.id}")
    lines += [
        f"  {'acting as ' if v.post.in_force else 'not in force: '}{_place(v.post)}: {v.reason.value}"
        for v in found.posts
    ]
    return "\n".join(lines)
