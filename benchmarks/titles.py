"""From a title to a trade: how often the first suggestion is right, at each level of the classification.

    python -m benchmarks.titles

Two sets, neither of them learned from: a fifth of the advert titles (the same fifth always, by a hash; their codes are silver, about
one in six is wrong), and 300 titles whose codes were checked by hand (tests/market/data). Beside it stand the figures that a
published matcher states of itself, and a plain matcher of names, aliases and day-labour words computed in the same run. Prints
also how sure it says it is and how often that is right, time for a title and memory, against their limits.
"""

from __future__ import annotations

import csv
import time
import tracemalloc
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from linggong.market.classifier import TitleClassifier, training_titles
from linggong.market.trades import fold, labour_words, trades

CHECKED: Final = Path(__file__).resolve().parents[1] / "tests" / "market" / "data" / "checked-titles.csv"
LEVELS: Final = {"大类": 1, "中类": 4, "小类": 7, "细类": 10}
"""How many characters of a code make a level."""
PUBLISHED: Final = {"大类": 66.0, "中类": 52.0, "小类": 41.0, "细类": 30.0}
"""What the published matcher states of itself, on titles of its own."""
_MS, _MB = 2.0, 100.0
Pairs = Sequence[tuple[str, str]]


def sets() -> tuple[Pairs, dict[str, Pairs]]:
    """Return what is learned from, and the two sets that are not."""
    with CHECKED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    checked = [(row["title"], row["code"]) for row in rows]
    known = {title for title, _ in checked}
    pairs = [pair for pair in training_titles() if pair[0] not in known]
    learned = [pair for pair in pairs if zlib.crc32(pair[0].encode()) % 5]
    held = [pair for pair in pairs if not zlib.crc32(pair[0].encode()) % 5]
    roadside = [(row["title"], row["code"]) for row in rows if row["source"] == "roadside"]
    return learned, {"held out": held, "checked by hand": checked, "of these, roadside": roadside}


def plain() -> Callable[[str], str]:
    """Return a matcher of names: the longest name, alias or day-labour word that stands in the title."""
    names = {
        fold(part): t.code for t in trades() for alias in (t.name, *t.aliases) for part in alias.split("/") if part
    }
    names |= labour_words()
    ordered = sorted(names, key=lambda name: (-len(name), name))

    def match(title: str) -> str:
        text = fold(title)
        return next((names[name] for name in ordered if len(name) > 1 and name in text), "")

    return match


def accuracy(said: Sequence[str], wanted: Sequence[str]) -> dict[str, float]:
    """Return the share of right codes at each level, in per cent."""
    pairs = list(zip(said, wanted, strict=True))
    return {name: 100 * sum(a[:n] == b[:n] for a, b in pairs) / len(pairs) for name, n in LEVELS.items()}


def main() -> None:
    """Measure and print."""
    learned, asked = sets()
    trades()
    tracemalloc.start()
    model = TitleClassifier(learned, trades(), labour_words())
    weighs = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    matcher = plain()
    print(f"learned from {len(learned)} titles and the names of {len(trades())} trades\n")
    print(f"{'':34}" + "".join(f"{name:>8}" for name in LEVELS) + f"{'top five':>10}")
    print(f"{'a published matcher, as it states':34}" + "".join(f"{v:10.1f}" for v in PUBLISHED.values()))
    for name, pairs in asked.items():
        wanted = [code for _, code in pairs]
        begun = time.process_time()
        guesses = [model.classify(title) for title, _ in pairs]
        took = (time.process_time() - begun) / len(pairs) * 1000
        mine = accuracy([g[0].code if g else "" for g in guesses], wanted)
        among = 100 * sum(code in {g.code for g in gs} for gs, code in zip(guesses, wanted, strict=True)) / len(pairs)
        other = accuracy([matcher(title) for title, _ in pairs], wanted)
        print(f"\n{name}, {len(pairs)} titles")
        print(f"{'  names, aliases, day-labour words':34}" + "".join(f"{other[level]:10.1f}" for level in LEVELS))
        print(f"{'  the classifier':34}" + "".join(f"{mine[level]:10.1f}" for level in LEVELS) + f"{among:10.1f}")
        print(
            f"{'  ahead of the published':34}" + "".join(f"{mine[level] - PUBLISHED[level]:+10.1f}" for level in LEVELS)
        )
        sure = [
            (
                low,
                [
                    (gs[0].confidence, gs[0].code == c)
                    for gs, c in zip(guesses, wanted, strict=True)
                    if gs and low <= gs[0].confidence < low + 0.2
                ],
            )
            for low in (0.0, 0.2, 0.4, 0.6, 0.8)
        ]
        said = ", ".join(f"{low:.1f}+: {100 * sum(r for _, r in some) / len(some):.0f} %" for low, some in sure if some)
        print(f"  right when it says it is so sure: {said}")
        print(f"  {took:.2f} ms a title (limit {_MS:.0f}, ratio {took / _MS:.2f})")
    print(f"\n{weighs:.0f} MB (limit {_MB:.0f}, ratio {weighs / _MB:.2f})")


if __name__ == "__main__":
    main()
