; With system calls alone.
        global  _start

        section .rodata
hello:  db      "Hello, "
tail:   db      "!", 10

        section .bss
name:   resb    256

        section .text
_start: xor     eax, eax                ; read
        xor     edi, edi
        mov     rsi, name
        mov     edx, 256
        syscall
        lea     ebx, [rax - 1]          ; without the line feed
        mov     rsi, hello
        mov     edx, 7
        call    write
        mov     rsi, name
        mov     edx, ebx
        call    write
        mov     rsi, tail
        mov     edx, 2
        call    write
        mov     eax, 60                 ; exit
        xor     edi, edi
        syscall

write:  mov     eax, 1
        mov     edi, 1
        syscall
        ret
