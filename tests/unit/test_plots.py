"""The plots show what a result holds: the data in their artists, not their pixels, with all pieces or some missing."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure

from burstnet import plots
from burstnet.analysis.bursts import burst_spans, cell_spikes
from burstnet.analysis.rates import (
    baseline_burst_probability,
    binned_burst_probability,
    binned_rate,
    counted_populations,
    mean_and_sd,
)
from burstnet.analysis.teaching import teaching_windows
from burstnet.analysis.weights import weight_summary
from burstnet.errors import ArgumentError
from burstnet.plots import burst_probability, potentials, raster, rates, save_figure, target_rate_figure, weights
from burstnet.plots.raster import raster_rows
from burstnet.plots.style import CELL_COLOURS, SPIKE_COLOURS, population_colours, spread
from burstnet.plots.target_rate import raster_windows
from burstnet.result import Result

DURATION, DT, CELLS, KINDS = 10.0, 0.001, 4, ("event", "burst", "further")
#: Every cell does this once a second, its own number of milliseconds later: a burst of three, then an isolated spike.
PATTERN = [(100, 0), (104, 1), (110, 2), (600, 0)]


def make_result(
    seeds=2, populations=("input", "output"), teacher=True, without=(), p_b="0.375", spikes_between=(0, 10)
):
    """A result in which all is known: 2 events and 1 burst a cell and second, weights that rise by 0.1 a second."""
    rng = np.random.default_rng(7)
    time, state_time, trace_time = np.arange(1001) / 100, np.arange(101) / 10, 2 + np.arange(2000) * DT
    data: dict = {}
    for name in populations:
        starts = [1000 * s for s in range(*spikes_between)]
        one = [(start + at + cell, cell, kind) for start in starts for at, kind in PATTERN for cell in range(CELLS)]
        step, cell, kind = np.array(sorted(one)).T
        data[f"{name}_spike_step"] = (f"{name}_spike", np.tile(step, seeds))
        data[f"{name}_spike_cell"] = (f"{name}_spike", np.tile(cell, seeds))
        data[f"{name}_spike_kind"] = (f"{name}_spike", np.tile(kind, seeds))
        data[f"{name}_spike_number"] = ("seed", np.full(seeds, len(step)))
        for event, per_s in (("event", 2), ("burst", 1)):
            total = per_s * CELLS * np.floor(time)
            data[f"{name}_{event}_total"] = (("seed", "time"), np.tile(total, (seeds, 1)))
    rising = 0.1 * state_time[:, None] + np.linspace(0, 1, CELLS)
    data["drive_weight"] = (
        ("seed", "state_time", "drive_index"), np.stack([rising + 0.01 * k for k in range(seeds)]), {"units": "1"},
    )  # fmt: skip
    for variable, middle in (("V_s", -0.06), ("V_d", -0.05)):
        values = middle + 0.01 * rng.standard_normal((seeds, len(trace_time)))
        data[f"{populations[0]}_trace_{variable}"] = (("seed", "trace_time"), values, {"units": "V"})
    coordinates = {"seed": np.arange(1, seeds + 1), "time": time, "state_time": state_time, "trace_time": trace_time}
    gain = {"value": 8e-11 if teacher else 0.0, "text": "80 pA/Hz" if teacher else "0 A/Hz"}
    settings = {"teaching_gain": gain, "target_rate": {"value": 3.0, "text": "3 Hz"}}
    kept = {name: what for name, what in data.items() if not any(part in name for part in without)}
    about = {
        "protocol": "target-rate",
        "parameters": {"drive.p_b": p_b} if p_b else {},
        "populations": dict.fromkeys(populations, CELLS),
        "dt_s": DT,
        "simulated_s": DURATION,
        "timeline": [
            {"name": "pre", "start_s": 0.0, "stop_s": 3.0, "settings": {}},
            {"name": "during", "start_s": 3.0, "stop_s": 7.0, "settings": settings},
            {"name": "empty", "start_s": 7.0, "stop_s": 7.0, "settings": settings},
            {"name": "post", "start_s": 7.0, "stop_s": 10.0, "settings": {}},
        ],
    }
    return Result(xr.Dataset(kept, coordinates), about)


@pytest.fixture
def result():
    return make_result()


@pytest.fixture(autouse=True)
def close_figures():
    pyplot.switch_backend("agg")
    yield
    pyplot.close("all")


def lines(ax):
    return {line.get_label(): line for line in ax.get_lines()}


def texts(figure):
    return [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]


def shades(ax):
    return [(p.get_x(), p.get_x() + p.get_width()) for p in ax.patches if (p.get_gid() or "").startswith("teaching")]


def panel(figure, label):
    return [ax for ax in figure.axes if ax.get_label() == label]


# The numbers


def test_binned_rate_counts_events_per_cell_and_second(result):
    centres, rate = binned_rate(result, "input", "event", 1.0)
    assert centres == pytest.approx(np.arange(10) + 0.5)
    assert rate.shape == (2, 10)
    assert rate == pytest.approx(np.full((2, 10), 2.0))


def test_binned_burst_probability_is_undefined_without_events(result):
    _, probability = binned_burst_probability(result, "input", 1.0)
    assert probability == pytest.approx(np.full((2, 10), 0.5))
    result.data["input_event_total"][:] = 0
    assert np.isnan(binned_burst_probability(result, "input", 1.0)[1]).all()


def test_a_run_shorter_than_a_bin_is_one_bin(result):
    centres, rate = binned_rate(result, "input", width=60.0)
    assert centres == pytest.approx([5.0])
    assert rate == pytest.approx(np.full((2, 1), 2.0))


def test_mean_and_sd_leave_undefined_seeds_out():
    mean, sd = mean_and_sd(np.array([[1.0, np.nan, np.nan], [3.0, 5.0, np.nan]]))
    assert mean == pytest.approx([2.0, 5.0, np.nan], nan_ok=True)
    assert sd == pytest.approx([np.sqrt(2), np.nan, np.nan], nan_ok=True)


@pytest.mark.parametrize("width", [0.0, -1.0, float("nan")])
def test_a_bin_has_a_width(result, width):
    with pytest.raises(ArgumentError, match="width"):
        binned_rate(result, "input", width=width)


def test_missing_counts_name_what_there_is():
    partial = make_result(without=("output_event_total",))
    assert counted_populations(partial) == ["input"]
    with pytest.raises(ArgumentError, match="output.*input"):
        binned_rate(partial, "output")


def test_burst_spans_reach_from_first_to_last_spike(result):
    times, kinds = cell_spikes(result, "output", 2, 3)
    assert kinds.tolist() == [0, 1, 2, 0] * 10
    assert np.all(np.diff(times) > 0)
    starts, stops = burst_spans(result, "output", 2, 3)
    assert starts == pytest.approx(np.arange(10) + 0.103)
    assert stops == pytest.approx(np.arange(10) + 0.113)


def test_burst_whose_first_spike_is_missing_starts_at_its_second(result):
    cut = result.data["input_spike_kind"].values
    cut[(result.data["input_spike_step"].values == 100)] = 1
    starts, _ = burst_spans(result, "input", 1, 0)
    assert starts[0] == pytest.approx(0.1)


def test_weight_summary_has_the_spread_of_cells_not_of_seeds(result):
    found = weight_summary(result, levels=(0.0, 1.0), samples=11)
    assert found.time == pytest.approx(np.arange(11))
    assert found.mean[0] == pytest.approx(0.1 * np.arange(11) + 0.5)
    assert found.mean[1] - found.mean[0] == pytest.approx(np.full(11, 0.01))
    assert found.quantiles[1] - found.quantiles[0] == pytest.approx(np.ones(11))
    with pytest.raises(ArgumentError, match="did you mean|Did you mean"):
        weight_summary(result, "drvie")


def test_teaching_windows_skip_empty_phases_and_know_a_control():
    assert [(w.start, w.stop, w.target, w.on) for w in teaching_windows(make_result())] == [(3.0, 7.0, 3.0, True)]
    assert [w.on for w in teaching_windows(make_result(teacher=False))] == [False]


@pytest.mark.parametrize(("p_b", "expected"), [("0.375", 0.375), (None, None), ("much", None)])
def test_baseline_comes_from_the_parameters(p_b, expected):
    assert baseline_burst_probability(make_result(p_b=p_b)) == expected


def test_two_baselines_are_none(result):
    result.about["parameters"]["other.p_b"] = "0.2"
    assert baseline_burst_probability(result) is None


# The plots


def test_raster_draws_each_kind_in_its_colour(result):
    ax = raster(result, window=(1.0, 2.0), seed=2)
    found = lines(ax)
    for kind in KINDS:
        times, cells = result.spikes("input", 2, kind)
        here = (times >= 1) & (times < 2)
        x, y = found[kind].get_data()
        assert np.sort(x[y < CELLS]) == pytest.approx(np.sort(times[here]))
        assert len(x) == 2 * here.sum()
        assert found[kind].get_color() == SPIKE_COLOURS[kind]
        assert found[kind].get_rasterized()
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["input", "output"]
    assert ax.get_xlim() == (1.0, 2.0)


def test_raster_rows_keep_populations_apart_and_few_cells(result):
    rows = raster_rows(result, ["output", "input"], 1, (0.0, 10.0), 2)
    everything = np.concatenate([at for _, at in rows.values()])
    assert set(everything) == {0, 1, 4, 5}


def test_late_times_are_told_apart(result):
    late = raster(result, window=(132749.0, 132750.2))
    assert len({tick.get_text() for tick in late.get_xticklabels()}) == 3


def test_raster_rows_at_even_distances(result):
    size = result.populations["output"]
    every = size // 2
    rows = raster_rows(result, ["output"], 1, (0.0, 10.0), 2, spread=True)
    for kind, (_, at) in rows.items():
        _, cell = result.spikes("output", 1, kind)
        assert np.array_equal(at, (cell[cell % every == every // 2] - every // 2) // every)


def test_raster_shades_only_the_part_that_is_taught(result):
    assert shades(raster(result, window=(2.5, 3.5))) == [(3.0, 3.5)]
    assert shades(raster(result, window=(0.0, 1.0))) == []


def test_rates_draw_the_mean_the_target_and_the_window(result):
    ax = rates(result, width=1.0)
    found = lines(ax)
    assert found["output"].get_data()[1] == pytest.approx(np.full(10, 2.0))
    assert found["target during"].get_data()[0] == pytest.approx([3.0, 7.0])
    assert found["target during"].get_data()[1] == pytest.approx([3.0, 3.0])
    assert shades(ax) == [(3.0, 7.0)]
    assert {"input", "output"} <= set(texts(ax.figure))


def test_a_control_has_its_target_but_no_shade():
    ax = rates(make_result(teacher=False))
    assert "target during" in lines(ax)
    assert shades(ax) == []
    assert any("no teacher" in text for text in texts(ax.figure))


@pytest.mark.parametrize(("seeds", "thin", "bands"), [(1, 0, 0), (2, 2, 0), (12, 0, 2)])
def test_spread_over_seeds_fits_their_number(seeds, thin, bands):
    ax = rates(make_result(seeds))
    collections = [c for c in ax.collections if isinstance(c, LineCollection)]
    assert sum(len(c.get_segments()) for c in collections) == 2 * thin
    assert sum(isinstance(c, PolyCollection) for c in ax.collections) == bands


def test_burst_probability_draws_its_baseline(result):
    found = lines(burst_probability(result, width=1.0))
    assert found["input"].get_data()[1] == pytest.approx(np.full(10, 0.5))
    assert set(found["baseline"].get_ydata()) == {0.375}
    assert "baseline" not in lines(burst_probability(make_result(p_b=None)))


def test_silent_cells_have_no_burst_probability(result):
    for name in ("input_event_total", "input_burst_total", "output_event_total", "output_burst_total"):
        result.data[name][:] = 0
    assert np.isnan(lines(burst_probability(result))["input"].get_ydata()).all()
    assert set(lines(rates(result))["input"].get_ydata()) == {0.0}


@pytest.mark.parametrize("seeds", [1, 2, 12])
def test_weights_draw_mean_quantiles_and_a_thin_line_a_seed(seeds):
    ax = weights(make_result(seeds))
    found = weight_summary(make_result(seeds))
    assert lines(ax)["drive"].get_ydata() == pytest.approx(found.mean.mean(axis=0))
    thin = [len(c.get_segments()) for c in ax.collections if isinstance(c, LineCollection)]
    assert thin == ([seeds] if seeds > 1 else [])
    band = next(c for c in ax.collections if isinstance(c, PolyCollection)).get_paths()[0].vertices
    assert band[:, 1].min() == pytest.approx(found.quantiles.min())
    assert band[:, 1].max() == pytest.approx(found.quantiles.max())


def test_weights_in_ampere_are_shown_in_picoampere(result):
    result.data["drive_weight"] = result.data["drive_weight"] * 1e-12
    result.data["drive_weight"].attrs["units"] = "A"
    ax = weights(result)
    assert ax.get_ylabel() == "drive weight (pA)"
    assert lines(ax)["drive"].get_ydata()[-1] == pytest.approx(1.505)


def test_potentials_draw_both_compartments_and_their_bursts(result):
    ax = potentials(result, seed=2)
    over = {a.get_label(): a for a in ax.figure.axes}
    assert lines(ax)["V_s"].get_ydata() == pytest.approx(1e3 * result.data["input_trace_V_s"].values[1])
    dendrite = lines(over["potential V_d"])["V_d"].get_ydata()
    assert dendrite == pytest.approx(1e3 * result.data["input_trace_V_d"].values[1])
    bands = sorted((p.get_x(), p.get_x() + p.get_width()) for p in ax.patches if p.get_gid() == "burst")
    assert np.array(bands) == pytest.approx(np.array([(2.1, 2.11), (3.1, 3.11)]))
    assert lines(over["spikes"])["event"].get_xdata() == pytest.approx([2.1, 2.6, 3.1, 3.6])
    assert shades(ax) == [pytest.approx((3.0, 4.0))]


def test_potentials_work_with_one_compartment_and_without_spikes():
    for missing in ("V_s", "V_d", "spike"):
        ax = potentials(make_result(without=(missing,)))
        drawn = [label for a in ax.figure.axes for label in lines(a)]
        assert [v for v in ("V_s", "V_d") if v in drawn] == [v for v in ("V_s", "V_d") if v != missing]
        assert ("event" in drawn) == (missing != "spike")


@pytest.mark.parametrize("plot", [raster, rates, burst_probability, weights, potentials])
def test_every_plot_returns_the_axes_it_is_given(result, plot):
    ax = Figure().add_subplot()
    assert plot(result, ax) is ax
    assert plot(result, ax=None) is not ax


@pytest.mark.parametrize("plot", [raster, rates, burst_probability, weights, potentials])
def test_every_plot_fits_into_a_part_of_a_figure(result, plot):
    ax = Figure().subfigures(1, 2)[1].subplots()
    assert plot(result, ax) is ax


@pytest.mark.parametrize(
    ("plot", "missing"),
    [(raster, "spike"), (rates, "total"), (burst_probability, "total"), (weights, "weight"), (potentials, "trace")],
)
def test_every_plot_says_what_was_not_recorded(plot, missing):
    with pytest.raises(ArgumentError):
        plot(make_result(without=(missing,)))
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize("plot", [raster, rates, burst_probability])
def test_an_unknown_population_is_an_error(result, plot):
    with pytest.raises(ArgumentError, match="outptu"):
        plot(result, populations=["outptu"])


def test_potentials_know_their_populations_and_seeds(result):
    with pytest.raises(ArgumentError, match="Did you mean 'input'"):
        potentials(result, population="inptu")
    with pytest.raises(ArgumentError, match="output"):
        potentials(result, population="output")
    with pytest.raises(ArgumentError, match="seed=9"):
        potentials(result, seed=9)


# The composed figure


@pytest.mark.parametrize("seeds", [1, 2, 12])
def test_figure_has_every_panel(seeds):
    figure = target_rate_figure(make_result(seeds))
    assert figure.get_size_inches()[0] == pytest.approx(7.2)
    assert {"A", "B", "C", "D", "E"} <= set(texts(figure))
    assert [len(panel(figure, letter)) for letter in "ABCD"] == [2, 1, 1, 1]
    assert not any("not recorded" in text for text in texts(figure))


def test_cells_that_never_burst_have_a_panel_of_their_own():
    result = make_result(populations=("input", "sst", "output"))
    result.data["sst_burst_total"][:] = 0.0
    figure = target_rate_figure(result)
    assert {"A", "B", "C", "D", "E", "F"} <= set(texts(figure))
    areas, p, others = (set(lines(panel(figure, letter)[0])) for letter in "BCD")
    assert "sst" in others and {"input", "output"} <= areas and not {"input", "target during"} & others
    assert "sst" not in areas | p


def test_figure_shares_the_time_axis(result):
    figure = target_rate_figure(result)
    assert {panel(figure, letter)[0].get_xlim() for letter in "BCD"} == {(0.0, DURATION)}
    assert [panel(figure, letter)[0].get_xlabel() for letter in "BCD"] == ["", "", "time (s)"]


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("spike", ["spikes not recorded"]),
        ("total", ["rates not recorded", "burst probability not recorded"]),
        ("weight", ["weights not recorded"]),
        ("trace", ["potentials not recorded"]),
    ],
)
def test_figure_says_what_is_missing_and_draws_the_rest(missing, said):
    figure = target_rate_figure(make_result(without=(missing,)))
    assert [text for text in texts(figure) if text.endswith("not recorded") and ";" not in text] == said
    assert panel(figure, "D" if missing != "weight" else "C")[0].get_xlabel() == "time (s)"


def test_figure_of_nothing_is_five_notes():
    figure = target_rate_figure(make_result(without=("spike", "total", "weight", "trace")))
    assert sum("not recorded" in text for text in texts(figure)) == 5


def test_a_population_without_counts_or_spikes_is_left_out():
    figure = target_rate_figure(make_result(without=("output_event", "output_spike")))
    assert "output" not in lines(panel(figure, "B")[0])
    assert [tick.get_text() for tick in panel(figure, "A")[0].get_yticklabels()] == ["input"]


def test_any_names_and_number_of_populations():
    names = ("V1", "V2", "V4", "IT")
    figure = target_rate_figure(make_result(populations=names))
    assert set(names) <= set(lines(panel(figure, "B")[0]))
    assert len({lines(panel(figure, "B")[0])[name].get_color() for name in names}) == 4


def test_raster_windows_are_where_the_teacher_changes():
    assert [(a, b) for a, b, _ in raster_windows(make_result(), width=1.0)] == [(2.5, 3.5), (6.5, 7.5)]


def test_raster_windows_without_teacher_are_spread():
    assert [round((a + b) / 2, 2) for a, b, _ in raster_windows(make_result(teacher=False))] == [1.67, 5.0, 8.33]


def test_raster_windows_lie_where_spikes_were_recorded():
    found = raster_windows(make_result(spikes_between=(0, 5)), width=1.0)
    assert [(a, b) for a, b, _ in found] == [(2.5, 3.5)]
    found = raster_windows(make_result(spikes_between=(8, 9)), width=0.3)
    assert len(found) == 1 and 8 <= found[0][0] < found[0][1] <= 9


def test_figure_of_silent_cells_is_drawn(result):
    for name in ("input", "output"):
        result.data[f"{name}_spike_number"][:] = 0
    figure = target_rate_figure(result)
    assert all(len(line.get_xdata()) == 0 for label, line in lines(panel(figure, "A")[0]).items() if label in KINDS)


@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_figure_is_saved_without_a_backend_or_pyplot(result, tmp_path, ending):
    path = save_figure(target_rate_figure(result), tmp_path / f"figure.{ending}")
    assert path.stat().st_size > 1000
    assert pyplot.get_fignums() == []


def test_figure_leaves_the_users_settings_alone(result):
    before = dict(pyplot.rcParams)
    target_rate_figure(result)
    assert dict(pyplot.rcParams) == before


def test_figure_of_a_saved_result_is_the_same(result, tmp_path):
    loaded = Result.load(result.save(tmp_path / "result.nc"))
    one, other = (panel(target_rate_figure(r), "B")[0] for r in (result, loaded))
    assert lines(one)["output"].get_ydata() == pytest.approx(lines(other)["output"].get_ydata())


# Style


def test_end_labels_are_pushed_apart_as_little_as_needed():
    assert spread([10.0, 50.0], 8, 0, 100) == [10.0, 50.0]
    assert spread([50.0, 52.0], 8, 0, 100) == pytest.approx([47.0, 55.0])
    assert spread([1.0, 0.0, 2.0], 8, 0, 100) == pytest.approx([8.0, 0.0, 16.0])
    for places in ([99.0, 100.0, 98.0], [5.0] * 12, [90.0, 0.0, 91.0, 3.0]):
        assert np.diff(np.sort(spread(places, 8, 0, 100))).min() >= 8 - 1e-9


def test_populations_named_after_cell_types_have_their_colours():
    found = population_colours(["input", "pv", "input_sst", "output"])
    assert (found["pv"], found["input_sst"]) == (CELL_COLOURS["pv"], CELL_COLOURS["sst"])
    assert len(set(found.values())) == 4


def test_every_public_name_is_there():
    assert all(callable(getattr(plots, name)) for name in plots.__all__)


def test_plots_need_no_brian2():
    check = "import sys, burstnet.plots; sys.exit('brian2' in sys.modules or 'matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
