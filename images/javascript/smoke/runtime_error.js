function first(list) {
    return list[0].name;
}

console.log(first([]));
