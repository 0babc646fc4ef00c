"""
Feedback that a cerebellum predicts
===================================

A cortex learns to draw lines. Its errors go back one step and no further, and the teacher speaks in every second step only.
A cerebellum that sees the cortex's state learns which feedback will come back there, and tells the cortex so: the network of
Boven et al. (2023). See :doc:`the model's page </models/boven2023>` for twenty seeds of the published size; this is one seed
of a smaller one.
"""

# %%
# Run
# ---
# A session is one second of the timeline. The second arm has the same initial weights and trials, and no cerebellum; the third
# loses it after twenty sessions.
import numpy as np

from burstnet.models.boven2023 import Boven2023
from burstnet.plots import feedback_figure, learning_curves
from burstnet.protocols.feedback_horizon import FeedbackHorizon
from burstnet.rate_program import RateProgram

program = RateProgram(Boven2023(granule=100), FeedbackHorizon(sessions=50))
arms = {
    "control": program.run(seeds=1),
    "no cerebellum": program.run(seeds=1, lesions="cerebellum:silence"),
    "lost after 20": program.run(seeds=1, lesions="cerebellum:silence@20s.."),
}

# %%
# Learning
# --------
# For some sessions nothing seems to happen: the cue, told in the first step, must first be held. From there on the arms part.
ax = learning_curves(arms, quantity="error")

# %%
# Predictions and drawings
# ------------------------
# (B) What the cerebellum says is compared with what its olive hears, the errors of the next step and its own next prediction,
# and with back-propagation through all of the trial, which nobody in the network knows.
figure = feedback_figure(arms["control"])

# %%
# In numbers
# ----------
for name, result in arms.items():
    error = np.asarray(result.data["error"].values[0])
    print(f"{name:<14} error: mean {error.mean():5.1f}, last ten sessions {error[-10:].mean():5.1f}")
