"""Damaged pages, truncated files, removed folders: an error with a sentence, or nothing was lost; never another."""

import shutil
from contextlib import closing, suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coreto.machines.effects import Persist, TableWrite
from coreto.machines.ports import DamageError
from coreto.machines.tables import TABLES
from coreto.store.database import DiskError, StoreError
from coreto.store.server import FILE_NAME, MovedError, ServerStore, read_birth
from coreto.wire.log import Batch
from tests.support.logs import after, batches, born, config_entry, logged

SIZES = (3, 40, 1, 60, 2, 80)
PROMISED = (7, "id-s1")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of a server that was stopped in good order."""
    folder = tmp_path_factory.mktemp("servers") / "whole"
    made = batches(*SIZES)
    with closing(born(folder)) as store:
        store.persist(logged(*made, after(made[-1], [config_entry("s1", "s2")])))
        rows = tuple(TableWrite("messages", ("geral", n), (n,)) for n in range(300))
        store.persist(Persist(2, meta=(("promised", PROMISED),), tables=rows))
    return folder


def read_everything(folder):
    """Read all that a server rests on; return it."""
    store = ServerStore(folder)
    try:
        stored = store.begin_life()
        damages = store.log.damages()
        found: list[Batch] = []
        while not damages and (batch := store.log.batch_at(found[-1].last + 1 if found else 1)) is not None:
            found.append(batch)
        for table in TABLES:
            store.tables.scan(table, (), (), (), 1000, False)
        configs = store.log.configs() if not damages else []
        return damages, found, configs, stored.promised, stored.identity.replica
    except (DiskError, DamageError) as error:
        sentence = store.explain(error)
        assert str(folder) in sentence
        raise
    finally:
        with suppress(DiskError):
            store.close()


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255), width=st.sampled_from([1, 1, 1, 8, 512]))
def test_whatever_is_damaged_is_told_or_was_not_needed(whole, tmp_path, share, mask, width):
    copy = tmp_path / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(whole, copy)
    raw = bytearray((copy / FILE_NAME).read_bytes())
    place = int(share * len(raw))
    raw[place : place + width] = bytes(byte ^ mask for byte in raw[place : place + width])
    (copy / FILE_NAME).write_bytes(raw)
    try:
        damages, found, configs, promised, replica = read_everything(copy)
    except (StoreError, DiskError, DamageError):
        return
    assert (tuple(promised), replica) == (PROMISED, "id-s1")
    if not damages:
        assert [batch.count for batch in found] == [*SIZES, 1]
        assert [index for index, _config in configs] == [sum(SIZES) + 1]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.7, 0.999])
def test_a_truncated_file_is_never_taken_for_a_shorter_log(whole, tmp_path, share):
    copy = shutil.copytree(whole, tmp_path / "copy")
    raw = (copy / FILE_NAME).read_bytes()
    (copy / FILE_NAME).write_bytes(raw[: int(len(raw) * share)])
    if share == 0:
        assert read_birth(copy) is None, "a blank folder is a new replica"
        return
    with suppress(StoreError, DiskError, DamageError):
        damages, found, *_ = read_everything(copy)
        assert damages or [batch.count for batch in found] == [*SIZES, 1]


def test_the_birth_of_a_damaged_file_is_refused_with_a_sentence(whole, tmp_path):
    copy = shutil.copytree(whole, tmp_path / "copy")
    raw = (copy / FILE_NAME).read_bytes()
    assert b"birth" in raw
    (copy / FILE_NAME).write_bytes(raw.replace(b"id-s1", b"id-s9"))
    with pytest.raises(StoreError, match="coreto reset"):
        read_birth(copy)


@pytest.mark.parametrize("suffix", ["", "-wal"])
@pytest.mark.parametrize("use", [lambda store: store.persist(logged(batches(1)[0])), lambda store: store.scrub(1)])
def test_a_file_that_was_removed_is_noticed_when_it_is_used(tmp_path, suffix, use):
    with closing(born(tmp_path / "s1")) as store:
        (tmp_path / "s1" / f"{FILE_NAME}{suffix}").unlink()
        with pytest.raises(MovedError):
            use(store)


def test_a_folder_that_was_put_back_from_a_copy_is_noticed(tmp_path):
    with closing(born(tmp_path / "s1")) as store:
        shutil.copytree(tmp_path / "s1", tmp_path / "copy")
        shutil.rmtree(tmp_path / "s1")
        (tmp_path / "copy").rename(tmp_path / "s1")
        with pytest.raises(MovedError):
            store.scrub(1)
