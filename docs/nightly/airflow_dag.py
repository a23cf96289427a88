"""An export of Omni every night, as a DAG of Airflow."""

import os
from datetime import UTC, datetime, timedelta

from airflow.sdk import dag, task

import omnipd


@dag(
    schedule="0 2 * * *",
    start_date=datetime(2026, 5, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
)
def omni_nightly():
    @task(retries=5, retry_delay=timedelta(minutes=10))
    def export() -> str:
        folder = omnipd.export_inventory(os.environ["OMNI_EXPORTS"], since="last", keep=30)
        return os.fspath(folder)

    export()


omni_nightly()
