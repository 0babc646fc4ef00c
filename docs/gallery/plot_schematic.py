"""
A schematic of any circuit
==========================

Boxes are compartments, arrows are projections: a drawing of what is simulated, made from the circuit itself.
"""

# %%
# The spiking BurstCCN
# --------------------
# Grey arrows carry events, orange ones bursts; a bar inhibits, a dot learns. What a protocol steers is drawn at the
# right. In the paper ``Y`` stands for facilitating and ``Q`` for depressing synapses; the published spiking program,
# and so the model here, reads bursts and events directly. Whoever draws it decides whether to show that.
from brian2 import ms, pA

import burstnet as bn
from burstnet.cells import exact_isi, shot_noise, two_compartment
from burstnet.models import burstccn
from burstnet.plots import schematic

ax = schematic(burstccn.circuit(), short_term={"Y": "STF", "Q": "STD"})

# %%
# Lesions
# -------
# Give the lesions of an arm, and what they do is marked.
ax = schematic(
    burstccn.circuit(areas=3),
    lesions="Y2:scale=0@20s..50s + hidden1:silence:fraction=0.5@30s..40s + drive:freeze@50s..",
)

# %%
# A circuit of your own
# ---------------------
# Areas stand upon each other in the order of their feedforward projections; interneurons stand beside the area that they
# serve, if their names say what they are.
cell = two_compartment() + exact_isi(16 * ms) + shot_noise()
circuit = bn.Circuit(
    populations=[bn.Population(name, n, cell) for name, n in (("v1", 200), ("v2", 100), ("pv", 40), ("sst", 40))],
    projections=[
        bn.Projection("forward", "v1", "v2", weight=100 * pA),
        bn.Projection("recruit", "v1", "pv", weight=100 * pA, on="spike"),
        bn.Projection("inhibit", "pv", "v1", weight=-100 * pA, on="spike"),
        bn.Projection("down", "v2", "sst", weight=100 * pA, on="burst"),
        bn.Projection("veto", "sst", "v1", "dendrite", weight=-100 * pA),
        bn.Projection("teach", "v2", "v1", "dendrite", weight=50 * pA, on="burst"),
    ],
)
ax = schematic(circuit)
