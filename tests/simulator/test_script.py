"""The language of protocol scripts: what a command does, how output is written, what an error says."""

from pathlib import Path

import pytest

from coreto.simulator.script import run_script
from coreto.simulator.script_expect import ExpectationError
from coreto.simulator.script_parse import ScriptError
from coreto.simulator.script_words import COMMANDS

PAGE = Path(__file__).parents[2] / "docs/scripts.md"


def shown(text: str) -> list[str]:
    """The output of the last command of a script."""
    return run_script(text).rstrip("\n").rpartition("----\n")[2].splitlines()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stage 3\nwait s1", "line 2: there is no command `wait`"),
        ("# nothing yet\nrun 1", "line 2: a script begins with `stage` or `genesis`"),
        ("stage", "line 1: a number of servers"),
        ("stage 0", "line 1: a number of servers"),
        ("stage 3 loud", "line 1: a number of servers"),
        ("stage many", "line 1: `many` is not a number"),
        ("stage 3\ncrash s4", "line 2: there is no server `s4`"),
        ("stage 3\ncrash", "line 2: which server?"),
        ("stage 3\ncrash s1\ncrash s1", "line 3: s1 is down"),
        ("stage 3\nrestart s1", "line 2: s1 is running"),
        ("stage 3\ncrash s1\nelect s1", "line 3: s1 is down"),
        ("stage 3\npause s1\nsync s1", "line 3: s1 is stopped"),
        ("stage 3\nrun nan", "line 2: nan is not between"),
        ("stage 3\nrun -1", "line 2: -1 is not between"),
        ("stage 3\nrun", "line 2: one word (run SECONDS)"),
        ("stage 3\ndeliver s1 s9", "line 2: there is no `s9` on this stage"),
        ("stage 3\ndeliver s1 s2 letter", "line 2: there is no kind of message `letter`"),
        ("stage 3\ndeliver s1 s2 append 1 2", "line 2: too many words"),
        ("stage 3\npartition s1 s2", "line 2: at least two groups"),
        ("stage 3\npartition s1 |", "line 2: a group has no names"),
        ("stage 3\nlogin ana", "line 2: there is no broker"),
        ("stage 3\nread ana geral", "line 2: there is no broker"),
        ("stage 3\nsubscribe ana geral", "line 2: there is no broker"),
        ("stage 3\npublish ana geral at s1", "line 2: the number of words"),
        ("stage 3\nrank s1 0", "line 2: ranks begin at 1"),
        ("stage 3\nforge s1 s2 append epoch=high", "line 2: `high` is not an epoch"),
        ("stage 3\nforge s1 s2 append colour=1", "line 2: its fields are"),
        ("stage 3\nforge s1 s2 append", "line 2: Object missing required field `epoch`"),
        ("stage 3\nexpect s1", "line 2: of whom, and what?"),
        ("stage 3\nexpect s1 happy", "line 2: one of log"),
        ("stage 3\nexpect ana ok", "line 2: nobody called `ana` has asked anything"),
        ("stage 3\nheal all", "line 2: nothing follows it"),
        ("stage 3\nerase s1", "line 2: s1 is running"),
        ("stage 3\ncopy s1\nput back s1", "line 3: s1 is running"),
        ("stage 3\ncrash s1\nput back s1", "line 3: there is no copy of the folder of s1"),
        ("stage 3\ncrash s1\nput away s1", "line 3: what was copied is put back"),
        ("stage 3\ndamage s1 7", "line 2: entry 7 is not on the disk of s1"),
        ("stage 3\ndamage s1 7 twice", "line 2: a server and an index"),
        ("stage 3\nrun 1\ncrash s1\ndamage s1 1\nrestart s1\nelect s1", "line 6: s1 is damaged"),
        ("stage 3\ngarble s9", "line 2: there is no server `s9`"),
        ("stage 3\nadd s3", "line 2: there is a `s3` already"),
        ("genesis s1 | s2\nadd s3", "line 2: one cluster, of at most"),
        ("stage 3\npromote s4", "line 2: there is not one coordinator"),
        ("stage 3\nremove s1 at s9", "line 2: there is no server `s9`"),
        ("stage 3\nfill s1", "line 2: two words (fill SERVER COUNT)"),
        ('stage 3\npropose s1 "x', "line 2: No closing quotation"),
        ("stage 3\nrepeat 0\n  run 1", "line 2: repeat NUMBER"),
        ("stage 3\n  run 1", "line 2: only what `repeat` repeats is indented"),
        ("----\nsomething", "line 1: `----` stands behind a command"),
    ],
)
def test_a_script_that_is_written_wrongly_says_where_and_how(text, message):
    with pytest.raises(ScriptError) as caught:
        run_script(text)
    assert str(caught.value).startswith(message)


def test_output_is_written_anew_and_everything_else_is_kept():
    text = "# why\n\nstage 3 silent\n----\nold output\nmore of it\n\n# then\nshow s1\n----\n{}\n\ncrash s1\n"
    now = "s1 is follower, promised 0, log empty, disk 0, commit 0"
    assert run_script(text.format("old")) == text.format(now).replace("----\nold output\nmore of it\n", "")


def test_a_script_without_output_gains_it_and_is_then_its_own_expected_output():
    once = run_script("stage 3\nrun 1\npropose s3 x\nshow links\nrun 1\nshow all")
    assert "x: login ok, index 3" in once
    assert run_script(once) == once


def test_nothing_moves_by_itself():
    assert shown("stage 1 silent\nshow s1") == ["s1 is follower, promised 0, log empty, disk 0, commit 0"]
    asked = shown("stage 3\nshow links")
    assert len(asked) == 6
    assert all("call rank" in line for line in asked)


def test_a_failed_expectation_names_its_line():
    with pytest.raises(ExpectationError) as caught:
        run_script("stage 3\nrun 1\nexpect coordinator s1")
    assert str(caught.value) == "coordinators: s3"
    assert caught.value.__notes__ == ["line 3: expect coordinator s1"]


def test_repeat_counts_its_turns():
    text = "stage 1 broker\nrun 1\nlogin ana\nchannel ana geral\nrepeat 3\n  publish ana geral m%\n  run 0.1\n"
    run_script(text + "read ana geral\nrun 1\nexpect ana ok reads m1 m2 m3")


@pytest.mark.parametrize("place", ["append 2", "append 1"])
def test_the_nth_of_several_messages_is_delivered_alone(place):
    text = f"stage 3\nrun 1\npropose s3 x\nsync s3\npropose s3 y\ndrop s3 s2\ndeliver s3 s1 {place}"
    assert ("s1 sends s3 mismatch 1.s3, hint 1" in run_script(text)) == (place == "append 2")


def test_a_crash_loses_what_is_not_synced_except_what_is_kept():
    text = "stage 3\nrun 1\npropose s3 x\ndeliver s3 s1\n"
    assert shown(text + "crash s1\nshow s1") == ["s1 is down, disk 1"]
    assert shown(text + "crash s1 keep 1\nshow s1") == ["s1 is down, disk 3"]


def test_what_is_held_stays_while_everything_else_flows():
    text = "stage 3\nrun 1\nhold s3 s1\npropose s3 x\nrun 0.5\n"
    run_script(text + "expect s1 log noop\nexpect s2 log noop open x\nrelease\nrun 0.5\nexpect s1 log noop open x")


def test_a_cut_works_in_one_direction_only():
    text = "stage 3\ncut s3 s1\nrun 0.5\nexpect s1 log\nexpect s2 log noop\nheal\nrun 0.5\nexpect s1 log noop"
    run_script(text)


def test_a_broker_that_dies_takes_its_requests_with_it_and_a_session_repeats_them():
    text = "stage 3 broker\nclient ana session\nrun 1\nhold s3 broker answers\nlogin ana\nlogin bia\nrun 0.2\n"
    text += "crash broker\nrestart broker\nrelease\nrun 2\n"
    run_script(text + "expect bia cut\nexpect ana ok\nmessage ana bia hi\nrun 0.1\nexpect ana ok\nexpect effects hi 1")


def test_without_preempting_a_higher_rank_takes_over_at_the_next_election_only():
    text = "stage 3 no-preempt\nrun 1\ncrash s3\nrun 3\nrestart s3\nrun 12\nexpect coordinator s2\n"
    run_script(text + "crash s2\nrun 3\nexpect coordinator s3")


def test_greetings_wait_for_all_that_start_together_and_do_not_cross_a_cut():
    text = run_script("stage 3\nrun 1\ncrash all\ncut s1 s2\ncut s3 s2\nrestart all\n")
    assert "s3 calls: it hears no coordinator" in text
    assert "s2 calls" not in text


def test_a_new_replica_has_the_old_ones_place_and_an_id_of_its_own():
    run_script("stage 3\nrun 1\ncrash s1\nerase s1\nrestart s1\nrun 3\nelect s1\nrun 0.2\nexpect s1 promised 2.s1-2")


def test_a_server_whose_folder_was_exchanged_may_halt_and_says_why():
    text = "stage 3\nrun 1\npropose s3 x\ncopy s1\nrun 0.1\ncrash s1\nput back s1\n"
    assert shown(text + "restart s1")[-1].startswith("s1 halts: The folder is an older copy")


def test_a_copy_is_of_what_the_disk_held_then():
    text = "stage 3\nrun 1\npropose s3 x\ncopy s2\nrun 0.1\nexpect s2 disk 3\ncrash all\nput back s2\n"
    run_script(text + "expect s2 disk 1\nput back s2\nexpect s2 disk 1")


def test_a_damaged_row_is_found_at_the_start_or_when_somebody_reads_it():
    text = "stage 3\nrun 1\npropose s3 x\nrun 0.1\ncrash s2\n"
    assert shown(text + "damage s2 2\nrestart s2")[0] == "s2 has lost entries 2 to 3, and asks for them"
    text += "restart s2\nrun 2\ndamage s2 2\nforge s1 s2 mend_ask after=1 upto=3\n"
    assert "s2 finds entry 2 damaged, and starts again" in shown(text + "deliver s1 s2 mend_ask")
    run_script(text + "run 1\nexpect s2 follower\nexpect s2 disk 3")


def test_an_operator_is_told_who_votes_and_why_a_change_was_not_made():
    text = "stage 3\nrun 1\nadd s4\nrun 1\n"
    assert shown(text + "members s3") == ["operator: members ok, voters s1 s2 s3, learners s4"]
    assert shown(text + "promote s9") == ["operator: promote bad_request, learner_unknown"]
    assert shown(text + "promote s4 at s1") == ["operator: promote bad_request, not_coordinator"]


def test_what_fills_the_log_is_not_shown():
    assert run_script("stage 3\nrun 1\nfill s3 30\nrun 1\nexpect s1 commit 32").count("u1") == 0


def test_every_command_is_documented():
    page = PAGE.read_text("utf-8").replace("\\|", "|")  # as tables write it
    undocumented = [name for name, (_, usage) in COMMANDS.items() if f"`{usage}`" not in page]
    assert not undocumented
