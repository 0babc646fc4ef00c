"""Projects to build and run elsewhere: what is in the folder, what its runs give, and what is refused on loading."""

import json
import shutil
import subprocess

import numpy as np
import pytest
from brian2 import ms, pA, second
from support import needs_compiler
from typer.testing import CliRunner

import burstnet
from burstnet import (
    ArgumentError,
    Circuit,
    Phase,
    Population,
    Projection,
    Recording,
    ResultError,
    RunError,
    Timeline,
    compile,
    generate,
    load,
)
from burstnet.cells import Fragment, Parameter
from burstnet.cli import app
from burstnet.raw_output import load_project
from burstnet.synapses import WithProbability

pytestmark = needs_compiler

LESION = "cells:silence:fraction=0.4@0.02s..0.06s"
SEEDS = [3, 8, 9]
RECORDING = Recording(trace={"cells": ("v",)}, trace_window=(5 * ms, 40 * ms))


def own_circuit():
    """Thirty noisy cells that fire and excite ten others over a graph that the seed draws."""
    cell = Fragment(
        "leak",
        "dv/dt = (drive - v + I/pA)/tau : 1\ndrive : 1 (constant)",
        threshold="v > 1",
        reset="v = 0",
        parameters={"tau": Parameter(10 * ms, "time constant", positive=True)},
        initial={"drive": "1 + pair_uniform(run_seed, 5, i, 0)"},
        ports={"soma": "I"},
    )
    return Circuit(
        [Population("cells", 30, cell), Population("others", 10, cell)],
        [Projection("links", "cells", "others", weight=40 * pA, on="spike", connect=WithProbability(0.3))],
    )


TIMELINE = Timeline([Phase("all", 0.1 * second)])


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project of two arms and three seeds, built, and run but for one seed, as its README says."""
    folder = tmp_path_factory.mktemp("project") / "own"
    generate(
        own_circuit(), TIMELINE, folder, "cpp", seeds=SEEDS, params={"cells.cell.tau": 12 * ms}, lesions=LESION,
        recording=RECORDING, compile=True,
    )  # fmt: skip
    lines = (folder / "commands.txt").read_text().splitlines()
    assert len(lines) == 6
    (folder / "commands.txt").write_text("\n".join(line for line in lines if "seed-9" not in line))
    subprocess.run(["sh", "commands.txt"], cwd=folder, check=True)
    return folder


@pytest.fixture
def copied(project, tmp_path):
    """What one copies to load it: two files and the results."""
    shutil.copytree(project / "results", tmp_path / "results")
    for name in ("program.json", "arguments.json"):
        shutil.copy(project / name, tmp_path / name)
    return tmp_path


def test_runs_elsewhere_give_what_runs_here_give(project, copied):
    compiled = compile(own_circuit(), TIMELINE, "cpp", recording=RECORDING)
    for arm, lesions in (("control", ()), ("lesioned", LESION)):
        with pytest.warns(UserWarning, match=f"left out: {arm}/seed-9"):
            found = load_project(copied, arm)
        expected = compiled.run([3, 8], {"cells.cell.tau": 12 * ms}, lesions=lesions)
        assert found.data.identical(expected.data) and found.seeds == [3, 8]
        for fact in set(expected.about) - {"timing", "provenance"}:
            assert found.about[fact] == expected.about[fact], fact
        for seed in (3, 8):
            state = expected.state(seed)
            assert {k: v.tolist() for k, v in found.state(seed).items()} == {k: v.tolist() for k, v in state.items()}
    assert found.lesions == [LESION] and found.about["lesioned_cells"] == {LESION: 12}
    assert found.data["lesion_0_cells"].values.sum() == 24


def test_the_command_line_writes_a_result_file(copied):
    outcome = CliRunner().invoke(app, ["load", str(copied), "--arm", "control", "-o", str(copied / "result.nc")])
    assert outcome.exit_code == 0 and "seeds 3, 8" in outcome.output
    assert "left out: control/seed-9" in outcome.stderr
    assert load(copied / "result.nc").seeds == [3, 8] and load(copied).seeds == [3, 8]


def test_a_project_says_how_to_build_run_and_load_it(project):
    listed = json.loads((project / "arguments.json").read_text())
    readme = (project / "README.md").read_text()
    assert set(listed["runs"]) == {f"{arm}/seed-{seed}" for arm in ("control", "lesioned") for seed in SEEDS}
    run = listed["runs"]["control/seed-8"]
    assert run["arguments"]["cells.tau"] == 0.012 and "cells.tau=0.012" in run["command"]
    assert listed["arguments"]["cells.tau"] == {
        "default": 0.01, "unit": "second", "name": "cells.cell.tau", "meaning": "time constant"
    }  # fmt: skip
    for text in ("make -j4", "sh commands.txt", "burstnet load", LESION, "progress is in `log.txt`"):
        assert text in readme
    assert not list((project / "code_objects").glob("*.cpp"))


def test_a_run_outlives_the_shell_that_started_it(project):
    assert "getppid" not in (project / "burstnet_loop.h").read_text()


@pytest.mark.filterwarnings("ignore:Not run yet")
@pytest.mark.parametrize(
    "harm, error, says",
    [
        (lambda p: (p / "results/control/seed-3/log.txt").write_text("progress 0.5\nout of memory\n"), RunError, "said 'out of memory'"),
        (lambda p: _cut(p, "cells_spikes_t"), RunError, "is the disk"),
        (lambda p: _edit(p, "arguments", lambda d: d["runs"]["control/seed-3"]["arguments"].update({"cells.tau": 0.02})), RunError, "did not take its argument cells.tau"),
        (lambda p: _edit(p, "arguments", lambda d: d["runs"]["control/seed-3"]["arguments"].update({"control.run_steps": 200.0})), RunError, "stopped after 100 of 200"),
        (lambda p: _edit(p, "program", lambda d: d["arrays"]["cells.v"].update(file="../../../x")), ResultError, "'cells.v'"),
        (lambda p: _edit(p, "program", lambda d: d["arrays"]["cells.v"].update(dtype="|O")), ResultError, "'cells.v'"),
        (lambda p: _edit(p, "program", lambda d: d["layouts"]["control"].pop("units")), ResultError, "layout"),
        (lambda p: _edit(p, "program", lambda d: d.update(format=99)), ResultError, "newer"),
        (lambda p: _edit(p, "arguments", lambda d: d["runs"].update({"../up/seed-1": {}})), ResultError, "never does"),
        (lambda p: (p / "program.json").write_text("{"), ResultError, "cannot be read"),
        (lambda p: shutil.rmtree(p / "results"), ResultError, "No run of"),
    ],
)  # fmt: skip
def test_what_cannot_be_trusted_is_refused(copied, harm, error, says):
    harm(copied)
    with pytest.raises(error, match=says):
        load_project(copied, "control")


def _cut(folder, what):
    for path in (folder / "results/control/seed-3").glob(f"*{what}*"):
        path.write_bytes(path.read_bytes()[:-16])


def _edit(folder, name, change):
    path = folder / f"{name}.json"
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def test_two_arms_need_a_choice(copied):
    with pytest.raises(ResultError, match="control and lesioned"):
        load(copied)


def test_a_project_begins_with_what_a_result_left(project, tmp_path):
    """It goes on bit for bit; weights of another graph are refused."""
    compiled, params = compile(own_circuit(), TIMELINE, "cpp", recording=RECORDING), {"cells.cell.tau": 12 * ms}
    earlier = compiled.run(3, params, until=40 * ms)
    for name, seed, how in (("on", 3, "continue_from"), ("other", 8, "start_from")):
        folder = generate(
            own_circuit(), TIMELINE, tmp_path / name, "cpp", seeds=seed, params=params, recording=RECORDING, **{how: earlier}
        )  # fmt: skip
        with pytest.raises(ResultError, match="No run of"):
            load(folder)
        shutil.copy(project / "main", folder)
        subprocess.run(["sh", "commands.txt"], cwd=folder, check=True)
    found, expected = load(tmp_path / "on"), compiled.run(3, params, continue_from=earlier)
    assert found.data.identical(expected.data) and found.about["start_s"] == 0.04 and not found.about["all_spikes"]
    with pytest.raises(RunError, match="other connections"):
        load(tmp_path / "other")


def test_bad_requests_are_one_sentence(tmp_path, project):
    with pytest.raises(ArgumentError, match="Unknown target 'cupa'.*Did you mean 'cuda'"):
        generate(own_circuit(), TIMELINE, tmp_path / "x", "cupa")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("")
    with pytest.raises(ArgumentError, match="something else than a project"):
        generate(own_circuit(), TIMELINE, tmp_path / "mine", "cpp")
    with pytest.raises(ArgumentError, match="output of runs"):
        generate(own_circuit(), TIMELINE, project, "cpp")
    with pytest.raises(ArgumentError, match="Unknown lesion target"):
        generate(own_circuit(), TIMELINE, tmp_path / "x", "cpp", lesions="cell:silence")
    assert not (tmp_path / "x").exists() and np.all([p.name[0] != "." for p in tmp_path.iterdir()])
    assert "generate" in dir(burstnet)
