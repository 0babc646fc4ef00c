"""The build cache: whole or not there, whatever happens to it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from brian2 import ms, pA, second
from support import needs_compiler

from burstnet import BuildError, Circuit, Phase, Population, Projection, Recording, Timeline, compile
from burstnet.cells import Fragment, Parameter
from burstnet.synapses import FromArrays
from burstnet.targets.cache import Cache

pytestmark = needs_compiler

SCRIPT = """
import sys
from burstnet import *
from burstnet.cells import Fragment
cell = Fragment("leak", "dx/dt = (1 - x)/({tau}*second) : 1")
result = compile(Circuit([Population("cells", 3, cell)]), Timeline([Phase("all", parse_quantity("50ms"))]), "cpp",
                 recording=Recording(spikes="none", trace={{"cells": ("x",)}}))
print(result.program.built, float(result.run(1).data["cells_trace_x"].values[0, -1]))
"""
EXPECTED = 1 - (1 - 1e-3 / 0.02) ** 50


@pytest.fixture
def folder(tmp_path, monkeypatch):
    path = tmp_path / "cache"
    monkeypatch.setenv("BURSTNET_CACHE", str(path))
    return path


def start(folder: Path, tau: float = 0.02, **environment) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(tau=tau)],
        env=os.environ | {"BURSTNET_CACHE": str(folder)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def outcome(child: subprocess.Popen) -> tuple[bool, float]:
    out, err = child.communicate(timeout=120)
    assert child.returncode == 0, err
    built, value = out.split()
    return built == "True", float(value)


def test_two_processes_build_one_program(folder):
    found = [outcome(child) for child in [start(folder), start(folder)]]
    assert sorted(built for built, _ in found) == [False, True]
    assert all(abs(value - EXPECTED) < 1e-12 for _, value in found)
    assert len(Cache(folder).entries()) == 1


def test_truncated_foreign_and_broken_programs_are_rebuilt(folder):
    assert outcome(start(folder))[0]
    (program,) = (folder / "programs").iterdir()
    damages = (
        lambda: (program / "main").write_bytes((program / "main").read_bytes()[:1000]),
        lambda: (program / "sealed.json").write_text('{"key": "another", "files": {}}'),
        lambda: (program / "sealed.json").write_text("[1, 2"),
    )
    for damage in damages:
        damage()
        assert not Cache(folder).entries()[0]["whole"]
        built, value = outcome(start(folder))
        assert built and abs(value - EXPECTED) < 1e-12


def test_a_killed_build_leaves_nothing_that_is_used(folder):
    child = start(folder)
    deadline = time.time() + 60
    while not list(folder.glob("building-*/*.o")) and not list(folder.glob("building-*/makefile")):
        assert time.time() < deadline and child.poll() is None
        time.sleep(0.02)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    assert list(folder.glob("building-*")) and not Cache(folder).entries()
    built, value = outcome(start(folder))
    assert built and abs(value - EXPECTED) < 1e-12
    assert not list(folder.glob("building-*"))


def test_a_cache_that_cannot_be_written_still_gives_the_right_number(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    child = start(blocked / "cache")
    out, err = child.communicate(timeout=120)
    assert child.returncode == 0 and abs(float(out.split()[1]) - EXPECTED) < 1e-12
    assert "cannot be written" in err


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="mounting a small disk needs root")
@pytest.mark.parametrize("option", ["size=200k", "size=8m,ro"])
def test_full_and_read_only_disks(tmp_path, option):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", option, "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("cannot mount a tmpfs here")
    try:
        child = start(disk / "cache")
        out, err = child.communicate(timeout=120)
    finally:
        subprocess.run(["umount", str(disk)])
    if option.endswith("ro"):
        assert child.returncode == 0 and abs(float(out.split()[1]) - EXPECTED) < 1e-12
    else:
        assert child.returncode != 0 and err.strip().splitlines()[-1].startswith("burstnet.errors.BuildError")


def test_key_follows_arrays_and_equations_not_values(folder):
    def key(i, tau=1.0, size=2, equation="dx/dt = (1 - x)/tau : 1"):
        cell = Fragment(
            "leak",
            f"{equation}\nI = 0*amp : amp",
            parameters={"tau": Parameter(tau * second)},
            threshold="x > 10",
            reset="x = 0",
            ports={"soma": "I_s"},
        )
        circuit = Circuit(
            [Population("cells", size, cell)],
            [
                Projection(
                    "w", "cells", "cells", weight=1 * pA, on="spike", connect=FromArrays(np.array(i), np.array([0, 1]))
                )
            ],
        )
        from burstnet.targets.cache import program_key
        from burstnet.targets.program import Program

        return program_key(Program(circuit, Recording()).describe())

    base = key([0, 1])
    assert key([0, 1], tau=2.0) == base
    assert key([1, 0]) != base
    assert key([0, 1], size=3) != base
    assert key([0, 1], equation="dx/dt = (2 - x)/tau : 1") != base


def test_no_compiler_is_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("CXX", "no-such-compiler")
    circuit = Circuit([Population("cells", 1, Fragment("x", "x : 1"))])
    with pytest.raises(BuildError, match="No C\\+\\+ compiler found under CXX=no-such-compiler"):
        compile(circuit, Timeline([Phase("all", 1 * ms)]), "cpp")
    assert compile(circuit, Timeline([Phase("all", 1 * ms)]), "auto").target == "numpy"


def test_a_full_disk_under_the_run_is_noticed(folder, tmp_path, monkeypatch):
    """A run whose output is cut short is an error, never a shorter result."""
    from burstnet import RunError
    from burstnet.targets.cpp import CppProgram

    cell = Fragment("leak", "dx/dt = (1 - x)/(20*ms) : 1")
    compiled = compile(
        Circuit([Population("cells", 3, cell)]),
        Timeline([Phase("all", 50 * ms)]),
        "cpp",
        recording=Recording(spikes="none", trace={"cells": ("x",)}),
    )
    whole = CppProgram._load

    def cut(self, path):
        for saved in path.glob("*cells_trace_x*"):
            saved.write_bytes(saved.read_bytes()[:80])
        return whole(self, path)

    monkeypatch.setattr(CppProgram, "_load", cut)
    with pytest.raises(RunError, match="is the disk"):
        compiled.run(1)
