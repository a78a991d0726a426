"""The parts of the build that need no PyInstaller: archives, the icon, licences."""

import hashlib
import os
import shutil
import struct
import subprocess
import zlib

import pytest

import archive
import icon
import licences


@pytest.fixture
def folder(tmp_path):
    """A folder as PyInstaller makes it, with a program, a library below, and a link to it."""
    made = tmp_path / "coreto"
    (made / "libs").mkdir(parents=True)
    (made / "coreto").write_bytes(b"program")
    (made / "coreto").chmod(0o755)
    (made / "libs" / "zmq.so").write_bytes(b"library")
    (made / "zmq.so").symlink_to("libs/zmq.so")
    return made


@pytest.mark.skipif(os.name != "posix", reason="links and permissions are POSIX")
def test_a_zip_keeps_permissions_and_links(folder, tmp_path):
    archive.pack(folder, tmp_path / "a.zip")
    archive.unpack(tmp_path / "a.zip", tmp_path / "ours")
    places = [tmp_path / "ours" / "coreto"]
    if shutil.which("unzip"):
        subprocess.run(["unzip", "-q", tmp_path / "a.zip", "-d", tmp_path / "theirs"], check=True)
        places.append(tmp_path / "theirs" / "coreto")
    for place in places:
        assert os.access(place / "coreto", os.X_OK)
        assert not os.access(place / "libs" / "zmq.so", os.X_OK)
        assert (place / "zmq.so").is_symlink()
        assert (place / "zmq.so").read_bytes() == b"library"


def test_the_same_folder_makes_the_same_zip(folder, tmp_path):
    archive.pack(folder, tmp_path / "a.zip")
    os.utime(folder / "coreto", (0, 0))
    archive.pack(folder, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_result_is_kept_under_its_checksum_and_older_ones_go(tmp_path):
    dist = tmp_path / "dist"
    dist.mkdir()
    for content in (b"old", b"new"):
        (tmp_path / "coreto.zip").write_bytes(content)
        archive.forget(dist, "1.2.3")
        kept = archive.keep(tmp_path / "coreto.zip", dist, "1.2.3")
    digest = hashlib.sha256(b"new").hexdigest()
    assert kept.name == f"coreto-1.2.3-{archive.system()}-{digest[:8]}.zip"
    assert sorted(path.name for path in dist.iterdir()) == [kept.name, f"{kept.name}.sha256"]


def pixels(picture):
    """Width, and rows of (red, green, blue, opacity), of a PNG without filters."""
    place, width, body = 8, 0, b""
    while place < len(picture):
        (length,) = struct.unpack(">I", picture[place : place + 4])
        kind, content = picture[place + 4 : place + 8], picture[place + 8 : place + 8 + length]
        assert zlib.crc32(kind + content) == struct.unpack(">I", picture[place + 8 + length : place + 12 + length])[0]
        if kind == b"IHDR":
            width = struct.unpack(">I", content[:4])[0]
        body += content if kind == b"IDAT" else b""
        place += 12 + length
    raw = zlib.decompress(body)
    rows = [raw[start + 1 : start + 1 + 4 * width] for start in range(0, len(raw), 4 * width + 1)]
    return width, [[tuple(row[at : at + 4]) for at in range(0, len(row), 4)] for row in rows]


def test_the_icon_is_a_bandstand_on_a_round_square():
    width, rows = pixels(icon.png(icon.bandstand(), 64))
    assert (width, len(rows)) == (64, 64)
    assert rows[0][0][3] == 0, "corners are open"
    roof, between_columns = rows[24][32], rows[34][28]
    assert roof[0] > 200 > roof[2], "the roof is red"
    assert between_columns == (0x1F, 0x4E, 0x79, 255), "and one sees the sky between the columns"


def test_every_system_has_its_kind_of_icon(tmp_path):
    icon.draw(tmp_path)
    assert (tmp_path / "coreto.svg").read_text("utf-8").startswith("<svg")
    assert (tmp_path / "coreto.png").read_bytes().startswith(b"\x89PNG")
    windows = (tmp_path / "coreto.ico").read_bytes()
    assert struct.unpack("<HHH", windows[:6]) == (0, 1, len(icon.PIXELS))
    mac = (tmp_path / "coreto.icns").read_bytes()
    assert mac[:4] == b"icns"
    assert struct.unpack(">I", mac[4:8]) == (len(mac),)


def test_the_licences_of_everything_we_require_are_gathered(tmp_path):
    licences.gather(tmp_path / "LICENCES.txt", [])
    text = (tmp_path / "LICENCES.txt").read_text("utf-8")
    for part in ("coreto", "pyzmq", "msgpack", "msgspec", "prompt_toolkit", "platformdirs", "wcwidth"):
        assert f"\n{part} " in text
    assert "Mozilla Public License" in text, "ZeroMQ's own"
    assert "PYTHON SOFTWARE FOUNDATION LICENSE" in text
    assert "pytest" not in text
