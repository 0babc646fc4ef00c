"""
The target-rate experiment and its control
==========================================

A spiking BurstCCN learns to fire at 10 Hz, then at 5 Hz, from a teaching current into the dendrites of ``output``. The
control is the same run with the teacher off: same program, same noise.
"""

# %%
# Run
# ---
from brian2 import Hz, pA
from matplotlib.figure import Figure

import burstnet as bn
from burstnet.analysis.rates import binned_rate
from burstnet.analysis.teaching import teaching_windows
from burstnet.analysis.weights import weight_summary
from burstnet.models import burstccn
from burstnet.plots import target_rate_figure
from burstnet.protocols.target_rate import TargetRate

protocol = TargetRate()
compiled = bn.compile(burstccn.circuit(), protocol)
taught = compiled.run(seeds=[1, 2, 3])

# %%
# One figure a run
# ----------------
# (A) Spikes around three moments; (B) event rates with target and teaching windows; (C) burst probability with its
# baseline; (D) weights of the drive; (E) potentials of one cell.
figure = target_rate_figure(taught)

# %%
# No teacher
# ----------
# The gain of the teacher is a number of the run, so the control needs no other build.
untaught = compiled.run(seeds=[1, 2, 3], params={"increase_gain": 0 * pA / Hz, "decrease_gain": 0 * pA / Hz})

# %%
# Every plot has a numeric twin in `burstnet.analysis`, so that arms can be drawn into one axes.
beside = Figure(figsize=(7.2, 2.6), layout="constrained")
rate, weight = beside.subplots(1, 2)
for label, result in {"taught": taught, "no teacher": untaught}.items():
    time, rates = binned_rate(result, "output", "event", width=1.0)
    rate.plot(time, rates.mean(axis=0), label=label)
    summary = weight_summary(result, "drive")
    weight.plot(summary.time, summary.mean.mean(axis=0), label=label)
for window in teaching_windows(taught):
    rate.hlines(window.target, window.start, window.stop, colors="black", linestyles="dashed")
    for ax in (rate, weight):
        ax.axvspan(window.start, window.stop, color="0.92", zorder=-1)
rate.set(xlabel="time (s)", ylabel="event rate of output (Hz)", ylim=(0, 12))
weight.set(xlabel="time (s)", ylabel="mean weight of the drive", ylim=(0, 1.2))
legend = rate.legend()

# %%
# The same in numbers: mean and standard deviation over the seeds. The event rates are those of ``output`` in the last
# five seconds of a phase.
learned, control = protocol.metrics(taught), protocol.metrics(untaught)
for name in ("inc_pre.out_event_last5", "inc_post.out_event_last5", "dec_post.out_event_last5", "inc_post.w_end"):
    with_teacher, without = (f"{m[name].mean:.2f} +- {m[name].sd:.2f}" for m in (learned, control))
    print(f"{name:<26} {with_teacher}   no teacher {without}   [{learned[name].unit}]")
