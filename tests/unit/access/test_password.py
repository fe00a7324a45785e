"""Rules for passwords."""

from __future__ import annotations

import pytest

from coverslip.access import password
from coverslip.access.errors import PasswordLikeName, PasswordTooCommon, PasswordTooLong, PasswordTooShort


@pytest.mark.parametrize(
    "good", ["correct horse battery staple", "Xy7!kp2#", "床前明月光疑是地上霜举头望", "tr0mb0ne-in-rain"]
)
def test_long_or_mixed_passwords_are_taken(good: str) -> None:
    password.require_strong(good, username="li.na", name="李娜")


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("", PasswordTooShort),
        ("short", PasswordTooShort),
        ("Xy7!kp2", PasswordTooShort),
        ("elevenchars", PasswordTooShort),
        ("aaaaaaaaaaaaaaaa", PasswordTooCommon),
        ("Password1234!", PasswordTooCommon),
        ("P@1!" * 80, PasswordTooLong),
        ("my name is li.na today", PasswordLikeName),
    ],
)
def test_short_common_and_telling_passwords_are_refused(bad: str, why: type[Exception]) -> None:
    with pytest.raises(why):
        password.require_strong(bad, username="li.na", name="李娜")


def test_generated_passwords_meet_the_rules_and_differ() -> None:
    made = {password.generated() for _ in range(50)}
    assert len(made) == 50
    for secret in made:
        password.require_strong(secret)


def test_a_password_is_known_by_its_hash_however_it_was_composed() -> None:
    kept = password.hashed("café au lait, encore")
    assert kept.startswith("$argon2id$")
    assert password.matches(kept, "cafe\u0301 au lait, encore")
    assert not password.matches(kept, "cafe au lait, encore")
    assert not password.matches("no hash at all", "x")
