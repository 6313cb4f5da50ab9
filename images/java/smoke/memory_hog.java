import java.util.ArrayList;
import java.util.List;

public class Main {
    public static void main(String[] args) {
        List<int[]> blocks = new ArrayList<>();
        while (true) {
            int[] block = new int[64 * 1024];
            for (int i = 0; i < block.length; i++) {
                block[i] = i;
            }
            blocks.add(block);
        }
    }
}
