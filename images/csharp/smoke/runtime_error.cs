using System;

class Program
{
    static int Divide(int a, int b)
    {
        return a / b;
    }

    static void Main()
    {
        Console.WriteLine(Divide(1, 0));
    }
}
