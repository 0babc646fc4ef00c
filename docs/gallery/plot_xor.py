"""
A teacher's error, carried down by bursts
=========================================

Two inputs, two hidden populations, one output: the network with which Payeur et al. (2021) learn exclusive or. Learning takes
hundreds of examples; what makes it possible is seen in one epoch. A current into the dendrites of the output changes how
often its events become bursts, and not how many events there are; its bursts change the bursts of the hidden populations; and
the rule turns bursts into weights. See :doc:`the model's page </models/payeur2021_xor>` for all of the training.
"""

# %%
# Run
# ---
# Four patterns are shown twice: without a teacher, then with a teacher and plasticity in the last 0.8 s of each. Times are
# shorter than the published ones. The second arm has the same noise and no feedback.
from brian2 import second

import burstnet as bn
from burstnet.models import payeur2021_xor
from burstnet.plots import xor_figure
from burstnet.protocols.xor import Xor

protocol = Xor(examples=4, burn_in=4 * second, example=6 * second, prediction=5.2 * second)
compiled = bn.compile(payeur2021_xor.circuit(), protocol)
# the lesion begins with the training
cut = " + ".join(f"output_to_hidden_{k}{receptor}:scale=0@28s.." for k in (1, 2) for receptor in ("", "_gaba"))
control = compiled.run(seeds=1, until=52 * second)
without_feedback = compiled.run(seeds=1, lesions=cut, until=52 * second)

# %%
# One epoch
# ---------
# While the teacher is on (shaded), the output bursts more if its rate should rise and less if it should fall. ``hidden_1``
# follows with the same sign and ``hidden_2`` with the opposite one, since feedback excites the dendrites of the one and
# inhibits those of the other. Event rates carry the prediction all the while. (B) has one point, since there is
# one epoch.
figure = xor_figure(control, length=6.0, teaching=5.2, epoch=0)

# %%
# In numbers
# ----------
# Burst probability while taught. Without feedback the hidden populations know nothing of the error.
print("burst probability (%)     (0,0)  (1,0)  (0,1)  (1,1)")
for name, result in (("control", control), ("no feedback", without_feedback)):
    metrics = protocol.metrics(result)
    for population in ("output", "hidden_1", "hidden_2"):
        taught = [
            100 * metrics[f"first_epoch.{pattern}.{population}_taught_burst_probability"].mean
            for pattern in ("(0,0)", "(1,0)", "(0,1)", "(1,1)")
        ]
        print(f"{name:<12} {population:<10}" + "".join(f"{value:7.1f}" for value in taught))
