"""Reading a page takes the same steps however long the log and the tables are."""

import sqlite3
from contextlib import closing
from functools import partial

import pytest

from coreto.machines.effects import TableWrite
from coreto.store.log import LOG_SCHEMA, StoredLog
from coreto.store.tables import StoredTables, table_schema
from tests.support.logs import after, entry

FEW, MANY = 400, 20_000
STEPS = 10
"""Steps of SQLite's machine between two calls of the counter."""
PAGE = 100
SLACK = 1.5
"""A deeper tree takes some more steps; walking all rows would take fifty times as many."""


def filled(count):
    """Tables and a log of about so many rows each."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in (*LOG_SCHEMA, *table_schema()):
        connection.execute(statement)
    tables, log = StoredTables(connection), StoredLog(connection)
    connection.execute("BEGIN")
    for topic in ("aaa", "geral", "zzz"):
        tables.write(TableWrite("messages", (topic, n), (n,)) for n in range(count))
        tables.write(TableWrite("conversations", ("ana", topic, n), (n,)) for n in range(count))
    tables.write(
        TableWrite("topics", (kind, f"t{n:06}"), (0, 1, 1.0)) for kind in ("user", "channel") for n in range(count)
    )
    batch = None
    for _ in range(count // 2):
        batch = after(batch, [entry("text")] * 2)
        log.write((batch,))
    connection.execute("COMMIT")
    return connection, tables, log


@pytest.fixture(scope="module")
def stores():
    few, many = filled(FEW), filled(MANY)
    with closing(few[0]), closing(many[0]):
        yield (FEW, *few), (MANY, *many)


READS = {
    "a page from the middle": lambda n, tables, log: tables.scan(
        "messages", ("geral",), ("geral", n // 2), (), PAGE, False
    ),
    "a page backwards": lambda n, tables, log: tables.scan("messages", ("geral",), (), ("geral", n // 2), PAGE, True),
    "the last page": lambda n, tables, log: tables.scan("messages", ("geral",), (), (), PAGE, True),
    "a conversation": lambda n, tables, log: tables.scan(
        "conversations", ("ana", "geral"), ("ana", "geral", n // 2), (), PAGE, False
    ),
    "users": lambda n, tables, log: tables.scan("topics", ("user",), ("user", f"t{n // 2:06}"), (), PAGE, False),
    "channels": lambda n, tables, log: tables.scan(
        "topics", ("channel",), ("channel", f"t{n // 2:06}"), (), PAGE, False
    ),
    "one row": lambda n, tables, log: tables.get("messages", ("geral", n // 2)),
    "an entry": lambda n, tables, log: log.batch_at(n // 2),
    "the last entry": lambda n, tables, log: log.last_batch(),
    "configurations": lambda n, tables, log: log.configs(),
    "the tail": lambda n, tables, log: log.damages(tail_only=True),
    "a step of the scrub": lambda n, tables, log: log.scrub(8),
}


def steps(connection, read):
    """Count the steps of SQLite's machine, in tens, that a read takes."""
    count = 0

    def tick():
        nonlocal count
        count += 1

    connection.set_progress_handler(tick, STEPS)
    try:
        read()
    finally:
        connection.set_progress_handler(None, STEPS)
    return count


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
def test_a_read_takes_no_longer_in_a_long_log(stores, read):
    few, many = (steps(connection, partial(read, n, tables, log)) for n, connection, tables, log in stores)
    assert many <= max(few, STEPS) * SLACK


@pytest.mark.parametrize("read", [name for name in READS if "page" in name or name in ("users", "channels")])
def test_a_page_is_found_through_every_column_of_its_key(stores, read):
    n, connection, tables, log = stores[1]
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    try:
        READS[read](n, tables, log)
    finally:
        connection.set_trace_callback(None)
    (plan,) = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statements[-1]}")]
    assert plan.startswith("SEARCH")
    assert read == "the last page" or ">" in plan or "<" in plan
