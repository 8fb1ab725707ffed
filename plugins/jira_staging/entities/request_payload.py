"""What is read of the JSON in which Jira Service Management writes requests, SLAs and approvals, in fields and its own API."""

from collections.abc import Iterator
from typing import Any

import msgspec

from jira_staging.entities.arrow_columns import moment
from jira_staging.entities.decoding import Int64
from jira_staging.entities.lenient_json import LenientDecoder
from jira_staging.entities.value_shapes import Person


class Instant(msgspec.Struct, rename="camel", gc=False):
    """A time in several spellings."""

    epoch_millis: Int64 | None = None
    iso8601: str | None = None

    @property
    def told(self) -> int | str | None:
        """Epoch milliseconds, else an ISO text."""
        return self.iso8601 if self.epoch_millis is None else self.epoch_millis


class Duration(msgspec.Struct, gc=False):
    """A length of time; negative where it is over."""

    millis: Int64 | None = None

    @property
    def seconds(self) -> int | None:
        """Whole seconds, rounded down."""
        return None if self.millis is None else self.millis // 1000


class Cycle(msgspec.Struct, rename="camel", gc=False):
    """One measurement of an SLA, from a start to a stop."""

    start_time: Instant | None = None
    stop_time: Instant | None = None
    breach_time: Instant | None = None
    breached: bool | None = None
    paused: bool | None = None
    within_calendar_hours: bool | None = None
    goal_duration: Duration | None = None
    elapsed_time: Duration | None = None
    remaining_time: Duration | None = None

    def measured(self, *, is_ongoing: bool) -> tuple[Any, ...]:
        """The columns of `sla_cycle` from `is_ongoing` on."""
        paused = self.paused if is_ongoing else False
        times = (self.start_time, self.stop_time, self.breach_time)
        lengths = (self.goal_duration, self.elapsed_time, self.remaining_time)
        return (
            is_ongoing, paused, self.breached, self.within_calendar_hours,
            *(_told(time) for time in times), *(None if length is None else length.seconds for length in lengths),
        )  # fmt: skip


class Sla(msgspec.Struct, rename="camel", gc=False):
    """An SLA of a request: the cycles that ended, and the one that goes on."""

    id: Int64
    name: str | None = None
    completed_cycles: list[Cycle] = []
    ongoing_cycle: Cycle | None = None
    error_message: str | None = None

    def cycles(self) -> Iterator[tuple[Cycle, bool]]:
        """Each cycle in the order of time, and whether it goes on."""
        yield from ((cycle, False) for cycle in sorted(self.completed_cycles, key=_begin))
        if self.ongoing_cycle is not None:
            yield self.ongoing_cycle, True


class _NoSla(msgspec.Struct, rename="camel"):
    """What a field of an SLA may hold instead: why there is none."""

    error_message: str
    id: Int64 | None = None


class Approver(msgspec.Struct, rename="camel", gc=False):
    """Somebody who is to approve."""

    approver: Person | None = None
    approver_decision: str | None = None


class Approval(msgspec.Struct, rename="camel", gc=False):
    """An approval and all who are to give it."""

    id: Int64
    name: str | None = None
    final_decision: str | None = None
    created_date: Instant | None = None
    completed_date: Instant | None = None
    approvers: list[Approver] = []

    @property
    def created(self) -> int | str | None:
        """When it was asked for."""
        return _told(self.created_date)

    @property
    def completed(self) -> int | str | None:
        """When it was decided."""
        return _told(self.completed_date)


class _RequestType(msgspec.Struct, rename="camel", gc=False):
    id: Int64
    service_desk_id: Int64 | None = None


class _Status(msgspec.Struct, rename="camel", gc=False):
    status: str | None = None
    status_category: str | None = None
    status_date: Instant | None = None


class _Links(msgspec.Struct, gc=False):
    web: str | None = None


class CustomerRequest(msgspec.Struct, rename="camel", gc=False):
    """A request: an issue's field shows its type whole, the service desk's own answer names it."""

    request_type: _RequestType | None = None
    request_type_id: Int64 | None = None
    service_desk_id: Int64 | None = None
    current_status: _Status | None = None
    links: _Links | None = msgspec.field(default=None, name="_links")

    def __post_init__(self) -> None:
        """Raises ValueError, which the decoder reports, for what does not say what was asked for."""
        if self.type_id is None:
            raise ValueError("Expected a request with its type")

    @property
    def type_id(self) -> int | None:
        """The id of its request type."""
        return self.request_type.id if self.request_type else self.request_type_id

    @property
    def desk_id(self) -> int | None:
        """The id of its service desk."""
        return self.request_type.service_desk_id if self.request_type else self.service_desk_id

    @property
    def status(self) -> tuple[Any, ...]:
        """What the portal calls its status, of which category, and since when."""
        now = self.current_status
        return (now.status, now.status_category, _told(now.status_date)) if now else (None, None, None)


class Organization(msgspec.Struct, gc=False):
    """An organization, as a request names it."""

    id: Int64


_SLA = LenientDecoder(Sla)
_NO_SLA = LenientDecoder(_NoSla)
_APPROVALS = LenientDecoder(list[Approval])
_REQUEST = LenientDecoder(CustomerRequest)


def slas(value: bytes) -> list[Sla] | None:
    """The SLA that a field's value holds, if any; None where it does not tell."""
    try:
        told = _SLA.decode(value)
    except msgspec.ValidationError:
        return [] if _is_no_sla(value) else None
    return [told] if told.error_message is None else []


def _is_no_sla(value: bytes) -> bool:
    # What Jira writes where a project has no such SLA.
    try:
        _NO_SLA.decode(value)
    except msgspec.ValidationError:
        return False
    return True


def approvals(value: bytes) -> list[Approval] | None:
    """The approvals that a field's value holds; None where it does not tell."""
    try:
        return _APPROVALS.decode(value)
    except msgspec.ValidationError:
        return None


def request(value: bytes) -> list[CustomerRequest] | None:
    """The request that a field's value holds; None where it does not tell."""
    try:
        return [_REQUEST.decode(value)]
    except msgspec.ValidationError:
        return None


def _told(instant: Instant | None) -> int | str | None:
    return None if instant is None else instant.told


def _begin(cycle: Cycle) -> tuple[bool, float]:
    told = _told(cycle.start_time)
    try:
        at = told if told is None or isinstance(told, int) else moment(told).timestamp() * 1000
    except ValueError:
        at = None
    return at is None, 0 if at is None else at
