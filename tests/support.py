"""Helpers that several tests share."""

import pytest

from burstnet.errors import BuildError
from burstnet.targets.compiler import find_compiler


def has_compiler() -> bool:
    """Whether a C++ compiler works here."""
    try:
        find_compiler()
    except BuildError:
        return False
    return True


needs_compiler = pytest.mark.skipif(not has_compiler(), reason="no C++ compiler")
