"""``python -m burstnet.cli``. Imports the package."""

from __future__ import annotations

from . import main

main()
