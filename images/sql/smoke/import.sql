-- … or as the rows of a table.
CREATE TABLE scores(name TEXT, score INTEGER);
.import --csv /dev/stdin scores
SELECT name, score * 2 FROM scores ORDER BY score DESC;
