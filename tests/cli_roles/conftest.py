"""A cluster of separate processes for a whole file."""

from collections.abc import Iterator

import pytest

from tests.support.roles import Village
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    """Nine processes, a bot among them, that have formed a cluster; each must stop in good order."""
    with Village(tmp_path_factory.mktemp("village")) as made:
        wait_until(made.coordinator, "a coordinator", 60.0)
        made.start("bot", "bot", "--broker", made.frontend, "--rate", "2")
        yield made
        for role in reversed(made.roles.values()):
            assert role.end() == 0, role.errors()
        assert not [role.name for role in made.roles.values() if "Traceback" in role.errors()]
