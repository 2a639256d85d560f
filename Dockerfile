# GraphiQL is built here and nowhere else: the image that runs has no Node.
FROM node:22-slim AS graphiql
WORKDIR /build
COPY backend/graphiql/package.json backend/graphiql/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY backend/graphiql ./
RUN npm run build

# The same Python and Debian as below, with what installs and strips packages.
FROM python:3.13-slim-trixie AS packages
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends binutils && rm -rf /var/lib/apt/lists/*
WORKDIR /build
RUN python -m venv --without-pip /opt/venv
COPY requirements.lock requirements-dev.lock ./
# The lock is complete: --no-deps, because graphene asks for an older graphql-core than runs here (see pyproject.toml).
# Every package comes as a wheel but `promise`, which publishes only its (pure Python) source.
RUN pip --python /opt/venv/bin/python install --no-cache-dir --no-compile --disable-pip-version-check \
    --require-hashes --no-deps --only-binary=:all: --no-binary=promise --requirement requirements.lock
# To trace, build with `--build-arg TRACING=1`: the packages of the extra `tracing`, as the lock of development has them.
ARG TRACING=
RUN test -z "$TRACING" || { \
    sed -n '/^\(opentelemetry-\|protobuf=\|googleapis-\)/,/[^\]$/p' requirements-dev.lock > tracing.lock \
    && pip --python /opt/venv/bin/python install --no-cache-dir --no-compile --disable-pip-version-check \
        --require-hashes --no-deps --only-binary=:all: --requirement tracing.lock; }
# None of this is read by what runs: symbols for debuggers, translations and their sources, pages of the admin and of
# graphene's GraphiQL, tests of packages. Compiled once and for all: the image cannot be written.
RUN find /opt/venv/lib -name '*.so' -exec strip --strip-unneeded {} + \
    && find /opt/venv/lib -path '*/LC_MESSAGES/*' ! -path '*/en*/LC_MESSAGES/*.mo' -type f -delete \
    && find /opt/venv/lib -type d \( -name tests -o -path '*/django/contrib/*/static' -o -path '*/graphene_django/static' \) \
        -prune -exec rm -r {} + \
    && python -m compileall -q /opt/venv/lib
WORKDIR /app
COPY manage.py pyproject.toml ./
COPY domains domains
COPY schema schema
COPY backend backend
RUN python -m compileall -q .
COPY --from=graphiql /build/dist backend/graphiql/dist

# Debian's Python and what it needs: no shell, no package manager, no other program.
FROM gcr.io/distroless/python3-debian13:nonroot
# MALLOC_MMAP_THRESHOLD_: the 19 MiB that hashing a password takes go back to the system, instead of staying with each thread.
ENV PYTHONPATH=/opt/packages \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=backend.settings.production \
    MALLOC_MMAP_THRESHOLD_=1048576 \
    ORDERGRAPH_BOOTSTRAP=off
# Its own modules come as sources; every start would compile them.
USER 0
RUN ["python3", "-m", "compileall", "-q", "/usr/lib/python3.13"]
WORKDIR /app
COPY --from=packages /opt/venv/lib/python3.13/site-packages /opt/packages
COPY --from=packages /app ./
COPY --chmod=755 deploy/ordergraph.py /usr/local/bin/ordergraph
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["ordergraph", "answers"]
ENTRYPOINT ["ordergraph"]
CMD ["web"]
