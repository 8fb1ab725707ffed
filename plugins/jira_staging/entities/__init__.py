"""What Jira's payloads look like, and how each family of them becomes rows."""
