"""Conductance cells, interneurons, short-term plasticity, gated and adaptive projections: the same on every target, lesioned and split."""

import dataclasses

import numpy as np
import pytest
from brian2 import Hz, ms, mV, pA, second
from support import needs_compiler
from targets.test_cuda_on_cpu import build_on_cpu, same, thrust

from burstnet import Circuit, Phase, Population, Projection, Readout, Recording, Timeline, compile, generate
from burstnet.cells import Fragment
from burstnet.cells.averages import burst_averages
from burstnet.cells.background import background, poisson_units, pooled_background, steady_current
from burstnet.control import Knob
from burstnet.lesion import Lesion
from burstnet.lesion_sites import lesioned_cells
from burstnet.models.payeur2021 import DELAY, DT, Published, pv, pyramidal, sst, stochastic
from burstnet.plasticity import AdaptiveBurstDependent
from burstnet.raw_output import load_project
from burstnet.synapses.connectivity import WithProbability
from burstnet.targets.cuda_toolkit import brian2cuda_problem

#: With this seed SST cells fire within the window and after it, and PV cells are reached soon after its start.
SEED, END = 7, 1200
START, STOP = 600, 900
WINDOW = "@60ms..90ms"
POPULATIONS = ("low", "high", "pv", "sst", "pool")
#: Every projection onto a receptor: sparse, delayed, gated, plastic, with release, and the broadcasts.
RECEPTORS = ("learns", "std", "stf", "own", "to_low", "from_sst", "burst_input", "event_input", "pool_to_sst")


def looks():
    """Now and then a cell looks at its own average, as a teacher does."""
    return Fragment(
        name="looks",
        equations="I_looked = looked*5*pA/hertz : amp\nlooked : hertz",
        regularly={"20 ms": "looked = event_average"},
        contributions={"I_looked": "dendrite"},
    )


def circuit(lesion_slots=2):
    """Forty cells of every kind, wired by every kind of projection."""
    published = Published()
    event, burst = published.sends
    pool = pooled_background({"g_E_s": (500 * Hz, 0.17), "g_I_s": (150 * Hz, 0.26), "g_E_d": (500 * Hz, 0.04)})
    noise = background({"g_E_s": (500 * Hz, 0.35), "g_I_s": (500 * Hz, 0.3), "g_E_d": (500 * Hz, 0.05)})
    low = pyramidal(published, spread=5 * mV) + pool + steady_current(soma=450 * pA, dendrite=300 * pA)
    high = stochastic(published) + noise + burst_averages(2 * second, homeostatic_rate="spikes") + looks()
    half = WithProbability(0.5)
    stf, std = published.facilitating(), published.depressing()
    own = dataclasses.replace(stf, per_synapse=True)
    return Circuit(
        [
            Population("low", 15, low, readout=Readout(100 * ms)),
            Population("high", 11, high + steady_current(soma=300 * pA, dendrite=300 * pA), readout=Readout(100 * ms)),
            Population("pv", 5, pv(published) + steady_current(soma=190 * pA)),
            Population("sst", 5, sst(published)),
            Population("pool", 4, poisson_units(100 * Hz)),
        ],
        [
            Projection("learns", "low", "high", "soma.ampa", 0.1, on=event, connect=half,
                       plasticity=AdaptiveBurstDependent(eta=0.01, learning="learning")),
            Projection("std", "low", "pv", "soma.ampa", 0.6, on="spike", connect=half, delay=DELAY, short_term=std),
            Projection("stf", "low", "sst", "soma.ampa", 6.0, on="spike", connect=half, delay=DELAY, short_term=stf),
            Projection("own", "high", "sst", "soma.ampa", 6.0, on="spike", connect=half, delay=2 * ms, short_term=own),
            Projection("to_low", "pv", "low", "soma.gaba", 0.05, on="spike", delay=DELAY),
            Projection("from_sst", "sst", "low", "dendrite.gaba", 0.3, on="spike", connect=half, delay=DELAY),
            Projection("burst_input", "high", "low", "dendrite.ampa", 0.1, on=burst, connect=half),
            Projection("event_input", "high", "pv", "soma.ampa", 0.5, on=event, connect=half, gain="opened"),
            Projection("pool_to_sst", "pool", "sst", "soma.gaba", 0.05, on="spike"),
            Projection("charge", "low", "low", "dendrite", 30 * pA, connect=half, delay=3 * ms),
        ],
        knobs=(Knob("learning", 1.0), Knob("opened", 1.0)),
        dt=DT,
        lesion_slots=lesion_slots,
    )  # fmt: skip


TIMELINE = Timeline(
    [
        Phase("off", 30 * ms, {"learning": 0.0}),
        Phase("on", 60 * ms, {"learning": 1.0}),
        Phase("closed", 30 * ms, {"learning": 1.0, "opened": 0.0}),
    ]
)
KEPT = Recording(statistics=10 * ms, states=10 * ms, weights=("learns",))


@pytest.fixture(scope="module")
def programs():
    return {target: compile(circuit(), TIMELINE, target, recording=KEPT, strict=True) for target in ("cpp", "numpy")}


@pytest.fixture(scope="module")
def control(programs):
    return programs["cpp"].run(SEED)


def spikes(result, population, since=0, until=END):
    """Steps, cells and kinds of spikes, in an order of their own."""
    found = np.stack([result.data[f"{population}_spike_{what}"].values for what in ("step", "cell", "kind")])
    found = found[:, (found[0] >= since) & (found[0] < until)].astype(int)
    return found[:, np.lexsort(found[::-1])].tolist()


def assert_same(one, other, since=0, until=END, weights=0.0):
    for name in POPULATIONS:
        assert spikes(one, name, since, until) == spikes(other, name, since, until), name
    ours, theirs = (result.data["learns_weight"].values[0] for result in (one, other))
    number = min(len(ours), len(theirs))
    assert np.abs(ours[-number:] - theirs[-number:]).max() <= weights


@needs_compiler
def test_the_circuit_does_something_everywhere(control):
    for name in ("low", "high", "pv", "sst", "pool"):
        assert len(spikes(control, name)[0]) > 10, name
    kinds = [set(spikes(control, name)[2]) for name in ("low", "high")]
    assert all({0, 1} <= found for found in kinds)
    weights = control.data["learns_weight"].values[0]
    assert np.ptp(weights[:4]) == 0 and (weights[-1] != weights[0]).any()


#: Several at once, for what is run on numpy.
MIXED = [f"stf:static=0.1:fraction=0.5{WINDOW}", f"to_low:scale=0.5{WINDOW}", "high:silence:fraction=0.4@65ms.."]


@pytest.fixture(scope="module")
def mixed(programs):
    return {target: program.run(SEED, lesions=MIXED) for target, program in programs.items()}


@needs_compiler
def test_numpy_and_cpp_fire_the_same_spikes(mixed, control):
    assert_same(mixed["numpy"], mixed["cpp"], weights=1e-12)
    assert spikes(mixed["cpp"], "low") != spikes(control, "low")


@needs_compiler
def test_seeds_and_learning_make_a_difference(programs, control):
    """What must fail."""
    other, still = programs["cpp"].run(SEED + 1), programs["cpp"].run(SEED, {"learns.eta": 0.0})
    assert spikes(other, "low") != spikes(control, "low")
    assert np.ptp(still.data["learns_weight"].values) == 0


@needs_compiler
@pytest.mark.parametrize("target", ["cpp", pytest.param("numpy", marks=pytest.mark.slow)])
def test_a_split_run_is_the_unsplit_one(programs, mixed, target):
    """Bit for bit: states of release, averages, events on their way, broadcasts and what cells remember of looking."""
    program, whole = programs[target], mixed[target]
    first = program.run(SEED, lesions=MIXED, until=734 * DT)
    rest = program.run(SEED, lesions=MIXED, continue_from=first)
    assert_same(rest, whole, since=734)
    one, other = rest.state(SEED), whole.state(SEED)
    assert set(one) == set(other)
    assert [name for name in one if one[name].tobytes() != other[name].tobytes()] == []


LESIONS = {
    **{f"{name}:silence": name for name in POPULATIONS if name != "pool"},
    **{f"{name}:scale=0.2": name for name in RECEPTORS},
    **{f"{name}:scale=0.2:fraction=0.6": name for name in ("learns", "std", "own", "to_low")},
    **{f"{name}:static=0.3{part}": name for name in ("std", "stf", "own") for part in ("", ":fraction=0.5")},
    "learns:freeze": "learns",
}


@needs_compiler
@pytest.mark.parametrize("lesion", LESIONS)
def test_a_lesion_acts_in_its_window_and_not_before(programs, control, lesion):
    result = programs["cpp"].run(SEED, lesions=lesion + WINDOW)
    assert_same(result, control, until=START, weights=np.inf)
    before = result.data["state_time"].values <= START * 1e-4 + 1e-9
    ours, theirs = (r.data["learns_weight"].values[0] for r in (result, control))
    assert np.array_equal(ours[before], theirs[before])
    one, other = result.state(SEED), control.state(SEED)
    assert any(
        one[name].tobytes() != other[name].tobytes() for name in other if not name.startswith(("queue", "graph"))
    )
    if "silence" in lesion:
        assert len(spikes(result, LESIONS[lesion], START, STOP)[0]) == 0
        assert len(spikes(result, LESIONS[lesion], STOP)[0]) > 0
    if "freeze" in lesion:
        times = result.data["state_time"].values
        frozen = (times >= 0.06 - 1e-9) & (times <= 0.09 + 1e-9)
        assert np.ptp(ours[frozen], axis=0).max() == 0 and np.ptp(theirs[frozen], axis=0).max() > 0


@needs_compiler
@pytest.mark.parametrize("name", [*RECEPTORS, "charge"])
def test_scaling_all_of_a_projection_is_another_scale(programs, name):
    """For the whole run and by a half, which is exact."""
    lesioned = programs["cpp"].run(SEED, lesions=f"{name}:scale=0.5")
    argued = programs["cpp"].run(SEED, {f"{name}.scale": 0.5})
    assert_same(lesioned, argued)
    state, other = lesioned.state(SEED), argued.state(SEED)
    assert [
        n for n in other if not n.partition(".")[2].startswith("lesion_") and state[n].tobytes() != other[n].tobytes()
    ] == []


@needs_compiler
@pytest.mark.parametrize(("name", "variable"), [("to_low", "low.g_I_s"), ("from_sst", "low.g_I_d"), ("std", "pv.g_E")])
def test_a_fraction_of_a_receptor_s_cells(programs, name, variable):
    """Some milliseconds into the window only the cells that the lesion hits have another conductance."""
    lesion = f"{name}:scale=0:fraction=0.4"
    program, until = programs["cpp"], (START + 60) * DT
    hurt, whole = (program.run(SEED, lesions=given, until=until).state(SEED) for given in (f"{lesion}@60ms..", ()))
    _, hit = lesioned_cells(program.circuit, Lesion.parse(lesion), SEED)
    changed = hurt[variable] != whole[variable]
    assert changed.any() and not (changed & ~hit).any()
    assert (hurt[variable] <= whole[variable]).all()


@pytest.mark.slow
@needs_compiler
def test_a_circuit_without_room_for_lesions_is_the_same(control):
    bare = compile(circuit(lesion_slots=0), TIMELINE, "cpp", recording=KEPT, strict=True).run(SEED)
    assert_same(bare, control)


@pytest.mark.cuda
@needs_compiler
@pytest.mark.skipif(bool(brian2cuda_problem()), reason=brian2cuda_problem())
@pytest.mark.skipif(thrust() is None, reason="no headers of Thrust")
def test_a_cuda_program_gives_what_cpp_gives(programs, control, tmp_path):
    """Without a GPU, see test_cuda_on_cpu; every number and the state at the end to the last bit, with lesions and without."""
    lesions = " + ".join(MIXED)
    options = {"seeds": [SEED], "lesions": lesions, "recording": KEPT, "strict": True}
    folder = generate(circuit(), TIMELINE, tmp_path / "cuda", "cuda", **options)
    build_on_cpu(folder)
    same(load_project(folder, "control"), control)
    same(load_project(folder, "lesioned"), programs["cpp"].run([SEED], lesions=lesions))
