# Khabar for deployments. Two images come of it: `khabar` (the default: the command line, the stream with Prism, loader and
# dashboard) and `worker` (the same with Flink's task manager beside it). What changes least is built first, and what
# comes of the sources in three layers, so that a change of them makes neither dependencies nor tables anew.
FROM python:3.11.13-slim-bookworm AS build
WORKDIR /build
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends binutils >/dev/null
COPY requirements-setup.lock requirements.lock ./
RUN python -m venv /opt/tools \
 && /opt/tools/bin/pip install --no-cache-dir --require-hashes -r requirements-setup.lock \
 && python -m venv --without-pip /opt/khabar \
 && /opt/tools/bin/pip --python /opt/khabar/bin/python install --no-cache-dir --no-compile --no-deps --require-hashes -r requirements.lock
COPY deploy/prune ./
RUN ./prune /opt/khabar/lib/python3.11/site-packages
COPY pyproject.toml README.md LICENSE deploy/compile ./
COPY pipeline pipeline
COPY schemas schemas
COPY transforms transforms
RUN --mount=type=cache,target=/cache \
    /opt/tools/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /opt/tools/bin/pip --python /opt/khabar/bin/python install --no-cache-dir --no-deps --prefix /opt/sources /wheels/*.whl \
 && /opt/khabar/bin/python compile /opt/khabar /opt/sources /opt/tables /opt/bytecode /cache

FROM golang:1.26.8-bookworm AS prism
COPY pipeline/services/prism.patch /
# As shipped, Prism listens on all addresses and runs commands for whoever connects; see docs/security.md.
RUN source=$(go mod download -json github.com/apache/beam/sdks/v2@v2.77.0 | sed -n 's/.*"Dir": "\(.*\)".*/\1/p') \
 && mkdir /src && cp -r --no-preserve=mode "$source/go" "$source/go.mod" "$source/go.sum" /src \
 && git -C /src apply /prism.patch \
 && CGO_ENABLED=0 go build -C /src -trimpath -ldflags="-s -w" -o /out/prism ./go/cmd/prism

FROM python:3.11.13-slim-bookworm AS base
RUN useradd --system --uid 10001 --create-home khabar && install -d -o khabar -g khabar /var/lib/khabar
COPY --from=prism /out/prism /usr/local/bin/prism
COPY deploy/ready /usr/local/bin/ready
COPY --from=build /opt/khabar /opt/khabar
ENV PATH=/opt/khabar/bin:$PATH PYTHONUNBUFFERED=1 KHABAR_PRISM=/usr/local/bin/prism
WORKDIR /var/lib/khabar
ENTRYPOINT ["khabar"]
CMD ["--help"]

FROM flink:1.19.3-scala_2.12-java17 AS flink

FROM base AS worker
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends gettext-base openjdk-17-jre-headless procps \
 && rm -rf /var/lib/apt/lists/*
COPY --from=flink --chown=khabar:khabar /opt/flink /opt/flink
COPY --from=flink /docker-entrypoint.sh /docker-entrypoint.sh
RUN chmod -R u+w /opt/flink/conf
ENV FLINK_HOME=/opt/flink
COPY --from=build /opt/bytecode /opt/khabar
COPY --from=build /opt/tables /opt/khabar
COPY --from=build /opt/sources /opt/khabar
USER khabar

FROM base AS khabar
COPY --from=build /opt/bytecode /opt/khabar
COPY --from=build /opt/tables /opt/khabar
COPY --from=build /opt/sources /opt/khabar
USER khabar
