"""Until when the tables are complete, and the site's calendar: its days, weeks and working days."""

from jira_staging.staging.views import Spelling, View
from jira_staging.tables import Column

SCHEMA = "reporting"
_DIGITS = " UNION ALL ".join(f"SELECT {digit} AS d" for digit in range(10))


def views(spelling: Spelling) -> list[View]:
    """`as_of` and `calendar_day`."""
    return [_as_of(spelling), _calendar_day(spelling)]


def seconds_between(begin: str, end: str) -> str:
    """Whole seconds from one instant to another."""
    return f"floor(extract(epoch FROM {end}) - extract(epoch FROM {begin}))"


def working_seconds_until(spelling: Spelling, instant: str, day: str) -> str:
    """Seconds of working days from the calendar's beginning to an instant, whose row in `calendar_day` is `day`."""
    into = f"extract(epoch FROM {spelling.local(instant)}) - ({day}.date - DATE '1970-01-01') * 86400"
    return f"({day}.working_days_before * 86400 + CASE WHEN {day}.is_working_day THEN {into} ELSE 0 END)"


def _as_of(spelling: Spelling) -> View:
    """One row. By Jira's clock, so that ages do not grow while nothing is loaded."""
    columns = (
        Column(
            "as_of", "timestamp", "The newest watermark; where there is none, the last run's start", "`_sync_state.watermark`"
        ),
        Column("as_of_date", "date", "That day in the site's time zone", "computed"),
        Column("time_zone", "text", "The site's time zone: what `reporting_time_zone` says, else the account's", "the run"),
    )
    moment = spelling.moment("max(s.watermark)")
    query = (
        f"SELECT t.as_of, {spelling.local_date('t.as_of')} AS as_of_date, '{spelling.zone}' AS time_zone FROM ("
        f"SELECT coalesce((SELECT {moment} FROM {spelling.rows('_sync_state')} AS s WHERE s.entity = 'issue'), "
        f"(SELECT max(r.started_at) FROM {spelling.rows('_sync_run')} AS r), current_timestamp) AS as_of) AS t"
    )
    return View(SCHEMA, "as_of", "Until when the tables are complete, and in which time zone days are counted.", columns, query)


def _calendar_day(spelling: Spelling) -> View:
    columns = (
        Column("date", "date", "The day, in the site's time zone", "computed"),
        Column("week_start_date", "date", "Its week's Monday", "computed"),
        Column("month_start_date", "date", "Its month's first day", "computed"),
        Column("is_weekend", "boolean", "Saturday or Sunday", "computed"),
        Column(
            "is_working_day",
            "boolean",
            "As `_calendar_exception` says, else no weekend",
            "`_calendar_exception.is_working_day`",
        ),
        Column("working_days_before", "bigint", "Working days before it since the calendar's beginning", "computed"),
    )
    weekday = "mod(d.date - DATE '1970-01-05', 7)"
    query = (
        f"WITH digit AS ({_DIGITS}), "
        "counted AS (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d AS n FROM digit AS a CROSS JOIN digit AS b "
        "CROSS JOIN digit AS c CROSS JOIN digit AS e CROSS JOIN digit AS f WHERE f.d < 4), "
        f"known_span AS (SELECT coalesce(min({spelling.local_date('i.created_at')}), max(a.as_of_date)) - 400 AS first, "
        f"max(a.as_of_date) + 400 AS last FROM {spelling.view(SCHEMA, 'as_of')} AS a "
        f"LEFT JOIN {spelling.rows('issue')} AS i ON TRUE), "
        # Of what is too long the newest days are kept.
        f"span AS (SELECT greatest(k.first, {spelling.days_after('k.last', '-39999')}) AS first, k.last FROM known_span AS k), "
        f"d AS (SELECT {spelling.days_after('s.first', 'n.n')} AS date FROM span AS s "
        "JOIN counted AS n ON n.n <= s.last - s.first), "
        f"known AS (SELECT d.date, {weekday} AS weekday, coalesce(e.is_working_day, {weekday} < 5) AS is_working_day "
        f"FROM d LEFT JOIN {spelling.rows('_calendar_exception')} AS e ON e.day = d.date) "
        f"SELECT k.date, {spelling.days_after('k.date', '-k.weekday')} AS week_start_date, "
        f"{spelling.days_after('k.date', '1 - extract(day FROM k.date)')} AS month_start_date, "
        "k.weekday >= 5 AS is_weekend, "
        "k.is_working_day, coalesce(sum(CASE WHEN k.is_working_day THEN 1 ELSE 0 END) OVER (ORDER BY k.date "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS working_days_before FROM known AS k"
    )
    meaning = (
        "The days from a year before the first issue to a year after `as_of` (109 years at most), in the "
        "site's time zone. Days "
        "that are not as their weekday says are rows of `_calendar_exception`."
    )
    return View(SCHEMA, "calendar_day", meaning, columns, query)
