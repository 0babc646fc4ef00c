"""Brian2CUDA for the time of one generation: a device of our own, its preferences, and a mended template. Needs the extra cuda."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from brian2 import TimedArray, prefs
from brian2.devices.device import all_devices, reset_device, set_device
from brian2cuda.codeobject import CUDAStandaloneCodeObject
from brian2cuda.cuda_generator import CUDACodeGenerator
from brian2cuda.device import CUDAStandaloneDevice
from brian2cuda.utils import gputools
from jinja2 import ChoiceLoader, DictLoader

__all__ = ["generating", "give_tables"]

_DEVICE = "burstnet_cuda"
_BACKEND = "devices.cuda_standalone.cuda_backend."


class _MonitorCode(CUDAStandaloneCodeObject):
    """Event monitors: Brian2CUDA's template forgets the part of a recorded expression that all cells share."""

    templater = CUDAStandaloneCodeObject.templater.derive("brian2cuda")
    _known = templater.env.loader
    _text = _known.get_source(templater.env, "spikemonitor.cu")[0]
    _mended = _text.replace("// vector_code\n", "{{scalar_code|autoindent}}\n// vector_code\n", 1)
    templater.env.loader = ChoiceLoader([DictLoader({"spikemonitor.cu": _mended}), _known])


class _Device(CUDAStandaloneDevice):
    """Brian2CUDA's device with the mended template."""

    def code_object(
        self, owner: Any, name: str, abstract_code: Any, variables: Any, template_name: str, *rest: Any, **named: Any
    ) -> Any:
        """A code object, as Brian2 asks for it."""
        if template_name == "spikemonitor":
            named["codeobj_class"] = _MonitorCode
        return super().code_object(owner, name, abstract_code, variables, template_name, *rest, **named)


# A device of our own, so that a user's own standalone project in the same process stays untouched.
all_devices.setdefault(_DEVICE, _Device())


def give_tables(objects: Iterable[Any]) -> None:
    """Let CUDA read the tables (`brian2.TimedArray`) that Brian2 objects use.

    A table knows the targets that were there when it was made; those of a model are made before Brian2CUDA is imported.
    """
    for thing in objects:
        for table in (getattr(thing, "namespace", None) or {}).values():
            if isinstance(table, TimedArray):
                write = TimedArray.implementations["cuda"][table.values.ndim - 1]
                values = {f"{table.name}_values": np.ascontiguousarray(table.values, dtype=float).ravel()}
                table.implementations.add_dynamic_implementation(
                    "cuda",
                    write(table.values, table.dt, table.name),
                    namespace=lambda owner, values=values: values,
                    name=table.name,
                )


@contextlib.contextmanager
def generating(folder: Path, capability: str, cuda_path: str, runtime: float) -> Iterator[CUDAStandaloneDevice]:
    """Our device and preferences; what was there before comes back.

    Parameters
    ----------
    folder : Path
        Of the project.
    capability : str
        Compute capability, such as ``"9.0"``.
    cuda_path : str
        Root of the toolkit; it need not exist.
    runtime : float
        Version of CUDA that the project is for.
    """
    ours = {
        "codegen.cpp.extra_compile_args_gcc": ["-w"],
        "codegen.cpp.headers": [],
        "core.default_float_dtype": np.float64,
        "core.stop_on_keyboard_interrupt": False,
        # Brian2CUDA would else start nvidia-smi, which a machine without a GPU lacks
        f"{_BACKEND}detect_gpus": False,
        f"{_BACKEND}detect_cuda": False,
        f"{_BACKEND}gpu_id": 0,
        f"{_BACKEND}compute_capability": float(capability),
        f"{_BACKEND}cuda_path": cuda_path,
        f"{_BACKEND}cuda_runtime_version": runtime,
        f"{_BACKEND}extra_compile_args_nvcc": ["-w"],
    }
    before = {name: prefs[name] for name in ours if name in prefs}
    device, log = all_devices[_DEVICE], logging.getLogger("brian2.brian2cuda")
    level = log.level
    try:
        log.setLevel(logging.ERROR)  # it tells all its preferences
        for name in before:
            prefs[name] = ours[name]
        _forget()
        set_device(_DEVICE, build_on_run=False, directory=str(folder))
        device.reinit()
        device.activate(build_on_run=False, directory=str(folder))
        yield device
    finally:
        device.reinit()
        reset_device()
        for name, value in before.items():
            prefs[name] = value
        _forget()
        log.setLevel(level)


def _forget() -> None:
    """What Brian2CUDA found out once and keeps for the process."""
    gputools.reset_cuda_installation()
    gputools.reset_gpu_selection()
    CUDACodeGenerator.universal_support_code = None
