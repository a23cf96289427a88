"""Measures of every type, and joins: over several hops, of two roles, and such as repeat rows."""

from tpch.case import CUSTOMERS, MODEL, SALES, SUPPLY, Case

from omnipd import Query, field

_NET = "l_extendedprice * (1 - l_discount)"

MEASURES_AND_JOINS = [
    Case(
        "every type of aggregate",
        SALES.select(
            "lineitem.l_linestatus",
            "lineitem.count",
            "lineitem.parts",
            "lineitem.ship_modes",
            "lineitem.total_quantity",
            "lineitem.average_quantity",
            "lineitem.smallest_discount",
            "lineitem.largest_quantity",
            "lineitem.median_quantity",
            "lineitem.percentile_90_price",
            "lineitem.last_shipped",
            "lineitem.first_instruction",
            "lineitem.average_tax_if_discounted",
            "lineitem.weighted_discount",
        ),
        """SELECT l_linestatus, count(*), count(DISTINCT l_partkey), count(DISTINCT l_shipmode),
                  sum(l_quantity), avg(l_quantity), min(l_discount), max(l_quantity),
                  median(l_quantity), quantile_cont(l_extendedprice, 0.9), max(l_shipdate),
                  min(l_shipinstruct) FILTER (WHERE l_shipinstruct <> 'NONE'),
                  avg(l_tax) FILTER (WHERE l_discount > 0),
                  sum(l_discount * l_extendedprice) / sum(l_extendedprice)
           FROM lineitem GROUP BY l_linestatus""",
    ),
    Case(
        "aggregates on a key of their own, each order once",
        SALES.select(
            "lineitem.l_shipmode",
            "lineitem.order_prices_once",
            "lineitem.average_order_price_once",
            "lineitem.median_order_price_once",
            "lineitem.percentile_10_order_price_once",
        ),
        """WITH once AS (SELECT DISTINCT l_shipmode, o_orderkey, o_totalprice
                         FROM lineitem JOIN orders ON o_orderkey = l_orderkey)
           SELECT l_shipmode, sum(o_totalprice), avg(o_totalprice), median(o_totalprice),
                  quantile_cont(o_totalprice, 0.1)
           FROM once GROUP BY l_shipmode""",
    ),
    Case(
        "filtered measures: null, negated, any of several, parts of dates",
        SALES.select(
            "lineitem.l_returnflag",
            "lineitem.without_instruction",
            "lineitem.in_person_or_none",
            "lineitem.not_by_air",
            "lineitem.shipped_in_summer",
            "lineitem.shipped_on_sundays",
            "lineitem.shipped_in_1996_1997",
        ),
        """SELECT l_returnflag, count(*) FILTER (WHERE l_shipinstruct = 'NONE'),
                  count(*) FILTER (WHERE l_shipinstruct IN ('NONE', 'DELIVER IN PERSON')),
                  coalesce(sum(l_quantity) FILTER (
                      WHERE l_shipmode NOT LIKE '%AIR%' AND l_quantity > 10), 0),
                  count(*) FILTER (WHERE month(l_shipdate) = 7),
                  count(*) FILTER (WHERE dayname(l_shipdate) = 'Sunday'),
                  count(*) FILTER (WHERE year(l_shipdate) IN (1996, 1997))
           FROM lineitem GROUP BY l_returnflag""",
    ),
    Case(
        "measures that compute with measures of three views",
        SALES.select(
            "customer.c_mktsegment",
            "lineitem.revenue_per_customer",
            "lineitem.lines_per_order",
            "customer.overdrawn_share",
            "customer.rich_builders",
        ),
        f"""WITH bought AS (SELECT * FROM lineitem JOIN orders ON o_orderkey = l_orderkey
                                 JOIN customer ON c_custkey = o_custkey),
                 buyers AS (SELECT DISTINCT c_custkey, c_mktsegment, c_acctbal FROM bought),
                 shares AS (SELECT c_mktsegment, 1.0 * count(*) FILTER (WHERE c_acctbal < 0)
                                       / count(*) AS overdrawn,
                                   count(*) FILTER (WHERE c_mktsegment = 'BUILDING'
                                       AND c_acctbal >= 5000 AND c_acctbal < 9000) AS rich
                            FROM buyers GROUP BY ALL)
            SELECT c_mktsegment, sum({_NET}) / count(DISTINCT c_custkey),
                   1.0 * count(*) / count(DISTINCT o_orderkey), any_value(overdrawn), any_value(rich)
            FROM bought JOIN shares USING (c_mktsegment) GROUP BY ALL""",
    ),
    Case(
        "orders and line items in one query",
        SALES.select(
            "customer_region.r_name",
            "orders.count",
            "orders.total_price",
            "orders.average_price",
            "orders.clerks",
            "lineitem.count",
            "lineitem.total_quantity",
        ),
        """WITH of_orders AS (
               SELECT r_name, count(*) AS n, sum(o_totalprice) AS total, avg(o_totalprice) AS mean,
                      count(DISTINCT o_clerk) AS clerks
               FROM orders JOIN customer ON c_custkey = o_custkey
                    JOIN nation ON n_nationkey = c_nationkey
                    JOIN region ON r_regionkey = n_regionkey GROUP BY ALL),
           of_items AS (
               SELECT r_name, count(*) AS items, sum(l_quantity) AS quantity
               FROM lineitem JOIN orders ON o_orderkey = l_orderkey
                    JOIN customer ON c_custkey = o_custkey
                    JOIN nation ON n_nationkey = c_nationkey
                    JOIN region ON r_regionkey = n_regionkey GROUP BY ALL)
           SELECT r_name, n, total, mean, clerks, items, quantity
           FROM of_orders JOIN of_items USING (r_name)""",
    ),
    Case(
        "customers counted through line items",
        SALES.select(
            "part.p_brand",
            "customer.count",
            "customer.total_balance",
            "customer.average_balance",
            "customer.median_balance",
            "customer.percentile_75_balance",
            "customer.lowest_balance",
        ),
        """WITH buyers AS (SELECT DISTINCT p_brand, c_custkey, c_acctbal
                           FROM lineitem JOIN part ON p_partkey = l_partkey
                                JOIN orders ON o_orderkey = l_orderkey
                                JOIN customer ON c_custkey = o_custkey)
           SELECT p_brand, count(*), sum(c_acctbal), avg(c_acctbal), median(c_acctbal),
                  quantile_cont(c_acctbal, 0.75), min(c_acctbal)
           FROM buyers GROUP BY p_brand""",
    ),
    Case(
        "from the one side: customers who have not ordered stay, with nothing",
        CUSTOMERS.select(
            "customer.c_mktsegment",
            "customer.count",
            "customer.overdrawn",
            "orders.count",
            "orders.urgent_price",
            "orders.first_order",
            "orders.last_order",
            "orders.highest_price",
            "lineitem.count",
            "lineitem.revenue",
        ).where(field("customer.c_acctbal") < 1500),
        f"""WITH chosen AS (FROM customer WHERE c_acctbal < 1500),
            ordered AS (SELECT * FROM chosen JOIN orders ON o_custkey = c_custkey)
            SELECT c_mktsegment, count(*), count(*) FILTER (WHERE c_acctbal < 0),
                   (SELECT count(*) FROM ordered o WHERE o.c_mktsegment = c.c_mktsegment),
                   (SELECT coalesce(sum(o_totalprice) FILTER (WHERE o_orderpriority < '3'), 0)
                    FROM ordered o WHERE o.c_mktsegment = c.c_mktsegment),
                   (SELECT min(o_orderdate) FROM ordered o WHERE o.c_mktsegment = c.c_mktsegment),
                   (SELECT max(o_orderdate) FROM ordered o WHERE o.c_mktsegment = c.c_mktsegment),
                   (SELECT max(o_totalprice) FROM ordered o WHERE o.c_mktsegment = c.c_mktsegment),
                   (SELECT count(*) FROM ordered o JOIN lineitem ON l_orderkey = o_orderkey
                    WHERE o.c_mktsegment = c.c_mktsegment),
                   (SELECT sum({_NET}) FROM ordered o JOIN lineitem ON l_orderkey = o_orderkey
                    WHERE o.c_mktsegment = c.c_mktsegment)
            FROM chosen c GROUP BY ALL""",
    ),
    Case(
        "many to many: customers and the suppliers of their nation",
        CUSTOMERS.select(
            "customer_nation.n_name",
            "customer.count",
            "customer.total_balance",
            "neighbor.count",
            "neighbor.total_balance",
        ),
        """SELECT n_name, customers, balance, coalesce(suppliers, 0), coalesce(theirs, 0)
           FROM (SELECT c_nationkey AS nation, count(*) AS customers, sum(c_acctbal) AS balance
                 FROM customer GROUP BY ALL)
                LEFT JOIN (SELECT s_nationkey AS nation, count(*) AS suppliers,
                                  sum(s_acctbal) AS theirs
                           FROM supplier GROUP BY ALL) USING (nation)
                JOIN nation ON n_nationkey = nation""",
    ),
    Case(
        "a chain of many beside many to many",
        CUSTOMERS.select(
            "customer_region.r_name", "neighbor.count", "orders.total_price", "lineitem.count"
        ),
        """SELECT r_name,
                  (SELECT count(DISTINCT s_suppkey) FROM supplier JOIN nation ON n_nationkey = s_nationkey
                   WHERE n_regionkey = r_regionkey
                     AND s_nationkey IN (SELECT c_nationkey FROM customer)),
                  (SELECT sum(o_totalprice) FROM orders JOIN customer ON c_custkey = o_custkey
                        JOIN nation ON n_nationkey = c_nationkey WHERE n_regionkey = r_regionkey),
                  (SELECT count(*) FROM lineitem JOIN orders ON o_orderkey = l_orderkey
                        JOIN customer ON c_custkey = o_custkey
                        JOIN nation ON n_nationkey = c_nationkey WHERE n_regionkey = r_regionkey)
           FROM region""",
    ),
    Case(
        "regions of customers and of suppliers, each counted once",
        SALES.select(
            "customer_region.r_name",
            "supplier_region.r_name",
            "customer_nation.count",
            "supplier_nation.count",
            "supplier.count",
            "supplier.total_balance",
        ),
        """WITH met AS (SELECT cr.r_name AS buys, sr.r_name AS sells, c_nationkey, s_nationkey,
                               s_suppkey, s_acctbal
                        FROM lineitem JOIN orders ON o_orderkey = l_orderkey
                             JOIN customer ON c_custkey = o_custkey
                             JOIN nation cn ON cn.n_nationkey = c_nationkey
                             JOIN region cr ON cr.r_regionkey = cn.n_regionkey
                             JOIN supplier ON s_suppkey = l_suppkey
                             JOIN nation sn ON sn.n_nationkey = s_nationkey
                             JOIN region sr ON sr.r_regionkey = sn.n_regionkey)
           SELECT buys, sells, count(DISTINCT c_nationkey), count(DISTINCT s_nationkey),
                  count(DISTINCT s_suppkey),
                  (SELECT sum(s_acctbal) FROM (SELECT DISTINCT s_suppkey, s_acctbal FROM met i
                                               WHERE i.buys = met.buys AND i.sells = met.sells))
           FROM met GROUP BY ALL""",
    ),
    Case(
        "a key of two columns: offers counted through line items",
        SALES.select(
            "lineitem.l_returnflag",
            "partsupp.count",
            "partsupp.total_available",
            "partsupp.average_cost",
            "partsupp.median_cost",
            "partsupp.stock_value",
            "lineitem.cost",
        ),
        """WITH sold AS (SELECT DISTINCT l_returnflag, partsupp.* FROM lineitem
                              JOIN partsupp ON ps_partkey = l_partkey AND ps_suppkey = l_suppkey)
           SELECT l_returnflag, count(*), sum(ps_availqty), avg(ps_supplycost),
                  median(ps_supplycost), sum(ps_supplycost * ps_availqty),
                  (SELECT sum(ps_supplycost * l_quantity) FROM lineitem l
                        JOIN partsupp ON ps_partkey = l_partkey AND ps_suppkey = l_suppkey
                   WHERE l.l_returnflag = sold.l_returnflag)
           FROM sold GROUP BY ALL""",
    ),
    Case(
        "parts and suppliers, which offers join many to many",
        SUPPLY.select(
            "supplier_nation.n_name",
            "partsupp.count",
            "part.count",
            "part.total_retail_price",
            "part.average_size",
            "supplier.count",
            "supplier.total_balance",
        ),
        """WITH offered AS (SELECT n_name, part.*, supplier.* FROM partsupp
                                JOIN part ON p_partkey = ps_partkey
                                JOIN supplier ON s_suppkey = ps_suppkey
                                JOIN nation ON n_nationkey = s_nationkey
                                JOIN region ON r_regionkey = n_regionkey
                            WHERE r_name = 'EUROPE' AND ps_availqty > 100),
           parts AS (SELECT n_name, count(*) AS n, sum(p_retailprice) AS price, avg(p_size) AS size
                     FROM (SELECT DISTINCT n_name, p_partkey, p_retailprice, p_size FROM offered)
                     GROUP BY ALL),
           suppliers AS (SELECT n_name, count(*) AS m, sum(s_acctbal) AS balance
                         FROM (SELECT DISTINCT n_name, s_suppkey, s_acctbal FROM offered)
                         GROUP BY ALL)
           SELECT n_name, (SELECT count(*) FROM offered o WHERE o.n_name = parts.n_name),
                  n, price, size, m, balance
           FROM parts JOIN suppliers USING (n_name)""",
    ),
    Case(
        "a derived view beside the orders it is made from",
        CUSTOMERS.select(
            "customer_orders.is_loyal",
            "customer_orders.average_lifetime_value",
            "customer_orders.most_orders",
            "customer_orders.total_lifetime_value",
            "orders.total_price",
            "customer.count",
        ),
        """WITH each_one AS (SELECT c_custkey, nullif(count(o_orderkey), 0) AS n,
                                    sum(o_totalprice) AS value
                             FROM customer LEFT JOIN orders ON o_custkey = c_custkey GROUP BY ALL)
           SELECT n > 15, avg(value), max(n), coalesce(sum(value), 0), coalesce(sum(value), 0), count(*)
           FROM each_one GROUP BY ALL""",
    ),
    Case(
        "a view that extends another, asked as a bare view",
        Query(MODEL, view="returns")
        .select("returns.way", "returns.count", "returns.revenue", "returns.days_out")
        .where(field("orders.o_orderstatus") == "F"),
        f"""SELECT CASE WHEN l_shipmode LIKE '%AIR%' THEN 'Air'
                        WHEN l_shipmode IN ('TRUCK', 'RAIL') THEN 'Road' END,
                   count(*), sum({_NET}), sum(l_receiptdate - l_shipdate)
            FROM lineitem JOIN orders ON o_orderkey = l_orderkey
            WHERE l_returnflag = 'R' AND o_orderstatus = 'F' GROUP BY ALL""",
    ),
]
