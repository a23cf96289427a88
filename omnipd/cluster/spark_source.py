"""A query as a data source of Spark: its class, which is there only where Spark is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnipd.extras import load_extra

if TYPE_CHECKING:
    from pyspark.sql.datasource import DataSource


def spark_source() -> type[DataSource]:
    """Return what has Spark read governed queries, with ``spark.read.format("omni")``.

    It needs ``pip install 'omnipd[spark]'``, here and on each worker, and is registered with a session:
    ``spark.dataSource.register(omnipd.spark_source())``. Then ``load()`` checks the query and asks for its
    columns, and each action reads it: one partition for each month, say, by the workers, and again with the
    next action unless the frame is kept with ``.persist()``. Each piece comes whole or is an error, as by
    :func:`run_query_in_pieces`, which refuses the same queries. Nothing of what is done with the frame,
    such as a filter, is left to Omni.

    No API key goes into the plan, and none is taken as an option. Each process of a worker makes a client
    of its environment, or of a profile on its machine. So does the one that Spark starts beside this
    program to plan the query; it has the environment that Spark was started with. All of them share the
    limit of the key, as those of :func:`dask_frame` do.

    Returns
    -------
    type
        A ``pyspark.sql.datasource.DataSource``. Its frames have the columns of :func:`schema`: decimals
        as decimals, instants as timestamps, times without a zone as ``timestamp_ntz``, dates as dates.
        Its options are texts:

        ``query``
            The query object as JSON: ``json.dumps(query.to_dict())``. Needed.
        ``split_on``
            The time field to split on, without a timeframe: ``orders.created_at``. Needed.
        ``by``
            How long a piece is: ``year``, ``quarter``, ``month`` or ``date``. Default: ``month``.
        ``start``, ``end``
            Only rows from the one on and before the other, as for :func:`run_query_in_pieces`. Where one
            is missing, each action asks Omni where the times begin or end.
        ``profile``
            The profile of Omni's command line that each worker finds on its machine.
        ``limiter``
            A Redis server that needs no password, where all hosts count: ``redis://host:6379/0``. With a
            password it goes into the workers' ``OMNIPD_LIMITER``.
        ``requests_per_minute``
            As for :func:`connect`; ``none`` for no pacing. Default: 60.
        ``model``, ``branch_id``, ``user_id``, ``cache``, ``timeout``, ``names``, ``decimals``, ``check``
            As for :func:`dask_frame`.

    Raises
    ------
    SettingsError
        If Spark is not installed.

    See Also
    --------
    dask_frame : The pieces as a Dask DataFrame.
    query_to_dataset : The pieces as Parquet files, which ``spark.read.parquet`` reads.

    Examples
    --------
    >>> import omnipd
    >>> omnipd.spark_source().name()
    'omni'
    """
    load_extra("pyspark.sql.datasource", "spark", "Spark's data sources need")
    reader = load_extra("omnipd.cluster.spark_reader", "spark", "Spark's data sources need")
    source: type[DataSource] = reader.OmniSource
    return source
