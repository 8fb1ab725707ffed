-- A Jira API token as a Snowflake SECRET, and the function that reads it: `mode: reader`, the least privilege.
-- The role that runs the sync needs one grant on one function; it can neither see nor list the secret.
--
-- Run once by an administrator. Put your own names for PIPELINE.SECRETS, JIRA_API_TOKEN, COMPUTE_WH and the two roles.
-- Trial accounts of Snowflake have no external access, and without it no function can be bound to a secret.

-- 1. The secret. CREATE SECRET's value is redacted in the query history; rotation.sql says how it changes later.
USE ROLE SECURITYADMIN;
CREATE ROLE IF NOT EXISTS SECRET_READER_OWNER;
CREATE ROLE IF NOT EXISTS JIRA_SYNC;

USE ROLE ACCOUNTADMIN;
CREATE DATABASE IF NOT EXISTS PIPELINE;
CREATE SCHEMA IF NOT EXISTS PIPELINE.SECRETS WITH MANAGED ACCESS;
CREATE SECRET PIPELINE.SECRETS.JIRA_API_TOKEN
  TYPE = GENERIC_STRING
  SECRET_STRING = '<the API token>'
  COMMENT = 'Jira API token of jira-sync@example.com, expires 2027-01-31';

-- 2. The integration. A function may be bound only to secrets that an external access integration allows; this one
--    allows the secret, and one host that does not exist, since the reader calls nobody.
CREATE NETWORK RULE IF NOT EXISTS PIPELINE.SECRETS.NO_HOST
  MODE = EGRESS TYPE = HOST_PORT VALUE_LIST = ('localhost.invalid:443');
CREATE EXTERNAL ACCESS INTEGRATION IF NOT EXISTS SECRET_READER
  ALLOWED_NETWORK_RULES = (PIPELINE.SECRETS.NO_HOST)
  ALLOWED_AUTHENTICATION_SECRETS = (PIPELINE.SECRETS.JIRA_API_TOKEN)
  ENABLED = TRUE;

-- 3. What the function's owner needs.
GRANT USAGE ON DATABASE PIPELINE TO ROLE SECRET_READER_OWNER;
GRANT USAGE, CREATE FUNCTION ON SCHEMA PIPELINE.SECRETS TO ROLE SECRET_READER_OWNER;
GRANT READ, USAGE ON SECRET PIPELINE.SECRETS.JIRA_API_TOKEN TO ROLE SECRET_READER_OWNER;
GRANT USAGE ON INTEGRATION SECRET_READER TO ROLE SECRET_READER_OWNER;
GRANT ROLE SECRET_READER_OWNER TO ROLE SYSADMIN;

-- 4. The reader. SECURE hides its text from the roles that call it; VOLATILE, since the secret is rotated.
USE ROLE SECRET_READER_OWNER;
CREATE OR REPLACE SECURE FUNCTION PIPELINE.SECRETS.READ_JIRA_API_TOKEN()
  RETURNS STRING
  VOLATILE
  LANGUAGE PYTHON
  RUNTIME_VERSION = '3.11'
  HANDLER = 'read'
  EXTERNAL_ACCESS_INTEGRATIONS = (SECRET_READER)
  SECRETS = ('cred' = PIPELINE.SECRETS.JIRA_API_TOKEN)
AS $$
import _snowflake

def read():
    return _snowflake.get_generic_secret_string('cred')
$$;

-- For a secret of TYPE = PASSWORD the last line is: return _snowflake.get_username_password('cred').password

-- 5. What the sync needs, and a warehouse to call it with.
USE ROLE ACCOUNTADMIN;
GRANT USAGE ON DATABASE PIPELINE TO ROLE JIRA_SYNC;
GRANT USAGE ON SCHEMA PIPELINE.SECRETS TO ROLE JIRA_SYNC;
GRANT USAGE ON FUNCTION PIPELINE.SECRETS.READ_JIRA_API_TOKEN() TO ROLE JIRA_SYNC;
GRANT USAGE ON WAREHOUSE COMPUTE_WH TO ROLE JIRA_SYNC;

-- 6. Try it: the answer's length, never the answer. (The result of a query can be fetched again for 24 hours, by the user
--    who ran it alone.)
USE ROLE JIRA_SYNC;
SELECT LENGTH(PIPELINE.SECRETS.READ_JIRA_API_TOKEN()) AS token_length;
