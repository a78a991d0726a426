"""`coreto up`: a cluster and a prompt in one process; on a folder in use, a prompt in the cluster that runs."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from collections.abc import Callable
from typing import Any, TextIO

from coreto.cli.counting import CountingLine
from coreto.cli.journals import JournalPathError, header, journal_to
from coreto.cli.keys import invitation
from coreto.cli.places import client_rate, cluster_folder
from coreto.cli.printing import alarm, fail, say
from coreto.cli.statuses import USAGE
from coreto.cli.talk import ScriptError, read_script
from coreto.client.bot import Bot
from coreto.client.chat import NetworkChat
from coreto.client.client import Client
from coreto.client.errors import ClientError
from coreto.journal.sink import Sink
from coreto.lab.watching import Watch
from coreto.launcher.addresses import Addresses, Transport
from coreto.launcher.base import BaseCluster, Plan, StartError
from coreto.launcher.cluster import Cluster
from coreto.launcher.collector import settle_collector
from coreto.launcher.control_client import ControlClient, find_running
from coreto.launcher.folder import DataFolder, FolderError
from coreto.launcher.key_file import KeyFileError
from coreto.launcher.processes import ProcessCluster
from coreto.machines.settings import Settings
from coreto.net.reach import host_of, is_loopback
from coreto.net.sockets import AddressError
from coreto.prompt import run_prompt
from coreto.store.database import StoreError
from coreto.texts import _

JOIN_TRIES = 20
JOIN_PAUSE = 0.25
"""How often, and after how many seconds each, a cluster that is still starting is looked for."""
BOT_RATE = 1.0
"""Messages a second of each bot."""


def run_up(options: argparse.Namespace) -> int:
    """Start the cluster, serve the person or wait, stop it; return the exit status."""
    try:
        script = read_script(options.script)
    except ScriptError as error:
        return fail(str(error), as_json=options.json)
    if options.processes and options.transport == "inproc":
        return fail(
            _("Processes cannot reach each other by inproc: leave out --processes, or use --transport tcp."),
            USAGE,
            as_json=options.json,
        )
    try:
        with journal_to(options.journal, "up") as sink:
            return _run(options, script, sink)
    except JournalPathError as error:
        return fail(str(error), as_json=options.json)


def _run(options: argparse.Namespace, script: TextIO | None, sink: Sink) -> int:
    starting = CountingLine(sys.stderr)
    cluster = _cluster(options, sink, starting)
    try:
        if not cluster.take_folder():
            return _join(cluster.folder, options, script)
        try:
            starting.show(_("Starting …"))
            cluster.start()
        finally:
            starting.clear()
        settle_collector()
        if not is_loopback(options.listen):
            _invite(cluster, options)
        return _serve(cluster, options, script)
    except AddressError as error:
        error.flag = "--base-port"
        return fail(str(error), as_json=options.json)
    except (FolderError, KeyFileError, StoreError, StartError) as error:
        return fail(str(error), as_json=options.json)
    finally:
        cluster.stop()


def _invite(cluster: BaseCluster, options: argparse.Namespace) -> None:
    """Say how other machines reach the cluster, and what that means."""
    broker = cluster.info()["broker"]
    say(_("Other machines reach this cluster at {broker}.", broker=broker))
    if cluster.key is not None:
        for line in invitation(host_of(broker), options.base_port, cluster.key):
            say(line)


def _cluster(options: argparse.Namespace, sink: Sink, starting: CountingLine) -> BaseCluster:
    watch = Watch(sink, header("up"), alarm)
    # What the environment says of the language, children hear as well.
    language = ["--lang", options.lang] if options.lang else []
    cluster: BaseCluster

    def tell(sentence: str) -> None:
        starting.clear()
        say(sentence)

    if options.processes:
        cluster = ProcessCluster(_plan(options, "tcp", tell, watch.record), language)
    else:
        cluster = Cluster(_plan(options, options.transport, tell, watch.record))
    watch.attach(cluster)
    return cluster


def _plan(options: argparse.Namespace, transport: Transport, tell: Callable[[str], None], sink: Sink) -> Plan:
    return Plan(
        addresses=Addresses(transport, options.listen, options.base_port),
        servers=options.servers,
        data=None if options.ephemeral else cluster_folder(options.data),
        language=options.lang or os.environ.get("CORETO_LANG") or "pt",
        say=tell,
        sink=sink,
        # At the prompt somebody may ask why an entry stands where it does.
        detailed=options.journal is not None or not options.no_repl,
        views=("text", "json") if options.json_view else ("text",),
        settings=Settings(wide=options.wide, client_rate=client_rate(options, [options.listen])),
    )


def _serve(cluster: BaseCluster, options: argparse.Namespace, script: TextIO | None) -> int:
    if options.ready_json:
        print(json.dumps(cluster.info()), flush=True)
    bots = _start_bots(cluster, options.bots)
    try:
        if options.no_repl:
            _wait_for_signal()
        chat = NetworkChat(
            broker=cluster.broker,
            proxy=cluster.proxy,
            reference=cluster.reference,
            context=cluster.context,
            key=cluster.key,
        )
        welcome = [] if options.ready_json else _welcome(cluster.info(), processes=options.processes)
        return _prompt(chat, options, script, welcome, cluster.folder)
    finally:
        for bot in bots:
            bot.stop()
        for thread in threading.enumerate():
            if thread.name.startswith("coreto-bot"):
                thread.join()


def _join(folder: DataFolder, options: argparse.Namespace, script: TextIO | None) -> int:
    """Open a prompt in the cluster that has the folder; it may still be starting."""
    found: dict[str, Any] | None = None
    for _attempt in range(JOIN_TRIES):
        found = find_running(folder.control)
        if found is not None:
            break
        threading.Event().wait(JOIN_PAUSE)
    if found is None:
        return fail(
            _(
                "Another program has the folder {folder} and does not answer: end it, or choose another with --data.",
                folder=folder.path,
            ),
            as_json=options.json,
        )
    if options.ready_json:
        print(json.dumps(found), flush=True)
    if options.no_repl:
        return fail(
            _("A cluster runs on this folder already, at {broker}.", broker=found["broker"]), as_json=options.json
        )
    chat = NetworkChat(broker=found["broker"], proxy=found["proxy"], reference=found["reference"])
    guest = _("A cluster runs on this folder already: you are a guest in it, and it goes on when you leave.")
    welcome = [guest, _begin()]
    return _prompt(chat, options, script, welcome, folder)


def _prompt(
    chat: NetworkChat, options: argparse.Namespace, script: TextIO | None, welcome: list[str], folder: DataFolder
) -> int:
    return run_prompt(
        chat,
        stdin=sys.stdin,
        stdout=sys.stdout,
        stderr=sys.stderr,
        user=None,
        script=script,
        welcome=welcome,
        history_file=folder.prompt_history,
        no_color=bool(os.environ.get("NO_COLOR")),
        is_plain=options.plain,
        as_data=options.json,
        control=ControlClient(folder.control),
    )


def _welcome(info: dict[str, Any], *, processes: bool) -> list[str]:
    names = ", ".join(server["name"] for server in info["servers"])
    here = _("Coreto runs in this window: reference, broker, proxy, servers {names}.", names=names)
    apart = _("Coreto runs in processes: reference, broker, proxy, servers {names}.", names=names)
    return [
        apart if processes else here,
        _("Clients connect to {broker}; data is kept in {data}.", **info),
        _begin(),
    ]


def _begin() -> str:
    return _("Type /login YOUR-NAME, /channel geral, /join geral, and write. /help, /quit.")


def _start_bots(cluster: BaseCluster, count: int) -> list[Bot]:
    bots = []
    for number in range(1, count + 1):
        client = Client(cluster.broker, context=cluster.context)
        bot = Bot(client, f"bot{number}", BOT_RATE, None)
        threading.Thread(target=_run_bot, args=(bot, client), name=f"coreto-bot{number}", daemon=True).start()
        bots.append(bot)
    return bots


def _run_bot(bot: Bot, client: Client) -> None:
    try:
        bot.run()
    except ClientError as error:
        say(_("{name} stopped: {reason}", name=bot.name, reason=error))
    finally:
        client.close()


def _wait_for_signal() -> None:
    """Wait until a signal raises; in slices, so that every system delivers it."""
    while True:
        threading.Event().wait(1.0)
