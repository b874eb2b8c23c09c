# syntax=docker/dockerfile:1
# The bot as an image that needs no network, no root and no writable file system but /data and /tmp:
#
#     docker build -t hybrid .
#
# /bot holds hybrid.toml and the documents, read-only; /data holds index, records and caches. docs/operation.md has more.

FROM python:3.11-slim AS build

# What `pip install 'hybrid[...]'` brings; add remote for models through LiteLLM.
ARG EXTRAS=offline,local,parse,serve,server,trace
# The wheels of torch without CUDA: gigabytes less.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PATH=/opt/hybrid/bin:$PATH
WORKDIR /src
RUN python -m venv /opt/hybrid && pip install --upgrade 'pip>=25.1'
COPY constraints.txt ./
RUN pip install -c constraints.txt --index-url "$TORCH_INDEX" torch
COPY pyproject.toml README.md LICENSE ./
COPY hybrid hybrid
COPY connectors connectors
COPY indexes indexes
COPY adapters adapters
RUN pip install -c constraints.txt ".[$EXTRAS]"

FROM python:3.11-slim

RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin hybrid \
    && install -d -o hybrid -g hybrid -m 0700 /data
COPY --from=build /opt/hybrid /opt/hybrid
ENV PATH=/opt/hybrid/bin:$PATH HYBRID_CONFIG=/bot/hybrid.toml HYBRID_CACHE=/data/cache PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["hybrid", "serve", "--host", "0.0.0.0", "--port", "8000", "--watch"]
