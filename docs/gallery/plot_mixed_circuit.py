"""
Lesions of a mixed circuit
==========================

Two populations written with the describe layer, and one plain Brian2 ``NeuronGroup`` that drives them. One build serves
the control and every lesion.
"""

# %%
from brian2 import NeuronGroup, SpikeMonitor, Synapses, ms, nA, second
from matplotlib.figure import Figure

import burstnet as bn
from burstnet.cells import exact_isi, shot_noise, two_compartment
from burstnet.synapses import FixedIndegree

# start of the circuit
pyramidal = two_compartment() + exact_isi(16 * ms) + shot_noise()


def thalamus(objects):
    """Fifty plain leaky cells; each kicks the somata of ten cells of ``low``."""
    clock = objects.control.clock
    cells = NeuronGroup(
        50,
        "dv/dt = (1.05 - v)/tau : 1",
        threshold="v > 1",
        reset="v = 0",
        method="euler",
        namespace={"tau": 20 * ms},
        clock=clock,
        name="thalamus",
    )
    cells.v = "i/50.0"
    kick = Synapses(cells, objects.populations["low"], on_pre="V_s_post += 4*mV", clock=clock, name="kick")
    kick.connect("j % 50 == i")
    return [cells, kick, SpikeMonitor(cells, name="thalamic")]


fifty = FixedIndegree(50)
circuit = bn.Circuit(
    populations=[
        bn.Population("low", 200, pyramidal, readout=bn.Readout()),
        bn.Population("high", 200, pyramidal, readout=bn.Readout()),
    ],
    projections=[
        bn.Projection("up", "low", "high", "soma", on="event", weight=0.4 * nA, connect=fifty),
        bn.Projection("down", "high", "low", "dendrite", on="burst", weight=0.4 * nA, connect=fifty),
    ],
    beside=(thalamus,),
)
# end of the circuit

# %%
# Every arm sees the same noise, the same graph, and the same thalamus.
compiled = bn.compile(circuit, bn.Timeline([bn.Phase("before", 2 * second), bn.Phase("lesion", 2 * second)]))
arms = {
    "control": "",
    "half of high silent": "high:silence:fraction=0.5@2s..",
    "no feedback": "down:scale=0@2s..",
    "light on high": "high.dendrite:current=200pA@2s..",
}
results = {label: compiled.run(seeds=range(1, 7), lesions=lesions) for label, lesions in arms.items()}

# %%
figure = Figure(figsize=(7.2, 2.6), layout="constrained")
left, right = figure.subplots(1, 2)
for k, (label, result) in enumerate(results.items()):
    for ax, population in ((left, "low"), (right, "high")):
        values = result.burst_probability(population, 2.2, 4)
        ax.plot([k] * len(values), values, ".", color="0.6")
        ax.plot(k, values.mean(), "o", color="black")
    rates = {name: result.rate(name, "event", 2.2, 4).mean() for name in ("low", "high")}
    print(f"{label:<20}", *(f"{name}: {rate:.1f} Hz" for name, rate in rates.items()))
for ax, population in ((left, "low"), (right, "high")):
    ax.set(title=population, ylabel="burst probability during the lesion", ylim=(0, None))
    ax.set_xticks(range(len(arms)), [label.replace(" ", "\n", 1) for label in arms], fontsize=7)
