struct NoSuchPart: Error {
    let name: String
}

func price(of name: String) throws -> Double {
    let prices = ["bolt": 0.25, "nut": 0.1]
    guard let price = prices[name] else { throw NoSuchPart(name: name) }
    return price
}

print(try price(of: "bolt"))
print(try price(of: "gear"))
