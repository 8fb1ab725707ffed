-- What came back? Issues that were done and then no longer, by project and type: how many, and how often.
SELECT
    project_key,
    type_name,
    sum(CASE WHEN times_reopened > 0 THEN 1 ELSE 0 END) AS reopened_issues,
    sum(times_reopened) AS times,
    round(CAST(100.0 * sum(CASE WHEN times_reopened > 0 THEN 1 ELSE 0 END) / count(*) AS numeric(18, 4)), 1) AS percent_of_all
FROM jira_reporting.cycle_time
GROUP BY project_key, type_name
HAVING sum(times_reopened) > 0
ORDER BY times DESC, project_key, type_name
