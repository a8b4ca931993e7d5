-- Tables, an index, joins, text and a view, as a data logger has them.
--
-- SPDX-License-Identifier: MIT
CREATE TABLE device(id INTEGER PRIMARY KEY, name TEXT, place TEXT);
CREATE TABLE reading(device INTEGER REFERENCES device, time INTEGER, value INTEGER, note TEXT);
CREATE INDEX by_device ON reading(device, time);

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
INSERT INTO device SELECT i, 'device ' || i, CASE i % 3 WHEN 0 THEN 'hall' WHEN 1 THEN 'yard' ELSE 'roof' END FROM n;
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
INSERT INTO reading SELECT i * 7 % 20 + 1, 1000 + i, i * i % 997, CASE WHEN i % 50 = 0 THEN 'calibrated ' || i END FROM n;
COMMIT;

SELECT place, count(*), sum(value), max(value) FROM reading JOIN device ON device.id = reading.device
    GROUP BY place ORDER BY place;
SELECT name, time, value FROM reading JOIN device ON id = device WHERE value > 990 ORDER BY value DESC, time LIMIT 4;
UPDATE reading SET value = value + 1, note = 'corrected: ' || value WHERE device IN (3, 7, 11);
DELETE FROM reading WHERE time % 5 = 2;
CREATE VIEW latest AS SELECT device, max(time) AS time, value FROM reading GROUP BY device;
SELECT count(*), min(time), sum(value) FROM latest;
SELECT group_concat(note, ';') FROM (SELECT note FROM reading WHERE note LIKE 'calibrated%' ORDER BY time LIMIT 5);
WITH RECURSIVE f(a, b) AS (SELECT 0, 1 UNION ALL SELECT b, a + b FROM f WHERE a < 100000) SELECT max(a) FROM f;
SELECT upper(substr(name, 1, 3)) || printf('%05d', sum(value)) FROM reading JOIN device ON id = device
    GROUP BY device ORDER BY 1 LIMIT 3;
DROP INDEX by_device;
SELECT count(DISTINCT value) FROM reading;
