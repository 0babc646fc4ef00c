"""
Errors as bursts in areas of shared weights
===========================================

Cortical areas that share weights over places, as convolutional networks do, learn from the same bursts: what comes down is
brought to the place that it went up from. Convolutional networks need torch, an extra, so that the curves are read from a file that
runs left in ``docs/gallery/data``; commands and tables are on :doc:`the model's page </models/burstccn_conv>`.
"""

# %%
# Areas
# -----
# What can be run is described without torch: 16 and 32 channels of 3 x 3 places, 100 cells, and a softmax of ten. CIFAR-10 has
# the areas of the published code.
from burstnet.models.burstccn_conv import published_conv_network

for images in ("digits", "cifar10"):
    network = published_conv_network(images=images)
    for name, stage in zip(network.above, network.stages, strict=True):
        print(f"{images:8s} {name:7s} {stage.above}")

# %%
# Errors
# ------
# Unseen images, weights fixed, no teacher. Bursts through tied or Kolen-Pollack feedback teach as well as exact gradients (1.7 % of
# digits, 0.8 % of MNIST), random feedback a part of that, and features that never learn make a poor start.
import csv
from pathlib import Path

import matplotlib
import numpy as np

from burstnet.plots import style
from burstnet.plots.panels import Page, session_lines, zero_line

curves: dict = {}
with open(Path("data") / "convnet.csv", newline="") as file:
    for row in csv.DictReader(file):
        seeds = curves.setdefault((row["images"], row["arm"]), {})
        seeds.setdefault(row["seed"], []).append((100 * float(row["error"]), float(row["angle_bp"])))


def of(images, arms, which):
    """Values of some arms, shape (seeds, epochs)."""
    return {arm: np.array(list(curves[images, arm].values()))[..., which] for arm in arms}


shown = ("only output learns", "random", "kolen-pollack", "tied")
with matplotlib.rc_context(style.RC):
    page = Page(2.6, 8.3)
    for k, images in enumerate(("digits", "mnist")):
        ax = page.axes(images, 0.6 + 3.9 * k, 0.45, 2.2, 1.6, "AB"[k], 0.3)
        session_lines(ax, of(images, shown, 0), style.ARMS, "wrong (%)", top=12)
        ax.set_title({"digits": "Digits, ten seeds", "mnist": "MNIST, three seeds"}[images])
errors = page.figure

# %%
# Updates and gradients
# ---------------------
# Kolen-Pollack feedback turns to the forward weights, and updates to the gradient; random feedback stays where it is.
with matplotlib.rc_context(style.RC):
    page = Page(2.6, 8.3)
    for k, images in enumerate(("digits", "mnist")):
        ax = page.axes(images, 0.6 + 3.9 * k, 0.45, 2.2, 1.6, "AB"[k], 0.3)
        drawn = of(images, ("uncancelled", "random", "kolen-pollack", "tied"), 1)
        session_lines(ax, drawn, style.ARMS, "angle to backprop (deg)", top=110)
        zero_line(ax, 90.0, "right angle")
angles = page.figure
