"""Messages to this browser: a signed-in receiver's browser becomes their first channel."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Query

from api import store
from api.access import Action
from api.dependencies import ConnectionDep, May, ServicesDep
from api.errors import NO_CONTENT, Conflict, Invalid, NotSignedIn, WrongRole, documented
from api.push_keys import public_key
from api.schemas.answers import PushKey, PushSubscription
from api.viewer import Viewer

router = APIRouter(prefix="/push", tags=["messages to this browser"], responses=documented(NotSignedIn, WrongRole))
Self = Annotated[Viewer, Depends(May(Action.READ_SELF))]


@router.get("/key")
async def read_push_key(_: Self, parts: ServicesDep) -> PushKey:
    """The key to subscribe with; none where TONGXING_ALERTS_VAPID_PRIVATE_KEY is not set."""
    private = parts.settings.alerts_vapid_private_key
    return PushKey(public_key=None if private is None else public_key(private.get_secret_value()))


@router.put("/subscription", status_code=NO_CONTENT, responses=documented(Conflict, Invalid))
async def subscribe_browser(
    body: PushSubscription, viewer: Self, connection: ConnectionDep, parts: ServicesDep
) -> None:
    """Tell me in this browser first. Only where alerts are sent to this login anyway."""
    host = urlsplit(body.endpoint).hostname or ""
    allowed = parts.settings.push_hosts
    if not any(host == known or host.endswith(f".{known}") for known in allowed):
        # Otherwise anybody with a login could make the server call addresses of its own network.
        raise Invalid(f"{host} is no push service we know: the operator can add it to TONGXING_API_PUSH_HOSTS.")
    entry = {"kind": "webpush", "endpoint": body.endpoint, "p256dh": body.p256dh, "auth": body.auth}
    if not await store.put_browser(connection, user_id=viewer.user.user_id, entry=entry):
        raise Conflict("No alerts are sent to this login: the operator enters it as a receiver first.")


@router.delete("/subscription", status_code=NO_CONTENT)
async def unsubscribe_browser(
    viewer: Self,
    connection: ConnectionDep,
    endpoint: Annotated[str, Query(max_length=1000, description="The subscription's address")],
) -> None:
    """No longer tell me in this browser."""
    await store.remove_browser(connection, user_id=viewer.user.user_id, endpoint=endpoint)
