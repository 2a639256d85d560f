"""`manage.py dev` as a person at a terminal sees it."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import socket
import subprocess
import sys

from backend.dev.state import State
from tests.backend.dev.tools import ROOT, all_gone, eventually, family, free_port, manage, started


def dev(state: State, port: int) -> list[str]:
    arguments = ["dev", "--port", str(port), "--no-reload", "--state-dir", str(state.folder)]
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


def read_until_ready(process: subprocess.Popen[str]) -> str:
    """The last line; without one, the output ends and the test fails."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("ready: "):
            return line.strip()
    raise AssertionError("".join(lines))


def ask(port: int) -> dict[str, object]:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("POST", "/graphql", json.dumps({"query": "{ __typename }"}), headers)
        answer: dict[str, object] = json.loads(connection.getresponse().read())
    return answer


def test_ready_means_a_query_is_answered_and_stopping_leaves_no_process(state: State) -> None:
    for number in (signal.SIGKILL, signal.SIGTERM):  # on the same folder: what was killed can be started again
        starts_and_stops(state, free_port(), number)


def starts_and_stops(state: State, port: int, number: signal.Signals) -> None:
    with started(dev(state, port)) as supervisor:
        assert read_until_ready(supervisor) == f"ready: http://127.0.0.1:{port}/graphql"
        assert ask(port)["data"] == {"__typename": "Query"}
        record = state.record()
        assert (record["pid"], record["url"]) == (supervisor.pid, f"http://127.0.0.1:{port}/graphql")
        assert [path for path in (state.folder, *state.folder.rglob("*")) if path.stat().st_mode & 0o066] == []
        descendants = family(supervisor.pid)
        supervisor.send_signal(number)
        eventually(lambda: all_gone(descendants), "no process left")
        if number == signal.SIGTERM:
            supervisor.communicate()
            assert supervisor.returncode == 0
            assert not state.record_file.exists()


def test_a_port_in_use_is_told_before_anything_is_started(state: State) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = manage("dev", "--port", str(port), "--state-dir", str(state.folder))
    assert done.returncode == 1
    assert f"Port {port}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (state.folder / "valkey").exists()


def test_a_second_dev_names_the_pid_and_address_of_the_first(state: State) -> None:
    with state.held("dev", url="http://127.0.0.1:8123/graphql"):
        pid = state.record()["pid"]
        done = manage("dev", "--port", str(free_port()), "--state-dir", str(state.folder))
    assert done.returncode == 1
    assert f"pid {pid}" in done.stderr
    assert "http://127.0.0.1:8123/graphql" in done.stderr
