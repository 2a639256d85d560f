"""Real processes in production settings: web as the image starts it, workers, relay."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import psycopg

from backend.dev.processes import Child, Children, Spec
from deploy.ordergraph import ROLES
from tests.processes import PATIENCE, ROOT, TOLERANT, free_port, wait_until

BIN = Path(sys.executable).parent
# People with access tokens for an hour, products that they buy, and one of staff.
PEOPLE = """
import json, django
django.setup()
from tests.api import gid
from tests.factories import ProductFactory, StaffFactory
from tests.promises.shoppers import Shopper, crowd
people = crowd("", {people})
products = ProductFactory.create_batch({products}, stock=1_000_000)
print(json.dumps({{
    "people": [person.token for person in people],
    "products": [gid(product) for product in products],
    "staff": Shopper("", StaffFactory.create()).token,
}}))
"""


def web_command() -> list[str]:
    """What the image runs, without host and port."""
    options = ROLES["web"]
    return [sys.executable, *options[: options.index("--host")], options[-1]]


@dataclass
class Web:
    """One web container: its processes and address."""

    child: Child
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    def status(self, path: str) -> int:
        """Of a GET; 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


class Shop:
    """The processes of a deployment on these servers. Use it from the main thread: children end with their thread."""

    def __init__(self, folder: Path, children: Children, *, database_url: str, redis_url: str, **env: str) -> None:
        self.folder = folder
        self.mails = folder / "mails"
        self.mails.mkdir(exist_ok=True)
        self.log = folder / "processes.log"
        self._children = children
        self.env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "backend.settings.production",
            "PYTHONUNBUFFERED": "1",
            "MALLOC_MMAP_THRESHOLD_": "1048576",
            "DEBUG": "",
            "SECRET_KEY": secrets.token_hex(32),
            "JWT_KEYS": f"first={secrets.token_hex(32)}",
            "ALLOWED_HOSTS": "127.0.0.1",
            "SECURE_SSL_REDIRECT": "False",
            "PAYMENT_GATEWAY": "sandbox",
            "FRONTEND_URL": "http://127.0.0.1",
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": str(self.mails),
            "LOG_LEVEL": "WARNING",
            "BUDGET_ACCOUNT": "100000000",
            "BUDGET_ADDRESS": "1000000000",
            **TOLERANT,
            **env,
        }

    def manage(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """A management command; it must succeed."""
        return self._python("-m", "django", *arguments, **env)

    def migrate(self) -> None:
        """Bring the database to what the code expects."""
        self.manage("migrate", "--verbosity", "0")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database itself says."""
        with psycopg.connect(self.env["DATABASE_URL"], autocommit=True) as connection:
            return connection.execute(query.encode()).fetchall()

    def prepare(self, code: str = PEOPLE, **values: Any) -> Any:
        """Run Python code in the shop's settings, with `values` filled in; what it printed, which is JSON."""
        return json.loads(self._python("-c", code.format(**values)).stdout)

    def web(self, *, port: int | None = None, **env: str) -> Web:
        """A web container; it is ready when this returns."""
        web = self.web_starting(port=port, **env)
        wait_until(lambda: web.status("/readyz") == HTTPStatus.OK, what=f"web is ready; see {self.log}")
        return web

    def web_starting(self, *, port: int | None = None, **env: str) -> Web:
        """A web container, not yet ready."""
        port = port or free_port()
        return Web(self.start("web", [*web_command(), "--host", "127.0.0.1", "--port", str(port)], **env), port)

    def worker(self, *options: str, **env: str) -> Child:
        """A Celery worker of all queues, or with other options (`--queues`, `ordergraph.money`)."""
        celery = [str(BIN / "celery"), "--app", "backend", "worker", "--concurrency", "2", "--loglevel", "WARNING"]
        quiet = {"PYTHONWARNINGS": "ignore:You're running the worker"}
        return self.start("worker", [*celery, "--hostname", f"{secrets.token_hex(4)}@%h", *options], **quiet, **env)

    def relay(self, **env: str) -> Child:
        """The relay."""
        return self.start("relay", [sys.executable, "-m", "django", "relay"], **env)

    def start(self, name: str, command: list[str], **env: str) -> Child:
        """Any other process in the environment of the shop."""
        return self._children.start(Spec(name=name, command=command, env={**self.env, **env}, cwd=ROOT, log=self.log))

    def stop(self, child: Child) -> None:
        """SIGTERM, and wait until it has ended."""
        child.process.terminate()
        self.gone(child)

    def gone(self, child: Child) -> None:
        """Wait until it has ended."""
        child.process.wait(PATIENCE)
        self._children.forget(child)

    def _python(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        environment = {**self.env, "PYTHONPATH": str(ROOT), **env}
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done
