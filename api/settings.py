"""Settings from the environment: the data folder, where the server answers and whom it believes, the database."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.errors import InputRefused, Problem


class SettingsRefused(InputRefused):
    """An environment variable holds what cannot be meant; the message names it and never repeats its value."""


class Settings(BaseSettings):
    """How one deployment is set up. Passwords inside URLs never show in its repr."""

    model_config = SettingsConfigDict(
        env_prefix="MISSIONBOOK_", env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    data: Path = Field(default_factory=lambda: Path("data").absolute())
    """The data folder: the embedded database, sign-ins, files."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    proxies: str = Field(default="", pattern=r"^[0-9a-fA-F:./, ]*$")
    """Addresses of proxies, by comma, whose word on the caller's address and on https is believed; else nobody's."""
    hosts: str = Field(default="", pattern=r"^[a-zA-Z0-9.:, \[\]-]*$")
    """Names by which the pages may be called, by comma, with the port where one is typed; else every name."""
    metrics_from: str = Field(default="", pattern=r"^[0-9a-fA-F:./, ]*$")
    """Addresses and networks, by comma, that may read ``/metrics`` besides the machine itself."""
    database_url: SecretStr | None = None
    """Role app of an external PostgreSQL 18. When set, nothing is embedded."""
    database_url_migrator: SecretStr | None = None
    database_url_night: SecretStr | None = None
    database_url_register: SecretStr | None = None

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """The names of ``hosts``; none where every name is taken."""
        return frozenset(name.strip().lower() for name in self.hosts.split(",") if name.strip())

    @property
    def measure_readers(self) -> frozenset[IPv4Network | IPv6Network]:
        """The networks of ``metrics_from``; none where only the machine itself reads the measures."""
        return _networks(self.metrics_from)

    @field_validator("metrics_from")
    @classmethod
    def _of_networks(cls, said: str) -> str:
        try:
            _networks(said)
        except ValueError:
            raise PydanticCustomError("networks", "Give addresses or networks, by comma") from None
        return said

    @field_validator("data")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()


def _networks(said: str) -> frozenset[IPv4Network | IPv6Network]:
    return frozenset(ip_network(one.strip(), strict=False) for one in said.split(",") if one.strip())


def settings() -> Settings:
    """Read the settings as they are now.

    Raises:
        SettingsRefused: a variable cannot be read.
    """
    try:
        return Settings()
    except ValidationError as problem:
        raise SettingsRefused(
            [Problem(f"MISSIONBOOK_{str(error['loc'][0]).upper()}", error["msg"]) for error in problem.errors()],
            subject="the environment",
        ) from None
