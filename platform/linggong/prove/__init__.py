"""Proofs that run against a real database and the real app: `linggong prove`."""
