"""Complaints, disputes, injuries, incidents: everything that goes wrong has a receipt, an owner, clocks and an end."""
