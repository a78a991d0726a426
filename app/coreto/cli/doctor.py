"""`coreto doctor`: looks at this machine, and at another one, and says of each finding what to do.

Nothing is changed: ports are bound for a moment, one small file is written and removed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from coreto.cli import doctor_disk, doctor_machine, doctor_network
from coreto.cli.findings import FAIL, LEVELS, Finding
from coreto.cli.places import cluster_folder
from coreto.cli.printing import show
from coreto.cli.statuses import DONE, FAILED
from coreto.prompt.results import Column, Rows
from coreto.texts import N_, _

NAMES = {
    "versions": N_("versions"),
    "terminal": N_("terminal"),
    "ports": N_("ports"),
    "loopback": N_("loopback"),
    "firewall": N_("firewall"),
    "clock": N_("clock"),
    "other": N_("other machine"),
    "folder": N_("data folder"),
    "sync": N_("disk sync"),
}
"""What is looked at, in the order it is shown."""


def run_doctor(options: argparse.Namespace) -> int:
    """Look, print the findings, and return 1 when one of them keeps a cluster from running."""
    folder = cluster_folder(options.data)
    found = [finding for check in _checks(options, folder) for finding in check()]
    rows = tuple((_(LEVELS[finding.level]), _(NAMES[finding.check]), _told(finding)) for finding in found)
    columns = Column("level", _("verdict")), Column("check", _("what")), Column("found", _("finding, and what to do"))
    title = _("Looked at this machine; to mend: {count}", count=sum(bool(finding.advice) for finding in found))
    data = {"findings": [msgspec.structs.asdict(finding) for finding in found]}
    show(Rows(title, columns, rows), data, as_json=options.json)
    return FAILED if any(finding.level == FAIL for finding in found) else DONE


def _checks(options: argparse.Namespace, folder: Path) -> Iterator[Callable[[], Iterator[Finding]]]:
    yield doctor_machine.versions
    yield doctor_machine.terminal
    yield lambda: doctor_network.ports(options.base_port, folder)
    yield doctor_network.loopback
    yield lambda: doctor_network.firewall(options.base_port)
    yield doctor_machine.clock
    if options.host:
        yield lambda: doctor_network.other(options.host, options.base_port)
    yield lambda: doctor_disk.folder(folder)
    yield lambda: doctor_disk.sync(folder)


def _told(finding: Finding) -> str:
    return f"{finding.found} {finding.advice}".strip()
