"""
Events go up, bursts come down
==============================

Two areas send two messages over the same axons. Depressing synapses pass on the events of the lower area, facilitating
ones the bursts of the upper area: one spike train, read twice. The network is that of Payeur et al. (2021), Figure 3, at
half its size; see :doc:`the model's page </models/payeur2021_propagation>` for the numbers of the full one.
"""

# %%
# Run
# ---
# A sine current into the somata of the lower area and another, slower one into the dendrites of the upper area. In the
# second arm SST cells, which carry the burst message as inhibition, are silent.
from brian2 import second

import burstnet as bn
from burstnet.models import payeur2021_propagation
from burstnet.plots.propagation import propagation_figure
from burstnet.protocols.propagation import Propagation

protocol = Propagation(rest=0.5 * second, modulated=2 * second)
circuit = payeur2021_propagation.circuit({"pyr1": 2000, "pyr2": 2000, "pv": 500, "sst": 500})
compiled = bn.compile(circuit, protocol)
control = compiled.run(seeds=[1])
without_sst = compiled.run(seeds=[1], lesions="sst:silence")

# %%
# Both streams
# ------------
# The events of both areas follow the somatic input, the burst probability of the upper area its dendritic input, and that
# of the lower area the upper area's bursts. (C) What should correlate does, and the two streams hardly mix.
figure = propagation_figure(control, beside={"SST silent": without_sst})

# %%
# In numbers
# ----------
# Without the inhibition that SST cells bring down, the lower area bursts more.
intact, lesioned = protocol.metrics(control), protocol.metrics(without_sst)
for name in ("ER1", "ER2", "BP1", "BP2", "ER1~I_s", "ER2~ER1", "BP2~I_d", "BP1~BR2"):
    print(f"{name:<8} {intact[name].mean:6.2f}   SST silent {lesioned[name].mean:6.2f}   [{intact[name].unit}]")
