"""A feedforward network with burst and event feedback, in rates: weights, activity, apical potentials. Imports errors.

Batches are rows. Layer ``l`` of the network goes from area ``l`` to area ``l + 1``, where area 0 is the image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import expit

from burstnet.errors import unknown_name

__all__ = ["FEEDBACKS", "Activity", "Intact", "Network", "apical", "forward", "new_network"]

#: How feedback weights are made, and what becomes of them.
FEEDBACKS = ("tied", "symmetric", "random", "kolen-pollack", "online-y", "online-q", "uncancelled")
#: Feedbacks whose burst weights are copies of the forward weights, for ever or at first.
COPIES = ("tied", "symmetric")
#: Feedbacks whose event weights do not cancel the burst weights at first.
APART = ("online-q", "uncancelled")


@dataclass(eq=False)
class Network:
    """Weights of every layer.

    Attributes
    ----------
    weights : list of ndarray, shape (area above, area below)
        Forward, W.
    biases : list of ndarray, shape (area above,)
    bursts, events : list of ndarray, shape (area above, area below)
        Feedback Y and Q into every hidden area, lowest first; one fewer than forward weights.
    feedback : str
        One of `FEEDBACKS`.
    baseline : float
        Burst probability without an error, p_b.
    """

    weights: list[np.ndarray]
    biases: list[np.ndarray]
    bursts: list[np.ndarray]
    events: list[np.ndarray]
    feedback: str
    baseline: float

    def tie(self) -> None:
        """Copy forward weights into the feedback, where it is tied."""
        if self.feedback == "tied":
            self.bursts = [w.copy() for w in self.weights[1:]]
            self.events = [-self.baseline * w for w in self.weights[1:]]


@dataclass(frozen=True, eq=False)
class Intact:
    """What lesions leave of areas and feedback; factors that are broadcast over a batch, nothing is lesioned by default.

    Attributes
    ----------
    rates : sequence of float or ndarray, shape (cells,)
        Of the events of every area above the image.
    bursts, events : sequence of float or ndarray, shape (cells,)
        Of the feedback into every hidden area.
    """

    rates: Sequence[float | np.ndarray] = ()
    bursts: Sequence[float | np.ndarray] = ()
    events: Sequence[float | np.ndarray] = ()


@dataclass(frozen=True, eq=False)
class Activity:
    """What a batch evokes.

    Attributes
    ----------
    inputs : list of ndarray, shape (batch, area below)
        What each layer is given, with noise if there is any.
    potentials, events : list of ndarray, shape (batch, area above)
        Somatic potentials and event rates.
    intact : Intact
    """

    inputs: list[np.ndarray]
    potentials: list[np.ndarray]
    events: list[np.ndarray]
    intact: Intact = field(default_factory=Intact)


def new_network(
    sizes: Sequence[int],
    rng: np.random.Generator,
    feedback: str = "tied",
    *,
    baseline: float = 0.5,
    forward_gain: float = 3.6,
    burst_gain: float = 1.5,
    event_gain: float = 1.0,
) -> Network:
    """A network before learning.

    Parameters
    ----------
    sizes : sequence of int
        Cells of every area, the image first.
    rng : numpy.random.Generator
        Numbers are drawn in the same order whatever the feedback.
    feedback : str
        One of `FEEDBACKS`. "tied": Y = W and Q = -p_b Y at all times; "symmetric": at first; the others have a random Y. Q
        cancels it at first except in "online-q", where it learns to, and "uncancelled", where it never does.
    baseline : float
        p_b.
    forward_gain, burst_gain, event_gain : float
        Weights are normal with the Xavier standard deviation times a gain: forward's, and for random feedback the product of
        forward's with bursts', or with p_b and events'.

    Returns
    -------
    Network
        In single precision.

    Raises
    ------
    ArgumentError
        If the feedback is not known.
    """
    if feedback not in FEEDBACKS:
        raise unknown_name("feedback", feedback, FEEDBACKS)

    def drawn(above: int, below: int, gain: float) -> np.ndarray:
        deviation = gain * np.sqrt(2 / (above + below))
        return np.float32(deviation) * rng.standard_normal((above, below), dtype=np.float32)

    pairs = list(zip(sizes[1:], sizes[:-1], strict=True))
    weights = [drawn(*pair, forward_gain) for pair in pairs]
    bursts = [drawn(*pair, forward_gain * burst_gain) for pair in pairs[1:]]
    apart = [drawn(*pair, forward_gain * event_gain * baseline) for pair in pairs[1:]]
    if feedback in COPIES:
        bursts = [w.copy() for w in weights[1:]]
    events = apart if feedback in APART else [-baseline * y for y in bursts]
    biases = [np.zeros(above, dtype=np.float32) for above, _ in pairs]
    return Network(weights, biases, bursts, events, feedback, baseline)


def forward(
    network: Network,
    images: np.ndarray,
    intact: Intact | None = None,
    *,
    noise: float = 0.0,
    rng: np.random.Generator | None = None,
    perturbation: Sequence[np.ndarray] = (),
) -> Activity:
    """Event rates of every area, z = W e + c and e = sigmoid(z).

    Parameters
    ----------
    network : Network
    images : ndarray, shape (batch, pixels)
    intact : Intact, optional
    noise : float
        Standard deviation of what is added to the input of every layer, the image too.
    rng : numpy.random.Generator, optional
        For the noise.
    perturbation : sequence of ndarray, shape (batch, area above)
        Added to the potentials of every layer, for node perturbation.
    """
    intact = intact or Intact()
    found = Activity([], [], [], intact)
    below = images
    for k, (w, c) in enumerate(zip(network.weights, network.biases, strict=True)):
        if noise and rng is not None:
            below = below + np.float32(noise) * rng.standard_normal(below.shape, dtype=np.float32)
        z = below @ w.T + c
        if perturbation:
            z = z + perturbation[k]
        e = expit(z)
        if intact.rates:
            e = e * intact.rates[k]
        found.inputs.append(below)
        found.potentials.append(z)
        found.events.append(e)
        below = e
    return found


def apical(network: Network, hidden: int, bursts: np.ndarray, events: np.ndarray, intact: Intact) -> np.ndarray:
    """Apical potential of a hidden area, u = b Y + e Q, from bursts and events of the area above.

    Parameters
    ----------
    network : Network
    hidden : int
        Number of the hidden area, the lowest is 0.
    bursts, events : ndarray, shape (batch, area above)
    intact : Intact

    Returns
    -------
    ndarray, shape (batch, cells)
    """
    y, q = bursts @ network.bursts[hidden], events @ network.events[hidden]
    if intact.bursts:
        y = y * intact.bursts[hidden]
    if intact.events:
        q = q * intact.events[hidden]
    return np.asarray(y + q)
