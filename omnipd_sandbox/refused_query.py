"""How the semantic layer says no."""


class Refused(Exception):
    """Say that a query cannot be planned or run; it becomes a job line with status ERROR."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.message = message


class BadFilter(ValueError):
    """Say that a filter is a bare value, which the wire answers with 400."""

    def __init__(self) -> None:
        # The whole request is refused, not the job (docs/wire.md).
        super().__init__("Unable to parse data stream")
