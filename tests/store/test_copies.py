"""A copy that shall live is a server of another cluster, with the same log and nothing else of the old one."""

from contextlib import closing

import pytest

from coreto.machines.effects import Persist, TableWrite
from coreto.store.copies import copy_file, enter_new_cluster, epoch_above, survey
from coreto.store.database import StoreError
from coreto.store.server import FILE_NAME, Birth, ServerStore
from coreto.wire.log import Config, Epoch, Voter
from tests.support.logs import after, batches, born, config_entry, entry

PROMISED = 9
NEW = Birth("n1", "new-1", "new cluster", Config((Voter("new-1", "n1"), Voter("new-2", "n2"))), 1)


def silent(share):
    assert 0 <= share <= 1


@pytest.fixture
def old(tmp_path):
    """A server that promised more than it logged, and whose voters were changed since its birth."""
    one = after(batches(2)[0], [config_entry("s1", "s2", "s4"), entry("after")], Epoch(4, "id-s1"))
    with closing(born(tmp_path / "old", "s1", "s2", "s3")) as store:
        store.begin_life()
        meta = (("promised", (PROMISED, "id-s2")), ("commit", (3,)), ("published", (2,)), ("checkpoint", (3, 77)))
        rows = (TableWrite("messages", ("geral", 1), (2,)),)
        store.persist(Persist(1, (*batches(2), one), (*meta, ("of a peer", ("id-s2", 4))), rows))
    return tmp_path / "old"


@pytest.fixture
def new(old, tmp_path):
    copy_file(old / FILE_NAME, tmp_path / "new" / FILE_NAME, silent)
    enter_new_cluster(tmp_path / "new", NEW, epoch_above(old, NEW.cluster))
    return tmp_path / "new"


def test_it_begins_a_first_life_under_its_new_name(new):
    with closing(ServerStore(new)) as store:
        stored = store.begin_life()
    identity = stored.identity
    assert (identity.name, identity.replica, identity.cluster, identity.incarnation) == (
        "n1",
        "new-1",
        "new cluster",
        1,
    )
    assert (stored.genesis, stored.rank) == (NEW.genesis, 1)


def test_the_whole_log_is_there_and_is_committed(old, new):
    with closing(ServerStore(old)) as before, closing(ServerStore(new)) as store:
        assert [store.log.batch_at(index) for index in (1, 2, 3, 4)] == [before.log.batch_at(i) for i in (1, 2, 3, 4)]
        assert store.begin_life().commit == 5
        assert store.log.batch_at(6) is None
        assert store.log.damages() == ()


def test_the_configuration_in_force_names_the_new_voters_and_only_them(new):
    with closing(ServerStore(new)) as store:
        assert store.log.configs()[-1] == (5, NEW.genesis)
    found = survey(new)
    assert found is not None
    assert found.config == NEW.genesis


def test_its_epoch_is_above_all_that_was_promised_or_logged(old, new):
    with closing(ServerStore(new)) as store:
        before, last = store.log.batch_at(4), store.log.batch_at(5)
        assert before is not None
        assert last is not None
        assert last.epoch == store.promised() == Epoch(PROMISED + 1, NEW.cluster)
        assert last.entries()[-1].lamport > before.entries()[-1].lamport


def test_what_was_derived_is_kept_and_the_rest_is_forgotten(new):
    with closing(ServerStore(new)) as store:
        stored = store.begin_life()
        assert (stored.checkpoint, stored.digest, stored.published) == (3, 77, 2)
        assert store.tables.get("messages", ("geral", 1)) == (2,)
        assert store._meta.get("of a peer") is None


def test_an_empty_log_gets_its_configuration_too(tmp_path):
    born(tmp_path / "old").close()
    copy_file(tmp_path / "old" / FILE_NAME, tmp_path / "new" / FILE_NAME, silent)
    enter_new_cluster(tmp_path / "new", NEW, epoch_above(tmp_path / "old", NEW.cluster))
    with closing(ServerStore(tmp_path / "new")) as store:
        assert store.log.configs() == [(1, NEW.genesis)]
        assert store.begin_life().commit == 1


def test_a_file_that_was_not_closed_is_not_copied(tmp_path):
    with closing(born(tmp_path / "old")), pytest.raises(StoreError, match="not closed"):
        copy_file(tmp_path / "old" / FILE_NAME, tmp_path / "new" / FILE_NAME, silent)


def test_what_cannot_be_copied_is_a_sentence(tmp_path):
    born(tmp_path / "old").close()
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StoreError, match="cannot be copied"):
        copy_file(tmp_path / "old" / FILE_NAME, tmp_path / "file" / FILE_NAME, silent)


def test_a_blank_server_holds_nothing(tmp_path):
    assert survey(tmp_path) is None
    ServerStore(tmp_path).close()
    assert survey(tmp_path) is None
