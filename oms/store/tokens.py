"""Tokens of programs and the keys of their requests as rows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from oms.store.api_tables import ApiAnswer, ApiToken


def by_hash(session: Session, token_hash: str) -> ApiToken | None:
    """The token of this hash, ended or not."""
    return session.scalar(select(ApiToken).where(ApiToken.token_hash == token_hash))


def of_account(session: Session, account_id: str, now: datetime) -> list[ApiToken]:
    """Tokens of an account that neither ended nor ran out, the newest first."""
    statement = select(ApiToken).where(
        ApiToken.account_id == account_id, ApiToken.ended_at.is_(None), ApiToken.until > now
    )
    return list(session.scalars(statement.order_by(ApiToken.created_at.desc(), ApiToken.id)))


def find(session: Session, token_id: str) -> ApiToken | None:
    """The token with this id."""
    return session.get(ApiToken, token_id)


def answer_of(session: Session, token_id: str, key: str) -> ApiAnswer | None:
    """What the request under this key came to, as it stands in the database now."""
    return session.get(ApiAnswer, (token_id, key), populate_existing=True)


def begin_answer(session: Session, token_id: str, key: str, request_hash: str, now: datetime) -> bool:
    """Takes the key for this request; False when another has it: the two never run beside each other."""
    row = {"token_id": token_id, "key": key, "request_hash": request_hash, "status": 0, "location": "", "at": now}
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    # asked for what was written: of an INSERT not every driver tells how many rows it made
    taken = insert(ApiAnswer).values(row).on_conflict_do_nothing().returning(ApiAnswer.key)
    return session.execute(taken).first() is not None


def forget_answer(session: Session, token_id: str, key: str) -> None:
    """Gives the key back: what it was for came to nothing."""
    session.execute(delete(ApiAnswer).where(ApiAnswer.token_id == token_id, ApiAnswer.key == key))


def forget_answers(session: Session, before: datetime) -> int:
    """Lets keys go that are too old to count; returns how many."""
    done = session.execute(delete(ApiAnswer).where(ApiAnswer.at < before))
    return done.rowcount if isinstance(done, CursorResult) else 0
