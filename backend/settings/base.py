"""What every environment shares. `.env.example` explains each variable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from backend.settings.domains import merge_into
from domains import DOMAINS
from domains.common.environment import env
from domains.common.redis_url import broker

BASE_DIR = Path(__file__).resolve().parent.parent.parent

SECRET_KEY: str = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])
DEBUG: bool = env.bool("DEBUG", default=False)
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=[])

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.postgres",
    "corsheaders",
    "backend",
    "schema",
    *(f"domains.{name}" for name in DOMAINS),
]
STRAWBERRY_DJANGO = {"FIELD_DESCRIPTION_FROM_HELP_TEXT": True}
# Origins of web applications that may call the API from a browser. Tokens travel in a header, so no credentials.
CORS_ALLOWED_ORIGINS: list[str] = [origin.strip() for origin in env.list("CORS_ALLOWED_ORIGINS", default=[])]
CORS_ALLOW_METHODS = ("GET", "POST", "OPTIONS")
CORS_ALLOWED_ORIGIN_REGEXES: list[str] = []
CORS_MIDDLEWARE = "corsheaders.middleware.CorsMiddleware"
# What clients and their tracing send: Apollo's client awareness and CSRF prevention, W3C Trace Context, Sentry.
CORS_ALLOW_HEADERS = (
    *("accept", "authorization", "content-type", "x-request-id"),
    *("apollographql-client-name", "apollographql-client-version", "apollo-require-preflight"),
    *("x-apollo-operation-name", "traceparent", "tracestate", "baggage", "sentry-trace"),
    *(name.strip().lower() for name in env.list("CORS_ALLOWED_HEADERS", default=[])),
)
CORS_EXPOSE_HEADERS = ("X-Request-ID", "Retry-After", "RateLimit", "RateLimit-Policy")
CORS_URLS_REGEX = r"^/graphql(/stream)?$"
MIDDLEWARE = [
    "backend.middleware.RequestMiddleware",
    *([CORS_MIDDLEWARE] if CORS_ALLOWED_ORIGINS else []),
    "backend.middleware.CompressionMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "backend.urls"
WSGI_APPLICATION = "backend.wsgi.application"
TASKS_APPLICATION = "backend.celery"  # loaded where there are tasks: in workers and the relay
TEMPLATES: list[dict[str, Any]] = [
    {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {}}
]
APPEND_SLASH = False
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def _database(url: str) -> dict[str, Any]:
    """Persistent connections: one per web thread. Transactions are opened by services, never around a request:

    ATOMIC_REQUESTS would commit what a failing resolver wrote, because a GraphQL error is an ordinary reply.
    """
    config = env.db_url_config(url)
    options = {
        "connect_timeout": env.int("DATABASE_CONNECT_TIMEOUT", default=3),  # seconds, 2 or more; of each host
        # Calls until the few statements that are sent for preparation are prepared; None: never.
        "prepare_threshold": 0 if env.bool("DATABASE_PREPARED", default=True) else None,
        "tcp_user_timeout": 10_000,  # ms until a server that does not answer packets counts as gone
        **config.get("OPTIONS", {}),
    }
    own = {"ENGINE": "backend.postgresql", "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}
    return {**config, **own}


DATABASES: dict[str, Any] = {
    "default": _database(env.str("DATABASE_URL", default="") or "postgres://localhost/ordergraph")
}
# Where queries are read from while it is at most so many seconds behind; see `domains.common.data.replica`.
DATABASE_REPLICA_URL: str = env.str("DATABASE_REPLICA_URL", default="")
DATABASE_REPLICA_MAX_LAG: float = env.float("DATABASE_REPLICA_MAX_LAG", default=5.0)
if DATABASE_REPLICA_URL:
    DATABASES["replica"] = {**_database(DATABASE_REPLICA_URL), "TEST": {"MIRROR": "default"}}
    DATABASE_ROUTERS = ["domains.common.data.replica.Router"]

# Of a read in a web process, at the server and, half a second later, here; half of it may be waiting for a lock.
DATABASE_READ_SECONDS: float = env.float("DATABASE_READ_SECONDS", default=2.0)
DATABASE_SEND_LIMITS: bool = env.bool("DATABASE_SEND_LIMITS", default=True)  # False: the role or the pooler has them

REDIS_URL: str = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
REDIS_PREFIX: str = env.str("REDIS_PREFIX", default="ordergraph:")
TRUST_PROXY: bool = env.bool("TRUST_PROXY", default=False)
# A proxy that says which protocol a client speaks also says who the client is.
TRUSTED_PROXIES: int = env.int("TRUSTED_PROXIES", default=1 if TRUST_PROXY else 0)
WEB_THREADS: int = env.limit("WEB_THREADS", default=16, least=3)  # each bulkhead has one, and one is free
# From SIGTERM until the server stops, ready no more; longer than a proxy keeps a connection that it does not use.
WEB_DRAIN_SECONDS: float = env.float("WEB_DRAIN_SECONDS", default=0.0)
# How many there are, for the budget of database connections (`domains.common.guard.connections`).
GRANIAN_WORKERS: int = env.limit("GRANIAN_WORKERS", default=1)  # web processes in a container
WEB_CONTAINERS: int = env.limit("WEB_CONTAINERS", default=1)
WORKER_CONTAINERS: int = env.limit("WORKER_CONTAINERS", default=3)  # of all kinds
STREAM_THREADS: int = env.limit("STREAM_THREADS", default=4)  # open streams; as many more execute their events
STREAMS_PER_PROCESS: int = env.int("STREAMS_PER_PROCESS", default=1000)
STREAMS_PER_USER: int = env.int("STREAMS_PER_USER", default=10)  # on one process
STREAM_MAX_COST: int = env.limit("STREAM_MAX_COST", default=2_000)  # each event costs as much again
STREAM_CHECK_SECONDS: float = env.float("STREAM_CHECK_SECONDS", default=5.0)  # between two looks at who follows
STREAM_HEARTBEAT_SECONDS: float = env.float("STREAM_HEARTBEAT_SECONDS", default=15.0)

CELERY_BROKER_URL, _transport = broker(REDIS_URL)
CELERY_WORKER_CONCURRENCY: int = env.limit("WORKER_CONCURRENCY", default=4)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 60  # seconds
CELERY_TASK_SOFT_TIME_LIMIT = 50
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10.0  # on SIGQUIT or a second Ctrl-C; SIGTERM waits for all that runs
CELERY_TASK_DEFAULT_QUEUE = "ordergraph"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 120,  # above the time limit, or a task that still runs is handed to a second worker
    "socket_timeout": 5,  # above the second that a worker's BRPOP waits
    "socket_connect_timeout": 1,
    "global_keyprefix": REDIS_PREFIX,
    **_transport,
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

EMAIL_BACKEND: str = env.str("EMAIL_BACKEND", default="django.core.mail.backends.smtp.EmailBackend")
EMAIL_HOST: str = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT: int = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER: str = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD: str = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS: bool = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 10  # seconds
EMAIL_FILE_PATH: str = env.str("EMAIL_FILE_PATH", default=str(BASE_DIR / ".state" / "mails"))

DEMO = False  # the demo people may sign in and GraphiQL offers them; local.py alone turns it on
GRAPHIQL: bool = env.bool("GRAPHIQL", default=False)
INTROSPECTION: bool = env.bool("INTROSPECTION", default=False)
REQUEST_MAX_BYTES: int = env.limit("REQUEST_MAX_BYTES", default=1_048_576)
REQUEST_BODY_SECONDS: float = env.float("REQUEST_BODY_SECONDS", default=20.0)  # within which a body has to arrive
# What the estimate of a document's cost may have missed ends here.
RESPONSE_MAX_BYTES: int = env.limit("RESPONSE_MAX_BYTES", default=10_000_000)
QUERY_MAX_SECONDS: float = env.float("QUERY_MAX_SECONDS", default=5.0)  # mutations wait for providers and have none
DATA_UPLOAD_MAX_MEMORY_SIZE = REQUEST_MAX_BYTES
# Execute the documents of `manage.py trusted_documents import` and no others.
TRUSTED_DOCUMENTS_ONLY: bool = env.bool("TRUSTED_DOCUMENTS_ONLY", default=False)
# Counted in the document with every fragment written out; `cost` is in units of 30 microseconds, see `schema.cost`.
QUERY_LIMITS: dict[str, int] = {
    "operations": env.int("QUERY_MAX_OPERATIONS", default=50),
    "depth": env.int("QUERY_MAX_DEPTH", default=15),
    "fields": env.int("QUERY_MAX_FIELDS", default=1_000),
    "aliases": env.int("QUERY_MAX_ALIASES", default=200),
    "directives": env.int("QUERY_MAX_DIRECTIVES", default=100),
    "spreads": env.int("QUERY_MAX_SPREADS", default=200),
    "values": env.int("QUERY_MAX_VALUES", default=1_000),
    "comparisons": env.int("QUERY_MAX_COMPARISONS", default=5_000),
    "cost": env.int("QUERY_MAX_COST", default=25_000),
}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "backend.logging.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"django.request": {"level": "ERROR"}, "django.security.DisallowedHost": {"level": "ERROR"}},
}

merge_into(globals())
for _alias in DATABASES:  # a further connection is one to the same database, unless it says otherwise
    DATABASES[_alias] = {**DATABASES["default"], **DATABASES[_alias]}
