-- Who is overloaded? Open work by person, those with most in progress first; work that nobody has is a row of its own.
SELECT
    coalesce(i.assignee_name, '(nobody)') AS assignee,
    count(*) AS open_issues,
    sum(CASE WHEN o.status_category = 'indeterminate' THEN 1 ELSE 0 END) AS in_progress,
    sum(CASE WHEN i.is_overdue THEN 1 ELSE 0 END) AS overdue,
    sum(CASE WHEN i.is_blocked THEN 1 ELSE 0 END) AS blocked,
    round(CAST(sum(coalesce(o.remaining_estimate_seconds, 0)) / 3600.0 AS numeric(18, 4)), 1) AS remaining_hours
FROM jira_reporting.open_issue AS i
JOIN jira_reporting.issue_overview AS o ON o.issue_id = i.issue_id
GROUP BY i.assignee_id, i.assignee_name
ORDER BY in_progress DESC, open_issues DESC, assignee
