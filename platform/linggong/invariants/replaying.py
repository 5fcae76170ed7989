"""Invariant 12: the events of every order, case, memo, assessment and party's credit, played again from the first, end where the rows stand."""

from __future__ import annotations

import json
from collections import defaultdict

from linggong.invariants.rules import Connection, Violation
from linggong.invariants.subjects import SUBJECTS
from linggong.kernel.replay import Replayed, Subject, moves, replay

_CHAINS = """
SELECT chain, type, body FROM events
WHERE (chain LIKE 'order:%' OR chain LIKE 'case:%' OR chain LIKE 'memo:%' OR chain LIKE 'scorecard:%' OR chain LIKE 'recognition:%')
   AND (n = 1 OR body LIKE '%"machine"%' OR body LIKE '%"moved"%')
   OR (chain LIKE 'person:%' OR chain LIKE 'employer:%') AND body LIKE '%"machine"%'
ORDER BY chain, n
"""


async def replayed(connection: Connection) -> list[Violation]:
    """Replay each chain and compare. A chain whose first event names no machine is older than the tables: it is taken
    from where its first told moves begin. On the chain of a person or an employer only his credit moves, all of it told.
    """
    stands: dict[str, dict[Subject, str]] = defaultdict(dict)
    for subject in SUBJECTS:
        for row in await connection.fetch(subject.sql()):
            stands[row["chain"]][row["machine"], str(row["id"])] = row["state"]
    found: list[Violation] = []
    chain = ""
    bodies: list[str] = []
    async for row in connection.cursor(_CHAINS, prefetch=5000):
        if row["chain"] != chain:
            found += _compare(chain, bodies, stands.pop(chain, {}))
            chain, bodies = row["chain"], []
        bodies.append(row["body"])
    found += _compare(chain, bodies, stands.pop(chain, {}))
    for left, rows in stands.items():
        found += [Violation("12", f"{machine}/{key}", f"no event of {left} tells of it") for machine, key in rows]
    return found


def _compare(chain: str, texts: list[str], stands: dict[Subject, str]) -> list[Violation]:
    if not texts:
        return []
    bodies = [json.loads(text) for text in texts]
    known = Replayed()
    told = "machine" in bodies[0]
    if not told:
        for body in bodies:
            for machine, key, source, _ in moves(body):
                known.states.setdefault((machine, key), source)
    done = replay(bodies, known)
    found = [Violation("12", f"events/{chain}", broken) for broken in done.breaks]
    for (machine, key), state in stands.items():
        came = done.states.get((machine, key))
        if came != state and (told or came is not None):
            found.append(
                Violation("12", f"{machine}/{key}", f"stands at {state}, its events end at {came or 'nothing'}")
            )
    return found
