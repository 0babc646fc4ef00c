"""
Inhibition of dendrites and burst probability
=============================================

A current into the dendrites turns events into bursts. Two circuits of Payeur et al. (2021), smaller than theirs: in the
first, facilitating inhibition keeps the burst probability from depending on the event rate; in the second, SST cells
inhibit the dendrites, and VIP cells, release and dendrites shift the curve. See :doc:`the model's page
</models/payeur2021_bp_curve>`.
"""

# %%
# Recurrent inhibition
# --------------------
# The dendritic current is raised in steps, once for each of three somatic currents. All are run arguments, so one build
# serves the six arms.
from brian2 import pA, second

import burstnet as bn
from burstnet.analysis.burst_curves import burst_curve, spread_of_burst_probability
from burstnet.models import payeur2021_bp_curve
from burstnet.plots.bp_curve import bp_curve_figure
from burstnet.plots.style import ARMS
from burstnet.protocols.bp_curve import BpCurve

protocol = BpCurve(step=75 * pA, steps=6)
compiled = bn.compile(payeur2021_bp_curve.circuit("recurrent", {"pyramidal": 1000}), protocol)
arms = {}
for weight, name in ((0.0, "no inhibition"), (0.02, "inhibition")):
    for soma in (0, 100, 200):
        values = {"recurrent.weight": weight, "pyramidal.cell.bias_soma": soma * pA}
        arms[f"{name}, {soma} pA"] = compiled.run(1, values)

# %%
# Dashed: with inhibition.
colours = {name: ARMS[k % 3] for k, name in enumerate(arms)}
figure = bp_curve_figure(arms, colours=colours, dashed=[name for name in arms if name.startswith("inhibition")])

# %%
# With inhibition the three somatic currents differ in event rate as much as without, and less in burst probability.
for name in ("no inhibition", "inhibition"):
    curves = {arm: burst_curve(arms[arm], "dendritic_current") for arm in arms if arm.startswith(name)}
    rates = ", ".join(f"{curve.event_rate[0, 0]:.1f}" for curve in curves.values())
    spread = 100 * spread_of_burst_probability(curves, 50e-12)
    print(f"{name:<14} events at {rates} Hz; burst probability at 50 pA spreads over {spread:.1f} points")

# %%
# The SST loop
# ------------
# More bursts make more spikes of SST cells, whose synapses onto dendrites hold bursts down. VIP cells, a current into the
# SST cells, let go; so do less facilitating synapses; a stronger plateau bursts in spite of it.
protocol = BpCurve(first=0 * pA, steps=4, step=75 * pA, step_duration=0.6 * second)
sizes = {"pyramidal": 500, "pv": 100, "sst": 100}
compiled = bn.compile(payeur2021_bp_curve.circuit("sst-loop", sizes), protocol)
loop = {
    "SST loop": compiled.run(1),
    "no SST": compiled.run(1, {"sst_to_pyramidal.weight": 0.0}),
    "VIP, -100 pA": compiled.run(1, {"sst.cell.vip_current": -100 * pA}),
    "less release": compiled.run(1, {"pyramidal_to_sst.U": 0.015}),
    "strong plateau": compiled.run(1, {"pyramidal.cell.g_d": 1400 * pA}),
}
modulation = bp_curve_figure(loop)
