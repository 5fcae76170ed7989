-- Official letters.
SELECT;
