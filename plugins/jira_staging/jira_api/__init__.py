"""The door to Jira: HTTP, sign-in, pace and paging. It hands out raw JSON; what an issue holds is known elsewhere."""
