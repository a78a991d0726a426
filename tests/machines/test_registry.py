"""The reference: ranks, the list of the living, and the set a cluster is born with (protocol.md §2, §5; M0, M4)."""

from typing import Any

import pytest

from coreto.journal.events import ServerListed
from coreto.machines.clock import ApplicationClock
from coreto.machines.effects import Persist, ReplyTo, Report, TableWrite
from coreto.machines.manners import BURST, PUSH_BACK
from coreto.machines.registry import SERVERS_MAX, STRANGERS_MAX, Registry
from coreto.machines.settings import DEFAULTS, Settings
from coreto.texts import Catalogue
from coreto.wire.codec import encode
from coreto.wire.envelope import read_reply
from tests.support.machines import ROUTE, request

NOW = 20.0
LATER = NOW + DEFAULTS.reference_expiry
"""When who was heard at NOW counts as silent."""
STRANGER = b"outside"


class Reference:
    """The machine with its disk, which is a dict of the rows written last."""

    def __init__(self, ranks: dict[str, tuple[int, str]] | None = None, settings: Settings = DEFAULTS) -> None:
        self.machine = Registry(ranks or {}, {}, ApplicationClock(1000.0), settings, Catalogue("en"))
        self.disk: dict[str, tuple[Any, ...]] = dict(ranks or {})
        self.effects: list[str] = []
        self.events: list[Any] = []

    def ask(self, service: str, now: float = NOW, **data: object) -> dict[str, Any]:
        return self.ask_raw(request(service, **data), now)[1]

    def ask_outside(self, service: str, now: float = NOW, **data: object) -> dict[str, Any]:
        """Ask as somebody without the key."""
        return self.ask_raw(request(service, **data), now, stranger=STRANGER)[1]

    def ask_raw(self, raw: bytes, now: float = NOW, stranger: bytes = b"") -> tuple[str, dict[str, Any]]:
        self.machine.on_request(ROUTE, raw, now, stranger=stranger)
        (reply,) = self.replies(now)
        return reply

    def replies(self, now: float) -> list[tuple[str, dict[str, Any]]]:
        """Perform what is to be done now, and return the answers."""
        replies = []
        for effect in self.machine.flush(now):
            self.effects.append(type(effect).__name__)
            match effect:
                case Persist(_, _, _, tables):
                    for row in tables:
                        self.remember(row)
                case Report(event):
                    self.events.append(event)
                case ReplyTo(_, body):
                    replies.append(read_reply(body))
        return replies

    def remember(self, row: TableWrite) -> None:
        if row.table == "servers":
            self.disk.pop(str(row.key[0]), None)
            if row.value is not None:
                self.disk[str(row.key[0])] = row.value

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


@pytest.fixture
def full(reference):
    """A reference that knows as many living servers as it can."""
    for number in range(1, SERVERS_MAX + 1):
        reference.ask("rank", user=f"s{number}")
    return reference


def test_more_living_servers_than_it_can_remember_are_refused(full):
    assert full.ask("rank", user="one more")["code"] == "overloaded"
    assert full.ask("rank", user="s7")["rank"] == 7


def test_who_was_silent_longest_is_forgotten_for_a_newcomer(full):
    for number in range(2, SERVERS_MAX + 1):
        full.ask("heartbeat", NOW + 1, user=f"s{number}")
    assert full.ask("rank", LATER, user="one more")["rank"] == SERVERS_MAX + 1
    assert "s1" not in full.disk
    assert len(full.disk) == SERVERS_MAX


# Strangers: who asks without the key that the servers of the cluster have.


def test_a_stranger_can_take_part_as_the_course_has_it(reference):
    reference.ask("rank", user="s1")
    assert reference.ask_outside("rank", user="foreign", address="tcp://f:1")["rank"] == 2
    assert reference.ask_outside("heartbeat", user="foreign")["status"] == "OK"
    assert reference.names() == [("s1", 1), ("foreign", 2)]


@pytest.mark.parametrize("service", ["rank", "heartbeat"])
def test_a_stranger_changes_nothing_of_a_server_that_has_the_key(reference, service):
    reference.ask("heartbeat", user="s1", address="tcp://h:1", coordinator=True, epoch=2)
    answer = reference.ask_outside(service, LATER - 0.1, user="s1", address="tcp://evil:1", coordinator=False)
    assert "--join" in answer["description"]
    (row,) = reference.ask("list")["list"]
    assert (row["address"], row["coordinator"]) == ("tcp://h:1", True)
    assert reference.names(LATER) == [], "nor is it heard by that"


def test_a_server_with_the_key_takes_its_name_back(reference):
    reference.ask_outside("heartbeat", user="s1", address="tcp://evil:1", coordinator=True, epoch=9)
    reference.ask("rank", user="s1", address="tcp://h:1")
    (row,) = reference.ask("list")["list"]
    assert (row["address"], row["coordinator"]) == ("tcp://h:1", False)
    assert "--join" in reference.ask_outside("rank", user="s1")["description"]


def test_who_coordinates_is_told_by_servers_with_the_key_when_there_are_any(reference):
    reference.ask_outside("heartbeat", user="foreign", coordinator=True, epoch=10**6)
    assert reference.ask("election")["coordinator"] == "foreign"
    reference.ask("heartbeat", user="s1", coordinator=True, epoch=1)
    assert reference.ask("election")["coordinator"] == "s1"


def test_a_stranger_chooses_no_rank(reference):
    assert reference.ask_outside("rank", user="foreign", rank=10**6)["rank"] == 1


def test_strangers_have_room_of_their_own_and_push_nobody_out(reference):
    for number in range(STRANGERS_MAX):
        reference.ask_outside("rank", user=f"f{number}")
    assert reference.ask_outside("rank", user="one more")["code"] == "overloaded"
    assert reference.ask("rank", user="s1")["rank"] == STRANGERS_MAX + 1
    assert reference.ask_outside("rank", LATER, user="one more")["status"] == "OK"
    assert "f0" not in reference.disk
    assert ("s1", STRANGERS_MAX + 1) in reference.names()


def test_a_stranger_is_forgotten_before_a_server_with_the_key(reference):
    reference.ask_outside("rank", user="foreign")
    for number in range(1, SERVERS_MAX):
        reference.ask("rank", NOW - 1, user=f"s{number}")
    assert reference.ask("rank", user="one more")["status"] == "OK"
    assert "foreign" not in reference.disk


def test_a_stranger_that_asks_too_much_is_refused_and_not_at_once():
    reference = Reference(settings=Settings(client_rate=1.0))
    for _ in range(int(BURST)):
        reference.ask_outside("list")
    reference.machine.on_request(ROUTE, request("list"), NOW, stranger=STRANGER)
    assert reference.replies(NOW) == []
    assert reference.machine.deadline() == NOW + PUSH_BACK
    assert [data["code"] for _, data in reference.replies(NOW + PUSH_BACK)] == ["overloaded"]
    assert "list" in reference.ask("list"), "who has the key may ask"


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


def test_a_stranger_is_not_among_them(reference):
    for name in "abc":
        assert "waiting" not in reference.ask_outside("rank", user=name, replica=f"r-{name}", genesis=3)
    assert blank(reference, "d")["waiting"] == 1


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
