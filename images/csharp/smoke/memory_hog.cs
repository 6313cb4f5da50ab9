using System.Collections.Generic;

class Program
{
    static void Main()
    {
        var blocks = new List<byte[]>();
        while (true)
        {
            var block = new byte[256 * 1024];
            for (int i = 0; i < block.Length; i++)
            {
                block[i] = (byte)i;
            }
            blocks.Add(block);
        }
    }
}
