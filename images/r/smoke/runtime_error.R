average <- function(numbers) {
  stopifnot(length(numbers) > 0)
  sum(numbers) / length(numbers)
}
average(c())
