-- Placing an order as one function: the rows of a confirmed order, but no provider that holds the money.
-- For servers that leave everything to the database. `bench` applies it to its own database alone.
CREATE OR REPLACE FUNCTION bench_create_order(customer uuid, lines jsonb, method text, key uuid) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := now();
    placed uuid := uuidv7();
    paid uuid := uuidv7();
    amount bigint;
    line record;
BEGIN
    INSERT INTO common_idempotencykey (id, created_at, updated_at, owner_id, operation, key, fingerprint, result_id)
        VALUES (uuidv7(), moment, moment, customer, 'createOrder', bench_create_order.key,
            encode(sha256((lines::text || method)::bytea), 'hex'), placed);
    SELECT sum(product.price * wanted.quantity) INTO STRICT amount
        FROM jsonb_to_recordset(lines) AS wanted(product uuid, quantity int)
        JOIN products_product product ON product.id = wanted.product AND product.active;
    INSERT INTO payments_payment (id, created_at, updated_at, payer_id, status, currency, amount, authorized, captured,
            refunded, method, intent_id, client_secret, decline_code, authorized_at)
        VALUES (paid, moment, moment, customer, 'AUTHORIZED', 'GBP', amount, amount, 0, 0, method, 'pi_' || paid, '', '',
            moment);
    INSERT INTO orders_order (id, created_at, updated_at, customer_id, status, currency, total, payment_id, expires_at,
            version)
        VALUES (placed, moment, moment, customer, 'CONFIRMED', 'GBP', amount, paid, moment + interval '30 min', 2);
    INSERT INTO orders_orderline (id, created_at, updated_at, order_id, position, product_id, product_name, sku,
            quantity, currency, unit_price, total)
        SELECT uuidv7(), moment, moment, placed, wanted.position, product.id, product.name, product.sku,
            wanted.quantity, 'GBP', product.price, product.price * wanted.quantity
        FROM ROWS FROM (jsonb_to_recordset(lines) AS (product uuid, quantity int)) WITH ORDINALITY
            AS wanted(product, quantity, position)
        JOIN products_product product ON product.id = wanted.product;
    INSERT INTO orders_orderevent (id, created_at, updated_at, order_id, type, message, actor_id, data)
        VALUES (uuidv7(), moment, moment, placed, 'PLACED', 'Order placed', customer, '{}'),
            (uuidv7(), moment, moment, placed, 'CONFIRMED', 'The money is held', NULL, '{}');
    INSERT INTO common_outboxmessage (id, created_at, updated_at, topic, key, payload, due_at, attempts, failures,
            last_error)
        VALUES (uuidv7(), moment, moment, 'orders.confirmation', placed, '{}', moment, 0, 0, '');
    INSERT INTO products_stockmovement (id, created_at, updated_at, product_id, delta, reason, note, reference)
        SELECT uuidv7(), moment, moment, wanted.product, -wanted.quantity, 'ORDER', '', placed
        FROM jsonb_to_recordset(lines) AS wanted(product uuid, quantity int);
    FOR line IN
        SELECT * FROM jsonb_to_recordset(lines) AS wanted(product uuid, quantity int) ORDER BY product
    LOOP
        UPDATE products_product SET stock = stock - line.quantity, reserved = reserved + line.quantity
            WHERE id = line.product AND stock >= line.quantity;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'not enough in stock';
        END IF;
    END LOOP;
    RETURN json_build_object(
        'status', 'CONFIRMED',
        'total', json_build_object('amount', to_char(amount / 100.0, 'FM999999999990.00'), 'currencyCode', 'GBP'),
        'lines', (
            SELECT json_agg(json_build_object('quantity', quantity, 'total', json_build_object(
                'amount', to_char(total / 100.0, 'FM999999999990.00'), 'currencyCode', 'GBP')) ORDER BY position)
            FROM orders_orderline WHERE order_id = placed));
END
$$;
