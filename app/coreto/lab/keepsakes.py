"""What is left of a run for whoever wants to look at it again: files beside its journal."""

from __future__ import annotations

from pathlib import Path

JOURNAL = "journal.jsonl"


def keepsakes(journal: Path) -> tuple[Path, ...]:
    """Return the files of a run whose journal is complete; this is the one place where more are made of it."""
    return (journal,)
