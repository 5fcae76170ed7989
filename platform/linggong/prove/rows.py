"""Rows for every table, also for tables that nobody told the proof about: each cell holds a value that its column takes.

Text cells carry a canary (a word found nowhere else), sealed cells a number found nowhere else, keys are drawn from the
seed. A new table is filled without a line here; only one whose checks go beyond lists of words needs an entry in `GIVEN`.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from stdnum.cn import uscc as stdnum_uscc

from linggong.assessment.card import of_library
from linggong.kernel.chance import repeatable
from linggong.kernel.crypto import Sealer
from linggong.people.identity_numbers import check_digit
from linggong.tables import metadata

WORD = re.compile(r"zq[0-9a-z]{8}")
_LISTED = re.compile(r"^\(?(\w+)\)? IN \((.+)\)$")
_AHEAD = re.compile(r"(^|_)(ends|expires|due|open|until|valid|reverify|accept_due)(_at|_on|_until)?$")
_UNSET = re.compile(r"^(ended|withdrawn|closed|used|decided|settled|answered|locked|merged|cancelled|revoked|left)_")
_PUBLIC_KEY = "-----BEGIN PUBLIC KEY-----\n" + (
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA5L84hWIpiTFEv7Z0tpNO0qIFCKo078krNzWOKhZ2yiwoVXSIrfiB2+j5"
    "BqNJ6iLzwpKCbE8m9uqjgnydwCUsdoEIPeK3UCqn0abCeJATwuiTnpyEnMKX7RDs68BQnBBm25X40PhjahqpE5b9U2jDeqrztHzQ"
    "GeN8dXaBYG4wybeg21x7IZfUP0rSjj1Fb86Q/Rj4ZJwseZW++mS3t9fHb3SPwDDbDMT4eOZEAT/272I5ybMe+0Yokjn8ZK8+HAeQ"
    "Et/Il/l3yQf+kxBtUwv5neDzBiimzhw95LaAF/d7A925H6l5cK8allQxfy/L/Qnl7OhaRbrUJu+tkigNlaxxowIDAQAB"
) + "\n-----END PUBLIC KEY-----\n"  # fmt: skip
"""Of a key that nobody has: what WeChat Pay signs for an employer cannot be read without one."""

GIVEN: Mapping[str, Mapping[str, Any]] = {
    "casbin_rule": {"ptype": "p", "v0": "nobody", "v1": "*", "v2": "nothing", "v3": "at all", "v4": "down", "v5": "deny"},
    "policy_state": {"id": 1},
    "persons": {"sex": "男", "birth_date": date(1980, 5, 1), "merged_into": None, "home_division_code": None},
    "workers": {"trades": ["6-29-99-00"], "skill_level": 3, "pay_unit": "day", "pay_fen": 20000, "weekdays": [1, 2]},
    "contacts": {"can_sign_in": True},
    "employers": {"kind": "enterprise", "person_id": None, "verified_level": 2, "division_code": None, "industry": None},
    "service_links": {"ends_at": None},
    "orders": {
        "state": "O_OPEN", "trade_code": "6-29-99-00", "headcount": 5, "confirmed": 1, "pay_unit": "day",
        "pay_fen": 20000, "settlement": "daily", "pay_channel": "cash", "job_form": "temporary",
        "legal_form": "service", "search_tokens": "搬运", "findings": ["warning|pay|low|报酬偏低"], "end_reason": "",
        "conditions": [], "benefits": [], "gender_limit_code": None, "min_age": None, "max_age": None, "hiring": True,
        "created_by_kind": "employer", "closed_at": None, "repeat_of": None, "insurance_payer": "none",
        "minutes_per_gong": None, "pieces_per_day": None, "latitude": None, "longitude": None, "terms_version": 1,
    },
    "engagements": {"state": "A_CONTRACTED", "source": "applied", "terms_version": 1, "ended_at": None},
    "assignments": {"state": "A_FINISHED", "minutes": 480, "quantity": None},
    "bills": {"state": "CLAIMED", "total_fen": 20000, "paid_fen": 0, "held_fen": 0, "settled_by": None, "terms_version": 1,
              "cause": "work", "wage_state": "W_NOTDUE", "referral_no": ""},
    "bill_lines": {"kind": "base", "rate_fen": 20000, "amount_fen": 20000, "case_id": None},
    "payments": {"state": "claimed", "amount_fen": 20000, "channel": "cash", "payee": "in_person", "answered_by": None,
                 "answered_channel": None, "answered_at": None},
    "wechat_merchants": {"public_key": _PUBLIC_KEY},
    "wechat_transfers": {"state": "failed", "amount_fen": 20000, "said": "FAIL", "ended_at": None},
    "bill_holds": {"state": "released", "amount_fen": 100, "ended_at": None},
    "journal_entries": {"cause": "billed", "payment_id": None, "case_id": None},
    "postings": {"account": "employer_owes", "amount_fen": 20000},
    "case_offers": {"state": "open", "worker_signed_at": None, "employer_signed_at": None},
    "credit_entries": {"employer_id": None}, "restrictions": {"employer_id": None},
    "ratings": {"stars": 5, "side": "worker", "tags": []},
    "terms_versions": {"version": 1},
    "checklists": {"kind": "station", "items": []},
    "inspection_draws": {"pool": [], "inspectors": [], "picked": [], "places": 1, "hands": 1},
    "inspection_tasks": {"items": [], "inspectors": [], "state": "open", "place_kind": "station"},
    "inspection_results": {"row": 6}, "inspection_findings": {"card_id": None, "state": "F_OPEN"},
    "station_cards": {"evidence": [{"kind": "paper", "words": "现场记录"}], "colour": "yellow", "state": "C_OPEN", "letter_id": None},
    "card_proposals": {"evidence": [{"kind": "paper", "words": "现场记录"}], "kind": "notice", "state": "open", "letter_id": None},
    "station_stars": {"parts": [], "stars": 4, "first": date(2026, 1, 1), "last": date(2026, 3, 31)},
    "award_lists": {"places": []}, "station_removals": {"moved": {}, "letter_id": None},
    "letters": {"recipient": "node", "employer_id": None, "operator_id": None, "body": ["请于月底前整改"], "withdraws_id": None},
    "letter_templates": {"mark": "整", "kind": "rectify", "fields": [], "dated": False},
    "letter_receipts": {"employer_id": None}, "letter_files": {"employer_id": None},
    "ledger_entries": {"ledger": "other", "n": 12, "filled": 3, "wanted": 4, "corrects": None, "happened_at": datetime(2026, 3, 2, tzinfo=UTC)},
    "day_records": {"nth": 0, "counts": {}},
    "month_reports": {"month": date(2026, 2, 1), "version": 1, "state": "draft", "figures": {}, "late_days": 0, "signed_at": None, "signed_by": None,
                      "hash": None, "decided_at": None, "decided_by": None},
    "sheet_layouts": {"form": "month_report", "version": 1, "columns": ["station=站点"], "signers": ["填报人"]},
    "service_entries": {"state": "open", "case_id": None, "ended_at": None, "ended_on_at": None},
    "help_cases": {"kind": "hardship", "stage": None, "outcome": None, "ended_at": None},
    "help_notes": {"kind": "step", "stage": None},
    "thing_uses": {"kind": "tool", "back_at": None, "condition": None},
    "site_hits": {"evidence": {"words": "三十天没有完工"}},
    "site_targets": {"year": 2026, "kind": "station", "wanted": 3},
    "site_files": {"version": 1, "elements": {"channels": "站内大屏"}, "cobuild": {}},
    "site_hours": {"version": 1, "from_on": date(2026, 1, 1), "seasons": [{"first_month": 1, "last_month": 12, "opens": 300, "closes": 1080}]},
    "site_staff": {"proofs": ["contract"]},
    "gathering_points": {"begins_minute": 240, "ends_minute": 450, "heads": 60, "hires_a_day": 20, "trades": ["6-29-99-00"], "latitude": 34.8, "longitude": 114.8},
    "survey_entries": {"outcome": "known"},
    "fairs": {"state": "planned", "visitors": None, "employers": None},
    "staff_courses": {"quiz": [{"text": "工钱怎么写？", "options": ["写明", "面议"], "right": 0}]},
    "brand_tags": {"order_id": None},
    "score_cards": {"card": "jianning-100", "version": 1, "paper": True, "body": msgspec.to_builtins(of_library("jianning"))},
    "assessments": {"state": "S_OPEN", "options": {}, "frozen": None, "frozen_hash": None, "score": None, "points": None, "grade": None, "final_at": None,
                    "reviewed_at": None, "appeal_until": None, "first": date(2026, 1, 1), "last": date(2026, 12, 31), "year": 2026},
    "assessment_materials": {"row_no": 2, "number": None},
    "assessment_words": {"kind": "report", "body": {}},
    "upkeep_entries": {"down_minutes": 0},
    "uptime_days": {"beats": 280},
    "recognitions": {"state": "R_APPLIED", "checks": {}},
    "memos": {"kind": "task", "state": "M_DOING", "office": "station", "from_office": "bureau"},
    "settlements": {
        "state": "P_REQUESTED", "percent": 30, "part": 2, "amount_fen": 12_000_000, "planned_fen": 12_000_000, "by_grade": False,
        "reading": "", "grade": "", "round": 1, "reason": "", "order_number": "", "voucher": "", "paid_on": None, "paid_by": None,
        "checked_by": None, "checked_at": None, "approved_by": None, "approved_at": None, "confirmed_by": None,
        "confirmed_at": None,
    },
    "operator_contract_terms": {"renews_id": None, "cycle_year": 1, "rules": {}, "price_fen": 40_000_000},
    "operator_handovers": {"successor_id": None},
    "subsidy_records": {"inputs": {"lines": []}},
    "procurements": {"state": "open", "operator_id": None, "bid_fen": None, "awarded_on": None},
    "timers": {"state": "cancelled", "region": "A", "key": "t.lock"},
    "parameter_values": {"key": "t.lock", "value": "90min"},
    "public_figures": {"period": "30d", "body": {
        "name": "开封市", "posts": 0, "demand": 0, "seekers": None, "ratio": None, "arrived": 0, "fill_rate": None,
        "fill_minutes": None, "bills_due": 0, "on_time_rate": None, "workers": None, "employers": None, "stations": 0,
        "wage_hour_fen": None, "wages": [], "places": [], "persons_least": 10, "employers_least": 3,
    }},
    "dispatch_proposals": {"state": "open", "settings": {}, "figures": {"people": 2, "places": 3, "placed": 1}},
    "dispatch_lines": {"state": "proposed", "score": 80, "crew_id": None, "engagement_id": None},
    "fill_ins": {"state": "running", "cause": "asked", "begun_by": "self", "wave": 1, "ended_at": None, "why_over": ""},
    "fill_in_asks": {"source": "here", "score": 70, "why": "近", "wave": 1},
    "handovers": {"km": 3.5, "ride": True, "left_at": None, "left_by": None, "came_at": None, "came_by": None},
    "merge_proposals": {"status": "open", "decided_at": None, "decided_by": None},
    "events": {"n": 1, "type": "proof.made", "body": "{}", "actor_kind": "system"},
    "web_sessions": {"kind": "person", "acting": {}},
    "staff": {"status": "active"},
    "role_assignments": {"role": "station_clerk", "ends_at": None, "stands_in_for": None, "ended_by": None,
                         "contract_id": None, "end_reason": ""},
    "import_batches": {"kind": "people"},
    "cover_products": {"kind": "basic", "payer": "government", "min_age": 16, "max_age": 65, "classes": [1, 2, 3, 4],
                       "max_hours": 12, "before_minutes": 60, "after_minutes": 60, "premium_day_fen": 100},
    "cover_policies": {"kind": "basic", "payer": "government", "state": "pending", "effective_at": None, "days": 1},
    "outside_calls": {"state": "dead", "answer": None, "contradiction": None},
    "phone_questions": {"state": "closed", "answer": None, "kind": "offer", "number_kind": "mobile", "channel": "sms"},
}  # fmt: skip
"""What some cells must hold for the city to be one that its pages can show."""
PASSWORD_HASH = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$4bLPRPEZF8yXyXyXyXyXyXyXyXyXyXyXyXyXyXyXyXw"  # noqa: S105
"""Well formed, and of no password."""
EMPTY = frozenset(
    {"board_posts", "trace_entries", "posting_bans", "policy_state", "role_delegations", "duty_separations"}
)
"""Filled by triggers and by the migrations."""


@dataclass(slots=True)
class Home:
    """For whom rows are made: a place, who serves the worker, both parties, a member of staff, the rows they hang on."""

    tenant: str
    worker: UUID
    employer: UUID
    staff: UUID
    via: str | None = None
    other: UUID | None = None
    """Another person, where a row names two."""
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def with_order(self) -> Home:
        """Return a home for another order of the same people at the same place."""
        return Home(self.tenant, self.worker, self.employer, self.staff, self.via, self.other, {})


class Maker:
    """Makes rows out of a seed; knows in clear what it sealed."""

    def __init__(self, owner: asyncpg.Connection[Any], sealer: Sealer, seed: int, now: datetime) -> None:
        self.owner, self.sealer, self.now = owner, sealer, now
        self.random = repeatable(f"city {seed}")
        self.sealed: dict[tuple[str, Any], list[str]] = {}
        """Clear numbers by (table, first key)."""
        self._phone = 0

    def id(self) -> UUID:
        """Return a UUIDv7 drawn from the seed."""
        bits = self.random.getrandbits(128)
        stamp = int(self.now.timestamp() * 1000) & ((1 << 48) - 1)
        bits = (stamp << 80) | (bits & ((1 << 80) - 1))
        bits = (bits & ~(0xF << 76)) | (7 << 76)
        return UUID(int=(bits & ~(0x3 << 62)) | (0x2 << 62))

    def word(self) -> str:
        """Return a word found nowhere else."""
        return "zq" + "".join(self.random.choice("0123456789abcdefghijklmnopqrstuvwxyz") for _ in range(8))

    def phone(self) -> str:
        """Return a telephone number found nowhere else."""
        self._phone += 1
        return f"199{self._phone:08d}"

    def id_number(self) -> str:
        """Return a valid ID number of somebody born in 1980."""
        self._phone += 1
        first = (
            f"41022519800501{self._phone % 1000:03d}"
            if self._phone < 1000
            else f"41020219800502{self._phone % 1000:03d}"
        )
        return first + check_digit(first)

    def credit_code(self) -> str:
        """Return a valid credit code of an enterprise."""
        self._phone += 1
        body = f"91410225MA4{self._phone:06d}"
        return body + str(stdnum_uscc.calc_check_digit(body))

    async def add(self, name: str, home: Home, /, **given: Any) -> dict[str, Any]:
        """Insert a row of a table for a home; returns its cells. Raises PostgreSQL's error when a check refuses it."""
        table = metadata.tables[name]
        row: dict[str, Any] = {}
        hints = {**GIVEN.get(name, {}), **given}
        for column in table.columns:
            if column.name in hints and (hints[column.name] is not None or column.nullable):
                row[column.name] = hints[column.name]
            elif column.identity is None and column.computed is None:
                row[column.name] = self._cell(table, column, home)
        self._seal(table, row)
        marks = ", ".join(f"${n}" for n in range(1, len(row) + 1))
        quoted = ", ".join(f'"{c}"' for c in row)
        done = await self.owner.fetchrow(
            f"INSERT INTO {name} ({quoted}) VALUES ({marks}) RETURNING *",  # noqa: S608 - our own tables
            *row.values(),
        )
        home.rows[name] = dict(done or {})
        return home.rows[name]

    def _cell(self, table: sa.Table, column: sa.Column[Any], home: Home) -> Any:
        if column.foreign_keys or column.name in ("tenant", "via", "worker_id", "person_id", "employer_id"):
            found = self._reference(table, column, home)
            if found is not None or column.nullable:
                return found
        kind = column.type
        if isinstance(kind, sa.Uuid):
            return self._uuid(column, home)
        if isinstance(kind, sa.LargeBinary):
            return None if column.nullable and not column.name.endswith("_sealed") else self.random.randbytes(32)
        if isinstance(kind, JSONB):
            return {} if column.name in ("extra", "acting", "before", "after", "body") else []
        if isinstance(kind, TSVECTOR):
            return ""
        if isinstance(kind, sa.ARRAY):
            return []
        if isinstance(kind, sa.Boolean):
            return False
        if isinstance(kind, (sa.Date, sa.DateTime, sa.types.TypeDecorator)):
            return self._time(column)
        if isinstance(kind, (sa.Integer, sa.Numeric, sa.Float)):
            return 1
        if column.name == "password_hash":
            return PASSWORD_HASH
        if column.name == "trace_code":
            return "".join(self.random.choice("ABCDEFGHJKMNPQRSTUVWXYZ") for _ in range(8))
        listed = _choices(table).get(column.name)
        if listed is not None:
            return listed[0]
        if column.name == "role" or column.name.endswith("_role"):
            return "station_clerk"
        return self.word()

    def _uuid(self, column: sa.Column[Any], home: Home) -> UUID | None:
        if column.primary_key:
            return self.id()
        if column.name.endswith("_by") or column.name in ("officer_id", "account_id", "actor_id"):
            return home.staff if column.name != "actor_id" else home.worker
        if column.name == "candidate_id":
            return home.other or home.worker
        if column.name in ("subject_id", "seen_id"):
            return home.worker
        if column.name == "node_id":
            return home.rows.get("nodes", {}).get("id")
        return None if column.nullable else self.id()

    def _reference(self, table: sa.Table, column: sa.Column[Any], home: Home) -> Any:
        targets = {f.target_fullname for f in column.foreign_keys}
        if column.name == "via":
            return home.via if home.via is not None or column.nullable else home.tenant
        if "nodes.path" in targets or column.name == "tenant":
            return home.tenant
        if "persons.id" in targets or column.name in ("worker_id", "person_id"):
            return home.worker
        if "employers.id" in targets or column.name == "employer_id":
            return home.employer
        if "staff.id" in targets:
            return home.staff
        for target in targets:
            other, _, key = target.partition(".")
            if other in home.rows and other != table.name:
                return home.rows[other].get(key)
        return None

    def _time(self, column: sa.Column[Any]) -> Any:
        at = self.now - timedelta(days=2)
        if _AHEAD.search(column.name):
            at = self.now + timedelta(days=30)
        elif column.nullable and _UNSET.search(column.name):
            return None
        return at.date() if isinstance(column.type, sa.Date) else at

    def _seal(self, table: sa.Table, row: dict[str, Any]) -> None:
        key = row.get(next(iter(table.primary_key.columns)).name)
        for column in table.columns:
            if not column.name.endswith("_sealed") or not isinstance(column.type, sa.LargeBinary):
                continue
            part = column.name.removesuffix("_sealed")
            clear = {"id": self.id_number, "totp": lambda: "JBSWY3DPEHPK3PXP", "text": self.word}.get(
                part, self.phone
            )()
            # What is kept of a file is its base64.
            kept = b64encode(clear.encode()).decode() if part == "content" else clear
            row[column.name] = self.sealer.seal(kept, f"{table.name}.{column.name}.{key}")
            if part != "totp":
                self.sealed.setdefault((table.name, key), []).append(clear)
            index = f"{part}_index"
            if index in table.columns:
                row[index] = self.sealer.blind_index("id" if part == "id" else "phone", clear)

    async def fill_rest(self, home: Home, *, but: frozenset[str] = frozenset()) -> list[str]:
        """Insert a row into every table in which this home has none yet; returns the tables that took none."""
        missing = []
        for table in metadata.sorted_tables:
            if table.name in EMPTY or table.name in but or table.name in home.rows:
                continue
            try:
                async with self.owner.transaction():
                    await self.add(table.name, home)
            except asyncpg.UniqueViolationError:
                continue  # these people have theirs already
            except (asyncpg.PostgresError, asyncpg.DataError) as error:
                missing.append(f"{table.name}: {type(error).__name__} {error.args[0]}")
        return missing


def _choices(table: sa.Table) -> dict[str, list[str]]:
    """Return what the table's checks list for its columns."""
    found: dict[str, list[str]] = {}
    for constraint in table.constraints:
        if isinstance(constraint, sa.CheckConstraint):
            listed = _LISTED.match(str(constraint.sqltext))
            if listed:
                found[listed[1]] = re.findall(r"'([^']*)'", listed[2])
    return found


def digest(text: str) -> bytes:
    """Return a row's hash for comparing tables."""
    return hashlib.sha256(text.encode()).digest()


def now() -> datetime:
    """Return this second: what a city's rows are dated by."""
    return datetime.now(UTC).replace(microsecond=0)
