from __future__ import annotations

import pytest

from backend.dev.output import DevError
from backend.dev.services import check_postgres, check_redis, check_redis_version
from tests.backend.dev.tools import free_port


@pytest.mark.parametrize(
    "info",
    [
        {"redis_version": "7.0.0"},
        {"redis_version": "8.2.1"},
        {"redis_version": "7.2.4", "valkey_version": "7.2.5"},
        {"redis_version": "7.2.4", "valkey_version": "9.1.2"},
    ],
)
def test_supported_versions_pass(info: dict[str, str]) -> None:
    check_redis_version(info)


@pytest.mark.parametrize(
    ("info", "message"),
    [
        ({"redis_version": "6.2.14"}, "Redis 6.2.14 is too old; 7.0 or newer"),
        ({"redis_version": "7.2.4", "valkey_version": "7.1.0"}, "Valkey 7.1.0 is too old; 7.2 or newer"),
    ],
)
def test_older_versions_are_refused_by_name(info: dict[str, str], message: str) -> None:
    with pytest.raises(DevError, match=message):
        check_redis_version(info)


def test_a_server_out_of_reach_is_told_without_the_password() -> None:
    with pytest.raises(DevError, match="DATABASE_URL: cannot connect") as postgres:
        check_postgres(f"postgres://shop:canary-pw@127.0.0.1:{free_port()}/shop")
    with pytest.raises(DevError, match="REDIS_URL: cannot use") as valkey:
        check_redis(f"redis://:canary-pw@127.0.0.1:{free_port()}/0")
    assert "canary-pw" not in f"{postgres.value} {valkey.value}"
