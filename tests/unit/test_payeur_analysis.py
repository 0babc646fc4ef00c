"""What the analysis of Payeur et al. 2021's experiments computes, against numbers measured on the published program."""

from __future__ import annotations

import numpy as np
import pytest
from made_results import make_result

from burstnet.analysis.burst_curves import burst_curve, burst_curve_metrics, spread_of_burst_probability
from burstnet.analysis.burst_plasticity import burst_plasticity_metrics, burst_plasticity_traces
from burstnet.analysis.crossings import crossings
from burstnet.analysis.multiplexing import (
    MultiplexingTraces,
    correlation,
    correlations,
    multiplexing_metrics,
    multiplexing_traces,
    rescaled,
)
from burstnet.analysis.pairing import pairing_data
from burstnet.analysis.pairing_theory import burst_poisson_expectation, periodic_expectation, poisson_expectation
from burstnet.analysis.rates import windowed_burst_probability, windowed_rate
from burstnet.analysis.short_term import (
    DEPRESSING,
    FACILITATING,
    burst_train,
    regular_train,
    response,
    transmitted,
)
from burstnet.analysis.xor import (
    cost,
    epoch_cost,
    example_cost,
    margins,
    ordered,
    separated,
    xor_metrics,
    xor_summary,
)
from burstnet.analysis.xor_examples import TARGETS, example_responses, examples, pattern_traces
from burstnet.errors import ArgumentError

#: Published program, 20 realisations: rate [Hz], then weight change, mean and SD, from initial burst probability 0.3
#: and 0.5; burst probability, then the same for event rates of 5 and 10 Hz.
POISSON = np.array(
    [
        [6.444444, -0.458626, 0.219699, -0.948308, 0.218607],
        [17.333333, -0.635360, 0.848749, -2.210410, 0.886930],
        [22.777778, -0.128900, 1.316894, -2.198600, 1.303354],
        [28.222222, 0.404810, 1.312994, -2.095990, 1.285651],
        [39.111111, 2.593832, 1.304653, -0.502780, 1.273805],
        [50.0, 4.416326, 1.800657, 1.076091, 1.851902],
    ]
)
BURST_POISSON = np.array(
    [
        [0.0, -0.345086, 0.049859, -1.502855, 0.101355],
        [0.1, -0.234520, 0.272509, -0.744641, 0.373246],
        [0.2, 0.000512, 0.320957, -0.115801, 0.504523],
        [0.3, 0.314556, 0.387379, 0.756781, 0.778751],
        [0.45, 0.545026, 0.347945, 2.026880, 0.927442],
    ]
)
#: Frequency [Hz] of periodic pairing and weight change.
PERIODIC = np.array(
    [
        [1.0, -0.2386637036802301],
        [11.421053, -0.34491039744778923],
        [58.315789, -0.6152527684778017],
        [63.526316, 0.15020521137595405],
        [100.0, 0.28386661186311163],
    ]
)
#: Transmitted u*x of the fifth spike of a regular train, the published program at 0.1 ms: facilitating and depressing.
FIFTH = {10: (0.030409, 0.982960), 50: (0.057742, 0.632322), 100: (0.065139, 0.394253)}


# Counts in windows


def test_windows_count_as_bins_do():
    time = np.arange(101) / 10
    result = make_result({"a": (np.floor(time) * 20, np.floor(time) * 5)}, [("all", 10, {})], time)
    starts, stops = np.array([0, 2, 3, 5]), np.array([1, 6, 3, 9.02])
    rate = windowed_rate(result, "a", "event", starts, stops)
    assert rate[0, [0, 1, 3]] == pytest.approx(2)
    assert np.isnan(rate[0, 2])
    assert windowed_burst_probability(result, "a", starts, stops)[1, [0, 1, 3]] == pytest.approx(0.25)
    assert result.rate("a", "event", 2, 6) == pytest.approx(rate[:, 1])
    with pytest.raises(ArgumentError, match="No counts of events of 'b'"):
        windowed_rate(result, "b", "event", starts, stops)


def test_crossings_lie_between_samples():
    x = np.array([0.0, 1, 2, 3, 4, 5])
    assert crossings(x, np.array([-1, 1, np.nan, 3, -1, 0])) == pytest.approx([0.5, 3.75, 5])
    assert crossings(x, x, level=2.5) == pytest.approx([2.5])
    assert not crossings(x, x + 1).size


# Pairing


def test_poisson_expectation_is_within_3_standard_errors_of_the_published_simulations():
    for column, initial in ((1, (5, 1.5)), (3, (5, 2.5))):
        found = poisson_expectation(POISSON[:, 0], initial)
        assert (np.abs(found - POISSON[:, column]) < 3 * POISSON[:, column + 1] / np.sqrt(20)).all()


def test_the_threshold_of_poisson_pairing_slides_with_the_initial_burst_probability():
    rate = np.linspace(1, 50, 500)
    thresholds = [crossings(rate, poisson_expectation(rate, (5, 5 * p)))[0] for p in (0.3, 0.5)]
    assert thresholds == pytest.approx([24.2, 45.0], abs=0.2)


def test_burst_poisson_expectation_is_within_3_standard_errors_of_the_published_simulations():
    for column, rate in ((1, 5.0), (3, 10.0)):
        found = burst_poisson_expectation(BURST_POISSON[:, 0], rate)
        assert (np.abs(found - BURST_POISSON[:, column]) < 3 * BURST_POISSON[:, column + 1] / np.sqrt(20)).all()
        assert found[2] == pytest.approx(0, abs=1e-12)


def test_the_expectation_is_the_papers_formula():
    rate, (event_0, burst_0), eta, tau, alpha, duration = 30.0, (5.0, 2.5), 0.1, 0.05, 15.0, 100.0
    hazard = rate / (1 - rate * 0.002)
    q = np.exp(-hazard * 0.014)
    e, b = rate * q, rate * q * (1 - q)
    a, c = burst_0 / b - 1, event_0 / e - 1

    def integral(t):
        return b / e * (alpha * (c - a) * np.log(c + np.exp(t / alpha)) + a * t) / c

    expected = eta * tau * e * (b * duration - e * (integral(duration) - integral(0)))
    assert poisson_expectation(np.array([rate]), (event_0, burst_0)) == pytest.approx([expected])


def test_periodic_expectation_follows_the_published_simulations():
    # The simulations round times to 0.1 ms.
    assert periodic_expectation(PERIODIC[:, 0]) == pytest.approx(PERIODIC[:, 1], rel=0.005)


def paired(parameters, weight):
    """A run of a pairing protocol with these parameters and final weights (seeds, pairs)."""
    weights = np.stack([np.zeros_like(weight), weight], axis=1)
    result = make_result({}, [("all", 50, {})], np.arange(51.0), weights={"pairing": weights}, seeds=len(weight))
    result.about["parameters"] = parameters
    return result


def test_pairing_data_tells_protocols_from_parameters():
    periodic = paired(
        {"pre.cell.frequency_first": "1 Hz", "pre.cell.frequency_last": "3 Hz", "pre.cell.points": "3"},
        np.arange(1.0, 13).reshape(2, 6),
    )
    poisson = [
        paired(
            {
                "pre.cell.rate_first": "10 Hz",
                "pre.cell.rate_last": "50 Hz",
                "post.cell.initial_p": p,
                "pairing.eta": "0.2",
            },
            np.array([[1.0, 2, 3]]) + shift,
        )
        for p, shift in (("0.3", 0), ("0.5", 10), ("0.3", 1))
    ]
    bursting = {"pre.cell.burst_chance_first": "0", "pre.cell.burst_chance_last": "0.4", "pre.cell.event_rate": "10 Hz"}
    found = pairing_data([periodic, *poisson, paired(bursting, np.ones((1, 3)))], points=3)
    assert found.periodic.x == pytest.approx([1, 2, 3])
    assert found.periodic.change == pytest.approx(np.arange(1, 13).reshape(4, 3))
    assert found.periodic.mean == pytest.approx([5.5, 6.5, 7.5])
    assert found.periodic.initial == (5, 0.75)
    assert list(found.poisson) == [0.3, 0.5]
    assert found.poisson[0.3].change == pytest.approx(np.array([[1, 2, 3], [2, 3, 4]]))  # both runs
    assert found.poisson[0.5].initial == (5, 2.5) and found.poisson[0.5].duration == 50
    assert found.poisson[0.5].rule.eta == 0.2 and found.poisson[0.5].rule.tau_pre == 0.05
    assert found.burst_poisson[10].initial == (10, 2)
    with pytest.raises(ArgumentError, match="'pairing' has 6 sampled pairs"):
        pairing_data(periodic, points=4)
    with pytest.raises(ArgumentError, match="Did you mean 'pairing'"):
        pairing_data(periodic, projection="pairings", points=3)
    with pytest.raises(ArgumentError, match="of no pairing protocol"):
        pairing_data(paired({"eta": "0.1"}, np.ones((1, 3))))


# Short-term plasticity


@pytest.mark.parametrize("frequency", FIFTH)
def test_transmission_of_regular_trains_is_the_published_programs(frequency):
    for release, expected in zip((FACILITATING, DEPRESSING), FIFTH[frequency], strict=True):
        found = transmitted(regular_train(frequency, 5), release.U, release.tau_f, release.tau_d, u0=0.01, dt=1e-4)
        assert found[0] == pytest.approx(0.01)
        assert found[4] == pytest.approx(expected, abs=1e-6)
        exact = transmitted(regular_train(frequency, 5), release.U, release.tau_f, release.tau_d, u0=0.01)
        assert exact == pytest.approx(found, abs=1e-3)


def test_a_separate_step_of_facilitation_matters():
    times = regular_train(20, 5)
    plain, documented = (transmitted(times, 0.02, 0.1, 0.1, f=f) for f in (None, 0.1))
    assert documented[1] > 2 * plain[1]


def test_facilitation_follows_bursts_and_depression_follows_events():
    for release, by_bursts in ((FACILITATING, True), (DEPRESSING, False)):
        bursts = response(release, 8, 0.5) / response(release, 8, 0.0)
        assert (bursts > 2) is by_bursts
    # Twice as many events, and as many bursts per event: the depressing synapse transmits twice as much.
    assert response(DEPRESSING, 8, 0.3) / response(DEPRESSING, 4, 0.3) == pytest.approx(2, rel=0.02)


def test_burst_train_spreads_bursts_evenly():
    times = burst_train(10, 0.5, 4, size=2, interval=0.01)
    assert times == pytest.approx([0, 0.1, 0.11, 0.2, 0.3, 0.31])
    with pytest.raises(ArgumentError, match="event_rate=60"):
        burst_train(60, 0.5, 4)
    with pytest.raises(ArgumentError, match="in order of time"):
        transmitted(np.array([1.0, 0.5]), 0.5, 0.1, 0.1)
    with pytest.raises(ArgumentError, match="tau_d=0 is not allowed"):
        transmitted(np.array([1.0]), 0.5, 0.1, 0)


# Two areas


def modulated(seeds=3):
    """Traces in which both streams get through, with noise of each seed."""
    rng = np.random.default_rng(3)
    time = np.arange(80) * 0.05 + 0.025
    on = time >= 1
    somatic, dendritic = np.sin(4 * np.pi * time) * on, np.sin(4 * np.pi * time / 5**0.5) * on

    def noisy(values, size):
        return values + size * rng.standard_normal((seeds, len(time)))

    values = {
        "ER1": noisy(5 + 2 * somatic, 0.2),
        "ER2": noisy(5 + 2 * somatic, 0.2),
        "BP2": noisy(0.3 + 0.1 * dendritic, 0.01),
    }
    values["BR2"] = values["ER2"] * values["BP2"]
    values["BP1"] = 0.1 + 0.1 * values["BR2"]
    return MultiplexingTraces(time, values)


def test_correlations_tell_transmission_from_cross_talk():
    found = correlations(modulated())
    assert list(found) == [
        "ER1~I_s",
        "ER2~ER1",
        "BP2~I_d",
        "BP1~BR2",
        "ER1~I_d",
        "ER2~I_d",
        "BP2~I_s",
        "BP1~I_s",
        "BP1~BP2",
    ]
    assert min(found[name] for name in ("ER1~I_s", "ER2~ER1", "BP2~I_d", "BP1~BR2")) > 0.9
    assert abs(found["ER1~I_d"]) < 0.25 and abs(found["BP2~I_s"]) < 0.25
    # Averaging over seeds first takes noise away; shuffled inputs are not followed.
    per_seed = multiplexing_metrics(modulated())
    assert per_seed["ER1~I_s"].per_seed.shape == (3,)
    assert per_seed["ER1~I_s"].mean < found["ER1~I_s"]
    assert per_seed["ER1"].unit == "Hz" and per_seed["BP2"].unit == "1"
    shuffled = np.random.default_rng(0).permutation(60)
    wrong = correlations(modulated(), somatic=lambda time: np.sin(4 * np.pi * time)[shuffled])
    assert abs(wrong["ER1~I_s"]) < 0.4
    with pytest.raises(ArgumentError, match="window"):
        correlations(modulated(), window=(5, 6))


def test_correlation_leaves_out_what_is_undefined():
    one, other = np.array([1.0, 2, 3, np.nan]), np.array([2.0, 4, 6, 1])
    assert correlation(one, other) == pytest.approx(1)
    assert correlation(one, -other) == pytest.approx(-1)
    assert np.isnan(correlation(one, np.ones(4)))
    assert np.isnan(correlation(np.full(4, np.nan), other))


def test_rescaled_fills_the_range_of_the_response():
    found = rescaled(np.array([-1.0, 0, 1]), np.array([2.0, np.nan, 6]))
    assert found == pytest.approx([2, 4, 6])
    assert rescaled(np.ones(2), np.array([2.0, 6])) == pytest.approx([4, 4])
    assert np.isnan(rescaled(np.ones(2), np.full(3, np.nan))).all()


def test_multiplexing_traces_of_a_result():
    time = np.arange(81) / 20
    counts = {"pyr1": (100 * time, 20 * time), "pyr2": (50 * time, 25 * time), "pv": (150 * time, 0 * time)}
    found = multiplexing_traces(make_result(counts, [("all", 4, {})], time))
    assert list(found.values) == ["ER1", "BR1", "BP1", "ER2", "BR2", "BP2", "PV"]
    for name, value in (("ER1", 10), ("BP1", 0.2), ("ER2", 5), ("BR2", 2.5), ("PV", 15)):
        assert found.values[name] == pytest.approx(np.full((2, 80), value))
    with pytest.raises(ArgumentError, match="Unknown trace 'ER3'"):
        found.of("ER3")


# The plasticity network


def test_burst_plasticity_metrics_of_every_phase():
    time = np.arange(101) / 10
    events = 50 * time
    bursts = np.where(time < 5, 0.1 * events, 0.1 * 250 + 0.3 * (events - 250))
    averages = {"post_event_average": np.full(101, 5.0), "post_burst_average": np.linspace(0.5, 1.5, 101)}
    weight = np.linspace(0.08, 0.16, 11)[None, :, None] * np.ones((2, 1, 3))
    timeline = [("plain", 5, {}), ("empty", 0, {}), ("strong", 5, {})]
    result = make_result(
        {"pre": (20 * time, 2 * time), "post": (events, bursts)}, timeline, time, averages, {"plastic": weight}
    )
    found = {name: metric.mean for name, metric in burst_plasticity_metrics(result).items()}
    assert not any(name.startswith("empty") for name in found)
    assert found["plain.event_rate"] == pytest.approx(5)
    assert found["plain.burst_probability"] == pytest.approx(0.1)
    assert found["strong.burst_probability"] == pytest.approx(0.3)
    assert found["strong.pre_burst_probability"] == pytest.approx(0.1)
    assert found["strong.average_end"] == pytest.approx(0.3)
    assert found["plain.weight_change_percent"] == pytest.approx(50)
    traces = burst_plasticity_traces(result, 2.5)
    assert traces.time == pytest.approx([1.25, 3.75, 6.25, 8.75])
    assert traces.burst_probability[0] == pytest.approx([0.1, 0.1, 0.3, 0.3])
    assert traces.weight[0, [0, -1]] == pytest.approx([0.08, 0.16])
    assert list(traces.phases) == ["plain", "strong"]


# Steps of a current


def test_burst_curve_takes_the_settled_part_of_each_step():
    time = np.arange(31) / 10
    events = 10 * np.interp(time, [0, 0.5, 1, 1.5, 2, 2.5, 3], np.cumsum([0, 30, 1, 30, 2, 30, 3]))
    timeline = [(f"step{k}", 1, {"I": {"value": amount, "text": ""}}) for k, amount in enumerate((1e-10, -1e-10, 0.0))]
    result = make_result({"pyr": (events, 0.5 * events)}, timeline, time)
    found = burst_curve(result, "I")
    assert found.current == pytest.approx([-1e-10, 0, 1e-10])
    assert found.event_rate[0] == pytest.approx([4, 6, 2])
    assert found.burst_probability[1] == pytest.approx([0.5] * 3)
    assert burst_curve_metrics(found)["er_hz_at_-100pA"].mean == pytest.approx(4)
    assert burst_curve(result, {"step0": 1.0}).event_rate[0] == pytest.approx([2])
    with pytest.raises(ArgumentError, match="Unknown knob 'J'"):
        burst_curve(result, "J")
    with pytest.raises(ArgumentError, match="Did you mean 'step1'"):
        burst_curve(result, {"step11": 1.0})
    with pytest.raises(ArgumentError, match="settle"):
        burst_curve(result, "I", settle=1)


def test_spread_over_conditions():
    time = np.arange(31) / 10
    timeline = [("a", 1.5, {"I": {"value": 0.0, "text": ""}}), ("b", 1.5, {"I": {"value": 1.0, "text": ""}})]
    curves = {
        str(p): burst_curve(make_result({"pyr": (100 * time, p * 100 * time)}, timeline, time), "I") for p in (0.2, 0.5)
    }
    assert spread_of_burst_probability(curves, 0.5) == pytest.approx(0.3)


# Exclusive or


def test_the_cost_is_that_of_the_published_program():
    # Rates before learning in the published program, and its first costs from the moving average.
    found = cost(np.array([3.77, 4.63, 4.66, 5.00]), np.array(TARGETS))
    assert found == pytest.approx([0.25, 1.11, 1.10, 0.47], abs=0.01)
    assert cost(np.array([0.0, 50.0]), np.array([1, 1])) == pytest.approx([-np.log(0.01), -np.log(0.99)])
    assert epoch_cost(np.arange(9.0)) == pytest.approx([6, 22])
    assert epoch_cost(np.ones((3, 8))).shape == (3, 2)


def test_ordering_and_separation():
    # Published: before, in epoch 53, and after 100 epochs, where (1,1) is 0.05 Hz above the line.
    rates = np.array([[3.77, 4.63, 4.66, 5.00], [4.86, 6.38, 6.55, 7.22], [4.97, 7.49, 6.62, 6.05]])
    assert ordered(rates).tolist() == [False, False, True]
    assert separated(rates).tolist() == [False, False, False]
    assert separated(np.array([4.0, 9.7, 9.8, 2.8]))
    assert margins(rates)[-1] == pytest.approx(0.57)


def xor_result():
    """One test epoch, three of training, one test: output rates are 4, 7, 8, 5 Hz, 1 Hz higher and half bursting while taught."""
    time = np.arange(20 * 20 + 1) * 0.4
    example = np.minimum((time[:-1] + 0.2) // 8, 19).astype(int)
    taught = (time[:-1] + 0.2) % 8 > 7.2
    rate = np.array([4.0, 7, 8, 5])[example % 4] + taught
    events = np.concatenate([[0], np.cumsum(10 * 0.4 * rate)])
    bursts = np.concatenate([[0], np.cumsum(10 * 0.4 * rate * np.where(taught, 0.5, 0.25))])
    averages = {"output_event_average": np.concatenate([rate[:1], rate])}
    timeline = [("before", 32, {}), ("training", 96, {}), ("after", 32, {})]
    return make_result({"hidden_1": (events, bursts), "output": (events, bursts)}, timeline, time, averages)


def test_examples_of_a_phase():
    result = xor_result()
    shown = examples(result, "training")
    assert shown.epochs == 3 and len(shown.start) == 12
    assert examples(result, "training", length=9.0).epochs == 2  # what is left at the end is left out
    assert shown.start[:2] == pytest.approx([32, 40])
    assert shown.target.tolist() == [0, 1, 1, 0] * 3
    assert shown.epoch(-1).start[0] == pytest.approx(32 + 64)
    with pytest.raises(ArgumentError, match="epoch=3"):
        shown.epoch(3)
    with pytest.raises(ArgumentError, match="Did you mean 'training'"):
        examples(result, "trainin")
    with pytest.raises(ArgumentError, match="settled"):
        examples(result, "before", settled=7.5)


def test_responses_of_examples():
    shown = examples(xor_result(), "training")
    rate, probability = example_responses(xor_result(), "output", shown)
    assert rate[0, :4] == pytest.approx([4, 7, 8, 5])
    assert probability == pytest.approx(np.full((2, 12), 0.25))
    rate, probability = example_responses(xor_result(), "output", shown, "teaching")
    assert rate[0, :4] == pytest.approx([5, 8, 9, 6])
    assert probability == pytest.approx(np.full((2, 12), 0.5))
    with pytest.raises(ArgumentError, match="Unknown part 'taught'"):
        example_responses(xor_result(), "output", shown, "taught")


def test_cost_and_metrics_of_a_result():
    result = xor_result()
    found = example_cost(result, "output", examples(result, "training"))
    assert found[0, :4] == pytest.approx(cost(np.array([4.0, 7, 8, 5]), np.array(TARGETS)))
    metrics = {name: metric.mean for name, metric in xor_metrics(result, populations=("hidden_1", "output")).items()}
    assert metrics["before.(1,0).output_event_rate"] == pytest.approx(7)
    assert metrics["after.(0,0).hidden_1_burst_probability"] == pytest.approx(0.25)
    assert metrics["first_epoch.(1,1).output_taught_burst_probability"] == pytest.approx(0.5)
    assert (metrics["after.margin"], metrics["after.ordered"], metrics["after.separated"]) == (pytest.approx(2), 1, 1)
    assert metrics["last_epoch.cost"] == pytest.approx(epoch_cost(found)[0, -1])


def test_a_summary_leaves_out_tests_that_were_not_run():
    found = xor_summary(xor_result(), populations=("hidden_1", "output"), tests=("before", "later"))
    assert list(found.tests) == ["before"]
    assert found.tests["before"][0] == pytest.approx([4, 7, 8, 5])
    assert found.costs.shape == (2, 3) and found.number == 0


def test_pattern_traces_of_one_epoch():
    result = xor_result()
    found = pattern_traces(result, ("output",), examples(result, "training").epoch(1))
    assert len(found.time) == 80
    assert found.time[[0, -1]] == pytest.approx([0.2, 31.8])
    assert found.event_rate["output"][0, [0, 19, 20]] == pytest.approx([4, 5, 7])
