"""What a post looks like beside other employers' posts: the same text, the same telephone, pay far from theirs (M18, M21).

The second half of the first stage of review (R057): `lint` reads the form alone, this compares it at each submission.
What is found goes to the reviewer and stops the pass by rule; it refuses nothing, because chains and agencies are honest.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.market.fraud_prints import SKETCH, print_of
from linggong.market.lint import Finding
from linggong.market.models import Order
from linggong.people.identity_numbers import BadNumber, normalise_phone
from tenants.parameters import Value
from tenants.service import parameters

_BATCH = 500
RULES = (
    "fraud.echo_min_chars",
    "fraud.echo_similarity",
    "fraud.window",
    "fraud.phone_employers",
    "fraud.local_min_posts",
    "fraud.local_far",
)
"""Parameters of what is compared with other posts, in the order of `_Rules`."""
_KIN = """
SELECT r."order", k.phone_employers, k.echo, k.echo_of
FROM jsonb_to_recordset($1::jsonb) AS r("order" uuid, phone text, sketch int[], bands int[]),
     LATERAL post_kin(r."order", decode(r.phone, 'hex'), r.sketch, r.bands, $2, $3) AS k
"""
_LOCAL = """
SELECT count(*) AS posts, percentile_cont(0.5) WITHIN GROUP (ORDER BY hourly_fen) AS middle FROM board_posts
WHERE trade_code = $1 AND published_at >= $2 AND hourly_fen IS NOT NULL AND employer_id <> $3
"""
_PLACES = sa.text("SELECT regexp_replace(phone, '\\D', '', 'g') FROM nodes WHERE phone IS NOT NULL")


class _Rules(NamedTuple):
    min_chars: int
    similarity: float
    window: timedelta
    phone_employers: int
    local_posts: int
    local_far: float

    @property
    def alike(self) -> int:
        """Equal places of two sketches from which texts count as copied."""
        return ceil(SKETCH * self.similarity / 100)


async def kin_findings(
    uow: UnitOfWork, sealer: Sealer, posts: Sequence[tuple[Order, str]]
) -> dict[UUID, list[Finding]]:
    """Keep the prints of submitted orders; return how each resembles other employers' posts and departs from local pay.

    `posts` are orders of one node with their telephones. Called once at each submission, in its transaction. Other
    employers are told of as a number only, because the author reads the findings too; the code of a published look-alike
    is public anyway.
    """
    values = await parameters(uow, posts[0][0].tenant, *RULES)
    rules = _Rules(*(_plain(values[key]) for key in RULES))
    since = uow.now - rules.window
    await uow.flush()
    found: dict[UUID, list[Finding]] = {}
    for start in range(0, len(posts), _BATCH):
        numbers = {order.id: _number(phone) for order, phone in posts[start : start + _BATCH]}
        rows = [_row(sealer, order, numbers[order.id], rules) for order, _ in posts[start : start + _BATCH]]
        for one in await uow.fetch(_KIN, json.dumps(rows), since, rules.alike):
            found[one["order"]] = [f async for f in _of_kin(uow, one, numbers[one["order"]], rules)]
    middles: dict[tuple[UUID, str], int | None] = {}
    for order, _ in posts:
        key = (order.employer_id, order.trade_code)
        if key not in middles:
            middles[key] = await _local_middle(uow, order, since, rules)
        found.setdefault(order.id, []).extend(_local(order, middles[key], rules))
    return found


def _plain(value: Value) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _number(phone: str) -> str:
    try:
        return normalise_phone(phone).number
    except BadNumber:
        return phone


def _row(sealer: Sealer, order: Order, number: str, rules: _Rules) -> dict[str, Any]:
    mark = print_of(f"{order.title}。{order.description}", at_least=rules.min_chars)
    return {
        "order": str(order.id),
        "phone": sealer.blind_index("phone", number).hex(),
        "sketch": list(mark.sketch),
        "bands": list(mark.bands),
    }


async def _of_kin(uow: UnitOfWork, kin: Any, number: str, rules: _Rules) -> AsyncIterator[Finding]:
    # Who has no telephone leaves the station's: that one is everybody's.
    if kin["phone_employers"] + 1 >= rules.phone_employers and not await _of_a_place(uow, number):
        text = f"这个电话另有{kin['phone_employers']}家用工主体也在用，请打电话核实是谁"
        yield Finding("contact_phone", "contact_reuse", "warning", text)
    if kin["echo"]:
        seen = f"（编号{kin['echo_of']}）" if kin["echo_of"] else ""
        text = f"和另外{kin['echo']}家的单几乎一字不差{seen}，请问清是不是同一个活"
        yield Finding("description", "echo", "warning", text)


async def _of_a_place(uow: UnitOfWork, number: str) -> bool:
    digits = "".join(char for char in number if char.isdigit())
    return digits in set((await uow.execute(_PLACES)).scalars())


async def _local_middle(uow: UnitOfWork, order: Order, since: datetime, rules: _Rules) -> int | None:
    row = (await uow.fetch(_LOCAL, order.trade_code, since, order.employer_id))[0]
    return int(row["middle"]) if row["posts"] >= rules.local_posts else None


def _local(order: Order, middle: int | None, rules: _Rules) -> Iterator[Finding]:
    rate = order.hourly_fen
    if rate is None or middle is None or (middle <= rate * rules.local_far and rate <= middle * rules.local_far):
        return
    text = f"合每小时{rate / 100:.0f}元，本市近期同工种一半的单是{middle / 100:.0f}元，差得多，请核对"
    yield Finding("pay_fen", "pay_local", "warning", text)
