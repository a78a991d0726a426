"""The reference: ranks, the list of the living, and the set a cluster is born with (protocol.md §2, §5; M0, M4)."""

from typing import Any

import pytest

from coreto.journal.events import ServerListed
from coreto.machines.clock import ApplicationClock
from coreto.machines.effects import Persist, ReplyTo, Report
from coreto.machines.registry import SERVERS_MAX, Registry
from coreto.machines.settings import DEFAULTS
from coreto.texts import Catalogue
from coreto.wire.codec import encode
from coreto.wire.envelope import read_reply
from tests.support.machines import ROUTE, request

NOW = 20.0


class Reference:
    """The machine with its disk, which is a dict of the rows written last."""

    def __init__(self, ranks: dict[str, tuple[int, str]] | None = None) -> None:
        self.machine = Registry(ranks or {}, {}, ApplicationClock(1000.0), DEFAULTS, Catalogue("en"))
        self.disk: dict[str, tuple[Any, ...]] = {}
        self.effects: list[str] = []
        self.events: list[Any] = []

    def ask(self, service: str, now: float = NOW, **data: object) -> dict[str, Any]:
        return self.ask_raw(request(service, **data), now)[1]

    def ask_raw(self, raw: bytes, now: float = NOW) -> tuple[str, dict[str, Any]]:
        self.machine.on_request(ROUTE, raw, now)
        replies = []
        for effect in self.machine.flush(now):
            self.effects.append(type(effect).__name__)
            match effect:
                case Persist(_, _, _, tables):
                    self.disk.update({str(row.key[0]): row.value or () for row in tables if row.table == "servers"})
                case Report(event):
                    self.events.append(event)
                case ReplyTo(_, body):
                    replies.append(read_reply(body))
        (reply,) = replies
        return reply

    def names(self, now: float = NOW) -> list[tuple[str, int]]:
        return [(row["name"], row["rank"]) for row in self.ask("list", now)["list"]]


@pytest.fixture
def reference():
    return Reference()


def test_ranks_start_at_one_and_count_up(reference):
    assert [reference.ask("rank", user=name)["rank"] for name in ("a", "b", "c")] == [1, 2, 3]


def test_a_rank_stays_with_its_name(reference):
    reference.ask("rank", user="a")
    reference.ask("rank", user="b")
    assert reference.ask("rank", user="a", address="tcp://elsewhere")["rank"] == 1


def test_a_rank_is_on_disk_before_it_is_told(reference):
    reference.ask("rank", user="a", address="tcp://h:1")
    assert reference.effects == ["Report", "Persist", "ReplyTo"]
    assert reference.disk == {"a": (1, "tcp://h:1")}
    assert reference.events == [ServerListed(role="reference", name="a", rank=1)]


def test_ranks_survive_a_restart_of_the_reference(reference):
    reference.ask("rank", user="a")
    reference.ask("rank", user="b")
    again = Reference({"a": (1, ""), "b": (2, "")})
    assert again.ask("rank", user="b")["rank"] == 2
    assert again.ask("rank", user="c")["rank"] == 3


def test_a_reference_that_lost_its_memory_takes_the_ranks_that_servers_report(reference):
    """M4 and scenario S16."""
    assert reference.ask("heartbeat", user="c", rank=3)["rank"] == 3
    assert reference.ask("heartbeat", user="a", rank=1)["rank"] == 1
    assert reference.ask("rank", user="d")["rank"] == 4


def test_a_reported_rank_that_is_taken_is_not_given_twice(reference):
    reference.ask("rank", user="a")
    assert reference.ask("rank", user="b", rank=1)["rank"] == 2


def test_a_server_that_is_silent_leaves_the_list_and_keeps_its_rank(reference):
    reference.ask("rank", user="a")
    last = NOW + DEFAULTS.reference_expiry
    assert reference.names(last - 0.01) == [("a", 1)]
    assert reference.names(last) == []
    reference.ask("rank", last, user="b")
    assert reference.ask("heartbeat", last, user="a")["rank"] == 1
    assert reference.names(last) == [("a", 1), ("b", 2)]


def test_a_heartbeat_of_an_unknown_server_registers_it(reference):
    answer = reference.ask("heartbeat", user="a", address="tcp://h:1")
    assert (answer["status"], answer["rank"]) == ("OK", 1)
    (row,) = reference.ask("list")["list"]
    assert (row["address"], row["addr"], row["coordinator"]) == ("tcp://h:1", "tcp://h:1", False)


def test_servers_known_from_disk_are_not_alive_before_they_are_heard():
    assert Reference({"a": (1, "")}).names() == []


def test_the_coordinator_is_who_claims_the_newest_epoch(reference):
    reference.ask("heartbeat", user="a", coordinator=True, epoch=4)
    reference.ask("heartbeat", user="b", coordinator=True, epoch=7)
    assert [row["name"] for row in reference.ask("list")["list"] if row["coordinator"]] == ["b"]
    assert reference.ask("election")["coordinator"] == "b"
    reference.ask("heartbeat", user="b", coordinator=False, epoch=7)
    assert reference.ask("election")["coordinator"] == "a"


def test_a_heartbeat_that_says_nothing_new_writes_nothing(reference):
    reference.ask("heartbeat", user="a", address="x")
    reference.effects.clear()
    reference.ask("heartbeat", user="a", address="x")
    assert reference.effects == ["ReplyTo"]


def test_it_tells_its_own_time(reference):
    assert reference.ask("clock")["time"] == 1000.0 + NOW


def test_its_status_names_the_living(reference):
    reference.ask("rank", user="a")
    assert reference.ask("status")["servers"] == ["a"]


@pytest.mark.parametrize("service", ["login", "users", "channel", "channels", "publish", "message", "history"])
def test_what_belongs_to_the_broker_is_refused_with_a_sentence(reference, service):
    fields = {"user": "ana", "channel": "geral", "message": "oi", "src": "ana", "dst": "bia"}
    answer = reference.ask(service, **fields)
    assert (answer["status"], answer["code"]) == ("erro", "bad_request")
    assert service in answer["description"] == answer["message"]


@pytest.mark.parametrize("raw", [b"", b"\xc1", b"{", b"\x90", encode({"service": "rank", "data": {}}, "json")])
def test_every_request_has_one_reply_whatever_came_in(reference, raw):
    assert reference.ask_raw(raw)[1]["status"] == "erro"


def test_more_names_than_it_can_remember_are_refused():
    full = Reference({f"s{n}": (n, "") for n in range(1, SERVERS_MAX + 1)})
    assert full.ask("rank", user="one more")["status"] == "erro"
    assert full.ask("rank", user="s7")["rank"] == 7


# Genesis.


def blank(reference, name, count=3):
    return reference.ask("rank", user=name, replica=f"r-{name}", genesis=count)


def test_blank_servers_wait_until_there_are_enough(reference):
    """M0."""
    assert blank(reference, "a")["waiting"] == 1
    assert blank(reference, "a")["waiting"] == 1, "asking twice does not count twice"
    assert blank(reference, "b")["waiting"] == 2
    assert blank(reference, "c")["genesis"] == [["r-a", "a"], ["r-b", "b"], ["r-c", "c"]]
    assert blank(reference, "a")["genesis"] == [["r-a", "a"], ["r-b", "b"], ["r-c", "c"]]


def test_a_set_is_fixed_once(reference):
    """M0: who comes later is told the same set."""
    for name in "abc":
        blank(reference, name)
    assert len(blank(reference, "d")["genesis"]) == 3


def test_servers_of_a_cluster_are_no_material_for_another(reference):
    """M0: a blank reference never invents a set from servers that already have one."""
    for name in "abc":
        assert "genesis" not in reference.ask("rank", user=name, replica=f"r-{name}", rank=1)
    assert blank(reference, "d")["waiting"] == 1
