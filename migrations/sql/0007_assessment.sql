-- Score cards and assessments.
SELECT;
