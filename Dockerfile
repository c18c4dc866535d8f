# Stage one builds the environment and needs a package registry; stage two only carries it.
FROM python:3.11-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/guardian
COPY requirements.lock ./
RUN /opt/guardian/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml LICENSE ./
COPY guardian ./guardian
RUN /opt/guardian/bin/pip install --no-deps .

FROM python:3.11-slim

# The journal is the only thing written; the configuration and secrets are mounted read-only.
RUN useradd --system --uid 10001 --home-dir /var/lib/guardian --create-home --shell /usr/sbin/nologin guardian
COPY --from=build /opt/guardian /opt/guardian
ENV PATH=/opt/guardian/bin:$PATH PYTHONUNBUFFERED=1 GUARDIAN_DATA_DIR=/var/lib/guardian GUARDIAN_HEALTH_URL=http://127.0.0.1:8460/healthz
USER 10001
WORKDIR /var/lib/guardian
VOLUME /var/lib/guardian
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=15s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(os.environ['GUARDIAN_HEALTH_URL'], timeout=4)"]
ENTRYPOINT ["guardian"]
CMD ["run", "--config", "/etc/guardian/config.toml"]
