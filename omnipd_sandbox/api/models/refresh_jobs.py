"""How far the reading of a schema is."""

from __future__ import annotations

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.refusals import BadRequest, NotFound
from omnipd_sandbox.http.reply import Reply, json_reply


def show_job(call: Call) -> Reply:
    """Answer with how far a schema refresh is; 400 for a job of another kind."""
    job_id = call.segments["jobId"]
    status = call.world.organization.refresh_jobs.get(job_id)
    if status is None:
        if call.world.jobs.is_known(job_id):
            raise BadRequest("Only schema refresh jobs have a status", at="jobId")
        raise NotFound(f"Job with id {job_id} does not exist")
    if call.world.behavior.old_shapes and status == "IN_PROGRESS":
        status = "RUNNING"
    return json_reply({"job_id": job_id, "job_type": "SCHEMA_REFRESH", "status": status})
