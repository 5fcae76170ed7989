"""The page on which a county says how its sheets look: columns with its own headings, title, who signs, and by which paper (R092, R094)."""

from __future__ import annotations

from functools import partial
from typing import Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency

from linggong.insight.api import top_of
from linggong.kernel.db import UnitOfWork
from linggong.ledgers import layouts, queries
from linggong.ledgers.codes import MONTH
from linggong.ledgers.layouts import LayoutForm
from linggong.web import menus, pages
from linggong.web.ledgers.shared import AnyRequest, Path
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal


class Layouts(Controller):
    """Layouts of sheets."""

    path = "/reports/layout"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PARAMETER_SET})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], path: Path = "",
        form: Path = MONTH,
    ) -> Response[bytes]:  # fmt: skip
        """The layout in force, to change."""
        return await _page(request, uow, principal=principal, path=path, form=form)

    @post("/", opt={"permission": Permission.PARAMETER_SET})
    async def write(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Set it."""
        values = {key: str(value) for key, value in (await pages.form_values(request)).items()}
        form, path = values.get("form", ""), values.get("path", "")
        async with filled(request, uow, partial(_page, request, principal=principal, path=path, form=form), values):
            row = await layouts.set_layout(
                uow, form,
                LayoutForm(
                    place=path, title=values.get("title", ""), columns=values.get("columns", "").splitlines(),
                    signers=values.get("signers", "").replace("，", "、").split("、"), source=values.get("source", ""),
                ),
            )  # fmt: skip
        said = "版式改好了，下面各级导出时都用它。" if row.columns else "恢复成上一级的版式了。"
        return pages.redirect(request, f"/reports/layout?path={row.tenant}&form={row.form}", say=said)


async def _page(request: AnyRequest, uow: UnitOfWork, *, principal: Principal, path: str, form: str) -> Response[bytes]:
    node = await top_of(uow, path or None)
    form = layouts.known_form(form or MONTH)
    now = await layouts.layout(uow, form, node.path)
    kept: list[Any] = [
        (MONTH, layouts.form_name(MONTH)),
        *((one.code, one.name) for one in await queries.kept(uow, node.path)),
    ]
    return menus.render(
        request, principal, "ledgers/layout.html", place=node.name, path=node.path, key=form, name=layouts.form_name(form),
        forms=[{"href": f"/reports/layout?path={node.path}&form={key}", "label": word, "here": key == form} for key, word in kept],
        current=now, known=[{"key": key, "label": word} for key, word in layouts.known(form).items()],
        form={
            "values": {
                "title": now.title, "columns": "\n".join(f"{key}={word}" for key, word in now.columns),
                "signers": "、".join(now.signers), "source": now.source if now.set_at_path else "",
            },
            "errors": {},
        },
    )  # fmt: skip
