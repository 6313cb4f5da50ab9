# A table is read and summarised, a line is fitted, a matrix is inverted, a walk is simulated, a picture is drawn.

sales <- read.csv(file("stdin"), stringsAsFactors = TRUE)
str(sales)
print(aggregate(amount ~ region + product, data = sales, FUN = sum))
print(with(sales, tapply(amount, list(region, product), mean)))
best <- sales[which.max(sales$amount), ]
cat(sprintf("best: %s of %s for %.2f\n", best$product, best$region, best$amount))

by_region <- split(sales, sales$region)
for (name in names(by_region)) {
  with(by_region[[name]], cat(formatC(name, width = -6), format(sum(amount), nsmall = 2), "\n"))
}

# Statistics.
x <- 1:10
y <- 2 * x + 1 + c(0.1, -0.1)
fit <- lm(y ~ x)
print(round(coef(fit), 4))
cat("r squared:", format(summary(fit)$r.squared, digits = 6), "\n")
print(quantile(c(1, 5, 2, 8, 7)))
cat("p:", format(t.test(y, mu = 8)$p.value, digits = 4), "\n")

# Matrices.
m <- matrix(c(2, 1, 1, 3), nrow = 2, dimnames = list(c("a", "b"), c("x", "y")))
print(solve(m))
print(round(m %*% solve(m)) == diag(2))
print(eigen(m)$values, digits = 5)

# Functions of functions, and vectors instead of loops.
compose <- function(...) {
  functions <- list(...)
  function(x) Reduce(function(value, f) f(value), functions, x)
}
print(compose(sqrt, function(v) v + 1, rev)(c(1, 4, 9)))
sieve <- Filter(function(n) n == 2 || all(n %% 2:ceiling(sqrt(n)) != 0), 2:50)
cat(sieve, sep = " ")
cat("\n")
words <- strsplit(tolower("The rain in Spain stays mainly in the plain"), "[^a-z]+")[[1]]
print(sort(table(words[words %in% c("in", "the")]), decreasing = TRUE))
cat(sprintf("%-8s%2d\n", unique(words), nchar(unique(words)))[1:3], sep = "")

# Objects of two kinds.
print.money <- function(x, ...) cat("€", format(unclass(x), nsmall = 2, big.mark = ","), "\n")
print(structure(1234.5, class = "money"))
Counter <- setRefClass("Counter", fields = list(n = "numeric"), methods = list(
  add = function(by = 1) {
    n <<- n + by
    invisible(.self)
  }
))
counter <- Counter$new(n = 0)
counter$add()$add(5)
cat("counted:", counter$n, "\n")

result <- tryCatch(stop("it broke"), error = function(e) conditionMessage(e), finally = cat("tidied\n"))
cat("caught:", result, "\n")

set.seed(42)
walk <- cumsum(sample(c(-1, 1), 1000, replace = TRUE))
cat("walked", length(walk), "steps:", is.numeric(walk), "\n")
pdf("walk.pdf")
plot(walk, type = "l", main = "A walk")
invisible(dev.off())
png("walk.png", type = "cairo")
hist(walk)
invisible(dev.off())
cat("drawn:", all(file.size(c("walk.pdf", "walk.png")) > 1000), "\n")
