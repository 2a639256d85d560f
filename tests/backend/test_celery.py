"""What Celery is set to is in force, under the names that this version of it reads."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from celery import Celery
from django.conf import settings
from kombu.exceptions import OperationalError

from backend.celery import app
from domains.common.background.relay import IMPATIENT
from tests.domains.common.broker import closed_port
from tests.processes import ROOT, environment, wait_until

IN_FORCE = {
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "worker_prefetch_multiplier": 1,
    "task_serializer": "json",
    "accept_content": ("json",),
    "task_ignore_result": True,
    "task_time_limit": 60,
    "task_soft_time_limit": 50,
    "worker_soft_shutdown_timeout": 10.0,
    "broker_connection_retry_on_startup": True,
}
KNOWN_TASKS = {"domains.common.tasks.deliver", "domains.common.tasks.run_periodic"}


@pytest.mark.parametrize("name", IN_FORCE)
def test_the_application_reads_it(name: str) -> None:
    assert app.conf[name] == IN_FORCE[name]


def test_every_setting_of_ours_is_one_that_celery_knows() -> None:
    ours = {name.removeprefix("CELERY_").lower() for name in dir(settings) if name.startswith("CELERY_")}
    assert ours - set(Celery(set_as_current=False).conf) == set()


def test_tasks_inherit_it() -> None:
    app.loader.import_default_modules()
    tasks = [task for name, task in app.tasks.items() if not name.startswith("celery.")]
    assert {task.name for task in tasks} >= KNOWN_TASKS
    assert {(task.acks_late, task.reject_on_worker_lost, task.serializer) for task in tasks} == {(True, True, "json")}


def test_a_message_stays_invisible_longer_than_a_task_may_run() -> None:
    with app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        assert channel.visibility_timeout > app.conf.task_time_limit > app.conf.task_soft_time_limit
        assert channel.socket_connect_timeout == 1


def test_publishing_without_a_broker_tries_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[object] = []
    connect = socket.socket.connect

    def counting(self: socket.socket, address: Any) -> None:
        tried.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", counting)
    with Celery("test", broker=f"redis://127.0.0.1:{closed_port()}/0", set_as_current=False) as lonely:
        lonely.conf.broker_transport_options = {**app.conf.broker_transport_options, **IMPATIENT}
        with pytest.raises(OperationalError):
            lonely.send_task("nothing", retry=False)
    assert len(tried) == 1


NAPPING = """
import sys, time
from pathlib import Path
import django
django.setup()
from backend.celery import app

@app.task(name="nap")
def nap(folder):
    Path(folder, "begun").touch()
    time.sleep(2)
    Path(folder, "finished").touch()

app.worker_main(["worker", "--concurrency", "1", "--loglevel", "WARNING", "--queues", sys.argv[1]])
"""


def test_a_worker_that_is_told_to_quit_finishes_what_it_has_begun(tmp_path: Path) -> None:
    queue = f"test-{uuid4().hex}"
    command = [sys.executable, "-c", NAPPING, queue]
    with (tmp_path / "worker.log").open("wb") as log:
        worker = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=log, stderr=log, start_new_session=True)
    try:
        app.send_task("nap", (str(tmp_path),), queue=queue)
        wait_until((tmp_path / "begun").exists, what="the task begins")
        worker.send_signal(signal.SIGQUIT)
        worker.wait(30)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    assert (tmp_path / "finished").exists()
