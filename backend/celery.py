"""The Celery application; `celery -A backend worker` finds it here.

A worker serves all queues, or those of `--queues`: `ordergraph` and, for what domains keep apart, `ordergraph.NAME`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from celery import Celery, bootsteps
from celery.signals import celeryd_init, task_failure, worker_process_init, worker_process_shutdown, worker_ready
from click import Option
from django.db import connections

os.environ.setdefault("CELERY_SKIP_CHECKS", "1")  # they build the schema, which no worker needs

HEARTBEAT_SECONDS = 5.0

app = Celery("ordergraph")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.user_options["worker"].add(Option(["--heartbeat-file"], help="A file that is touched as long as the worker turns."))


class Alive(bootsteps.StartStopStep):
    """Refuses to start where the database has too few connections; then touches `heartbeat_file` every 5 seconds.

    A file older than a minute is that of a worker that hangs, or has looked for its broker for so long. Asking workers
    through the broker instead (`inspect ping`) starts an interpreter that loads all of the shop.
    """

    requires = ("celery.worker.components:Timer",)

    def __init__(self, worker: Any, heartbeat_file: str | None = None, **options: Any) -> None:
        super().__init__(worker, **options)
        self._file = Path(heartbeat_file) if heartbeat_file else None

    def create(self, worker: Any) -> None:
        from domains.common.guard.connections import check

        check()

    def start(self, worker: Any) -> None:
        if self._file:
            self._file.touch()
            worker.timer.call_repeatedly(HEARTBEAT_SECONDS, self._file.touch, priority=10)


app.steps["worker"].add(Alive)


@task_failure.connect
def _leave_the_database(**_: object) -> None:
    """The next task gets a new connection: what failed may be that this one leads to a former primary."""
    connections.close_all()


@worker_process_shutdown.connect
def _leave(**_: Any) -> None:
    from backend import reporting, tracing

    reporting.end()
    tracing.end()


@celeryd_init.connect
def declare_queues(**_: Any) -> None:
    """Those that the domains name beside their handlers, which can be imported only now."""
    from django.utils.module_loading import autodiscover_modules

    from domains.common.background import broker

    autodiscover_modules("handlers")
    queues: Any = app.amqp.queues
    for name in map(broker.queue_name, broker.queues()):
        queues.select_add(queues.new_missing(name))


@worker_ready.connect
def _serve_metrics(**_: Any) -> None:
    """Only now: the processes that do the work are forked, and had better not inherit a thread's locks."""
    from domains.common.measuring import serving

    serving.start()


@worker_process_init.connect
def _sample(**_: Any) -> None:
    from domains.common.measuring import sampling

    sampling.start()
