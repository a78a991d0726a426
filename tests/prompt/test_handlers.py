"""Commands change the session and the chat, and return values."""

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
    with pytest.raises(RefusedError):
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
