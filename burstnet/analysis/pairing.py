"""Pairing protocols of burst-dependent plasticity: weight changes out of results.

Imports pairing_theory, rates, weights, result and errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ..errors import ArgumentError, unknown_name
from ..result import Result
from .pairing_theory import PairingRule
from .rates import mean_and_sd
from .weights import recorded_weights

__all__ = ["PairingCurve", "PairingData", "pairing_curve", "pairing_data"]

#: Train to the parameter that its conditions vary and their number, as in Payeur et al. 2021, Fig. 2B to D.
TRAINS = {"periodic": ("frequency", 20), "poisson": ("rate", 10), "burst-poisson": ("burst_chance", 10)}
#: Initial event rate [Hz] there, and initial burst probabilities of the trains.
_EVENTS, _INITIAL = 5.0, {"periodic": 0.15, "poisson": 0.3, "burst-poisson": 0.2}
_UNITS = {"": 1.0, "Hz": 1.0, "s": 1.0, "ms": 1e-3}


@dataclass(frozen=True, eq=False)
class PairingCurve:
    """Weight change against what the protocol varies.

    Attributes
    ----------
    x : ndarray, shape (n,)
        Frequency or rate [Hz], or burst probability.
    change : ndarray, shape (realisations, n)
        Weight change.
    initial : tuple of float or None
        Moving averages of event and burst rate to begin with [Hz]; those of the paper if None.
    duration : float
        Seconds.
    rule : PairingRule
    """

    x: np.ndarray
    change: np.ndarray
    initial: tuple[float, float] | None = None
    duration: float = 100.0
    rule: PairingRule = field(default_factory=PairingRule)

    @property
    def mean(self) -> np.ndarray:
        """Mean over realisations, shape (n,)."""
        return mean_and_sd(self.change)[0]

    @property
    def sd(self) -> np.ndarray:
        """Sample standard deviation over realisations, shape (n,); NaN for fewer than two."""
        return mean_and_sd(self.change)[1]


@dataclass(frozen=True, eq=False)
class PairingData:
    """The three protocols.

    Attributes
    ----------
    periodic : PairingCurve or None
        Against frequency.
    poisson : dict of float to PairingCurve
        Initial burst probability to the curve against rate.
    burst_poisson : dict of float to PairingCurve
        Event rate [Hz] to the curve against burst probability.
    """

    periodic: PairingCurve | None = None
    poisson: Mapping[float, PairingCurve] = field(default_factory=dict)
    burst_poisson: Mapping[float, PairingCurve] = field(default_factory=dict)


def pairing_data(
    results: Result | Iterable[Result], *, projection: str = "pairing", points: int | None = None
) -> PairingData:
    """Weight changes of pairing protocols, each told from the parameters of its run.

    Parameters
    ----------
    results : Result or iterable of Result
        Runs whose parameters name what is varied: ``frequency_first`` and ``frequency_last``, ``rate_...`` or
        ``burst_chance_...``. Runs of the same protocol and setting are joined.
    projection : str
        Its weights were sampled, one of each pair of cells.
    points : int, optional
        Conditions, see `pairing_curve`; the run's parameter ``points`` by default, else 20 of periodic trains and 10 of
        others.

    Raises
    ------
    ArgumentError
        If a run is of no pairing protocol, or as `pairing_curve`.
    """
    found: dict[str, dict[float, PairingCurve]] = {train: {} for train in TRAINS}
    for result in [results] if isinstance(results, Result) else results:
        train = _train(result)
        varied, usual = TRAINS[train]
        first, last = (_parameter(result, f"{varied}_{end}", 0.0) for end in ("first", "last"))
        number = points or round(_parameter(result, "points", usual))
        curve = pairing_curve(result, np.linspace(first, last, number), projection=projection)
        events, bursts = _initial(result, train)
        key = {"periodic": 0.0, "poisson": bursts / events, "burst-poisson": events}[train]
        same = found[train].get(round(key, 9))
        if same is not None:
            change = np.concatenate([same.change, curve.change])
            curve = PairingCurve(curve.x, change, curve.initial, curve.duration, curve.rule)
        found[train][round(key, 9)] = curve
    return PairingData(found["periodic"].get(0.0), found["poisson"], found["burst-poisson"])


def pairing_curve(result: Result, x: np.ndarray, *, projection: str = "pairing") -> PairingCurve:
    """Weight changes of one run.

    Parameters
    ----------
    result : Result
    x : ndarray, shape (n,)
        What is varied. Pair k of the projection has condition ``k % n``, so that further pairs, and seeds, are
        realisations.
    projection : str
        Its weights were sampled.

    Raises
    ------
    ArgumentError
        If the weights were not recorded or their number is no multiple of n.
    """
    known = recorded_weights(result)
    if projection not in known:
        raise unknown_name("projection", projection, known)
    weight = result.data[f"{projection}_weight"].values
    seeds, _, pairs = weight.shape
    if pairs % len(x):
        raise ArgumentError(
            f"{projection!r} has {pairs} sampled pairs, which is no multiple of {len(x)} conditions; give their number."
        )
    change = (weight[:, -1] - weight[:, 0]).reshape(seeds * pairs // len(x), len(x))
    plain = PairingRule()
    rule = PairingRule(
        _parameter(result, "eta", plain.eta),
        _parameter(result, "tau_trace", plain.tau_pre),
        _parameter(result, "tau_average", plain.alpha),
        _parameter(result, "isi_limit", plain.limit),
    )
    trains = [name for name, (varied, _) in TRAINS.items() if _has(result, f"{varied}_first")]
    return PairingCurve(
        np.asarray(x, dtype=float),
        change,
        _initial(result, trains[0]) if trains else None,
        float(result.about["simulated_s"]),
        rule,
    )


def _initial(result: Result, train: str) -> tuple[float, float]:
    """Moving averages to begin with [Hz]."""
    events = _parameter(result, "event_rate" if train == "burst-poisson" else "event_rate_0", _EVENTS)
    return events, events * _parameter(result, "initial_p", _INITIAL[train])


def _train(result: Result) -> str:
    for train, (varied, _) in TRAINS.items():
        if _has(result, f"{varied}_first"):
            return train
    wanted = ", ".join(f"{varied}_first" for varied, _ in TRAINS.values())
    raise ArgumentError(f"{result!r} is of no pairing protocol; its parameters have none of: {wanted}.")


def _has(result: Result, name: str) -> bool:
    return any(full.rpartition(".")[2] == name for full in result.about.get("parameters", {}))


def _parameter(result: Result, name: str, otherwise: float) -> float:
    """The first parameter of this name, in SI; `otherwise` if there is none or it is in no unit known here."""
    for full, text in result.about.get("parameters", {}).items():
        number, _, unit = text.partition(" ")
        if full.rpartition(".")[2] == name and unit in _UNITS:
            return float(number) * _UNITS[unit]
    return otherwise
