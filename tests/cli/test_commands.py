"""Commands that need no cluster, run as a person runs them."""

import json
import re
import subprocess
import sys

import pytest

from coreto.wire.services import READERS
from tests.support.program import environment, run

NODE_KINDS = {"array", "boolean", "integer", "null", "number", "object", "string"}


@pytest.fixture(scope="module")
def document():
    finished = run("schema")
    assert (finished.returncode, finished.stderr) == (0, "")
    return json.loads(finished.stdout)


def walk(node):
    """Every map inside a document."""
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from walk(child)


def resolved(document, schema):
    """Follow a reference, which must lead somewhere."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    assert reference.startswith("#/$defs/")
    return document["$defs"][reference.removeprefix("#/$defs/")]


def test_the_schema_is_a_json_schema(document):
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for node in walk(document):
        if isinstance(node.get("$ref"), str):
            resolved(document, node)
        if isinstance(node.get("type"), str):
            assert node["type"] in NODE_KINDS
        if isinstance(node.get("properties"), dict):
            assert set(node.get("required", ())) <= set(node["properties"])


def test_the_schema_names_every_service(document):
    requests = [resolved(document, schema) for schema in document["requests"]]
    named = {value for request in requests for value in request["properties"]["type"]["enum"]}
    assert named == set(READERS)


def test_the_schema_describes_every_family_of_messages(document):
    for family in ("requests", "publications", "peers", "backend"):
        assert document[family]


def test_a_simulation_says_its_seeds_first_and_then_what_happened():
    finished = run("simulate", "--seeds", "0-1", "--servers", "3", "--lang", "en", seconds=60.0)
    assert (finished.returncode, finished.stderr) == (0, "")
    first, *rest = finished.stdout.splitlines()
    assert re.match(r"seeds 0 to 1, 3 servers", first)
    assert "violations: 0" in rest
    assert "runs: 2" in rest


@pytest.mark.parametrize(("language", "words"), [("pt", "laboratório"), ("en", "laboratory")])
def test_the_help_is_in_the_language_of_the_environment(monkeypatch, language, words):
    plain = environment()
    monkeypatch.setattr("tests.support.program.environment", lambda: {**plain, "CORETO_LANG": language})
    finished = run("--help")
    assert finished.returncode == 0
    assert words in finished.stdout


def test_wrong_use_is_explained_on_standard_error():
    finished = run("up", "--servers", "many", "--lang", "en")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert "many" in finished.stderr
    assert "See coreto up --help." in finished.stderr


@pytest.mark.parametrize("room", ["zmq", "msgpack", "prompt_toolkit", "coreto.client.client", "coreto.machines"])
def test_help_loads_nothing_heavy(room):
    look = f"import sys, coreto.cli.parser as p; p.build(); sys.exit({room!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0
