"""What benchmarks measure, as data: a figure with its goal, from two sides that took turns wherever there are two."""

import hashlib
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure of a run of a benchmark."""

    what: str
    value: float
    unit: str = "×"
    goal: float | None = None
    at_least: bool = True
    """Whether `goal` is a lower bound; an upper one otherwise."""
    sides: str = ""
    """What the figure is a ratio of, as measured."""
    low: float | None = None
    """The least favourable and the most favourable turn are among `low` and `high`."""
    high: float | None = None
    turns: int = 1

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def cells(self) -> tuple[str, str, str, str, str]:
        """Return what is measured, its sides, the figure with its spread, goal and verdict."""
        spread = f" ({_short(self.low)}–{_short(self.high)} in {self.turns} turns)" if self.low is not None else ""
        goal = "" if self.goal is None else f"{'≥' if self.at_least else '≤'} {_short(self.goal)} {self.unit}"
        verdict = {None: "", True: "reached", False: "missed"}[self.reached]
        return self.what, self.sides, f"**{_short(self.value)}** {self.unit}{spread}", goal, verdict

    def __str__(self) -> str:
        return "| " + " | ".join(self.cells()) + " |"


def in_turns(ours: Callable[[int], float], other: Callable[[int], float], turns: int) -> list[tuple[float, float]]:
    """Measure two sides `turns` times, one after the other; which begins changes, so that neither has the calmer half.

    Each side is called with the number of the turn.
    """
    pairs = []
    for turn in range(turns):
        if turn % 2:
            second = other(turn)
            pairs.append((ours(turn), second))
        else:
            first = ours(turn)
            pairs.append((first, other(turn)))
    return pairs


def ratio(
    what: str,
    pairs: Sequence[tuple[float, float]],
    unit: str,
    *,
    goal: float | None = None,
    at_least: bool = True,
    digits: int = 1,
) -> Figure:
    """Return the median of the ratios of each turn; `unit` is that of both sides."""
    ratios = [ours / other for ours, other in pairs]
    ours, other = (statistics.median(side) for side in zip(*pairs, strict=True))
    return Figure(
        what=what,
        value=statistics.median(ratios),
        goal=goal,
        at_least=at_least,
        sides=f"{ours:,.{digits}f} / {other:,.{digits}f} {unit}",
        low=min(ratios),
        high=max(ratios),
        turns=len(ratios),
    )


def _short(number: float | None) -> str:
    """Return a number with as many digits as it is worth."""
    if number is None:
        return ""
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def unit() -> float:
    """Return the milliseconds of processor time that this machine needs for 1 MB of SHA-256 now."""
    data = bytes(1_000_000)
    began = time.process_time()
    for _ in range(10):
        hashlib.sha256(data).digest()
    return (time.process_time() - began) * 100
