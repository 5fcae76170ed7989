"""What the telephone does when others' events happen: it asks who was chosen or invited."""

from __future__ import annotations

from linggong.kernel import events
from linggong.people import notices, reaching
from linggong.phones import asked, line, questions
from linggong.phones.wechat import line as wechat_line


def register() -> None:
    """Bind by name at assembly; calling it again changes nothing."""
    line.register()
    wechat_line.register()
    reaching.first["wechat"] = wechat_line.take
    for name in ("engagement.offered", "engagement.invited"):
        events.subscribe(name, "phones.ask", questions.ask_offered)
    reaching.starts[reaching.INVITATION] = asked.begins
    for kind in asked.OF_NOTICE:
        notices.wordings[kind] = questions.word
