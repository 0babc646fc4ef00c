"""Figures of studies and the schematic show what they are given: the data in their artists, not their pixels."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import xarray as xr
from brian2.units import pA
from matplotlib import pyplot
from matplotlib.collections import LineCollection, PolyCollection

from burstnet import Circuit, Population, Projection
from burstnet.analysis.curves import bootstrap_band, curve
from burstnet.analysis.layout import edges, lesion_marks, places, steering_signals
from burstnet.analysis.metrics import Metric
from burstnet.analysis.sweeps import sweep_grid, varied_settings
from burstnet.errors import ArgumentError
from burstnet.models import burstccn
from burstnet.plots import learning_curves, metric_by_arm, schematic, sweep_map
from burstnet.plots.style import CONTROL, arm_colours
from burstnet.result import Result

SEEDS = [1, 2, 3, 4]


def make_result(seeds=(1,), rate=2.0, windows=(), populations=("input", "output")):
    """Every second each of 10 cells of population k has rate + seed + k events, half of them bursts; weights rise."""
    time = np.arange(11.0)
    seeds = list(seeds)
    data: dict = {}
    for k, name in enumerate(populations):
        for event, part in (("event", 1.0), ("burst", 0.5)):
            total = part * 10 * (rate + k + np.array(seeds))[:, None] * time
            data[f"{name}_{event}_total"] = (("seed", "time"), total)
    weight = np.array(seeds)[:, None, None] + 0.1 * time[:, None] + np.zeros(3)
    data["drive_weight"] = (("seed", "state_time", "drive_index"), weight, {"units": "1"})
    about = {
        "protocol": "target-rate",
        "parameters": {"drive.p_b": "0.375"},
        "populations": dict.fromkeys(populations, 10),
        "dt_s": 0.001,
        "simulated_s": 10.0,
        "lesion_windows": [[list(span) for span in windows]],
        "timeline": [
            {"name": "pre", "start_s": 0.0, "stop_s": 4.0, "settings": {}},
            {"name": "during", "start_s": 4.0, "stop_s": 10.0,
             "settings": {"teaching_gain": {"value": 8e-11}, "target_rate": {"value": 9.0}}},
        ],
    }  # fmt: skip
    return Result(xr.Dataset(data, {"seed": seeds, "time": time, "state_time": time}), about)


@pytest.fixture(autouse=True)
def close_figures():
    pyplot.switch_backend("agg")
    yield
    pyplot.close("all")


def lines(ax):
    return {str(line.get_label()): line for line in ax.get_lines()}


def texts(ax):
    return [text.get_text() for text in ax.texts]


# Curves


def test_curve_of_one_result_and_of_single_seeds_are_the_same():
    whole = curve(make_result(SEEDS), width=1.0)
    single = curve((make_result([seed]) for seed in SEEDS), width=1.0)
    assert (whole.of, whole.unit, whole.values.shape) == ("output", "Hz", (4, 10))
    assert whole.values == pytest.approx(single.values) and whole.low == pytest.approx(single.low)
    assert whole.mean == pytest.approx(2 + 1 + np.mean(SEEDS)) and (whole.low < whole.mean).all()
    assert curve(make_result(SEEDS), "burst probability", "input").mean == pytest.approx(0.5)
    assert curve(make_result(SEEDS), "weight").mean == pytest.approx(np.mean(SEEDS) + 0.1 * np.arange(11))


def test_band_covers_the_mean_and_narrows_with_seeds():
    rng = np.random.default_rng(0)
    values = rng.normal(3, 1, (200, 5))
    low, high = bootstrap_band(values)
    assert (low < values.mean(axis=0)).all() and (high > values.mean(axis=0)).all()
    assert high - low == pytest.approx(2 * 1.96 / np.sqrt(200), rel=0.2)
    assert np.array_equal(bootstrap_band(values)[0], low)


def test_band_of_undefined_values():
    values = np.array([[1.0, np.nan, 2.0], [2.0, np.nan, np.nan], [3.0, 5.0, 4.0]])
    low, high = bootstrap_band(values)
    assert np.isfinite(low).tolist() == [True, False, True]
    assert (low[2], high[2]) == (2.0, 4.0)
    assert np.isnan(bootstrap_band(values[:1])).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"quantity": "event rat"}, ["'event rat'", "Did you mean 'event rate'"]),
        ({"of": "outptu"}, ["outptu", "output"]),
        ({"quantity": "weight", "of": "Y"}, ["projection", "'Y'", "drive"]),
        ({"level": 95}, ["level=95"]),
        ({"results": []}, ["results=[]"]),
    ],
)
def test_curve_names_what_is_wrong(arguments, words):
    with pytest.raises(ArgumentError) as caught:
        curve(arguments.pop("results", make_result()), **arguments)
    assert all(word in str(caught.value) for word in words)


def test_learning_curves_show_means_bands_windows_and_phases():
    arms = {"control": make_result(SEEDS), "hurt": [make_result([s], rate=1.0, windows=[(2, 5)]) for s in SEEDS]}
    ax = learning_curves(arms, width=1.0)
    found = lines(ax)
    assert found["hurt"].get_ydata() == pytest.approx(1 + 1 + np.mean(SEEDS))
    assert found["control"].get_color() == CONTROL
    assert found["hurt lesion"].get_xdata().tolist() == [2, 5] and "control lesion" not in found
    assert found["target during"].get_ydata().tolist() == [9, 9]
    assert {c.get_label() for c in ax.collections if isinstance(c, PolyCollection)} == {"control band", "hurt band"}
    assert [(p.get_x(), p.get_width()) for p in ax.patches if p.get_gid() == "lesion"] == [(2, 3)]
    assert found["control"].get_xdata()[0] == 0.5 and ax.get_ylim()[1] > 9
    assert {"pre", "during", "control", "hurt"} <= set(texts(ax))
    assert any(line.get_gid() == "phase during" and line.get_xdata()[0] == 4 for line in ax.get_lines())


def test_learning_curves_draw_into_given_axes_and_other_quantities():
    figure, (top, bottom) = pyplot.subplots(2)
    assert learning_curves({"control": make_result()}, top, quantity="burst probability") is top
    assert lines(top)["baseline"].get_ydata()[0] == 0.375 and not top.collections
    assert learning_curves({"a": make_result()}, bottom, quantity="weight").get_ylabel() == "weight of drive"
    with pytest.raises(ArgumentError, match="arms"):
        learning_curves({})


def test_points_of_a_sweep_show_their_own_targets_and_values():
    one, other = make_result(SEEDS), make_result(SEEDS, rate=3.0)
    other.about["timeline"][1]["settings"]["target_rate"]["value"] = 12.0
    ax = learning_curves({"to=9Hz, input.cell.n=10": one, "to=12Hz, input.cell.n=10": other})
    found = lines(ax)
    assert found["to=12Hz, input.cell.n=10 target during"].get_ydata().tolist() == [12, 12]
    assert found["to=9Hz, input.cell.n=10 target during"].get_color() == found["to=9Hz, input.cell.n=10"].get_color()
    assert {"9Hz, 10", "12Hz, 10", "during"} <= set(texts(ax)) and ax.get_ylim()[1] > 12
    other.about["timeline"][1]["name"] = "later"
    assert "pre" not in texts(learning_curves({"a": one, "b" * 40: other}))


def test_every_arm_has_a_colour_and_the_control_is_grey():
    found = arm_colours([f"arm{k}" for k in range(7)] + ["control"])
    assert found["control"] == CONTROL and len(set(found.values())) == 8


# Metric by arm


def make_arms():
    values = {"control": [1.0, 2.0, 3.0, 4.0], "hurt": [2.0, 3.5, np.nan, 5.0], "same": [1.0, 2.0, 3.0, 4.0]}
    return {label: {"rate": Metric("Hz", np.array(v))} for label, v in values.items()}


def test_metric_by_arm_joins_the_same_seeds():
    ax = metric_by_arm(make_arms(), SEEDS, "rate")
    found = lines(ax)
    assert found["hurt"].get_ydata().tolist() == [2.0, 3.5, 5.0] and set(found["hurt"].get_xdata()) == {1}
    assert found["hurt mean"].get_ydata()[0] == pytest.approx(3.5)
    low, high = found["hurt interval"].get_ydata()
    assert low < 3.5 < high
    pairs = next(c for c in ax.collections if isinstance(c, LineCollection) and c.get_label() == "pairs")
    joined = [path.vertices.tolist() for path in pairs.get_paths()]
    assert [[0, 1.0], [1, 2.0], [2, 1.0]] in joined and [[0, 3.0], [2, 3.0]] in joined
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["control", "hurt", "same"]
    assert any("d_z" in text and "p" in text for text in texts(ax)) and "identical" in texts(ax)
    assert ax.get_ylabel() == "rate (Hz)"


def test_metric_by_arm_without_a_control_or_values():
    arms = make_arms() | {"failed": {}}
    ax = metric_by_arm(arms, SEEDS, "rate", control=None)
    assert texts(ax) == ["no value"] and [t.get_text() for t in ax.get_xticklabels()][0] == "control"
    assert "no pair" in texts(metric_by_arm(arms, SEEDS, "rate"))
    with pytest.raises(ArgumentError, match="Did you mean 'rate'"):
        metric_by_arm(arms, SEEDS, "rat")
    with pytest.raises(ArgumentError, match="'none'"):
        metric_by_arm(arms, SEEDS, "rate", control="none")


# Sweeps


def make_sweep(extra=()):
    settings = {
        f"{a},{b}": {"to": a, "n": b, "fixed": "1"} | dict(extra)
        for a in ("8Hz", "10Hz")
        for b in ("100", "200", "400")
    }
    points = {
        label: {"rate": Metric("Hz", float(s["to"][:-2]) + np.array([0.0, 1.0]) * int(s["n"]) / 100)}
        for label, s in settings.items()
    }
    return settings, points


def test_sweep_map_holds_the_grid_in_the_order_given():
    settings, points = make_sweep()
    del points["10Hz,200"]
    assert varied_settings(settings) == {"to": ("8Hz", "10Hz"), "n": ("100", "200", "400")}
    grid = sweep_grid(settings, points, "rate")
    assert grid.mean[:, 0].tolist() == [8.5, 9, 10] and np.isnan(grid.mean[1, 1]) and grid.seeds[1, 1] == 0
    ax = sweep_map(settings, points, "rate")
    assert np.asarray(ax.get_images()[0].get_array()).tolist()[0] == [8.5, 10.5]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["8Hz", "10Hz"] and ax.get_ylabel() == "n"
    assert [p.get_gid() for p in ax.patches] == ["missing"] and "8.5\n±0.71" in texts(ax) and texts(ax)[-1] == "rate"
    assert sweep_map(settings, points, "rate", x="n").get_xlabel() == "n"


def test_sweep_of_three_settings_needs_one_fixed():
    settings, points = make_sweep()
    settings |= {f"{label},b": s | {"fixed": "2"} for label, s in settings.items()}
    points |= {f"{label},b": {"rate": Metric("Hz", m["rate"].per_seed + 100)} for label, m in points.items()}
    with pytest.raises(ArgumentError, match="fixed"):
        sweep_grid(settings, points, "rate")
    assert sweep_grid(settings, points, "rate", where={"fixed": "2"}).mean.min() == 108.5


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"x": "tO"}, "'to'"),
        ({"where": {"m": "1"}}, "'m'"),
        ({"where": {"n": "3"}}, "value of n"),
        ({"x": "n", "y": "n"}, "two"),
    ],
)
def test_sweep_errors(options, word):
    with pytest.raises(ArgumentError, match=word):
        sweep_grid(*make_sweep(), "rate", **options)
    with pytest.raises(ArgumentError, match="Did you mean 'rate'"):
        sweep_map(*make_sweep(), "rates")


def test_a_sweep_without_any_value_is_drawn_empty():
    settings, points = make_sweep()
    empty = {label: {"rate": Metric("Hz", np.full(2, np.nan))} for label in points}
    assert len(sweep_map(settings, empty, "rate").patches) == 6


# Schematic


def gids(ax, kind):
    return {a.get_gid(): a for a in ax.get_children() if isinstance(a, kind) and a.get_gid()}


def own_circuit():
    cell = burstccn.cell()

    def link(name, source, target, **more):
        return Projection(name, source, target, **({"weight": 10 * pA} | more))

    return Circuit(
        populations=[Population(name, 5, cell) for name in ("pv", "v1", "v2", "sst", "v1b")],
        projections=[
            link("ff", "v1", "v2"), link("ei", "v1", "pv"), link("ie", "pv", "v1", weight=-10 * pA, on="spike"),
            link("fb", "v2", "sst", on="burst"), link("dis", "sst", "v1", port="dendrite"), link("rec", "v1", "v1"),
            link("down", "v2", "v1"), link("x", "v1b", "v2"),
        ],
    )  # fmt: skip


def test_areas_stand_upon_each_other_and_interneurons_beside():
    assert places(burstccn.circuit(areas=3)) == {"input": (0, 0), "hidden1": (0, 1), "output": (0, 2)}
    found = places(own_circuit())
    assert {name: row for name, (_, row) in found.items()} == {"pv": 0, "v1": 0, "v2": 1, "sst": 0, "v1b": 0}
    assert [found[name][0] for name in ("sst", "v1", "pv", "v1b")] == [0, 1, 2, 3] and found["v2"][0] == found["v1"][0]
    assert len(set(found.values())) == len(found)


def test_edges_know_sign_and_learning():
    found = {edge.name: edge for edge in edges(burstccn.circuit())}
    assert found["Q"].inhibits and not found["Y"].inhibits and found["drive"].learns and not found["W"].learns
    assert found["drive"].source is None and {e.name for e in edges(own_circuit()) if e.inhibits} == {"ie"}
    assert steering_signals(burstccn.circuit())["output_dendrite_bias"] == "teaching_current"


def test_schematic_has_every_part():
    ax = schematic(burstccn.circuit(), short_term={"Y": "STF", "Q": "STD"})
    boxes = {p.get_gid() for p in ax.patches if p.get_gid()}
    assert boxes == {"input.soma", "input.dendrite", "output.soma", "output.dendrite"}
    ways = gids(ax, LineCollection)
    assert {"W", "Y", "Q", "drive"} <= set(ways)
    wide = {name: ways[name].get_linewidths() for name in ("W", "Y", "Q")}
    assert len(wide["W"]) == 1 and wide["Y"][0] < wide["Y"][-1] and wide["Q"][0] > wide["Q"][-1]
    assert {"teaching current", "events", "bursts", "STF", "STD", "drive ●"} <= set(texts(ax))
    assert not any(p.get_hatch() for p in ax.patches)


def test_lesions_are_marked():
    lesions = [
        "Y:scale=0@20s..50s",
        "input:silence:fraction=0.5",
        "drive:freeze",
        "output.dendrite:current=-200pA@20s..",
    ]
    ax = schematic(burstccn.circuit(), lesions=[*lesions, "output:clamp.g_d=0nA"])
    hatched = {p.get_gid() for p in ax.patches if p.get_hatch() and p.get_gid()}
    assert hatched == {"input.soma", "input.dendrite"}
    dashes = {name: way.get_linestyles()[0][1] for name, way in gids(ax, LineCollection).items()}
    assert dashes["Y"] is not None and dashes["Q"] is None and dashes["drive"] is None
    assert {"Y ×0", "drive frozen ●", "dendrite: -200pA", "g_d = 0nA", "100 cells\nsilenced in 50 %"} <= set(texts(ax))
    assert {"lesioned", "silenced"} <= set(texts(ax))
    assert [m.text for m in lesion_marks("Y:scale=0 + Q:scale=0.5@1s..")] == ["×0", "×0.5"]


def test_any_circuit_is_drawn_within_its_axes():
    ax = schematic(own_circuit(), short_term={"dis": "STD"})
    low, high = ax.get_xlim()
    for name, way in gids(ax, LineCollection).items():
        points = np.concatenate([path.vertices for path in way.get_paths()])
        assert low < points[:, 0].min() and points[:, 0].max() < high, name


def test_a_lonely_population_and_what_stands_beside_a_circuit():
    def thalamus(objects):
        return []

    alone = Circuit(populations=[Population("lonely", 3, burstccn.cell())], beside=(thalamus,))
    assert {"lonely", "beside it, plain Brian2: thalamus"} <= set(texts(schematic(alone)))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"lesions": "Z:scale=0"}, ["lesion target", "'Z'"]),
        ({"short_term": {"Z": "STF"}}, ["projection", "'Z'"]),
        ({"short_term": {"Y": "STX"}}, ["'STX'", "STF"]),
    ],
)
def test_schematic_names_what_is_wrong(options, words):
    with pytest.raises(ArgumentError) as caught:
        schematic(burstccn.circuit(), **options)
    assert all(word in str(caught.value) for word in words)


def test_study_plots_need_no_brian2():
    check = (
        "import sys, burstnet.plots, burstnet.analysis.tables;"
        "sys.exit(any(m in sys.modules for m in ('brian2', 'matplotlib.pyplot', 'scipy.stats', 'statsmodels')))"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
