interface Person {
    name: string;
}

function first(people: Person[]): string {
    return people[0].name;
}

console.log(first([]));
