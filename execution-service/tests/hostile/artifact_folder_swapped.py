# The folder itself is a link out of the work directory.
# expect: success
# request: {"outputFiles": ["out/*", "out/passwd"]}
# artifacts: []
import os
os.symlink("/etc", "out")
