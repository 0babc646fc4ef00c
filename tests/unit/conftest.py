"""Unit tests run Brian2's numpy target, in this process, and leave its preferences as they were."""

import pytest
from brian2 import prefs
from brian2.devices.device import reset_device, set_device


@pytest.fixture(autouse=True, scope="module")
def numpy_target():
    before = prefs.codegen.target
    set_device("runtime")
    prefs.codegen.target = "numpy"
    yield
    prefs.codegen.target = before
    reset_device()
