const names: string[] = ["Ada", "Grace"];

const count: number = names;
console.log(count);
