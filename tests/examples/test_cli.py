"""The command line as a user meets it: outcome, errors, interruption."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from support import needs_compiler

SHORT = [f"--set={name}=0.2s" for name in ("pre", "during", "post", "tail")]


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


@needs_compiler
def test_run_leaves_a_whole_folder(burstnet, tmp_path):
    done = burstnet("run", "target-rate", "--seeds", "3,1", *SHORT, "--set", "increase_to=8Hz", "-o", "out")
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "figure.pdf",
        "figure.png",
        "result.nc",
        "summary.json",
    ]
    text = (tmp_path / "out" / "summary.json").read_text()
    summary = json.loads(text)
    assert set(summary) == {"protocol", "target", "seeds", "parameters", "metrics", "timing", "provenance"}
    assert set(summary["timing"]) == {"build_s", "run_cpu_s_per_simulated_s", "simulated_s", "total_s"}
    assert summary["seeds"] == [3, 1] and summary["parameters"]["increase_to"] == "8 Hz" and "NaN" not in text
    metric = summary["metrics"]["inc_pre.out_event_last5"]
    assert metric["unit"] == "Hz" and np.isclose(metric["mean"], np.mean(metric["per_seed"]))
    assert summary["metrics"]["t_reach_9p5_s"]["per_seed"][0] is None or summary["timing"]["simulated_s"] > 1
    assert "out_event_last5" in done.stdout and "figure.png" in done.stdout
    again = burstnet("run", "target-rate", "--seeds", "3,1", *SHORT, "--set", "increase_to=8Hz", "-o", "out", "--json")
    assert again.returncode == 0 and json.loads(again.stdout)["metrics"] == summary["metrics"]
    assert json.loads(again.stdout)["timing"]["build_s"] == 0
    other = burstnet("run", "target-rate", "--seeds", "1", *SHORT, "-o", "out")
    assert other.returncode == 2 and "--force" in other.stderr
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["seeds"] == [3, 1]
    assert burstnet("run", "target-rate", "--seeds", "1", *SHORT, "-o", "out", "--force").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "target-rat"], ["target-rat", "Did you mean 'target-rate'"]),
        (["run", "target-rate", "--target", "gpu"], ["'gpu'", "numpy"]),
        (["run", "target-rate", "--set", "increse_to=8Hz"], ["increse_to", "Did you mean 'increase_to'"]),
        (["run", "target-rate", "--set", "input.cell.tau_z=8ms"], ["input.cell.tau_z", "Did you mean"]),
        (["run", "target-rate", "--set", "increase_to=8mV"], ["increase_to", "8mV", "Hz"]),
        (["run", "target-rate", "--set", "increase_to=__import__('os')"], ["increase_to", "not a quantity"]),
        (["run", "target-rate", "--set", "increase_to"], ["NAME=VALUE"]),
        (["run", "target-rate", "--set", "increase_pre=-1s"], ["increase_pre", "at least 0 s"]),
        (["run", "target-rate", "--set", "input.cell.tau_s=-1ms"], ["input.cell.tau_s", "above 0"]),
        (["run", "target-rate", "--set", "input.n=0"], ["input.n", "at least 1"]),
        (["run", "target-rate", "--set", "plasticity=never"], ["plasticity", "always"]),
        (["run", "target-rate", "--seeds", "1:a"], ["--seeds", "1:5"]),
        (["run", "target-rate", "--seeds", "5:1"], ["--seeds", "1:5"]),
        (["run", "target-rate", "--seeds", "1,1"], ["--seeds", "twice"]),
        (["run", "target-rate", "--seeds", ""], ["--seeds"]),
        (["run", "target-rate", "--jobs", "-1"], ["--jobs"]),
        (["run", "target-rate", "-o", "/proc/nowhere"], ["/proc/nowhere", "cannot be written"]),
        (["verify", "burstcn"], ["burstcn", "Did you mean 'burstccn'"]),
        (["cite", "nothing"], ["nothing", "target-rate"]),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(burstnet, tmp_path, arguments, words):
    done = burstnet(*arguments, BURSTNET_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1 and "Traceback" not in done.stderr
    assert all(word in done.stderr for word in words), done.stderr
    assert not list(tmp_path.glob("cache/*/*"))


def test_no_compiler_for_cpp(burstnet):
    done = burstnet("run", "target-rate", "--target", "cpp", CXX="no-such-compiler")
    assert done.returncode == 2 and "No C++ compiler" in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_dry_run_estimates_and_does_nothing(burstnet, tmp_path):
    done = burstnet("run", "target-rate", "--dry-run", "-o", "out")
    assert done.returncode == 0 and "MB" in done.stderr and not (tmp_path / "out").exists()


def test_list_cite_doctor_cache(burstnet):
    assert "target-rate" in burstnet("list").stdout
    listed = burstnet("list", "target-rate").stdout
    assert "increase_to" in listed and "input.cell.tau_s" in listed and "input.n" in listed
    assert (
        "NeurIPS" in burstnet("cite", "target-rate").stdout
        or "Neural Information" in burstnet("cite", "target-rate").stdout
    )
    assert "Python" in burstnet("doctor").stdout
    assert "programs" in burstnet("cache").stdout


@needs_compiler
@pytest.mark.parametrize("moment", ["build", "run"])
def test_interrupt_leaves_no_half_file_and_no_child(cache, tmp_path, moment):
    """Only the driver gets the signal, as from a job scheduler: what it started ends with it."""
    arguments = ["run", "target-rate", "--target", "cpp", "--seeds", "1:2", "--set", "tail=100000s", "-o", "out"]
    here = str(tmp_path / "cache") if moment == "build" else cache
    environment = os.environ | {"BURSTNET_CACHE": here, "TMPDIR": str(tmp_path), "CCACHE_DISABLE": "1"}
    driver = subprocess.Popen(
        [sys.executable, "-m", "burstnet.cli", *arguments], env=environment, cwd=tmp_path, stderr=subprocess.PIPE
    )
    pattern = "building-*/makefile" if moment == "build" else "runs/*/.attempt-*/burstnet-run-*"
    root = Path(here) if moment == "build" else tmp_path / "out"
    deadline = time.time() + 120
    while not list(root.glob(pattern)):
        assert time.time() < deadline and driver.poll() is None
        time.sleep(0.02)
    time.sleep(0.3)
    driver.send_signal(signal.SIGINT)
    _, complaint = driver.communicate(timeout=60)
    assert driver.returncode == 130, complaint
    assert list((tmp_path / "out").iterdir()) == []
    time.sleep(0.5)
    running = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True).stdout
    assert str(tmp_path) not in running
    assert not list(root.glob("building-*")) and not list(tmp_path.rglob("burstnet-run-*"))
