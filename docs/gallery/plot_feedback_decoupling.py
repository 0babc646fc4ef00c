"""
Feedback decoupling in spikes
=============================

A cortex learns from bursts that a teaching current causes in its dendrites. Where that current comes after the pattern it belongs to, bursts
meet inputs that are silent again, and nothing right is learned; a cerebellum that predicts the current from the pattern supplies it in time.
Twenty seeds of ``burstnet run feedback-decoupling``, with the nuclei and with the lesion ``nuclei:silence``, were run beforehand: a file in
``docs/gallery/data`` holds the error of each test. Numbers are on :doc:`the model's page </models/feedback_decoupling>`.
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

with open(Path("data") / "feedback_decoupling.csv", newline="") as file:
    rows = list(csv.DictReader(file))


def curves(arm):
    """Trials of training before each test, and its error in every seed."""
    mine = [row for row in rows if row["arm"] == arm]
    seeds = sorted({int(row["seed"]) for row in mine})
    trials = np.array([float(row["trials"]) for row in mine if int(row["seed"]) == seeds[0]])
    return trials, np.array([[float(row["error_hz"]) for row in mine if int(row["seed"]) == seed] for seed in seeds])


# %%
# Error of the tests
# ------------------
# In a test nobody teaches, the cerebellum is off the dendrites and nothing learns. Dotted, the criterion: half the error of a cortex that
# answers all patterns alike. Teaching that is prompt needs no cerebellum; late teaching teaches nothing without one; where one trial in
# four is taught, the cortex learns on its own, in twice the time.
conditions = {"prompt": "prompt", "late": "200 ms late", "sparse": "one in four"}
with matplotlib.rc_context(style.RC):
    figure = Figure(figsize=(6.8, 2.4), layout="constrained")
    panels = figure.subplots(1, 3, sharey=True)
    for ax, (arm, title) in zip(panels, conditions.items(), strict=True):
        for name, colour, label in (
            (arm, style.CONTROL, "cerebellum"),
            (f"{arm}-no", style.LESIONED, "nuclei silenced"),
        ):
            trials, errors = curves(name)
            style.seed_lines(ax, trials, errors, colour, label)
        ax.axhline(1.25, color=style.QUIET, linewidth=0.6, linestyle=(0, (1, 1.5)))
        ax.set(xlabel="trials of training", title=title, xlim=(0, None), ylim=(0, 4))
    panels[0].set_ylabel("error in tests (Hz)")
    panels[0].legend(frameon=False, loc="upper right")

# %%
# Trials to criterion
# -------------------
# One block more than there are where it is never reached.
for arm in conditions:
    for name in (arm, f"{arm}-no"):
        trials, errors = curves(name)
        reached = errors <= 1.25
        first = np.where(reached.any(axis=1), trials[reached.argmax(axis=1)], trials[-1] + trials[1])
        print(f"{name:<10} {first.mean():5.0f} trials, never in {(~reached.any(axis=1)).sum()} of {len(first)} seeds")
