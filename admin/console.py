"""The console's doors: a closed list of routes, one scoped transaction each, and nothing sent before the commit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, cast

from piccolo import columns as pc
from piccolo_admin import endpoints
from piccolo_admin.endpoints import AdminRouter, FormConfig, GroupedTableNamesResponseModel, TableConfig
from piccolo_admin.translations.data import SIMPLIFIED_CHINESE
from piccolo_admin.translations.models import Translation
from piccolo_api.crud.endpoints import OrderBy
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route

from admin import chrome, exporting, frame_words, internals, media, pacing
from admin.bridge import tables
from admin.catalogue import GROUPS, RULES
from admin.context import Visit, visit, visiting
from admin.crud import ConsoleCrud
from admin.forms import FORMS, FormRule
from linggong.kernel.errors import Fault, Forbidden, Invalid, LinggongError, NotFound
from rbac.permissions import Permission

Endpoint = Callable[[Request], Awaitable[Response]]
SITE: Final = "数据后台"


class NotAllowed(LinggongError):
    """The address knows no such method: PUT anywhere, a change of what is only read."""

    status = 405
    code = "method-not-allowed"
    title = "这里不能这样操作"


@dataclass(frozen=True, slots=True)
class Door:
    """One reachable operation: how it is addressed, what it needs, and whether it only reads.

    `permission` None means console:use alone; `alone` that the service behind it opens its own transaction; `still` that
    it touches no row at all.
    """

    method: str
    path: str
    table: str
    permission: Permission | None
    endpoint: Endpoint
    alone: bool = False
    still: bool = False
    reads: bool = False


class Router(AdminRouter):
    """Piccolo Admin with our lists: what Casbin lets this person read, in the order of the work."""

    def get_table_list_grouped(self) -> GroupedTableNamesResponseModel:
        """Return the tables that the visitor may read, by group."""
        mine = [r for r in RULES.values() if visit().may(r.read)]
        grouped = {g: [r.name for r in mine if r.group == g] for g in GROUPS}
        return GroupedTableNamesResponseModel(grouped={g: names for g, names in grouped.items() if names})

    def get_table_list(self) -> list[str]:
        """Return the tables that the visitor may read."""
        return [r.name for r in RULES.values() if visit().may(r.read)]


def _config(name: str) -> TableConfig:
    rule, table = RULES[name], tables()[name]
    column = table._meta.get_column_by_name
    order = rule.newest or rule.label
    return TableConfig(
        table,
        visible_columns=[column(c) for c in rule.shown],
        visible_filters=[
            column(c) for c in rule.shown if c != "id" and not c.endswith("_fen") and not _closed(name, c)
        ],
        link_column=None if rule.shown[0] in {"id", rule.table.primary_key.columns[0].name} else column(rule.shown[0]),
        order_by=[OrderBy(column(order), ascending=not rule.newest)] if not _closed(name, order) else None,
        menu_group=rule.group,
        media_storage=[media.RowStorage(cast(pc.Varchar, column(rule.media)), allowed_extensions=list(media.TYPES))]
        if rule.media
        else None,
    )


def _closed(table: str, column: str) -> bool:
    from admin.columns import Masked

    return isinstance(tables()[table]._meta.get_column_by_name(column), Masked)


async def _unused(request: Any, data: Any) -> str:
    raise RuntimeError("forms run through their doors")


@cache
def build() -> Console:
    """Build the console of this process; raises WrongPiccolo when the release is not the one we know."""
    internals.check()
    made: dict[str, ConsoleCrud] = {}

    def crud(**kwargs: Any) -> ConsoleCrud:
        one = ConsoleCrud(**kwargs)
        made[one.rule.name] = one
        return one

    # AdminRouter would wrap each table in FastAPI routes of its own, with its own permissions and errors: ours take their place.
    theirs: Any = endpoints
    kept = theirs.PiccoloCRUD, theirs.FastAPIWrapper
    theirs.PiccoloCRUD, theirs.FastAPIWrapper = crud, lambda **_: None
    try:
        router = Router(
            *(_config(name) for name in RULES),
            forms=[
                FormConfig(f.name, f.model, _unused, description=f.words, form_group=f.group) for f in FORMS.values()
            ],
            site_name=SITE,
            default_language_code="zh-CN",
            translations=[_translation()],
        )
    finally:
        theirs.PiccoloCRUD, theirs.FastAPIWrapper = kept
    return Console(router, made)


def _translation() -> Translation:
    return Translation(
        language_name="简体中文",
        language_code="zh-CN",
        translations={**SIMPLIFIED_CHINESE.translations, **frame_words.FRAME},
    )


class Console:
    """The console's application; `handle` answers one request of a signed-in member of staff."""

    def __init__(self, router: Router, cruds: dict[str, ConsoleCrud]) -> None:
        self.router, self.cruds = router, cruds
        self.doors = tuple(self._doors())
        # Fixed segments before named ones, as /schema/ before /{row_id}/.
        order = sorted(self.doors, key=lambda d: ("{" in d.path, d.path.count("{"), -len(d.path)))
        self._routes = [(Route(d.path, d.endpoint, methods=[d.method]), d) for d in order]

    async def handle(self, present: Visit, scope: Any, receive: Any) -> Response:
        """Answer a request, its transaction committed; errors are raised, everything rolled back."""
        door, parameters = self._find(scope)
        request = Request({**scope, "path_params": parameters}, receive)
        with visiting(present):
            if door.permission is not None and not present.may(door.permission):
                raise Forbidden("您现在的岗位不能做这件事。需要的话，请切换岗位或联系管理员。")
            if door.still or door.alone:
                return await door.endpoint(request)
            async with AsyncExitStack() as stack:
                read_only = door.reads or door.method == "GET"
                uow = await present.database.open(present.actor, read_only=read_only)
                stack.push_async_callback(uow.close)
                present.uow = uow
                try:
                    response = await door.endpoint(request)
                    if response.status_code >= 400:
                        await uow.rollback()
                    else:
                        await uow.commit()
                except BaseException:
                    await asyncio.shield(uow.rollback())
                    raise
            if response.status_code < 400:
                for step in present.after:
                    await step()
            return response

    def _find(self, scope: Any) -> tuple[Door, dict[str, Any]]:
        elsewhere = False
        for route, door in self._routes:
            match, child = route.matches({**scope, "root_path": "", "app_root_path": ""})
            if match is Match.FULL and scope["method"] == door.method:
                return door, child["path_params"]
            elsewhere = elsewhere or match is not Match.NONE
        raise NotAllowed if elsewhere else NotFound

    # --- the doors ---

    def _doors(self) -> Iterator[Door]:
        yield Door("GET", "/", "", None, self._page, still=True)
        yield Door("GET", "/assets/{name}", "", None, chrome.asset, still=True)
        yield Door("GET", "/public/meta/", "", None, self._meta, still=True)
        yield Door("GET", "/public/translations/", "", None, self._languages, still=True)
        yield Door("GET", "/public/translations/{language}/", "", None, self._language, still=True)
        yield Door("GET", "/api/user/", "", None, self._user, still=True)
        yield Door("GET", "/api/links/", "", None, self._links, still=True)
        yield Door("GET", "/api/tables/", "", None, self._tables, still=True)
        yield Door("GET", "/api/tables/grouped/", "", None, self._grouped, still=True)
        for name, crud in self.cruds.items():
            yield from self._table_doors(name, crud)
        yield Door("GET", "/api/forms/", "", None, self._forms, still=True)
        yield Door("GET", "/api/forms/grouped/", "", None, self._forms_grouped, still=True)
        for rule in FORMS.values():
            top = f"/api/forms/{rule.slug}/"
            yield Door("GET", top, "", rule.permission, self._form(rule), still=True)
            yield Door("GET", f"{top}schema/", "", rule.permission, self._form_schema(rule), still=True)
            yield Door("POST", top, "", rule.permission, self._form_run(rule), alone=rule.alone)

    def _table_doors(self, name: str, crud: ConsoleCrud) -> Iterator[Door]:
        rule, top = crud.rule, f"/api/tables/{name}/"
        yield Door("GET", top, name, rule.read, pacing.paced(crud.rows))
        yield Door("GET", f"{top}count/", name, rule.read, pacing.paced(crud.number))
        yield Door("GET", f"{top}ids/", name, rule.read, pacing.paced(crud.names))
        yield Door("GET", f"{top}schema/", name, rule.read, crud.described)
        yield Door("GET", f"{top}references/", name, rule.read, crud.referring)
        yield Door("GET", f"{top}{{row_id}}/", name, rule.read, pacing.paced(crud.one))
        if rule.create:
            yield Door("GET", f"{top}new/", name, rule.create, crud.blank)
            yield Door("POST", top, name, rule.create, crud.create)
        if rule.update:
            yield Door("PATCH", f"{top}{{row_id}}/", name, rule.update, crud.change)
        if rule.delete:
            yield Door("DELETE", f"{top}{{row_id}}/", name, rule.delete, crud.remove)
        if rule.export:
            yield Door("POST", f"/api/export/{name}/", name, rule.export, lambda r: exporting.export(crud, r))
        if rule.media:
            column = rule.media
            yield Door("POST", "/api/media/", name, rule.create, self._store)
            yield Door("POST", "/api/media/generate-file-url/", name, rule.read, self._file_url, reads=True)
            yield Door("GET", f"/api/media-files/{name}/{column}/{{key}}", name, rule.read, self._file(name, column))

    # --- the frame ---

    async def _page(self, request: Request) -> Response:
        return chrome.page(visit(), self.router.template)

    async def _meta(self, request: Request) -> Response:
        return _told(self.router.get_meta())

    async def _languages(self, request: Request) -> Response:
        return _told(self.router.get_translation_list())

    async def _language(self, request: Request) -> Response:
        return _told(self.router.get_translation("zh-CN"))

    async def _user(self, request: Request) -> Response:
        who = visit().principal
        return JSONResponse({"username": f"{who.name}（{who.acting.node_name}）", "user_id": str(who.id)})

    async def _links(self, request: Request) -> Response:
        return JSONResponse({"返回业务系统": "/"})

    async def _tables(self, request: Request) -> Response:
        return JSONResponse(self.router.get_table_list())

    async def _grouped(self, request: Request) -> Response:
        return _told(self.router.get_table_list_grouped())

    # --- forms ---

    async def _forms(self, request: Request) -> Response:
        return JSONResponse([_form_told(f) for f in FORMS.values() if visit().may(f.permission)])

    async def _forms_grouped(self, request: Request) -> Response:
        mine = [f for f in FORMS.values() if visit().may(f.permission)]
        groups = dict.fromkeys(f.group for f in mine)
        return JSONResponse(
            {"ungrouped": [], "grouped": {g: [_form_told(f) for f in mine if f.group == g] for g in groups}}
        )

    def _form(self, rule: FormRule) -> Endpoint:
        async def tell(request: Request) -> Response:
            return JSONResponse(_form_told(rule))

        return tell

    def _form_schema(self, rule: FormRule) -> Endpoint:
        async def describe(request: Request) -> Response:
            return JSONResponse(rule.model.model_json_schema())

        return describe

    def _form_run(self, rule: FormRule) -> Endpoint:
        async def run(request: Request) -> Response:
            return JSONResponse({"custom_form_success": await rule.run(visit(), await _filled(rule.model, request))})

        return run

    # --- files ---

    def _storage(self, table: Any, column: Any) -> media.RowStorage:
        config = self.router.table_config_map.get(table) if isinstance(table, str) else None
        for storage in (config.media_storage if config else None) or ():
            if storage.column._meta.name == column and isinstance(storage, media.RowStorage):
                return storage
        raise NotFound

    async def _store(self, request: Request) -> Response:
        async with request.form(max_files=1, max_fields=5) as form:
            storage = self._storage(form.get("table_name"), form.get("column_name"))
            upload = form.get("file")
            if upload is None or isinstance(upload, str):
                raise Invalid([Fault("file", "请选一个文件。", "required")])
            key = await storage.store_file(upload.filename or "", upload.file)
        return JSONResponse({"file_key": key})

    async def _file_url(self, request: Request) -> Response:
        try:
            asked = json.loads(await request.body())
            table, column, key = asked["table_name"], asked["column_name"], asked["file_key"]
        except (ValueError, TypeError, KeyError):
            raise NotFound from None
        storage = self._storage(table, column)
        root = f"./api/media-files/{table}/{column}/"
        return JSONResponse({"file_url": await storage.generate_file_url(str(key), root)})

    def _file(self, table: str, column: str) -> Endpoint:
        async def serve(request: Request) -> Response:
            key = request.path_params["key"]
            file = await self._storage(table, column).get_file(key)
            with file:
                content = await asyncio.to_thread(file.read)
            kind = media.TYPES[key.rpartition(".")[2]]
            headers = {"content-security-policy": "default-src 'none'", "cache-control": "private, no-store"}
            return Response(content, media_type=kind, headers=headers)

        return serve


async def _filled(model: type[BaseModel], request: Request) -> BaseModel:
    from pydantic import ValidationError

    try:
        return model.model_validate(json.loads(await request.body()))
    except ValidationError as error:
        faults = [Fault(str(e["loc"][0]) if e["loc"] else "", _fault_words(e), e["type"]) for e in error.errors()]
        raise Invalid(faults) from None
    except ValueError:
        raise Invalid([Fault("", "内容不是正确的 JSON。", "json")]) from None


def _fault_words(error: Any) -> str:
    match error["type"]:
        case "missing" | "string_too_short":
            return "请填写。"
        case "uuid_parsing" | "uuid_type":
            return "请从列表里选一个。"
        case "string_too_long":
            return f"太长了，最多 {error['ctx']['max_length']} 个字。"
        case _:
            return "写法不对，请检查。"


def _form_told(rule: FormRule) -> dict[str, str]:
    return {"name": rule.name, "slug": rule.slug, "description": rule.words}


def _told(model: BaseModel) -> Response:
    return Response(model.model_dump_json(), media_type="application/json")
