"""Weights that follow burst probability minus its moving average, against the published program of Payeur et al. 2021.

Source: five seeds of the published program, 2000 cells, as listed in burstnet/models/payeur2021_published.csv. Tolerances: the
largest of three standard deviations over seeds, 3 %, and 0.5 points of burst probability.
"""

import csv
from importlib.resources import files

import numpy as np
import pytest
from brian2 import Hz, second
from support import needs_compiler

from burstnet import compile
from burstnet.analysis.metrics import Metric
from burstnet.analysis.paired import compare
from burstnet.models import payeur2021_plasticity
from burstnet.protocols.burst_plasticity import BurstPlasticity

pytestmark = needs_compiler
SHORT = BurstPlasticity(settle=4 * second, before=2 * second, phase=4 * second, bin=0.5 * second)
#: Homeostasis begins where it has come to after 20 s, which the short protocol does not wait for.
SETTLED = {"output.cell.spike_rate_0": 5 * Hz}
#: Largest change of the mean weight, in % of the weights at the start, that counts as none: an eighth of what as many more
#: bursts of the upper cells do. Published: below 0.4.
MARGIN = 0.75


@pytest.fixture(scope="module")
def network():
    return compile(payeur2021_plasticity.circuit(), SHORT)


@pytest.fixture(scope="module")
def short(network):
    return {name: metric.mean for name, metric in SHORT.metrics(network.run([1], SETTLED)).items()}


def published():
    with files("burstnet.models").joinpath("payeur2021_published.csv").open() as source:
        rows = [row for row in csv.DictReader(source) if row["condition"] == "burst-plasticity"]
    return {row["quantity"]: (float(row["mean"]), float(row["sd"])) for row in rows}


def test_weights_rise_with_bursts_and_fall_without(short):
    """Phases of 4 s, in which weights are still on their way."""
    assert short["settle.weight_change_percent"] == 0
    assert short["high.burst_probability"] > 0.2 and short["high.weight_step_percent"] > 1
    assert short["back_from_high.weight_step_percent"] < -0.7
    assert short["low.burst_probability"] < 0.03 and short["low.weight_step_percent"] < -1.4
    assert short["back_from_low.weight_step_percent"] > 0.5


def test_rates_at_rest_are_published_ones(short):
    reference = published()
    for name in ("pre_event_rate", "pre_burst_probability"):
        assert abs(short[f"plastic.{name}"] - reference[f"plastic.{name}"][0]) < 0.05 * reference[f"plastic.{name}"][0]
    assert abs(short["input_bursts.pre_burst_probability"] - reference["input_bursts.pre_burst_probability"][0]) < 0.02


@pytest.mark.slow
def test_frozen_weights_stay(network):
    """The control: the same bursts without plasticity."""
    found = SHORT.metrics(network.run([1], SETTLED, lesions="feedforward:freeze"))
    assert found["high.burst_probability"].mean > 0.2
    assert all(m.mean == 0 for name, m in found.items() if name.endswith("weight_change_percent"))


@pytest.mark.slow
def test_five_seeds_are_reproduced():
    protocol = BurstPlasticity()
    result = compile(payeur2021_plasticity.circuit(), protocol).run(range(1, 6), jobs=0)
    found = protocol.metrics(result)
    for name, (mean, sd) in published().items():
        least = 0.005 if "probability" in name or name.endswith("average_end") else 0.0
        spread = max(sd, found[name].sd)
        assert abs(found[name].mean - mean) < max(3 * spread, 0.03 * abs(mean), least), name
    # bursts of the lower cells, twice as probable, leave the weights alone
    assert found["input_bursts.pre_burst_probability"].mean > 1.7 * found["back_from_low.pre_burst_probability"].mean
    change = found["input_bursts.weight_step_percent"]
    none = Metric("%", np.zeros_like(change.per_seed))
    arms = {"before": {"change": none}, "input bursts": {"change": change}}
    (compared,) = compare(arms, result.seeds, control="before", margin=MARGIN)
    assert compared.equivalent and compared.p_equivalence < 0.05
