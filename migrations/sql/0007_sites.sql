-- The files of places.
SELECT;
