"""
Lines drawn by a spiking cerebellum
===================================

A fixed network of spiking cells forgets a cue within a tenth of a second; in a loop with a spiking cerebellum it goes on along the line
that the cue announced. A seed takes about a minute of a core, as ``burstnet run line-drawing`` does it, so errors and paths are
read from files that such runs left in ``docs/gallery/data``. Every test is of trials of its own, without guidance or teacher,
with all plasticity frozen; numbers are on :doc:`the model's page </models/cerebro_cerebellar>`.
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
with open(folder / "line_drawing.csv", newline="") as file:
    runs = list(csv.DictReader(file))
with open(folder / "line_paths.csv", newline="") as file:
    paths = list(csv.DictReader(file))
arms = list(dict.fromkeys(run["arm"] for run in runs))


def errors(arm: str, test: str) -> np.ndarray:
    """Error of every seed."""
    return np.array([float(run[test]) for run in runs if run["arm"] == arm])


# %%
# Errors and mean paths
# ---------------------
# (Left) A dot is a seed, a bar their mean; the dotted line is what an output that stays at the origin scores. In *cut* the trained nuclei
# no longer reach the cortex. (Right) Means over trials and seeds, of five cues the first five; dotted, the targets.
colours = {"after": style.OUTPUT, "cut": style.LESIONED}
with matplotlib.rc_context(style.RC):
    figure = Figure(figsize=(7.2, 2.7), layout="constrained")
    left, *right = figure.subplots(1, 3, width_ratios=(1.5, 1, 1))
    for row, arm in enumerate(arms):
        for shift, (test, colour) in zip((-0.15, 0.15), colours.items(), strict=True):
            values = errors(arm, test)
            left.plot(values, np.full(values.size, row + shift), "o", markersize=2.5, color=colour, alpha=0.6)
            left.plot([values.mean()] * 2, [row + shift - 0.12, row + shift + 0.12], color=colour, linewidth=2)
    left.axvline(1 / 6, color=style.INK, linewidth=0.6, linestyle=(0, (1, 1.5)))
    left.set(xlabel="mean squared error", yticks=range(len(arms)), yticklabels=arms, xlim=(0, None))
    left.invert_yaxis()
    for ax, arm in zip(right, ("two cues", "five cues"), strict=True):
        for (test, colour), cue in ((item, cue) for item in colours.items() for cue in range(5)):
            mine = [row for row in paths if (row["arm"], row["test"], row["cue"]) == (arm, test, str(cue))]
            where = np.array([[float(row[name]) for name in ("x", "y", "target_x", "target_y")] for row in mine])
            if where.size:
                ax.plot(where[:, 2], where[:, 3], color=style.INK, linewidth=0.6, linestyle=(0, (1, 1.5)))
                ax.plot(where[:, 0], where[:, 1], color=colour)
        ax.set(xlabel="x", ylabel="y", title=arm, xlim=(-1.15, 1.15), ylim=(-1.15, 1.15), aspect="equal")
    style.write_words(left, list(colours.items()))

# %%
# In numbers
# ----------
# Errors over that of the same network with the loop cut.
for arm in arms:
    ratio = errors(arm, "after") / errors(arm, "cut")
    print(f"{arm}: {ratio.mean():.2f} on average of {ratio.size} seeds, {ratio.min():.2f} to {ratio.max():.2f}")
