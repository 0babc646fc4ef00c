"""
Eyeblink conditioning
=====================

A spiking cerebellum learns to answer a tone just before an air puff, forgets it and learns it again, as
``burstnet run eyeblink --seeds 1:10`` does it. A seed is 396 simulated seconds and takes some 6 s of a core, so what is drawn here is
read from files that such runs left, in ``docs/gallery/data``. How it is built and what was measured is on
:doc:`the model's page </models/cerebellum>`.
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
with open(folder / "eyeblink_blocks.csv", newline="") as file:
    rows = list(csv.DictReader(file))
seeds = sorted({int(row["seed"]) for row in rows})
phases = ("acquisition", "extinction", "reacquisition")
responses = {
    phase: np.array(
        [[float(r["responses"]) for r in rows if (int(r["seed"]), r["phase"]) == (seed, phase)] for seed in seeds]
    )
    for phase in phases
}
with open(folder / "eyeblink_traces.csv", newline="") as file:
    traces = {}
    for row in csv.DictReader(file):
        traces.setdefault(int(row["isi_ms"]), []).append([float(row[k]) for k in ("time_ms", "before", "acquired")])

# %%
# Responses, and when they come
# -----------------------------
# Left, conditioned responses in blocks of ten trials: mean and SD over seeds. Right, the rate of nuclear cells in tests without the
# puff and with all plasticity frozen, smoothed by 30 ms, before training (grey) and after it, for three intervals from the tone to the puff
# (dotted): what is learned rises through the interval and is largest where the puff would come.
with matplotlib.rc_context(style.RC):
    figure = Figure(figsize=(6.8, 2.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    start = 0
    for phase, colour in zip(phases, (style.OUTPUT, *style.ARMS[::2]), strict=False):
        values = 100 * responses[phase]
        at = start + 1 + np.arange(values.shape[1])
        left.errorbar(at, values.mean(axis=0), values.std(axis=0, ddof=1), color=colour, linewidth=0.9, elinewidth=0.4)
        left.text(at.mean(), 106, phase, color=colour, ha="center", size=6.5)
        start = at[-1]
    left.set(xlabel="block of ten trials", ylabel="conditioned responses (%)", ylim=(0, 112))
    for (isi, values), colour in zip(sorted(traces.items()), style.ARMS, strict=False):
        time, before, acquired = np.array(values).T
        right.plot(time, before, color=style.QUIET, linewidth=0.5)
        right.plot(time, acquired, color=colour, linewidth=1, label=f"{isi} ms")
        right.axvline(isi, color=colour, linewidth=0.6, linestyle=(0, (1, 2)))
    right.set(xlabel="time from the tone (ms)", ylabel="nuclear cells (Hz)", xlim=(-100, 800), ylim=(0, None))
    right.legend(title="tone to puff", loc="upper right", frameon=False)

# %%
# In numbers
# ----------
for phase in phases:
    first, last = responses[phase][:, 0].mean(), responses[phase][:, -1].mean()
    print(f"{phase}: {100 * first:.0f} % in the first block, {100 * last:.0f} % in the last, {len(seeds)} seeds")
for isi, values in sorted(traces.items()):
    time, _, acquired = np.array(values).T
    print(f"{isi} ms: the mean response is largest after {time[acquired.argmax()]:.0f} ms")
