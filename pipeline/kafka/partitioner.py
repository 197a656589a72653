"""Which partition a key belongs to: the same as with every other client of Kafka, found in half the time."""

import struct
from typing import Any, Final

from kafka.partitioner.default import DefaultPartitioner

_SEED: Final = 0x9747B28C
_MIX: Final = 0x5BD1E995
_32_BITS: Final = 0xFFFFFFFF


class KeyPartitioner(DefaultPartitioner):  # type: ignore[misc]
    """kafka-python's default for messages with keys.

    That one reads a key byte by byte, and sorts and lists all partitions for each message.
    """

    def partition(
        self,
        topic: str,
        key: Any,
        serialized_key: bytes | None,
        value: Any,
        serialized_value: bytes | None,
        cluster: Any,
    ) -> int:
        """Return the partition of a key."""
        partitions = cluster.partitions_for_topic(topic)
        if serialized_key is None or not partitions or max(partitions) != len(partitions) - 1:
            return int(super().partition(topic, key, serialized_key, value, serialized_value, cluster))
        return (murmur2(serialized_key) & 0x7FFFFFFF) % len(partitions)


def murmur2(key: bytes) -> int:
    """Return MurmurHash2 with the seed that Kafka's clients agree on."""
    found = _SEED ^ len(key)
    words = len(key) >> 2
    for word in struct.unpack_from(f"<{words}I", key):
        mixed = word * _MIX & _32_BITS
        found = (found * _MIX & _32_BITS) ^ ((mixed ^ mixed >> 24) * _MIX & _32_BITS)
    if rest := key[words << 2 :]:
        found = (found ^ int.from_bytes(rest, "little")) * _MIX & _32_BITS
    found = (found ^ found >> 13) * _MIX & _32_BITS
    return found ^ found >> 15
