"""Bodies made from their schemas, values made from their names: enough for an operation that nobody has told us of."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from linggong.kernel import clock
from linggong.people.identity_numbers import check_digit
from linggong.prove.operations import resolve

VALUES: Mapping[str, tuple[Any, ...]] = {
    "reason": ("来驿站办理",), "note": ("电话核对过",), "words": ("好",), "evidence": ("营业执照原件",), "call_back": ("reached",),
    "name": ("王小明",), "phone": ("13912345678",), "contact_phone": ("13912345678",), "contact_name": ("王师傅",),
    "title": ("搬砖小工，管午饭",), "trade_code": ("6-29-99-00",), "trades": (["6-29-99-00"],), "headcount": (2,),
    "pay_fen": (20000,), "pay_unit": ("day",), "amount_fen": (10000,), "stars": (5,), "password": ("dawn-at-the-bridge-5",),
    "username": ("limin",), "code": ("123456",), "limit": (20,), "days": (7,), "method": ("slip", "clerk"),
    "kind": ("enterprise", "station"), "uscc": ("91410225MA40000012",), "settlement": ("daily",), "pay_channel": ("cash",),
    "job_form": ("temporary",), "legal_form": ("service",), "channel": ("cash",), "meal_minutes": (0,), "minutes": (480,),
    "value": ("60min", "3"), "source": ("市人社局文件",), "role": ("station_clerk", "county_operator", "auditor"),
    "purpose": ("联系用工",), "what": ("phone", "id_number"), "skill_level": (2,), "q": ("李", "zq"),
    "format": ("csv", "xlsx"), "log": ("audit",), "key": ("t.lock",), "ledger": ("briefing", "demand"), "form": ("month_report",), "month": ("2026-02",), "place": ("东关大街12号工地南门",), "text_version": ("1",), "hours": ("1",), "minutes_long": ("30",),
}  # fmt: skip
"""Good values for names met in forms; a name that is not here gets a value of its type."""


def id_number(rng: random.Random) -> str:
    """Return a valid ID number of somebody new."""
    first = f"410221{rng.randint(1960, 2000)}0{rng.randint(1, 9)}1{rng.randint(0, 9)}{rng.randint(100, 999)}"
    return first + check_digit(first)


def instance(
    schema: Mapping[str, Any], document: Mapping[str, Any], rng: random.Random, name: str = "", depth: int = 0
) -> Any:
    """Return a value that a schema takes; optional fields come and go."""
    schema = resolve(schema, document)
    if depth > 6:
        return None
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        good = [v for v in VALUES.get(name, ()) if v in schema["enum"]]
        return rng.choice(good or [v for v in schema["enum"] if v is not None])
    if "properties" in schema:
        required = set(schema.get("required", ()))
        return {
            key: instance(part, document, rng, key, depth + 1)
            for key, part in schema["properties"].items()
            if key in required or rng.random() < 0.35
        }
    kinds = schema.get("type", "string")
    kind = next((k for k in kinds if k != "null"), "string") if isinstance(kinds, list) else kinds
    return _scalar(kind, schema, document, rng, name, depth)


def _scalar(
    kind: str, schema: Mapping[str, Any], document: Mapping[str, Any], rng: random.Random, name: str, depth: int
) -> Any:
    if kind == "array":
        known = VALUES.get(name, ())
        if known and isinstance(known[0], list):
            return known[0]
        return [instance(schema.get("items", {}), document, rng, name, depth + 1)]
    if kind == "boolean":
        return rng.random() < 0.7
    if kind in ("integer", "number"):
        low, high = schema.get("minimum", 0), schema.get("maximum", 10**9)
        fitting = [v for v in VALUES.get(name, ()) if isinstance(v, int) and low <= v <= high]
        return rng.choice(fitting) if fitting else rng.randint(int(low), int(min(high, low + 100)))
    if kind == "object":
        return {}
    return text(name, str(schema.get("format", "")), rng)


def text(name: str, form: str, rng: random.Random) -> str:
    """Return a text that a field of this name and format takes."""
    now = clock.now()
    if form == "uuid":
        return missing_id(rng)
    if form == "date-time" or name.endswith("_at"):
        hours = 12 if "end" in name else 4
        return (now + timedelta(days=1, hours=hours)).replace(microsecond=0).isoformat()
    if form == "date" or name.endswith(("_on", "_date", "day")):
        return (now + timedelta(days=2)).date().isoformat()
    if name in ("id_number", "number"):
        return id_number(rng)
    known = [v for v in VALUES.get(name, ()) if isinstance(v, (str, int))]
    return str(rng.choice(known)) if known else f"文字{rng.randint(1, 99)}"


def missing_id(rng: random.Random) -> str:
    """Return a key in use nowhere."""
    bits = (rng.getrandbits(128) & ~(0xF << 76)) | (7 << 76)
    return str(UUID(int=(bits & ~(0x3 << 62)) | (0x2 << 62)))


def put(body: Any, dotted: str, value: Any) -> Any:
    """Set a dotted field, making what is missing on the way; lists take the value as their one element."""
    if not dotted:
        return value
    first, _, rest = dotted.partition(".")
    if isinstance(body, list):
        return [put(body[0] if body else {}, dotted, value)]
    body = dict(body) if isinstance(body, dict) else {}
    held = body.get(first)
    body[first] = put(held, rest, value) if rest else [value] if isinstance(held, list) else value
    return body


def posts_file(rng: random.Random, employer_code: str, division_code: str) -> bytes:
    """Return a file of posts of an employer at a place, good in every cell."""
    from linggong.market.sample_posts import write_sample_posts

    with TemporaryDirectory() as folder:
        path = Path(folder) / "posts.csv"
        day = clock.business_date(clock.now()) + timedelta(days=1)
        write_sample_posts(
            path, rows=2, seed=rng.randint(1, 9999), first_day=day, days=5, division_codes=[division_code],
            employer_numbers=[employer_code],
        )  # fmt: skip
        return path.read_bytes()


def people_file(rng: random.Random, number: str, phone: str) -> bytes:
    """Return a register of people: somebody new, and the one whose ID number is given."""
    from linggong.people import importing

    out = io.StringIO()
    writer = csv.writer(out)
    heads = [*importing.REQUIRED, *importing.OPTIONAL]
    writer.writerow(heads)
    for who in (number, id_number(rng)):
        cells = {
            "姓名": "王小明", "身份证号": who, "联系方式": "本人手机", "联系电话": phone, "工种代码": "6-29-99-00",
            "技能等级": "0", "期望工钱（元）": "200", "计价单位": "天", "同意书编号": "1",
        }  # fmt: skip
        writer.writerow([cells.get(h, "") for h in heads])
    return ("\ufeff" + out.getvalue()).encode()


def any_file(words: list[str]) -> bytes:
    """Return a table that names keys of every kind, for imports that nobody has told us of."""
    return ("\ufeff编号,名称\n" + "".join(f"{w},{w}\n" for w in words)).encode()
