"""What the rows say now, beside what was sealed, kept or said before: the queries of the verification.

Everything is recomputed in the database, a stretch at a time, and only what does not fit comes back. A finding is the
kind of fact, its number and why. All of it stands on one **cut**, read first: what is sealed while the verification
runs is checked as far as it is seen, and never missed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from domain.store.entry_checks import FINDINGS_MAX, Finding
from domain.store.seals import CANONICAL

STRETCH = 100_000
ACTS_THAT_DEFINE_AGAIN = ("digest definitions again",)
"""Acts after which a definition has another digest: a migration added columns to its table."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain as it is kept: its fund's code (``bank``), the hash it starts from, its last number and its head."""

    id: int
    code: str
    start: bytes
    number: int
    head: bytes


@dataclass(frozen=True, slots=True)
class Cut:
    """Where the book stood when the verification began; no horizon: the row that the sealer goes by is gone.

    ``horizon_ahead``: it says that everything is sealed up to a transaction that no snapshot has seen.
    """

    position: int
    horizon: str | None
    horizon_ahead: bool
    same_cluster: bool
    facts: int
    entries: int
    accounts: int
    chains: tuple[Chain, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A place in a chain whose hash is asked for: its chain, its number and when it was sealed (0: the start)."""

    chain: str
    number: int
    sealed_at: datetime | None


def cut(session: Session) -> Cut:
    """Fix how this transaction writes rows, and read where the book stands now."""
    # Stretches are read in the order of their numbers, which a bitmap would throw away.
    for setting in (*CANONICAL, "work_mem = '64MB'", "jit = off", "enable_bitmapscan = off"):
        session.execute(text(f"SET LOCAL {setting}"))
    row = session.execute(
        text(
            """SELECT coalesce(h.position, (SELECT max(position) FROM seal), 0) AS position,
                      CASE WHEN pg_input_is_valid(h.horizon, 'xid8') THEN h.horizon
                           WHEN h.horizon IS NOT NULL THEN '18446744073709551615' END AS horizon,
                      coalesce(h.cluster = (SELECT system_identifier::text FROM pg_control_system()), false) AS same,
                      (SELECT greatest(max(fact_id), 0) FROM seal) AS sealed, (SELECT max(id) FROM fact) AS facts,
                      (SELECT count(*) FROM entry) AS entries, (SELECT count(*) FROM account) AS accounts,
                      (SELECT jsonb_agg(jsonb_build_array(c.id, coalesce(f.code, 'bank'),
                           encode(sha256(convert_to(coalesce(f.id::text, 'bank'), 'UTF8')), 'hex'), c.number,
                           encode(c.head, 'hex')) ORDER BY f.code NULLS FIRST)
                       FROM seal_chain c LEFT JOIN fund f ON f.id = c.fund_id) AS chains
               FROM (VALUES (1)) AS one LEFT JOIN seal_horizon h ON true"""
        )
    ).one()
    ahead = session.execute(
        text("SELECT CAST(:horizon AS xid8) > pg_snapshot_xmax(pg_current_snapshot())"), {"horizon": row.horizon}
    ).scalar_one()
    chains = tuple(
        Chain(number, code, bytes.fromhex(start), last, bytes.fromhex(head))
        for number, code, start, last, head in row.chains or ()
    )
    last = max(row.sealed or 0, row.facts or 0)
    return Cut(row.position, row.horizon, bool(ahead and row.same), row.same, last, row.entries, row.accounts, chains)


def stretches(last: int) -> Iterator[tuple[int, int]]:
    """Cut the numbers up to ``last`` into stretches: from, and up to but not with."""
    for start in range(0, last + 1, STRETCH):
        yield start, start + STRETCH


def leaves_that_do_not_fit(session: Session, at: Cut, start: int, end: int) -> list[Finding]:
    """Return facts of a stretch whose rows are not what was sealed, or that no sealing can have left as they are.

    A fact of a transaction older than the horizon carries a seal; no transaction of the future has written anything;
    and no two facts, of whatever kind, share a number.
    """
    between = {"start": start, "end": end}
    old = session.execute(
        text("SELECT EXISTS (SELECT FROM seal WHERE fact_id >= :start AND fact_id < :end AND form = 1)"), between
    ).scalar_one()
    # The body costs much more than the leaf: it is made only where seals of form 1 are.
    body, now = (", body", "CASE s.form WHEN 1 THEN leaf(f.kind, f.body) ELSE f.leaf END") if old else ("", "f.leaf")
    rows = session.execute(
        text(
            f"""SELECT * FROM (
                  SELECT coalesce(f.kind, s.fact_kind) AS kind, coalesce(f.id, s.fact_id) AS id,
                         CASE WHEN f.id IS NULL THEN 'it was sealed and is gone'
                              WHEN s.fact_id IS NULL AND f.xid >= pg_snapshot_xmax(pg_current_snapshot()) AND :same
                                  THEN 'its transaction has not happened yet'
                              WHEN s.fact_id IS NULL AND f.xid < CAST(:horizon AS xid8) AND :same
                                  THEN 'it is older than what is sealed and carries no seal'
                              WHEN s.fact_id IS NULL THEN NULL
                              WHEN s.fact_kind <> f.kind THEN 'another fact was sealed under its number'
                              WHEN s.form NOT IN (1, 2) THEN 'its seal is of a form that no sealer makes'
                              WHEN s.chain_id IS NULL THEN 'it was sealed into a chain that is gone'
                              WHEN s.fund_id IS DISTINCT FROM f.fund_id OR s.leaf_hash <> {now}
                                  THEN 'its rows are not what was sealed' END AS why
                  FROM (SELECT kind, id, fund_id, xid, leaf{body} FROM fact WHERE id >= :start AND id < :end) f
                  FULL JOIN (SELECT s.fact_id, s.fact_kind, s.form, s.leaf_hash, c.id AS chain_id, c.fund_id
                             FROM seal s LEFT JOIN seal_chain c ON c.id = s.chain_id
                             WHERE s.fact_id >= :start AND s.fact_id < :end) s ON s.fact_id = f.id) told
                WHERE why IS NOT NULL ORDER BY id LIMIT :most"""
        ),
        {**between, "horizon": at.horizon, "same": at.same_cluster, "most": FINDINGS_MAX},
    )
    return [(row.kind, row.id, row.why) for row in rows]


def links_that_break(session: Session, chain: Chain, start: int, end: int) -> list[Finding]:
    """Return seals of a stretch of a chain's numbers that do not follow on the one before, in number, place or hash."""
    rows = session.execute(
        text(
            """SELECT fact_kind, fact_id,
                      CASE WHEN number <> before + 1
                               THEN format('seal %s of %s is missing before it', before + 1, CAST(:code AS text))
                           WHEN position <= place
                               THEN format('its place in the order of all seals is not after seal %s of %s', before,
                                           CAST(:code AS text))
                           ELSE format('the chain of %s breaks at it', CAST(:code AS text)) END AS why
               FROM (SELECT fact_kind, fact_id, number, position,
                            coalesce(lag(number) OVER chain, 0) AS before,
                            coalesce(lag(position) OVER chain, 0) AS place,
                            chain_hash = sha256(coalesce(lag(chain_hash) OVER chain, :head) || leaf_hash || CASE form
                                WHEN 1 THEN seal_text(fact_kind, fact_id, number, position, sealed_at)
                                ELSE int8send(number) || int8send(position) || timestamptz_send(sealed_at) END) AS holds
                     -- The last seal of the stretch before is read again, for its hash.
                     FROM seal WHERE chain_id = :chain AND number >= :start - 1 AND number < :end AND number <= :last
                     WINDOW chain AS (ORDER BY number)) told
               WHERE number >= :start AND (number <> before + 1 OR position <= place OR holds IS NOT TRUE)
               ORDER BY number LIMIT :most"""
        ),
        {
            "chain": chain.id, "code": chain.code, "head": chain.start, "last": chain.number,
            "start": start, "end": end, "most": FINDINGS_MAX,
        },
    )  # fmt: skip
    return [(row.fact_kind, row.fact_id, row.why) for row in rows]


def counts_that_are_off(session: Session, at: Cut) -> list[Finding]:
    """Return what is wrong with the counting of seals: gaps, a place taken twice, a chain that does not end as kept.

    A chain must end at its kept number with its kept head.
    """
    found: list[Finding] = []
    if at.horizon is None:
        found.append(("seal", 0, "the row that says up to where everything is sealed is gone"))
    if at.horizon_ahead:
        found.append(("seal", 0, "everything is said to be sealed up to a transaction that has not happened yet"))
    row = session.execute(
        text(
            "SELECT count(*) AS seals, count(DISTINCT position) AS places, coalesce(max(position), 0) AS last "
            "FROM seal WHERE position <= :position"
        ),
        {"position": at.position},
    ).one()
    if (row.seals, row.places, row.last) != (at.position,) * 3:
        found.append(("seal", 0, "the order of all seals has gaps or does not end where it is kept"))
    for chain in at.chains:
        ends = session.execute(
            text("SELECT number, chain_hash FROM seal WHERE chain_id = :chain AND number <= :last "
                 "ORDER BY number DESC LIMIT 1"),
            {"chain": chain.id, "last": chain.number},
        ).one_or_none()  # fmt: skip
        if (ends.number if ends else 0) != chain.number:
            found.append(("seal", 0, f"the chain of {chain.code} does not end at the number that is kept"))
        elif (bytes(ends.chain_hash) if ends else chain.start) != chain.head:
            found.append(("seal", 0, f"the chain of {chain.code} does not end at its head"))
    return found


def seals_beyond_their_chain(session: Session, at: Cut) -> list[Finding]:
    """Return seals that no chain counts: of a place that was given, with a number that the chain has not reached."""
    rows = session.execute(
        text(
            # Chain by chain, so that the index on its numbers finds what lies beyond without reading every seal.
            """SELECT s.fact_kind, s.fact_id FROM seal_chain c CROSS JOIN LATERAL (
                   SELECT fact_kind, fact_id, position FROM seal WHERE chain_id = c.id AND number > c.number) s
               WHERE s.position <= :position ORDER BY s.fact_id LIMIT :most"""
        ),
        {"position": at.position, "most": FINDINGS_MAX},
    )
    return [(row.fact_kind, row.fact_id, "its seal lies beyond the end of its chain") for row in rows]


def balances_that_differ(session: Session) -> list[Finding]:
    """Return limited accounts whose running balance is not what their postings sum to."""
    rows = session.execute(
        text(
            """SELECT l.account_id, format('%s of %s is kept as %s and its postings sum to %s', a.code, f.code,
                                           l.balance_minor, coalesce(p.balance, 0)) AS why
               FROM account_limit l JOIN account a ON a.id = l.account_id JOIN fund f ON f.id = a.fund_id
               LEFT JOIN (SELECT account_id, sum(amount) AS balance FROM posting GROUP BY account_id) p
                 ON p.account_id = l.account_id
               WHERE l.balance_minor <> coalesce(p.balance, 0) ORDER BY 1 LIMIT :most"""
        ),
        {"most": FINDINGS_MAX},
    )
    return [("account_limit", row.account_id, row.why) for row in rows]


def snapshots_that_differ(session: Session) -> list[Finding]:
    """Return balances kept at a closing that are not what was booked until then sums to, the first ones first.

    One taken away counts as nothing, as it does for whoever reads balances; one that no closing wrote is named.
    """
    rows = session.execute(
        text(
            """SELECT account_id, CASE WHEN closed
                          THEN format('the balance of %s of %s at %s is kept as %s and its postings sum to %s',
                                      a.code, f.code, day, kept, balance)
                          ELSE format('a balance of %s of %s at %s is kept and no closing wrote it',
                                      a.code, f.code, day) END AS why
               FROM (SELECT account_id, day, kept, true AS closed,
                            coalesce(sum(amount) OVER (PARTITION BY account_id ORDER BY day, kept NULLS FIRST
                                                       ROWS UNBOUNDED PRECEDING), 0) AS balance
                     FROM (SELECT account_id, booked_on AS day, sum(amount) AS amount, NULL::bigint AS kept
                           FROM posting WHERE EXISTS (SELECT FROM period) GROUP BY account_id, booked_on
                           UNION ALL
                           SELECT o.id, c.period_end, 0, coalesce(b.balance_minor, 0)
                           FROM period c JOIN account o ON o.fund_id = c.fund_id
                           LEFT JOIN balance_snapshot b ON b.account_id = o.id AND b.period_end = c.period_end
                           ) days
                     UNION ALL
                     SELECT b.account_id, b.period_end, b.balance_minor, false, NULL
                     FROM balance_snapshot b JOIN account o ON o.id = b.account_id
                     WHERE NOT EXISTS (SELECT FROM period c WHERE c.fund_id = o.fund_id AND c.period_end = b.period_end)
                     ) told
               JOIN account a ON a.id = account_id JOIN fund f ON f.id = a.fund_id
               WHERE kept IS NOT NULL AND kept IS DISTINCT FROM balance ORDER BY day, account_id LIMIT :most"""
        ),
        {"most": FINDINGS_MAX},
    )
    return [("balance_snapshot", row.account_id, row.why) for row in rows]


def definitions_that_differ(session: Session) -> list[Finding]:
    """Return definitions that are not what they were when they came in, or that are gone.

    A digest that differs from the one before it counts only where the same transaction left an act that may change it.
    """
    rows = session.execute(
        text(
            """WITH told AS MATERIALIZED (
                 SELECT d.kind, u.key, u.digest, d.id, d.xid, row_number() OVER digests AS nth,
                        lag(u.digest) OVER digests AS before
                 FROM definition d CROSS JOIN LATERAL unnest(d.keys, d.digests) AS u(key, digest)
                 WINDOW digests AS (PARTITION BY d.kind, u.key ORDER BY d.id)
               ), said AS (SELECT DISTINCT ON (kind, key) * FROM told ORDER BY kind, key, nth DESC)
               SELECT kind, coalesce(said.id, 0) AS id,
                      format(CASE WHEN said.id IS NULL THEN '%s came in behind the triggers: nothing says what it was'
                                  WHEN now.digest IS NULL THEN '%s was defined and is gone'
                                  ELSE '%s is not what was defined' END, key) AS why
               FROM said FULL JOIN definition_now now USING (kind, key)
               WHERE said.digest IS DISTINCT FROM now.digest
               UNION ALL
               SELECT kind, id, format('%s was defined a second time, and no act says why', key) FROM told
               WHERE nth > 1 AND digest <> before
                 AND NOT EXISTS (SELECT FROM audit a WHERE a.xid = told.xid AND a.act = ANY(:acts))
               ORDER BY 2, 3 LIMIT :most"""
        ),
        {"acts": list(ACTS_THAT_DEFINE_AGAIN), "most": FINDINGS_MAX},
    )
    return [(row.kind, row.id, row.why) for row in rows]


def sign_ins_that_differ(session: Session) -> list[Finding]:
    """Return people whose password, or whose end of sign-ins, no act of the audit set."""
    rows = session.execute(
        text("SELECT person, why FROM sign_ins_that_differ() ORDER BY person LIMIT :most"), {"most": FINDINGS_MAX}
    )
    return [("app_user", 0, f"{row.person} {row.why}") for row in rows]


def link_of(session: Session, head: bytes, *, code: str | None) -> Link | None:
    """Return where a hash stands in the chains there are now, or in the chain of one fund; None: nowhere."""
    row = session.execute(
        text(
            """SELECT coalesce(f.code, 'bank') AS chain, s.number, s.sealed_at
               FROM seal_chain c LEFT JOIN fund f ON f.id = c.fund_id JOIN seal s ON s.chain_id = c.id
               WHERE s.chain_hash = :head AND s.number <= c.number
                 AND (CAST(:code AS text) IS NULL OR coalesce(f.code, 'bank') = :code)
               UNION ALL
               SELECT coalesce(f.code, 'bank'), 0, NULL FROM seal_chain c LEFT JOIN fund f ON f.id = c.fund_id
               WHERE sha256(convert_to(coalesce(f.id::text, 'bank'), 'UTF8')) = :head
                 AND (CAST(:code AS text) IS NULL OR coalesce(f.code, 'bank') = :code)
               LIMIT 1"""
        ),
        {"head": head, "code": code},
    ).one_or_none()
    return Link(row.chain, row.number, row.sealed_at) if row else None
