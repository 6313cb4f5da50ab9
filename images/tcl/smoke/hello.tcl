puts "Hello, [gets stdin]!"
