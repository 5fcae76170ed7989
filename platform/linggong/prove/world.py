"""The city as it stands in the database, read by the owner role: every row, its sides, and the canaries it carries.

A row's sides are read off its columns: the places that hold it (`tenant`, `via`), the person, the employer and the member
of staff whom it names. A row without a place belongs to the places that serve its person or employer by a live link.
Neither the declarations of the models nor the policies in the database are looked at.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

import asyncpg

from linggong.prove.city import City
from linggong.prove.rows import digest
from linggong.tables import metadata

TOKEN = re.compile(
    r"zq[0-9a-z]{8}|\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b199\d{8}\b|\b4102(?:25|02)1980050[12]\d{3}[0-9X]\b"
)
"""A canary: a word, a key, a telephone or an ID number that stands in no other row."""

PUBLIC = frozenset(
    {
        "nodes", "parameter_values", "board_posts", "trace_entries", "terms_versions", "role_delegations",
        "duty_separations", "policy_state", "weather_alerts", "holiday_days", "node_populations", "wage_levels",
        "benefits", "cover_products", "directory_editions", "public_figures", "public_texts", "fairs", "fair_stations",
        "card_adoptions", "gathering_points", "labour_brands", "score_cards", "uptime_days", "staff_courses",
        "benefit_counts", "courses", "service_items",
        "award_lists", "checklists", "letter_templates", "station_stars",
    }
)  # fmt: skip
"""Rows that everybody may read (R006, R048, R073)."""
UNREACHABLE = frozenset(
    {
        "casbin_rule", "event_heads", "identities", "in_messages", "keypad_calls", "one_time_codes", "out_messages",
        "phone_stops", "staff_credentials", "web_sessions", "worker_cards",
    }
)  # fmt: skip
"""Rows that no request reads for its sender: sessions, codes, credentials."""
_PERSON = ("worker_id", "person_id", "subject_id", "actor_id", "account_id", "seen_id")
_EMPLOYER = ("employer_id", "subject_id")
_STAFF = ("staff_id", "account_id", "actor_id")
_EMPTY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sides:
    """To whom a row belongs: places, people, employers, members of staff (as text)."""

    paths: frozenset[str] = _EMPTY
    persons: frozenset[str] = _EMPTY
    employers: frozenset[str] = _EMPTY
    staff: frozenset[str] = _EMPTY


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its table, its key, its cells as JSON, its sides and its canaries."""

    table: str
    key: str
    cells: Mapping[str, Any]
    sides: Sides
    tokens: frozenset[str]
    clear: frozenset[str] = _EMPTY
    """Sealed numbers of the row, in clear."""


@dataclass(slots=True)
class World:
    """All rows, and where each canary stands."""

    rows: list[Row] = field(default_factory=list)
    by_table: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    by_key: dict[tuple[str, str], Row] = field(default_factory=dict)
    carriers: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    clear: dict[str, Row] = field(default_factory=dict)
    public_tokens: set[str] = field(default_factory=set)
    links: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Places that serve a person or an employer by a link that has not ended."""
    engaged: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    """Engagements by order."""
    members: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """People who may act for an employer."""
    posts: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Places at which a member of staff holds a post."""

    def sides_of(self, table: str, cells: Mapping[str, Any], links: Mapping[str, Iterable[str]] | None = None) -> Sides:
        """Return to whom a row belongs; `links` are those that the same transaction made."""
        paths = {cells[c] for c in ("tenant", "via") if cells.get(c)}
        if table == "nodes":
            paths = {cells["path"]}
        persons = {str(cells[c]) for c in _PERSON if cells.get(c)}
        employers = {str(cells[c]) for c in _EMPLOYER if cells.get(c)}
        staff = {str(cells[c]) for c in _STAFF if cells.get(c)}
        own = str(cells["id"]) if "id" in cells else ""
        if table in ("crews", "crew_members"):
            persons |= {str(cells["leader_id"])}
        if table == "persons":
            persons = {own}
        elif table == "employers":
            employers = {own}
        elif table == "staff":
            staff = {own}
        if not paths:
            # The licence of an employer is the employer's: whoever serves its agent only has no say in it.
            served = (
                employers
                if table in ("employers", "employer_members", "agencies", "employer_papers")
                else persons | employers
            )
            for subject in served:
                paths |= self.links.get(subject, set()) | set((links or {}).get(subject, ()))
        return Sides(frozenset(paths), frozenset(persons), frozenset(employers), frozenset(staff))


def key_of(table: str, cells: Mapping[str, Any]) -> str:
    """Return a row's key as text."""
    return "|".join(str(cells[c.name]) for c in metadata.tables[table].primary_key.columns)


async def read(owner: asyncpg.Connection[Any], city: City, now: datetime) -> World:
    """Read every row of every table."""
    world = World()
    for link in await owner.fetch(
        "SELECT subject_id, tenant FROM service_links WHERE ends_at IS NULL OR ends_at > $1", now
    ):
        world.links[str(link["subject_id"])].add(link["tenant"])
    clear = {(t, str(k)): frozenset(v) for (t, k), v in city.maker.sealed.items()}
    for name in tables():
        for record in await owner.fetch(f"SELECT to_jsonb(t) AS cells FROM {name} t"):  # noqa: S608 - our own tables
            cells = record["cells"]
            key = key_of(name, cells)
            text = json.dumps(cells, ensure_ascii=False)
            row = Row(
                name, key, cells, world.sides_of(name, cells), frozenset(TOKEN.findall(text)),
                clear.get((name, key.partition("|")[0]), _EMPTY),
            )  # fmt: skip
            _enter(world, row)
    for row in world.by_table["engagements"]:
        world.engaged[row.cells["order_id"]].append(row)
    for row in world.by_table["role_assignments"]:
        world.posts[row.cells["staff_id"]].add(row.cells["tenant"])
    for row in world.by_table["employer_members"]:
        world.members[row.cells["employer_id"]].add(row.cells["person_id"])
    return world


def _enter(world: World, row: Row) -> None:
    world.rows.append(row)
    world.by_table[row.table].append(row)
    world.by_key[row.table, row.key] = row
    for token in row.tokens:
        world.carriers[token].append(row)
    for number in row.clear:
        world.clear[number] = row
    if row.table in public_tables():
        world.public_tokens |= row.tokens


@cache
def tables() -> tuple[str, ...]:
    """Return the names of all tables, the referenced ones first."""
    return tuple(t.name for t in metadata.sorted_tables)


@cache
def unreachable_tables() -> frozenset[str]:
    """Return the tables whose rows no request reads: those known here, and later ones that declare it of themselves."""
    declared = {t.name for t in metadata.sorted_tables if t.info["scope"].cls == "system"}
    return UNREACHABLE | (declared - PUBLIC)


@cache
def public_tables() -> frozenset[str]:
    """Return the tables open to everybody: those known here, and reference tables that came later without any side."""
    return PUBLIC | frozenset(
        t.name
        for t in metadata.sorted_tables
        if t.name not in PUBLIC | unreachable_tables()
        and not set(t.columns.keys()) & {*_SIDED, *_PERSON, *_EMPLOYER, *_STAFF}
        and t.name not in ("persons", "employers", "staff")
    )


_SIDED = ("tenant", "via", "path")


async def hashes(owner: asyncpg.Connection[Any]) -> dict[str, bytes]:
    """Return a hash of each table's rows, but for what a session's use marks on it and the counts of tries, which stay counted."""
    found = {}
    for name in tables():
        if name == "address_tries":
            continue
        cells = "to_jsonb(t) - 'seen_at' - 'expires_at'" if name == "web_sessions" else "to_jsonb(t)"
        rows = await owner.fetch(f"SELECT ({cells})::text AS cells FROM {name} t")  # noqa: S608 - our own tables
        found[name] = digest("\n".join(sorted(r["cells"] for r in rows)))
    return found
