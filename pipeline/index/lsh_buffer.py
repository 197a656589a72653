"""Band keys of the latest versions: in memory until enough have come for a page of the store to take several at once.

Band keys are spread evenly, so each of a version's keys belongs on another page of the table ``band``: with a million
articles stored, every single key would cost a page written. But each version keeps its keys in its own row anyway;
the table only finds them. So it may lag behind. What it lacks, an index reads from the rows of the latest versions when
it opens, and looks up in memory. The keys are divided into `SLICES` ranges. When more than `MAX_FRESH` keys wait, those
of the range that has waited longest are stored, next to each other. The table ``band_slice`` holds up to which version
each range is complete.
"""

from collections.abc import Iterable
from typing import Final

from pipeline.index.storage.base import Store, Writes

SLICES: Final = 256
MAX_FRESH: Final = 196_608
"""Keys of 16,384 versions, some 40 MB: seven keys for each page written when a million versions are stored."""
_SHIFT: Final = 64 - 8


class FreshBands:
    """The band keys that ``band`` does not hold yet, as one process knows them. Use within an exclusive transaction.

    After a transaction that failed it knows too much: make a new one.
    """

    def __init__(self) -> None:
        self._marks: dict[int, int] = {}
        self._slices: dict[int, dict[int, tuple[int, ...]]] = {}
        """Ids of versions, oldest first, by key, by slice; in tuples, which the garbage collector leaves alone."""
        self._count = 0
        self._through: int | None = None
        """The last version whose keys are known here."""

    def follow(self, store: Store, last_version: int) -> int:
        """Learn what other processes added and stored since, and return the last version id ever given.

        That is `last_version`, the highest in use, unless the latest versions expired.
        """
        before, self._marks = self._marks, store.band_marks()
        for number, mark in self._marks.items():
            if before and mark != before[number]:
                self._drop(number, mark)
        if self._through is None:
            self._through = min(self._marks.values())
        if self._through < last_version:
            for version_id, bands in store.bands_since(self._through):
                self.add(version_id, bands)
        self._through = max(last_version, *self._marks.values())
        return self._through

    def add(self, version_id: int, bands: Iterable[int]) -> None:
        """Take in the keys of a version that is newer than all before."""
        for band in bands:
            number = band >> _SHIFT
            if version_id > self._marks[number]:
                keys = self._slices.setdefault(number, {})
                keys[band] = (*keys.get(band, ()), version_id)
                self._count += 1
        self._through = version_id

    def find(self, band: int) -> tuple[int, ...]:
        """Return the ids of the versions with this key that ``band`` does not hold yet, oldest first."""
        return self._slices.get(band >> _SHIFT, {}).get(band, ())

    def store_due(self, writes: Writes) -> None:
        """Have the ranges that wait longest stored until no more than `MAX_FRESH` keys wait."""
        while self._count > MAX_FRESH:
            self._store(min(self._marks, key=lambda number: (self._marks[number], number)), writes)

    def store_all(self, writes: Writes) -> None:
        """Have all ranges stored."""
        for number in self._marks:
            self._store(number, writes)

    def _store(self, number: int, writes: Writes) -> None:
        assert self._through is not None
        keys = self._slices.get(number, {})
        writes.bands += [(band, version_id) for band in sorted(keys) for version_id in keys[band]]
        writes.band_marks[number] = self._marks[number] = self._through
        self._drop(number, self._through)

    def _drop(self, number: int, mark: int) -> None:
        """Forget the keys of a slice that were stored."""
        keys = self._slices.pop(number, {})
        left = {band: rest for band, ids in keys.items() if (rest := tuple(i for i in ids if i > mark))}
        self._count += sum(map(len, left.values())) - sum(map(len, keys.values()))
        if left:
            self._slices[number] = left
