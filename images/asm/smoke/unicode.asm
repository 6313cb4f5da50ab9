; Reverses a line by code points, and calls the C library: main, not _start.
        global  main
        extern  fgets, printf, putchar, stdin

        section .rodata
greet:  db      "Grüße, 世界: ", 0
done:   db      " (%d)", 10, 0

        section .bss
line:   resb    256

        section .text
main:   push    rbx
        push    r12
        push    r13                     ; the stack is aligned to 16 here
        mov     rdi, line
        mov     esi, 256
        mov     rdx, [stdin]
        call    fgets
        mov     rdi, greet
        xor     eax, eax
        call    printf
        mov     rbx, line
find:   inc     rbx
        cmp     byte [rbx], 10
        jne     find
        xor     r13d, r13d
point:  mov     r12, rbx                ; the end of this code point
back:   dec     rbx
        mov     al, [rbx]
        and     al, 0xC0
        cmp     al, 0x80                ; 10xxxxxx continues the byte before
        je      back
        inc     r13d
        mov     rcx, rbx
show:   movzx   edi, byte [rcx]
        push    rcx
        push    rcx
        call    putchar
        pop     rcx
        pop     rcx
        inc     rcx
        cmp     rcx, r12
        jb      show
        mov     rax, line
        cmp     rbx, rax
        ja      point
        mov     rdi, done
        mov     esi, r13d
        xor     eax, eax
        call    printf
        xor     eax, eax
        pop     r13
        pop     r12
        pop     rbx
        ret

        section .note.GNU-stack noalloc noexec nowrite progbits
