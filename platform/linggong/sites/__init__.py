"""The file of a place: what it is made of, who works there, when it is open, and the plan it is measured against."""
