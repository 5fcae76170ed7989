"""Every error becomes a problem (RFC 9457): JSON for the API, a Chinese page for a browser, always with a request id."""

from __future__ import annotations

import secrets as random
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import asyncpg
import msgspec
import sqlalchemy.exc
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.exceptions import NotFoundException as LitestarNotFound
from litestar.utils.scope.state import ScopeState

from linggong.kernel.errors import (
    Conflict,
    Fault,
    Forbidden,
    Invalid,
    LinggongError,
    NotFound,
    NotSignedIn,
    TooLarge,
    TooMany,
)
from linggong.kernel.forms import validate
from linggong.web.refused import Answered

log = structlog.get_logger(__name__)
AnyRequest = Request[Any, Any, Any]

_TITLES = {
    400: ("bad-request", "请求有误", "请检查内容后再试。"),
    404: ("not-found", "没有找到", "网址可能写错了，或者内容已经撤下。请回首页再找。"),
    405: ("method-not-allowed", "不能这样操作", "这个地址不支持这种操作。"),
    413: ("too-large", "内容太大", "请减小文件或内容后再试。"),
    415: ("unsupported-media-type", "格式不支持", "请按说明的格式提交。"),
    503: ("unavailable", "系统正忙", "请过一会儿再试。"),
}


class Replayed(Exception):
    """An idempotent request was answered before: the stored answer is given again."""

    def __init__(self, status: int, content_type: str, body: bytes) -> None:
        super().__init__("replayed")
        self.status, self.content_type, self.body = status, content_type, body


def wants_page(request: AnyRequest) -> bool:
    """Tell whether a person at a browser is asking, not a program."""
    return not request.scope["path"].startswith(
        ("/api/", "/health", "/metrics")
    ) and "text/html" in request.headers.get("accept", "")


def sent_path(request: AnyRequest) -> str:
    """Return the path as it was sent: under a mount the framework strips its beginning."""
    raw: bytes = request.scope.get("raw_path") or b""
    return unquote(raw.partition(b"?")[0].decode("latin-1")) or request.scope["path"]


def _from_database(error: sqlalchemy.exc.DBAPIError | asyncpg.PostgresError) -> LinggongError | None:
    orig = error if isinstance(error, asyncpg.PostgresError) else error.orig
    state = getattr(getattr(orig, "__cause__", None), "sqlstate", None) or getattr(orig, "sqlstate", None)
    match state:
        case "23505":
            return Conflict("这条记录已经有了，请刷新后再看。")
        case "23503" | "42501":
            # A reference to a row that is missing or foreign, or a row outside the wall: nobody learns which.
            return NotFound()
        case "23514" | "23502" | "22001" | "22003":
            return Invalid([Fault("", "有内容超出允许的范围，请检查后再交。", "range")])
        case "23P01":
            return Conflict("这个时间已经有别的活了，请先退掉一个。")
        case "40001" | "40P01" | "55P03":
            return Conflict("刚才有别人也在改，请再试一次。")
        case "22021" | "22P05":
            return Invalid([Fault("", "内容里有不能保存的字符，请删掉后再交。", "characters")])
        case _:
            return None


def _body_read(request: AnyRequest) -> bytes:
    """Return the body as the handler read it; handlers of errors cannot wait for one."""
    body = ScopeState.from_scope(request.scope).body
    return body if isinstance(body, bytes) else b""


def _all_faults(request: AnyRequest, error: ValidationException) -> LinggongError:
    """Validate the body again, field by field, because msgspec stops at the first fault."""
    faults: list[Fault] = []
    field = request.route_handler.parsed_fn_signature.parameters.get("data")
    annotation = getattr(field, "annotation", None)
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        try:
            validate(annotation, msgspec.json.decode(_body_read(request)))
        except Invalid as invalid:
            faults.extend(invalid.faults)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            faults.append(Fault("", "内容不是正确的 JSON。", "json"))
    extra: Any = error.extra or []
    known = {f.field for f in faults}
    if isinstance(extra, list):
        for item in extra:
            key, source = str(item.get("key", "")), item.get("source")
            if source != "body" and key and key not in known:
                faults.append(Fault(key, "写法不对，请检查。"))
    return Invalid(faults or [Fault("", "请求写法不对，请检查。")])


def translate(request: AnyRequest, error: Exception) -> tuple[int, dict[str, object], dict[str, str]]:
    """Return status, problem object and headers of an error; logs what a person must look at."""
    headers: dict[str, str] = {}
    if isinstance(error, ValidationException):
        error = _all_faults(request, error)
    elif isinstance(error, sqlalchemy.exc.DBAPIError | asyncpg.PostgresError):
        error = _from_database(error) or error
    if isinstance(error, LinggongError):
        problem = _problem(error.status, error.code, error.title, error.detail, error.extra)
        if isinstance(error, Invalid):
            problem["errors"] = [_fault(f) for f in error.faults]
        if isinstance(error, TooMany):
            headers["retry-after"] = str(error.retry_after)
        status = error.status
    elif isinstance(error, HTTPException) and error.status_code < 500:
        status = error.status_code
        code, title, detail = _TITLES.get(status, ("bad-request", HTTPStatus(status).phrase, "请检查后再试。"))
        problem = _problem(status, code, title, detail, {})
        headers.update({k: v for k, v in (error.headers or {}).items() if k.lower() == "allow"})
    elif isinstance(error, sqlalchemy.exc.TimeoutError | ConnectionError | OSError):
        log.error("unavailable", error=type(error).__name__)
        status, headers = 503, {"retry-after": "5"}
        problem = _problem(status, *_TITLES[503], {})
    else:
        log.error("unexpected_error", exc_info=error, path=request.scope["path"])
        status = 500
        problem = _problem(
            500, "internal", "系统出错了", "我们已经记下这个问题。请稍后再试，或把编号告诉工作人员。", {}
        )
    problem["instance"] = sent_path(request)
    # An address that no route knows never passed the edge, and gets its number here.
    request_id = request.scope.get("state", {}).get("request_id")
    if request_id is None:
        request_id = headers["x-request-id"] = random.token_hex(8)
    problem["request_id"] = request_id
    return status, problem, headers


def _problem(status: int, code: str, title: str, detail: str, extra: Any) -> dict[str, object]:
    return {"type": f"urn:linggong:problem:{code}", "title": title, "status": status, "detail": detail, **dict(extra)}


def _fault(fault: Fault) -> dict[str, str]:
    return {"field": fault.field, "message": fault.message, "code": fault.code}


def handle(request: AnyRequest, error: Exception) -> Response[Any]:
    """Litestar's exception handler for everything."""
    if isinstance(error, Answered):
        return error.response
    if isinstance(error, Replayed):
        return Response(
            error.body, status_code=error.status, media_type=error.content_type, headers={"idempotent-replayed": "true"}
        )
    status, problem, headers = translate(request, error)
    if wants_page(request):
        from linggong.web.pages import door_to, render_problem

        if status == 401 and request.method == "GET":
            door = door_to(sent_path(request), request.url.query)
            return Response(b"", status_code=303, headers={"location": door, **headers})
        page = render_problem(request, problem)
        return Response(page, status_code=status, media_type="text/html; charset=utf-8", headers=headers)
    return Response(
        msgspec.json.encode(problem), status_code=status, media_type="application/problem+json", headers=headers
    )


HANDLERS: dict[Any, Any] = {Exception: handle, LitestarNotFound: handle, HTTPException: handle}
ERRORS: Sequence[type[LinggongError]] = (Conflict, Forbidden, Invalid, NotFound, NotSignedIn, TooLarge, TooMany)
"""What an operation may answer besides success, for the API description."""
