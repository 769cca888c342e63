"""How tests are given to several processes: a real run of small ones, with the rules of tests/workers.py."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import workers

CONFTEST = """
from pathlib import Path
import pytest
from tests import workers

workers.TESTS = Path(__file__).parent

def pytest_configure(config):
    config.addinivalue_line("markers", "alone: as in the repository")
    workers.register(config)

def pytest_collection_modifyitems(config, items):
    workers.arrange(items, spread=workers.is_one_of_several(config))

@pytest.fixture
def room(request):
    # Who is in a test now, as files; the moment is long enough for another to come in.
    here = Path(__file__).parent / "room"
    here.mkdir(exist_ok=True)
    mine = here / request.node.name
    mine.touch()
    yield lambda: sorted(one.name for one in here.iterdir())
    mine.unlink()
"""
TOGETHER = """
import time, pytest

@pytest.mark.parametrize("number", range(8))
def test_{name}(room, number):
    until = time.monotonic() + 0.05
    while time.monotonic() < until:
        assert not any("alone" in one for one in room())
"""
ALONE = """
import time, pytest

def test_beside(room):
    pass

@pytest.mark.alone
@pytest.mark.parametrize("number", range(3))
def test_alone(room, number):
    until = time.monotonic() + 0.1
    while time.monotonic() < until:
        assert len(room()) == 1
"""
SKIPS = "import pytest\n\ndef test_s():\n    pytest.skip('for want of a moon')\n"
CRASHES = (
    "import os, signal\n\ndef test_c():\n    os.kill(os.getpid(), signal.SIGKILL)\n\ndef test_after():\n    pass\n"
)

pytestmark = pytest.mark.slow


def run(folder: Path, **files: str) -> tuple[int, str]:
    (folder / "conftest.py").write_text(CONFTEST)
    for name, text in files.items():
        (folder / f"test_{name}.py").write_text(text)
    options = ["-n", "2", "--dist", "loadfile", "-ra", "-v", "-p", "no:cacheprovider", "--rootdir", str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(folder)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    return done.returncode, done.stdout + done.stderr


def test_whole_files_go_to_a_worker_and_who_measures_is_alone(tmp_path):
    code, said = run(
        tmp_path, one=TOGETHER.format(name="one"), other=TOGETHER.format(name="other"), alone=ALONE, skips=SKIPS
    )
    assert code == 0, said
    assert "20 passed, 1 skipped" in said
    assert "for want of a moon" in said
    assert re.findall(r"PASSED test_\w+\.py::test_(\w+)", said)[-3:] == ["alone"] * 3, said
    for file in ("one", "other"):
        assert len(set(re.findall(rf"\[(gw\d)\] .*PASSED test_{file}\.py", said))) == 1, said
    assert len(set(re.findall(r"\[(gw\d)\] .*PASSED test_o", said))) == 2, said


def test_a_worker_that_dies_fails_the_run(tmp_path):
    code, said = run(tmp_path, crashes=CRASHES, one=TOGETHER.format(name="one"))
    assert code == 1, said
    assert "crashed while running" in said
    assert "1 failed, 9 passed" in said


def test_a_unit_is_a_file_or_a_whole_folder_or_those_who_run_alone():
    named = ["tests/api/test_a.py::test_x[a::b]", "tests/end_to_end/test_a.py::test_x", "tests/api/test_b.py::test_x"]
    units = [workers.unit_of(one, alone=named[2:]) for one in named]
    assert units == ["tests/api/test_a.py", "tests/end_to_end/", workers.ALONE]
