"""Results as data for programs: one shape for each kind of result, keys the same in every language.

Done      {"done": sentence}
Rows      {"title": …, "rows": [{key: value}]}
Facts     {"title": …, "facts": {key: value}}
Messages  {"title": …, "messages": [{"place", "user", "message", "time", "direct", "confirmed"}]}
Leave     {"leave": true}
"""

from __future__ import annotations

from typing import Any

import msgspec

from coreto.prompt.results import Done, Facts, Leave, Messages, Result, Rows


def data_of(result: Result) -> dict[str, Any]:
    """Return a result as data."""
    match result:
        case Done():
            return {"done": result.text}
        case Rows():
            keys = [column.key for column in result.columns]
            return {"title": result.title, "rows": [dict(zip(keys, row, strict=True)) for row in result.rows]}
        case Facts():
            return {"title": result.title, "facts": {fact.key: fact.value for fact in result.facts}}
        case Messages():
            return {"title": result.title, "messages": msgspec.to_builtins(result.messages)}
        case Leave():
            return {"leave": True}
