# Runs programs from where none may be run, directly and by the loader.
# expect: success
# stdout: held
for folder in /tmp /dev/shm; do
  cp /bin/true $folder/program
  chmod 755 $folder/program
  $folder/program 2>/dev/null && echo "possible: $folder"
  for loader in /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1; do
    [ -e $loader ] && $loader $folder/program 2>/dev/null && echo "possible: $folder by the loader"
  done
done
echo held
