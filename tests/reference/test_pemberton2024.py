"""Pemberton et al. 2024 in rates: a fixed cortex learns with its cerebellum, and neither without it nor with its read-out alone.

Source: the published code's settings with 500 granule cells; numbers of an independent numpy version of the equations
(mean squared error after 12 sessions, three seeds): cerebellum 0.013 +- 0.003, ablated 0.160 in the whole trial and 0.138
from the middle on; no feedback and feedback of the read-out 0.159; lag 0 0.116, 1 0.058, 6 0.011, 10 0.018 (two seeds).
"""

import numpy as np
import pytest

from burstnet.models.pemberton2024 import CerebellarDrive as Model
from burstnet.models.pemberton2024_consolidation import CerebellarConsolidation
from burstnet.models.pemberton2024_switching import CerebellarSwitching as SwitchingModel
from burstnet.protocols.cerebellar_drive import CerebellarDrive
from burstnet.protocols.cerebellar_switching import CerebellarSwitching
from burstnet.protocols.consolidation import Consolidation
from burstnet.rate_program import RateProgram


def measured(model, protocol=None, seeds=(1,), lesions=()):
    protocol = protocol or CerebellarDrive()
    return protocol.metrics(RateProgram(model, protocol).run(seeds=list(seeds), lesions=list(lesions)))


def test_a_fixed_cortex_draws_lines_with_its_cerebellum_and_not_without():
    """Thresholds of the claim; the spread over ten seeds is 0.008 to 0.024."""
    found = measured(Model())
    assert found["final.error"].mean <= 0.03
    assert found["final.error_silenced"].mean == pytest.approx(0.16, abs=0.003)
    assert found["final.error_silenced_part"].mean == pytest.approx(0.141, abs=0.009)


@pytest.mark.parametrize("feedback", ["none", "readout"])
def test_controls_do_not_learn(feedback):
    assert measured(Model(feedback=feedback))["final.error"].mean >= 0.14


@pytest.mark.slow
def test_ten_seeds_of_the_four_networks():
    for feedback, low, high in [
        ("cerebellum", 0.0, 0.03),
        ("none", 0.14, 0.17),
        ("readout", 0.14, 0.17),
        ("cerebellar-readout", 0.14, 0.17),
    ]:
        errors = measured(Model(feedback=feedback), seeds=range(1, 11))["final.error"].per_seed
        assert low <= errors.min() and errors.max() <= high, feedback


@pytest.mark.slow
def test_lags():
    """The outcome teaches what was said some steps before: at once is too late, half a trial before too early."""
    found = {lag: measured(Model(lag=lag), seeds=(1, 2, 3)) for lag in (0, 3, 6, 19)}
    final = {lag: one["final.error"].mean for lag, one in found.items()}
    assert final[6] < final[3] < 0.5 * final[0]
    assert final[6] < 0.3 * final[19]
    assert found[0]["sessions_to_criterion"].per_seed.size == 3
    assert np.isnan(found[0]["sessions_to_criterion"].per_seed).all()


@pytest.mark.slow
def test_lesions_of_training():
    seeds = (1, 2, 3)
    whole = measured(Model(), seeds=seeds)
    removed = measured(Model(), seeds=seeds, lesions=["cerebellum:silence@6s.."])
    frozen = measured(Model(), seeds=seeds, lesions=["olive:freeze@6s.."])
    assert removed["final.error"].mean >= 0.14
    assert whole["final.error"].mean < frozen["final.error"].mean < 0.1


@pytest.mark.slow
def test_switching():
    own, shared = (measured(SwitchingModel(shared=part), CerebellarSwitching(), seeds=(1, 2, 3)) for part in (0.0, 1.0))
    assert own["second.error"].mean < 0.5 * own["second.error_before"].mean
    assert np.all(own["switched.error"].per_seed == own["first.error"].per_seed)
    assert np.all(shared["switched.error"].per_seed >= 3 * shared["first.error"].per_seed)
    assert np.all(own["again.sessions_to_criterion"].per_seed == 0)


@pytest.mark.slow
def test_consolidation():
    found = measured(CerebellarConsolidation(), Consolidation())
    assert found["awake.accuracy"].mean >= 0.9
    assert found["awake.accuracy_silenced"].mean <= 0.6
    assert found["asleep.accuracy_silenced"].mean >= 0.85
    assert found["asleep.drive_percent"].mean == pytest.approx(100 * 0.9**50, rel=1e-4)
    alone = measured(CerebellarConsolidation(rule="none"), Consolidation())
    assert alone["asleep.accuracy_silenced"].mean <= 0.6
