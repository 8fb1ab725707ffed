"""Issues that changed while no search told of it: they were hidden then, or the site was restored or imported.

Jira lists issues in the order of their last updates for no more requests than in any other. Where the stored times are right
they ascend in that order, so an issue whose time is not right stands out of place, unless nothing else happened on the site
between the two times. What may be out of place is looked at, and so is every issue of a small site. A Data Center's list tells
the times itself.
"""

from array import array
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.readings import reading_of
from jira_staging.phases import note, phase

# So many issues are looked at whatever their order: a thousand a request.
SMALL_SITE = 5_000

# Times that are rounded ascend whether Jira sorts by the very instant or by something coarser.
_MINUTE = 60_000


@phase("find_unseen_changes")
def other_times(jira: JiraClient, listed: "array[int]", stored: pa.Table, told: Sequence[int] = ()) -> dict[int, int]:
    """Of the `listed` ids, in the order of their last updates, those that Jira updated at another time than is `stored`.

    With the times that Jira tells, in epoch milliseconds. `stored` is what `times_of_updates` gives, `told` what the list told
    of each, if it did. Issues that the tables lack, or that Jira hides, are not among them.
    """
    known = stored.take(pc.index_in(pa.array(listed, pa.int64()), value_set=stored["id"].combine_chunks()))
    if told:
        known = known.filter(pc.not_equal(pa.array(told, pa.int64()), known["updated"]))
    known = known.filter(pc.is_valid(known["updated"])).combine_chunks()
    found: dict[int, int] = {}
    looked_at = pa.array([], pa.int64())
    while len(suspects := _suspects(known, looked_at, is_small=bool(told) or len(known) <= SMALL_SITE)):
        # A search lags, also where it tells times.
        shown = reading_of(jira).shown_issues(jira, suspects["id"].to_pylist())
        times = {issue_id: issue.updated for issue_id, issue in shown.items()}
        were = dict(zip(suspects["id"].to_pylist(), suspects["updated"].to_pylist(), strict=True))
        found |= {issue_id: updated for issue_id, updated in times.items() if updated != were[issue_id]}
        looked_at = pa.concat_arrays([looked_at, suspects["id"].combine_chunks()])
        known = _put_right(known, times)
    note(issues=len(listed), looked_at=len(looked_at), changed=len(found))
    return found


def _suspects(known: pa.Table, looked_at: pa.Array, *, is_small: bool) -> pa.Table:
    """Those to look at next, of a list in the order of their last updates: all of a small one; none where all are in place.

    One that Jira updated since stands behind later ones, one that went back before earlier ones. To tell which of two is
    wrong, the fewer are looked at first: with these put right, the others may be as well.
    """
    rest = pc.invert(pc.is_in(known["id"], looked_at))
    if is_small:
        return known.filter(rest)
    minutes = pc.divide(known["updated"].combine_chunks(), _MINUTE)
    backwards = pa.array(range(len(minutes) - 1, -1, -1), pa.int64())
    earliest_after = pc.cumulative_min(minutes.take(backwards)).take(backwards)
    sides = (pc.less(minutes, pc.cumulative_max(minutes)), pc.greater(minutes, earliest_after))
    found = sorted((known.filter(pc.and_(side, rest)) for side in sides), key=len)
    return found[0] if len(found[0]) else found[1]


def _put_right(known: pa.Table, told: dict[int, int]) -> pa.Table:
    """The list with the times that Jira told."""
    times = pa.array(told.values(), pa.int64())
    updated = times.take(pc.index_in(known["id"].combine_chunks(), value_set=pa.array(told, pa.int64())))
    return pa.table({"id": known["id"], "updated": pc.coalesce(updated, known["updated"].combine_chunks())})
