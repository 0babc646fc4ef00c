"""
Weight changes of single neurons beside gradients
=================================================

Errors reach the lowest area of a deep spiking network as bursts of single neurons, two areas down. What would the network's
weights do over n images if they did not move meanwhile, and is it what its twin in rates would do? Numbers are of
``burstnet run gradient-alignment --set areas=2``, with three seeds at several points of learning, and are read from a file that
such runs left, in ``docs/gallery/data``. See :doc:`the protocol's page </models/gradient_alignment>`.
"""

# %%
# Read
# ----
import csv
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from burstnet.plots import draw_gradient_alignment, style

areas, early = ("hidden1", "hidden2", "output"), 1
values = {}
with open(Path("data") / "gradient_alignment.csv", newline="") as file:
    for row in csv.DictReader(file):
        key = int(row["epochs"]), row["area"], row["quantity"]
        values.setdefault(key, {}).setdefault(int(row["seed"]), {})[float(row["examples"])] = float(row["value"])
epochs = sorted({key[0] for key in values})
numbers = np.array(sorted(values[epochs[0], "hidden1", "angle_rule"][1]))


def seeds_of(epoch, area, quantity):
    """Values of all seeds, a row each."""
    return np.array([[one[at] for at in sorted(one)] for one in values[epoch, area, quantity].values()])


# %%
# Early in learning
# -----------------
# After one epoch. The lower the area, the more images it takes until noise of single neurons is averaged away. Feedback
# alignment through another cell's feedback, dotted, does not fit, and random feedback is still far from backprop's.
angles = {
    area: {
        r: seeds_of(early, area, f"angle_{r}")
        for r in ("rule", "fa", "bp", "other_feedback")
        if (early, area, f"angle_{r}") in values
    }
    for area in areas
}
figure = draw_gradient_alignment(numbers, angles, {area: seeds_of(early, area, "snr")[:, 0] for area in areas})

# %%
# Over learning
# -------------
# Errors become small and noise does not: in the end 5000 images are not enough for the lowest area.
with matplotlib.rc_context(style.RC):
    after = Figure(figsize=(6.8, 2.4), layout="constrained")
    left, right = after.subplots(1, 2)
    for area, colour in style.population_colours(["input", *areas]).items():
        if area in areas:
            late = np.array([seeds_of(epoch, area, "angle_rule")[:, -1] for epoch in epochs])
            ratio = np.array([seeds_of(epoch, area, "snr")[:, 0] for epoch in epochs])
            for ax, found in ((left, late), (right, ratio)):
                ax.plot(range(len(epochs)), found, "o", color=colour, markersize=3, alpha=0.6, mew=0)
                ax.plot(range(len(epochs)), found.mean(axis=1), color=colour, label=area)
    left.set(ylabel="angle to rule in rates (deg), n = 5000", ylim=(0, 95))
    right.set(ylabel="signal / noise of errors", yscale="log")
    for ax in (left, right):
        ax.set(xlabel="epochs of learning")
        ax.set_xticks(range(len(epochs)), epochs)
    left.legend(loc="upper left", frameon=False)
after

# %%
# In numbers
# ----------
for epoch in epochs:
    print(f"after {epoch:2d} epochs, degrees to the rule in rates for 50 and 5000 images:", end="")
    for area in areas:
        found = seeds_of(epoch, area, "angle_rule").mean(axis=0)
        print(f"  {area} {found[0]:.0f} {found[-1]:.0f}", end="")
    print()
