-- Text is counted and taken apart by code points.
CREATE TEMP TABLE input AS SELECT trim(CAST(readfile('/dev/stdin') AS TEXT), char(10)) AS line;

WITH RECURSIVE reversed(rest, text) AS (
    SELECT line, '' FROM input
    UNION ALL
    SELECT substr(rest, 2), substr(rest, 1, 1) || text FROM reversed WHERE rest <> ''
)
SELECT 'λ → ' || text FROM reversed WHERE rest = '';
SELECT 'Länge: ' || length(line) FROM input;
SELECT upper('naïve') || ', ' || '日本語' AS "größe";
