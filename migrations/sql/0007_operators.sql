-- Operators and the money to them.
SELECT;
