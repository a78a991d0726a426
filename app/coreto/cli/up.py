"""`coreto up`: a cluster and a prompt in one process; on a folder in use, a prompt in the cluster that runs."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from typing import Any, TextIO

from coreto.cli.places import cluster_folder
from coreto.cli.printing import fail, say
from coreto.cli.statuses import USAGE
from coreto.cli.talk import ScriptError, commands_of, read_script
from coreto.client.bot import Bot
from coreto.client.chat import NetworkChat
from coreto.client.client import Client
from coreto.client.errors import ClientError
from coreto.journal.sink import nowhere
from coreto.launcher.addresses import Addresses, Transport
from coreto.launcher.base import BaseCluster, Plan, StartError
from coreto.launcher.cluster import Cluster
from coreto.launcher.collector import settle_collector
from coreto.launcher.control_client import ControlClient, find_running
from coreto.launcher.folder import DataFolder, FolderError
from coreto.launcher.processes import ProcessCluster
from coreto.machines.settings import Settings
from coreto.net.reach import is_loopback
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
        return fail(str(error))
    if options.processes and options.transport == "inproc":
        return fail(
            _("Processes cannot reach each other by inproc: leave out --processes, or use --transport tcp."), USAGE
        )
    cluster = _cluster(options)
    try:
        if not cluster.take_folder():
            return _join(cluster.folder, options, script)
        cluster.start()
        settle_collector()
        if not is_loopback(options.listen):
            say(_("Other machines reach this cluster at {broker}.", broker=cluster.info()["broker"]))
        return _serve(cluster, options, script)
    except AddressError as error:
        error.flag = "--base-port"
        return fail(str(error))
    except (FolderError, StoreError, StartError) as error:
        return fail(str(error))
    finally:
        cluster.stop()


def _cluster(options: argparse.Namespace) -> BaseCluster:
    if not options.processes:
        return Cluster(_plan(options, options.transport))
    # What the environment says of the language, children hear as well.
    language = ["--lang", options.lang] if options.lang else []
    return ProcessCluster(_plan(options, "tcp"), language)


def _plan(options: argparse.Namespace, transport: Transport) -> Plan:
    return Plan(
        addresses=Addresses(transport, options.listen, options.base_port),
        servers=options.servers,
        data=None if options.ephemeral else cluster_folder(options.data),
        language=options.lang or os.environ.get("CORETO_LANG") or "pt",
        say=say,
        sink=nowhere,
        views=("text", "json") if options.json_view else ("text",),
        settings=Settings(wide=options.wide),
    )


def _serve(cluster: BaseCluster, options: argparse.Namespace, script: TextIO | None) -> int:
    if options.ready_json:
        print(json.dumps(cluster.info()), flush=True)
    bots = _start_bots(cluster, options.bots)
    try:
        if options.no_repl:
            _wait_for_signal()
        chat = NetworkChat(
            broker=cluster.broker, proxy=cluster.proxy, reference=cluster.reference, context=cluster.context
        )
        welcome = [] if options.ready_json else _welcome(cluster.info(), processes=options.processes)
        return _prompt(chat, commands_of(options, script), welcome, cluster.folder)
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
            )
        )
    if options.ready_json:
        print(json.dumps(found), flush=True)
    if options.no_repl:
        return fail(_("A cluster runs on this folder already, at {broker}.", broker=found["broker"]))
    chat = NetworkChat(broker=found["broker"], proxy=found["proxy"], reference=found["reference"])
    welcome = [_("A cluster runs on this folder already: you are a guest in it, and it goes on when you leave.")]
    return _prompt(chat, commands_of(options, script), welcome, folder)


def _prompt(chat: NetworkChat, script: TextIO | None, welcome: list[str], folder: DataFolder) -> int:
    return run_prompt(
        chat,
        stdin=sys.stdin,
        stdout=sys.stdout,
        stderr=sys.stderr,
        user=None,
        script=script,
        welcome=welcome,
        history_file=folder.prompt_history,
        no_color="NO_COLOR" in os.environ,
        control=ControlClient(folder.control),
    )


def _welcome(info: dict[str, Any], *, processes: bool) -> list[str]:
    names = ", ".join(server["name"] for server in info["servers"])
    here = _("Coreto runs: reference, broker, proxy and the servers {names}, all in this window.", names=names)
    apart = _("Coreto runs: reference, broker, proxy and the servers {names}, each a process of its own.", names=names)
    return [
        apart if processes else here,
        _("Clients connect to {broker} and listen at {proxy}; data is kept in {data}.", **info),
        _("Type /login YOUR-NAME, /channel geral, /join geral, then just write. /help shows the rest, /quit ends."),
    ]


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
