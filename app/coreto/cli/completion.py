"""`coreto completion SHELL`: makes a shell complete our commands, flags and their words."""

from __future__ import annotations

import argparse

from coreto.cli.completion_levels import levels
from coreto.cli.completion_shells import SCRIPTS
from coreto.cli.statuses import DONE


def run_completion(options: argparse.Namespace) -> int:
    """Print the script for one shell: what may follow where, in its own language."""
    print(SCRIPTS[options.shell](list(levels(options.whole_parser))))
    return DONE
