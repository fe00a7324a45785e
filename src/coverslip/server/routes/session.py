"""Signing in and out, and who is signed in."""

from __future__ import annotations

from fastapi import APIRouter, Response

from coverslip.server.schemas.session import Me, PasswordChange, SessionChange, SignIn

router = APIRouter(prefix="/session", tags=["session"])


@router.post("")
def sign_in(given: SignIn, response: Response) -> Me:
    """Sign in; the session comes as a cookie, the CSRF token in the body."""
    raise NotImplementedError


@router.get("")
def read_session() -> Me:
    """Who is signed in."""
    raise NotImplementedError


@router.delete("", status_code=204)
def sign_out(response: Response) -> None:
    """End the session."""
    raise NotImplementedError


@router.patch("")
def change_session(given: SessionChange) -> Me:
    """Change the language."""
    raise NotImplementedError


@router.post("/password", status_code=204)
def change_password(given: PasswordChange) -> None:
    """Change the own password; every other session of the person ends."""
    raise NotImplementedError
