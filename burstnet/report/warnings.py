"""What a reader of a page must be warned of, in sentences. Imports the report's folder."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from .folder import CONTROL, Outcome

__all__ = ["ranges", "warnings_of"]

#: Below which p a difference is called one.
_LEVEL = 0.05


def warnings_of(outcome: Outcome) -> list[str]:
    """Failed runs and missing seeds first, then silent populations and weights at their bounds, then what runs said."""
    found: list[str] = []
    single = outcome.kind == "run"
    for label, arm in outcome.arms.items():
        of = "" if single else f" of {label}"
        for reason in dict.fromkeys(arm.failed.values()):
            seeds = [seed for seed, why in arm.failed.items() if why == reason]
            found.append(f"The run{'s' * (len(seeds) > 1)}{of} with {_seeds(seeds)} failed: {reason}")
        if arm.missing:
            found.append(f"Nothing was measured{of} with {_seeds(arm.missing)}.")
        found += [f"A result{of} could not be read: {problem}" for problem in arm.unreadable]
        if not arm.places and len(arm.failed) < len(arm.seeds):
            found.append(f"No result file{of} is in this folder; its figures over time are left out.")
    for label, arm in outcome.arms.items():
        of = "" if single else f" in {label}"
        hurt = {text.partition(":")[0] for text in arm.lesions if ":silence" in text}
        silences: dict[tuple[str, str], list[int]] = {}
        for silence in arm.silent:
            if silence.population not in hurt:
                silences.setdefault((silence.population, silence.phase), []).extend(silence.seeds)
        for (population, phase), seeds in silences.items():
            found.append(f"Silent population: {population} had no event in the phase {phase}{of}, {_seeds(seeds)}.")
        saturations: dict[tuple[str, str], list[tuple[float, float, Sequence[int]]]] = {}
        for one in arm.saturated:
            saturations.setdefault((one.projection, one.bound), []).append((one.part, one.since, one.seeds))
        for (projection, bound), rows in saturations.items():
            part, since = max(row[0] for row in rows), min(row[1] for row in rows)
            found.append(
                f"Saturated weights: up to {100 * part:.0f} % of the weights of {projection} stood at their {bound} bound"
                f"{of}, from {since:.3g} s on, {_seeds(seed for row in rows for seed in row[2])}."
            )
        found += [f"{text}{'' if single else f' ({label})'}" for text in dict.fromkeys(arm.said)]
    found += _too_few(outcome)
    if outcome.kind == "study" and len(outcome.arms) > 1 and CONTROL not in outcome.arms:
        found.append("There is no control arm, so that nothing is compared.")
    return found


def _too_few(outcome: Outcome) -> list[str]:
    """Where even the clearest difference is not significant: the smallest signed-rank p times the number of arms."""
    compared, number = len({row["arm"] for row in outcome.statistics}), len(outcome.seeds)
    if not compared or outcome.statistics[0].get("test") != "wilcoxon" or compared * 2.0 ** (1 - number) < _LEVEL:
        return []
    needed = math.floor(1 + math.log2(compared / _LEVEL)) + 1
    return [
        f"With {number} seed{'s' * (number > 1)} the p of {compared} compared arm{'s' * (compared > 1)} cannot fall below "
        f"{min(1.0, compared * 2.0 ** (1 - number)):.2g}, however clear a difference is; it takes {needed} seeds to reach "
        f"p < {_LEVEL:g}."
    ]


def _seeds(seeds: Iterable[int]) -> str:
    numbers = sorted(set(seeds))
    return f"seed{'s' * (len(numbers) > 1)} {ranges(numbers)}"


def ranges(numbers: Sequence[int]) -> str:
    """``[1, 2, 3, 7]`` as ``1 to 3, 7``."""
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    texts = [f"{a} to {b}" if b > a + 1 else f"{a}, {b}" if b > a else str(a) for a, b in spans]
    return ", ".join(texts)
