"""What newer versions of Airflow have elsewhere than older ones: chosen here, and asked for here by everybody else."""

try:
    from airflow.sdk.configuration import conf
    from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowNotFoundException
except ImportError:
    # Airflow 3.1: the task SDK did not have them yet.
    from airflow.configuration import conf
    from airflow.exceptions import AirflowException, AirflowFailException, AirflowNotFoundException

try:
    from airflow.sdk.observability import stats
except ImportError:
    # Until Airflow 3.2: a class with the same methods.
    from airflow.stats import Stats as stats  # noqa: N813

__all__ = ["AirflowException", "AirflowFailException", "AirflowNotFoundException", "conf", "stats"]
