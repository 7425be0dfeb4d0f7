"""The job worker: seals what was said, and closes the day of funds that follow the calendar.

Jobs live in the same database (``procrastinate``), so any number of workers may run; each job is done once. The server
runs one worker beside itself on an embedded database; elsewhere ``missionbook worker`` is a process of its own.
"""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import structlog
from procrastinate import App, PsycopgConnector

from api.database.book import OpenBook
from api.database.roles import Role
from api.database.sessions import WHENCE, Whence
from api.nights import run_night
from domain.desk import funds, ledger, sign_ins

log = structlog.get_logger("worker")


def build_jobs(book: OpenBook) -> App:
    """Return the job app on a book's database, with its periodic jobs."""
    jobs = App(connector=PsycopgConnector(conninfo=book.database.url(Role.NIGHT), min_size=1, max_size=3))

    @jobs.periodic(cron="* * * * *")
    @jobs.task(queueing_lock="seal", pass_context=False)
    def seal(timestamp: int) -> None:
        """Seal every fact of every transaction that is over."""
        del timestamp
        with book.sessions.begin(Role.NIGHT) as session:
            sealed = ledger.seal_facts(session)
        if sealed:
            log.info("sealed", facts=sealed)

    @jobs.periodic(cron="15 0 * * *")
    @jobs.task(queueing_lock="night", pass_context=False)
    def close_days(timestamp: int) -> None:
        """Run the night of every fund that follows the calendar, up to the day that has just ended (UTC)."""
        yesterday = datetime.fromtimestamp(timestamp, UTC).date() - timedelta(days=1)
        with book.sessions.begin(Role.NIGHT) as session:
            following = [fund for fund in funds.funds(session) if fund.follows_calendar]
        for fund in following:
            if fund.business_day < yesterday:
                run_night(book.sessions, fund_code=fund.code, to=yesterday)

    @jobs.periodic(cron="45 0 * * *")
    @jobs.task(queueing_lock="forget", pass_context=False)
    def forget_sign_ins(timestamp: int) -> None:
        """Take away sign-ins that were over a month ago; the audit keeps that they were."""
        del timestamp
        with book.sessions.begin(Role.NIGHT) as session:
            log.info("forgot sign-ins", rows=sign_ins.forget(session))

    return jobs


async def work(book: OpenBook) -> None:
    """Do jobs until cancelled."""
    WHENCE.set(Whence("worker"))
    jobs = build_jobs(book)
    async with jobs.open_async():
        await jobs.run_worker_async(concurrency=1, install_signal_handlers=False, shutdown_graceful_timeout=5)


class WorkerBeside:
    """A worker in a thread of its own, beside the server."""

    def __init__(self, book: OpenBook) -> None:
        self._book = book
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the job at hand and end."""
        self._loop.call_soon_threadsafe(lambda: self._task.cancel() if self._task else None)
        self._thread.join(timeout=10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._task = self._loop.create_task(work(self._book))
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            log.info("worker stopped")
        finally:
            self._loop.close()
