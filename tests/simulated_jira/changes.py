"""Everything that can be changed on a running site."""

from simulated_jira.site_changes import SiteChanges


class Changes(SiteChanges):
    """`jira.change`: each public method is one act, and also a command of the admin door (`POST /_simulated/change/{act}`)."""
