"""What newer versions of Airflow have elsewhere than older ones: chosen here, and asked for here by everybody else."""

try:
    from airflow.sdk.configuration import conf
    from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowNotFoundException
except ImportError:
    # Airflow 3.1: the task SDK did not have them yet.
    from airflow.configuration import conf
    from airflow.exceptions import AirflowException, AirflowFailException, AirflowNotFoundException

__all__ = ["AirflowException", "AirflowFailException", "AirflowNotFoundException", "conf"]
