import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Scanner;
import java.util.TreeMap;
import java.util.stream.Collectors;

public class Main {
    // A calculator: text becomes a tree, the tree a number.
    sealed interface Expression permits Number, Binary {}
    record Number(double value) implements Expression {}
    record Binary(char operator, Expression left, Expression right) implements Expression {}

    static class Parser {
        private final String text;
        private int position = 0;

        Parser(String text) {
            this.text = text.replace(" ", "");
        }

        Expression sum() {
            Expression left = product();
            while (position < text.length() && (peek() == '+' || peek() == '-')) {
                left = new Binary(text.charAt(position++), left, product());
            }
            return left;
        }

        private Expression product() {
            Expression left = atom();
            while (position < text.length() && (peek() == '*' || peek() == '/')) {
                left = new Binary(text.charAt(position++), left, atom());
            }
            return left;
        }

        private Expression atom() {
            if (peek() == '(') {
                position++;
                Expression inner = sum();
                position++;
                return inner;
            }
            int start = position;
            while (position < text.length() && (Character.isDigit(peek()) || peek() == '.')) {
                position++;
            }
            if (start == position) {
                throw new IllegalArgumentException("expected a number at " + position);
            }
            return new Number(Double.parseDouble(text.substring(start, position)));
        }

        private char peek() {
            return text.charAt(position);
        }
    }

    static double value(Expression expression) {
        return switch (expression) {
            case Number(double value) -> value;
            case Binary(char operator, Expression left, Expression right) -> switch (operator) {
                case '+' -> value(left) + value(right);
                case '-' -> value(left) - value(right);
                case '*' -> value(left) * value(right);
                default -> value(left) / value(right);
            };
        };
    }

    // Shortest ways between towns.
    record Road(String to, int length) {}
    record Stop(String town, int distance) {}

    static Map<String, Integer> distances(Map<String, List<Road>> roads, String start) {
        Map<String, Integer> best = new TreeMap<>();
        PriorityQueue<Stop> queue = new PriorityQueue<>(Comparator.comparingInt(Stop::distance));
        queue.add(new Stop(start, 0));
        while (!queue.isEmpty()) {
            Stop stop = queue.poll();
            if (best.putIfAbsent(stop.town(), stop.distance()) == null) {
                for (Road road : roads.getOrDefault(stop.town(), List.of())) {
                    queue.add(new Stop(road.to(), stop.distance() + road.length()));
                }
            }
        }
        return best;
    }

    public static void main(String[] args) {
        Scanner scanner = new Scanner(System.in);
        for (int count = Integer.parseInt(scanner.nextLine()); count > 0; count--) {
            String line = scanner.nextLine();
            try {
                System.out.printf("%s = %.3f%n", line, value(new Parser(line).sum()));
            } catch (IllegalArgumentException e) {
                System.out.println(line + ": " + e.getMessage());
            }
        }

        Map<String, List<Road>> roads = new TreeMap<>();
        while (scanner.hasNext()) {
            String from = scanner.next(), to = scanner.next();
            int length = scanner.nextInt();
            roads.computeIfAbsent(from, town -> new ArrayList<>()).add(new Road(to, length));
            roads.computeIfAbsent(to, town -> new ArrayList<>()).add(new Road(from, length));
        }
        System.out.println(distances(roads, "Ulm"));
        System.out.println(roads.entrySet().stream()
            .sorted(Comparator.comparing((Map.Entry<String, List<Road>> entry) -> entry.getValue().size()).reversed())
            .map(entry -> entry.getKey() + ":" + entry.getValue().size())
            .collect(Collectors.joining(" ")));

        Deque<Long> fibonacci = new ArrayDeque<>(List.of(0L, 1L));
        while (fibonacci.size() < 50) {
            Long last = fibonacci.removeLast();
            long next = last + fibonacci.peekLast();
            fibonacci.addLast(last);
            fibonacci.addLast(next);
        }
        System.out.println(fibonacci.peekLast());
    }
}
