-- What is blocked, and by whom? Open issues behind other open issues, those first whose blocker has rested longest.
SELECT
    b.issue_key,
    b.status_name,
    b.blocker_key,
    b.blocker_status_name,
    coalesce(b.blocker_assignee_name, '(nobody)') AS blocker_assignee,
    i.days_since_update AS blocker_rests_days
FROM jira_reporting.blocked_issue AS b
JOIN jira_reporting.open_issue AS i ON i.issue_id = b.blocker_id
ORDER BY i.days_since_update DESC, b.issue_key, b.blocker_key
