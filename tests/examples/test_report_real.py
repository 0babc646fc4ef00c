"""The page of what the commands really leave: `burstnet lesion`, `sweep` and `run`, then `burstnet report`."""

import subprocess
import sys
from html import unescape

import pytest
from support import needs_compiler

SHORT = [f"--set={name}=0.2s" for name in ("pre", "during")] + [f"--set={name}=0.05s" for name in ("post", "tail")]
COMMON = ["--target", "cpp", "--seeds", "1:2", "--jobs", "1", "--set=input.n=10", "--set=output.n=10", *SHORT]


@pytest.fixture
def burstnet(tmp_path):
    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "burstnet.cli", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@needs_compiler
@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            ["lesion", "--arm", "no-Y: Y:scale=0@0.1s..0.3s"],
            ["2 arms, each with seeds 1, 2", "Y:scale=0@0.1s..0.3s", "Measured"],
        ),
        (["sweep", "--vary", "increase_to=8Hz,10Hz", "--vary", "input.cell.tau_s=8ms,16ms"], ["4 points", "Measured"]),
        (
            ["run", "--lesion", "Y:scale=0@0.1s..0.3s"],
            ["A run of <b>target-rate</b> with seeds 1, 2", "Y:scale=0@0.1s..0.3s"],
        ),
    ],
)
def test_commands_leave_what_the_page_reads(burstnet, tmp_path, command, said):
    name, *options = command
    burstnet(name, "target-rate", *COMMON, *options, "-o", "out")
    assert "page.html" in burstnet("report", "out", "-o", "page.html")
    text = unescape((tmp_path / "page.html").read_text())
    for words in (*said, "Greedy", "input.n", "inc_during.out_event_last5", "Over time", "Circuit", "drive.w_max"):
        assert words in text, words
    assert f"burstnet {name} target-rate" in text or f" {name} target-rate" in text
    assert "could not be read" not in text and "No result file" not in text
