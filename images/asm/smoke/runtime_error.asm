        global  _start
        section .text
_start: xor     eax, eax
        mov     dword [rax], 1          ; nothing is mapped there
