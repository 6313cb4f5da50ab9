set -eu
echo "the first argument is $1"
