"""Cortical areas whose cells either excite or inhibit: pyramidal cells, PV, NDNF, SST and VIP, in rates. Imports errors.

Batches are rows. Event and burst rates of one area feed the next one up and the one below; no weight is ever negative.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from burstnet.errors import ArgumentError

__all__ = [
    "INTERNEURONS",
    "Apical",
    "Area",
    "Feedback",
    "Spared",
    "apical",
    "bursting",
    "excite",
    "feedback_of",
    "new_area",
    "taught",
]

#: Interneurons of an area. PV cells inhibit somata, the others dendrites or each other.
INTERNEURONS = ("pv", "ndnf", "sst", "vip")


@dataclass(eq=False)
class Area:
    """Input weights of an area.

    Attributes
    ----------
    direct : ndarray, shape (cells, cells below)
        Excitation.
    inhibition : ndarray, shape (cells, cells below)
        From PV cells, one for every cell below, which follow it.
    bias : ndarray, shape (cells,)
    """

    direct: np.ndarray
    inhibition: np.ndarray
    bias: np.ndarray

    @property
    def weight(self) -> np.ndarray:
        """What both come to."""
        return self.direct - self.inhibition

    def learn(self, direct: np.ndarray, inhibition: np.ndarray, bias: np.ndarray) -> None:
        """Add to the weights; those that would turn negative end at zero."""
        self.direct = np.maximum(self.direct + direct, 0)
        self.inhibition = np.maximum(self.inhibition + inhibition, 0)
        self.bias = self.bias + bias


@dataclass(eq=False)
class Feedback:
    """Feedback into the apical dendrites of an area, from the area above it.

    SST and VIP cells come in two kinds: of the first, those in the first half, a cell hears positive parts of a component of the
    feedback directly and negative ones through its VIP cell; of the second kind it is the other way round.

    Attributes
    ----------
    event_direct : ndarray, shape (cells above, cells)
        From depressing synapses, which carry events.
    event_ndnf : ndarray, shape (cells above, cells)
        From NDNF cells, one for every cell above, which follow its events.
    to_sst, to_vip : ndarray, shape (cells above, sst)
        From facilitating synapses, which carry bursts. Every VIP cell inhibits one SST cell, with weight 1.
    from_sst : ndarray, shape (sst, cells)
    sst_drive : ndarray, shape (sst,)
        Constant, so that no SST cell falls silent.
    apical_drive : ndarray, shape (cells,)
        Constant input of the dendrites, against what SST cells do at rest.
    """

    event_direct: np.ndarray
    event_ndnf: np.ndarray
    to_sst: np.ndarray
    to_vip: np.ndarray
    from_sst: np.ndarray
    sst_drive: np.ndarray
    apical_drive: np.ndarray

    @property
    def bursts(self) -> np.ndarray:
        """Burst feedback that all this comes to, Y, shape (cells above, cells)."""
        return (self.to_vip - self.to_sst) @ self.from_sst

    @property
    def events(self) -> np.ndarray:
        """Event feedback that all this comes to, Q, shape (cells above, cells)."""
        return self.event_direct - self.event_ndnf


@dataclass(frozen=True, eq=False)
class Spared:
    """What lesions leave of the interneurons of an area, and what drives them.

    Parameters
    ----------
    gain : mapping of str to ndarray, shape (cells,)
        By which rates of that kind of cell are multiplied; 1 where there is none.
    drive : mapping of str to ndarray, shape (cells,)
        What is added to rates before that; 0 where there is none.
    """

    gain: Mapping[str, np.ndarray] = field(default_factory=dict)
    drive: Mapping[str, np.ndarray] = field(default_factory=dict)

    def rates(self, kind: str, rates: np.ndarray) -> np.ndarray:
        """Rates of that kind of cell; none but PV's, whose input may be less than its mean, is ever negative."""
        if kind in self.drive:
            rates = rates + self.drive[kind]
        if kind != "pv":
            rates = np.maximum(rates, 0)
        return rates * self.gain[kind] if kind in self.gain else rates


@dataclass(frozen=True, eq=False)
class Apical:
    """What a batch evokes in the feedback pathway of an area.

    Attributes
    ----------
    potential : ndarray, shape (batch, cells)
    sst : ndarray, shape (batch, sst)
    resting : ndarray, shape (batch, cells)
        The potential if all bursts above were at their baseline.
    """

    potential: np.ndarray
    sst: np.ndarray
    resting: np.ndarray


def new_area(weight: np.ndarray) -> Area:
    """An area whose excitation is the positive part of a weight, and whose inhibition the negative one."""
    return Area(np.maximum(weight, 0), np.maximum(-weight, 0), np.zeros(len(weight), weight.dtype))


def feedback_of(bursts: np.ndarray, baseline: float, rank: int | None = None) -> Feedback:
    """Interneurons and weights that make up a given burst feedback, and an event feedback that cancels it.

    Parameters
    ----------
    bursts : ndarray, shape (cells above, cells)
        Y.
    baseline : float
        Burst probability without an error, p_b: event feedback is -p_b times what `Feedback.bursts` gives.
    rank : int, optional
        SST cells of each kind. With fewer than there are cells above, the feedback is made of as many components of its
        singular value decomposition, and comes to the same norm.

    Raises
    ------
    ArgumentError
        If the rank is more than the number of cells above or below, or not at least 1.

    References
    ----------
    Published code of BurstCCN (2026).
    """
    above = len(bursts)
    rank = above if rank is None else rank
    if not 1 <= rank <= above:
        raise ArgumentError(f"rank={rank} is not allowed; it is from 1 to {above}, the cells of the area above.")
    if rank == above:
        first, second = np.eye(above, dtype=bursts.dtype), bursts
    else:
        left, singular, right = np.linalg.svd(bursts, full_matrices=False)
        root = np.sqrt(singular[:rank])
        first, second = left[:, :rank] * root, root[:, None] * right[:rank]
        norm = np.linalg.norm(first @ second)
        second = second * (np.linalg.norm(bursts) / (norm if norm > 0 else 1.0))
    positive, negative = np.maximum(first, 0), np.maximum(-first, 0)
    to_sst, to_vip = np.hstack([positive, negative]), np.hstack([negative, positive])
    from_sst = np.vstack([np.maximum(-second, 0), np.maximum(second, 0)])
    drive = np.maximum(to_vip - to_sst, 0).sum(axis=0)
    events = -baseline * ((to_vip - to_sst) @ from_sst)
    return Feedback(
        np.maximum(events, 0), np.maximum(-events, 0), to_sst, to_vip, from_sst, drive, drive @ from_sst
    )  # fmt: skip


def excite(area: Area, below: np.ndarray, spared: Spared | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Event rates of an area, and those of its PV cells.

    Parameters
    ----------
    area : Area
    below : ndarray, shape (batch, cells below)
    spared : Spared, optional

    Returns
    -------
    events : ndarray, shape (batch, cells)
    pv : ndarray, shape (batch, cells below)
    """
    pv = (spared or Spared()).rates("pv", below)
    return expit(below @ area.direct.T - pv @ area.inhibition.T + area.bias), pv


def apical(
    feedback: Feedback, bursts: np.ndarray, events: np.ndarray, baseline: float, spared: Spared | None = None
) -> Apical:
    """Apical potentials of an area, from bursts and events of the area above.

    Parameters
    ----------
    feedback : Feedback
    bursts, events : ndarray, shape (batch, cells above)
    baseline : float
    spared : Spared, optional
    """
    spared = spared or Spared()
    ndnf = spared.rates("ndnf", events)
    by_events = events @ feedback.event_direct - ndnf @ feedback.event_ndnf + feedback.apical_drive

    def sst_of(heard: np.ndarray) -> np.ndarray:
        vip = spared.rates("vip", heard @ feedback.to_vip)
        return spared.rates("sst", heard @ feedback.to_sst - vip + feedback.sst_drive)

    sst = sst_of(bursts)
    at_rest = by_events - sst_of(baseline * events) @ feedback.from_sst
    return Apical(by_events - sst @ feedback.from_sst, sst, at_rest)


def bursting(potential: np.ndarray, events: np.ndarray, baseline: float) -> np.ndarray:
    """Burst probability of cells with that apical potential."""
    return np.asarray(2 * baseline * expit(2 / baseline * potential * (1 - events)))


def taught(target: ArrayLike, events: np.ndarray, baseline: float, teacher: float) -> np.ndarray:
    """Burst probability of output cells; where the target is what they do it is the baseline."""
    return np.asarray(baseline * (1 + teacher * (np.asarray(target) - events) * (1 - events)))
