"""Whom one can trust: ratings, stars, records of payment, credit points with their levels, false posts."""
