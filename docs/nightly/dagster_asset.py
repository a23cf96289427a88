"""An export of Omni every night, as an asset of Dagster."""

import os

import dagster

import omnipd


@dagster.asset(retry_policy=dagster.RetryPolicy(max_retries=5, delay=600))
def omni_export() -> dagster.MaterializeResult:
    export = omnipd.export_inventory(os.environ["OMNI_EXPORTS"], since="last", keep=30)
    tables = omnipd.open_export(os.environ["OMNI_EXPORTS"], at=export.name).manifest["tables"]
    rows = {name: table["rows"] for name, table in tables.items()}
    return dagster.MaterializeResult(metadata={"export": export.name, "rows": rows})


nightly = dagster.ScheduleDefinition(name="nightly", cron_schedule="0 2 * * *", target=omni_export)
definitions = dagster.Definitions(assets=[omni_export], schedules=[nightly])
