#lang racket

;; A stack machine and a compiler to it, with structures, matching, contracts, macros, generators,
;; classes, JSON, threads and tests: what Racket programs are made of.

(require json racket/generator rackunit syntax/parse/define data/queue)

(struct op (name arity run) #:transparent)

(define operators
  (for/hash ([o (list (op '+ 2 +) (op '- 2 -) (op '* 2 *) (op '/ 2 /) (op 'neg 1 -))])
    (values (op-name o) o)))

(define/contract (translate e)
  (-> any/c (listof (or/c number? symbol?)))
  (match e
    [(? number? n) (list n)]
    [(list '- a) `(,@(translate a) neg)]
    [(list (? (curry hash-has-key? operators) o) a b) `(,@(translate a) ,@(translate b) ,o)]
    [_ (raise-argument-error 'translate "expression" e)]))

(define (execute code)
  (for/fold ([stack '()] #:result (first stack)) ([c code])
    (cond
      [(number? c) (cons c stack)]
      [else
       (match-define (op _ arity run) (hash-ref operators c))
       (define-values (arguments rest) (split-at stack arity))
       (cons (apply run (reverse arguments)) rest)])))

(define-syntax-parse-rule (while condition:expr body:expr ...+)
  (let loop () (when condition body ... (loop))))

;; Expressions come from standard input, one datum a time.
(for ([e (in-port read)])
  (with-handlers ([exn:fail? (λ (x) (printf "error: ~a\n" (first (string-split (exn-message x) "\n"))))])
    (define code (translate e))
    (printf "~s -> ~s -> ~a\n" e code (execute code))))

(define fibonacci
  (generator ()
    (let loop ([a 0] [b 1])
      (yield a)
      (loop b (+ a b)))))

(displayln (for/list ([_ 15]) (fibonacci)))

(define shape%
  (class object%
    (init-field name)
    (abstract area)
    (define/public (describe) (format "~a: ~a" name (real->decimal-string (area) 2)))
    (super-new)))

(define circle%
  (class shape%
    (init-field radius)
    (define/override (area) (* pi radius radius))
    (super-new [name "circle"])))

(define box%
  (class shape%
    (init-field width height)
    (define/override (area) (* width height))
    (super-new [name "box"])))

(for ([s (sort (list (new circle% [radius 2]) (new box% [width 3] [height 4.5]) (new circle% [radius 0.5]))
               < #:key (λ (s) (send s area)))])
  (displayln (send s describe)))

;; Breadth first over the moves of a knight.
(define (knight-moves from to)
  (define q (make-queue))
  (enqueue! q (cons from 0))
  (define seen (mutable-set from))
  (let/ec return
    (while (not (queue-empty? q))
      (match-define (cons (cons x y) n) (dequeue! q))
      (when (equal? (cons x y) to) (return n))
      (for* ([dx '(-2 -1 1 2)] [dy '(-2 -1 1 2)] #:unless (= (abs dx) (abs dy)))
        (define next (cons (+ x dx) (+ y dy)))
        (when (and (<= 0 (car next) 7) (<= 0 (cdr next) 7) (not (set-member? seen next)))
          (set-add! seen next)
          (enqueue! q (cons next (+ n 1))))))))

(printf "knight: ~a\n" (knight-moves '(0 . 0) '(7 . 7)))

(write-json (hasheq 'towns '("Oslo" "Bergen")))
(newline)
(displayln (hash-ref (string->jsexpr "{\"answer\": [4, 2.5, null]}") 'answer))

(define results (make-channel))
(define workers (for/list ([i 4]) (thread (λ () (channel-put results (* i i))))))
(displayln (sort (for/list ([_ workers]) (channel-get results)) <))

(define (deep n) (if (zero? n) 0 (add1 (deep (sub1 n)))))
(displayln (deep 1000000))
(displayln (regexp-match* #px"\\d+" "1 and 22 and 333"))
(displayln (for/product ([i (in-range 1 31)]) i))
(check-equal? (execute '(1 2 + 3 *)) 9)
