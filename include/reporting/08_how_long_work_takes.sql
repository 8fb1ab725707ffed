-- How long does work take? Working days from its first start until it was done, by type: half, and 85 of 100, are faster.
SELECT
    type_name,
    count(*) AS issues,
    round(CAST(percentile_cont(0.5) WITHIN GROUP (ORDER BY working_cycle_seconds) / 86400.0 AS numeric(18, 4)), 1) AS median_days,
    round(CAST(percentile_cont(0.85) WITHIN GROUP (ORDER BY working_cycle_seconds) / 86400.0 AS numeric(18, 4)), 1) AS days_of_85_percent
FROM jira_reporting.cycle_time
WHERE done_at IS NOT NULL AND working_cycle_seconds IS NOT NULL
GROUP BY type_name
ORDER BY median_days DESC, type_name
