"""Migrations of the database, run at start. Each is frozen once it is released."""
