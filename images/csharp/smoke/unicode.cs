using System;
using System.Linq;

class Program
{
    static void Main()
    {
        string größe = "Grüße, 世界 🌍";
        string line = Console.ReadLine();
        var letters = new System.Globalization.StringInfo(line);
        var reversed = Enumerable.Range(0, letters.LengthInTextElements).Reverse().Select(i => letters.SubstringByTextElements(i, 1));
        Console.WriteLine(größe);
        Console.WriteLine($"{string.Concat(reversed)} {letters.LengthInTextElements} {line.ToUpperInvariant()}");
    }
}
