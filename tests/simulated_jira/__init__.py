"""A simulated Jira: a real HTTP server with invented data, for the tests, the demo and docker compose."""

from simulated_jira.faults import Fault
from simulated_jira.jira import SimulatedJira
from simulated_jira.settings import Settings
from simulated_jira.sign_in import Token

__all__ = ["Fault", "Settings", "SimulatedJira", "Token"]
