from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import lifecycle
from alerts.lifecycle import TABLE, Event, IllegalTransition, State

LEGAL = {
    ("open", "acknowledge"): "acknowledged",
    ("open", "respond"): "responding",
    ("open", "resolve"): "resolved",
    ("open", "returned"): "resolved",
    ("open", "lapse"): "resolved",
    ("acknowledged", "lapse"): "resolved",
    ("acknowledged", "respond"): "responding",
    ("acknowledged", "resolve"): "resolved",
    ("acknowledged", "reopen"): "open",
    ("acknowledged", "returned"): "resolved",
    ("responding", "resolve"): "resolved",
    ("responding", "reopen"): "open",
    ("responding", "returned"): "resolved",
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_every_pair_of_state_and_event(state, event):
    expected = LEGAL.get((state.value, event.value))
    if expected is None:
        with pytest.raises(IllegalTransition, match=f"the incident is {state}"):
            lifecycle.after(state, event)
    else:
        assert lifecycle.after(state, event) == expected


def test_the_refusal_says_what_is_possible():
    with pytest.raises(IllegalTransition, match="possible is: resolve, reopen, returned"):
        lifecycle.after(State.RESPONDING, Event.ACKNOWLEDGE)


@given(st.lists(st.sampled_from(Event)))
def test_resolved_is_final_and_every_walk_stays_in_the_table(events):
    state = State.OPEN
    for event in events:
        try:
            follows = lifecycle.after(state, event)
        except IllegalTransition:
            continue
        assert state is not State.RESOLVED
        state = follows
    assert state in TABLE


def test_the_page_is_as_new_as_the_table():
    page = Path(__file__).parents[2] / "docs" / "lifecycle.md"
    assert page.read_text(encoding="utf-8") == lifecycle.document(), (
        "run: python -m alerts.lifecycle > docs/lifecycle.md"
    )
