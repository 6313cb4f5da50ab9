<?php
// Shapes, a shop's bill with enums and closures, a generator, and a template: a bit of everything that PHP is used for.
declare(strict_types=1);

enum Vat: int
{
    case Full = 19;
    case Reduced = 7;

    public function of(string $net): string
    {
        return bcdiv(bcmul($net, (string) $this->value, 4), '100', 2);
    }
}

final readonly class Item
{
    public function __construct(public string $name, public int $count, public string $price, public Vat $vat)
    {
        if ($count < 1) {
            throw new InvalidArgumentException("$name: nothing to sell");
        }
    }

    public static function read(string $line): self
    {
        [$name, $count, $price, $vat] = str_getcsv($line, escape: '');
        return new self($name, (int) $count, $price, Vat::from((int) $vat));
    }

    public function net(): string
    {
        return bcmul($this->price, (string) $this->count, 2);
    }
}

final class Bill implements IteratorAggregate, Countable
{
    /** @var list<Item> */
    private array $items = [];

    // A property that is worked out, and may be read by all.
    public string $total {
        get => array_reduce(
            $this->items,
            fn (string $sum, Item $item) => bcadd($sum, bcadd($item->net(), $item->vat->of($item->net()), 2), 2),
            '0',
        );
    }

    public function add(Item $item): void
    {
        $this->items[] = $item;
    }

    public function getIterator(): Generator
    {
        usort($this->items, fn (Item $a, Item $b) => [$b->vat->value, $a->name] <=> [$a->vat->value, $b->name]);
        foreach ($this->items as $number => $item) {
            yield $number + 1 => $item;
        }
    }

    public function count(): int
    {
        return count($this->items);
    }
}

function permutations(array $rest, array $chosen = []): Generator
{
    if ($rest === []) {
        yield implode('', $chosen);
    }
    foreach ($rest as $key => $value) {
        yield from permutations(array_diff_key($rest, [$key => 0]), [...$chosen, $value]);
    }
}

$bill = new Bill();
while (($line = fgets(STDIN)) !== false) {
    try {
        $bill->add(Item::read(rtrim($line)));
    } catch (ValueError | InvalidArgumentException $error) {
        echo '! ', $error::class, ': ', $error->getMessage(), "\n";
    }
}
foreach ($bill as $number => $item) {
    printf("%d. %s %3d × %8s  %s %%\n", $number, mb_str_pad($item->name, 12), $item->count, $item->price, $item->vat->value);
}
echo count($bill), " items, {$bill->total} € in all\n";

echo implode(' ', iterator_to_array(permutations(['a', 'b', 'c']), false)), "\n";
echo json_encode(['name' => 'airlock', 'list' => [1, 2.5, null], 'é' => true], JSON_UNESCAPED_UNICODE), "\n";
echo preg_replace_callback('/\b(\p{L})(\p{L}*)/u', fn ($m) => mb_strtoupper($m[1]) . $m[2], 'über den wolken'), "\n";
echo (new DateTimeImmutable('2026-01-31'))->modify('last day of next month')->format('l, j F Y'), "\n";
echo match (true) {
    array_any([1, 5, 9], fn (int $n) => $n > 8) => "one is greater than 8\n",
    default => "none is\n",
};
?>
<ul>
<?php foreach (['x' => 1, 'y' => 2] as $key => $value): ?>
  <li><?= htmlspecialchars("$key < $value") ?></li>
<?php endforeach ?>
</ul>
