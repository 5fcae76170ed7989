"""The city board at 100,000 open posts: first page and a two-character search, against a bare query of the same rows.

    python -m benchmarks.board [--posts 100000] [--seconds 5]

The posts are made up (seeded) and written by the owner straight to the board, which only its trigger writes otherwise.
Prints p50 and p95 in ms and requests a second on one worker, and the ratio to a bare asyncpg query of the same rows.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec

import migrations
from linggong.kernel import clock, postgres
from linggong.kernel.db import Database
from linggong.kernel.ids import new_id
from linggong.market import board, board_sql
from linggong.market.classifier import training_titles
from linggong.market.tokens import index_tokens
from linggong.market.trades import trade

_STREETS = [f"/4102/{county:02d}/{street:03d}/" for county in range(2, 12) for street in range(1, 13)]
_NODES = ["/", "/4102/", *(f"/4102/{c:02d}/" for c in range(2, 12)), *_STREETS]
_PLACES = (
    "东关大街",
    "解放路工地",
    "大梁路仓库",
    "汴西湖",
    "新区厂房",
    "堌阳镇大棚",
    "金明广场",
    "郑开大道",
    "北书店街",
    "杏花营",
)
_CHUNK = 50_000
_WORDS = (
    "急招",
    "日结",
    "包午饭",
    "搬砖",
    "小工",
    "保洁",
    "摘蒜",
    "卸货",
    "分拣",
    "服务员",
    "贴砖",
    "护工",
    "打包",
    "绿化",
)


async def fill(owner: asyncpg.Connection, posts: int, seed: int = 1, without: Sequence[str] = ()) -> None:
    """Write `posts` open posts, in the order in which they were published, and the nodes that they hang on.

    Indexes named in `without` are dropped before: whoever names them builds them.
    """
    rng = random.Random(seed)
    now = clock.now()
    titles = training_titles()
    await owner.executemany(
        "INSERT INTO nodes (id, path, kind, name, short_name, status, point_is_demo, name_warnings, extra, created_at) "
        "VALUES ($1, $2, 'street', $2, $2, 'open', true, '[]', '{}', $3)",
        [(new_id(), path, now) for path in _NODES],
    )
    employers = [new_id() for _ in range(400)]
    for name in without:
        await owner.execute(f'DROP INDEX "{name}"')
    await owner.execute("CREATE TEMP TABLE incoming AS SELECT * FROM board_posts WITH NO DATA")
    await owner.execute("ALTER TABLE incoming ALTER COLUMN search TYPE text[] USING NULL")
    names = [r["attname"] for r in await owner.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'incoming'::regclass AND attnum > 0 ORDER BY attnum"
    )]  # fmt: skip
    listed = ", ".join("array_to_tsvector(search)" if n == "search" else n for n in names)
    for first in range(0, posts, _CHUNK):
        some = range(first, min(first + _CHUNK, posts))
        rows = [_row(rng, n, now - timedelta(seconds=86400 * (posts - n) / posts), titles, employers) for n in some]
        await owner.copy_records_to_table("incoming", records=rows)
        await owner.execute(f"INSERT INTO board_posts ({', '.join(names)}) SELECT {listed} FROM incoming")
        await owner.execute("TRUNCATE incoming")
    await owner.execute("DROP TABLE incoming")
    await owner.execute("VACUUM ANALYZE board_posts")


def _row(
    rng: random.Random, number: int, published: datetime, titles: list[tuple[str, str]], employers: list[UUID]
) -> tuple[object, ...]:
    title, code = rng.choice(titles)
    title = (rng.choice(_WORDS) + title)[:40]
    found = trade(code)
    place = f"{rng.choice(_PLACES)}{rng.randint(1, 300)}号"
    starts = published + timedelta(minutes=rng.randint(1500, 20 * 1440))
    pay = rng.randint(120, 420) * 100
    lat, lng = 34.3 + rng.random() * 0.8, 113.8 + rng.random() * 1.2
    words = index_tokens("\n".join([title, place, found.name if found else "", *(found.aliases[:8] if found else ())]))
    # One post in twenty says what another says.
    group = number - rng.randint(1, 1000) if rng.random() < 0.05 else number
    return (
        new_id(), rng.choice(_STREETS), "O_OPEN", True, f"B{number:07d}", title, code, 6, rng.randint(1, 6), place,
        lat, lng, clock.business_date(starts), starts,
        starts + timedelta(hours=9), pay, rng.choice(("day", "gong", "hour")), "", pay // 8, rng.choice(("daily", "weekly")), "cash",
        "temporary", rng.choice(('["meal"]', "[]", '["lodging", "meal"]')), '["outdoor"]', None, None, rng.choice(employers),
        "开封某某公司", 2, "详见面谈", published, published, words.split(" "), lat, lng, group, None,
    )  # fmt: skip


async def measure(call: Callable[[], Awaitable[object]], seconds: float) -> tuple[float, float, float]:
    """Return p50 and p95 in ms and calls a second of one caller after the other."""
    for _ in range(20):
        await call()
    taken: list[float] = []
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds:
        at = time.perf_counter()
        await call()
        taken.append((time.perf_counter() - at) * 1000)
    cuts = statistics.quantiles(taken, n=100)
    return cuts[49], cuts[94], len(taken) / (time.perf_counter() - begun)


CASES = {
    "first page": board.BoardFilters(),
    "search 搬砖": board.BoardFilters(q="搬砖"),
    "search 装修": board.BoardFilters(q="装修"),
    "search 工": board.BoardFilters(q="工"),
    "street": board.BoardFilters(area="/4102/05/003/"),
    "county, by pay": board.BoardFilters(area="/4102/05/", sort="pay"),
    "trade group, soonest": board.BoardFilters(trade="6-29-00-00", sort="soonest"),
    "5 km, by distance": board.BoardFilters(latitude=34.79, longitude=114.3, radius_km=5, sort="distance"),
    "搬砖 in 10 km": board.BoardFilters(latitude=34.79, longitude=114.3, radius_km=10, sort="distance", q="搬砖"),
    "pay from 400": board.BoardFilters(pay_min_fen=40000),
}


async def run(posts: int, seconds: float) -> None:
    folder = Path(tempfile.mkdtemp(prefix="linggong-bench-"))
    folder.chmod(0o755)
    info = postgres.ensure_running(folder)
    try:
        passwords = await postgres.bootstrap_roles(info.superuser_dsn, "bench", data_dir=folder)
        owner_dsn = postgres.make_dsn(info.host, info.port, postgres.OWNER_ROLE, passwords.owner, "bench")
        app_dsn = postgres.make_dsn(info.host, info.port, postgres.APP_ROLE, passwords.app, "bench")
        await asyncio.to_thread(migrations.upgrade, owner_dsn)
        owner = await asyncpg.connect(owner_dsn)
        begun = time.perf_counter()
        await fill(owner, posts)
        print(f"{posts} posts written in {time.perf_counter() - begun:.1f} s")
        await owner.close()
        database = Database(app_dsn, pool_size=2)
        bare = await asyncpg.connect(app_dsn)
        print(f"{'':24}{'p50 ms':>9}{'p95 ms':>9}{'req/s':>9}{'bare p50':>10}{'bare p95':>10}{'ratio':>8}")
        for name, filters in CASES.items():

            async def page(asked: board.BoardFilters = filters) -> bytes:
                found = msgspec.json.encode(await board.board_page(database, asked))
                board.etag(found)
                return found

            on, values, point = board.prepared(filters)
            values["limit"] = 21
            sql, names = board_sql.statement(board_sql.Shape(frozenset(on), filters.sort, point, False))
            arguments = [values[n] for n in names]

            async def rows(query: str = sql, given: list[object] = arguments) -> list[asyncpg.Record]:
                return await bare.fetch(query, *given)

            mine, other = await measure(page, seconds), await measure(rows, seconds)
            print(
                f"{name:24}{mine[0]:9.2f}{mine[1]:9.2f}{mine[2]:9.0f}{other[0]:10.2f}{other[1]:10.2f}{mine[0] / other[0]:8.2f}"
            )
        await bare.close()
        await database.dispose()
    finally:
        postgres.stop(folder, immediate=True)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=5)
    given = parser.parse_args()
    asyncio.run(run(given.posts, given.seconds))
