-- What was forgotten? The twenty open issues that were begun and have rested longest.
SELECT i.issue_key, i.type_name, i.status_name, coalesce(i.assignee_name, '(nobody)') AS assignee, i.days_since_update, i.is_overdue
FROM jira_reporting.open_issue AS i
JOIN jira_reporting.issue_overview AS o ON o.issue_id = i.issue_id
WHERE i.is_stale AND o.status_category = 'indeterminate'
ORDER BY i.days_since_update DESC, i.issue_key
LIMIT 20
