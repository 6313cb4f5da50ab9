using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using System.Xml.Linq;

enum Kind { Book, Film, Game }

interface IPriced
{
    decimal Price { get; }
}

class Item : IPriced, IComparable<Item>
{
    public Kind Kind { get; }
    public string Title { get; }
    public decimal Price { get; private set; }
    public event Action<Item, decimal> Changed;

    public Item(Kind kind, string title, decimal price)
    {
        Kind = kind;
        Title = title;
        Price = price;
    }

    public void Discount(decimal percent)
    {
        if (percent < 0 || percent > 100)
        {
            throw new ArgumentOutOfRangeException(nameof(percent));
        }
        decimal old = Price;
        Price -= Price * percent / 100;
        Changed?.Invoke(this, old);
    }

    public int CompareTo(Item other) => Price.CompareTo(other.Price);

    public override string ToString() => $"{Title,-10}{Price,8:F2}";
}

struct Point
{
    public readonly int X, Y;

    public Point(int x, int y)
    {
        X = x;
        Y = y;
    }

    public static Point operator +(Point a, Point b) => new Point(a.X + b.X, a.Y + b.Y);
}

static class Program
{
    static IEnumerable<BigInteger> Fibonacci()
    {
        BigInteger a = 0, b = 1;
        while (true)
        {
            yield return a;
            (a, b) = (b, a + b);
        }
    }

    // Fields of a maze that can be reached from its corner, with the way's length to the farthest.
    static (int Count, int Farthest) Explore(string[] maze)
    {
        var steps = new[] { new Point(1, 0), new Point(-1, 0), new Point(0, 1), new Point(0, -1) };
        var distance = new Dictionary<Point, int> { [new Point(0, 0)] = 0 };
        var queue = new Queue<Point>(distance.Keys);
        while (queue.Count > 0)
        {
            Point here = queue.Dequeue();
            foreach (Point next in steps.Select(step => here + step))
            {
                bool inside = next.Y >= 0 && next.Y < maze.Length && next.X >= 0 && next.X < maze[next.Y].Length;
                if (inside && maze[next.Y][next.X] == '.' && !distance.ContainsKey(next))
                {
                    distance[next] = distance[here] + 1;
                    queue.Enqueue(next);
                }
            }
        }
        return (distance.Count, distance.Values.Max());
    }

    static T Largest<T>(IEnumerable<T> values) where T : IComparable<T>
    {
        return values.Aggregate((best, value) => value.CompareTo(best) > 0 ? value : best);
    }

    static async Task<int> Sum(int count)
    {
        var parts = Enumerable.Range(1, count).Select(n => Task.Run(() => n * n));
        return (await Task.WhenAll(parts)).Sum();
    }

    static void Main()
    {
        var items = new List<Item>();
        string line;
        while ((line = Console.ReadLine()) != null)
        {
            Match match = Regex.Match(line, @"^(?<kind>\w+)\s+""(?<title>[^""]+)""\s+(?<price>\d+(\.\d+)?)$");
            if (!match.Success || !Enum.TryParse(match.Groups["kind"].Value, true, out Kind kind))
            {
                Console.WriteLine($"skipped: {line}");
                continue;
            }
            items.Add(new Item(kind, match.Groups["title"].Value, decimal.Parse(match.Groups["price"].Value)));
        }

        var groups = from item in items
                     group item by item.Kind into kinds
                     orderby kinds.Sum(item => item.Price) descending
                     select new { Kind = kinds.Key, Items = kinds.OrderBy(item => item.Title) };
        foreach (var entry in groups)
        {
            Console.WriteLine($"{entry.Kind}: {string.Join(", ", entry.Items.Select(item => item.Title))}");
        }

        Item dearest = Largest(items);
        dearest.Changed += (item, old) => Console.WriteLine($"{item} (was {old:F2})");
        dearest.Discount(12.5m);
        try
        {
            dearest.Discount(200);
        }
        catch (ArgumentOutOfRangeException e) when (e.ParamName == "percent")
        {
            Console.WriteLine($"refused: {e.ParamName}");
        }

        var (count, farthest) = Explore(new[] { "..#.", ".##.", "...." });
        Console.WriteLine($"{count} fields, {farthest} steps");
        Console.WriteLine(string.Join(" ", Fibonacci().Skip(95).Take(2)));
        Console.WriteLine(Sum(20).Result);
        var document = new XElement("items", items.Take(2).Select(item => new XElement("item", new XAttribute("kind", item.Kind), item.Title)));
        Console.WriteLine(document.ToString(SaveOptions.DisableFormatting));
        var builder = new StringBuilder();
        for (int i = 0; i < 3; i++)
        {
            builder.AppendFormat("{0:X2}-", i * 100);
        }
        Console.WriteLine(builder.ToString().TrimEnd('-'));
    }
}
