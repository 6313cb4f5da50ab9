def average(numbers)
  numbers.sum / numbers.size
end

puts average([])
