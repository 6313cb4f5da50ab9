# A library: records from lines, questions asked with Enumerable, a cellular automaton, JSON, and lazy lists.
require "json"
require "set"
require "date"
require "bigdecimal"

Book = Struct.new(:title, :author, :year, :price, keyword_init: true) do
  include Comparable

  LINE = /\A(?<title>.+?) by (?<author>[^,]+), (?<year>\d{4}), (?<price>\d+\.\d\d)\z/

  def self.parse(line)
    match = LINE.match(line) or raise ArgumentError, "not a book: #{line.inspect}"
    new(title: match[:title], author: match[:author], year: match[:year].to_i, price: BigDecimal(match[:price]))
  end

  def <=>(other) = [year, title] <=> [other.year, other.title]
  def to_s = format("%-30s %-20s %d %7.2f", title, author, year, price)
end

class Life
  def initialize(cells) = @cells = cells.to_set

  def step
    counts = @cells.flat_map { |cell| around(*cell) }.tally
    Life.new(counts.filter_map { |cell, n| cell if n == 3 || (n == 2 && @cells.include?(cell)) })
  end

  def to_s
    (0..4).map { |y| (0..5).map { |x| @cells.include?([x, y]) ? "#" : "." }.join }.join("\n")
  end

  private

  def around(x, y)
    [-1, 0, 1].product([-1, 0, 1]).reject { |d| d == [0, 0] }.map { |dx, dy| [x + dx, y + dy] }
  end
end

books = $stdin.each_line(chomp: true).filter_map do |line|
  Book.parse(line)
rescue ArgumentError => e
  puts "! #{e.message}"
end

puts books.sort
puts "oldest: #{books.min.title}"
books.group_by(&:author).transform_values { |list| list.sum(&:price) }.sort_by { |_, sum| -sum }.each do |author, sum|
  puts "#{author}: #{sum.to_s("F")}"
end
puts JSON.generate(books.map { |book| book.to_h.slice(:title, :year) }.first(2))

glider = Life.new([[1, 0], [2, 1], [0, 2], [1, 2], [2, 2]])
puts 4.times.inject(glider) { |life, _| life.step }

collatz = Hash.new { |memo, n| memo[n] = n == 1 ? 1 : 1 + memo[n.even? ? n / 2 : 3 * n + 1] }
puts "longest under 1000: #{(1...1000).max_by { |n| collatz[n] }}"

words = (1..Float::INFINITY).lazy.map { |n| n * n }.select { |n| n.digits.sum % 7 == 0 }.reject(&:even?)
puts words.first(6).inspect

case { name: "airlock", ports: [1, [2, 3]] }
in { name: String => name, ports: [Integer => first, [*, last]] }
  puts "#{name}: #{first}..#{last}"
end

puts (Date.new(2026, 2, 1)...Date.new(2026, 3, 1)).count(&:sunday?), 2**100
