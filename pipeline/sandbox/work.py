"""The work of the sandbox's processes, under names that load nothing: the job only hands them over."""

from typing import Any


def extract(*arguments: Any) -> Any:
    """Call `transforms.extract.extract`."""
    from transforms.extract import extract

    return extract(*arguments)


def enrich_and_sketch(*arguments: Any) -> Any:
    """Call `transforms.enrich.enrich_and_sketch`."""
    from transforms.enrich import enrich_and_sketch

    return enrich_and_sketch(*arguments)
