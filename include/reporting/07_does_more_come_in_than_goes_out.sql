-- Does more come in than goes out? Created against resolved in each of the last thirteen weeks, all projects together.
SELECT
    d.week_start_date,
    sum(c.created) AS created,
    sum(c.resolved) AS resolved,
    sum(c.created) - sum(c.resolved) AS balance
FROM jira_reporting.created_resolved AS c
JOIN jira_reporting.calendar_day AS d ON d.date = c.date
CROSS JOIN jira_reporting.as_of AS a
WHERE d.week_start_date > a.as_of_date - 91
GROUP BY d.week_start_date
ORDER BY d.week_start_date
