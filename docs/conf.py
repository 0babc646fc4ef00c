"""Sphinx configuration.

A build needs no network: MathJax is fetched by the reader's browser, and there is no intersphinx.
"""

import sys
import warnings
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "burstnet"
author = "The burstnet maintainers"
copyright = "The burstnet maintainers, GPL-3.0-or-later"
release = version = installed_version("burstnet")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "burstnet_tables",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "gallery"]
nitpicky = False

autosummary_generate = True
autodoc_mock_imports = ["torch"]  # an extra of its own
autodoc_typehints = "none"  # numpydoc shows types with their units
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

# A worker whose memory has grown by a script's figures is replaced, and loky says so; warnings are errors here.
warnings.filterwarnings("ignore", message="A worker stopped while some jobs were given to the executor")
sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "filename_pattern": r"/plot_",
    "backreferences_dir": None,
    "image_scrapers": ("matplotlib", "gallery_figures"),
    "download_all_examples": False,
    "remove_config_comments": True,
    "show_signature": False,
    "parallel": 2,
}

html_theme = "pydata_sphinx_theme"
html_title = f"burstnet {release}"
html_theme_options = {"navigation_with_keys": False, "show_prev_next": False, "secondary_sidebar_items": ["page-toc"]}
html_sidebars = {"index": []}
