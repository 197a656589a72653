"""The options that commands share, each defined here alone."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from pathlib import Path
from typing import Any, Final, NoReturn

import click

from pipeline.errors import visible
from pipeline.sources.mapping import PRESETS, FieldMapping, MappingError, parse_mapping

_PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
_MECHANISMS: Final = ("PLAIN", "GSSAPI", "OAUTHBEARER", "SCRAM-SHA-256", "SCRAM-SHA-512")
STORE_HELP: Final = "sqlite:///PATH, duckdb:///PATH or postgresql://USER@HOST/DATABASE."
FILE: Final = click.Path(exists=True, dir_okay=False)


def option(name: str, help_: str, **more: Any) -> Callable[[Any], Any]:
    """Return a click option that can also come from its KHABAR_* variable."""
    variable = "KHABAR_" + name.removeprefix("--").split("/")[0].upper().replace("-", "_")
    return click.option(name, envvar=variable, help=help_, **more)


def existing_model(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Return the model that an option names: the absolute path of a folder, or the package as it is."""
    if value is None:
        return None
    from transforms.entities.ner import ModelError, check_model

    try:
        check_model(value)
    except ModelError as error:
        raise click.BadParameter(str(error)) from error
    return str(Path(value).resolve()) if Path(value).exists() else value


_CONNECTION: Final = (
    option("--bootstrap-servers", "Kafka brokers.", default="localhost:9092", metavar="HOST:PORT,..."),
    option("--topic-prefix", "Topics are PREFIX.raw, PREFIX.articles, ...", default="news", metavar="PREFIX"),
    option("--security-protocol", "How to speak to them.", default="PLAINTEXT", type=click.Choice(_PROTOCOLS)),
    option("--ssl-cafile", "Certificates to trust.", type=FILE),
    option("--ssl-certfile", "Client certificate.", type=FILE),
    option("--ssl-keyfile", "Its private key.", type=FILE),
    option("--ssl-password", "Password of the key; better given by the variable."),
    option("--ssl-crlfile", "Revoked certificates.", type=FILE),
    option("--ssl-ciphers", "Ciphers to allow, in OpenSSL's form."),
    option("--ssl-check-hostname/--no-ssl-check-hostname", "Certificate must name the host.", default=True),
    option("--sasl-mechanism", "How to log in.", type=click.Choice(_MECHANISMS)),
    option("--sasl-plain-username", "User for PLAIN and SCRAM."),
    option("--sasl-plain-password", "Its password; better given by the variable."),
    option("--sasl-kerberos-service-name", "Kerberos service.", default="kafka"),
    option("--sasl-kerberos-domain-name", "Kerberos domain of the brokers."),
)


def with_connection(command: Any) -> Any:
    """Give a command the options of a Kafka connection; it is called with `connection` and `topics`."""

    @wraps(command)
    def called(*arguments: Any, bootstrap_servers: str, topic_prefix: str, **options: Any) -> Any:
        from pipeline.kafka.connection import Connection, Topics

        names = [name for name in options if name.startswith(("ssl_", "sasl_", "security_"))]
        security = {name: options.pop(name) for name in names}
        servers = tuple(server.strip() for server in bootstrap_servers.split(",") if server.strip())
        if not servers:
            raise click.UsageError("--bootstrap-servers names no broker")
        for server in servers:
            _, has_port, port = server.rpartition(":")
            if has_port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
                raise click.UsageError(f"--bootstrap-servers: {server} is not HOST:PORT")
        if security["security_protocol"].startswith("SASL") and not security["sasl_mechanism"]:
            raise click.UsageError(f"--security-protocol {security['security_protocol']} needs --sasl-mechanism")
        connection = Connection(bootstrap_servers=servers, **security)
        return command(*arguments, connection=connection, topics=Topics.with_prefix(topic_prefix), **options)

    for decorate in reversed(_CONNECTION):
        called = decorate(called)
    return called


_SETTINGS: Final = (
    option("--workers", "Extraction processes for each worker.  [default: all cores]", type=click.IntRange(1)),
    option("--deadline", "Processor seconds a record.", default=20.0, type=click.FloatRange(0.1)),
    option("--memory-mb", "Memory for one record.", default=1024, type=click.IntRange(64)),
    option("--max-record-mb", "Larger raw records are dead letters.", default=32, type=click.IntRange(1)),
    option("--ner-model", "spaCy model that finds further names.", callback=existing_model),
    option("--research-names", "Use name taggers learned from data that forbids commercial use.", is_flag=True),
    option("--validate", "Check each record against its JSON Schema.", is_flag=True),
)


def with_settings(command: Any) -> Any:
    """Give a command the options of the stages; it is called with `settings`, which makes `Settings` of the rest."""

    @wraps(command)
    def called(*arguments: Any, workers: int | None, deadline: float, max_record_mb: int, **options: Any) -> Any:
        from pipeline.settings import Settings, available_cores

        given = {name: options.pop(name) for name in ("memory_mb", "ner_model", "research_names", "validate")}
        settings = partial(
            Settings,
            workers=workers or available_cores(),
            deadline_s=deadline,
            max_record_bytes=max_record_mb * 1024 * 1024,
            **given,
        )
        return command(*arguments, settings=settings, **options)

    for decorate in reversed(_SETTINGS):
        called = decorate(called)
    return called


_ENGINE: Final = (
    option("--job-endpoint", "Beam job service; Prism is started without one.", metavar="HOST:PORT"),
    option("--request-seconds", "For one answer of the job service.", default=300, type=click.IntRange(1)),
    option("--worker-pool", "Flink: pool of Python workers.", metavar="HOST:PORT"),
    option("--flink-rest", "Flink: its REST interface, to notice losses and clear up.", metavar="URL"),
    option("--parallelism", "Parallel readers on a cluster.", default=1, type=click.IntRange(1)),
    option("--prism", "Prism binary.  [default: one that is built once]", type=FILE),
)
_EMBEDDED: Final = "embedded"


def with_engine(*runners: str) -> Callable[[Any], Any]:
    """Give a command the options of runners, of which the first is the default.

    It is called with `engine`; None stands for the process of the command itself.
    """

    def decorated(command: Any) -> Any:
        @wraps(command)
        def called(*arguments: Any, runner: str, prism: str | None, **options: Any) -> Any:
            from pipeline.runners.engine import Engine

            names = ("job_endpoint", "request_seconds", "worker_pool", "flink_rest", "parallelism")
            given = {name: options.pop(name) for name in names}
            binary = Path(prism) if prism else None
            engine = None if runner == _EMBEDDED else Engine(runner=runner, prism=binary, **given)  # type: ignore[arg-type]
            return command(*arguments, engine=engine, **options)

        for decorate in reversed(_ENGINE):
            called = decorate(called)
        choice = click.Choice(runners)
        return option("--runner", "Engine that runs the job.", default=runners[0], type=choice)(called)

    return decorated


def with_metrics(command: Any) -> Any:
    """Give a command `metrics_port` and `metrics_host`."""
    port = option("--metrics-port", "Serve metrics and health on this port.", type=click.IntRange(0, 65535))
    return port(option("--metrics-host", "Address to serve them on.", default="127.0.0.1")(command))


class Input(click.ParamType[str]):
    """A file or folder that exists, or an address that fsspec reads (``s3://…``)."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the path; the command fails with status 2 when there is nothing."""
        if "://" in str(value):
            return str(value)
        return str(click.Path(exists=True, readable=True).convert(value, param, ctx))


_MAPPING: Final = (
    click.option(
        "--preset",
        type=click.Choice(sorted(PRESETS)),
        envvar="KHABAR_PRESET",
        help="Field names of a known kind of dump.",
    ),
    click.option(
        "--map",
        "map_",
        multiple=True,
        metavar="FIELD=NAME,...",
        help="Take a raw field from another one (text=body,source=site.name); FIELD= drops it.",
    ),
)


def with_mapping(command: Any) -> Any:
    """Give a command the options of field mapping; it is called with `preset` and `map_`."""
    for decorate in reversed(_MAPPING):
        command = decorate(command)
    return command


def mapping_of(preset: str | None, pairs: tuple[str, ...]) -> FieldMapping:
    """Return the `FieldMapping` that the options describe."""
    try:
        return parse_mapping(preset, pairs)
    except MappingError as error:
        raise click.UsageError(str(error)) from error


with_index = option(
    "--index", "The index: sqlite:///PATH or postgresql://...", default="sqlite:///out/index.sqlite", metavar="URL"
)


@contextmanager
def opened_index(url: str) -> Iterator[Any]:
    """Open the index that `with_index` names, which must be there."""
    from pipeline.index import open_index

    path = url.removeprefix("sqlite:///")
    if path != url and not Path(path).exists():
        raise click.ClickException(f"there is no index at {path}; `khabar run` makes one in its output folder")
    try:
        index = open_index(url)
        try:
            yield index
        finally:
            index.close()
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def say(text: str, *, err: bool = False) -> None:
    """Print lines; what stands in them commands no terminal."""
    click.echo(visible(text), err=err)


def show_status(text: str) -> None:
    """Show a passing line on a terminal."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{visible(text)}", nl=False, err=True)


def show_loading(done: int, total: int) -> None:
    """Show how much of a folder is loaded."""
    show_status(f"khabar: loading, {100 * done // max(total, 1)} %")


def fail(message: str, status: int = 1) -> NoReturn:
    """Say in one line what is wrong and end with `status`."""
    say(f"khabar: {message}", err=True)
    sys.stdout.flush()
    sys.stderr.flush()
    waiting = [one for one in threading.enumerate() if not one.daemon and one is not threading.current_thread()]
    if waiting:  # threads of the runner, for work that will not come
        os._exit(status)
    sys.exit(status)
