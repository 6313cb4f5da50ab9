CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
INSERT INTO users(name) VALUES ('Ada'), ('Grace');
SELECT count(*) FROM users;
INSERT INTO users(name) VALUES ('Ada');
SELECT 'not reached';
