"""Small named errors. Each carries an HTTP status, a stable code and Chinese words that say what to do (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one field of a form; `field` is a dotted path, '' for the form as a whole."""

    field: str
    message: str
    code: str = "invalid"


class LinggongError(Exception):
    """Base of every error that a user may see."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad-request"
    title: ClassVar[str] = "请求有误"

    def __init__(self, detail: str = "", **extra: object) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.extra: Mapping[str, object] = extra


class Invalid(LinggongError):
    """The form has faults: all of them, not the first."""

    status = 422
    code = "invalid"
    title = "填写有误"

    def __init__(self, faults: Sequence[Fault], detail: str = "") -> None:
        super().__init__(detail or f"有 {len(faults)} 处要改：" + "；".join(f.message for f in faults[:3]))
        self.faults = tuple(faults)


class NotSignedIn(LinggongError):
    """Nobody is signed in and the operation needs somebody."""

    status = 401
    code = "not-signed-in"
    title = "请先登录"


class SignInFailed(LinggongError):
    """Wrong name, password or code; never says which."""

    status = 401
    code = "sign-in-failed"
    title = "登录没有成功"


class Forbidden(LinggongError):
    """Signed in, but this operation is not for this post."""

    status = 403
    code = "forbidden"
    title = "您现在的岗位不能做这件事"


class NotFound(LinggongError):
    """Missing and foreign ids answer alike, byte for byte."""

    status = 404
    code = "not-found"
    title = "没有找到"

    def __init__(self) -> None:
        super().__init__("没有找到这条记录，或者它不归您所在的岗位管。")


class Conflict(LinggongError):
    """The state changed under the reader, or the step does not fit the state."""

    status = 409
    code = "conflict"
    title = "现在不能这样做"


class TooLarge(LinggongError):
    """The body is larger than the operation takes."""

    status = 413
    code = "too-large"
    title = "内容太大"


class TooMany(LinggongError):
    """A limit of tries was met; `retry_after` is in seconds."""

    status = 429
    code = "too-many"
    title = "操作太频繁"

    def __init__(self, detail: str = "", retry_after: int = 60) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
