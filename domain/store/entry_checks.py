"""Entries that are not what the ledger guarantees, recomputed from the rows and named by their numbers.

Triggers, keys and constraints that guarantee it may have been off when a row came in, so nothing here rests on them.
A stretch of numbers is looked at in one pass that finds which entries do not hold; why is asked only of those.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import Session

Finding = tuple[str, int, str]
FINDINGS_MAX = 100

# By fund: the days on which its periods were open again, in order, and beside each the place of the first seal of a
# closing that covers the day before. What was sealed after it, or is not sealed, came into a closed period.
_CLOSINGS = """closings AS (
        SELECT fund_id, array_agg(period_end + 1 ORDER BY period_end) AS open_again,
               array_agg(place ORDER BY period_end) AS places
        FROM (SELECT p.fund_id, p.period_end,
                     min(s.position) OVER (PARTITION BY p.fund_id ORDER BY p.period_end DESC) AS place
              FROM period p LEFT JOIN seal s ON s.fact_id = p.id) closing GROUP BY fund_id)"""
_CAME_LATE = """(coalesce(s.position, 9223372036854775807)
                    > c.places[width_bucket(e.booked_on, c.open_again) + 1]) IS TRUE"""
_IN_THE_BOOK = "BETWEEN '1900-01-01' AND '2199-12-31'"
_OF_THE_BOOK = "BETWEEN -100000000000000000 AND 100000000000000000"

_THAT_DO_NOT_HOLD = f"""
    WITH {_CLOSINGS}
    SELECT id FROM (
        SELECT coalesce(e.id, p.entry_id) AS id, min(p.currency) <> max(p.currency) AS mixed,
               bool_and((e.stands AND p.line BETWEEN 1 AND e.posting_count AND p.amount <> 0
                         AND p.amount {_OF_THE_BOOK}
                         AND p.booked_on = e.booked_on AND p.effective_on = e.effective_on
                         AND a.fund_id = e.fund_id AND a.currency = p.currency
                         AND (p.instrument_id IS NULL OR i.id IS NOT NULL)) IS TRUE)
               AND count(*) = min(e.posting_count) AND sum(p.amount) = 0 AS holds
        FROM (SELECT e.id, e.fund_id, e.booked_on, e.effective_on, e.posting_count,
                     e.posting_count >= 2 AND f.id IS NOT NULL AND (e.deal_id IS NULL OR d.fund_id = e.fund_id)
                     AND (e.kind = 'reversal') = (e.reverses_id IS NOT NULL)
                     AND e.booked_on {_IN_THE_BOOK} AND e.effective_on {_IN_THE_BOOK} AND NOT {_CAME_LATE} AS stands
              FROM entry e LEFT JOIN fund f ON f.id = e.fund_id LEFT JOIN closings c ON c.fund_id = e.fund_id
              LEFT JOIN deal d ON d.id = e.deal_id
              LEFT JOIN seal s ON s.fact_id = e.id AND s.fact_id >= :start AND s.fact_id < :end
              WHERE e.id >= :start AND e.id < :end) e
        FULL JOIN (SELECT * FROM posting WHERE entry_id >= :start AND entry_id < :end) p ON p.entry_id = e.id
        LEFT JOIN account a ON a.id = p.account_id
        LEFT JOIN instrument i ON i.id = p.instrument_id
        GROUP BY 1) looked_at
    WHERE holds IS NOT TRUE OR (mixed AND EXISTS (
        SELECT FROM posting q WHERE q.entry_id = looked_at.id GROUP BY q.currency HAVING sum(q.amount) <> 0))
    ORDER BY 1 LIMIT :most"""

_WHY = f"""
    WITH {_CLOSINGS}
    SELECT n.id, CASE
        WHEN e.id IS NULL THEN 'it is gone and left postings behind'
        WHEN l.lines <> e.posting_count THEN 'its postings are not all there'
        WHEN l.off_its_lines THEN 'a posting of it stands on a line that it does not declare'
        WHEN l.off_its_days THEN 'its postings are not of its days'
        WHEN EXISTS (SELECT FROM posting q WHERE q.entry_id = n.id GROUP BY q.currency HAVING sum(q.amount) <> 0)
            THEN 'its postings do not sum to zero'
        WHEN e.posting_count < 2 OR l.of_nothing THEN 'it has fewer than two postings, or one of nothing'
        WHEN l.too_large THEN 'an amount of it is larger than any in the book'
        WHEN (e.kind = 'reversal') <> (e.reverses_id IS NOT NULL)
            THEN 'it says that it is a reversal and takes nothing back, or the other way round'
        WHEN l.no_account IS NOT NULL THEN format('it is posted on account %s, which there is not', l.no_account)
        WHEN l.other_fund THEN 'it is posted on an account of another fund'
        WHEN l.other_currency IS NOT NULL
            THEN format('its posting on %s is in another currency than the account', l.other_currency)
        WHEN l.no_instrument THEN 'it is posted on an instrument that there is not'
        WHEN d.fund_id IS DISTINCT FROM e.fund_id AND e.deal_id IS NOT NULL
            THEN 'its deal is not one of its fund'
        WHEN {_CAME_LATE} THEN format('it is booked on %s and came in after that period was closed', e.booked_on)
        ELSE 'its days are not in the book' END AS why
    FROM unnest(CAST(:ids AS bigint[])) AS n (id)
    LEFT JOIN entry e ON e.id = n.id LEFT JOIN closings c ON c.fund_id = e.fund_id
    LEFT JOIN deal d ON d.id = e.deal_id LEFT JOIN seal s ON s.fact_id = e.id
    CROSS JOIN LATERAL (
        SELECT count(*) AS lines, bool_or(p.line NOT BETWEEN 1 AND e.posting_count) AS off_its_lines,
               bool_or(p.booked_on <> e.booked_on OR p.effective_on <> e.effective_on) AS off_its_days,
               bool_or(p.amount = 0) AS of_nothing,
               bool_or(p.amount NOT {_OF_THE_BOOK}) AS too_large,
               min(p.account_id) FILTER (WHERE a.id IS NULL) AS no_account,
               bool_or(a.fund_id <> e.fund_id) AS other_fund,
               min(a.code || ' ' || a.currency) FILTER (WHERE a.currency <> p.currency) AS other_currency,
               bool_or(p.instrument_id IS NOT NULL AND i.id IS NULL) AS no_instrument
        FROM posting p LEFT JOIN account a ON a.id = p.account_id LEFT JOIN instrument i ON i.id = p.instrument_id
        WHERE p.entry_id = n.id) l
    ORDER BY n.id"""

_REVERSALS = """
    WITH back AS MATERIALIZED (
        SELECT e.id, e.fund_id, e.effective_on, e.reverses_id, min(e.id) OVER (PARTITION BY e.reverses_id) AS first
        FROM entry e WHERE e.reverses_id >= :start AND e.reverses_id < :end
    ), unlike AS (
        SELECT DISTINCT id FROM (
            SELECT b.id, p.account_id, p.instrument_id, p.currency, p.amount::numeric AS amount, 1 AS side
            FROM back b JOIN posting p ON p.entry_id = b.id
            UNION ALL
            SELECT b.id, p.account_id, p.instrument_id, p.currency, -p.amount::numeric, -1
            FROM back b JOIN posting p ON p.entry_id = b.reverses_id) both_sides
        GROUP BY id, account_id, instrument_id, currency, amount HAVING sum(side) <> 0
    ), told AS (
        SELECT b.id, CASE
            WHEN e.id IS NULL THEN format('it takes back entry %s, which there is not', b.reverses_id)
            WHEN e.id = b.id OR e.reverses_id IS NOT NULL
                THEN format('it takes back entry %s, which is itself a reversal', b.reverses_id)
            WHEN e.fund_id IS DISTINCT FROM b.fund_id
                THEN format('it takes back entry %s of another fund', b.reverses_id)
            WHEN b.id <> b.first
                THEN format('it takes back entry %s, which entry %s took back before', b.reverses_id, b.first)
            WHEN e.effective_on <> b.effective_on
                THEN format('it does not take effect on the day of entry %s, which it takes back', b.reverses_id)
            WHEN u.id IS NOT NULL THEN format('it is not the mirror of entry %s, which it takes back', b.reverses_id)
            END AS why
        FROM back b LEFT JOIN entry e ON e.id = b.reverses_id LEFT JOIN unlike u ON u.id = b.id)
    SELECT id, why FROM told WHERE why IS NOT NULL ORDER BY id LIMIT :most"""


def entries_that_do_not_hold(session: Session, start: int, end: int) -> list[Finding]:
    """Return entries of a stretch that do not hold, and reversals of its entries that are none, or one too many.

    An entry holds if it is complete, zero per currency, of the days, fund, accounts, instruments and deal that it says,
    and came in before its period was closed.
    """
    between = {"start": start, "end": end, "most": FINDINGS_MAX}
    ids = list(session.execute(text(_THAT_DO_NOT_HOLD), between).scalars())
    rows = [*(session.execute(text(_WHY), {"ids": ids}) if ids else ()), *session.execute(text(_REVERSALS), between)]
    return [("entry", row.id, row.why) for row in rows]


def entries_outside_the_stretches(session: Session, last: int) -> list[Finding]:
    """Return what no stretch up to a number looks at: facts of negative numbers, and reversals of entries beyond."""
    rows = session.execute(
        text(
            """SELECT kind, id, 'it has a number that the book gives to nothing' AS why FROM fact WHERE id < 0
               UNION ALL
               SELECT 'entry', id, format('it takes back entry %s, which there is not', reverses_id)
               FROM entry WHERE reverses_id < 0 OR reverses_id > :last
               ORDER BY 2 LIMIT :most"""
        ),
        {"last": last, "most": FINDINGS_MAX},
    )
    return [(row.kind, row.id, row.why) for row in rows]


def entries_after_an_unsealed_closing(session: Session) -> list[Finding]:
    """Return entries of transactions younger than a closing of their period, neither of them sealed yet."""
    rows = session.execute(
        text(
            """SELECT DISTINCT e.id, e.booked_on FROM period p
               JOIN entry e ON e.fund_id = p.fund_id AND e.booked_on <= p.period_end AND e.xid > p.xid
               WHERE NOT EXISTS (SELECT FROM seal s WHERE s.fact_id = p.id)
                 AND NOT EXISTS (SELECT FROM seal s WHERE s.fact_id = e.id)
               ORDER BY e.id LIMIT :most"""
        ),
        {"most": FINDINGS_MAX},
    )
    return [
        ("entry", row.id, f"it is booked on {row.booked_on} and came in after that period was closed") for row in rows
    ]


def keys_used_twice(session: Session) -> list[Finding]:
    """Return entries under a key of somebody's that an entry before them has; none can be where a unique index is."""
    guarded = session.execute(
        text(
            """SELECT EXISTS (
                 SELECT FROM pg_index x WHERE x.indrelid = 'entry'::regclass AND x.indisunique AND x.indisvalid
                 AND x.indpred IS NULL AND x.indexprs IS NULL
                 AND (SELECT array_agg(a.attname::text ORDER BY a.attname) FROM pg_attribute a
                      WHERE a.attrelid = x.indrelid AND a.attnum = ANY(x.indkey[0:x.indnkeyatts - 1]))
                     = '{actor_scope,idem_key}')"""
        )
    ).scalar_one()
    if guarded:
        return []
    rows = session.execute(
        text(
            """SELECT id, format('its key was used before, by entry %s', first) AS why
               FROM (SELECT id, min(id) OVER (PARTITION BY actor_scope, idem_key) AS first FROM entry) told
               WHERE id <> first ORDER BY id LIMIT :most"""
        ),
        {"most": FINDINGS_MAX},
    )
    return [("entry", row.id, row.why) for row in rows]


def limits_that_were_passed(session: Session) -> list[Finding]:
    """Return, for each account whose postings sum to something beyond its limit, the entry since which they do."""
    rows = session.execute(
        text(
            """WITH beyond AS MATERIALIZED (
                 SELECT l.account_id, l.floor_minor, l.ceiling_minor,
                        CASE WHEN p.balance < l.floor_minor THEN 'below its floor of ' || l.floor_minor
                             ELSE 'above its ceiling of ' || l.ceiling_minor END AS how, p.balance
                 FROM account_limit l
                 CROSS JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS balance FROM posting q
                                     WHERE q.account_id = l.account_id) p
                 WHERE p.balance < l.floor_minor OR p.balance > l.ceiling_minor
               ), running AS (
                 SELECT b.account_id, p.entry_id,
                        sum(sum(p.amount)) OVER (PARTITION BY b.account_id ORDER BY p.entry_id)
                            NOT BETWEEN coalesce(b.floor_minor::numeric, '-infinity')
                                AND coalesce(b.ceiling_minor::numeric, 'infinity') AS is_beyond
                 FROM beyond b JOIN posting p USING (account_id)
                 GROUP BY b.account_id, b.floor_minor, b.ceiling_minor, p.entry_id
               ), since AS (
                 SELECT account_id, min(entry_id) FILTER (WHERE entry_id > last_within) AS entry_id
                 FROM (SELECT *, coalesce(max(entry_id) FILTER (WHERE NOT is_beyond) OVER (PARTITION BY account_id),
                                          -9223372036854775808) AS last_within FROM running) r
                 GROUP BY account_id)
               SELECT s.entry_id, format('since it %s of %s stands at %s, %s', a.code, f.code, b.balance, b.how) AS why
               FROM beyond b JOIN since s USING (account_id)
               JOIN account a ON a.id = b.account_id JOIN fund f ON f.id = a.fund_id
               WHERE s.entry_id IS NOT NULL ORDER BY 1 LIMIT :most"""
        ),
        {"most": FINDINGS_MAX},
    )
    return [("entry", row.entry_id, row.why) for row in rows]


def contributions_that_differ(session: Session) -> list[Finding]:
    """Return contributions that are not what their entries booked: the fund, the amount, the currency, the day."""
    rows = session.execute(
        text(
            """SELECT c.id, format('contribution %s is not what entry %s booked', c.code, c.entry_id) AS why
               FROM contribution c
               WHERE NOT EXISTS (
                   SELECT FROM entry e JOIN posting p ON p.entry_id = e.id JOIN account a ON a.id = p.account_id
                   WHERE e.id = c.entry_id AND e.fund_id = c.fund_id AND e.kind = 'contribution'
                     AND e.effective_on = c.received_on AND a.code = 'cash' AND p.amount = c.amount_minor
                     AND p.currency = c.currency)
               ORDER BY c.id LIMIT :most"""
        ),
        {"most": FINDINGS_MAX},
    )
    return [("contribution", row.id, row.why) for row in rows]
