"""Counts yesterday's orders."""

from datetime import datetime

from airflow.decorators import dag, task


@dag(schedule="@daily", start_date=datetime(2026, 1, 1), catchup=False, tags=["quickstart"])
def orders():
    @task
    def extract(ds: str | None = None) -> list[int]:
        print(f"Reading the orders of {ds}")
        return [12, 7, 30]

    @task
    def report(amounts: list[int]) -> None:
        print(f"{len(amounts)} orders, {sum(amounts)} in all")

    report(extract())


orders()
