"""Signing in and out, and who is signed in."""

from __future__ import annotations

from fastapi import APIRouter, Response

from coverslip.access import people, session
from coverslip.server.call import Caller
from coverslip.server.guard import GuardedRoute
from coverslip.server.identity import clear_cookie, set_cookie
from coverslip.server.schemas.session import Me, PasswordChange, SessionChange, SignIn
from coverslip.server.views import person as views

router = APIRouter(prefix="/session", tags=["session"], route_class=GuardedRoute)


@router.post("")
def sign_in(given: SignIn, call: Caller, response: Response) -> Me:
    """Sign in; the session comes as a cookie, the CSRF token in the body. A session already held is ended."""
    services = call.services
    signed_in = session.sign_in(
        services.database,
        given.username,
        given.password.get_secret_value(),
        call.address,
        call.user_agent,
        services.settings,
    )
    if call.token is not None:
        session.sign_out(services.database, call.token)
    set_cookie(response, signed_in.token, secure=call.secure_cookie)
    return views.me(signed_in, demo=services.settings.demo)


@router.get("")
def read_session(call: Caller) -> Me:
    """Who is signed in."""
    with call.transaction() as tx:
        call.record_look(tx, "session", call.actor.session_id)
    return views.me(call.person, demo=call.services.settings.demo)


@router.delete("", status_code=204)
def sign_out(call: Caller, response: Response) -> None:
    """End the session: its pages' live streams end at once, its tiles within seconds."""
    assert call.token is not None
    session.sign_out(call.services.database, call.token)
    call.services.live.end_session(call.actor.session_id)
    clear_cookie(response, secure=call.secure_cookie)


@router.patch("")
def change_session(given: SessionChange, call: Caller) -> Me:
    """Change the language."""
    with call.transaction() as tx:
        session.set_locale(tx, given.locale)
    return views.me(call.refreshed(), demo=call.services.settings.demo)


@router.post("/password", status_code=204)
def change_password(given: PasswordChange, call: Caller) -> None:
    """Change the own password; every other session of the person ends."""
    people.change_own_password(
        call.services.database, call.actor, given.current.get_secret_value(), given.new.get_secret_value()
    )
