"""A mail server that answers as a test says."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from pytest_django import Settings

USUAL = {"connect": "220 here", "ehlo": "250 here", "data": "354 go on", "quit": "221 bye"}  # 250 to all else


@contextmanager
def mail_server(settings: Settings, **replies: str) -> Iterator[list[str]]:
    """Mails go to it meanwhile. It answers a command, `connect` or `content` with the reply of that name; the list has
    what it was sent. `{}` in a reply is the line that it answers.
    """
    told = {**USUAL, **replies}
    heard: list[str] = []

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say(told["connect"])
            while line := self.rfile.readline().decode().strip():
                heard.append(line)
                self._say(reply := told.get(line[:4].lower(), "250 yes").replace("{}", line))
                if reply.startswith("354"):
                    heard.extend(iter(lambda: self.rfile.readline().decode().rstrip("\r\n"), "."))
                    self._say(told.get("content", "250 taken"))

        def _say(self, reply: str) -> None:
            self.wfile.write(f"{reply}\r\n".encode())

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Session) as server:
        threading.Thread(target=partial(server.serve_forever, poll_interval=0.01), daemon=True).start()
        settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1"
        settings.EMAIL_PORT = server.server_address[1]
        yield heard
        server.shutdown()
