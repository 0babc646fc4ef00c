"""Shared circuits and caches of the target tests."""

import pytest
from brian2 import second

from burstnet.models import burstccn
from burstnet.protocols.target_rate import TargetRate


@pytest.fixture(scope="session", autouse=True)
def shared_cache(tmp_path_factory):
    """One build cache for the session: tests that need another set their own."""
    patch = pytest.MonkeyPatch()
    patch.setenv("BURSTNET_CACHE", str(tmp_path_factory.mktemp("cache")))
    yield
    patch.undo()


@pytest.fixture
def short() -> TargetRate:
    """Four seconds with one teaching phase."""
    zero = 0 * second
    return TargetRate(
        increase_pre=2 * second,
        increase_during=2 * second,
        increase_post=zero,
        decrease_pre=zero,
        decrease_during=zero,
        decrease_post=zero,
        tail=zero,
    )


@pytest.fixture
def circuit():
    return burstccn.circuit()
