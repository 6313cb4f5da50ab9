# Readings of several stations: sums, a histogram, sorting; then a queue of sections with other formats, and recursion.

function max(a, b) { return a > b ? a : b }

function repeat(text, times,    all) {
    while (times-- > 0) all = all text
    return all
}

function by_mean(a, _, b, __) {
    return sum[b] / count[b] - sum[a] / count[a]
}

# A recursive parser: expression = product { (+|-) product }, product = operand { (*|/) operand }.
function take(pattern) {
    if (!match(rest, "^ *(" pattern ")", part)) return 0
    rest = substr(rest, RLENGTH + 1)
    return 1
}

function operand(    value) {
    if (take("[0-9]+([.][0-9]+)?")) return part[1] + 0
    if (take("[(]")) {
        value = expression()
        if (!take("[)]")) problem = "missing )"
        return value
    }
    problem = "no number at '" rest "'"
    return 0
}

function product(    value, divisor) {
    value = operand()
    while (!problem && take("[*/]")) {
        if (part[1] == "*") value *= operand()
        else if ((divisor = operand()) == 0) problem = problem ? problem : "division by zero"
        else value /= divisor
    }
    return value
}

function expression(    value) {
    value = product()
    while (!problem && take("[+-]")) value += part[1] == "+" ? product() : -product()
    return value
}

BEGIN { OFS = "\t" }

/^#/ { next }
/^$/ { section++; FS = section == 1 ? ":" : FS; next }

section == 0 && NF == 3 {
    count[$1]++
    sum[$1] += $3
    highest[$1] = $1 in highest ? max(highest[$1], $3) : $3
    days[$2] = days[$2] " " $1
    next
}

section == 1 {
    groups[$2][$1] = $3
    next
}

section == 2 {
    rest = $0
    problem = ""
    value = expression()
    if (!problem && rest !~ /^ *$/) problem = "not understood: '" rest "'"
    print $0, problem ? "! " problem : sprintf("= %.6g", value)
    next
}

{ print "line " NR " skipped: " $0 }

ENDFILE {
    PROCINFO["sorted_in"] = "by_mean"
    for (station in count)
        printf "%-8s %6.2f %6.1f %s\n", station, sum[station] / count[station], highest[station], repeat("=", sum[station] / count[station])
    PROCINFO["sorted_in"] = "@ind_str_asc"
    for (day in days) print day ":" days[day]
    for (group in groups) {
        line = group ":"
        for (name in groups[group]) line = line " " name "=" groups[group][name]
        print line
    }
}

END {
    n = split("pear fig banana kiwi", fruit, " ")
    asort(fruit, fruit, "@val_str_asc")
    for (i = 1; i <= n; i++) list = list (i > 1 ? ", " : "") toupper(substr(fruit[i], 1, 1)) substr(fruit[i], 2)
    print list
    print gensub(/([a-z]+)@([a-z]+)/, "\\2 at \\1", "g", "ada@home grace@sea"), strftime("%Y-%m-%d", 0, 1), xor(12, 10)
    "echo from a command | tr a-z A-Z" | getline shout
    print shout
    print "c\nb\na" | "sort"
}
