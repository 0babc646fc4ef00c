"""Result files are netCDF that others read, and others' netCDF is read."""

import json

import numpy as np
import pytest
import xarray as xr

from burstnet.errors import ResultError
from burstnet.netcdf import read_dataset, write_dataset
from burstnet.result import Result


@pytest.fixture
def data():
    random = np.random.default_rng(1)
    return xr.Dataset(
        {
            "rate": (("seed", "time"), random.normal(size=(2, 100)), {"units": "Hz"}),
            "weight": (("seed", "time", "drive_index"), random.normal(size=(2, 100, 7))),
            "a_spike_step": ("a_spike", random.integers(0, 9, 500).astype(np.int32)),
            "a_spike_kind": (
                "a_spike",
                random.integers(0, 3, 500).astype(np.int8),
                {"flag_values": [0, 1, 2], "flag_meanings": "event burst further"},
            ),
            "none": (("seed", "empty"), np.zeros((2, 0))),
        },
        {"seed": [3, 1], "time": ("time", np.arange(100) / 50, {"units": "s"})},
        {"burstnet_schema": 1, "about": json.dumps({"text": "x" * 100_000})},
    )


def test_what_is_written_is_read_by_us_and_by_xarray(tmp_path, data):
    write_dataset(tmp_path / "a.nc", data)
    xr.testing.assert_identical(read_dataset(tmp_path / "a.nc"), data)
    xr.testing.assert_identical(xr.load_dataset(tmp_path / "a.nc", engine="h5netcdf"), data)


def test_what_xarray_wrote_is_read(tmp_path, data):
    data.to_netcdf(tmp_path / "b.nc", engine="h5netcdf", encoding={"rate": {"zlib": True}})
    xr.testing.assert_identical(read_dataset(tmp_path / "b.nc"), data)


def test_spikes_can_be_left_out(tmp_path, data):
    write_dataset(tmp_path / "a.nc", data)
    light = Result.load(tmp_path / "a.nc", spikes=False)
    assert "a_spike_step" not in light.data and "rate" in light.data


@pytest.mark.parametrize("keep", [0, 10, 500, 3000])
def test_a_truncated_file_is_one_sentence(tmp_path, data, keep):
    write_dataset(tmp_path / "a.nc", data)
    whole = (tmp_path / "a.nc").read_bytes()
    (tmp_path / "a.nc").write_bytes(whole[:keep])
    with pytest.raises(ResultError, match="a.nc"):
        Result.load(tmp_path / "a.nc")
