"""Pages of reaching out: what staff write down outside the hall, and what employers and the public see of fairs and brands."""

from typing import Any

from linggong.web.outreach import fairs, guidance, people, surveys, told, visits

CONTROLLERS: list[Any] = [
    visits.VisitPages,
    visits.OfficerPages,
    surveys.SurveyPages,
    told.BriefingPages,
    told.PublicityPages,
    guidance.GuidancePages,
    *fairs.CONTROLLERS,
    *people.CONTROLLERS,
]
