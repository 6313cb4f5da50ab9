say "Hello, {get}!";
