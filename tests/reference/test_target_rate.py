"""The spiking target-rate experiment against the published program's numbers, with the controls that must fail.

Source: ten seeds of the published spiking program on an exact clock (burst limit 16 steps), and its control runs, as
listed in burstnet/models/burstccn_published.csv. Tolerance: 3*sqrt(SD^2/n_published + SD^2/n) + 3 %.
"""

import numpy as np
import pytest
from brian2 import Hz, pA
from support import needs_compiler

from burstnet import compile
from burstnet.models import burstccn, burstccn_interneurons
from burstnet.protocols.target_rate import TargetRate
from burstnet.verify import verify_model

pytestmark = needs_compiler
SEEDS = range(201, 207)


def measured(protocol=None, values=None, **circuit):
    protocol = protocol or TargetRate()
    result = compile(burstccn.circuit(**circuit), protocol).run(SEEDS, values, jobs=2)
    return {name: metric.mean for name, metric in protocol.metrics(result).items()}


@pytest.fixture(scope="module")
def learned():
    return measured()


def test_every_quantity_of_every_condition_is_reproduced():
    """275 published means: the experiment, and its conditions without teacher, without feedback, and with other cells."""
    rows = verify_model("burstccn", quick=True)
    assert len(rows) == 275
    assert [row.line() for row in rows if row.verdict == "differs"] == []


def test_the_target_is_held_with_the_teacher_off(learned):
    assert abs(learned["inc_post.out_event_last5"] - 10) < 1
    assert abs(learned["dec_post.out_event_last5"] - 5) < 0.5


@pytest.mark.parametrize(
    ("increase_to", "decrease_to", "after"),
    # 3.5 Hz is below the 4.1 Hz that the output fires with no drive at all; the published program ends at 4.74 +- 0.05
    # there (two seeds of its transcription), and 4.5 Hz is what its last phase of teaching reaches.
    [(8 * Hz, 3.5 * Hz, (7.8, 4.7)), (12 * Hz, 6 * Hz, (12, 6))],
)
def test_other_targets_are_learned(increase_to, decrease_to, after):
    found = measured(TargetRate(increase_to=increase_to, decrease_to=decrease_to))
    assert abs(found["inc_post.out_event_last5"] - after[0]) < 1
    assert abs(found["dec_post.out_event_last5"] - after[1]) < 0.5


def test_without_a_teacher_nothing_is_learned(learned):
    found = measured(TargetRate(increase_gain=0 * pA / Hz, decrease_gain=0 * pA / Hz))
    assert found["inc_post.out_event_last5"] < 6 and found["inc_during.w_end"] < 0.4
    assert np.isnan(found["t_reach_9p5_s"]) and learned["inc_during.w_end"] > 0.8


def test_without_feedback_nothing_is_learned():
    """The teacher drives the output's bursts, but no error reaches the input."""
    found = measured(values={"Y.scale": 0.0, "Q.scale": 0.0})
    assert found["inc_during.out_p_phase"] > 0.7 and found["inc_during.in_p_phase"] < 0.35
    assert found["inc_post.out_event_last5"] < 5 and found["inc_during.w_end"] < 0.2


def test_without_the_event_feedback_the_baseline_is_not_cancelled(learned):
    """Bursts alone push every weight to its bound (1.5) before any teaching, and the target is overshot."""
    found = measured(values={"Q.scale": 0.0})
    assert found["inc_pre.w_end"] > 1.4 and found["inc_post.out_event_last5"] > learned["inc_post.out_event_last5"] + 1


@pytest.mark.slow
def test_errors_reach_the_lowest_of_three_areas():
    """Every seed holds 10 and then 5 Hz within 1 Hz, teacher off; without Y and Q, or without the second teacher, none.

    Over ten other seeds the two rates are 10.19 +- 0.26 and 5.59 +- 0.15 Hz.
    """
    silenced = {f"{pathway}{k}.scale": 0.0 for pathway in "YQ" for k in (1, 2)}
    arms = {"learned": (100, {}), "unconnected": (100, silenced), "only up": (0, {})}
    after = {}
    for arm, (gain, values) in arms.items():
        protocol = TargetRate(increase_gain=64 * pA / Hz, decrease_gain=gain * pA / Hz)
        result = compile(burstccn.circuit(areas=3), protocol).run(SEEDS, values, jobs=2)
        after[arm] = {name: metric.per_seed for name, metric in protocol.metrics(result).items()}
    up, down = "inc_post.out_event_last5", "dec_post.out_event_last5"
    assert np.all(np.abs(after["learned"][up] - 10) < 1) and np.all(np.abs(after["learned"][down] - 5) < 1)
    assert np.all(after["learned"]["inc_during.in_p_first2"] > 0.55)
    assert np.all(after["learned"]["dec_during.in_p_first2"] < 0.25)
    assert np.all(after["unconnected"][up] < 6) and np.all(after["only up"][down] > 9)


@pytest.mark.slow
def test_interneurons_and_facilitating_synapses_carry_the_error():
    """Teacher off, 10.07 +- 0.47 and 5.25 +- 0.22 Hz over ten other seeds; 4.68 and 4.35 Hz where synapses do not facilitate."""
    protocol = TargetRate()
    compiled = compile(burstccn_interneurons.circuit(), protocol)
    found = {
        lesion: protocol.metrics(compiled.run(SEEDS, lesions=lesion or (), jobs=2))
        for lesion in ("", "bursts_to_vip:static=0.1", "vip:silence")
    }
    only_up = protocol.metrics(compiled.run(SEEDS, {"decrease_gain": 0 * pA / Hz}, jobs=2))
    up, down = "inc_post.out_event_last5", "dec_post.out_event_last5"
    off = 3 / len(SEEDS) ** 0.5
    assert abs(found[""][up].mean - 10.07) < off * 0.47 and abs(found[""][down].mean - 5.25) < off * 0.22
    assert np.all(found[""]["inc_during.in_p_first2"].per_seed > 0.44)
    assert np.all(found[""]["dec_during.in_p_first2"].per_seed < 0.25)
    assert np.all(found["bursts_to_vip:static=0.1"][up].per_seed < 6)
    assert np.all(found["vip:silence"][up].per_seed < 6)
    assert abs(only_up[down].mean - 10.44) < off * 0.71  # untaught, it stays up
