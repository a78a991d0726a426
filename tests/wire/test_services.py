"""How each service of the course protocol is read, aliases included (protocol.md §2 and §4, 5)."""

import math

import msgspec
import pytest

from coreto.wire.envelope import read, write_request
from coreto.wire.limits import HISTORY_ROWS_DEFAULT, HISTORY_ROWS_MAX, LIST_ROWS_MAX
from coreto.wire.refusal import RefusalError
from coreto.wire.services import (
    READERS,
    Channels,
    Clock,
    CreateChannel,
    DirectText,
    Election,
    Heartbeat,
    History,
    ListServers,
    Login,
    Members,
    Promote,
    PublishText,
    RankRequest,
    Remove,
    Request,
    Status,
    Users,
)


@pytest.mark.parametrize(
    ("service", "data", "request_read"),
    [
        ("login", {"user": " ana "}, Login("ana")),
        ("login", {"username": "ana"}, Login("ana")),
        ("login", {"src": "ana"}, Login("ana")),
        ("login", {"from": "ana"}, Login("ana")),
        ("login", {"user": b"ana"}, Login("ana")),
        ("login", {"user": None, "username": "ana"}, Login("ana")),
        ("login", {"user": "ana", "username": "bia"}, Login("ana")),
        ("users", {}, Users()),
        ("users", {"after": "ana", "limit": 3}, Users("ana", 3)),
        ("users", {"after": "", "limit": None}, Users()),
        ("users", {"limit": 10**9}, Users(limit=LIST_ROWS_MAX)),
        ("channel", {"channel": "geral"}, CreateChannel("geral")),
        ("channel", {"name": "geral", "user": "ana"}, CreateChannel("geral", "ana")),
        ("channel", {"channel": "geral", "user": 7}, CreateChannel("geral")),
        ("channel", {"channel": "geral", "user": "a\nb"}, CreateChannel("geral")),
        ("channels", {"after": "geral", "limit": 2}, Channels("geral", 2)),
        ("publish", {"user": "ana", "channel": "geral", "message": "oi"}, PublishText("ana", "geral", "oi")),
        ("publish", {"username": "ana", "name": "geral", "content": "oi"}, PublishText("ana", "geral", "oi")),
        ("publish", {"from": "ana", "channel": "geral", "text": "oi"}, PublishText("ana", "geral", "oi")),
        ("publish", {"user": "ana", "channel": "geral", "message": " oi "}, PublishText("ana", "geral", " oi ")),
        ("message", {"src": "ana", "dst": "bia", "message": "oi"}, DirectText("ana", "bia", "oi")),
        ("message", {"from": "ana", "to": "bia", "text": "oi"}, DirectText("ana", "bia", "oi")),
        ("message", {"user": "ana", "dst": "bia", "content": "oi"}, DirectText("ana", "bia", "oi")),
        ("history", {"channel": "geral"}, History("geral")),
        ("history", {"channel": "geral", "after": 3, "limit": 10}, History("geral", after=3, limit=10)),
        ("history", {"channel": "geral", "before": 9.0}, History("geral", before=9)),
        ("history", {"user": "ana"}, History(user="ana")),
        ("history", {"user": "ana", "peer": "bia"}, History(user="ana", peer="bia")),
        ("history", {"channel": "geral", "user": "ana", "peer": "bia"}, History("geral")),
        ("history", {"channel": "geral", "limit": 9999}, History("geral", limit=HISTORY_ROWS_MAX)),
        ("history", {"channel": "geral", "limit": 0}, History("geral", limit=HISTORY_ROWS_DEFAULT)),
        ("status", {"anything": 1}, Status()),
        ("clock", {}, Clock()),
        ("clock", {"time": 1.5}, Clock(time=1.5)),
        ("clock", {"adjust": -2}, Clock(adjust=-2.0)),
        ("election", {}, Election()),
        ("election", {"coordinator": "s1"}, Election("s1")),
        ("election", {"coordinator": 7}, Election()),
        ("members", {"anything": 1}, Members()),
        ("promote", {"name": "s4"}, Promote("s4")),
        ("promote", {"server": "s4"}, Promote("s4")),
        ("remove", {"name": " s4 "}, Remove("s4")),
        ("remove", {"name": "s4", "server": "s5"}, Remove("s4")),
        ("rank", {"user": "s1", "address": "tcp://h:1"}, RankRequest("s1", "tcp://h:1")),
        ("rank", {"user": "s1", "address": "x" * 300, "rank": -4}, RankRequest("s1")),
        ("list", {}, ListServers()),
        ("heartbeat", {"user": "s1"}, Heartbeat("s1")),
        ("heartbeat", {"user": "s1", "coordinator": True, "epoch": 7}, Heartbeat("s1", coordinator=True, epoch=7)),
        ("heartbeat", {"user": "s1", "coordinator": "yes", "epoch": "7"}, Heartbeat("s1")),
    ],
)
def test_a_request_is_read(service, data, request_read):
    assert READERS[service](data) == request_read


@pytest.mark.parametrize(
    ("service", "data", "rule"),
    [
        ("login", {}, "name_missing"),
        ("login", {"user": 7}, "name_missing"),
        ("login", {"user": ["ana"]}, "name_missing"),
        ("login", {"user": ""}, "name_empty"),
        ("login", {"user": b"\xff"}, "name_characters"),
        ("login", {"user": "servers"}, "name_reserved"),
        ("channel", {}, "name_missing"),
        ("channel", {"channel": "sala um"}, "name_space"),
        ("channel", {"channel": "replica"}, "name_reserved"),
        ("publish", {"channel": "geral", "message": "oi"}, "name_missing"),
        ("publish", {"user": "ana", "channel": "geral"}, "text_missing"),
        ("publish", {"user": "ana", "channel": "geral", "message": 7}, "text_missing"),
        ("publish", {"user": "ana", "channel": "geral", "message": ""}, "text_empty"),
        ("publish", {"user": "ana", "channel": "geral", "message": "x" * 4097}, "text_long"),
        ("message", {"src": "ana", "message": "oi"}, "name_missing"),
        ("message", {"dst": "bia", "message": "oi"}, "name_missing"),
        ("history", {}, "history_which"),
        ("history", {"peer": "bia"}, "history_which"),
        ("history", {"channel": "geral", "after": -1}, "bad_number"),
        ("history", {"channel": "geral", "after": "3"}, "bad_number"),
        ("history", {"channel": "geral", "after": 1.5}, "bad_number"),
        ("history", {"channel": "geral", "after": True}, "bad_number"),
        ("history", {"channel": "geral", "before": 2**53}, "bad_number"),
        ("history", {"channel": "geral", "before": math.nan}, "bad_number"),
        ("history", {"channel": "geral", "limit": math.inf}, "bad_number"),
        ("users", {"limit": -1}, "bad_number"),
        ("users", {"after": 7}, "name_missing"),
        ("clock", {"time": math.nan}, "bad_number"),
        ("clock", {"time": math.inf}, "bad_number"),
        ("clock", {"time": True}, "bad_number"),
        ("clock", {"adjust": "1"}, "bad_number"),
        ("rank", {}, "name_missing"),
        ("promote", {}, "name_missing"),
        ("remove", {"name": ""}, "name_empty"),
        ("remove", {"server": 4}, "name_missing"),
        ("heartbeat", {"user": ""}, "name_empty"),
    ],
)
def test_a_broken_rule_is_named(service, data, rule):
    with pytest.raises(RefusalError) as caught:
        READERS[service](data)
    assert caught.value.rule == rule


def test_what_is_missing_is_named_by_its_proper_key():
    with pytest.raises(RefusalError) as caught:
        READERS["message"]({"src": "ana", "message": "oi"})
    assert caught.value.fields == {"key": "dst"}


def test_a_long_text_in_bin_is_measured_too():
    with pytest.raises(RefusalError) as caught:
        READERS["publish"]({"user": "ana", "channel": "geral", "message": b"x" * 4097})
    assert caught.value.rule == "text_long"


@pytest.mark.parametrize(
    "made",
    [
        Login("ana"),
        Users("ana", 5),
        CreateChannel("geral", "ana"),
        Channels("geral", 5),
        PublishText("ana", "geral", "oi"),
        DirectText("ana", "bia", "oi"),
        History("geral", after=4, before=9, limit=7),
        Clock(time=1.5),
        Clock(adjust=-0.5),
        Election("s1"),
        RankRequest("s1", "tcp://h:1", rank=3),
        Heartbeat("s1", "tcp://h:1", True, 7, 3),
        Status(),
        ListServers(),
        Members(),
    ],
    ids=lambda made: type(made).__name__,
)
def test_a_request_written_from_its_fields_reads_back(made: Request):
    fields = {name: getattr(made, name) for name in made.__struct_fields__}
    assert read(write_request(str(made.__struct_config__.tag), fields, 1, 0.0)).request == made


def test_the_tag_of_each_request_is_its_service():
    tags = {str(kind.__struct_config__.tag) for kind in Request.__subclasses__()}
    assert tags == READERS.keys()


def test_requests_are_frozen():
    with pytest.raises(AttributeError):
        Login("ana").user = "bia"  # type: ignore[misc]
    assert msgspec.structs.replace(Login("ana"), user="bia") == Login("bia")
