"""What is counted, and who may read it."""

from __future__ import annotations

import pytest

from api.main import build_app
from api.measures import FORWARDED
from api.settings import Settings
from tests.api.conftest import Caller
from tests.conftest import TestDatabase

NAMED = Settings(metrics_from="198.51.100.7, 203.0.113.0/24,2001:db8::/32").measure_readers
WHO_READS = [
    ("127.0.0.1", True, True),
    ("127.8.0.1", True, True),
    ("::1", True, True),
    ("::ffff:127.0.0.1", True, True),
    ("198.51.100.7", False, True),
    ("198.51.100.8", False, False),
    ("203.0.113.255", False, True),
    ("::ffff:203.0.113.9", False, True),
    ("203.0.114.0", False, False),
    ("2001:db8:1::9", False, True),
    ("2001:db9::1", False, False),
    ("10.0.0.1", False, False),
    ("somebody.example", False, False),
]


@pytest.mark.parametrize(("address", "unnamed", "named"), WHO_READS)
def test_the_measures_are_told_to_the_machine_and_to_who_is_named(
    database: TestDatabase, address: str, unnamed: bool, named: bool
) -> None:
    for app, may in ((build_app(database), unnamed), (build_app(database, measure_readers=NAMED), named)):
        told = Caller(app, address=address).get("/metrics")
        assert (told.status_code, "missionbook_requests" in told.text) == ((200, True) if may else (403, False))
        assert may or told.json()["type"] == "/problems/measures-inside"


@pytest.mark.parametrize("header", FORWARDED)
def test_who_comes_through_a_proxy_reads_no_measures(database: TestDatabase, header: str) -> None:
    app = build_app(database, measure_readers=NAMED)
    for address in ("127.0.0.1", "198.51.100.7"):
        assert Caller(app, address=address).get("/metrics", headers={header: "127.0.0.1"}).status_code == 403


def test_the_measures_count_doors_and_name_nobody(bank: dict[str, Caller], stranger: Caller) -> None:
    bank["ann"].get("/api/v1/parties/HARBOUR")
    stranger.get("/api/v1/made-up-by-somebody")
    told = Caller(stranger.app, address="127.0.0.1").get("/metrics").text
    assert 'missionbook_requests_total{door="/api/v1/parties/{code}",method="GET",status="200"} 1.0' in told
    for word in ("HARBOUR", "ann", "made-up"):
        assert word not in told
