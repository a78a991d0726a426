"""Protocol scripts: step by step what the network, disks and clocks do to the real machines (replication.md §14).

Theory of operation. A script is a text of commands, each followed by what it showed. Running it
gives the text anew; a script is right when the two are equal, every `expect` holds, and no invariant
of the simulator was broken on the way. Nothing is left to chance. `docs/scripts.md` is for readers.
"""

from __future__ import annotations

import msgspec

from coreto.simulator import script_asks, script_commands, script_expect, script_folders, script_members
from coreto.simulator.script_parse import Command, ScriptError, parse, render
from coreto.simulator.script_setup import GENESIS_USAGE, STAGE_USAGE, new_geneses, new_stage
from coreto.simulator.script_stage import Stage
from coreto.simulator.script_words import COMMANDS, UsageError

FAMILIES = (script_asks, script_commands, script_expect, script_folders, script_members)
"""The modules that register the commands."""
TURN_MARK = "%"
"""Stands for the number of the turn in what `repeat` repeats."""


def run_script(text: str) -> str:
    """Run a script and return its text with what it shows now.

    Raises `ScriptError` if it is written wrongly, `ExpectationError` or `ViolationError` (with a
    note that names the line) if something is not as it must be.
    """
    run = _Run()
    return render([(item, run.execute(item.command) if item.command else []) for item in parse(text)])


class _Run:
    """The stage of one script, as far as it has come."""

    def __init__(self) -> None:
        self._stage: Stage | None = None

    def execute(self, command: Command) -> list[str]:
        """Do one command and return what it shows."""
        try:
            if command.words[0] == "repeat":
                self._repeat(command)
            else:
                self._do(command)
        except AssertionError as error:
            if not getattr(error, "__notes__", []):
                error.add_note(f"line {command.line}: {command.text}")
            raise
        return self._stage.take_output() if self._stage is not None else []

    def _repeat(self, command: Command) -> None:
        for turn in range(1, int(command.words[1]) + 1):
            for inner in command.body:
                words = [word.replace(TURN_MARK, str(turn)) for word in inner.words]
                self._do(msgspec.structs.replace(inner, words=words))

    def _do(self, command: Command) -> None:
        name, words = command.words[0], command.words[1:]
        try:
            if name == "stage":
                self._stage = new_stage(words)
            elif name == "genesis":
                self._stage = new_geneses(words)
            elif name not in COMMANDS:
                raise ScriptError(command.line, f"there is no command `{name}`")
            elif self._stage is None:
                raise ScriptError(command.line, "a script begins with `stage` or `genesis`")
            else:
                COMMANDS[name][0](self._stage, words)
                self._stage.greet()
        except UsageError as error:
            usage = {"stage": STAGE_USAGE, "genesis": GENESIS_USAGE}.get(name) or COMMANDS[name][1]
            raise ScriptError(command.line, f"{error} ({usage})") from None
