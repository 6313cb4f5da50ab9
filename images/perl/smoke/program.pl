# Words are counted, a configuration is parsed, matrices are multiplied, and money is added up exactly.
use v5.40;
use List::Util qw(any reduce);
use POSIX qw(floor strftime);
use Math::BigInt;
use JSON::PP;
use feature 'class';
no warnings 'experimental::class';

class Matrix {
    field $rows :param;

    method rows { $rows }

    method times($other) {
        my $right = $other->rows;
        my @product = map {
            my $row = $_;
            [map { my $column = $_; List::Util::sum0 map { $row->[$_] * $right->[$_][$column] } 0 .. $#$right } 0 .. $#{ $right->[0] }]
        } @$rows;
        return Matrix->new(rows => \@product);
    }

    method text { join "\n", map { join ' ', map { sprintf '%5d', $_ } @$_ } @$rows }
}

my (%setting, %count, $section);
while (my $line = <STDIN>) {
    chomp $line;
    last if $line eq 'TEXT';
    if ($line =~ /^\s*(?:[#;].*)?$/) { next }
    elsif ($line =~ /^\[(\w+)\]$/) { $section = $1 }
    elsif ($line =~ /^\s*(?<key>[\w.]+)\s*=\s*(?<value>.*?)\s*$/) { $setting{$section}{ $+{key} } = $+{value} }
    else { say "line $.: cannot be read: $line" }
}
while (<STDIN>) {
    $count{ lc $1 }++ while /([[:alpha:]']+)/g;
}

for my ($name, $values) (map { $_ => $setting{$_} } sort keys %setting) {
    say "$name: ", join ', ', map { "$_ is $values->{$_}" } sort keys %$values;
}
my @words = sort { $count{$b} <=> $count{$a} or $a cmp $b } keys %count;
printf "%-8s %s\n", $_, '*' x $count{$_} for @words[0 .. 4];
say scalar(@words), ' words, the longest is ', reduce { length $a >= length $b ? $a : $b } sort @words;

my $fibonacci = Matrix->new(rows => [[1, 1], [1, 0]]);
my $power = reduce { $a->times($b) } ($fibonacci) x 20;
say $power->text;

sub queens($n, @placed) {
    return [@placed] if @placed == $n;
    my @found;
    for my $column (0 .. $n - 1) {
        my $row = @placed;
        next if any { $placed[$_] == $column || abs($placed[$_] - $column) == $row - $_ } 0 .. $#placed;
        push @found, queens($n, @placed, $column);
    }
    return @found;
}
my @solutions = queens(6);
say scalar(@solutions), ' solutions: ', join ' | ', map { join '', @$_ } @solutions;

say Math::BigInt->new(2)->bpow(128), ' ', strftime('%Y-%m-%d', gmtime 1_000_000_000), ' ', floor(-2.5);
say JSON::PP->new->canonical->encode({ list => [1, 'two', undef], nested => { deep => JSON::PP::true } });
(my $title = 'a quiet airlock') =~ s/\b(\w)/\u$1/g;
say "$title / ", $title =~ tr/a-z//, ' small letters / ', join '', reverse split //, $title;

try { die { code => 42 } }
catch ($error) { say "caught $error->{code}" }

format STDOUT =
@<<<<<<<<< @>>>>>> @##.##
'left', 'right', 3.14159
.
write;
