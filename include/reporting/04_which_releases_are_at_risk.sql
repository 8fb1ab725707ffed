-- Which releases are at risk? Unreleased versions with open issues: at the pace of the last twelve weeks, will they make it?
SELECT
    b.project_key,
    b.version_name,
    b.release_date,
    b.issues - b.done_issues AS open_issues,
    b.done_issues - coalesce(e.done_issues, 0) AS done_in_12_weeks,
    CASE
        WHEN b.release_date IS NULL THEN 'no date'
        WHEN b.release_date < a.as_of_date THEN 'overdue'
        WHEN (b.issues - b.done_issues) * 84 > (b.done_issues - coalesce(e.done_issues, 0)) * (b.release_date - a.as_of_date)
            THEN 'at risk'
        ELSE 'on track'
    END AS verdict
FROM jira_reporting.release_burnup AS b
CROSS JOIN jira_reporting.as_of AS a
LEFT JOIN jira_reporting.release_burnup AS e ON e.version_id = b.version_id AND e.date = b.date - 84
WHERE b.date = a.as_of_date AND NOT b.is_released AND b.issues > b.done_issues
ORDER BY b.release_date, b.project_key, b.version_name
