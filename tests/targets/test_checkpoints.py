"""A run that is split is the unsplit one to the last bit; a new timeline starts from learned weights."""

import dataclasses

import numpy as np
import pytest
from brian2 import ms, second
from support import needs_compiler

from burstnet import ArgumentError, ResultError, compile, load
from burstnet.models import burstccn
from burstnet.protocols.target_rate import TargetRate
from burstnet.result import concatenate

LESIONS = ["Y:scale=0.5@0.2s..0.4s", "output:silence:fraction=0.3@0.25s..0.45s"]
SEEDS = (3, 4)


def delayed(steps):
    """Sparse pathways with so many steps of delay, so that events are on their way at any moment."""
    circuit = burstccn.circuit(sizes=30, inputs_per_cell=8)
    slow = [dataclasses.replace(p, delay=steps * ms) if p.name in "WY" else p for p in circuit.projections]
    return dataclasses.replace(circuit, projections=tuple(slow))


CIRCUITS = {"one step": lambda: burstccn.circuit(sizes=30), "seven steps": lambda: delayed(7)}


@pytest.fixture(scope="module")
def protocol():
    zero = 0 * second
    rest = {name: zero for name in ("increase_post", "decrease_pre", "decrease_during", "decrease_post", "tail")}
    return TargetRate(increase_pre=0.3 * second, increase_during=0.3 * second, **rest)


#: Every run on numpy takes Brian2 two seconds of code generation, so numpy has the harder circuit only.
CASES = [("numpy", "seven steps"), *(pytest.param(("cpp", delays), marks=needs_compiler) for delays in CIRCUITS)]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: "-".join(case))
def case(request):
    return request.param


@pytest.fixture(scope="module")
def target(case):
    return case[0]


@pytest.fixture(scope="module")
def compiled(case, protocol):
    target, delays = case
    return compile(CIRCUITS[delays](), protocol, target)


@pytest.fixture(scope="module")
def whole(compiled):
    return compiled.run(SEEDS, lesions=LESIONS)


def spikes(result, population, seed, since=0.0):
    times, cells = result.spikes(population, seed)
    steps = np.rint(times * 1e3).astype(int)
    kept = steps >= round(since * 1e3)
    return steps[kept].tolist(), cells[kept].tolist()


def test_a_split_run_is_the_unsplit_one(compiled, whole, tmp_path):
    """Within a lesion's window and with events on their way: spikes, statistics, weights, and the state at the end."""
    first = compiled.run(SEEDS, lesions=LESIONS, until=0.3 * second)
    first.save(tmp_path / "first.nc")
    rest = compiled.run(SEEDS, lesions=LESIONS, continue_from=load(tmp_path / "first.nc"))
    assert rest.phases["inc_during"] == (0.3, 0.6) and rest.phases["inc_pre"] == (0.3, 0.3)
    for seed in SEEDS:
        for population in ("input", "output"):
            assert spikes(rest, population, seed) == spikes(whole, population, seed, 0.3)
        one, other = rest.state(seed), whole.state(seed)
        assert set(one) == set(other)
        assert [name for name in one if not np.array_equal(one[name], other[name])] == []
    times = rest.data["time"].values
    assert times[0] == pytest.approx(0.3) and times[-1] == pytest.approx(0.6)
    for name in ("output_event_average", "input_burst_total"):
        assert np.array_equal(rest.data[name].values, whole.data[name].sel(time=times, method="nearest").values)
    assert np.array_equal(rest.rate("output", "event", 0.4, 0.6), whole.rate("output", "event", 0.4, 0.6))


def test_the_control_without_the_state_is_another_run(compiled, whole):
    """What must fail: starting at 0 with the same noise."""
    assert spikes(compiled.run(SEEDS[0], lesions=LESIONS), "output", 3)[0] == spikes(whole, "output", 3)[0]
    assert spikes(compiled.run(SEEDS[0], start_from=whole), "output", 3) != spikes(whole, "output", 3)


def test_a_new_timeline_starts_from_what_was_learned(compiled, whole):
    fresh = compiled.run(SEEDS[0], start_from=whole)
    assert np.array_equal(fresh.data["drive_weight"].values[0, 0], whole.state(3)["input.w_drive"])
    assert fresh.data["output_event_total"].values[0, 0] == 0 and fresh.data["time"].values[0] == 0
    assert fresh.data["output_event_average"].values[0, 0] == whole.state(3)["control.output_event_average"][0]
    state = whole.state(3)["input.previous_spike"]
    assert (state[state > 0] <= 600).all()


@needs_compiler
def test_a_run_goes_on_on_another_target(protocol, compiled, whole, target):
    other = compile(compiled.circuit, protocol, {"numpy": "cpp", "cpp": "numpy"}[target])
    first = compiled.run(SEEDS[1], lesions=LESIONS, until=0.3 * second)
    rest = other.run(SEEDS[1], lesions=LESIONS, continue_from=first)
    assert spikes(rest, "output", 4) == spikes(whole, "output", 4, 0.3)


def test_what_a_state_must_fit(protocol, whole, target):
    small = compile(burstccn.circuit(sizes=29), protocol, target)
    with pytest.raises(ArgumentError, match="populations"):
        small.run(3, start_from=whole)


def test_arguments_that_are_refused(compiled, whole, protocol):
    first = compiled.run(3, until=0.5 * second)
    for options, part in (
        ({"continue_from": first, "start_from": first}, "exclude each other"),
        ({"continue_from": whole}, "make it longer"),
        ({"until": 3 * second}, "the timeline ends at 600 ms"),
        ({"until": 0 * second}, "above 0"),
    ):
        with pytest.raises(ArgumentError, match=part):
            compiled.run(3, **options)
    with pytest.raises(ArgumentError, match="seed=9 is not in this result"):
        compiled.run(9, continue_from=first)


@needs_compiler
def test_another_seed_starts_from_a_state_where_the_seed_draws_no_graph(protocol):
    flat, drawn = (compile(circuit, protocol, "cpp") for circuit in (burstccn.circuit(sizes=8), delayed(1)))
    flat.run(9, start_from=flat.run(3, until=0.1 * second), until=0.1 * second)
    with pytest.raises(ArgumentError, match="not those of seed 9"):
        drawn.run(9, start_from=drawn.run(3, until=0.1 * second), until=0.1 * second)


def test_results_of_single_seeds_are_one_result_together(compiled, whole, tmp_path):
    parts = [compiled.run(seed, lesions=LESIONS) for seed in SEEDS]
    together = concatenate(parts)
    together.save(tmp_path / "both.nc")
    again = load(tmp_path / "both.nc")
    assert again.data.equals(whole.data) and again.seeds == list(SEEDS)
    assert all(np.array_equal(again.state(4)[name], values) for name, values in whole.state(4).items())
    with pytest.raises(ArgumentError, match="twice"):
        concatenate([parts[0], parts[0]])


def test_a_file_without_states_says_so(whole, tmp_path):
    import h5py

    whole.save(tmp_path / "bare.nc")
    with h5py.File(tmp_path / "bare.nc", "a") as file:
        del file["burstnet_state"]
    with pytest.raises(ResultError, match="does not hold the final state of seed 3"):
        load(tmp_path / "bare.nc").state(3)
