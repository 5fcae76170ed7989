"""The console at /admin: Piccolo Admin over our own tables, behind our own session, inside the scoped transaction."""
