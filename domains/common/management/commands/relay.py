"""`manage.py relay`: the outbox relay, one process or several."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from domains.common.background.relay import Relay
from domains.common.guard import connections
from domains.common.measuring import serving, state


class Command(BaseCommand):
    help = "Hand due outbox messages and periodic work to Celery until SIGTERM or Ctrl-C."
    requires_system_checks = ()  # they build the schema, which no relay needs

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--heartbeat", type=Path, help="a file that is touched as long as the relay goes round")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        connections.check()
        serving.start()
        state.start()
        self.stdout.write("relay: running")
        Relay(options["heartbeat"]).run(stop)
