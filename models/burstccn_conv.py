"""BurstCCN in convolutional networks and on GPUs: areas of shared weights that learn to classify images, in torch.

What an epoch of training is, what lesions reach, and what is scored after it, as in `burstnet.models.burstccn_rate`. Imports
shapes, images, and the interface of rate models; its training, and so torch, when it runs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from brian2.units.fundamentalunits import Quantity

from burstnet.cells.fragment import ParameterSet, parameter
from burstnet.datasets import IMAGES, ImageSet
from burstnet.errors import ArgumentError
from burstnet.experiment import Choice, Whole, Written
from burstnet.models.burstccn_conv_shapes import TOGETHER, Stage, convolutions, dense_areas, stages
from burstnet.models.burstccn_rate import CITATION, SCORES, published_network
from burstnet.models.burstccn_rate_images import CreditNetwork
from burstnet.models.burstccn_rate_network import FEEDBACKS
from burstnet.rate_model import RateRun, Recorded

if TYPE_CHECKING:
    from burstnet.models.burstccn_conv_network import ConvNetwork
    from burstnet.models.burstccn_conv_training import Training

__all__ = ["CITATION", "STRUCTURE", "BurstCCNConv", "ConvParameters", "published_conv_network", "torch_device"]

_SOURCE = "BurstCCN, published code of 2026, CIFAR-10 settings"
_OURS = "burstnet"
#: Of `burstnet.models.burstccn_conv_rules.RULES`, which needs torch.
_RULES = ("burstccn", "backprop", "feedback-alignment", "burstprop", "node-perturbation")
_DEVICES = ("auto", "cpu", "cuda")
#: Convolutional and dense areas of every set of images, where nothing else is asked for; CIFAR-10's are the published ones.
_AREAS = {
    "digits": ("16x3,32x3", "100"),
    "mnist": ("32x5/2,64x5/2", "500"),
    "fashion-mnist": ("32x5/2,64x5/2", "500"),
    "cifar10": ("64x5/2,128x5/2,256x3", "1500"),
}
#: Steps that do well on images kept for validation, and the published numbers of CIFAR-10.
_NUMBERS: dict[str, dict[str, float]] = {
    "digits": {"learning_rate": 0.1},
    "mnist": {"learning_rate": 0.03},
    "fashion-mnist": {"learning_rate": 0.03},
    "cifar10": {"learning_rate": 1e-3, "shift": 4.0, "flip": 1.0},
}
#: Decay with which Kolen-Pollack feedback turns to forward weights in the epochs that there are.
_TURNING = {"digits": 3e-3, "mnist": 1e-3, "fashion-mnist": 1e-3, "cifar10": 1e-4}
#: Shape of their images, so that a network can be described where the images are not.
_IMAGE = {"digits": (1, 8, 8), "mnist": (1, 28, 28), "fashion-mnist": (1, 28, 28), "cifar10": (3, 32, 32)}
_TRAINING = {"digits": 1437}


@dataclass(frozen=True)
class ConvParameters(ParameterSet):
    """Numbers of the network and of its learning."""

    learning_rate: Quantity = parameter(0.1, "step of forward weights; images but digits have their own", _OURS)
    momentum: Quantity = parameter(0.9, "part of a step that is taken again in the next", _SOURCE)
    weight_decay: Quantity = parameter(
        1e-4, "decay of weights and biases; more with Kolen-Pollack feedback, but for CIFAR-10", _SOURCE
    )
    warmup: Quantity = parameter(2.0, "epochs in which the step rises; none if training is no longer", _SOURCE)
    smoothing: Quantity = parameter(0.05, "part of the target that all classes share", _SOURCE)
    shift: Quantity = parameter(0.0, "pixels by which images are moved at random (published for CIFAR-10 4)", _OURS)
    flip: Quantity = parameter(0.0, "1: half of the images, at random, are mirrored (published for CIFAR-10)", _OURS)
    forward_gain: Quantity = parameter(1.0, "gain of forward weights before learning", _SOURCE)
    burst_gain: Quantity = parameter(1.0, "gain of random burst feedback, times that of forward weights", _SOURCE)
    event_gain: Quantity = parameter(1.0, "gain of event feedback that does not cancel, times p_b", _OURS)
    baseline: Quantity = parameter(0.5, "burst probability without an error", _SOURCE, positive=True)
    teacher: Quantity = parameter(0.1, "error scale of the output area", _SOURCE, positive=True)
    feedback_scale: Quantity = parameter(1.0, "factor of apical potentials", _SOURCE, positive=True)
    top_feedback_scale: Quantity = parameter(10.0, "the same in the highest hidden area", _SOURCE, positive=True)
    output_shift: Quantity = parameter(1.0, "rate that is added to a softmax and its target", _SOURCE)
    gate: Quantity = parameter(0.0, "dendrites of rectified cells pass events times this, up to 1; 0: all", _SOURCE)
    burst_rate: Quantity = parameter(4e-3, "step of burst feedback that learns to cancel", _SOURCE)
    event_rate: Quantity = parameter(5e-3, "step of event feedback that learns to cancel", _OURS)
    noise: Quantity = parameter(0.0, "standard deviation of noise on every input while learning", _SOURCE)
    perturbation: Quantity = parameter(0.1, "standard deviation of perturbed potentials", _SOURCE, positive=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.declared():
            if float(getattr(self, name)) < 0:
                raise ArgumentError(f"{name}={float(getattr(self, name)):g} is not allowed; it is at least 0.")
        for name in ("baseline", "momentum", "smoothing"):
            if not float(getattr(self, name)) < 1:
                least = "above 0" if name == "baseline" else "at least 0"
                raise ArgumentError(f"{name}={float(getattr(self, name)):g} is not allowed; it is {least} and below 1.")
        for name, most in (("shift", math.inf), ("flip", 1)):
            value = float(getattr(self, name))
            if value != round(value) or value > most:
                allowed = "0 or 1" if name == "flip" else "a whole number of pixels"
                raise ArgumentError(f"{name}={value:g} is not allowed; it is {allowed}.")


def _areas(text: str, name: str) -> str:
    """Areas as they are written, if they can be read; "own" are those that belong to the images."""
    if text != "own":
        (convolutions if name == "convolutions" else dense_areas)(text)
    return text


#: Settings of the network that are fixed when it is made.
STRUCTURE: dict[str, Any] = {
    "images": Choice("digits", "what is classified; all but digits from files of your own", IMAGES),
    "rule": Choice("burstccn", "how errors reach hidden areas", _RULES),
    "feedback": Choice("own", "weights of the feedback; tied, random for feedback-alignment", ("own", *FEEDBACKS)),
    "units": Choice("rectified", "cells of hidden areas, and a softmax or sigmoids above", ("rectified", "sigmoid")),
    "convolutions": Written(
        "own", "CHANNELSxKERNEL/STRIDE of each area from the image up, such as 64x5/2,128x3; none", _areas
    ),
    "dense": Written("own", "cells of each hidden area above those, such as 500,100; none", _areas),
    "schedule": Choice(
        "own",
        "course of the steps after they have risen; cosine, constant with sigmoids",
        ("own", "cosine", "constant"),
    ),
    "branches": Whole(2, "apical branches whose potentials teach feedback online"),
    "batch": Whole(32, "images between two steps of learning"),
    "device": Choice("auto", "where it runs: a GPU if there is one", _DEVICES),
}


@dataclass(frozen=True, kw_only=True)
class BurstCCNConv(CreditNetwork):
    """Convolutional areas, dense ones and an output, which learn images epoch by epoch.

    Parameters
    ----------
    images : str
        See `burstnet.datasets.image_set`.
    rule : str
        A key of `burstnet.models.burstccn_conv_rules.RULES`.
    feedback : str
        "own" (tied, random for feedback alignment) or one of `burstnet.models.burstccn_rate_network.FEEDBACKS`.
    units : {"rectified", "sigmoid"}
        Rectified hidden cells over their root mean square, with a softmax and cross-entropy; or sigmoids with squared errors.
    convolutions, dense : str
        Hidden areas, see `burstnet.models.burstccn_conv_shapes`; "own" are those that belong to the images.
    schedule : {"own", "cosine", "constant"}
        Of the steps of learning; "own" is constant with sigmoids.
    branches : int
        Apical branches of every cell: as many groups of the channels, or cells, of the area above.
    batch : int
        Images between two steps of learning; the rest of an epoch's images is left out.
    device : {"auto", "cpu", "cuda"}
    parameters : ConvParameters
        Defaults are those of digits with rectified units; `published_conv_network` has those that belong to the rest.

    Raises
    ------
    ArgumentError
        If something is not allowed, or does not fit the rest.

    References
    ----------
    Greedy et al. (2022), and the published code of its successor (2026), whose settings for CIFAR-10 are those of images="cifar10".
    """

    images: str = "digits"
    rule: str = "burstccn"
    feedback: str = "own"
    units: str = "rectified"
    convolutions: str = "own"
    dense: str = "own"
    schedule: str = "own"
    branches: int = 2
    batch: int = 32
    device: str = "auto"
    parameters: ParameterSet = field(default_factory=ConvParameters)
    name = "burstccn_conv"
    scores = SCORES
    packages = ("numpy", "torch")

    def __post_init__(self) -> None:
        for name in ("images", "rule", "feedback", "units", "convolutions", "dense", "schedule", "device"):
            STRUCTURE[name].parse(getattr(self, name), name)
        for name in ("branches", "batch"):
            STRUCTURE[name].parse(str(getattr(self, name)), name)
        self.check_feedback()
        sizes = [stage.above[0] for stage in self.stages[1:]]
        fits = [n for n in range(1, max(sizes) + 1) if not any(size % min(size, n) for size in sizes)]
        if self.weight_mode in ("online-y", "online-q") and self.branches not in fits:
            raise ArgumentError(
                f"branches={self.branches} is not allowed; channels and cells of areas above others ({', '.join(map(str, sizes))}) are split evenly: {', '.join(map(str, fits))}."
            )

    @property
    def course(self) -> str:
        """The schedule, with that of the units filled in."""
        own = "constant" if self.units == "sigmoid" else "cosine"
        return own if self.schedule == "own" else self.schedule

    @property
    def stages(self) -> list[Stage]:
        """Every layer with the shapes of the areas at its ends."""
        own = _AREAS[self.images]
        written = self.convolutions if self.convolutions != "own" else own[0]
        above = self.dense if self.dense != "own" else own[1]
        return stages(_IMAGE[self.images], convolutions(written), dense_areas(above))

    @property
    def above(self) -> list[str]:
        """Names of all areas above the image, lowest first."""
        return [f"area{k + 1}" for k in range(len(self.stages) - 1)] + ["output"]

    @property
    def populations(self) -> dict[str, int]:
        """Cells of every area: those of all channels and places."""
        return {name: math.prod(stage.above) for name, stage in zip(self.above, self.stages, strict=True)}

    def session_s(self, protocol: Any) -> float:
        """Rough cost of an epoch on one core: as measured, in proportion to images and to products of an image."""
        products = sum(math.prod(stage.above[1:]) * math.prod(stage.shape) for stage in self.stages)
        return _TRAINING.get(self.images, 50_000) * (1e-4 + 1.5e-10 * products)

    def memory(self, protocol: Any) -> float:
        """Torch itself, images, weights with their feedback, steps and momentum, and rates of what is computed together."""
        images = 3 * 60_000 * (self.images != "digits") * math.prod(_IMAGE[self.images])
        weights = sum(math.prod(stage.shape) for stage in self.stages)
        rates = max(TOGETHER, self.batch) * sum(self.populations.values())
        return 6e8 + 4 * (images + 6 * weights + 4 * rates)

    def describe(self) -> dict[str, Any]:
        """See `RateModel.describe`; the device too, so that seeds of a study are all of one."""
        try:
            return super().describe() | self.computed_on()
        except ArgumentError:
            return super().describe()

    def computed_on(self) -> dict[str, str]:
        """The device, which "auto" leaves open."""
        return {"device": torch_device(self.device)}

    def check(self) -> None:
        """Whether torch, its GPU where one is asked for, and the images are there."""
        torch_device(self.device)
        super().check()

    def run(self, run: RateRun) -> dict[str, Recorded]:
        """See `ImageNetwork.run`; torch's settings and random numbers are afterwards what they were."""
        from burstnet.models.burstccn_conv_training import reproducible

        with reproducible():
            return super().run(run)

    def learner(self, run: RateRun, data: ImageSet) -> Training:
        """See `ImageNetwork.learner`.

        Raises
        ------
        ArgumentError
            If the images have another shape than they should, or none would be left where they are moved to.
        """
        if data.shape != _IMAGE[self.images]:
            raise ArgumentError(
                f"images={self.images!r} have the shape {data.shape} (channels, height, width); {_IMAGE[self.images]} is needed."
            )
        if float(run.parameters.shift) >= min(data.shape[1:]):
            raise ArgumentError(
                f"shift={float(run.parameters.shift):g} is not allowed; it is less than the {min(data.shape[1:])} pixels of a side."
            )
        from burstnet.models.burstccn_conv_training import OnDevice, Training

        return Training(self, run, OnDevice(data, torch_device(self.device)), self.new_network(run))

    def new_network(self, run: RateRun) -> ConvNetwork:
        """The network before learning, with this seed's weights."""
        from burstnet.models.burstccn_conv_network import new_network

        p = run.parameters
        return new_network(
            self.stages,
            run.random("weights"),
            self.weight_mode,
            self.units,
            baseline=float(p.baseline),
            forward_gain=float(p.forward_gain),
            burst_gain=float(p.burst_gain),
            event_gain=float(p.event_gain),
            device=torch_device(self.device),
        )


def torch_device(device: str = "auto") -> str:
    """Where torch computes: what is asked for, or with "auto" a GPU if there is one.

    Raises
    ------
    ArgumentError
        If torch is not installed, with the line that installs it, or there is no GPU where one is asked for.
    """
    try:
        import torch
    except ImportError:
        raise ArgumentError(
            "convolutional networks need torch; install it with: pip install 'burstnet[torch]', or use the protocol 'digits', whose networks are dense."
        ) from None
    there = torch.cuda.is_available()
    if device == "cuda" and not there:
        raise ArgumentError("device='cuda' is not allowed; torch finds no GPU here. Use 'cpu', or 'auto'.")
    return "cuda" if there and device != "cpu" else "cpu"


def published_conv_network(
    rule: str = "burstccn", feedback: str = "own", images: str = "digits", units: str = "rectified", **more: Any
) -> BurstCCNConv:
    """A network with the numbers that belong to its images, its units, its rule and its feedback.

    Parameters
    ----------
    rule, feedback, images, units : str
    **more
        Other arguments of `BurstCCNConv`.

    References
    ----------
    Published code of BurstCCN: with rectified units that for CIFAR-10, its areas, rate, augmentation and decay; with sigmoids the
    numbers of `burstnet.models.burstccn_rate.published_network`, with the published step for MNIST for all images but digits.
    """
    for name, text in (("rule", rule), ("feedback", feedback), ("images", images), ("units", units)):
        STRUCTURE[name].parse(text, name)
    own: dict[str, Any] = dict(_NUMBERS[images])
    if units == "sigmoid":
        dense = published_network(rule, feedback).parameters
        own = {name: getattr(dense, name) for name in ConvParameters.declared() if name in dense.declared()}
        own |= dict.fromkeys(("momentum", "warmup", "smoothing"), 0.0) | {"top_feedback_scale": 1.0}
        own |= {name: value for name, value in _NUMBERS[images].items() if name in ("shift", "flip")}
        if images != "digits" and rule != "node-perturbation":
            own["learning_rate"] = 0.15
    elif feedback == "kolen-pollack":
        own["weight_decay"] = _TURNING[images]
    if feedback in ("online-y", "online-q"):
        own["noise"] = 0.1
    parameters = ConvParameters(**own)
    return BurstCCNConv(rule=rule, feedback=feedback, images=images, units=units, parameters=parameters, **more)
