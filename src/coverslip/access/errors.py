"""What access refuses."""

from __future__ import annotations

from coverslip.errors import CoverslipError


class PermissionDenied(CoverslipError):
    """The actor's roles do not include the permission. Parameter: `permission`."""

    code = "PERMISSION_DENIED"


class LoginFailed(CoverslipError):
    """Unknown username, wrong password or closed account: deliberately not told apart."""

    code = "LOGIN_FAILED"


class LoginThrottled(CoverslipError):
    """Too many failed attempts. Parameter: `seconds` to wait."""

    code = "LOGIN_THROTTLED"


class PasswordWrong(CoverslipError):
    """The signed-in person typed another password than their own."""

    code = "PASSWORD_WRONG"


class PasswordTooWeak(CoverslipError):
    """The new password does not meet the rules; the subclasses say which."""

    code = "PASSWORD_TOO_WEAK"
    exit_status = 2


class PasswordTooShort(PasswordTooWeak):
    """Fewer characters than the rules ask for. Parameters: `length`, `shortest`, `shortest_mixed`."""

    code = "PASSWORD_TOO_SHORT"


class PasswordTooLong(PasswordTooWeak):
    """Longer than anyone types. Parameter: `longest`."""

    code = "PASSWORD_TOO_LONG"


class PasswordTooCommon(PasswordTooWeak):
    """A well-known password, or few different characters."""

    code = "PASSWORD_TOO_COMMON"


class PasswordLikeName(PasswordTooWeak):
    """Holds the person's name or username."""

    code = "PASSWORD_LIKE_NAME"


class PasswordUnchanged(PasswordTooWeak):
    """The new password is the old one."""

    code = "PASSWORD_UNCHANGED"


class UsernameTaken(CoverslipError):
    """The username belongs to somebody already. Parameter: `username`."""

    code = "USERNAME_TAKEN"
    exit_status = 2


class OrganizationCodeTaken(CoverslipError):
    """An organization with that code exists already. Parameter: `organization`."""

    code = "ORGANIZATION_CODE_TAKEN"
    exit_status = 2


class LastAdministrator(CoverslipError):
    """The change would leave the organization without anyone who can manage people."""

    code = "LAST_ADMINISTRATOR"


class AuditChainBroken(CoverslipError):
    """The audit trail was changed behind the application's back. Parameters: `number`, `kind`."""

    code = "AUDIT_CHAIN_BROKEN"
