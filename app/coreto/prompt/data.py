"""Results and errors as data for programs: one shape for each kind of result, keys the same in every language.

    Done      {"done": sentence}
    Rows      {"title": …, "rows": [{key: value}]}
    Facts     {"title": …, "facts": {key: value}}
    Drawing   {"title": …, "drawing": [line]}
    Messages  {"title": …, "messages": [message]}
    Sent      {"done": sentence, "message": message}
    Leave     {"leave": true}
    an error  {"error": sentence, "status": exit status, "code": code on the wire}

A message is {"place", "user", "message", "time", "direct", "confirmed", "clock"}.
"""

from __future__ import annotations

import json
from typing import Any

from coreto.client.errors import ClientError
from coreto.prompt.results import Done, Drawing, Facts, Leave, Messages, Result, Rows, Sent, Spoken


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
        case Drawing():
            return {"title": result.title, "drawing": [f"{line.lanes}  {line.words}".rstrip() for line in result.lines]}
        case Messages():
            return {"title": result.title, "messages": [message_data(item) for item in result.messages]}
        case Sent():
            return {"done": result.text, "message": {**message_data(result.spoken), "seq": result.seq}}
        case Leave():
            return {"leave": True}


def message_data(spoken: Spoken) -> dict[str, Any]:
    """Return a message as data."""
    keys = ("place", "user", "message", "time", "direct", "confirmed", "clock")
    return {key: getattr(spoken, key) for key in keys}


def error_data(error: Exception, status: int) -> dict[str, Any]:
    """Return as data why a command failed; `status` is the exit status it stands for."""
    code = error.code if isinstance(error, ClientError) else ""
    return {"error": str(error), "status": status, **({"code": code} if code else {})}


def as_json(data: dict[str, Any]) -> str:
    """Return data as one line of JSON; half a character, which no encoding can write, becomes an escape."""
    line = json.dumps(data, ensure_ascii=False)
    return line if line.isprintable() else json.dumps(data)
