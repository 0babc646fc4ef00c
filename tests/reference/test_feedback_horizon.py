"""Boven et al. (2023): what a cerebellum that predicts feedback is good for, with the controls that must fail beside it.

Line drawing with an LSTM of 50 cells, 50 trials a batch, 16 batches a session, Adam at 1e-3, feedback in every second step, a
synthetic gain of 0.1: the published code, but for the learning rate of the cerebellum and the clipping of gradients. Directions
are those of the paper; that of twenty seeds stands in docs/models/boven2023.rst.
"""

from __future__ import annotations

import numpy as np
import pytest

from burstnet.analysis.feedback_horizon import benefit, lesion_cost, retention, slope
from burstnet.models.boven2023 import Boven2023, BovenParameters
from burstnet.protocols.feedback_horizon import FeedbackHorizon
from burstnet.rate_program import RateProgram

CUT = "cerebellum:silence"
PUBLISHED = {"parameters": BovenParameters(cerebellum_rate=1e-3), "clipping": "together"}


def run(lesions="", seeds=(1, 2), model=None, **settings):
    return RateProgram(Boven2023(**(model or {})), FeedbackHorizon(**settings)).run(seeds=seeds, lesions=lesions)


def error(result):
    return result.data["error"].values


def test_a_cerebellum_speeds_learning_with_a_short_horizon():
    """A smaller cerebellum and one seed; the slow tests have the published size."""
    intact, cut = (run(lesion, seeds=(1,), model={"granule": 100}, sessions=50) for lesion in ("", CUT))
    assert (benefit(intact, cut) > 0).all()
    assert (error(intact)[:, -5:].mean(axis=1) < error(cut)[:, -5:].mean(axis=1)).all()
    # both begin at the power of the target, that of a pen that stays where it is
    assert intact.data["untrained_error"].values == pytest.approx(30.2, abs=0.2)


@pytest.fixture(scope="module")
def arms():
    lesions = {
        "intact": "",
        "cut": CUT,
        "early": f"{CUT}@20s..",
        "late": f"{CUT}@80s..",
        "frozen": "olive:freeze@80s..",
    }
    return {name: run(lesion, range(1, 5)) for name, lesion in lesions.items()}


@pytest.mark.slow
def test_learning_is_faster_and_ends_lower(arms):
    gained = benefit(arms["intact"], arms["cut"])
    assert gained.mean() / gained.std(ddof=1) > 0.8 and gained.mean() > 0.1
    late = slice(-10, None)
    assert error(arms["intact"])[:, late].mean() < 0.5 * error(arms["cut"])[:, late].mean()


@pytest.mark.slow
def test_early_lesions_cost_more_than_late_ones(arms):
    early, late = lesion_cost(arms["early"], arms["intact"], 20, 30), lesion_cost(arms["late"], arms["intact"], 80, 20)
    assert early.mean() > 2 * abs(late.mean()) and (early > late).all()


@pytest.mark.slow
def test_a_frozen_olive_keeps_what_was_learned_and_stops_improvement(arms):
    assert 0.9 < retention(arms["frozen"], 80, 20).mean() < 1.1
    assert error(arms["frozen"])[:, -10:].mean() > error(arms["intact"])[:, -10:].mean()


@pytest.mark.slow
def test_as_published_a_frozen_olive_destroys_what_was_learned():
    """Predictions that are mostly the optimiser's noise stand still, and the cortex follows them step by step."""
    frozen = run("olive:freeze@80s..", range(1, 3), model=PUBLISHED)
    assert retention(frozen, 80, 20).mean() < 0.8


@pytest.mark.slow
def test_the_benefit_shrinks_with_the_horizon():
    """To none at three steps and at the full length; in between it is a cost, see docs/models/boven2023.rst."""
    horizons, seeds = (1, 3, 10), range(1, 4)
    arms = {h: [run(lesion, seeds, horizon=h, sessions=60) for lesion in ("", CUT)] for h in horizons}
    found = np.stack([benefit(*arms[h]) for h in horizons], axis=1)
    assert slope(horizons, found).high < 0
    assert abs(found[:, 1].mean()) < 0.1 and not found[:, 2].any()
    # the control: errors that go back further teach faster
    assert error(arms[3][1]).mean() < 0.8 * error(arms[1][1]).mean()
