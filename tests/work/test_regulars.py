"""再来一单: the same people are asked first (R051), and the employer knows who they are."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from linggong.kernel import timers
from linggong.kernel.errors import NotFound
from linggong.market import review, service
from linggong.people.notice_models import Notice
from linggong.work import regulars
from linggong.work.models import Engagement

from .conftest import Site
from .walking import accepted


async def test_who_finished_before_is_asked_first_and_only_he(site: Site) -> None:
    await accepted(site)
    async with site.begin(site.employer) as uow:
        known = await regulars.regulars(uow)
        assert [(r.days, r.stars) for r in known] == [(1, None)]
        assert await regulars.how_many(uow, site.order_id) == 1
        day = (uow.now + timedelta(days=2)).date()
        new = await service.repeat_order(
            uow, site.city.secrets.sealer, site.order_id, work_date=day, submit=True, asks_former=True
        )
        assert new.repeat_of == site.order_id
    async with site.begin(site.city.colleague) as uow:
        await review.approve(uow, new.id, call_back="reached")
    await timers.sweep(site.city.database)
    async with site.begin(site.employer) as uow:
        asked = (await uow.session.scalars(sa.select(Engagement).where(Engagement.order_id == new.id))).all()
        assert [(e.worker_id, e.state, e.source) for e in asked] == [(known[0].worker_id, "A_INVITED", "invited")]
    async with site.begin(site.worker(0)) as uow:
        texts = (await uow.session.scalars(sa.select(Notice.text).where(Notice.kind == "asked_again"))).all()
        assert len(texts) == 1
        assert "先问你去不去" in texts[0]


async def test_nobody_repeats_another_ones_order(site: Site) -> None:
    other = site.city.employer(site.city.fresh)
    async with site.begin(site.employer) as uow:
        form = service.form_of(await service.queries.order(uow, site.order_id), site.city.secrets.sealer)
    with pytest.raises(NotFound):
        async with site.begin(other) as uow:
            await service.create_order(
                uow,
                site.city.secrets.sealer,
                form,
                employer_id=site.city.fresh,
                repeat_of=site.order_id,
                asks_former=True,
            )
    with pytest.raises(NotFound):
        async with site.begin(site.worker(0)) as uow:
            await regulars.regulars(uow)
