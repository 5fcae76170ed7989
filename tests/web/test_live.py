"""`/live`: who may hear what, and pages that name their topics."""

from __future__ import annotations

from uuid import uuid4

import pytest
from browsing import Browsers
from small_city import STATION

from linggong.kernel.paths import tenant_path
from linggong.web import live
from rbac.principal import ANONYMOUS, Post, Principal
from rbac.roles import Role

WHO = uuid4()
PLACE = tenant_path(STATION)


@pytest.mark.parametrize(
    ("role", "topic", "keys"),
    [
        (None, "board", live.BOARD),
        (None, "here", ()),
        (None, "me", ()),
        (Role.WORKER, "me", (f"person:{WHO}",)),
        (Role.WORKER, "here", ()),
        (Role.EMPLOYER, "me", (f"employer:{WHO}",)),
        (Role.STATION_CLERK, "here", (f"tenant:{STATION}",)),
        (Role.STATION_CLERK, "me", ()),
        (Role.STATION_CLERK, "tenant:/4102/", ()),
    ],
)
def test_a_topic_is_what_it_is_for_whoever_asks(role: Role | None, topic: str, keys: tuple[str, ...]) -> None:
    principal = ANONYMOUS if role is None else Principal(acting=Post(role=role, path=PLACE), id=WHO, employer_id=WHO)
    assert live.keys(topic, principal) == keys


async def test_a_stream_that_is_not_his_is_refused_with_words(browsers: Browsers) -> None:
    anybody = await browsers.anybody()
    refused = await anybody.get("/live", params={"topics": "here"}, headers={"accept": "text/event-stream"})
    assert (refused.status_code, "不归您看" in refused.text) == (422, True)
