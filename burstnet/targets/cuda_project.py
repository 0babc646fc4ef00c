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
#include <sstream>
#include <string>
#include <vector>
#include <unistd.h>
#include "network.h"
#include "objects.h"
#include "rand.h"

struct BurstnetWindow { codeobj_func function; int64_t from, until; };

// What an earlier run left: "set NAME FILE" for an array.
inline void burstnet_restore() {
  std::ifstream list(brian::results_dir + "restore.txt");
  std::string line, verb, name, file;
  while (std::getline(list, line)) {
    std::istringstream words(line);
    words >> verb >> name >> file;
    if (verb == "set") brian::set_variable_by_name(name, brian::results_dir + file);
    else std::cerr << "No way to " << verb << " " << name << " on CUDA" << std::endl;
  }
}

// Brian2CUDA keeps the events of the last steps in a ring, which a step moves on by one.
inline void burstnet_next_events() {
@RING@
}

inline void burstnet_loop(Network& network, Clock& base, int64_t start, int64_t steps, const std::vector<BurstnetWindow>& windows) {
  burstnet_restore();
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
}
"""

_RING = re.compile(r"(?m)^[ \t]*(brian::(?:current|previous)_idx\w+ = .*;)$")
#: Helpers that Brian2CUDA writes into every file, in some of them outside a namespace.
_HELPERS = re.compile(r"(?ms)^template < typename T1, typename T2 > struct _higher_type;.*?(?=^\w+ _before_run_)")


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
    main = f"{main[: run.start()]}        burstnet_loop(network, step_clock, {span}, {{{windows}}});{main[run.end() :]}"
    (folder / "main.cu").write_text(main.replace('#include "run.h"', f'#include "run.h"\n#include "{LOOP_HEADER}"', 1))
    (folder / LOOP_HEADER).write_text(_LOOP.replace("@RING@", "\n".join(f"  {line}" for line in ring)))
    rest = [name for name in ("network.cu", "rand.cu", "run.cu", "synapses_classes.cu") if _has_code(folder / name)]
    return ["objects.cu", *_gather(folder, units), "main.cu", *rest]


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
