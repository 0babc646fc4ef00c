"""The CUDA target without a GPU: generating, compiling kernels, and what is said where something is missing; with one, it runs."""

import re
import shutil
import subprocess

import numpy as np
import pytest
from brian2 import prefs
from brian2.devices.device import get_device
from support import gpu_problem

from burstnet import ArgumentError, BuildError, RunError, compile, find_experiment, generate
from burstnet.targets import cuda_toolkit
from burstnet.targets.cuda_project import rewrite_cuda
from burstnet.targets.cuda_toolkit import architecture, brian2cuda_problem, curand_folder, find_nvcc
from burstnet.targets.target import choose_target

needs_extra = pytest.mark.skipif(bool(brian2cuda_problem()), reason=brian2cuda_problem())
needs_nvcc = pytest.mark.skipif(shutil.which("nvcc") is None, reason="no nvcc")


@pytest.fixture
def project(circuit, short, tmp_path):
    """The full experiment, one translation unit for each code object."""
    from burstnet.targets import cuda
    from burstnet.targets.program import Program

    before = {name: prefs[name] for name in prefs}
    device = get_device()
    cuda.generate(Program(circuit, short.recording(circuit), "target-rate"), tmp_path, "8.0", units=200)
    assert get_device() is device
    changed = {name for name in before if "cuda_standalone" not in name and prefs[name] != before[name]}
    assert not changed and prefs["devices.cuda_standalone.cuda_backend.detect_gpus"] is True
    return tmp_path


@pytest.mark.cuda
@needs_extra
def test_length_windows_and_seed_are_run_arguments(project):
    main, loop = (project / "main.cu").read_text(), (project / "burstnet_loop.h").read_text()
    assert "network.run(" not in main and "burstnet_loop(network, step_clock," in main
    for name in ("run_from", "run_steps", "spikes_from", "trace_until", "lesions_from"):
        assert f"_array_control_{name}[0]" in main
    assert loop.count("brian::current_idx_array_") >= 6
    # arguments are in force before the graph is drawn, before weights are set, and before the run
    taken = [part for part in main.split("\n") if "set_from_command_line(args);" in part]
    assert len(taken) >= 3 and main.index("set_from_command_line(args);") < main.index("_run_W_synapses_create")


def kernel_of(name, text):
    """Whether a text has this kernel, which Brian2 numbers when a process makes several programs."""
    return re.search(rf"_run_kernel_{name}_codeobject(_\d+)?\(", text)


@pytest.mark.cuda
@needs_extra
def test_what_brian2cuda_gets_wrong_is_mended(project):
    """Its synapses name a clock that the network lacks; its event monitors forget what all cells share."""
    units = {path.name: path.read_text() for path in project.glob("unit*.cu")}
    assert not any("defaultclock" in text for text in units.values())
    monitor = next(text for text in units.values() if kernel_of("input_spikes", text))
    assert "const double __source_spike_kind_input_limit_in_steps =" in monitor
    assert "-std=c++17" in (project / "makefile").read_text() and "fast_math" not in (project / "makefile").read_text()


@pytest.mark.cuda
@needs_extra
@needs_nvcc
def test_a_state_updater_and_a_synapse_kernel_compile(project):
    nvcc = find_nvcc()
    if not (nvcc.has_curand or curand_folder()):
        pytest.skip("no curand.h; pip install nvidia-curand")
    for kernel in ("input_stateupdater", "W_Y"):
        unit = next(p for p in project.glob("unit*.cu") if kernel_of(kernel, p.read_text()))
        done = subprocess.run(
            ["make", "ARCH=sm_80", f"NVCC={nvcc.path}", unit.stem + ".o"], cwd=project, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr[-2000:]
        assert unit.with_suffix(".o").stat().st_size > 1000


@pytest.mark.cuda
@needs_extra
@pytest.mark.skipif(not gpu_problem(), reason="there is a GPU")
def test_without_a_gpu_one_sentence_says_what_to_do(circuit, short):
    compiled = compile(circuit, short, "cuda")
    assert compiled.target == "cuda" and len(compiled.requests([1, 2])) == 2
    with pytest.raises(RunError, match="no NVIDIA GPU or driver is found; `burstnet generate"):
        compiled.run(1)


@pytest.mark.cuda
@needs_extra
def test_a_project_for_cuda_is_complete(circuit, short, tmp_path):
    folder = generate(circuit, short, tmp_path / "there", "cuda", seeds=[np.int64(4)], compute_capability="8.0")
    readme = (folder / "README.md").read_text()
    assert "nvcc" in readme and "compute capability 8.0" in readme and "make ARCH=sm_80" in readme
    assert "control.run_seed=4 " in (folder / "commands.txt").read_text()
    assert {p.name for p in folder.glob("*.cu")} >= {"main.cu", "objects.cu", "unit0.cu"}
    assert "getppid" not in (folder / "burstnet_loop.h").read_text()


@pytest.mark.cuda
@needs_extra
def test_tables_that_were_made_before_brian2cuda_was_imported_are_read(tmp_path):
    setup = find_experiment("classify").prepare({"hidden1.n": "5"})
    labels = next(s.namespace["labels"] for s in setup.circuit.signals if "labels" in s.namespace)
    labels.implementations._implementations.pop("cuda", None)
    folder = generate(setup.circuit, setup.protocol, tmp_path / "there", "cuda")
    written = "".join(path.read_text() for path in folder.glob("unit*.cu"))
    assert "labels(" in written and "images(" in written


@pytest.mark.skipif(not brian2cuda_problem(), reason="Brian2CUDA is here")
def test_without_brian2cuda_one_sentence_says_what_to_do(circuit, short, tmp_path):
    with pytest.raises(BuildError, match="target 'cuda' needs"):
        choose_target("cuda")
    with pytest.raises(BuildError, match="target 'cuda' needs"):
        generate(circuit, short, tmp_path / "there", "cuda")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("given", ["9", "sm_90", "", "9.0.1", "4.0", "nine"])
def test_a_compute_capability_is_two_numbers(given):
    with pytest.raises(ArgumentError, match="is not allowed; give MAJOR.MINOR"):
        architecture(given)


def test_a_capability_that_nvcc_does_not_know_is_refused():
    nvcc = cuda_toolkit.Nvcc("nvcc", "nvcc release 13.0", ("sm_75", "sm_80", "sm_90", "sm_100", "sm_90a"))
    assert architecture("9.0", nvcc) == "sm_90" and architecture("10.0", nvcc) == "sm_100"
    with pytest.raises(ArgumentError, match="compiles for: 7.5, 8.0, 9.0, 10.0"):
        architecture("7.0", nvcc)


def test_nvcc_is_found_or_named(monkeypatch):
    monkeypatch.setenv("NVCC", "no-such-nvcc")
    with pytest.raises(BuildError, match="No nvcc found under NVCC=no-such-nvcc"):
        find_nvcc()


def test_an_unknown_project_is_one_sentence(tmp_path):
    (tmp_path / "main.cu").write_text("int main() { network.run(1.0, NULL, 10.0); }")
    (tmp_path / "network.cu").write_text("")
    (tmp_path / "objects.h").write_text("")
    with pytest.raises(BuildError, match="does not know"):
        rewrite_cuda(tmp_path, 2, {})


def test_events_of_a_step_come_in_the_order_of_cells():
    """A GPU records them as they come; statistics of other monitors stay as they are."""
    from burstnet.targets.cuda import sort_records

    arrays = {
        "s.t": np.array([0.1, 0.1, 0.1, 0.2, 0.2]),
        "s.i": np.array([2, 0, 1, 5, 3]),
        "s.spike_kind": np.array([20, 0, 10, 50, 30]),
        "s.count": np.array([1, 1, 1, 0, 1]),
        "s.N": np.array([5]),
        "m.t": np.array([3.0, 1.0]),
    }
    found = sort_records(arrays)
    assert found["s.i"].tolist() == [0, 1, 2, 3, 5] and found["s.spike_kind"].tolist() == [0, 10, 20, 30, 50]
    assert found["s.count"].tolist() == [1, 1, 1, 0, 1] and found["m.t"].tolist() == [3.0, 1.0]
    assert arrays["s.i"].tolist() == [2, 0, 1, 5, 3]


@pytest.mark.cuda
@pytest.mark.skipif(bool(gpu_problem()), reason=gpu_problem())
def test_a_gpu_gives_the_rates_of_the_cpu(circuit, short):
    """Atomics sum in another order, so that spikes part after some time; counts over a second agree to a few in a hundred."""
    on_gpu, on_cpu = (compile(circuit, short, target).run([1, 2]) for target in ("cuda", "cpp"))
    for population in ("input", "output"):
        counts = [run.count(population, "event", 0, 2) for run in (on_gpu, on_cpu)]
        assert np.allclose(*counts, rtol=0.1)
        assert np.array_equal(*(run.spikes(population, 1)[0][:20] for run in (on_gpu, on_cpu)))
