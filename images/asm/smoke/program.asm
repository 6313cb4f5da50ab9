; Reads unsigned numbers from standard input, sorts them by insertion, and prints them with their sum;
; then the primes below 100 by a sieve. System calls only.
LIMIT   equ     100

%macro  system 1
        mov     eax, %1
        syscall
%endmacro

        global  _start

        section .rodata
total:  db      "sum "
primes: db      "primes"

        section .bss
input:  resb    65536
list:   resq    4096
output: resb    65536
sieve:  resb    LIMIT

        section .text
_start: mov     rbx, input              ; read everything
.read:  xor     edi, edi
        mov     rsi, rbx
        mov     rdx, input + 65535
        sub     rdx, rbx
        system  0
        test    eax, eax
        jle     .parse
        add     rbx, rax
        jmp     .read

.parse: mov     byte [rbx], 0
        mov     rsi, input
        xor     r12d, r12d              ; how many numbers
.skip:  movzx   eax, byte [rsi]
        test    al, al
        jz      .sort
        sub     eax, '0'
        cmp     eax, 9
        jbe     .number
        inc     rsi
        jmp     .skip
.number:
        xor     ecx, ecx
.digit: movzx   eax, byte [rsi]
        sub     eax, '0'
        cmp     eax, 9
        ja      .store
        imul    rcx, rcx, 10
        add     rcx, rax
        inc     rsi
        jmp     .digit
.store: mov     [list + r12 * 8], rcx
        inc     r12
        jmp     .skip

.sort:  mov     r8d, 1
.next:  cmp     r8, r12
        jae     .print
        mov     rax, [list + r8 * 8]
        mov     r9, r8
.shift: mov     rcx, [list + r9 * 8 - 8]
        cmp     rcx, rax
        jbe     .place
        mov     [list + r9 * 8], rcx
        dec     r9
        jnz     .shift
.place: mov     [list + r9 * 8], rax
        inc     r8
        jmp     .next

.print: mov     rdi, output
        xor     r13d, r13d              ; the sum
        xor     r14d, r14d
.item:  cmp     r14, r12
        jae     .sum
        mov     rax, [list + r14 * 8]
        add     r13, rax
        call    decimal
        mov     al, 10
        stosb
        inc     r14
        jmp     .item
.sum:   mov     rsi, total
        mov     ecx, 4
        rep     movsb
        mov     rax, r13
        call    decimal
        mov     al, 10
        stosb

        mov     rsi, primes
        mov     ecx, 6
        rep     movsb
        mov     r14d, 2
.prime: cmp     byte [sieve + r14], 0
        jne     .other
        mov     al, ' '
        stosb
        mov     rax, r14
        call    decimal
        mov     rcx, r14
.cross: add     rcx, r14
        cmp     rcx, LIMIT
        jae     .other
        mov     byte [sieve + rcx], 1
        jmp     .cross
.other: inc     r14
        cmp     r14, LIMIT
        jb      .prime
        mov     al, 10
        stosb

        mov     rdx, rdi                ; write everything
        mov     rsi, output
        sub     rdx, rsi
        mov     edi, 1
        system  1
        xor     edi, edi
        system  60

; Writes rax in decimal at rdi, and moves rdi behind it. The digits wait on the stack, for they come in reverse.
decimal:
        mov     ecx, 10
        xor     r8d, r8d
.split: xor     edx, edx
        div     rcx
        add     edx, '0'
        push    rdx
        inc     r8
        test    rax, rax
        jnz     .split
.join:  pop     rax
        stosb
        dec     r8
        jnz     .join
        ret
