# A grammar with actions, classes with roles, multiple dispatch, lazy lists, and exact fractions.

grammar Calculation {
    rule TOP        { ^ <sum> $ }
    rule sum        { <product>+ % $<op>=<[+-]> }
    rule product    { <factor>+ % $<op>=<[*/]> }
    rule factor     { <number> | '(' <sum> ')' }
    token number    { \d+ [ '.' \d+ ]? }
}

class Evaluation {
    method fold(@values, @operators) {
        my $result = @values[0];
        for @operators Z @values.skip -> ($operator, $value) {
            given ~$operator {
                when '+' { $result += $value }
                when '-' { $result -= $value }
                when '*' { $result *= $value }
                when '/' { die 'division by zero' if $value == 0; $result /= $value }
            }
        }
        $result
    }
    method TOP($/)     { make $<sum>.made }
    method sum($/)     { make self.fold($<product>».made, $<op> // []) }
    method product($/) { make self.fold($<factor>».made, $<op> // []) }
    method factor($/)  { make ($<number> // $<sum>).made }
    method number($/)  { make $/.Rat }
}

role Described { method describe { "{self.^name} of area {self.area.fmt('%.2f')}" } }
class Square does Described { has $.side; method area { $!side² } }
class Circle does Described { has $.radius; method area { π × $!radius² } }

multi collide(Square, Circle) { 'the circle bounces' }
multi collide(Circle, Circle) { 'both bounce' }
multi collide($, $)           { 'nothing happens' }

for lines() -> $line {
    my $match = try Calculation.parse($line, actions => Evaluation.new);
    if $!         { say "$line → {$!.message}" }
    elsif $match  { say "$line → {$match.made} ({$match.made.nude.join('/')})" }
    else          { say "$line → not understood" }
}

my @shapes = Square.new(side => 3), Circle.new(radius => 1), Square.new(side => 2);
.describe.say for @shapes.sort(*.area);
say collide(@shapes[0], @shapes[1]), '; ', collide(@shapes[1], @shapes[0]);

my @fibonacci = 1, 1, * + * … *;
say @fibonacci[^12], ' ', @fibonacci[100];
say (1..∞).grep(*.is-prime).map(* ** 2).head(5);
say 'the quick brown fox the lazy dog the end'.words.Bag.sort({ -.value, .key }).head(3);
say "{[+] 1..100} {[*] 1..6} {0.1 + 0.2 == 0.3}";
say <a b c>.permutations.map(*.join).join(' ');
say 'x=1, yy=22'.comb(/ (\w+) '=' (\d+) /, :match).map({ "{.[0]}:{.[1]}" }).join(' ');
say Date.new(2026, 2, 28).later(:1day), ' ', 255.base(2), ' ', 'ﬀ'.uc, ' ', 2 ** 100;
