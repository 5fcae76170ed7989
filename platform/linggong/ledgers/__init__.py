"""Ledgers, daily records and month reports as views on what happened."""
