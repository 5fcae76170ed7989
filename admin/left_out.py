"""The tables that the console does not show, and why; a test holds every table against this list or `admin.catalogue`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

LEFT_OUT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "contract_blobs": "bytes of sealed papers and of slips; on the contract's page",
        "identities": "who a number belongs to: no request reaches it",
        "contacts": "sealed telephone numbers; revealed on the desk page, with a record",
        "employer_members": "two primary key columns, which Piccolo cannot address; on the employer's page",
        "role_delegations": "two primary key columns; on the page of policies",
        "duty_separations": "on the page of policies",
        "casbin_rule": "policies change on their own page, with a preview",
        "policy_state": "a counter",
        "staff_invitations": "hashes of invitation codes; on the page of staff",
        "staff_sign_ins": "derived from sessions; on the page of staff",
        "printed_codes": "one-time codes",
        "worker_cards": "numbers of printed cards, by their keyed hash",
        "saved_searches": "what somebody looks for: his own alone",
        "search_hits": "derived: posts that fit what somebody looks for",
        "shown_codes": "codes that people show at a desk",
        "shown_code_misses": "counters of wrong codes",
        "screen_beats": "two primary key columns; on the page of screens",
        "sign_in_tries": "counters of wrong passwords",
        "address_tries": "counters of wrong passwords",
        "desk_devices": "shared computers; on the page of sessions",
        "desk_sign_ins": "who may follow with a PIN today",
        "audit_pending": "rows on their way into the audit trail",
        "audit_anchors": "on the auditor's page",
        "audit_anchor_heads": "on the auditor's page",
        "staff_credentials": "credentials: the forms of the console act on them",
        "injury_papers": "sealed health data; opened one by one on the injury's page, with a record",
        "web_sessions": "sessions: the forms of the console end them",
        "one_time_codes": "codes",
        "out_messages": "sealed messages: a form sends one again",
        "in_messages": "sealed messages that came in; what they answered stands in its event",
        "keypad_calls": "the machine's own: where a call is in its menus",
        "phone_questions": "what was asked by telephone; the answer is an event of the order",
        "own_places": "where somebody says he is: his own alone",
        "phone_stops": "numbers that want no messages, by their keyed hash",
        "board_posts": "derived from orders, public on the board",
        "credit_entries": "on the pages of credit, where objections are decided",
        "restrictions": "on the pages of credit, where objections are decided",
        "worker_stars": "two primary key columns; on the person's card",
        "listed_workers": "derived from stars and consents, public",
        "payment_proofs": "sealed pictures of payments; opened one by one on the bill",
        "help_calls": "public between stations: on the desk's page of who lacks people",
        "help_answers": "public between stations: on the desk's page of who lacks people",
        "posting_bans": "derived: counted from bills by a trigger",
        "settlement_choices": "that a worker wants his wages by the week; told in the event settlement.weekly_chosen",
        "pay_records": "derived from bills, public beside the posts",
        "post_prints": "derived from orders; what is found stands in the order's findings",
        "trace_entries": "derived from orders, public on the trace page",
        "event_heads": "ends of hash chains",
        "audit_heads": "ends of hash chains",
        "notices": "what was told to whom; on the desk's call list and its addressee's page",
        "timers": "the machine's own",
        "idempotency_keys": "the machine's own",
    }
)
