def größe = 'Grüße, 世界 🌍'
def line = System.in.newReader('UTF-8').readLine()
println größe
println "${new StringBuilder(line).reverse()} ${line.codePointCount(0, line.length())} ${line.toUpperCase()}"
