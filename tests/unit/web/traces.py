"""Where words still are: in any file of an installation, and of PostgreSQL in any row of any table."""

from __future__ import annotations

from collections.abc import AsyncIterator

from sqlalchemy import text

from web.server.parts import Parts

TABLES = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'search')"


async def found(parts: Parts, *words: str) -> list[str]:
    """Also as the index cuts them."""
    wanted = {one.encode() for word in words for one in (word, word[:8].lower())}
    named = [str(path) for path in parts.settings.data.rglob("*") if any(word in str(path) for word in words)]
    return named + [
        f"{where}: {word.decode()}" async for where, content in _contents(parts) for word in wanted if word in content
    ]


async def _contents(parts: Parts) -> AsyncIterator[tuple[str, bytes]]:
    for path in sorted(parts.settings.data.rglob("*")):
        if path.is_file():
            yield path.name, path.read_bytes()
    database = parts.store._database
    if not database.is_postgresql:
        return
    async with database.reading() as connection:
        for schema, table in (await connection.execute(text(TABLES))).all():
            rows = await connection.execute(text(f'SELECT one::text FROM {schema}."{table}" AS one'))
            yield table, "\n".join(rows.scalars()).encode()
