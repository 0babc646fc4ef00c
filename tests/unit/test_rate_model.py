"""Rate models: what the run of one seed is given, what a result holds, what is refused."""

import numpy as np
import pytest
from brian2 import second
from threadpoolctl import threadpool_info, threadpool_limits
from toy_rate import EXPERIMENT, Toy, ToyLine

from burstnet import ArgumentError, Lesion, Result, RunError
from burstnet.lesion_sites import lesioned_cells
from burstnet.models import burstccn
from burstnet.rate_lesions import RateLesions
from burstnet.rate_model import Recorded
from burstnet.rate_program import RateProgram
from burstnet.result import concatenate
from burstnet.streams import generator


def run(seeds=1, lesions=(), **options):
    return RateProgram(Toy(), ToyLine()).run(seeds, lesions=lesions, **options)


def test_a_result_has_seeds_sessions_units_and_says_all_that_a_circuits_says():
    told = []
    result = run([3, 1], "olive:freeze@4s..6s", report=lambda what, done: told.append((what, done)))
    assert result.seeds == [3, 1] and result.data["error"].dims == ("seed", "session")
    assert result.data["session"].values.tolist() == list(range(10))
    assert result.data["error"].attrs == {"units": "1", "long_name": "mean squared error"}
    assert result.data["lag"].values.tolist() == [0, 1, 3] and result.data["lag"].attrs["units"] == "ms"
    assert result.phases == {"early": (0.0, 5.0), "late": (5.0, 10.0)} and result.windows == [(4.0, 6.0)]
    assert result.populations == {"cortex": 10, "cerebellum": 20, "olive": 1} and result.clock == "session"
    assert result.about["parameters"] | {"cells": "10", "task": "line", "rate": "0.1"} == result.about["parameters"]
    assert "10 sessions" in repr(result) and result.about["provenance"]["target"] == "numpy"
    assert told[:2] == [("3", 0.1), ("3", 0.2)] and told[-1] == ("1", 1.0)


def test_it_is_saved_loaded_and_joined(tmp_path):
    both = run([1, 2])
    parts = [Result.load(run(seed).save(tmp_path / f"{seed}.nc")) for seed in (1, 2)]
    joined = concatenate(parts)
    for name in ("error", "sent", "readout_weight", "lag_error"):
        np.testing.assert_array_equal(joined.data[name].values, both.data[name].values)
    assert joined.about["timeline"] == both.about["timeline"] and not joined.has_states


def test_a_seed_decides_everything_and_arms_are_paired():
    control, again = run([1, 2]), run([2, 1])
    np.testing.assert_array_equal(control.data["error"].values, again.data["error"].values[::-1])
    late = run([1, 2], "cerebellum:silence@7s..")
    np.testing.assert_array_equal(control.data["error"].values[:, :7], late.data["error"].values[:, :7])
    assert (late.data["error"].values[:, 7:] > control.data["error"].values[:, 7:] + 0.2).all()


def test_the_number_of_threads_changes_nothing():
    class Counting(Toy):
        def run(self, run):
            threads = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
            return {"threads": Recorded(max(threads), ())}

    with threadpool_limits(2, user_api="blas"):
        assert RateProgram(Counting(), ToyLine()).run().data["threads"].values.tolist() == [1]


def test_streams_depend_on_seed_name_and_number_alone():
    def draw(*key):
        return generator(*key).standard_normal(4).tolist()

    assert draw(1, "trials", 3) == draw(1, "trials", 3)
    assert len({tuple(draw(*key)) for key in [(1, "a"), (2, "a"), (1, "b"), (1, "a", 1)]}) == 4
    # another numpy must give the same, or arms of a study that was resumed would not be paired
    known = [0.4076106025757027, 0.2885862648745187, -0.6585405298802117, 0.7933125192501356]
    assert draw(7, "trials", 2) == pytest.approx(known, abs=1e-12)


def test_a_frozen_olive_keeps_what_was_learned():
    control, frozen = (run(lesions=lesions).data["error"].values[0] for lesions in ((), "olive:freeze@5s.."))
    assert frozen[:5].tolist() == control[:5].tolist() and np.ptp(frozen[4:]) == 0 and control[-1] < frozen[-1]


def test_lesions_of_a_part_hit_the_cells_that_they_hit_in_a_circuit():
    lesion = Lesion.parse("cerebellum:scale=0.5:fraction=0.25")
    result = run(4, lesion)
    cells = result.data["lesion_0_cells"].values[0]
    assert result.about["lesioned_cells"] == {str(lesion): 5} and cells.sum() == 5
    np.testing.assert_array_equal(result.data["sent"].values[0, 3], np.where(cells, 0.5, 1.0))
    larger = run(4, "cerebellum:silence:fraction=0.5").data["lesion_0_cells"].values[0]
    assert larger.sum() == 10 and (cells <= larger).all()
    # the same stream of ranks, whatever the population is a part of
    circuit = burstccn.circuit(sizes=20)
    name, hit = lesioned_cells(circuit, Lesion("output", "silence", fraction=0.25), 4)

    class Same(Toy):
        populations = {name: 20}
        projections = {}
        lesionable = {name: ("silence",)}

    mine = RateLesions(Same(), [Lesion(name, "silence", fraction=0.25)], 10, 4)
    np.testing.assert_array_equal(mine.factor(name, 0) == 0, hit)


def test_an_onset_comes_in_over_sessions():
    sent = run(2, "cerebellum:scale=0:onset=4s@2s..8s").data["sent"].values[0, :, 0]
    np.testing.assert_allclose(sent, [1, 1, 0.75, 0.5, 0.25, 0, 0, 0, 1, 1])
    silent = (run(2, "cerebellum:silence:onset=4s@2s..").data["sent"].values[0] == 0).sum(axis=1)
    assert silent[:2].tolist() == [0, 0] and (np.diff(silent) >= 0).all() and 0 < silent[3] < silent[5] == 20


def test_currents_add_up_clamps_replace_and_projections_scale():
    base = run(1, "feedback:scale=0")
    goal = 1 + 0.1 * generator(1, "goal").standard_normal(10)
    np.testing.assert_allclose(base.data["error"].values, np.mean(goal**2))
    lesions = ["feedback:scale=0", "cortex:current=0.5@3s..", "cortex:current=0.25@3s..", "cortex:clamp.bias=1@9s.."]
    error = run(1, lesions).data["error"].values[0]
    np.testing.assert_allclose(error[[2, 3, 9]], [np.mean((goal - x) ** 2) for x in (0, 0.75, 1.75)])


def test_settings_reach_the_protocol_the_model_and_its_structure():
    setup = EXPERIMENT.prepare({"rate": "0.2", "late": "2", "cells": "4", "task": "circle"})
    result = setup.compile("numpy").run([1], setup.values, until=6 * second)
    assert result.data["readout_weight"].shape == (1, 4) and result.data.sizes["session"] == 6
    assert result.phases == {"early": (0.0, 5.0), "late": (5.0, 6.0)}
    assert setup.parameters() == result.about["parameters"] and setup.parameters()["task"] == "circle"
    assert setup.estimate("numpy")["seconds"] == pytest.approx(7e-3) and setup.circuit is None
    assert setup.choose_target("auto")[0] == "numpy"
    assert (
        setup.key() != EXPERIMENT.prepare({"cells": "4"}).key() == EXPERIMENT.prepare({"cells": "4", "rate": "1"}).key()
    )


def changed(**recorded):
    class Wrong(Toy):
        def run(self, run):
            return super().run(run) | recorded

    return RateProgram(Wrong(), ToyLine())


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: run(lesions="cerebelum:silence"), ArgumentError, "Did you mean 'cerebellum'"),
        (lambda: run(lesions="cerebellum:freeze"), ArgumentError, "allowed there: silence, scale"),
        (lambda: run(lesions="olive:freeze@10s.."), ArgumentError, "the run ends at 10 s"),
        (lambda: run(lesions=["olive:freeze@1s..3s", "olive:freeze@2s..4s"]), ArgumentError, "contradict each other"),
        (lambda: run(lesions="cortex:current=3pA"), ArgumentError, "wrong unit"),
        (lambda: run(lesions="cortex:clamp.bias=3mV"), ArgumentError, "wrong unit"),
        (lambda: run([1, 1]), ArgumentError, "twice"),
        (lambda: run([]), ArgumentError, "at least one"),
        (lambda: run(-1), ArgumentError, "whole numbers from 0"),
        (lambda: run(until=11 * second), ArgumentError, "the timeline has 10 sessions"),
        (lambda: run(start_from=run()), ArgumentError, "--from.*always begins anew"),
        (lambda: run(continue_from=run()), ArgumentError, "--continue.*always begins anew"),
        (lambda: run(params={"rat": 1.0}), ArgumentError, "Did you mean 'rate'"),
        (lambda: run(params={"late": 2.5}), ArgumentError, "'late' of 2.5 s.*whole sessions"),
        (lambda: run(params={"early": 0.0, "late": 0.0}), ArgumentError, "0 sessions"),
        (lambda: EXPERIMENT.prepare({"rte": "1"}), ArgumentError, "Did you mean 'rate'"),
        (lambda: EXPERIMENT.prepare({"cortex.n": "4"}), ArgumentError, "Unknown parameter 'cortex.n'"),
        (lambda: EXPERIMENT.prepare({"lesion_slots": "4"}), ArgumentError, "Unknown parameter 'lesion_slots'"),
        (lambda: EXPERIMENT.prepare({"task": "lin"}), ArgumentError, "Did you mean 'line'"),
        (lambda: EXPERIMENT.prepare({}).choose_target("cpp"), ArgumentError, "'cpp'.*runs in numpy"),
        (lambda: EXPERIMENT.prepare({}).choose_target("cu"), ArgumentError, "Unknown target"),
        (lambda: changed(error=Recorded(np.zeros((2, 2)))).run(1), RunError, "'error'.*2 axes"),
        (lambda: changed(error=Recorded(["a"])).run(1), RunError, "give numbers"),
        (lambda: RateProgram(Toy(parameters=ToyLine()), ToyLine()), ArgumentError, "'early' is one of"),
        (lambda: RateLesions(Toy(), (), 5, 1).learning("cortex", 0), ArgumentError, "not a lesion that the model"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_a_sentence(make, error, words):
    with pytest.raises(error, match=words) as found:
        make()
    assert "\n" not in str(found.value)
