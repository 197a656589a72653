"""The commands that speak to Kafka: `stream`, `dead`, and the options that they share."""

import contextlib
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final, NoReturn

import click

_PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
_MECHANISMS: Final = ("PLAIN", "GSSAPI", "OAUTHBEARER", "SCRAM-SHA-256", "SCRAM-SHA-512")
_FILE: Final = click.Path(exists=True, dir_okay=False)


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
    option("--ssl-cafile", "Certificates to trust.", type=_FILE),
    option("--ssl-certfile", "Client certificate.", type=_FILE),
    option("--ssl-keyfile", "Its private key.", type=_FILE),
    option("--ssl-password", "Password of the key; better given by the variable."),
    option("--ssl-crlfile", "Revoked certificates.", type=_FILE),
    option("--ssl-ciphers", "Ciphers to allow, in OpenSSL's form."),
    option("--ssl-check-hostname/--no-ssl-check-hostname", "Certificate must name the host.", default=True),
    option("--sasl-mechanism", "How to log in.", type=click.Choice(_MECHANISMS)),
    option("--sasl-plain-username", "User for PLAIN and SCRAM."),
    option("--sasl-plain-password", "Its password; better given by the variable."),
    option("--sasl-kerberos-service-name", "Kerberos service.", default="kafka"),
    option("--sasl-kerberos-domain-name", "Kerberos domain of the brokers."),
)


_metrics_port: Final = option("--metrics-port", "Serve metrics and health on this port.", type=click.IntRange(0, 65535))
_metrics_host: Final = option("--metrics-host", "Address for that.", default="127.0.0.1")


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
        if security["security_protocol"].startswith("SASL") and not security["sasl_mechanism"]:
            raise click.UsageError(f"--security-protocol {security['security_protocol']} needs --sasl-mechanism")
        connection = Connection(bootstrap_servers=servers, **security)
        return command(*arguments, connection=connection, topics=Topics.with_prefix(topic_prefix), **options)

    for decorate in reversed(_CONNECTION):
        called = decorate(called)
    return called


def fail(message: str) -> NoReturn:
    """Say in one line what is wrong and end with status 1."""
    click.echo(f"khabar: {message}", err=True)
    sys.exit(1)


def one_line(command: Any) -> Any:
    """Turn errors that a user can act on into one clear line."""

    @wraps(command)
    def called(*arguments: Any, **options: Any) -> Any:
        from kafka.errors import KafkaError

        from pipeline.errors import JobStopped

        try:
            return command(*arguments, **options)
        except JobStopped as error:
            fail(str(error))
        except KafkaError as error:
            fail(f"Kafka: {error}")

    return called


@click.command()
@with_connection
@option("--job-name", "Consumer group; a second stream of this name takes over.", default="khabar")
@option("--runner", "Engine that runs the job.", default="prism", type=click.Choice(("prism", "flink")))
@option("--index", "Article index: sqlite:///PATH or postgresql://...", required=True)
@option("--create-topics", "Create the topics that are missing.", is_flag=True)
@option("--partitions", "Of created topics: bounds the parallelism.", default=8, type=click.IntRange(1))
@option("--replication", "Of created topics.  [default: the brokers']", default=-1, type=int, show_default=False)
@option("--workers", "Extraction processes for each Beam worker.  [default: all cores]", type=click.IntRange(1))
@option("--deadline", "Processor seconds a record.", default=20.0, type=click.FloatRange(0.1))
@option("--memory-mb", "Memory for one record.", default=1024, type=click.IntRange(64))
@option("--max-record-mb", "Larger raw records are dead letters.", default=32, type=click.IntRange(1))
@option("--max-message-bytes", "Largest message to write.", default=10_000_000, type=click.IntRange(10_000))
@option("--bundle-records", "Records in one transaction, at most.", default=500, type=click.IntRange(1))
@option("--bundle-seconds", "Seconds of reading for one transaction.", default=1.0, type=click.FloatRange(0.01))
@option("--new-partitions-seconds", "Between looks for new ones.", default=30.0, type=click.FloatRange(1))
@option("--transaction-timeout", "Seconds until brokers end one.", default=60.0, type=click.FloatRange(5, 900))
@option("--compression", "Of what is written.", type=click.Choice(("gzip", "snappy", "lz4", "zstd")))
@option("--drain-timeout", "Seconds that an orderly stop may take.", default=60.0, type=click.FloatRange(1))
@option("--stall-seconds", "Without a commit, until a new attempt.", default=300.0, type=click.FloatRange(10))
@option("--job-endpoint", "Beam job service; Prism is started without one.", metavar="HOST:PORT")
@option("--request-seconds", "For one answer of the job service.", default=300, type=click.IntRange(1))
@option("--worker-pool", "Flink: pool of Python workers.", metavar="HOST:PORT")
@option("--flink-rest", "Flink: address of its REST interface, to notice losses and clear up.", metavar="URL")
@option("--parallelism", "Flink: parallel readers.", default=1, type=click.IntRange(1))
@option("--checkpoint-seconds", "Flink: time between checkpoints.  [default: none]", type=click.FloatRange(1))
@option("--heartbeat", "File to touch while all is well, for health checks.", type=click.Path(dir_okay=False))
@_metrics_port
@_metrics_host
@option("--log-format", "Of what is said on standard error.", default="text", type=click.Choice(("text", "json")))
@option("--prism", "Prism binary.  [default: the one that Beam fetches]", type=_FILE)
@option("--ner-model", "spaCy model that finds further names.", callback=existing_model)
@option("--validate", "Check each record against its JSON Schema.", is_flag=True)
@option("--graph", "Graph to run instead, for benchmarks.", default="pipeline.graph:build", hidden=True)
@option("--debug", "Show the runner's log and tracebacks.", is_flag=True)
@one_line
def stream(connection: Any, topics: Any, **options: Any) -> None:
    """Kafka in, Kafka out, exactly once, until stopped.

    Reads PREFIX.raw and writes PREFIX.articles, PREFIX.duplicates, PREFIX.dead and PREFIX.ledger. SIGTERM or Ctrl-C
    stops in good order: nothing new is read, what was read is committed. A second one stops at once; nothing is lost
    then either. Lost brokers are waited for.
    """
    from pipeline.observe import health

    with health.shared_folder() if options["metrics_port"] is not None else contextlib.nullcontext():
        status = _stream(connection, topics, **options)
    sys.exit(status)


def _stream(connection: Any, topics: Any, **options: Any) -> int:
    from pipeline.kafka.topics import NewTopics
    from pipeline.observe import health
    from pipeline.runners.engine import Engine
    from pipeline.runners.stream.options import StreamOptions
    from pipeline.runners.stream.supervisor import Supervisor
    from pipeline.runners.stream.terminal import showing
    from pipeline.settings import Settings, available_cores

    settings = Settings(
        workers=options["workers"] or available_cores(),
        deadline_s=options["deadline"],
        memory_mb=options["memory_mb"],
        max_record_bytes=options["max_record_mb"] * 1024 * 1024,
        index_url=options["index"],
        bundle_records=options["bundle_records"],
        ner_model=options["ner_model"],
        validate=options["validate"],
    )
    engine = Engine(
        runner=options["runner"],
        job_endpoint=options["job_endpoint"],
        worker_pool=options["worker_pool"],
        flink_rest=options["flink_rest"],
        prism=Path(options["prism"]) if options["prism"] else None,
        parallelism=options["parallelism"],
        request_seconds=options["request_seconds"],
    )
    new = NewTopics(partitions=options["partitions"], replication=options["replication"])
    wanted = StreamOptions(
        connection=connection,
        topics=topics,
        job_name=options["job_name"],
        engine=engine,
        settings=settings,
        create_topics=new if options["create_topics"] else None,
        checkpoint_seconds=options["checkpoint_seconds"],
        bundle_seconds=options["bundle_seconds"],
        max_message_bytes=options["max_message_bytes"],
        transaction_seconds=options["transaction_timeout"],
        compression=options["compression"],
        new_partitions_seconds=options["new_partitions_seconds"],
        drain_seconds=options["drain_timeout"],
        stall_seconds=options["stall_seconds"],
        heartbeat=Path(options["heartbeat"]) if options["heartbeat"] else None,
        graph=options["graph"],
        debug=options["debug"],
    )
    with showing(options["log_format"]) as (show, say):
        supervisor = Supervisor(wanted, show, say)
        with health.serving(
            options["metrics_port"], "stream", supervisor.unready, options["metrics_host"], supervisor.unwell
        ):
            return supervisor.run()


@click.command("worker-pool")
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
@option("--host", "Address where task managers ask for workers; who reaches it runs code.", default="127.0.0.1")
@option("--port", "Port for that.", default=50000, type=click.IntRange(1, 65535))
@option("--allow-user", "User id of task managers on this machine, where it is another.", multiple=True, type=int)
@_metrics_port
@_metrics_host
@one_line
def worker_pool(
    command: tuple[str, ...],
    host: str,
    port: int,
    allow_user: tuple[int, ...],
    metrics_port: int | None,
    metrics_host: str,
) -> None:
    """Start the Python workers of Flink's task managers, until ended.

    Runs beside each task manager, on the same host; `khabar stream --worker-pool` names it. On this machine it works
    for this user, for root and for --allow-user alone. With a COMMAND it starts the task manager itself, and when one
    of the two ends, so does the other.
    """
    from pipeline.runners.worker_pool import run

    run(host, port, metrics_port, metrics_host, frozenset(allow_user), command)


@click.group()
def dead() -> None:
    """Dead letters: list them, show one, run them again."""


@dead.command("list")
@with_connection
@option("--reason", "Only those of this reason.")
@option("--all", "Also those that were run again.", is_flag=True)
@one_line
def list_(connection: Any, topics: Any, reason: str | None, **options: Any) -> None:
    """List dead letters: place, reason, stage, where the record was read, message."""
    from pipeline.kafka.connection import require_answer
    from pipeline.operations.dead_letters import letters, markers

    require_answer(connection)
    done = markers(connection, topics)
    for found in letters(connection, topics, reason):
        marker = done.get(found.place)
        if marker is not None and not options["all"]:
            continue
        origin = found.dead.provenance
        where = "/".join(str(getattr(origin, name, "")) for name in ("topic", "partition", "offset"))
        again = f"  (run again as {marker.raw})" if marker else ""
        message = " ".join(found.dead.message.split())[:120]
        click.echo(f"{found.place:<10} {found.dead.reason:<18} {found.dead.stage:<8} {where:<20} {message}{again}")


@dead.command()
@click.argument("place", metavar="PLACE")
@with_connection
@option("--payload", "Write the original bytes instead of the record.", is_flag=True)
@one_line
def show(place: str, connection: Any, topics: Any, payload: bool) -> None:
    """Show the dead letter at PLACE, as `khabar dead list` names it."""
    import json

    from pipeline.kafka.connection import require_answer
    from pipeline.operations import dead_letters
    from schemas.codec import encode

    require_answer(connection)
    found = dead_letters.letter(connection, topics, place)
    if payload:
        sys.stdout.buffer.write(dead_letters.payload(connection, found))
    else:
        click.echo(json.dumps(json.loads(encode(found.dead)), indent=2, ensure_ascii=False))


@dead.command()
@click.argument("places", nargs=-1, metavar="[PLACE]...")
@with_connection
@option("--job-name", "Name of the streaming job.", default="khabar")
@option("--reason", "All of this reason.")
@option("--all", "All that were not run again yet.", is_flag=True)
@option("--wait", "Seconds to wait for their outcomes.", default=0.0, type=click.FloatRange(0))
@one_line
def redrive(places: tuple[str, ...], connection: Any, topics: Any, **options: Any) -> None:
    """Run dead letters again: write them to the raw topic, each once, with their history.

    With --wait, says what became of them.
    """
    from pipeline.kafka.connection import KafkaJob, require_answer
    from pipeline.operations.dead_letters import fates, summary
    from pipeline.operations.dead_letters import redrive as run_again
    from pipeline.settings import PIPELINE_VERSION

    if not (places or options["reason"] or options["all"]):
        raise click.UsageError("name dead letters, or give --reason or --all")
    require_answer(connection)
    job = KafkaJob(
        name=options["job_name"], run="", connection=connection, topics=topics, pipeline_version=PIPELINE_VERSION
    )
    done = run_again(job, places=places, reason=options["reason"])
    click.echo(f"{len(done.sent)} run again")
    for place, why in done.refused.items():
        click.echo(f"{place} not: {why}", err=True)
    if options["wait"] and done.sent:
        outcomes = fates(connection, topics, done.sent, options["wait"])
        for reason, counts in summary(done.sent, outcomes).items():
            click.echo(f"{reason}: " + ", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    if done.refused:
        sys.exit(1)
