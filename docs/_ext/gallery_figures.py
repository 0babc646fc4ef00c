"""Lets the gallery show figures that are bound to no backend, such as those of `burstnet.plots.target_rate_figure`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst


def _get_sg_image_scraper() -> Callable[..., str]:
    """Where sphinx-gallery looks for a module's scraper."""
    return scrape


def scrape(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save every `Figure` that is a new global of the example; those of pyplot are sphinx-gallery's own."""
    from matplotlib import pyplot

    pyplots = [pyplot.figure(number) for number in pyplot.get_fignums()]
    shown = block_vars["example_globals"].setdefault("__figures_shown__", [])
    paths = []
    for thing in list(block_vars["example_globals"].values()):
        if isinstance(thing, Figure) and not any(thing is other for other in [*pyplots, *shown]):
            shown.append(thing)
            paths.append(next(block_vars["image_path_iterator"]))
            thing.savefig(paths[-1], dpi=150)
    return figure_rst(paths, gallery_conf["src_dir"])
