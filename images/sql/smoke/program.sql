-- A shop: constraints, a trigger, a view, joins, windows, recursion, JSON, dates and a puzzle.
PRAGMA foreign_keys = ON;

CREATE TABLE customers(
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL,
    boss    INTEGER REFERENCES customers(id)
) STRICT;

CREATE TABLE orders(
    id          INTEGER PRIMARY KEY,
    customer    INTEGER NOT NULL REFERENCES customers(id),
    day         TEXT NOT NULL,
    cents       INTEGER NOT NULL CHECK (cents > 0)
) STRICT;

CREATE TABLE journal(entry TEXT);

CREATE TRIGGER note_large_orders AFTER INSERT ON orders WHEN new.cents >= 10000
BEGIN
    INSERT INTO journal VALUES (printf('order %d: %.2f', new.id, new.cents / 100.0));
END;

INSERT INTO customers VALUES (1, 'Ada', NULL), (2, 'Grace', 1), (3, 'Alan', 1), (4, 'Edsger', 2);

INSERT INTO orders(customer, day, cents) VALUES
    (1, '2024-02-28', 1250), (2, '2024-02-29', 19900), (1, '2024-03-01', 3300),
    (3, '2024-03-02', 800), (2, '2024-03-05', 4550), (1, '2024-03-09', 12000);

CREATE VIEW totals AS
    SELECT c.name, count(o.id) AS orders, coalesce(sum(o.cents), 0) AS cents
    FROM customers AS c LEFT JOIN orders AS o ON o.customer = c.id
    GROUP BY c.id;

.mode box
SELECT name, orders, printf('%8.2f', cents / 100.0) AS sum FROM totals ORDER BY cents DESC, name;

.mode list
.separator " | "
.print running sums
SELECT c.name, o.day, sum(o.cents) OVER (PARTITION BY c.id ORDER BY o.day) AS so_far,
       coalesce(julianday(o.day) - julianday(lag(o.day) OVER (PARTITION BY c.id ORDER BY o.day)), '-')
FROM orders AS o JOIN customers AS c ON c.id = o.customer
ORDER BY c.name, o.day;

.print journal
SELECT entry FROM journal;

.print tree
WITH RECURSIVE tree(id, name, depth, path) AS (
    SELECT id, name, 0, name FROM customers WHERE boss IS NULL
    UNION ALL
    SELECT c.id, c.name, depth + 1, path || '/' || c.name
    FROM customers AS c JOIN tree ON c.boss = tree.id
)
SELECT printf('%.*c%s', depth * 2, ' ', name) FROM tree WHERE depth > 0 ORDER BY path;

.print json
SELECT json_group_array(json_object('name', name, 'orders', orders)) FROM totals WHERE orders > 1;
SELECT value ->> '$.town', json_array_length(value, '$.tags')
FROM json_each(CAST(readfile('/dev/stdin') AS TEXT));

.print queens
WITH RECURSIVE
    columns(c) AS (VALUES (1), (2), (3), (4), (5), (6)),
    placed(n, queens) AS (
        SELECT 0, ''
        UNION ALL
        SELECT n + 1, queens || c
        FROM placed JOIN columns
        WHERE n < 6 AND NOT EXISTS (
            SELECT 1 FROM columns AS row
            WHERE row.c <= n AND abs(substr(queens, row.c, 1) - columns.c) IN (0, n + 1 - row.c)
        )
    )
SELECT queens FROM placed WHERE n = 6 ORDER BY queens;

BEGIN;
DELETE FROM orders;
ROLLBACK;
UPDATE orders SET cents = cents * 2 WHERE customer = 3 RETURNING id, cents;
SELECT count(*), round(sqrt(sum(cents)), 3) FROM orders;
