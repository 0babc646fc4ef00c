"""
Weights follow bursts
=====================

One plastic projection. Common input to the dendrites of the upper cells sets how often their events become bursts; weights
rise while the burst probability is above its own moving average and fall while it is below. What the lower cells do with
their bursts does not matter. The network is that of Payeur et al. (2021), Figure 2E to G, with shorter phases; see
:doc:`the model's page </models/payeur2021_plasticity>` for the numbers.
"""

# %%
# Run
# ---
# Homeostasis compares a 30-s average of all spikes with 2 Hz. It begins at 0.1 Hz, as in the published program, and would
# raise the weights here, where plasticity begins after 6 instead of 20 s; so it begins higher.
from brian2 import Hz, second

import burstnet as bn
from burstnet.models import payeur2021_plasticity
from burstnet.plots.burst_plasticity import burst_plasticity_figure
from burstnet.protocols.burst_plasticity import BurstPlasticity

protocol = BurstPlasticity(settle=4 * second, before=2 * second, phase=4 * second, bin=0.5 * second)
compiled = bn.compile(payeur2021_plasticity.circuit(), protocol)
result = compiled.run(seeds=[1], params={"output.cell.spike_rate_0": 5 * Hz})

# %%
# Phase by phase
# --------------
# (A) Mean weight; (B) burst probability with its moving average, whose time constant of 5 s is longer than a phase here, so that
# weights go on moving; (C) event rates.
figure = burst_plasticity_figure(result, width=1)

# %%
# In numbers
# ----------
metrics = protocol.metrics(result)
for phase in ("plastic", "high", "back_from_high", "low", "back_from_low", "input_bursts"):
    bursts, step = metrics[f"{phase}.burst_probability"].mean, metrics[f"{phase}.weight_step_percent"].mean
    before = metrics[f"{phase}.pre_burst_probability"].mean
    print(f"{phase:<15} bursts {100 * bursts:5.1f} %, of the lower cells {100 * before:5.1f} %, weights {step:+5.2f} %")
