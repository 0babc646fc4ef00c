"""From Brian2CUDA's project to one whose length and windows are run arguments and that builds quickly. Imports errors and project.

The loop and the gathering are those of `project` for C++; what Brian2CUDA 1.0 gets wrong on the way is put right here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ..errors import BuildError
from .project import LOOP_HEADER

__all__ = ["makefile", "rewrite_cuda"]

_LOOP = r"""// The run loop: every object in Brian2's order, slow clocks at their multiples, windowed monitors within their steps.
#pragma once
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>
#include <unistd.h>
#include "network.h"
#include "objects.h"
#include "rand.h"
#include "brianlib/cuda_utils.h"

struct BurstnetWindow { codeobj_func function; int64_t from, until; };

// A pathway with one delay, in steps. Its events are kept in a ring of lists, one list a step: cells, and last how many.
struct BurstnetPathway {
  const char* name;
  bool one_delay;
  int delay, first_cell;
  thrust::host_vector<int32_t>* cells;  // source cell of each synapse
  thrust::host_vector<int32_t*>* ring;
  int now, length;

  std::vector<int32_t> events(int back) const {
    std::vector<int32_t> found(length);
    CUDA_SAFE_CALL(cudaMemcpy(found.data(), slot(back), sizeof(int32_t) * length, cudaMemcpyDeviceToHost));
    return found;
  }
  int32_t* slot(int back) const { return (*ring)[(now - back + ring->size()) % ring->size()]; }
};

// An event on its way: the source of these synapses had it so many steps ago that it arrives in `ahead` steps.
inline bool burstnet_had_event(BurstnetPathway& pathway, int ahead, const std::vector<int32_t>& synapses) {
  const int back = pathway.delay - ahead + 1;
  if (!pathway.one_delay || back < 1 || back >= (int)pathway.ring->size()) return false;
  std::vector<int32_t> events = pathway.events(back);
  std::set<int32_t> cells(events.begin(), events.begin() + events.back());
  for (int32_t synapse : synapses) cells.insert((*pathway.cells)[synapse] + pathway.first_cell);
  std::copy(cells.begin(), cells.end(), events.begin());
  events.back() = cells.size();
  CUDA_SAFE_CALL(cudaMemcpy(pathway.slot(back), events.data(), sizeof(int32_t) * events.size(), cudaMemcpyHostToDevice));
  return true;
}

// What an earlier run left: "set NAME FILE" for an array, "queue PATHWAY STEPS SYNAPSE..." for events on their way.
inline void burstnet_restore(std::vector<BurstnetPathway>& pathways) {
  std::ifstream list(brian::results_dir + "restore.txt");
  std::string line, verb, name, file;
  while (std::getline(list, line)) {
    std::istringstream words(line);
    words >> verb >> name;
    if (verb == "set") {
      words >> file;
      brian::set_variable_by_name(name, brian::results_dir + file);
      continue;
    }
    int ahead = 0;
    words >> ahead;
    std::vector<int32_t> synapses;
    for (int32_t synapse; words >> synapse;) synapses.push_back(synapse);
    bool found = false;
    for (auto& pathway : pathways) found = found || (name == pathway.name && burstnet_had_event(pathway, ahead, synapses));
    if (!found) std::cerr << "No room for events of " << name << " in " << ahead << " steps" << std::endl;
  }
}

// Events that are on their way at the end; the ring has moved on after the last step.
inline void burstnet_keep_queues(const std::vector<BurstnetPathway>& pathways) {
  std::ofstream out(brian::results_dir + "queues.txt");
  for (auto& pathway : pathways) {
    if (!pathway.one_delay) continue;
    for (int back = std::min(pathway.delay, (int)pathway.ring->size() - 1); back > 0; back--) {
      const std::vector<int32_t> events = pathway.events(back);
      const std::set<int32_t> cells(events.begin(), events.begin() + events.back());
      std::map<int32_t, std::vector<int32_t>> synapses;
      for (size_t k = 0; k < pathway.cells->size(); k++) {
        const int32_t cell = (*pathway.cells)[k] + pathway.first_cell;
        if (cells.count(cell)) synapses[cell].push_back(k);
      }
      if (synapses.empty()) continue;
      out << pathway.name << " " << pathway.delay - back + 1;
      for (auto& entry : synapses)
        for (int32_t synapse : entry.second) out << " " << synapse;
      out << "\n";
    }
  }
  out.close();
  if (!out) std::cerr << "Error writing " << brian::results_dir << "queues.txt" << std::endl;
}

// Brian2CUDA keeps the events of the last steps in a ring, which a step moves on by one.
inline void burstnet_next_events() {
@RING@
}

inline void burstnet_loop(Network& network, Clock& base, int64_t start, int64_t steps,
                          const std::vector<BurstnetWindow>& windows, std::vector<BurstnetPathway> pathways) {
  burstnet_restore(pathways);
  base.timestep[0] = start;
  base.t[0] = start * base.dt[0];
  struct Entry { Clock* clock; codeobj_func function; int64_t stride, from, until; bool windowed; };
  std::vector<Entry> entries;
  std::vector<Clock*> slow;
  for (auto& object : network.objects) {
    if (!object.second) continue;
    Clock* clock = static_cast<Clock*>(object.first);
    const int64_t stride = (int64_t)std::llround(clock->dt[0] / base.dt[0]);
    Entry entry = {clock, object.second, stride, 0, INT64_MAX, false};
    for (auto& window : windows)
      if (window.function == object.second) { entry.from = window.from; entry.until = window.until; entry.windowed = true; }
    entries.push_back(entry);
    bool known = clock == &base;
    for (Clock* other : slow) known = known || other == clock;
    if (!known) slow.push_back(clock);
  }
  // A monitor makes room at its first sample for all up to the clock's end: a slow clock has one more, after the last step.
  base.i_end = steps;
  for (Clock* clock : slow) clock->i_end = steps / (int64_t)std::llround(clock->dt[0] / base.dt[0]) + 1;
  auto set_slow_clocks = [&](int64_t step) {
    for (Clock* clock : slow) {
      clock->timestep[0] = step / (int64_t)std::llround(clock->dt[0] / base.dt[0]);
      clock->t[0] = clock->timestep[0] * clock->dt[0];
    }
  };
  const pid_t parent = getppid();
  auto shown = std::chrono::steady_clock::now();
  for (int64_t step = start; step < steps; step++) {
    set_slow_clocks(step);
    for (auto& entry : entries) {
      if (step % entry.stride != 0 || step < entry.from || step >= entry.until) continue;
      if (entry.windowed && entry.until < steps) base.i_end = entry.until;
      entry.function();
      base.i_end = steps;
    }
    const auto now = std::chrono::steady_clock::now();
    if (now - shown > std::chrono::milliseconds(100)) {
      if (getppid() != parent) std::_Exit(3);  // the driver died: so do we
      std::fprintf(stderr, "progress %.4f\n", (step - start) / (double)(steps - start));
      shown = now;
    }
    base.tick();
    burstnet_next_events();
  }
  set_slow_clocks(steps);
  for (auto& entry : entries)
    if (entry.stride > 1 && steps % entry.stride == 0 && entry.function != _run_random_number_buffer) entry.function();
  network.t = steps * base.dt[0];
  for (auto& pathway : pathways) pathway.now = (pathway.now + (steps - start)) % pathway.ring->size();
  burstnet_keep_queues(pathways);
}
"""

_RING = re.compile(r"(?m)^[ \t]*(brian::(?:current|previous)_idx\w+ = .*;)$")
#: Pathway, array with the source cell of each synapse, and the first cell of the source.
_SOURCES = re.compile(
    r"(\w+)_init<<<1,1>>>\(\s*thrust::raw_pointer_cast\(&dev(\w+)\[0\]\),\s*thrust::raw_pointer_cast\(&dev\w+\[0\]\),"
    r"\s*\d+,[^\n]*\n\s*(\d+),"
)
#: In the first steps Brian2CUDA delivers nothing; its lists of events are empty then, or hold those of an earlier run.
_FILLED = re.compile(r"if \((?:timestep >= \w+\.queue->num_delays|step_clock\.timestep\[0\] >= \w+_delay)\)")
#: Helpers that Brian2CUDA writes into every file, in some of them outside a namespace.
_HELPERS = re.compile(r"(?ms)^template < typename T1, typename T2 > struct _higher_type;.*?(?=^\w+ _before_run_)")
#: What a reset does to one cell; Brian2CUDA writes it into the scope in which it has read what is the same for all cells.
_ONE_CELL = re.compile(r"(?ms)^    _idx = neuron_id;\n(.*?)^\}")


def rewrite_cuda(folder: Path, units: int, windowed: Mapping[str, tuple[str, str]]) -> list[str]:
    """Rewrite a project that Brian2CUDA generated for a run of zero seconds.

    Parameters
    ----------
    folder : Path
    units : int
        Translation units for the code objects.
    windowed : dict of str to tuple of two str
        Monitor that records only within a window of steps to the C++ expressions of its first step and its first step after.

    Returns
    -------
    list of str
        What to compile, relative to `folder`, the longest to compile first.

    Raises
    ------
    BuildError
        If the project is not as Brian2CUDA 1.0 writes it.
    """
    main, network = (folder / "main.cu").read_text(), (folder / "network.cu").read_text()
    run = re.search(r"^[ \t]*network\.run\(0\.0,.*\);$", main, re.MULTILINE)
    ring = _RING.findall(network)
    if not run or (not ring and "eventspace" in (folder / "objects.h").read_text()):
        raise BuildError(
            "Brian2CUDA generated a project that burstnet does not know; use brian2cuda 1.0b1 with brian2 2.10.1, or on Python 3.11 1.0a7 with 2.8.0."
        )
    windows = ", ".join(
        f"{{_run_{name}, (int64_t)({start}), (int64_t)({stop})}}" for name, (start, stop) in sorted(windowed.items())
    )
    span = "(int64_t)_array_control_run_from[0], (int64_t)_array_control_run_steps[0]"
    call = f"burstnet_loop(network, step_clock, {span}, {{{windows}}}, {{{_pathways(folder)}}});"
    main = f"{main[: run.start()]}        {call}{main[run.end() :]}"
    (folder / "main.cu").write_text(main.replace('#include "run.h"', f'#include "run.h"\n#include "{LOOP_HEADER}"', 1))
    (folder / LOOP_HEADER).write_text(_LOOP.replace("@RING@", "\n".join(f"  {line}" for line in ring)))
    rest = [name for name in ("network.cu", "rand.cu", "run.cu", "synapses_classes.cu") if _has_code(folder / name)]
    return ["objects.cu", *_gather(folder, units), "main.cu", *rest]


def _pathways(folder: Path) -> str:
    """Every synaptic pathway with its ring of events, as C++; read-outs of rates, which have no delay, are left out."""
    sources = {name: (cells, first) for name, cells, first in _SOURCES.findall((folder / "objects.cu").read_text())}
    found = []
    for path in sorted((folder / "code_objects").glob("*_push_spikes.cu")):
        name = path.stem.removesuffix("_push_spikes")
        ring = re.search(rf"\b{name}_eventspace_idx = \(current_idx(\w+) - ", path.read_text())
        if name.startswith("before_run_") or "_readout_" in name or name not in sources or not ring:
            continue
        cells, first = sources[name]
        found.append(
            f'{{"{name}", {name}_scalar_delay, {name}_delay, {first}, &{cells}, &dev{ring[1]}, current_idx{ring[1]}, _num_{ring[1]}}}'
        )
    return ", ".join(found)


def _has_code(path: Path) -> bool:
    return path.exists() and bool(path.read_text().strip())


def _gather(folder: Path, units: int) -> list[str]:
    """Join code objects into units of equal size: reading Thrust's headers takes most of the time that nvcc needs."""
    texts: list[list[str]] = [[] for _ in range(units)]
    load = [0] * units
    helped: list[bool] = [False] * units
    for path in sorted((folder / "code_objects").glob("*.cu"), key=lambda p: (-p.stat().st_size, p.name)):
        text, space = path.read_text(), f"support_{path.stem}"
        # the template names Brian2's default clock, which a network need not have
        text = re.sub(r"\bdefaultclock\.timestep\b", "step_clock.timestep", text)
        text = _FILLED.sub("if (true)", text)
        text = _ONE_CELL.sub(r"    _idx = neuron_id;\n    {\n\1    }\n}", text)
        k = load.index(min(load))
        if _HELPERS.search(text):
            text = _HELPERS.sub("", text) if helped[k] or "_brian_" not in _HELPERS.sub("", text) else text
            helped[k] = helped[k] or bool(_HELPERS.search(text))
        text, found = re.subn(r"(?m)^namespace \{", f"namespace {space} {{", text, count=1)
        if found:
            text = re.sub(r"(\n\s*using namespace brian;)", rf"\1 using namespace {space};", text)
        texts[k].append(text)
        load[k] += len(text)
    names = []
    for k, parts in enumerate(texts):
        if parts:
            names.append(f"unit{k}.cu")
            (folder / names[-1]).write_text("\n".join(parts))
    return names


def makefile(sources: list[str], arch: str, flags: tuple[str, ...], curand: str) -> str:
    """The makefile of a CUDA project.

    Parameters
    ----------
    sources : list of str
    arch : str
        For instance ``"sm_90"``.
    flags : tuple of str
        Of nvcc, for compiling.
    curand : str
        Folder with ``include/curand.h`` and ``lib`` of the package nvidia-curand, or an empty string; where it is not
        there, the toolkit's own is taken.
    """
    objects = [source.removesuffix(".cu") + ".o" for source in sources]
    rules = "\n".join(f"{o}: {s}\n\t$(NVCC) $(FLAGS) -dc {s} -o {o}" for o, s in zip(objects, sources, strict=True))
    return f"""# make -j4, on a machine with nvcc. Another GPU: make ARCH=sm_80. Another compiler: make NVCC=/path/to/nvcc.
NVCC ?= nvcc
ARCH ?= {arch}
CURAND ?= {curand}
FLAGS = -I. -arch=$(ARCH) {" ".join(flags)}
ifneq ($(wildcard $(CURAND)/include/curand.h),)
FLAGS += -I$(CURAND)/include
LIBS = -L$(CURAND)/lib -l:$(notdir $(firstword $(wildcard $(CURAND)/lib/libcurand.so*))) -Xlinker -rpath=$(CURAND)/lib
else
LIBS = -lcurand
endif
main: {" ".join(objects)}
\t$(NVCC) -arch=$(ARCH) -w {" ".join(objects)} $(LIBS) -o main
clean:
\trm -f {" ".join(objects)} main
.PHONY: clean
{rules}
"""
