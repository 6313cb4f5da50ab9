# Records and reports, objects, coroutines, and a control structure of one's own.
package require Tcl 8.6

# A stack of undoable changes to an account, as a class with another that adds to it.
oo::class create Account {
    variable owner balance

    constructor {name {start 0}} {
        set owner $name
        set balance $start
    }
    method deposit amount { incr balance $amount }
    method withdraw amount {
        if {$amount > $balance} {
            throw {BANK POOR} "$owner has only $balance"
        }
        incr balance -$amount
    }
    method owner {} { return $owner }
    method balance {} { return $balance }
}

oo::class create Savings {
    superclass Account
    method interest percent {
        my deposit [expr {[my balance] * $percent / 100}]
    }
}

set accounts [dict create]
set number 0
while {[gets stdin line] >= 0} {
    incr number
    try {
        switch -regexp -matchvar part -- $line {
            {^open (\w+) (\d+)$} { dict set accounts [lindex $part 1] [Savings new {*}[lrange $part 1 2]] }
            {^(deposit|withdraw|interest) (\w+) (\d+)$} {
                lassign $part - method name amount
                [dict get $accounts $name] $method $amount
            }
            default { error "line $number is not understood: $line" }
        }
    } trap {BANK POOR} message {
        puts "refused: $message"
    } on error {message options} {
        puts "error: $message"
    }
}
foreach account [lsort -command {apply {{a b} { expr {[$b balance] - [$a balance]} }}} [dict values $accounts]] {
    puts [format "%-8s %8.2f" [$account owner] [expr {[$account balance] / 100.0}]]
}

# A control structure: do … until.
proc do {body until condition} {
    while 1 {
        uplevel 1 $body
        if {[uplevel 1 [list expr $condition]]} break
    }
}
set n 27
set steps 0
do {
    set n [expr {$n % 2 ? 3 * $n + 1 : $n / 2}]
    incr steps
} until {$n == 1}
puts "27 needs $steps steps"

# Generators.
proc fibonacci {} {
    yield
    lassign {0 1} a b
    while 1 {
        yield $a
        lassign [list $b [expr {$a + $b}]] a b
    }
}
coroutine next fibonacci
puts [lmap _ [lrepeat 15 {}] next]
time next 85
puts "the hundred and first: [next]"

proc walk {tree {depth 0}} {
    dict for {name below} $tree {
        puts "[string repeat {  } $depth]- $name"
        walk $below [expr {$depth + 1}]
    }
}
walk {animals {cats {lion {} lynx {}} birds {wren {}}} plants {fern {}}}

set text "the quick brown fox jumps over the lazy dog"
foreach letter [split [string map {" " ""} $text] ""] { incr count($letter) }
set pairs [lmap {letter times} [array get count] {list $letter $times}]
puts [lrange [lsort -integer -decreasing -index 1 [lsort -index 0 $pairs]] 0 4]
puts [regsub -all {(\w+) (\w+)} $text {\2 \1}]
puts [expr {2 ** 100}]
puts [clock format 0 -format {%A, %d %B %Y} -timezone :UTC]
puts "[string length [encoding convertto utf-8 é]] [binary encode hex Tcl]"
