"""
Why a moving baseline needs two phases
======================================

Burst-dependent plasticity compares how often a cell bursts with what it expects: its own recent past (Payeur et al. 2021), or a
fixed number (BurstCCN). With separate phases either will do, since while there is no teacher the past is the baseline. When
teacher and plasticity are always on, the past is what was just taught, and the difference is gone. Here the teacher is
always on and nothing learns, so that both comparisons look at the same bursts. See :doc:`the model's page
</models/payeur2021_xor>` for what becomes of learning.
"""

# %%
# Run
# ---
# The network of exclusive or with feedback of bursts and, as BurstCCN has it, of events that cancel it at rest. There is no
# prediction phase: ``prediction=0s``, and the teaching current is renewed every 0.4 s.
import matplotlib
import numpy as np
from brian2 import second
from matplotlib.figure import Figure

import burstnet as bn
from burstnet.analysis.rates import binned_burst_probability
from burstnet.models import payeur2021_xor
from burstnet.plots import style
from burstnet.protocols.xor import Xor

protocol = Xor(examples=4, burn_in=4 * second, prediction=0 * second, teacher_follows=1, learning_rate=1e-9)
circuit = payeur2021_xor.circuit(rule="fixed-baseline", feedback="event-cancelled")
result = bn.compile(circuit, protocol).run(seeds=1, until=68 * second)

# %%
# What the rule sees
# ------------------
# The burst probability of ``hidden_1`` in bins of 0.4 s, its moving average over 2 s, and the fixed baseline; shaded, the
# teacher is on. Against the fixed baseline the sign of the error stays as long as a pattern is shown; the moving average
# has caught up after a few seconds.
start, stop = result.phases["training"]
time, seen = binned_burst_probability(result, "hidden_1", 0.4)
average = np.interp(
    time,
    result.data["time"],
    result.data["hidden_1_burst_average"][0] / np.maximum(result.data["hidden_1_event_average"][0], 0.1),
)
baseline = float(circuit.arguments()["hidden_1.cell.p_b"].parameter.value)

with matplotlib.rc_context(style.RC):
    figure = Figure(figsize=(6.8, 4), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    moving, fixed = style.ARMS[:2]
    above.plot(time, 100 * seen[0], color=style.QUIET, label="bursts")
    above.plot(time, 100 * average, color=moving, label="moving average")
    above.axhline(100 * baseline, color=fixed, label="fixed baseline")
    above.set(ylabel="burst probability (%)", ylim=(0, 70))
    below.plot(time, 100 * (seen[0] - average), color=moving, label="bursts - moving average")
    below.plot(time, 100 * (seen[0] - baseline), color=fixed, label="bursts - fixed baseline")
    below.axhline(0, color=style.QUIET, linewidth=0.6, zorder=0)
    below.set(xlabel="time (s)", ylabel="difference (points)", xlim=(start - 8, stop), ylim=(-30, 38))
    for ax in (above, below):
        ax.axvspan(start, stop, color=style.TEACHING, linewidth=0, zorder=-1)
        ax.legend(loc="upper left", frameon=False, ncols=3)
    for k, pattern in enumerate(("(0,0) low", "(1,0) high", "(0,1) high", "(1,1) low")):
        above.annotate(pattern, (start + 8 * k + 4, 1), xycoords=("data", "axes fraction"), ha="center", va="bottom")

# %%
# In numbers
# ----------
# What a hidden population is told of each pattern, in the last four seconds of its eight.
for k, pattern in enumerate(("(0,0)", "(1,0)", "(0,1)", "(1,1)")):
    late = (time > start + 8 * k + 4) & (time < start + 8 * (k + 1))
    told = [100 * np.mean(seen[0, late] - expected) for expected in (average[late], baseline)]
    print(f"{pattern}  against the moving average {told[0]:+5.1f}, against the fixed baseline {told[1]:+5.1f} points")
