"""The bridge under the real server, spoken to over real sockets."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from backend.bridge import Bridge
from backend.dev.units import WEB_SERVER
from backend.dispatcher import is_event_stream
from domains.common.guard import computing
from domains.common.guard.bulkhead import QUEUE_FACTOR
from domains.common.guard.computing import ELSEWHERE_KEY, Elsewhere
from tests.backend.bridge_app import HELD_BODIES, MAX_BYTES, MAX_WAITING, PATIENCE, SLOW_WORK, THREADS

ROOT = Path(__file__).resolve().parent.parent.parent


class Server:
    """A granian process; its log is read as it comes."""

    def __init__(self, **env: str) -> None:
        self._opened: list[socket.socket] = []
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        command = [sys.executable, "-m", "granian", *WEB_SERVER, "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, "tests.backend.bridge_app:application"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **env},
            stderr=subprocess.STDOUT,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.log: list[str] = []
        self._grown = threading.Condition()
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        assert self.logs("Started worker"), self.log
        self._wait_until_listening()

    def _read_log(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._grown:
                self.log.append(line)
                self._grown.notify_all()

    def _wait_until_listening(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self.send(b"").close()
            except ConnectionRefusedError:
                assert time.monotonic() < deadline, self.log
                self.process.poll()

    def logs(self, text: str) -> bool:
        """Whether the text is logged before patience ends."""
        with self._grown:
            return self._grown.wait_for(lambda: any(text in line for line in self.log), PATIENCE)

    def connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=2 * PATIENCE)

    def send(self, request: bytes) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=2 * PATIENCE)
        self._opened.append(connection)
        connection.sendall(request)
        return connection

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        return self.request("GET", path, headers=headers)

    def request(self, method: str, path: str, body: Any = None, headers: Any = None) -> tuple[int, bytes]:
        with closing(self.connect()) as connection:
            connection.request(method, path, body, headers or {})
            with connection.getresponse() as response:
                return response.status, response.read()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        assert self.process.stdout is not None
        self.process.stdout.close()
        for connection in self._opened:
            connection.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 8_192) if most > 0 else 8_192, most))
    running = Server()
    yield running
    running.stop()


def _read(connection: socket.socket) -> tuple[int, bytes]:
    with HTTPResponse(connection) as response:
        response.begin()
        return response.status, response.read()


def _assert_every_thread_is_free(server: Server) -> None:
    with ThreadPoolExecutor(THREADS) as clients:
        assert list(clients.map(server.get, ["/meet"] * THREADS)) == [(201, b"met")] * THREADS


def test_requests_run_side_by_side_on_every_thread(server: Server) -> None:
    _assert_every_thread_is_free(server)


def test_a_hundred_requests_share_one_connection(server: Server) -> None:
    connection = server.connect()
    sockets = set()
    for number in range(100):
        connection.request("POST", "/echo", f"body {number}")
        assert json.loads(connection.getresponse().read())["body"] == f"body {number}"
        sockets.add(connection.sock)
    assert len(sockets) == 1
    connection.close()


def test_the_environment_is_what_wsgi_asks_for(server: Server) -> None:
    path = b"/caf%C3%A9/%FF%2Fz/%252e?q=%20a&b=%C3%A9"
    headers = b"Host: shop.example\r\nX-Two: 1\r\nX-Two: 2\r\nCookie: a=1\r\nCookie: b=2\r\nX_Two: forged\r\n"
    connection = server.send(b"POST " + path + b" HTTP/1.1\r\n" + headers + b"Content-Length: 4\r\n\r\n\xff\x00ab")
    seen = json.loads(_read(connection)[1])
    assert seen["PATH_INFO"].encode("latin-1") == b"/caf\xc3\xa9/\xff/z/%2e"
    assert (seen["QUERY_STRING"], seen["SCRIPT_NAME"]) == ("q=%20a&b=%C3%A9", "")
    assert (seen["HTTP_X_TWO"], seen["HTTP_COOKIE"]) == ("1,2", "a=1; b=2")
    assert (seen["HTTP_HOST"], seen["REMOTE_ADDR"], seen["wsgi.url_scheme"]) == ("shop.example", "127.0.0.1", "http")
    assert (seen["REQUEST_METHOD"], seen["SERVER_PROTOCOL"]) == ("POST", "HTTP/1.1")
    assert (seen["CONTENT_LENGTH"], seen["body"]) == ("4", "\xff\x00ab")
    connection.close()


def test_status_and_repeated_headers_reach_the_client(server: Server) -> None:
    connection = server.connect()
    connection.request("HEAD", "/echo")
    response = connection.getresponse()
    assert response.status == 201
    assert response.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert response.read() == b""
    connection.close()


def test_a_chunked_body_is_given_its_length(server: Server) -> None:
    _, reply = server.request("POST", "/echo", iter([b"abc", b"defg"]))
    assert (json.loads(reply)["CONTENT_LENGTH"], json.loads(reply)["body"]) == ("7", "abcdefg")


def test_a_body_at_the_limit_is_accepted(server: Server) -> None:
    assert server.request("POST", "/echo", b"x" * MAX_BYTES)[0] == 201


@pytest.mark.parametrize("path", ["/echo", "/graphql/stream"])
@pytest.mark.parametrize("parts", [1, 5])
def test_a_body_beyond_the_limit_is_refused_as_json(server: Server, path: str, parts: int) -> None:
    body = b"x" * (MAX_BYTES + 1) if parts == 1 else iter([b"x" * MAX_BYTES] * parts)
    status, reply = server.request("POST", path, body, {"X-Request-ID": "too-large-1"})
    assert status == 413
    assert json.loads(reply)["errors"][0]["extensions"] == {"code": "BAD_REQUEST", "requestId": "too-large-1"}


def test_what_does_not_arrive_is_ended_and_leaves_room_for_small_requests(server: Server) -> None:
    head = f"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {MAX_BYTES}\r\n\r\n".encode()
    large = [server.send(head + b"x" * (MAX_BYTES - 1)) for _ in range(HELD_BODIES + 1)]
    (refused,), _, _ = select.select(large, [], [], PATIENCE)
    assert _read(refused)[0] == 503
    chunked = server.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")
    assert server.request("POST", "/echo", b"small")[0] == 201
    assert [_read(client)[0] for client in (chunked, *large) if client is not refused] == [408] * (HELD_BODIES + 1)
    assert chunked.recv(1) == b""


@pytest.mark.parametrize("body", [b"zz\r\n{}\r\n0\r\n\r\n", b"2\r\n{}\r\nzz\r\n{}\r\n0\r\n\r\n"])
def test_a_broken_chunked_body_is_refused_as_json_and_logged(server: Server, body: bytes) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: a\r\nX-Request-ID: broken-chunk-1\r\nTransfer-Encoding: chunked\r\n\r\n"
    status, reply = _read(server.send(head + body))
    assert (status, json.loads(reply)["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")
    assert server.logs("request refused")


def test_a_client_is_served_beside_1200_that_never_finish_what_they_send(server: Server) -> None:
    beginnings = [b"", b"POST /echo HTTP/1.1\r\n", b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf"]
    stalled = [server.send(beginnings[number % 3]) for number in range(1_200)]
    assert server.request("POST", "/echo", b"whole")[0] == 201
    for connection in stalled:
        connection.close()


def test_http_2_is_not_spoken(server: Server) -> None:
    assert server.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0").recv(9)[:9] in (b"", b"HTTP/1.1 ")


def test_an_endless_body_is_cut_off(server: Server) -> None:
    connection = server.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        connection.sendall(chunk * 1_000)  # 66 MB, were it read
    connection.close()


def test_a_failing_application_is_answered_without_internals(server: Server) -> None:
    status, reply = server.get("/fail", **{"X-Request-ID": "failing-1"})
    extensions = {"code": "INTERNAL_SERVER_ERROR", "requestId": "failing-1"}
    assert (status, json.loads(reply)["errors"][0]["extensions"]) == (500, extensions)
    assert b"secret" not in reply
    assert server.logs("an internal secret")


def test_a_client_that_leaves_does_not_stop_its_request(server: Server) -> None:
    connection = server.send(b"GET /hold?name=left HTTP/1.1\r\nHost: a\r\n\r\n")
    assert server.get("/await?name=left+started")[1] == b"True"
    noise = len(server.log)
    connection.close()
    server.get("/set?name=left+released")
    assert server.get("/await?name=left+finished")[1] == b"True"
    _assert_every_thread_is_free(server)
    assert not any("ERROR" in line or "Traceback" in line for line in server.log[noise:])


def test_a_query_hears_that_its_client_has_left(server: Server) -> None:
    connection = server.send(b"GET /until-left?name=query HTTP/1.1\r\nHost: a\r\n\r\n")
    assert server.get("/await?name=query+started")[1] == b"True"
    connection.close()
    assert server.get("/await?name=query+finished")[1] == b"True"


def test_a_client_that_leaves_within_its_body_is_forgotten(server: Server) -> None:
    for _ in range(2 * THREADS):
        server.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf").close()
    _assert_every_thread_is_free(server)


class InProcess:
    """A bridge with one thread of each kind, on an application that holds its first request of a kind."""

    def __init__(self, *, heavy: bool = False, dear_seconds: float = PATIENCE) -> None:
        self.begun: list[str] = []
        self.entered, self.released = threading.Event(), threading.Event()
        self._heavy = heavy
        self._bridge = Bridge(self._application, threads=1, dear_seconds=dear_seconds)
        self.sent = asyncio.Queue[Any]()

    def _application(self, environment: dict[str, Any], start_response: Any) -> list[bytes]:
        if self._heavy and environment.get(ELSEWHERE_KEY):
            raise Elsewhere
        self.begun.append(environment["PATH_INFO"])
        self.entered.set()
        self.released.wait(PATIENCE)
        start_response("200 OK", [])
        return []

    async def request(self, path: str, *, leaves: bool = False) -> None:
        scope = {"method": "GET", "query_string": b"", "headers": [], "http_version": "1.1", "scheme": "http"}
        receive = self._leave if leaves else self._stay
        await self._bridge({**scope, "raw_path": path.encode(), "path": path}, b"", receive, self.sent.put)

    @asynccontextmanager
    async def holding(self) -> AsyncIterator[None]:
        """While the first request has the thread."""
        first = asyncio.ensure_future(self.request("/first"))
        await asyncio.to_thread(self.entered.wait, PATIENCE)
        yield
        self.released.set()
        await first
        await self._bridge.stop()

    def waiting(self) -> int:
        """Requests that wait for the thread for heavy ones."""
        return self._bridge.pools[1].waiting

    async def _stay(self) -> Any:
        return await asyncio.get_running_loop().create_future()

    async def _leave(self) -> dict[str, Any]:
        return {"type": "http.disconnect"}


@pytest.mark.parametrize("heavy", [False, True])
def test_a_request_whose_client_left_before_a_thread_was_free_is_never_begun(heavy: bool) -> None:
    async def scenario() -> list[str]:
        bridge = InProcess(heavy=heavy)
        async with bridge.holding():
            await bridge.request("/left", leaves=True)
            assert bridge.sent.empty()
        return bridge.begun

    assert asyncio.run(scenario()) == ["/first"]
    assert computing.quick.count == 0


def test_a_heavy_request_that_waits_for_too_long_is_refused_and_never_begun() -> None:
    async def scenario() -> list[str]:
        bridge = InProcess(heavy=True, dear_seconds=0.01)
        async with bridge.holding():
            await bridge.request("/late")
            start = bridge.sent.get_nowait()
            assert (start["status"], (b"retry-after", b"1") in start["headers"]) == (503, True)
        return bridge.begun

    assert asyncio.run(scenario()) == ["/first"]


def test_a_heavy_request_that_is_cancelled_with_its_task_is_not_answered() -> None:
    async def scenario() -> None:
        bridge = InProcess(heavy=True)
        async with bridge.holding():
            waiting = asyncio.ensure_future(bridge.request("/cancelled"))
            while bridge.waiting() < 1:
                await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            assert bridge.sent.empty()

    asyncio.run(scenario())
    assert computing.quick.count == 0


def test_a_long_reply_arrives_whole_and_is_closed(server: Server) -> None:
    _, reply = server.get("/long?name=whole")
    assert reply == b"".join(bytes([number]) * 65_536 for number in range(80))
    assert server.get("/await?name=whole+closed")[1] == b"True"


def test_a_client_that_leaves_within_a_long_reply_frees_its_thread(server: Server) -> None:
    connection = server.send(b"GET /long?name=cut HTTP/1.1\r\nHost: a\r\n\r\n")
    assert connection.recv(1000)
    connection.close()
    assert server.get("/await?name=cut+closed")[1] == b"True"
    _assert_every_thread_is_free(server)


def test_a_reply_that_fails_half_way_is_not_taken_for_whole(server: Server) -> None:
    assert server.get("/long-failing?name=half")[0] == 500
    assert server.get("/await?name=half+closed")[1] == b"True"


def test_beyond_the_queue_clients_are_told_to_come_back(server: Server) -> None:
    request = b"GET /hold?name=busy HTTP/1.1\r\nHost: a\r\n\r\n"
    clients = [server.send(request) for _ in range(THREADS + MAX_WAITING + 1)]
    (refused,), _, _ = select.select(clients, [], [], PATIENCE)
    with HTTPResponse(refused) as response:
        response.begin()
        assert (response.status, response.headers["Retry-After"]) == (503, "1")
        extensions = json.loads(response.read())["errors"][0]["extensions"]
        assert extensions == {"code": "SERVICE_UNAVAILABLE", "requestId": response.headers["X-Request-ID"]}
    assert server.get("/graphql/stream?name=busy+released")[0] == 200
    assert [_read(client) for client in clients if client is not refused] == [(201, b"held")] * (len(clients) - 1)


def test_slow_work_queues_without_a_thread_and_all_of_it_is_done(server: Server) -> None:
    request = b"POST /hold?name=slow HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nslow work"
    queue = QUEUE_FACTOR * SLOW_WORK.threads
    clients = [server.send(request) for _ in range(SLOW_WORK.threads + queue + 1)]
    (refused,), _, _ = select.select(clients, [], [], PATIENCE)
    assert _read(refused)[0] == 503
    assert [server.get("/echo")[0] for _ in range(10)] == [201] * 10
    server.get("/set?name=slow+released")
    assert [_read(client) for client in clients if client is not refused] == [(201, b"held")] * (len(clients) - 1)


def test_heavy_requests_wait_for_each_other_and_take_no_thread_from_the_rest(server: Server) -> None:
    with ThreadPoolExecutor(2) as clients:
        heavy = [clients.submit(server.request, "POST", "/heavy?name=heavy", f"body {n}") for n in range(2)]
        server.get("/await?name=heavy+started")
        _assert_every_thread_is_free(server)
        server.get("/set?name=heavy+released")
        assert [each.result() for each in heavy] == [(201, b"body 0"), (201, b"body 1")]


def test_requests_count_as_under_way_until_they_end_or_turn_out_to_be_heavy(server: Server) -> None:
    assert server.get("/quick") == (201, b"1")  # itself
    with ThreadPoolExecutor(2) as clients:
        light = clients.submit(server.get, "/hold?name=light")
        heavy = clients.submit(server.request, "POST", "/heavy?name=weight", b"heavy")
        for name in ("light", "weight"):
            server.get(f"/await?name={name}+started")
        assert server.get("/quick") == (201, b"2")
        for name in ("light", "weight"):
            server.get(f"/set?name={name}+released")
        assert [light.result(), heavy.result()] == [(201, b"held"), (201, b"heavy")]
    server.get("/fail")
    assert server.get("/quick") == (201, b"1")


def test_event_streams_go_to_the_asynchronous_application(server: Server) -> None:
    headers = {"Accept": "text/event-stream"}
    assert server.request("POST", "/graphql", b"{}", headers) == (200, b"event: next\ndata: {}\n\n")
    assert server.request("POST", "/graphql/stream", b"{}") == (200, b"event: next\ndata: {}\n\n")


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/event-stream", True),
        ("TEXT/Event-Stream; charset=utf-8", True),
        ("text/event-stream, text/html", True),
        ("text/event-stream, application/json;q=0", True),
        ("application/graphql-response+json, application/json, text/event-stream", False),
        ("text/event-stream, */*", False),
        ("text/event-stream;q=0", False),
        ("application/json", False),
        ("", False),
    ],
)
def test_an_event_stream_is_chosen_only_when_no_json_is_accepted(accept: str, expected: bool) -> None:
    scope = {"path": "/graphql", "headers": [(b"accept", accept.encode())]}
    assert is_event_stream(scope) is expected


def test_a_stopping_server_finishes_what_it_has_begun() -> None:
    server = Server()
    connection = server.send(b"GET /hold?name=last HTTP/1.1\r\nHost: a\r\n\r\n")
    assert server.get("/await?name=last+started")[1] == b"True"
    # Its body is still awaited when the server is told to stop: it can only be answered by a server that finishes.
    release = server.send(b"POST /set?name=last+released HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n")
    server.process.send_signal(signal.SIGTERM)
    release.sendall(b"x")
    assert _read(connection) == (201, b"held")
    server.stop()
