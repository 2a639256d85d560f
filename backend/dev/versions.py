"""The oldest servers this is tested with, checked where a process starts."""

from __future__ import annotations

from typing import Any

import environ
import psycopg
import redis

from backend.dev.errors import DevError

OLDEST_POSTGRES = 15
OLDEST_REDIS = (7, 0)
OLDEST_VALKEY = (7, 2)
PATIENCE = 5  # seconds to connect


def check_servers(database_url: str, redis_url: str) -> None:
    """Raises DevError, without any password in it, when a server is too old or cannot be reached."""
    check_postgres(database_url)
    check_redis(redis_url)


def check_postgres(url: str) -> None:
    config = environ.Env.db_url_config(url)
    place = f"{config['HOST'] or 'the local socket'}, database {config['NAME']}"
    try:
        with psycopg.connect(**connection_arguments(config), connect_timeout=PATIENCE) as connection:
            version = connection.info.server_version
    except psycopg.Error as error:
        raise DevError(f"DATABASE_URL: cannot connect to PostgreSQL ({place}): {_first_line(error)}") from error
    if version < OLDEST_POSTGRES * 10_000:
        raise DevError(
            f"DATABASE_URL: PostgreSQL {version // 10_000} is too old; {OLDEST_POSTGRES} or newer is needed."
        )


def connection_arguments(config: dict[str, Any]) -> dict[str, Any]:
    """Django's database settings as arguments of psycopg.connect."""
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    given = {argument: config[key] for argument, key in named.items() if config.get(key)}
    return {**config.get("OPTIONS", {}), **given}


def check_redis(url: str) -> None:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE) as client:
            info: dict[str, Any] = client.info("server")
    except (redis.RedisError, ValueError) as error:
        raise DevError(f"REDIS_URL: cannot use the server: {_first_line(error)}") from error
    check_redis_version(info)


def check_redis_version(info: dict[str, Any]) -> None:
    """`info` is the server section of INFO; Valkey reports a Redis version too, which says nothing about its own."""
    name, key, oldest = "Redis", "redis_version", OLDEST_REDIS
    if "valkey_version" in info:
        name, key, oldest = "Valkey", "valkey_version", OLDEST_VALKEY
    version = tuple(int(part) for part in str(info[key]).split(".")[:2])
    if version < oldest:
        needed = ".".join(str(part) for part in oldest)
        raise DevError(f"REDIS_URL: {name} {info[key]} is too old; {needed} or newer is needed.")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
