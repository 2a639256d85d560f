# GraphiQL is built here and nowhere else: the image that runs has no Node.
FROM node:22-slim AS graphiql
WORKDIR /build
COPY backend/graphiql/package.json backend/graphiql/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY backend/graphiql ./
RUN npm run build

FROM python:3.13-slim AS packages
WORKDIR /build
RUN python -m venv /opt/venv
COPY requirements.lock ./
# The lock is complete: --no-deps, because graphene asks for an older graphql-core than runs here (see pyproject.toml).
# Every package comes as a wheel but `promise`, which publishes only its (pure Python) source.
RUN /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --no-deps \
    --only-binary=:all: --no-binary=promise --requirement requirements.lock

FROM python:3.13-slim
# MALLOC_MMAP_THRESHOLD_: the 19 MiB that hashing a password takes go back to the system, instead of staying with each thread.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=backend.settings.production \
    MALLOC_MMAP_THRESHOLD_=1048576 \
    ORDERGRAPH_BOOTSTRAP=off
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin ordergraph
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY manage.py pyproject.toml ./
COPY domains domains
COPY schema schema
COPY backend backend
COPY --from=graphiql /build/dist backend/graphiql/dist
RUN python -m compileall -q backend domains schema
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# HTTP/1 only: what HTTP/2 compresses is not bounded before it is unpacked; a proxy speaks it to the world. Headers have
# 20 s and 64 kB. A worker that dies is started again alone. SIGTERM waits 25 s for running requests, and for a worker
# that is too young to have heard it.
CMD ["granian", "--interface", "asgi", "--http", "1", "--no-ws", "--backlog", "4096", "--backpressure", "4096", \
    "--http1-header-read-timeout", "20000", "--http1-buffer-size", "65536", "--workers-kill-timeout", "25", \
    "--respawn-failed-workers", "--host", "0.0.0.0", "--port", "8000", "backend.asgi:application"]
