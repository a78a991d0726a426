"""Commands change the session and the chat, and return values."""

import json
import time

import pytest

from coreto.client.errors import RefusedError, UnreachableError
from coreto.prompt.errors import ChatError
from coreto.prompt.execute import execute
from coreto.prompt.render import render


@pytest.fixture
def run(session):
    """Executes a line and returns what is shown."""

    def run(line):
        return "\n".join(render(execute(session, line)))

    return run


def arrived(session):
    """The texts that would be shown now."""
    return [spoken.message for spoken in session.take_received()]


def test_login_makes_known_and_receives_direct_messages(run, session, chat):
    assert run("/login ana") == "You are logged in as ana."
    assert run("/login ana") == "You are logged in as ana."
    assert chat.people == ["bia", "ana"]
    assert chat.topics == {"ana"}
    run("/login bia")
    assert (session.user, chat.topics) == ("bia", {"bia"})


@pytest.mark.parametrize("line", ["/publish geral oi", "/message bia oi", "oi", "/history @bia"])
def test_writing_needs_a_login(run, line):
    with pytest.raises(ChatError, match="/login"):
        run(line)


def test_plain_text_needs_a_channel(run):
    run("/login ana")
    with pytest.raises(ChatError, match="/join"):
        run("oi")


def test_a_channel_that_exists_is_no_failure(run):
    assert "was created" in run("/channel nova")
    assert "already exists" in run("/channel nova")


def test_another_refusal_of_a_channel_is_one(run, chat):
    chat.failure = RefusedError("There is a user of this name.", "refused", "name_is_user")
    with pytest.raises(RefusedError, match="There is already a user called 'bia'"):
        run("/channel bia")


def test_joining_shows_the_last_messages_and_receives_the_next(run, session, chat):
    assert "nobody has written" in run("/join geral")
    chat.publish("bia", "geral", "oi")
    assert arrived(session) == ["oi"]
    assert "geral <bia> oi" in run("/join geral")
    assert arrived(session) == []


def test_joining_what_does_not_exist_leaves_no_trace(run, session, chat):
    with pytest.raises(RefusedError):
        run("/join nowhere")
    assert (session.place, session.known.joined, chat.topics) == ("", (), set())


def test_what_arrives_while_joining_is_shown_once(run, session, chat):
    chat.before_history = lambda: (chat.publish("bia", "geral", "in the history"), session.take_received())
    assert "in the history" in run("/join geral")
    chat.publish("bia", "geral", "after it")
    assert arrived(session) == ["after it"]


def test_what_arrives_between_history_and_joining_is_not_lost(run, session, chat, message):
    chat.before_history = lambda: (chat.deliver(message("geral", "bia", "late", 1)), session.take_received())
    run("/join geral")
    assert arrived(session) == ["late"]


def test_leaving_goes_back_to_the_channel_before(run, session, chat):
    run("/channel nova")
    run("/join geral")
    run("/join nova")
    assert run("/leave") == "You left nova and are in geral."
    assert run("/leave geral") == "You left geral."
    assert (session.place, chat.topics) == ("", set())
    with pytest.raises(ChatError):
        run("/leave")
    with pytest.raises(ChatError, match="geral"):
        run("/leave geral")


def test_leaving_another_channel_stays_in_the_current_one(run, session):
    run("/channel nova")
    run("/join geral")
    run("/join nova")
    run("/leave geral")
    assert session.place == "nova"


def test_a_message_of_ones_own_is_confirmed_and_not_shown_again(run, session, chat):
    run("/login ana")
    run("/join geral")
    assert run("oi") == "Published in geral as number 1."
    assert run("/message ana note") == "Sent to ana."
    assert arrived(session) == []
    chat.publish("ana", "geral", "from another window")
    assert arrived(session) == ["from another window"]


def test_unconfirmed_messages_are_always_shown(run, session, chat, message):
    chat.publish("bia", "geral", "oi")
    run("/join geral")
    chat.deliver(message("geral", "bia", "forged?", 1, confirmed=False))
    chat.deliver(message("geral", "bia", "no number", None, confirmed=False))
    assert [spoken.confirmed for spoken in session.take_received()] == [False, False]


def test_history_of_a_channel_of_a_person_and_of_oneself(run):
    run("/login ana")
    for text in ("one", "two", "three"):
        run(f"/publish geral {text}")
    run("/message bia hello")
    run("/message ana note")
    assert run("/history geral 2").splitlines()[1:] == run("/history geral").splitlines()[2:]
    assert "ana → bia hello" in run("/history @bia")
    assert "ana → ana note" in run("/history @ana")
    assert "hello" not in run("/history @ana")
    assert "no direct messages" in run("/history @caio")
    with pytest.raises(ChatError, match="@"):
        run("/history")
    run("/join geral")
    assert run("/history") == run("/history geral")


def test_empty_history_is_said(run):
    assert run("/history geral") == "Nobody has written in geral yet."


def test_a_publication_without_number_is_confirmed_too(run, chat, monkeypatch):
    run("/login ana")
    monkeypatch.setattr(chat, "publish", lambda *_: {"status": "OK"})
    assert run("/publish geral oi") == "Published in geral."


def test_lists(run):
    run("/join geral")
    assert run("/users") == "Users: 1\n  bia"
    assert run("/channels").splitlines()[-1].split() == ["geral", "yes", "0"]
    assert run("/servers").splitlines()[-1].split() == ["s3", "3", "tcp://127.0.0.1:5603", "yes"]


def test_the_cluster_is_shown_and_remembered(run, session, chat, monkeypatch):
    assert run("/election") == "The coordinator is s3."
    assert session.cluster.coordinator == "s3"
    assert "voters" in run("/status")
    assert session.cluster.epoch == 4
    monkeypatch.setattr(chat, "election", lambda: {"election": "OK", "coordinator": ""})
    assert "no coordinator" in run("/election")


def test_a_key_of_a_status_is_never_read_as_a_format(run, chat, monkeypatch):
    monkeypatch.setattr(chat, "status", lambda: {"{evil}": {"a": 1}})
    assert run("/status") == "Status\n  {evil}  a=1"


def test_refreshing_notes_trouble_and_its_end(session, chat):
    chat.failure = UnreachableError("Nobody answers.")
    session.refresh()
    assert session.cluster.trouble == "Nobody answers."
    chat.failure = None
    session.refresh()
    assert (session.cluster.trouble, session.cluster.coordinator) == ("", "s3")


def test_recent_speakers_come_first_in_completion(run, session, chat):
    run("/login ana")
    run("/join geral")
    chat.publish("caio", "geral", "oi")
    chat.publish("bia", "geral", "oi")
    arrived(session)
    run("/users")
    assert session.known.users == ("bia", "caio", "ana")


def test_help_for_an_unknown_command_says_so(run):
    with pytest.raises(ChatError, match="/xyzzy"):
        run("/help /xyzzy")


def test_logout_leaves_everything(run, session, chat):
    run("/login ana")
    run("/join geral")
    assert "no longer ana" in run("/logout")
    assert (session.user, session.place, session.known.joined, chat.topics) == ("", "", (), set())
    with pytest.raises(ChatError):
        run("/logout")


def test_a_conversation_is_a_place(run, session, chat):
    run("/login ana")
    assert "nobody has written" in run("/join @bia")
    run("oi, bia")
    chat.message("bia", "ana", "oi, ana")
    (heard,) = session.take_received()
    assert (heard.user, heard.direct, session.place) == ("bia", True, "@bia")
    shown = run("/join @bia")
    assert "ana → bia oi, bia" in shown
    assert "bia → ana oi, ana" in shown
    assert session.take_received() == []
    with pytest.raises(RefusedError, match="Did you mean bia"):
        run("/join @bai")


def test_another_user_does_not_inherit_conversations(run, session):
    run("/login ana")
    run("/join geral")
    run("/join @bia")
    run("/login caio")
    assert session.known.joined == ("geral",)


def test_looking_moves_no_marker_and_acting_does(run, session, chat):
    run("/login ana")
    run("/channel lab")
    run("/join lab")
    run("/join geral")
    chat.publish("bia", "lab", "one")
    arrived(session)
    run("/history lab")
    assert session.places.unread()[0].count == 1
    assert "not read yet" in run("/join lab")
    assert "not read yet" in run("/join lab"), "it was only looked at"
    run("answer")
    assert session.places.unread() == []
    assert "not read yet" not in run("/join lab")


def test_going_elsewhere_counts_as_read(run, session, chat):
    run("/login ana")
    run("/channel lab")
    run("/join lab")
    chat.publish("bia", "lab", "one")
    arrived(session)
    run("/join geral")
    assert session.places.unread() == []


def test_join_without_a_place_goes_where_something_waits(run, session, chat):
    run("/login ana")
    run("/channel lab")
    run("/join lab")
    run("/join geral")
    with pytest.raises(ChatError, match="/join geral"):
        run("/join")
    chat.publish("bia", "lab", "one")
    chat.message("bia", "ana", "psst")
    arrived(session)
    assert [line.split() for line in run("/unread").splitlines()[2:]] == [["@bia", "1", "yes"], ["lab", "1", "no"]]
    run("/join")
    assert session.place == "@bia"
    assert run("/read") == "Messages counted as read: 2."
    assert "0" in run("/unread").splitlines()[0]


def test_search_looks_through_pages_and_shows_the_newest(run, session, chat, message, monkeypatch):
    monkeypatch.setattr("coreto.prompt.messages.HISTORY_ROWS_MAX", 10)
    chat.rooms["geral"] = [
        message("geral", "bia", f"text {n} {'Needle' if n % 7 == 0 else 'hay'}", n, index=n) for n in range(1, 101)
    ]
    run("/login ana")
    run("/join geral")
    lines = run("/search needle BIA").splitlines()
    assert lines[0] == "Found in geral: 14"
    assert [line.split()[-2] for line in lines[1:]] == [str(n) for n in range(7, 101, 7)]
    assert run("/search nowhere") == "Nothing in geral has these words (100 messages looked at)."
    monkeypatch.setattr("coreto.prompt.handlers_messages.FOUND_MAX", 3)
    assert run("/search needle").splitlines()[0] == "Found in geral: 3"


def test_export_writes_everything_once_and_never_over_a_file(run, chat, message, tmp_path, monkeypatch):
    monkeypatch.setattr("coreto.prompt.messages.HISTORY_ROWS_MAX", 10)
    chat.rooms["geral"] = [message("geral", "bia", f"text {n}\n\x1b[2J", n, index=n) for n in range(1, 36)]
    run("/login ana")
    text, data = tmp_path / "a.txt", tmp_path / "a.jsonl"
    assert run(f"/export {text} geral") == f"35 messages of geral are in {text}."
    run(f"/export {data} geral")
    lines = text.read_text("utf-8").splitlines()
    assert len(lines) == 35
    assert lines[34].endswith("bia: text 35␊␛[2J")
    assert [json.loads(line)["message"] for line in data.read_text("utf-8").splitlines()] == [
        f"text {n}\n\x1b[2J" for n in range(1, 36)
    ]
    with pytest.raises(ChatError, match="exists already"):
        run(f"/export {text} geral")
    with pytest.raises(ChatError, match="cannot be written"):
        run(f"/export {tmp_path}/nowhere/a.txt geral")


def test_a_conversation_is_exported_page_by_page(run, chat, tmp_path, monkeypatch):
    monkeypatch.setattr("coreto.prompt.messages.HISTORY_ROWS_MAX", 2)
    run("/login ana")
    for number in range(5):
        run(f"/message bia text {number}")
    run(f"/export {tmp_path}/a.txt @bia")
    written = (tmp_path / "a.txt").read_text("utf-8").splitlines()
    assert [line[-1] for line in written] == ["0", "1", "2", "3", "4"]


def test_who_knows_who_was_heard_lately(run, session, chat, message, monkeypatch):
    now = time.time()
    run("/login ana")
    run("/join geral")
    chat.deliver(message("geral", "bia", "oi", 1, time=now - 60))
    chat.deliver(message("geral", "caio", "oi", 2, time=now - 7200))
    chat.deliver(message("geral", "dora", "from the future", 3, time=now + 7200))
    chat.deliver(message("geral", "eva", "forged", None, confirmed=False))
    arrived(session)
    assert [line.split()[0] for line in run("/who").splitlines()[2:]] == ["dora", "bia"]


def test_a_flood_is_looked_at_in_portions(run, session, chat, message):
    run("/join geral")
    chat.arrived = [message("geral", "bia", str(number), number, index=number) for number in range(1, 6)]
    assert [spoken.message for spoken in session.take_received(2)] == ["1", "2"]
    assert [spoken.message for spoken in session.take_received(2)] == ["3", "4"]
    assert arrived(session) == ["5"]


def test_the_log_tells_what_happened(run, session, chat):
    assert "Nothing has happened" in run("/log")
    session.refresh()
    chat.alive = ("s3",)
    session.refresh()
    assert "s2 is silent: 1 of 3 servers are alive now." in run("/log 5")


def test_top_compares_the_servers(run, chat, monkeypatch):
    monkeypatch.setattr("coreto.prompt.handlers_top.MEASURE_SECONDS", 0.0)
    chat.alive = ("s1", "s3")
    heading, *rows = [line.split() for line in run("/top").splitlines()[1:]]
    assert heading[:4] == ["name", "rank", "part", "epoch"]
    assert [row[0] for row in rows] == ["s1", "s3", "s2"]
    assert rows[1][2] == "coordinator"
    assert "not heard of" in " ".join(rows[2])


def test_what_is_shown_can_be_changed(run, session):
    run("/show lamport on")
    run("/show time off")
    assert (session.view.lamport, session.view.time) == (True, False)
    assert run("/show").splitlines()[1].split()[-1] == "no"
    assert "No longer" in run("/show lamport off")


@pytest.mark.parametrize(
    ("line", "taught"),
    [("join geral", "/join geral"), ("help", "/help"), ("Login ana", "/Login ana"), ("bom dia", "")],
)
def test_a_newcomer_who_forgets_the_slash_is_told(run, line, taught):
    with pytest.raises(ChatError) as caught:
        run(line)
    assert ("did you mean" in str(caught.value)) is bool(taught)
    assert taught in str(caught.value)


def test_a_channel_that_is_misspelt_is_guessed(run, session):
    session.remember(channels=["geral"])
    with pytest.raises(RefusedError, match="Did you mean geral"):
        run("/join gerla")


@pytest.mark.parametrize(
    ("code", "rule", "shown"),
    [
        ("refused", "channel_unknown", "There is no channel 'lab'"),
        ("no_quorum", "", "Too few servers"),
        ("refused", "sender_unknown", 'The user "ana" is not known'),
        ("refused", "name_long", "em português"),
        ("refused", "a_rule_of_tomorrow", "em português"),
        ("", "", "em português"),
    ],
)
def test_a_refusal_is_said_in_the_language_of_the_person(run, chat, code, rule, shown):
    run("/login ana")
    chat.failure = RefusedError("em português", code, rule)
    with pytest.raises(RefusedError) as caught:
        run("/publish lab oi")
    assert shown in str(caught.value)
    assert (caught.value.code, caught.value.rule) == (code, rule)
