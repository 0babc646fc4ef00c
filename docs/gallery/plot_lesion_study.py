"""
A lesion study
==============

What do the burst feedback ``Y`` and the event feedback ``Q`` of the spiking BurstCCN do while it learns? Three arms and
a control, from one build: the same program, the same noise, the same graph.
"""

# %%
# Run
# ---
# A lesion is written ``TARGET:KIND[=VALUE]@START..STOP``. Between 20 s and 50 s, while ``output`` learns to fire at
# 10 Hz and while it has to keep that up, transmission along a pathway is multiplied by 0 or by 0.5.
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

import burstnet as bn
from burstnet.analysis.paired import compare
from burstnet.models import burstccn
from burstnet.plots import learning_curves, metric_by_arm
from burstnet.plots.style import RC
from burstnet.protocols.target_rate import TargetRate

protocol, seeds = TargetRate(), [1, 2, 3, 4, 5, 6, 7]
lesions = {
    "control": "",
    "no Y": "Y:scale=0@20s..50s",
    "half of Y": "Y:scale=0.5@20s..50s",
    "no Q": "Q:scale=0@20s..50s",
}
compiled = bn.compile(burstccn.circuit(), protocol)
results = {label: compiled.run(seeds=seeds, lesions=text) for label, text in lesions.items()}

# %%
# Over time
# ---------
# Mean over seeds with its 95 % bootstrap band; shaded are the windows of the lesions, dashed is the target rate.
# Without ``Q`` the target is overshot and the weights run to their bound; without ``Y``, or with half of it, the
# weights collapse and the target is missed. After 50 s all recover.
plt.rcParams.update(RC)  # burstnet's look for figures of one's own
figure = Figure(figsize=(7.2, 5.4), dpi=150)
quantities = {"event rate": "output", "burst probability": "input", "weight": "drive"}
axes = figure.subplots(3, 1, sharex=True, gridspec_kw={"hspace": 0.55, "left": 0.1, "right": 0.86})
for ax, (quantity, of) in zip(axes, quantities.items(), strict=True):
    learning_curves(results, ax, quantity=quantity, of=of)
    ax.set_xlabel("time (s)" if ax is axes[-1] else "")

# %%
# In numbers
# ----------
# Seeds are compared in pairs. Every metric of the protocol is a value a seed; the figure joins the same seeds.
metrics = {label: protocol.metrics(result) for label, result in results.items()}
names = ["inc_post.out_event_last5", "inc_post.w_end"]
measured = Figure(figsize=(7.2, 2.8), dpi=150)
for name, ax in zip(names, measured.subplots(1, 2, gridspec_kw={"wspace": 0.3, "top": 0.85}), strict=True):
    metric_by_arm(metrics, seeds, name, ax)

# %%
# The difference from the control, its bootstrap interval, the effect size, and the p of the signed-rank test with
# Holm's correction over the arms. With seven seeds and three arms that p cannot fall below 0.047.
for c in compare(metrics, seeds, metrics=names):
    print(
        f"{c.metric:<26} {c.arm:<10} {c.difference:+.2f} [{c.low:+.2f}, {c.high:+.2f}]  d_z {c.d_z:+.1f}  p {c.p_holm:.3f}"
    )

# %%
# Is it the same again?
# ---------------------
# A large p does not show that two arms are alike. An equivalence test asks whether the difference lies within a margin,
# here half a hertz at the end of the run, 40 s after the lesion.
for c in compare(metrics, seeds, metrics=["tail.out_event_last5"], margin=0.5):
    print(f"{c.arm:<10} {c.difference:+.3f} Hz [{c.low:+.3f}, {c.high:+.3f}]  equivalent: {c.equivalent}")
