"""Convolutional networks with burst and event feedback, in torch: weights, activity, what is sent down. Imports errors and torch.

Batches come first. Layer ``l`` of the network goes from area ``l`` to area ``l + 1``, where area 0 is the image; it knows the
shapes of both, and is dense where its weights are a matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch.nn import functional
from torch.nn.grad import conv2d_input, conv2d_weight

from burstnet.errors import unknown_name
from burstnet.models.burstccn_conv_shapes import Stage
from burstnet.models.burstccn_rate_network import APART, COPIES, FEEDBACKS

__all__ = ["Activity", "ConvNetwork", "Intact", "Layer", "forward", "new_network", "rectified_slope", "rms_rectified"]

#: What keeps the root mean square of an area that is silent away from 0.
_SILENT = 1e-5


class Layer(Stage):
    """How one area is wired to the next, whatever the weights; see `burstnet.models.burstccn_conv_shapes.Stage`."""

    def up(self, events: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Potentials without biases, shape (batch, area above)."""
        if self.kernel:
            return functional.conv2d(events, weights, stride=self.stride)
        return events.flatten(1) @ weights.T

    def down(self, sent: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """What arrives below through weights of the same shape, each at the place that it reaches up from.

        Parameters
        ----------
        sent : Tensor, shape (batch, area above)
            Or some of its channels, and the weights of these.
        weights : Tensor
        """
        if self.kernel:
            return conv2d_input((len(sent), *self.below), weights, sent, stride=self.stride)
        return (sent @ weights).reshape(len(sent), *self.below)

    def product(self, above: torch.Tensor, below: torch.Tensor) -> torch.Tensor:
        """Products of what is above and below every weight: summed over places, mean over the batch."""
        above = above / len(above)  # which is smaller than the weights
        if self.kernel:
            return conv2d_weight(below, (above.shape[1], *self.shape[1:]), above, stride=self.stride)
        return above.T @ below.flatten(1)


@dataclass(eq=False)
class ConvNetwork:
    """Weights of every layer.

    Attributes
    ----------
    layers : list of Layer
    weights : list of Tensor
        Forward, W; each of the shape that its layer says.
    biases : list of Tensor, shape (cells or channels above,)
    bursts, own_events : list of Tensor
        Feedback Y and Q into every hidden area, lowest first, of the shapes of W above it. There is no Q of its own while it is
        -p_b Y; tied feedback is the forward weights themselves.
    feedback : str
        One of `burstnet.models.burstccn_rate_network.FEEDBACKS`.
    baseline : float
        Burst probability without an error, p_b.
    units : {"sigmoid", "rectified"}
        With an output of sigmoids, or a softmax.
    """

    layers: list[Layer]
    weights: list[torch.Tensor]
    biases: list[torch.Tensor]
    bursts: list[torch.Tensor]
    own_events: list[torch.Tensor]
    feedback: str
    baseline: float
    units: str

    @property
    def cancels(self) -> bool:
        """Whether event feedback is -p_b times burst feedback, to the last bit."""
        return not self.own_events

    @property
    def events(self) -> list[torch.Tensor]:
        """Event feedback Q, whether it is its own or follows from Y."""
        return self.own_events or [-self.baseline * y for y in self.bursts]

    def transported(self) -> ConvNetwork:
        """The same network whose bursts come down through the forward weights, as back-propagation's errors do."""
        return replace(self, bursts=self.weights[1:], own_events=[], feedback="tied")


@dataclass(frozen=True, eq=False)
class Intact:
    """What lesions leave of areas and feedback; nothing is lesioned by default.

    Attributes
    ----------
    rates : list of Tensor, shape of the area
        Of the events of every area above the image.
    bursts, events : list of Tensor, shape of the area
        Of the feedback into every hidden area.
    """

    rates: Sequence[torch.Tensor] = ()
    bursts: Sequence[torch.Tensor] = ()
    events: Sequence[torch.Tensor] = ()


@dataclass(frozen=True, eq=False)
class Activity:
    """What a batch evokes.

    Attributes
    ----------
    inputs : list of Tensor, shape (batch, area below)
        What each layer is given, with noise if there is any.
    potentials, events : list of Tensor, shape (batch, area above)
    scales : list of Tensor or None, shape (batch, 1, ...)
        By what rectified cells of a hidden area are multiplied, so that their mean square is 1.
    intact : Intact
    """

    inputs: list[torch.Tensor]
    potentials: list[torch.Tensor]
    events: list[torch.Tensor]
    scales: list[torch.Tensor | None]
    intact: Intact = field(default_factory=Intact)


def new_network(
    stages: Sequence[Stage],
    rng: np.random.Generator,
    feedback: str = "tied",
    units: str = "rectified",
    *,
    baseline: float = 0.5,
    forward_gain: float = 1.0,
    burst_gain: float = 1.0,
    event_gain: float = 1.0,
    device: str = "cpu",
) -> ConvNetwork:
    """A network before learning.

    Parameters
    ----------
    stages : sequence of Stage
        Every layer from the image up, see `burstnet.models.burstccn_conv_shapes.stages`.
    rng : numpy.random.Generator
        Numbers are those of `burstnet.models.burstccn_rate_network.new_network` where all layers are dense, on any device.
    feedback : str
        One of `burstnet.models.burstccn_rate_network.FEEDBACKS`.
    units : {"sigmoid", "rectified"}
    baseline : float
        p_b.
    forward_gain, burst_gain, event_gain : float
        Weights are normal. The standard deviation is a gain times Xavier's into sigmoids and the output, Kaiming's into
        rectified cells: forward's gain, and for random feedback the product of forward's with bursts', or with p_b and events'.
    device : str
        Of torch.

    Returns
    -------
    ConvNetwork
        In single precision.

    Raises
    ------
    ArgumentError
        If the feedback or the units are not known.
    """
    if feedback not in FEEDBACKS:
        raise unknown_name("feedback", feedback, FEEDBACKS)
    if units not in ("sigmoid", "rectified"):
        raise unknown_name("units", units, ("sigmoid", "rectified"))
    layers = [Layer(stage.below, stage.above, stage.kernel, stage.stride) for stage in stages]

    def drawn(k: int, gain: float) -> torch.Tensor:
        shape = layers[k].shape
        into, from_one = int(np.prod(shape[1:])), shape[0] * int(np.prod(shape[2:]))
        normal = units == "sigmoid" or k == len(layers) - 1
        deviation = gain * np.sqrt(2 / (into + from_one) if normal else 2 / into)
        numbers = np.float32(deviation) * rng.standard_normal(shape, dtype=np.float32)
        return torch.from_numpy(numbers).to(device)

    above = range(1, len(layers))
    weights = [drawn(k, forward_gain) for k in range(len(layers))]
    bursts = [drawn(k, forward_gain * burst_gain) for k in above]
    apart = [drawn(k, forward_gain * event_gain * baseline) for k in above]
    if feedback in COPIES:
        bursts = weights[1:] if feedback == "tied" else [w.clone() for w in weights[1:]]
    biases = [torch.zeros(layer.above[0], device=device) for layer in layers]
    events = apart if feedback in APART else []
    return ConvNetwork(layers, weights, biases, bursts, events, feedback, baseline, units)


def forward(
    network: ConvNetwork,
    images: torch.Tensor,
    intact: Intact | None = None,
    *,
    noise: float = 0.0,
    perturbation: Sequence[torch.Tensor] = (),
) -> Activity:
    """Event rates of every area, z = W e + c: sigmoid(z) everywhere, or z rectified and a softmax at the top.

    Parameters
    ----------
    network : ConvNetwork
    images : Tensor, shape (batch, channels, height, width)
    intact : Intact, optional
    noise : float
        Standard deviation of what is added to the input of every layer, the image too.
    perturbation : sequence of Tensor, shape (batch, area above)
        Added to the potentials of every layer, for node perturbation.
    """
    intact = intact or Intact()
    found = Activity([], [], [], [], intact)
    below, top = images, len(network.layers) - 1
    for k, (layer, w, c) in enumerate(zip(network.layers, network.weights, network.biases, strict=True)):
        if noise:
            below = below + noise * torch.randn_like(below)
        z = layer.up(below, w) + (c[:, None, None] if layer.kernel else c)
        if perturbation:
            z = z + perturbation[k]
        scale = None
        if network.units == "sigmoid":
            e = torch.sigmoid(z)
        elif k == top:
            e = torch.softmax(z, dim=1)
        else:
            # silent cells are no part of what the rest is divided by
            e, scale = rms_rectified(z * (intact.rates[k] != 0) if intact.rates else z)
        if intact.rates:
            e = e * intact.rates[k]
        found.inputs.append(below)
        found.potentials.append(z)
        found.events.append(e)
        found.scales.append(scale)
        below = e
    return found


def rms_rectified(potentials: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Rectified potentials over their root mean square in the whole area, and one over that.

    Returns
    -------
    events : Tensor, shape of the potentials
    scale : Tensor, shape (batch, 1, ...)

    References
    ----------
    Published code of BurstCCN (2026), CIFAR-10 and ImageNet.
    """
    active = torch.relu(potentials)
    scale = (active.square().mean(dim=tuple(range(1, active.ndim)), keepdim=True) + _SILENT).rsqrt()
    return active * scale, scale


def rectified_slope(
    events: torch.Tensor, scale: torch.Tensor, arriving: torch.Tensor, gate: float = 0.0
) -> torch.Tensor:
    """What arrives at the events of an area of rectified cells, as it changes with their potentials.

    Parameters
    ----------
    events, scale : Tensor
        As from `rms_rectified`.
    arriving : Tensor, shape of the events
        By how much events matter.
    gate : float
        Cells pass what arrives in proportion to their events, times this and up to 1; with 0 all that are active pass it all, as
        is exact.
    """
    together = (arriving * events).mean(dim=tuple(range(1, events.ndim)), keepdim=True)
    passed = (gate * events).clamp(max=1.0) if gate else events > 0
    return scale * (arriving - events * together) * passed
