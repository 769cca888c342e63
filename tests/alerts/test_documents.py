"""What the documents show of the tables of alerts is as new as the tables."""

from __future__ import annotations

import pytest

from alerts import documents
from alerts.plan import LADDERS


@pytest.mark.parametrize("name", documents.BLOCKS)
def test_the_block_is_current(name):
    file, _ = documents.BLOCKS[name]
    text = (documents.DOCS / file).read_text(encoding="utf-8")
    assert text == documents.current(text, name), "run: python -m alerts.documents"


def test_the_picture_shows_every_step_of_every_ladder():
    picture = documents.ladders()
    for ladder in LADDERS:
        for number in range(len(ladder.steps) + 1):
            assert f"{ladder.ladder_id}_{number}" in picture
    assert "sos" in picture
    assert "by night" in picture


def test_a_document_without_its_block_is_named():
    with pytest.raises(ValueError, match="has 0 blocks kinds"):
        documents.current("# nothing here", "kinds")
