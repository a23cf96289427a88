"""Filters of every type, timeframes, buckets, and what shapes a result: sorts, limits, totals, rights."""

from tpch.case import CUSTOMERS, SALES, SUPPLY, Case

from omnipd import field

_ORDERED_AT = "o_orderdate::TIMESTAMP + to_milliseconds(o_orderkey * 7919113 % 86400000)"
_OFFERS = """partsupp JOIN supplier ON s_suppkey = ps_suppkey
    JOIN nation ON n_nationkey = s_nationkey WHERE n_regionkey = 3 AND ps_availqty > 100"""

#: Called alike by Omni and by DuckDB.
UNITS = ("year", "quarter", "month", "week", "hour", "minute", "second", "millisecond")
PARTS = (
    *("quarter_of_year", "month_num", "week_of_year", "day_of_week_num", "hour_of_day"),
    *("day_of_month", "day_of_year", "day_of_quarter", "epoch", "day_of_week_name", "month_name"),
)

FILTERS_AND_SHAPES = [
    # Times
    Case(
        "an instant cut to every unit",
        SALES.select(
            *(f"orders.ordered_at[{unit}]" for unit in (*UNITS, "date", "raw")),
            "orders.count",
        ).where(field("orders.ordered_at").between("1995-02-01 06:30", "1995-02-20 18:45:30")),
        f"""SELECT {
            ", ".join(
                f"date_trunc('{unit}', t)::TIMESTAMP" for unit in (*UNITS, "day", "microsecond")
            )
        }, count(*)
        FROM (SELECT {_ORDERED_AT} AS t FROM orders)
        WHERE t >= TIMESTAMP '1995-02-01 06:30:00' AND t < TIMESTAMP '1995-02-20 18:45:30'
        GROUP BY ALL""",
    ),
    Case(
        "parts of an instant as numbers and names",
        SALES.select(
            *(f"orders.ordered_at[{part}]" for part in PARTS),
            "orders.total_price",
        ).where(field("orders.o_orderdate").in_the("1996-12", "6 weeks")),
        f"""SELECT quarter(t), month(t), weekofyear(t), isodow(t), hour(t), day(t),
                   dayofyear(t), date_diff('day', date_trunc('quarter', t), t) + 1,
                   floor(epoch(t))::BIGINT, dayname(t), monthname(t), sum(o_totalprice)
            FROM (SELECT *, {_ORDERED_AT} AS t FROM orders
                  WHERE o_orderdate >= DATE '1996-12-01' AND o_orderdate < DATE '1997-01-12')
            GROUP BY ALL""",
    ),
    Case(
        "names of days and months in the calendar's order",
        SALES.select(
            "lineitem.l_shipdate[day_of_week_name]",
            "lineitem.l_shipdate[month_name]",
            "lineitem.count",
        ).sort("lineitem.l_shipdate[day_of_week_name]", "-lineitem.l_shipdate[month_name]"),
        """SELECT dayname(l_shipdate), monthname(l_shipdate), count(*) FROM lineitem
           GROUP BY 1, 2, isodow(l_shipdate), month(l_shipdate)
           ORDER BY isodow(l_shipdate), month(l_shipdate) DESC""",
    ),
    Case(
        "durations, over one view and over two",
        SALES.select(
            "lineitem.time_to_receive[weeks]",
            "lineitem.time_to_receive[months]",
            "lineitem.time_to_receive[quarters]",
            "lineitem.time_to_receive[years]",
            "lineitem.wait_since_order[weeks]",
            "lineitem.count",
        ).where(
            field("lineitem.time_to_receive[days]") >= 7,
            field("lineitem.wait_since_order[days]") < 60,
            field("lineitem.time_to_receive[hours]") <= 480,
        ),
        """SELECT (date_trunc('week', l_receiptdate)::DATE - date_trunc('week', l_shipdate)::DATE) // 7,
                  date_diff('month', l_shipdate, l_receiptdate),
                  date_diff('quarter', l_shipdate, l_receiptdate),
                  date_diff('year', l_shipdate, l_receiptdate),
                  (date_trunc('week', l_receiptdate)::DATE - date_trunc('week', o_orderdate)::DATE) // 7,
                  count(*)
           FROM lineitem JOIN orders ON o_orderkey = l_orderkey
           WHERE l_receiptdate - l_shipdate BETWEEN 7 AND 20 AND l_receiptdate - o_orderdate < 60
           GROUP BY ALL""",
    ),
    # Filters
    Case(
        "relative dates: periods up to now, complete ones, and a list of them",
        SALES.select("lineitem.l_shipdate[date]", "lineitem.count").where(
            field("lineitem.l_shipdate").in_the("last 30 days")
            | field("lineitem.l_shipdate").in_the("last 2 complete weeks")
            | field("lineitem.l_shipdate").in_the("last quarter")
            | field("lineitem.l_shipdate").in_the("yesterday")
            | field("lineitem.l_shipdate").on_or_after("next month")
        ),
        """SELECT l_shipdate::TIMESTAMP, count(*) FROM lineitem
           WHERE l_shipdate BETWEEN DATE '1998-07-17' AND DATE '1998-08-15'
              OR l_shipdate BETWEEN DATE '1998-07-27' AND DATE '1998-08-09'
              OR l_shipdate BETWEEN DATE '1998-04-01' AND DATE '1998-06-30'
              OR l_shipdate = DATE '1998-08-14'
              OR l_shipdate >= DATE '1998-09-01'
           GROUP BY ALL""",
    ),
    Case(
        "recurring dates, and what is not in a period, nulls included",
        SALES.select("lineitem.returned_on[year]", "lineitem.count").where(
            field("lineitem.l_shipdate").is_day_of_week("Monday")
            | field("lineitem.l_shipdate").is_day_of_month(31),
            ~field("lineitem.l_receiptdate").is_month("July"),
            ~field("lineitem.returned_on").in_the("1993"),
            field("lineitem.l_commitdate").is_quarter(3),
        ),
        """SELECT date_trunc('year', CASE WHEN l_returnflag = 'R' THEN l_receiptdate END)::TIMESTAMP,
                  count(*)
           FROM lineitem
           WHERE (dayname(l_shipdate) = 'Monday' OR day(l_shipdate) = 31)
             AND month(l_receiptdate) <> 7 AND quarter(l_commitdate) = 3
             AND NOT (l_returnflag = 'R' AND year(l_receiptdate) = 1993)
           GROUP BY ALL""",
    ),
    Case(
        "texts: parts of them, whatever the case, and what they are not, nulls included",
        SALES.select("lineitem.instruction", "part.p_brand", "lineitem.count").where(
            ~field("lineitem.instruction").isin(["COLLECT COD", "TAKE BACK RETURN"]),
            field("part.p_name").contains(["GREEN", "almond"], case=False)
            | field("part.p_name").startswith("blush")
            | field("part.p_name").endswith("ivory"),
            ~field("lineitem.l_shipmode").like("%A%R"),
            field("lineitem.l_shipmode").notna(),
        ),
        """SELECT nullif(l_shipinstruct, 'NONE'), p_brand, count(*)
           FROM lineitem JOIN part ON p_partkey = l_partkey
           WHERE l_shipinstruct NOT IN ('COLLECT COD', 'TAKE BACK RETURN')
             AND (p_name LIKE '%green%' OR p_name LIKE '%almond%' OR p_name LIKE 'blush%'
                  OR p_name LIKE '%ivory')
             AND l_shipmode NOT IN ('AIR', 'REG AIR')
           GROUP BY ALL""",
    ),
    Case(
        "numbers: any of ranges and values, and what they are not, nulls included",
        SALES.select("lineitem.l_linenumber", "lineitem.count", "lineitem.charge").where(
            field("lineitem.l_quantity").between(5, 9.5)
            | (field("lineitem.l_quantity") > 40) & (field("lineitem.l_quantity") != 45)
            | field("lineitem.l_quantity").isin([1, 2]),
            ~(field("lineitem.tax_if_discounted") > 0.03),
        ),
        """SELECT l_linenumber, count(*), sum(l_extendedprice * (1 - l_discount) * (1 + l_tax))
           FROM lineitem
           WHERE (l_quantity BETWEEN 5 AND 9.5 OR l_quantity IN (1, 2)
                  OR l_quantity BETWEEN 41 AND 44 OR l_quantity > 45)
             AND (l_discount = 0 OR l_tax <= 0.03)
           GROUP BY ALL""",
    ),
    Case(
        "true, false and neither",
        SALES.select("orders.is_open", "orders.special_requests", "orders.count").where(
            ~field("orders.is_open").is_true(), field("orders.is_urgent").is_false()
        ),
        """SELECT CASE o_orderstatus WHEN 'F' THEN false END, o_comment LIKE '%special%requests%',
                  count(*)
           FROM orders
           WHERE o_orderstatus IN ('F', 'P') AND o_orderpriority NOT IN ('1-URGENT', '2-HIGH')
           GROUP BY ALL""",
    ),
    # Shapes
    Case(
        "groups with and without the rest, and bins, which are also filtered by",
        CUSTOMERS.select(
            "customer.sector",
            "customer.balance_bin",
            "lineitem.way",
            "lineitem.quantity_bin",
            "lineitem.count",
            "customer.count",
        ).where(
            field("customer.sector").isin(["Homes", "Others"]),
            field("lineitem.way").isna() | (field("lineitem.way") == "Road"),
            field("lineitem.quantity_bin") != "40 and above",
        ),
        """SELECT CASE WHEN c_mktsegment IN ('BUILDING', 'FURNITURE', 'HOUSEHOLD') THEN 'Homes'
                       ELSE 'Others' END,
                  CASE WHEN c_acctbal < -500 THEN '< -500'
                       WHEN c_acctbal < 0 THEN '>= -500 and < 0'
                       WHEN c_acctbal < 2500.5 THEN '>= 0 and < 2500.5'
                       WHEN c_acctbal < 5000 THEN '>= 2500.5 and < 5000'
                       ELSE '5000 and above' END,
                  CASE WHEN l_shipmode IN ('TRUCK', 'RAIL') THEN 'Road' END,
                  CASE WHEN l_quantity < 10 THEN '< 10' WHEN l_quantity < 25 THEN '>= 10 and < 25'
                       WHEN l_quantity < 40 THEN '>= 25 and < 40' END,
                  count(l_orderkey), count(DISTINCT c_custkey)
           FROM customer LEFT JOIN orders ON o_custkey = c_custkey
                LEFT JOIN lineitem ON l_orderkey = o_orderkey
           WHERE c_mktsegment <> 'AUTOMOBILE'
             AND (l_shipmode IS NULL OR l_shipmode NOT LIKE '%AIR%')
             AND (l_quantity IS NULL OR l_quantity < 40)
           GROUP BY ALL""",
    ),
    Case(
        "nulls first, the other way round, with a limit and an offset",
        CUSTOMERS.select("customer.segment_or_none", "customer.c_name", "orders.total_price")
        .sort(
            field("customer.segment_or_none").desc(nulls="first"),
            field("orders.total_price").asc(nulls="last"),
            "customer.c_name",
        )
        .limit(25)
        .offset(4),
        """SELECT CASE WHEN c_acctbal >= 0 THEN c_mktsegment END AS segment, c_name,
                  coalesce(sum(o_totalprice), 0) AS total
           FROM customer LEFT JOIN orders ON o_custkey = c_custkey
           GROUP BY ALL ORDER BY segment DESC NULLS FIRST, total, c_name LIMIT 25 OFFSET 4""",
    ),
    Case(
        "totals and subtotals of what joins repeat, computed anew",
        SALES.select(
            "customer_region.r_name",
            "lineitem.l_returnflag",
            "customer.count",
            "orders.average_price",
            "lineitem.promo_percent",
        )
        .sort("customer_region.r_name", "lineitem.l_returnflag")
        .totals("customer_region.r_name"),
        """WITH bought AS (SELECT *, l_extendedprice * (1 - l_discount) AS net
                           FROM lineitem JOIN orders ON o_orderkey = l_orderkey
                                JOIN customer ON c_custkey = o_custkey
                                JOIN nation ON n_nationkey = c_nationkey
                                JOIN region ON r_regionkey = n_regionkey
                                JOIN part ON p_partkey = l_partkey),
           every_level AS (
               SELECT r_name AS region, l_returnflag AS flag, *, NULL AS mark FROM bought
               UNION ALL SELECT r_name, NULL, *, 'column_subtotal::customer_region.r_name' FROM bought
               UNION ALL SELECT NULL, NULL, *, 'column_total' FROM bought),
           once AS (SELECT DISTINCT region, flag, mark, o_orderkey, o_totalprice FROM every_level),
           prices AS (SELECT region, flag, mark, avg(o_totalprice) AS mean FROM once GROUP BY ALL)
           SELECT e.region, e.flag, count(DISTINCT c_custkey), any_value(mean),
                  100.00 * coalesce(sum(net) FILTER (WHERE p_type LIKE 'PROMO%'), 0) / sum(net), e.mark
           FROM every_level e JOIN prices p ON e.region IS NOT DISTINCT FROM p.region
                AND e.flag IS NOT DISTINCT FROM p.flag AND e.mark IS NOT DISTINCT FROM p.mark
           GROUP BY e.region, e.flag, e.mark
           ORDER BY e.mark IS NOT DISTINCT FROM 'column_total', e.region, e.mark IS NOT NULL, e.flag""",
        totals=True,
    ),
    # Rights and names
    Case(
        "what a topic always filters by, and whose countries somebody sees",
        SUPPLY.select("supplier_nation.n_name", "partsupp.count", "partsupp.lowest_cost"),
        f"""SELECT n_name, count(*), min(ps_supplycost) FROM {_OFFERS}
            AND n_name IN ('GERMANY', 'FRANCE') GROUP BY ALL""",
        user="franz@tpch.example",
    ),
    Case(
        "fields by the names that they had before",
        # As a dict, which is not compared with the topic: that has the names of today only.
        SALES.select("orders.order_volume", "lineitem.net_revenue", "orders.orders_of_1995")
        .where(field("orders.price_of_order") > 100000)
        .to_dict(),
        """WITH big AS (FROM orders WHERE o_totalprice > 100000)
           SELECT sum(o_totalprice),
                  (SELECT sum(l_extendedprice * (1 - l_discount)) FROM lineitem
                   WHERE l_orderkey IN (SELECT o_orderkey FROM big)),
                  count(*) FILTER (WHERE year(o_orderdate) = 1995)
           FROM big""",
    ),
]
