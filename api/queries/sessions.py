"""Who a token speaks for, and what a sign-in is checked against. Expiry is real time: the database's now()."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from psycopg.rows import class_row

from api.access import Role
from api.user import Language, User
from runtime.database import Connection

_USER: LiteralString = "u.user_id, u.username, u.display_name, u.role, u.language, u.division"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    user_id: int
    username: str
    display_name: str
    role: str
    language: Language
    division: str

    def user(self) -> User:
        return User(
            user_id=self.user_id,
            username=self.username,
            display_name=self.display_name,
            role=Role(self.role),
            language=self.language,
            division=self.division,
        )


async def user_of_token(connection: Connection, token_digest: bytes) -> User | None:
    """The user a valid token speaks for."""
    async with connection.cursor(row_factory=class_row(_Row)) as cursor:
        await cursor.execute(
            "SELECT " + _USER + " FROM sessions s JOIN users u ON u.user_id = s.user_id"
            " WHERE s.token_digest = %s AND s.expires_at > now() AND u.disabled_at IS NULL",
            (token_digest,),
        )
        row = await cursor.fetchone()
    return row.user() if row else None


async def user_to_sign_in(connection: Connection, username: str) -> tuple[User, str] | None:
    """A user who may sign in, and the stored password hash."""
    cursor = await connection.execute(
        "SELECT password_hash FROM users WHERE username = %s AND disabled_at IS NULL", (username,)
    )
    if (found := await cursor.fetchone()) is None:
        return None
    async with connection.cursor(row_factory=class_row(_Row)) as rows:
        await rows.execute("SELECT " + _USER + " FROM users u WHERE u.username = %s", (username,))
        row = await rows.fetchone()
    return (row.user(), found[0]) if row else None


async def valid_tokens(connection: Connection, token_digests: list[bytes]) -> set[bytes]:
    """Those of the tokens that still speak for somebody."""
    cursor = await connection.execute(
        "SELECT s.token_digest FROM sessions s JOIN users u ON u.user_id = s.user_id"
        " WHERE s.token_digest = ANY(%s) AND s.expires_at > now() AND u.disabled_at IS NULL",
        (token_digests,),
    )
    return {bytes(row[0]) for row in await cursor.fetchall()}
