"""Reading what binds a person at an act: conflicts, a fund's amounts, what is lent; and writing these facts.

A delegation is in force by the database's own day (UTC), as sign-ins expire by its clock.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from domain.authority import Act, Alone, Lender, Lent, Standing
from domain.ledger import LOADED
from domain.parties import Role
from domain.store.authority import AmountRow, ConflictRow, DelegationRow


@dataclass(frozen=True, slots=True)
class ConflictLine:
    """A conflict of interest: whose, with whom, since when, why; and when and by whom it was ended.

    ``binds`` on the database's day: it has begun, and nobody has ended it.
    """

    id: int
    user_id: UUID
    person: str
    email: str
    party_id: UUID
    party_code: str
    party: str
    since: date
    words: str
    declared_by: str
    ended_at: datetime | None
    ended_by: str
    binds: bool


@dataclass(frozen=True, slots=True)
class DelegationLine:
    """Acts that are lent: by whom to whom, from when to when, up to how much; ``in_force`` on the database's day.

    ``gone`` names the one of the two who can sign in no more, so that nothing is lent however long the term.
    """

    id: int
    lender_id: UUID
    lender: str
    borrower_id: UUID
    borrower: str
    acts: tuple[str, ...]
    from_day: date
    to_day: date
    at_most_minor: int | None
    words: str
    in_force: bool
    ended_at: datetime | None
    gone: str


@dataclass(frozen=True, slots=True)
class AmountLine:
    """A fund's own amount of a role for an act, from a day on; and when and by whom it was set."""

    act: str
    role: str
    amount_minor: int | None
    valid_from: date
    source: str
    recorded_at: datetime
    recorded_by: str

    @property
    def set_late(self) -> bool:
        """Whether it was set after the day from which it is said to hold (UTC); what was done before it stays judged
        as it was."""
        return self.recorded_at.astimezone(UTC).date() > self.valid_from


_TODAY = "(now() AT TIME ZONE 'UTC')::date"

_IN_FORCE = f"""d.ends_id IS NULL AND d.recorded_by = d.lender_id AND {_TODAY} BETWEEN d.from_day AND d.to_day
    AND a.disabled_at IS NULL AND b.disabled_at IS NULL
    AND NOT EXISTS (SELECT FROM delegation n WHERE n.ends_id = d.id)"""
"""Whether a delegation d of a lender a to a borrower b lends now: what the rule asks is what a page says."""

_STANDING = text(
    f"""SELECT coalesce((SELECT p.name FROM party p WHERE p.id = :party_id AND is_conflicted(:person_id, p.id)), '')
                  AS conflict,
              (SELECT jsonb_object_agg(a.role, a.amount_minor) FROM (
                   SELECT DISTINCT ON (l.role) l.role, l.amount_minor FROM authority_limit l
                   JOIN fund f ON f.id = l.fund_id
                   WHERE l.fund_id = :fund_id AND l.act = :act AND l.valid_from <= f.business_day
                   ORDER BY l.role, l.valid_from DESC, l.id DESC) a) AS amounts,
              (SELECT jsonb_agg(jsonb_build_array(a.id, a.name, a.role, d.at_most_minor, coalesce(
                          (SELECT p.name FROM party p WHERE p.id = :party_id AND is_conflicted(a.id, p.id)), ''))
                      ORDER BY d.id)
               FROM delegation d JOIN app_user a ON a.id = d.lender_id JOIN app_user b ON b.id = d.borrower_id
               WHERE d.borrower_id = :person_id AND d.acts @> to_jsonb(CAST(:act AS text)) AND {_IN_FORCE}) AS lent"""
)


def standing(
    session: Session, *, act: Act, person_id: UUID, fund_id: UUID | None = None, party_id: UUID | None = None
) -> Standing:
    """Return what the book knows of a person at an act, on a fund's book and a party's deals."""
    row = session.execute(
        _STANDING, {"act": str(act), "person_id": person_id, "fund_id": fund_id, "party_id": party_id}
    ).one()
    return Standing(
        conflict=row.conflict,
        amounts={Role(role): minor for role, minor in (row.amounts or {}).items()},
        lent=tuple(
            Lent(Lender(UUID(lender), name), Role(role), at_most, conflict)
            for lender, name, role, at_most, conflict in row.lent or ()
        ),
    )


def done_minor(
    session: Session,
    *,
    kinds: Sequence[str],
    by_two: bool,
    person_id: UUID,
    fund_id: UUID,
    deal_id: UUID | None,
    currency: str,
    days: int,
    but_key: str,
) -> int:
    """Return how much a person booked of some kinds of entries in so many days by the database's clock.

    On one deal, or with no deal in the fund; alone or, ``by_two``, as the second of two. An entry counts with the
    largest of its postings in the currency; one that was taken back, what was booked by ``but_key``, and what a loaded
    book told of earlier years does not.
    """
    found = session.execute(
        text(
            """SELECT coalesce(sum(m.minor), 0)::bigint FROM entry e
               CROSS JOIN LATERAL (SELECT max(abs(p.amount)) AS minor FROM posting p
                                   WHERE p.entry_id = e.id AND p.currency = :currency) m
               WHERE e.actor_scope = CAST(:person_id AS text) AND e.fund_id = :fund_id AND e.kind = ANY(:kinds)
                 AND e.deal_id IS NOT DISTINCT FROM CAST(:deal_id AS uuid) AND e.idem_key <> :but_key
                 AND split_part(e.idem_key, ':', 1) <> ALL(:loaded)
                 AND e.recorded_at > clock_timestamp() - make_interval(days => :days)
                 AND NOT EXISTS (SELECT FROM entry r WHERE r.reverses_id = e.id)
                 AND EXISTS (SELECT FROM request_decision d WHERE d.entry_id = e.id) = :by_two"""
        ),
        {
            "kinds": list(kinds), "by_two": by_two, "person_id": str(person_id), "fund_id": fund_id,
            "deal_id": deal_id, "currency": currency, "days": days, "but_key": but_key,
            "loaded": list(LOADED),
        },
    )  # fmt: skip
    return int(found.scalar_one())


def tied_investee(session: Session, *, person_id: UUID, project_ids: Collection[UUID]) -> UUID | None:
    """Return an investee of deals that finance the projects to whom a person, or who lends to them, has a tie."""
    found = session.execute(
        text(
            """SELECT d.investee_id FROM deal d
               WHERE d.project_id = ANY(:project_ids) AND (is_conflicted(:person_id, d.investee_id) OR EXISTS (
                   SELECT FROM delegation l WHERE l.borrower_id = :person_id
                   AND is_conflicted(l.lender_id, d.investee_id)))
               ORDER BY is_conflicted(:person_id, d.investee_id) DESC, d.investee_id LIMIT 1"""
        ),
        {"project_ids": list(project_ids), "person_id": person_id},
    ).scalar_one_or_none()
    return UUID(str(found)) if found else None


def tie(session: Session, *, people: Collection[UUID | None], party_id: UUID | None) -> tuple[str, str] | None:
    """Return the first of some people with a tie to a party that binds now, and the party's name; None for none."""
    row = session.execute(
        text(
            """SELECT u.name, p.name AS party FROM app_user u CROSS JOIN party p
               WHERE u.id = ANY(:people) AND p.id = :party_id AND is_conflicted(u.id, p.id) ORDER BY u.name LIMIT 1"""
        ),
        {"people": [one for one in people if one is not None], "party_id": party_id},
    ).one_or_none()
    return (row.name, row.party) if row else None


def add_amount(
    session: Session,
    *,
    fund_id: UUID,
    act: Act,
    role: Role,
    amount_minor: Alone,
    valid_from: date,
    source: str,
    recorded_by: UUID | None,
) -> None:
    """Write down a fund's own amount of a role."""
    session.add(
        AmountRow(
            fund_id=fund_id,
            recorded_by=recorded_by,
            act=str(act),
            role=str(role),
            amount_minor=amount_minor,
            valid_from=valid_from,
            source=source,
        )
    )
    session.flush()


def amounts_of(session: Session, fund_id: UUID) -> tuple[AmountLine, ...]:
    """Return every amount ever set for a fund, in the order in which they were set."""
    rows = session.execute(
        text(
            """SELECT l.act, l.role, l.amount_minor, l.valid_from, l.source, l.recorded_at,
                      coalesce(u.name, '') AS recorded_by
               FROM authority_limit l LEFT JOIN app_user u ON u.id = l.recorded_by
               WHERE l.fund_id = :fund_id ORDER BY l.id"""
        ),
        {"fund_id": fund_id},
    )
    return tuple(AmountLine(**row) for row in rows.mappings())


def add_conflict(
    session: Session,
    *,
    user_id: UUID,
    party_id: UUID,
    since: date,
    words: str,
    recorded_by: UUID | None,
    ends_id: int | None = None,
) -> int:
    """Write down a conflict of interest, or the end of one; return its number."""
    row = ConflictRow(
        user_id=user_id, party_id=party_id, since=since, words=words, recorded_by=recorded_by, ends_id=ends_id
    )
    session.add(row)
    session.flush()
    assert row.id is not None, "a row that was written has its number"
    return row.id


def conflicts(session: Session, *, conflict_id: int | None = None) -> tuple[ConflictLine, ...]:
    """Return the conflicts that this person may see (their own; auditors and stewards: all), newest first."""
    rows = session.execute(
        text(
            f"""SELECT c.id, c.user_id, u.name AS person, u.email, c.party_id, p.code AS party_code, p.name AS party,
                      c.since, c.words, coalesce(b.name, '') AS declared_by, e.recorded_at AS ended_at,
                      coalesce(w.name, '') AS ended_by, e.id IS NULL AND c.since <= {_TODAY} AS binds
               FROM conflict_of_interest c JOIN app_user u ON u.id = c.user_id JOIN party p ON p.id = c.party_id
               LEFT JOIN app_user b ON b.id = c.recorded_by
               LEFT JOIN conflict_of_interest e ON e.ends_id = c.id LEFT JOIN app_user w ON w.id = e.recorded_by
               WHERE c.ends_id IS NULL AND (CAST(:id AS bigint) IS NULL OR c.id = :id) ORDER BY c.id DESC"""
        ),
        {"id": conflict_id},
    )
    return tuple(ConflictLine(**row) for row in rows.mappings())


def today(session: Session) -> date:
    """Return the database's day (UTC): the one by which delegations and conflicts are in force."""
    day: date = session.execute(text(f"SELECT {_TODAY}")).scalar_one()
    return day


def lock(session: Session, what: str) -> None:
    """Let one transaction at a time decide on a thing that has no row to lock, such as ``request 17``."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"), {"what": what})


def add_delegation(
    session: Session,
    *,
    lender_id: UUID,
    borrower_id: UUID,
    acts: Sequence[str],
    from_day: date,
    to_day: date,
    at_most_minor: int | None,
    words: str,
    recorded_by: UUID | None,
    ends_id: int | None = None,
) -> int:
    """Write down a delegation, or the early end of one; return its number."""
    row = DelegationRow(
        lender_id=lender_id,
        borrower_id=borrower_id,
        acts=list(acts),
        from_day=from_day,
        to_day=to_day,
        at_most_minor=at_most_minor,
        words=words,
        recorded_by=recorded_by,
        ends_id=ends_id,
    )
    session.add(row)
    session.flush()
    assert row.id is not None, "a row that was written has its number"
    return row.id


def delegations(session: Session, *, delegation_id: int | None = None) -> tuple[DelegationLine, ...]:
    """Return the delegations that this person may see (of theirs; auditors and stewards: all), newest first."""
    rows = session.execute(
        text(
            f"""SELECT d.id, d.lender_id, a.name AS lender, d.borrower_id, b.name AS borrower, d.acts, d.from_day,
                      d.to_day, d.at_most_minor, d.words, e.recorded_at AS ended_at,
                      {_IN_FORCE} AS in_force,
                      CASE WHEN a.disabled_at IS NOT NULL THEN a.name WHEN b.disabled_at IS NOT NULL THEN b.name
                           ELSE '' END AS gone
               FROM delegation d JOIN app_user a ON a.id = d.lender_id JOIN app_user b ON b.id = d.borrower_id
               LEFT JOIN delegation e ON e.ends_id = d.id
               WHERE d.ends_id IS NULL AND (CAST(:id AS bigint) IS NULL OR d.id = :id) ORDER BY d.id DESC"""
        ),
        {"id": delegation_id},
    )
    return tuple(DelegationLine(**{**row, "acts": tuple(row["acts"])}) for row in rows.mappings())


def person_by_email(session: Session, email: str) -> tuple[UUID, str, Role] | None:
    """Return a user who may sign in: id, name and role; None for an unknown one."""
    row = session.execute(
        text("SELECT id, name, role FROM app_user WHERE email = :email AND disabled_at IS NULL"),
        {"email": email.strip().lower()[:300]},
    ).one_or_none()
    return (row.id, row.name, Role(row.role)) if row else None


def people_inside(session: Session, *, but: Collection[Role] = ()) -> tuple[tuple[UUID, str, str], ...]:
    """Return the bank's own people who may sign in, but for some roles: id, email and name, by name."""
    rows = session.execute(
        text(
            """SELECT id, email, name FROM app_user
               WHERE role <> 'investee' AND role <> ALL(:but) AND disabled_at IS NULL ORDER BY name, email"""
        ),
        {"but": sorted(map(str, but))},
    )
    return tuple((row.id, row.email, row.name) for row in rows)
