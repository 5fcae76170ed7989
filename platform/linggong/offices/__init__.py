"""Offices: staff accounts and their posts, operators and their contracts, separated duties, the rules of who may do what."""
