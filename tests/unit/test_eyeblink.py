"""What eyeblink conditioning is judged by, on made spikes; its protocol and its figure."""

import numpy as np
import pytest
import xarray as xr
from brian2 import Hz, ms, pA
from made_results import part_of

from burstnet import Circuit, Knob, Population, Signal
from burstnet.analysis import eyeblink as eb
from burstnet.cells.background import poisson_units
from burstnet.errors import ArgumentError
from burstnet.models import cerebellum
from burstnet.plots.eyeblink import draw_eyeblink, eyeblink_summary
from burstnet.protocols.eyeblink import EXPERIMENT, Eyeblink
from burstnet.result import Result

DT, TRIAL, ONSET, ISI = 5e-4, 1.2, 0.2, 0.3


def spikes(rates, n):
    """Evenly spread spikes of `n` cells whose rate [Hz] is given for stretches of time (start, stop, rate)."""
    times = [np.arange(start, stop - 1e-9, 1 / (n * rate)) for start, stop, rate in rates if rate]
    steps = np.rint(np.sort(np.concatenate(times)) / DT).astype(int)
    return steps, np.arange(len(steps)) % n


def made(phases, rates, seeds=1, n=12):
    """A result of trials: phase to number of trials; `rates(k)` gives the stretches of trial k from its onset on."""
    timeline, start, stretches, trial = [], 0.0, [], 0
    for name, number in phases.items():
        settings = {
            "trial": TRIAL,
            "cs_onset": ONSET,
            "isi": ISI,
            "us_duration": 0.03,
            "presenting": float(name != "rest"),
        }
        stop = start + number * TRIAL
        settings = {key: {"value": value, "unit": "1"} for key, value in settings.items()}
        timeline.append({"name": name, "start_s": start, "stop_s": stop, "settings": settings})
        for k in range(number):
            stretches += [(start + k * TRIAL + ONSET + a, start + k * TRIAL + ONSET + b, r) for a, b, r in rates(trial)]
            trial += 1
        start = stop
    data, about = {}, {"populations": {}, "dt_s": DT, "simulated_s": start, "timeline": timeline, "spikes": 20}
    for population in ("nuclei", "purkinje", "olive"):
        steps, cells = spikes(stretches, n)
        data |= {
            f"{population}_spike_{what}": (f"{population}_spike", np.tile(values, seeds))
            for what, values in (("step", steps), ("cell", cells), ("kind", 0 * cells))
        }
        data[f"{population}_spike_number"] = ("seed", np.full(seeds, len(steps)))
        about["populations"][population] = n
    return Result(xr.Dataset(data, {"seed": np.arange(seeds)}), about)


QUIET = [(-0.2, 1.0, 40)]
LEARNED = [(-0.2, 0.12, 40), (0.12, 0.35, 90), (0.35, 1.0, 40)]
#: A rise at once, one that has gone before the unconditioned stimulus, and one that comes with it.
EARLY = [(-0.2, 0.02, 40), (0.02, 0.35, 90), (0.35, 1.0, 40)]
BRIEF = [(-0.2, 0.08, 40), (0.08, 0.16, 90), (0.16, 1.0, 40)]
LATE = [(-0.2, 0.3, 40), (0.3, 0.4, 90), (0.4, 1.0, 40)]


def test_a_density_has_the_rate_of_its_spikes():
    time, density = eb.spike_density(
        found := made({"before": 3}, lambda k: QUIET), "nuclei", eb.trials(found, "before")
    )
    assert density.shape == (1, 3, 240)
    assert time[0] == pytest.approx(-0.2 + 0.0025)
    assert np.allclose(density.mean(axis=-1), 40, rtol=0.01)


def test_a_response_is_late_lasts_and_comes_before_the_unconditioned_stimulus():
    kinds = [QUIET, LEARNED, EARLY, BRIEF, LATE]
    responses = eb.conditioned_responses(made({"acquisition": 5}, lambda k: kinds[k]), "acquisition")
    assert responses.tolist() == [[False, True, False, False, False]]


def test_a_higher_threshold_finds_less():
    result = made({"acquisition": 2}, lambda k: LEARNED)
    assert eb.conditioned_responses(result, "acquisition", threshold=60).sum() == 0
    assert eb.conditioned_responses(result, "acquisition", threshold=15).sum() == 2


def test_size_and_time_of_a_response():
    result = made({"acquired": 4}, lambda k: LEARNED)
    assert eb.response_size(result, "acquired") == pytest.approx(50, rel=0.05)
    peaked = [(-0.2, 0.2, 40), (0.2, 0.25, 80), (0.25, 0.3, 120), (0.3, 1.0, 40)]
    assert eb.peak_time(made({"acquired": 4}, lambda k: peaked), "acquired") == pytest.approx(0.275, abs=0.015)


def test_trials_to_criterion_and_savings():
    responses = np.zeros((3, 40), dtype=bool)
    responses[0, 12:] = True
    responses[1, ::2] = True
    responses[2] = True
    first = eb.trials_to_criterion(responses)
    # eight of the last ten for the first time after trial 20; never with every second one; at once after ten
    assert first[[0, 2]].tolist() == [20, 10]
    assert np.isnan(first[1])
    assert eb.savings(np.array([40.0]), np.array([20.0])).tolist() == [0.5]
    assert eb.blocks(responses.astype(float))[0].tolist() == [0, 0.8, 1, 1]


def test_metrics_of_a_run_that_learns_and_forgets():
    phases = {"rest": 1, "before": 2, "acquisition": 20, "acquired": 2, "extinction": 10, "extinguished": 2}

    def rates(k):
        return LEARNED if 13 <= k < 30 else QUIET

    metrics = eb.eyeblink_metrics(made(phases, rates, seeds=2))
    assert metrics["acquisition.responses"].per_seed.tolist() == [[0, 1], [0, 1]]
    assert metrics["extinction.responses"].per_seed.shape == (2, 1)
    assert metrics["acquisition.trials_to_criterion"].mean == 18
    assert [metrics[f"{t}.responses"].mean for t in ("before", "acquired", "extinguished")] == [0, 1, 0]
    assert abs(metrics["retention"].mean) < 0.05
    assert "savings" not in metrics
    assert not any(name.startswith("rea") for name in metrics)


def test_a_run_that_was_cut_is_judged_by_its_whole_trials():
    phases = {"rest": 1, "before": 2, "acquisition": 40, "acquired": 2, "extinction": 10, "extinguished": 2}
    whole = made(phases, lambda k: LEARNED if 13 <= k < 50 else QUIET)
    edge = 23.5 * TRIAL
    first, rest = (part_of(whole, *span) for span in ((0.0, edge), (edge, 57 * TRIAL)))
    metrics, other = eb.eyeblink_metrics(first), eb.eyeblink_metrics(rest)
    assert metrics["acquisition.responses"].per_seed.tolist() == [[0, 1]]
    assert not any(name.startswith(("acquired", "extin")) for name in metrics)
    # the half trial at the cut belongs to neither
    assert eb.trials(rest, "acquisition").onsets[0] == pytest.approx(24 * TRIAL + ONSET)
    assert other["acquired.responses"].mean == 1 and other["acquired.peak_error"].mean == pytest.approx(
        eb.eyeblink_metrics(whole)["acquired.peak_error"].mean
    )
    assert "before.responses" not in other
    assert set(eyeblink_summary(first).traces["nuclei"]) == {"before"}


def test_drift_is_a_part_of_the_weight_in_a_hundred_seconds():
    result = made({"rest": 10}, lambda k: QUIET)
    weights = np.linspace(2.0, 2.1, 13)[None, :, None] * np.ones((1, 1, 5))
    data = result.data.assign(parallel_fibres_weight=(("seed", "state_time", "synapse"), weights))
    data = data.assign_coords(state_time=np.arange(13.0))
    assert eb.drift(Result(data, result.about), "rest") == pytest.approx(0.05 * 100 / 12, rel=1e-6)
    # half of the phase, from a larger weight on
    assert eb.drift(Result(data, result.about), "rest", skip=6) == pytest.approx(0.05 / 2.05 * 100 / 6, rel=1e-6)


def test_phases_without_trials_are_refused():
    result = made({"rest": 2, "before": 2}, lambda k: QUIET)
    with pytest.raises(ArgumentError, match="'rest' has no trials"):
        eb.trials(result, "rest")
    with pytest.raises(ArgumentError, match="Did you mean 'before'"):
        eb.trials(result, "befor")


def test_the_figure_shows_responses_and_tests():
    phases = {"before": 2, "acquisition": 20, "acquired": 2}
    figure = draw_eyeblink(eyeblink_summary(made(phases, lambda k: LEARNED if k > 11 else QUIET, seeds=2)))
    axes = {ax.get_label(): ax for ax in figure.axes}
    assert list(axes) == ["responses", "purkinje", "nuclei"]
    lines = {line.get_label(): line for line in axes["responses"].lines}
    assert lines["acquisition"].get_ydata().tolist() == [0, 100]
    assert {"before", "acquired", "unconditioned"} <= {line.get_label() for line in axes["nuclei"].lines}
    with pytest.raises(ArgumentError, match="no test"):
        eyeblink_summary(made({"acquisition": 2}, lambda k: QUIET))


def test_the_protocol_leaves_out_what_has_no_trials():
    protocol = Eyeblink(rest=0, extinction=0, reacquisition=0, isi=500 * ms)
    assert [p.name for p in protocol.timeline().phases] == [
        "before",
        "acquisition",
        "acquired",
        "extinguished",
        "reacquired",
    ]
    phases = {p.name: p.settings for p in protocol.timeline().phases}
    assert phases["acquisition"]["reinforced"] == 1
    # tests: no unconditioned stimulus, no learning
    assert not {"reinforced", "learning"} & set(phases["acquired"])


def test_an_unpaired_stimulus_is_looked_for_where_it_is():
    # all populations of a made result spike alike; 150 Hz while the moved stimulus lasts
    moved = made({"acquisition": 10}, lambda k: [(-0.2, 0.8, 2), (0.8, 0.85, 150), (0.85, 1.0, 2)])
    assert eb.evoked(moved, "acquisition").mean() < 0.5
    moved.about["timeline"][0]["settings"]["us_shift"] = {"value": 0.5, "unit": "s"}
    assert eb.evoked(moved, "acquisition").mean() > 5


def test_what_the_protocol_does_not_allow():
    with pytest.raises(ArgumentError, match="acquisition=1.5"):
        Eyeblink(acquisition=1.5)
    with pytest.raises(ArgumentError, match="a trial lasts at least"):
        Eyeblink(isi=1100 * ms)
    with pytest.raises(ArgumentError, match="us_shift=0.8 s"):
        Eyeblink(us_shift=800 * ms)
    with pytest.raises(ArgumentError, match="learning_rate"):
        Eyeblink(learning_rate=-1.0)
    with pytest.raises(ArgumentError, match="Did you mean 'covariance'"):
        EXPERIMENT.prepare({"rule": "covarianc"})
    with pytest.raises(ArgumentError, match="granule.n"):
        EXPERIMENT.prepare({"granule.n": "0"})


def test_every_arm_is_the_same_program():
    """Another interval, another rate, no nuclear plasticity: numbers of a run."""
    one, other = (
        EXPERIMENT.prepare({}),
        EXPERIMENT.prepare({"isi": "200 ms", "nuclear_plasticity": "0", "granule.cell.tau_eligibility": "6 ms"}),
    )
    assert one.circuit.describe() == other.circuit.describe()


def test_microzones_share_a_granular_layer():
    sizes, weights = cerebellum.Sizes(granule=100, mossy=40), cerebellum.Weights()
    populations, projections = cerebellum.granular_layer("mossy", sizes, cerebellum.Convergence(), weights)
    for zone in ("_left", "_right"):
        own, onto = cerebellum.microzone("mossy", sizes, weights, suffix=zone, teacher=f"error{zone}")
        populations, projections = [*populations, *own], [*projections, *onto]
    signals = [Signal(f"error{zone}", "0*amp", 1 * pA) for zone in ("_left", "_right")]
    knobs = [Knob("learning", 1.0), Knob("nuclear_learning", 1.0)]
    mossy = Population("mossy", 40, poisson_units(10 * Hz))
    circuit = Circuit([mossy, *populations], projections, knobs, signals, cerebellum.DT)
    assert len(circuit.populations) == 4 + 2 * 4
    assert circuit.projection("parallel_fibres_left").target == "purkinje_left"
    assert circuit.projection("nucleo_olivary_to_olive_right").source == "nucleo_olivary_right"
    assert circuit.population("olive_right").inject == {"soma": "error_right"}
    with pytest.raises(ArgumentError, match="granule=0"):
        cerebellum.Sizes(granule=0)
