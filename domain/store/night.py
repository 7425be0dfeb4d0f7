"""What a night asks and writes: claims, the next day with work, tests to judge, breaches to move, triggers to raise.

Every question is asked *as of a day*: what was submitted or found later does not exist for it. So a night that runs
late finds what it would have found on its day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlmodel import Session, select

from domain.store.funds import FundRow

# The version of a report that counts on a day, and the finding of a test that stands on it.
_VERSION = """LEFT JOIN LATERAL (SELECT rv.id, rv.submitted_on FROM report_version rv
    WHERE rv.report_id = r.id AND rv.submitted_on <= :day ORDER BY rv.version DESC LIMIT 1) v ON true"""
_STANDING = """LEFT JOIN LATERAL (SELECT x.id, x.report_version_id FROM finding x
    WHERE x.covenant_test_id = t.id AND x.found_on <= :day ORDER BY x.id DESC LIMIT 1) f ON true"""
_TESTS = """deal d JOIN covenant c ON c.deal_id = d.id JOIN covenant_test t ON t.covenant_id = c.id
    LEFT JOIN report r ON r.deal_id = d.id AND r.period_end = t.period_end"""
_ENDED = """(SELECT s.stage IN ('closed', 'declined', 'withdrawn') FROM deal_stage s
    WHERE s.deal_id = d.id AND s.happened_on <= {day} ORDER BY s.id DESC LIMIT 1) IS TRUE"""

# A breach is open until it has an outcome that holds. A remedy holds while the finding it rests on is its test's last.
OPEN_BREACH = """NOT EXISTS (SELECT FROM breach_event be LEFT JOIN finding bf ON bf.id = be.finding_id
    WHERE be.breach_id = b.id AND be.happened_on <= {day} AND (be.outcome <> 'remedied' OR NOT EXISTS (
        SELECT FROM finding newer WHERE newer.covenant_test_id = bf.covenant_test_id AND newer.id > bf.id
        AND newer.found_on <= {day})))"""

_DUE_TESTS = text(
    f"""SELECT t.id AS test_id, t.period_start, t.period_end, t.due_on, c.code, c.clause, c.direction, c.tolerance,
               c.grace_days, c.remedy_days, i.unit, v.id AS version_id,
               (SELECT jsonb_agg(jsonb_build_array(p.expected_on, p.value::text) ORDER BY p.expected_on)
                FROM trajectory_point p WHERE p.covenant_id = c.id) AS trajectory,
               (SELECT o.value FROM observation o WHERE o.report_version_id = v.id AND o.indicator_id = c.indicator_id
                ORDER BY o.id DESC LIMIT 1) AS measured
        FROM {_TESTS} JOIN indicator i ON i.id = c.indicator_id {_VERSION} {_STANDING}
        WHERE d.fund_id = :fund AND t.period_end <= :day
          AND ((v.id IS NOT NULL AND f.report_version_id IS DISTINCT FROM v.id)
               OR (v.id IS NULL AND f.id IS NULL AND t.due_on + c.grace_days < :day
                   AND NOT {_ENDED.format(day=":day")}))
        ORDER BY c.code, t.period_end"""
)
_ADD_FINDINGS = text(
    """INSERT INTO finding (fund_id, covenant_test_id, found_on, outcome, measured, limit_value, headroom,
                            report_version_id, sentence)
       VALUES (:fund, :test_id, :day, :outcome, :measured, :limit_value, :headroom, :version_id, :sentence)"""
)
_TO_OPEN = text(
    """SELECT f.id AS finding_id, t.id AS test_id, c.code, c.remedy_days
       FROM finding f JOIN covenant_test t ON t.id = f.covenant_test_id JOIN covenant c ON c.id = t.covenant_id
       WHERE f.fund_id = :fund AND f.found_on <= :day AND f.outcome = ANY(:opening)
         AND NOT EXISTS (SELECT FROM breach b WHERE b.covenant_test_id = t.id)
         AND NOT EXISTS (SELECT FROM finding newer WHERE newer.covenant_test_id = t.id AND newer.id > f.id
                         AND newer.found_on <= :day)
       ORDER BY f.id"""
)
_ADD_BREACH = text(
    """INSERT INTO breach (fund_id, covenant_test_id, finding_id, opened_on, remedy_until)
       VALUES (:fund, :test_id, :finding_id, :day, :remedy_until)"""
)
_OPEN_BREACHES = text(
    f"""SELECT b.id AS breach_id, b.finding_id, b.remedy_until, t.period_end, c.code,
               (SELECT jsonb_agg(jsonb_build_array(f.id, f.outcome, ft.period_end, v.submitted_on)
                                 ORDER BY ft.period_end)
                FROM covenant_test ft JOIN LATERAL (SELECT x.* FROM finding x WHERE x.covenant_test_id = ft.id
                    AND x.found_on <= :day ORDER BY x.id DESC LIMIT 1) f ON true
                LEFT JOIN report_version v ON v.id = f.report_version_id
                WHERE ft.covenant_id = c.id AND ft.period_end >= t.period_end) AS standing
        FROM breach b JOIN covenant_test t ON t.id = b.covenant_test_id JOIN covenant c ON c.id = t.covenant_id
        WHERE b.fund_id = :fund AND b.opened_on <= :day AND {OPEN_BREACH.format(day=":day")}
        ORDER BY b.id"""
)
_ADD_BREACH_EVENT = text(
    """INSERT INTO breach_event (fund_id, breach_id, outcome, happened_on, finding_id, reason)
       VALUES (:fund, :breach_id, :outcome, :day, :finding_id, :reason)"""
)
_TO_RAISE = text(
    f"""SELECT d.id AS deal_id, d.code AS deal, c.code AS covenant, c.kind, c.clause, c.agreed_on, t.id AS test_id,
               t.period_start, t.period_end, t.due_on, o.id AS opening_finding, o.sentence AS opening_words,
               o.found_on AS opening_day, l.id AS last_finding, l.sentence AS last_words, l.found_on AS last_day,
               r.id AS report_id, v.version, v.submitted_on, v.signed_by, b.id AS breach_id, b.opened_on,
               b.remedy_until,
               (SELECT jsonb_agg(DISTINCT n.kind) FROM instrument n WHERE n.deal_id = d.id) AS instrument_kinds
        FROM breach_event e JOIN breach b ON b.id = e.breach_id
        JOIN covenant_test t ON t.id = b.covenant_test_id JOIN covenant c ON c.id = t.covenant_id
        JOIN deal d ON d.id = c.deal_id JOIN report r ON r.deal_id = d.id AND r.period_end = t.period_end
        JOIN finding o ON o.id = b.finding_id
        JOIN LATERAL (SELECT x.* FROM finding x WHERE x.covenant_test_id = t.id AND x.found_on <= :day
                      ORDER BY x.id DESC LIMIT 1) l ON true
        LEFT JOIN report_version v ON v.id = l.report_version_id
        WHERE e.fund_id = :fund AND e.outcome = 'unremedied' AND e.happened_on <= :day
          AND NOT EXISTS (SELECT FROM exit_trigger x WHERE x.breach_id = b.id AND x.rule = :rule)
          AND NOT {_ENDED.format(day=":day")}
        ORDER BY b.id"""
)
_ADD_TRIGGER = text(
    """INSERT INTO exit_trigger (fund_id, deal_id, rule, raised_on, breach_id, evidence, mechanisms)
       VALUES (:fund, :deal_id, :rule, :day, :breach_id, CAST(:evidence AS jsonb), CAST(:mechanisms AS jsonb))"""
)
# The first day after :after on which a test, a breach or a half-done night has work.
_NEXT_PROMISE_DAY = text(
    f"""SELECT least(
        (SELECT min(greatest(v.submitted_on, t.period_end, :after + 1))
         FROM {_TESTS} JOIN report_version v ON v.report_id = r.id
         WHERE d.fund_id = :fund AND v.id > coalesce((SELECT max(f.report_version_id) FROM finding f
                                                       WHERE f.covenant_test_id = t.id), 0)),
        (SELECT min(x.day)
         FROM {_TESTS}, LATERAL (SELECT greatest(t.due_on + c.grace_days + 1, :after + 1) AS day) x
         WHERE d.fund_id = :fund AND x.day <= :to
           AND NOT EXISTS (SELECT FROM finding f WHERE f.covenant_test_id = t.id)
           AND NOT EXISTS (SELECT FROM report_version v WHERE v.report_id = r.id AND v.submitted_on <= x.day)
           AND NOT {_ENDED.format(day="x.day")}),
        (SELECT min(greatest(b.remedy_until + 1, :after + 1)) FROM breach b
         WHERE b.fund_id = :fund AND {OPEN_BREACH.format(day="'infinity'")}),
        (SELECT min(n.day) FROM night_step n WHERE n.fund_id = :fund AND n.day > :after))"""
)
# Month ends, and the due days of every accruing loan, as ``domain.calendar.due_days`` counts them: from the first one
# in steps of whole months, the last day of a month staying the last day.
_NEXT_ACCRUAL_DAY = text(
    """SELECT min(least(due.day, (date_trunc('month', :after + 1) + interval '1 month - 1 day')::date))
       FROM deal d JOIN instrument n ON n.deal_id = d.id AND n.kind = 'loan' AND n.accrues
       LEFT JOIN LATERAL (
           SELECT (i.terms ->> 'first_due_on')::date AS first, (i.terms ->> 'months_between')::int AS step,
                  (i.terms ->> 'instalments')::int AS instalments
           FROM instrument_terms i WHERE i.instrument_id = n.id ORDER BY i.version DESC LIMIT 1) q ON true
       LEFT JOIN LATERAL (
           SELECT min(x.day) AS day FROM (
               SELECT CASE WHEN extract(day FROM q.first + 1) = 1
                           THEN (date_trunc('month', q.first) + make_interval(months => k * q.step + 1))::date - 1
                           ELSE (q.first + make_interval(months => k * q.step))::date END AS day
               FROM generate_series(
                   greatest(0, (12 * (extract(year FROM :after) - extract(year FROM q.first))
                                + extract(month FROM :after) - extract(month FROM q.first))::int / q.step - 1),
                   q.instalments - 1) AS k LIMIT 4) x
           WHERE x.day > :after) due ON true
       WHERE d.fund_id = :fund"""
)


def lock_fund(session: Session, *, fund_id: UUID) -> None:
    """Let one night at a time work on a fund; what people do at the same time goes on."""
    session.execute(text("SELECT FROM fund WHERE id = :fund FOR NO KEY UPDATE"), {"fund": fund_id})


def steps_done(session: Session, *, fund_id: UUID, day: date) -> frozenset[str]:
    """Return the steps that were done for a fund and a day; ask with the fund locked."""
    done = session.execute(
        text("SELECT step FROM night_step WHERE fund_id = :fund AND day = :day"), {"fund": fund_id, "day": day}
    )
    return frozenset(done.scalars())


def claim(session: Session, *, fund_id: UUID, day: date, step: str, changes: int) -> bool:
    """Return True if this transaction has done the step, False if another did it before."""
    claimed = session.execute(
        text(
            "INSERT INTO night_step (fund_id, day, step, changes) VALUES (:fund, :day, :step, :changes) "
            "ON CONFLICT DO NOTHING RETURNING true"
        ),
        {"fund": fund_id, "day": day, "step": step, "changes": changes},
    )
    return claimed.scalar_one_or_none() is True


def add_refusal(session: Session, *, fund_id: UUID, day: date, step: str, subject: str, words: str) -> None:
    """Keep what a night could not do for one thing."""
    session.execute(
        text(
            "INSERT INTO night_refusal (fund_id, day, step, subject, words) "
            "VALUES (:fund, :day, :step, :subject, :words) ON CONFLICT DO NOTHING"
        ),
        {"fund": fund_id, "day": day, "step": step, "subject": subject, "words": words},
    )


def refusals(session: Session, *, fund_id: UUID, after: date, to: date) -> list[dict[str, Any]]:
    """Return what nights refused on the days after ``after`` up to ``to``: day, step, subject, words."""
    rows = session.execute(
        text(
            "SELECT day, step, subject, words FROM night_refusal WHERE fund_id = :fund AND day > :after AND day <= :to "
            "ORDER BY day, step, subject"
        ),
        {"fund": fund_id, "after": after, "to": to},
    )
    return [dict(row) for row in rows.mappings()]


def move_business_day(session: Session, *, fund_id: UUID, to: date) -> None:
    """Move a fund's business day on; never back."""
    session.execute(
        text("UPDATE fund SET business_day = :to WHERE id = :fund AND business_day < :to"),
        {"fund": fund_id, "to": to},
    )


def next_promise_day(session: Session, *, fund_id: UUID, after: date, to: date) -> date | None:
    """Return the first day after ``after`` on which a test, a breach or a half-done night has work."""
    found: date | None = session.execute(
        _NEXT_PROMISE_DAY, {"fund": fund_id, "after": after, "to": to}
    ).scalar_one_or_none()
    return found


def next_accrual_day(session: Session, *, fund_id: UUID, after: date) -> date | None:
    """Return the next month end or instalment day of the fund's accruing loans; None where it has no such loan."""
    found: date | None = session.execute(_NEXT_ACCRUAL_DAY, {"fund": fund_id, "after": after}).scalar_one_or_none()
    return found


def due_tests(session: Session, *, fund_id: UUID, day: date) -> list[dict[str, Any]]:
    """Return the tests that a night has to answer: reported and not yet found so, or absent after the days of grace."""
    return _rows(session, _DUE_TESTS, {"fund": fund_id, "day": day})


def add_findings(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write findings, all or none."""
    if rows:
        session.execute(_ADD_FINDINGS, rows)


def findings_to_open(session: Session, *, fund_id: UUID, day: date, opening: Sequence[str]) -> list[dict[str, Any]]:
    """Return standing findings whose outcome opens a breach that is not there yet."""
    return _rows(session, _TO_OPEN, {"fund": fund_id, "day": day, "opening": list(opening)})


def add_breaches(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write new breaches."""
    if rows:
        session.execute(_ADD_BREACH, rows)


def open_breaches(session: Session, *, fund_id: UUID, day: date) -> list[dict[str, Any]]:
    """Return a fund's open breaches, each with the standing findings of its test and of later ones."""
    return _rows(session, _OPEN_BREACHES, {"fund": fund_id, "day": day})


def add_breach_events(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what became of breaches."""
    if rows:
        session.execute(_ADD_BREACH_EVENT, rows)


def breaches_to_raise(session: Session, *, fund_id: UUID, day: date, rule: str) -> list[dict[str, Any]]:
    """Return unremedied breaches of running deals that no trigger of the rule names yet, with all they rest on."""
    return _rows(session, _TO_RAISE, {"fund": fund_id, "day": day, "rule": rule})


def add_triggers(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write exit triggers."""
    if rows:
        session.execute(_ADD_TRIGGER, rows)


def _rows(session: Session, statement: TextClause, said: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in session.execute(statement, said).mappings()]


def fund_by_code(session: Session, code: str) -> FundRow | None:
    """Return a fund as it stands now."""
    return session.exec(select(FundRow).where(FundRow.code == code).execution_options(populate_existing=True)).first()


_FOLLOWS = """(EXISTS (SELECT FROM statement_release r WHERE r.fund_id = f.id) AND NOT EXISTS (
                   SELECT FROM covenant c JOIN deal d ON d.id = c.deal_id WHERE d.fund_id = f.id))"""
"""A fund ``f`` that only releases of a statement move: there is no promise in it that a night could test."""


def fund_codes(session: Session) -> tuple[str, ...]:
    """Return the codes of the funds that nights move, in order."""
    return tuple(session.execute(text(f"SELECT code FROM fund f WHERE NOT {_FOLLOWS} ORDER BY code")).scalars())


def follows_statement(session: Session, fund_id: UUID) -> bool:
    """Say whether only the releases of a statement move a fund's day."""
    found = session.execute(text(f"SELECT {_FOLLOWS} FROM fund f WHERE f.id = :fund"), {"fund": fund_id})
    return bool(found.scalar_one())
