"""What services bind at assembly: the word by which a text message asks how far a matter is."""

from __future__ import annotations

from linggong.phones import inbox
from linggong.services import status

SMS_WORDS = ("办事", "查办事", "4")


def register() -> None:
    """Bind by name; again changes nothing."""
    for word in SMS_WORDS:
        inbox.asks[word] = status.spoken
