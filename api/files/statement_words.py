"""The words for the lines of a fund's statements, for pages, files and commands. Marked for translation here."""

from __future__ import annotations

from api.marked import N_

STATEMENT_WORDS = {
    "balance-sheet": N_("Balance sheet"),
    "income": N_("Income"),
    "cash-flow": N_("Cash flow"),
    "trial-balance": N_("Trial balance"),
    "journal": N_("Journal"),
}
"""The statements by the end of their address, in the order in which they are offered."""

SPANS = frozenset({"income", "cash-flow", "trial-balance", "journal"})
"""The statements of a span of days; the others are of one day."""

PART_OF_STATEMENT_WORDS = {
    "assets": N_("Assets"),
    "liabilities": N_("Liabilities"),
    "capital": N_("Capital"),
    "income": N_("Income"),
    "expense": N_("Expense"),
    "memorandum": N_("Under the balance sheet"),
    "operating": N_("Running the fund"),
    "investing": N_("Financing of investees"),
    "financing": N_("Contributors"),
    "currencies": N_("Between currencies"),
}
SUM_WORDS = {
    "assets": N_("All assets"),
    "liabilities": N_("All liabilities"),
    "capital": N_("All capital"),
    "income": N_("All income"),
    "expense": N_("All expense"),
    "operating": N_("From running the fund"),
    "investing": N_("From the financing of investees"),
    "financing": N_("From contributors"),
    "currencies": N_("Between currencies, all"),
}
STATEMENT_LINE_WORDS = {
    "cash": N_("Cash"),
    "loans": N_("Loans, principal outstanding"),
    "provisions": N_("Provisions"),
    "interest_and_fees_receivable": N_("Interest and fees receivable"),
    "equity_at_cost": N_("Equity stakes at cost"),
    "royalties_at_cost": N_("Royalties at cost"),
    "royalties_receivable": N_("Royalties receivable"),
    "owed_by_contributors": N_("Owed by contributors"),
    "recoveries_receivable": N_("Recoveries receivable"),
    "other_assets": N_("Other assets"),
    "relief_payable": N_("Relief payable"),
    "owed_to_contributors": N_("Owed to contributors"),
    "unmatched_receipts": N_("Receipts not matched yet"),
    "source_differences": N_("Differences in statements taken over"),
    "other_liabilities": N_("Other liabilities"),
    "contributed": N_("Contributed"),
    "distributions": N_("Distributions"),
    "opening_positions": N_("Positions taken over"),
    "other_capital": N_("Other capital"),
    "result_of_earlier_years": N_("Result of earlier years"),
    "result_of_the_year": N_("Result of the year"),
    "commitments_undrawn": N_("Commitments signed and not yet paid out"),
    "approved_not_signed": N_("Approved and not yet signed"),
    "unrealised_currency_result": N_("Currency result, not realised"),
    "realised_currency_result": N_("Currency result, realised"),
    "currency_result": N_("Gained on cash in other currencies"),
    "interest": N_("Interest"),
    "fees": N_("Fees"),
    "royalties": N_("Royalties"),
    "dividends": N_("Dividends"),
    "realised_gains": N_("Realised gains"),
    "recoveries": N_("Recoveries"),
    "other_income": N_("Other income"),
    "promotional": N_("Promotional expense"),
    "provision_expense": N_("Provisions made"),
    "losses": N_("Losses"),
    "running_costs": N_("Running costs"),
    "other_expense": N_("Other expense"),
    "opening": N_("Cash at the start"),
    "closing": N_("Cash at the end"),
    "change": N_("Change in cash"),
    "result": N_("Result"),
    "contributions": N_("Contributions paid in"),
    "loans_paid_out": N_("Loans paid out"),
    "stakes_bought": N_("Equity stakes bought"),
    "royalties_bought": N_("Royalties bought"),
    "royalties_sold": N_("Royalties sold"),
    "principal_received": N_("Principal received"),
    "interest_and_fees_received": N_("Interest and fees received"),
    "stakes_sold": N_("Equity stakes sold"),
    "royalties_received": N_("Royalties received"),
    "dividends_received": N_("Dividends received"),
    "recoveries_received": N_("Recoveries received"),
    "conversions": N_("Exchanged between currencies"),
    "operating_reversals": N_("Entries taken back"),
    "investing_reversals": N_("Entries taken back"),
    "financing_reversals": N_("Entries taken back"),
    "other": N_("Other"),
}
ACCOUNT_KIND_WORDS = {
    "asset": N_("Asset"),
    "contra": N_("Taken off assets"),
    "liability": N_("Liability"),
    "capital": N_("Capital"),
    "income": N_("Income"),
    "expense": N_("Expense"),
    "memorandum": N_("Memorandum"),
}


def account_words(code: str) -> str:
    """Return an account's name as people read it."""
    words = code.replace("_", " ")
    return words[:1].upper() + words[1:]
