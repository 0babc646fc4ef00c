"""The figures of Payeur et al. 2021's experiments show what they are given: the data in their artists, not their pixels."""

from __future__ import annotations

import io

import numpy as np
import pytest
from made_results import make_result
from matplotlib import pyplot
from matplotlib.figure import Figure

from burstnet.analysis.burst_curves import BurstCurve
from burstnet.analysis.burst_plasticity import BurstPlasticityTraces
from burstnet.analysis.multiplexing import MultiplexingTraces, correlations, rescaled, somatic_sine
from burstnet.analysis.pairing import PairingCurve, PairingData
from burstnet.analysis.pairing_theory import poisson_expectation
from burstnet.analysis.short_term import DEPRESSING, burst_train, regular_train, transmitted
from burstnet.analysis.xor import XorSummary
from burstnet.analysis.xor_examples import PatternTraces
from burstnet.errors import ArgumentError
from burstnet.plots import style
from burstnet.plots.bp_curve import bp_curve_figure, draw_bp_curves
from burstnet.plots.burst_plasticity import burst_plasticity_figure, draw_burst_plasticity
from burstnet.plots.pairing import draw_pairing, pairing_figure
from burstnet.plots.propagation import draw_propagation, propagation_figure
from burstnet.plots.short_term import short_term_figure
from burstnet.plots.xor import draw_one_phase, draw_xor, one_phase_figure, xor_figure

CELLS = 10


@pytest.fixture(autouse=True)
def no_pyplot_figures():
    """Figures are unknown to pyplot, so that nothing has to be closed."""
    before = pyplot.get_fignums()
    yield
    assert pyplot.get_fignums() == before


def panel(figure: Figure, label: str):
    return next(ax for ax in figure.axes if ax.get_label() == label)


def line(ax, label: str) -> np.ndarray:
    """x and y of the one line with this label."""
    (found,) = [one for one in ax.get_lines() if one.get_label() == label]
    return np.asarray(found.get_xydata()).T


def dots(ax, label: str) -> np.ndarray:
    (found,) = [one for one in ax.containers if one.get_label() == label]
    return np.asarray(found.lines[0].get_xydata()).T


def words(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")))


def shades(ax, gid: str) -> list[tuple[float, float]]:
    return [(p.get_x(), p.get_x() + p.get_width()) for p in ax.patches if (p.get_gid() or "").startswith(gid)]


def drawn(figure: Figure) -> Figure:
    """Rendered once, which finds what only drawing does."""
    figure.savefig(io.BytesIO(), format="png", dpi=40)
    return figure


# Pairing

FREQUENCIES, RATES, PROBABILITIES = np.linspace(1, 100, 20), np.linspace(1, 50, 10), np.arange(10) * 0.05


def curve(x, realisations=4, seed=0, initial=(5.0, 1.5)):
    return PairingCurve(x, np.random.default_rng(seed).standard_normal((realisations, len(x))), initial)


def test_pairing_shows_means_spread_and_what_is_expected():
    data = PairingData(
        curve(FREQUENCIES, 1), {0.3: curve(RATES), 0.5: curve(RATES, 4, 1, (5.0, 2.5))}, {5.0: curve(PROBABILITIES)}
    )
    figure = drawn(draw_pairing(data))
    periodic, poisson, bursting = (panel(figure, name) for name in ("periodic", "poisson", "burst_poisson"))
    assert dots(periodic, "periodic") == pytest.approx(np.array([FREQUENCIES, data.periodic.mean]))
    x, expected = line(periodic, "periodic expected")
    assert np.isnan(expected).sum() == 1 and abs(x[np.isnan(expected)][0] - 62.5) < 0.2  # no line through the jump
    found = dots(poisson, "P(0) = 50 %")
    assert found[1] == pytest.approx(data.poisson[0.5].mean)
    x, expected = line(poisson, "P(0) = 50 % expected")
    assert expected == pytest.approx(poisson_expectation(x, (5.0, 2.5)))
    assert dots(bursting, "events at 5 Hz")[0] == pytest.approx(100 * PROBABILITIES)
    assert "of 4 realisations" in words(figure) and "published" not in words(figure)


def test_pairing_of_a_result_beside_published_values():
    weight = np.zeros((3, 2, 10))
    weight[:, 1] = np.arange(10) + np.arange(3)[:, None]
    result = make_result({}, [("all", 10, {})], np.arange(11.0), weights={"pairing": weight}, seeds=3)
    result.about["parameters"] = {"pre.cell.rate_first": "1 Hz", "pre.cell.rate_last": "50 Hz"}
    published = PairingData(poisson={0.3: curve(RATES, 1)})
    figure = drawn(pairing_figure(result, published=published))
    ax = panel(figure, "poisson")
    assert dots(ax, "P(0) = 30 %") == pytest.approx(np.array([RATES, np.arange(10) + 1.0]))
    x, expected = line(ax, "P(0) = 30 % expected")
    assert expected == pytest.approx(poisson_expectation(x, duration=10.0))
    assert line(ax, "P(0) = 30 % published")[1] == pytest.approx(published.poisson[0.3].mean)
    assert words(figure).count("not run") == 2
    assert "diamonds: published program" in words(figure)


# The plasticity network


def test_burst_plasticity_shows_weights_bursts_and_phases():
    # From the published program, 5 seeds: 2.5 s bins at the end of the plain phase and the start of the strong one.
    time = np.array([41.25, 43.75, 46.25, 48.75])
    weight, er = np.array([0.0804, 0.0805, 0.0825, 0.0833]), np.array([4.53, 4.57, 4.52, 4.68])
    bp, average = np.array([0.110, 0.113, 0.255, 0.226]), np.array([0.113, 0.114, 0.171, 0.191])
    seeds = np.ones((5, 1))
    traces = BurstPlasticityTraces(
        time, seeds * er, seeds * bp, seeds * 4.2 * np.ones(4), seeds * 0.14 * np.ones(4), time, seeds * average, time,
        seeds * weight, {"plain": (40.0, 45.0), "strong": (45.0, 50.0)},
    )  # fmt: skip
    figure = drawn(draw_burst_plasticity(traces, labels={"strong": "x 1.5"}))
    assert line(panel(figure, "weight"), "weight")[1] == pytest.approx(weight)
    ax = panel(figure, "burst_probability")
    assert line(ax, "postsynaptic")[1] == pytest.approx(100 * bp)
    assert line(ax, "moving average")[1] == pytest.approx(100 * average)
    assert line(panel(figure, "event_rate"), "presynaptic")[1] == pytest.approx(np.full(4, 4.2))
    assert shades(ax, "phase") == [(45, 50)]
    assert "x 1.5" in words(figure) and "strong" not in words(figure)
    assert "5 seeds" in words(figure)


def test_burst_plasticity_of_a_result():
    time = np.arange(201) / 10
    averages = {"post_event_average": np.full(201, 5.0), "post_burst_average": np.full(201, 1.0)}
    counts = {"pre": (40 * time, 4 * time), "post": (50 * time, 10 * time)}
    weight = np.full((2, 21, 4), 0.08)
    result = make_result(counts, [("a", 10, {}), ("b", 10, {})], time, averages, {"plastic": weight})
    figure = drawn(burst_plasticity_figure(result))
    ax = panel(figure, "burst_probability")
    assert line(ax, "postsynaptic") == pytest.approx(np.array([np.arange(8) * 2.5 + 1.25, np.full(8, 20.0)]))
    assert line(ax, "moving average")[1] == pytest.approx(np.full(188, 20.0))  # from the first bin on


# Two areas


def traces(seeds=3):
    time = np.arange(80) * 0.05 + 0.025
    rng = np.random.default_rng(1)
    base = 5 + 2 * somatic_sine(time)
    names = ("ER1", "BR1", "BP1", "ER2", "BR2", "BP2", "PV", "SST")
    return MultiplexingTraces(time, {n: base + rng.standard_normal((seeds, 80)) for n in names})


def test_propagation_shows_each_trace_with_what_drives_it():
    given = traces()
    figure = drawn(draw_propagation(given))
    shown = (given.time >= 1) & (given.time < 3)
    for name, by, scale in (("ER2", "ER1", 1), ("BP1", "BR2", 100), ("SST", "BR2", 1), ("ER1", "I_s", 1)):
        ax = panel(figure, name)
        assert line(ax, name)[1] == pytest.approx(scale * given.mean(name)[shown])
        counted = given.time >= 1
        driver = somatic_sine(given.time) if by == "I_s" else given.mean(by)
        expected = rescaled(driver[counted], given.mean(name)[counted])[: shown.sum()]
        assert line(ax, by)[1] == pytest.approx(scale * expected)
    ax = panel(figure, "correlations")
    assert line(ax, "control")[0] == pytest.approx(list(correlations(given).values()))
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels[0] == "ER₁, $I_s$" and len(labels) == 11


def test_propagation_without_interneurons_and_beside_another_arm():
    given = traces()
    few = MultiplexingTraces(given.time, {n: v for n, v in given.values.items() if n not in ("PV", "SST")})
    figure = drawn(draw_propagation(few, beside={"static synapses": few}))
    assert {"PV", "SST"}.isdisjoint(ax.get_label() for ax in figure.axes)
    ax = panel(figure, "correlations")
    assert line(ax, "static synapses")[0] == pytest.approx(line(ax, "control")[0])
    assert "static synapses" in words(figure)


def test_propagation_of_a_result():
    time = np.arange(81) / 20
    wave = np.cumsum(np.concatenate([[0], 5 + 2 * somatic_sine(time[1:])])) / 2
    counts = {name: (wave, 0.3 * wave) for name in ("pyr1", "pyr2", "pv")}
    periods = {"somatic_period": {"value": 0.25, "text": ""}}
    result = make_result(counts, [("rest", 1, {}), ("modulated", 3, periods)], time)
    figure = drawn(propagation_figure(result))
    x, driver = line(panel(figure, "ER1"), "I_s")
    assert (x[0], x[-1]) == pytest.approx((1.025, 2.975))
    shape = np.sin(8 * np.pi * x)
    assert np.corrcoef(driver, shape)[0, 1] == pytest.approx(1)
    assert line(panel(figure, "PV"), "PV")[1] == pytest.approx(line(panel(figure, "ER1"), "ER1")[1])


@pytest.mark.filterwarnings("error")
def test_silent_populations_are_drawn_without_values():
    given = traces()
    silent = {n: np.full_like(v, np.nan) if n.startswith("BP") else 0 * v for n, v in given.values.items()}
    figure = drawn(draw_propagation(MultiplexingTraces(given.time, silent)))
    assert np.isnan(line(panel(figure, "BP1"), "BP1")[1]).all()
    assert np.isnan(line(panel(figure, "correlations"), "control")[0]).all()
    time = np.arange(401) * 0.4
    timeline = [("before", 32, {}), ("training", 96, {}), ("after", 32, {})]
    counts = dict.fromkeys(("hidden_1", "hidden_2", "output"), (0 * time, 0 * time))
    figure = drawn(xor_figure(make_result(counts, timeline, time, {"output_event_average": 0 * time})))
    assert line(panel(figure, "tests"), "after")[1] == pytest.approx(np.zeros(4))
    assert np.isnan(line(panel(figure, "burst_probability"), "output")[1]).all()


# Exclusive or

#: Published program, seed 1: output before learning and after 100 epochs [Hz].
BEFORE, AFTER = np.array([3.77, 4.63, 4.66, 5.00]), np.array([4.97, 7.49, 6.62, 6.05])


def epoch(seeds=1):
    time = np.arange(80) * 0.4 + 0.2
    rates = {name: np.full((seeds, 80), rate) for name, rate in (("hidden_1", 4.0), ("hidden_2", 4.2), ("output", 5.0))}
    return PatternTraces(time, rates, {name: 0.1 * rate for name, rate in rates.items()})


@pytest.mark.parametrize("seeds", [1, 3])
def test_xor_shows_tests_cost_and_an_epoch(seeds):
    tests = {"before": np.tile(BEFORE, (seeds, 1)), "after": np.tile(AFTER, (seeds, 1))}
    costs = np.tile(np.linspace(2.9, 2.3, 100), (seeds, 1))
    figure = drawn(draw_xor(XorSummary(tests, costs, epoch(seeds), 20)))
    ax = panel(figure, "tests")
    assert line(ax, "before")[1] == pytest.approx(BEFORE)
    assert line(ax, "after")[1] == pytest.approx(AFTER)
    assert line(ax, "line")[1] == pytest.approx([6, 6])
    assert shades(ax, "high") == [(0.5, 1.5), (1.5, 2.5)]
    assert line(panel(figure, "cost"), "cost") == pytest.approx(np.array([np.arange(1, 101), costs[0]]))
    ax = panel(figure, "burst_probability")
    assert line(ax, "hidden_2")[1] == pytest.approx(np.full(80, 42.0))
    assert np.array(shades(ax, "teaching")) == pytest.approx(np.array([[7.2, 8], [15.2, 16], [23.2, 24], [31.2, 32]]))
    assert "time in epoch 21 (s)" in words(figure)


def xor_result():
    time = np.arange(401) * 0.4
    rate = np.array([4.0, 7, 8, 5])[((time[:-1] + 0.2) // 8).astype(int) % 4]
    events = np.concatenate([[0], np.cumsum(CELLS * 0.4 * rate)])
    counts = {name: (events, 0.25 * events) for name in ("hidden_1", "hidden_2", "output")}
    timeline = [("before", 32, {}), ("training", 96, {}), ("after", 32, {})]
    return make_result(counts, timeline, time, {"output_event_average": np.concatenate([rate[:1], rate])})


def test_xor_of_a_result():
    figure = drawn(xor_figure(xor_result()))
    assert line(panel(figure, "tests"), "after")[1] == pytest.approx([4, 7, 8, 5])
    assert len(line(panel(figure, "cost"), "cost")[0]) == 3
    assert line(panel(figure, "event_rate"), "output")[1][[0, 20, 40, 60]] == pytest.approx([4, 7, 8, 5])


def test_one_phase_shows_rules_side_by_side():
    good, bad = epoch(3), epoch(3)
    bad.event_rate["output"][:] = 2
    schedules = {"two phases": {"fixed": good, "moving": good}, "one phase": {"fixed": good, "moving": bad}}
    figure = drawn(draw_one_phase(schedules, published={"one phase": {"moving": bad}}))
    assert line(panel(figure, "two phases"), "moving")[1] == pytest.approx(np.full(80, 5.0))
    ax = panel(figure, "one phase")
    assert line(ax, "moving")[1] == pytest.approx(line(ax, "moving published")[1])
    assert shades(ax, "high") == [(8, 16), (16, 24)]
    assert "dotted: published" in words(figure)
    figure = drawn(one_phase_figure({"two phases": {"fixed": xor_result()}}))
    assert line(panel(figure, "two phases"), "fixed")[1][[0, 20]] == pytest.approx([4, 7])


# Steps of a current


def test_bp_curves_show_a_line_a_condition():
    current = np.array([-100e-12, 0, 100e-12])
    curves = {
        f"w = {w}": BurstCurve(current, np.tile([0.03, 0.1, p], (2, 1)), np.tile([4.6, 5, 6], (2, 1)))
        for w, p in ((0, 0.5), (0.02, 0.4))
    }
    figure = drawn(draw_bp_curves(curves, dashed=["w = 0"], colours={"w = 0": "#123456"}))
    ax = panel(figure, "burst_probability")
    assert line(ax, "w = 0.02") == pytest.approx(np.array([[-100, 0, 100], [3, 10, 40]]))
    (first,) = [one for one in ax.get_lines() if one.get_label() == "w = 0"]
    assert first.get_linestyle() == "--" and first.get_color() == "#123456"
    assert line(panel(figure, "event_rate"), "w = 0")[1] == pytest.approx([4.6, 5, 6])
    with pytest.raises(ArgumentError, match="curves={}"):
        draw_bp_curves({})


def test_bp_curve_of_a_result():
    time = np.arange(21) / 10
    timeline = [(f"step{k}", 1, {"I": {"value": k * 1e-10, "text": ""}}) for k in range(2)]
    figure = drawn(bp_curve_figure(make_result({"pyr": (50 * time, 10 * time)}, timeline, time), "I"))
    assert line(panel(figure, "burst_probability"), "pyr") == pytest.approx(np.array([[0, 100], [20, 20]]))


# Short-term plasticity


def test_short_term_shows_what_each_synapse_transmits():
    times = burst_train(8, 0.5, 8)
    factors = transmitted(times, DEPRESSING.U, DEPRESSING.tau_f, DEPRESSING.tau_d)
    figure = drawn(short_term_figure(simulated={"depressing": (times, factors)}))
    ax = panel(figure, "depressing bursts")
    stems = ax.collections[0].get_segments()
    assert [stem[1][1] for stem in stems] == pytest.approx(factors)
    assert line(ax, "depressing simulated")[1] == pytest.approx(factors)
    assert len(panel(figure, "facilitating regular").collections[0].get_segments()) == len(regular_train(8, 8))
    ends = {kind: line(panel(figure, "burst_probability"), kind)[1][[0, -1]] for kind in ("depressing", "facilitating")}
    assert ends["depressing"][0] == ends["facilitating"][0] == 1
    assert ends["facilitating"][1] > 3 > 1.6 > ends["depressing"][1]


def test_figures_leave_the_users_settings():
    before = {name: pyplot.rcParams[name] for name in style.RC}
    short_term_figure()
    assert {name: pyplot.rcParams[name] for name in style.RC} == before
