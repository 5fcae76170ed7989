"""Every table of every slice, imported in one place: for migrations and for tests that walk the metadata."""

from __future__ import annotations

from linggong.assessment import models as assessments
from linggong.assessment import recognition_models as recognitions
from linggong.cases import injury_models as injuries
from linggong.cases import models as cases
from linggong.contracts import models as contracts
from linggong.cover import models as cover
from linggong.inbox import models as inbox
from linggong.insight import outline as outlines
from linggong.inspection import models as inspections
from linggong.kernel import audit, events, idempotency, outbox, timers
from linggong.kernel.orm import Base
from linggong.ledgers import models as ledgers
from linggong.letters import models as letters
from linggong.market import help_models as helps
from linggong.market import models as market
from linggong.market import search_models as searches
from linggong.matching import models as matching
from linggong.measures import models as measures
from linggong.measures import site_models as measured_sites
from linggong.offices import models as offices
from linggong.operators import models as operators
from linggong.outreach import fair_models as fairs
from linggong.outreach import models as outreach
from linggong.outreach import more_models as more_outreach
from linggong.people import door_models as door
from linggong.people import models as people
from linggong.people import notice_models as notices
from linggong.people import papers
from linggong.people import privacy_models as privacy
from linggong.people import where as own_places
from linggong.phones import models as phones
from linggong.publishing import benefit_models as benefits
from linggong.publishing import models as publishing
from linggong.push import models as push
from linggong.services import hall_models as service_halls
from linggong.services import help_models as service_helps
from linggong.services import learn_models as service_courses
from linggong.services import models as services
from linggong.sites import models as places
from linggong.stations import models as stations
from linggong.trust import models as trust
from linggong.wages import journal_models as journal
from linggong.wages import models as wages
from linggong.wages.wechat import models as wechat
from linggong.work import crew_models as crews
from linggong.work import models as work
from linggong.work import replacement_models as replacements
from linggong.work import site_models as site
from linggong.work import terms_models as terms
from linggong.work import witness_models as witness
from linggong.work.weather import models as weather
from rbac import models as rbac
from tenants import models as tenants

__all__ = [
    "assessments",
    "audit",
    "benefits",
    "cases",
    "contracts",
    "cover",
    "crews",
    "door",
    "events",
    "fairs",
    "helps",
    "idempotency",
    "inbox",
    "injuries",
    "inspections",
    "journal",
    "ledgers",
    "letters",
    "market",
    "matching",
    "measured_sites",
    "measures",
    "metadata",
    "more_outreach",
    "notices",
    "offices",
    "operators",
    "outbox",
    "outlines",
    "outreach",
    "own_places",
    "papers",
    "people",
    "phones",
    "places",
    "privacy",
    "publishing",
    "push",
    "rbac",
    "recognitions",
    "replacements",
    "searches",
    "service_courses",
    "service_halls",
    "service_helps",
    "services",
    "site",
    "stations",
    "tenants",
    "terms",
    "timers",
    "trust",
    "wages",
    "weather",
    "wechat",
    "witness",
    "work",
]

metadata = Base.metadata
