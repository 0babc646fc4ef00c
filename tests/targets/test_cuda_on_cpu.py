"""A generated CUDA project run without a GPU: its own text, kernels and loop included, compiled by g++ with one thread after the other.

Threads in order make atomic sums those of C++, so that every number must be the same to the last bit.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from brian2 import NeuronGroup, SpikeMonitor, Synapses, ms, pA, second
from support import needs_compiler

from burstnet import Circuit, Phase, Population, Projection, Readout, Recording, Timeline, compile, generate, load
from burstnet.compiled import Compiled
from burstnet.models import burstccn
from burstnet.plasticity import BurstDependent
from burstnet.raw_output import load_project
from burstnet.synapses import FixedIndegree, WithProbability
from burstnet.targets.cuda_toolkit import Nvcc, brian2cuda_problem
from burstnet.targets.program import Program

HERE = Path(__file__).parent / "cuda_on_cpu"
LAUNCH = re.compile(r"(\w+)\s*<<<(.*?)>>>\s*\((.*?)\);", re.DOTALL)


def thrust() -> Path | None:
    """Headers of Thrust, which come with the toolkit and compile without CUDA."""
    nvcc = shutil.which("nvcc")
    roots = [os.environ.get("CUDA_PATH", ""), *([Path(os.path.realpath(nvcc)).parents[1]] if nvcc else [])]
    roots += ["/usr/local/cuda", *sorted(Path("/usr/local").glob("cuda-*"), reverse=True)]
    places = [
        Path(root) / folder for root in roots for folder in ("include/cccl", "include", "targets/x86_64-linux/include")
    ]
    return next((place for place in places if (place / "thrust" / "device_vector.h").is_file()), None)


if not brian2cuda_problem():
    from burstnet.targets.cuda import CudaProgram

pytestmark = [
    pytest.mark.cuda,
    needs_compiler,
    pytest.mark.skipif(bool(brian2cuda_problem()), reason=brian2cuda_problem()),
    pytest.mark.skipif(thrust() is None, reason="no headers of Thrust"),
]


def launched(match: re.Match) -> str:
    """A kernel's launch as a loop over its blocks and threads."""
    parts, depth = [""], 0
    for letter in match[2]:
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return f"on_cpu({parts[0]}, {parts[1]}, [&] {{ {match[1]}({match[3]}); }});"


def build_on_cpu(folder: Path) -> None:
    """Compile a CUDA project with g++."""
    names = []
    for path in folder.glob("*.cu"):
        if text := path.read_text().strip():
            path.with_suffix(".cpp").write_text(LAUNCH.sub(launched, text))
            names.append(path.stem + ".o")
    flags = f"-w -O1 -ffp-contract=off -std=c++17 -include cuda.h -include thrust/sequence.h -I{HERE} -I. -I{thrust()} -DTHRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_CPP"
    (folder / "makefile").write_text(
        f"main: {' '.join(names)}\n\tg++ {' '.join(names)} -o main\n%.o: %.cpp\n\tg++ {flags} -c $< -o $@\n"
    )
    done = subprocess.run(["make", f"-j{os.cpu_count()}"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    subprocess.run(["sh", "commands.txt"], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def same(found, expected):
    """Every variable and every final state, to the last bit."""
    assert found.data.identical(expected.data)
    for seed in expected.seeds:
        ours, theirs = found.state(seed), expected.state(seed)
        assert ours.keys() == theirs.keys()
        assert {k: v.tobytes() for k, v in ours.items()} == {k: v.tobytes() for k, v in theirs.items()}


def test_the_full_model_gives_what_cpp_gives(circuit, short, tmp_path):
    """Four seconds with learning, recording and a lesion in a part of the cells."""
    lesions = "output:silence:fraction=0.5@1s..2s + Y:scale=0@1.5s.. + input.dendrite:current=-100pA@1.7s.."
    folder = generate(circuit, short, tmp_path / "cuda", "cuda", seeds=[1, 2], lesions=lesions, strict=True)
    build_on_cpu(folder)
    compiled = compile(circuit, short, "cpp", strict=True)
    same(load_project(folder, "control"), compiled.run([1, 2]))
    hurt = compiled.run([1, 2], lesions=lesions)
    same(load_project(folder, "lesioned"), hurt)
    assert len(hurt.spikes("output", 1)[0]) > 500

    # the same binary as `compile(target="cuda")` would run it: it goes on where C++ stopped, events on their way included
    recording = short.recording(circuit)
    program = CudaProgram(Program(circuit, recording), folder, "", Nvcc("nvcc", "g++", ()), True, False, 0.0)
    earlier = compiled.run([2], lesions=lesions, until=1.777 * second)
    assert "queue.W_Y" in earlier.state(2)
    rest = Compiled(circuit, short, recording, program, "").run([2], lesions=lesions, continue_from=earlier)
    same(rest, compiled.run([2], lesions=lesions, continue_from=earlier))
    ours, theirs = rest.state(2), hurt.state(2)
    assert all(ours[name].tobytes() == theirs[name].tobytes() for name in theirs)


def thalamus(objects):
    """Twenty plain leaky cells that kick those of `low`."""
    clock = objects.control.clock
    cells = NeuronGroup(20, "dv/dt = (1.2 - v)/tau : 1", threshold="v > 1", reset="v = 0", method="euler",
                        namespace={"tau": 20 * ms}, clock=clock, name="thalamus")  # fmt: skip
    cells.v = "i/20.0"
    kick = Synapses(cells, objects.populations["low"], on_pre="V_s_post += 3*mV", clock=clock, name="kick")
    kick.connect(j="i")
    return [cells, kick, SpikeMonitor(cells, name="thalamic")]


def test_sparse_graphs_delays_and_plain_objects_give_what_cpp_gives(tmp_path):
    """What the built-in model has not: graphs that the seed draws, tied and delayed pathways, objects of a user."""
    cell, rule = burstccn.cell(), BurstDependent(eta=2000 * pA / second, w_max=400 * pA, w_min=0 * pA)
    circuit = Circuit(
        [Population("low", 40, cell, readout=Readout()), Population("high", 30, cell, readout=Readout())],
        [
            Projection("up", "low", "high", weight=300 * pA, connect=WithProbability(0.3), plasticity=rule),
            Projection("down", "high", "low", "dendrite", on="burst", tied_to="up", scale=2.0, delay=3 * ms),
            Projection("side", "low", "low", weight=50 * pA, connect=FixedIndegree(5), delay=2 * ms),
        ],
        beside=(thalamus,),
    )
    kept = Recording(spikes=25, spike_window=(0.2 * second, 0.9 * second), weights=("up",), trace={"high": ("V_d",)})
    timeline, lesions = Timeline([Phase("all", 1.01 * second)]), "up:scale=0.5:fraction=0.4@0.5s.."
    folder = generate(circuit, timeline, tmp_path / "cuda", seeds=[5], lesions=lesions, recording=kept, strict=True)
    build_on_cpu(folder)
    shutil.rmtree(folder / "results" / "control")
    found, expected = (
        load(folder),
        compile(circuit, timeline, "cpp", recording=kept, strict=True).run(5, lesions=lesions),
    )
    same(found, expected)
    assert len(found.data["thalamic_t"]) > 100 and len(found.spikes("high", 5)[0]) > 20
