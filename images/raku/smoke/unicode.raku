my $text = get;
say "Grüße, 世界: {$text.flip} ({$text.chars})";
