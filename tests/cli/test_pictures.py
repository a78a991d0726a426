"""`coreto diagram`, `plot` and `export` on journals of real runs, and on what is none."""

import json
import re
from xml.etree import ElementTree

import pytest

from coreto.cli import main
from coreto.journal.file import read_journal
from tests.support.journals import PICTURES

KILL, PLOT = str(PICTURES / "kill-3.jsonl"), str(PICTURES / "plot-kill.jsonl")


@pytest.fixture
def run(capsys, monkeypatch):
    """Run a command line; return status, what was printed, and what was said."""
    monkeypatch.setenv("CORETO_LANG", "en")

    def run_it(*arguments):
        status: object
        try:
            status = main(list(arguments))
        except SystemExit as ended:
            status = ended.code
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run_it


def test_a_diagram_is_drawn_in_letters(run):
    status, out, err = run("diagram", KILL)
    assert (status, err) == (0, "")
    assert "suspects s3" in out
    assert "●" in out


def test_a_diagram_becomes_a_picture_with_a_title_of_ones_own(run, tmp_path):
    file = tmp_path / "out.svg"
    status, out, _err = run("diagram", KILL, "--around", "kill", "--svg", str(file), "--title", "Exercise 3")
    assert (status, out) == (0, "")
    assert ElementTree.parse(file).getroot()[0].text == "Exercise 3"
    assert run("diagram", KILL, "--around", "kill", "--svg", "-", "--title", "Exercise 3")[1] == file.read_text("utf-8")


def test_a_diagram_is_data_too(run):
    status, out, _err = run("diagram", KILL, "--json")
    data = json.loads(out)
    assert status == 0
    assert data["lanes"][:3] == ["s1", "s2", "s3"]
    assert {arrow["fate"] for arrow in data["arrows"]} >= {"arrived", "lost"}


def test_a_window_lanes_and_kinds_narrow_it_down(run):
    whole = json.loads(run("diagram", KILL, "--json")[1])
    few = json.loads(run("diagram", KILL, "--last", "5", "--json")[1])
    two = json.loads(run("diagram", KILL, "--lanes", "s1,s2", "--kinds", "promise", "--json")[1])
    late = json.loads(run("diagram", KILL, "--from", "+1h", "--to", "+2h", "--json")[1])
    assert len(few["dots"]) < len(whole["dots"])
    assert {arrow["label"].split()[0] for arrow in two["arrows"]} == {"promise"}
    assert late["dots"] == []


def test_a_plot_has_its_panels(run, tmp_path):
    status, out, _err = run("plot", PLOT)
    assert status == 0
    assert len(re.findall(r"[▁▂▃▄▅▆▇█]{5,}", out)) >= 9
    only = run("plot", PLOT, "--only", "commits")[1]
    assert "Entries committed" in only
    assert "Position" not in only
    assert run("plot", PLOT, "--svg", str(tmp_path / "plot.svg"))[0] == 0
    ElementTree.parse(tmp_path / "plot.svg")
    assert {panel["key"] for panel in json.loads(run("plot", PLOT, "--json")[1])["panels"]} == {
        "clocks", "latency", "commits", "log",
    }  # fmt: skip


def test_an_export_is_for_shiviz_or_a_journal_again(run, tmp_path):
    status, out, _err = run("export", "shiviz", KILL)
    assert status == 0
    assert out.startswith("(?<host>")
    _header, events = read_journal(PICTURES / "kill-3.jsonl")
    assert out.count("\n") == 2 + 2 * len(events)
    file = tmp_path / "part.jsonl"
    assert run("export", "lines", KILL, "--last", "7", "--output", str(file))[0] == 0
    assert len(read_journal(file)[1]) >= 7
    assert run("diagram", str(file))[0] == 0


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("diagram", "none.jsonl"), 1, "cannot be read"),
        (("diagram", __file__), 1, "not the header of a journal"),
        (("diagram", KILL, "--from", "soon"), 2, "is no time"),
        (("diagram", KILL, "--from", "+x"), 2, "is no jump"),
        (("diagram", KILL, "--from", "+2s", "--to", "+1s"), 2, "Nothing lies between"),
        (("diagram", KILL, "--lanes", "s9"), 2, "There is no s9"),
        (("diagram", KILL, "--lanes", ","), 2, "no list such as"),
        (("diagram", KILL, "--kinds", "gossip"), 2, "There is no gossip"),
        (("diagram", KILL, "--entry", "999999"), 1, "no message about this"),
        (("diagram", KILL, "--channel", "nowhere"), 1, "no message about this"),
        (("diagram", KILL, "--around", "nothing"), 2, "nothing"),
        (("diagram", KILL, "--around", "kill", "--last", "3"), 2, "not allowed"),
        (("diagram", KILL, "--svg", "/nowhere/at/all.svg"), 1, "cannot be written"),
        (("plot", PLOT, "--only", "moods"), 2, "There is no moods"),
        (("plot", str(PICTURES / "plot-clocks.jsonl"), "--only", "latency"), 1, "says nothing of this"),
        (("export", "pdf", KILL), 2, "pdf"),
        (("diagram",), 2, "FILE"),
    ],
)
def test_what_is_wrong_is_one_sentence(run, arguments, status, words):
    found, out, err = run(*arguments)
    assert (found, out) == (status, "")
    assert words in err
    assert err.count("\n") == 1


def test_an_error_is_data_where_data_is_asked_for(run):
    status, out, _err = run("diagram", "none.jsonl", "--json")
    assert status == 1
    assert json.loads(out)["status"] == 1


def test_a_journal_that_is_cut_off_is_drawn_up_to_there_and_that_is_said(run, tmp_path):
    cut = tmp_path / "cut.jsonl"
    cut.write_bytes((PICTURES / "kill-3.jsonl").read_bytes()[:-20])
    status, out, err = run("diagram", str(cut))
    assert status == 0
    assert "cut off" in err
    assert "suspects s3" in out


def test_a_journal_without_events_is_said(run, tmp_path):
    empty = tmp_path / "empty.jsonl"
    empty.write_bytes((PICTURES / "kill-3.jsonl").read_bytes().split(b"\n")[0] + b"\n")
    assert "holds no event yet" in run("diagram", str(empty))[2]
