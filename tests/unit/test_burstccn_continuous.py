"""BurstCCN in continuous time: its steps, what it learns in a short run and what it does not without feedback, lesions, figure."""

import numpy as np
import pytest

from burstnet.errors import ArgumentError
from burstnet.models.burstccn_continuous import BurstCCNContinuous, ContinuousParameters, waves
from burstnet.plots import sine_figure
from burstnet.protocols.sine import Sine
from burstnet.rate_program import RateProgram

SHORT = Sine(before=1, training=4, after=1)


def followed(lesions=(), protocol=SHORT, seeds=1, **structure):
    return RateProgram(BurstCCNContinuous(**structure), protocol).run(seeds=seeds, lesions=lesions)


def test_it_learns_in_few_thousand_steps_and_is_drawn():
    result = followed(seeds=[1, 2])
    found = SHORT.metrics(result)
    assert (found["after.error"].per_seed < 0.1 * found["before.error"].per_seed).all()
    axes = {ax.get_label(): ax for ax in sine_figure(result).axes}
    assert np.array_equal(axes["outputs"].lines[1].get_ydata(), result.data["output"].values[0])


def test_nothing_is_learned_where_nothing_is_taught():
    frozen = followed(["area1:freeze", "output:freeze"])
    intact = followed()
    assert np.array_equal(frozen.data["error"].values[:, 0], intact.data["error"].values[:, 0])
    assert frozen.data["error"].values[0, -1] > 5 * intact.data["error"].values[0, -1]
    # without a teacher bursts are cancelled but for what events say a step earlier
    assert frozen.data["deviation"].values[0, 0] < 0.2 * intact.data["deviation"].values[0, 1:5].max()


def test_dendrites_hear_bursts_where_events_do_not_cancel_them():
    for feedback, lesion in (("uncancelled", ()), ("tied", "event1:scale=0")):
        assert followed(lesion, feedback=feedback).data["deviation"].values[0, 0] > 0.01
    assert followed(feedback="none").data["deviation"].values.max() == 0


def test_what_is_followed_is_leaky():
    """A step of the target lags its inputs: it starts at one half, where every cell is at rest."""
    found = waves(ContinuousParameters(), np.random.default_rng(0), 25, 300)
    assert found.inputs.shape == (300, 3)
    assert found.targets[0] == 0.5
    assert np.abs(np.diff(found.targets)).max() < 0.1


def test_refused():
    with pytest.raises(ArgumentError, match="tau_soma"):
        ContinuousParameters(tau_soma=0.001 * ContinuousParameters().tau_soma)
    with pytest.raises(ArgumentError, match="training=1.5"):
        Sine(training=1.5)
    with pytest.raises(ArgumentError, match="'none'"):
        BurstCCNContinuous(feedback="non")
