"""Signing in and out: who gets a token, what it opens, and what a guess learns (nothing)."""

from __future__ import annotations

import pytest

from tests.api.conftest import PASSWORD, Caller


def test_a_password_opens_the_door_and_signing_out_closes_it(bank: dict[str, Caller], stranger: Caller) -> None:
    given = stranger.post("/api/v1/tokens", {"email": " Board@bank.example ", "password": PASSWORD})
    assert given.status_code == 201, given.text
    board = Caller(stranger.app, given.json()["token"])
    me = board.get("/api/v1/me").json()
    assert (me["name"], me["role"]) == ("board", "board")
    assert "approve a deal" in me["may"]
    assert "propose a deal" not in me["may"]
    assert board("DELETE", "/api/v1/tokens/current").status_code == 204
    assert board.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize(("email", "password"), [
    ("board@bank.example", "wrong-horse-battery"),
    ("nobody@bank.example", PASSWORD),
    ("board@bank.example\x00", PASSWORD),
    ("' OR 1=1 --", "' OR 1=1 --"),
    ("board@bank.example", "x" * 400),
])  # fmt: skip
def test_what_does_not_fit_gets_one_and_the_same_answer(
    bank: dict[str, Caller], stranger: Caller, email: str, password: str
) -> None:
    told = stranger.post("/api/v1/tokens", {"email": email, "password": password})
    assert told.status_code == 401
    problem = told.json()
    assert problem.pop("trace_id") == told.headers["X-Request-ID"]
    assert problem == {
        "type": "/problems/sign-in-refused",
        "title": "Sign in refused",
        "status": 401,
        "detail": "email and password do not fit together",
    }
