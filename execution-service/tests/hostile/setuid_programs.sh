# Looks for programs that would run as another user, and tries those that usually do.
# expect: success
# stdout: held
find / -xdev -type f -perm /6000 2>/dev/null | sed 's/^/possible: /'
for try in 'su -c id' 'mount -t tmpfs none /work' 'umount /proc' 'sudo -n id' 'newgrp root' 'chroot / id' \
  'nsenter -t 1 -a id' 'setpriv --reuid 0 id' 'passwd -d root' 'chsh -s /bin/sh' 'runuser -u root id'; do
  $try </dev/null >/dev/null 2>&1 && echo "possible: $try"
done
echo held
