"""The derived tables in SQLite answer as a sorted dictionary would."""

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coreto.machines.effects import TableWrite
from coreto.machines.tables import TABLES
from coreto.store.tables import StoredTables, table_schema

MOST = 1000
INTEGERS = ("seq", "position", "start", "n")
"""Columns of keys that hold numbers; the others hold text."""

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
numbers = st.integers(-(2**53), 2**53) | st.integers(0, 9)


def keys(table):
    """Keys of a table, of which some are likely to meet."""
    columns = [numbers if column in INTEGERS else texts | st.sampled_from("ab") for column in TABLES[table][0]]
    return st.tuples(*columns)


def values(table):
    """Values of a table: SQLite is to keep any kind in any column."""
    anything = texts | numbers | st.floats(allow_nan=False)
    return st.tuples(*[anything for _ in TABLES[table][1]])


def changes(table):
    return st.lists(st.builds(TableWrite, st.just(table), keys(table), values(table) | st.none()), max_size=20)


@st.composite
def cases(draw):
    """A table, changes to it, and a question."""
    table = draw(st.sampled_from(sorted(TABLES)))
    made = draw(changes(table))
    known = [change.key for change in made]
    some_key = keys(table) | (st.sampled_from(known) if known else st.nothing())
    prefix = draw(some_key)[: draw(st.integers(0, len(TABLES[table][0])))]
    bounds = draw(st.tuples(st.just(()) | some_key, st.just(()) | some_key))
    return table, made, (prefix, *bounds, draw(st.integers(0, 5) | st.just(MOST)), draw(st.booleans()))


def open_tables():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in table_schema():
        connection.execute(statement)
    return connection, StoredTables(connection)


@pytest.fixture
def tables():
    connection, opened = open_tables()
    with closing(connection):
        yield opened


def expected(model, prefix, after, before, limit, reverse):
    """Return what a sorted dictionary answers."""
    rows = [
        row
        for row in model.items()
        if row[0][: len(prefix)] == prefix and (not after or row[0] > after) and (not before or row[0] < before)
    ]
    return sorted(rows, key=lambda row: row[0], reverse=reverse)[:limit]


@settings(max_examples=150, deadline=None)
@given(cases())
def test_a_scan_answers_as_a_sorted_dictionary(case):
    table, made, question = case
    connection, tables = open_tables()
    with closing(connection):
        tables.write(made)
        model: dict[tuple[str | int, ...], tuple[str | int | float, ...]] = {}
        for change in made:
            model.pop(change.key, None)
            if change.value is not None:
                model[change.key] = change.value
        assert tables.scan(table, *question) == expected(model, *question)
        assert [tables.get(table, key) for key in model] == list(model.values())


def test_a_missing_row_is_none(tables):
    assert tables.get("messages", ("geral", 1)) is None
    assert tables.scan("messages", (), (), (), MOST, False) == []


def test_a_row_is_replaced_whole(tables):
    tables.write([TableWrite("topics", ("channel", "geral"), (1, 2, 3.5))])
    tables.write([TableWrite("topics", ("channel", "geral"), (2, 2, 4.5))])
    assert tables.get("topics", ("channel", "geral")) == (2, 2, 4.5)


def test_a_deleted_row_is_gone_and_may_be_deleted_again(tables):
    write = TableWrite("messages", ("geral", 1), (7,))
    tables.write([write, TableWrite("messages", ("geral", 1), None), TableWrite("messages", ("geral", 1), None)])
    assert tables.get("messages", ("geral", 1)) is None


@pytest.mark.parametrize("name", ["'; DROP TABLE topics; --", "%", "\0", "zé", "Zé", "🎺"])
def test_a_name_is_a_value_and_nothing_more(tables, name):
    tables.write([TableWrite("topics", ("channel", name), (1, 1, 1.0))])
    assert tables.get("topics", ("channel", name)) == (1, 1, 1.0)
    assert tables.scan("topics", ("channel", name), (), (), MOST, False) == [(("channel", name), (1, 1, 1.0))]
