"""Every operation of the app, found by itself: the routes, the OpenAPI document, and what the pages' code reads.

Nobody lists operations. What an operation takes comes from the document (parameters, body schema); pages that are not in
it are read by their source: the names that the module takes from a form, and the words that it knows.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from litestar import Litestar
from litestar.enums import RequestEncodingType
from litestar.types import Empty

from rbac.permissions import Permission

_SLOT = re.compile(r"\{(\w+)(?::(\w+))?\}")
_ID_LIKE = re.compile(
    r"(^|_)(id|ids|one|worker|workers|order|orders|employer|person|staff|node|path|post|tenant|place|station|"
    r"assignment|engagement|bill|payment|session|hat|contract|edit|source|candidate|after|parent|ref|area|code12|row|pk|chain)s?$"
)
_WORDY = re.compile(r"[a-z][a-z0-9_.-]{1,28}")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place where an id can be put: `where` is path, query, body or form; `name` may be dotted for nested bodies."""

    where: str
    name: str
    kind: str = ""
    """The table whose key stands there, as the name tells; '' when it does not."""
    type: str = ""
    """What the route takes in a path: str, uuid, int, path."""


@dataclass(slots=True)
class Operation:
    """One method of one route."""

    method: str
    path: str
    permission: str
    also: str = ""
    """Another permission that is needed to come in at all."""
    slots: list[Slot] = field(default_factory=list)
    query: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Schemas of the query parameters."""
    always: frozenset[str] = frozenset()
    """Query parameters that must be there."""
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The OpenAPI document, for references."""
    body: Mapping[str, Any] | None = None
    """Schema of the body."""
    encoding: str = ""
    """json, form, multipart or ''."""
    fields: tuple[str, ...] = ()
    """Names that the page's module reads from forms."""
    words: tuple[str, ...] = ()
    """Words that the page's module knows: steps, answers, choices."""

    @property
    def key(self) -> str:
        """Return what it is called in reports."""
        return f"{self.method} {self.path}"

    @property
    def is_read(self) -> bool:
        """Tell whether it must change nothing."""
        return self.method in ("GET", "HEAD")


def table_of(name: str) -> str:
    """Return the table whose key a parameter of this name holds, '' when the name does not tell."""
    known = {
        "person": "persons", "worker": "persons", "employer": "employers", "order": "orders", "source": "orders",
        "edit": "orders", "node": "nodes", "engagement": "engagements", "assignment": "assignments", "bill": "bills",
        "payment": "payments", "proposal": "merge_proposals", "candidate": "persons", "staff": "staff",
        "post": "role_assignments", "ref": "orders", "batch": "import_batches", "hat": "role_assignments",
        "account": "staff", "event": "events", "link": "service_links", "rule": "casbin_rule", "chain": "nodes", "contract": "operator_contracts",
        "transfer": "wechat_transfers", "service_entry": "service_entries",
    }  # fmt: skip
    from linggong.tables import metadata

    stem = name.rsplit(".", 1)[-1].removesuffix("_ids").removesuffix("_id").removesuffix("s")
    if stem in known:
        return known[stem]
    return next((t for t in (stem, stem + "s", stem + "es") if t in metadata.tables), "")


def operations(app: Litestar) -> list[Operation]:
    """Return every operation of the app, whatever it is."""
    document = app.openapi_schema.to_schema()
    found = []
    for route in app.routes:
        for handler in _handlers(route):
            for method in sorted(getattr(handler, "http_methods", ()) or ()):
                if method in ("OPTIONS", "HEAD"):
                    continue
                found.append(_operation(method, route, handler, document))
    _leave_to_others(found)
    return sorted(found, key=lambda o: (o.path, o.method))


def _leave_to_others(found: list[Operation]) -> None:
    """Take out the words that would make an operation's address that of another one: /phone beside /{answer}."""
    known = {o.path for o in found}
    for operation in found:
        holes = [s.name for s in operation.slots if s.where == "path"]
        operation.words = tuple(
            w for w in operation.words if not any(operation.path.replace("{" + h + "}", w) in known for h in holes)
        )


def _handlers(route: Any) -> list[Any]:
    return [route.route_handler] if hasattr(route, "route_handler") else list(route.route_handlers)


def _operation(method: str, route: Any, handler: Any, document: dict[str, Any]) -> Operation:
    permission = handler.opt.get("permission", Permission.PUBLIC_USE)
    path = _SLOT.sub(lambda m: "{" + m[1] + "}", route.path)
    made = Operation(method, path, str(getattr(permission, "value", permission)))
    for name, kind in _SLOT.findall(route.path):
        made.slots.append(Slot("path", name, table_of(name), kind))
    described = document.get("paths", {}).get(path, {}).get(method.lower())
    if described is not None:
        _from_document(made, described, document)
    else:
        _from_signature(made, handler)
    if made.encoding == "" and method != "GET" and described is None:
        made.encoding = "form"
    if made.encoding == "form":
        made.fields = names_read(handler)
        made.words = words_known(handler)
        made.slots += [Slot("form", n, table_of(n)) for n in made.fields if _ID_LIKE.search(n)]
    elif any(s.where == "path" and not s.kind for s in made.slots):
        made.words = words_known(handler)
    return made


def _from_document(made: Operation, described: dict[str, Any], document: dict[str, Any]) -> None:
    made.document = document
    for parameter in described.get("parameters", ()):
        if parameter["in"] == "query":
            made.query[parameter["name"]] = resolve(parameter["schema"], document)
            if parameter.get("required"):
                made.always |= {parameter["name"]}
            if _ID_LIKE.search(parameter["name"]) or _is_uuid(parameter["schema"], document):
                made.slots.append(Slot("query", parameter["name"], table_of(parameter["name"])))
    for media, content in described.get("requestBody", {}).get("content", {}).items():
        made.encoding = "multipart" if media == RequestEncodingType.MULTI_PART else "json"
        made.body = content["schema"]
        made.slots += [Slot("body", n, table_of(n)) for n in id_fields(content["schema"], document)]


def _from_signature(made: Operation, handler: Any) -> None:
    taken = {s.name for s in made.slots} | {"request", "uow", "principal", "database", "secrets", "settings", "hub"}
    signature = getattr(handler, "parsed_fn_signature", None)
    if signature is None:
        return
    for name in signature.parameters:
        if name in taken or name == "data":
            continue
        alias = name.rstrip("_")
        if signature.parameters[name].default is Empty:
            made.always |= {alias}
        made.query[alias] = {"type": "string"}
        if _ID_LIKE.search(alias):
            made.slots.append(Slot("query", alias, table_of(alias)))


def resolve(schema: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema with its reference followed and the null of an optional left out."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    for choice in ("oneOf", "anyOf"):
        if choice in schema:
            real = [s for s in schema[choice] if s.get("type") != "null"]
            if real:
                return resolve(real[0], document)
    return dict(schema)


def _is_uuid(schema: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    return resolve(schema, document).get("format") == "uuid"


def id_fields(
    schema: Mapping[str, Any], document: Mapping[str, Any], before: str = "", depth: int = 0
) -> Iterator[str]:
    """Yield the dotted names of fields in which an id can stand, nested objects and lists included."""
    schema = resolve(schema, document)
    if depth > 5:
        return
    if "items" in schema:
        yield from id_fields(schema["items"], document, before, depth + 1)
        item = resolve(schema["items"], document)
        if item.get("format") == "uuid" or (before and _ID_LIKE.search(before) and item.get("type") == "string"):
            yield before
    for name, part in schema.get("properties", {}).items():
        whole = f"{before}.{name}" if before else name
        inner = resolve(part, document)
        if "properties" in inner or "items" in inner:
            yield from id_fields(inner, document, whole, depth + 1)
        elif inner.get("format") == "uuid" or (_is_text(inner) and _ID_LIKE.search(name)):
            yield whole


def _is_text(schema: Mapping[str, Any]) -> bool:
    kind = schema.get("type")
    return (kind == "string" or (isinstance(kind, list) and "string" in kind)) and "enum" not in schema


@cache
def _parsed(module: Any) -> ast.Module:
    return ast.parse(inspect.getsource(module))


def _module(handler: Any) -> Any:
    return inspect.getmodule(inspect.unwrap(handler.fn))


def looks_like_id(name: str) -> bool:
    """Tell whether a field of this name may hold an id or a place."""
    return bool(_ID_LIKE.search(name))


def names_read(handler: Any) -> tuple[str, ...]:
    """Return the names that the handler's module takes out of mappings: the fields of its forms, and some more."""
    return names_in(_module(handler))


def names_in(module: Any) -> tuple[str, ...]:
    """Return the names that a module takes out of mappings."""
    names: set[str] = set()
    for node in ast.walk(_parsed(module)):
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.slice, ast.Constant)
            and isinstance(node.slice.value, str)
        ):
            names.add(node.slice.value)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("get", "getall", "pop")
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
        ):
            names.add(node.args[0].value)
    for value in vars(module).values():
        # Forms are structs that the module converts posted fields into.
        if (
            isinstance(value, type)
            and hasattr(value, "__struct_fields__")
            and value.__name__.endswith(("Form", "Input"))
        ):
            names.update(value.__struct_fields__)
    return tuple(sorted(n for n in names if re.fullmatch(r"\w{1,40}", n)))


def words_known(handler: Any) -> tuple[str, ...]:
    """Return the short words in the handler's module: what a step or an answer in an address may be."""
    words = {
        node.value
        for node in ast.walk(_parsed(_module(handler)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _WORDY.fullmatch(node.value)
    }
    return tuple(sorted(words))
