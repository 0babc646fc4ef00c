"""Drawing along trajectories: its schedule and its graph against plain numpy, its scores on made movements, its errors."""

import numpy as np
import pytest
import xarray as xr
from brian2 import Hz, Network, SpikeMonitor, StateMonitor, ms, second
from made_results import part_of

import burstnet as bn
from burstnet.analysis import line_drawing as ld
from burstnet.cells.cerebellar import conductance_lif
from burstnet.errors import ArgumentError
from burstnet.models import cerebro_cerebellar
from burstnet.models.cerebellum import Sizes
from burstnet.models.cerebro_cerebellar_cells import CORTICAL, effector, taught_olive
from burstnet.plasticity import DeltaRule
from burstnet.plots.line_drawing import line_drawing_figure, task_switching_figure
from burstnet.protocols.line_drawing import EXPERIMENT, LineDrawing
from burstnet.protocols.task_switching import EXPERIMENT as SWITCHING
from burstnet.protocols.task_switching import TaskSwitching
from burstnet.result import Result

SMALL = Sizes(mossy=40, granule=30, golgi=4, molecular_layer=4, purkinje=2, nuclei=3, olive=2)


def small(**arguments):
    cortex = cerebro_cerebellar.CorticalSizes(cortex=40, interneurons=10)
    return cerebro_cerebellar.circuit(cortical_sizes=cortex, sizes=SMALL, **arguments)


def made(protocol, moved):
    """A result whose position is `moved(target, phase)`; positions are samples of 20 ms that end an interval."""
    timeline, samples = [], int(round(float(protocol.timeline().duration) / 0.02)) + 1
    position, start = np.zeros((1, samples, 2)), 0.0
    trial = float(protocol.trial)
    for phase in protocol.timeline().phases:
        stop = start + float(phase.duration)
        settings = {name: {"value": float(value)} for name, value in phase.settings.items()}
        timeline.append({"name": phase.name, "start_s": start, "stop_s": stop, "settings": settings})
        for k in range(round((stop - start) / trial)):
            cue = (round(start / trial) + k) % round(float(protocol.cues))
            angle = (
                float(protocol.first_angle) + float(phase.settings["rotation"]) + 2 * np.pi * cue / float(protocol.cues)
            )
            first = round((start + k * trial + float(protocol.cue_onset)) / 0.02)
            progress = (np.arange(50) + 0.5) * 0.02
            path = progress[:, None] * np.array([np.cos(angle), np.sin(angle)])
            position[0, first + 1 : first + 51] = moved(path, phase.name)
        start = stop
    data = {f"effectors_position_{x}_mean": (("seed", "state_time"), position[..., k]) for k, x in enumerate("xy")}
    data["effectors_output_rate_mean"] = (("seed", "state_time"), np.full((1, samples), 30.0))
    coordinates = {"seed": [1], "state_time": np.arange(samples) * 0.02}
    return Result(xr.Dataset(data, coordinates), {"timeline": timeline, "populations": {"effectors": 4}})


def test_scores_of_made_movements():
    protocol = LineDrawing(trials=200, tests=4, cues=2)
    moved = {"before": 0.0, "training": 1.0, "after": 0.5, "cut": 0.0}
    metrics = protocol.metrics(made(protocol, lambda path, phase: moved[phase] * path))
    power = (((np.arange(50) + 0.5) * 0.02) ** 2).mean() / 2
    assert metrics["before.error"].mean == pytest.approx(power)
    assert metrics["after.relative_to_cut"].mean == pytest.approx(0.25)
    assert metrics["after.relative_to_silent"].mean == pytest.approx(0.25)
    assert metrics["after.short"].mean == pytest.approx(0.5)
    assert metrics["after.bias"].mean == pytest.approx(metrics["after.error"].mean)
    assert metrics["after.spread"].mean == pytest.approx(0, abs=1e-12)
    assert metrics["training.error"].mean == pytest.approx([0, 0], abs=1e-12)
    assert metrics["after.nuclear_rate"].mean == 30
    assert np.all(np.diff(metrics["after.error_along"].mean) > 0)


def test_a_run_that_was_cut_is_scored_by_its_whole_trials():
    """In both parts of a run that was cut within a trial, movements and cues are where they were."""
    protocol = LineDrawing(trials=200, tests=4, cues=2)
    whole = made(protocol, lambda path, phase: {"training": 0.5, "after": 0.25}.get(phase, 0.0) * path)
    edge = 150.5 * float(protocol.trial)
    first, rest = part_of(whole, 0.0, edge), part_of(whole, edge, float(protocol.timeline().duration))
    assert not any(name.startswith(("after", "cut")) for name in protocol.metrics(first))
    cut, all_of_it = protocol.metrics(rest), protocol.metrics(whole)
    assert "before.error" not in cut and "training.error" not in cut
    assert all(np.allclose(cut[name].per_seed, all_of_it[name].per_seed, rtol=1e-9) for name in cut)
    parts = [ld.drawn(part, "training") for part in (first, rest)]
    assert [len(part.cue) for part in parts] == [146, 53]
    assert all(np.allclose(ld.errors(part), ld.errors(ld.drawn(whole, "training"))[0, 0]) for part in parts)
    assert line_drawing_figure(rest)
    with pytest.raises(ArgumentError, match="no test that is drawn"):
        line_drawing_figure(first)


def test_switching_is_scored_by_the_first_set():
    protocol = TaskSwitching(trials=4, tests=4, second_trials=4)
    moved = {"switched": 0.5}
    metrics = protocol.metrics(made(protocol, lambda path, phase: moved.get(phase, 0.75) * path))
    assert metrics["change_percent"].mean == pytest.approx(100 * (0.5**2 / 0.25**2 - 1))


def test_a_semicircle_ends_where_the_line_does():
    line, arc = ld.target_path([0, 0.5, 1], 0.3), ld.target_path([0, 0.5, 1], 0.3, 1.0)
    assert np.allclose(line[[0, 2]], arc[[0, 2]])
    assert np.allclose(np.linalg.norm(arc - line[1], axis=-1), 0.5)


def test_phases():
    names = [p.name for p in LineDrawing(trials=20, tests=4).timeline().phases]
    assert names == ["before", "training", "after", "cut"]
    phases = {p.name: p.settings for p in LineDrawing(trials=20, tests=4).timeline().phases}
    for test in ("before", "after", "cut"):
        assert not {"taught", "learning_rate", "guidance"} & set(phases[test])
    assert float(phases["training"]["training_start"]) == pytest.approx(5.6)
    own, both = ({p.name: p.settings["context"] for p in TaskSwitching(shared=s).timeline().phases} for s in (0.0, 1.0))
    assert own["second"] == own["other"] == 1 and own["switched"] == own["first"] == 0
    assert set(both.values()) == {0.0}


def test_every_arm_is_the_same_program():
    one, other = (
        EXPERIMENT.prepare({}),
        EXPERIMENT.prepare({"cues": "5", "trials": "100", "parallel_fibres.eta": "0.1 nS"}),
    )
    assert one.circuit.describe() == other.circuit.describe()
    one, other = SWITCHING.prepare({}), SWITCHING.prepare({"shared": "1"})
    assert one.circuit.describe() == other.circuit.describe()


def test_what_is_not_allowed():
    with pytest.raises(ArgumentError, match="trials=3 is not allowed; give a multiple of the number of cues, 2"):
        LineDrawing(trials=3)
    with pytest.raises(ArgumentError, match="cue_duration=150"):
        LineDrawing(cue_duration=150 * ms)
    with pytest.raises(ArgumentError, match="a trial lasts at least"):
        LineDrawing(movement=2 * second)
    with pytest.raises(ArgumentError, match="shared=0.5"):
        TaskSwitching(shared=0.5)
    with pytest.raises(ArgumentError, match="Did you mean 'fixed'"):
        cerebro_cerebellar.circuit(cortex="fix")
    with pytest.raises(ArgumentError, match="Did you mean 'readout'"):
        cerebro_cerebellar.circuit(feedback="readouts")
    with pytest.raises(ArgumentError, match="contexts=3"):
        cerebro_cerebellar.circuit(contexts=3)


def test_the_schedule_is_that_of_the_scores():
    """Targets, cues and guidance of the equations against the same in plain numpy."""
    times = {"trial": 700 * ms, "cue_duration": 100 * ms, "movement": 400 * ms}
    protocol = LineDrawing(trials=2, tests=0, fade=0.5, **times)
    whole = small()
    alone = bn.Circuit([whole.population("cortex")], knobs=whole.knobs, signals=whole.signals, dt=1 * ms)
    objects = bn.brian2_objects(alone, protocol.timeline(), seed=1)
    names = ["target_x", "target_y", "lead_x", "cue", "guided", "showing", "reset_current", "teaching"]
    kept = StateMonitor(objects.control, names, record=True, clock=objects.control.clock, when="end")
    drive = StateMonitor(objects.populations["cortex"], ["drive_x", "chosen"], record=True, dt=100 * ms, when="end")
    Network(*objects.all(), kept, drive).run(1.4 * second)
    t = np.arange(1400) * 1e-3
    cue, since = np.floor(t / 0.7 + 1e-9), (t + 1e-9) % 0.7 - 0.3
    assert np.array_equal(kept.cue[0], cue)
    path = ld.target_path(np.clip(since / 0.4, 0, 1), 0.3 + np.pi * cue)
    assert np.allclose(kept.target_x[0], path[:, 0], atol=1e-6)
    assert np.allclose(kept.target_y[0], path[:, 1], atol=1e-6)
    ahead = ld.target_path(np.clip((since + 0.07) / 0.4, 0, 1), 0.3 + np.pi * cue)
    assert np.allclose(kept.lead_x[0], ahead[:, 0], atol=1e-6)
    assert np.allclose(kept.guided[0], np.clip(1 - t / 0.7, 0, 1))
    assert kept.showing[0].sum() == 2 * 100
    assert (kept.reset_current[0] < 0).sum() == 2 * 150
    assert kept.teaching[0].mean() == pytest.approx(0.45 / 0.7, abs=2e-3)
    # guided fully, a cell gets what its zone should say
    assert set(np.round(drive.drive_x[:, 0] / Hz)) == {30}
    # a cue has cells of its own
    shown = np.isclose(drive.t / ms % 700, 300)
    first, second_cue = drive.chosen[:, shown].T
    assert 0 < first.sum() < 40 and np.any(first != second_cue)


def test_nuclei_reach_the_cells_that_listen_to_their_zone():
    objects = bn.brian2_objects(small(), seed=3)
    cortex = objects.populations["cortex"]
    for axis, first in (("x", 0), ("y", 6)):
        synapses = objects.projections[f"nuclei_to_cortex_{axis}"]
        side, weight = (cortex.variables[f"{name}_{axis}"].get_value() for name in ("side", "weight"))
        wanted = {
            (i, j)
            for i in range(first, first + 6)
            for j in range(40)
            if weight[j] > 0 and (side[j] > 0) == (i < first + 3)
        }
        assert set(zip(synapses.i[:], synapses.j[:], strict=True)) == wanted
        assert 0 < (weight > 0).sum() < 40


def test_an_olive_fires_with_what_its_zone_lacks():
    """Zones in the order x+, x-, y+, y- for a target at x = 1 and a resting rate of 0: 3 + 8 Hz, cut at 10, and 3 - 8 Hz, cut at 0."""
    signals = [bn.Signal("teaching", "1.0"), bn.Signal("target_x", "1.0"), bn.Signal("target_y", "0.0")]
    knobs = [bn.Knob("rest_rate", 0 * Hz, slots=0), bn.Knob("span", 25 * Hz, slots=0)]
    reads = ("rest_rate", "span", "target_x", "target_y", "teaching")
    olive = bn.Population("olive", 16, taught_olive(4), reads=reads)
    objects = bn.brian2_objects(bn.Circuit([olive], knobs=knobs, signals=signals, dt=0.5 * ms), seed=1)
    Network(*objects.all()).run(2 * ms)
    assert np.allclose(objects.populations["olive"].rate / Hz, np.repeat([10, 0, 3, 3], 4))


def test_a_read_out_has_the_drive_of_the_nuclei_and_learns_what_it_lacks():
    """As many cells and synapses onto the cortex; a weight rises by eta times what the zone lacks, at a cortical spike."""
    read_out, nuclei = small(feedback="readout", eta_read_out=1e-3), small()
    assert read_out.population("read_out").n == nuclei.population("nuclei").n
    assert not {"granule", "purkinje", "nuclei", "olive"} & {p.name for p in read_out.populations}
    # the teacher is there from the beginning, and the first movement has been going on for long
    taught = {"presenting": 0.0, "taught": 1.0, "learning_rate": 1.0, "cue_onset": -0.9 * second, "first_angle": 0.0}
    objects = bn.brian2_objects(read_out, bn.Timeline([bn.Phase("taught", 100 * ms, taught)]), seed=3)
    kept = {x: objects.projections[f"read_out_to_cortex_{x}"] for x in "xy"}
    wanted = bn.brian2_objects(nuclei, seed=3).projections
    assert all(set(zip(s.i[:], s.j[:], strict=True)) == set(zip(wanted[f"nuclei_to_cortex_{x}"].i[:], wanted[f"nuclei_to_cortex_{x}"].j[:], strict=True)) for x, s in kept.items())  # fmt: skip
    learns = objects.projections["cortex_to_read_out"]
    spikes = SpikeMonitor(objects.populations["cortex"])
    Network(*objects.all(), spikes).run(20 * ms)
    weight = np.asarray(learns.w_cortex_to_read_out[:]).reshape(40, 12)
    assert 0 < spikes.num_spikes
    # a spike of the last step or two is still on its way
    active = np.isin(np.arange(40), spikes.i[spikes.t < 18 * ms])
    assert np.all(weight[active, :3] > 0) and np.all(weight[active, 3:6] < 0)
    assert np.all(weight[spikes.count[:] == 0] == 0)
    assert np.abs(weight[active, :3]).max() <= 1e-3 * np.max(spikes.count[:])


def test_a_rule_that_needs_an_error_says_so():
    delta = bn.Projection("learns", "a", "b", "output", 0.0, "spike", plasticity=DeltaRule(eta=0.1))
    cells = {name: bn.Population(name, 2, conductance_lif(CORTICAL)) for name in "a"}
    with pytest.raises(ArgumentError, match="has no 'error'"):
        bn.Circuit(
            [*cells.values(), bn.Population("b", 4, effector(), reads=("span",))],
            [delta],
            knobs=[bn.Knob("span", 25 * Hz)],
        )


def test_figures():
    protocol = LineDrawing(trials=40, tests=4)
    figure = line_drawing_figure(made(protocol, lambda path, phase: path))
    axes = {ax.get_label(): ax for ax in figure.axes}
    assert list(axes) == ["error", "paths"]
    lines = {line.get_label() for line in axes["error"].lines}
    assert {"before", "training", "after", "cut"} <= lines
    assert [line.get_label() for line in axes["paths"].lines].count("after") == 2
    figure = task_switching_figure(made(TaskSwitching(trials=4, tests=4, second_trials=4), lambda path, phase: path))
    assert {"learned", "switched"} <= {line.get_label() for line in figure.axes[1].lines}
    with pytest.raises(ArgumentError, match="no test"):
        line_drawing_figure(made(LineDrawing(trials=4, tests=0), lambda path, phase: path))
