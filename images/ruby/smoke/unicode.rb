text = gets.chomp
puts "Grüße, 世界: #{text.reverse} (#{text.length})"
