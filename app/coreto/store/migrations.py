"""Bringing a file of an older format up to date, step by step, in one transaction.

A kind of file has an ordered list of migrations. A file that no migration has changed has format
`FIRST_FORMAT`, and each migration leads to the next number. A new file is made with today's schema
at once; an old one gets every step it lacks, all of them or none.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import NamedTuple

FIRST_FORMAT = 1


class Migration(NamedTuple):
    """One step: to which format it leads, what it is called, and what it does."""

    number: int
    name: str
    steps: tuple[str | Callable[[sqlite3.Connection], None], ...]
    """Statements, or functions that are given the connection; they neither begin nor end a transaction."""


def newest_format(migrations: Sequence[Migration]) -> int:
    """Return the format to which `migrations` lead; they must be numbered without a gap."""
    numbers = [migration.number for migration in migrations]
    assert numbers == list(range(FIRST_FORMAT + 1, FIRST_FORMAT + 1 + len(numbers))), numbers
    return FIRST_FORMAT + len(numbers)


def migrate(connection: sqlite3.Connection, version: int, migrations: Sequence[Migration]) -> None:
    """Apply, inside the transaction of the caller, every migration that a file of format `version` lacks."""
    for migration in migrations:
        if migration.number <= version:
            continue
        for step in migration.steps:
            if isinstance(step, str):
                connection.execute(step)
            else:
                step(connection)
    connection.execute(f"PRAGMA user_version = {newest_format(migrations)}")
