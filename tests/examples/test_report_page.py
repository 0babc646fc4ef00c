"""The page as a person meets it: opened in Chromium, on a desk, on a phone and on paper."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from matplotlib.image import imread
from study_folders import make_run, make_study, make_sweep

from burstnet.report import write_report

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
#: What a person sees, asked of the browser by the page itself, which tells it to the frame around.
PROBE = """
<script>
addEventListener("load", () => {
  const seen = e => { const b = e.getBoundingClientRect(); return b.width > 60 && b.height > 40; };
  const found = {
    title: document.title,
    heading: document.querySelector("h1").innerText,
    headings: [...document.querySelectorAll("h2")].map(e => e.innerText),
    images: [...document.images].map(e => [e.alt, e.complete && e.naturalWidth > 0 && seen(e)]),
    tables: document.querySelectorAll("table").length,
    requests: performance.getEntriesByType("resource").map(e => e.name).filter(n => !n.startsWith("data:")),
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  };
  parent.postMessage(JSON.stringify(found), "*");
});
</script>
"""
#: A window within the window: Chromium's own is never as narrow as a phone.
FRAME = """
<pre id="probe"></pre>
<script>addEventListener("message", e => document.getElementById("probe").innerText = e.data)</script>
<iframe src="probed.html" width="{width}" height="{height}" style="border: 0"></iframe>
"""


def find_chromium() -> str | None:
    """The first Chromium that starts."""
    for name in (os.environ.get("CHROMIUM", ""), *NAMES):
        path = shutil.which(name) if name else None
        if path and subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0:
            return path
    return None


CHROMIUM = find_chromium()
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=f"no Chromium found (looked for {', '.join(NAMES)})")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    root = tmp_path_factory.mktemp("pages")
    folders = {
        "study": make_study(root / "study", failed=[("no-Y", 3)]),
        "sweep": make_sweep(root / "sweep"),
        "run": make_run(root / "run"),
    }
    return {kind: write_report(folder) for kind, folder in folders.items()}


def browse(profile: Path, page: Path, *options: str) -> subprocess.CompletedProcess:
    """Open a page; the network is cut off, so that only what is in the page can be seen."""
    return subprocess.run(
        [
            str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
            "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={profile}", "--enable-logging=stderr",
            "--log-level=0", "--virtual-time-budget=5000", *options, page.as_uri(),
        ],
        capture_output=True, text=True, timeout=180, check=True,
    )  # fmt: skip


def complaints(done: subprocess.CompletedProcess) -> list[str]:
    """Messages of the page's console."""
    return [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def look(tmp_path: Path, page: Path, width: int, height: int) -> dict:
    """What a person sees in a window of this size."""
    text = re.sub(r"<meta http-equiv=[^>]*>", "", page.read_text())  # which forbids scripts
    (tmp_path / "probed.html").write_text(text.replace("</head>", PROBE + "</head>"))
    frame = tmp_path / "frame.html"
    frame.write_text(FRAME.format(width=width, height=height))
    done = browse(tmp_path / "profile", frame, "--dump-dom", "--window-size=1400,1200")
    assert complaints(done) == []
    found = re.search(r'<pre id="probe">(.+?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr
    return json.loads(html.unescape(found[1]))


@pytest.mark.parametrize(
    ("kind", "figures", "headings"),
    [
        ("study", {"The circuit", "No-Y", "Event rate of output", "Weight", "inc_during.out_event_last5"},
         ["To be aware of", "Circuit", "Over time", "Measured", "Numbers", "Arms", "Parameters"]),
        ("sweep", {"The circuit", "Event rate of output", "inc_during.out_event_last5"},
         ["Circuit", "Over time", "Measured", "Numbers", "Points of the sweep", "Parameters"]),
        ("run", {"The circuit", "Event rate of output"}, ["Circuit", "Over time", "Numbers", "Parameters"]),
    ],
)  # fmt: skip
def test_page_is_read_on_a_desk(pages, tmp_path, kind, figures, headings):
    seen = look(tmp_path, pages[kind], 1200, 900)
    assert seen["title"].startswith("target-rate: ") and "BurstCCN" in seen["heading"]
    assert [h for h in seen["headings"] if h in headings] == headings
    assert figures <= {name for name, _ in seen["images"]} and all(visible for _, visible in seen["images"])
    assert seen["tables"] >= 3 and seen["requests"] == [] and seen["overflow"] == 0


def test_page_is_read_on_a_phone(pages, tmp_path):
    seen = look(tmp_path, pages["study"], 390, 800)
    assert seen["overflow"] == 0 and seen["images"] and all(visible for _, visible in seen["images"])


def test_page_as_it_is_draws_without_a_complaint(pages, tmp_path):
    picture = tmp_path / "page.png"
    done = browse(tmp_path / "profile", pages["study"], f"--screenshot={picture}", "--window-size=1200,2400")
    assert complaints(done) == []
    pixels = imread(picture)[..., :3]
    assert pixels.shape == (2400, 1200, 3) and pixels.std() > 0.05
    assert len(set(map(tuple, (pixels[::7, ::7] * 15).astype(int).reshape(-1, 3)))) > 30  # figures have colours


def test_page_prints(pages, tmp_path):
    paper = tmp_path / "page.pdf"
    done = browse(tmp_path / "profile", pages["study"], f"--print-to-pdf={paper}", "--no-pdf-header-footer")
    assert complaints(done) == []
    data = paper.read_bytes()
    sheets = len(re.findall(rb"/Type\s*/Page\b", data))
    assert data.startswith(b"%PDF") and 2 <= sheets <= 15 and len(data) > 50_000
