"""
Why a moving baseline needs two phases
======================================

Burst-dependent plasticity compares how often a cell bursts with what it expects: its own recent past (Payeur et al. 2021), or a
fixed number (BurstCCN). With separate phases the past will do, since while there is no teacher it is the baseline. When
teacher and plasticity are always on, the past is what was just taught, and the difference is gone. A seed of a training takes five
minutes of a core and more, so the curves are read from files that such runs left in ``docs/gallery/data``; the commands are on
:doc:`the model's page </models/payeur2021_xor>`.
"""

# %%
# What learning ends with
# -----------------------
# Output event rates in the test after training, without teacher and with weights frozen; shaded, the output should be above
# 6 Hz. In two phases, 2000 examples with the moving average; in one phase, 240 examples with either baseline, on the same
# network with feedback of bursts and of events that cancel it at rest.
import csv
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from burstnet.analysis.xor_examples import PATTERNS, PatternTraces
from burstnet.plots import style
from burstnet.plots.xor import draw_one_phase

folder = Path("data")
schedules: dict = {"one phase": {}, "two phases": {}}
with open(folder / "xor_one_phase.csv", newline="") as file:
    rows = list(csv.DictReader(file))
for schedule, rule in dict.fromkeys((row["schedule"], row["rule"]) for row in rows):
    own = [row for row in rows if (row["schedule"], row["rule"]) == (schedule, rule)]
    time = np.array([float(row["time"]) for row in own if row["seed"] == "1"])
    rates = np.array([float(row["event_rate"]) for row in own]).reshape(-1, len(time))
    schedules[schedule][rule] = PatternTraces(time, {"output": rates}, {})
outcome = draw_one_phase(schedules)

# %%
# With the fixed baseline one phase is enough; with the moving average the same training leaves no exclusive or.
for schedule, rules in schedules.items():
    for rule, traces in rules.items():
        late = traces.time % traces.length > 2
        means = [
            traces.event_rate["output"][:, late & (traces.time // traces.length == k)].mean()
            for k in range(len(PATTERNS))
        ]
        print(f"{schedule:<10} {rule:<15}", "  ".join(f"{p} {m:.1f} Hz" for p, m in zip(PATTERNS, means, strict=True)))

# %%
# What the rule sees
# ------------------
# The teacher is on from 0 s and nothing learns, so that both comparisons look at the same bursts: the burst probability of
# ``hidden_1`` in bins of 0.4 s, its moving average over 2 s, and the fixed baseline of 36 %; three seeds and their mean. Against the fixed
# baseline the sign of the error stays as long as a pattern is shown; the moving average has caught up after a few seconds.
with open(folder / "xor_one_phase_rule.csv", newline="") as file:
    rows = list(csv.DictReader(file))
time = np.array([float(row["time"]) for row in rows if row["seed"] == "1"])
seen, average = (
    np.array([100 * float(row[name]) for row in rows]).reshape(-1, len(time))
    for name in ("burst_probability", "moving_average")
)
baseline = 36.0

with matplotlib.rc_context(style.RC):
    figure = Figure(figsize=(6.8, 4), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    moving, fixed = style.ARMS[1], style.ARMS[0]  # as above
    style.seed_lines(above, time, seen, style.QUIET, "bursts")
    style.seed_lines(above, time, average, moving, "moving average")
    above.axhline(baseline, color=fixed, label="fixed baseline")
    above.set(ylabel="burst probability (%)", ylim=(0, 70))
    style.seed_lines(below, time, seen - average, moving, "bursts - moving average")
    style.seed_lines(below, time, seen - baseline, fixed, "bursts - fixed baseline")
    below.axhline(0, color=style.QUIET, linewidth=0.6, zorder=0)
    below.set(xlabel="time (s)", ylabel="difference (points)", xlim=(-8, 32), ylim=(-30, 38))
    for ax in (above, below):
        ax.axvspan(0, 32, color=style.TEACHING, linewidth=0, zorder=-1)
        lines = [line for line in ax.lines if not line.get_label().startswith("_")]
        ax.legend(
            handles=[line for line in lines if "seeds" not in line.get_label()],
            loc="upper left",
            frameon=False,
            ncols=3,
        )
    for k, pattern in enumerate(("(0,0) low", "(1,0) high", "(0,1) high", "(1,1) low")):
        above.annotate(pattern, (8 * k + 4, 1), xycoords=("data", "axes fraction"), ha="center", va="bottom")

# %%
# In numbers: what a hidden population is told of each pattern, in the last four seconds of its eight.
for k, pattern in enumerate(PATTERNS):
    late = (time > 8 * k + 4) & (time < 8 * (k + 1))
    told = [np.mean(seen[:, late] - expected) for expected in (average[:, late], baseline)]
    print(f"{pattern}  against the moving average {told[0]:+5.1f}, against the fixed baseline {told[1]:+5.1f} points")
