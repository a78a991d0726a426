"""The derived tables in SQLite, made from their description in `machines.tables`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from coreto.machines.effects import TableWrite
from coreto.machines.ports import Key, Value
from coreto.machines.tables import TABLES


def table_schema() -> tuple[str, ...]:
    """Return the statements that create every derived table."""
    return tuple(
        f"CREATE TABLE {name} ({', '.join((*keys, *values))}, PRIMARY KEY ({', '.join(keys)})) WITHOUT ROWID"
        for name, (keys, values) in TABLES.items()
    )


class StoredTables:
    """Reads rows (the `TableView` port) and writes changes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._get = {name: _get_statement(name) for name in TABLES}
        self._put = {name: _put_statement(name) for name in TABLES}
        self._delete = {name: _delete_statement(name) for name in TABLES}

    def get(self, table: str, key: Key) -> Value | None:
        """Return the row with this key."""
        row: Value | None = self._connection.execute(self._get[table], key).fetchone()
        return row if row is None or TABLES[table][1] else ()

    def scan(
        self, table: str, prefix: Key, after: Key, before: Key, limit: int, reverse: bool
    ) -> Iterable[tuple[Key, Value]]:
        """Return rows in order of key."""
        keys, values = TABLES[table]
        conditions = [f"{column} = ?" for column in keys[: len(prefix)]]
        wanted: list[str | int | float] = list(prefix)
        for bound, sign in ((after, ">"), (before, "<")):
            # What the prefix says already is left out of a bound, else SQLite walks there from the prefix's first row.
            known = len(prefix) if len(bound) > len(prefix) and bound[: len(prefix)] == prefix else 0
            if bound:
                columns = keys[known : len(bound)]
                conditions.append(f"({', '.join(columns)}) {sign} ({', '.join('?' * len(columns))})")
                wanted.extend(bound[known:])
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        order = ", ".join(f"{column} DESC" if reverse else column for column in keys)
        sql = f"SELECT {', '.join((*keys, *values))} FROM {table}{where} ORDER BY {order} LIMIT ?"
        width = len(keys)
        return [(row[:width], row[width:]) for row in self._connection.execute(sql, (*wanted, limit))]

    def write(self, changes: Iterable[TableWrite]) -> None:
        """Make changes, inside the transaction of the caller."""
        for change in changes:
            if change.value is None:
                self._connection.execute(self._delete[change.table], change.key)
            else:
                self._connection.execute(self._put[change.table], (*change.key, *change.value))


def _get_statement(table: str) -> str:
    keys, values = TABLES[table]
    return f"SELECT {', '.join(values or ('1',))} FROM {table} WHERE {_equal(keys)}"


def _put_statement(table: str) -> str:
    keys, values = TABLES[table]
    return f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * len(keys + values))})"


def _delete_statement(table: str) -> str:
    return f"DELETE FROM {table} WHERE {_equal(TABLES[table][0])}"


def _equal(columns: tuple[str, ...]) -> str:
    return " AND ".join(f"{column} = ?" for column in columns)
