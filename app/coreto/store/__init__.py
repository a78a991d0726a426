"""Floor 3: what a role must remember across a crash, in one SQLite file per role."""
