class Program
{
    static void Main()
    {
        long count = 0;
        while (true)
        {
            count++;
        }
    }
}
