-- What slipped from the last sprint? What was in each board's last completed sprint to its end, and not done then.
WITH last_sprint AS (
    SELECT board_id, max(completed_at) AS completed_at
    FROM jira_reporting.sprint_issue
    WHERE sprint_state = 'closed'
    GROUP BY board_id
)
SELECT s.sprint_name, s.issue_key, o.type_name, o.assignee_name, o.status_name AS status_now, s.was_added_later, s.points_at_end
FROM jira_reporting.sprint_issue AS s
JOIN last_sprint AS l ON l.board_id = s.board_id AND l.completed_at = s.completed_at
JOIN jira_reporting.issue_overview AS o ON o.issue_id = s.issue_id
WHERE NOT s.was_removed AND NOT s.was_done
ORDER BY s.sprint_name, s.issue_key
