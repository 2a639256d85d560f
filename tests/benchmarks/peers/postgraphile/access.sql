-- What PostGraphile needs besides the tables: a role that sees what a signed-in person may, and columns that are
-- computed. `bench` applies it to its own database alone; the owner of the tables, as whom all others ask, sees all.
DO $$ BEGIN CREATE ROLE bench_viewer NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT SELECT ON products_product, products_category, orders_order, orders_orderline TO bench_viewer;
ALTER TABLE products_product ENABLE ROW LEVEL SECURITY;
ALTER TABLE orders_order ENABLE ROW LEVEL SECURITY;
ALTER TABLE orders_orderline ENABLE ROW LEVEL SECURITY;
CREATE POLICY on_sale ON products_product FOR SELECT TO bench_viewer USING (active);
CREATE POLICY own ON orders_order FOR SELECT TO bench_viewer
    USING (customer_id = current_setting('jwt.claims.user_id', true)::uuid);
-- Of an order that the viewer sees: the rows are reached through it.
CREATE POLICY of_own ON orders_orderline FOR SELECT TO bench_viewer
    USING (EXISTS (SELECT FROM orders_order AS placed WHERE placed.id = order_id));

CREATE FUNCTION amount(minor bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT to_char(minor / 100.0, 'FM999999999990.00') $$;
CREATE FUNCTION products_product_amount(product products_product) RETURNS text LANGUAGE sql STABLE AS
    $$ SELECT amount(product.price) $$;
CREATE FUNCTION products_product_currency(product products_product) RETURNS text LANGUAGE sql STABLE AS
    $$ SELECT 'GBP' $$;
CREATE FUNCTION orders_order_amount(placed orders_order) RETURNS text LANGUAGE sql STABLE AS
    $$ SELECT amount(placed.total) $$;
CREATE FUNCTION orders_order_number(placed orders_order) RETURNS text LANGUAGE sql STABLE AS
    $$ SELECT to_char(placed.created_at AT TIME ZONE 'UTC', 'YYYY') || '-' ||
        lpad(placed.serial::text, greatest(6, length(placed.serial::text)), '0') $$;
CREATE FUNCTION orders_orderline_amount(line orders_orderline) RETURNS text LANGUAGE sql STABLE AS
    $$ SELECT amount(line.total) $$;
CREATE FUNCTION search_products(term text) RETURNS SETOF products_product LANGUAGE sql STABLE AS
    $$ SELECT * FROM products_product
       WHERE search @@ (to_tsquery('english', term || ':*') || to_tsquery('simple', term || ':*'))
       ORDER BY created_at DESC, id DESC $$;
CREATE FUNCTION buy(lines jsonb, method text, key uuid) RETURNS json LANGUAGE sql SECURITY DEFINER AS
    $$ SELECT bench_create_order(current_setting('jwt.claims.user_id')::uuid, lines, method, key) $$;
