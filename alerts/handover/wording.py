"""What a CAP message says in words, Chinese first. Pure. No name, no address, no telephone number of the family."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.handover.cap import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whom a message is about, as far as it may say."""

    #: Years; None: not known.
    age: int | None
    #: female, male or ''.
    gender: str
    #: As the family wrote it: build, hair, what is worn, gait, aids.
    looks: tuple[str, ...]
    approach: str
    area: str
    last_seen_at: datetime | None
    time_zone: str


_WHO_ZH = {"female": "一位女性老人", "male": "一位男性老人", "": "一位老人"}
_WHO_EN = {"female": "an elderly woman", "male": "an elderly man", "": "an elderly person"}


def searching(subject: Subject) -> tuple[Words, ...]:
    """While somebody is looked for."""
    looks = "；".join(part for part in subject.looks if part)
    age_zh = f"，{subject.age}岁左右" if subject.age is not None else ""
    age_en = f", about {subject.age}" if subject.age is not None else ""
    return (
        Words(
            language="zh-CN",
            event="失智老人走失",
            headline=f"寻找{_WHO_ZH[subject.gender]}{age_zh}，患有认知障碍，可能迷路",
            description=_sentences("。", _seen_zh(subject), looks),
            instruction=_sentences("。", "见到请从正面慢慢走近，轻声说话，陪在身边，拨打110", subject.approach),
            area=subject.area or "见图形范围",
        ),
        Words(
            language="en-US",
            event="Missing person with dementia",
            headline=f"Looking for {_WHO_EN[subject.gender]}{age_en}, living with dementia and possibly lost",
            description=_sentences(". ", _seen_en(subject), looks),
            instruction=_sentences(
                ". ",
                "If seen: approach slowly from the front, speak softly, stay with them, call 110",
                subject.approach,
            ),
            area=subject.area or "As drawn",
        ),
    )


def over(subject: Subject) -> tuple[Words, ...]:
    """When the search has ended: who it was and where they are is nobody's business any more."""
    return (
        Words(
            language="zh-CN",
            event="失智老人走失",
            headline="寻人结束，谢谢大家",
            description="",
            instruction="请停止寻找，并删除此前收到的信息。",
            area=subject.area or "此前范围",
        ),
        Words(
            language="en-US",
            event="Missing person with dementia",
            headline="The search is over. Thank you",
            description="",
            instruction="Please stop searching and delete what you received.",
            area=subject.area or "As before",
        ),
    )


def _seen_zh(subject: Subject) -> str:
    if subject.last_seen_at is None:
        return "最后出现的时间不详"
    return f"最后一次定位：{subject.last_seen_at.astimezone(ZoneInfo(subject.time_zone)):%m月%d日%H:%M}"


def _seen_en(subject: Subject) -> str:
    if subject.last_seen_at is None:
        return "Time last seen not known"
    return f"Last located {subject.last_seen_at.astimezone(ZoneInfo(subject.time_zone)):%d %b %H:%M}"


def _sentences(stop: str, *parts: str) -> str:
    said = [part.rstrip("。. ") for part in parts if part]
    return stop.join(said) + stop.rstrip() if said else ""
