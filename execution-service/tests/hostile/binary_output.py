# Bytes that are no text.
# expect: success
# result: {"stdOutputBase64": "AP/+gMCv7aCA9JCAgAoA"}
import os
os.write(1, b"\x00\xff\xfe\x80\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\n\x00")
