"""An xarray Dataset as a netCDF 4 file and back, through h5py. Imports nothing of burstnet.

xarray's own writer and reader spend ten times as long on the few dozen small variables of one run, most of it on what
our files do not have (groups, unlimited dimensions, calendars). What is written here is what netCDF-C, h5netcdf and
`xarray.open_dataset` read; what they wrote is read here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["LOCKING", "read_dataset", "write_dataset"]

#: Files are written under another name and moved into place, so that nobody needs a lock; one would be inherited for a
#: moment by every process that a thread beside starts, and some shared disks have none.
LOCKING = False

#: What the format says of a dimension that has no coordinate.
_PLAIN = "This is a netCDF dimension but not a netCDF variable."
#: Attributes that are of the format, not of the data.
_HIDDEN = {
    "CLASS",
    "NAME",
    "DIMENSION_LIST",
    "REFERENCE_LIST",
    "_FillValue",
    "_Netcdf4Coordinates",
    "_Netcdf4Dimid",
    "_NCProperties",
    "_nc3_strict",
    "coordinates",
}
#: Smaller arrays are not worth a filter; larger ones are compressed in pieces of at most so many numbers.
_SMALL, _CHUNK = 64, 1 << 18


def write_dataset(path: Path, data: xr.Dataset) -> None:
    """Write numbers, their dimensions, coordinates and attributes.

    Parameters
    ----------
    path : Path
        Overwritten.
    data : xarray.Dataset
        Of numbers; coordinates are one-dimensional and named as their dimension.
    """
    import h5py

    with h5py.File(path, "w", track_order=True, locking=LOCKING) as file:
        file.attrs["_NCProperties"] = "version=2,burstnet"
        for name, value in data.attrs.items():
            file.attrs[str(name)] = _attribute(value)
        scales = {}
        for k, (name, size) in enumerate(data.sizes.items()):
            if name in data.coords:
                scale = _create(file, str(name), np.asarray(data.coords[name].values), data.coords[name].attrs)
                scale.make_scale(str(name))
            else:
                scale = file.create_dataset(str(name), (size,), ">f4")
                scale.make_scale(f"{_PLAIN}{size:10d}")
            scale.attrs["_Netcdf4Dimid"] = np.int32(k)
            scales[name] = scale
        for name, variable in data.data_vars.items():
            made = _create(file, str(name), np.asarray(variable.values), variable.attrs)
            for k, dimension in enumerate(variable.dims):
                made.dims[k].attach_scale(scales[dimension])


def _create(file: Any, name: str, values: np.ndarray, attributes: dict) -> Any:
    packed: dict[str, Any] = {}
    if values.size > _SMALL:
        rows = max(1, _CHUNK // max(1, int(np.prod(values.shape[1:]))))
        chunks = (min(len(values), rows), *(min(n, _CHUNK) for n in values.shape[1:]))
        packed = {"chunks": chunks, "compression": "gzip", "compression_opts": 1, "shuffle": True}
    made = file.create_dataset(name, data=values, **packed)
    for key, value in attributes.items():
        made.attrs[str(key)] = _attribute(value)
    return made


def _attribute(value: Any) -> Any:
    """A long text goes outside of the header, where there is room for 64 kB; numbers as they are."""
    if isinstance(value, str):
        return np.array(value, dtype=object) if len(value) > 1000 else np.bytes_(value.encode())
    return np.asarray(value)


def read_dataset(path: Path, wanted: Callable[[str], bool] = lambda name: True) -> xr.Dataset:
    """Read a file, all of it into memory.

    Parameters
    ----------
    path : Path
    wanted : callable
        Whether a variable or coordinate of that name is read.

    Raises
    ------
    OSError, LookupError, ValueError, TypeError, AttributeError, RuntimeError
        If it is not such a file, or broken.
    """
    import h5py
    import xarray as xr

    variables: dict[str, tuple] = {}
    coordinates: dict[str, tuple] = {}
    with h5py.File(path, locking=LOCKING) as file:
        attributes = {n: _plain(v) for n, v in file.attrs.items() if n not in _HIDDEN}
        for name, item in file.items():
            if not wanted(name) or not isinstance(item, h5py.Dataset) or item.dtype.kind not in "biuf":
                continue
            own = dict(item.attrs)
            if _plain(own.get("NAME", "")).startswith(_PLAIN):
                continue
            scale = own.get("CLASS") == b"DIMENSION_SCALE"
            dimensions = (name,) if scale else _dimensions(file, own.get("DIMENSION_LIST", ()))
            kept = {n: _plain(v) for n, v in own.items() if n not in _HIDDEN}
            (coordinates if scale else variables)[name] = (dimensions, item[()], kept)
    return xr.Dataset(variables, coordinates, attributes)


def _dimensions(file: Any, references: Any) -> tuple[str, ...]:
    return tuple(str(file[one[0]].name).removeprefix("/") for one in references)


def _plain(value: Any) -> Any:
    """An attribute as it was given: text as str, one number as a number."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, np.ndarray) and value.size == 1 and value.dtype.kind != "S":
        return _plain(value.ravel()[0])
    return value
