"""What all tests share: one folder of built programs."""

import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    """Path of the build cache of all tests and workers, the caller's where BURSTNET_CACHE names one; programs are found by what they do."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with pytest.MonkeyPatch.context() as patch:
        if "BURSTNET_CACHE" not in os.environ:
            patch.setenv("BURSTNET_CACHE", str(shared / "programs"))
        yield os.environ["BURSTNET_CACHE"]
