"""Inspections, rectification, cards, stars, and how a station ends.

Others read `outcomes.results(uow, tenant, first, last)` (score rows 4 to 6) and `cards.open(uow, tenant)`.
"""
