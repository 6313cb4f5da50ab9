while true; do (( n++ )); done
