sub average(*@numbers) { @numbers.sum div @numbers.elems }
say average();
