"""Who may enter the embedded database: nobody without a password, each role as far as it needs."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from api.database import keeper
from api.database.embedded import Cluster, External, database, discard, hold
from api.database.problems import DatabaseRoleNotConfigured
from api.database.roles import Role, clone_database, drop_database, prepare_roles
from api.settings import Settings, SettingsRefused, settings
from tests.database.holders import ask


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    data = tmp_path_factory.mktemp("access") / "data"
    with hold(data, durable=False) as held:
        yield held
    discard(data)


def connect_as(cluster: Cluster, role: Role) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(cluster.url(role), autocommit=True)


@pytest.mark.parametrize("user", ["postgres", "missionbook_app", "missionbook_migrator"])
def test_nobody_enters_without_a_password(cluster: Cluster, user: str) -> None:
    url = f"postgresql://{user}@/missionbook?host={cluster.sockets}"
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(url, passfile=os.devnull)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url, password="guessed")


def test_there_is_no_door_to_the_network(cluster: Cluster) -> None:
    assert ask(cluster.superuser_url(), "SHOW listen_addresses") == ""
    rules = "SELECT string_agg(type || ' ' || auth_method, ', ') FROM pg_hba_file_rules"
    assert ask(cluster.superuser_url(), rules) == "local scram-sha-256"


def test_folders_and_secrets_are_closed_to_others(cluster: Cluster) -> None:
    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    assert mode(cluster.data) == (0o711 if os.geteuid() == 0 else 0o700)
    assert mode(cluster.folder) == 0o700
    assert {mode(path) for path in cluster.data.iterdir() if path.is_file()} == {0o600}
    assert mode(cluster.folder / keeper.SOCKET) == 0o700


def test_passwords_show_neither_in_a_repr_nor_in_the_log_nor_in_a_command_line(cluster: Cluster) -> None:
    record = json.loads((cluster.data / "database.json").read_text())
    secrets = [record["superuser_password"], *record["passwords"].values()]
    assert len(set(secrets)) == 5
    log = (cluster.data / keeper.LOG).read_text()
    lines = b"".join(path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()).decode()
    for secret in secrets:
        assert secret not in repr(cluster)
        assert secret not in log
        assert secret not in lines


@pytest.mark.parametrize(
    ("role", "past_row_security", "statement", "lock", "idle"),
    [
        (Role.MIGRATOR, True, "0", "4s", "10min"),
        (Role.APP, False, "15s", "4s", "1min"),
        (Role.NIGHT, True, "0", "30s", "10min"),
        (Role.REGISTER, False, "15s", "4s", "1min"),
    ],
)
def test_roles_are_as_strong_as_they_need_to_be(
    cluster: Cluster, role: Role, past_row_security: bool, statement: str, lock: str, idle: str
) -> None:
    with connect_as(cluster, role) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,"
            " current_setting('statement_timeout'), current_setting('lock_timeout'),"
            " current_setting('idle_in_transaction_session_timeout'), current_setting('timezone')"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert row == (False, False, False, False, past_row_security, statement, lock, idle, "UTC")


def test_only_the_migrator_makes_tables_and_only_the_night_temporary_ones(cluster: Cluster) -> None:
    with connect_as(cluster, Role.MIGRATOR) as connection:
        connection.execute("CREATE TABLE made (value int)")
        connection.execute("DROP TABLE made")
    for role in (Role.APP, Role.NIGHT, Role.REGISTER):
        with connect_as(cluster, role) as connection, pytest.raises(psycopg.Error) as refused:
            connection.execute("CREATE TABLE public.made (value int)")
        assert isinstance(refused.value, errors.InsufficientPrivilege | errors.ReadOnlySqlTransaction)
    with connect_as(cluster, Role.NIGHT) as connection:
        connection.execute("CREATE TEMPORARY TABLE rows_to_load (value int)")
    with connect_as(cluster, Role.APP) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute("CREATE TEMPORARY TABLE rows_to_load (value int)")


def test_a_clone_has_the_template_s_owner_and_doors(cluster: Cluster) -> None:
    with connect_as(cluster, Role.MIGRATOR) as connection:
        connection.execute("CREATE TABLE copied AS SELECT 7 AS value")
    clone_database(cluster.superuser_url(), template="missionbook", name="clone")
    facts = (
        "SELECT array_to_string(datacl, ' ') || ' ' || datdba::regrole FROM pg_database"
        " WHERE datname = 'missionbook' UNION SELECT array_to_string(datacl, ' ') || ' ' || datdba::regrole"
        " FROM pg_database WHERE datname = 'clone'"
    )
    with psycopg.connect(cluster.superuser_url()) as connection:
        assert len(connection.execute(facts).fetchall()) == 1  # both say the same
    assert ask(cluster.url(Role.MIGRATOR, "clone"), "SELECT value FROM copied") == 7
    drop_database(cluster.superuser_url(), name="clone")
    with connect_as(cluster, Role.MIGRATOR) as connection:
        connection.execute("DROP TABLE copied")


def test_preparing_the_roles_again_changes_nothing_but_passwords(cluster: Cluster) -> None:
    roles = "SELECT string_agg(r::text || coalesce(s.setconfig::text, ''), ' ' ORDER BY rolname) FROM (SELECT rolname,"
    roles += " rolsuper, rolbypassrls, rolcanlogin, oid FROM pg_roles WHERE rolname LIKE 'missionbook%') r"
    roles += " LEFT JOIN pg_db_role_setting s ON s.setrole = r.oid"
    before = ask(cluster.superuser_url(), roles)
    assert "missionbook_register" in str(before)
    with psycopg.connect(cluster.superuser_url(), autocommit=True) as connection:
        prepare_roles(connection, {Role.REGISTER: "a new one"})
        assert ask(cluster.superuser_url(), roles) == before
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            connect_as(cluster, Role.REGISTER)
        prepare_roles(connection, {Role.REGISTER: cluster.record.passwords["register"]})
    connect_as(cluster, Role.REGISTER).close()


def test_the_cluster_keeps_text_as_utf8_and_pages_with_checksums(cluster: Cluster) -> None:
    assert ask(cluster.superuser_url("missionbook"), "SHOW server_encoding") == "UTF8"
    assert ask(cluster.superuser_url(), "SHOW data_checksums") == "on"
    # Unicode's own order and letters, the same on every machine.
    assert ask(cluster.superuser_url("missionbook"), "SELECT upper('förderung')") == "FÖRDERUNG"


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment without anybody's own MISSIONBOOK_ settings: it is ours to change here."""
    for name in tuple(os.environ):
        if name.startswith("MISSIONBOOK_"):
            monkeypatch.delenv(name)
    return monkeypatch


def test_settings_come_from_the_environment(bare_environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare_environment.chdir(tmp_path)
    assert settings().data == tmp_path / "data"
    bare_environment.setenv("MISSIONBOOK_DATA", "elsewhere")
    bare_environment.setenv("MISSIONBOOK_DATABASE_URL", "")
    assert settings().data == tmp_path / "elsewhere"
    assert settings().database_url is None
    bare_environment.setenv("MISSIONBOOK_PORT", "eighty")
    with pytest.raises(SettingsRefused, match=r"MISSIONBOOK_PORT: .*valid integer"):
        settings()


def test_an_external_server_is_pointed_to_role_by_role(bare_environment: pytest.MonkeyPatch) -> None:
    bare_environment.setenv("MISSIONBOOK_DATABASE_URL", "postgresql://app:secret@db/book")
    bare_environment.setenv("MISSIONBOOK_DATABASE_URL_NIGHT", "postgresql://night:secret@db/book")
    assert "secret" not in repr(settings())
    with database(settings()) as outside:
        assert isinstance(outside, External)
        assert outside.url(Role.APP) == "postgresql://app:secret@db/book"
        assert outside.url(Role.NIGHT) == "postgresql://night:secret@db/book"
        with pytest.raises(DatabaseRoleNotConfigured, match=r"role register.*MISSIONBOOK_DATABASE_URL_REGISTER"):
            outside.url(Role.REGISTER)
        assert "secret" not in repr(outside)


def test_without_a_url_the_embedded_server_is_held(cluster: Cluster) -> None:
    with database(Settings(data=cluster.data)) as held:
        assert re.fullmatch(r"postgresql://missionbook_app:\S+@/missionbook\?host=\S+", held.url(Role.APP))
