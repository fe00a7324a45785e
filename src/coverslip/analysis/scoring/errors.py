"""What can be wrong with the input of a score; each error names the field."""

from __future__ import annotations

from coverslip.errors import InvalidInput


class ProfileUnknown(InvalidInput):
    """No scoring profile has this name. Parameters: `field`, `name`, `known`."""

    code = "PROFILE_UNKNOWN"


class CountMissing(InvalidInput):
    """A field that the profile needs is not there. Parameter: `field`."""

    code = "COUNT_MISSING"


class CountUnknownField(InvalidInput):
    """A field that the profile does not know. Parameter: `field`."""

    code = "COUNT_UNKNOWN_FIELD"


class CountNotWhole(InvalidInput):
    """A count that is not a whole number. Parameters: `field`, `value`."""

    code = "COUNT_NOT_WHOLE"


class CountOutOfRange(InvalidInput):
    """A number outside what can be. Parameters: `field`, `value`, `low`, `high`."""

    code = "COUNT_OUT_OF_RANGE"


class CountNotAChoice(InvalidInput):
    """A word that is not one of those the field takes. Parameters: `field`, `value`, `choices`."""

    code = "COUNT_NOT_A_CHOICE"


class CountWrongShape(InvalidInput):
    """A value of the wrong kind (a list where an object belongs). Parameters: `field`, `expected`."""

    code = "COUNT_WRONG_SHAPE"


class CountsContradict(InvalidInput):
    """Two values that cannot both be true. Parameters: `field`, `value`, `other`, `other_value`."""

    code = "COUNTS_CONTRADICT"


class CountsNotJson(InvalidInput):
    """The input is not JSON. Parameters: `field`, `problem`."""

    code = "COUNTS_NOT_JSON"


class CountRepeated(InvalidInput):
    """A field that stands twice in one object. Parameter: `field`."""

    code = "COUNT_REPEATED"
