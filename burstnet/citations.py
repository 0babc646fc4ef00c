"""What to cite beside the model of a protocol. Imports nothing."""

from __future__ import annotations

__all__ = ["BRIAN2", "BURSTNET"]

BRIAN2 = (
    "Stimberg M, Brette R, Goodman DFM (2019). Brian 2, an intuitive and efficient neural simulator. eLife 8:e47314. "
    "doi:10.7554/eLife.47314"
)
BURSTNET = "burstnet: see CITATION.cff in its repository."
