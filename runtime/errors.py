"""What can go wrong between the runtime's parts. Every error survives pickling (they cross Ray)."""

from __future__ import annotations


class RuntimeFault(Exception):
    """The actor runtime could not do what was asked."""

    code = "runtime_fault"
    retryable = False

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or type(self).__doc__ or "")


class StoreUnavailable(RuntimeFault):
    """The database did not answer. Nothing was written: the statement never reached it."""

    code = "store_unavailable"
    retryable = True


class OutcomeUnknown(RuntimeFault):
    """The answer was lost after the statement was sent: it may or may not have happened."""

    code = "outcome_unknown"
    retryable = True


class StatementRejected(RuntimeFault):
    """The database refused the statement because of its content; nothing was written."""

    code = "statement_rejected"
