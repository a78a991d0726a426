"""The JSON Schema of every message, made from the structs."""

import json
from typing import get_args

from coreto.wire import backend, peer
from coreto.wire.schema import REQUESTS, schema
from coreto.wire.services import READERS


def test_it_is_json():
    assert json.loads(json.dumps(schema())) == schema()


def test_every_request_is_in_it():
    assert {str(kind.__struct_config__.tag) for kind in REQUESTS} == READERS.keys()
    assert len(schema()["requests"]) == len(REQUESTS)


def test_every_family_is_whole():
    document = schema()
    assert len(document["peers"]) == len(get_args(peer.AnyPeerMessage))
    assert len(document["backend"]) == len(get_args(backend.AnyBackendMessage))
    assert len(document["publications"]) == 1


def test_every_reference_leads_somewhere():
    document = schema()
    text = json.dumps(document)
    named = {part.split('"')[0] for part in text.split('"$ref": "#/$defs/')[1:]}
    assert named
    assert named <= document["$defs"].keys()
