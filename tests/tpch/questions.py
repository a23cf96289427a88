"""The questions of TPC-H itself, as far as a query of Omni can say them."""

from tpch.case import CUSTOMERS, MODEL, SALES, SUPPLY, Case

from omnipd import field

_REVENUE = "sum(l_extendedprice * (1 - l_discount))"
_EVERYTHING = """lineitem
    JOIN orders ON o_orderkey = l_orderkey
    JOIN customer ON c_custkey = o_custkey
    JOIN nation cn ON cn.n_nationkey = c_nationkey
    JOIN region cr ON cr.r_regionkey = cn.n_regionkey
    JOIN part ON p_partkey = l_partkey
    JOIN supplier ON s_suppkey = l_suppkey
    JOIN nation sn ON sn.n_nationkey = s_nationkey
    JOIN region sr ON sr.r_regionkey = sn.n_regionkey
    JOIN partsupp ON ps_partkey = l_partkey AND ps_suppkey = l_suppkey"""


def _any_of(*filters):
    """Let any of some filters on several fields be enough."""
    return {
        "id": "any",
        "type": "MULTI_FIELD_FILTER",
        "conjunction": "OR",
        "filters": [
            {"id": name, "fieldName": name, "filter": one}
            for name, one in ((key, value) for each in filters for key, value in each.items())
        ],
    }


QUESTIONS = [
    Case(
        "Q1, pricing summary: sums, averages and a count",
        SALES.select(
            "lineitem.l_returnflag",
            "lineitem.l_linestatus",
            "lineitem.total_quantity",
            "lineitem.base_price",
            "lineitem.revenue",
            "lineitem.charge",
            "lineitem.average_quantity",
            "lineitem.average_price",
            "lineitem.average_discount",
            "lineitem.count",
        )
        .where(field("lineitem.l_shipdate") < "1998-09-03")
        .sort("lineitem.l_returnflag", "lineitem.l_linestatus"),
        f"""SELECT l_returnflag, l_linestatus, sum(l_quantity), sum(l_extendedprice), {_REVENUE},
                   sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)), avg(l_quantity),
                   avg(l_extendedprice), avg(l_discount), count(*)
            FROM lineitem WHERE l_shipdate <= DATE '1998-12-01' - INTERVAL 90 DAY
            GROUP BY ALL ORDER BY ALL""",
    ),
    Case(
        "Q3, shipping priority: ten orders that are worth most",
        SALES.select(
            "orders.o_orderkey",
            "lineitem.revenue",
            "orders.o_orderdate",
            "orders.o_shippriority",
        )
        .where(
            field("customer.c_mktsegment") == "BUILDING",
            field("orders.o_orderdate") < "1995-03-15",
            field("lineitem.l_shipdate").on_or_after("1995-03-16"),
        )
        .sort("-lineitem.revenue", "orders.o_orderdate", "orders.o_orderkey")
        .limit(10),
        f"""SELECT o_orderkey, {_REVENUE} AS revenue, o_orderdate, o_shippriority
            FROM {_EVERYTHING}
            WHERE c_mktsegment = 'BUILDING' AND o_orderdate < DATE '1995-03-15'
              AND l_shipdate > DATE '1995-03-15'
            GROUP BY ALL ORDER BY revenue DESC, o_orderdate, o_orderkey LIMIT 10""",
    ),
    Case(
        "Q4, order priority: orders counted through their late lines",
        SALES.select("orders.o_orderpriority", "orders.count")
        .where(field("orders.o_orderdate").in_the("1993 Q3"), field("lineitem.is_late").is_true())
        .sort("orders.o_orderpriority"),
        """SELECT o_orderpriority, count(*) FROM orders
           WHERE o_orderdate >= DATE '1993-07-01' AND o_orderdate < DATE '1993-10-01'
             AND EXISTS (FROM lineitem
                         WHERE l_orderkey = o_orderkey AND l_commitdate < l_receiptdate)
           GROUP BY ALL ORDER BY ALL""",
    ),
    Case(
        "Q5, local suppliers: a dimension over two other views",
        SALES.select("supplier_nation.n_name", "lineitem.revenue")
        .where(
            field("lineitem.is_local").is_true(),
            field("supplier_region.r_name").isin(["ASIA", "AMERICA"]),
            field("orders.o_orderdate").in_the("1994", "3 years"),
        )
        .sort("-lineitem.revenue", "supplier_nation.n_name"),
        f"""SELECT sn.n_name, {_REVENUE} AS revenue FROM {_EVERYTHING}
            WHERE c_nationkey = s_nationkey AND sr.r_name IN ('ASIA', 'AMERICA')
              AND o_orderdate >= DATE '1994-01-01' AND o_orderdate < DATE '1997-01-01'
            GROUP BY ALL ORDER BY revenue DESC, sn.n_name""",
    ),
    Case(
        "Q6, what less discount would bring: one number, four filters",
        SALES.select("lineitem.discount_given").where(
            field("lineitem.l_shipdate").in_the("1994"),
            field("lineitem.l_discount").between(0.05, 0.07),
            field("lineitem.l_quantity") < 24,
        ),
        """SELECT sum(l_extendedprice * l_discount) FROM lineitem
           WHERE year(l_shipdate) = 1994 AND l_discount BETWEEN 0.05 AND 0.07
             AND l_quantity < 24""",
    ),
    Case(
        "Q7, volume shipping: one view in two roles, and a year",
        SALES.select(
            "supplier_nation.n_name",
            "customer_nation.n_name",
            "lineitem.l_shipdate[year]",
            "lineitem.revenue",
        )
        .where(
            field("supplier_region.r_name") == "EUROPE",
            field("customer_region.r_name") == "EUROPE",
            field("lineitem.l_shipdate").between("1995-01-01", "1997-01-01"),
        )
        .sort("supplier_nation.n_name", "customer_nation.n_name", "lineitem.l_shipdate[year]"),
        f"""SELECT sn.n_name, cn.n_name, date_trunc('year', l_shipdate)::TIMESTAMP, {_REVENUE}
            FROM {_EVERYTHING}
            WHERE sr.r_name = 'EUROPE' AND cr.r_name = 'EUROPE'
              AND l_shipdate BETWEEN DATE '1995-01-01' AND DATE '1996-12-31'
            GROUP BY ALL ORDER BY 1, 2, 3""",
    ),
    Case(
        "Q8, market share: a ratio of a filtered measure, by year",
        SALES.select(
            "orders.o_orderdate[year]", "lineitem.brazilian_revenue", "lineitem.brazilian_share"
        )
        .where(
            field("customer_region.r_name") == "AMERICA",
            field("part.p_type").contains("steel", case=False),
        )
        .sort("orders.o_orderdate[year]"),
        f"""SELECT date_trunc('year', o_orderdate)::TIMESTAMP AS year,
                   coalesce({_REVENUE} FILTER (WHERE sn.n_name = 'BRAZIL'), 0),
                   coalesce({_REVENUE} FILTER (WHERE sn.n_name = 'BRAZIL'), 0) / {_REVENUE}
            FROM {_EVERYTHING} WHERE cr.r_name = 'AMERICA' AND p_type LIKE '%STEEL%'
            GROUP BY ALL ORDER BY year""",
    ),
    Case(
        "Q9, profit: a measure over two views, joined by a key of two columns",
        SALES.select("supplier_nation.n_name", "orders.o_orderdate[year]", "lineitem.profit")
        .where(field("part.p_name").contains("green"))
        .sort("supplier_nation.n_name", "-orders.o_orderdate[year]"),
        f"""SELECT sn.n_name, date_trunc('year', o_orderdate)::TIMESTAMP AS year,
                   sum(l_extendedprice * (1 - l_discount) - ps_supplycost * l_quantity)
            FROM {_EVERYTHING} WHERE p_name LIKE '%green%'
            GROUP BY ALL ORDER BY sn.n_name, year DESC""",
    ),
    Case(
        "Q10, returned items: customers who sent back most",
        SALES.select(
            "customer.c_custkey",
            "customer.c_name",
            "lineitem.revenue",
            "customer.c_acctbal",
            "customer_nation.n_name",
        )
        .where(
            field("orders.o_orderdate").in_the("1993-10-01", "3 months"),
            field("lineitem.l_returnflag") == "R",
        )
        .sort("-lineitem.revenue", "customer.c_custkey")
        .limit(20),
        f"""SELECT c_custkey, c_name, {_REVENUE} AS revenue, c_acctbal, cn.n_name
            FROM {_EVERYTHING}
            WHERE o_orderdate >= DATE '1993-10-01' AND o_orderdate < DATE '1994-01-01'
              AND l_returnflag = 'R'
            GROUP BY ALL ORDER BY revenue DESC, c_custkey LIMIT 20""",
    ),
    Case(
        "Q11, important stock: offers of a country, those above a value, not selected",
        SUPPLY.select("partsupp.ps_partkey", "partsupp.stock_value")
        .where(
            field("supplier_nation.n_name").isin(["GERMANY", "UNITED KINGDOM", "ROMANIA"]),
            field("partsupp.total_available") > 5000,
        )
        .sort("-partsupp.stock_value", "partsupp.ps_partkey")
        .limit(50),
        """SELECT ps_partkey, sum(ps_supplycost * ps_availqty) AS value
           FROM partsupp JOIN supplier ON s_suppkey = ps_suppkey
                JOIN nation ON n_nationkey = s_nationkey
           WHERE n_name IN ('GERMANY', 'UNITED KINGDOM', 'ROMANIA') AND ps_availqty > 100
           GROUP BY ALL HAVING sum(ps_availqty) > 5000
           ORDER BY value DESC, ps_partkey LIMIT 50""",
    ),
    Case(
        "Q12, shipping modes: measures that are filtered by another view",
        SALES.select(
            "lineitem.l_shipmode", "lineitem.high_priority_lines", "lineitem.low_priority_lines"
        )
        .where(
            field("lineitem.l_shipmode").isin(["MAIL", "SHIP"]),
            field("lineitem.is_late").is_true(),
            field("lineitem.shipped_before_promised").is_true(),
            field("lineitem.l_receiptdate").in_the("1994"),
        )
        .sort("lineitem.l_shipmode"),
        f"""SELECT l_shipmode,
                   sum(CASE WHEN o_orderpriority IN ('1-URGENT', '2-HIGH') THEN 1 ELSE 0 END),
                   sum(CASE WHEN o_orderpriority NOT IN ('1-URGENT', '2-HIGH') THEN 1 ELSE 0 END)
            FROM {_EVERYTHING}
            WHERE l_shipmode IN ('MAIL', 'SHIP') AND l_commitdate < l_receiptdate
              AND l_shipdate < l_commitdate AND year(l_receiptdate) = 1994
            GROUP BY ALL ORDER BY ALL""",
    ),
    Case(
        "Q13, how many customers have how many orders: a derived view, null for none",
        CUSTOMERS.select("customer_orders.order_count", "customer.count").sort(
            "-customer.count", "-customer_orders.order_count"
        ),
        """SELECT orders, count(*) AS customers
           FROM (SELECT nullif(count(o_orderkey), 0) AS orders
                 FROM customer LEFT JOIN orders ON o_custkey = c_custkey GROUP BY c_custkey)
           GROUP BY ALL ORDER BY customers DESC, orders DESC NULLS LAST""",
    ),
    Case(
        "Q14, promotions: a percentage of two sums",
        SALES.select("lineitem.promo_percent", "lineitem.promo_revenue").where(
            field("lineitem.l_shipdate").in_the("1995-09")
        ),
        f"""SELECT 100.00 * sum(CASE WHEN p_type LIKE 'PROMO%'
                                     THEN l_extendedprice * (1 - l_discount) ELSE 0 END)
                   / {_REVENUE},
                   sum(l_extendedprice * (1 - l_discount)) FILTER (WHERE p_type LIKE 'PROMO%')
            FROM {_EVERYTHING} WHERE strftime(l_shipdate, '%Y-%m') = '1995-09'""",
    ),
    Case(
        "Q16, parts and their suppliers: what texts are not",
        SUPPLY.select("part.p_brand", "part.material", "part.p_size", "partsupp.suppliers")
        .where(
            field("part.p_brand") != "Brand#45",
            ~field("part.p_type").startswith("MEDIUM POLISHED"),
            field("part.p_size").isin([49, 14, 23, 45, 19, 3, 36, 9]),
            ~field("supplier.s_comment").like("%Customer%Complaints%"),
        )
        .sort("-partsupp.suppliers", "part.p_brand", "part.material", "part.p_size"),
        """SELECT p_brand, string_split(p_type, ' ')[3] AS material, p_size,
                  count(DISTINCT ps_suppkey) AS suppliers
           FROM partsupp JOIN part ON p_partkey = ps_partkey
                JOIN supplier ON s_suppkey = ps_suppkey
           WHERE p_brand <> 'Brand#45' AND p_type NOT LIKE 'MEDIUM POLISHED%'
             AND p_size IN (49, 14, 23, 45, 19, 3, 36, 9) AND ps_availqty > 100
             AND s_comment NOT LIKE '%Customer%Complaints%'
             AND s_nationkey IN (SELECT n_nationkey FROM nation WHERE n_regionkey = 3)
           GROUP BY ALL ORDER BY suppliers DESC, p_brand, material, p_size""",
    ),
    Case(
        "Q17, a filter that asks another query: lines of the parts that sell most",
        {
            **SALES.select(
                "part.p_brand", "lineitem.average_quantity", "lineitem.base_price"
            ).to_dict(),
            "filters": {
                "part.p_partkey": {
                    "type": "query",
                    "query_id": "best",
                    "field_name": "lineitem.l_partkey",
                }
            },
            "staticQueryReferences": {
                "best": {
                    "model_id": MODEL,
                    "join_paths_from_topic_name": "sales",
                    "table": "lineitem",
                    "fields": ["lineitem.l_partkey", "lineitem.total_quantity"],
                    "sorts": [
                        {"column_name": "lineitem.total_quantity", "sort_descending": True},
                        {"column_name": "lineitem.l_partkey", "sort_descending": False},
                    ],
                    "limit": 12,
                }
            },
        },
        """SELECT p_brand, avg(l_quantity), sum(l_extendedprice)
           FROM lineitem JOIN part ON p_partkey = l_partkey
           WHERE l_partkey IN (SELECT l_partkey FROM lineitem GROUP BY l_partkey
                               ORDER BY sum(l_quantity) DESC, l_partkey LIMIT 12)
           GROUP BY ALL""",
    ),
    Case(
        "Q18, large orders: a filter on a measure",
        SALES.select(
            "customer.c_name",
            "orders.o_orderkey",
            "orders.o_orderdate",
            "orders.o_totalprice",
            "lineitem.total_quantity",
        )
        .where(field("lineitem.total_quantity") > 230)
        .sort("-orders.o_totalprice", "orders.o_orderkey"),
        """SELECT c_name, o_orderkey, o_orderdate, o_totalprice, sum(l_quantity)
           FROM customer JOIN orders ON o_custkey = c_custkey JOIN lineitem ON l_orderkey = o_orderkey
           GROUP BY ALL HAVING sum(l_quantity) > 230 ORDER BY o_totalprice DESC, o_orderkey""",
    ),
    Case(
        "Q19, discounted revenue: any of several fields",
        {
            **SALES.select("lineitem.revenue", "lineitem.count")
            .where(field("lineitem.l_shipmode").isin(["AIR", "REG AIR"]))
            .to_dict(),
            "controls": [
                _any_of(
                    {"part.p_brand": {"type": "string", "kind": "EQUALS", "values": ["Brand#12"]}},
                    {"part.p_size": {"type": "number", "kind": "LESS_THAN", "values": ["5"]}},
                    {
                        "lineitem.l_quantity": {
                            "type": "number",
                            "kind": "GREATER_THAN",
                            "values": ["45"],
                            "is_inclusive": True,
                        }
                    },
                )
            ],
        },
        f"""SELECT {_REVENUE}, count(*) FROM {_EVERYTHING}
            WHERE l_shipmode IN ('AIR', 'REG AIR')
              AND (p_brand = 'Brand#12' OR p_size < 5 OR l_quantity >= 45)""",
    ),
    Case(
        "Q22, customers who never ordered, by the code of their phone",
        CUSTOMERS.select("customer.country_code", "customer.count", "customer.total_balance")
        .where(field("customer_orders.order_count").isna(), field("customer.c_acctbal") > 0)
        .sort("customer.country_code"),
        """SELECT c_phone[1:2], count(*), sum(c_acctbal) FROM customer
           WHERE c_acctbal > 0.00
             AND NOT EXISTS (FROM orders WHERE o_custkey = c_custkey)
           GROUP BY ALL ORDER BY ALL""",
    ),
]
