"""
Learning rules and what they read
=================================

Back-propagation through time is exact, and no synapse could do it: it reads other synapses and the future. Other rules read
less. Here each says what it reads, and its update is compared with the exact one in twenty random networks.
"""

# %%
# Cards
# -----
import numpy as np
from matplotlib import pyplot as plt

from burstnet.analysis.alignment import align, descent_efficiency
from burstnet.plots import style
from burstnet.rules import RFLO, BackPropagation, Episode, EProp, NodePerturbation, RandomFeedback, TanhNetwork

rules = [BackPropagation(1), EProp(), RFLO(), RandomFeedback(), NodePerturbation(), NodePerturbation(repeats=100)]
for rule in rules[:5]:
    print(rule.card, end="\n\n")

# %%
# Alignment
# ---------
# Fifty leaky tanh cells, eight steps, targets at every step. The cosine is that of the recurrent weights' update with exact
# back-propagation; the efficiency is what a short step of all weights gains, as a part of the steepest.
cosines, efficiencies = np.empty((2, 20, len(rules)))
for seed in range(20):
    random = np.random.default_rng(seed)
    network = TanhNetwork.random(3, 50, 2, random, alpha=0.5)
    episode = Episode(random.normal(size=(8, 20, 3)), random.normal(size=(8, 20, 2)))
    exact = BackPropagation().update(network, episode, random)
    for k, rule in enumerate(rules):
        update = rule.update(network, episode, random)
        cosines[seed, k] = align(update, exact)["W_rec"].cosine
        efficiencies[seed, k] = descent_efficiency(update, {name: -change for name, change in exact.items()})

names = [rule.card.name for rule in rules[:-1]] + ["100 perturbations"]
with plt.rc_context(style.RC):
    figure, ax = plt.subplots(figsize=(5.2, 2.2), dpi=150, layout="constrained")
    ax.axvline(0, color=style.QUIET, linewidth=0.6)
    for k in range(len(rules)):
        ax.plot(cosines[:, k], np.full(20, -k), "o", markersize=2, color=style.QUIET, alpha=0.5, markeredgewidth=0)
        ax.plot(cosines[:, k].mean(), -k, "o", markersize=4.5, color=style.OUTPUT)
    ax.set_yticks(-np.arange(len(rules)), names)
    ax.set_xlabel("cosine with back-propagation through time, recurrent weights")

# %%
# Rules with random feedback begin at right angles: random weights know nothing of the right direction before forward weights
# have come to fit them. One perturbation is nearly as far off, a hundred are closer.
print(f"{'':<26}cosine  efficiency")
for name, cosine, efficiency in zip(names, cosines.mean(axis=0), efficiencies.mean(axis=0), strict=True):
    print(f"{name:<24}{cosine:8.2f}{efficiency:12.2f}")
