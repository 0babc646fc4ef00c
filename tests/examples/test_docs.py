"""The examples of the documentation's pages, run as they stand."""

import doctest
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
#: Pages with examples, but for the quickstart, whose examples need the results of its commands.
PAGES = sorted(page.name for page in DOCS.glob("*.rst") if ">>>" in page.read_text() and page.name != "quickstart.rst")


@pytest.mark.parametrize("page", PAGES)
def test_examples_of_a_page(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (DOCS / page).read_text()
    example = doctest.DocTestParser().get_doctest(text, {}, page, str(DOCS / page), 0)
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).run(example, out=said.append)
    assert not said, "".join(said)
