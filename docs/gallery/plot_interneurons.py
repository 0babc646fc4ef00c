"""
Bursts read by interneurons
===========================

Facilitating synapses excite VIP cells when cells above burst; VIP cells inhibit SST cells, which inhibit the dendrites below. Depressing synapses onto
NDNF cells take away what events add. Six seeds of ``burstnet run target-rate --set feedback=interneurons`` and of the lesion
``bursts_to_vip:static=0.1``, in which every spike releases the same, were run beforehand; a file in ``docs/gallery/data`` holds rates and burst
probabilities of each second. Numbers are on :doc:`the model's page </models/burstccn_interneurons>`.
"""

# %%
# Rates and burst probabilities
# -----------------------------
# Shaded, the teacher is on: first for 10, then for 5 Hz. Only where synapses facilitate does the error reach the dendrites below.
import csv
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from burstnet.plots import style

with open(Path("data") / "interneurons.csv", newline="") as file:
    rows = list(csv.DictReader(file))


def course(arm, quantity):
    """Time [s], and the quantity of every seed."""
    mine = [row for row in rows if row["arm"] == arm]
    seeds = sorted({row["seed"] for row in mine})
    time = np.array([float(row["time_s"]) for row in mine if row["seed"] == seeds[0]])
    return time, np.array([[float(row[quantity]) for row in mine if row["seed"] == seed] for seed in seeds])


taught = [(20, 40, 10), (60, 80, 5)]
arms = {"interneurons": style.CONTROL, "no facilitation": style.LESIONED}
with matplotlib.rc_context(style.RC):
    figure = Figure(figsize=(6.8, 3.6), layout="constrained")
    panels = figure.subplots(2, 1, sharex=True)
    for ax, quantity, label in (
        (panels[0], "output_hz", "event rate\nof output (Hz)"),
        (panels[1], "input_p", "burst probability\nof input"),
    ):
        for arm, colour in arms.items():
            style.seed_lines(ax, *course(arm, quantity), colour, arm)
        for start, stop, target in taught:
            ax.axvspan(start, stop, color=style.QUIET, alpha=0.15, linewidth=0)
            if quantity == "output_hz":
                ax.plot([start, stop], [target, target], color=style.TARGET, linewidth=0.9, linestyle=(0, (4, 2)))
        ax.set(ylabel=label, xlim=(0, 100), ylim=(0, None))
    panels[1].axhline(0.375, color=style.BASELINE, linewidth=0.9, linestyle=(0, (1, 1.5)))
    panels[1].set_xlabel("time (s)")
    lines = {line.get_label(): line for line in panels[0].get_lines()}
    panels[0].legend([lines[arm] for arm in arms], list(arms), frameon=False, loc="upper right")

# %%
# What is left when the teacher is off
# ------------------------------------
for arm in arms:
    time, rate = course(arm, "output_hz")
    for _, stop, target in taught:
        after = rate[:, (time > stop + 5) & (time < stop + 10)].mean(axis=1)
        print(f"{arm:<16} taught {target:>2} Hz, holds {after.mean():5.2f} Hz, SD {after.std(ddof=1):.2f}")
