import random

from kafka.partitioner import default

from pipeline.kafka.partitioner import KeyPartitioner, murmur2


class _Cluster:
    def __init__(self, *partitions: int) -> None:
        self._partitions = set(partitions)

    def topics(self) -> set[str]:
        return {"t"}

    def partitions_for_topic(self, _topic: str) -> set[int]:
        return self._partitions

    available_partitions_for_topic = partitions_for_topic


def test_keys_hash_as_with_every_other_client() -> None:
    choose = random.Random(1)
    for length in [*range(70), 200, 4097]:
        key = choose.randbytes(length)
        assert murmur2(key) == default.murmur2(key)


def test_a_key_has_the_partition_that_other_clients_give_it() -> None:
    ours, theirs = KeyPartitioner(), default.DefaultPartitioner()
    for cluster in (_Cluster(0), _Cluster(0, 1, 2, 3, 4, 5, 6), _Cluster(0, 2, 3)):
        for n in range(50):
            key = b"https://example.com/%d" % n
            asked = ("t", None, key, None, b"", cluster)
            assert ours.partition(*asked) == theirs.partition(*asked)


def test_a_message_without_a_key_goes_anywhere() -> None:
    assert KeyPartitioner().partition("t", None, None, None, b"", _Cluster(4)) == 4
