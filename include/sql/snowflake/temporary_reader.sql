-- The grants for `mode: temporary_reader`: the sync makes a temporary function that is bound to the SECRET, selects from it
-- and drops it. Nothing is deployed, so one role can read many secrets; it may read them by itself, too, which
-- `mode: reader` (reader.sql) does not allow. Secret and integration are made as in reader.sql, steps 1 and 2.

USE ROLE ACCOUNTADMIN;
GRANT USAGE ON DATABASE PIPELINE TO ROLE JIRA_SYNC;
GRANT USAGE, CREATE FUNCTION ON SCHEMA PIPELINE.SECRETS TO ROLE JIRA_SYNC;
-- READ for the function, USAGE to find the secret and its type (SHOW SECRETS).
GRANT READ, USAGE ON SECRET PIPELINE.SECRETS.JIRA_API_TOKEN TO ROLE JIRA_SYNC;
GRANT USAGE ON INTEGRATION SECRET_READER TO ROLE JIRA_SYNC;
GRANT USAGE ON WAREHOUSE COMPUTE_WH TO ROLE JIRA_SYNC;
