"""Pages of the staff's inbox: notices and supervision tasks."""
