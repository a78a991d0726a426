"""What `scripts/compile` makes runs a seed to the same end as the sources do."""

import os
import subprocess
import sys

import msgspec
import pytest

from tests.support.compiled import COPY, ROOT, main

pytestmark = [pytest.mark.full, pytest.mark.timeout(1200)]

RUN = """
import msgspec
from coreto.machines import node
from coreto.simulator import run
modules = [module.__file__ for module in (node, run)]
print(msgspec.json.encode([modules, run.run({seed}, {servers})]).decode())
"""


def ended(seed, servers, path=""):
    """Run a seed with what is found first on `path`; return which files ran, and the report."""
    code = RUN.format(seed=seed, servers=servers)
    environment = {**os.environ, "PYTHONPATH": str(path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
    files, report = msgspec.json.decode(done.stdout)
    return files, report


@pytest.fixture(scope="module")
def compiled():
    """The folder of the compiled package."""
    assert main() == 0
    return COPY


@pytest.mark.parametrize(("seed", "servers"), [(2, 3), (1007, 5)])
def test_a_compiled_run_ends_as_the_sources_do(compiled, seed, servers):
    files, report = ended(seed, servers, compiled)
    assert all(file.startswith(str(COPY)) and not file.endswith(".py") for file in files), files
    files, expected = ended(seed, servers)
    assert all(file.startswith(str(ROOT / "app")) for file in files), files
    assert report == expected
    assert report["operations"] > 0
