"""From Brian2's C++ project to a quick program: few translation units and a lean loop. Imports errors only.

Brian2 writes some sixty small files and a loop that asks the clock of the operating system at every object. Here the
code objects are gathered into as many units as there are cores, and the loop is one that takes its length, its
recording windows and its progress from run arguments.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path

from ..errors import BuildError
from .arrays import PlainArray, tabulate
from .dense import applicable
from .faster import Hints, faster, quicker_queue

__all__ = ["LOOP_HEADER", "rewrite"]

LOOP_HEADER = "burstnet_loop.h"

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

struct BurstnetWindow { codeobj_func function; int64_t from, until; };
struct BurstnetPathway { const char* name; SynapticPathway* pathway; };

// What an earlier run left: "set NAME FILE" for an array, "queue PATHWAY STEPS SYNAPSE..." for events on their way.
inline void burstnet_restore(const std::vector<BurstnetPathway>& pathways) {
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
    bool found = false;
    size_t delay = 0;
    words >> delay;
    for (auto& entry : pathways) {
      if (name != entry.name || delay >= entry.pathway->queue[0]->queue.size()) continue;
      auto& queue = *entry.pathway->queue[0];
      auto& slot = queue.queue[(queue.offset + delay) % queue.queue.size()];
      for (int32_t synapse; words >> synapse;) slot.push_back(synapse);
      found = true;
    }
    if (!found) std::cerr << "No room for events of " << name << " in " << delay << " steps" << std::endl;
  }
}

// Events that are on their way at the end.
inline void burstnet_keep_queues(const std::vector<BurstnetPathway>& pathways) {
  std::ofstream out(brian::results_dir + "queues.txt");
  for (auto& entry : pathways) {
    auto& queue = *entry.pathway->queue[0];
    for (size_t delay = 1; delay < queue.queue.size(); delay++) {
      auto& slot = queue.queue[(queue.offset + delay) % queue.queue.size()];
      if (slot.empty()) continue;
      out << entry.name << " " << delay;
      for (int32_t synapse : slot) out << " " << synapse;
      out << "\n";
    }
  }
  out.close();
  if (!out) std::cerr << "Error writing " << brian::results_dir << "queues.txt" << std::endl;
}

inline void burstnet_loop(Network& network, Clock& base, int64_t start, int64_t steps,
                          const std::vector<BurstnetWindow>& windows, const std::vector<BurstnetPathway>& pathways) {
  burstnet_restore(pathways);
  base.timestep[0] = start;
  base.t[0] = start * base.dt[0];
  struct Entry { Clock* clock; codeobj_func function; int64_t stride, from, until; };
  std::vector<Entry> entries;
  std::vector<Clock*> slow;
  for (auto& object : network.objects) {
    if (!object.second) continue;
    Clock* clock = static_cast<Clock*>(object.first);  // from 2.10 on Brian2 has clocks without a dt; we use none
    const int64_t stride = (int64_t)std::llround(clock->dt[0] / base.dt[0]);
    Entry entry = {clock, object.second, stride, 0, INT64_MAX};
    for (auto& window : windows)
      if (window.function == object.second) { entry.from = window.from; entry.until = window.until; }
    entries.push_back(entry);
    bool known = clock == &base;
    for (Clock* other : slow) known = known || other == clock;
    if (!known) slow.push_back(clock);
  }
  int64_t gap = 1000;
  bool any_slow = false;
  for (auto& entry : entries)
    if (entry.stride > 1 && (!any_slow || entry.stride < gap)) { gap = entry.stride; any_slow = true; }
  const pid_t parent = getppid();
  auto shown = std::chrono::steady_clock::now();
  auto set_slow_clocks = [&](int64_t step) {
    for (Clock* clock : slow) {
      clock->timestep[0] = step / (int64_t)std::llround(clock->dt[0] / base.dt[0]);
      clock->t[0] = clock->timestep[0] * clock->dt[0];
    }
  };
  std::vector<codeobj_func> every;
  for (int64_t step = start; step < steps;) {
    int64_t next = steps;
    every.clear();
    for (auto& entry : entries) {
      if (entry.from > step && entry.from < next) next = entry.from;
      if (entry.until > step && entry.until < next) next = entry.until;
      if (entry.stride == 1 && entry.from <= step && step < entry.until) every.push_back(entry.function);
    }
    for (; step < next; step++) {
      if (step % gap == 0) {
        set_slow_clocks(step);
        for (auto& entry : entries)
          if (step % entry.stride == 0 && entry.from <= step && step < entry.until) entry.function();
        const auto now = std::chrono::steady_clock::now();
        if (now - shown > std::chrono::milliseconds(100)) {
          if (getppid() != parent) std::_Exit(3);  // the driver died: so do we
          std::fprintf(stderr, "progress %.4f\n", (step - start) / (double)(steps - start));
          shown = now;
        }
      } else {
        for (codeobj_func function : every) function();
      }
      base.tick();
    }
  }
  set_slow_clocks(steps);
  for (auto& entry : entries)
    if (entry.stride > 1 && steps % entry.stride == 0) entry.function();
  network.t = steps * base.dt[0];
  burstnet_keep_queues(pathways);
}
"""


def rewrite(
    folder: Path,
    units: int,
    windowed: Mapping[str, tuple[str, str]],
    hints: Hints,
) -> tuple[list[str], list[PlainArray]]:
    """Rewrite a project that Brian2 generated for a run of zero seconds.

    Parameters
    ----------
    folder : Path
    units : int
        Translation units for the code objects.
    windowed : dict of str to tuple of two str
        Code object that runs only within a window of steps to the C++ expressions of its first step and its first step after.
    hints : Hints
        What is known of code objects beyond their text.

    Returns
    -------
    sources : list of str
        What to compile, relative to `folder`.
    arrays : list of PlainArray
        What a run writes into one file.
    """
    main = (folder / "main.cpp").read_text()
    run = re.search(r"^[ \t]*network\.run\(0\.0,.*\);$", main, re.MULTILINE)
    if not run:
        raise BuildError(
            "Brian2 generated a main program that burstnet does not know; use a Brian2 between 2.9 and 2.10."
        )
    windows = ", ".join(
        f"{{_run_{name}, (int64_t)({start}), (int64_t)({stop})}}" for name, (start, stop) in sorted(windowed.items())
    )
    pathways = ", ".join(f'{{"{name}", &{name}}}' for name in _pathways(folder))
    span = "(int64_t)_array_control_run_from[0], (int64_t)_array_control_run_steps[0]"
    call = f"        burstnet_loop(network, step_clock, {span}, {{{windows}}}, {{{pathways}}});"
    main = main[: run.start()] + call + main[run.end() :]
    (folder / "main.cpp").write_text(main.replace('#include "run.h"', f'#include "run.h"\n#include "{LOOP_HEADER}"', 1))
    (folder / LOOP_HEADER).write_text(_LOOP)
    small = [name for name in ("network.cpp", "run.cpp", "synapses_classes.cpp") if (folder / name).exists()]
    rest = [name for name in ("objects.cpp", "brianlib/spikequeue.cpp") if (folder / name).exists()]
    queue = folder / "brianlib" / "spikequeue.h"
    queue.write_text(quicker_queue(queue.read_text()))
    text, arrays = tabulate((folder / "objects.cpp").read_text())
    (folder / "objects.cpp").write_text(text)
    return [*_gather(folder, units, hints, small), "main.cpp", *rest], arrays


def _pathways(folder: Path) -> list[str]:
    """Every synaptic pathway, by its name in C++; read-outs of rates, which have no delay, are left out."""
    found = (p.stem.removesuffix("_push_spikes") for p in sorted((folder / "code_objects").glob("*_push_spikes.cpp")))
    return [name for name in found if not name.startswith("before_run_") and "_readout_" not in name]


#: Code objects that run once, before the first step.
_ONCE = re.compile(r"before_run_|_(initial|group_variable_set_conditional|weights)_codeobject(_\d+)?$|_codeobject_set_")


def _gather(folder: Path, units: int, hints: Hints, small: list[str]) -> list[str]:
    """Join code objects into units of equal size, and what runs once, with Brian2's small files, into one that needs no optimising."""
    texts: list[list[str]] = [[] for _ in range(units)]
    once = [f'#include "{name}"\n' for name in small]
    load = [0] * units
    paths = sorted((folder / "code_objects").glob("*.cpp"), key=lambda p: (-p.stat().st_size, p.name))
    original = {path.stem: path.read_text() for path in paths}
    hints = dataclasses.replace(hints, dense=applicable(original, hints.dense))
    for name, code in original.items():
        text = faster(name, code, hints)
        if _ONCE.search(name):
            once.append(text)
        else:
            k = load.index(min(load))
            texts[k].append(text)
            load[k] += len(text)
    names = []
    for name, parts in [*((f"unit{k}.cpp", parts) for k, parts in enumerate(texts)), ("once.cpp", once)]:
        if parts:
            names.append(name)
            (folder / name).write_text("\n".join(_with_own_helpers(parts)))
    return names


def _with_own_helpers(parts: list[str]) -> list[str]:
    """Code objects of one unit, each with its helpers in a namespace; those that are the same are written once."""
    spaces: dict[str, str] = {}
    found = []
    for text in parts:
        helpers = re.search(r"(?ms)^namespace \{\n.*?^\}\n", text)
        if helpers:
            known = helpers[0] in spaces
            space = spaces.setdefault(helpers[0], f"support_{len(spaces)}")
            own = "" if known else helpers[0].replace("namespace {", f"namespace {space} {{", 1)
            text = text[: helpers.start()] + own + text[helpers.end() :]
            text = re.sub(r"(\n\s*using namespace brian;)", rf"\1 using namespace {space};", text)
        found.append(text)
    return found
