"""Rules of `invariants` about orders that were sent, each a statement: kind, id and what is wrong of what breaks it."""

from __future__ import annotations

# An order that was sent by the release before has neither a sent shipment nor an invoice: the two come together.
INVOICES = """
SELECT 'order', o.id, format('%s, %s; invoice %s over %s, tax %s; captured %s of %s, tax %s', o.status,
    CASE WHEN s.id IS NULL THEN 'no shipment' ELSE 'sent' END, i.number, i.total, i.tax, p.captured, o.total, o.tax)
FROM orders_order o JOIN payments_payment p ON p.id = o.payment_id
    LEFT JOIN orders_shipment s ON s.order_id = o.id AND s.sent_at IS NOT NULL
    LEFT JOIN orders_invoice i ON i.order_id = o.id
WHERE (s.id IS NULL) <> (i.id IS NULL) OR i.id IS NOT NULL AND (
    o.status NOT IN ('FULFILLED', 'REFUNDED') OR i.total <> p.captured
    OR i.tax <> div(2 * o.tax::numeric * p.captured + o.total, 2 * o.total))
"""

NUMBERS = """
SELECT 'series', s.id, format('%s-%s: %s numbers, the last %s, counted %s', series, year, made.count, made.last, s.last)
FROM (
    SELECT split_part(number, '-', 1) AS series, split_part(number, '-', 2)::int AS year,
        count(DISTINCT number), max(split_part(number, '-', 3)::int) AS last
    FROM (
        SELECT number FROM orders_invoice UNION ALL
        SELECT credit_note_number FROM payments_refund WHERE credit_note_number IS NOT NULL
    ) AS numbers GROUP BY 1, 2
) AS made FULL JOIN common_numberseries s USING (series, year)
WHERE (made.count, made.last) IS DISTINCT FROM (s.last, s.last)
"""

RETURNED = """
SELECT 'line', l.id, format('returned %s of %s, returns %s', returned_quantity, l.quantity, sum(r.quantity))
FROM orders_orderline l LEFT JOIN orders_returnedline r ON r.line_id = l.id
GROUP BY l.id HAVING returned_quantity <> coalesce(sum(r.quantity), 0) OR returned_quantity > l.quantity
"""

REFUNDED = """
SELECT 'order', o.id, format('%s, %s lines came back without a refund of it', o.status, count(*) - count(p.id))
FROM orders_returnedline r JOIN orders_orderline l ON l.id = r.line_id JOIN orders_order o ON o.id = l.order_id
    LEFT JOIN payments_paymentoperation p
        ON p.id = r.operation_id AND p.payment_id = o.payment_id AND p.kind = 'REFUND'
WHERE p.id IS NULL OR o.status NOT IN ('FULFILLED', 'REFUNDED') GROUP BY o.id
"""

RESTOCKED = """
SELECT 'order', id, format('product %s: for sale again %s, put back %s', product_id, back.quantity, moved.quantity)
FROM (
    SELECT l.order_id AS id, l.product_id, sum(r.quantity) AS quantity
    FROM orders_returnedline r JOIN orders_orderline l ON l.id = r.line_id WHERE r.restocked GROUP BY 1, 2
) AS back FULL JOIN (
    SELECT reference AS id, product_id, sum(delta) AS quantity
    FROM products_stockmovement WHERE reason = 'RETURN' GROUP BY 1, 2
) AS moved USING (id, product_id)
WHERE back.quantity IS DISTINCT FROM moved.quantity
"""

STATEMENTS = {
    "invoices_say_what_was_captured_of_what_was_sent": INVOICES,
    "numbers_have_no_gaps": NUMBERS,
    "returned_is_the_sum_of_the_returns": RETURNED,
    "what_came_back_belongs_to_a_refund": REFUNDED,
    "what_came_back_was_restocked_once": RESTOCKED,
}
