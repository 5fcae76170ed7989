"""Bodies of what happens on site."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from linggong.work import witness
from linggong.work.api import Note, Picture, Site

Words = Annotated[str, msgspec.Meta(max_length=500)]
Count = Annotated[float, msgspec.Meta(ge=0, le=100_000)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Stop(msgspec.Struct, forbid_unknown_fields=True):
    """Why work stops."""

    cause: Literal["rain", "heat", "material", "power", "safety", "other"]
    note: Note = ""
    fault: bool | None = None
    """The employer's doing; want of material or power always is."""
    alert_id: UUID | None = None


class EarlyEnd(msgspec.Struct, forbid_unknown_fields=True):
    """The employer ends the shift early."""

    reason: Note = ""
    task_done: bool = False
    quantity: Count | None = None


class EarlyLeave(msgspec.Struct, forbid_unknown_fields=True):
    """The worker leaves early."""

    reason: Literal["illness", "safety", "other"]
    words: Note = ""
    quantity: Count | None = None


class PartDone(msgspec.Struct, forbid_unknown_fields=True):
    """Work by the piece that ends in part."""

    quantity: Count
    note: Note = ""


class Record(msgspec.Struct, forbid_unknown_fields=True):
    """Fewer hours or pieces than the record, and why."""

    reason: Note
    minutes: Annotated[int, msgspec.Meta(ge=0, le=2880)] | None = None
    quantity: Count | None = None


class Answer(witness.Consent, kw_only=True, forbid_unknown_fields=True):
    """Yes or no; staff add how the worker said so."""

    agree: bool


class Refusal(msgspec.Struct, forbid_unknown_fields=True):
    """The part that is not recognised: an amount or pieces, and the reason."""

    reason: Literal["quality", "quantity", "hours", "damage", "other"]
    words: Words
    amount_fen: Annotated[int, msgspec.Meta(gt=0, le=10**9)] | None = None
    quantity: Count | None = None


class Shown(msgspec.Struct, forbid_unknown_fields=True):
    """What shows that the part is not as agreed."""

    photo: Picture
    words: Words = ""


class Absence(msgspec.Struct, forbid_unknown_fields=True):
    """The worker did not come; he was called first."""

    call_note: Note
    statement: Words = ""


class Contest(msgspec.Struct, forbid_unknown_fields=True):
    """Why it was not so, or not his fault."""

    reason: Literal["illness", "address", "employer_absent", "was_there", "other"]
    words: Words = ""


class Decision(msgspec.Struct, forbid_unknown_fields=True):
    """What is decided about a contested no-show."""

    outcome: Literal["upheld", "withdrawn", "arrived"]
    note: Words
    came_at: Moment | None = None


class NobodyThere(msgspec.Struct, forbid_unknown_fields=True):
    """Nobody receives the worker: when he called, and the proof that he stands there."""

    calls: Annotated[list[Moment], msgspec.Meta(max_length=10)]
    statement: Words = ""
    point: Site | None = None
    photo: Picture | None = None


class Difference(msgspec.Struct, forbid_unknown_fields=True):
    """What differs from the post."""

    what: Literal["trade", "pay", "place", "hours", "unsafe", "other"]
    statement: Words
    photo: Picture | None = None


class Voiding(msgspec.Struct, forbid_unknown_fields=True):
    """Why nobody may work here, and how it is known."""

    reason: Literal["under_age", "false_identity", "illegal_work"]
    proof: Words


class Transfer(msgspec.Struct, forbid_unknown_fields=True):
    """Where he goes on, and how he agreed."""

    to_order_id: UUID
    agreed_how: Note
    quantity: Count | None = None


class CrewHere(msgspec.Struct, forbid_unknown_fields=True):
    """The day's code, as the leader heard it at the gate."""

    code: Annotated[str, msgspec.Meta(max_length=10)]


class CrewWaits(msgspec.Struct, frozen=True):
    """How many of the crew still have to say themselves that they are here."""

    waiting: int


class NoWork(msgspec.Struct, forbid_unknown_fields=True):
    """The weather lets nobody begin."""

    note: Note = ""
    alert_id: UUID | None = None
