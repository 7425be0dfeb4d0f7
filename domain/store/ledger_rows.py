"""Rows of the ledger and of its seals."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Index,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from domain.money import AMOUNT_MINOR_MAX
from domain.store.types import NOW, Fact, belongs_to_a_fund

_DAY = "BETWEEN '1900-01-01' AND '2199-12-31'"
DAYS_IN_THE_BOOK = f"booked_on {_DAY} AND effective_on {_DAY}"


class AccountRow(SQLModel, table=True):
    """An account of a fund, in one currency."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("fund_id", "code", "currency", name="account_code_is_unique_in_its_fund"),
        CheckConstraint(
            "kind IN ('asset', 'contra', 'liability', 'capital', 'income', 'expense', 'memorandum')",
            name="account_kind_is_known",
        ),
    )
    id: int | None = Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger,
        sa_column_kwargs={"server_default": text("nextval('account_id')")},
    )
    fund_id: UUID = Field(foreign_key="fund.id")
    code: str
    currency: str = Field(max_length=3)
    kind: str


class AccountLimitRow(SQLModel, table=True):
    """The running balance of an account that must stay within bounds (a pool's cash): the row that posting locks."""

    __tablename__ = "account_limit"
    account_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="account.id")
    balance_minor: int = Field(sa_type=BigInteger, default=0)
    floor_minor: int | None = Field(default=None, sa_type=BigInteger)
    ceiling_minor: int | None = Field(default=None, sa_type=BigInteger)
    version: int = Field(default=0, sa_type=BigInteger)


class EntryRow(Fact, table=True):
    """An entry's header. The postings are in ``posting``; the database checks at COMMIT that they are all there.

    ``arrived_whole`` says that header and postings come in one statement: then they are checked when it ends.
    """

    __tablename__ = "entry"
    __table_args__ = (
        UniqueConstraint("actor_scope", "idem_key", name="entry_key_is_used_once"),
        Index("entry_is_reversed_once", "reverses_id", unique=True, postgresql_where=text("reverses_id IS NOT NULL")),
        CheckConstraint("posting_count >= 2", name="entry_has_two_postings_or_more"),
        CheckConstraint("reverses_id <> id", name="entry_does_not_reverse_itself"),
        CheckConstraint("fund_id IS NOT NULL", name="entry_belongs_to_a_fund"),
        CheckConstraint(DAYS_IN_THE_BOOK, name="entry_days_are_in_the_book"),
        CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name="entry_that_reverses_is_a_reversal"),
        Index("entry_by_deal", "deal_id", postgresql_where=text("deal_id IS NOT NULL")),
    )
    actor_scope: str
    idem_key: str
    body_hash: bytes = Field(sa_type=LargeBinary)
    kind: str
    reason: str
    source_ref: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    deal_id: UUID | None = Field(default=None, foreign_key="deal.id")
    booked_on: date
    effective_on: date
    reverses_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="entry.id")
    posting_count: int
    arrived_whole: bool | None = None


class PostingRow(SQLModel, table=True):
    """One line of an entry: debit > 0, credit < 0, whole minor units. The days repeat the entry's, for the index."""

    __tablename__ = "posting"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="posting_amount_is_not_zero"),
        CheckConstraint(
            f"amount BETWEEN -{AMOUNT_MINOR_MAX} AND {AMOUNT_MINOR_MAX}", name="posting_amount_is_of_the_book"
        ),
        CheckConstraint(DAYS_IN_THE_BOOK, name="posting_days_are_in_the_book"),
        Index("posting_by_account", "account_id", "booked_on", postgresql_include=["amount"]),
        Index(
            "posting_by_instrument", "instrument_id", "account_id", postgresql_where=text("instrument_id IS NOT NULL")
        ),
        Index(
            "posting_of_another_value_day",
            text(
                "int8range(account_id * 10000000 + (LEAST(effective_on, booked_on) - '0001-01-01'::date), "
                "account_id * 10000000 + (GREATEST(effective_on, booked_on) - '0001-01-01'::date))"
            ),
            postgresql_using="gist",
            postgresql_where=text("effective_on <> booked_on"),
        ),
    )
    entry_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="entry.id")
    line: int = Field(primary_key=True)
    account_id: int = Field(sa_type=BigInteger, foreign_key="account.id")
    currency: str = Field(max_length=3)
    booked_on: date
    effective_on: date
    amount: int = Field(sa_type=BigInteger)
    instrument_id: UUID | None = Field(default=None, foreign_key="instrument.id")


class BalanceSnapshotRow(SQLModel, table=True):
    """An account's balance at a closed month end; any other day is a snapshot and what came after."""

    __tablename__ = "balance_snapshot"
    period_end: date = Field(primary_key=True)
    account_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="account.id")
    balance_minor: int = Field(sa_type=BigInteger)


class PeriodRow(Fact, table=True):
    """A period that a fund has closed for good; ``closed_seal`` is null where its last entries were sealed with it."""

    __tablename__ = "period"
    __table_args__ = (
        belongs_to_a_fund("period"),
        UniqueConstraint("fund_id", "period_end", name="period_closes_once"),
        CheckConstraint("extract(day FROM period_end + 1) = 1", name="period_ends_with_a_month"),
    )
    period_end: date
    closed_seal: int | None = Field(default=None, sa_type=BigInteger)


class ExchangeRateRow(Fact, table=True):
    """How many units of a currency one unit of the fund's own was worth on a day; a correction is one more row."""

    __tablename__ = "exchange_rate"
    __table_args__ = (
        CheckConstraint("fund_id IS NOT NULL", name="rate_belongs_to_a_fund"),
        CheckConstraint("units > 0 AND units < 1e12", name="rate_is_above_zero"),
        CheckConstraint("currency <> base", name="rate_is_between_two_currencies"),
        CheckConstraint("source <> ''", name="rate_names_its_source"),
        Index("rate_by_day", "fund_id", "currency", "quoted_on"),
    )
    currency: str = Field(max_length=3)
    base: str = Field(max_length=3)
    units: Decimal = Field(sa_type=Numeric)
    quoted_on: date
    source: str


class DefinitionRow(Fact, table=True):
    """What rows that are no facts said when they came in: a digest each, by table and key, one fact per statement."""

    __tablename__ = "definition"
    __table_args__ = (
        CheckConstraint("cardinality(keys) = cardinality(digests)", name="definition_has_a_digest_per_key"),
    )
    kind: str
    keys: list[str] = Field(sa_type=ARRAY(String))
    digests: list[bytes] = Field(sa_type=ARRAY(LargeBinary))


class ChainRow(SQLModel, table=True):
    """A chain of seals: one per fund, and the bank's own (``fund_id`` null). Its head is the chain's last hash.

    ``last_xid`` is the horizon of the last sealing: every fact of an older transaction is sealed. ``cluster`` is the
    database cluster it ran in: after a restore elsewhere transaction numbers start anew and a new segment begins.
    """

    __tablename__ = "seal_chain"
    id: int | None = Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger,
        sa_column_kwargs={"server_default": text("nextval('account_id')")},
    )
    fund_id: UUID | None = Field(default=None, foreign_key="fund.id", unique=True)
    number: int = Field(sa_type=BigInteger, default=0)
    head: bytes = Field(sa_type=LargeBinary)


class SealRow(SQLModel, table=True):
    """A fact's place for good: its number in its chain, its place in the order of all chains, and both hashes.

    ``form`` says from what the leaf is made: 1 the row as JSON, 2 the row as text.
    """

    __tablename__ = "seal"
    __table_args__ = (
        UniqueConstraint("chain_id", "number", name="seal_number_is_used_once"),
        CheckConstraint("number > 0", name="seal_number_counts_from_one"),
        CheckConstraint("form IN (1, 2)", name="seal_form_is_known"),
        Index(
            "seal_by_place",
            "position",
            postgresql_using="brin",
            postgresql_with={"pages_per_range": 32, "autosummarize": True},
        ),
    )
    fact_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    fact_kind: str
    chain_id: int = Field(sa_type=BigInteger)
    number: int = Field(sa_type=BigInteger)
    position: int = Field(sa_type=BigInteger)
    leaf_hash: bytes = Field(sa_type=LargeBinary)
    chain_hash: bytes = Field(sa_type=LargeBinary)
    sealed_at: datetime | None = Field(default=None, nullable=False, sa_column_kwargs=NOW)
    form: int = Field(default=1, sa_type=SmallInteger, sa_column_kwargs={"server_default": text("1")})


class SealHorizonRow(SQLModel, table=True):
    """One row: up to which transaction, of which database cluster, everything is sealed."""

    __tablename__ = "seal_horizon"
    __table_args__ = (CheckConstraint("one_row", name="seal_horizon_is_one_row"),)
    one_row: bool = Field(primary_key=True, default=True)
    horizon: str
    cluster: str
    position: int = Field(sa_type=BigInteger, default=0)
