"""Words of the roadside that mean the same work: who looks for 搬砖 is also shown 小工 and 壮工.

The groups are the lines of `data/day-labour-words.csv` and of `data/synonyms.csv`. Two words mean the same when they share a line;
this is not passed on over a third word, so that 搬运 does not lead over 搬砖 to every helper of a building site.
"""

from __future__ import annotations

import csv
from functools import cache

from linggong.market.tokens import MAX_QUERY_TERMS, query_terms, query_tokens, runs
from linggong.market.trades import data_lines, fold


@cache
def _alike() -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for name in ("day-labour-words.csv", "synonyms.csv"):
        for row in csv.reader(data_lines(name)):
            words = [fold(word) for word in row[0].split("|")]
            for word in words:
                found.setdefault(word, {}).update(dict.fromkeys(w for w in words if w != word))
    return {word: tuple(others) for word, others in found.items()}


def alike(word: str) -> tuple[str, ...]:
    """Return the words that mean the same work; none for a word that nobody listed."""
    return _alike().get(fold(word), ())


def words_in(run: str) -> list[str]:
    """Cut a run of characters into listed words, the longest first at each place; empty unless they fill it."""
    known = _alike()
    longest = max(map(len, known))
    words: list[str] = []
    at = 0
    while at < len(run):
        end = next((e for e in range(min(len(run), at + longest), at + 1, -1) if run[at:e] in known), 0)
        if not end:
            return []
        words.append(run[at:end])
        at = end
    return words


def search_query(text: str) -> str:
    """Return the query as `tsquery` text: each run of characters itself or, where listed words fill it, what means the same.

    Every post that `query_tokens` finds is found by this too. Empty when nothing searchable was typed.
    """
    if len(query_terms(text)) >= MAX_QUERY_TERMS:
        return query_tokens(text)
    parts = []
    for is_cjk, run in runs(text):
        own = query_tokens(run)
        words = words_in(run) if is_cjk else []
        means = [[query_tokens(w) for w in (word, *alike(word))] for word in words]
        if not any(len(m) > 1 for m in means):
            parts.append(own)
            continue
        wider = " & ".join("(" + " | ".join(f"({m})" if "&" in m else m for m in group) + ")" for group in means)
        parts.append(wider if len(words) == 1 else f"(({own}) | ({wider}))")
    return " & ".join(dict.fromkeys(parts))


def title_words(text: str) -> tuple[list[str], list[str]]:
    """Return what was typed, and what means the same: the order by fit looks for both in titles."""
    typed = [run for _, run in runs(text)]
    return typed, list(dict.fromkeys(other for run in typed for word in words_in(run) for other in alike(word)))
