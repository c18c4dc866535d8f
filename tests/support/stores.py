"""Throw-away homes for a journal, and a hand that alters what is stored behind the guardian's back."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url


@contextmanager
def fresh_schema(postgres_url: str) -> Iterator[str]:
    """The URL of an empty schema of its own, dropped afterwards."""
    name = f"s{uuid.uuid4().hex}"
    engine = sa.create_engine(postgres_url)
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA {name}")
        yield (
            make_url(postgres_url)
            .update_query_dict({"options": f"-csearch_path={name}"})
            .render_as_string(hide_password=False)
        )
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")
    finally:
        engine.dispose()


def by_hand(address: str, *statements: str) -> list[Any]:
    """Run SQL on a journal's database as somebody with access to it could; the rows of the last statement."""
    engine = sa.create_engine(address)
    try:
        with engine.begin() as connection:
            for statement in statements:
                result = connection.exec_driver_sql(statement)
            return list(result.all()) if result.returns_rows else []
    finally:
        engine.dispose()
