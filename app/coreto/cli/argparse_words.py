"""What argparse itself says, in the language of the person: its own catalogue knows English only."""

from __future__ import annotations

import argparse

from coreto.texts import N_, _

WORDS = (
    N_("usage: "),
    N_("options"),
    N_("positional arguments"),
    N_("show this help message and exit"),
    N_("show program's version number and exit"),
    N_("the following arguments are required: %s"),
    N_("unrecognized arguments: %s"),
    N_("expected one argument"),
    N_("expected at most one argument"),
    N_("expected at least one argument"),
    N_("argument %(argument_name)s: %(message)s"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
    N_("invalid choice: %(value)r, maybe you meant %(suggestion)r? (choose from %(choices)s)"),
    N_("not allowed with argument %s"),
    N_("one of the arguments %s is required"),
    N_("ignored explicit argument %r"),
)
"""As they stand in argparse; those it no longer says do no harm."""


def speak() -> None:
    """Let argparse look its sentences up where ours are."""
    argparse._ = _ours  # type: ignore[attr-defined]  # the name that module calls its translations by


def _ours(message: str) -> str:
    return _(message) if message in WORDS else message
