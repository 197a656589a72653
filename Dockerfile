# Khabar for deployments: the command line, the job's driver, the Prism runner and the Python workers of Flink are one image.
FROM python:3.11.13-slim-bookworm AS build
WORKDIR /build
COPY requirements.lock requirements-setup.lock pyproject.toml README.md LICENSE ./
COPY pipeline pipeline
COPY schemas schemas
COPY transforms transforms
RUN python -m venv /opt/khabar \
 && /opt/khabar/bin/pip install --no-cache-dir --require-hashes -r requirements-setup.lock -r requirements.lock \
 && /opt/khabar/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM golang:1.26.8-bookworm AS prism
COPY pipeline/services/prism.patch /
# As shipped, Prism listens on all addresses and runs commands for whoever connects; see docs/security.md.
RUN source=$(go mod download -json github.com/apache/beam/sdks/v2@v2.77.0 | sed -n 's/.*"Dir": "\(.*\)".*/\1/p') \
 && mkdir /src && cp -r --no-preserve=mode "$source/go" "$source/go.mod" "$source/go.sum" /src \
 && git -C /src apply /prism.patch && go build -C /src -o /out/prism ./go/cmd/prism

FROM python:3.11.13-slim-bookworm
RUN useradd --system --uid 10001 --create-home khabar && install -d -o khabar -g khabar /var/lib/khabar
COPY --from=build /opt/khabar /opt/khabar
COPY --from=prism /out/prism /usr/local/bin/prism
ENV PATH=/opt/khabar/bin:$PATH PYTHONUNBUFFERED=1 KHABAR_PRISM=/usr/local/bin/prism
USER khabar
WORKDIR /var/lib/khabar
ENTRYPOINT ["khabar"]
CMD ["--help"]
