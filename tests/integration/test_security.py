"""A broker that asks for TLS and for a password: the commands speak to it, and say in one line why they cannot."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ResourcePattern,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from pipeline.kafka.connection import Connection
from pipeline.services import Kafka, free_port
from tests.conftest import ROOT, Khabar
from tests.integration.conftest import Deploy, StartStream, eventually

PASSWORD = "right horse"


def certificate(folder: Path, name: str) -> Path:
    """Make a key store with a certificate for this host; return the certificate, which is its own authority."""
    store = ["-keystore", folder / f"{name}.p12", "-storetype", "PKCS12", "-storepass", "changeit", "-alias", "broker"]
    names = ["-dname", "CN=localhost", "-ext", "SAN=dns:localhost,ip:127.0.0.1"]
    make = ["keytool", "-genkeypair", "-keyalg", "EC", "-validity", "2", *names, *store]
    subprocess.run(make, check=True, capture_output=True)
    pem = folder / f"{name}.pem"
    subprocess.run(["keytool", "-exportcert", "-rfc", "-file", pem, *store], check=True, capture_output=True)
    return pem


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker with three doors: plain for the test itself, TLS, and TLS with a password."""
    folder = tmp_path_factory.mktemp("kafka")
    certificate(folder, "broker")
    certificate(folder, "stranger")
    broker = Kafka(folder, quick_start=True, dies_with_parent=True)
    listeners = [f"PLAINTEXT://127.0.0.1:{broker.port}", f"CONTROLLER://127.0.0.1:{broker.controller_port}"]
    listeners += [f"{name}://localhost:{free_port()}" for name in ("SSL", "SASL_SSL")]
    login = "org.apache.kafka.common.security"
    broker.overrides = {
        "listeners": ",".join(listeners),
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL",
        "ssl.keystore.type": "PKCS12",
        "ssl.keystore.location": str(folder / "broker.p12"),
        "ssl.keystore.password": "changeit",
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
        "listener.name.sasl_ssl.plain.sasl.jaas.config": (
            f'{login}.plain.PlainLoginModule required user_reader="{PASSWORD}";'
        ),
        "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": f"{login}.scram.ScramLoginModule required;",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
        "allow.everyone.if.no.acl.found": "true",
    }
    broker.start()
    admin = Connection(bootstrap_servers=(broker.bootstrap,)).admin()
    admin.alter_user_scram_credentials(
        [UserScramCredentialUpsertion("writer", ScramMechanism.SCRAM_SHA_512, PASSWORD.encode())]
    )
    admin.close()
    yield broker
    broker.stop()


def door(kafka: Kafka, protocol: str, authority: str = "broker") -> list[str]:
    """Return the options of a connection through a listener of the broker."""
    found = re.search(rf"\b{protocol}://(localhost:\d+)", kafka.properties()["listeners"])
    assert found
    where = ["--bootstrap-servers", found[1], "--security-protocol", protocol]
    return [*where, "--ssl-cafile", str(kafka.folder / f"{authority}.pem")]


def login(mechanism: str, user: str, password: str = PASSWORD) -> list[str]:
    return ["--sasl-mechanism", mechanism, "--sasl-plain-username", user, "--sasl-plain-password", password]


def test_everything_goes_through_tls_with_a_password(
    deploy: Deploy, start_stream: StartStream, kafka: Kafka, khabar: Khabar
) -> None:
    deployment = deploy()
    topics = ["--topic-prefix", deployment.name]
    secure = [*door(kafka, "SASL_SSL"), *login("SCRAM-SHA-512", "writer")]
    replayed = khabar("replay", ROOT / "seeds", *secure, *topics)
    assert replayed.returncode == 0, replayed.stderr
    stream = start_stream(deployment, *secure)
    eventually(lambda: deployment.behind() == 0, "everything is processed")
    assert stream.drain() == 0, stream.text()
    for options in (secure, [*door(kafka, "SASL_SSL"), *login("PLAIN", "reader")], door(kafka, "SSL")):
        verified = khabar("verify", *options, *topics)
        assert verified.returncode == 0, verified.stderr
        assert verified.stdout.startswith("ok: ")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [("password", "uthentication"), ("authority", "CERTIFICATE_VERIFY_FAILED")],
)
@pytest.mark.parametrize("command", ["stream", "verify", "replay"])
def test_what_the_broker_or_the_client_refuses_is_one_line(
    kafka: Kafka, khabar: Khabar, tmp_path: Path, command: str, wrong: str, why: str
) -> None:
    if wrong == "password":
        options = [*door(kafka, "SASL_SSL"), *login("SCRAM-SHA-512", "writer", "wrong horse")]
    else:
        options = door(kafka, "SSL", authority="stranger")
    more = {"stream": ["--index", f"sqlite:///{tmp_path}/index"], "verify": [], "replay": [str(ROOT / "seeds")]}
    done = khabar(command, *more[command], *options)
    assert done.returncode in (1, 2)
    *said, line = done.stderr.splitlines()  # a stream says before what it is about to do
    assert not said or command == "stream"
    assert "Traceback" not in done.stderr
    assert why in line
    assert PASSWORD not in line


@pytest.mark.parametrize(
    ("kind", "suffix", "operation"),
    [
        (ResourceType.TOPIC, ".raw", ACLOperation.READ),
        (ResourceType.TOPIC, ".duplicates", ACLOperation.WRITE),
        (ResourceType.TOPIC, ".ledger", ACLOperation.WRITE),
        (ResourceType.GROUP, "", ACLOperation.READ),
        (ResourceType.TRANSACTIONAL_ID, ".raw.0", ACLOperation.WRITE),
    ],
    ids=["read-raw", "write-duplicates", "write-ledger", "group", "transactional-id"],
)
def test_a_right_that_a_user_lacks_is_named(
    deploy: Deploy, start_stream: StartStream, kafka: Kafka, kind: ResourceType, suffix: str, operation: ACLOperation
) -> None:
    """Refused is not unreachable: nothing is waited for, and what the user may not use is in the last line."""
    deployment = deploy(partitions=1)
    deployment.send([b"a record"])
    name = (
        f"{deployment.name}.{deployment.name}{suffix}"
        if kind is ResourceType.TRANSACTIONAL_ID
        else deployment.name + suffix
    )
    resource = ResourcePattern(kind, name)
    denied = ACL("User:writer", "*", operation, ACLPermissionType.DENY, resource)
    allowed = ACL("User:writer", "*", ACLOperation.ALL, ACLPermissionType.ALLOW, resource)
    admin = Connection(bootstrap_servers=(kafka.bootstrap,)).admin()
    admin.create_acls([denied, allowed])
    admin.close()
    stream = start_stream(deployment, *door(kafka, "SASL_SSL"), *login("SCRAM-SHA-512", "writer"))
    assert stream.wait(90) == 1, stream.text()
    line = stream.text().splitlines()[-1]
    assert "uthoriz" in line
    assert "Traceback" not in stream.text()
    assert deployment.behind() == 1
