from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from linggong.market.tokens import MAX_QUERY_TERMS, index_tokens, query_terms, query_tokens

CJK = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=2, max_size=12)
ANY = st.text(max_size=60)


def test_index_has_characters_pairs_and_words() -> None:
    assert index_tokens("贴砖工 ＣＡＤ 3楼") == "贴 砖 工 贴砖 砖工 cad 3 楼"


def test_index_keeps_traditional_and_rare_characters() -> None:
    assert index_tokens("裝卸𠮷") == "裝 卸 𠮷 裝卸 卸𠮷"


def test_query_is_an_and_of_pairs() -> None:
    assert query_tokens("贴砖工") == "'贴砖' & '砖工'"
    assert query_tokens("砖") == "'砖'"
    assert query_tokens("搬运 CAD ２０") == "'搬运' & 'cad':* & '20'"
    assert query_tokens("  ,。!") == ""


def test_no_operator_of_the_user_survives() -> None:
    assert query_tokens("砖'|!(工):*\\&<->\x00") == "'砖' & '工'"


@given(ANY, CJK, ANY)
def test_a_title_that_holds_the_query_is_found(before: str, query: str, after: str) -> None:
    indexed = set(index_tokens(before + query + after).split(" "))
    assert set(query_terms(query)) <= indexed
    assert query_terms(query)


@given(ANY)
def test_query_syntax_is_always_whole(text: str) -> None:
    query = query_tokens(text)
    assert query == "" or re.fullmatch(r"'[^'\\&|!()<>:*\s]+'(:\*)?( & '[^'\\&|!()<>:*\s]+'(:\*)?)*", query)
    assert len(query_terms(text)) <= MAX_QUERY_TERMS


@given(ANY)
def test_index_tokens_are_single_lexemes(text: str) -> None:
    tokens = index_tokens(text)
    parts = tokens.split(" ") if tokens else []
    assert len(parts) == len(set(parts))
    assert all(part and part == part.strip() and "\x00" not in part for part in parts)
