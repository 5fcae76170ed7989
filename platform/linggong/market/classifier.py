"""From a free job title to the code of its trade: suggestions that a clerk confirms (R051).

Two voices over character n-grams are added. The first is linear: each trade has the mean direction of its names, aliases and of the
advert titles known for it. The second asks the ten nearest known titles and names, which carries what a mean washes out. Inverted
indexes make one title cost about a millisecond. A day-labour word in the title counts on top, because adverts on the web seldom
know such words. `benchmarks/titles.py` measures it.
No heavy library, no download, the same answer for the same title always.
"""

from __future__ import annotations

import heapq
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from linggong.market.trades import Trade, data_lines, labour_words, trade, trades

# Benefits, pay and shifts say nothing about the trade.
_NOISE: Final = re.compile(
    r"[五六]险[一二]金|五险|包吃住?|包住|管吃住?|管饭|双休|单休|急招|急聘|诚聘|直招|高薪|日结|周结|月结|次结|月薪|年薪|底薪"
    r"|提成|无责|不加班|长白班|朝九晚[五六]|转正|无需经验|经验不限|接受小白|[实见]习生|应届生?"
    r"|\d+[-~到]?\d*[k千万元块]*(?:/?[天月时小名人个位]+)?"
)
_AFTER_HIRING: Final = re.compile(r"(?:招聘|诚招|招(?!聘))(?!专员|师|主管|经理|顾问|标)([^招]{2,})")
_RUN: Final = re.compile(r"[a-z]+|[\u3400-\u9fff]+")
_SINGLE_WEIGHT: Final = 0.3
"""Single characters (工, 员) say little beside pairs and triples."""
_PRIOR_POWER: Final = 0.35
"""How far a trade that is advertised often is preferred; 0 not at all. Chosen on held-out titles."""
_WORD_BONUS: Final = 0.8
"""What a day-labour word that fills the title adds, beside two voices of at most 1 each."""
_NEAREST: Final = 10
"""How many known titles and names are asked."""
_NAME_VOICE: Final = 0.7
"""What a name or alias among them counts beside a title that somebody wrote."""
_LOWEST_LEVEL: Final = 3
"""Major and middle groups are no answer that a post could use."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A suggested trade. `confidence` 0..1; `why` is Chinese, for the clerk.

    The confidence is the share of the score among the suggestions, lowered for a title of unknown words; on
    held-out titles it runs a little above how often the first suggestion is right.
    """

    code: str
    name: str
    confidence: float
    why: str


def normalise_title(title: str) -> str:
    """A title in lower case without pay, benefits and what stands before 招聘 (place and firm)."""
    text = _NOISE.sub(" ", unicodedata.normalize("NFKC", title).lower())
    after = _AFTER_HIRING.search(text)
    return after.group(1) if after and len(after.group(1).strip()) >= 2 else text


def _features(title: str) -> set[str]:
    found: set[str] = set()
    for run in _RUN.findall(normalise_title(title)):
        if run[0].isascii():
            found.add(run)
            continue
        found.update(run[i : i + n] for n in (1, 2, 3) for i in range(len(run) - n + 1))
        found.add("^" + run[:2])
        found.add("$" + run[-2:])  # the head of a Chinese title stands at its end
    return found


class TitleClassifier:
    """Learns from titles with codes plus a classification's own names; immutable once built."""

    def __init__(
        self, titles: Iterable[tuple[str, str]], classification: Iterable[Trade], words: dict[str, str]
    ) -> None:
        """`titles` are pairs of title and code, `words` day-labour words with their codes.

        Titles whose code is a major or middle group, or unknown, teach nothing that a post could use and are
        skipped.
        """
        levels = {entry.code: entry.level for entry in classification}
        documents = [(title, code) for title, code in titles if levels.get(code, 0) >= _LOWEST_LEVEL]
        written = len(documents)
        for entry in classification:
            if entry.level >= _LOWEST_LEVEL:
                parts = [entry.name, *(part for alias in entry.aliases for part in alias.split("/") if part)]
                documents.extend((part, entry.code) for part in parts)
        features = [(code, _features(title)) for title, code in documents]
        frequency = Counter(feature for _, found in features for feature in found)
        self._weight = {
            feature: math.log(len(documents) / count) * (_SINGLE_WEIGHT if len(feature) == 1 else 1.0)
            for feature, count in frequency.items()
        }
        sums: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
        size: Counter[str] = Counter()
        self._known: list[tuple[str, float]] = []
        """Code and voice of each known title and name; `_nearest` leads from an n-gram to them."""
        self._nearest: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, (code, found) in enumerate(features):
            # Sorted: floating point sums depend on order, and sets have none between two processes.
            ordered = sorted(found)
            length = math.sqrt(sum(self._weight[feature] ** 2 for feature in ordered)) or 1.0
            size[code] += 1
            self._known.append((code, 1.0 if number < written else _NAME_VOICE))
            for feature in ordered:
                sums[feature][code] += self._weight[feature] / length
                if len(feature) > 1:
                    self._nearest[feature].append((number, self._weight[feature] / length))
        norms: defaultdict[str, float] = defaultdict(float)
        for by_code in sums.values():
            for code, value in by_code.items():
                norms[code] += value * value
        self._index = {
            feature: [(code, v / math.sqrt(norms[code]) * size[code] ** _PRIOR_POWER) for code, v in by_code.items()]
            for feature, by_code in sums.items()
        }
        self._words = words
        self._longest = max(map(len, words), default=0)

    def _words_in(self, title: str) -> dict[str, str]:
        """Code to its longest day-labour word in the title; words inside longer words are left out."""
        text = "".join(normalise_title(title).split())
        found: dict[str, str] = {}
        start = 0
        while start < len(text):
            for end in range(min(len(text), start + self._longest), start + 1, -1):
                code = self._words.get(text[start:end])
                if code is not None:
                    if len(text[start:end]) > len(found.get(code, "")):
                        found[code] = text[start:end]
                    start = end - 1
                    break
            start += 1
        return found

    def _linear(self, found: list[str]) -> dict[str, float]:
        scores: defaultdict[str, float] = defaultdict(float)
        for feature in found:
            weight = self._weight[feature]
            for code, value in self._index[feature]:
                scores[code] += weight * value
        return scores

    def _neighbours(self, found: list[str]) -> dict[str, float]:
        alike: defaultdict[int, float] = defaultdict(float)
        for feature in found:
            weight = self._weight[feature]
            for number, value in self._nearest.get(feature, ()):
                alike[number] += weight * value
        last = heapq.nlargest(_NEAREST, alike.values())[-1:] or [0.0]
        scores: defaultdict[str, float] = defaultdict(float)
        # All that are as near as the last: the order in which they were learned must not count.
        for number in sorted(n for n, value in alike.items() if value >= last[0] - 1e-9):
            code, voice = self._known[number]
            scores[code] += alike[number] * voice
        return scores

    def classify(self, title: str, top: int = 5) -> list[Guess]:
        """At most `top` trades for a title, best first; empty when nothing in it is known."""
        found = sorted(feature for feature in _features(title) if feature in self._index)
        scores: defaultdict[str, float] = defaultdict(float)
        for voice in (self._linear(found), self._neighbours(found)):
            highest = max(voice.values(), default=0.0)
            for code, value in voice.items():
                scores[code] += value / (highest or 1.0)
        words = self._words_in(title)
        for code, word in words.items():
            scores[code] += _WORD_BONUS * min(1.0, len(word) / 3)
        ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[: max(top, 1)]
        # How much of the title is known at all: a title of strange words deserves little confidence.
        known = sum(self._weight[feature] for feature in found)
        strange = sum(1 for feature in _features(title) if feature not in self._index and len(feature) == 2)
        cover = 0.95 if words else 0.95 * known / (known + 4.0 * strange + 4.0)
        mass = sum(score**4 for _, score in sorted(scores.items(), key=lambda item: -item[1])[:10]) or 1.0
        guesses = []
        for code, score in ranked[:top]:
            entry = trade(code)
            guesses.append(
                Guess(
                    code,
                    entry.name if entry else code,
                    round(score**4 / mass * cover, 3),
                    self._why(code, words.get(code), found),
                )
            )
        return guesses

    def _why(self, code: str, word: str | None, found: list[str]) -> str:
        if word is not None:
            return f"标题里有“{word}”"
        gain = {
            feature: self._weight[feature] * value
            for feature in found
            if len(feature) > 1 and feature[0] not in "^$"
            for owner, value in self._index[feature]
            if owner == code
        }
        strongest = sorted(gain, key=lambda feature: (-gain[feature], feature))[:1]
        return f"和“{strongest[0]}”一类的岗位相近" if strongest else "和已有岗位名称相近"


def training_titles() -> list[tuple[str, str]]:
    """The advert titles with their silver codes, in the order of the file."""
    pairs = []
    for line in data_lines("job-titles.tsv.gz"):
        title, _, code = line.rpartition("\t")
        pairs.append((title, code))
    return pairs


@cache
def _default() -> TitleClassifier:
    return TitleClassifier(training_titles(), trades(), labour_words())


@lru_cache(maxsize=4096)
def _known(title: str, top: int) -> tuple[Guess, ...]:
    """Return the answer for a title; the same few thousand are asked again and again (a list that is imported, 再来一单)."""
    return tuple(_default().classify(title, top))


def classify_title(title: str, top: int = 5) -> list[Guess]:
    """Suggest trades for a job title, best first, at most `top`; built on first use in well under a second.

    An empty list means that nothing in the title is known: ask for the trade. Titles are cut at 200
    characters.
    """
    return list(_known(title[:200], top))
