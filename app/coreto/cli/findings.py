"""What `coreto doctor` finds."""

from __future__ import annotations

from typing import Literal

import msgspec

from coreto.texts import N_

Level = Literal["ok", "warn", "fail"]
OK: Level = "ok"
WARN: Level = "warn"
FAIL: Level = "fail"
"""A cluster cannot run, or not as asked."""

LEVELS: dict[Level, str] = {OK: N_("fine"), WARN: N_("look"), FAIL: N_("mend")}


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at: what was found, and what to do unless it is fine."""

    check: str
    level: Level
    found: str
    advice: str = ""
