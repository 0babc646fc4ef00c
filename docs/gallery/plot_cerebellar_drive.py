"""
A cerebellum drives a cortex that cannot remember
=================================================

A cue is there for one step, and then twenty steps of a movement have to be drawn out of it. The cortex forgets what it was
told within a few steps, and none of its weights learn. A cerebellum that hears the cortex and drives it, and that learns
only from comparing what it said three steps ago with the outcome now, makes it draw (Pemberton et al. 2024). See
:doc:`the model's page </models/pemberton2024>` for the numbers over ten seeds.
"""

# %%
# Run
# ---
# A rate model needs no compiler. A session is 1000 trials; after each, fresh trials are scored with weights fixed: as the
# network is, with the cerebellum off in the whole trial, and with the cerebellum off from its middle on.
from burstnet.models.pemberton2024 import CerebellarDrive as Network
from burstnet.plots import cerebellar_drive_figure, cerebellar_networks_figure
from burstnet.protocols.cerebellar_drive import CerebellarDrive
from burstnet.rate_program import RateProgram

protocol = CerebellarDrive(sessions=8)
results = {
    feedback: RateProgram(Network(feedback=feedback), protocol).run(seeds=1)
    for feedback in ("cerebellum", "readout", "none")
}

# %%
# With a cerebellum, with its own read-out fed back, and with nothing
# -------------------------------------------------------------------
# An output that stays at the origin has an error of 0.159.
figure = cerebellar_networks_figure(results)

# %%
# What the cerebellum carries
# ---------------------------
# Without the cerebellum the trained network stays at the origin: what was learned is not in the cortex.
figure = cerebellar_drive_figure(results["cerebellum"])

# %%
# In numbers
# ----------
for name, result in results.items():
    found = protocol.metrics(result)
    print(f"{name:11s} after 8 sessions {found['final.error'].mean:.3f}", end="")
    print(f", cerebellum off {found['final.error_silenced'].mean:.3f}" if name == "cerebellum" else "")
