"""What shells are taught, and a real shell that was taught it."""

import re
import shutil
import subprocess

import pytest

from coreto.cli.completion_levels import levels
from coreto.cli.completion_shells import SCRIPTS
from coreto.cli.parser import build
from tests.support.program import run

SHELL = """
source /dev/stdin <<'SCRIPT'
{script}
SCRIPT
COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _coreto; echo "${{COMPREPLY[*]}}"
"""


@pytest.fixture(scope="module")
def found():
    return list(levels(build()[0]))


@pytest.mark.parametrize("shell", SCRIPTS)
def test_each_script_holds_every_command_flag_and_word(found, shell):
    printed = run("completion", shell)
    assert (printed.returncode, printed.stderr) == (0, "")
    for level in found:
        for name in [*(name for name, _help in level.commands), *level.words, *(flag.name for flag in level.flags)]:
            bare = name.removeprefix("--") if shell == "fish" else name
            assert re.search(rf"(?<![\w-]){re.escape(bare)}(?![\w-])", printed.stdout), name


def test_hidden_flags_stay_hidden(found):
    assert not [flag for level in found for flag in level.flags if flag.name in ("--steered", "--peer")]


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash on this machine")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("coreto ad", {"admin"}),
        ("coreto admin po", {"poll-clock"}),
        ("coreto up --tr", {"--transport"}),
        ("coreto up --transport ''", {"inproc", "tcp", "both"}),
        ("coreto --lang pt completion f", {"fish"}),
        ("coreto chat --user ''", set()),
        ("coreto admin --json list --re", {"--reference"}),
    ],
)
def test_bash_completes(found, typed, offered):
    script = SHELL.format(script=SCRIPTS["bash"](found), words=typed)
    done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, check=True)
    assert (set(done.stdout.split()), done.stderr) == (offered, "")


def test_an_unknown_shell_is_a_usage_error():
    done = run("completion", "tcsh")
    assert done.returncode == 2
    assert "bash" in done.stderr
