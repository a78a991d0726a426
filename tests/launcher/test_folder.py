"""Who owns a data folder, and how a cluster is born in it."""

import pytest

from coreto.launcher.folder import DataFolder, FolderError
from coreto.store.server import FILE_NAME, read_birth


@pytest.fixture
def folder(tmp_path):
    """A data folder that is ours until the test ends."""
    made = DataFolder(tmp_path / "some" / "data")
    yield made
    made.release()


def content(path):
    return {str(each.relative_to(path)): each.read_bytes() for each in path.rglob("*") if each.is_file()}


def test_a_new_folder_is_made_and_taken(folder):
    assert folder.take()
    assert folder.path.is_dir()
    assert folder.births() == []


def test_a_folder_that_is_taken_is_refused_until_it_is_given_back(folder):
    other = DataFolder(folder.path)
    assert folder.take()
    assert other.take() is False
    other.release()
    assert other.take() is False, "giving back what one does not have changes nothing"
    folder.release()
    assert other.take()
    other.release()


def test_a_folder_with_other_things_is_refused_and_left_alone(folder):
    folder.path.mkdir(parents=True)
    (folder.path / "thesis.txt").write_text("years of work")
    with pytest.raises(FolderError, match=r"thesis\.txt") as caught:
        folder.take()
    assert str(folder.path) in str(caught.value)
    assert content(folder.path) == {"thesis.txt": b"years of work"}


def test_a_folder_of_ours_with_something_added_is_taken(folder):
    assert folder.take()
    folder.release()
    (folder.path / "notes.txt").write_text("mine")
    assert folder.take()


@pytest.mark.parametrize("path", ["file", "file/data"])
def test_a_folder_that_cannot_be_made_is_refused(tmp_path, path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(FolderError, match="--data"):
        DataFolder(tmp_path / path).take()
    assert (tmp_path / "file").read_text() == "not a folder"


def test_genesis_gives_every_server_a_name_a_rank_and_an_identity_of_its_own(folder):
    folder.take()
    births = folder.genesis(3)
    assert [(birth.name, birth.rank) for birth in births] == [("s1", 1), ("s2", 2), ("s3", 3)]
    assert len({birth.replica for birth in births}) == 3
    assert len({birth.cluster for birth in births}) == 1
    (config,) = {birth.genesis for birth in births}
    assert [(voter.replica, voter.name) for voter in config.voters] == [(b.replica, b.name) for b in births]


def test_who_was_born_is_found_again_in_order_of_rank(folder):
    folder.take()
    births = folder.genesis(3)
    assert DataFolder(folder.path).births() == births
    assert [read_birth(folder.server(birth.name)) for birth in births] == births


def test_two_clusters_are_never_the_same(tmp_path):
    clusters = set()
    for name in ("a", "b"):
        folder = DataFolder(tmp_path / name)
        folder.take()
        clusters.add(folder.genesis(1)[0].cluster)
        folder.release()
    assert len(clusters) == 2


def test_a_genesis_that_was_interrupted_leaves_a_blank_folder(folder):
    folder.take()
    lost = folder.genesis(3)
    (folder.path / "servers").rename(folder.path / "servers.new")
    assert folder.births() == []
    births = folder.genesis(2)
    assert folder.births() == births
    assert {birth.cluster for birth in births}.isdisjoint(birth.cluster for birth in lost)
    assert sorted(entry.name for entry in folder.path.iterdir()) == ["lock", "servers"]


def test_servers_whose_files_are_blank_are_no_servers(folder):
    folder.take()
    (folder.server("s1")).mkdir(parents=True)
    (folder.server("s1") / FILE_NAME).touch()
    assert folder.births() == []
    assert len(folder.genesis(3)) == 3
