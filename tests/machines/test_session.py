"""Our client's side of "at most once" (replication.md §7, "The client key")."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreto.machines.chat import SESSION_OUTCOMES_MAX
from coreto.machines.session import RETRY_PAUSE, WINDOW, Session
from coreto.machines.settings import DEFAULTS

NOW = 50.0
OK = {"status": "sucesso", "index": 7}
FINAL = ["ok", "refused", "expired_key", "bad_request"]


def made():
    names = itertools.count(1)
    return Session(lambda: f"{next(names):022d}", DEFAULTS)


@pytest.fixture
def session():
    return made()


@pytest.fixture
def opened(session):
    """A session whose number 0 has its outcome."""
    write(session)
    (first,) = session.take()
    session.on_answer(first.token, OK, NOW)
    session.ended()
    return session


def write(session, now=NOW):
    return session.submit("publish", {"user": "ana", "channel": "geral", "message": "oi"}, now)


def ids(session):
    return [attempt.data.get("id", "").lstrip("0") for attempt in session.take()]


def failure(code):
    return {"status": "erro", "code": code}


def ended(session):
    return [(end.number, end.code) for end in session.ended()]


def test_a_write_carries_session_and_number(session):
    write(session)
    assert ids(session) == ["1:0"]


def test_nothing_above_zero_leaves_before_zero_has_an_outcome_of_the_log(session):
    write(session)
    write(session)
    (first,) = session.take()
    session.on_answer(first.token, failure("no_coordinator"), NOW)
    assert session.take() == []
    session.on_answer(first.token, OK, NOW)
    assert ids(session) == ["1:1"]


def test_a_refusal_of_the_log_opens_the_session_too(session):
    write(session)
    write(session)
    (first,) = session.take()
    session.on_answer(first.token, {**failure("refused"), "index": 4}, NOW)
    assert ids(session) == ["1:1"]


def test_a_failure_that_was_not_logged_opens_nothing(session):
    """Number 0 is used up, so the next request begins a session of its own."""
    write(session)
    write(session)
    (first,) = session.take()
    session.on_answer(first.token, failure("bad_request"), NOW)
    assert ids(session) == ["2:0"]


def test_it_never_runs_further_ahead_than_the_outcomes_kept(opened):
    """n is at most the lowest unanswered plus 255, so that the cluster still knows every number in use."""
    assert WINDOW + 1 == SESSION_OUTCOMES_MAX == 256
    for _ in range(WINDOW + 5):
        write(opened)
    sent = opened.take()
    assert len(sent) == WINDOW + 1
    opened.on_answer(sent[1].token, OK, NOW)
    assert opened.take() == [], "the lowest is still open"
    opened.on_answer(sent[0].token, OK, NOW)
    assert ids(opened) == [f"1:{WINDOW + 2}", f"1:{WINDOW + 3}"]


def test_reads_have_no_number_and_do_not_wait(session):
    write(session)
    session.submit("users", {}, NOW)
    assert ids(session) == ["1:0", ""]


def test_an_id_of_the_caller_is_kept(session):
    session.submit("login", {"user": "ana", "id": "mine"}, NOW)
    assert ids(session) == ["mine"]


def test_every_attempt_carries_the_same_id(session):
    write(session)
    for moment in (DEFAULTS.client_attempt, 2 * DEFAULTS.client_attempt):
        session.tick(NOW + moment)
    assert ids(session) == ["1:0"] * 3


@pytest.mark.parametrize("code", FINAL)
def test_a_final_answer_ends_a_request(opened, code):
    number = write(opened)
    (attempt,) = opened.take()
    opened.on_answer(attempt.token, OK if code == "ok" else failure(code), NOW)
    assert ended(opened) == [(number, code)]


@pytest.mark.parametrize("code", ["no_coordinator", "overloaded", "unknown"])
def test_what_may_pass_is_tried_again_after_a_pause(opened, code):
    write(opened)
    (attempt,) = opened.take()
    opened.on_answer(attempt.token, failure(code), NOW)
    assert opened.ended() == []
    assert opened.deadline() == NOW + RETRY_PAUSE
    opened.tick(NOW + RETRY_PAUSE)
    assert ids(opened) == ["1:1"]


def test_no_quorum_at_the_first_attempt_is_told_at_once(opened):
    number = write(opened)
    (attempt,) = opened.take()
    opened.on_answer(attempt.token, failure("no_quorum"), NOW)
    assert ended(opened) == [(number, "no_quorum")]


def test_after_an_attempt_in_doubt_a_definite_failure_is_not_claimed(opened):
    """§7: a definite failure only if every attempt was."""
    number = write(opened)
    (attempt,) = opened.take()
    opened.on_answer(attempt.token, failure("unknown"), NOW)
    opened.tick(NOW + 1)
    opened.on_answer(attempt.token, failure("no_quorum"), NOW + 1)
    assert opened.ended() == []
    opened.tick(NOW + DEFAULTS.client_deadline)
    assert ended(opened) == [(number, "unknown")]


def test_success_after_doubt_is_success(opened):
    number = write(opened)
    (attempt,) = opened.take()
    opened.on_answer(attempt.token, failure("unknown"), NOW)
    opened.tick(NOW + 1)
    opened.on_answer(attempt.token, OK, NOW + 1)
    assert ended(opened) == [(number, "ok")]


def test_silence_to_the_end_is_silence(session):
    number = write(session)
    session.tick(NOW + DEFAULTS.client_deadline)
    assert ended(session) == [(number, "silence")]


def test_a_request_that_waited_to_the_end_was_never_sent(session):
    write(session)
    second = write(session)
    session.tick(NOW + DEFAULTS.client_deadline)
    assert (second, "silence") in ended(session)
    assert "1:1" not in ids(session)


def test_a_broken_link_repeats_everything_at_once_with_the_same_ids(opened):
    write(opened)
    write(opened)
    assert ids(opened) == ["1:1", "1:2"]
    opened.on_disconnected(NOW + 1)
    opened.tick(NOW + 1)
    assert ids(opened) == ["1:1", "1:2"]


def test_an_expired_key_opens_a_new_session_for_requests_never_sent(opened):
    """§7: never for the one that expired."""
    number = write(opened)
    (attempt,) = opened.take()
    opened.on_answer(attempt.token, failure("expired_key"), NOW)
    assert ended(opened) == [(number, "expired_key")]
    write(opened)
    assert ids(opened) == ["2:0"]


def test_an_answer_to_what_has_ended_is_ignored(opened):
    number = write(opened)
    (attempt,) = opened.take()
    opened.on_answer(attempt.token, OK, NOW)
    opened.on_answer(attempt.token, failure("refused"), NOW)
    assert ended(opened) == [(number, "ok")]


def test_with_nothing_under_way_there_is_nothing_to_wait_for(session):
    assert session.deadline() == float("inf")


codes = st.sampled_from(["ok", "refused", "no_quorum", "no_coordinator", "overloaded", "unknown", "bad_request"])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.just("")),
        st.tuples(st.just("answer"), codes),
        st.tuples(st.just("wait"), st.just("")),
        st.tuples(st.just("break"), st.just("")),
    ),
    max_size=40,
)


@given(steps, st.randoms(use_true_random=False))
def test_every_request_ends_once_and_its_claim_is_true(given_steps, random):
    """A claim of "certainly not done" holds only if no attempt was ever in doubt."""
    session, now = made(), NOW
    sent: dict[int, list[str]] = {}
    waiting: list[int] = []
    submitted, results = [], []
    for step, code in [*given_steps, *[("wait", "")] * 40]:
        if step == "write":
            submitted.append(write(session, now))
        elif step == "answer" and waiting:
            token = waiting.pop(random.randrange(len(waiting)))
            sent[token].remove("open") if "open" in sent[token] else None
            sent[token].append(code)
            session.on_answer(token, {**OK} if code == "ok" else {**failure(code), "index": 3}, now)
        elif step == "wait":
            now += 1.0
            session.tick(now)
        elif step == "break":
            session.on_disconnected(now)
        for attempt in session.take():
            sent.setdefault(attempt.token, []).append("open")
            waiting.append(attempt.token)
        for end in session.ended():
            results.append(end.number)
            if end.code in ("no_quorum", "no_coordinator", "overloaded"):
                assert not {"open", "unknown"} & set(sent[end.number]), (end, sent)
    assert sorted(results) == submitted
