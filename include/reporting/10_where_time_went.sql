-- Where did time go? Logged hours of the last year by person and project.
SELECT
    w.author_name,
    w.project_key,
    round(CAST(sum(w.seconds) / 3600.0 AS numeric(18, 4)), 1) AS hours,
    count(DISTINCT w.week_start_date) AS weeks
FROM jira_reporting.worklog_week AS w
CROSS JOIN jira_reporting.as_of AS a
WHERE w.week_start_date > a.as_of_date - 365
GROUP BY w.author_name, w.project_key
ORDER BY hours DESC, w.author_name, w.project_key
