"""The spiking BurstCCN builds with any number of areas, runs, scales with the step, and refuses what it is not."""

import numpy as np
import pytest
from brian2 import Hz, Network, StateMonitor, ms, mV, nA, pA, second

from burstnet import brian2_objects
from burstnet.cells import PyramidalParameters, leaky_counter
from burstnet.errors import ArgumentError
from burstnet.models import burstccn
from burstnet.timeline import Phase, Timeline

DURATION = 0.2 * second


def run(circuit, duration=DURATION, watch=None, timeline=None, **options):
    objects = brian2_objects(circuit, timeline, **options)
    states = [StateMonitor(objects.populations[p], v, record=True, when="end") for p, v in (watch or {}).items()]
    Network(*objects.all(), *states).run(duration)
    return objects, states


@pytest.mark.parametrize(
    "areas, names, pathways",
    [
        (2, ["input", "output"], ["W", "Y", "Q"]),
        (3, ["input", "hidden1", "output"], ["W1", "Y1", "Q1", "W2", "Y2", "Q2"]),
        pytest.param(
            4,
            ["input", "hidden1", "hidden2", "output"],
            [f"{p}{k}" for k in (1, 2, 3) for p in "WYQ"],
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_chain_of_areas_builds_and_runs(areas, names, pathways):
    circuit = burstccn.circuit(areas=areas, sizes={names[0]: 20, names[-1]: 10} | dict.fromkeys(names[1:-1], 15))
    assert [p.name for p in circuit.populations] == names
    assert [p.name for p in circuit.projections] == ["drive", *pathways]
    objects, _ = run(circuit, seed=1)
    for name in names:
        assert np.isfinite(objects.populations[name].V_d_[:]).all()
        assert np.all(getattr(objects.control, f"{name}_event_total")[:] > 0)
    for low, high, W in zip(names, names[1:], pathways[::3], strict=False):
        assert objects.projections[W].source.name == low and objects.projections[W].target.name == high


def test_areas_have_names_of_ones_own():
    circuit = burstccn.circuit(areas=("V1", "V2", "IT"), sizes={"V2": 7})
    assert [(p.name, p.n) for p in circuit.populations] == [("V1", 100), ("V2", 7), ("IT", 100)]
    assert [p.name for p in circuit.projections] == ["drive", "W1", "Y1", "Q1", "W2", "Y2", "Q2"]
    assert circuit.projection("drive").target == "V1" and circuit.projection("Y2").target == "V2"


def test_the_published_numbers():
    """Reference, sections 1.5 and 1.6: W 220 pA, Y 924 pA, Q -346.5 pA, LTP 0.046, LTD 0.01725."""
    circuit = burstccn.circuit()
    W, Y, Q, drive = (circuit.projection(name) for name in ("W", "Y", "Q", "drive"))
    assert float(W.weight / pA) == pytest.approx(220)
    assert float(Y.scale * W.weight / pA) == pytest.approx(924)
    assert float(Q.scale * W.weight / pA) == pytest.approx(-346.5)
    step = float(drive.plasticity.eta * 1 * ms * drive.source)
    assert step == pytest.approx(0.046) and step * drive.plasticity.p_b == pytest.approx(0.01725)
    assert float(drive.weight * drive.source / pA) == pytest.approx(80)


@pytest.mark.parametrize("sizes, inputs", [({"input": 50, "output": 25}, None), ({"input": 50, "output": 25}, 10)])
def test_summed_weights_stay_with_size_and_sparseness(sizes, inputs):
    circuit = burstccn.circuit(sizes=sizes, inputs_per_cell=inputs)
    W, Y = circuit.projection("W"), circuit.projection("Y")
    indegree, outdegree = inputs or 50, 25 * (inputs or 50) / 50
    assert float(W.weight * indegree / nA) == pytest.approx(22)
    assert float(Y.scale * W.weight * outdegree / nA) == pytest.approx(4.2 * 22)
    objects = brian2_objects(circuit, seed=3)
    assert len(objects.projections["W"]) == 25 * indegree


def changes_of_drive(dt=1 * ms, timeline=None, **options):
    """Changes of the drive's weights in each step, 100 cells over 0.12 s."""
    circuit = burstccn.circuit(sizes={"output": 2}, dt=dt, **options)
    _, (states,) = run(circuit, 120 * ms, {"input": ["w_drive"]}, timeline, seed=2)
    return np.diff(states.w_drive_, prepend=0.4, axis=1)


@pytest.mark.parametrize("dt", [1 * ms, 0.5 * ms])
def test_a_burst_and_an_event_change_the_weight_alike_at_any_step(dt):
    changes = changes_of_drive(dt)
    found = np.unique(np.round(changes[changes != 0], 9))
    np.testing.assert_allclose(found, [-0.01725, 0.046], rtol=1e-6)


@pytest.mark.parametrize("dt", [1 * ms, 0.5 * ms])
def test_pulses_carry_the_same_charge_and_feedback_lags_one_step_more(dt):
    circuit = burstccn.circuit(sizes=10, dt=dt)
    objects = brian2_objects(circuit, seed=2)
    low, high = objects.populations["input"], objects.populations["output"]
    forward, feedback = (StateMonitor(g, [v], record=[0], when="end") for g, v in ((high, "I_W"), (low, "I_Q")))
    counts = StateMonitor(objects.control, ["input_event_total", "output_event_total"], record=True, when="end")
    Network(*objects.all(), forward, feedback, counts).run(100 * ms)
    sent, returned = (np.diff(getattr(counts, f"{area}_event_total")[0], prepend=0) for area in ("input", "output"))
    assert sent.sum() > 5 and returned.sum() > 3
    per_step = 1e-3 / float(dt)
    np.testing.assert_allclose(forward.I_W_[0], 2200e-12 * per_step * sent, rtol=1e-9)
    np.testing.assert_allclose(feedback.I_Q_[0][1:], -0.375 * 9240e-12 * per_step * returned[:-1], rtol=1e-9)


@pytest.mark.parametrize("dt", [1 * ms, 0.5 * ms, 0.25 * ms])
def test_the_back_propagating_current_lasts_two_milliseconds(dt):
    """At 1 ms these are the two steps after a spike; elsewhere those between 0.5 and 2.5 ms."""
    circuit = burstccn.circuit(sizes=2, dt=dt)
    objects = brian2_objects(circuit, values={"input.cell.noise_s": 0 * pA, "input.cell.noise_d": 0 * pA})
    cells = objects.populations["input"]
    cells.V_s = [0, -70] * mV
    bap = StateMonitor(cells, ["bap", "V_s"], record=True, when="before_groups")
    Network(*objects.all(), bap).run(6 * ms)
    on = np.flatnonzero(bap.bap[0]) * float(dt / ms)
    first, count = {1.0: (1.0, 2), 0.5: (0.5, 4), 0.25: (0.5, 8)}[float(dt / ms)]
    assert on[0] == first and len(on) == count
    assert not bap.bap[1].any()


@pytest.mark.parametrize(
    "dt", [2 * ms, 0.3 * ms, 1.5 * ms, 0.7 * ms, 0 * ms, -1 * ms, 1, 1 * mV, "1 ms", float("nan") * ms]
)
def test_other_steps_are_refused(dt):
    with pytest.raises(ArgumentError, match="^dt="):
        burstccn.circuit(dt=dt)


@pytest.mark.parametrize(
    "options, says",
    [
        (dict(areas=1), "areas=1 is not allowed; a BurstCCN has at least 2 areas"),
        (dict(areas=0), "areas=0 is not allowed"),
        (dict(areas=True), "areas=True is not allowed"),
        (dict(areas=2.0), "areas=2.0 is not allowed"),
        (dict(areas="input"), "areas='input' is not allowed"),
        (dict(areas=("a",)), r"areas=\('a',\) is not allowed"),
        (dict(areas=("a", "a")), "name 'a' is used by both"),
        (dict(sizes={"inputs": 5}), "Unknown area 'inputs'; allowed: input, output. Did you mean 'input'?"),
        (dict(sizes=0), "input.n=0 is not allowed"),
        (dict(sizes={"output": 1.5}), "output.n=1.5 is not allowed"),
        (dict(cells={"outptu": None}), "Unknown area 'outptu'; .*Did you mean 'output'?"),
        (dict(inputs_per_cell=0), "inputs_per_cell=0 is not allowed; 'input' has 100 cells"),
        (dict(inputs_per_cell=101), "inputs_per_cell=101 is not allowed; 'input' has 100 cells"),
        (
            dict(plasticity="teachng"),
            "Unknown plasticity 'teachng'; allowed: always, teaching. Did you mean 'teaching'?",
        ),
        (dict(adaptation_jump="none"), "Unknown adaptation_jump 'none'; allowed: full, published"),
        (dict(adaptation_order="newer"), "Unknown adaptation_order 'newer'; allowed: new, old. Did you mean 'new'?"),
        (dict(slots=-1), "slots=-1"),
    ],
)
def test_unknown_options_are_refused(options, says):
    with pytest.raises(ArgumentError, match=says):
        burstccn.circuit(**options)


@pytest.mark.parametrize("values", [{"eta": 1.0}, {"W_total": 5}, {"tau_average": 0 * ms}, {"noise_rate_d": -1 * Hz}])
def test_parameters_are_checked(values):
    with pytest.raises(ArgumentError, match=f"^{next(iter(values))}="):
        burstccn.BurstCCNParameters(**values)


def test_plasticity_always_or_only_while_taught():
    taught = Timeline([Phase("pre", 60 * ms), Phase("teach", 60 * ms, {"learning": 1.0})])
    changes = changes_of_drive(timeline=taught, plasticity="teaching")
    assert not np.any(changes[:, :60]) and np.any(changes[:, 60:])
    frozen = Timeline([Phase("pre", 60 * ms), Phase("frozen", 60 * ms, {"learning": 0.0})])
    changes = changes_of_drive(timeline=frozen)
    assert np.any(changes[:, :60]) and not np.any(changes[:, 60:])


@pytest.mark.parametrize(
    "parameters, input_bias, hidden_bias",
    [
        (burstccn.BurstCCNParameters(), (-10e-12, 0), (-10e-12, 0)),
        (None, (18e-12, 5.5e-12), (48e-12, 6e-12)),
    ],
    ids=["published", "chain"],
)
def test_the_teacher_drives_the_top_areas_dendrites_only(parameters, input_bias, hidden_bias):
    """Dendrites below it get a constant current; in a chain's default they lose some with their own area's rate."""
    timeline = Timeline(
        [Phase("pre", 20 * ms), Phase("teach", 20 * ms, {"teaching_gain": 80 * pA / Hz, "target_rate": 10 * Hz})]
    )
    objects = brian2_objects(burstccn.circuit(areas=3, sizes=10, parameters=parameters), timeline, seed=1)
    names = ["teaching_current", "output_event_average", "output_event_rate", "output_dendrite_bias"]
    names += ["input_dendrite_bias", "hidden1_dendrite_bias", "output_soma_bias", "output_burst_probability"]
    names += ["input_event_rate", "hidden1_event_rate"]
    states = StateMonitor(objects.control, names, record=True, when="before_groups")
    Network(*objects.all(), states).run(timeline.duration)
    found = {name: getattr(states, f"{name}_")[0] for name in names}
    taught = np.arange(40) >= 20
    teacher = np.where(taught, 80e-12 * (10 - found["output_event_average"]), 0)
    np.testing.assert_allclose(found["teaching_current"], teacher, rtol=1e-12)
    np.testing.assert_allclose(found["output_dendrite_bias"], 32e-12 - 1.71e-12 * found["output_event_rate"] + teacher)
    np.testing.assert_allclose(found["output_soma_bias"], 50e-12 - 143e-12 * found["output_burst_probability"])
    for name, (constant, slope) in {"input": input_bias, "hidden1": hidden_bias}.items():
        bias = constant - slope * found[f"{name}_event_rate"]
        np.testing.assert_allclose(found[f"{name}_dendrite_bias"], bias, rtol=1e-12)


def test_cells_and_detectors_of_ones_own():
    cells = {"output": PyramidalParameters(tau_s=10 * ms)}
    circuit = burstccn.circuit(sizes=5, cells=cells, detector=leaky_counter())
    assert circuit.population("output").cell.parameters["tau_s"].value == 10 * ms
    assert circuit.population("input").cell.parameters["tau_s"].value == 16 * ms
    objects, _ = run(circuit, 20 * ms)
    assert np.all(objects.populations["input"].spike_count[:] >= 0)


@pytest.mark.parametrize("jump, current", [("published", 0.2), ("full", 200)])
def test_the_adaptation_jump(jump, current):
    objects = brian2_objects(burstccn.circuit(sizes=1, adaptation_jump=jump))
    cell = objects.populations["input"]
    cell.V_s = 0 * mV
    Network(*objects.all()).run(1 * ms)
    assert float(cell.w_s[0] / pA) == pytest.approx(current)
    assert float(cell.V_s[0] / mV) == -70 and float(cell.th[0] / mV) == pytest.approx(-48)
