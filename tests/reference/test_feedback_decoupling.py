"""A spiking cerebellum that predicts late teaching, with the controls that must fail beside it.

Source: Boven et al. (2023) in rates, where the benefit is there for late feedback alone. In spikes twenty seeds with a delay of 200 ms
took 86 trials to criterion, SD 27, and none of them learned within 160 with the nuclei silenced; the final errors were 1.1 Hz,
SD 0.4, and 3.0 Hz, SD 0.4. The mean over three seeds is held to within three of its standard errors.
"""

import pytest
from support import needs_compiler

import burstnet as bn
from burstnet.protocols.feedback_decoupling import EXPERIMENT

pytestmark = [pytest.mark.slow, needs_compiler]


def measured(lesions=(), **settings):
    setup = EXPERIMENT.prepare(settings)
    result = bn.compile(setup.circuit, setup.protocol).run(seeds=[1, 2, 3], lesions=lesions)
    return setup.protocol.metrics(result)


def test_late_teaching_needs_the_cerebellum():
    intact, silenced = measured(), measured("nuclei:silence")
    assert intact["trials_to_criterion"].mean <= 0.75 * silenced["trials_to_criterion"].mean
    assert intact["final_error"].mean <= 1.9
    assert silenced["final_error"].mean >= 2.3
    assert intact["prediction_correlation"].mean >= 0.3


def test_prompt_teaching_does_not():
    intact, silenced = (measured(lesion, delay="0 ms") for lesion in ((), "nuclei:silence"))
    assert abs(intact["mean_error"].mean - silenced["mean_error"].mean) <= 0.3
    assert silenced["final_error"].mean <= 1.7
