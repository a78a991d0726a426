"""A cluster of separate processes for a whole file."""

import json
from collections.abc import Iterator

import pytest

from tests.support.roles import Village
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    """Nine processes, a bot among them, that have formed a cluster; each must stop in good order."""
    with Village(tmp_path_factory.mktemp("village")) as made:
        wait_until(lambda: coordinator(made), "a coordinator", 60.0)
        made.start("bot", "bot", "--broker", made.frontend, "--rate", "2")
        yield made
        for role in reversed(made.roles.values()):
            assert role.end() == 0, role.errors()
        assert not [role.name for role in made.roles.values() if "Traceback" in role.errors()]


def coordinator(village: Village) -> str:
    """Return the coordinator's name, when every server is on the list and one of them coordinates."""
    finished = village.admin("list", "--json")
    if finished.returncode != 0:
        return ""
    servers = json.loads(finished.stdout)["servers"]
    leads = [server["name"] for server in servers if server["coordinator"]]
    return leads[0] if leads and len(servers) == len(village.servers) else ""
