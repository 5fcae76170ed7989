"""Identifiers: UUIDv7 for rows, short readable codes for paper and telephone."""

from __future__ import annotations

import itertools
import secrets
from uuid import UUID

from linggong.kernel import clock

# No 0/O, 1/I/L, 2/Z, 5/S, 8/B: a code is read aloud over a bad line and typed by tired people.
_ALPHABET = "3467ACDEFGHJKMNPQRTUVWXY9"
_counter = itertools.count()


def new_id() -> UUID:
    """Return a UUIDv7 (RFC 9562) of the clock in force: ids sort by creation.

    Written here because libraries stamp ids with the machine's clock, which a moved clock does not move. The 12 bits
    after the version count up within the process, so that ids of one millisecond keep their order.
    """
    milliseconds = int(clock.now().timestamp() * 1000)
    value = (milliseconds << 80) | (0x7 << 76) | ((next(_counter) & 0xFFF) << 64) | (0b10 << 62) | secrets.randbits(62)
    return UUID(int=value)


def short_code(length: int = 8) -> str:
    """Return a random code of unmistakable characters (25**8 = 1.5e11 codes at the default length)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
