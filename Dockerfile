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
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=backend.settings.production \
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
# ALLOWED_HOSTS may refuse "127.0.0.1", so the probe asks in the name of the first host that is served.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-c", "\
import os, urllib.request;\
host = os.environ['ALLOWED_HOSTS'].split(',')[0].strip().lstrip('.');\
urllib.request.urlopen(urllib.request.Request('http://127.0.0.1:8000/healthz', headers={'Host': host}), timeout=4)"]
CMD ["granian", "--interface", "asgi", "backend.asgi:application", "--host", "0.0.0.0", "--port", "8000"]
