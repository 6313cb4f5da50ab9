let name = "Ada"
let age: Int = 36

let sum: Int = name + age
print(sum)
