"""Finding: words that mean the same, posts that say the same, the order by fit, and pages that equal a plain sort of all posts."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linggong.market import board, board_sql, service
from linggong.market.synonyms import alike, search_query, words_in
from linggong.market.tokens import index_tokens, query_tokens

from .conftest import START, City, good
from .test_board import F, found, post

OTHER_STREET = "410202003000"


def _matches(query: str, text: str) -> bool:
    """Answer a tsquery of ours over the tokens of a text, as PostgreSQL does."""
    tokens = set(index_tokens(text).split(" "))
    said = query.replace("&", " and ").replace("|", " or ").replace(":*", "_prefix")
    for term in sorted(
        {t for t in query.replace("(", " ").replace(")", " ").split() if t[0] == "'"}, key=len, reverse=True
    ):
        word = term.strip(":*").strip("'")
        hit = any(t.startswith(word) for t in tokens) if term.endswith(":*") else word in tokens
        said = said.replace(term.replace(":*", "_prefix"), str(hit))
    return bool(eval(said))


def test_words_that_mean_the_same() -> None:
    assert {"小工", "壮工"} <= set(alike("搬砖"))
    assert {"收蒜", "拔蒜"} <= set(alike("摘蒜"))
    assert "搬家" not in alike("搬砖")  # not passed on over 搬运
    assert all(word in alike(other) for word in ("搬砖", "保洁", "护工") for other in alike(word))
    assert words_in("搬砖小工") == ["搬砖", "小工"]
    assert words_in("搬砖的") == []
    assert search_query("会计") == query_tokens("会计") == "'会计'"
    assert search_query("东关 摘蒜").startswith("'东关' & ('摘蒜' | '收蒜'")


@given(
    st.text("搬砖小工装卸摘蒜收保洁", min_size=1, max_size=8),
    st.text("搬砖小工装卸摘蒜收保洁，", max_size=8),
    st.text("搬砖小工装卸摘蒜收保洁，", max_size=8),
)
def test_what_like_finds_the_wider_query_finds(q: str, before: str, after: str) -> None:
    assert _matches(search_query(q), before + q + after)


async def test_a_search_finds_what_means_the_same(city: City) -> None:
    same = await post(city, title="壮工两名", trade_code="4-14-01-02", description="")
    other = await post(city, title="贴砖师傅", trade_code="6-29-04-01", description="")
    assert await found(city, q="搬砖") == [same]
    assert await found(city, q="铺砖") == [other]


async def test_posts_that_say_the_same_are_shown_once_with_their_places(city: City) -> None:
    text = "把砖从车上搬到二楼，管午饭，干完就走，早上集合，下午五点半收工，工具都有"
    first = await post(city, title="东关招搬砖3名", place="东关工地", description=text)
    city.clock.advance(timedelta(minutes=1))
    near = await post(
        city, title="西关招搬砖 5 名", place="西关工地", description="门口集合"
    )  # another title: on its own
    city.clock.advance(timedelta(minutes=1))
    street = await post(city, title="东关招搬砖2名", place="金明工地", division_code=OTHER_STREET, description=text)
    city.clock.advance(timedelta(minutes=1))
    dearer = await post(city, title="东关招搬砖3名", place="东关工地", description=text, pay_fen=22000)
    later = await post(city, title="东关招搬砖3名", place="东关工地", description=text, starts_at=START + timedelta(days=1), ends_at=START + timedelta(days=1, hours=9))  # fmt: skip
    filters = F(once=True)
    page = await board.board_page(city.database, filters)
    assert [line.order_id for line in page.items] == [later, dearer, street, near]
    assert [(t.place, t.places_left) for t in page.items[2].twins] == [("东关工地", 6)]
    assert await board.board_count(city.database, filters) == 4
    assert len(await found(city)) == 5
    # Whoever looks in one street sees the post of that street.
    assert first in await found(city, once=True, area="/4102/25/")
    assert street in await found(city, once=True, area="/4102/02/")
    # Oldest first by start: one of each group, on whichever page it comes.
    seen: list[Any] = []
    cursor = None
    for _ in range(5):
        part = await board.board_page(city.database, F(once=True, sort="soonest"), cursor, 1)
        seen += [line.order_id for line in part.items]
        cursor = part.next
        if cursor is None:
            break
    assert len(seen) == 4
    assert len({first, street} & set(seen)) == 1


async def test_a_long_text_is_the_same_whoever_copies_it(city: City) -> None:
    text = "大棚里摘蒜装袋，论天算钱，当天结清，中午管一顿饭，带手套，下雨不干也给半天的钱"
    async with city.database.begin(*city.employer(city.trusted)) as uow:
        made = await service.create_order(
            uow,
            city.secrets.sealer,
            good(title="摘蒜", place="一号棚", description=text),
            employer_id=city.trusted,
            submit=True,
        )
    assert made.state in ("O_OPEN", "O_LOCKED")
    async with city.database.begin(*city.employer(city.elsewhere)) as uow:
        await service.create_order(
            uow,
            city.secrets.sealer,
            good(title="摘蒜", place="二号棚", description=text),
            employer_id=city.elsewhere,
            submit=True,
        )
    page = await board.board_page(city.database, F(once=True))
    assert [len(line.twins) for line in page.items] == [1]


async def test_the_order_by_fit_is_what_it_says(city: City) -> None:
    old = await post(city, title="搬砖", trade_code="4-02-05-01", description="")
    city.clock.advance(timedelta(minutes=3))
    other = await post(city, title="杂活", trade_code="6-29-99-00", description="也要搬砖", pay_fen=20100)
    city.clock.advance(timedelta(minutes=1))
    mine = await post(city, title="装车", trade_code="4-14-01-02", description="搬砖", latitude=34.82, longitude=114.83)
    assert await found(city, q="搬砖", sort="fit") == [old, mine, other]
    assert await found(city, q="搬砖", sort="fit", trades=("4-14-01-02",)) == [mine, old, other]
    assert await found(city, sort="fit") == await found(city)
    # Each kilometre is half an hour: whoever stands at the other place is shown it first.
    assert (await found(city, sort="fit", latitude=34.82, longitude=114.83))[0] == mine


@pytest.mark.parametrize("window", [1, 3, 4000])
async def test_the_window_changes_no_page(city: City, window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first posts of an index, or all: the page is the same, by every order (no window, a short one, a long one)."""
    rng = random.Random(7)
    for _ in range(9):
        title = rng.choice(("搬砖", "摘蒜", "保洁"))
        await post(city, title=title, pay_fen=rng.choice((20000, 21000)), latitude=34.8 + rng.randrange(9) / 100)
        city.clock.advance(timedelta(seconds=rng.randrange(2)))
    monkeypatch.setattr(board_sql, "WINDOW", window)
    monkeypatch.setattr(board_sql, "_ENOUGH", 2)
    board_sql.statement.cache_clear()
    try:
        for sort in board.SORTS:
            extra: dict[str, Any] = {"sort": sort, "q": "搬砖 兰考", "once": True}
            if sort in ("distance", "fit"):
                extra |= {"latitude": 34.8, "longitude": 114.8, "radius_km": 50.0}
            ids, cursor = [], None
            while True:
                page = await board.board_page(city.database, F(**extra), cursor, 2)
                ids += [line.order_id for line in page.items]
                cursor = page.next
                if cursor is None:
                    break
            assert ids == await found(city, **extra), sort
            assert len(ids) == await board.board_count(city.database, F(**extra)), sort
    finally:
        board_sql.statement.cache_clear()
