-- Going to people.
SELECT;
