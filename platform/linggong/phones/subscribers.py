"""What the telephone does when others' events happen: it asks who was chosen or invited."""

from __future__ import annotations

from linggong.kernel import events
from linggong.people import notices, reaching
from linggong.phones import asked, line, questions


def register() -> None:
    """Bind by name at assembly; calling it again changes nothing."""
    line.register()
    for name in ("engagement.offered", "engagement.invited"):
        events.subscribe(name, "phones.ask", questions.ask_offered)
    reaching.starts[reaching.INVITATION] = asked.begins
    for kind in asked.OF_NOTICE:
        notices.wordings[kind] = questions.word
