"""How often each rule was right, as people said afterwards."""

from __future__ import annotations

from pydantic import BaseModel, Field


class RuleRecord(BaseModel):
    """One kind and reason of detection, with what became of the incidents in which it called somebody."""

    kind: str = Field(description="What was concluded")
    reason: str = Field(description="Why, one machine word")
    alerts: int = Field(description="Incidents in which it called somebody, 0 or more")
    open: int = Field(description="Of those, not resolved yet")
    found: int = Field(description="The person was found, safe")
    returned: int = Field(description="The person came back")
    false_alarm: int = Field(description="There was nothing: the figure to keep low")
    test: int = Field(description="A test")
    cleared: int = Field(description="Over by itself")
    sentence: dict[str, str] = Field(description="In words, by language: this rule: 12 alerts, 3 false")


class RuleList(BaseModel):
    """Rules, most false alarms first."""

    items: list[RuleRecord] = Field(description="Rules, most false alarms first")
