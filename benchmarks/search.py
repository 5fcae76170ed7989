"""Finding on a city board of a million posts: how long each kind of question takes, what is found, and what the index costs.

    python -m benchmarks.search [--posts 1000000] [--asks 60] [--keep FOLDER]

In one run: p50 and p95 of the board's page (and of its capped count) for each class of question; what LIKE finds on a sample and
how much of that is found here (recall must be 1.000 for questions of more than one character); tantivy (a search library in Rust)
over the same tokens, twenty newest hits a question, with the ratio; building time and size of the index against the limits.
The posts are made up (seeded), written by the owner straight to the board in the order in which they were published.
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
from functools import partial
from pathlib import Path
from typing import Any, Final

import asyncpg
import tantivy

import migrations
from benchmarks.board import fill
from linggong.kernel import postgres
from linggong.kernel.db import Database
from linggong.market import board
from linggong.market.tokens import query_terms

P95_MS, BUILD_S, SIZE_MB = 60.0, 30.0, 200.0
"""The limits that are aimed at."""
_CHUNK: Final = 50_000
_TWO: Final = (
    "搬砖",
    "小工",
    "保洁",
    "摘蒜",
    "卸货",
    "分拣",
    "护工",
    "绿化",
    "会计",
    "司机",
    "销售",
    "焊工",
    "电工",
    "仓库",
    "客服",
    "厨师",
)
_THREE: Final = (
    "日结 搬砖 工地",
    "包午饭 保洁 大街",
    "急招 卸货 仓库",
    "贴砖 装修 日结",
    "分拣 仓库 大棚",
    "护工 金明 日结",
)
_RARE: Final = ("调酒师", "细胞研发", "橱柜设计", "跟车员", "网约车", "资金监管", "文秘", "采购部长")
_ABSENT: Final = ("挖矿艇", "喂熊猫", "zzqx", "宇航员舱", "鹦鹉训导")


def questions(rng: random.Random) -> dict[str, list[board.BoardFilters]]:
    """Return the questions of each class."""

    def ask(**more: Any) -> board.BoardFilters:
        return board.BoardFilters(once=True, **more)

    def near() -> dict[str, float]:
        return {"latitude": 34.4 + rng.random() * 0.6, "longitude": 114.0 + rng.random() * 0.9}

    counties = [f"/4102/{c:02d}/" for c in range(2, 12)]
    streets = [f"/4102/{c:02d}/{s:03d}/" for c in range(2, 12) for s in range(1, 13)]
    trades = ("6-29-00-00", "4-02-05-01", "4-09-08-01", "4-03-02-05", "4-14-01-02")
    return {
        "first page": [ask()],
        "two characters": [ask(q=q) for q in _TWO],
        "two characters, by pay": [ask(q=q, sort="pay") for q in _TWO],
        "two characters, by fit": [ask(q=q, sort="fit") for q in _TWO],
        "three words": [ask(q=q) for q in _THREE],
        "filters": [
            *(ask(area=rng.choice(counties), trade=t, settlement="daily") for t in trades),
            *(ask(area=rng.choice(streets), trade=t, benefits=("meal",)) for t in trades),
            *(ask(area=rng.choice(counties), q=q, pay_min_fen=30000) for q in _TWO[:8]),
            *(ask(trade=t, job_form="temporary", sort="pay") for t in trades),
        ],
        "distance": [
            *(ask(**near(), radius_km=r, sort="distance") for r in (3, 5, 10, 20, 30)),
            *(ask(**near(), radius_km=10, sort="distance", q=q) for q in _TWO[:8]),
            *(ask(**near(), radius_km=5, q=q) for q in _TWO[:6]),
        ],
        "rare": [ask(q=q) for q in _RARE],
        "absent": [ask(q=q) for q in _ABSENT],
    }


async def timed(calls: Sequence[Callable[[], Awaitable[object]]], asks: int) -> tuple[float, float]:
    """Return p50 and p95 in ms of `asks` calls in turn, after one round to warm up."""
    for call in calls:
        await call()
    taken = []
    for n in range(asks):
        at = time.perf_counter()
        await calls[n % len(calls)]()
        taken.append((time.perf_counter() - at) * 1000)
    cuts = statistics.quantiles(taken, n=20)
    return cuts[9], cuts[18]


class Peer:
    """Tantivy over the same tokens; hits newest first."""

    def __init__(self, folder: Path) -> None:
        schema = tantivy.SchemaBuilder()
        schema.add_integer_field("at", fast=True, stored=True)
        schema.add_text_field("words", tokenizer_name="whitespace", index_option="basic")
        self.index = tantivy.Index(schema.build(), path=str(folder))
        self.writer = self.index.writer(heap_size=200_000_000, num_threads=1)

    def add(self, rows: Sequence[tuple[int, str]]) -> None:
        """Index some posts."""
        for at, words in rows:
            self.writer.add_document(tantivy.Document(at=at, words=words))

    def done(self) -> None:
        """Make everything searchable."""
        self.writer.commit()
        self.writer.wait_merging_threads()
        self.index.reload()
        self.searcher = self.index.searcher()

    def ask(self, q: str) -> int:
        """Return how many of the twenty newest hits there are."""
        schema = self.index.schema
        terms = [(tantivy.Occur.Must, tantivy.Query.term_query(schema, "words", t)) for t in query_terms(q)]
        query = tantivy.Query.boolean_query(terms)
        return len(self.searcher.search(query, 21, order_by_field="at", count=False).hits)


async def recall(owner: asyncpg.Connection, sample: int, rng: random.Random) -> None:
    """Compare with LIKE on the newest posts of a sample: every phrase of two to four characters that stands in a title."""
    await owner.execute("DROP TABLE IF EXISTS sample")
    await owner.execute(
        f"CREATE TABLE sample AS SELECT order_id, title, search FROM board_posts ORDER BY order_id LIMIT {sample:d}"
    )
    titles = [r["title"] for r in await owner.fetch("SELECT title FROM sample ORDER BY order_id LIMIT 400")]
    phrases = set()
    for title in titles:
        at, n = rng.randrange(max(1, len(title) - 4)), rng.choice((2, 3, 4))
        piece = title[at : at + n]
        if len(piece) >= 2 and all("\u4e00" <= c <= "\u9fff" for c in piece):
            phrases.add(piece)
    wanted = kept = extra = 0
    for phrase in sorted(phrases):
        on, values, _ = board.prepared(board.BoardFilters(q=phrase))
        if "search" not in on:
            continue
        row = await owner.fetchrow(
            "SELECT count(*) FILTER (WHERE title LIKE $1) AS wanted, count(*) FILTER (WHERE title LIKE $1 AND search @@ $2::text::tsquery) "
            "AS kept, count(*) FILTER (WHERE title NOT LIKE $1 AND search @@ $2::text::tsquery) AS extra FROM sample",
            f"%{phrase}%",
            values["search"],
        )
        wanted, kept, extra = wanted + row["wanted"], kept + row["kept"], extra + row["extra"]
    print(
        f"recall against LIKE: {kept / max(1, wanted):.3f} ({len(phrases)} phrases on {sample} posts, {wanted} hits; {extra} more by place, trade and synonyms)"
    )
    await owner.execute("DROP TABLE sample")


async def write(owner: asyncpg.Connection, posts: int) -> None:
    """Write the posts, then the indexes beside that of the words."""
    begun = time.perf_counter()
    others = await owner.fetch(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'board_posts' AND indexname LIKE 'ix%'"
    )
    await fill(owner, posts, without=[r["indexname"] for r in others])
    for row in others:
        if row["indexname"] != "ix_board_search":
            await owner.execute(row["indexdef"])
    print(f"{posts} posts written in {time.perf_counter() - begun:.0f} s", flush=True)


async def run(posts: int, asks: int, keep: Path | None) -> None:
    """Fill, build, ask, compare."""
    folder = keep or Path(tempfile.mkdtemp(prefix="linggong-bench-"))
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    info = postgres.ensure_running(folder / "pg")
    try:
        passwords = await postgres.bootstrap_roles(info.superuser_dsn, "bench", data_dir=folder / "pg")
        owner_dsn = postgres.make_dsn(info.host, info.port, postgres.OWNER_ROLE, passwords.owner, "bench")
        app_dsn = postgres.make_dsn(info.host, info.port, postgres.APP_ROLE, passwords.app, "bench")
        await asyncio.to_thread(migrations.upgrade, owner_dsn)
        owner = await asyncpg.connect(owner_dsn)
        if not await owner.fetchval("SELECT EXISTS (SELECT FROM board_posts)"):
            await write(owner, posts)
        posts = await owner.fetchval("SELECT count(*) FROM board_posts")
        await owner.execute("DROP INDEX IF EXISTS ix_board_search")
        await owner.execute("SET maintenance_work_mem = '512MB'")
        begun = time.perf_counter()
        await owner.execute("CREATE INDEX ix_board_search ON board_posts USING gin (search) WHERE listed")
        took = time.perf_counter() - begun
        size = await owner.fetchval("SELECT pg_relation_size('ix_board_search')") / 1e6
        print(
            f"index of the words: {took:.1f} s (limit {BUILD_S:.0f}, ratio {took / BUILD_S:.2f}), {size:.0f} MB (limit {SIZE_MB:.0f}, ratio {size / SIZE_MB:.2f})"
        )
        await owner.execute("VACUUM ANALYZE board_posts")
        shutil.rmtree(folder / "peer", ignore_errors=True)
        (folder / "peer").mkdir()
        peer = Peer(folder / "peer")
        begun = time.perf_counter()
        async with owner.transaction():
            cursor = await owner.cursor(
                "SELECT extract(epoch FROM published_at)::bigint, array_to_string(tsvector_to_array(search), ' ') FROM board_posts"
            )
            while rows := await cursor.fetch(_CHUNK):
                peer.add([(r[0], r[1]) for r in rows])
        await asyncio.to_thread(peer.done)
        weighs = sum(f.stat().st_size for f in (folder / "peer").iterdir()) / 1e6
        print(f"tantivy, the same tokens: {time.perf_counter() - begun:.1f} s, {weighs:.0f} MB")
        database = Database(app_dsn, pool_size=2)
        rng = random.Random(5)
        print(
            f"{'':26}{'p50 ms':>8}{'p95 ms':>8}{'of limit':>9}{'count p95':>10}{'tantivy p50':>12}{'p95':>7}{'ratio p50':>10}"
        )
        for name, asked in questions(rng).items():
            mine = await timed([partial(board.board_page, database, f) for f in asked], asks)
            counted = await timed([partial(board.board_count, database, f) for f in asked], asks)
            line = f"{name:26}{mine[0]:8.1f}{mine[1]:8.1f}{mine[1] / P95_MS:9.2f}{counted[1]:10.1f}"
            if all(f.q and f == board.BoardFilters(q=f.q, once=True) for f in asked):

                async def theirs(q: str) -> int:
                    return peer.ask(q)

                other = await timed([partial(theirs, f.q or "") for f in asked], asks)
                line += f"{other[0]:12.2f}{other[1]:7.2f}{mine[0] / other[0]:10.1f}"
            print(line, flush=True)
        await recall(owner, min(posts, 20_000), rng)
        await database.dispose()
        await owner.close()
    finally:
        postgres.stop(folder / "pg", immediate=True)
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--asks", type=int, default=60)
    parser.add_argument("--keep", type=Path, help="keep the posts in this folder, and use them when they are there")
    given = parser.parse_args()
    asyncio.run(run(given.posts, given.asks, given.keep))
