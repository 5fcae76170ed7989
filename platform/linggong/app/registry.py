"""What the app is assembled from: controllers, event subscribers, timers and background jobs of every slice."""

from __future__ import annotations

from typing import Any

from admin import words as console_words
from linggong.assessment import api as assessment_api
from linggong.assessment import subscribers as assessment_subscribers
from linggong.assessment import upkeep
from linggong.cases import api as cases_api
from linggong.cases import injury_api
from linggong.cases import subscribers as cases_subscribers
from linggong.contracts import api as contracts_api
from linggong.contracts import documents
from linggong.contracts import subscribers as contracts_subscribers
from linggong.cover import api as cover_api
from linggong.cover import line
from linggong.cover import subscribers as cover_subscribers
from linggong.inbox import api as memos_api
from linggong.inbox import service as memos
from linggong.inbox import subscribers as inbox_subscribers
from linggong.insight import api as insight_api
from linggong.insight import audit_api
from linggong.inspection import api as inspection_api
from linggong.inspection import subscribers as inspection_subscribers
from linggong.kernel import anchors, tasks, timers
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.kernel.settings import Settings
from linggong.ledgers import api as ledgers_api
from linggong.ledgers import months as month_reports
from linggong.letters import api as letters_api
from linggong.letters import documents as letter_papers
from linggong.letters import subscribers as letters_subscribers
from linggong.market import api as market_api
from linggong.market import closing, digest, holds_api, sampling
from linggong.market import subscribers as market_subscribers
from linggong.matching import api as matching_api
from linggong.matching import nightly as matching_nightly
from linggong.measures import api as measures_api
from linggong.measures import cover_rate, site_jobs, sites_api, supply
from linggong.measures import facts as measure_facts
from linggong.offices import operators_api, outside_api, policies_api, staff_api
from linggong.operators import api as operators_money_api
from linggong.operators import export as operator_export
from linggong.operators import subscribers as operator_subscribers
from linggong.outreach import api as outreach_api
from linggong.outreach import subscribers as outreach_subscribers
from linggong.people import api as people_api
from linggong.people import notices, notices_api, sessions
from linggong.phones import api as phones_api
from linggong.phones import calling, inbox
from linggong.phones import line as sms_line
from linggong.phones import subscribers as phones_subscribers
from linggong.phones.wechat import line as messages_line
from linggong.publishing import api as publishing_api
from linggong.publishing import figures as public_figures
from linggong.publishing import reminding, wage_levels
from linggong.publishing.upward import line as province_line
from linggong.push import matched
from linggong.push import subscribers as push_subscribers
from linggong.services import api as services_api
from linggong.services import subscribers as services_subscribers
from linggong.sites import api as place_files_api
from linggong.sites import jobs as place_jobs
from linggong.stations import api as stations_api
from linggong.stations import subscribers as stations_subscribers
from linggong.trust import api as trust_api
from linggong.trust import stars
from linggong.trust import subscribers as trust_subscribers
from linggong.wages import api as wages_api
from linggong.wages import files_api as wage_files_api
from linggong.wages import subscribers as wages_subscribers
from linggong.wages.wechat import api as wechat_api
from linggong.wages.wechat import line as wechat_line
from linggong.web import (
    assess,
    audit,
    bureau,
    contracts,
    cover,
    desk,
    dev,
    employer,
    evidence,
    filing,
    hall,
    live,
    office,
    operators,
    outreach,
    outside,
    policies,
    portal,
    practising,
    public,
    security,
    site,
)
from linggong.web import cases as cases_pages
from linggong.web import inspection as inspection_pages
from linggong.web import ledgers as ledger_pages
from linggong.web import letters as letter_pages
from linggong.web import measures as measure_pages
from linggong.web import phone as phone_pages
from linggong.web import services as service_pages
from linggong.web.audit import words as audit_words
from linggong.web.inbox import pages as inbox_pages
from linggong.web.manual import pages as manual_pages
from linggong.work import api as work_api
from linggong.work import before_api, crews_api, site_api, terms_api
from linggong.work import subscribers as work_subscribers
from linggong.work.weather import api as weather_api
from linggong.work.weather import feed
from tenants import api as tenants_api

CONTROLLERS: list[Any] = [
    *tenants_api.CONTROLLERS,
    *people_api.CONTROLLERS,
    *notices_api.CONTROLLERS,
    *staff_api.CONTROLLERS,
    *operators_api.CONTROLLERS,
    *operators_money_api.CONTROLLERS,
    *policies_api.CONTROLLERS,
    *outside_api.CONTROLLERS,
    *market_api.CONTROLLERS,
    *holds_api.CONTROLLERS,
    *work_api.CONTROLLERS,
    *before_api.CONTROLLERS,
    *site_api.CONTROLLERS,
    *weather_api.CONTROLLERS,
    *cover_api.CONTROLLERS,
    *phones_api.CONTROLLERS,
    *crews_api.CONTROLLERS,
    *terms_api.CONTROLLERS,
    *contracts_api.CONTROLLERS,
    *letters_api.CONTROLLERS,
    *wages_api.CONTROLLERS,
    *trust_api.CONTROLLERS,
    *wage_files_api.CONTROLLERS,
    *wechat_api.CONTROLLERS,
    *cases_api.CONTROLLERS,
    *injury_api.CONTROLLERS,
    *stations_api.CONTROLLERS,
    *matching_api.CONTROLLERS,
    *memos_api.CONTROLLERS,
    *insight_api.CONTROLLERS,
    *measures_api.CONTROLLERS,
    *cover_rate.CONTROLLERS,
    *sites_api.CONTROLLERS,
    *outreach_api.CONTROLLERS,
    *ledgers_api.CONTROLLERS,
    *assessment_api.CONTROLLERS,
    *place_files_api.CONTROLLERS,
    *services_api.CONTROLLERS,
    *inspection_api.CONTROLLERS,
    *publishing_api.CONTROLLERS,
    *audit_api.CONTROLLERS,
    *cases_pages.CONTROLLERS,
    *portal.CONTROLLERS,
    *employer.CONTROLLERS,
    *desk.CONTROLLERS,
    *hall.CONTROLLERS,
    *manual_pages.CONTROLLERS,
    inbox_pages.InboxPages,
    inbox_pages.SentPages,
    *letter_pages.CONTROLLERS,
    *inspection_pages.CONTROLLERS,
    *contracts.CONTROLLERS,
    *bureau.CONTROLLERS,
    *measure_pages.CONTROLLERS,
    *ledger_pages.CONTROLLERS,
    *assess.CONTROLLERS,
    *audit.CONTROLLERS,
    *office.CONTROLLERS,
    *operators.CONTROLLERS,
    *outreach.CONTROLLERS,
    evidence.Evidence,
    *filing.CONTROLLERS,
    *outside.CONTROLLERS,
    *cover.CONTROLLERS,
    *policies.CONTROLLERS,
    *security.CONTROLLERS,
    *practising.CONTROLLERS,
    *site.CONTROLLERS,
    *public.CONTROLLERS,
    *service_pages.CONTROLLERS,
    *live.CONTROLLERS,
    *dev.CONTROLLERS,
    *phone_pages.CONTROLLERS,
]


async def _sweep(database: Database) -> None:
    await timers.sweep(database)


async def _notices(database: Database) -> None:
    await notices.send(database, Secrets.load(Settings.from_env().data_dir).sealer)


async def _inbox(database: Database) -> None:
    await inbox.leftovers(database, Secrets.load(Settings.from_env().data_dir).sealer)


async def _ring(database: Database) -> None:
    await calling.late(database)


async def _papers(database: Database) -> None:
    await documents.catch_up(database, Settings.from_env())
    await letter_papers.catch_up(database, Settings.from_env())


async def _dispatch(database: Database) -> None:
    await matching_nightly.run(database)


async def _matched(database: Database) -> None:
    await matched.run(database)


async def _upward(database: Database) -> None:
    await province_line.nightly(database)


async def _anchor(database: Database) -> None:
    await anchors.take(database, Settings.from_env().data_dir)


def register() -> None:
    """Bind subscribers, timers and jobs by name; calling it again changes nothing."""
    audit_words.use(table=console_words.table_label, column=console_words.column_label, value=console_words.value_label)
    operator_export.use(table=console_words.table_label, column=console_words.column_label)
    market_subscribers.register()
    closing.register()
    work_subscribers.register()
    cover_subscribers.register()
    contracts_subscribers.register()
    letters_subscribers.register()
    wages_subscribers.register()
    cases_subscribers.register()
    trust_subscribers.register()
    stations_subscribers.register()
    phones_subscribers.register()
    memos.register()
    push_subscribers.register()
    inbox_subscribers.register()
    outreach_subscribers.register()
    province_line.register()
    operator_subscribers.register()
    services_subscribers.register()
    assessment_subscribers.register()
    inspection_subscribers.register()
    tasks.periodic("timers.sweep", "* * * * * */5", _sweep)
    tasks.periodic("outbox.insurer", "* * * * * *", line.work)
    tasks.periodic("contracts.papers", "* * * * * */20", _papers)
    tasks.periodic("outbox.sms", "* * * * * *", sms_line.work)
    tasks.periodic("outbox.wechat", "* * * * * *", wechat_line.work)
    tasks.periodic("outbox.wechat_messages", "* * * * * *", messages_line.work)
    tasks.periodic("outbox.province", "* * * * * */15", province_line.work)
    tasks.periodic("phones.inbox", "* * * * * */30", _inbox)
    tasks.periodic("phones.ring", "* * * * * */10", _ring)
    tasks.periodic("phones.clean", "23 21 * * * 0", inbox.clean)
    tasks.periodic("weather.poll", "*/10 * * * * 11", feed.poll)
    tasks.periodic("matching.dawn", "*/5 * * * * 29", _dispatch)
    tasks.periodic("measures.signs", "*/15 * * * * 41", site_jobs.keep_signs)
    # 01:20 in Kaifeng, of the day and the month that are over.
    tasks.periodic("measures.stations", "20 17 * * * 0", site_jobs.nightly)
    # 01:40 in Kaifeng.
    tasks.periodic("measures.gaps", "40 17 * * * 0", supply.nightly)
    # 02:10 in Kaifeng: on the 1st the month that is over is drafted, on later nights what nobody signed yet is counted anew (R094).
    tasks.periodic("ledgers.months", "10 18 * * * 0", month_reports.nightly)
    tasks.periodic("assessment.uptime", "*/5 * * * * 7", upkeep.beat)
    # 08:10 in Kaifeng.
    tasks.periodic("publishing.directory", "10 0 * * * 0", reminding.nightly)
    # 00:20 in Kaifeng, and 10:00, when every station should have opened.
    tasks.periodic("places.nightly", "20 16 * * * 0", place_jobs.nightly)
    tasks.periodic("places.silent", "0 2 * * * 0", place_jobs.forenoon)
    tasks.periodic("measures.refresh", "*/5 * * * * 17", measure_facts.keep_fresh)
    tasks.periodic("push.matched", "*/5 * * * * 37", _matched)
    tasks.periodic("market.searches", "*/5 * * * * 43", digest.run)
    tasks.periodic("notices.send", "* * * * * */3", _notices)
    # 02:30 in Kaifeng, of the day that is over.
    tasks.periodic("publishing.upward", "30 18 * * * 0", _upward)
    # 03:40 in Kaifeng, when a day's work is written and nobody waits.
    tasks.periodic("audit.anchor", "40 19 * * * 0", _anchor)
    # 04:10 in Kaifeng.
    tasks.periodic("trust.list", "10 20 * * * 0", stars.nightly)
    # 05:00 in Kaifeng, when the day before is written.
    tasks.periodic("publishing.figures", "0 21 * * * 0", public_figures.nightly)
    # 05:10 in Kaifeng.
    tasks.periodic("publishing.wages", "10 21 * * * 0", wage_levels.nightly)
    # 06:20 in Kaifeng, when the dawn's posts are out.
    tasks.periodic("market.sample", "20 22 * * * 0", sampling.nightly)
    tasks.periodic("sessions.clean", "17 * * * * 0", sessions.clean)
