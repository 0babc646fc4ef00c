"""target-rate: an output area learns a target event rate from a teaching current on its dendrites, first upwards, then downwards.

Phases pre, during and post of an increasing and then of a decreasing task, and a tail. The teaching current
``gain*(target - moving average)`` is computed in the equations; it is on in the "during" phases only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2.units import Hz, ms, pA, second
from brian2.units.fundamentalunits import Quantity

from burstnet.analysis.averages import moving_averages
from burstnet.analysis.metrics import Metric
from burstnet.cells.detectors import leaky_counter
from burstnet.cells.fragment import ParameterSet, parameter
from burstnet.circuit import Circuit
from burstnet.errors import ArgumentError
from burstnet.experiment import Choice, Experiment, Whole
from burstnet.models import burstccn, burstccn_interneurons
from burstnet.recording import Recording
from burstnet.result import Result
from burstnet.timeline import Phase, Timeline

__all__ = ["EXPERIMENT", "TargetRate"]

_SOURCE = "Greedy et al., spiking program"
_LAST, _FIRST = 5.0, 2.0


@dataclass(frozen=True, kw_only=True)
class TargetRate(ParameterSet):
    """The target-rate protocol.

    References
    ----------
    Greedy et al. (2022), NeurIPS 35, and its journal version (2026), spiking program.
    """

    increase_to: Quantity = parameter(10 * Hz, "target of the increasing task", _SOURCE)
    decrease_to: Quantity = parameter(5 * Hz, "target of the decreasing task", _SOURCE)
    increase_gain: Quantity = parameter(
        80 * pA / Hz, "teaching current per Hz of error, increasing task; 0 for no teacher", _SOURCE
    )
    decrease_gain: Quantity = parameter(
        100 * pA / Hz, "teaching current per Hz of error, decreasing task; 0 for no teacher", _SOURCE
    )
    increase_pre: Quantity = parameter(20 * second, "before the increasing task", _SOURCE)
    increase_during: Quantity = parameter(20 * second, "teaching of the increasing task", _SOURCE)
    increase_post: Quantity = parameter(10 * second, "after it, teacher off", _SOURCE)
    decrease_pre: Quantity = parameter(10 * second, "before the decreasing task", _SOURCE)
    decrease_during: Quantity = parameter(20 * second, "teaching of the decreasing task", _SOURCE)
    decrease_post: Quantity = parameter(10 * second, "after it, teacher off", _SOURCE)
    tail: Quantity = parameter(10 * second, "end, teacher off", _SOURCE)

    NAME = "target-rate"
    TITLE = "A spiking BurstCCN learns a target rate with burst-coded feedback"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("increase_to", "decrease_to"):
            if float(getattr(self, name)) < 0:
                raise ArgumentError(f"{name}={getattr(self, name)} is not allowed; a rate is at least 0 Hz.")
        for name in self.declared():
            if name == "tail" or name.partition("_")[2] in ("pre", "during", "post"):
                if float(getattr(self, name)) < 0:
                    raise ArgumentError(f"{name}={getattr(self, name)} is not allowed; a duration is at least 0 s.")
        if float(self.timeline().duration) <= 0:
            raise ArgumentError("All durations are 0 s; at least one phase must last.")

    def timeline(self) -> Timeline:
        """The seven phases."""
        increasing = {"teaching_gain": self.increase_gain, "target_rate": self.increase_to, "learning": 1.0}
        decreasing = {"teaching_gain": self.decrease_gain, "target_rate": self.decrease_to, "learning": 1.0}
        return Timeline(
            [
                Phase("inc_pre", self.increase_pre),
                Phase("inc_during", self.increase_during, increasing),
                Phase("inc_post", self.increase_post),
                Phase("dec_pre", self.decrease_pre),
                Phase("dec_during", self.decrease_during, decreasing),
                Phase("dec_post", self.decrease_post),
                Phase("tail", self.tail),
            ]
        )

    def recording(self, circuit: Circuit) -> Recording:
        """Everything that metrics and figure need; one cell's potentials from one second before teaching starts."""
        bottom = circuit.populations[0].name
        onset = float(self.increase_pre)
        feedback = tuple(f"I_{p.name}" for p in circuit.projections if p.target == bottom and p.port == "dendrite")
        return Recording(
            means={bottom: ("V_d", *feedback)},
            weights=("drive",),
            trace={bottom: ("V_s", "V_d")},
            trace_window=(max(0.0, onset - 1) * second, (onset + 1) * second),
        )

    def metrics(self, result: Result) -> dict[str, Metric]:
        """The quantities of the reference table, one value a seed; NaN where undefined.

        ``PHASE.out_event_last5`` [Hz] counts events per cell and second in the last five seconds, ``_phase`` means the
        whole phase, ``_first2`` its first two seconds; ``p`` is bursts over events counted; ``w`` the drive's weight,
        mean or population SD over cells; ``udend`` the lowest area's dendritic potential, mean over cells and steps;
        ``Q_pA`` and ``Y_pA`` the mean feedback currents into it; ``out_p_max_during_inc`` and its like extremes of the
        moving-average burst probability; ``t_reach_9p5_s`` and ``t_reach_5p5_s`` the time after teaching starts until
        the moving average of the output's event rate first exceeds 9.5 or falls below 5.5 Hz.
        """
        found: dict[str, Metric] = {}
        areas = {"out": list(result.populations)[-1], "in": list(result.populations)[0]}
        for phase, (start, stop) in result.phases.items():
            if stop > start:
                found |= {
                    f"{phase}.{name}": metric for name, metric in _phase_metrics(result, areas, start, stop).items()
                }
        averages = {short: moving_averages(result, area) for short, area in areas.items()}
        for task, extreme, name in (("inc", np.nanmax, "max"), ("dec", np.nanmin, "min")):
            for short in areas:
                found[f"{short}_p_{name}_during_{task}"] = Metric(
                    "1", _extreme(averages[short], extreme, result.phases[f"{task}_during"])
                )
        time, average, _ = averages["out"]
        found["t_reach_9p5_s"] = Metric("s", _first_time(time, average > 9.5, result.phases["inc_during"]))
        found["t_reach_5p5_s"] = Metric("s", _first_time(time, average < 5.5, result.phases["dec_during"]))
        return found


def _within(result: Result, axis: str, start: float, stop: float) -> np.ndarray:
    """Samples that end in (start, stop]."""
    time = result.data[axis].values
    return (time > start + 1e-9) & (time <= stop + 1e-9)


def _phase_metrics(result: Result, areas: dict[str, str], start: float, stop: float) -> dict[str, Metric]:
    last, first = max(start, stop - _LAST), min(stop, start + _FIRST)
    found = {}
    for short, area in areas.items():
        found[f"{short}_event_last5"] = Metric("Hz", result.rate(area, "event", last, stop))
        found[f"{short}_burst_last5"] = Metric("Hz", result.rate(area, "burst", last, stop))
        found[f"{short}_p_phase"] = Metric("1", result.burst_probability(area, start, stop))
        found[f"{short}_p_last5"] = Metric("1", result.burst_probability(area, last, stop))
        found[f"{short}_p_first2"] = Metric("1", result.burst_probability(area, start, first))
    weight = result.data["drive_weight"].values
    over, at_end = _within(result, "state_time", start, stop), _within(result, "state_time", last, stop)
    found["w_phase"] = Metric("1", _mean(weight[:, over]))
    found["w_last5"] = Metric("1", _mean(weight[:, at_end]))
    if at_end.any():
        end = np.flatnonzero(at_end)[-1]
        found["w_end"] = Metric("1", weight[:, end].mean(axis=-1))
        found["w_std_end"] = Metric("1", weight[:, end].std(axis=-1))
    found["in_udend_mV_last5"] = Metric("mV", 1e3 * _mean(result.data[f"{areas['in']}_V_d_mean"].values[:, at_end]))
    for pathway in ("Q", "Y"):
        name = next(
            (
                v
                for v in result.data.data_vars
                if str(v) in (f"{areas['in']}_I_{pathway}_mean", f"{areas['in']}_I_{pathway}1_mean")
            ),
            None,
        )
        if name is not None:
            found[f"{pathway}_pA_last5"] = Metric("pA", 1e12 * _mean(result.data[name].values[:, at_end]))
    return found


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean over all but the seeds; NaN where there is nothing."""
    flat = values.reshape(len(values), -1)
    return flat.mean(axis=1) if flat.shape[1] else np.full(len(values), np.nan)


def _extreme(
    averages: tuple[np.ndarray, np.ndarray, np.ndarray],
    extreme: Callable[..., np.ndarray],
    phase: tuple[float, float],
) -> np.ndarray:
    """Extreme of the moving-average burst probability within a phase."""
    time, events, bursts = averages
    inside = (time >= phase[0]) & (time < phase[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        p = bursts[:, inside] / events[:, inside]
    defined = np.isfinite(p).any(axis=1) if p.size else np.zeros(len(events), dtype=bool)
    return np.array([extreme(row[np.isfinite(row)]) if ok else np.nan for row, ok in zip(p, defined, strict=True)])


def _first_time(time: np.ndarray, reached: np.ndarray, phase: tuple[float, float]) -> np.ndarray:
    """Seconds from a phase's start to the first sample in it where `reached` holds; NaN if never."""
    hits = reached & (time >= phase[0]) & (time < phase[1])
    return np.where(hits.any(axis=1), time[hits.argmax(axis=1)] - phase[0], np.nan)


def _build(structure: Mapping[str, Any]) -> Circuit:
    """The BurstCCN of these structural settings."""
    chosen = {name: rule.default for name, rule in _STRUCTURE.items()} | dict(structure)
    sizes = {name.removesuffix(".n"): n for name, n in chosen.items() if name.endswith(".n")}
    build: Callable[..., Circuit] = burstccn.circuit
    if chosen["feedback"] == "interneurons":
        build = burstccn_interneurons.circuit
    else:
        for name in burstccn_interneurons.INTERNEURONS:
            if sizes.pop(name) != _STRUCTURE[f"{name}.n"].default:
                raise ArgumentError(f"{name}.n={chosen[f'{name}.n']} needs feedback=interneurons.")
    return build(
        areas=chosen["areas"],
        sizes=sizes,
        inputs_per_cell=chosen["inputs_per_cell"],
        adaptation_jump=chosen["adaptation_jump"],
        adaptation_order=chosen["adaptation_order"],
        detector=leaky_counter() if chosen["detector"] == "leaky-counter" else None,
        plasticity=chosen["plasticity"],
        dt=1 * ms / chosen["steps_per_ms"],
    )


_STRUCTURE: dict[str, Whole | Choice] = {
    "input.n": Whole(100, "cells of the lowest area"),
    "output.n": Whole(100, "cells of the top area"),
    "areas": Whole(2, "areas from input to output", least=2),
    "feedback": Choice(
        "direct",
        "pathways Y and Q, or interneurons and short-term plasticity in their place",
        ("direct", "interneurons"),
    ),
    **{
        f"{name}.n": Whole(100, f"{name.upper()} cells, with feedback=interneurons")
        for name in burstccn_interneurons.INTERNEURONS
    },
    "inputs_per_cell": Whole(None, "sparse forward connections, so many per cell; all to all by default"),
    "plasticity": Choice(
        "always", "whether the drive learns all the time or only while taught", ("always", "teaching")
    ),
    "adaptation_jump": Choice(
        "published", "what a spike adds to the somatic adaptation: 0.2 pA or b", ("published", "full")
    ),
    "adaptation_order": Choice("new", "which dendritic potential the dendritic adaptation sees", ("new", "old")),
    "detector": Choice("exact-isi", "how events and bursts are told apart", ("exact-isi", "leaky-counter")),
    "steps_per_ms": Whole(1, "time steps in a millisecond"),
}

EXPERIMENT = Experiment(
    name=TargetRate.NAME,
    title=TargetRate.TITLE,
    citation=burstccn.CITATION,
    protocol=TargetRate,
    build=_build,
    structure=_STRUCTURE,
    shorthands={phase: (f"increase_{phase}", f"decrease_{phase}") for phase in ("pre", "during", "post")},
    figure="burstnet.plots.target_rate:target_rate_figure",
    headline=(
        *(
            f"{phase}.out_event_last5"
            for phase in ("inc_pre", "inc_during", "inc_post", "dec_pre", "dec_during", "dec_post", "tail")
        ),
        *(f"{phase}.in_p_phase" for phase in ("inc_pre", "inc_during", "dec_during")),
        *(f"{phase}.w_end" for phase in ("inc_pre", "inc_during", "dec_during")),
        "t_reach_9p5_s",
        "t_reach_5p5_s",
    ),
)
