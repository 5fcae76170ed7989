-- Inspections, cards, stars.
SELECT;
