"""A small organization of one's own: two shops, and two people."""

SHOP = {
    "models/shop/shops.view": "dimensions: {id: {primary_key: true}}\n"
    "measures: {rent_paid: {aggregate_type: sum, sql: '${rent}'}}\n",
    "models/shop/shops.topic": "base_view: shops\n",
    "data/shops.csv": "id,name,rent\n1,North,100.5\n2,South,200.25\n",
}
PEOPLE = [
    {"name": "Ann", "email": "ann@shop.example", "organization_role": "ORG_ADMIN"},
    {"name": "Bob", "email": "bob@shop.example", "model_role": "QUERIER"},
]
