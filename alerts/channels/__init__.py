"""Ways to reach a receiver: one file a channel, listed here by the kind that receivers' entries name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import structlog

from alerts.channels import apprise_channel, bracelet, console, mail, sms, voice, web_push, webhook
from alerts.channels.channel import Channel, Sender
from alerts.errors import ChannelError

log = structlog.get_logger(__name__)

CHANNELS: Mapping[str, Channel] = MappingProxyType(
    {
        channel.kind: channel
        for channel in (
            webhook.CHANNEL,
            web_push.CHANNEL,
            sms.CHANNEL,
            voice.CHANNEL,
            mail.CHANNEL,
            apprise_channel.CHANNEL,
            bracelet.CHANNEL,
            console.CHANNEL,
        )
    }
)

__all__ = ["CHANNELS", "Channel", "Sender", "destination", "problem", "works"]


def problem(entry: Mapping[str, Any]) -> str | None:
    """What is wrong with a receiver's entry, with what to write; None when it can be used."""
    channel = CHANNELS.get(str(entry.get("kind")))
    if channel is None:
        return f'"kind" is {entry.get("kind")!r}: write one of {", ".join(CHANNELS)}'
    try:
        return channel.problem(entry)
    except Exception as error:
        # A library that stumbles over one address must not keep an incident from being opened.
        log.exception("channel_not_checked", channel=channel.kind)
        return f"it cannot be checked ({type(error).__name__}): write another address"


def works(entry: Mapping[str, Any]) -> bool:
    """Whether an entry can be used as it is written."""
    return problem(entry) is None


def destination(entry: Mapping[str, Any]) -> str:
    """What hangs together with this entry when it hangs.

    Raises:
        ChannelError: the entry cannot be used.
    """
    if wrong := problem(entry):
        raise ChannelError(wrong)
    return CHANNELS[str(entry["kind"])].destination(entry)
