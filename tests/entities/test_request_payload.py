"""What a service desk's fields hold, read or said to be unreadable."""

from collections.abc import Callable
from typing import Any

import pytest

from jira_staging.entities.request_payload import approvals, request, slas


def test_numbers_may_come_in_strings() -> None:
    (sla,) = slas(b'{"id":"3","ongoingCycle":{"breached":"false","elapsedTime":{"millis":"5000"}}}') or ()
    ((cycle, is_ongoing),) = sla.cycles()
    assert (sla.id, is_ongoing, cycle.breached, cycle.elapsed_time and cycle.elapsed_time.seconds) == (3, True, False, 5)


@pytest.mark.parametrize("read", [slas, approvals, request])
@pytest.mark.parametrize("value", [b'"a text"', b"5", b'{"id":"x"}', b'[{"id":{}}]'])
def test_what_is_of_another_kind_does_not_tell(read: Callable[[bytes], Any], value: bytes) -> None:
    assert read(value) is None


def test_a_text_where_no_text_may_be_does_not_tell_not_even_null() -> None:
    assert slas(b'{"id":3,"ongoingCycle":"null"}') is None
    assert slas(b'{"id":"NULL","errorMessage":"none here"}') is None
    assert approvals(b'[{"id":3,"createdDate":"NULL"}]') is None
    assert request(b'{"requestTypeId":"7","serviceDeskId":"Null"}') is None
    (approval,) = approvals(b'[{"id":3,"name":"NULL"}]') or ()
    assert approval.name == "NULL"


@pytest.mark.parametrize("id_", ["", '"id":"3",', '"id":null,'])
def test_an_sla_that_the_project_does_not_have_is_none(id_: str) -> None:
    assert slas(b'{%s"errorMessage":"metric not found"}' % id_.encode()) == []


def test_cycles_come_in_the_order_of_time_however_it_is_spelled() -> None:
    starts = ('{"epochMillis":1767225600001}', '{"iso8601":"2026-01-01T00:00:00+0000"}', '{"iso8601":"soon"}', "null")
    cycles = ",".join(f'{{"startTime":{start}}}' for start in reversed(starts))
    (sla,) = slas(f'{{"id":"3","completedCycles":[{cycles}]}}'.encode()) or ()
    told = [cycle.start_time and cycle.start_time.told for cycle, _ in sla.cycles()]
    assert told[:2] == ["2026-01-01T00:00:00+0000", 1_767_225_600_001]
    assert len(told) == 4
