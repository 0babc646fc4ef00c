"""
Pairing a synapse
=================

One synapse with the burst-dependent rule of Payeur et al. (2021), Figure 2B to D: bursts of the target cell potentiate,
its events depress, both against its own moving burst probability. See :doc:`the model's page
</models/payeur2021_pairing>`.
"""

# %%
# Three trains
# ------------
# Cells without a membrane spike as they are told: in periodic pairs, at random, or in random events of which a part become
# bursts. Every pair of cells is a condition and a realisation of it; five realisations here, twenty in the paper.
from brian2 import Hz

import burstnet as bn
from burstnet.models import payeur2021_pairing
from burstnet.plots.pairing import pairing_figure
from burstnet.protocols.pairing import Pairing

protocol = Pairing()


def program(train):
    return bn.compile(payeur2021_pairing.circuit(train, realisations=None if train == "periodic" else 5), protocol)


periodic, poisson, bursts = (program(train) for train in ("periodic", "poisson", "burst-poisson"))

# %%
# What the moving averages begin with, and the rate of events, are numbers of a run: no other build, and the same spikes.
ten = dict.fromkeys(("pre.cell.event_rate", "post.cell.event_rate"), 10 * Hz)
runs = [
    periodic.run(1),
    poisson.run(1),
    poisson.run(1, {"post.cell.initial_p": 0.5}),
    bursts.run(1),
    bursts.run(1, ten),
]

# %%
# Look
# ----
# (A) Below 62.5 Hz no interval is within a burst, and events only depress. (B) The faster two Poisson trains, the more of
# their events are bursts; where potentiation begins moves up with the burst probability that the cell is used to. (C)
# Nothing changes where bursts are as probable as the cell is used to, 20 %.
figure = pairing_figure(runs)

# %%
# The same in numbers.
for name, result in zip(("periodic", "P(0) = 30 %", "P(0) = 50 %", "5 Hz", "10 Hz"), runs, strict=True):
    metrics = protocol.metrics(result)
    change, crossing = metrics["dW"], metrics["zero_crossing"]
    print(
        f"{name:<12} from {change.mean[0]:+.2f} at {change.over}={change.at[0]:g} to {change.mean[-1]:+.2f} at "
        f"{change.at[-1]:g}; zero at {crossing.mean:.3g} {crossing.unit}"
    )
