import java.util.*;

/** Does not compile: the classes that report errors are to be in the compiler's archive as well. */
public class Wrong {
    static int twice(int x) { return 2 * x; }

    public static void main(String[] args) {
        String text = 1;
        undefined = 2;
        List<Integer> list = new ArrayList<String>();
        twice("two");
        Missing missing = new Missing();
        list.unknown();
        for (int i = 0; i < 3; i++) { int text = i; }
        try { int x = 1 / 0; } catch (java.io.IOException e) {}
    }

    int noReturn() {}
}
