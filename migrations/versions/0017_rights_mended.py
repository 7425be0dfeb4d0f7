"""Take from every role what no program of the bank does with it, and have the database ask who has an act.

Why: who finds a way to run SQL as a request must not approve a deal, reopen a sign-in, post with a tie or read hashes
in somebody's name; who finds a night's connection must not sign in as a board member or write a digest.
Safe while the old code runs: no. It seals in requests and changes people by updates that it may no longer make: stop it
first, then migrate.
"""

from alembic import op

from migrations.statements import drop_functions, run, run_one

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BOTH = "missionbook_app, missionbook_night"


def upgrade() -> None:
    run("0017_rights_mended")


def downgrade() -> None:
    op.execute("ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC")
    op.execute("DROP TRIGGER fund_keeps_its_id ON fund")
    drop_functions(
        "act_is_of_who_does_it()", "request_names_its_deal()", "entries_are_of_who_posts()", "has_password(text)",
        "replace_password_of(uuid, text)", "disable_person(uuid)", "sign_in_is_short()", "token_stays_ended()",
        "browser_stays_ended()", "audit_names_who_acts()", "seal_facts_if_free()", "is_lent(text, uuid, uuid)",
        "act_is_of(text, text)", "is_conflicted(uuid, uuid)", "sign_in_of(text)",
    )  # fmt: skip
    run_one("0015_authority", "CREATE FUNCTION is_conflicted", ends=";")
    run_one("0016_sign_ins", "CREATE FUNCTION sign_in_of", ends="END;")
    op.execute("REVOKE ALL ON FUNCTION is_conflicted(uuid, uuid), sign_in_of(text) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION is_conflicted(uuid, uuid), sign_in_of(text) TO {BOTH}")
    op.execute("GRANT EXECUTE ON FUNCTION seal_facts() TO missionbook_app")
    op.execute(f"GRANT UPDATE (password_hash, disabled_at, password_changed_at) ON app_user TO {BOTH}")
    op.execute("GRANT INSERT ON app_user TO missionbook_app")
    op.execute(
        "GRANT INSERT ON definition, web_session, access_token, authority_limit, delegation, conflict_of_interest, "
        "request, request_decision TO missionbook_night"
    )
