"""The access table in itself: complete, and tight."""

from __future__ import annotations

import pytest

from api.access import TABLE, Action, Role, Scope, scope_of
from api.queries import live, visible


def test_every_action_has_a_row_and_the_admin_is_in_each() -> None:
    assert set(TABLE) == set(Action)
    assert all(scope_of(Role.ADMIN, action) is Scope.ALL for action in Action)


@pytest.mark.parametrize(
    ("role", "scope", "actions"),
    [
        (Role.FAMILY, Scope.ALL, {Action.READ_SELF, Action.READ_DIVISION, Action.READ_DANGERS}),
        (Role.RESPONDER, Scope.ALL, {Action.READ_SELF, Action.READ_DIVISION, Action.READ_DANGERS}),
        (Role.RESPONDER, Scope.OWN, set()),
        (
            Role.OPERATOR,
            Scope.ALL,
            {
                Action.READ_SELF,
                Action.READ_DEVICE,
                Action.WRITE_DEVICE,
                Action.READ_CREDENTIAL,
                Action.MANAGE_CREDENTIALS,
                Action.READ_QUARANTINE,
                Action.READ_SUMMARY,
                Action.READ_DIVISION,
                Action.READ_DANGERS,
                Action.WRITE_DANGERS,
                Action.READ_RULES,
                Action.READ_OUTAGE,
                Action.ACT_ON_OUTAGE,
            },
        ),
        (Role.OPERATOR, Scope.OWN, set()),
        (Role.OPERATOR, Scope.INVOLVED, set()),
    ],
)
def test_what_a_role_has_with_a_scope(role: Role, scope: Scope, actions: set[Action]) -> None:
    assert {action for action in Action if scope_of(role, action) is scope} == actions


@pytest.mark.parametrize(
    "action",
    [
        Action.READ_PERSON,
        Action.READ_POSITION,
        Action.READ_TRACK,
        Action.READ_INCIDENT,
        Action.ACT_ON_INCIDENT,
        Action.WATCH_LIVE,
        Action.READ_SEARCH,
        Action.READ_BRIEF,
        Action.READ_PROFILE,
        Action.HAND_OVER,
    ],
)
def test_an_operator_has_no_whereabouts(action: Action) -> None:
    assert scope_of(Role.OPERATOR, action) is None


def test_every_scope_has_its_condition() -> None:
    assert set(visible.PERSON) == set(visible.INCIDENT) == set(visible.TRACK_SINCE) == set(Scope)
    limited = {scope for scope in TABLE[Action.WATCH_LIVE].values() if scope is not Scope.ALL}
    assert set(live._PAIRS) == limited
    assert all(condition == "true" or "viewer." in condition for condition in visible.PERSON.values())
