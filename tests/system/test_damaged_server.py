"""One damaged server of three: it is said and stays down, the others serve, and nothing is lost."""

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


@pytest.mark.parametrize(
    ("damage", "flags"),
    [
        (damage_wal, []),
        (damage_row, []),
        (damage_row, ["--processes"]),
        (damage_header, []),
        (truncate, []),
    ],
)
def test_the_others_go_on(new_cluster, connect, tmp_path, damage, flags):
    cluster = new_cluster("--data", tmp_path / "data", "--lang", "en", *flags)
    cluster.begin()
    cluster.wait_ready()
    client = connect(cluster.broker)
    client.write("login", user="ana")
    client.write("channel", channel="geral")
    client.write("publish", user="ana", channel="geral", message=SECRET)
    stores = tmp_path / "data" / "servers"
    if damage is damage_wal:  # an orderly end would empty it
        cluster.kill()
    else:
        assert cluster.end() == 0
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
