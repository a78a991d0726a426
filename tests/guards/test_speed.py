"""The hot path costs no more than it did, as a multiple of a yardstick that is timed beside it.

The yardsticks do the same kind of work and nothing of ours. Each figure is the least of many
alternating rounds, which other work on the machine can only raise; the limits lie
between what was measured and what it was without its short cut, or at twice of what was measured.
"""

import sqlite3
import timeit
from collections.abc import Callable
from contextlib import closing

import msgpack
import pytest

from coreto.store.log import LOG_SCHEMA, StoredLog
from coreto.wire.envelope import Shape, read, write
from coreto.wire.log import make_batch
from coreto.wire.names import clean_channel
from tests.machines.applying import Log
from tests.support.logs import EPOCH, after, entry

READ_MAX, WRITE_MAX, NAME_MAX = 5.0, 1.7, 10.0
"""Measured 3.3, 0.9 and 4.1; without their short cuts 6.0, 2.6 and 27."""
BATCH_MAX, APPLY_MAX, LOG_MAX = 2.5, 20.0, 10.0
"""Measured 1.1, 8.8 and 4.5."""
ROUNDS = 400
CALLS = 20
"""Few: a round that nobody interrupts has to fit between two turns of others on a busy machine."""
FLUSH_EACH = 256
"""Entries after which what was applied goes to the disk, as it does with a batch: the tail does not grow."""

DATA = {"user": "bench-user-1", "channel": "bench-1", "message": "x" * 100, "timestamp": 1.5, "clock": 3}
REQUEST = msgpack.packb({"service": "publish", "data": DATA})
ANSWER = {"status": "OK", "message": "", "seq": 12345, "id": "e12345", "index": 12345, "server": "s3", "epoch": 4}
ENTRIES = [entry("x" * 100) for _ in range(100)]


def ratio(ours: Callable[[], object], yardstick: Callable[[], object]) -> float:
    """Return the least time of ours as a multiple of the least of the yardstick."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for kept, act in zip(times, (ours, yardstick), strict=True):
            kept.append(timeit.timeit(act, number=CALLS))
    return min(times[0]) / min(times[1])


def unpack() -> object:
    return msgpack.unpackb(REQUEST)


def pack() -> object:
    return msgpack.packb({"service": "publish", "data": ANSWER})


def test_reading_a_publication_beside_unpacking_it():
    assert ratio(lambda: read(REQUEST), unpack) < READ_MAX


def test_writing_an_answer_beside_packing_it():
    shape = Shape()
    assert ratio(lambda: write(shape, "publish", ANSWER, 4, 1.5), pack) < WRITE_MAX


def test_a_usual_name_beside_upper_case():
    assert ratio(lambda: clean_channel("bench-1a2b3c"), lambda: "bench-1a2b3c".upper().lower()) < NAME_MAX


def test_a_batch_of_entries_beside_packing_and_unpacking_their_texts():
    texts = [[1, 1.5, ["publish", [1, 1, 1], "", "ana", "geral", "x" * 100]] for _ in ENTRIES]

    def ours() -> object:
        return make_batch(1, EPOCH, ENTRIES, 0).entries()

    assert ratio(ours, lambda: msgpack.unpackb(msgpack.packb(texts))) < BATCH_MAX


def test_applying_a_publication_beside_unpacking_it():
    log = Log()
    log.login()
    log.channel()

    def ours() -> None:
        log.publish("x" * 100)
        if log.chat.applied % FLUSH_EACH == 0:
            log.save()

    assert ratio(ours, unpack) < APPLY_MAX


def test_logging_a_batch_beside_a_bare_insert():
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for statement in (*LOG_SCHEMA, "CREATE TABLE bare (first INTEGER PRIMARY KEY, body)"):
            connection.execute(statement)
        log, batch = StoredLog(connection), after(None, ENTRIES)
        log.write((batch,))

        def ours() -> None:
            nonlocal batch
            batch = after(batch, ENTRIES[:1])
            log.write((batch,))

        def bare() -> None:
            connection.execute("INSERT INTO bare (body) VALUES (?)", (ENTRIES[0].body.text,))  # type: ignore[union-attr]

        assert ratio(ours, bare) < LOG_MAX


@pytest.fixture(autouse=True, scope="module")
def _warm():
    """What is made on first use is made before it is timed."""
    read(REQUEST)
    pack()
