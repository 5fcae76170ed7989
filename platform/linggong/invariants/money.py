"""What is owed and agreed adds up: contract hashes, bills, lines, payments (6, 7)."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import Any

from linggong.invariants.rules import Connection, Rule, Violation
from linggong.kernel.events import canonical

_TERMS = """
SELECT 'terms_versions/' || id AS row, 'its hash is not that of its text' AS detail
FROM terms_versions WHERE hash IS DISTINCT FROM sha256(convert_to(body, 'UTF8'))
"""
_AGREED = """
SELECT 'engagements/' || e.id AS row, 'bound to terms that are not version ' || e.terms_version || ' of its order' AS detail
FROM engagements e LEFT JOIN terms_versions t ON t.order_id = e.order_id AND t.version = e.terms_version
WHERE e.terms_hash IS NOT NULL AND e.terms_hash IS DISTINCT FROM t.hash
"""
_PAPERS = """
SELECT 'contract_files/' || f.id AS row, 'not linked to the part before it' AS detail
FROM contract_files f LEFT JOIN contract_files p ON p.engagement_id = f.engagement_id AND p.part = f.part - 1
WHERE f.part > 0 AND f.state = 'sealed' AND f.prev_sha256 IS DISTINCT FROM p.sha256
UNION ALL
SELECT 'contract_files/' || f.id, 'sealed, and no event names its hash' FROM contract_files f
WHERE f.state = 'sealed' AND NOT EXISTS (SELECT 1 FROM events e WHERE e.subject_id = f.id AND e.type = 'contract.sealed'
                                         AND e.body::jsonb ->> 'sha256' = encode(f.sha256, 'hex'))
UNION ALL
SELECT 'contract_files/' || f.id, 'its bytes are not those that were sealed'
FROM contract_files f JOIN contract_blobs b ON b.id = f.blob_id
WHERE sha256(b.content) <> f.sha256 OR b.sha256 <> f.sha256
UNION ALL
SELECT 'engagements/' || e.id, 'its last signed paper is of other terms'
FROM engagements e JOIN LATERAL (SELECT terms_hash FROM contract_files f WHERE f.engagement_id = e.id AND f.state <> 'open'
                                 ORDER BY f.part DESC LIMIT 1) last ON true
WHERE e.contract_hash IS NOT NULL AND last.terms_hash IS DISTINCT FROM e.terms_hash
UNION ALL
SELECT 'contract_files/' || f.id, 'signed without the consent of both' FROM contract_files f
WHERE f.state <> 'open' AND (SELECT count(DISTINCT c.side) FROM contract_consents c
                             WHERE c.file_id = f.id AND c.terms_hash = f.terms_hash AND c.legal_form = f.legal_form) < 2
"""
_SIGNED = """
SELECT id, order_id, worker_id, employer_id, terms_hash, worker_confirmed_at, worker_confirmed_by,
       employer_confirmed_at, employer_confirmed_by, contract_hash, state
FROM engagements WHERE contract_hash IS NOT NULL OR state = 'A_CONTRACTED'
"""


_ADDENDA = """
SELECT c.engagement_id, c.version, v.hash FROM terms_changes c
JOIN terms_versions v ON v.order_id = c.order_id AND v.version = c.version WHERE c.state = 'T_AGREED'
"""
_SIGNED_UNDER = "SELECT hash FROM terms_versions WHERE order_id = $1"


async def contracts(connection: Connection) -> list[Violation]:
    """Recompute what each contract binds: the parties, the agreed terms and both confirmations.

    Terms in force that are not those of the signature came by an addendum: a change that both sides agreed to (25).
    """
    addenda: dict[Any, set[bytes]] = defaultdict(set)
    for row in await connection.fetch(_ADDENDA):
        addenda[row["engagement_id"]].add(bytes(row["hash"]))
    found = []
    for row in await connection.fetch(_SIGNED):
        where = f"engagements/{row['id']}"
        if row["contract_hash"] is None:
            found.append(Violation("6", where, "contracted without a contract"))
            continue
        now = bytes(row["terms_hash"] or b"")
        if _bound(row, now) == bytes(row["contract_hash"]):
            continue
        under = [bytes(r["hash"]) for r in await connection.fetch(_SIGNED_UNDER, row["order_id"])]
        if not any(_bound(row, terms) == bytes(row["contract_hash"]) for terms in under):
            found.append(Violation("6", where, "the contract's hash is not that of what was agreed"))
        elif now not in addenda[row["id"]]:
            found.append(Violation("6", where, "other terms in force than were signed, and no addendum"))
    return found


def _bound(row: Any, terms: bytes) -> bytes:
    text = canonical(
        {
            "engagement": row["id"],
            "order": row["order_id"],
            "worker": row["worker_id"],
            "employer": row["employer_id"],
            "terms": terms.hex(),
            "worker_confirmed_at": row["worker_confirmed_at"] and row["worker_confirmed_at"].isoformat(),
            "worker_confirmed_by": row["worker_confirmed_by"],
            "employer_confirmed_at": row["employer_confirmed_at"] and row["employer_confirmed_at"].isoformat(),
            "employer_confirmed_by": row["employer_confirmed_by"],
        }
    )
    return hashlib.sha256(text.encode()).digest()


CONTRACT = Rule(
    id="6",
    title="合同一致",
    words="合同的摘要等于双方最后同意的那版约定（加补充协议）的摘要。",
    sql=(_TERMS, _AGREED, _PAPERS),
    checks=(contracts,),
)

BILLS = Rule(
    id="7",
    title="工资单",
    words="工资单等于各行之和，没有收费、押金、罚款；结清等于各笔付款之和；收款人就是零工本人。",
    sql=(
        """
        SELECT 'bills/' || b.id AS row, format('total %s, lines %s', b.total_fen, coalesce(sum(l.amount_fen), 0)) AS detail
        FROM bills b LEFT JOIN bill_lines l ON l.bill_id = b.id
        GROUP BY b.id, b.total_fen HAVING b.total_fen <> coalesce(sum(l.amount_fen), 0)
        """,
        """
        SELECT 'bill_lines/' || id AS row, 'a line of kind ' || kind AS detail
        FROM bill_lines WHERE kind IN ('fee', 'deposit', 'fine')
        """,
        """
        SELECT 'bills/' || b.id AS row,
               format('%s, paid %s of %s, payments confirmed %s', b.state, b.paid_fen, b.total_fen, p.sum) AS detail
        FROM bills b CROSS JOIN LATERAL (SELECT coalesce(sum(amount_fen), 0) AS sum FROM payments
                                         WHERE bill_id = b.id AND state = 'confirmed') p
        WHERE b.paid_fen <> p.sum OR b.paid_fen > b.total_fen OR (b.state <> 'RULED' AND (b.state = 'SETTLED') <> (b.paid_fen = b.total_fen))
        """,
        """
        SELECT 'bills/' || b.id AS row, 'billed to somebody else than the one who worked' AS detail
        FROM bills b JOIN engagements e ON e.id = b.engagement_id WHERE e.worker_id <> b.worker_id
        UNION ALL
        SELECT 'payments/' || p.id, 'paid to somebody else than the worker of the bill'
        FROM payments p JOIN bills b ON b.id = p.bill_id WHERE p.worker_id <> b.worker_id
        UNION ALL
        SELECT 'payments/' || id, format('%s to %s', channel, payee)
        FROM payments WHERE payee NOT IN ('own_account', 'in_person') OR (channel = 'cash') <> (payee = 'in_person')
        """,
    ),
)

HELD = Rule(
    id="8",
    title="只冻争议部分",
    words="争议金额不超过工资单；没有争议的部分照常计时。",
    sql=(
        """
        SELECT 'bills/' || b.id AS row,
               format('held %s of %s open, live holds %s', b.held_fen, b.total_fen - b.paid_fen, coalesce(h.sum, 0)) AS detail
        FROM bills b LEFT JOIN (SELECT bill_id, sum(amount_fen) AS sum FROM bill_holds WHERE state = 'live' GROUP BY bill_id) h
          ON h.bill_id = b.id
        WHERE b.held_fen <> coalesce(h.sum, 0) OR b.held_fen > b.total_fen - b.paid_fen
        """,
        """
        SELECT 'bills/' || b.id AS row,
               format('%s: %s is not disputed and no clock runs', b.wage_state, b.total_fen - b.paid_fen - b.held_fen) AS detail
        FROM bills b WHERE b.held_fen > 0 AND b.state IN ('OPEN', 'CLAIMED') AND b.total_fen - b.paid_fen > b.held_fen
          AND b.wage_state IN ('W_NOTDUE', 'W_DUE', 'W_GRACE', 'W_OVERDUE')
          AND NOT EXISTS (SELECT FROM timers t WHERE t.subject_id = b.id AND t.region = 'wage' AND t.state = 'live')
        """,
    ),
)

JOURNAL = Rule(
    id="16",
    title="账平",
    words="每笔分录借贷相等，总和为 0；每张工资单的账和工资单一致。",
    sql=(
        """
        SELECT 'journal_entries/' || e.id AS row, format('%s postings, sum %s', count(p.id), coalesce(sum(p.amount_fen), 0)) AS detail
        FROM journal_entries e LEFT JOIN postings p ON p.entry_id = e.id
        GROUP BY e.id HAVING coalesce(sum(p.amount_fen), 0) <> 0 OR count(p.id) < 2
        """,
        """
        SELECT 'bills/' || b.id AS row,
               format('owed %s of %s, paid %s of %s, held %s of %s, open %s', -j.owed, b.total_fen, j.paid, b.paid_fen, j.held,
                      b.held_fen, j.owes) AS detail
        FROM bills b CROSS JOIN LATERAL (
          SELECT coalesce(sum(amount_fen) FILTER (WHERE account = 'worker_owed'), 0) AS owed,
                 coalesce(sum(amount_fen) FILTER (WHERE account = 'employer_owes'), 0) AS owes,
                 coalesce(sum(amount_fen) FILTER (WHERE account = 'held'), 0) AS held,
                 coalesce(sum(amount_fen) FILTER (WHERE account = 'paid'), 0) AS paid
          FROM postings WHERE bill_id = b.id) j
        WHERE -j.owed <> b.total_fen OR j.paid <> b.paid_fen OR j.held <> b.held_fen
           OR j.owes <> b.total_fen - b.paid_fen - b.held_fen
        """,
        "SELECT 'postings' AS row, 'the whole journal sums to ' || sum(amount_fen) AS detail FROM postings HAVING sum(amount_fen) <> 0",
    ),
)

RULES = (CONTRACT, BILLS, HELD, JOURNAL)
