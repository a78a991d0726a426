"""Client sessions: Ongaro's thesis §6.3 and the client table of VR Revisited (replication.md §7, "The client key")."""

import pytest

from coreto.machines.chat import SESSION_OUTCOMES_MAX, SESSIONS_MAX, ClientKey, split_id
from tests.machines.applying import Log, outcome, told

SESSION = "abcdefghijklmnopqrstuv"
EXPIRED = ("expired_key", "expired_key", False)


@pytest.fixture
def log():
    made = Log()
    made.login("ana")
    made.channel("geral")
    return made


def session_id(n, session=SESSION):
    return f"{session}:{n}"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (f"{SESSION}:0", ClientKey(SESSION, 0)),
        (f"{SESSION}:999999999", ClientKey(SESSION, 999_999_999)),
        (f"{SESSION}:1000000000", ClientKey(f"{SESSION}:1000000000", -1)),
        (f"{SESSION}:-1", ClientKey(f"{SESSION}:-1", -1)),
        (f"{SESSION}:", ClientKey(f"{SESSION}:", -1)),
        (f"{SESSION}:²", ClientKey(f"{SESSION}:²", -1)),
        (f"{SESSION}", ClientKey(SESSION, -1)),
        (f"{SESSION}x:1", ClientKey(f"{SESSION}x:1", -1)),
        ("short:1", ClientKey("short:1", -1)),
    ],
)
def test_an_id_is_of_a_session_or_free(text, key):
    assert split_id(text) == key


def test_a_request_retried_with_its_id_is_executed_once(log):
    """Thesis §6.3: the state machine filters duplicates and returns the stored outcome."""
    first = log.publish("oi", session_id(0))
    again = log.publish("oi", session_id(0))
    assert told(first) == ("ok", "", True)
    assert again == (first.outcome, False)
    assert len(log.rows("messages")) == 1


def test_the_same_id_with_other_content_is_refused(log):
    log.publish("oi", session_id(0))
    assert told(log.publish("other", session_id(0))) == ("refused", "id_reused", False)


def test_a_number_above_zero_does_not_open_a_session(log):
    """It may be the late copy of a session that was evicted."""
    assert told(log.publish("oi", session_id(1))) == EXPIRED
    assert log.rows("sessions") == {}
    assert log.rows("messages") == {}


def test_an_expired_answer_is_stored_under_the_broker_key(log):
    key = log.key()
    log.publish("oi", session_id(1), key=key)
    assert told(log.publish("oi", session_id(1), key=key)) == EXPIRED
    assert len([row for row in log.rows("outcomes").values() if row[0] == "expired_key"]) == 1


def test_numbers_of_an_open_session_may_come_in_any_order(log):
    log.publish("a", session_id(0))
    assert told(log.publish("c", session_id(2))) == ("ok", "", True)
    assert told(log.publish("b", session_id(1))) == ("ok", "", True)
    assert told(log.publish("c", session_id(2))) == ("ok", "", False)


def test_the_last_256_outcomes_are_kept_and_no_more(log):
    for n in range(SESSION_OUTCOMES_MAX):
        log.publish(str(n), session_id(n))
    assert told(log.publish("0", session_id(0))) == ("ok", "", False), "256 outcomes: number 0 is still known"
    log.publish("256", session_id(SESSION_OUTCOMES_MAX))
    assert told(log.publish("0", session_id(0))) == EXPIRED
    assert told(log.publish("1", session_id(1))) == ("ok", "", False)
    assert len(log.rows("session_outcomes")) == SESSION_OUTCOMES_MAX


def test_a_jump_ahead_drops_what_falls_below_the_floor(log):
    log.publish("0", session_id(0))
    log.publish("400", session_id(400))
    assert list(log.rows("session_outcomes")) == [(SESSION, 400)]
    assert told(log.publish("144", session_id(144))) == EXPIRED
    assert told(log.publish("145", session_id(145))) == ("ok", "", True)


def test_an_expired_number_has_no_effect(log):
    log.publish("0", session_id(0))
    log.publish("400", session_id(400))
    before = log.rows("messages")
    log.publish("3", session_id(3))
    assert log.rows("messages") == before


def test_a_refused_request_opens_its_session_too(log):
    assert told(log.publish("oi", session_id(0), user="nobody")) == ("refused", "sender_unknown", True)
    assert told(log.publish("oi", session_id(1))) == ("ok", "", True)


def session_name(number):
    return f"{number:022d}"


def test_of_too_many_sessions_the_least_recently_used_is_evicted_by_log_position(log):
    """Thesis §6.3: eviction must be the same on every server, so it depends on the log only."""
    for number in range(SESSIONS_MAX):
        log.login("ana", session_id(0, session_name(number)))
    log.login("ana", session_id(1, session_name(0)))
    log.login("ana", session_id(0, session_name(SESSIONS_MAX)))
    sessions = log.rows("sessions")
    assert len(sessions) == SESSIONS_MAX
    assert (session_name(0),) in sessions
    assert (session_name(1),) not in sessions
    assert all(session != session_name(1) for session, _ in log.rows("session_outcomes"))
    assert told(log.login("ana", session_id(2, session_name(1)))) == EXPIRED


def test_an_outcome_found_by_session_names_the_first_index(log):
    first = outcome(log.publish("oi", session_id(0)))
    log.skip(2)
    assert outcome(log.publish("oi", session_id(0))) == first
