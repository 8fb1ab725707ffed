-- Loads one run's files into databricks: put the folder's address for {folder} and the run's id for {run}.
-- Run the manifests in their order, the oldest first, and of each only the tables that it names.
-- Made by `python -m jira_staging.staging.files_sql`; parsed by sqlglot, and never run on the warehouse itself.

-- field
CREATE TABLE IF NOT EXISTS jira.`field` (`id` STRING, `name` STRING, `is_custom` BOOLEAN, `is_array` BOOLEAN, `value_type` STRING, `item_type` STRING, `custom_type` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_field` AS SELECT * FROM PARQUET.`{folder}/data/field/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_field` AS SELECT * FROM PARQUET.`{folder}/owners/field/run={run}/`;
DELETE FROM jira.`field` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_field` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_field` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`field` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_field` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`field` (`id`, `name`, `is_custom`, `is_array`, `value_type`, `item_type`, `custom_type`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`name`, s.`is_custom`, s.`is_array`, s.`value_type`, s.`item_type`, s.`custom_type`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_field` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`field` AS t WHERE s.`id` = t.`id`);

-- field_column
CREATE TABLE IF NOT EXISTS jira.`field_column` (`field_id` STRING, `column_name` STRING, `value_type` STRING, `is_current` BOOLEAN, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_field_column` AS SELECT * FROM PARQUET.`{folder}/data/field_column/run={run}/`;
DELETE FROM jira.`field_column` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_field_column` AS s WHERE s.`field_id` = t.`field_id` AND s.`column_name` = t.`column_name`);
INSERT INTO jira.`field_column` (`field_id`, `column_name`, `value_type`, `is_current`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`field_id`, s.`column_name`, s.`value_type`, s.`is_current`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`field_id`, r.`column_name` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_field_column` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`field_column` AS t WHERE s.`field_id` = t.`field_id` AND s.`column_name` = t.`column_name`);

-- field_context
CREATE TABLE IF NOT EXISTS jira.`field_context` (`id` BIGINT, `field_id` STRING, `name` STRING, `is_global` BOOLEAN, `applies_to_any_issue_type` BOOLEAN, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_field_context` AS SELECT * FROM PARQUET.`{folder}/data/field_context/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_field_context` AS SELECT * FROM PARQUET.`{folder}/owners/field_context/run={run}/`;
DELETE FROM jira.`field_context` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_field_context` WHERE owner IS NULL) OR CAST(t.`field_id` AS STRING) IN (SELECT owner FROM `run_owners_field_context` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_field_context` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`field_context` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_field_context` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`field_context` (`id`, `field_id`, `name`, `is_global`, `applies_to_any_issue_type`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`field_id`, s.`name`, s.`is_global`, s.`applies_to_any_issue_type`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_field_context` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`field_context` AS t WHERE s.`id` = t.`id`);

-- field_option
CREATE TABLE IF NOT EXISTS jira.`field_option` (`id` BIGINT, `field_id` STRING, `context_id` BIGINT, `parent_id` BIGINT, `value` STRING, `is_disabled` BOOLEAN, `position` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_field_option` AS SELECT * FROM PARQUET.`{folder}/data/field_option/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_field_option` AS SELECT * FROM PARQUET.`{folder}/owners/field_option/run={run}/`;
DELETE FROM jira.`field_option` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_field_option` WHERE owner IS NULL) OR CAST(t.`field_id` AS STRING) IN (SELECT owner FROM `run_owners_field_option` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_field_option` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`field_option` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_field_option` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`field_option` (`id`, `field_id`, `context_id`, `parent_id`, `value`, `is_disabled`, `position`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`field_id`, s.`context_id`, s.`parent_id`, s.`value`, s.`is_disabled`, s.`position`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_field_option` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`field_option` AS t WHERE s.`id` = t.`id`);

-- label
CREATE TABLE IF NOT EXISTS jira.`label` (`label` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_label` AS SELECT * FROM PARQUET.`{folder}/data/label/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_label` AS SELECT * FROM PARQUET.`{folder}/owners/label/run={run}/`;
DELETE FROM jira.`label` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_label` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_label` AS s WHERE s.`label` = t.`label`);
DELETE FROM jira.`label` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_label` AS s WHERE s.`label` = t.`label`);
INSERT INTO jira.`label` (`label`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`label`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`label` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_label` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`label` AS t WHERE s.`label` = t.`label`);

-- user
CREATE TABLE IF NOT EXISTS jira.`user` (`id` STRING, `name` STRING, `email` STRING, `account_type` STRING, `is_active` BOOLEAN, `time_zone` STRING, `locale` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_user` AS SELECT * FROM PARQUET.`{folder}/data/user/run={run}/`;
DELETE FROM jira.`user` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_user` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`user` (`id`, `name`, `email`, `account_type`, `is_active`, `time_zone`, `locale`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`name`, s.`email`, s.`account_type`, s.`is_active`, s.`time_zone`, s.`locale`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_user` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`user` AS t WHERE s.`id` = t.`id`);

-- group
CREATE TABLE IF NOT EXISTS jira.`group` (`id` STRING, `name` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_group` AS SELECT * FROM PARQUET.`{folder}/data/group/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_group` AS SELECT * FROM PARQUET.`{folder}/owners/group/run={run}/`;
DELETE FROM jira.`group` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_group` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_group` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`group` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_group` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`group` (`id`, `name`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`name`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_group` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`group` AS t WHERE s.`id` = t.`id`);

-- group_member
CREATE TABLE IF NOT EXISTS jira.`group_member` (`group_id` STRING, `user_id` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_group_member` AS SELECT * FROM PARQUET.`{folder}/data/group_member/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_group_member` AS SELECT * FROM PARQUET.`{folder}/owners/group_member/run={run}/`;
DELETE FROM jira.`group_member` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_group_member` WHERE owner IS NULL) OR CAST(t.`group_id` AS STRING) IN (SELECT owner FROM `run_owners_group_member` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_group_member` AS s WHERE s.`group_id` = t.`group_id` AND s.`user_id` = t.`user_id`);
DELETE FROM jira.`group_member` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_group_member` AS s WHERE s.`group_id` = t.`group_id` AND s.`user_id` = t.`user_id`);
INSERT INTO jira.`group_member` (`group_id`, `user_id`, `_synced_at`, `_run_id`) SELECT s.`group_id`, s.`user_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`group_id`, r.`user_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_group_member` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`group_member` AS t WHERE s.`group_id` = t.`group_id` AND s.`user_id` = t.`user_id`);

-- role
CREATE TABLE IF NOT EXISTS jira.`role` (`id` BIGINT, `name` STRING, `description` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_role` AS SELECT * FROM PARQUET.`{folder}/data/role/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_role` AS SELECT * FROM PARQUET.`{folder}/owners/role/run={run}/`;
DELETE FROM jira.`role` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_role` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_role` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`role` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_role` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`role` (`id`, `name`, `description`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`name`, s.`description`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_role` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`role` AS t WHERE s.`id` = t.`id`);

-- role_actor
CREATE TABLE IF NOT EXISTS jira.`role_actor` (`role_id` BIGINT, `project_id` BIGINT, `actor_type` STRING, `actor_id` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_role_actor` AS SELECT * FROM PARQUET.`{folder}/data/role_actor/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_role_actor` AS SELECT * FROM PARQUET.`{folder}/owners/role_actor/run={run}/`;
DELETE FROM jira.`role_actor` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_role_actor` WHERE owner IS NULL) OR CAST(t.`project_id` AS STRING) IN (SELECT owner FROM `run_owners_role_actor` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_role_actor` AS s WHERE s.`role_id` = t.`role_id` AND s.`project_id` = t.`project_id` AND s.`actor_type` = t.`actor_type` AND s.`actor_id` = t.`actor_id`);
DELETE FROM jira.`role_actor` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_role_actor` AS s WHERE s.`role_id` = t.`role_id` AND s.`project_id` = t.`project_id` AND s.`actor_type` = t.`actor_type` AND s.`actor_id` = t.`actor_id`);
INSERT INTO jira.`role_actor` (`role_id`, `project_id`, `actor_type`, `actor_id`, `_synced_at`, `_run_id`) SELECT s.`role_id`, s.`project_id`, s.`actor_type`, s.`actor_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`role_id`, r.`project_id`, r.`actor_type`, r.`actor_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_role_actor` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`role_actor` AS t WHERE s.`role_id` = t.`role_id` AND s.`project_id` = t.`project_id` AND s.`actor_type` = t.`actor_type` AND s.`actor_id` = t.`actor_id`);

-- project
CREATE TABLE IF NOT EXISTS jira.`project` (`id` BIGINT, `key` STRING, `name` STRING, `description` STRING, `type_key` STRING, `style` STRING, `category_id` BIGINT, `lead_id` STRING, `url` STRING, `is_private` BOOLEAN, `is_archived` BOOLEAN, `archived_at` TIMESTAMP, `is_deleted` BOOLEAN, `deleted_at` TIMESTAMP, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_project` AS SELECT * FROM PARQUET.`{folder}/data/project/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_project` AS SELECT * FROM PARQUET.`{folder}/owners/project/run={run}/`;
DELETE FROM jira.`project` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_project` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_project` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`project` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_project` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`project` (`id`, `key`, `name`, `description`, `type_key`, `style`, `category_id`, `lead_id`, `url`, `is_private`, `is_archived`, `archived_at`, `is_deleted`, `deleted_at`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`key`, s.`name`, s.`description`, s.`type_key`, s.`style`, s.`category_id`, s.`lead_id`, s.`url`, s.`is_private`, s.`is_archived`, s.`archived_at`, s.`is_deleted`, s.`deleted_at`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_project` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`project` AS t WHERE s.`id` = t.`id`);

-- project_category
CREATE TABLE IF NOT EXISTS jira.`project_category` (`id` BIGINT, `name` STRING, `description` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_project_category` AS SELECT * FROM PARQUET.`{folder}/data/project_category/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_project_category` AS SELECT * FROM PARQUET.`{folder}/owners/project_category/run={run}/`;
DELETE FROM jira.`project_category` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_project_category` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_project_category` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`project_category` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_project_category` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`project_category` (`id`, `name`, `description`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`name`, s.`description`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_project_category` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`project_category` AS t WHERE s.`id` = t.`id`);

-- project_type
CREATE TABLE IF NOT EXISTS jira.`project_type` (`key` STRING, `name` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_project_type` AS SELECT * FROM PARQUET.`{folder}/data/project_type/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_project_type` AS SELECT * FROM PARQUET.`{folder}/owners/project_type/run={run}/`;
DELETE FROM jira.`project_type` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_project_type` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_project_type` AS s WHERE s.`key` = t.`key`);
DELETE FROM jira.`project_type` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_project_type` AS s WHERE s.`key` = t.`key`);
INSERT INTO jira.`project_type` (`key`, `name`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`key`, s.`name`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`key` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_project_type` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`project_type` AS t WHERE s.`key` = t.`key`);

-- component
CREATE TABLE IF NOT EXISTS jira.`component` (`id` BIGINT, `project_id` BIGINT, `name` STRING, `description` STRING, `lead_id` STRING, `assignee_type` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_component` AS SELECT * FROM PARQUET.`{folder}/data/component/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_component` AS SELECT * FROM PARQUET.`{folder}/owners/component/run={run}/`;
DELETE FROM jira.`component` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_component` WHERE owner IS NULL) OR CAST(t.`project_id` AS STRING) IN (SELECT owner FROM `run_owners_component` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_component` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`component` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_component` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`component` (`id`, `project_id`, `name`, `description`, `lead_id`, `assignee_type`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`project_id`, s.`name`, s.`description`, s.`lead_id`, s.`assignee_type`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_component` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`component` AS t WHERE s.`id` = t.`id`);

-- version
CREATE TABLE IF NOT EXISTS jira.`version` (`id` BIGINT, `project_id` BIGINT, `name` STRING, `description` STRING, `is_archived` BOOLEAN, `is_released` BOOLEAN, `is_overdue` BOOLEAN, `start_date` DATE, `release_date` DATE, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_version` AS SELECT * FROM PARQUET.`{folder}/data/version/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_version` AS SELECT * FROM PARQUET.`{folder}/owners/version/run={run}/`;
DELETE FROM jira.`version` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_version` WHERE owner IS NULL) OR CAST(t.`project_id` AS STRING) IN (SELECT owner FROM `run_owners_version` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_version` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`version` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_version` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`version` (`id`, `project_id`, `name`, `description`, `is_archived`, `is_released`, `is_overdue`, `start_date`, `release_date`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`project_id`, s.`name`, s.`description`, s.`is_archived`, s.`is_released`, s.`is_overdue`, s.`start_date`, s.`release_date`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_version` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`version` AS t WHERE s.`id` = t.`id`);

-- issue_type
CREATE TABLE IF NOT EXISTS jira.`issue_type` (`id` BIGINT, `name` STRING, `description` STRING, `is_subtask` BOOLEAN, `hierarchy_level` BIGINT, `project_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_issue_type` AS SELECT * FROM PARQUET.`{folder}/data/issue_type/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_issue_type` AS SELECT * FROM PARQUET.`{folder}/owners/issue_type/run={run}/`;
DELETE FROM jira.`issue_type` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_issue_type` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_issue_type` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`issue_type` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_issue_type` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`issue_type` (`id`, `name`, `description`, `is_subtask`, `hierarchy_level`, `project_id`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`name`, s.`description`, s.`is_subtask`, s.`hierarchy_level`, s.`project_id`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_issue_type` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`issue_type` AS t WHERE s.`id` = t.`id`);

-- status
CREATE TABLE IF NOT EXISTS jira.`status` (`id` BIGINT, `name` STRING, `description` STRING, `category_id` BIGINT, `project_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_status` AS SELECT * FROM PARQUET.`{folder}/data/status/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_status` AS SELECT * FROM PARQUET.`{folder}/owners/status/run={run}/`;
DELETE FROM jira.`status` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_status` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_status` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`status` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_status` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`status` (`id`, `name`, `description`, `category_id`, `project_id`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`name`, s.`description`, s.`category_id`, s.`project_id`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_status` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`status` AS t WHERE s.`id` = t.`id`);

-- status_category
CREATE TABLE IF NOT EXISTS jira.`status_category` (`id` BIGINT, `key` STRING, `name` STRING, `color_name` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_status_category` AS SELECT * FROM PARQUET.`{folder}/data/status_category/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_status_category` AS SELECT * FROM PARQUET.`{folder}/owners/status_category/run={run}/`;
DELETE FROM jira.`status_category` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_status_category` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_status_category` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`status_category` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_status_category` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`status_category` (`id`, `key`, `name`, `color_name`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`key`, s.`name`, s.`color_name`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_status_category` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`status_category` AS t WHERE s.`id` = t.`id`);

-- priority
CREATE TABLE IF NOT EXISTS jira.`priority` (`id` BIGINT, `name` STRING, `description` STRING, `color` STRING, `position` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_priority` AS SELECT * FROM PARQUET.`{folder}/data/priority/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_priority` AS SELECT * FROM PARQUET.`{folder}/owners/priority/run={run}/`;
DELETE FROM jira.`priority` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_priority` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_priority` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`priority` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_priority` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`priority` (`id`, `name`, `description`, `color`, `position`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`name`, s.`description`, s.`color`, s.`position`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_priority` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`priority` AS t WHERE s.`id` = t.`id`);

-- resolution
CREATE TABLE IF NOT EXISTS jira.`resolution` (`id` BIGINT, `name` STRING, `description` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_resolution` AS SELECT * FROM PARQUET.`{folder}/data/resolution/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_resolution` AS SELECT * FROM PARQUET.`{folder}/owners/resolution/run={run}/`;
DELETE FROM jira.`resolution` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_resolution` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_resolution` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`resolution` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_resolution` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`resolution` (`id`, `name`, `description`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`name`, s.`description`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_resolution` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`resolution` AS t WHERE s.`id` = t.`id`);

-- issue_link_type
CREATE TABLE IF NOT EXISTS jira.`issue_link_type` (`id` BIGINT, `name` STRING, `inward` STRING, `outward` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_issue_link_type` AS SELECT * FROM PARQUET.`{folder}/data/issue_link_type/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_issue_link_type` AS SELECT * FROM PARQUET.`{folder}/owners/issue_link_type/run={run}/`;
DELETE FROM jira.`issue_link_type` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_issue_link_type` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_issue_link_type` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`issue_link_type` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_issue_link_type` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`issue_link_type` (`id`, `name`, `inward`, `outward`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`name`, s.`inward`, s.`outward`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_issue_link_type` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`issue_link_type` AS t WHERE s.`id` = t.`id`);

-- workflow
CREATE TABLE IF NOT EXISTS jira.`workflow` (`id` STRING, `name` STRING, `description` STRING, `project_id` BIGINT, `created_at` TIMESTAMP, `updated_at` TIMESTAMP, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_workflow` AS SELECT * FROM PARQUET.`{folder}/data/workflow/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_workflow` AS SELECT * FROM PARQUET.`{folder}/owners/workflow/run={run}/`;
DELETE FROM jira.`workflow` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_workflow` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_workflow` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`workflow` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_workflow` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`workflow` (`id`, `name`, `description`, `project_id`, `created_at`, `updated_at`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`name`, s.`description`, s.`project_id`, s.`created_at`, s.`updated_at`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_workflow` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`workflow` AS t WHERE s.`id` = t.`id`);

-- workflow_status
CREATE TABLE IF NOT EXISTS jira.`workflow_status` (`workflow_id` STRING, `status_id` BIGINT, `position` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_workflow_status` AS SELECT * FROM PARQUET.`{folder}/data/workflow_status/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_workflow_status` AS SELECT * FROM PARQUET.`{folder}/owners/workflow_status/run={run}/`;
DELETE FROM jira.`workflow_status` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_workflow_status` WHERE owner IS NULL) OR CAST(t.`workflow_id` AS STRING) IN (SELECT owner FROM `run_owners_workflow_status` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_workflow_status` AS s WHERE s.`workflow_id` = t.`workflow_id` AND s.`status_id` = t.`status_id`);
DELETE FROM jira.`workflow_status` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_workflow_status` AS s WHERE s.`workflow_id` = t.`workflow_id` AND s.`status_id` = t.`status_id`);
INSERT INTO jira.`workflow_status` (`workflow_id`, `status_id`, `position`, `_synced_at`, `_run_id`) SELECT s.`workflow_id`, s.`status_id`, s.`position`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`workflow_id`, r.`status_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_workflow_status` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`workflow_status` AS t WHERE s.`workflow_id` = t.`workflow_id` AND s.`status_id` = t.`status_id`);

-- workflow_scheme
CREATE TABLE IF NOT EXISTS jira.`workflow_scheme` (`id` BIGINT, `name` STRING, `description` STRING, `default_workflow` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_workflow_scheme` AS SELECT * FROM PARQUET.`{folder}/data/workflow_scheme/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_workflow_scheme` AS SELECT * FROM PARQUET.`{folder}/owners/workflow_scheme/run={run}/`;
DELETE FROM jira.`workflow_scheme` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_workflow_scheme` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_workflow_scheme` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`workflow_scheme` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_workflow_scheme` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`workflow_scheme` (`id`, `name`, `description`, `default_workflow`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`name`, s.`description`, s.`default_workflow`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_workflow_scheme` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`workflow_scheme` AS t WHERE s.`id` = t.`id`);

-- workflow_scheme_issue_type
CREATE TABLE IF NOT EXISTS jira.`workflow_scheme_issue_type` (`scheme_id` BIGINT, `issue_type_id` BIGINT, `workflow_name` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_workflow_scheme_issue_type` AS SELECT * FROM PARQUET.`{folder}/data/workflow_scheme_issue_type/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_workflow_scheme_issue_type` AS SELECT * FROM PARQUET.`{folder}/owners/workflow_scheme_issue_type/run={run}/`;
DELETE FROM jira.`workflow_scheme_issue_type` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_workflow_scheme_issue_type` WHERE owner IS NULL) OR CAST(t.`scheme_id` AS STRING) IN (SELECT owner FROM `run_owners_workflow_scheme_issue_type` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_workflow_scheme_issue_type` AS s WHERE s.`scheme_id` = t.`scheme_id` AND s.`issue_type_id` = t.`issue_type_id`);
DELETE FROM jira.`workflow_scheme_issue_type` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_workflow_scheme_issue_type` AS s WHERE s.`scheme_id` = t.`scheme_id` AND s.`issue_type_id` = t.`issue_type_id`);
INSERT INTO jira.`workflow_scheme_issue_type` (`scheme_id`, `issue_type_id`, `workflow_name`, `_synced_at`, `_run_id`) SELECT s.`scheme_id`, s.`issue_type_id`, s.`workflow_name`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`scheme_id`, r.`issue_type_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_workflow_scheme_issue_type` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`workflow_scheme_issue_type` AS t WHERE s.`scheme_id` = t.`scheme_id` AND s.`issue_type_id` = t.`issue_type_id`);

-- workflow_scheme_project
CREATE TABLE IF NOT EXISTS jira.`workflow_scheme_project` (`scheme_id` BIGINT, `project_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_workflow_scheme_project` AS SELECT * FROM PARQUET.`{folder}/data/workflow_scheme_project/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_workflow_scheme_project` AS SELECT * FROM PARQUET.`{folder}/owners/workflow_scheme_project/run={run}/`;
DELETE FROM jira.`workflow_scheme_project` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_workflow_scheme_project` WHERE owner IS NULL) OR CAST(t.`project_id` AS STRING) IN (SELECT owner FROM `run_owners_workflow_scheme_project` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_workflow_scheme_project` AS s WHERE s.`scheme_id` = t.`scheme_id` AND s.`project_id` = t.`project_id`);
DELETE FROM jira.`workflow_scheme_project` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_workflow_scheme_project` AS s WHERE s.`scheme_id` = t.`scheme_id` AND s.`project_id` = t.`project_id`);
INSERT INTO jira.`workflow_scheme_project` (`scheme_id`, `project_id`, `_synced_at`, `_run_id`) SELECT s.`scheme_id`, s.`project_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`scheme_id`, r.`project_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_workflow_scheme_project` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`workflow_scheme_project` AS t WHERE s.`scheme_id` = t.`scheme_id` AND s.`project_id` = t.`project_id`);

-- issue_type_scheme
CREATE TABLE IF NOT EXISTS jira.`issue_type_scheme` (`id` BIGINT, `name` STRING, `description` STRING, `is_default` BOOLEAN, `default_issue_type_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_issue_type_scheme` AS SELECT * FROM PARQUET.`{folder}/data/issue_type_scheme/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_issue_type_scheme` AS SELECT * FROM PARQUET.`{folder}/owners/issue_type_scheme/run={run}/`;
DELETE FROM jira.`issue_type_scheme` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_issue_type_scheme` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_issue_type_scheme` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`issue_type_scheme` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_issue_type_scheme` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`issue_type_scheme` (`id`, `name`, `description`, `is_default`, `default_issue_type_id`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`name`, s.`description`, s.`is_default`, s.`default_issue_type_id`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_issue_type_scheme` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`issue_type_scheme` AS t WHERE s.`id` = t.`id`);

-- issue_type_scheme_item
CREATE TABLE IF NOT EXISTS jira.`issue_type_scheme_item` (`scheme_id` BIGINT, `issue_type_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_issue_type_scheme_item` AS SELECT * FROM PARQUET.`{folder}/data/issue_type_scheme_item/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_issue_type_scheme_item` AS SELECT * FROM PARQUET.`{folder}/owners/issue_type_scheme_item/run={run}/`;
DELETE FROM jira.`issue_type_scheme_item` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_issue_type_scheme_item` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_issue_type_scheme_item` AS s WHERE s.`scheme_id` = t.`scheme_id` AND s.`issue_type_id` = t.`issue_type_id`);
DELETE FROM jira.`issue_type_scheme_item` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_issue_type_scheme_item` AS s WHERE s.`scheme_id` = t.`scheme_id` AND s.`issue_type_id` = t.`issue_type_id`);
INSERT INTO jira.`issue_type_scheme_item` (`scheme_id`, `issue_type_id`, `_synced_at`, `_run_id`) SELECT s.`scheme_id`, s.`issue_type_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`scheme_id`, r.`issue_type_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_issue_type_scheme_item` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`issue_type_scheme_item` AS t WHERE s.`scheme_id` = t.`scheme_id` AND s.`issue_type_id` = t.`issue_type_id`);

-- issue_type_scheme_project
CREATE TABLE IF NOT EXISTS jira.`issue_type_scheme_project` (`scheme_id` BIGINT, `project_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_issue_type_scheme_project` AS SELECT * FROM PARQUET.`{folder}/data/issue_type_scheme_project/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_issue_type_scheme_project` AS SELECT * FROM PARQUET.`{folder}/owners/issue_type_scheme_project/run={run}/`;
DELETE FROM jira.`issue_type_scheme_project` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_issue_type_scheme_project` WHERE owner IS NULL) OR CAST(t.`project_id` AS STRING) IN (SELECT owner FROM `run_owners_issue_type_scheme_project` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_issue_type_scheme_project` AS s WHERE s.`scheme_id` = t.`scheme_id` AND s.`project_id` = t.`project_id`);
DELETE FROM jira.`issue_type_scheme_project` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_issue_type_scheme_project` AS s WHERE s.`scheme_id` = t.`scheme_id` AND s.`project_id` = t.`project_id`);
INSERT INTO jira.`issue_type_scheme_project` (`scheme_id`, `project_id`, `_synced_at`, `_run_id`) SELECT s.`scheme_id`, s.`project_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`scheme_id`, r.`project_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_issue_type_scheme_project` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`issue_type_scheme_project` AS t WHERE s.`scheme_id` = t.`scheme_id` AND s.`project_id` = t.`project_id`);

-- security_scheme
CREATE TABLE IF NOT EXISTS jira.`security_scheme` (`id` BIGINT, `name` STRING, `description` STRING, `default_level_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_security_scheme` AS SELECT * FROM PARQUET.`{folder}/data/security_scheme/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_security_scheme` AS SELECT * FROM PARQUET.`{folder}/owners/security_scheme/run={run}/`;
DELETE FROM jira.`security_scheme` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_security_scheme` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_security_scheme` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`security_scheme` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_security_scheme` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`security_scheme` (`id`, `name`, `description`, `default_level_id`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`name`, s.`description`, s.`default_level_id`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_security_scheme` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`security_scheme` AS t WHERE s.`id` = t.`id`);

-- security_level
CREATE TABLE IF NOT EXISTS jira.`security_level` (`id` BIGINT, `scheme_id` BIGINT, `name` STRING, `description` STRING, `is_default` BOOLEAN, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_security_level` AS SELECT * FROM PARQUET.`{folder}/data/security_level/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_security_level` AS SELECT * FROM PARQUET.`{folder}/owners/security_level/run={run}/`;
DELETE FROM jira.`security_level` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_security_level` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_security_level` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`security_level` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_security_level` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`security_level` (`id`, `scheme_id`, `name`, `description`, `is_default`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`scheme_id`, s.`name`, s.`description`, s.`is_default`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_security_level` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`security_level` AS t WHERE s.`id` = t.`id`);

-- security_scheme_project
CREATE TABLE IF NOT EXISTS jira.`security_scheme_project` (`scheme_id` BIGINT, `project_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_security_scheme_project` AS SELECT * FROM PARQUET.`{folder}/data/security_scheme_project/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_security_scheme_project` AS SELECT * FROM PARQUET.`{folder}/owners/security_scheme_project/run={run}/`;
DELETE FROM jira.`security_scheme_project` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_security_scheme_project` WHERE owner IS NULL) OR CAST(t.`project_id` AS STRING) IN (SELECT owner FROM `run_owners_security_scheme_project` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_security_scheme_project` AS s WHERE s.`scheme_id` = t.`scheme_id` AND s.`project_id` = t.`project_id`);
DELETE FROM jira.`security_scheme_project` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_security_scheme_project` AS s WHERE s.`scheme_id` = t.`scheme_id` AND s.`project_id` = t.`project_id`);
INSERT INTO jira.`security_scheme_project` (`scheme_id`, `project_id`, `_synced_at`, `_run_id`) SELECT s.`scheme_id`, s.`project_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`scheme_id`, r.`project_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_security_scheme_project` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`security_scheme_project` AS t WHERE s.`scheme_id` = t.`scheme_id` AND s.`project_id` = t.`project_id`);

-- permission_scheme
CREATE TABLE IF NOT EXISTS jira.`permission_scheme` (`id` BIGINT, `name` STRING, `description` STRING, `project_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_permission_scheme` AS SELECT * FROM PARQUET.`{folder}/data/permission_scheme/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_permission_scheme` AS SELECT * FROM PARQUET.`{folder}/owners/permission_scheme/run={run}/`;
DELETE FROM jira.`permission_scheme` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_permission_scheme` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_permission_scheme` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`permission_scheme` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_permission_scheme` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`permission_scheme` (`id`, `name`, `description`, `project_id`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`name`, s.`description`, s.`project_id`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_permission_scheme` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`permission_scheme` AS t WHERE s.`id` = t.`id`);

-- permission_grant
CREATE TABLE IF NOT EXISTS jira.`permission_grant` (`id` BIGINT, `scheme_id` BIGINT, `permission` STRING, `holder_type` STRING, `holder_value` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_permission_grant` AS SELECT * FROM PARQUET.`{folder}/data/permission_grant/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_permission_grant` AS SELECT * FROM PARQUET.`{folder}/owners/permission_grant/run={run}/`;
DELETE FROM jira.`permission_grant` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_permission_grant` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_permission_grant` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`permission_grant` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_permission_grant` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`permission_grant` (`id`, `scheme_id`, `permission`, `holder_type`, `holder_value`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`scheme_id`, s.`permission`, s.`holder_type`, s.`holder_value`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_permission_grant` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`permission_grant` AS t WHERE s.`id` = t.`id`);

-- permission_scheme_project
CREATE TABLE IF NOT EXISTS jira.`permission_scheme_project` (`scheme_id` BIGINT, `project_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_permission_scheme_project` AS SELECT * FROM PARQUET.`{folder}/data/permission_scheme_project/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_permission_scheme_project` AS SELECT * FROM PARQUET.`{folder}/owners/permission_scheme_project/run={run}/`;
DELETE FROM jira.`permission_scheme_project` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_permission_scheme_project` WHERE owner IS NULL) OR CAST(t.`project_id` AS STRING) IN (SELECT owner FROM `run_owners_permission_scheme_project` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_permission_scheme_project` AS s WHERE s.`scheme_id` = t.`scheme_id` AND s.`project_id` = t.`project_id`);
DELETE FROM jira.`permission_scheme_project` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_permission_scheme_project` AS s WHERE s.`scheme_id` = t.`scheme_id` AND s.`project_id` = t.`project_id`);
INSERT INTO jira.`permission_scheme_project` (`scheme_id`, `project_id`, `_synced_at`, `_run_id`) SELECT s.`scheme_id`, s.`project_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`scheme_id`, r.`project_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_permission_scheme_project` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`permission_scheme_project` AS t WHERE s.`scheme_id` = t.`scheme_id` AND s.`project_id` = t.`project_id`);

-- priority_scheme
CREATE TABLE IF NOT EXISTS jira.`priority_scheme` (`id` BIGINT, `name` STRING, `description` STRING, `is_default` BOOLEAN, `default_priority_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_priority_scheme` AS SELECT * FROM PARQUET.`{folder}/data/priority_scheme/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_priority_scheme` AS SELECT * FROM PARQUET.`{folder}/owners/priority_scheme/run={run}/`;
DELETE FROM jira.`priority_scheme` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_priority_scheme` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_priority_scheme` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`priority_scheme` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_priority_scheme` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`priority_scheme` (`id`, `name`, `description`, `is_default`, `default_priority_id`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`name`, s.`description`, s.`is_default`, s.`default_priority_id`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_priority_scheme` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`priority_scheme` AS t WHERE s.`id` = t.`id`);

-- priority_scheme_item
CREATE TABLE IF NOT EXISTS jira.`priority_scheme_item` (`scheme_id` BIGINT, `priority_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_priority_scheme_item` AS SELECT * FROM PARQUET.`{folder}/data/priority_scheme_item/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_priority_scheme_item` AS SELECT * FROM PARQUET.`{folder}/owners/priority_scheme_item/run={run}/`;
DELETE FROM jira.`priority_scheme_item` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_priority_scheme_item` WHERE owner IS NULL) OR CAST(t.`scheme_id` AS STRING) IN (SELECT owner FROM `run_owners_priority_scheme_item` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_priority_scheme_item` AS s WHERE s.`scheme_id` = t.`scheme_id` AND s.`priority_id` = t.`priority_id`);
DELETE FROM jira.`priority_scheme_item` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_priority_scheme_item` AS s WHERE s.`scheme_id` = t.`scheme_id` AND s.`priority_id` = t.`priority_id`);
INSERT INTO jira.`priority_scheme_item` (`scheme_id`, `priority_id`, `_synced_at`, `_run_id`) SELECT s.`scheme_id`, s.`priority_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`scheme_id`, r.`priority_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_priority_scheme_item` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`priority_scheme_item` AS t WHERE s.`scheme_id` = t.`scheme_id` AND s.`priority_id` = t.`priority_id`);

-- priority_scheme_project
CREATE TABLE IF NOT EXISTS jira.`priority_scheme_project` (`scheme_id` BIGINT, `project_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_priority_scheme_project` AS SELECT * FROM PARQUET.`{folder}/data/priority_scheme_project/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_priority_scheme_project` AS SELECT * FROM PARQUET.`{folder}/owners/priority_scheme_project/run={run}/`;
DELETE FROM jira.`priority_scheme_project` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_priority_scheme_project` WHERE owner IS NULL) OR CAST(t.`scheme_id` AS STRING) IN (SELECT owner FROM `run_owners_priority_scheme_project` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_priority_scheme_project` AS s WHERE s.`scheme_id` = t.`scheme_id` AND s.`project_id` = t.`project_id`);
DELETE FROM jira.`priority_scheme_project` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_priority_scheme_project` AS s WHERE s.`scheme_id` = t.`scheme_id` AND s.`project_id` = t.`project_id`);
INSERT INTO jira.`priority_scheme_project` (`scheme_id`, `project_id`, `_synced_at`, `_run_id`) SELECT s.`scheme_id`, s.`project_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`scheme_id`, r.`project_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_priority_scheme_project` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`priority_scheme_project` AS t WHERE s.`scheme_id` = t.`scheme_id` AND s.`project_id` = t.`project_id`);

-- screen
CREATE TABLE IF NOT EXISTS jira.`screen` (`id` BIGINT, `name` STRING, `description` STRING, `project_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_screen` AS SELECT * FROM PARQUET.`{folder}/data/screen/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_screen` AS SELECT * FROM PARQUET.`{folder}/owners/screen/run={run}/`;
DELETE FROM jira.`screen` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_screen` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_screen` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`screen` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_screen` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`screen` (`id`, `name`, `description`, `project_id`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`name`, s.`description`, s.`project_id`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_screen` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`screen` AS t WHERE s.`id` = t.`id`);

-- screen_tab
CREATE TABLE IF NOT EXISTS jira.`screen_tab` (`id` BIGINT, `screen_id` BIGINT, `name` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_screen_tab` AS SELECT * FROM PARQUET.`{folder}/data/screen_tab/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_screen_tab` AS SELECT * FROM PARQUET.`{folder}/owners/screen_tab/run={run}/`;
DELETE FROM jira.`screen_tab` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_screen_tab` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_screen_tab` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`screen_tab` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_screen_tab` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`screen_tab` (`id`, `screen_id`, `name`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`screen_id`, s.`name`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_screen_tab` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`screen_tab` AS t WHERE s.`id` = t.`id`);

-- screen_field
CREATE TABLE IF NOT EXISTS jira.`screen_field` (`tab_id` BIGINT, `field_id` STRING, `screen_id` BIGINT, `position` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_screen_field` AS SELECT * FROM PARQUET.`{folder}/data/screen_field/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_screen_field` AS SELECT * FROM PARQUET.`{folder}/owners/screen_field/run={run}/`;
DELETE FROM jira.`screen_field` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_screen_field` WHERE owner IS NULL) OR CAST(t.`tab_id` AS STRING) IN (SELECT owner FROM `run_owners_screen_field` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_screen_field` AS s WHERE s.`tab_id` = t.`tab_id` AND s.`field_id` = t.`field_id`);
DELETE FROM jira.`screen_field` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_screen_field` AS s WHERE s.`tab_id` = t.`tab_id` AND s.`field_id` = t.`field_id`);
INSERT INTO jira.`screen_field` (`tab_id`, `field_id`, `screen_id`, `position`, `_synced_at`, `_run_id`) SELECT s.`tab_id`, s.`field_id`, s.`screen_id`, s.`position`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`tab_id`, r.`field_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_screen_field` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`screen_field` AS t WHERE s.`tab_id` = t.`tab_id` AND s.`field_id` = t.`field_id`);

-- filter
CREATE TABLE IF NOT EXISTS jira.`filter` (`id` BIGINT, `name` STRING, `description` STRING, `owner_id` STRING, `jql` STRING, `favourites` BIGINT, `approximate_last_used_at` TIMESTAMP, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_filter` AS SELECT * FROM PARQUET.`{folder}/data/filter/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_filter` AS SELECT * FROM PARQUET.`{folder}/owners/filter/run={run}/`;
DELETE FROM jira.`filter` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_filter` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_filter` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`filter` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_filter` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`filter` (`id`, `name`, `description`, `owner_id`, `jql`, `favourites`, `approximate_last_used_at`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`name`, s.`description`, s.`owner_id`, s.`jql`, s.`favourites`, s.`approximate_last_used_at`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_filter` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`filter` AS t WHERE s.`id` = t.`id`);

-- filter_share
CREATE TABLE IF NOT EXISTS jira.`filter_share` (`filter_id` BIGINT, `position` BIGINT, `type` STRING, `project_id` BIGINT, `role_id` BIGINT, `group_id` STRING, `user_id` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_filter_share` AS SELECT * FROM PARQUET.`{folder}/data/filter_share/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_filter_share` AS SELECT * FROM PARQUET.`{folder}/owners/filter_share/run={run}/`;
DELETE FROM jira.`filter_share` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_filter_share` WHERE owner IS NULL) OR CAST(t.`filter_id` AS STRING) IN (SELECT owner FROM `run_owners_filter_share` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_filter_share` AS s WHERE s.`filter_id` = t.`filter_id` AND s.`position` = t.`position`);
DELETE FROM jira.`filter_share` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_filter_share` AS s WHERE s.`filter_id` = t.`filter_id` AND s.`position` = t.`position`);
INSERT INTO jira.`filter_share` (`filter_id`, `position`, `type`, `project_id`, `role_id`, `group_id`, `user_id`, `_synced_at`, `_run_id`) SELECT s.`filter_id`, s.`position`, s.`type`, s.`project_id`, s.`role_id`, s.`group_id`, s.`user_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`filter_id`, r.`position` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_filter_share` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`filter_share` AS t WHERE s.`filter_id` = t.`filter_id` AND s.`position` = t.`position`);

-- dashboard
CREATE TABLE IF NOT EXISTS jira.`dashboard` (`id` BIGINT, `name` STRING, `description` STRING, `owner_id` STRING, `popularity` BIGINT, `is_system` BOOLEAN, `url` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_dashboard` AS SELECT * FROM PARQUET.`{folder}/data/dashboard/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_dashboard` AS SELECT * FROM PARQUET.`{folder}/owners/dashboard/run={run}/`;
DELETE FROM jira.`dashboard` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_dashboard` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_dashboard` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`dashboard` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_dashboard` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`dashboard` (`id`, `name`, `description`, `owner_id`, `popularity`, `is_system`, `url`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`name`, s.`description`, s.`owner_id`, s.`popularity`, s.`is_system`, s.`url`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_dashboard` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`dashboard` AS t WHERE s.`id` = t.`id`);

-- dashboard_share
CREATE TABLE IF NOT EXISTS jira.`dashboard_share` (`dashboard_id` BIGINT, `position` BIGINT, `type` STRING, `project_id` BIGINT, `role_id` BIGINT, `group_id` STRING, `user_id` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_dashboard_share` AS SELECT * FROM PARQUET.`{folder}/data/dashboard_share/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_dashboard_share` AS SELECT * FROM PARQUET.`{folder}/owners/dashboard_share/run={run}/`;
DELETE FROM jira.`dashboard_share` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_dashboard_share` WHERE owner IS NULL) OR CAST(t.`dashboard_id` AS STRING) IN (SELECT owner FROM `run_owners_dashboard_share` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_dashboard_share` AS s WHERE s.`dashboard_id` = t.`dashboard_id` AND s.`position` = t.`position`);
DELETE FROM jira.`dashboard_share` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_dashboard_share` AS s WHERE s.`dashboard_id` = t.`dashboard_id` AND s.`position` = t.`position`);
INSERT INTO jira.`dashboard_share` (`dashboard_id`, `position`, `type`, `project_id`, `role_id`, `group_id`, `user_id`, `_synced_at`, `_run_id`) SELECT s.`dashboard_id`, s.`position`, s.`type`, s.`project_id`, s.`role_id`, s.`group_id`, s.`user_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`dashboard_id`, r.`position` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_dashboard_share` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`dashboard_share` AS t WHERE s.`dashboard_id` = t.`dashboard_id` AND s.`position` = t.`position`);

-- notification_scheme
CREATE TABLE IF NOT EXISTS jira.`notification_scheme` (`id` BIGINT, `name` STRING, `description` STRING, `project_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_notification_scheme` AS SELECT * FROM PARQUET.`{folder}/data/notification_scheme/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_notification_scheme` AS SELECT * FROM PARQUET.`{folder}/owners/notification_scheme/run={run}/`;
DELETE FROM jira.`notification_scheme` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_notification_scheme` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_notification_scheme` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`notification_scheme` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_notification_scheme` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`notification_scheme` (`id`, `name`, `description`, `project_id`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`name`, s.`description`, s.`project_id`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_notification_scheme` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`notification_scheme` AS t WHERE s.`id` = t.`id`);

-- notification
CREATE TABLE IF NOT EXISTS jira.`notification` (`id` BIGINT, `scheme_id` BIGINT, `event_id` BIGINT, `event_name` STRING, `type` STRING, `recipient` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_notification` AS SELECT * FROM PARQUET.`{folder}/data/notification/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_notification` AS SELECT * FROM PARQUET.`{folder}/owners/notification/run={run}/`;
DELETE FROM jira.`notification` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_notification` WHERE owner IS NULL) OR CAST(t.`scheme_id` AS STRING) IN (SELECT owner FROM `run_owners_notification` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_notification` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`notification` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_notification` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`notification` (`id`, `scheme_id`, `event_id`, `event_name`, `type`, `recipient`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`scheme_id`, s.`event_id`, s.`event_name`, s.`type`, s.`recipient`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_notification` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`notification` AS t WHERE s.`id` = t.`id`);

-- notification_scheme_project
CREATE TABLE IF NOT EXISTS jira.`notification_scheme_project` (`scheme_id` BIGINT, `project_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_notification_scheme_project` AS SELECT * FROM PARQUET.`{folder}/data/notification_scheme_project/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_notification_scheme_project` AS SELECT * FROM PARQUET.`{folder}/owners/notification_scheme_project/run={run}/`;
DELETE FROM jira.`notification_scheme_project` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_notification_scheme_project` WHERE owner IS NULL) OR CAST(t.`project_id` AS STRING) IN (SELECT owner FROM `run_owners_notification_scheme_project` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_notification_scheme_project` AS s WHERE s.`scheme_id` = t.`scheme_id` AND s.`project_id` = t.`project_id`);
DELETE FROM jira.`notification_scheme_project` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_notification_scheme_project` AS s WHERE s.`scheme_id` = t.`scheme_id` AND s.`project_id` = t.`project_id`);
INSERT INTO jira.`notification_scheme_project` (`scheme_id`, `project_id`, `_synced_at`, `_run_id`) SELECT s.`scheme_id`, s.`project_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`scheme_id`, r.`project_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_notification_scheme_project` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`notification_scheme_project` AS t WHERE s.`scheme_id` = t.`scheme_id` AND s.`project_id` = t.`project_id`);

-- team
CREATE TABLE IF NOT EXISTS jira.`team` (`id` STRING, `name` STRING, `description` STRING, `type` STRING, `state` STRING, `creator_id` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_team` AS SELECT * FROM PARQUET.`{folder}/data/team/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_team` AS SELECT * FROM PARQUET.`{folder}/owners/team/run={run}/`;
DELETE FROM jira.`team` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_team` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_team` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`team` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_team` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`team` (`id`, `name`, `description`, `type`, `state`, `creator_id`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`name`, s.`description`, s.`type`, s.`state`, s.`creator_id`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_team` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`team` AS t WHERE s.`id` = t.`id`);

-- team_member
CREATE TABLE IF NOT EXISTS jira.`team_member` (`team_id` STRING, `user_id` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_team_member` AS SELECT * FROM PARQUET.`{folder}/data/team_member/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_team_member` AS SELECT * FROM PARQUET.`{folder}/owners/team_member/run={run}/`;
DELETE FROM jira.`team_member` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_team_member` WHERE owner IS NULL) OR CAST(t.`team_id` AS STRING) IN (SELECT owner FROM `run_owners_team_member` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_team_member` AS s WHERE s.`team_id` = t.`team_id` AND s.`user_id` = t.`user_id`);
DELETE FROM jira.`team_member` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_team_member` AS s WHERE s.`team_id` = t.`team_id` AND s.`user_id` = t.`user_id`);
INSERT INTO jira.`team_member` (`team_id`, `user_id`, `_synced_at`, `_run_id`) SELECT s.`team_id`, s.`user_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`team_id`, r.`user_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_team_member` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`team_member` AS t WHERE s.`team_id` = t.`team_id` AND s.`user_id` = t.`user_id`);

-- audit_record
CREATE TABLE IF NOT EXISTS jira.`audit_record` (`id` BIGINT, `created_at` TIMESTAMP, `summary` STRING, `category` STRING, `event_source` STRING, `author_id` STRING, `remote_address` STRING, `description` STRING, `object_type` STRING, `object_id` STRING, `object_name` STRING, `object_parent_id` STRING, `object_parent_name` STRING, `changed_values` VARIANT, `associated_items` VARIANT, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_audit_record` AS SELECT * FROM PARQUET.`{folder}/data/audit_record/run={run}/`;
DELETE FROM jira.`audit_record` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_audit_record` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`audit_record` (`id`, `created_at`, `summary`, `category`, `event_source`, `author_id`, `remote_address`, `description`, `object_type`, `object_id`, `object_name`, `object_parent_id`, `object_parent_name`, `changed_values`, `associated_items`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`created_at`, s.`summary`, s.`category`, s.`event_source`, s.`author_id`, s.`remote_address`, s.`description`, s.`object_type`, s.`object_id`, s.`object_name`, s.`object_parent_id`, s.`object_parent_name`, PARSE_JSON(s.`changed_values`), PARSE_JSON(s.`associated_items`), s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_audit_record` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`audit_record` AS t WHERE s.`id` = t.`id`);

-- board
CREATE TABLE IF NOT EXISTS jira.`board` (`id` BIGINT, `name` STRING, `type` STRING, `project_id` BIGINT, `filter_id` BIGINT, `estimation_field_id` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_board` AS SELECT * FROM PARQUET.`{folder}/data/board/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_board` AS SELECT * FROM PARQUET.`{folder}/owners/board/run={run}/`;
DELETE FROM jira.`board` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_board` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_board` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`board` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_board` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`board` (`id`, `name`, `type`, `project_id`, `filter_id`, `estimation_field_id`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`name`, s.`type`, s.`project_id`, s.`filter_id`, s.`estimation_field_id`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_board` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`board` AS t WHERE s.`id` = t.`id`);

-- board_project
CREATE TABLE IF NOT EXISTS jira.`board_project` (`board_id` BIGINT, `project_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_board_project` AS SELECT * FROM PARQUET.`{folder}/data/board_project/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_board_project` AS SELECT * FROM PARQUET.`{folder}/owners/board_project/run={run}/`;
DELETE FROM jira.`board_project` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_board_project` WHERE owner IS NULL) OR CAST(t.`board_id` AS STRING) IN (SELECT owner FROM `run_owners_board_project` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_board_project` AS s WHERE s.`board_id` = t.`board_id` AND s.`project_id` = t.`project_id`);
DELETE FROM jira.`board_project` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_board_project` AS s WHERE s.`board_id` = t.`board_id` AND s.`project_id` = t.`project_id`);
INSERT INTO jira.`board_project` (`board_id`, `project_id`, `_synced_at`, `_run_id`) SELECT s.`board_id`, s.`project_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`board_id`, r.`project_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_board_project` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`board_project` AS t WHERE s.`board_id` = t.`board_id` AND s.`project_id` = t.`project_id`);

-- board_issue
CREATE TABLE IF NOT EXISTS jira.`board_issue` (`board_id` BIGINT, `issue_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_board_issue` AS SELECT * FROM PARQUET.`{folder}/data/board_issue/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_board_issue` AS SELECT * FROM PARQUET.`{folder}/owners/board_issue/run={run}/`;
DELETE FROM jira.`board_issue` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_board_issue` WHERE owner IS NULL) OR CAST(t.`board_id` AS STRING) IN (SELECT owner FROM `run_owners_board_issue` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_board_issue` AS s WHERE s.`board_id` = t.`board_id` AND s.`issue_id` = t.`issue_id`);
DELETE FROM jira.`board_issue` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_board_issue` AS s WHERE s.`board_id` = t.`board_id` AND s.`issue_id` = t.`issue_id`);
INSERT INTO jira.`board_issue` (`board_id`, `issue_id`, `_synced_at`, `_run_id`) SELECT s.`board_id`, s.`issue_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`board_id`, r.`issue_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_board_issue` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`board_issue` AS t WHERE s.`board_id` = t.`board_id` AND s.`issue_id` = t.`issue_id`);

-- board_column
CREATE TABLE IF NOT EXISTS jira.`board_column` (`board_id` BIGINT, `position` BIGINT, `name` STRING, `minimum` BIGINT, `maximum` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_board_column` AS SELECT * FROM PARQUET.`{folder}/data/board_column/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_board_column` AS SELECT * FROM PARQUET.`{folder}/owners/board_column/run={run}/`;
DELETE FROM jira.`board_column` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_board_column` WHERE owner IS NULL) OR CAST(t.`board_id` AS STRING) IN (SELECT owner FROM `run_owners_board_column` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_board_column` AS s WHERE s.`board_id` = t.`board_id` AND s.`position` = t.`position`);
DELETE FROM jira.`board_column` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_board_column` AS s WHERE s.`board_id` = t.`board_id` AND s.`position` = t.`position`);
INSERT INTO jira.`board_column` (`board_id`, `position`, `name`, `minimum`, `maximum`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`board_id`, s.`position`, s.`name`, s.`minimum`, s.`maximum`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`board_id`, r.`position` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_board_column` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`board_column` AS t WHERE s.`board_id` = t.`board_id` AND s.`position` = t.`position`);

-- board_column_status
CREATE TABLE IF NOT EXISTS jira.`board_column_status` (`board_id` BIGINT, `position` BIGINT, `status_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_board_column_status` AS SELECT * FROM PARQUET.`{folder}/data/board_column_status/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_board_column_status` AS SELECT * FROM PARQUET.`{folder}/owners/board_column_status/run={run}/`;
DELETE FROM jira.`board_column_status` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_board_column_status` WHERE owner IS NULL) OR CAST(t.`board_id` AS STRING) IN (SELECT owner FROM `run_owners_board_column_status` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_board_column_status` AS s WHERE s.`board_id` = t.`board_id` AND s.`position` = t.`position` AND s.`status_id` = t.`status_id`);
DELETE FROM jira.`board_column_status` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_board_column_status` AS s WHERE s.`board_id` = t.`board_id` AND s.`position` = t.`position` AND s.`status_id` = t.`status_id`);
INSERT INTO jira.`board_column_status` (`board_id`, `position`, `status_id`, `_synced_at`, `_run_id`) SELECT s.`board_id`, s.`position`, s.`status_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`board_id`, r.`position`, r.`status_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_board_column_status` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`board_column_status` AS t WHERE s.`board_id` = t.`board_id` AND s.`position` = t.`position` AND s.`status_id` = t.`status_id`);

-- sprint
CREATE TABLE IF NOT EXISTS jira.`sprint` (`id` BIGINT, `name` STRING, `state` STRING, `goal` STRING, `board_id` BIGINT, `start_at` TIMESTAMP, `end_at` TIMESTAMP, `completed_at` TIMESTAMP, `created_at` TIMESTAMP, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_sprint` AS SELECT * FROM PARQUET.`{folder}/data/sprint/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_sprint` AS SELECT * FROM PARQUET.`{folder}/owners/sprint/run={run}/`;
DELETE FROM jira.`sprint` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_sprint` WHERE owner IS NULL) OR CAST(t.`board_id` AS STRING) IN (SELECT owner FROM `run_owners_sprint` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_sprint` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`sprint` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_sprint` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`sprint` (`id`, `name`, `state`, `goal`, `board_id`, `start_at`, `end_at`, `completed_at`, `created_at`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`name`, s.`state`, s.`goal`, s.`board_id`, s.`start_at`, s.`end_at`, s.`completed_at`, s.`created_at`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_sprint` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`sprint` AS t WHERE s.`id` = t.`id`);

-- issue
CREATE TABLE IF NOT EXISTS jira.`issue` (`id` BIGINT, `key` STRING, `project_id` BIGINT, `issue_type_id` BIGINT, `status_id` BIGINT, `priority_id` BIGINT, `resolution_id` BIGINT, `security_level_id` BIGINT, `parent_id` BIGINT, `epic_id` BIGINT, `assignee_id` STRING, `reporter_id` STRING, `creator_id` STRING, `summary` STRING, `description` STRING, `environment` STRING, `created_at` TIMESTAMP, `updated_at` TIMESTAMP, `resolved_at` TIMESTAMP, `status_category_changed_at` TIMESTAMP, `last_viewed_at` TIMESTAMP, `due_date` DATE, `original_estimate_seconds` BIGINT, `remaining_estimate_seconds` BIGINT, `time_spent_seconds` BIGINT, `aggregate_original_estimate_seconds` BIGINT, `aggregate_remaining_estimate_seconds` BIGINT, `aggregate_time_spent_seconds` BIGINT, `work_ratio` BIGINT, `votes` BIGINT, `watchers` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_issue` AS SELECT * FROM PARQUET.`{folder}/data/issue/run={run}/`;
DELETE FROM jira.`issue` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_issue` AS s WHERE s.`id` = t.`id` AND NOT COALESCE(t.`updated_at` > s.`updated_at`, FALSE));
INSERT INTO jira.`issue` (`id`, `key`, `project_id`, `issue_type_id`, `status_id`, `priority_id`, `resolution_id`, `security_level_id`, `parent_id`, `epic_id`, `assignee_id`, `reporter_id`, `creator_id`, `summary`, `description`, `environment`, `created_at`, `updated_at`, `resolved_at`, `status_category_changed_at`, `last_viewed_at`, `due_date`, `original_estimate_seconds`, `remaining_estimate_seconds`, `time_spent_seconds`, `aggregate_original_estimate_seconds`, `aggregate_remaining_estimate_seconds`, `aggregate_time_spent_seconds`, `work_ratio`, `votes`, `watchers`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`key`, s.`project_id`, s.`issue_type_id`, s.`status_id`, s.`priority_id`, s.`resolution_id`, s.`security_level_id`, s.`parent_id`, s.`epic_id`, s.`assignee_id`, s.`reporter_id`, s.`creator_id`, s.`summary`, s.`description`, s.`environment`, s.`created_at`, s.`updated_at`, s.`resolved_at`, s.`status_category_changed_at`, s.`last_viewed_at`, s.`due_date`, s.`original_estimate_seconds`, s.`remaining_estimate_seconds`, s.`time_spent_seconds`, s.`aggregate_original_estimate_seconds`, s.`aggregate_remaining_estimate_seconds`, s.`aggregate_time_spent_seconds`, s.`work_ratio`, s.`votes`, s.`watchers`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`updated_at` DESC, r.`_synced_at` DESC) AS row_of_key FROM `run_rows_issue` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`issue` AS t WHERE s.`id` = t.`id`);

-- issue_label
CREATE TABLE IF NOT EXISTS jira.`issue_label` (`issue_id` BIGINT, `label` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_issue_label` AS SELECT * FROM PARQUET.`{folder}/data/issue_label/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_issue_label` AS SELECT * FROM PARQUET.`{folder}/owners/issue_label/run={run}/`;
DELETE FROM jira.`issue_label` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_issue_label` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_issue_label` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_issue_label` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`label` = t.`label`);
DELETE FROM jira.`issue_label` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_issue_label` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`label` = t.`label`);
INSERT INTO jira.`issue_label` (`issue_id`, `label`, `_synced_at`, `_run_id`) SELECT s.`issue_id`, s.`label`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`issue_id`, r.`label` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_issue_label` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`issue_label` AS t WHERE s.`issue_id` = t.`issue_id` AND s.`label` = t.`label`);

-- issue_component
CREATE TABLE IF NOT EXISTS jira.`issue_component` (`issue_id` BIGINT, `component_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_issue_component` AS SELECT * FROM PARQUET.`{folder}/data/issue_component/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_issue_component` AS SELECT * FROM PARQUET.`{folder}/owners/issue_component/run={run}/`;
DELETE FROM jira.`issue_component` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_issue_component` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_issue_component` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_issue_component` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`component_id` = t.`component_id`);
DELETE FROM jira.`issue_component` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_issue_component` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`component_id` = t.`component_id`);
INSERT INTO jira.`issue_component` (`issue_id`, `component_id`, `_synced_at`, `_run_id`) SELECT s.`issue_id`, s.`component_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`issue_id`, r.`component_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_issue_component` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`issue_component` AS t WHERE s.`issue_id` = t.`issue_id` AND s.`component_id` = t.`component_id`);

-- issue_fix_version
CREATE TABLE IF NOT EXISTS jira.`issue_fix_version` (`issue_id` BIGINT, `version_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_issue_fix_version` AS SELECT * FROM PARQUET.`{folder}/data/issue_fix_version/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_issue_fix_version` AS SELECT * FROM PARQUET.`{folder}/owners/issue_fix_version/run={run}/`;
DELETE FROM jira.`issue_fix_version` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_issue_fix_version` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_issue_fix_version` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_issue_fix_version` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`version_id` = t.`version_id`);
DELETE FROM jira.`issue_fix_version` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_issue_fix_version` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`version_id` = t.`version_id`);
INSERT INTO jira.`issue_fix_version` (`issue_id`, `version_id`, `_synced_at`, `_run_id`) SELECT s.`issue_id`, s.`version_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`issue_id`, r.`version_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_issue_fix_version` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`issue_fix_version` AS t WHERE s.`issue_id` = t.`issue_id` AND s.`version_id` = t.`version_id`);

-- issue_affected_version
CREATE TABLE IF NOT EXISTS jira.`issue_affected_version` (`issue_id` BIGINT, `version_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_issue_affected_version` AS SELECT * FROM PARQUET.`{folder}/data/issue_affected_version/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_issue_affected_version` AS SELECT * FROM PARQUET.`{folder}/owners/issue_affected_version/run={run}/`;
DELETE FROM jira.`issue_affected_version` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_issue_affected_version` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_issue_affected_version` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_issue_affected_version` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`version_id` = t.`version_id`);
DELETE FROM jira.`issue_affected_version` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_issue_affected_version` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`version_id` = t.`version_id`);
INSERT INTO jira.`issue_affected_version` (`issue_id`, `version_id`, `_synced_at`, `_run_id`) SELECT s.`issue_id`, s.`version_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`issue_id`, r.`version_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_issue_affected_version` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`issue_affected_version` AS t WHERE s.`issue_id` = t.`issue_id` AND s.`version_id` = t.`version_id`);

-- issue_sprint
CREATE TABLE IF NOT EXISTS jira.`issue_sprint` (`issue_id` BIGINT, `sprint_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_issue_sprint` AS SELECT * FROM PARQUET.`{folder}/data/issue_sprint/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_issue_sprint` AS SELECT * FROM PARQUET.`{folder}/owners/issue_sprint/run={run}/`;
DELETE FROM jira.`issue_sprint` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_issue_sprint` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_issue_sprint` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_issue_sprint` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`sprint_id` = t.`sprint_id`);
DELETE FROM jira.`issue_sprint` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_issue_sprint` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`sprint_id` = t.`sprint_id`);
INSERT INTO jira.`issue_sprint` (`issue_id`, `sprint_id`, `_synced_at`, `_run_id`) SELECT s.`issue_id`, s.`sprint_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`issue_id`, r.`sprint_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_issue_sprint` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`issue_sprint` AS t WHERE s.`issue_id` = t.`issue_id` AND s.`sprint_id` = t.`sprint_id`);

-- issue_link
CREATE TABLE IF NOT EXISTS jira.`issue_link` (`id` BIGINT, `issue_id` BIGINT, `related_issue_id` BIGINT, `link_type_id` BIGINT, `direction` STRING, `relationship` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_issue_link` AS SELECT * FROM PARQUET.`{folder}/data/issue_link/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_issue_link` AS SELECT * FROM PARQUET.`{folder}/owners/issue_link/run={run}/`;
DELETE FROM jira.`issue_link` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_issue_link` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_issue_link` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_issue_link` AS s WHERE s.`id` = t.`id` AND s.`issue_id` = t.`issue_id`);
DELETE FROM jira.`issue_link` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_issue_link` AS s WHERE s.`id` = t.`id` AND s.`issue_id` = t.`issue_id`);
INSERT INTO jira.`issue_link` (`id`, `issue_id`, `related_issue_id`, `link_type_id`, `direction`, `relationship`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`issue_id`, s.`related_issue_id`, s.`link_type_id`, s.`direction`, s.`relationship`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id`, r.`issue_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_issue_link` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`issue_link` AS t WHERE s.`id` = t.`id` AND s.`issue_id` = t.`issue_id`);

-- issue_development
CREATE TABLE IF NOT EXISTS jira.`issue_development` (`issue_id` BIGINT, `kind` STRING, `count` BIGINT, `state` STRING, `state_count` BIGINT, `is_open` BOOLEAN, `last_updated_at` TIMESTAMP, `detail` VARIANT, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_issue_development` AS SELECT * FROM PARQUET.`{folder}/data/issue_development/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_issue_development` AS SELECT * FROM PARQUET.`{folder}/owners/issue_development/run={run}/`;
DELETE FROM jira.`issue_development` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_issue_development` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_issue_development` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_issue_development` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`kind` = t.`kind`);
DELETE FROM jira.`issue_development` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_issue_development` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`kind` = t.`kind`);
INSERT INTO jira.`issue_development` (`issue_id`, `kind`, `count`, `state`, `state_count`, `is_open`, `last_updated_at`, `detail`, `_synced_at`, `_run_id`) SELECT s.`issue_id`, s.`kind`, s.`count`, s.`state`, s.`state_count`, s.`is_open`, s.`last_updated_at`, PARSE_JSON(s.`detail`), s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`issue_id`, r.`kind` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_issue_development` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`issue_development` AS t WHERE s.`issue_id` = t.`issue_id` AND s.`kind` = t.`kind`);

-- comment
CREATE TABLE IF NOT EXISTS jira.`comment` (`id` BIGINT, `issue_id` BIGINT, `author_id` STRING, `update_author_id` STRING, `body` STRING, `created_at` TIMESTAMP, `updated_at` TIMESTAMP, `is_public` BOOLEAN, `visibility_type` STRING, `visibility_value` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_comment` AS SELECT * FROM PARQUET.`{folder}/data/comment/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_comment` AS SELECT * FROM PARQUET.`{folder}/owners/comment/run={run}/`;
DELETE FROM jira.`comment` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_comment` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_comment` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_comment` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`comment` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_comment` AS s WHERE s.`id` = t.`id` AND NOT COALESCE(t.`updated_at` > s.`updated_at`, FALSE));
INSERT INTO jira.`comment` (`id`, `issue_id`, `author_id`, `update_author_id`, `body`, `created_at`, `updated_at`, `is_public`, `visibility_type`, `visibility_value`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`issue_id`, s.`author_id`, s.`update_author_id`, s.`body`, s.`created_at`, s.`updated_at`, s.`is_public`, s.`visibility_type`, s.`visibility_value`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`updated_at` DESC, r.`_synced_at` DESC) AS row_of_key FROM `run_rows_comment` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`comment` AS t WHERE s.`id` = t.`id`);

-- worklog
CREATE TABLE IF NOT EXISTS jira.`worklog` (`id` BIGINT, `issue_id` BIGINT, `author_id` STRING, `update_author_id` STRING, `comment` STRING, `started_at` TIMESTAMP, `time_spent_seconds` BIGINT, `created_at` TIMESTAMP, `updated_at` TIMESTAMP, `visibility_type` STRING, `visibility_value` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_worklog` AS SELECT * FROM PARQUET.`{folder}/data/worklog/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_worklog` AS SELECT * FROM PARQUET.`{folder}/owners/worklog/run={run}/`;
DELETE FROM jira.`worklog` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_worklog` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_worklog` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_worklog` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`worklog` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_worklog` AS s WHERE s.`id` = t.`id` AND NOT COALESCE(t.`updated_at` > s.`updated_at`, FALSE));
INSERT INTO jira.`worklog` (`id`, `issue_id`, `author_id`, `update_author_id`, `comment`, `started_at`, `time_spent_seconds`, `created_at`, `updated_at`, `visibility_type`, `visibility_value`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`issue_id`, s.`author_id`, s.`update_author_id`, s.`comment`, s.`started_at`, s.`time_spent_seconds`, s.`created_at`, s.`updated_at`, s.`visibility_type`, s.`visibility_value`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`updated_at` DESC, r.`_synced_at` DESC) AS row_of_key FROM `run_rows_worklog` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`worklog` AS t WHERE s.`id` = t.`id`);

-- changelog_item
CREATE TABLE IF NOT EXISTS jira.`changelog_item` (`history_id` BIGINT, `position` BIGINT, `issue_id` BIGINT, `author_id` STRING, `created_at` TIMESTAMP, `field_id` STRING, `field` STRING, `field_type` STRING, `from_value` STRING, `from_text` STRING, `to_value` STRING, `to_text` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_changelog_item` AS SELECT * FROM PARQUET.`{folder}/data/changelog_item/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_changelog_item` AS SELECT * FROM PARQUET.`{folder}/owners/changelog_item/run={run}/`;
DELETE FROM jira.`changelog_item` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_changelog_item` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_changelog_item` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_changelog_item` AS s WHERE s.`history_id` = t.`history_id` AND s.`position` = t.`position`);
DELETE FROM jira.`changelog_item` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_changelog_item` AS s WHERE s.`history_id` = t.`history_id` AND s.`position` = t.`position`);
INSERT INTO jira.`changelog_item` (`history_id`, `position`, `issue_id`, `author_id`, `created_at`, `field_id`, `field`, `field_type`, `from_value`, `from_text`, `to_value`, `to_text`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`history_id`, s.`position`, s.`issue_id`, s.`author_id`, s.`created_at`, s.`field_id`, s.`field`, s.`field_type`, s.`from_value`, s.`from_text`, s.`to_value`, s.`to_text`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`history_id`, r.`position` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_changelog_item` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`changelog_item` AS t WHERE s.`history_id` = t.`history_id` AND s.`position` = t.`position`);

-- attachment
CREATE TABLE IF NOT EXISTS jira.`attachment` (`id` BIGINT, `issue_id` BIGINT, `author_id` STRING, `file_name` STRING, `mime_type` STRING, `size_bytes` BIGINT, `created_at` TIMESTAMP, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_attachment` AS SELECT * FROM PARQUET.`{folder}/data/attachment/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_attachment` AS SELECT * FROM PARQUET.`{folder}/owners/attachment/run={run}/`;
DELETE FROM jira.`attachment` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_attachment` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_attachment` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_attachment` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`attachment` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_attachment` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`attachment` (`id`, `issue_id`, `author_id`, `file_name`, `mime_type`, `size_bytes`, `created_at`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`issue_id`, s.`author_id`, s.`file_name`, s.`mime_type`, s.`size_bytes`, s.`created_at`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_attachment` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`attachment` AS t WHERE s.`id` = t.`id`);

-- remote_link
CREATE TABLE IF NOT EXISTS jira.`remote_link` (`id` BIGINT, `issue_id` BIGINT, `global_id` STRING, `relationship` STRING, `url` STRING, `title` STRING, `application_name` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_remote_link` AS SELECT * FROM PARQUET.`{folder}/data/remote_link/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_remote_link` AS SELECT * FROM PARQUET.`{folder}/owners/remote_link/run={run}/`;
DELETE FROM jira.`remote_link` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_remote_link` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_remote_link` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_remote_link` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`remote_link` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_remote_link` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`remote_link` (`id`, `issue_id`, `global_id`, `relationship`, `url`, `title`, `application_name`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`issue_id`, s.`global_id`, s.`relationship`, s.`url`, s.`title`, s.`application_name`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_remote_link` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`remote_link` AS t WHERE s.`id` = t.`id`);

-- issue_watcher
CREATE TABLE IF NOT EXISTS jira.`issue_watcher` (`issue_id` BIGINT, `user_id` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_issue_watcher` AS SELECT * FROM PARQUET.`{folder}/data/issue_watcher/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_issue_watcher` AS SELECT * FROM PARQUET.`{folder}/owners/issue_watcher/run={run}/`;
DELETE FROM jira.`issue_watcher` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_issue_watcher` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_issue_watcher` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_issue_watcher` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`user_id` = t.`user_id`);
DELETE FROM jira.`issue_watcher` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_issue_watcher` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`user_id` = t.`user_id`);
INSERT INTO jira.`issue_watcher` (`issue_id`, `user_id`, `_synced_at`, `_run_id`) SELECT s.`issue_id`, s.`user_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`issue_id`, r.`user_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_issue_watcher` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`issue_watcher` AS t WHERE s.`issue_id` = t.`issue_id` AND s.`user_id` = t.`user_id`);

-- issue_vote
CREATE TABLE IF NOT EXISTS jira.`issue_vote` (`issue_id` BIGINT, `user_id` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_issue_vote` AS SELECT * FROM PARQUET.`{folder}/data/issue_vote/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_issue_vote` AS SELECT * FROM PARQUET.`{folder}/owners/issue_vote/run={run}/`;
DELETE FROM jira.`issue_vote` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_issue_vote` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_issue_vote` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_issue_vote` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`user_id` = t.`user_id`);
DELETE FROM jira.`issue_vote` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_issue_vote` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`user_id` = t.`user_id`);
INSERT INTO jira.`issue_vote` (`issue_id`, `user_id`, `_synced_at`, `_run_id`) SELECT s.`issue_id`, s.`user_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`issue_id`, r.`user_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_issue_vote` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`issue_vote` AS t WHERE s.`issue_id` = t.`issue_id` AND s.`user_id` = t.`user_id`);

-- issue_property
CREATE TABLE IF NOT EXISTS jira.`issue_property` (`issue_id` BIGINT, `key` STRING, `value` VARIANT, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_issue_property` AS SELECT * FROM PARQUET.`{folder}/data/issue_property/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_issue_property` AS SELECT * FROM PARQUET.`{folder}/owners/issue_property/run={run}/`;
DELETE FROM jira.`issue_property` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_issue_property` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_issue_property` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_issue_property` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`key` = t.`key`);
DELETE FROM jira.`issue_property` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_issue_property` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`key` = t.`key`);
INSERT INTO jira.`issue_property` (`issue_id`, `key`, `value`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`issue_id`, s.`key`, PARSE_JSON(s.`value`), s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`issue_id`, r.`key` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_issue_property` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`issue_property` AS t WHERE s.`issue_id` = t.`issue_id` AND s.`key` = t.`key`);

-- issue_transition
CREATE TABLE IF NOT EXISTS jira.`issue_transition` (`issue_id` BIGINT, `transition_id` BIGINT, `name` STRING, `to_status_id` BIGINT, `is_global` BOOLEAN, `has_screen` BOOLEAN, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_issue_transition` AS SELECT * FROM PARQUET.`{folder}/data/issue_transition/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_issue_transition` AS SELECT * FROM PARQUET.`{folder}/owners/issue_transition/run={run}/`;
DELETE FROM jira.`issue_transition` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_issue_transition` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_issue_transition` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_issue_transition` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`transition_id` = t.`transition_id`);
DELETE FROM jira.`issue_transition` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_issue_transition` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`transition_id` = t.`transition_id`);
INSERT INTO jira.`issue_transition` (`issue_id`, `transition_id`, `name`, `to_status_id`, `is_global`, `has_screen`, `_synced_at`, `_run_id`) SELECT s.`issue_id`, s.`transition_id`, s.`name`, s.`to_status_id`, s.`is_global`, s.`has_screen`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`issue_id`, r.`transition_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_issue_transition` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`issue_transition` AS t WHERE s.`issue_id` = t.`issue_id` AND s.`transition_id` = t.`transition_id`);

-- service_desk
CREATE TABLE IF NOT EXISTS jira.`service_desk` (`id` BIGINT, `project_id` BIGINT, `name` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_service_desk` AS SELECT * FROM PARQUET.`{folder}/data/service_desk/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_service_desk` AS SELECT * FROM PARQUET.`{folder}/owners/service_desk/run={run}/`;
DELETE FROM jira.`service_desk` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_service_desk` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_service_desk` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`service_desk` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_service_desk` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`service_desk` (`id`, `project_id`, `name`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`project_id`, s.`name`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_service_desk` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`service_desk` AS t WHERE s.`id` = t.`id`);

-- request_type
CREATE TABLE IF NOT EXISTS jira.`request_type` (`id` BIGINT, `service_desk_id` BIGINT, `issue_type_id` BIGINT, `name` STRING, `description` STRING, `help_text` STRING, `restriction` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_request_type` AS SELECT * FROM PARQUET.`{folder}/data/request_type/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_request_type` AS SELECT * FROM PARQUET.`{folder}/owners/request_type/run={run}/`;
DELETE FROM jira.`request_type` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_request_type` WHERE owner IS NULL) OR CAST(t.`service_desk_id` AS STRING) IN (SELECT owner FROM `run_owners_request_type` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_request_type` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`request_type` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_request_type` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`request_type` (`id`, `service_desk_id`, `issue_type_id`, `name`, `description`, `help_text`, `restriction`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`service_desk_id`, s.`issue_type_id`, s.`name`, s.`description`, s.`help_text`, s.`restriction`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_request_type` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`request_type` AS t WHERE s.`id` = t.`id`);

-- organization
CREATE TABLE IF NOT EXISTS jira.`organization` (`id` BIGINT, `uuid` STRING, `name` STRING, `is_scim_managed` BOOLEAN, `created_at` TIMESTAMP, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_organization` AS SELECT * FROM PARQUET.`{folder}/data/organization/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_organization` AS SELECT * FROM PARQUET.`{folder}/owners/organization/run={run}/`;
DELETE FROM jira.`organization` AS t WHERE EXISTS (SELECT 1 FROM `run_owners_organization` WHERE owner IS NULL) AND NOT EXISTS (SELECT 1 FROM `run_rows_organization` AS s WHERE s.`id` = t.`id`);
DELETE FROM jira.`organization` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_organization` AS s WHERE s.`id` = t.`id`);
INSERT INTO jira.`organization` (`id`, `uuid`, `name`, `is_scim_managed`, `created_at`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`uuid`, s.`name`, s.`is_scim_managed`, s.`created_at`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_organization` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`organization` AS t WHERE s.`id` = t.`id`);

-- organization_member
CREATE TABLE IF NOT EXISTS jira.`organization_member` (`organization_id` BIGINT, `user_id` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_organization_member` AS SELECT * FROM PARQUET.`{folder}/data/organization_member/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_organization_member` AS SELECT * FROM PARQUET.`{folder}/owners/organization_member/run={run}/`;
DELETE FROM jira.`organization_member` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_organization_member` WHERE owner IS NULL) OR CAST(t.`organization_id` AS STRING) IN (SELECT owner FROM `run_owners_organization_member` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_organization_member` AS s WHERE s.`organization_id` = t.`organization_id` AND s.`user_id` = t.`user_id`);
DELETE FROM jira.`organization_member` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_organization_member` AS s WHERE s.`organization_id` = t.`organization_id` AND s.`user_id` = t.`user_id`);
INSERT INTO jira.`organization_member` (`organization_id`, `user_id`, `_synced_at`, `_run_id`) SELECT s.`organization_id`, s.`user_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`organization_id`, r.`user_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_organization_member` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`organization_member` AS t WHERE s.`organization_id` = t.`organization_id` AND s.`user_id` = t.`user_id`);

-- service_desk_organization
CREATE TABLE IF NOT EXISTS jira.`service_desk_organization` (`service_desk_id` BIGINT, `organization_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_service_desk_organization` AS SELECT * FROM PARQUET.`{folder}/data/service_desk_organization/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_service_desk_organization` AS SELECT * FROM PARQUET.`{folder}/owners/service_desk_organization/run={run}/`;
DELETE FROM jira.`service_desk_organization` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_service_desk_organization` WHERE owner IS NULL) OR CAST(t.`service_desk_id` AS STRING) IN (SELECT owner FROM `run_owners_service_desk_organization` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_service_desk_organization` AS s WHERE s.`service_desk_id` = t.`service_desk_id` AND s.`organization_id` = t.`organization_id`);
DELETE FROM jira.`service_desk_organization` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_service_desk_organization` AS s WHERE s.`service_desk_id` = t.`service_desk_id` AND s.`organization_id` = t.`organization_id`);
INSERT INTO jira.`service_desk_organization` (`service_desk_id`, `organization_id`, `_synced_at`, `_run_id`) SELECT s.`service_desk_id`, s.`organization_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`service_desk_id`, r.`organization_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_service_desk_organization` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`service_desk_organization` AS t WHERE s.`service_desk_id` = t.`service_desk_id` AND s.`organization_id` = t.`organization_id`);

-- service_desk_customer
CREATE TABLE IF NOT EXISTS jira.`service_desk_customer` (`service_desk_id` BIGINT, `user_id` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_service_desk_customer` AS SELECT * FROM PARQUET.`{folder}/data/service_desk_customer/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_service_desk_customer` AS SELECT * FROM PARQUET.`{folder}/owners/service_desk_customer/run={run}/`;
DELETE FROM jira.`service_desk_customer` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_service_desk_customer` WHERE owner IS NULL) OR CAST(t.`service_desk_id` AS STRING) IN (SELECT owner FROM `run_owners_service_desk_customer` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_service_desk_customer` AS s WHERE s.`service_desk_id` = t.`service_desk_id` AND s.`user_id` = t.`user_id`);
DELETE FROM jira.`service_desk_customer` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_service_desk_customer` AS s WHERE s.`service_desk_id` = t.`service_desk_id` AND s.`user_id` = t.`user_id`);
INSERT INTO jira.`service_desk_customer` (`service_desk_id`, `user_id`, `_synced_at`, `_run_id`) SELECT s.`service_desk_id`, s.`user_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`service_desk_id`, r.`user_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_service_desk_customer` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`service_desk_customer` AS t WHERE s.`service_desk_id` = t.`service_desk_id` AND s.`user_id` = t.`user_id`);

-- request
CREATE TABLE IF NOT EXISTS jira.`request` (`issue_id` BIGINT, `request_type_id` BIGINT, `service_desk_id` BIGINT, `portal_status` STRING, `portal_status_category` STRING, `portal_status_at` TIMESTAMP, `portal_url` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_request` AS SELECT * FROM PARQUET.`{folder}/data/request/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_request` AS SELECT * FROM PARQUET.`{folder}/owners/request/run={run}/`;
DELETE FROM jira.`request` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_request` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_request` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_request` AS s WHERE s.`issue_id` = t.`issue_id`);
DELETE FROM jira.`request` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_request` AS s WHERE s.`issue_id` = t.`issue_id`);
INSERT INTO jira.`request` (`issue_id`, `request_type_id`, `service_desk_id`, `portal_status`, `portal_status_category`, `portal_status_at`, `portal_url`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`issue_id`, s.`request_type_id`, s.`service_desk_id`, s.`portal_status`, s.`portal_status_category`, s.`portal_status_at`, s.`portal_url`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`issue_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_request` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`request` AS t WHERE s.`issue_id` = t.`issue_id`);

-- request_participant
CREATE TABLE IF NOT EXISTS jira.`request_participant` (`issue_id` BIGINT, `user_id` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_request_participant` AS SELECT * FROM PARQUET.`{folder}/data/request_participant/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_request_participant` AS SELECT * FROM PARQUET.`{folder}/owners/request_participant/run={run}/`;
DELETE FROM jira.`request_participant` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_request_participant` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_request_participant` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_request_participant` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`user_id` = t.`user_id`);
DELETE FROM jira.`request_participant` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_request_participant` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`user_id` = t.`user_id`);
INSERT INTO jira.`request_participant` (`issue_id`, `user_id`, `_synced_at`, `_run_id`) SELECT s.`issue_id`, s.`user_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`issue_id`, r.`user_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_request_participant` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`request_participant` AS t WHERE s.`issue_id` = t.`issue_id` AND s.`user_id` = t.`user_id`);

-- request_organization
CREATE TABLE IF NOT EXISTS jira.`request_organization` (`issue_id` BIGINT, `organization_id` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_request_organization` AS SELECT * FROM PARQUET.`{folder}/data/request_organization/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_request_organization` AS SELECT * FROM PARQUET.`{folder}/owners/request_organization/run={run}/`;
DELETE FROM jira.`request_organization` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_request_organization` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_request_organization` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_request_organization` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`organization_id` = t.`organization_id`);
DELETE FROM jira.`request_organization` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_request_organization` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`organization_id` = t.`organization_id`);
INSERT INTO jira.`request_organization` (`issue_id`, `organization_id`, `_synced_at`, `_run_id`) SELECT s.`issue_id`, s.`organization_id`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`issue_id`, r.`organization_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_request_organization` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`request_organization` AS t WHERE s.`issue_id` = t.`issue_id` AND s.`organization_id` = t.`organization_id`);

-- sla_cycle
CREATE TABLE IF NOT EXISTS jira.`sla_cycle` (`issue_id` BIGINT, `sla_id` BIGINT, `position` BIGINT, `field_id` STRING, `name` STRING, `is_ongoing` BOOLEAN, `is_paused` BOOLEAN, `is_breached` BOOLEAN, `is_within_calendar_hours` BOOLEAN, `started_at` TIMESTAMP, `stopped_at` TIMESTAMP, `breach_at` TIMESTAMP, `goal_seconds` BIGINT, `elapsed_seconds` BIGINT, `remaining_seconds` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_sla_cycle` AS SELECT * FROM PARQUET.`{folder}/data/sla_cycle/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_sla_cycle` AS SELECT * FROM PARQUET.`{folder}/owners/sla_cycle/run={run}/`;
DELETE FROM jira.`sla_cycle` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_sla_cycle` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_sla_cycle` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_sla_cycle` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`sla_id` = t.`sla_id` AND s.`position` = t.`position`);
DELETE FROM jira.`sla_cycle` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_sla_cycle` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`sla_id` = t.`sla_id` AND s.`position` = t.`position`);
INSERT INTO jira.`sla_cycle` (`issue_id`, `sla_id`, `position`, `field_id`, `name`, `is_ongoing`, `is_paused`, `is_breached`, `is_within_calendar_hours`, `started_at`, `stopped_at`, `breach_at`, `goal_seconds`, `elapsed_seconds`, `remaining_seconds`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`issue_id`, s.`sla_id`, s.`position`, s.`field_id`, s.`name`, s.`is_ongoing`, s.`is_paused`, s.`is_breached`, s.`is_within_calendar_hours`, s.`started_at`, s.`stopped_at`, s.`breach_at`, s.`goal_seconds`, s.`elapsed_seconds`, s.`remaining_seconds`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`issue_id`, r.`sla_id`, r.`position` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_sla_cycle` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`sla_cycle` AS t WHERE s.`issue_id` = t.`issue_id` AND s.`sla_id` = t.`sla_id` AND s.`position` = t.`position`);

-- approval
CREATE TABLE IF NOT EXISTS jira.`approval` (`id` BIGINT, `issue_id` BIGINT, `name` STRING, `final_decision` STRING, `created_at` TIMESTAMP, `completed_at` TIMESTAMP, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_approval` AS SELECT * FROM PARQUET.`{folder}/data/approval/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_approval` AS SELECT * FROM PARQUET.`{folder}/owners/approval/run={run}/`;
DELETE FROM jira.`approval` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_approval` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_approval` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_approval` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`id` = t.`id`);
DELETE FROM jira.`approval` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_approval` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`id` = t.`id`);
INSERT INTO jira.`approval` (`id`, `issue_id`, `name`, `final_decision`, `created_at`, `completed_at`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`id`, s.`issue_id`, s.`name`, s.`final_decision`, s.`created_at`, s.`completed_at`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`issue_id`, r.`id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_approval` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`approval` AS t WHERE s.`issue_id` = t.`issue_id` AND s.`id` = t.`id`);

-- approval_approver
CREATE TABLE IF NOT EXISTS jira.`approval_approver` (`issue_id` BIGINT, `approval_id` BIGINT, `user_id` STRING, `decision` STRING, `_synced_at` TIMESTAMP, `_run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_approval_approver` AS SELECT * FROM PARQUET.`{folder}/data/approval_approver/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_approval_approver` AS SELECT * FROM PARQUET.`{folder}/owners/approval_approver/run={run}/`;
DELETE FROM jira.`approval_approver` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_approval_approver` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_approval_approver` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_approval_approver` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`approval_id` = t.`approval_id` AND s.`user_id` = t.`user_id`);
DELETE FROM jira.`approval_approver` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_approval_approver` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`approval_id` = t.`approval_id` AND s.`user_id` = t.`user_id`);
INSERT INTO jira.`approval_approver` (`issue_id`, `approval_id`, `user_id`, `decision`, `_synced_at`, `_run_id`) SELECT s.`issue_id`, s.`approval_id`, s.`user_id`, s.`decision`, s.`_synced_at`, s.`_run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`issue_id`, r.`approval_id`, r.`user_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_approval_approver` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`approval_approver` AS t WHERE s.`issue_id` = t.`issue_id` AND s.`approval_id` = t.`approval_id` AND s.`user_id` = t.`user_id`);

-- issue_field_history
CREATE TABLE IF NOT EXISTS jira.`issue_field_history` (`issue_id` BIGINT, `field_id` STRING, `changed_at` TIMESTAMP, `position` BIGINT, `value` STRING, `author_id` STRING, `is_active` BOOLEAN, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_issue_field_history` AS SELECT * FROM PARQUET.`{folder}/data/issue_field_history/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_issue_field_history` AS SELECT * FROM PARQUET.`{folder}/owners/issue_field_history/run={run}/`;
DELETE FROM jira.`issue_field_history` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_issue_field_history` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_issue_field_history` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_issue_field_history` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`field_id` = t.`field_id` AND s.`changed_at` = t.`changed_at` AND s.`position` = t.`position`);
DELETE FROM jira.`issue_field_history` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_issue_field_history` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`field_id` = t.`field_id` AND s.`changed_at` = t.`changed_at` AND s.`position` = t.`position`);
INSERT INTO jira.`issue_field_history` (`issue_id`, `field_id`, `changed_at`, `position`, `value`, `author_id`, `is_active`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`issue_id`, s.`field_id`, s.`changed_at`, s.`position`, s.`value`, s.`author_id`, s.`is_active`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`issue_id`, r.`field_id`, r.`changed_at`, r.`position` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_issue_field_history` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`issue_field_history` AS t WHERE s.`issue_id` = t.`issue_id` AND s.`field_id` = t.`field_id` AND s.`changed_at` = t.`changed_at` AND s.`position` = t.`position`);

-- issue_multiselect_history
CREATE TABLE IF NOT EXISTS jira.`issue_multiselect_history` (`issue_id` BIGINT, `field_id` STRING, `changed_at` TIMESTAMP, `position` BIGINT, `value_position` BIGINT, `value` STRING, `author_id` STRING, `is_active` BOOLEAN, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_issue_multiselect_history` AS SELECT * FROM PARQUET.`{folder}/data/issue_multiselect_history/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_issue_multiselect_history` AS SELECT * FROM PARQUET.`{folder}/owners/issue_multiselect_history/run={run}/`;
DELETE FROM jira.`issue_multiselect_history` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_issue_multiselect_history` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_issue_multiselect_history` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_issue_multiselect_history` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`field_id` = t.`field_id` AND s.`changed_at` = t.`changed_at` AND s.`position` = t.`position` AND s.`value_position` = t.`value_position`);
DELETE FROM jira.`issue_multiselect_history` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_issue_multiselect_history` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`field_id` = t.`field_id` AND s.`changed_at` = t.`changed_at` AND s.`position` = t.`position` AND s.`value_position` = t.`value_position`);
INSERT INTO jira.`issue_multiselect_history` (`issue_id`, `field_id`, `changed_at`, `position`, `value_position`, `value`, `author_id`, `is_active`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`issue_id`, s.`field_id`, s.`changed_at`, s.`position`, s.`value_position`, s.`value`, s.`author_id`, s.`is_active`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`issue_id`, r.`field_id`, r.`changed_at`, r.`position`, r.`value_position` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_issue_multiselect_history` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`issue_multiselect_history` AS t WHERE s.`issue_id` = t.`issue_id` AND s.`field_id` = t.`field_id` AND s.`changed_at` = t.`changed_at` AND s.`position` = t.`position` AND s.`value_position` = t.`value_position`);

-- issue_status_transition
CREATE TABLE IF NOT EXISTS jira.`issue_status_transition` (`history_id` BIGINT, `position` BIGINT, `issue_id` BIGINT, `changed_at` TIMESTAMP, `from_status_id` BIGINT, `to_status_id` BIGINT, `author_id` STRING, `seconds_in_from_status` BIGINT, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_issue_status_transition` AS SELECT * FROM PARQUET.`{folder}/data/issue_status_transition/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_issue_status_transition` AS SELECT * FROM PARQUET.`{folder}/owners/issue_status_transition/run={run}/`;
DELETE FROM jira.`issue_status_transition` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_issue_status_transition` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_issue_status_transition` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_issue_status_transition` AS s WHERE s.`history_id` = t.`history_id` AND s.`position` = t.`position`);
DELETE FROM jira.`issue_status_transition` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_issue_status_transition` AS s WHERE s.`history_id` = t.`history_id` AND s.`position` = t.`position`);
INSERT INTO jira.`issue_status_transition` (`history_id`, `position`, `issue_id`, `changed_at`, `from_status_id`, `to_status_id`, `author_id`, `seconds_in_from_status`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`history_id`, s.`position`, s.`issue_id`, s.`changed_at`, s.`from_status_id`, s.`to_status_id`, s.`author_id`, s.`seconds_in_from_status`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`history_id`, r.`position` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_issue_status_transition` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`issue_status_transition` AS t WHERE s.`history_id` = t.`history_id` AND s.`position` = t.`position`);

-- issue_sprint_history
CREATE TABLE IF NOT EXISTS jira.`issue_sprint_history` (`issue_id` BIGINT, `sprint_id` BIGINT, `added_at` TIMESTAMP, `removed_at` TIMESTAMP, `is_completed_in_sprint` BOOLEAN, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_issue_sprint_history` AS SELECT * FROM PARQUET.`{folder}/data/issue_sprint_history/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_issue_sprint_history` AS SELECT * FROM PARQUET.`{folder}/owners/issue_sprint_history/run={run}/`;
DELETE FROM jira.`issue_sprint_history` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_issue_sprint_history` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_issue_sprint_history` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_issue_sprint_history` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`sprint_id` = t.`sprint_id` AND s.`added_at` = t.`added_at`);
DELETE FROM jira.`issue_sprint_history` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_issue_sprint_history` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`sprint_id` = t.`sprint_id` AND s.`added_at` = t.`added_at`);
INSERT INTO jira.`issue_sprint_history` (`issue_id`, `sprint_id`, `added_at`, `removed_at`, `is_completed_in_sprint`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`issue_id`, s.`sprint_id`, s.`added_at`, s.`removed_at`, s.`is_completed_in_sprint`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`issue_id`, r.`sprint_id`, r.`added_at` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_issue_sprint_history` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`issue_sprint_history` AS t WHERE s.`issue_id` = t.`issue_id` AND s.`sprint_id` = t.`sprint_id` AND s.`added_at` = t.`added_at`);

-- sprint_report
CREATE TABLE IF NOT EXISTS jira.`sprint_report` (`sprint_id` BIGINT, `issue_id` BIGINT, `was_committed` BOOLEAN, `was_added_during` BOOLEAN, `was_removed` BOOLEAN, `was_completed` BOOLEAN, `points_at_start` DOUBLE, `points_at_end` DOUBLE, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_sprint_report` AS SELECT * FROM PARQUET.`{folder}/data/sprint_report/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_sprint_report` AS SELECT * FROM PARQUET.`{folder}/owners/sprint_report/run={run}/`;
DELETE FROM jira.`sprint_report` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_sprint_report` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_sprint_report` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_sprint_report` AS s WHERE s.`sprint_id` = t.`sprint_id` AND s.`issue_id` = t.`issue_id`);
DELETE FROM jira.`sprint_report` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_sprint_report` AS s WHERE s.`sprint_id` = t.`sprint_id` AND s.`issue_id` = t.`issue_id`);
INSERT INTO jira.`sprint_report` (`sprint_id`, `issue_id`, `was_committed`, `was_added_during`, `was_removed`, `was_completed`, `points_at_start`, `points_at_end`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`sprint_id`, s.`issue_id`, s.`was_committed`, s.`was_added_during`, s.`was_removed`, s.`was_completed`, s.`points_at_start`, s.`points_at_end`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`sprint_id`, r.`issue_id` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_sprint_report` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`sprint_report` AS t WHERE s.`sprint_id` = t.`sprint_id` AND s.`issue_id` = t.`issue_id`);

-- issue_key_history
CREATE TABLE IF NOT EXISTS jira.`issue_key_history` (`issue_id` BIGINT, `key` STRING, `valid_from` TIMESTAMP, `valid_until` TIMESTAMP, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows_issue_key_history` AS SELECT * FROM PARQUET.`{folder}/data/issue_key_history/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners_issue_key_history` AS SELECT * FROM PARQUET.`{folder}/owners/issue_key_history/run={run}/`;
DELETE FROM jira.`issue_key_history` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners_issue_key_history` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners_issue_key_history` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows_issue_key_history` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`key` = t.`key` AND s.`valid_from` = t.`valid_from`);
DELETE FROM jira.`issue_key_history` AS t WHERE EXISTS (SELECT 1 FROM `run_rows_issue_key_history` AS s WHERE s.`issue_id` = t.`issue_id` AND s.`key` = t.`key` AND s.`valid_from` = t.`valid_from`);
INSERT INTO jira.`issue_key_history` (`issue_id`, `key`, `valid_from`, `valid_until`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`issue_id`, s.`key`, s.`valid_from`, s.`valid_until`, s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`issue_id`, r.`key`, r.`valid_from` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows_issue_key_history` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`issue_key_history` AS t WHERE s.`issue_id` = t.`issue_id` AND s.`key` = t.`key` AND s.`valid_from` = t.`valid_from`);

-- _raw_answer
CREATE TABLE IF NOT EXISTS jira.`_raw_answer` (`question` STRING, `site` STRING, `answer` VARIANT, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows__raw_answer` AS SELECT * FROM PARQUET.`{folder}/data/_raw_answer/run={run}/`;
DELETE FROM jira.`_raw_answer` AS t WHERE EXISTS (SELECT 1 FROM `run_rows__raw_answer` AS s WHERE s.`question` = t.`question`);
INSERT INTO jira.`_raw_answer` (`question`, `site`, `answer`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`question`, s.`site`, PARSE_JSON(s.`answer`), s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`question` ORDER BY r.`_synced_at` DESC) AS row_of_key FROM `run_rows__raw_answer` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`_raw_answer` AS t WHERE s.`question` = t.`question`);

-- _raw_issue
CREATE TABLE IF NOT EXISTS jira.`_raw_issue` (`issue_id` BIGINT, `key` STRING, `updated_at` TIMESTAMP, `has_changelog` BOOLEAN, `payload` VARIANT, `beside` VARIANT, `_synced_at` TIMESTAMP, `_run_id` STRING, `_deleted_at` TIMESTAMP, `_deleted_reason` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows__raw_issue` AS SELECT * FROM PARQUET.`{folder}/data/_raw_issue/run={run}/`;
CREATE OR REPLACE TEMPORARY VIEW `run_owners__raw_issue` AS SELECT * FROM PARQUET.`{folder}/owners/_raw_issue/run={run}/`;
DELETE FROM jira.`_raw_issue` AS t WHERE (EXISTS (SELECT 1 FROM `run_owners__raw_issue` WHERE owner IS NULL) OR CAST(t.`issue_id` AS STRING) IN (SELECT owner FROM `run_owners__raw_issue` WHERE owner IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM `run_rows__raw_issue` AS s WHERE s.`issue_id` = t.`issue_id`);
DELETE FROM jira.`_raw_issue` AS t WHERE EXISTS (SELECT 1 FROM `run_rows__raw_issue` AS s WHERE s.`issue_id` = t.`issue_id` AND NOT COALESCE(t.`updated_at` > s.`updated_at`, FALSE));
INSERT INTO jira.`_raw_issue` (`issue_id`, `key`, `updated_at`, `has_changelog`, `payload`, `beside`, `_synced_at`, `_run_id`, `_deleted_at`, `_deleted_reason`) SELECT s.`issue_id`, s.`key`, s.`updated_at`, s.`has_changelog`, PARSE_JSON(s.`payload`), PARSE_JSON(s.`beside`), s.`_synced_at`, s.`_run_id`, s.`_deleted_at`, s.`_deleted_reason` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`issue_id` ORDER BY r.`updated_at` DESC, r.`_synced_at` DESC) AS row_of_key FROM `run_rows__raw_issue` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`_raw_issue` AS t WHERE s.`issue_id` = t.`issue_id`);

-- _sync_run
CREATE TABLE IF NOT EXISTS jira.`_sync_run` (`run_id` STRING, `entity` STRING, `scope` STRING, `site` STRING, `dag_id` STRING, `airflow_run_id` STRING, `map_index` BIGINT, `try_number` BIGINT, `started_at` TIMESTAMP, `finished_at` TIMESTAMP, `status` STRING, `mode` STRING, `rows_read` BIGINT, `rows_inserted` BIGINT, `rows_updated` BIGINT, `rows_unchanged` BIGINT, `rows_deleted` BIGINT, `rows_rejected` BIGINT, `requests` BIGINT, `retries` BIGINT, `bytes` BIGINT, `wait_seconds` DOUBLE, `watermark_from` BIGINT, `watermark_to` BIGINT, `checks` VARIANT, `message` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows__sync_run` AS SELECT * FROM PARQUET.`{folder}/data/_sync_run/run={run}/`;
DELETE FROM jira.`_sync_run` AS t WHERE EXISTS (SELECT 1 FROM `run_rows__sync_run` AS s WHERE s.`run_id` = t.`run_id` AND s.`entity` = t.`entity` AND s.`scope` = t.`scope`);
INSERT INTO jira.`_sync_run` (`run_id`, `entity`, `scope`, `site`, `dag_id`, `airflow_run_id`, `map_index`, `try_number`, `started_at`, `finished_at`, `status`, `mode`, `rows_read`, `rows_inserted`, `rows_updated`, `rows_unchanged`, `rows_deleted`, `rows_rejected`, `requests`, `retries`, `bytes`, `wait_seconds`, `watermark_from`, `watermark_to`, `checks`, `message`) SELECT s.`run_id`, s.`entity`, s.`scope`, s.`site`, s.`dag_id`, s.`airflow_run_id`, s.`map_index`, s.`try_number`, s.`started_at`, s.`finished_at`, s.`status`, s.`mode`, s.`rows_read`, s.`rows_inserted`, s.`rows_updated`, s.`rows_unchanged`, s.`rows_deleted`, s.`rows_rejected`, s.`requests`, s.`retries`, s.`bytes`, s.`wait_seconds`, s.`watermark_from`, s.`watermark_to`, PARSE_JSON(s.`checks`), s.`message` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`run_id`, r.`entity`, r.`scope` ORDER BY r.`run_id`, r.`entity`, r.`scope`) AS row_of_key FROM `run_rows__sync_run` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`_sync_run` AS t WHERE s.`run_id` = t.`run_id` AND s.`entity` = t.`entity` AND s.`scope` = t.`scope`);

-- _scope_issue
CREATE TABLE IF NOT EXISTS jira.`_scope_issue` (`scope` STRING, `issue_id` BIGINT);
CREATE OR REPLACE TEMPORARY VIEW `run_rows__scope_issue` AS SELECT * FROM PARQUET.`{folder}/data/_scope_issue/run={run}/`;
DELETE FROM jira.`_scope_issue` AS t WHERE EXISTS (SELECT 1 FROM `run_rows__scope_issue` AS s WHERE s.`scope` = t.`scope` AND s.`issue_id` = t.`issue_id`);
INSERT INTO jira.`_scope_issue` (`scope`, `issue_id`) SELECT s.`scope`, s.`issue_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`scope`, r.`issue_id` ORDER BY r.`scope`, r.`issue_id`) AS row_of_key FROM `run_rows__scope_issue` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`_scope_issue` AS t WHERE s.`scope` = t.`scope` AND s.`issue_id` = t.`issue_id`);

-- _rejected_row
CREATE TABLE IF NOT EXISTS jira.`_rejected_row` (`run_id` STRING, `entity` STRING, `source_id` STRING, `reason` STRING, `payload` STRING, `rejected_at` TIMESTAMP);
CREATE OR REPLACE TEMPORARY VIEW `run_rows__rejected_row` AS SELECT * FROM PARQUET.`{folder}/data/_rejected_row/run={run}/`;
DELETE FROM jira.`_rejected_row` AS t WHERE EXISTS (SELECT 1 FROM `run_rows__rejected_row` AS s WHERE s.`run_id` = t.`run_id` AND s.`entity` = t.`entity` AND s.`source_id` = t.`source_id`);
INSERT INTO jira.`_rejected_row` (`run_id`, `entity`, `source_id`, `reason`, `payload`, `rejected_at`) SELECT s.`run_id`, s.`entity`, s.`source_id`, s.`reason`, s.`payload`, s.`rejected_at` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`run_id`, r.`entity`, r.`source_id` ORDER BY r.`run_id`, r.`entity`, r.`source_id`) AS row_of_key FROM `run_rows__rejected_row` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`_rejected_row` AS t WHERE s.`run_id` = t.`run_id` AND s.`entity` = t.`entity` AND s.`source_id` = t.`source_id`);

-- _calendar_exception
CREATE TABLE IF NOT EXISTS jira.`_calendar_exception` (`day` DATE, `is_working_day` BOOLEAN, `name` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows__calendar_exception` AS SELECT * FROM PARQUET.`{folder}/data/_calendar_exception/run={run}/`;
DELETE FROM jira.`_calendar_exception` AS t WHERE EXISTS (SELECT 1 FROM `run_rows__calendar_exception` AS s WHERE s.`day` = t.`day`);
INSERT INTO jira.`_calendar_exception` (`day`, `is_working_day`, `name`) SELECT s.`day`, s.`is_working_day`, s.`name` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`day` ORDER BY r.`day`) AS row_of_key FROM `run_rows__calendar_exception` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`_calendar_exception` AS t WHERE s.`day` = t.`day`);

-- _forgotten_person
CREATE TABLE IF NOT EXISTS jira.`_forgotten_person` (`person_hash` STRING, `key_stamp` STRING, `with_text` BOOLEAN, `forgotten_at` TIMESTAMP, `run_id` STRING);
CREATE OR REPLACE TEMPORARY VIEW `run_rows__forgotten_person` AS SELECT * FROM PARQUET.`{folder}/data/_forgotten_person/run={run}/`;
DELETE FROM jira.`_forgotten_person` AS t WHERE EXISTS (SELECT 1 FROM `run_rows__forgotten_person` AS s WHERE s.`person_hash` = t.`person_hash`);
INSERT INTO jira.`_forgotten_person` (`person_hash`, `key_stamp`, `with_text`, `forgotten_at`, `run_id`) SELECT s.`person_hash`, s.`key_stamp`, s.`with_text`, s.`forgotten_at`, s.`run_id` FROM (SELECT r.*, ROW_NUMBER() OVER (PARTITION BY r.`person_hash` ORDER BY r.`person_hash`) AS row_of_key FROM `run_rows__forgotten_person` AS r) AS s WHERE s.row_of_key = 1 AND NOT EXISTS (SELECT 1 FROM jira.`_forgotten_person` AS t WHERE s.`person_hash` = t.`person_hash`);
