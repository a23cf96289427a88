"""How the semantic layer says no."""


class Refused(Exception):  # noqa: N818 - it is a verdict on a query, not a fault of the program
    """Say that a query cannot be planned or run; it becomes a job line with status ERROR."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.message = message


class BadFilter(ValueError):  # noqa: N818 - named after what it refuses
    """Say that a filter is a bare value, which the wire answers with 400."""

    def __init__(self) -> None:
        # The whole request is refused, not the job (docs/wire.md).
        super().__init__("Unable to parse data stream")
