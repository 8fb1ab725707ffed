-- A large site, invented by SQL in the real tables; `hash` stands for chance. Three of four issues are done.

INSERT INTO jira.project (id, key, name) SELECT p, 'P' || p, 'Project ' || p FROM range($projects) AS r(p);

INSERT INTO jira."user" (id, name) SELECT 'u' || n, 'Person ' || n FROM range($people) AS r(n);

INSERT INTO jira.status_category (id, key, name) VALUES (2, 'new', 'To Do'), (4, 'indeterminate', 'In Progress'), (3,
'done', 'Done');

INSERT INTO jira.status (id, name, category_id) VALUES (1, 'To Do', 2), (2, 'In Progress', 4), (3, 'In Review', 4),
(4, 'Done', 3);

INSERT INTO jira.issue_type (id, name, is_subtask, hierarchy_level) VALUES (1, 'Story', false, 0), (2, 'Bug', false,
0), (3, 'Task', false, 0);

INSERT INTO jira.resolution (id, name) VALUES (1, 'Done');

INSERT INTO jira.field (id, name, is_custom) VALUES ('customfield_10016', 'Story points', true);

INSERT INTO jira.board (id, name, type, project_id, estimation_field_id) SELECT p, 'Board ' || p, 'scrum', p,
'customfield_10016' FROM range($projects) AS r(p);

INSERT INTO jira._sync_state (site, entity, scope, watermark) VALUES ($site, 'issue', 'project:0',
epoch_ms(CAST($as_of AS TIMESTAMPTZ)));

CREATE TEMP TABLE life AS SELECT n AS id, n % $projects AS project_id, 1 + hash(n, 1) % 3 AS type_id,
  CAST($first AS TIMESTAMPTZ) + to_seconds(CAST(n * ($days * 86400.0 / $issues) AS BIGINT)) AS created,
  to_hours(CAST(1 + hash(n, 2) % 400 AS BIGINT)) AS waited, to_hours(CAST(1 + hash(n, 3) % 200 AS BIGINT)) AS worked,
  to_hours(CAST(1 + hash(n, 4) % 60 AS BIGINT)) AS reviewed, hash(n, 5) % 100 AS luck FROM range($issues) AS r(n);

CREATE TEMP TABLE stay AS SELECT * FROM (
  SELECT id, 1 AS status, created AS since FROM life
  UNION ALL SELECT id, 2, created + waited FROM life WHERE luck < 85
  UNION ALL SELECT id, 3, created + waited + worked FROM life WHERE luck < 80
  UNION ALL SELECT id, 4, created + waited + worked + reviewed FROM life WHERE luck < 78) WHERE since < CAST($as_of AS TIMESTAMPTZ);

INSERT INTO jira.issue_field_history (issue_id, field_id, changed_at, position, value, is_active) SELECT id, 'status',
since, 0, CAST(status AS VARCHAR), true FROM stay UNION ALL SELECT id, 'project', created, 0, CAST(project_id AS
VARCHAR), true FROM life UNION ALL SELECT id, 'issuetype', created, 0, CAST(type_id AS VARCHAR), true FROM life UNION
ALL SELECT id, 'customfield_10016', created, 0, CAST(1 + hash(id, 6) % 8 AS VARCHAR), true FROM life;

INSERT INTO jira.issue (id, key, project_id, issue_type_id, status_id, resolution_id, assignee_id, summary,
created_at, updated_at, resolved_at) SELECT l.id, 'P' || l.project_id || '-' || l.id, l.project_id, l.type_id,
s.status, CASE WHEN s.status = 4 THEN 1 END, 'u' || hash(l.id, 7) % $people, 'What is to be done ' || l.id, l.created,
s.since, CASE WHEN s.status = 4 THEN s.since END FROM life AS l JOIN (SELECT id, max(status) AS status, max(since) AS
since FROM stay GROUP BY id) AS s ON s.id = l.id;

INSERT INTO jira.sprint (id, name, state, board_id, start_at, end_at, completed_at) SELECT n, 'Sprint ' || n, CASE
WHEN last THEN 'active' ELSE 'closed' END, n % $projects, start, start + INTERVAL 14 DAY, CASE WHEN NOT last THEN
start + INTERVAL 14 DAY END FROM (SELECT n, n >= $sprints - $projects AS last, CAST($as_of AS TIMESTAMPTZ) -
to_days(CAST(7 + 14 * (($sprints - 1 - n) // $projects) AS INTEGER)) AS start FROM range($sprints) AS r(n));

INSERT INTO jira.issue_sprint_history (issue_id, sprint_id, added_at, removed_at) SELECT l.id, p.id, p.start_at -
INTERVAL 1 DAY, NULL FROM life AS l JOIN jira.sprint AS p ON p.board_id = l.project_id AND l.created < p.start_at AND
l.created >= p.start_at - INTERVAL 14 DAY;

INSERT INTO jira.worklog (id, issue_id, author_id, started_at, time_spent_seconds) SELECT id, id, 'u' || hash(id, 7) %
$people, created + waited, 3600 * (1 + hash(id, 8) % 8) FROM life WHERE luck < 50;
