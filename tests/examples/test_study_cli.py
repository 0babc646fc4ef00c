"""Studies as a user meets them: lesions, sweeps, resuming, failures, status."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
import tomllib

import numpy as np
import pytest
from support import needs_compiler

from burstnet.cli import main

#: Short phases and few cells: a study of seconds.
CELLS = ["--set=input.n=20", "--set=output.n=20"]
PHASES = [f"--set={name}=0.2s" for name in ("pre", "during", "post")]
SHORT = [*PHASES, "--set=tail=0.2s", *CELLS]
ARMS = ["--arm", "no-Y: Y:scale=0@0.2s..0.5s", "--arm", "both: Y:scale=0@0.2s.. + Q:scale=0@0.2s.."]
LESION = ["lesion", "target-rate", *ARMS, *PHASES, *CELLS]

pytestmark = needs_compiler


@pytest.fixture
def burstnet(tmp_path):
    def run(*arguments, **environment):
        return subprocess.run(
            [sys.executable, "-m", "burstnet.cli", *arguments],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )

    return run


def comparable(path):
    """A summary without what may differ between repeats."""
    summary = json.loads(path.read_text())
    return {name: part for name, part in summary.items() if name not in ("timing", "provenance")}


def test_lesion_study_leaves_a_whole_folder_and_is_done_once(burstnet, tmp_path):
    done = burstnet(*LESION, "--set=tail=0.2s", "--seeds", "1:3", "-o", "out")
    assert done.returncode == 0, done.stderr
    out = tmp_path / "out"
    assert {"study.toml", "manifest.json", "summary.json", "table.csv", "statistics.csv", "runs"} < {
        p.name for p in out.iterdir()
    }
    assert {"learning-curves.png", "metrics.pdf"} <= {p.name for p in out.iterdir()}
    assert not [p for p in out.rglob(".*")]
    summary = json.loads((out / "summary.json").read_text())
    assert list(summary["arms"]) == ["control", "no-Y", "both"] and summary["seeds"] == [1, 2, 3]
    assert summary["arms"]["both"]["lesions"] == ["Y:scale=0@0.2s..", "Q:scale=0@0.2s.."]
    before, during = "inc_pre.out_event_last5", "inc_during.w_end"
    values = {label: arm["metrics"] for label, arm in summary["arms"].items()}
    assert values["no-Y"][before]["per_seed"] == values["control"][before]["per_seed"]
    assert values["no-Y"][during]["per_seed"] != values["control"][during]["per_seed"]
    assert np.isclose(values["both"][during]["mean"], np.mean(values["both"][during]["per_seed"]))
    rows = list(csv.DictReader((out / "table.csv").open()))
    assert set(rows[0]) == {"arm", "seed", "metric", "unit", "value"}
    assert len(rows) == 3 * 3 * len(values["control"])
    compared = list(csv.DictReader((out / "statistics.csv").open()))
    assert {row["arm"] for row in compared} == {"no-Y", "both"} and len(compared) == len(summary["statistics"])
    record = json.loads((out / "runs" / "no-y" / "2" / "run.json").read_text())
    assert record["seed"] == 2 and record["lesions"] == ["Y:scale=0@0.2s..0.5s"] and record["provenance"]["command"]
    assert tomllib.loads((out / "study.toml").read_text())["arms"]["no-Y"] == ["Y:scale=0@0.2s..0.5s"]
    stamps = {p: p.stat().st_mtime_ns for p in out.glob("runs/*/*/result.nc")}
    again = burstnet("lesion", "--study", "out/study.toml", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["timing"]["runs_done_now"] == 0
    assert comparable(out / "summary.json") == {k: v for k, v in summary.items() if k not in ("timing", "provenance")}
    more = burstnet(*LESION, "--set=tail=0.2s", "--seeds", "1:4", "-o", "out", "--json")
    assert json.loads(more.stdout)["timing"]["runs_done_now"] == 3
    assert {p: p.stat().st_mtime_ns for p in stamps} == stamps
    fewer = burstnet(*LESION, "--set=tail=0.2s", "--seeds", "1:2", "-o", "out")
    assert fewer.returncode == 2 and "seed 3" in fewer.stderr and "--force" in fewer.stderr
    status = burstnet("status", "out")
    assert status.returncode == 0 and "finished" in status.stdout and "12 done" in status.stdout


def test_sweep_of_sizes_builds_each_once_and_a_failing_point_stops_nothing(burstnet, tmp_path):
    """A cell time constant far below the step makes numbers run out of range at that point alone."""
    arguments = ["sweep", "target-rate", *PHASES, "--set=tail=0.2s", "--set=output.n=20", "--vary", "input.n=10,30"]
    arguments += ["--vary", "input.cell.tau_d=7ms,1e-12ms", "--lesion", "Y:scale=0.5", "--seeds", "1:2", "-o", "out"]
    dry = burstnet(*arguments, "--dry-run")
    assert dry.returncode == 0 and "8 runs of 2 programs" in dry.stderr and not (tmp_path / "out").exists()
    done = burstnet(*arguments)
    assert done.returncode == 1, done.stderr
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert list(summary["arms"]) == [
        f"input.n={n}, input.cell.tau_d={tau}" for n in (10, 30) for tau in ("7ms", "1e-12ms")
    ]
    for label, arm in summary["arms"].items():
        bad = "1e-12" in label
        assert (set(arm["failed"]) == {"1", "2"}) == bad and bool(arm["metrics"]) != bad, label
        assert arm["lesions"] == ["Y:scale=0.5"]
    assert "out of range" in done.stderr and "Traceback" not in done.stderr and summary["statistics"] == []
    logs = list((tmp_path / "out" / "runs").glob("*/*/log.txt"))
    assert len(logs) == 4 and all("RunError" in log.read_text() for log in logs)
    status = burstnet("status", "out")
    assert "4 done, 4 failed" in status.stdout and "out of range" in status.stdout
    again = burstnet(*arguments, "--json")
    assert again.returncode == 1 and json.loads(again.stdout)["timing"]["runs_done_now"] == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["lesion", "target-rate"], ["--arm is missing"]),
        (["lesion"], ["PROTOCOL is missing"]),
        (["lesion", "target-rat", *ARMS], ["target-rat", "Did you mean 'target-rate'"]),
        (["lesion", "target-rate", "--arm", "Y:scale=0"], ["--arm", "LABEL: LESION"]),
        (["lesion", "target-rate", "--arm", "a: Z:scale=0"], ["'Z'"]),
        (["lesion", "target-rate", "--arm", "a: Y:scale=0", "--arm", "a: Q:scale=0"], ["'a'", "twice"]),
        (["lesion", "target-rate", "--arm", "control: Y:scale=0"], ["control", "always there"]),
        (["lesion", "target-rate", *ARMS, "--seeds", "3:1"], ["--seeds", "1:3"]),
        (["lesion", "target-rate", *ARMS, "--jobs", "-1"], ["--jobs"]),
        (["lesion", "target-rate", *ARMS, "--study", "x.toml"], ["PROTOCOL", "beside --study"]),
        (["lesion", "--study", "nothing.toml"], ["nothing.toml", "cannot be read"]),
        (["lesion", "target-rate", *ARMS, "-o", "/proc/nowhere"], ["/proc/nowhere", "cannot be written"]),
        (["sweep", "target-rate"], ["--vary is missing"]),
        (["sweep", "target-rate", "--vary", "increase_to"], ["--vary", "NAME=VALUE"]),
        (["sweep", "target-rate", "--vary", "increase_to=8Hz,8Hz"], ["increase_to", "twice"]),
        (["sweep", "target-rate", "--vary", "increse_to=8Hz,9Hz"], ["Did you mean 'increase_to'"]),
        (["sweep", "target-rate", "--vary", "increase_to=8Hz,9mV"], ["increase_to", "9mV"]),
        (["sweep", "target-rate", "--vary", "increase_to=8Hz,9Hz", "--lesion", "Y:sale=0"], ["sale", "scale"]),
        (["run", "target-rate", "--lesion", "Y:scale=-1"], ["at least 0"]),
        (["status", "nowhere"], ["nowhere", "no study"]),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(monkeypatch, capsys, tmp_path, arguments, words):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["burstnet", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err.strip()
    assert ended.value.code == 2 and len(said.splitlines()) == 1, said
    assert all(word in said for word in words), said
    assert not list(tmp_path.rglob("manifest.json"))


def test_a_lesioned_run_says_so_and_another_does_not_take_its_folder(burstnet, tmp_path):
    done = burstnet("run", "target-rate", *SHORT, "--lesion", "Y:scale=0@0.2s..0.4s", "-o", "out")
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["lesions"] == ["Y:scale=0@0.2s..0.4s"]
    other = burstnet("run", "target-rate", *SHORT, "-o", "out")
    assert other.returncode == 2 and "--force" in other.stderr
    assert burstnet(*LESION, "--set=tail=0.2s", "-o", "out").returncode == 2


def start(cache, folder, arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "burstnet.cli", *arguments],
        env=os.environ | {"BURSTNET_CACHE": cache},
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until(true, driver, seconds=120):
    deadline = time.time() + seconds
    while not true():
        assert time.time() < deadline and driver.poll() is None
        time.sleep(0.01)


def left_running(folder):
    """Processes that still have a path of this test in their command line."""
    listed = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True).stdout
    return [line for line in listed.splitlines() if str(folder) in line]


@pytest.mark.parametrize("jobs", ["2", pytest.param("3", marks=pytest.mark.slow)])
def test_a_killed_driver_leaves_nothing_running_and_the_study_goes_on(cache, burstnet, tmp_path, jobs):
    """Killed with two runs whole, in a study long enough for worker processes, which three side by side are given."""
    arguments = [*LESION, "--set=tail=60s", "--seeds", "1:8"]
    driver = start(cache, tmp_path, [*arguments, "--jobs", jobs, "-o", "cut"])
    wait_until(lambda: len(list(tmp_path.glob("cut/runs/*/[0-9]*"))) >= 2, driver)
    second = burstnet(*arguments, "-o", "cut")
    assert second.returncode == 2 and "in use" in second.stderr and len(second.stderr.strip().splitlines()) == 1
    driver.kill()
    driver.wait()
    time.sleep(1.5)
    assert left_running(tmp_path) == []
    status = burstnet("status", "cut", "--json")
    assert json.loads(status.stdout)["in_use"] is False and json.loads(status.stdout)["finished"] is False
    stamps = {p: p.stat().st_mtime_ns for p in tmp_path.glob("cut/runs/*/[0-9]*/result.nc")}
    again = burstnet(*arguments, "-o", "cut")
    assert again.returncode == 0, again.stderr
    assert {p: p.stat().st_mtime_ns for p in stamps} == stamps and not list((tmp_path / "cut").rglob(".*"))
    assert burstnet(*arguments, "-o", "whole").returncode == 0
    assert comparable(tmp_path / "cut" / "summary.json") == comparable(tmp_path / "whole" / "summary.json")


@pytest.mark.slow
def test_killed_at_twenty_random_moments(cache, burstnet, tmp_path):
    """The driver alone, each time up to half of what a whole study takes after it started."""
    arguments = [*LESION, "--set=tail=20s", "--seeds", "1:10"]
    assert burstnet(*arguments, "-o", "warm").returncode == 0
    began = time.time()
    assert burstnet(*arguments, "-o", "whole").returncode == 0
    moments = np.random.default_rng(7).uniform(0.1, 0.5, 20) * (time.time() - began)
    grown = []
    for moment in moments:
        driver = start(cache, tmp_path, [*arguments, "-o", "cut"])
        try:
            driver.communicate(timeout=moment)
        except subprocess.TimeoutExpired:
            driver.kill()
            driver.communicate()
        grown.append(len(list(tmp_path.glob("cut/runs/*/[0-9]*"))))
    last = burstnet(*arguments, "-o", "cut")
    assert last.returncode == 0, last.stderr
    assert grown == sorted(grown), grown
    assert comparable(tmp_path / "cut" / "summary.json") == comparable(tmp_path / "whole" / "summary.json")
    assert not list((tmp_path / "cut").rglob(".*"))


@pytest.mark.slow
def test_two_studies_at_once_in_one_cache(tmp_path):
    cache = str(tmp_path / "cache")
    drivers = [
        start(cache, tmp_path, [*LESION, "--set=tail=0.2s", "--seeds", "1:6", "-o", name]) for name in ("a", "b")
    ]
    for driver in drivers:
        _, said = driver.communicate(timeout=300)
        assert driver.returncode == 0, said
    assert comparable(tmp_path / "a" / "summary.json") == comparable(tmp_path / "b" / "summary.json")
    assert len(list((tmp_path / "cache" / "programs").iterdir())) == 1


def test_interrupted_study_says_so_and_keeps_what_is_whole(cache, tmp_path):
    driver = start(cache, tmp_path, [*LESION, "--set=tail=2000s", "--seeds", "1:8", "--jobs", "2", "-o", "cut"])
    wait_until(lambda: list(tmp_path.glob("cut/runs/*/.attempt-*/burstnet-run-*")), driver)
    time.sleep(0.3)
    driver.send_signal(signal.SIGINT)
    _, said = driver.communicate(timeout=60)
    assert driver.returncode == 130, said
    time.sleep(1.0)
    assert left_running(tmp_path) == [] and not list(tmp_path.rglob(".attempt-*")) and "Traceback" not in said
