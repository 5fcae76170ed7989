"""Compares an answer with the oracle: what leaked, what was written outside, what should have been refused or should not."""

from __future__ import annotations

import re
from dataclasses import dataclass

from linggong.prove.city import Subject
from linggong.prove.client import Answer, Ask
from linggong.prove.held import Change
from linggong.prove.operations import Operation
from linggong.prove.oracle import ACCOUNTS, Oracle
from linggong.prove.plan import Case
from linggong.prove.world import TOKEN, Row, public_tables

LEAK, OUTSIDE, MISMATCH = "leak", "write outside", "oracle mismatch"
_OPEN = frozenset({"board:read", "node:read", "parameter:read", "public:use"})
"""Permissions under which public rows are found by their key."""
CARDS = frozenset(
    {
        "GET /api/v1/workers/{person_id}/card",
        "GET /desk/people/{person_id}",
        "POST /desk/people/{person_id}/reveal",
        "GET /api/v1/orders/{order_id}/cover",
        "GET /desk/courses/{course_id}",
        "GET /bureau/cards/{score_card_id}",
        "GET /employer/fairs/{fair_id}",
    }
)
"""What shows the public card of any worker, and nothing else of him, to every station (no canary may stand in it); and of a
published order, whether somebody can be insured for it: everybody is told before he takes the work.
A course is everybody's to read, and a station brings its people into those of other places; whom others brought it is not told.
A score card is taken over from other places (R123), and a fair is announced to every employer."""
HANDED_OUT = frozenset(
    {"POST /office/contracts/{contract_id}/handover/export", "POST /outreach/visits/{visit_id}/phone"}
)
"""What gives numbers to whoever sees their rows, with a record: a county's bureau its own people's (R011), and whom a visit met,
who is no employer of ours yet, to the officer who has to call him (R054)."""
CONSOLE_READS = (
    "staff:read",
    "person:read",
    "employer:read",
    "order:read",
    "engagement:read",
    "operator:read",
    "bill:read",
)
"""What a readable name in the console may come from, when the reader holds it."""
_VARYING = frozenset({"x-request-id", "date", "content-length"})
SURFACES = (("/employer", "employer"), ("/my/", "worker"))
_MARKS = frozenset({"seen_at", "expires_at"})


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be; `told` is the request that shows it again."""

    kind: str
    what: str
    told: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}\n    {self.told}"


@dataclass(slots=True)
class Judge:
    """Judges by the oracle."""

    oracle: Oracle

    def judge(self, case: Case, answer: Answer) -> list[Finding]:
        """Return what is wrong with an answer."""
        ask, operation, subject = case.ask, case.operation, case.subject
        found = [(LEAK, w) for w in self.leaks(operation, subject, ask, answer)]
        found += [(OUTSIDE, w) for w in self.outside(operation, subject, answer.changes)]
        wrong = self._wrong(case, answer)
        if wrong:
            found.append((MISMATCH, f"{wrong} (answered {answer.status})"))
        return [Finding(kind, what, ask.told()) for kind, what in found]

    def leaks(self, operation: Operation, subject: Subject, ask: Ask, answer: Answer) -> list[str]:
        """Return the canaries of rows that the subject may not see."""
        text = answer.text + "\n" + "\n".join(v for _, v in answer.headers)
        tokens = set(TOKEN.findall(text))
        if not tokens:
            return []
        tokens -= set(TOKEN.findall(ask.url + "\n" + ask.body.decode(errors="replace")))
        allowed = self.oracle.tokens(subject, operation.permission)
        if operation.also:
            thing, _, act = operation.permission.partition(":")
            reads = [r for r in CONSOLE_READS if act != "export" or not r.startswith(f"{thing}:")]
            allowed = self.oracle.console_tokens(subject, operation.permission, reads)
        made = {t for _, _, _, after in answer.changes for t in TOKEN.findall(str(after))}
        told = []
        for token in sorted(tokens - allowed):
            if token in self.oracle.world.clear:
                row = self.oracle.world.clear[token]
                given = operation.key in HANDED_OUT and self.oracle.sees(subject, operation.permission, row)
                if not given and not self.oracle.number_may_show(subject, operation.permission, token):
                    told.append(f"number {token} of {self._row(row)}")
            elif token in self.oracle.world.carriers and token not in made:
                if (operation.permission == "engagement:contact" or subject.role == "worker") and any(
                    self.oracle.other_side(subject, r) for r in self.oracle.world.carriers[token]
                ):
                    continue
                told.append(f"{token} of {', '.join(self._row(r) for r in self.oracle.world.carriers[token][:3])}")
        return told

    def _row(self, row: Row) -> str:
        return f"{row.table} {row.key} at {sorted(row.sides.paths)}"

    def outside(self, operation: Operation, subject: Subject, changes: list[Change]) -> list[str]:
        """Return the changes of rows that the subject may not write; a read may change nothing but its session's marks."""
        links: dict[str, set[str]] = {}
        for name, _, _, after in changes:
            if name == "service_links" and after is not None:
                links.setdefault(str(after["subject_id"]), set()).add(after["tenant"])
        beside = [after for name, _, _, after in changes if name == "engagements" and after is not None]
        told = []
        for name, op, before, after in changes:
            if before is not None and after is not None and _same(before, after):
                continue
            if operation.is_read:
                told.append(f"{op} of {name} by a read")
                continue
            for cells in (before, after):
                if cells is None:
                    continue
                sides = self.oracle.world.sides_of(name, cells, links)
                if not self.oracle.writes(subject, operation.permission, name, sides, (before, after), beside):
                    told.append(f"{op} of {name} {cells.get('id', '')} at {sorted(sides.paths)}")
                    break
        return told

    def _wrong(self, case: Case, answer: Answer) -> str:
        operation, subject = case.operation, case.subject
        if answer.status >= 500 and answer.status != 503:
            return "crashed"
        if operation.also and not self.oracle.may_call(subject, operation.also):
            return "" if answer.refused else f"{subject.role} has no {operation.also} and was not refused"
        if not self.oracle.may_call(subject, operation.permission):
            # Inside the console what one may not touch is not there.
            hidden = bool(operation.also) and answer.status == 404
            return (
                "" if answer.refused or hidden else f"{subject.role} has no {operation.permission} and was not refused"
            )
        if (
            operation.is_read
            and answer.status == 401
            and subject.role != "anonymous"
            and operation.permission not in ACCOUNTS
        ):
            return "a session was not known"
        if case.target is None or case.slot is None or case.slot.where != "path" or not case.slot.kind:
            return self._no_target(operation, subject, answer)
        visible = self.oracle.sees(subject, operation.permission, case.target)
        if case.target.table in public_tables() and operation.permission not in _OPEN - {"parameter:read"}:
            visible = any(self.oracle.area(subject, operation.permission).holds(p) for p in case.target.sides.paths)
        if operation.permission == "board:read" and case.target.table == "orders":
            visible = ("board_posts", case.target.key) in self.oracle.world.by_key
        if operation.is_read and not visible and answer.status < 300 and operation.key not in CARDS:
            return f"a foreign row of {case.target.table} was answered"
        if operation.also and not any(p.startswith(subject.path) for p in case.target.sides.paths):
            return ""  # the console shows what lies below the post, of public rows too
        if subject.is_staff and self.oracle.owns(subject, case.target.sides):
            return ""  # his own post and account: shown to him in places, never his to end or to grant
        if operation.is_read and visible and self._is_found(operation, subject, case.target):
            # Other places of ids hold anything, so that only a request with one place tells.
            alone = sum(s.where == "path" for s in operation.slots) == 1 and not case.ask.query
            refused = answer.status in (403, 404) and alone
            return f"refused a row of {case.target.table} that he may see" if refused else ""
        return ""

    def _no_target(self, operation: Operation, subject: Subject, answer: Answer) -> str:
        if operation.is_read and not operation.slots and answer.status == 403 and _at_home(operation, subject):
            return "refused although the oracle allows it"
        return ""

    def _is_found(self, operation: Operation, subject: Subject, target: Row) -> bool:
        """Tell whether the row is of the sort that this read answers at all."""
        if operation.permission == "session:use" or not _at_home(operation, subject):
            return False
        if operation.path.endswith("/roster") and subject.role == "worker":
            return False  # who works beside him is not told to a worker
        if operation.path == "/api/v1/orders/{order_id}/cover":
            return ("board_posts", target.key) in self.oracle.world.by_key  # told of what is published
        if operation.path.startswith(("/places/", "/api/v1/places/")):
            return target.cells.get("kind") not in _REGIONS  # a county or a street has no file of its own
        if operation.path.endswith("/edit") or target.table in ("nodes",):
            return target.table != "orders"  # only a draft is edited
        if operation.path.startswith("/training/policies/"):
            return False  # a policy is shown while it is in force
        if operation.path == "/desk/employers/{employer_id}/licence":
            return False  # shown only while a look at it is open
        if operation.path == "/contracts/{engagement_id}/say.wav":
            return False  # said only while something is to be signed
        if target.table == "memos":  # read by the office that received it, not by all above
            return bool(target.cells["tenant"] == subject.path and target.cells["office"] == INBOXES.get(subject.role))
        if target.table == "persons":
            return ("workers", target.key) in self.oracle.world.by_key
        return True


_REGIONS = ("city", "county", "zone", "street", "community")
_DRAWN = re.compile(r' data-at="[0-9]+"')
INBOXES = {
    "station_clerk": "station", "station_manager": "station", "street_operator": "street", "county_operator": "operator",
    "county_bureau": "bureau", "city_bureau": "bureau",
}  # fmt: skip


def _at_home(operation: Operation, subject: Subject) -> bool:
    """Tell whether a page is one of the subject's own surface: an employer's pages are not a clerk's."""
    return all(subject.role == role for prefix, role in SURFACES if operation.path.startswith(prefix))


def _same(before: dict[str, object], after: dict[str, object]) -> bool:
    return all(before[k] == after[k] for k in after if k not in _MARKS)


def alike(case: Case, answer: Answer, twin: Answer) -> bool:
    """Tell whether a foreign key and a missing one were answered alike, byte for byte but for what must vary."""
    return _plain(case, answer) == _plain(case, twin)


def _plain(case: Case, answer: Answer) -> tuple[int, list[tuple[str, str]], str]:
    # When a page was drawn says nothing of the row that it is about.
    text = _DRAWN.sub("", answer.body.decode(errors="replace"))
    # A cookie that is set holds something fresh: what counts is that the same ones are set.
    headers = [(k, v.partition("=")[0] if k == "set-cookie" else v) for k, v in answer.headers if k not in _VARYING]
    request_id = answer.header("x-request-id")
    names = sorted([*case.named, *([request_id] if request_id else [])], key=len, reverse=True)
    pattern = re.compile("|".join(re.escape(n) for n in names) or "$^")
    return answer.status, [(k, pattern.sub("~", v)) for k, v in headers], pattern.sub("~", text)
