"""Passwords: how they are kept, what they have to be, and how one is made up."""

from __future__ import annotations

import re
import secrets
import unicodedata
from functools import cache

import argon2

from coverslip.access.errors import PasswordLikeName, PasswordTooCommon, PasswordTooLong, PasswordTooShort

_HASHER = argon2.PasswordHasher()
"""argon2id with the parameters of RFC 9106 for 64 MiB."""

LONGEST = 200
SHORTEST_PLAIN, SHORTEST_MIXED = 12, 8
FEWEST_DIFFERENT = 5
_KINDS = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]")
_WELL_KNOWN = (
    "password", "passw0rd", "12345678", "qwerty", "letmein", "welcome", "iloveyou", "admin", "abcdefgh", "1qaz2wsx",
    "woaini", "5201314", "88888888", "00000000", "coverslip", "pathology", "hospital",
)  # fmt: skip
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without i, l, o, 0 and 1, which look alike on paper."""


def hashed(password: str) -> str:
    """What is kept of a password."""
    return _HASHER.hash(_normal(password))


def matches(password_hash: str, password: str) -> bool:
    """Whether this is the password."""
    try:
        return _HASHER.verify(password_hash, _normal(password))
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


def outdated(password_hash: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


@cache
def nobodys() -> str:
    """A hash to compare with where there is no such account, so that both cases take the same time."""
    return hashed(secrets.token_urlsafe(32))


def generated() -> str:
    """A password of 80 bits in four groups, to be read out or copied from paper."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def require_strong(password: str, *, username: str = "", name: str = "") -> None:
    """Raise a `PasswordTooWeak` unless it is long enough or mixed enough, and not a name or a well-known word."""
    plain = _normal(password)
    folded = plain.casefold()
    mixed = sum(re.search(kind, plain) is not None for kind in _KINDS)
    if len(plain) > LONGEST:
        raise PasswordTooLong(field="password", longest=LONGEST)
    if len(plain) < (SHORTEST_MIXED if mixed == len(_KINDS) else SHORTEST_PLAIN):
        raise PasswordTooShort(
            field="password", length=len(plain), shortest=SHORTEST_PLAIN, shortest_mixed=SHORTEST_MIXED
        )
    if any(len(own) > 2 and own.casefold() in folded for own in (username, name)):
        raise PasswordLikeName(field="password")
    if len(set(folded)) < FEWEST_DIFFERENT or _well_known(folded):
        raise PasswordTooCommon(field="password")


def _well_known(folded: str) -> bool:
    """Whether little more than a well-known word is there; digits and signs around it do not count."""
    rest = folded
    for known in _WELL_KNOWN:
        rest = rest.replace(known, "")
    return rest != folded and len(set(filter(str.isalpha, rest))) < FEWEST_DIFFERENT


def _normal(password: str) -> str:
    """The same characters however the keyboard composed them."""
    return unicodedata.normalize("NFKC", password)
