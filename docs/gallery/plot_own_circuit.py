"""
A circuit of your own
=====================

Two populations of pyramidal cells: ``low`` sends its events to the somata of ``high``, ``high`` sends its bursts to
the dendrites of ``low``. Light drives the dendrites of ``high`` for two seconds, twice; the second time the feedback
is cut.
"""

# %%
# Describe
# --------
# A cell is a sum of fragments: the compartments, a detector of events and bursts, and noise.
from brian2 import ms, nA, pA, second
from matplotlib.figure import Figure

import burstnet as bn
from burstnet.cells import exact_isi, shot_noise, two_compartment
from burstnet.plots import burst_probability, raster, rates
from burstnet.synapses import FixedIndegree

pyramidal = two_compartment() + exact_isi(16 * ms) + shot_noise()

# %%
# A projection says what it transmits on, where its current enters, and by which rule cells connect. Every transmitted
# event adds its weight as a current for 1 ms. Two numbers multiply the weight: ``scale`` holds for a whole run,
# ``gain`` names a knob, which phases turn within a run.
fifty = FixedIndegree(50)
circuit = bn.Circuit(
    populations=[
        bn.Population("low", 200, pyramidal, inject={"soma": "bias"}, readout=bn.Readout()),
        bn.Population("high", 200, pyramidal, inject={"dendrite": "light"}, readout=bn.Readout()),
    ],
    projections=[
        bn.Projection("up", "low", "high", "soma", on="event", weight=0.4 * nA, connect=fifty),
        bn.Projection("down", "high", "low", "dendrite", on="burst", weight=0.4 * nA, connect=fifty, gain="feedback"),
    ],
    knobs=[bn.Knob("bias", 80 * pA), bn.Knob("light", 0 * pA), bn.Knob("feedback", 1.0)],
)

# %%
# A timeline says what changes when.
light = {"light": 250 * pA}
timeline = bn.Timeline(
    [
        bn.Phase("before", 2 * second),
        bn.Phase("light", 2 * second, light),
        bn.Phase("after", 2 * second),
        bn.Phase("light, feedback cut", 2 * second, light | {"feedback": 0.0}),
    ]
)

# %%
# Compile and run
# ---------------
# One build. The light, the phases, the strength of a projection and the seeds are numbers of a run; the second arm,
# with the forward projection at half its strength, compiles nothing and sees the same noise and the same connections.
compiled = bn.compile(circuit, timeline)
control = compiled.run(seeds=range(1, 9))
weak = compiled.run(seeds=range(1, 9), params={"up.scale": 0.5})

# %%
# Look
# ----
# Half the forward projection takes away events of ``high`` and leaves its burst probability; light does most of its
# work on the burst probability. The bursts of ``high`` raise the burst probability of ``low``, unless the feedback is
# cut.
for arm, result in (("control", control), ("up.scale = 0.5", weak)):
    for phase, (start, stop) in result.phases.items():
        e = {name: result.rate(name, "event", start + 0.5, stop).mean() for name in ("low", "high")}
        p = {name: result.burst_probability(name, start + 0.5, stop).mean() for name in ("low", "high")}
        print(f"{arm:<15} {phase:<20}", *(f"{name:>5}: {e[name]:.1f} Hz, p = {p[name]:.2f}" for name in e))

# %%
# Plots take a result and axes. They need no Brian2: `burstnet.load` opens a saved result anywhere.
figure = Figure(figsize=(7.2, 6.4))
spikes, rate, probability = figure.subplots(3, 1)
figure.subplots_adjust(left=0.09, right=0.86, top=0.95, bottom=0.08, hspace=0.45)
raster(control, spikes, window=(1.7, 2.7))
rates(control, rate, width=0.1)
burst_probability(control, probability, width=0.1)
for ax in (rate, probability):
    for phase in ("light", "light, feedback cut"):
        ax.axvspan(*control.phases[phase], color="0.92", zorder=-1)
        ax.annotate(phase, (control.phases[phase][0], 1), (2, 2), ("data", "axes fraction"), "offset points", size=8)
