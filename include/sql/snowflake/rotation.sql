-- A new token into the SECRET. Never CREATE OR REPLACE SECRET: it drops the grants on the secret, and the next run fails.
-- A run that is under way goes on: when Jira refuses the old token, the secret is read once more.

ALTER SECRET PIPELINE.SECRETS.JIRA_API_TOKEN SET
  SECRET_STRING = '<the new API token>'
  COMMENT = 'Jira API token of jira-sync@example.com, expires 2028-01-31';

-- Change `expires_on` in the secret definition in the same step: it is what the warnings go by.
-- Revoke the old token at id.atlassian.com once a run has succeeded with the new one.
