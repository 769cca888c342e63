"""What became of the alerts of each rule: the feedback of people, against kind and reason. No names."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from alerts.store import figures
from alerts.store.figures import Rule
from api.access import Action
from api.dependencies import ConnectionDep, May, ServicesDep
from api.errors import NotSignedIn, WrongRole, documented
from api.schemas.fields import AskedInstant
from api.schemas.rules import RuleList, RuleRecord
from api.viewer import Viewer

router = APIRouter(tags=["fleet"], responses=documented(NotSignedIn, WrongRole))
Reader = Annotated[Viewer, Depends(May(Action.READ_RULES))]
_MONTH = timedelta(days=30)


@router.get("/rules")
async def list_rules(
    viewer: Reader,
    connection: ConnectionDep,
    parts: ServicesDep,
    since: Annotated[AskedInstant | None, Query(description="Handled since; left away: 30 days")] = None,
) -> RuleList:
    """Every rule that called somebody, with how its incidents ended. Outcomes are what people chose when closing."""
    del viewer
    found = await figures.rules(connection, since=since or parts.clock.now() - _MONTH)
    return RuleList(items=[RuleRecord(**asdict(rule), sentence=_sentence(rule)) for rule in found])


def _sentence(rule: Rule) -> dict[str, str]:
    return {
        "zh-CN": f"这条规则：{rule.alerts}次提醒，其中{rule.false_alarm}次误报",
        "en": f"this rule: {rule.alerts} alerts, {rule.false_alarm} false",
    }
