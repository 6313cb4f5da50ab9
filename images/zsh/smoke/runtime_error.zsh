setopt err_exit no_unset
print "the first argument is $1"
