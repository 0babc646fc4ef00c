"""The same study in threads, worker processes and on Dask, a user's own circuit among them: same numbers, nothing twice."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from brian2 import NeuronGroup, SpikeMonitor, Synapses, ms, pA, second
from support import needs_compiler

from burstnet import (
    ArgumentError,
    Circuit,
    Phase,
    Population,
    Projection,
    Readout,
    Timeline,
    lesion_study,
    open_study,
    run_study,
    sweep_study,
)
from burstnet.models import burstccn
from burstnet.studies import executors

pytestmark = needs_compiler

SHORT = {"pre": "0.2s", "during": "0.2s", "post": "0.2s", "output.n": "20"}
#: Two sizes, unequal lengths, and a time constant at which numbers run out of range.
SWEEP = {"input.n": [10, 30], "tail": ["0.2s", "30s"], "input.cell.tau_d": ["7ms", "1e-12ms"]}


def own_circuit():
    """Two populations and a plain Brian2 group; its function is of no module that a worker could import."""

    def background(objects):
        clock = objects.control.clock
        cells = NeuronGroup(10, "dv/dt = (1.2 - v)/tau : 1", threshold="v > 1", reset="v = 0", method="euler",
                            namespace={"tau": 20 * ms}, clock=clock, name="background")  # fmt: skip
        feed = Synapses(cells, objects.populations["a"], on_pre="V_s_post += 3*mV", clock=clock, name="feed")
        feed.connect(j="i")
        return [cells, feed, SpikeMonitor(cells, name="heard")]

    cell = burstccn.cell()
    populations = [Population("a", 10, cell, readout=Readout()), Population("b", 20, cell, readout=Readout())]
    return Circuit(populations, [Projection("W", "a", "b", weight=900 * pA)], beside=(background,))


TIMELINE = Timeline([Phase("before", 0.5 * second), Phase("after", 0.5 * second)])


def comparable(summary):
    return {name: part for name, part in summary.items() if name not in ("timing", "provenance")}


def test_a_users_own_circuit_is_lesioned_and_swept_in_threads_and_in_processes(tmp_path, monkeypatch):
    arms = {"no-W": "W:scale=0@0.5s..", "half": "a:silence:fraction=0.5@0.5s.."}
    study = lesion_study(TIMELINE, arms, range(1, 4), circuit=own_circuit())
    threads = run_study(study, tmp_path / "threads", jobs=2)
    monkeypatch.setattr(executors, "_FEW", 0)
    monkeypatch.setattr(executors, "_NARROW", 1)
    processes = run_study(study, tmp_path / "processes", jobs=2)
    assert not threads.failed and comparable(threads.summary) == comparable(processes.summary)
    assert (
        processes.metrics("half")["after.a_event_rate"].per_seed
        < processes.metrics("control")["after.a_event_rate"].per_seed
    ).all()
    again = open_study(tmp_path / "processes")
    assert again.result("no-W").seeds == [1, 2, 3] and again.result("no-W", 2).lesions == ["W:scale=0@0.5s.."]
    assert len(again.table) == 3 * 3 * len(again.metrics("control"))
    grid = sweep_study(TIMELINE, {"b.n": [10, 20], "a.cell.noise_s": [400 * pA, "450pA"]}, 1, circuit=own_circuit())
    swept = run_study(grid, tmp_path / "grid", jobs=2)
    assert not swept.failed and len(swept.arms) == 4


def test_a_worker_process_that_is_killed_is_replaced(tmp_path, monkeypatch):
    """As by a kernel that has no memory left."""
    monkeypatch.setattr(executors, "_FEW", 0)
    monkeypatch.setattr(executors, "_NARROW", 1)
    study = lesion_study(
        "target-rate", {"no-Y": "Y:scale=0"}, range(1, 5), settings=SHORT | {"input.n": "10", "tail": "5s"}
    )
    killed = []

    def report(what, done):
        if done == 1.0 and what != "build" and not killed:
            listed = subprocess.run(
                ["ps", "-ww", "-o", "pid,args", "--ppid", str(os.getpid())], capture_output=True, text=True
            )
            killed.extend(int(line.split()[0]) for line in listed.stdout.splitlines() if "LokyProcess" in line)
            os.kill(killed[0], signal.SIGKILL)

    found = run_study(study, tmp_path / "out", jobs=2, report=report, figures=False)
    assert killed and not found.failed and len(list((tmp_path / "out" / "runs").glob("*/[0-9]*"))) == 8
    assert not list((tmp_path / "out").rglob(".*"))


@pytest.fixture
def dask(tmp_path):
    """A scheduler and two workers, processes of their own; yields the address and the workers."""
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    file = tmp_path / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    dask = [sys.executable, "-m", "dask"]
    local = ["--host", "127.0.0.1", "--no-dashboard"]
    started = [subprocess.Popen([*dask, "scheduler", "--port", "0", "--scheduler-file", str(file), *local], **quiet)]
    try:
        deadline = time.time() + 60
        while not file.exists():
            assert time.time() < deadline and started[0].poll() is None
            time.sleep(0.1)
        worker = ["worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-nanny", *local]
        started += [subprocess.Popen([*dask, *worker, "--name", name], **quiet) for name in ("one", "two")]
        yield json.loads(file.read_text())["address"], started[1:]
    finally:
        for process in started:
            process.kill()
            process.wait()


def test_a_sweep_on_dask_whose_worker_is_killed_is_that_of_local_processes(tmp_path, dask):
    """Sizes, unequal run times and failing points; one worker is killed when two runs are whole."""
    address, workers = dask
    study = sweep_study("target-rate", SWEEP, [1, 2], settings=SHORT)
    killed = []

    def report(what, done):
        if (
            done == 1.0
            and what != "build"
            and len(list((tmp_path / "dask" / "runs").glob("*/[0-9]*"))) >= 2
            and not killed
        ):
            workers[0].send_signal(signal.SIGKILL)
            killed.append(what)

    far = run_study(study, tmp_path / "dask", cluster=address, report=report)
    assert killed and workers[0].wait() == -signal.SIGKILL
    near = run_study(study, tmp_path / "local", jobs=2)
    assert comparable(far.summary) == comparable(near.summary)
    assert {label for label in far.arms if far.failed.get(label)} == {label for label in far.arms if "1e-12" in label}
    rows = [
        (row["arm"], row["seed"], row["metric"]) for row in csv.DictReader((tmp_path / "dask" / "table.csv").open())
    ]
    assert rows and len(set(rows)) == len(rows)
    assert len(list((tmp_path / "dask" / "runs").glob("*/[0-9]*"))) == 16 and not list(tmp_path.rglob(".attempt-*"))


@pytest.mark.slow
def test_a_local_dask_cluster_ends_with_its_driver(tmp_path):
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    code = (
        "from burstnet import lesion_study, run_study\n"
        "if __name__ == '__main__':\n"
        f"    study = lesion_study('target-rate', {{'no-Y': 'Y:scale=0'}}, range(1, 9), settings={SHORT | {'tail': '500s'}!r})\n"
        f"    run_study(study, {str(tmp_path / 'out')!r}, cluster='local', jobs=2)\n"
    )
    (tmp_path / "driver.py").write_text(code)
    driver = subprocess.Popen([sys.executable, str(tmp_path / "driver.py")], cwd=tmp_path, start_new_session=True)
    deadline = time.time() + 180
    while not list((tmp_path / "out" / "runs").glob("*/[0-9]*")):
        assert time.time() < deadline and driver.poll() is None
        time.sleep(0.2)
    driver.kill()
    driver.wait()
    time.sleep(3)
    listed = subprocess.run(["ps", "-ww", "-eo", "sid,args"], capture_output=True, text=True).stdout
    assert not [line for line in listed.splitlines() if line.split()[0] == str(driver.pid)]


def test_a_scheduler_that_does_not_answer_is_one_sentence(tmp_path, monkeypatch):
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    monkeypatch.setattr("burstnet.studies.dask_executor._PATIENCE", 1)
    study = lesion_study("target-rate", {"no-Y": "Y:scale=0"}, 1, settings=SHORT)
    with pytest.raises(ArgumentError, match="tcp://127.0.0.1:9 cannot be reached"):
        run_study(study, tmp_path / "out", cluster="tcp://127.0.0.1:9")
    assert list((tmp_path / "out").iterdir()) == []


def test_slurm_needs_a_description_of_a_job(tmp_path, monkeypatch):
    """What a SLURM job would run can be looked at without SLURM."""
    jobqueue = pytest.importorskip("dask_jobqueue", reason="the extra cluster is not installed")
    study = lesion_study("target-rate", {"no-Y": "Y:scale=0"}, 1, settings=SHORT | {"tail": "0.2s"})
    with pytest.raises(ArgumentError, match="jobqueue.yaml"):
        run_study(study, tmp_path / "out", cluster="slurm")
    assert not (tmp_path / "out" / "manifest.json").exists()
    with jobqueue.SLURMCluster(
        cores=1, memory="2GB", walltime="00:30:00", scheduler_options={"dashboard": False}
    ) as made:
        script = made.job_script()
    assert "#SBATCH" in script and "distributed.cli.dask_worker" in script
