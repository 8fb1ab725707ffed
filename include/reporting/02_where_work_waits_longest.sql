-- Where does work wait longest? By project and status: the median working days of a stay, and what stands there now.
SELECT
    o.project_key,
    s.status_name,
    count(*) AS stays,
    round(CAST(percentile_cont(0.5) WITHIN GROUP (ORDER BY s.working_seconds) / 86400.0 AS numeric(18, 4)), 1) AS median_days,
    round(CAST(max(s.working_seconds) / 86400.0 AS numeric(18, 4)), 1) AS longest_days,
    sum(CASE WHEN s.left_at IS NULL THEN 1 ELSE 0 END) AS there_now
FROM jira_reporting.status_period AS s
JOIN jira_reporting.issue_overview AS o ON o.issue_id = s.issue_id
WHERE s.status_category <> 'done'
GROUP BY o.project_key, s.status_name
ORDER BY median_days DESC, o.project_key, s.status_name
