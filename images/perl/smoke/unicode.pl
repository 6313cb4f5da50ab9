use v5.36;
use utf8;
use open qw(:std :encoding(UTF-8));

chomp(my $text = <STDIN>);
say "Grüße, 世界: ", scalar reverse($text), " (", length $text, ")";
