; Moves the end of the heap page by page, and writes to each page.
        global  _start
        section .text
_start: mov     eax, 12                 ; brk(0): where does it end?
        xor     edi, edi
        syscall
        mov     rbx, rax
more:   lea     rdi, [rbx + 4096]
        mov     eax, 12
        syscall
        mov     byte [rbx], 1
        mov     rbx, rax
        jmp     more
