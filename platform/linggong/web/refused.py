"""A page shown again after a form on it was refused: the form filled with what was typed, open, with each wrong field named.

The page is rendered as always; what was typed is then written into the form that was sent, found by its address and its
hidden fields. So a page's template says nothing about refusals, and none of its forms can forget to.

A handler says what follows a refusal in one line around its step: `filled` for a form with something typed in it, `sent_back`
for a lone button, `shown` for a page that has its own way of showing what was typed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from html import escape
from html.parser import HTMLParser
from typing import Any, Final

from jinja2 import Environment
from litestar import Request, Response

from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import (
    Conflict,
    Fault,
    Forbidden,
    Invalid,
    LinggongError,
    SignInFailed,
    TooLarge,
    TooMany,
)
from linggong.web import pages

REFUSED: Final = (Conflict, Invalid, Forbidden, TooLarge, TooMany, SignInFailed)
Refusal = Conflict | Invalid | Forbidden | TooLarge | TooMany | SignInFailed
Attrs = Mapping[str, str | None]
_BLOCKS: Final = ("div", "fieldset")
_OF_SERVICES: Final = {"channel": "pay_way", "happened_at": "hours_ago", "file": "picture", "due_on": "draw_due_on"}
"""Fields that the services call otherwise than the forms do; a sum in fen is typed in yuan."""


class Answered(Exception):
    """A refused step is answered already; the response is given as it is."""

    def __init__(self, response: Response[bytes]) -> None:
        super().__init__("answered")
        self.response = response


class Step:
    """A block in which a step may be refused: then everything in it is undone, and `answer` says what is shown instead.

    What is not a refusal, or not one of `kinds`, goes on as the error that it is.
    """

    def __init__(
        self,
        uow: UnitOfWork | None,
        answer: Callable[[Any], Awaitable[Response[bytes]]],
        kinds: tuple[type[LinggongError], ...] = REFUSED,
    ) -> None:
        self._uow, self._answer, self._kinds = uow, answer, kinds

    async def __aenter__(self) -> None:
        """Enter the block."""

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Answer a refusal."""
        if isinstance(error, self._kinds):
            if self._uow is not None:
                await self._uow.rollback()
            raise Answered(await self._answer(error)) from error


def filled(
    request: Request[Any, Any, Any],
    uow: UnitOfWork,
    show: Callable[[UnitOfWork], Awaitable[Response[bytes]]],
    values: Mapping[str, Any],
) -> Step:
    """A step whose form comes back filled when it is refused."""
    return Step(uow, lambda error: _again(request, uow, show, values, error))


def shown(
    request: Request[Any, Any, Any],
    uow: UnitOfWork,
    show: Callable[[UnitOfWork, Any], Awaitable[Response[bytes]]],
    *kinds: type[LinggongError],
) -> Step:
    """A step after whose refusal `show` gives the page, in a transaction of its own, told of the refusal."""

    async def answer(error: Refusal) -> Response[bytes]:
        async with _fresh(request, uow) as fresh:
            return await show(fresh, error)

    return Step(uow, answer, kinds or REFUSED)


def sent_back(
    request: Request[Any, Any, Any],
    uow: UnitOfWork | None,
    to: str,
    *also: type[LinggongError],
    before: str = "",
    kind: str = "bad",
) -> Step:
    """A lone button's step: refused, it leads back with the reason. Who may not press it at all is told so on a page of its own."""

    async def answer(error: Refusal) -> Response[bytes]:
        return pages.redirect(request, to, say=(before + why(error))[:260], kind=kind)

    return Step(uow, answer, (Conflict, Invalid, TooLarge, TooMany, *also))


def why(error: LinggongError) -> str:
    """Return why a step was refused, in one line."""
    return "".join(f.message for f in error.faults) if isinstance(error, Invalid) else error.detail


def _fresh(request: Request[Any, Any, Any], uow: UnitOfWork) -> AbstractAsyncContextManager[UnitOfWork]:
    """Open a transaction like the one that was undone: that one is over, and what the page shows is read in this."""
    database: Database = request.app.state.database
    return database.begin(uow.actor, uow.scope)


async def _again(
    request: Request[Any, Any, Any],
    uow: UnitOfWork,
    show: Callable[[UnitOfWork], Awaitable[Response[bytes]]],
    values: Mapping[str, Any],
    error: Refusal,
) -> Response[bytes]:
    """Show the page as it is now, the form filled; when it has that form no more, the words above everything else."""
    async with _fresh(request, uow) as fresh:
        response = await show(fresh)
    page = _Page(response.content.decode())
    form = page.sent_to(request.url.path, values)
    if form is None:
        response.content = page.with_note(_words(request, "refused", words=[why(error)])).encode()
    else:
        words, wrong = form.told(error)
        if any(getattr(v, "filename", "") for v in values.values()):
            words.append("文件没有留下，请重新选。")
        told = {
            name: _words(request, "fault", name=name, text=text) for name, text in wrong.items() if name in form.fields
        }
        response.content = page.with_form(form, _words(request, "refused", words=words), values, wrong, told).encode()
    response.status_code = error.status
    if isinstance(error, TooMany):
        response.headers["retry-after"] = str(error.retry_after)
    return response


def _words(request: Request[Any, Any, Any], part: str, **context: Any) -> str:
    environment: Environment = request.app.state.templates
    return environment.get_template(f"parts/{part}.html").render(**context)


class _Block:
    """A field with its label and hint: where its first tag stands and where its last one begins."""

    def __init__(self, tag: str, attrs: Attrs, start: int, stop: int) -> None:
        self.tag, self.attrs, self.start, self.stop = tag, attrs, start, stop
        self.end = stop


class _Form:
    """A form of a page: where it stands, what can be typed into it, and what leads to it."""

    def __init__(self, action: str, end: int, folded: Sequence[tuple[int, int]]) -> None:
        self.actions = [action]
        self.end = end
        self.folded = list(folded)
        self.hidden: dict[str, str] = {}
        self.controls: list[tuple[str, Attrs, int, int]] = []
        """Tag, attributes, where the tag starts and where it ends; options follow their select."""
        self.labels: dict[str, str] = {}
        self.fields: dict[str, _Block] = {}
        """The block that a field stands in with its label, by the field's name."""
        self.inside: dict[int, list[tuple[int, int]]] = {}
        """The folds of the form around a control, by where that starts."""

    def told(self, error: Refusal) -> tuple[list[str], dict[str, str]]:
        """Return what is wrong, each with the words of its field, and the same by the names of the fields."""
        if not isinstance(error, Invalid):
            return [str(error.detail)], {}
        names = {str(a.get("name")): a for tag, a, _, _ in self.controls if tag != "option"}
        found: list[str] = []
        wrong: dict[str, str] = {}
        for fault in error.faults:
            name = self._name(fault, names)
            label = ""
            if name is not None:
                wrong[name] = wrong.get(name, "") + fault.message
                attrs = names[name]
                label = self._label(name, attrs)
            found.append(f"{label}：{fault.message}" if label else fault.message)
        return found, wrong

    def _label(self, name: str, attrs: Attrs) -> str:
        """Return the words of a field: its label, the legend of a group of choices, or what it is called aloud."""
        own = self.labels.get(str(attrs["id"])) if attrs.get("id") else None
        around = self.fields.get(name)
        legend = self.labels.get(f"legend {around.start}") if around is not None else None
        return own or legend or attrs.get("aria-label") or ""

    @staticmethod
    def _name(fault: Fault, names: Mapping[str, Attrs]) -> str | None:
        return next(
            (n for n in (fault.field, fault.field.removesuffix("_fen"), _OF_SERVICES.get(fault.field)) if n in names),
            None,
        )


class _Page(HTMLParser):
    """A page of ours, read for its forms."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = text
        self.forms: list[_Form] = []
        self.main = 0
        self._lines = [0]
        for line in text.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self._folded: list[tuple[int, int]] = []
        self._form: _Form | None = None
        self._blocks: list[_Block] = []
        self._label: str | None = None
        self._aside = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a form consists of."""
        known = dict(attrs)
        row, column = self.getpos()
        start = self._lines[row - 1] + column
        end = start + len(self.get_starttag_text() or "")
        if tag in _BLOCKS:
            self._blocks.append(_Block(tag, known, start, end))
        if tag == "main":
            self.main = end
        elif tag == "details":
            self._folded.append((start, end))
        elif tag == "form":
            self._form = _Form(str(known.get("action") or ""), end, self._folded)
            self.forms.append(self._form)
        elif self._form is None:
            return
        elif tag == "button" and known.get("formaction"):
            self._form.actions.append(str(known["formaction"]))
        elif tag == "input" and known.get("type") == "hidden":
            # An empty one is filled by a script, with where a photo was taken: it does not tell the form from another.
            if known.get("name") != pages.CSRF_FIELD and known.get("value"):
                self._form.hidden[str(known.get("name"))] = str(known.get("value") or "")
        elif tag in ("input", "select", "textarea", "option") and known.get("type") not in ("submit", "button"):
            self._form.controls.append((tag, known, start, end))
            self._form.inside[start] = self._folded[len(self._form.folded) :]
            block = next((b for b in reversed(self._blocks) if "field" in str(b.attrs.get("class")).split()), None)
            if block is not None and block.start > self._form.end:
                self._form.fields.setdefault(str(known.get("name")), block)
        elif tag == "label":
            self._label = known.get("for")
        elif tag == "legend" and self._blocks:
            self._label = f"legend {self._blocks[-1].start}"
        elif tag == "span" and self._label is not None:
            self._aside = known.get("class") == "opt"

    def handle_endtag(self, tag: str) -> None:
        """Leave a form, a fold, a block or a label."""
        if tag in _BLOCKS and self._blocks:
            row, column = self.getpos()
            self._blocks.pop().end = self._lines[row - 1] + column
        if tag == "form":
            self._form = None
        elif tag == "details" and self._folded:
            self._folded.pop()
        elif tag in ("label", "legend"):
            self._label = None
        elif tag == "span":
            self._aside = False

    def handle_data(self, data: str) -> None:
        """Read a label, without what stands beside it."""
        if self._form is not None and self._label is not None and not self._aside and data.strip():
            self._form.labels[self._label] = self._form.labels.get(self._label, "") + data.strip()

    def sent_to(self, path: str, values: Mapping[str, Any]) -> _Form | None:
        """Return the form that was sent, the one that says most about itself; None when the page has it no more."""
        fitting = [
            form
            for form in self.forms
            if any(action.partition("?")[0].rstrip("/") == path.rstrip("/") for action in form.actions)
            and form.controls
            and all(value in _all(values, name) for name, value in form.hidden.items())
        ]
        return max(fitting, key=lambda form: len(form.hidden), default=None)

    def with_note(self, note: str) -> str:
        """Return the page with words above everything else."""
        return self.text[: self.main] + note + self.text[self.main :]

    def with_form(
        self, form: _Form, note: str, values: Mapping[str, Any], wrong: Mapping[str, str], told: Mapping[str, str]
    ) -> str:
        """Return the page with the form filled and open, the words in it, and the wrong fields marked, their words beside them."""
        edits = [(form.end, form.end, note)]
        folds = set(form.folded)
        for name, words in told.items():
            block = form.fields[name]
            bad = _tag(block.tag, {**block.attrs, "class": f"{block.attrs.get('class')} field-bad"})
            edits += [(block.start, block.stop, bad), (block.end, block.end, words)]
        typable = [str(a.get("name")) for tag, a, _, _ in form.controls if tag != "option" and a.get("type") != "file"]
        focus = next((name for name in typable if name in wrong or not wrong), "")
        left = {name: _all(values, name) for name in values}
        select = ""
        for tag, attrs, start, end in form.controls:
            if tag == "option":
                if select in values:
                    edits.append((start, end, _tag(tag, _set(attrs, "selected", attrs.get("value"), values, select))))
                continue
            name, kind, stop, after = str(attrs.get("name")), str(attrs.get("type") or "text"), end, ""
            select = name if tag == "select" else ""
            made = dict(attrs)
            if name in wrong:
                beside = f"{name}-refused" if name in told else "refused"
                made |= {
                    "aria-invalid": "true",
                    "aria-describedby": f"{attrs.get('aria-describedby') or ''} {beside}".strip(),
                }
                folds |= set(form.inside[start])
            if name == focus:
                made["autofocus"], focus = None, ""
            if kind in ("checkbox", "radio"):
                made = _set(made, "checked", attrs.get("value") or "on", values, name)
                folds |= set(form.inside[start]) if "checked" in made else set()
            elif tag == "input" and kind not in ("password", "file") and left.get(name):
                made["value"] = left[name].pop(0)
            elif tag == "textarea" and left.get(name):
                stop, after = self.text.index("</textarea", end), "\n" + escape(left[name].pop(0))
            edits.append((start, stop, _tag(tag, made) + after))
        edits += [(end - 1, end - 1, " open") for start, end in folds if " open" not in self.text[start:end]]
        done, at = [], 0
        for start, stop, text in sorted(edits):
            done += [self.text[at:start], text]
            at = stop
        return "".join([*done, self.text[at:]])


def _all(values: Mapping[str, Any], name: str) -> list[str]:
    found = values.get(name)
    return [v for v in (found if isinstance(found, list) else [found]) if isinstance(v, str)]


def _set(attrs: Attrs, mark: str, value: str | None, values: Mapping[str, Any], name: str) -> dict[str, str | None]:
    made = {k: v for k, v in attrs.items() if k != mark}
    return made | {mark: None} if value in _all(values, name) else made


def _tag(tag: str, attrs: Attrs) -> str:
    said = "".join(f" {k}" if v is None else f' {k}="{escape(v)}"' for k, v in attrs.items())
    return f"<{tag}{said}>"
