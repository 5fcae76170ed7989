"""Tables brought in at the desk: people and posts, stored whole or not at all, with a copy that names every fault (R053, R054)."""

from __future__ import annotations

import asyncio
import base64
import re
import secrets as random
import time
from pathlib import Path
from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.crypto import SealBroken, Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.downloads import attachment
from linggong.kernel.errors import Fault, Invalid, LinggongError, NotFound, TooLarge
from linggong.kernel.paths import tenant_path
from linggong.kernel.settings import Settings
from linggong.kernel.sheets import RowFault, write_book
from linggong.market import importing as posts
from linggong.market.import_columns import COLUMNS
from linggong.market.trades import COMMON_TRADES, trades
from linggong.people import importing as people
from linggong.web import menus, pages
from linggong.web.refused import Answered, Step, shown, why
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants import queries as tree

AnyRequest = Request[Any, Any, Any]
UPLOAD_CEILING = 100_000_000
"""What the server reads of an upload at all; the deployment's own limit is a setting."""
ROWS = 5_000
"""Rows of one upload; larger tables go through the command line."""
_TOLD = 50
_LEAF = 4
"""The level of a trade itself, below its groups."""
_KEPT = 3600.0
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,60}", re.ASCII)
_HEADINGS = {"people": [*people.REQUIRED, *people.OPTIONAL], "posts": list(COLUMNS)}
_NAMES = {"people": "零工名册", "posts": "用工岗位"}


class Copy(msgspec.Struct):
    """A table with its faults named, kept sealed for whoever brought it."""

    name: str
    content: bytes


class _Outcome(msgspec.Struct):
    what: str
    rows: int
    faults: list[RowFault]
    copy_href: str


class Importing(Controller):
    """Tables of people and posts."""

    path = "/desk/import"
    include_in_schema = False

    @get("/", opt={"permission": Permission.ORDER_IMPORT})
    async def page(
        self, request: AnyRequest, principal: NamedDependency[Principal], settings: NamedDependency[Settings]
    ) -> Response[bytes]:
        """What can be brought in, with empty tables to fill."""
        return _page(request, principal, settings)

    @get("/template/{what:str}", opt={"permission": Permission.ORDER_IMPORT})
    async def template(self, what: FromPath[str]) -> Response[bytes]:
        """An empty table with the right headings."""
        name = what.removesuffix(".csv")
        if name not in _HEADINGS:
            raise NotFound
        return attachment(f"{_NAMES[name]}.csv", ("\ufeff" + ",".join(_HEADINGS[name]) + "\r\n").encode())

    @get("/codes.xlsx", opt={"permission": Permission.ORDER_IMPORT})
    async def codes(self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]) -> Response[bytes]:
        """The codes of the county's villages and of trades, to write a table by."""
        return await code_book(uow, principal)

    @get("/copy/{token:str}", opt={"permission": Permission.ORDER_IMPORT})
    async def copy(
        self,
        principal: NamedDependency[Principal],
        settings: NamedDependency[Settings],
        secrets: NamedDependency[Secrets],
        token: FromPath[str],
    ) -> Response[bytes]:
        """The annotated copy, for whoever brought the table, for an hour."""
        found = await asyncio.to_thread(read_copy, settings, secrets, principal, token)
        return attachment(found.name, found.content)

    @post("/people", request_max_body_size=UPLOAD_CEILING, opt={"permission": Permission.PERSON_IMPORT})
    async def people(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """A register of workers: known ones are linked, new ones registered."""
        async with _all_or_nothing(request, uow, principal, settings):
            name, data = await _upload(request, settings)
            report = await people.import_people(
                uow, secrets.sealer, data, name, tenant=tenant_path(principal.acting.path), max_rows=ROWS
            )
            if report.faults:
                raise Answered(await _refused(request, principal, settings, secrets, "people", report))
        words = f"{report.rows} 行都好：新登记 {report.created} 人，接到本站 {report.linked} 人。"
        words += f"有 {report.proposed} 对可能是同一个人，请核对。" if report.proposed else ""
        return pages.redirect(request, "/desk/import", say=words)

    @post("/posts", request_max_body_size=UPLOAD_CEILING, opt={"permission": Permission.ORDER_IMPORT})
    async def posts(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """A table of posts: each goes to the review."""
        async with _all_or_nothing(request, uow, principal, settings):
            name, data = await _upload(request, settings)
            report = await posts.import_posts(uow, secrets.sealer, data, name, max_rows=ROWS)
            if report.faults:
                raise Answered(await _refused(request, principal, settings, secrets, "posts", report))
        return pages.redirect(request, "/desk/import", say=f"{report.stored} 个岗位都交审了，请同事来审。")


async def code_book(uow: UnitOfWork, principal: Principal) -> Response[bytes]:
    """Return the codes that a table may say, as a workbook: villages of the post's county, the usual trades, all trades."""
    county = "/" + "/".join(principal.acting.path.strip("/").split("/")[:2]) + "/"
    villages = await tree.coded_below(uow, county)
    book = {
        "村社区": [["代码", "名称"], *([code, name] for code, name in villages)],
        "常用工种": [["代码", "叫法"], *([one.code, one.word] for one in COMMON_TRADES)],
        "全部工种": [["代码", "名称"], *([one.code, one.name] for one in trades() if one.level == _LEAF)],
    }
    return attachment("代码表.xlsx", await asyncio.to_thread(write_book, book))


def _all_or_nothing(request: AnyRequest, uow: UnitOfWork, principal: Principal, settings: Settings) -> Step:
    async def show(_: UnitOfWork, error: LinggongError) -> Response[bytes]:
        return _page(request, principal, settings, error=error)

    return shown(request, uow, show, LinggongError)


async def _upload(request: AnyRequest, settings: Settings) -> tuple[str, bytes]:
    file = (await pages.form_values(request)).get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise Invalid([Fault("file", "请先选一个 csv 或 xlsx 文件。", "required")])
    data = await file.read()
    if len(data) > settings.upload_max_bytes:
        raise TooLarge(f"文件太大，最多 {settings.upload_max_bytes // 1_000_000} MB，请分几次交。")
    return file.filename[-120:], data


async def _refused(
    request: AnyRequest, principal: Principal, settings: Settings, secrets: Secrets, what: str, report: Any
) -> Response[bytes]:
    href = ""
    if report.annotated is not None:
        kept = Copy(report.annotated_name or "错误.csv", report.annotated)
        token = await asyncio.to_thread(keep_copy, settings, secrets, principal, kept)
        href = f"/desk/import/copy/{token}"
    outcome = _Outcome(what, report.rows, report.faults, href)
    return _page(request, principal, settings, outcome=outcome)


def _place(principal: Principal, token: str) -> str:
    return f"copy.{principal.id}.{token}"


def keep_copy(settings: Settings, secrets: Secrets, principal: Principal, kept: Copy) -> str:
    """Keep a copy sealed beside the database's data: it holds numbers of people. Copies of an hour ago are removed."""
    folder = Path(settings.data_dir) / "copies"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.stat().st_mtime < time.time() - _KEPT:
            old.unlink(missing_ok=True)
    token = random.token_urlsafe(24)
    text = base64.b64encode(msgspec.msgpack.encode(kept)).decode()
    file = folder / token
    file.touch(mode=0o600)
    file.write_bytes(secrets.sealer.seal(text, _place(principal, token)))
    return token


def read_copy(settings: Settings, secrets: Secrets, principal: Principal, token: str) -> Copy:
    """Return a copy; raises NotFound for another's, and after its hour."""
    if not _TOKEN.fullmatch(token):
        raise NotFound
    file = Path(settings.data_dir) / "copies" / token
    try:
        if file.stat().st_mtime < time.time() - _KEPT:
            raise NotFound
        text = secrets.sealer.open(file.read_bytes(), _place(principal, token))
    except (FileNotFoundError, SealBroken):
        raise NotFound from None
    return msgspec.msgpack.decode(base64.b64decode(text), type=Copy)


def _page(
    request: AnyRequest,
    principal: Principal,
    settings: Settings,
    *,
    outcome: _Outcome | None = None,
    error: LinggongError | None = None,
) -> Response[bytes]:
    return menus.render(
        request,
        principal,
        "desk/import.html",
        status=error.status if error is not None else 422 if outcome is not None else 200,
        error="" if error is None else why(error),
        post_name=principal.acting.node_name,
        rows=ROWS,
        megabytes=settings.upload_max_bytes // 1_000_000,
        outcome=None
        if outcome is None
        else {
            "name": _NAMES[outcome.what],
            "rows": outcome.rows,
            "count": len(outcome.faults),
            "copy_href": outcome.copy_href,
            "faults": outcome.faults[:_TOLD],
        },
    )
