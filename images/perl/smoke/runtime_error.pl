use strict;
use warnings;

sub average { my $sum = 0; $sum += $_ for @_; return $sum / @_ }

print average(), "\n";
