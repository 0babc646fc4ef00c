"""gradient-alignment: does what single spiking neurons would learn from n images point down the gradient of their twin in rates?

After so many epochs weights stand still: learning goes on so slowly that its sum over all examples moves no rate, and the sum
is read from the weights. Imports classify, its model and the analysis.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2.units import second
from brian2.units.fundamentalunits import Quantity

from burstnet.analysis.alignment import angle
from burstnet.analysis.classification import examined
from burstnet.analysis.gradient_alignment import (
    angles_over_examples,
    example_numbers,
    signal_to_noise,
    summed_changes,
)
from burstnet.analysis.metrics import Curve, Metric
from burstnet.cells.fragment import parameter
from burstnet.circuit import Circuit
from burstnet.errors import ArgumentError
from burstnet.models import burstccn
from burstnet.models.burstccn_deep_twin import REFERENCES, Twin, observed, twin_of
from burstnet.protocols.classify import STRUCTURE, Classification, Classify, network
from burstnet.quantities import parse_quantity
from burstnet.recording import Recording
from burstnet.result import Result
from burstnet.timeline import Phase, Timeline

__all__ = ["EXPERIMENT", "GradientAlignment"]

_OURS = "burstnet"


@dataclass(frozen=True, kw_only=True)
class GradientAlignment(Classify):
    """The gradient-alignment protocol: the training and the test of `Classify`, then two phases in which nothing changes.

    References
    ----------
    Greedy et al. (2022) compare updates of rates with back-propagation's; in spikes it is our own.
    """

    epochs: Quantity = parameter(3.0, "epochs of training before weights stand still; 0 for none", _OURS)
    centred: Quantity = parameter(1.0, "0 for a network that is continued with --from: its biases stay", _OURS)
    examples: Quantity = parameter(5000.0, "images over which weight changes are summed", _OURS, positive=True)
    interval: Quantity = parameter(50.0, "images between two samples of the weights", _OURS, positive=True)
    standstill: Quantity = parameter(1e-6, "factor on learning rates while weights stand still", _OURS, positive=True)
    repeated_images: Quantity = parameter(20.0, "images that are shown again and again", _OURS, positive=True)
    repetitions: Quantity = parameter(50.0, "of each of them", _OURS, positive=True)

    NAME = "gradient-alignment"
    TITLE = "Weight changes of single neurons beside the gradient of their twin in rates"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("examples", "interval", "repeated_images", "repetitions"):
            value = float(getattr(self, name))
            if value != round(value):
                raise ArgumentError(f"{name}={value:g} is not allowed; it is a whole number, at least 1.")
        if float(self.interval) > float(self.examples):
            raise ArgumentError(
                f"interval={float(self.interval):g} is not allowed; it is at most examples={float(self.examples):g}."
            )
        if float(self.centred) not in (0.0, 1.0):
            raise ArgumentError(f"centred={float(self.centred):g} is not allowed; it is 0 or 1.")

    @property
    def _sampled(self) -> Quantity:
        """Between two samples of the weights."""
        return float(self.interval) * self.presentation

    def timeline(self) -> Timeline:
        """What `Classify` does; mean grey up to the next sample of the weights; examples; repeated images."""
        grey, *others = super().timeline().phases
        settings = dict(grey.settings) | {"centred_in": float(self.centred) * grey.settings["centred_in"]}
        # the first phase needs none of the rest, and a knob has few windows
        phases = [Phase(grey.name, grey.duration, {"centred_in": settings["centred_in"]})]
        for phase in others:
            if float(phase.duration):
                kept = ("testing", "begun", "first_examined", "examination", "count_from")
                tested = {name: value for name, value in phase.settings.items() if name in kept}
                phases.append(phase if phase.name == "training" else Phase(phase.name, phase.duration, tested))
        done, every = float(Timeline(phases).duration), float(self._sampled)
        phases.append(Phase("rest", (math.ceil(done / every - 1e-9) * every - done) * second))
        common = {name: value for name, value in others[0].settings.items() if name not in ("begun", "first_examined")}
        common |= {"validated": 0.0, "decay": 1.0, "cooling": 0.0, "observing": 1.0}
        begun = Timeline(phases).duration
        length = math.ceil(float(self.examples) / float(self.interval)) * self._sampled
        measured = common | {"begun": begun, "learning_rate": self.standstill}
        phases.append(Phase("measured", length, measured))
        repeated = common | {"begun": begun + length, "learning_rate": 0.0, "repeating": 1.0}
        repeated["trained"] = float(self.repeated_images)
        shown = float(self.repeated_images) * float(self.repetitions)
        return Timeline([*phases, Phase("repeated", shown * self.presentation, repeated)])

    def recording(self, circuit: Circuit) -> Recording:
        """All weights that learn, at every interval."""
        learned = tuple(p.name for p in circuit.projections if p.plasticity)
        synapses = max(
            circuit.population(str(p.source)).n * circuit.population(p.target).n for p in circuit.projections
        )
        return Recording(spikes="none", statistics=self._sampled, states=self._sampled, weights=learned, cells=synapses)

    def metrics(self, result: Result) -> Mapping[str, Metric | Curve]:
        """For every area, over numbers of examples and in degrees: ``AREA.angle_REFERENCE``.

        References are those of `burstnet.models.burstccn_deep_twin.Twin.drives`. ``AREA.fa_to_bp`` is the angle between the
        twin's own two gradients for all examples, ``AREA.snr`` the `signal_to_noise` of burst probability less its baseline,
        ``AREA.error_correlation`` how its mean over repetitions correlates with the twin's, over images and cells;
        ``test.error`` says how much was learned by then.
        """
        every = [self._of_seed(result, seed) for seed in result.seeds]
        numbers = np.array(self._numbers(), dtype=float)
        found: dict[str, Metric | Curve] = {}
        if "test" in result.phases:
            tested = [examined(result, seed).between(*result.phases["test"]) for seed in result.seeds]
            found["test.error"] = Metric("1", np.array([a.wrong.mean() if len(a.label) else np.nan for a in tested]))
        for name in every[0]:
            values = np.stack([np.asarray(one[name]) for one in every])
            curve = values.ndim == 2
            unit = "1" if name.endswith(("snr", "correlation")) else "degree"
            found[name] = Curve(unit, values, "examples", numbers) if curve else Metric(unit, values)
        return found

    def _numbers(self) -> list[int]:
        return example_numbers(int(self.examples), int(self.interval))

    def _of_seed(self, result: Result, seed: int) -> dict[str, Any]:
        """All metrics of a seed; curves as arrays."""
        twin, pixels, right = twin_of(result, seed), *_shown(result, seed)
        count = math.ceil(float(self.examples) / float(self.interval)) * int(self.interval)
        changes = self._changes(result, seed)
        activity = twin.activity(pixels[:count])
        below = [pixels[:count], *activity.events[:-1]]
        found: dict[str, Any] = {}
        totals = {}
        for reference in REFERENCES:
            drives = twin.drives(reference, activity, right[:count])
            for k, area in enumerate(list(result.populations)[1:]):
                if reference == "other_feedback" and area == "output":
                    continue
                wanted = summed_changes(drives[k], below[k], int(self.interval))
                totals[area, reference] = wanted.sum(axis=0)
                found[f"{area}.angle_{reference}"] = angles_over_examples(
                    changes[k], wanted, int(self.interval), self._numbers()
                )
        for area in list(result.populations)[1:]:
            found[f"{area}.fa_to_bp"] = float(angle(totals[area, "fa"], totals[area, "bp"]))
        return found | self._noise(result, seed, twin, pixels[count:], right[count:])

    def _changes(self, result: Result, seed: int) -> list[np.ndarray]:
        """Changes of weights in each interval, (intervals, inputs, cells), area by area."""
        start, stop = result.phases["measured"]
        every, k = float(self._sampled), result.seeds.index(seed)
        time = np.rint(result.data["state_time"].values / every).astype(int)
        here = (time >= round(start / every)) & (time <= round(stop / every))
        sizes = list(result.populations.values())
        found = []
        for layer, (m, n) in enumerate(zip(sizes[:-1], sizes[1:], strict=True), start=1):
            weights = result.data[f"W{layer}_weight"].values[k, here]
            found.append(np.diff(weights, axis=0).reshape(-1, m, n))
        return found

    def _noise(self, result: Result, seed: int, twin: Twin, pixels: np.ndarray, right: np.ndarray) -> dict[str, float]:
        """Signal and noise of each area's errors over repeated images."""
        image = np.unique(pixels, axis=0, return_inverse=True)[1].ravel()
        wanted = twin.deviations(twin.activity(pixels), right)
        found = {}
        for k, area in enumerate(list(result.populations)[1:]):
            errors = _rows(result, seed, f"{area}_account", "error", result.populations[area])
            found[f"{area}.snr"] = signal_to_noise(errors, image)
            means = [np.stack([x[image == one].mean(axis=0) for one in np.unique(image)]) for x in (errors, wanted[k])]
            vary = all(np.ptp(x) > 0 for x in means)
            r = np.corrcoef(means[0].ravel(), means[1].ravel())[0, 1] if vary else np.nan
            found[f"{area}.error_correlation"] = float(r)
        return found


def _rows(result: Result, seed: int, monitor: str, variable: str, cells: int) -> np.ndarray:
    """What the cells reported at the end of each presentation, shape (presentations, cells)."""
    k, numbers = result.seeds.index(seed), result.data[f"{monitor}_number"].values
    here = slice(int(numbers[:k].sum()), int(numbers[: k + 1].sum()))
    return np.asarray(result.data[f"{monitor}_{variable}"].values[here].reshape(-1, cells))


def _shown(result: Result, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixels and the right output cell of every presentation while nothing changed."""
    names = list(result.populations)
    return (
        _rows(result, seed, "shown", "pixel", result.populations[names[0]]),
        _rows(result, seed, "told", "right", result.populations[names[-1]]),
    )


def _figure(result: Result) -> Any:
    from burstnet.plots.gradient_alignment import draw_gradient_alignment

    declared, about = GradientAlignment.declared(), result.about["parameters"]
    found = GradientAlignment(**{n: parse_quantity(about[n], p.value, name=n) for n, p in declared.items()}).metrics(
        result
    )
    areas = list(result.populations)[1:]
    angles = {
        area: {r: c.per_seed for r in REFERENCES if (c := found.get(f"{area}.angle_{r}")) is not None} for area in areas
    }
    numbers = next(metric.at for metric in found.values() if isinstance(metric, Curve))
    return draw_gradient_alignment(numbers, angles, {area: found[f"{area}.snr"].per_seed for area in areas})


def _build(structure: Mapping[str, Any]) -> Circuit:
    """The network of `classify`, which reports what it was shown."""
    return observed(network(structure))


EXPERIMENT = Classification(
    name=GradientAlignment.NAME,
    title=GradientAlignment.TITLE,
    citation=burstccn.CITATION,
    protocol=GradientAlignment,
    build=_build,
    structure=STRUCTURE,
    figure="burstnet.protocols.gradient_alignment:_figure",
    headline=(
        "test.error",
        *(f"{area}.{what}" for area in ("hidden1", "output") for what in ("snr", "angle_rule", "angle_fa", "angle_bp")),
    ),
)
