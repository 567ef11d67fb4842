"""Shows that the Deployment runs."""

from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG("heartbeat", schedule="@hourly", start_date=datetime(2026, 1, 1), catchup=False):
    BashOperator(task_id="beat", bash_command="date --iso-8601=seconds")
