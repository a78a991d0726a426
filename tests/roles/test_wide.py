"""Every role that answers does it in the profile it was started with (protocol.md §4, 7)."""

import msgpack
import pytest

from coreto.journal.sink import nowhere
from coreto.machines.settings import DEFAULTS, Settings
from coreto.roles.broker import BrokerRole
from coreto.roles.foreign_broker import ForeignBrokerRole
from coreto.roles.reference import ReferenceRole
from coreto.roles.server import ServerAddresses, ServerRole
from coreto.texts import Catalogue
from tests.support.logs import birth
from tests.support.plain import PlainClient
from tests.support.raw import RawClient
from tests.support.sockets import free_address
from tests.support.waiting import wait_until

CATALOGUE = Catalogue("en")
TOO_MANY = (b"", *[b"part"] * 9)


@pytest.fixture(params=[True, False], ids=["wide", "narrow"])
def settings(request):
    return Settings(wide=True) if request.param else DEFAULTS


def test_the_reference(context, launch, tmp_path, connect, settings):
    address = free_address()
    launch(ReferenceRole(context, [address], tmp_path, CATALOGUE, nowhere, settings=settings))
    client = connect(address)
    client.ask("rank", user="s1", address="tcp://127.0.0.1:1")
    listed = client.ask("list")
    assert client.envelope.get("success", False) is settings.wide
    assert ("lista" in listed) is settings.wide


def test_the_broker(context, launch, settings):
    address = free_address()
    launch(BrokerRole(context, [address], ["inproc://back"], CATALOGUE, nowhere, settings=settings))
    assert_refused(context, address, settings)


def test_the_broker_of_foreign_servers(context, launch, settings):
    address = free_address()
    launch(ForeignBrokerRole(context, [address], ["inproc://back"], CATALOGUE, settings=settings))
    assert_refused(context, address, settings)


def assert_refused(context, address, settings):
    with RawClient(context, address) as client:
        envelope = msgpack.unpackb(client.exchange(*TOO_MANY)[-1])
    assert envelope["data"]["status"] == "erro"
    assert ("success" in envelope) is settings.wide


@pytest.mark.parametrize("born", [True, False], ids=["born", "blank"])
def test_a_server(context, launch, tmp_path, settings, born):
    places = ServerAddresses(
        ["tcp://127.0.0.1:*"], "tcp://127.0.0.1:*", "inproc://reference", "inproc://backend", "inproc://xsub",
        {"s1": "inproc://peer/s1"},
    )  # fmt: skip
    arguments = (tmp_path, birth() if born else None, CATALOGUE, nowhere)
    role = launch(ServerRole("s1", context, places, *arguments, genesis=0 if born else 2, settings=settings))
    with PlainClient(context, role.address) as client:
        if born:
            wait_until(lambda: client.ask("login", user="ana")["status"] == "sucesso", "a login")
        else:
            client.ask("users")
        assert client.envelope.get("success") is (born if settings.wide else None)
