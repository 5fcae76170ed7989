-- Services with clocks.
SELECT;
