import java.util.Scanner;

public class Main {
    public static void main(String[] args) {
        String größe = "Grüße, 世界 🌍";
        String line = new Scanner(System.in).nextLine();
        StringBuilder reversed = new StringBuilder(line).reverse();
        System.out.println(größe);
        System.out.println(reversed + " " + line.codePointCount(0, line.length()) + " " + line.toUpperCase());
    }
}
