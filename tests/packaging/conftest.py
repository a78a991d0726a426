"""What the tests of packaging share: a copy of the checkout, a wheel of it, and the built programs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import archive
from tests.support.program import environment

ROOT = Path(__file__).parents[2]
BUILD_SECONDS = 900
"""Two analyses by PyInstaller, eight self-tests, and perhaps a whole Debian, on a busy machine."""


def pip_wheel(source: Path, target: Path) -> Path:
    """Build a wheel from a folder or an sdist, and return it."""
    flags = ["--quiet", "--no-deps", "--wheel-dir", str(target)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *flags, str(source)], check=True)
    (wheel,) = target.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the files that git knows or would know, as a fresh clone has them."""
    copy = tmp_path_factory.mktemp("tree") / "coreto"
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    return copy


@pytest.fixture(scope="session")
def wheel(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of that copy."""
    return pip_wheel(tree, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What scripts/build makes, each tried by it, as root in a Debian without Python too."""
    place = tmp_path_factory.mktemp("dist")
    flags = ["--clean-root"] if can_make_a_root() else []
    built = subprocess.run(
        [ROOT / "scripts" / "build", "--into", place, *flags],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return place


def can_make_a_root() -> bool:
    """Whether this is a Linux with apt where we are root."""
    return sys.platform == "linux" and os.geteuid() == 0 and bool(shutil.which("apt-get"))


@pytest.fixture(scope="session")
def programs(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The program in the folder, and the one in one file, as a person has them."""
    home = tmp_path_factory.mktemp("programs")
    (zipped,) = dist.glob("*.zip")
    (single,) = [path for path in dist.iterdir() if path.suffix not in (".zip", ".sha256")]
    archive.unpack(zipped, home)
    return {"folder": home / "coreto" / "coreto", "file": Path(shutil.copy(single, home))}
