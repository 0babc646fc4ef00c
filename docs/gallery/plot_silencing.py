"""
Interneurons that carry an error, silenced one by one
=====================================================

In BurstCCN with interneurons the error reaches a dendrite as a change of bursts, through SST and VIP cells; NDNF cells cancel what
bursts say at rest, and PV cells inhibit the soma. One pyramidal cell learns to make its output more active; each kind of
interneuron is silenced in turn. See :doc:`the model's page </models/burstccn_dalean>`.
"""

# %%
# Run
# ---
# Nothing is compiled. All arms draw the same numbers.
from burstnet.models.burstccn_dalean import BurstCCNDalean
from burstnet.plots import learning_curves, silencing_figure
from burstnet.protocols.silencing import Silencing
from burstnet.rate_program import RateProgram

protocol = Silencing(updates=60)
program = RateProgram(BurstCCNDalean(), protocol)
arms = {"control": (), "PV": "pv:silence", "VIP": "vip:silence", "SST": "sst:silence", "NDNF": "ndnf:silence"}
results = {name: program.run(seeds=[1, 2, 3], lesions=lesion) for name, lesion in arms.items()}

# %%
# Without VIP cells the weight goes the wrong way
# -----------------------------------------------
axes = learning_curves(results, quantity="direct_weight")

# %%
# One arm in full
# ---------------
# Without NDNF cells the dendrite is excited at first; a homeostatic drive brings its burst probability back.
figure = silencing_figure(results["NDNF"])

# %%
# In numbers
# ----------
for name, result in results.items():
    found = protocol.metrics(result)
    print(f"{name:8s} weight {found['weight_change_percent'].mean:+6.1f} %", end="")
    print(f", first burst probability {found['first_deviation'].mean:+.3f} from its baseline")
