"""
Exclusive or: five hundred epochs
=================================

All of the training of Payeur et al. (2021), 2000 examples, as ``burstnet run xor --set examples=2000 --seeds 1:3`` does it. A seed
is 16 070 simulated seconds and takes some 40 minutes of a core, so the curves are read from a file that such runs left: means
over five epochs, in ``docs/gallery/data``. What one epoch looks like is in :doc:`plot_xor`; numbers are on
:doc:`the model's page </models/payeur2021_xor>`.
"""

# %%
# Read
# ----
import csv
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from burstnet.plots import style

folder = Path("data")
with open(folder / "xor_2000.csv", newline="") as file:
    rows = list(csv.DictReader(file))
seeds = sorted({row["seed"] for row in rows})
epoch = np.array([float(row["epoch"]) for row in rows if row["seed"] == seeds[0]])
curves = {
    name: np.array([[float(row[name]) for row in rows if row["seed"] == seed] for seed in seeds])
    for name in ("cost", "(0,0)", "(1,0)", "(0,1)", "(1,1)")
}
with open(folder / "xor_published_cost.csv", newline="") as file:
    published = np.array([[float(row["epoch"]), float(row["cost"])] for row in csv.DictReader(file)])

# %%
# Cost and output
# ---------------
# A line for each seed; dotted, the first hundred epochs of the published program. For some sixty epochs the network is an or
# with (1,1) on top; then (1,1) comes down, and crosses 6 Hz, which should tell the outputs apart, around epoch 140.
with matplotlib.rc_context(style.RC):
    figure = Figure(figsize=(6.8, 2.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(epoch, curves["cost"].T, color=style.CONTROL, linewidth=0.8)
    left.plot(*published.T, color=style.ARMS[0], linestyle=(0, (1, 1)), label="published program")
    left.set(xlabel="epoch", ylabel="cost of an epoch", xlim=(0, 500), ylim=(0, 3.2))
    left.legend(loc="upper right", frameon=False)
    for colour, name in zip(style.ARMS, ("(0,0)", "(1,0)", "(0,1)", "(1,1)"), strict=False):
        lines = right.plot(epoch, curves[name].T, color=colour, linewidth=0.8)
        lines[0].set_label(name)
    right.axhline(6, color=style.QUIET, linewidth=0.6, linestyle=(0, (3, 2)))
    right.set(xlabel="epoch", ylabel="output event rate (Hz)", xlim=(0, 500), ylim=(0, 11))
    right.legend(loc="lower left", frameon=False, ncols=4)

# %%
# In numbers
# ----------
# The epoch from which on the outputs are separated by the 6-Hz line, in means over five epochs.
high = np.minimum(curves["(1,0)"], curves["(0,1)"])
low = np.maximum(curves["(0,0)"], curves["(1,1)"])
for seed, above, below in zip(seeds, high, low, strict=True):
    apart = (above > 6) & (below < 6)
    since = epoch[len(apart) - np.argmin(apart[::-1])]
    print(
        f"seed {seed}: separated since epoch {since:.0f}; in the last five {above[-1]:.1f} Hz against {below[-1]:.1f} Hz"
    )
