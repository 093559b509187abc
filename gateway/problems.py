"""Errors over HTTP: RFC 9457 problem details, written for a tired person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from psycopg.errors import ReadOnlySqlTransaction
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError, TimeoutError
from starlette.exceptions import HTTPException

from domain.errors import Invalid
from gateway.tree.faults import TreeInvalid
from gateway.tree.faults import pointer as pointer_of
from runtime.errors import RuntimeFault, StatementRejected
from runtime.ids import new_id
from storage.errors import Conflict, NotFound, Overtaken

log = structlog.get_logger("sentinel.gateway")
TYPE = "application/problem+json"
MOST_ERRORS = 200
TITLES = {
    400: "The request cannot be understood",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "This address does not take this method",
    409: "Conflict",
    412: "Somebody else saved it first",
    413: "The body is too large",
    415: "This content encoding is not understood",
    422: "A value is not acceptable",
    429: "Too many attempts",
    500: "Something is broken on our side",
    503: "Not now, come again",
}


def problem_body(status: int, detail: str, errors: Sequence[Mapping[str, str]] = (), **more: Any) -> bytes:
    """The document; `errors` are {pointer, detail}."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        **more,
    }
    if errors:
        document["errors"] = list(errors)
    return msgspec.json.encode(document)


def problem(
    status: int,
    detail: str,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """The response."""
    return Response(problem_body(status, detail, errors, **more), status, dict(headers or {}), TYPE)


def pointer(field: str) -> str:
    """JSON pointer of a field path such as "layers[0].rotation.users"."""
    parts = field.replace("[", ".").replace("]", "").split(".")
    return "".join(f"/{p.replace('~', '~0').replace('/', '~1')}" for p in parts if p)


class ProblemError(Exception):
    """Raised by routes to answer with a problem."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers

    def __reduce__(self) -> tuple[type[ProblemError], tuple[int, str]]:
        return (type(self), (self.status, self.detail))


def _faults(error: TreeInvalid) -> Response:
    errors = [{"pointer": pointer_of(f.path), "detail": f.text} for f in error.faults]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return problem(422, f"{error.faults[0]}{more}", errors[:MOST_ERRORS])


def _overtaken(error: Overtaken) -> Response:
    return problem(412, str(error), headers={"ETag": f'"{error.tag}"'}, changed_by=error.by, changed_at=error.at)


def _unavailable(error: Exception) -> Response:
    log.warning("store_unavailable", why=type(error).__name__)
    detail = "The database does not answer. Nothing was changed; try again in a few seconds."
    return problem(503, detail, headers={"Retry-After": "2"})


def _validation(error: RequestValidationError) -> Response:
    errors = []
    for e in error.errors():
        where, *path = [str(p) for p in e["loc"]]
        inside = "".join(f"/{p}" for p in path)
        errors.append({"pointer": inside if where == "body" else f"{where}{inside}", "detail": str(e["msg"])})
    first = errors[0] if errors else {"pointer": "", "detail": "unreadable"}
    return problem(422, f"{first['pointer'] or 'The body'}: {first['detail']}", errors)


def _rejected(error: Exception) -> Response:
    return problem(422, f"The database refuses this content, probably for its characters; nothing was changed: {error}")


def broken_body(error: Exception) -> bytes:
    """The document for what nobody foresaw; the log has the reason under the id in it."""
    ident = new_id()
    log.error("request_broke", problem=ident, why=repr(error), exc_info=error)
    detail = f"The request could not be completed. The log has the reason under the id {ident}."
    return problem_body(500, detail)


def _broken(error: Exception) -> Response:
    return Response(broken_body(error), 500, media_type=TYPE)


def install(app: FastAPI) -> None:
    """Answer every kind of error as a problem."""

    def handle(kind: type[Exception], answer: Any) -> None:
        async def handler(request: Request, error: Exception) -> Response:
            response: Response = answer(error)
            return response

        app.add_exception_handler(kind, handler)

    handle(ProblemError, lambda e: problem(e.status, e.detail, headers=e.headers))
    handle(Invalid, lambda e: problem(422, e.message, [{"pointer": pointer(e.field), "detail": e.message}]))
    handle(TreeInvalid, _faults)
    handle(NotFound, lambda e: problem(404, str(e)))
    handle(Conflict, lambda e: problem(409, str(e)))
    handle(Overtaken, _overtaken)
    handle(RequestValidationError, _validation)
    handle(HTTPException, lambda e: problem(e.status_code, str(e.detail), headers=e.headers))
    handle(RuntimeFault, _unavailable)
    handle(StatementRejected, _rejected)
    handle(SQLAlchemyError, lambda e: _unavailable(e) if is_outage(e) else _broken(e))
    handle(OSError, _unavailable)
    handle(Exception, _broken)


def is_outage(error: SQLAlchemyError) -> bool:
    """True if the database is away, not the statement wrong."""
    if isinstance(error, DBAPIError) and isinstance(error.orig, ReadOnlySqlTransaction):
        return True  # what answers is a standby: its primary is gone
    return isinstance(error, OperationalError | InterfaceError | TimeoutError)
