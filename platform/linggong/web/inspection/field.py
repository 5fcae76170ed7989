"""On the spot: what an inspector has to look at, the checklist on his telephone, and what a station puts right."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.inspection import inspecting, queries, rectifying
from linggong.inspection.inspecting import Answer
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.web import evidence, menus, pages
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants.evidence import Photo

AnyRequest = Request[Any, Any, Any]
_LEAST = 4
"""Letters of what was seen, as the service asks for."""


class FieldPages(Controller):
    """An inspector's tasks."""

    path = "/inspections"
    include_in_schema = False

    @get("/", opt={"permission": Permission.INSPECTION_READ})
    async def mine(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """What I was drawn for, and what waits for a second look."""
        rows = await queries.tasks(uow, mine=True)
        waiting = [f for f in await queries.findings(uow) if f.state == "F_MENDED"]
        return menus.render(request, principal, "inspection/mine.html", rows=rows, waiting=waiting)

    @get("/{inspection_task_id:uuid}", opt={"permission": Permission.INSPECTION_READ})
    async def task(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        inspection_task_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """The checklist, what is filled in, what is still open."""
        return await task_page(request, uow, principal, inspection_task_id)

    @post(
        "/{inspection_task_id:uuid}",
        opt={"permission": Permission.INSPECTION_WRITE},
        request_max_body_size=evidence.CEILING,
    )
    async def record(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        inspection_task_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Write down what was seen."""
        values = await pages.form_values(request)
        task = await queries.task(uow, inspection_task_id)
        answers, photos = [], {}
        for item in task.items:
            said = str(values.get(f"{item.key}_passed", ""))
            if said not in ("yes", "no"):
                continue
            answers.append(
                Answer(
                    item=item.key, passed=said == "yes", words=str(values.get(f"{item.key}_words", ""))[: inspecting.MOST_WORDS],
                    expires_on=day(values.get(f"{item.key}_expires_on")),
                )
            )  # fmt: skip
            photos[item.key] = await shot(values, f"{item.key}_photo")
        async with filled(request, uow, lambda fresh: task_page(request, fresh, principal, inspection_task_id), values):
            row = await inspecting.record(uow, inspection_task_id, answers, photos, due_on=day(values.get("due_on")))
        said = (
            "查完了，不合格的已经发给站点整改。"
            if row.state == "done"
            else f"记下了 {len(answers)} 项，剩下的可以接着填。"
        )
        return pages.redirect(request, f"/inspections/{inspection_task_id}", say=said)


class MendPages(Controller):
    """What is to be put right."""

    path = "/rectifications"
    include_in_schema = False

    @get("/", opt={"permission": Permission.RECTIFICATION_READ})
    async def listed(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Everything at and below the acting post, the most urgent first."""
        return await _mending(request, uow, principal)

    @get("/{inspection_finding_id:uuid}", opt={"permission": Permission.RECTIFICATION_READ})
    async def one(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        inspection_finding_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """One of them with its steps."""
        return await _finding(request, uow, principal, inspection_finding_id)

    @post(
        "/{inspection_finding_id:uuid}/mend",
        opt={"permission": Permission.RECTIFICATION_WRITE},
        request_max_body_size=evidence.CEILING,
    )
    async def mend(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        inspection_finding_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Report what was done."""
        values = await pages.form_values(request)
        async with filled(
            request, uow, lambda fresh: _finding(request, fresh, principal, inspection_finding_id), values
        ):
            photos = await shot(values, "photo")
            await rectifying.mend(uow, inspection_finding_id, words=str(values.get("words", "")), photos=photos)
        return pages.redirect(request, "/rectifications", say="报上去了，等检查人员复查。")

    @post(
        "/{inspection_finding_id:uuid}/recheck",
        opt={"permission": Permission.INSPECTION_WRITE},
        request_max_body_size=evidence.CEILING,
    )
    async def recheck(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        inspection_finding_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Say what the second look came to."""
        values = await pages.form_values(request)
        passed = values.get("passed") == "yes"
        async with filled(
            request, uow, lambda fresh: _finding(request, fresh, principal, inspection_finding_id), values
        ):
            if values.get("passed") not in ("yes", "no"):
                # What nobody said is no failure.
                short = len(str(values.get("words") or "").strip()) < _LEAST
                raise Invalid(
                    [
                        Fault("passed", "请选合格还是不合格。", "required"),
                        *([Fault("words", "请写复查看到了什么，4 到 1000 个字。", "required")] if short else []),
                    ]
                )
            await rectifying.recheck(
                uow, inspection_finding_id, passed=passed, words=str(values.get("words", "")), photos=await shot(values, "photo"),
                due_on=day(values.get("due_on")),
            )  # fmt: skip
        said = "合格，这一项结了。" if passed else "记下了，已告诉站点新的期限。"
        return pages.redirect(request, "/inspections", say=said)


async def shot(values: dict[str, Any], field: str) -> list[Photo]:
    """Return the photo of a form field as a list: empty where none was chosen."""
    found = await evidence.read(values, field)
    return [] if found is None else [found]


def day(raw: object) -> date | None:
    """Read a day of a form; None for anything else."""
    try:
        return date.fromisoformat(str(raw or ""))
    except ValueError:
        return None


async def task_page(
    request: AnyRequest, uow: UnitOfWork, principal: Principal, inspection_task_id: UUID
) -> Response[bytes]:
    """Return the page of a task: its checklist, what is filled in, what may be done."""
    task = await queries.task(uow, inspection_task_id)
    may = task.mine and task.state == "open" and menus.may(request, principal, Permission.INSPECTION_WRITE)
    done = {r.item: r for r in task.results}
    found = await queries.findings(uow, live=False, task_id=inspection_task_id)
    default = clock.business_date(uow.now) + await inspecting.rectify_days(uow, task.tenant, "inspection.rectify")
    letter = task.state == "done" and found and menus.may(request, principal, Permission.LETTER_ISSUE)
    planned = task.state == "open" and task.draw_id is None and not task.results
    return menus.render(
        request, principal, "inspection/task.html", task=task, done=done, may=may,
        may_cancel=planned and menus.may(request, principal, Permission.INSPECTION_PLAN), findings=found, letter=letter,
        form=pages.form_state({"due_on": default.isoformat()}), today=clock.business_date(uow.now),
    )  # fmt: skip


async def _mending(request: AnyRequest, uow: UnitOfWork, principal: Principal) -> Response[bytes]:
    rows = await queries.findings(uow)
    return menus.render(request, principal, "inspection/mending.html", rows=rows)


async def _finding(
    request: AnyRequest, uow: UnitOfWork, principal: Principal, inspection_finding_id: UUID
) -> Response[bytes]:
    rows = await queries.findings(uow, live=False, one=inspection_finding_id)
    if not rows:
        raise NotFound
    return menus.render(
        request, principal, "inspection/finding.html", one=rows[0], form=pages.form_state({}),
        may_mend=rows[0].state == "F_OPEN" and menus.may(request, principal, Permission.RECTIFICATION_WRITE),
        may_check=rows[0].state == "F_MENDED" and not rows[0].mended_by_me
        and menus.may(request, principal, Permission.INSPECTION_WRITE),
        today=clock.business_date(uow.now),
    )  # fmt: skip
