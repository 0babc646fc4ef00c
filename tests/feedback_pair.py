"""Two small areas with given spikes, a weight up and feedback that learns, which several tests share."""

import numpy as np
from brian2 import TimedArray, ms, pA

from burstnet import Circuit, Knob, Population, Projection
from burstnet.cells import Fragment, exact_isi
from burstnet.plasticity import BurstDependent, KolenPollack

STEPS = 400
TRAINS = {name: np.random.default_rng(k).random((STEPS, n)) < 0.06 for k, name, n in ((0, "low", 3), (1, "high", 4))}
TRAINS["low"][:, 2] = False  # its trace is zero throughout
RULE = dict(eta=20 * pA / ms, p_b=0.4, w_min=-1e6 * pA, w_max=1e6 * pA, trace="trace", learning="learning")


def driven(name, **options):
    given = TimedArray(TRAINS[name].astype(float), dt=1 * ms, name=f"train_{name}")
    body = Fragment(
        "driven",
        equations="dq/dt = I/pA/second : 1\ndtrace/dt = -trace/(20*ms) : 1",
        threshold=f"train_{name}(t, i) > 0.5",
        on_event={"event": "trace += 1"},
        namespace={f"train_{name}": given},
        ports={"soma": "I"},
    )
    return Population(name, TRAINS[name].shape[1], body + exact_isi(), **options)


def pair(decay, learning=1.0):
    """A weight up of 30 pA and its feedback of -10 pA, carried by bursts, and again by events times -0.4."""
    rule = RULE | {"decay": decay}
    back = {"weight": -10 * pA, "plasticity": KolenPollack(**rule)}
    return Circuit(
        [driven("low"), driven("high")],
        [
            Projection("W", "low", "high", weight=30 * pA, plasticity=BurstDependent(**rule)),
            Projection("Y", "high", "low", on="burst", **back),
            Projection("Q", "high", "low", on="event", scale=-0.4, **back),
        ],
        [Knob("learning", learning)],
    )
