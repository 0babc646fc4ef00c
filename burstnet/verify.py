"""Measure a reproduction table again: quantity, published, measured, tolerance, verdict. Imports experiment, compile, analysis."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from .errors import unknown_name
from .result import write_atomically

__all__ = ["MODELS", "Row", "verify_model", "write_verification"]

_PAGE = "docs/models/burstccn.rst#known-differences"


@dataclass(frozen=True)
class Row:
    """One line of a reproduction table.

    Attributes
    ----------
    condition, quantity, unit : str
    published, published_sd : float
        Mean and SD over the seeds of the published program.
    measured, measured_sd : float or None
    tolerance : float
        Largest difference of the means that seeds explain, plus 3 %.
    verdict : {"reproduced", "differs", "known-difference"}
    per_seed : list of float or None
    link : str
        Where a known difference is explained.
    """

    condition: str
    quantity: str
    unit: str
    published: float
    published_sd: float
    measured: float | None
    measured_sd: float | None
    tolerance: float
    verdict: str
    per_seed: list[float | None]
    link: str = ""

    def line(self) -> str:
        """The row as text."""
        measured = "-" if self.measured is None else f"{self.measured:.4g}"
        return f"{self.condition:<16} {self.quantity:<28} {self.published:>9.4g} {measured:>9} +-{self.tolerance:<8.3g} {self.verdict} {self.link}".rstrip()


@dataclass(frozen=True)
class _Condition:
    settings: dict[str, str]
    seeds: int
    quick: int
    known: bool = False


#: Conditions of the published table: settings, seeds in full and in quick, whether a difference is a known one.
_BURSTCCN = {
    "published": _Condition({}, 10, 5),
    "no-teacher": _Condition({"increase_gain": "0 pA/Hz", "decrease_gain": "0 pA/Hz"}, 5, 2),
    "no-feedback": _Condition({"Y.scale": "0", "Q.scale": "0"}, 5, 2),
    "full-adaptation": _Condition({"adaptation_jump": "full"}, 5, 2, known=True),
    "old-order": _Condition({"adaptation_order": "old"}, 5, 2),
    "float-clock": _Condition({}, 10, 5, known=True),
}

MODELS = {"burstccn": ("target-rate", "burstccn_published.csv", _BURSTCCN)}


def verify_model(model: str, *, quick: bool = False, report: Callable[[str, float], None] | None = None) -> list[Row]:
    """Run every condition of a model's reproduction table and compare.

    Parameters
    ----------
    model : str
        A key of `MODELS`.
    quick : bool
        Fewer seeds; the tolerance widens accordingly.
    report : callable, optional
        Called with what is going on and how much of it is done.

    Notes
    -----
    A mean agrees if it differs by at most ``3*sqrt(SD**2/n_published + SD**2/n) + 3 %``, with the larger of the published
    and the measured SD: ten seeds or fewer often show too small a spread (0.142 Hz published for the input's rate while
    taught upwards, 0.231 Hz in 400 seeds of an independent transcription).
    """
    if model not in MODELS:
        raise unknown_name("model", model, MODELS)
    protocol, table, conditions = MODELS[model]
    published: dict[str, list[dict[str, str]]] = {}
    with files("burstnet.models").joinpath(table).open() as source:
        for line in csv.DictReader(source):
            published.setdefault(line["condition"], []).append(line)
    rows: list[Row] = []
    measured: dict[tuple, dict[str, Any]] = {}
    for k, (name, condition) in enumerate(conditions.items()):
        seeds = condition.quick if quick else condition.seeds
        key = (tuple(sorted(condition.settings.items())), seeds)
        if key not in measured:
            measured[key] = _measure(protocol, condition.settings, seeds)
        rows += [_row(name, line, measured[key], seeds, condition.known) for line in published[name]]
        if report:
            report(name, (k + 1) / len(conditions))
    return rows


def _measure(protocol: str, settings: dict[str, str], seeds: int) -> dict[str, Any]:
    from .analysis.metrics import as_plain
    from .compiled import compile
    from .experiment import find_experiment

    setup = find_experiment(protocol).prepare(settings)
    result = compile(setup.circuit, setup.protocol).run(range(1, seeds + 1), setup.values, jobs=0)
    return as_plain(setup.protocol.metrics(result))


def _row(condition: str, line: dict[str, str], metrics: dict[str, Any], seeds: int, known: bool) -> Row:
    found = metrics[line["quantity"]]
    mean, sd, n = float(line["mean"]), float(line["sd"]), int(line["n"])
    spread = max(sd, found["sd"] or 0.0)
    tolerance = 3 * math.sqrt(spread**2 / n + spread**2 / seeds) + 0.03 * abs(mean)
    agrees = found["mean"] is not None and abs(found["mean"] - mean) <= tolerance
    verdict = "reproduced" if agrees else "known-difference" if known else "differs"
    link = _PAGE if verdict == "known-difference" else ""
    return Row(
        condition,
        line["quantity"],
        found["unit"],
        mean,
        sd,
        found["mean"],
        found["sd"],
        tolerance,
        verdict,
        found["per_seed"],
        link,
    )


def write_verification(path: Path, model: str, rows: list[Row], quick: bool) -> None:
    """Write ``verify.json`` with every row and its per-seed values."""
    text = json.dumps(
        {"model": model, "quick": quick, "rows": [asdict(row) for row in rows]}, indent=1, allow_nan=False
    )
    write_atomically(path, lambda scratch: scratch.write_text(text + "\n"))
