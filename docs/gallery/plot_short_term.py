"""
Short-term plasticity tells bursts from events
==============================================

A spike train carries two messages: how often there is an event, and how many of the events are bursts. A depressing and a
facilitating synapse of the same axon read one each, without anything else that would tell spikes apart.
"""

# %%
# Simulate
# --------
# One cell, told when to spike, before a depressing and a facilitating synapse with the parameters of Payeur et al. (2021).
# What arrives at the target cell is added up.
import numpy as np
from brian2 import TimedArray, ms, second

import burstnet as bn
from burstnet.analysis.short_term import DEPRESSING, FACILITATING, burst_train, response
from burstnet.cells import Fragment
from burstnet.plots.short_term import short_term_figure
from burstnet.synapses import OneToOne, ShortTermPlasticity

dt = 0.1 * ms
times = burst_train(8.0, 0.5, 8)
given = np.zeros(round(times[-1] / float(dt)) + 100)
given[np.rint(times / float(dt)).astype(int)] = 1
told = Fragment("told", threshold="given(t) > 0.5", namespace={"given": TimedArray(given, dt=dt, name="given")})
sums = Fragment(
    "sums",
    equations="depressed : 1\nfacilitated : 1",
    receptors={"depressing": "depressed", "facilitating": "facilitated"},
)
releases = {
    "depressing": ShortTermPlasticity(U=0.9, tau_d=20 * ms, tau_f=1 * second),
    "facilitating": ShortTermPlasticity(U=0.02, tau_d=100 * ms, tau_f=100 * ms),
}
circuit = bn.Circuit(
    populations=[bn.Population("axon", 1, told), bn.Population("target", 1, sums)],
    projections=[
        bn.Projection(kind, "axon", "target", port=kind, weight=1.0, on="spike", connect=OneToOne(), short_term=release)
        for kind, release in releases.items()
    ],
    dt=dt,
)
recording = bn.Recording(trace={"target": ("depressed", "facilitated")}, spikes="none")
timeline = bn.Timeline([bn.Phase("train", len(given) * dt)])
result = bn.compile(circuit, timeline, "numpy", recording=recording).run(1)
transmitted = {}
for kind, total in (("depressing", "depressed"), ("facilitating", "facilitated")):
    added = np.diff(result.data[f"target_trace_{total}"].values[0], prepend=0.0)
    transmitted[kind] = (np.flatnonzero(added) * float(dt), added[added > 0])

# %%
# Look
# ----
# Circles are the simulation, stems and lines the closed form. (A) Of a burst, the depressing synapse passes on the first
# spike, the facilitating one the later ones. (B, C) So depression follows the rate of events, and facilitation the burst
# probability; (D) two numbers out of one train.
figure = short_term_figure(simulated=transmitted)

# %%
# How much more each transmits when bursts go from 10 to 50 %, at 8 events a second:
for kind, release in (("depressing", DEPRESSING), ("facilitating", FACILITATING)):
    few, many = (response(release, 8.0, p) for p in (0.1, 0.5))
    print(f"{kind:<13} {many / few:.2f} times")
