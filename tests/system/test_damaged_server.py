"""One damaged server of three: it is said, the others serve, and nothing is lost.

A damaged row of the log is fetched from the others; a file that is damaged otherwise stays down.
"""

import pytest

from tests.support.waiting import wait_until

SECRET = "a message with a bit to flip"


def damage_row(folder):
    path = folder / "server.db"
    raw = path.read_bytes()
    assert SECRET.encode() in raw
    path.write_bytes(raw.replace(SECRET.encode(), SECRET.upper().encode(), 1))


def damage_header(folder):
    path = folder / "server.db"
    raw = bytearray(path.read_bytes())
    raw[0] ^= 1
    path.write_bytes(raw)


def truncate(folder):
    path = folder / "server.db"
    path.write_bytes(path.read_bytes()[:5000])


def damage_wal(folder):
    path = folder / "server.db-wal"
    raw = bytearray(path.read_bytes())
    raw[100] ^= 1  # in the first frame: more follow
    path.write_bytes(raw)


@pytest.fixture
def stored(new_cluster, connect, tmp_path):
    """Return what starts a cluster, stores the secret, and ends it, orderly or not."""

    def start(*flags, kill=False):
        cluster = new_cluster("--data", tmp_path / "data", "--lang", "en", *flags)
        cluster.begin()
        cluster.wait_ready()
        client = connect(cluster.broker)
        client.write("login", user="ana")
        client.write("channel", channel="geral")
        client.write("publish", user="ana", channel="geral", message=SECRET)
        damaged = connect(next(server.address for server in cluster.servers if server.name == "s1"))
        wait_until(lambda: damaged.ask("history", channel="geral").get("messages"), "s1 has it, beyond a majority")
        if kill:
            cluster.kill()
        else:
            assert cluster.end() == 0
        return cluster

    return start


@pytest.mark.parametrize("flags", [[], ["--processes"]], ids=["threads", "processes"])
def test_a_damaged_row_is_fetched_from_the_others(stored, tmp_path, flags):
    cluster = stored(*flags)
    folder = tmp_path / "data" / "servers" / "s1"
    damage_row(folder)
    cluster.begin()
    cluster.wait_ready()
    wait_until(lambda: "The log of s1 is whole again." in cluster.errors(), "the log is mended")
    assert "The log of s1 is damaged" in cluster.errors()
    assert cluster.end() == 0
    assert SECRET.encode() in (folder / "server.db").read_bytes()
    assert "Traceback" not in cluster.errors()


@pytest.mark.parametrize(
    ("damage", "flags"),
    [
        (damage_wal, []),
        (damage_header, []),
        (truncate, []),
    ],
)
def test_the_others_go_on(stored, connect, tmp_path, damage, flags):
    cluster = stored(*flags, kill=damage is damage_wal)  # an orderly end would empty the write-ahead log
    stores = tmp_path / "data" / "servers"
    damage(stores / "s1")

    cluster.begin()
    cluster.wait_ready()
    wait_until(lambda: "coreto reset" in cluster.errors(), "the damage is said")
    assert str(stores / "s1" / "server.db") in cluster.errors()
    assert len([line for line in cluster.errors().splitlines() if "coreto reset" in line]) == 1
    assert "Traceback" not in cluster.errors()
    again = connect(cluster.broker)
    (message,) = again.ask("history", channel="geral")["messages"]
    assert message["message"] == SECRET
    again.write("publish", user="ana", channel="geral", message="more")
    assert cluster.end() == 0
