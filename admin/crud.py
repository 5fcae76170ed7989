"""One table's API: Piccolo reads inside the wall; we ask the permission first, and write through the services."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import pydantic
import sqlalchemy as sa
from piccolo import columns as pc
from piccolo.columns.combination import WhereRaw
from piccolo_api.crud.endpoints import CustomJSONResponse, ParamException, Params, PiccoloCRUD
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from admin import columns, words
from admin.bridge import label_sql, parse_id
from admin.catalogue import RULES, TableRule
from admin.context import visit
from admin.walls import as_sql, wall
from admin.writing import CHANGES, CREATES, REMOVES, changed, local_time
from linggong.kernel.errors import Fault, Forbidden, Invalid, NotFound, TooLarge
from rbac.permissions import Permission
from rbac.rowsecurity import declared

PAGE: Final = 15
MOST_ROWS, MOST_PAGES, MOST_NAMES = 100, 1000, 50
"""Rows and pages that a list gives; whoever needs all of them exports, with a permission and a record."""
_FEWER: Final = 30
"""Rows a page for those who may not export the table."""
_CONTROL = ("__operator", "__match")


class ConsoleCrud(PiccoloCRUD):
    """The reading half of Piccolo's CRUD, with permissions before existence, and our own writing half."""

    rule: TableRule

    def __init__(self, table: Any, schema_extra: dict[str, Any] | None = None, **kwargs: Any) -> None:
        self.rule = table.rule
        self._models: dict[Any, Any] = {}
        super().__init__(table=table, schema_extra=schema_extra, read_only=True, page_size=PAGE, max_joins=0)

    # --- reading ---

    async def rows(self, request: Request) -> Response:
        """Return a page of the list."""
        self._need(self.rule.read)
        params = await self._asked(request)
        most = MOST_ROWS if self.rule.export is None or visit().may(self.rule.export) else _FEWER
        try:
            size, page = int(params.get("__page_size", PAGE)), int(params.get("__page", 1))
        except (TypeError, ValueError):
            raise _bad_query() from None
        if not 0 < page <= MOST_PAGES or size < 1:
            raise _bad_query()
        if size > MOST_ROWS:
            raise TooLarge(f"一页最多 {MOST_ROWS} 条。要整份名单，请用“导出”。")
        params["__page_size"] = str(min(size, most))
        return await self._piccolo(self.get_all(request, params=params))

    async def found(self, request: Request, most: int) -> list[dict[str, Any]]:
        """Return all rows that a list's filter finds and that may be exported, with the names of references.

        Reading is one permission and exporting another: a row must lie inside both.
        """
        params = self._split_params(await self._asked(request))
        named = [self.table._get_related_readable(c) for c in self.table._meta.foreign_key_columns]
        query = self._apply_filters(self.table.select(*self.table._meta.columns, *named), params)
        if self.rule.export is not None:
            query = query.where(WhereRaw(as_sql(wall(visit(), self.rule.table, self.rule.export))))
        for order in params.order_by or []:
            query = query.order_by(order.column, ascending=order.ascending)
        rows: list[dict[str, Any]] = await query.limit(most)
        return rows

    async def number(self, request: Request) -> Response:
        """Return how many rows a filter finds."""
        self._need(self.rule.read)
        await self._asked(request)
        return await self._piccolo(self.get_count(request))

    async def names(self, request: Request) -> Response:
        """Return ids with their names, for choosing a reference; never all of a table at once."""
        self._need(self.rule.read)
        key = self.table._meta.primary_key
        named = label_sql(self.rule, self.rule.name)
        query = self.table.select(key, self.table.get_readable())
        if term := request.query_params.get("search"):
            if self.rule.label in declared(self.rule.table).personal:
                raise Forbidden("这些名字是遮盖的，不能按名字找。")
            query = query.where(WhereRaw(f"{named} ILIKE {{}}", f"%{term[:60]}%"))
        try:
            limit = min(int(request.query_params.get("limit") or MOST_NAMES), MOST_NAMES)
            offset = int(request.query_params.get("offset") or 0)
        except ValueError:
            raise _bad_query() from None
        if limit < 1 or not 0 <= offset <= MOST_NAMES * MOST_PAGES:
            raise _bad_query()
        found = await query.order_by(key).limit(limit).offset(offset)
        return JSONResponse({str(row[key._meta.name]): row["readable"] for row in found})

    async def one(self, request: Request) -> Response:
        """Return a row; missing and foreign ids are the same 404."""
        self._need(self.rule.read)
        return await self._shown(request, self._id(request))

    async def described(self, request: Request) -> Response:
        """Return the table's schema with Chinese titles, and which columns are fixed."""
        self._need(self.rule.read)
        response = await self.get_schema(request)
        schema = json.loads(bytes(response.body))
        may_change = visit().may(self.rule.update) or visit().may(self.rule.create)
        for name, told in schema["properties"].items():
            told["title"] = words.column_label(self.rule.name, name)
            told["extra"]["readonly"] = not may_change or name not in self.rule.editable
            told["extra"]["help_text"] = None
            if not told["extra"]["choices"]:
                told["extra"]["shown_as"] = dict(words.shown_as(self.rule.name, name))
        # What may be changed comes first, in the order of the rule: nobody searches for it below thirty fixed values.
        first = [name for name in self.rule.editable if name in schema["properties"]] if may_change else []
        order = [
            *dict.fromkeys([*first, *(c for c in self.rule.shown if c in schema["properties"]), *schema["properties"]])
        ]
        schema["properties"] = {name: schema["properties"][name] for name in order}
        schema["title"], schema["extra"]["help_text"] = words.table_label(self.rule.name), None
        return JSONResponse(schema)

    async def blank(self, request: Request) -> Response:
        """Return what a new row's form starts with."""
        self._need(self.rule.create)
        return JSONResponse(dict.fromkeys(self.rule.editable))

    async def referring(self, request: Request) -> Response:
        """Return the tables that refer to this one, those that the visitor may read."""
        self._need(self.rule.read)
        found = [
            {
                "tableName": (other := key._meta.table._meta.tablename),
                "columnName": key._meta.name,
                "label": words.column_label(other, key._meta.name),
            }
            for key in self.table._meta.foreign_key_references
            if visit().may(RULES[key._meta.table._meta.tablename].read)
        ]
        return JSONResponse({"references": found})

    # --- writing ---

    async def create(self, request: Request) -> Response:
        """Make a row through its service."""
        given = await self._given(request, self.rule.create, CREATES)
        made = await CREATES[self.rule.name](visit(), self._parsed(given))
        return JSONResponse([{"id": str(made)}], 201)

    async def change(self, request: Request) -> Response:
        """Change what differs: the form sends every field back, times cut short and JSON laid out anew."""
        row_id = self._id(request, self.rule.update)
        given = await self._given(request, self.rule.update)
        present, table = visit(), self.rule.table
        permission = self.rule.update or self.rule.read
        key = next(iter(table.primary_key.columns))
        mine = sa.and_(key == row_id, wall(present, table, permission))
        stored = (await present.opened().execute(sa.select(table).where(mine).with_for_update())).mappings().first()
        if stored is None:
            raise NotFound
        new, faults = changed(stored, self._parsed(given), self._comparable()), []
        for name in [n for n in new if n not in self.rule.editable]:
            faults.append(Fault(name, f"“{words.column_label(self.rule.name, name)}”不能在这里改。", "fixed"))
        if faults:
            raise Invalid(faults)
        if new:
            await CHANGES[self.rule.name](present, row_id, new)
        return await self._shown(request, row_id)

    async def remove(self, request: Request) -> Response:
        """Delete a row through its service."""
        row_id = self._id(request, self.rule.delete)
        if self.rule.name not in REMOVES:
            raise Forbidden
        await REMOVES[self.rule.name](visit(), row_id)
        return Response(status_code=204)

    # --- inside ---

    def _need(self, permission: Permission | None) -> Permission:
        if permission is None or not visit().may(permission):
            raise Forbidden("您现在的岗位不能做这件事。需要的话，请切换岗位或联系管理员。")
        return permission

    def _id(self, request: Request, permission: Permission | None = None) -> Any:
        self._need(permission or self.rule.read)
        found = parse_id(self.rule.table, request.path_params["row_id"])
        if found is None:
            raise NotFound
        return found

    async def _given(self, request: Request, permission: Permission | None, by: Mapping[str, Any] = CHANGES) -> Any:
        self._need(permission)
        if self.rule.name not in by:
            raise Forbidden
        try:
            given = json.loads(await request.body())
        except ValueError:
            given = None
        if not isinstance(given, dict):
            raise Invalid([Fault("", "内容不是正确的 JSON。", "json")])
        return self._clean_data(given)

    def _parsed(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return the given fields as values of their columns; raises Invalid with every fault."""
        known = {c._meta.name: c for c in self.table._meta.columns}
        faults = [Fault(name, "没有这一列。", "unknown") for name in given if name not in known]
        wanted = {n: v for n, v in given.items() if n in known and not isinstance(known[n], columns.Masked)}
        try:
            model = self._kept("optional", lambda: self.pydantic_model_optional)(**wanted)
        except pydantic.ValidationError as error:
            raise Invalid(
                faults + [Fault(str(e["loc"][0]), "写法不对，请检查。", e["type"]) for e in error.errors()]
            ) from None
        for name, column in known.items():
            options = column._meta.get_choices_dict()
            value = getattr(model, name, None) if name in wanted else None
            if options and value is not None and value not in {o["value"] for o in options.values()}:
                faults.append(Fault(name, "请从列出的里面选。", "choice"))
        if faults:
            raise Invalid(faults)
        return {name: local_time(getattr(model, name)) for name in wanted}

    def _comparable(self) -> frozenset[str]:
        """Columns whose shown value is the stored one: neither masked nor a place's id in the place of its path."""
        skipped = (columns.Masked, columns.NodeRef)
        return frozenset(c._meta.name for c in self.table._meta.columns if not isinstance(c, skipped))

    async def _shown(self, request: Request, row_id: Any) -> Response:
        named = [self.table._get_related_readable(c) for c in self.table._meta.foreign_key_columns]
        key = self.table._meta.primary_key
        row = await self.table.select(*self.table._meta.columns, *named).where(key == row_id).first()
        if not row:
            raise NotFound
        model = self._kept("one", lambda: self._pydantic_model_output(include_readable=True))
        return CustomJSONResponse(model(**row).model_dump_json())

    async def _asked(self, request: Request) -> dict[str, Any]:
        """Return the query of a list, checked: no filter or order by what is masked."""
        params = self._parse_params(request.query_params)
        known = self._columns()
        try:
            asked = self._split_params(params)
        except (ParamException, ValueError):
            raise _bad_query() from None
        named = set(asked.fields) | set(asked.operators) | set(asked.match_types)
        named |= {order.column._meta.name for order in asked.order_by or []}
        if any(isinstance(known.get(name), columns.Masked) for name in named):
            raise Forbidden("这一列是遮盖的，不能按它筛选或排序。")
        plain = {n: v for n, v in asked.fields.items() if not isinstance(known.get(n), columns.NodeRef)}
        try:
            self.pydantic_model_filters(**plain)
        except pydantic.ValidationError:
            raise _bad_query() from None
        if named - set(known):
            raise _bad_query()
        return params

    def _apply_filters(self, query: Any, params: Params) -> Any:
        """Add the filters: of a place with all below it, of days and instants in our own time zone."""
        places = {n: v for n, v in params.fields.items() if isinstance(self._columns().get(n), columns.NodeRef)}
        for name, value in places.items():
            del params.fields[name]
            own = self._columns()[name]._meta.get_full_name(with_alias=False)
            if value is None:
                missing = params.operators[name].__name__ == "IsNull"
                query = query.where(WhereRaw(f"{own} IS {'' if missing else 'NOT '}NULL"))
                continue
            top = "(SELECT top.path FROM nodes top WHERE top.id::text = {})"
            below = f"{own} >= {top} AND {own} < {top} || '~'"
            query = query.where(WhereRaw(below, str(value), str(value)))
        for name, value in list(params.fields.items()):
            column = self._columns().get(name)
            if isinstance(column, pc.Timestamptz) and value is not None:
                params.fields[name] = local_time(pydantic.TypeAdapter(pc.Timestamptz.value_type).validate_python(value))
        return super()._apply_filters(query, params)

    def _columns(self) -> dict[str, pc.Column]:
        return {c._meta.name: c for c in self.table._meta.columns}

    async def _piccolo(self, answer: Any) -> Response:
        """Await one of Piccolo's own answers; its English complaints become one of ours."""
        response: Response = await answer
        if response.status_code >= 400:
            raise _bad_query()
        return response

    def _kept(self, key: Any, make: Any) -> Any:
        """Return a model that is built once: Piccolo builds one at every request."""
        if key not in self._models:
            self._models[key] = make()
        return self._models[key]

    @property
    def pydantic_model_filters(self) -> Any:
        """The filters' model, built once."""
        base: Any = PiccoloCRUD.__dict__["pydantic_model_filters"]
        return self._kept("filters", lambda: base.fget(self))

    def pydantic_model_plural(
        self, include_readable: bool = False, include_columns: tuple[pc.Column, ...] = (), nested: Any = False
    ) -> Any:
        """The list's model, built once for each choice of columns."""
        plural = super().pydantic_model_plural
        key = (include_readable, tuple(c._meta.name for c in include_columns))
        return self._kept(key, lambda: plural(include_readable, include_columns, nested))


def _bad_query() -> Invalid:
    return Invalid([Fault("", "筛选条件写法不对，请检查后再试。", "query")])
