# Takes all rights from its own folders, and fills them with names that are hard to remove.
# expect: success
# stdout: held
mkdir -p a/b/c; touch -- '-rf' '*' $'new\nline' $'\e[31m' "$(printf 'n%.0s' {1..255})" a/b/c/file
chmod 000 a/b/c a/b a main.sh
rm -rf main.sh
chmod 000 /work
echo held
