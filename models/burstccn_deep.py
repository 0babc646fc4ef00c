"""A deep spiking BurstCCN that classifies images: errors reach every area as bursts of single neurons, in one phase.

Every unit is one neuron. Images, labels, their order, teacher and learning are equations of the circuit, so that all epochs
run inside the compiled program. The network is our own; what it is made of is BurstCCN's.

References
----------
Greedy, Zhu, Pemberton, Mellor & Costa (2022). Single-phase deep learning in cortico-cortical networks. NeurIPS 35.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from brian2 import EventMonitor, TimedArray
from brian2.units import ms, second
from brian2.units.fundamentalunits import Quantity

from burstnet.cells.fragment import ParameterSet, parameter
from burstnet.cells.sigmoidal import SigmoidalParameters, hidden_cell, input_cell, output_cell
from burstnet.circuit import Circuit, Population, Projection
from burstnet.control import Knob, Readout, Signal
from burstnet.datasets import CLASSES, IMAGES, image_set
from burstnet.errors import ArgumentError, unknown_name
from burstnet.objects import Brian2Objects
from burstnet.plasticity import BurstDependent, KolenPollack
from burstnet.shuffles import shuffled

__all__ = ["FEEDBACKS", "DeepParameters", "Pictures", "circuit", "pictures"]

_OURS = "burstnet, after Greedy et al. 2022"
_DT = 1 * ms
#: What becomes of feedback weights: they stay as they were drawn, or learn to be those that go up.
FEEDBACKS = ("random", "kolen-pollack")
#: No weight comes near it.
_UNBOUNDED = 1e6


@dataclass(frozen=True, kw_only=True)
class DeepParameters(ParameterSet):
    """Parameters of the network around the cells.

    Initial weights between populations of m and n cells are normal numbers of standard deviation ``gain*sqrt(2/(m + n))``;
    those from the input are divided by the standard deviation of a pixel.
    """

    eta: Quantity = parameter(0.003, "learning rate of every weight and bias", _OURS)
    gain: Quantity = parameter(2.7, "of initial forward weights", _OURS)
    feedback_weight: Quantity = parameter(2.7, "gain of initial feedback weights, which are random", _OURS)
    feedback_gain: Quantity = parameter(32.0, "of dendritic feedback on the logit of burst probability", _OURS)
    teacher_gain: Quantity = parameter(8.0, "of the teacher on the logit of burst probability", _OURS)
    target_high: Quantity = parameter(0.8, "wanted activity of the right class", _OURS)
    target_low: Quantity = parameter(0.25, "wanted activity of other classes", _OURS)
    weight_decay: Quantity = parameter(
        1e-5,
        "with Kolen-Pollack feedback: part of weights above the lowest area that an event of the upper cell takes away while they learn",
        _OURS,
    )


@dataclass(frozen=True, eq=False)
class Pictures:
    """Images as the network is shown them, those for testing after those for training.

    Attributes
    ----------
    pixels : ndarray, shape (images, pixels)
        From 0 to 1.
    label : ndarray of int, shape (images,)
    training : int
        How many are for training; the others are for testing.
    """

    pixels: np.ndarray
    label: np.ndarray
    training: int

    @property
    def testing(self) -> int:
        """How many are for testing."""
        return len(self.pixels) - self.training

    @property
    def mean(self) -> float:
        """Of all pixels of images for training."""
        return float(self.pixels[: self.training].mean())

    @property
    def deviation(self) -> float:
        """Standard deviation of all pixels of images for training."""
        return float(self.pixels[: self.training].std())


def pictures(data: str = "digits") -> Pictures:
    """The images of a name or a file, with pixels from 0 to 1.

    Parameters
    ----------
    data : str
        ``digits``, ``mnist`` or another name of `burstnet.datasets.IMAGES`, or an ``.npz`` file, see
        `burstnet.datasets.image_set`.
    """
    found = image_set(data) if data in IMAGES else image_set("digits", str(Path(data).absolute()))
    pixels = np.concatenate([found.train, found.test]).astype(float)
    least, most = float(found.train.min()), float(found.train.max())
    scaled = np.round(np.clip((pixels - least) / (most - least), 0, 1), 6)
    return Pictures(scaled, np.concatenate([found.train_label, found.test_label]), len(found.train))


def circuit(
    images: Pictures | None = None,
    hidden: Sequence[int] = (100,),
    *,
    feedback: str = "random",
    parameters: DeepParameters | None = None,
    cells: SigmoidalParameters | None = None,
    own_rate: str = "membrane",
    burst_delay: Quantity | None = None,
    event_delay: Quantity | None = None,
    lesion_slots: int = 4,
) -> Circuit:
    """The network.

    Parameters
    ----------
    images : Pictures, optional
        The digits that scikit-learn brings by default.
    hidden : sequence of int
        Sizes of the hidden areas, the lowest first.
    feedback : {"random", "kolen-pollack"}
        Whether feedback weights stay, or learn by `burstnet.plasticity.KolenPollack` and decay as forward weights then do.
    parameters : DeepParameters, optional
    cells : SigmoidalParameters, optional
    own_rate : str
        What cells know their own activity from, see `burstnet.cells.sigmoidal.hidden_cell`.
    burst_delay : Quantity [ms], optional
        From an event to the second spike of its burst; a mark on the event by default.
    event_delay : Quantity [ms], optional
        Of the events that Q carries; with that of bursts, they arrive together and cancel from step to step.
    lesion_slots : int
        Windows of lesions, see `burstnet.Circuit`.

    Notes
    -----
    Populations are ``input``, ``hidden1``, ``hidden2`` ... and ``output``. ``W1`` leads from the input to the lowest area,
    the last W to the output; ``Yk`` carries bursts and ``Qk`` events back along ``Wk``, with the same random weights, Q
    times minus the burst probability at rest. Both learn alike where they learn.

    The knobs are times and numbers of images, see `burstnet.protocols.classify.Classify`, which sets them.
    """
    if not len(hidden) or any(isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1 for n in hidden):
        raise ArgumentError(f"hidden={hidden!r} is not allowed; give the size of at least one area, each at least 1.")
    if feedback not in FEEDBACKS:
        raise unknown_name("feedback", feedback, FEEDBACKS)
    shown = images or pictures()
    p, c = parameters or DeepParameters(), cells or SigmoidalParameters()
    names = ["input", *(f"hidden{k}" for k in range(1, len(hidden) + 1)), "output"]
    sizes = [shown.pixels.shape[1], *map(int, hidden), CLASSES]
    populations = _populations(names, sizes, shown, p, c, {"own_rate": own_rate, "burst_delay": burst_delay})
    projections = []
    for k, (low, high) in enumerate(zip(names, names[1:], strict=False), start=1):
        m, n = sizes[k - 1], sizes[k]
        spread = (2 / (m + n)) ** 0.5
        decay = float(p.weight_decay) if feedback == "kolen-pollack" and k > 1 else 0.0
        learned: dict[str, Any] = {
            "eta": p.eta / ms,
            "p_b": float(c.p_b),
            "w_min": -_UNBOUNDED,
            "w_max": _UNBOUNDED,
            "learning": "learning",
            "trace": "trace",
            "decay": decay,
        }
        rule = BurstDependent(**learned)
        forward = float(p.gain) * spread / (shown.deviation if k == 1 else 1.0)
        projections.append(Projection(f"W{k}", low, high, weight=0.0, spread=forward, plasticity=rule))
        if k > 1:
            back: dict[str, Any] = {"source": high, "target": low, "port": "dendrite", "weight": 0.0}
            back["plasticity"] = KolenPollack(**learned) if feedback == "kolen-pollack" else None
            spread *= float(p.feedback_weight)
            projections.append(Projection(f"Y{k}", **back, on="burst", spread=spread))
            projections.append(
                Projection(
                    f"Q{k}",
                    **back,
                    on="event",
                    spread=spread,
                    like=f"Y{k}",
                    scale=-float(c.p_b),
                    delay=event_delay or 0 * ms,
                )
            )
    knobs, signals = _schedule(shown)
    return Circuit(
        tuple(populations), tuple(projections), knobs, signals, _DT, lesion_slots=lesion_slots, beside=(_answers,)
    )


def _populations(
    names: Sequence[str],
    sizes: Sequence[int],
    shown: Pictures,
    p: DeepParameters,
    c: SigmoidalParameters,
    variant: Mapping[str, Any],
) -> list[Population]:
    grey = np.full((1, sizes[0]), shown.mean)
    table = TimedArray(np.concatenate([grey, shown.pixels]), dt=_DT, name="images")
    cell = input_cell("visible*images(row*dt, i)", c, {"images": table})
    found = [Population(names[0], sizes[0], cell, reads=("visible", "row"))]
    for name, n in zip(names[1:-1], sizes[1:-1], strict=True):
        # upper areas are not centred: their input is already around one half
        hidden = hidden_cell(c, p.feedback_gain, **variant)
        hidden = hidden.with_parameters(bias_rate=p.eta, centred=float(name == names[1]))
        found.append(
            Population(name, n, hidden, reads=("learning", "centring"), readout=Readout(10 * second, float(c.p_b)))
        )
    top = output_cell(c, p.teacher_gain, p.target_high, p.target_low, **variant).with_parameters(bias_rate=p.eta)
    reads = ("learning", "centring", "taught", "label", "counting", "reporting", "beginning")
    found.append(Population(names[-1], sizes[-1], top, reads=reads, readout=Readout(10 * second, float(c.p_b))))
    return found


def _schedule(shown: Pictures) -> tuple[tuple[Knob, ...], tuple[Signal, ...]]:
    """Which image is shown, when it is taught and when the answer is counted.

    ``training`` and ``testing`` are set by phases. An epoch of training shows every image for training once in an order of
    its own, then those for validation, without teacher; a test shows those for testing.
    """
    knobs = (
        Knob("training", 0.0),
        Knob("testing", 0.0),
        Knob("begun", 0 * second),
        Knob("centred_in", 0 * second),
        Knob("trained", float(shown.training)),
        Knob("validated", 0.0),
        Knob("first_examined", float(shown.training)),
        Knob("presentation", 300 * ms),
        Knob("blank", 0 * ms),
        Knob("teacher_from", 100 * ms),
        Knob("teacher_until", 300 * ms),
        Knob("examination", 300 * ms),
        Knob("count_from", 80 * ms),
        Knob("decay", 0.95),
        Knob("cooling", 0.0),
        Knob("learning_rate", 1.0),
        Knob("labels_shuffled", 0.0),
    )
    labels = TimedArray(np.concatenate([[-1], shown.label]).astype(float), dt=_DT, name="labels")

    def steps(time: str) -> str:
        return f"floor({time}/dt + 0.5)"

    def whole(of: str, by: str) -> str:
        """The quotient, whatever a compiler makes of the division; both are whole."""
        return f"floor(({of} + 0.5)/({by}))"

    expressions = {
        "now": f"control_step - {steps('begun')}",
        "shown_steps": steps("presentation"),
        "examined_steps": steps("examination"),
        "epoch_steps": "clip(trained*shown_steps + validated*examined_steps, 1, inf)",
        "epoch": f"training*{whole('now', 'epoch_steps')}",
        "in_epoch": "now - epoch*epoch_steps",
        "examined": "clip(testing + training*int(in_epoch >= trained*shown_steps), 0, 1)",
        "in_part": "in_epoch - training*examined*trained*shown_steps",
        "length": "examined*examined_steps + (1 - examined)*shown_steps",
        "place": whole("in_part", "length"),
        "elapsed": "in_part - place*length",
        "active": "clip(training + testing, 0, 1)",
        "image": "examined*(first_examined + place) + (1 - examined)*shuffled(place, trained, run_seed, epoch)",
        "row": "active*(1 + image)",
        # a permutation of its own that stays: no epoch has the number
        "label_row": "row + labels_shuffled*training*(1 - examined)*(shuffled(image, trained, run_seed, 1000003.0) - image)",
        "label": "labels(label_row*dt)",
        "visible": f"1 - training*(1 - examined)*int(elapsed >= length - {steps('blank')})",
        "taught": f"training*(1 - examined)*int(elapsed >= {steps('teacher_from')})*int(elapsed < {steps('teacher_until')})*visible",
        "learning": "taught*learning_rate*decay**epoch/(1 + cooling*now/epoch_steps)",
        "counting": f"active*examined*int(elapsed >= {steps('count_from')})",
        "reporting": "active*examined*int(elapsed >= length - 1)",
        "beginning": "int(elapsed < 0.5)",
        "centring": f"(1 - active)*int(now >= {steps('centred_in')})*int(now < 2*{steps('centred_in')})/clip({steps('centred_in')}, 1, inf)",
    }
    uses = {"image": {"shuffled": shuffled}, "label_row": {"shuffled": shuffled}, "label": {"labels": labels}}
    return knobs, tuple(Signal(name, text, namespace=uses.get(name, {})) for name, text in expressions.items())


def _answers(objects: Brian2Objects) -> list[EventMonitor]:
    """How many events each output cell had in an image that was examined, and whether its class was the right one."""
    output = objects.populations["output"]
    return [EventMonitor(output, "reported", variables=["counted", "right"], name="answers")]
