"""How fast and how well places are given out: candidates, scores and flow on a made-up dawn of Kaifeng, in one process.

    python -m benchmarks.dispatch [--small]

People wait at the stations and streets of the preset, their trades and the orders are those of the demo city. It prints: the
seconds of 10,000 people for 10,000 places and of 50,000 for 20,000 with their memory, against the limits; what is lost against the
flow over every pair at 1,000; the lead over giving out the best pair again and again; how often workers with priority are placed
when places are short, against the others; and how candidates crowd (most per place / median). Each large size runs in a process
of its own, so that its peak of memory is its own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import time
import tomllib
from dataclasses import replace
from datetime import date, datetime, timedelta
from importlib.resources import files
from random import Random
from uuid import UUID

import numpy as np

from linggong.demo import posts
from linggong.kernel.clock import SHANGHAI
from linggong.market.trades import COMMON_TRADES
from linggong.matching import solve
from linggong.matching.facts import Opening, Past, Pasts, Seeker
from linggong.matching.score import Scores
from linggong.matching.solve import Settings
from linggong.matching.tiers import tier_of
from tenants.kinds import NodeKind
from tenants.preset_files import build_preset

LIMITS = {(10_000, 10_000): (3.0, 1024.0), (50_000, 20_000): (30.0, 1024.0)}
"""Seconds and megabytes."""
MOST_LOST, CROWDED = 0.005, 8.0
NOW = datetime(2026, 3, 10, 5, 10, tzinfo=SHANGHAI)
_CODES = {t.word: t.code for t in COMMON_TRADES}
_TRAVEL = ("ebike", "ebike", "ebike", "tricycle", "walk", "none", "car")


def places_of_kaifeng(rng: Random) -> list[tuple[float, float]]:
    """Return a point for every street, scattered around its county's; the preset knows the counties' alone."""
    folder = files("tenants").joinpath("presets")
    data = tomllib.loads(folder.joinpath("kaifeng.toml").read_text(encoding="utf-8"))
    preset = build_preset("kaifeng", data, folder.joinpath("divisions", "kaifeng.csv").read_text(encoding="utf-8"))
    centre = {n.path: (float(n.latitude), float(n.longitude)) for n in preset.nodes if n.latitude and n.longitude}
    found = []
    for node in preset.nodes:
        if node.kind == NodeKind.STREET:
            lat, lng = centre.get(node.parent_path or "", (34.8, 114.3))
            found.append((lat + rng.gauss(0, 0.06), lng + rng.gauss(0, 0.07)))
    return found


def town(people: int, places: int, *, seed: int = 7) -> tuple[list[Seeker], list[Opening], Pasts]:
    """Return who waits, what is open, and what they know of each other."""
    rng = Random(seed)
    streets = places_of_kaifeng(rng)
    weights = [rng.lognormvariate(0, 0.8) for _ in streets]
    templates = [t for t in posts.TEMPLATES if t.trade in _CODES]
    orders: list[Opening] = []
    left = places
    bosses = [UUID(int=rng.getrandbits(128)) for _ in range(max(2, places // 12))]
    while left > 0:
        template = rng.choice(templates)
        lat, lng = rng.choices(streets, weights)[0]
        size = min(left, rng.choice(template.crew) * rng.choice((1, 1, 1, 2, 3)))
        begin, end, _ = rng.choice(template.hours)
        start = NOW.replace(hour=0, minute=0) + timedelta(minutes=begin)
        start += timedelta(days=1) if start < NOW + timedelta(minutes=20) else timedelta(0)
        pay = rng.uniform(*template.pay)
        day = {"hour": pay * 8, "piece": pay * (template.piece[1] if template.piece else 100)}.get(
            template.unit.value, pay
        )
        orders.append(
            Opening(
                id=UUID(int=rng.getrandbits(128)), title=rng.choice(template.titles), trade=_CODES[template.trade],
                employer_id=rng.choice(bosses), latitude=lat + rng.gauss(0, 0.01), longitude=lng + rng.gauss(0, 0.01),
                ride=rng.random() < 0.1, shifts=((start, start + timedelta(minutes=end - begin)),), work_date=date(2026, 3, 10),
                published_at=NOW - timedelta(minutes=rng.randrange(600)), day_fen=round(day * 100), places=size,
                reserved=size // 10, conditions=template.conditions, insurable=((16, 65),),
            )
        )  # fmt: skip
        left -= size
    common = [
        (t, sum(t.urban + t.rural for t in templates if t.trade == word))
        for word, t in _CODES.items()
        for word in (word,)
    ]
    words, shares = [c for c, _ in common], [w + 0.2 for _, w in common]
    seekers = []
    for _ in range(people):
        lat, lng = rng.choices(streets, weights)[0]
        age = min(66, max(18, round(rng.gauss(48, 10))))
        idle = min(40, int(rng.expovariate(0.25)))
        proofs = tuple(
            c for c, share in (("subsistence", 0.04), ("disabled", 0.03), ("veteran", 0.03)) if rng.random() < share
        )
        seekers.append(
            Seeker(
                id=UUID(int=rng.getrandbits(128)), name="", age=age, sex=rng.choice("男男女"),
                trades=tuple(dict.fromkeys(rng.choices(words, shares, k=rng.choice((1, 2, 2, 3))))), latitude=lat, longitude=lng,
                radius_km=rng.choice((5, 10, 10, 20)), transport=rng.choice(_TRAVEL), wish_fen=rng.randrange(14000, 32000, 1000),
                certificates=tuple(c for c in ("电工证", "焊工证", "高处作业证", "驾驶证") if rng.random() < 0.3),
                done=rng.randrange(40), failed=rng.choice((0, 0, 0, 1)), idle_days=idle, tier=tier_of(proofs, idle_days=idle, age=age),
            )
        )  # fmt: skip
    pasts: Pasts = {
        (rng.choice(seekers).id, rng.choice(orders).employer_id): Past(
            rng.randrange(1, 9), rng.uniform(2, 5), rng.uniform(2, 5)
        )
        for _ in range(people * 2)
    }
    return seekers, orders, pasts


def _timed(people: int, places: int, out: multiprocessing.Queue[dict[str, float]]) -> None:
    town_of = town(people, places)
    started, busy = time.perf_counter(), time.process_time()
    scores = Scores(*town_of, NOW)
    task = solve.problem(scores, Settings())
    found = time.perf_counter() - started
    best = solve.optimum(task)
    seconds, cpu = time.perf_counter() - started, time.process_time() - busy
    plain = solve.greedy(task)
    per = np.bincount(task.j, minlength=len(scores.orders.of)) / scores.orders.places
    tier = scores.people.tier > 0
    placed, able = (np.isin(np.arange(people), rows) for rows in (task.i[best.pairs], task.i))
    out.put({
        "seconds": seconds, "cpu": cpu, "candidates": found, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "pairs": len(task.i), "placed": len(best.pairs), "greedy": len(plain.pairs), "lead": best.value / plain.value - 1,
        "score": float(task.score[best.pairs].mean()), "greedy_score": float(task.score[plain.pairs].mean()),
        "crowd": float(per.max() / statistics.median(per)), "first": float(placed[tier & able].mean()), "others": float(placed[~tier & able].mean()),
    })  # fmt: skip


def _line(words: str, value: float, limit: float, unit: str) -> None:
    print(f"  {words:<34}{value:9.3f} {unit}, limit {limit:g}, ratio {value / limit:.2f}")


def _loss() -> None:
    """Print what the sparse candidates lose at 1,000, where every pair can still be solved."""
    town_of = town(1000, 1000)
    scores = Scores(*town_of, NOW)
    # Every pair of a thousand would be taken as it is: the sparse way is asked for by name.
    whole = solve.optimum(solve.problem(scores, Settings(dense=True)))
    task = solve.problem(scores, replace(Settings(), sparse=True))
    best = solve.optimum(task)
    plain = solve.greedy(task)
    print(f"1,000 x 1,000: {len(task.i)} of {1000 * len(scores.orders.of)} pairs kept")
    _line("lost against every pair", 1 - best.value / whole.value, MOST_LOST, "")
    print(
        f"  lead over greedy {100 * (best.value / plain.value - 1):.2f} %, placed {len(best.pairs)} against {len(plain.pairs)}"
    )


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="the first size alone")
    small = parser.parse_args().small
    _loss()
    context = multiprocessing.get_context("spawn")
    for (people, places), (seconds, megabytes) in list(LIMITS.items())[: 1 if small else None]:
        out: multiprocessing.Queue[dict[str, float]] = context.Queue()
        run = context.Process(target=_timed, args=(people, places, out))
        run.start()
        got = out.get()
        run.join()
        print(f"{people:,} x {places:,}: {got['pairs']:.0f} pairs, {got['placed']:.0f} placed")
        _line("seconds with candidates", got["seconds"], seconds, "s")
        print(f"  of them candidates and scores     {got['candidates']:9.3f} s; of the processor {got['cpu']:.3f} s")
        _line("peak memory", got["mb"], megabytes, "MB")
        _line("crowding, most / median a place", got["crowd"], CROWDED, "")
        print(f"  lead over greedy {100 * got['lead']:.2f} %: placed {got['placed']:.0f} against {got['greedy']:.0f}, "
              f"mean score {got['score']:.1f} against {got['greedy_score']:.1f}")  # fmt: skip
        verdict = "at least as often" if got["first"] >= got["others"] else "LESS OFTEN"
        print(
            f"  of whom some order may take: with priority placed {100 * got['first']:.1f} %, others {100 * got['others']:.1f} %: {verdict}"
        )


if __name__ == "__main__":
    main()
