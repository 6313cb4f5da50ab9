import java.io.*;
import java.math.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.time.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import java.util.function.*;
import java.util.regex.*;
import java.util.stream.*;

/** Touches what programs commonly use, so that these classes are in the class data archives. */
public class Main {
    sealed interface Shape permits Circle, Square {}
    record Circle(double radius) implements Shape {}
    record Square(double side) implements Shape {}
    enum Colour { RED, GREEN, BLUE }
    interface Visitor<T> { T visit(Shape shape); }

    static class Node<T extends Comparable<T>> {
        T value;
        Node<T> left, right;
        Node(T value) { this.value = value; }
    }

    static class Problem extends RuntimeException {
        Problem(String message, Throwable cause) { super(message, cause); }
    }

    static double area(Shape shape) {
        return switch (shape) {
            case Circle c when c.radius() > 100 -> Double.MAX_VALUE;
            case Circle(double r) -> Math.PI * r * r;
            case Square s -> s.side() * s.side();
        };
    }

    static int number(String word) {
        switch (word) {
            case "one": return 1;
            case "two": return 2;
            default: return Integer.parseInt(word);
        }
    }

    static <T extends Comparable<T>> void insert(Node<T> node, T value) {
        if (value.compareTo(node.value) < 0) {
            if (node.left == null) node.left = new Node<>(value); else insert(node.left, value);
        } else if (node.right == null) node.right = new Node<>(value); else insert(node.right, value);
    }

    public static void main(String[] args) throws Exception {
        BufferedReader reader = new BufferedReader(new InputStreamReader(System.in));
        String first = reader.readLine();
        StringTokenizer tokens = new StringTokenizer(first == null ? "" : first);
        while (tokens.hasMoreTokens()) System.out.println(tokens.nextToken());
        Scanner scanner = new Scanner(reader);
        long sum = 0;
        while (scanner.hasNextInt()) sum += scanner.nextInt();
        if (scanner.hasNextLine()) System.out.println(scanner.nextLine());
        System.out.println("sum " + sum + ' ' + 1.5 + ' ' + 'c' + true + (Object) "o");
        System.out.printf("%5d|%-8s|%08.3f|%x|%,d%n", 42, "left", Math.E, 255, 1234567);
        System.out.println(String.format("%s %b %c", List.of(1, 2), true, 'x') + "text".repeat(2).toUpperCase());
        System.err.println("to the other stream");

        Map<String, Integer> counts = new TreeMap<>();
        for (String word : "the quick brown fox jumps over the lazy dog".split(" ")) counts.merge(word, 1, Integer::sum);
        for (Map.Entry<String, Integer> entry : counts.entrySet()) System.out.println(entry.getKey() + "=" + entry.getValue());
        Map<Integer, List<String>> byLength = new HashMap<>();
        for (String word : counts.keySet()) byLength.computeIfAbsent(word.length(), k -> new ArrayList<>()).add(word);
        System.out.println(byLength + " " + new LinkedHashMap<>(byLength) + Arrays.asList(3, 1, 2));

        System.out.println(IntStream.rangeClosed(1, 20).filter(i -> i % 3 == 0).mapToObj(Integer::toString).collect(Collectors.joining(",", "[", "]")));
        System.out.println(Stream.of("pear", "fig", "apple").sorted(Comparator.comparing(String::length).thenComparing(Comparator.reverseOrder())).toList());
        System.out.println(counts.entrySet().stream().sorted(Map.Entry.<String, Integer>comparingByValue().reversed().thenComparing(Map.Entry.comparingByKey()))
            .limit(3).map(e -> e.getKey()).collect(Collectors.toList()));
        Map<Integer, Long> lengths = counts.keySet().stream().collect(Collectors.groupingBy(String::length, TreeMap::new, Collectors.counting()));
        System.out.println(lengths);
        System.out.println(Stream.iterate(1, x -> x * 2).limit(10).mapToInt(Integer::intValue).sum() + " " + IntStream.of(3, 1).boxed().max(Integer::compare).get());
        Function<Integer, Function<Integer, Integer>> add = a -> b -> a + b;
        Supplier<String> supplier = () -> "supplied";
        BiFunction<Integer, Integer, Integer> multiply = (a, b) -> a * b;
        UnaryOperator<String> trim = String::strip;
        Predicate<String> empty = String::isEmpty;
        Optional<String> maybe = Optional.of("some").filter(empty.negate()).map(trim);
        System.out.println(add.apply(1).apply(2) + supplier.get() + multiply.apply(3, 4) + maybe.orElse("none"));

        Deque<Integer> deque = new ArrayDeque<>(List.of(1, 2, 3));
        PriorityQueue<int[]> queue = new PriorityQueue<>((a, b) -> Integer.compare(a[0], b[0]));
        queue.add(new int[] {2, 0});
        queue.add(new int[] {1, 0});
        System.out.println(deque.pollLast() + queue.poll()[0] + new LinkedList<>(deque).getFirst());
        Set<Integer> set = new HashSet<>(Set.of(1, 2));
        set.addAll(new TreeSet<>(List.of(5, 4)));
        Integer[] boxed = {3, 1, 2};
        Arrays.sort(boxed, Collections.reverseOrder());
        int[] plain = new Random(1).ints(100, 0, 1000).toArray();
        Arrays.sort(plain);
        Collections.shuffle(Arrays.asList(boxed), new Random(2));
        System.out.println(set + Arrays.toString(boxed) + Arrays.stream(plain).sum() + Arrays.deepToString(new int[2][2]));
        Node<String> root = new Node<>("m");
        for (String word : counts.keySet()) insert(root, word);

        Matcher matcher = Pattern.compile("(?<key>\\w+)=(\\d+)").matcher("a=1, b=22");
        while (matcher.find()) System.out.println(matcher.group("key") + matcher.group(2));
        System.out.println("a1b2".replaceAll("[0-9]", "#") + "x,y".replace(",", ";") + String.join("-", "p", "q") + """
            a text
              block""");
        StringBuilder builder = new StringBuilder("abc").reverse().append(1).append(2.5).insert(0, 'z');
        System.out.println(builder.toString().chars().filter(Character::isLetter).count() + new String("é€".getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8));
        System.out.println(new BigInteger("123456789012345678901234567890").pow(3).mod(BigInteger.valueOf(97)) + " " + new BigDecimal("1.10").setScale(1, RoundingMode.HALF_UP));
        System.out.println(area(new Circle(1)) + area(new Square(2)) + " " + new Circle(3) + new Circle(1).equals(new Circle(1)) + number("two") + Colour.valueOf("RED").ordinal());
        Map<Colour, Integer> colours = new EnumMap<>(Colour.class);
        for (Colour colour : Colour.values()) {
            switch (colour) {
                case RED -> colours.put(colour, 1);
                default -> colours.put(colour, 2);
            }
        }
        System.out.println(colours + " " + Duration.ofSeconds(90) + LocalDate.of(2024, 2, 29).plusYears(1) + " " + System.nanoTime() % 2);
        Object object = colours;
        if (object instanceof Map<?, ?> map && !map.isEmpty()) System.out.println(map.size());
        Iterator<Integer> iterator = new Iterator<>() {
            int next = 0;
            public boolean hasNext() { return next < 2; }
            public Integer next() { return next++; }
        };
        while (iterator.hasNext()) System.out.println(iterator.next());

        ExecutorService executor = Executors.newFixedThreadPool(2);
        Future<Integer> future = executor.submit(() -> 6 * 7);
        System.out.println(future.get());
        executor.shutdown();
        executor.awaitTermination(1, TimeUnit.SECONDS);
        System.out.println(CompletableFuture.supplyAsync(() -> 1).thenApply(x -> x + 1).join());
        AtomicInteger counter = new AtomicInteger();
        ConcurrentHashMap<String, AtomicLong> shared = new ConcurrentHashMap<>();
        Thread thread = new Thread(() -> { counter.incrementAndGet(); shared.put("k", new AtomicLong()); });
        thread.start();
        thread.join();
        Thread.ofVirtual().start(counter::incrementAndGet).join();
        synchronized (shared) { shared.notifyAll(); }

        Path path = Files.createTempFile("training", ".txt");
        try (PrintWriter writer = new PrintWriter(new BufferedWriter(new FileWriter(path.toFile())))) {
            writer.println("line");
        } finally {
            System.out.println(Files.readAllLines(path) + Files.readString(path));
            Files.delete(path);
        }
        try {
            Object[] none = {};
            System.out.println(none[1]);
        } catch (ArrayIndexOutOfBoundsException | NullPointerException e) {
            try {
                throw new Problem("wrapped", e);
            } catch (Problem problem) {
                problem.printStackTrace();
            }
        }
        try {
            Integer.parseInt("no number");
        } catch (NumberFormatException e) {
            System.out.println(e.getMessage());
        }
        System.out.flush();
        // Ends as a program ends that nobody catches.
        throw new IllegalStateException("expected");
    }
}
