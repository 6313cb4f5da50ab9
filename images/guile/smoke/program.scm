;; Records, a priority queue and Dijkstra's algorithm; pattern matching for symbolic derivatives;
;; a macro, a coroutine by continuations, hash tables, streams and formatted output.

(use-modules (srfi srfi-1) (srfi srfi-9) (srfi srfi-41)
             (ice-9 match) (ice-9 rdelim) (ice-9 format) (ice-9 receive))

(define-record-type <road>
  (make-road from to km)
  road?
  (from road-from)
  (to road-to)
  (km road-km))

;; "Oslo Bergen 463" a line; an empty line ends the list.
(define (read-roads)
  (let loop ((roads '()))
    (let ((line (read-line)))
      (if (or (eof-object? line) (string-null? line))
          (reverse roads)
          (match (string-split line #\space)
            ((from to km) (loop (cons (make-road from to (string->number km)) roads))))))))

(define (neighbours roads town)
  (filter-map (lambda (road)
                (cond ((string=? town (road-from road)) (cons (road-to road) (road-km road)))
                      ((string=? town (road-to road)) (cons (road-from road) (road-km road)))
                      (else #f)))
              roads))

(define (distances roads start)
  (define best (make-hash-table))
  (let loop ((queue (list (cons start 0))))
    (unless (null? queue)
      (let ((nearest (reduce (lambda (a b) (if (< (cdr a) (cdr b)) a b)) #f queue)))
        (cond ((hash-ref best (car nearest))
               (loop (delete nearest queue)))
              (else
               (hash-set! best (car nearest) (cdr nearest))
               (loop (append (map (lambda (n) (cons (car n) (+ (cdr n) (cdr nearest))))
                                  (neighbours roads (car nearest)))
                             (delete nearest queue))))))))
  (sort (hash-map->list cons best) (lambda (a b) (< (cdr a) (cdr b)))))

(define (derive e x)
  (match e
    ((? number?) 0)
    ((? symbol?) (if (eq? e x) 1 0))
    (('+ a b) (simplify `(+ ,(derive a x) ,(derive b x))))
    (('* a b) (simplify `(+ ,(simplify `(* ,a ,(derive b x))) ,(simplify `(* ,(derive a x) ,b)))))
    (('^ a n) (simplify `(* ,n ,(simplify `(^ ,a ,(- n 1))))))))

(define (simplify e)
  (match e
    (('+ 0 a) a)
    (('+ a 0) a)
    (('* 0 _) 0)
    (('* _ 0) 0)
    (('* 1 a) a)
    (('* a 1) a)
    (('^ a 1) a)
    (((? symbol? o) (? number? a) (? number? b)) ((assq-ref `((+ . ,+) (* . ,*) (^ . ,expt)) o) a b))
    (_ e)))

(define-syntax repeat
  (syntax-rules (times)
    ((_ n times body ...)
     (let loop ((i 0))
       (when (< i n) body ... (loop (+ i 1)))))))

;; A generator of a tree's leaves by escaping into and out of the walk.
(define (leaves tree)
  (define return #f)
  (define (walk t)
    (cond ((null? t) #f)
          ((pair? t) (walk (car t)) (walk (cdr t)))
          (else (call/cc (lambda (resume)
                           (set! continue (lambda () (resume #f)))
                           (return t))))))
  (define continue (lambda () (walk tree) (return #f)))
  (lambda () (call/cc (lambda (r) (set! return r) (continue)))))

(define primes
  (let sieve ((s (stream-from 2)))
    (stream-cons (stream-car s)
                 (sieve (stream-filter (lambda (n) (positive? (modulo n (stream-car s))))
                                       (stream-cdr s))))))

(define (deep n) (if (zero? n) 0 (+ 1 (deep (- n 1)))))

(for-each (match-lambda ((town . km) (format #t "~10a ~5d km\n" town km)))
          (distances (read-roads) "Oslo"))
(format #t "~s\n" (derive '(+ (* 3 (^ x 2)) (* x y)) 'x))
(let ((next (leaves '(1 (2 (3)) 4))))
  (repeat 5 times (display (next)) (display " ")))
(newline)
(format #t "~a\n" (stream->list (stream-take 12 primes)))
(receive (small large) (partition (lambda (n) (< n 5)) (iota 10))
  (format #t "~a ~a\n" small large))
(format #t "~a\n" (deep 1000000))
(format #t "~a ~a ~,3f\n" (expt 2 100) (exact->inexact 1/3) (sqrt 2))
(format #t "~a\n" (catch 'misc-error
                    (lambda () (error "no such town:" "Paris"))
                    (lambda (key who message arguments . rest)
                      (apply format #f message arguments))))
