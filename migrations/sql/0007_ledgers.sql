-- Ledgers and reports.
SELECT;
