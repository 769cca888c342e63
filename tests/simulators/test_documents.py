"""docs/simulator.md is as new as the tables, and its example can be played."""

from __future__ import annotations

import re

import pytest

from simulators import documents
from simulators.errors import SimulatorError
from simulators.scenes import preview, reading


@pytest.mark.parametrize("name", documents.BLOCKS)
def test_the_document_is_as_new_as_its_tables(name):
    text = documents.DOCUMENT.read_text(encoding="utf-8")
    assert text == documents.current(text, name), "run: python -m simulators.documents"


def test_a_block_that_is_not_there_is_an_error():
    with pytest.raises(ValueError, match="0 blocks faults"):
        documents.current("# nothing here", "faults")


def test_the_example_can_be_played(tmp_path):
    [example] = re.findall(r"```toml\n(.*?)```", documents.DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    file = tmp_path / "canal.toml"
    file.write_text(example, encoding="utf-8")
    scene = reading.load(str(file))
    assert scene.title == "Two old men by the canal"
    assert scene.families.answers == 0.8
    head, first, second, chance = preview.lines(scene)
    assert head.startswith(
        "Two old men by the canal: 24 Nov 01:00 to 24 Nov 03:00, 48 persons, 80 devices, at least 2.0"
    )
    assert first.startswith("24 Nov 01:20  night_exit of zibo-000003 (zb-000003")
    assert first.endswith("must be found as zone_exit")
    assert second == "24 Nov 01:50  outage of 2 devices for 30m"
    assert chance.startswith("by chance besides: outing, washing")
    twice = file.with_name("twice.toml")
    twice.write_text(example + '[[steps]]\nat = "01:30"\ndo = "episode"\nname = "sos"\nwho = "zb-000003"\n')
    with pytest.raises(SimulatorError, match=r"scene twice, step 3 at 01:30: .* is in night_exit from 24 Nov 01:20"):
        list(preview.lines(reading.load(str(twice))))
    broken = file.with_name("broken.toml")
    broken.write_text(example.replace('"night_exit"', '"night_exi"'), encoding="utf-8")
    with pytest.raises(SimulatorError, match=r"line 20: .*did you mean night_exit"):
        reading.load(str(broken))
