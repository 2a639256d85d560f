"""The files a deployment starts from agree with the settings and give no secret away."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest
import sentry_sdk
import yaml
from django.utils.module_loading import autodiscover_modules
from granian.cli import cli as web_server
from opentelemetry.sdk import environment_variables

from backend.dev import units
from backend.dev.units import MONEY, WEB_SERVER
from deploy.ordergraph import HEARTBEAT, ROLES
from domains.common.background import broker
from domains.common.background.outbox import DEFAULT

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text()
SERVICES = yaml.safe_load(COMPOSE)["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", "")
ENV_EXAMPLE = (ROOT / ".env.example").read_text()
SECRETS = re.compile(r"SECRET|PASSWORD|KEYS?$")


def read_by_settings() -> set[str]:
    """Names in `env("NAME")` and `env.kind("NAME")`."""
    names = set()
    for path in (*(ROOT / "backend" / "settings").glob("*.py"), *(ROOT / "domains").glob("*/settings.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and re.match(r"env(\.\w+)?\(", ast.unparse(node)) and node.args:
                names |= {arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)}
    return {name for name in names if isinstance(name, str)}


def read_by_compose() -> dict[str, str]:
    """Names that docker-compose.yml takes from the environment, with what follows them: ":?message" or ":-default"."""
    return dict(re.findall(r"(?<!\$)\$\{(\w+)([^}]*)\}", COMPOSE))


def explained() -> dict[str, str]:
    return dict(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=(.*)$", ENV_EXAMPLE, flags=re.MULTILINE))


def test_compose_runs_the_whole_shop() -> None:
    assert SERVICES.keys() == {"postgres", "redis", *ROLES, "backup"}
    assert all(SERVICES[role].get("command", ["web"]) == [role] for role in ROLES)


def test_every_service_of_compose_says_whether_it_is_well() -> None:
    checked = {name for name, service in SERVICES.items() if service.get("healthcheck", {}).get("test")}
    assert checked == SERVICES.keys() - {"migrate", "web"}  # one ends, the other has the check of the image
    assert re.search(r'^HEALTHCHECK .* CMD \["ordergraph", "answers"\]$', DOCKERFILE, flags=re.MULTILINE)
    assert {SERVICES[role]["healthcheck"]["test"][-1] for role, command in ROLES.items() if HEARTBEAT in command} == {
        "alive"
    }


def test_what_waits_for_somebody_else_has_workers_of_its_own() -> None:
    autodiscover_modules("handlers")
    apart = {broker.queue_name(queue) for queue in broker.queues() - {DEFAULT}}
    taken = {command[-1]: command[-2] for role, command in ROLES.items() if "celery" in command}
    assert taken.pop(",".join(sorted(apart, reverse=True))) == "--exclude-queues"
    assert taken == dict.fromkeys(apart, "--queues")
    assert MONEY in apart


def test_every_variable_that_settings_read_is_explained() -> None:
    assert read_by_settings() - explained().keys() == set()


def read_by_libraries() -> set[str]:
    """Names that are not ours: of the web server, OpenTelemetry and Sentry."""
    options = {f"GRANIAN_{option.name.upper()}" for option in web_server.params if option.name}
    source = f"{inspect.getsource(sentry_sdk.client)}{inspect.getsource(sentry_sdk.utils)}"
    return options | vars(environment_variables).keys() | set(re.findall(r'"(SENTRY_\w+)"', source))


def test_every_explained_variable_is_read() -> None:
    assert explained().keys() - read_by_settings() - read_by_compose().keys() - read_by_libraries() == set()


@pytest.mark.parametrize("name", sorted(name for name in explained() if SECRETS.search(name)))
def test_no_secret_has_an_example_value(name: str) -> None:
    assert explained()[name] == ""


def test_compose_has_no_secret_of_its_own() -> None:
    taken = read_by_compose()
    assert {"SECRET_KEY", "JWT_KEYS", "POSTGRES_PASSWORD", "REDIS_PASSWORD"} <= taken.keys()
    assert all(rest.startswith(":?") for name, rest in taken.items() if SECRETS.search(name))
    written = re.findall(r"^ +(\w*(?:SECRET|PASSWORD|KEYS?)\w*): (.*)$", COMPOSE, flags=re.MULTILINE)
    assert all(value.startswith("${") for _, value in written)


def test_the_image_and_development_start_the_same_web_server() -> None:
    command = ROLES["web"]
    assert command[2 : 2 + len(WEB_SERVER)] == WEB_SERVER
    assert {"--respawn-failed-workers", "--workers-kill-timeout"} <= set(command)
    assert "MALLOC_MMAP_THRESHOLD_=1048576" in DOCKERFILE
    assert (units.web(8000).env or {})["MALLOC_MMAP_THRESHOLD_"] == "1048576"


def test_a_full_redis_of_compose_refuses_strangers_and_never_evicts_the_broker() -> None:
    service = COMPOSE.partition("image: redis:")[2].partition("\n\n")[0]
    for setting in ("--maxmemory, 256mb", "--maxmemory-policy, volatile-lru", "--requirepass, "):
        assert setting in service
    assert "REDIS_URL: redis://:${REDIS_PASSWORD" in COMPOSE


def test_the_image_runs_production_settings_as_nobody_special() -> None:
    assert "DJANGO_SETTINGS_MODULE=backend.settings.production" in DOCKERFILE
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, flags=re.MULTILINE)
    assert "--require-hashes" in DOCKERFILE
