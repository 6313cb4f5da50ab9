# A log is counted with arrays, sorted by tools, and worked on in the background; then some puzzles in plain Bash.
set -euo pipefail

declare -A hits bytes
while read -r method path status size; do
    [[ $status =~ ^[0-9]{3}$ ]] || { echo "skipped: $method" >&2; continue; }
    hits[$path]=$((${hits[$path]:-0} + 1))
    bytes[$path]=$((${bytes[$path]:-0} + size))
    printf '%s\n' "$method" >> methods
    case $status in
        2??) echo fine ;;
        3??) echo moved ;;
        *) echo failed ;;
    esac >> outcomes
done

echo "== paths =="
for path in "${!hits[@]}"; do
    printf '%-16s %3d %6d\n' "$path" "${hits[$path]}" "${bytes[$path]}"
done | sort --key=2,2nr --key=1,1

echo "== outcomes =="
sort outcomes | uniq --count | awk '{ print $2 ": " $1 }'
echo "methods: $(sort --unique methods | paste --serial --delimiters=, -)"

hanoi() { # disks from to over
    (($1 == 0)) && return
    hanoi $(($1 - 1)) "$2" "$4" "$3"
    moves+=("$2$3")
    hanoi $(($1 - 1)) "$4" "$3" "$2"
}
moves=()
hanoi 4 A C B
echo "hanoi: ${#moves[@]} moves: ${moves[*]}"

sieve() {
    local -a composite=()
    local n m
    for ((n = 2; n <= $1; n++)); do
        [[ -n ${composite[n]:-} ]] && continue
        echo "$n"
        for ((m = n * n; m <= $1; m += n)); do composite[m]=1; done
    done
}
mapfile -t primes < <(sieve 60)
echo "primes: ${primes[*]}"
echo "last: ${primes[-1]}, every fifth: $(printf '%s\n' "${primes[@]}" | sed -n '5~5p' | tr '\n' ' ')"

square() { sleep "0.0$1"; echo $(($1 * $1)) > "square.$1"; }
for n in 1 2 3; do square "$n" & done
wait
echo "squares: $(cat square.{1..3} | xargs)"

trap 'rm -f methods outcomes square.*; echo "cleaned: $(ls -A | wc -l) file left"' EXIT
name="  an airlock  "
name=${name#"${name%%[! ]*}"}
name=${name%"${name##*[! ]}"}
echo "[${name^^}] [${name//a/A}] [${name: -4}]"
date --utc --date=@86400 '+%Y-%m-%d %A'
