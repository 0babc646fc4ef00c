"""What must hold on every target: the equations to the last digits, and the same seed giving the same spikes."""

import numpy as np
import pytest
from brian2 import amp, coulomb, ms, pA, second
from reference import burstccn_transcription as transcription
from support import needs_compiler, needs_gpu

from burstnet import Circuit, Phase, Population, Recording, Signal, Timeline, compile
from burstnet.cells import Parameter
from burstnet.models import burstccn

TARGETS = [
    "numpy",
    pytest.param("cython", marks=pytest.mark.cython),
    pytest.param("cpp", marks=needs_compiler),
    pytest.param("cuda", marks=[pytest.mark.cuda, needs_gpu]),
]
STATES = {"V_s": "v", "th": "theta", "w_s": "w", "V_d": "u", "w_d": "w_d"}


def one_cell(uniforms: np.ndarray) -> tuple[Circuit, Recording]:
    """A cell driven by given uniforms and constant currents, every state kept at every step."""
    soma = Signal("soma_current", "soma_level", 1 * pA, {"soma_level": Parameter(400 * pA)})
    dendrite = Signal("dendrite_current", "dendrite_level", 1 * pA, {"dendrite_level": Parameter(60 * pA)})
    cell = Population(
        "cell",
        uniforms.shape[1],
        burstccn.cell(uniforms=uniforms),
        inject={"soma": soma.name, "dendrite": dendrite.name},
    )
    circuit = Circuit([cell], signals=[soma, dendrite])
    return circuit, Recording(trace={"cell": tuple(STATES)}, trace_window=(0 * second, len(uniforms) * ms))


@pytest.mark.parametrize("target", TARGETS)
def test_one_cell_matches_the_transcription(target):
    """1000 steps of one cell, bursts included, against independent numpy; 1e-9 of each state's own range."""
    uniforms = np.random.default_rng(5).random((1000, 1, 4))
    circuit, recording = one_cell(uniforms)
    result = compile(circuit, Timeline([Phase("all", 1 * second)]), target, recording=recording, strict=True).run(1)
    expected = transcription.simulate_cell(uniforms, 400e-12, 60e-12)
    assert expected["burst"].sum() >= 3 and expected["event"].sum() >= 5
    for ours, theirs in STATES.items():
        values = np.ravel(expected[theirs])
        found = result.data[f"cell_trace_{ours}"].values[0]
        assert np.abs(found - values).max() < 1e-9 * np.ptp(values), ours
    for kind in ("event", "burst"):
        times, _ = result.spikes("cell", 1, kind)
        assert np.array_equal(np.rint(times * 1e3), np.flatnonzero(np.ravel(expected[kind])))


@needs_compiler
def test_same_seed_same_spikes_on_numpy_and_cpp(circuit, short):
    """Four seconds of the full model with the fast flags: every spike of every cell, and the weights."""
    found = {target: compile(circuit, short, target).run([7]) for target in ("numpy", "cpp")}
    for population in ("input", "output"):
        for kind in ("event", "burst", "further"):
            (ta, ca), (tb, cb) = (found[target].spikes(population, 7, kind) for target in ("numpy", "cpp"))
            assert np.array_equal(np.rint(ta * 1e3), np.rint(tb * 1e3)) and np.array_equal(ca, cb)
    weights = [found[target].data["drive_weight"].values for target in ("numpy", "cpp")]
    assert np.allclose(*weights, rtol=0, atol=1e-12)
    assert len(found["cpp"].spikes("output", 7, "burst")[0]) > 500


@needs_compiler
def test_strict_and_fast_programs_are_different_builds(circuit, short):
    fast, strict = (compile(circuit, short, "cpp", strict=strict) for strict in (False, True))
    assert fast.program.key != strict.program.key


@pytest.mark.parametrize("target", ["numpy", pytest.param("cpp", marks=needs_compiler)])
def test_sparse_graph_and_plastic_projection_agree(target):
    """A seeded sparse graph with learning synapses and tied feedback gives one trajectory everywhere."""
    from burstnet import Projection
    from burstnet.plasticity import BurstDependent
    from burstnet.synapses import WithProbability

    cell = burstccn.cell()
    level = Signal("level", "level_is", 1 * pA, {"level_is": Parameter(300 * pA)})
    rule = BurstDependent(eta=2000 * pA / second, w_max=400 * pA, w_min=0 * pA)
    circuit = Circuit(
        [Population(name, 30, cell, inject={"soma": "level"}) for name in ("low", "high")],
        [
            Projection("up", "low", "high", weight=150 * pA, connect=WithProbability(0.3), plasticity=rule),
            Projection("down", "high", "low", "dendrite", on="burst", tied_to="up", scale=2.0, delay=1 * ms),
        ],
        signals=[level],
    )
    result = compile(circuit, Timeline([Phase("all", 1 * second)]), target, recording=Recording(weights=("up",))).run(3)
    reference = compile(
        circuit, Timeline([Phase("all", 1 * second)]), "numpy", recording=Recording(weights=("up",))
    ).run(3)
    ours, theirs = (r.data["up_weight"].values[0] for r in (result, reference))
    assert ours.shape == theirs.shape and np.ptp(theirs[-1]) > 0
    assert np.allclose(ours, theirs, rtol=0, atol=1e-20)
    assert np.array_equal(result.data["high_spike_step"].values, reference.data["high_spike_step"].values)


@needs_compiler
def test_a_nan_is_noticed_with_the_fast_flags(circuit, short):
    """Fast-math assumes that there are no NaNs; a run that makes some must fail all the same."""
    from burstnet import RunError

    compiled = compile(circuit, short, "cpp")
    with pytest.raises(RunError, match="out of range"):
        compiled.run(1, {"input.cell.noise_s": 1e308 * amp})


@needs_compiler
def test_other_values_need_no_other_build_and_do_act(circuit, short):
    """Seed, target, gain, duration and cell parameters are run arguments: same program, other outcome."""
    from brian2 import Hz

    compiled = compile(circuit, short, "cpp")
    base = compiled.run(1)
    for params in (
        {"increase_to": 12 * Hz},
        {"increase_gain": 20 * pA / Hz},
        {"increase_pre": 1 * second},
        {"input.cell.tau_s": 15 * ms},
        {"Y.scale": 0.0},
        {"drive.eta": 1e11 / coulomb},
    ):
        other = compiled.run(1, params)
        assert not other.data.identical(base.data), params
    assert not compiled.run(2).data.identical(base.data)
    assert compiled.run(1).data.identical(base.data)
    again = compile(circuit, short, "cpp")
    assert again.program.key == compiled.program.key and not again.program.built


@needs_compiler
def test_programs_made_after_others_in_one_process_are_as_quick_and_as_right(circuit, short, tmp_path):
    """Brian2 numbers code objects from the second program on, and again beside live objects of a user."""
    from burstnet import brian2_objects
    from burstnet.targets import cpp
    from burstnet.targets.program import Program

    program = Program(circuit, short.recording(circuit))
    alive = brian2_objects(circuit, recording=short.recording(circuit))
    texts = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        cpp.generate(program, folder, ("-O1",), 2)
        text = "".join((folder / f"unit{k}.cpp").read_text() for k in range(2))
        texts.append(tuple(text.count(mark) for mark in ("GCC ivdep", "_spikespace[_k]", "__builtin_prefetch")))
        assert (folder / "main.cpp").read_text().count("(_array_control_spikes_from[0])") == 2
    # two areas, each with a loop for whole blocks and one for the rest, with and without what lesions add, and one over rows
    # of weights; so few cells are near each other in memory and need no asking ahead
    assert texts[0] == texts[1] == (9, 4, 0) and alive.control.N == 1


@needs_compiler
def test_an_event_that_is_no_spike_is_found_on_every_target():
    """Only events that are spikes with more conditions may be sought among spikes."""
    from burstnet import Projection
    from burstnet.cells import Fragment

    cell = Fragment(
        "clock",
        "dx/dt = 1/second : 1",
        threshold="x > 100",
        reset="x = 0",
        events={"event": "x > 0.0105"},
        ports={"soma": "I_s"},
    )
    seen = Fragment("seen", "dy/dt = I_s/(1*pA*second) : 1", ports={"soma": "I_s"})
    circuit = Circuit(
        [Population("clock", 1, cell), Population("seen", 1, seen)],
        [Projection("tell", "clock", "seen", weight=1 * pA)],
    )
    kept = Recording(spikes="none", trace={"seen": ("y",)})
    runs = [compile(circuit, Timeline([Phase("all", 30 * ms)]), t, recording=kept).run(1) for t in ("numpy", "cpp")]
    last = [run.data["seen_trace_y"].values[0, -1] for run in runs]
    assert last[0] == pytest.approx(last[1]) and last[0] == pytest.approx(0.019, abs=0.0015)
