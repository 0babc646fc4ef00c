"""Late and seldom teaching: the schedule of the equations against plain numpy, scores of made runs, and errors."""

import numpy as np
import pytest
import xarray as xr
from brian2 import Hz, Network, StateMonitor, ms, second

import burstnet as bn
from burstnet.analysis import feedback_decoupling as fd
from burstnet.errors import ArgumentError
from burstnet.models import feedback_decoupling
from burstnet.models.cerebellum import Sizes
from burstnet.models.feedback_decoupling_cells import comparing_olive
from burstnet.plasticity import AdaptiveBurstDependent, BurstDependent
from burstnet.plots.feedback_decoupling import decoupling_figure, draw_errors
from burstnet.protocols.feedback_decoupling import EXPERIMENT, FeedbackDecoupling
from burstnet.result import Result

SMALL = Sizes(mossy=40, granule=20, golgi=4, molecular_layer=4, purkinje=2, nuclei=3, olive=2)


def made(protocol, answer):
    """A result whose ten output cells answer a trial with ``answer(number, target)`` Hz, and whose nuclei say half of what is missing."""
    number = round(float(protocol.timeline().duration / protocol.trial))
    time = np.arange(number * 12 + 1) * 0.05
    trial, since = np.divmod(np.arange(len(time)), 12)
    target = np.where(trial % 2, 11.5, 6.5)
    rate = np.array([answer(k, t) for k, t in zip(trial, target, strict=True)])
    # a sample holds what came before it; four intervals of 50 ms from 50 ms after the beginning of a trial
    total = np.cumsum(np.where((since > 1) & (since <= 5), rate * 10 * 0.05, 0.0))
    # the last sample of a trial is the first of the next
    before = np.maximum(np.arange(len(time)) - 1, 0) // 12
    lack = (np.where(before % 2, 11.5, 6.5) - np.array([answer(k, 11.5 if k % 2 else 6.5) for k in before])) / 5
    data = {
        "output_event_total": (("seed", "time"), total[None]),
        "olive_lack_mean": (("seed", "state_time"), lack[None]),
        "olive_prediction_mean": (("seed", "state_time"), lack[None] / 2),
    }
    phases, start = [], 0.0
    for phase in protocol.timeline().phases:
        settings = {name: {"value": float(value)} for name, value in phase.settings.items()}
        stop = start + float(phase.duration)
        phases.append({"name": phase.name, "start_s": start, "stop_s": stop, "settings": settings})
        start = stop
    coordinates = {"seed": [1], "time": time, "state_time": time}
    about = {"timeline": phases, "populations": {"output": 10}, "simulated_s": start}
    return Result(xr.Dataset(data, coordinates), about)


PROTOCOL = FeedbackDecoupling(blocks=4)


def test_scores_of_made_runs():
    """A cortex that learns in the second block: answers all alike before, and right after."""
    metrics = PROTOCOL.metrics(made(PROTOCOL, lambda k, target: target if k >= 48 else 9.0))
    assert metrics["error"].at == pytest.approx([0, 16, 32, 48, 64])
    assert metrics["error"].mean == pytest.approx([2.5, 2.5, 0, 0, 0], abs=1e-9)
    assert metrics["untrained_error"].mean == pytest.approx(2.5)
    assert metrics["mean_error"].mean == pytest.approx(2.5 / 4)
    assert metrics["final_error"].mean == pytest.approx(0, abs=1e-9)
    assert metrics["trials_to_criterion"].mean == 32
    assert metrics["prediction_correlation"].mean == pytest.approx(1)


def test_a_cortex_that_never_learns_takes_a_block_more_than_there_are():
    metrics = PROTOCOL.metrics(made(PROTOCOL, lambda k, target: 9.0))
    assert metrics["trials_to_criterion"].mean == 80


def test_cost_of_a_lesion():
    intact = made(PROTOCOL, lambda k, target: target if k >= 24 else 9.0)
    lesioned = made(PROTOCOL, lambda k, target: target if 24 <= k < 48 else 9.0)
    assert fd.lesion_cost(lesioned, intact, 16, 2) == pytest.approx([2.5])
    assert fd.lesion_cost(lesioned, intact, 0, 2) == pytest.approx([1.25])
    with pytest.raises(ArgumentError, match="after=48 is not allowed; 3 tests must follow"):
        fd.lesion_cost(lesioned, intact, 48)
    other = Result(intact.data.assign_coords(seed=[2]), intact.about)
    with pytest.raises(ArgumentError, match="both results have the same"):
        fd.lesion_cost(other, intact, 0, 2)


def test_figures():
    result = made(PROTOCOL, lambda k, target: 9.0)
    axes = {ax.get_label(): ax for ax in decoupling_figure(result).axes}
    assert list(axes) == ["error", "responses", "prediction"]
    assert {"low", "high", "target low", "target high"} <= {line.get_label() for line in axes["responses"].lines}
    assert {"missing", "predicted"} <= {line.get_label() for line in axes["prediction"].lines}
    assert decoupling_figure(made(FeedbackDecoupling(blocks=0), lambda k, target: 9.0))
    assert [line.get_label() for line in draw_errors({"with": result}).lines][0] == "with"
    with pytest.raises(ArgumentError, match="0 arms"):
        draw_errors({})


def test_every_arm_is_the_same_program():
    one, other = EXPERIMENT.prepare({}), EXPERIMENT.prepare({"delay": "0 ms", "every": "4", "blocks": "2"})
    assert one.circuit.describe() == other.circuit.describe()


def test_phases():
    phases = {p.name: p for p in PROTOCOL.timeline().phases}
    assert list(phases) == ["training", "after"]
    assert phases["training"].duration / second == pytest.approx(4 * 24 * 0.6)
    assert not {"training", "cortical_rate", "cerebellar_rate"} & set(phases["after"].settings)


def test_what_is_not_allowed():
    with pytest.raises(ArgumentError, match="tests=6 is not allowed; give a multiple of the number of patterns, 4"):
        FeedbackDecoupling(tests=6)
    with pytest.raises(ArgumentError, match="delay=0.4 s is not allowed; it is from 0 ms"):
        FeedbackDecoupling(delay=400 * ms)
    with pytest.raises(ArgumentError, match="every=0"):
        FeedbackDecoupling(every=0)
    with pytest.raises(ArgumentError, match="every=8 is not allowed; a block of 16 trials shows each pattern 4 times"):
        FeedbackDecoupling(every=8)
    with pytest.raises(ArgumentError, match="levels=1"):
        FeedbackDecoupling(levels=1)
    with pytest.raises(ArgumentError, match="replaced=2"):
        FeedbackDecoupling(replaced=2)
    with pytest.raises(ArgumentError, match="duration=120"):
        FeedbackDecoupling(duration=120 * ms)
    with pytest.raises(ArgumentError, match="cortical_rate=-1"):
        FeedbackDecoupling(cortical_rate=-1)
    with pytest.raises(ArgumentError, match="baseline.*'moved'.*moving"):
        feedback_decoupling.circuit(baseline="moved")


def test_a_cortex_compares_bursts_with_one_probability_or_with_its_own():
    rules = [
        EXPERIMENT.prepare(given).circuit.projection("feedforward").plasticity for given in ({"baseline": "fixed"}, {})
    ]
    assert [type(rule) for rule in rules] == [BurstDependent, AdaptiveBurstDependent]
    assert float(rules[1].eta) == pytest.approx(float(rules[0].eta * ms))


def test_the_schedule_is_that_of_the_scores():
    """Trials of a test, then of training of which every second round of patterns is taught."""
    times = {"trial": 400 * ms, "duration": 100 * ms, "delay": 50 * ms}
    protocol = FeedbackDecoupling(patterns=1, block=2, tests=1, blocks=1, every=2, **times)
    whole = feedback_decoupling.circuit(outputs=10, sizes=SMALL)
    cells = [whole.population(name) for name in ("inputs", "output")]
    alone = bn.Circuit(cells, knobs=whole.knobs, signals=whole.signals, dt=whole.dt, lesion_slots=0)
    objects = bn.brian2_objects(alone, protocol.timeline(), seed=1)
    names = ["showing", "arriving", "predicting", "response", "lack", "teaching_current", "cortical_learning"]
    kept = StateMonitor(
        objects.control, [*names, "output_event_total"], record=True, clock=objects.control.clock, when="end"
    )
    Network(*objects.all(), kept).run(1.2 * second)
    at = {name: np.asarray(getattr(kept, name)[0]) for name in (*names, "output_event_total")}
    t = np.arange(1200)
    since, trial = t % 400 - 50, t // 400
    assert np.array_equal(at["showing"], (since >= 0) & (since < 100))
    # taught is the first round of training, of which the teacher hears 50 ms before it speaks
    assert np.array_equal(at["arriving"], (trial == 1) & (since >= 100) & (since < 150))
    assert np.array_equal(at["predicting"], (trial > 0) & ~((trial == 1) & (since >= 50) & (since < 150)))
    assert np.array_equal(at["cortical_learning"], trial > 0)
    counted = (at["output_event_total"][550] - at["output_event_total"][450]) / (10 * 0.1)
    assert at["response"][600] == pytest.approx(counted, abs=1.1)
    missing = np.clip((6.5 - at["response"]) / 5, -1, 1)
    assert np.allclose(at["lack"], missing)
    assert np.allclose(at["teaching_current"], 300e-12 * missing * at["arriving"])


def test_an_olive_compares_what_was_said_with_what_is_missing():
    """Nuclei that say nothing lack 35 Hz of 25, and a missing current of half the largest is a half more or less: 3 + 4*(1.4 +- 0.5)."""
    signals = [
        bn.Signal("showing", "0.0"),
        bn.Signal("starting", "0.0"),
        bn.Signal("shown_for", "0.2*second", 1 * second),
        bn.Signal("arriving", "1.0"),
        bn.Signal("lack", "0.5"),
    ]
    knobs = [bn.Knob("rest_rate", 35 * Hz, slots=0), bn.Knob("span", 25 * Hz, slots=0)]
    reads = ("showing", "starting", "shown_for", "arriving", "lack", "rest_rate", "span")
    cell = comparing_olive(2).with_parameters(olive_gain=4 * Hz, olive_most=20 * Hz)
    olive = bn.Population("olive", 4, cell, reads=reads)
    objects = bn.brian2_objects(bn.Circuit([olive], knobs=knobs, signals=signals, dt=1 * ms), seed=1)
    Network(*objects.all()).run(2 * ms)
    assert np.allclose(objects.populations["olive"].rate / Hz, [10.6, 10.6, 6.6, 6.6])
