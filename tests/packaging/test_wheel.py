"""The wheel in an empty environment, the sdist, and the folder build/ that setuptools must leave alone."""

import json
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from tests.packaging.conftest import pip_wheel
from tests.support.ports import free_base_port
from tests.support.program import environment

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]

PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")
SECONDS = 120


@pytest.fixture(scope="module")
def inside(wheel, tmp_path_factory):
    """The folder of programs of an environment that holds the wheel and what it requires."""
    home = tmp_path_factory.mktemp("empty")
    venv.create(home, with_pip=True)
    programs = home / ("Scripts" if os.name == "nt" else "bin")
    subprocess.run([programs / "python", *PIP, "install", wheel], check=True)
    return programs


def call(home, *command, commands=""):
    """Run a program to its end, far from this checkout."""
    settings = {"XDG_DATA_HOME": str(home), "CORETO_BASE_PORT": str(free_base_port())}
    return subprocess.run(
        command,
        input=commands,
        capture_output=True,
        text=True,
        env={**environment(), **settings},
        cwd=home,
        timeout=SECONDS,
        check=False,
    )


@pytest.mark.parametrize("words", [["coreto"], ["python", "-m", "coreto"]], ids=" ".join)
def test_it_starts_a_cluster_that_can_be_used(inside, tmp_path, words):
    commands = "/login ana\n/channel geral\n/publish geral oi\n/history geral\n"
    finished = call(tmp_path, inside / words[0], *words[1:], commands=commands)
    assert finished.returncode == 0, finished.stderr
    assert "<ana> oi" in finished.stdout
    assert (tmp_path / "coreto").is_dir(), "the data is in the user's folder"


@pytest.mark.parametrize("words", [["coreto"], ["python", "-m", "coreto"]], ids=" ".join)
def test_it_proves_itself(inside, tmp_path, words):
    finished = call(tmp_path, inside / words[0], *words[1:], "selftest", "--json")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert json.loads(finished.stdout)["passed"] is True


def test_it_speaks_portuguese(inside, tmp_path):
    finished = call(tmp_path, inside / "coreto", "selftest", "--lang", "pt")
    assert "funciona nesta máquina" in finished.stdout


def contents(wheel):
    """The files of a wheel."""
    with zipfile.ZipFile(wheel) as file:
        return {name: file.read(name) for name in file.namelist()}


def test_the_sdist_holds_build_and_makes_the_same_wheel(tree, wheel, tmp_path):
    # Not in the checkout, whose folder build/ has the name of the tool.
    command = [sys.executable, "-m", "build", "--sdist", "--outdir", tmp_path, tree]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    (sdist,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as file:
        names = {name.partition("/")[2] for name in file.getnames()}
    tracked = {str(path.relative_to(tree)) for path in (tree / "build").rglob("*") if path.is_file()}
    assert tracked
    assert tracked <= names
    assert contents(pip_wheel(sdist, tmp_path / "again")) == contents(wheel)


def state(folder: Path):
    """Everything in a folder, with the moment it was last changed."""
    return {path: path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]}


def test_installing_writes_nothing_into_build(tree, tmp_path):
    before = state(tree / "build")
    command = [sys.executable, *PIP, "install", "--no-deps", "--target", tmp_path / "there", tree]
    subprocess.run(command, check=True)
    assert (tmp_path / "there" / "coreto" / "__main__.py").exists()
    assert state(tree / "build") == before
