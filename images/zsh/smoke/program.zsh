# Expansion flags, associative arrays, arithmetic with fractions, and files in the working directory.
setopt err_exit no_unset extended_glob

typeset -A count total
typeset -F 2 amount
while IFS=, read -r day name amount; do
    if [[ $day != <->-<->-<-> ]]; then
        print -u2 "skipped: $day"
        continue
    fi
    (( count[$name] = ${count[$name]:-0} + 1 ))
    (( total[$name] = ${total[$name]:-0} + amount ))
done

print "== totals =="
for name in ${(ko)count}; do
    printf '%-8s %2d %9.2f\n' $name $count[$name] $total[$name]
done

print "== words =="
words=(pear Apple fig banana fig cherry)
print sorted: ${(oi)words}
print unique: ${(u)words}
print upper: ${(U)words}
print last two: ${words[-2,-1]}
print no i: ${words:#*i*}
print joined: ${(j:, :)words}
print lengths: ${words//(#m)*/${#MATCH}}

queens() { # size, placed columns…
    local size=$1 column row
    shift
    if (( $# == size )); then
        solutions+=("$*")
        return
    fi
    for (( column = 1; column <= size; column++ )); do
        for (( row = 1; row <= $#; row++ )); do
            (( ${@[row]} == column || abs(${@[row]} - column) == $# + 1 - row )) && continue 2
        done
        queens $size "$@" $column
    done
}
zmodload zsh/mathfunc
solutions=()
queens 6
print "== queens ==\n${(F)solutions}"

print "== files =="
mkdir -p tree/{a,b}/{1..3}
for file in tree/*/*(/); do
    print -r -- ${file:t} > $file/${file:h:t}.txt
done
files=(tree/**/*.txt(.On))
print -l $#files $files[1] ${files[1]:h} ${files[1]:t:r}
cat $files | paste -sd+ | read -r sum
print "$sum = $(( sum ))"

print "== numbers =="
print $(( 2 ** 40 )) $(( 7 / 2.0 )) $(( [#16] 255 )) $(( sqrt(2) > 1.41 ? 1 : 0 ))
collatz() { local n=$1 steps=0; while (( n != 1 )); do (( n = n % 2 ? 3 * n + 1 : n / 2, steps += 1 )); done; print $steps }
print "27: $(collatz 27) steps"
{
    print "tried"
} always {
    print "and tidied"
}
