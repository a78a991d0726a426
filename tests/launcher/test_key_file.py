"""The file with the key of a cluster."""

import stat

import pytest

from coreto.launcher.key_file import KEY_FILE, KeyFileError, keep_key, own_key, read_key
from coreto.net.security import make_key


def test_a_folder_without_a_key_has_none(tmp_path):
    assert read_key(tmp_path) is None


def test_the_key_is_made_once(tmp_path):
    key = own_key(tmp_path)
    assert own_key(tmp_path) == key
    assert read_key(tmp_path) == key


def test_it_takes_the_place_of_another(tmp_path):
    own_key(tmp_path)
    other = make_key()
    keep_key(tmp_path, other)
    assert read_key(tmp_path) == other
    assert [file.name for file in tmp_path.iterdir()] == [KEY_FILE]


def test_only_its_owner_reads_it(tmp_path):
    own_key(tmp_path)
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_one_that_others_read_is_refused(tmp_path, mode):
    own_key(tmp_path)
    (tmp_path / KEY_FILE).chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        own_key(tmp_path)


@pytest.mark.parametrize("content", [b"", b"abc", b"\xff" * 56])
def test_a_broken_one_is_refused_and_kept(tmp_path, content):
    file = tmp_path / KEY_FILE
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(KeyFileError, match=KEY_FILE):
        own_key(tmp_path)
    assert file.read_bytes() == content


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    with pytest.raises(KeyFileError, match="--data"):
        own_key(tmp_path / "nowhere")
