"""
Images learned by areas that errors reach as bursts
===================================================

BurstCCN sends errors down as changes of burst probability: burst feedback tells an area what event feedback does not cancel.
With feedback weights that are those of the forward path its updates are back-propagation's; with random ones they are feedback
alignment's. See :doc:`the model's page </models/burstccn_rate>` for five seeds and sixty epochs.
"""

# %%
# Run
# ---
# A rate model needs no compiler. After every epoch unseen images are scored with weights fixed and no teacher.
from burstnet.models.burstccn_rate import published_network
from burstnet.plots import digits_figure, learning_curves
from burstnet.protocols.digits import Digits
from burstnet.rate_program import RateProgram

protocol = Digits(epochs=12)
results = {
    feedback: RateProgram(published_network(feedback=feedback), protocol).run(seeds=1)
    for feedback in ("tied", "random", "uncancelled")
}

# %%
# Event feedback must cancel what bursts say at rest
# --------------------------------------------------
# With event weights of their own the dendrites hear bursts all the time, and nothing is learned.
axes = learning_curves(results, quantity="error")

# %%
# Random feedback
# ---------------
# Forward weights turn towards it, and updates towards the gradient.
figure = digits_figure(results["random"])

# %%
# In numbers
# ----------
for name, result in results.items():
    found = protocol.metrics(result)
    print(f"{name:12s} {100 * found['final.error'].mean:5.1f} % wrong", end="")
    print(f", {found['final.angle_bp'].mean:6.2f} degree from back-propagation")
