"""What one server remembers: its birth, its lives, its promises, its log."""

import shutil
import struct
from contextlib import closing

import pytest

from coreto.machines.effects import Persist, TableWrite
from coreto.store.server import FILE_NAME, ServerStore, read_birth
from coreto.wire.log import Epoch
from tests.support.logs import batches, birth, born, logged

WAL_HEADER, FRAME_HEADER = 32, 24
EVERYTHING = Persist(
    1,
    log=tuple(batches(2, 1)),
    meta=(("promised", (3, "id-s1")), ("commit", (2,)), ("checkpoint", (2, 99))),
    tables=(TableWrite("messages", ("geral", 1), (2,)),),
)


@pytest.fixture
def store(tmp_path):
    with closing(born(tmp_path / "s1", "s1", "s2")) as opened:
        yield opened


def reopened(folder):
    return closing(ServerStore(folder))


def after_a_crash(folder):
    """Return a copy of the files as a crash at this moment leaves them."""
    copy = folder.with_name("crashed")
    shutil.rmtree(copy, ignore_errors=True)
    return shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*-shm"))


def commits(folder):
    """Count the transactions in the write-ahead log: the last page of each tells the size of the file."""
    raw = (folder / (FILE_NAME + "-wal")).read_bytes()
    (page_size,) = struct.unpack_from(">I", raw, 8)
    frames = range(WAL_HEADER, len(raw), FRAME_HEADER + page_size)
    return sum(struct.unpack_from(">I", raw, at + 4) != (0,) for at in frames)


def assert_everything(store):
    stored = store.begin_life()
    assert stored.promised == Epoch(3, "id-s1")
    assert (stored.commit, stored.checkpoint, stored.digest) == (2, 2, 99)
    assert store.log.last_batch() == batches(2, 1)[-1]
    assert store.tables.get("messages", ("geral", 1)) == (2,)


def assert_nothing(store):
    stored = store.begin_life()
    assert stored.promised == Epoch(0, "")
    assert (stored.commit, stored.checkpoint) == (0, 0)
    assert store.log.last_batch() is None
    assert store.tables.get("messages", ("geral", 1)) is None


def test_what_is_persisted_is_there_after_reopening(tmp_path):
    with closing(born(tmp_path)) as store:
        store.persist(EVERYTHING)
    with reopened(tmp_path) as store:
        assert_everything(store)


def test_what_is_persisted_survives_a_crash(store, tmp_path):
    store.persist(EVERYTHING)
    with reopened(after_a_crash(tmp_path / "s1")) as copy:
        assert_everything(copy)


def test_a_persist_is_one_transaction(store, tmp_path):
    before = commits(tmp_path / "s1")
    store.persist(EVERYTHING)
    assert commits(tmp_path / "s1") == before + 1


@pytest.mark.parametrize(
    "broken",
    [
        Persist(1, log=(*EVERYTHING.log, batches(1)[0]), meta=EVERYTHING.meta, tables=EVERYTHING.tables),
        Persist(1, EVERYTHING.log, EVERYTHING.meta, (*EVERYTHING.tables, TableWrite("messages", ("geral",), (1,)))),
        Persist(1, EVERYTHING.log, (*EVERYTHING.meta, ("bad", (2**65,))), EVERYTHING.tables),
    ],
    ids=["log", "tables", "meta"],
)
def test_a_persist_that_fails_half_way_leaves_nothing(tmp_path, broken):
    with closing(born(tmp_path)) as store, pytest.raises(Exception):  # noqa: B017 -- whatever fails
        store.persist(broken)
    with reopened(tmp_path) as store:
        assert_nothing(store)


def test_persists_follow_each_other(store):
    one, two = batches(2, 3)
    store.persist(logged(one))
    store.persist(logged(two, number=2))
    store.persist(logged(4, number=3))
    assert store.log.last_batch().last == 3


def test_every_life_is_counted(tmp_path):
    born(tmp_path).close()
    lives = []
    for _ in range(3):
        with reopened(tmp_path) as store:
            lives.append(store.begin_life().identity.incarnation)
    assert lives == [1, 2, 3]


def test_a_life_is_on_disk_before_it_begins(store, tmp_path):
    assert store.begin_life().identity.incarnation == 1
    with reopened(after_a_crash(tmp_path / "s1")) as copy:
        assert copy.begin_life().identity.incarnation == 2


def test_a_server_starts_with_what_genesis_decided(store):
    stored = store.begin_life()
    identity = stored.identity
    assert (identity.name, identity.replica, identity.cluster) == ("s1", "id-s1", "cluster")
    assert stored.genesis == birth("s1", "s2").genesis
    assert stored.rank == 1


def test_the_last_rank_is_remembered(store):
    store.persist(Persist(1, meta=(("rank", (7,)),)))
    assert store.begin_life().rank == 7


def test_a_server_is_born_once(store):
    with pytest.raises(AssertionError):
        store.be_born(birth("other"))
    assert store.birth() == birth("s1", "s2")


def test_a_blank_server_has_no_birth_and_no_life(tmp_path):
    with closing(ServerStore(tmp_path)) as store:
        assert store.birth() is None
        with pytest.raises(AssertionError):
            store.begin_life()


def test_the_replica_id_of_an_unborn_server_is_invented_once(tmp_path):
    ids = []
    for folder in (tmp_path / "a", tmp_path / "a", tmp_path / "b"):
        with closing(ServerStore(folder)) as store:
            ids.append(store.unborn_replica())
    assert ids[0] == ids[1] != ids[2]


def test_the_birth_of_a_folder_can_be_read(tmp_path):
    assert read_birth(tmp_path) is None
    (tmp_path / FILE_NAME).touch()
    assert read_birth(tmp_path) is None
    born(tmp_path).close()
    assert read_birth(tmp_path) == birth()
