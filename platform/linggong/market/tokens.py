"""Search tokens for Chinese: single characters and pairs, for `tsvector` with GIN.

Pairs keep the recall that word segmentation loses: every text that contains a phrase contains all its pairs.
Tokens are lexemes already, so no text search parser must touch them again. Store with
``array_to_tsvector(string_to_array(:tokens, ' '))`` and ask with ``CAST(:query AS tsquery)``; both are
independent of the database's locale.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

MAX_WORD = 64
"""Characters kept of one Latin or digit word; PostgreSQL refuses lexemes above 2 KB."""
MAX_QUERY_TERMS = 24
"""Terms kept of one query. Fewer terms only widen the answer, so nothing that matches is lost."""

_CJK = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_RUN = re.compile(rf"(?P<cjk>[{_CJK}]+)|(?P<word>[^\W_{_CJK}]+)")


def runs(text: str) -> Iterator[tuple[bool, str]]:
    """Yield the runs of a text: whether it is Chinese, and its folded characters."""
    for match in _RUN.finditer(unicodedata.normalize("NFKC", text).lower()):
        yield match.lastgroup == "cjk", match.group()


def index_tokens(text: str) -> str:
    """All search tokens of a text, distinct, in order of appearance, separated by one space.

    Chinese runs give each character and each pair; Latin letters and digits give lowercased words. Full-width
    forms are folded (NFKC), traditional characters stay as they are.
    """
    seen: dict[str, None] = {}
    for is_cjk, run in runs(text):
        if is_cjk:
            seen.update(dict.fromkeys(run))
            seen.update(dict.fromkeys(run[i : i + 2] for i in range(len(run) - 1)))
        else:
            seen[run[:MAX_WORD]] = None
    return " ".join(seen)


def query_terms(text: str) -> list[str]:
    """Terms that a text must all contain to match what the user typed, at most `MAX_QUERY_TERMS`.

    A run of two or more Chinese characters gives its pairs, a lone character itself, others words.
    """
    seen: dict[str, None] = {}
    for is_cjk, run in runs(text):
        if not is_cjk:
            seen[run[:MAX_WORD]] = None
        elif len(run) == 1:
            seen[run] = None
        else:
            seen.update(dict.fromkeys(run[i : i + 2] for i in range(len(run) - 1)))
        if len(seen) >= MAX_QUERY_TERMS:
            break
    return list(seen)[:MAX_QUERY_TERMS]


def query_tokens(text: str) -> str:
    """The query as `tsquery` text: quoted terms joined by AND; words with a letter match as prefixes.

    Terms hold letters and digits only, so no operator, quote or backslash of the user reaches the syntax.
    Empty when nothing searchable was typed: the caller then leaves the condition out.
    """
    parts = []
    for term in query_terms(text):
        prefix = term[0].isascii() and not term.isdigit()
        parts.append(f"'{term}':*" if prefix else f"'{term}'")
    return " & ".join(parts)
